//! AZ609: a test whose own input is wrong.

use crate::engine::REPEATED_NAME;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::Diagnostic;
use crate::repository::LintLevel;
use std::collections::BTreeSet;

pub(super) static LINT: Lint = Lint {
    code: "AZ609",
    slug: "invalid-request",
    title: "a test whose input does not fit the schema proves nothing",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Suites],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("invalid-request.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let suites = repository.context.suites();
    let of_suites = suites.iter().flat_map(|suite| &suite.faults);
    let cases = suites.iter().flat_map(|suite| &suite.cases);
    let of_cases = cases.filter_map(|case| case.input.as_ref().err()).flatten();
    // Rows of one test share what is wrong with it.
    let faults: BTreeSet<&Diagnostic> = of_suites.chain(of_cases).collect();
    for fault in faults
        .into_iter()
        .filter(|fault| fault.code != REPEATED_NAME)
    {
        let path = fault.path.as_deref();
        let Some(file) = path.and_then(|path| repository.context.file(path)) else {
            continue;
        };
        let span = fault.span().unwrap_or_default();
        let help = fault.help.as_deref().unwrap_or(
            "a broken test is not run: give it a request, entities and policies that the schema and the repository have",
        );
        let message = format!("this test is broken: {}", fault.message);
        found
            .file(file, span, message)
            .help(help)
            .key(fault.message.as_str());
    }
    let undecided = repository
        .context
        .tests
        .iter()
        .flat_map(|tests| &tests.undecided);
    for case in undecided {
        let Some(file) = repository.context.file(&case.file) else {
            continue;
        };
        let unknown: Vec<String> = case
            .unknown
            .iter()
            .map(|path| format!("`{path}`"))
            .collect();
        let message = format!(
            "this test is broken: it does not say what time it is, and policies read {}",
            unknown.join(", ")
        );
        found
            .file(file, file.widen(case.span), message)
            .evidence(Evidence::Tests)
            .help("give the test, or the suite's `defaults`, a `now`");
    }
}
