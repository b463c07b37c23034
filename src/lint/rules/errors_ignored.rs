//! AZ610: a test that takes errors which it does not name.

use super::shared_tests::{list, some};
use crate::engine::{Demand, Form};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::facts::CaseFacts;
use crate::lint::found::Found;
use crate::model::{SourceFile, Span};
use crate::repository::LintLevel;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ610",
    slug: "errors-ignored",
    title: "a test that takes any error stays green when a guardrail starts to fail",
    level: LintLevel::Error,
    evidence: &[Evidence::Tests],
    fix: Some(FixKind::Equivalent),
    needs: &[Need::Suites, Need::TestRun],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("errors-ignored.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let Some(facts) = repository.context.tests else {
        return;
    };
    let mut places: BTreeMap<(&str, Span), Vec<(&CaseFacts, &Demand)>> = BTreeMap::new();
    for case in facts.cases.iter().filter(|case| case.passed) {
        if let Some(errors) = &case.expected.errors
            && errors.value.exactly.is_none()
        {
            // What `cedar run-tests` counts has no place of its own.
            let place = match case.form {
                Form::RunTest => case.span,
                Form::Alone | Form::Row | Form::Cell | Form::Member => errors.span,
            };
            let key = (case.file.as_ref(), place);
            places.entry(key).or_default().push((case, &errors.value));
        }
    }
    for ((path, place), cases) in places {
        if let Some(file) = repository.context.file(path) {
            one(file, place, &cases, found);
        }
    }
}

/// What is found at one place that says which errors some cases take.
fn one(file: &SourceFile, place: Span, cases: &[(&CaseFacts, &Demand)], found: &mut Found<'_>) {
    let mut unnamed: BTreeSet<&str> = BTreeSet::new();
    for (case, demand) in cases {
        let named = demand.wanted();
        let errors = case.errors.iter().filter(|name| !named.contains(*name));
        unnamed.extend(errors.map(AsRef::as_ref));
    }
    let counted = cases.iter().any(|(_, demand)| demand.count.is_some());
    let open = cases.iter().any(|(_, demand)| demand.wanted().is_empty());
    let (message, level) = match (unnamed.is_empty(), counted) {
        (false, true) => (
            format!(
                "this test counts errors and does not say whose they are: now {}",
                some(unnamed)
            ),
            LintLevel::Info,
        ),
        (false, false) => (
            format!(
                "this passes while {} raises an error that it does not name",
                some(unnamed)
            ),
            LINT.level,
        ),
        (true, false) if open => (
            "this takes an error of any other policy, also of a forbid that is then skipped"
                .to_owned(),
            LintLevel::Info,
        ),
        (true, _) => return,
    };
    let finding = found.file(file, file.widen(place), message);
    finding.level(level).help(match counted {
        true => "write the test as a suite of its own (`*.test.yaml`), where `errors` names the policies",
        false => "name exactly the policies that raise an error: a policy that does is skipped, and a skipped forbid opens a door",
    });
    let sets: BTreeSet<&BTreeSet<Arc<str>>> = cases.iter().map(|(case, _)| &case.errors).collect();
    let whole = file.widen(place);
    let text = file.slice(whole);
    if let (Some(set), 1, false) = (sets.first(), sets.len(), counted)
        && text.starts_with('{')
        && text.ends_with('}')
    {
        finding.fix(
            "name exactly the policies that raise an error",
            [(whole, list(set))],
        );
    }
}
