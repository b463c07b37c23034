//! AZ606: two tests of one name, and two tests that ask the same.

use crate::engine::{Case, CaseSuite, Form, Input, REPEATED_NAME};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{Diagnostic, Request, SourceFile, Span};
use crate::repository::LintLevel;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ606",
    slug: "duplicate-test",
    title: "two tests of one name cannot be told apart",
    level: LintLevel::Error,
    evidence: &[Evidence::Repository],
    fix: None,
    needs: &[Need::Suites],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("duplicate-test.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let suites = repository.context.suites();
    repeated(repository, suites, found);
    shared(repository, suites, found);
    of_run_tests(repository, suites, found);
    alike(repository, suites, found);
}

/// Names that stand twice in one suite, or one table.
fn repeated(repository: &Repository<'_>, suites: &[CaseSuite], found: &mut Found<'_>) {
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    let faults = cases.filter_map(|case| case.input.as_ref().err()).flatten();
    let named = faults.filter(|fault| fault.code == REPEATED_NAME);
    for fault in named.collect::<BTreeSet<&Diagnostic>>() {
        let path = fault.path.as_deref();
        let file = path.and_then(|path| repository.context.file(path));
        if let Some((file, span)) = file.zip(fault.span()) {
            found
                .file(file, span, fault.message.clone())
                .help("say in the name what the case shows that the other one does not");
        }
    }
}

/// Tests of two files that are called the same, because their suites are.
fn shared(repository: &Repository<'_>, suites: &[CaseSuite], found: &mut Found<'_>) {
    let mut names: BTreeMap<(&str, &str), &SourceFile> = BTreeMap::new();
    for suite in &repository.context.version.suites {
        let opened = suites.iter().find(|opened| opened.file == suite.file.path);
        let Some(name) = opened.map(|opened| opened.name.as_ref()) else {
            continue;
        };
        for test in &suite.spec.tests {
            let name_of_test = &test.value.name;
            let key = (name, name_of_test.value.as_str());
            let first = names.entry(key).or_insert(&suite.file);
            if first.path != suite.file.path {
                let message = format!(
                    "`{name} › {}` is a test of `{}`, too",
                    name_of_test.value, first.path
                );
                found
                    .file(&suite.file, suite.file.widen(name_of_test.span), message)
                    .help("give one of the suites another name");
            }
        }
    }
}

/// Names that stand twice in a file of `cedar run-tests`.
fn of_run_tests(repository: &Repository<'_>, suites: &[CaseSuite], found: &mut Found<'_>) {
    for suite in suites {
        let mut names = BTreeSet::new();
        for case in suite.cases.iter().filter(|case| case.form == Form::RunTest) {
            if names.insert(case.test.as_ref()) {
                continue;
            }
            let Some(file) = repository.context.file(&case.file) else {
                continue;
            };
            let quoted = format!("\"{}\"", case.test);
            let text = file.slice(case.span);
            let span = match text.find(&quoted) {
                Some(at) => Span::new(case.span.start + at, quoted.len()),
                None => case.span,
            };
            found
                .file(file, span, format!("two tests are called `{}`", case.test))
                .help("say in the name what the test shows that the other one does not");
        }
    }
}

/// Cases that ask the same as an earlier one, with the same entities, and expect the same.
fn alike(repository: &Repository<'_>, suites: &[CaseSuite], found: &mut Found<'_>) {
    let mut asked: BTreeMap<&Request, Vec<(&Case, &Input)>> = BTreeMap::new();
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    for case in cases.filter(|case| case.form != Form::Cell && case.form != Form::Member) {
        let Ok(input) = &case.input else { continue };
        let others = asked.entry(&input.request.request).or_default();
        let earlier = others.iter().find(|(other, given)| {
            expects_the_same(case, other)
                && (Arc::ptr_eq(&given.store, &input.store) || given.store.same(&input.store))
        });
        match earlier {
            None => others.push((case, input)),
            Some((other, _)) => {
                let Some(file) = repository.context.file(&case.file) else {
                    continue;
                };
                let message = format!(
                    "this case asks and expects the same as `{}`, so it shows nothing more",
                    other.name()
                );
                found
                    .file(file, file.widen(case.span), message)
                    .level(LintLevel::Info)
                    .help("remove one of the two, or ask what its name promises");
            }
        }
    }
}

fn expects_the_same(one: &Case, other: &Case) -> bool {
    let values = |case: &Case| {
        let expected = &case.expected;
        let reasons = expected
            .reasons
            .as_ref()
            .map(|reasons| reasons.value.clone());
        let errors = expected.errors.as_ref().map(|errors| errors.value.clone());
        (expected.decision.value, reasons, errors)
    };
    values(one) == values(other)
}
