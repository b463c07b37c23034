//! AZ604: a test that says what is decided, and not by what.

use super::shared_tests::{Joint, by_test, joint, list};
use crate::engine::Form;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::facts::CaseFacts;
use crate::lint::found::Found;
use crate::model::{Json, SourceFile, Span};
use crate::repository::{ExpectedDecision, LintLevel, PolicyVersion, TableSpec};
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ604",
    slug: "decision-only",
    title: "a test without `reasons` can pass for the wrong reason",
    level: LintLevel::Info,
    evidence: &[Evidence::Tests],
    fix: Some(FixKind::Equivalent),
    needs: &[Need::Suites, Need::TestRun],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("decision-only.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let Some(facts) = repository.context.tests else {
        return;
    };
    let version = repository.context.version;
    for ((path, test), cases) in by_test(facts) {
        let Some(file) = version.sources.get(path) else {
            continue;
        };
        // One place may say what several cases expect.
        let mut places: BTreeMap<Span, Vec<&CaseFacts>> = BTreeMap::new();
        for &case in cases.iter().filter(|case| lacks_reasons(case)) {
            let decision = case.expected.decision.span;
            let place = match own_cell(file, case) {
                // Every row has a cell for it: they lack a column together.
                true => table_column(version, path, test).unwrap_or(decision),
                false => decision,
            };
            places.entry(place).or_default().push(case);
        }
        for (place, cases) in places {
            let sets: BTreeSet<&BTreeSet<Arc<str>>> =
                cases.iter().map(|case| &case.determining).collect();
            let message = match cases.as_slice() {
                [_] => "this test says what is decided, and not by which policies".to_owned(),
                several => format!(
                    "these {} cases say what is decided, and not by which policies",
                    several.len()
                ),
            };
            let finding = found.file(file, file.widen(place), message);
            finding
                .key(test)
                .help("give the exact set of determining policies as `reasons`; `[]` is for none");
            let whole = cases.iter().all(|case| case.passed);
            let row = cases.iter().any(|case| own_cell(file, case));
            let edits = match (whole, row, sets.first()) {
                (true, true, _) => column(version, file, test, &cases),
                (true, false, Some(set)) if sets.len() == 1 => {
                    member(file, place, set).map(|edit| vec![edit])
                }
                _ => None,
            };
            if let Some(edits) = edits {
                finding.fix("fill in the policies that decided", edits);
            }
        }
    }
}

/// Whether a case could say by which policies it is decided, and does not.
fn lacks_reasons(case: &CaseFacts) -> bool {
    let could = match case.form {
        Form::Alone | Form::Row | Form::Cell => true,
        // A list cannot say it, and files of `cedar run-tests` must.
        Form::Member | Form::RunTest => false,
    };
    // Nothing decides what no policy matches.
    let said = case.expected.decision.value == ExpectedDecision::NoMatch;
    could && !said && case.expected.reasons.is_none()
}

/// Whether the row of a case has a cell for the decision.
fn own_cell(file: &SourceFile, case: &CaseFacts) -> bool {
    let (row, cell) = (file.widen(case.span), case.expected.decision.span);
    case.form == Form::Row && row.start <= cell.start && cell.end() <= row.end()
}

fn table<'v>(version: &'v PolicyVersion, path: &str, test: &str) -> Option<&'v TableSpec> {
    let suite = version
        .suites
        .iter()
        .find(|suite| suite.file.path.as_ref() == path)?;
    let tests = suite.spec.tests.iter();
    let mut named = tests.filter(|spec| spec.value.name.value == test);
    Some(&named.next()?.value.table.as_ref()?.value)
}

/// The column of decisions of a test's table.
fn table_column(version: &PolicyVersion, path: &str, test: &str) -> Option<Span> {
    let columns = &table(version, path, test)?.columns;
    let mut named = columns.iter().filter(|column| column.value == "decision");
    named.next().map(|column| column.span)
}

/// `reasons` behind the decision of one expectation.
fn member(file: &SourceFile, decision: Span, set: &BTreeSet<Arc<str>>) -> Option<(Span, String)> {
    let reasons = list(set);
    let text = match joint(file, decision, "decision")? {
        Joint::Braces => format!(", reasons: {reasons}"),
        Joint::Line(blanks) => format!("\n{}reasons: {reasons}", " ".repeat(blanks)),
    };
    let at = behind_quote(file, decision.end());
    Some((Span::new(at, 0), text))
}

/// The place behind a quote that stands at a place.
fn behind_quote(file: &SourceFile, at: usize) -> usize {
    let rest = file.text.get(at..).unwrap_or_default();
    at + usize::from(rest.starts_with(['"', '\'']))
}

/// A column `reasons`, where every row stands in brackets of its own and is known.
fn column(
    version: &PolicyVersion,
    file: &SourceFile,
    test: &str,
    cases: &[&CaseFacts],
) -> Option<Vec<(Span, String)>> {
    let table = table(version, &file.path, test)?;
    let last = table.columns.last()?.span;
    let rest = file.text.get(last.end()..)?;
    let blank = rest.len() - rest.trim_start_matches([' ', '"', '\'']).len();
    rest.trim_start_matches([' ', '"', '\''])
        .strip_prefix(']')?;
    let mut edits = vec![(Span::new(last.end() + blank, 0), ", reasons".to_owned())];
    for row in &table.rows {
        let case = cases.iter().find(|case| case.span == row.span);
        let whole = file.widen(row.span);
        let inner = file.slice(whole).strip_prefix('[')?.strip_suffix(']')?;
        let kept = inner.trim_end();
        if kept.is_empty() || kept.ends_with(',') {
            return None;
        }
        let cell = match case {
            Some(case) => list(&case.determining),
            None if expects_no_match(table, &row.value) => "[]".to_owned(),
            None => return None,
        };
        edits.push((
            Span::new(whole.start + 1 + kept.len(), 0),
            format!(", {cell}"),
        ));
    }
    Some(edits)
}

/// Whether a row expects `no-match`.
fn expects_no_match(table: &TableSpec, cells: &[Spanned<Json>]) -> bool {
    let columns = table.columns.iter().zip(cells);
    let mut decisions = columns.filter(|(column, _)| column.value == "decision");
    let word = ExpectedDecision::NoMatch.name();
    decisions.any(|(_, cell)| cell.value.as_str() == Some(word))
}
