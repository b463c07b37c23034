//! Suites → cases, in the order of files.

use super::demand::Demand;
use super::faults::{Known, expectation_faults, repeated_names};
use super::input::{suite_store, typed_request};
use super::{Case, Expected, Input};
use crate::cedar::EntityStore;
use crate::model::Diagnostic;
use crate::repository::{Expectation, PolicyVersion, Suite, TestSpec};
use crate::yaml::Spanned;
use rayon::prelude::*;
use std::sync::Arc;

/// The cases of one suite.
#[derive(Debug, Clone)]
pub struct CaseSuite {
    /// What it is called.
    pub name: Arc<str>,
    /// Its file.
    pub file: Arc<str>,
    /// Faults of the suite itself, such as an entity that does not conform: all its cases are broken then.
    pub faults: Vec<Diagnostic>,
    /// The cases, in the file's order.
    pub cases: Vec<Case>,
}

/// Every case of every suite, in the order of files; what has rows is opened out.
pub fn cases(version: &PolicyVersion) -> Vec<Case> {
    let suites = case_suites(version).into_iter();
    suites.flat_map(|suite| suite.cases).collect()
}

/// Every suite with its cases, in the order of files.
pub fn case_suites(version: &PolicyVersion) -> Vec<CaseSuite> {
    let known = Known::of(version);
    version
        .suites
        .par_iter()
        .map(|suite| case_suite(version, suite, &known))
        .collect()
}

fn case_suite(version: &PolicyVersion, suite: &Suite, known: &Known<'_>) -> CaseSuite {
    let file = &suite.file;
    let name: Arc<str> = match &suite.spec.suite {
        Some(name) => name.as_str().into(),
        None => file.path.clone(),
    };
    let (store, faults) = match suite_store(version, suite) {
        Ok(store) => (Some(Arc::new(store)), Vec::new()),
        Err(faults) => (None, faults),
    };
    let repeated = repeated_names(suite);
    let tests = suite.spec.tests.par_iter().zip(repeated);
    let cases = tests
        .map(|(test, repeated)| {
            let (expected, mut faults) = expected(version, suite, &test.value, known);
            faults.extend(repeated);
            Case {
                suite: name.clone(),
                file: file.path.clone(),
                test: test.value.name.value.as_str().into(),
                row: None,
                span: test.span,
                line: file.line_column(test.span.start).0,
                tags: Vec::new(),
                skip: None,
                only: false,
                input: input(version, suite, &test.value, store.as_ref(), faults),
                expected,
            }
        })
        .collect();
    CaseSuite {
        name,
        file: file.path.clone(),
        faults,
        cases,
    }
}

fn input(
    version: &PolicyVersion,
    suite: &Suite,
    test: &TestSpec,
    store: Option<&Arc<EntityStore>>,
    mut faults: Vec<Diagnostic>,
) -> Result<Input, Vec<Diagnostic>> {
    let request = match typed_request(version, &suite.file, &test.request) {
        Ok(request) => Some(request),
        Err(found) => {
            faults.extend(found);
            None
        }
    };
    match (request, store, faults.is_empty()) {
        (Some(request), Some(store), true) => Input::new(request, store.clone())
            .map_err(|message| vec![super::input::fault(&suite.file, test.request.span, message)]),
        _ => Err(faults),
    }
}

fn expected(
    version: &PolicyVersion,
    suite: &Suite,
    test: &TestSpec,
    known: &Known<'_>,
) -> (Expected, Vec<Diagnostic>) {
    let Expectation {
        decision,
        reasons,
        errors,
    } = &test.expect.value;
    let names = |list: &Option<Spanned<Vec<Spanned<String>>>>| {
        list.as_ref().map(|list| Spanned {
            value: Demand::exactly(list.value.iter().map(|name| name.value.as_str().into())),
            span: list.span,
        })
    };
    let faults = expectation_faults(version, suite, &test.expect.value, known);
    let expected = Expected {
        decision: decision.clone(),
        reasons: names(reasons),
        errors: names(errors),
        span: test.expect.span,
    };
    (expected, faults)
}
