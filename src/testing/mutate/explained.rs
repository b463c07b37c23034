//! Survivors that the manifest explains, and explanations that explain nothing.

use super::{Fate, MutationReport, Options};
use crate::model::{Diagnostic, Span, Stage};
use crate::repository::{Explained, PolicyVersion, is_day};

/// Notes in the report which survivors are explained, and what is wrong with the explanations. Where only some policies are
/// mutated, an explanation without a mutant may belong to another one.
pub(super) fn explain(version: &PolicyVersion, options: &Options<'_>, report: &mut MutationReport) {
    for spec in &version.manifest.mutation.explained {
        let explained = &spec.value;
        if let Some(message) = invalid(explained) {
            report.findings.push(finding(
                version,
                explained.mutant.span,
                message.0,
                message.1,
            ));
            continue;
        }
        let until = explained.until.as_ref();
        let expired = until.filter(|until| until.value.as_str() < options.now);
        let named = report.mutants.iter_mut().find(|judged| {
            let fingerprint = judged.mutant.fingerprint.to_string();
            let digits = fingerprint.strip_prefix("sha256:");
            digits.is_some_and(|digits| digits.starts_with(&explained.mutant.value))
        });
        let (message, help) = match (named.map(|judged| &mut judged.fate), expired) {
            (Some(Fate::Survived { explained: why, .. }), None) => {
                *why = Some(explained.reason.value.clone());
                continue;
            }
            (Some(Fate::Survived { .. }), Some(until)) => (
                format!("the explanation expired after {}", until.value),
                "look at the mutant again: write a test that kills it, or a later day",
            ),
            (Some(Fate::Killed(_)), _) => (
                format!(
                    "a test kills the mutant `{}`, so there is nothing to explain",
                    explained.mutant.value
                ),
                "remove the explanation",
            ),
            (None, _) if options.wanted.is_some() => continue,
            (None, _) => (
                format!("there is no mutant `{}`", explained.mutant.value),
                "remove the explanation: the policy was changed, and `agentauthz test --mutate` names the mutants that survive now",
            ),
        };
        report
            .findings
            .push(finding(version, explained.mutant.span, message, help));
    }
}

/// What is wrong with an explanation by itself.
fn invalid(explained: &Explained) -> Option<(String, &'static str)> {
    let name = &explained.mutant.value;
    let digits = name.len() >= 12
        && name
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase());
    if !digits {
        return Some((
            format!("`{name}` is no fingerprint of a mutant"),
            "write the twelve digits that `agentauthz test --mutate` shows beside the survivor",
        ));
    }
    if explained.reason.value.trim().is_empty() {
        return Some((
            format!("the mutant `{name}` is explained without a reason"),
            "say why no test need kill it",
        ));
    }
    let until = explained.until.as_ref()?;
    (!is_day(&until.value)).then(|| {
        (
            format!("`{}` is no day", until.value),
            "write the day as `YYYY-MM-DD`",
        )
    })
}

fn finding(version: &PolicyVersion, span: Span, message: String, help: &'static str) -> Diagnostic {
    const MANIFEST: &str = "agentauthz.yaml";
    let found = Diagnostic::error(Stage::Test, "mutant_explained", message).with_help(help);
    match version.sources.get(MANIFEST) {
        Some(file) => found
            .in_file(file.path.clone())
            .with_label(file.widen(span), ""),
        None => found.in_file(MANIFEST),
    }
}
