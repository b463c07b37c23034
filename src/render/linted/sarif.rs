//! Findings as SARIF 2.1.0: a rule for each lint with its page as help, and a result for each finding with its fix.

use super::document::{place, shown_fix};
use crate::lint::{Edit, Finding, Fix, Lint, LintReport, catalogue};
use crate::model::{Diagnostic, Mask, Sources, Span};
use crate::render::Header;
use crate::render::escape::inert;
use crate::render::sarif::uri;
use crate::repository::LintLevel;
use serde_json::{Value, json};

/// The report as a log with one run. Paths begin at the root of the git repository, where `directory` is in it.
pub fn sarif(header: &Header, report: &LintReport, sources: &Sources, directory: &str) -> String {
    let at = At {
        sources,
        directory,
        mask: Mask::of(sources),
    };
    let results = report.findings.iter().map(|found| at.result(found, None));
    let accepted = report.suppressed.iter();
    let accepted =
        accepted.map(|found| at.result(found, Some(("inSource", "accepted in a comment"))));
    let known = report.known.iter();
    let known = known.map(|found| at.result(found, Some(("external", "listed in the baseline"))));
    let results: Vec<Value> = results.chain(accepted).chain(known).collect();
    let unread: Vec<Value> = report.unread.iter().map(|fault| at.unread(fault)).collect();
    let mut driver = json!({
        "name": "agentauthz",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": catalogue().iter().map(|lint| rule(lint)).collect::<Vec<_>>(),
    });
    if let Some(name) = header.name.as_ref()
        && let Some(members) = driver.as_object_mut()
    {
        members.insert(
            "properties".to_owned(),
            json!({ "repository": inert(name, 100) }),
        );
    }
    let notes: Vec<Value> = report
        .not_run
        .iter()
        .map(|other| {
            json!({
                "descriptor": { "id": "not-run" },
                "associatedRule": { "id": other.lint.code },
                "level": "note",
                "message": { "text": format!("{} {} did not run: {}", other.lint.code, other.lint.slug, other.reason) },
            })
        })
        .collect();
    super::super::json_text(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": { "id": "agentauthz/lint/" },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.unread.is_empty(),
                "toolExecutionNotifications": unread,
                "toolConfigurationNotifications": notes,
            }],
            "results": results,
        }],
    }))
}

fn level(level: LintLevel) -> &'static str {
    match level {
        LintLevel::Error => "error",
        LintLevel::Warning => "warning",
        LintLevel::Info => "note",
        LintLevel::Off => "none",
    }
}

fn rule(lint: &Lint) -> Value {
    let name: String = lint
        .slug
        .split('-')
        .flat_map(|part| {
            let mut letters = part.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect();
    json!({
        "id": lint.code,
        "name": name,
        "shortDescription": { "text": lint.title },
        "help": { "text": lint.page, "markdown": lint.page },
        "defaultConfiguration": { "enabled": lint.is_on(), "level": level(lint.level) },
        "properties": { "tags": [lint.group()], "slug": lint.slug },
    })
}

/// Where things stand.
struct At<'r> {
    sources: &'r Sources,
    directory: &'r str,
    mask: Mask,
}

impl At<'_> {
    fn result(&self, finding: &Finding, accepted: Option<(&str, &str)>) -> Value {
        let index = catalogue().iter().position(|lint| *lint == finding.lint);
        let message = match &finding.help {
            Some(help) => format!("{}. {}", inert(&finding.message, 600), inert(help, 600)),
            None => inert(&finding.message, 600),
        };
        let mut result = json!({
            "ruleId": finding.lint.code,
            "ruleIndex": index,
            "level": level(finding.level),
            "message": { "text": message },
            "locations": [{ "physicalLocation": self.location(&finding.path, finding.span) }],
            "partialFingerprints": { "agentauthzFinding/v1": finding.fingerprint() },
            "properties": { "policy": finding.policy, "evidence": finding.evidence.name() },
        });
        let Some(members) = result.as_object_mut() else {
            return result;
        };
        if let Some(fix) = shown_fix(finding, &self.mask) {
            members.insert("fixes".to_owned(), json!([self.fix(fix)]));
        }
        if let Some((kind, why)) = accepted {
            let said = json!([{ "kind": kind, "status": "accepted", "justification": why }]);
            members.insert("suppressions".to_owned(), said);
        }
        result
    }

    fn location(&self, path: &str, span: Span) -> Value {
        json!({
            "artifactLocation": self.artifact(path),
            "region": self.region(path, span),
        })
    }

    fn artifact(&self, path: &str) -> Value {
        let whole = match self.directory.trim_end_matches('/') {
            "" => path.to_owned(),
            directory => format!("{directory}/{path}"),
        };
        json!({ "uri": uri(&whole), "uriBaseId": "%SRCROOT%" })
    }

    fn region(&self, path: &str, span: Span) -> Value {
        let place = place(path, span, self.sources);
        json!({
            "startLine": place.line.max(1),
            "startColumn": place.column.max(1),
            "endLine": place.end_line.max(1),
            "endColumn": place.end_column.max(1),
        })
    }

    fn fix(&self, fix: &Fix) -> Value {
        let mut paths: Vec<&str> = fix.edits.iter().map(|edit| edit.path.as_ref()).collect();
        paths.sort_unstable();
        paths.dedup();
        let changes: Vec<Value> = paths
            .iter()
            .map(|path| {
                let own = fix.edits.iter().filter(|edit| edit.path.as_ref() == *path);
                let replacements: Vec<Value> = own.map(|edit| self.replacement(edit)).collect();
                json!({ "artifactLocation": self.artifact(path), "replacements": replacements })
            })
            .collect();
        let title = format!("{} ({})", inert(&fix.title, 300), fix.kind.name());
        json!({ "description": { "text": title }, "artifactChanges": changes })
    }

    fn replacement(&self, edit: &Edit) -> Value {
        json!({
            "deletedRegion": self.region(&edit.path, edit.span),
            "insertedContent": { "text": edit.text },
        })
    }

    fn unread(&self, fault: &Diagnostic) -> Value {
        let place = fault.path.as_deref().map(|path| {
            let span = fault.span().unwrap_or_default();
            json!([{ "physicalLocation": self.location(path, span) }])
        });
        json!({
            "descriptor": { "id": "unreadable" },
            "level": "error",
            "message": { "text": inert(&fault.message, 600) },
            "locations": place.unwrap_or_else(|| json!([])),
        })
    }
}
