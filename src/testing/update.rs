//! Expectations that are rewritten to what came out, where their place belongs to one case alone.

mod place;
mod sound;

use super::report::{Failure, TestOutcome, TestReport};
use crate::engine::{Case, Form};
use crate::model::{Json, SourceFile, Span};
use crate::repository::{ExpectedDecision, PolicyVersion};
use place::own;
use sound::sound;
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

/// What a place holds, and what it is to hold.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    edit: Edit,
    before: Json,
    after: Json,
}

/// The changes that one case asks for.
type Asked<'c> = (&'c Case, Vec<Change>);

/// What rewriting the expectations of the failed cases comes to. `cases` are all cases of the version.
pub fn updates(version: &PolicyVersion, cases: &[Case], report: &TestReport) -> Update {
    let mut out = Update::default();
    let known: BTreeMap<(&str, &str, Option<&str>), &Case> = cases
        .iter()
        .map(|case| {
            let key = (case.file.as_ref(), case.test.as_ref(), case.row.as_deref());
            (key, case)
        })
        .collect();
    for suite in &report.suites {
        let Some(file) = version.sources.get(&suite.path) else {
            continue;
        };
        let mut asked: Vec<Asked<'_>> = Vec::new();
        for result in &suite.tests {
            let TestOutcome::Failed(failure) = &result.outcome else {
                continue;
            };
            let key = (
                suite.path.as_ref(),
                result.name.as_str(),
                result.row.as_deref(),
            );
            let Some(case) = known.get(&key) else {
                continue;
            };
            match rewrite(file, case, failure) {
                Ok(changes) => asked.push((case, changes)),
                Err(why) => out.left.push((case.name(), why.to_owned())),
            }
        }
        let kept = keep(file, &asked);
        for (case, _) in &asked {
            if kept.iter().any(|(kept, _)| std::ptr::eq(*kept, *case)) {
                out.rewritten += 1;
            } else {
                let why =
                    "what stands there is used in other places, too, so it is rewritten by hand";
                out.left.push((case.name(), why.to_owned()));
            }
        }
        if !kept.is_empty() {
            out.files
                .insert(suite.path.clone(), edited(&file.text, &edits(&kept)));
        }
    }
    out
}

/// Those that can be rewritten, each for itself and all at once, so that nothing else of the file reads otherwise.
fn keep<'c>(file: &SourceFile, asked: &[Asked<'c>]) -> Vec<Asked<'c>> {
    let kept = apart(file, asked);
    match holds(file, &kept) {
        true => kept,
        false => Vec::new(),
    }
}

fn apart<'c>(file: &SourceFile, asked: &[Asked<'c>]) -> Vec<Asked<'c>> {
    if asked.is_empty() || holds(file, asked) {
        return asked.to_vec();
    }
    if asked.len() == 1 {
        return Vec::new();
    }
    let (left, right) = asked.split_at(asked.len() / 2);
    let mut kept = apart(file, left);
    kept.extend(apart(file, right));
    kept
}

fn holds(file: &SourceFile, asked: &[Asked<'_>]) -> bool {
    let text = edited(&file.text, &edits(asked));
    let changes = asked.iter().flat_map(|(_, changes)| changes);
    sound(file, &text, changes.map(|one| (&one.before, &one.after)))
}

fn edits(asked: &[Asked<'_>]) -> BTreeSet<Edit> {
    let changes = asked.iter().flat_map(|(_, changes)| changes);
    changes.map(|change| change.edit.clone()).collect()
}

/// The edits that make a case expect what came out.
fn rewrite(file: &SourceFile, case: &Case, failure: &Failure) -> Result<Vec<Change>, &'static str> {
    match case.form {
        Form::Alone | Form::Row => {}
        Form::Cell => return Err("the expectation of a matrix is that of several cells"),
        Form::Member => return Err("what a list expects is rewritten by hand"),
        Form::RunTest => return Err("files of `cedar run-tests` are rewritten by hand"),
    }
    let expected = &case.expected;
    let mut changes = Vec::new();
    let decided = failure.actual_decision;
    let holds = match expected.decision.value {
        ExpectedDecision::Deny => decided != ExpectedDecision::Allow,
        other => other == decided,
    };
    if !holds {
        let word = |decision: ExpectedDecision| Json::String(decision.name().to_owned());
        let place = own(file, case, expected.decision.span)?;
        changes.push(place.change(word(expected.decision.value), word(decided))?);
    }
    let demands = [
        (&expected.reasons, &failure.actual.determining),
        (&expected.errors, &failure.actual.errors),
    ];
    for (demand, found) in demands {
        let Some(demand) = demand.as_ref().filter(|demand| !demand.value.hold(found)) else {
            continue;
        };
        let Some(exactly) = &demand.value.exactly else {
            return Err("an expectation with `include`, `exclude` or `any` is rewritten by hand");
        };
        let place = own(file, case, demand.span)?;
        changes.push(place.change(names(exactly), names(found))?);
    }
    if expected.errors.is_none() && !failure.actual.errors.is_empty() {
        return Err(
            "a policy raises an error, which no test accepts without saying so: `errors: [...]`",
        );
    }
    match changes.is_empty() {
        true => Err("nothing that is expected differs"),
        false => Ok(changes),
    }
}

fn names(names: &BTreeSet<Arc<str>>) -> Json {
    let names = names.iter();
    Json::Array(names.map(|name| Json::String(name.to_string())).collect())
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
