//! Expectations that are rewritten to what came out, where their place belongs to one case alone.

use super::report::{Failure, TestOutcome, TestReport};
use crate::engine::{Case, Form};
use crate::model::{SourceFile, Span};
use crate::repository::{ExpectedDecision, PolicyVersion};
use crate::yaml::scalar;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A place of a file, and what is to stand there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The place.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// What can be rewritten, and what cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// The new text of each file that changes.
    pub files: BTreeMap<Arc<str>, String>,
    /// How many cases are rewritten.
    pub rewritten: usize,
    /// The cases that fail and are not rewritten, with the reason.
    pub left: Vec<(String, String)>,
}

/// What rewriting the expectations of the failed cases comes to. `cases` are all cases of the version.
pub fn updates(version: &PolicyVersion, cases: &[Case], report: &TestReport) -> Update {
    let mut out = Update::default();
    let mut edits: BTreeMap<Arc<str>, BTreeSet<Edit>> = BTreeMap::new();
    let known: BTreeMap<(&str, &str, Option<&str>), &Case> = cases
        .iter()
        .map(|case| {
            let key = (case.file.as_ref(), case.test.as_ref(), case.row.as_deref());
            (key, case)
        })
        .collect();
    for suite in &report.suites {
        for result in &suite.tests {
            let TestOutcome::Failed(failure) = &result.outcome else {
                continue;
            };
            let key = (
                suite.path.as_ref(),
                result.name.as_str(),
                result.row.as_deref(),
            );
            let (Some(case), Some(file)) = (known.get(&key), version.sources.get(&suite.path))
            else {
                continue;
            };
            match rewrite(file, case, failure) {
                Ok(found) => {
                    out.rewritten += 1;
                    edits.entry(suite.path.clone()).or_default().extend(found);
                }
                Err(why) => out.left.push((case.name(), why.to_owned())),
            }
        }
    }
    for (path, edits) in edits {
        if let Some(file) = version.sources.get(&path) {
            out.files.insert(path, edited(&file.text, &edits));
        }
    }
    out
}

/// The edits that make a case expect what came out.
fn rewrite(file: &SourceFile, case: &Case, failure: &Failure) -> Result<Vec<Edit>, &'static str> {
    match case.form {
        Form::Alone | Form::Row => {}
        Form::Cell => return Err("the expectation of a matrix is that of several cells"),
        Form::Member => return Err("what a list expects is rewritten by hand"),
        Form::RunTest => return Err("files of `cedar run-tests` are rewritten by hand"),
    }
    let expected = &case.expected;
    let mut edits = Vec::new();
    let decided = failure.actual_decision;
    let holds = match expected.decision.value {
        ExpectedDecision::Deny => decided != ExpectedDecision::Allow,
        other => other == decided,
    };
    if !holds {
        let span = own(file, case, expected.decision.span)?;
        edits.push(Edit {
            span,
            text: decided.name().to_owned(),
        });
    }
    let demands = [
        (&expected.reasons, &failure.actual.determining),
        (&expected.errors, &failure.actual.errors),
    ];
    for (demand, found) in demands {
        let Some(demand) = demand.as_ref().filter(|demand| !demand.value.hold(found)) else {
            continue;
        };
        if demand.value.exactly.is_none() {
            return Err("an expectation with `include`, `exclude` or `any` is rewritten by hand");
        }
        let span = own(file, case, demand.span)?;
        if !file.slice(span).starts_with('[') || !file.slice(span).ends_with(']') {
            return Err("a list of policies is rewritten where it stands in brackets on one line");
        }
        let names: Vec<String> = found.iter().map(|name| scalar(name)).collect();
        edits.push(Edit {
            span,
            text: format!("[{}]", names.join(", ")),
        });
    }
    if expected.errors.is_none() && !failure.actual.errors.is_empty() {
        return Err(
            "a policy raises an error, which no test accepts without saying so: `errors: [...]`",
        );
    }
    match edits.is_empty() {
        true => Err("nothing that is expected differs"),
        false => Ok(edits),
    }
}

/// A place, widened to the whole value, if it belongs to this case alone: a row's expectation may stand outside the row.
fn own(file: &SourceFile, case: &Case, span: Span) -> Result<Span, &'static str> {
    let span = file.widen(span);
    if case.form == Form::Row {
        let row = file.widen(case.span);
        if span.start < row.start || span.end() > row.end() {
            return Err("the expectation is that of several rows; give the table a column for it");
        }
    }
    Ok(span)
}

/// A text with edits that do not overlap.
fn edited(text: &str, edits: &BTreeSet<Edit>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        if let Some(kept) = text.get(at..edit.span.start) {
            out.push_str(kept);
            out.push_str(&edit.text);
            at = edit.span.end();
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
