//! `agentauthz.lint/1`: what lints found, for machines.

use crate::lint::{Finding, Fix, LintReport};
use crate::model::{Mask, Sources, Span};
use crate::render::Header;
use serde::Serialize;

/// What lints found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "agentauthz lint report (agentauthz.lint/1)")]
pub struct LintDocument {
    /// `agentauthz.lint/1`.
    pub format: String,
    /// The name of the repository.
    pub repository: Option<String>,
    /// The digest of the version that was looked at.
    pub digest: Option<String>,
    /// How many findings are errors.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are worth knowing.
    pub infos: usize,
    /// The findings, in order of files and places.
    pub findings: Vec<FindingNote>,
    /// Findings that a suppression accepts.
    pub suppressed: Vec<FindingNote>,
    /// How many findings the baseline lists.
    pub in_baseline: usize,
    /// How many findings were there before the change, where only what it brought is asked for.
    pub before: usize,
    /// The codes of the lints that ran.
    pub ran: Vec<String>,
    /// The lints that did not run.
    pub not_run: Vec<NotRunNote>,
    /// How many policies were looked at.
    pub policies: usize,
    /// How many files could not be read or parsed.
    pub unread: usize,
    /// How many faults `check` shows.
    pub faults: usize,
}

/// A finding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FindingNote {
    /// The lint's code.
    pub code: String,
    /// The lint's name.
    pub slug: String,
    /// `error`, `warning` or `info`.
    pub level: String,
    /// The policy it is about.
    pub policy: Option<String>,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// What it rests upon: `text`, `policy`, `schema`, `repository` or `tests`.
    pub evidence: String,
    /// The file, from the root of the repository.
    pub path: String,
    /// Where it begins and ends there.
    pub place: PlaceNote,
    /// A name that stays the same under new layout and other places.
    pub fingerprint: String,
    /// The change that answers it; not there, where it would write a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixNote>,
}

/// A place in a file: lines and columns from 1, columns in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PlaceNote {
    /// The line where it begins.
    pub line: usize,
    /// The column where it begins.
    pub column: usize,
    /// The line where it ends.
    pub end_line: usize,
    /// The column behind its end.
    pub end_column: usize,
}

/// A change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FixNote {
    /// What it may change: `equivalent`, `repair` or `suggested`.
    pub kind: String,
    /// What it does.
    pub title: String,
    /// The pieces that are replaced.
    pub edits: Vec<EditNote>,
}

/// A replaced piece of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct EditNote {
    /// The file.
    pub path: String,
    /// What is replaced.
    pub place: PlaceNote,
    /// What takes its place.
    pub text: String,
}

/// A lint that did not run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct NotRunNote {
    /// Its code.
    pub code: String,
    /// Its name.
    pub slug: String,
    /// Why it did not run.
    pub reason: String,
}

pub(super) fn document(header: &Header, report: &LintReport, sources: &Sources) -> LintDocument {
    use crate::repository::LintLevel;
    let mask = Mask::of(sources);
    let note = |found: &Finding| note(found, sources, &mask);
    let notes = |found: &[Finding]| found.iter().map(note).collect();
    LintDocument {
        format: "agentauthz.lint/1".to_owned(),
        repository: header.name.clone(),
        digest: header
            .versions
            .first()
            .map(|version| version.digest.clone()),
        errors: report.count(LintLevel::Error),
        warnings: report.count(LintLevel::Warning),
        infos: report.count(LintLevel::Info),
        findings: notes(&report.findings),
        suppressed: notes(&report.suppressed),
        in_baseline: report.known.len(),
        before: report.before,
        ran: report.ran.iter().map(|lint| lint.code.to_owned()).collect(),
        not_run: report
            .not_run
            .iter()
            .map(|other| NotRunNote {
                code: other.lint.code.to_owned(),
                slug: other.lint.slug.to_owned(),
                reason: other.reason.clone(),
            })
            .collect(),
        policies: report.policies,
        unread: report.unread.len(),
        faults: report.faults,
    }
}

fn note(finding: &Finding, sources: &Sources, mask: &Mask) -> FindingNote {
    FindingNote {
        code: finding.lint.code.to_owned(),
        slug: finding.lint.slug.to_owned(),
        level: finding.level.name().to_owned(),
        policy: finding.policy.as_deref().map(str::to_owned),
        message: finding.message.clone(),
        help: finding.help.clone(),
        evidence: finding.evidence.name().to_owned(),
        path: finding.path.to_string(),
        place: place(&finding.path, finding.span, sources),
        fingerprint: finding.fingerprint(),
        fix: shown_fix(finding, mask).map(|fix| fix_note(fix, sources)),
    }
}

/// The fix of a finding, unless it writes a secret anew: without that it would be another one.
pub(super) fn shown_fix<'f>(finding: &'f Finding, mask: &Mask) -> Option<&'f Fix> {
    let fix = finding.fix.as_ref()?;
    let mut edits = fix.edits.iter();
    (!edits.any(|edit| mask.finds(&edit.text))).then_some(fix)
}

fn fix_note(fix: &Fix, sources: &Sources) -> FixNote {
    FixNote {
        kind: fix.kind.name().to_owned(),
        title: fix.title.clone(),
        edits: fix
            .edits
            .iter()
            .map(|edit| EditNote {
                path: edit.path.to_string(),
                place: place(&edit.path, edit.span, sources),
                text: edit.text.clone(),
            })
            .collect(),
    }
}

/// The lines and columns of a span.
pub(super) fn place(path: &str, span: Span, sources: &Sources) -> PlaceNote {
    let Some(file) = sources.get(path) else {
        return PlaceNote::default();
    };
    let (line, column) = file.line_column(span.start);
    let (end_line, end_column) = file.line_column(span.end());
    PlaceNote {
        line,
        column,
        end_line,
        end_column,
    }
}
