//! `test`: do the unit tests hold?

pub mod coverage;
mod reached;

pub use reached::reached;

use crate::cedar::EntityStore;
use crate::engine::{Engine, PolicyStatus, Settled, Side, case_request, suite_faults, suite_store};
use crate::model::{Answer, Decision, Diagnostic, Effect, Outcome, Span, Stage, Status};
use crate::repository::{ExpectedDecision, PolicyVersion, Suite, TestSpec};
use crate::yaml::Spanned;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The results of all suites.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// Type errors of the repository: they head the report, and do not stop it.
    pub diagnostics: Vec<Diagnostic>,
    /// The suites, by file.
    pub suites: Vec<SuiteResult>,
}

/// The results of one suite.
#[derive(Debug, Clone)]
pub struct SuiteResult {
    /// What the suite is called.
    pub name: String,
    /// Its file.
    pub path: Arc<str>,
    /// Faults of the suite itself, such as an entity that does not conform; its tests are then broken.
    pub faults: Vec<Diagnostic>,
    /// The tests, in the file's order.
    pub tests: Vec<TestResult>,
}

/// The result of one test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// What the test is called.
    pub name: String,
    /// What became of it.
    pub outcome: TestOutcome,
}

/// What became of a test.
#[derive(Debug, Clone)]
pub enum TestOutcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed(Box<Failure>),
    /// Its own input is invalid.
    Broken(Vec<Diagnostic>),
}

/// Why a test failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What was expected.
    pub expected: ExpectedDecision,
    /// What came out.
    pub actual: Answer,
    /// What came out, in the words of tests.
    pub actual_decision: ExpectedDecision,
    /// One diagnostic a broken expectation, at its place.
    pub diagnostics: Vec<Diagnostic>,
    /// Every policy whose scope holds, and what became of it.
    pub policies: Vec<PolicyStatus>,
}

impl TestReport {
    fn count(&self, wanted: fn(&TestOutcome) -> bool) -> usize {
        let tests = self.suites.iter().flat_map(|suite| &suite.tests);
        tests.filter(|test| wanted(&test.outcome)).count()
    }

    /// How many tests hold.
    pub fn passed(&self) -> usize {
        self.count(|outcome| matches!(outcome, TestOutcome::Passed))
    }

    /// How many do not.
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, TestOutcome::Failed(_)))
    }

    /// How many have invalid input.
    pub fn broken(&self) -> usize {
        self.count(|outcome| matches!(outcome, TestOutcome::Broken(_)))
    }
}

/// Runs every unit test of a version.
pub fn test(version: &PolicyVersion) -> TestReport {
    test_with(version, Engine::default())
}

/// The same, decided by this engine. Every suite has entities of its own, for which nothing is compiled: only the
/// reference is another way than the interpreter.
pub fn test_with(version: &PolicyVersion, engine: Engine) -> TestReport {
    let side = Side::head(version).with_engine(engine);
    let suites = version
        .suites
        .par_iter()
        .map(|suite| run_suite(version, &side, suite))
        .collect();
    TestReport {
        diagnostics: version.diagnostics.clone(),
        suites,
    }
}

fn run_suite(version: &PolicyVersion, side: &Side<'_>, suite: &Suite) -> SuiteResult {
    let mut faults = suite_faults(version, suite);
    let store = match suite_store(version, suite) {
        Ok(store) => Some(store),
        Err(found) => {
            faults.extend(found);
            None
        }
    };
    let tests = suite
        .spec
        .tests
        .par_iter()
        .map(|test| {
            let outcome = match &store {
                // A test is broken where its own expectation names what does not exist.
                Some(store) => match faults_in(&faults, test.span, suite) {
                    own if own.is_empty() => run_test(version, side, suite, &test.value, store),
                    own => TestOutcome::Broken(own),
                },
                None => TestOutcome::Broken(Vec::new()),
            };
            TestResult {
                name: test.value.name.value.clone(),
                outcome,
            }
        })
        .collect();
    SuiteResult {
        name: suite
            .spec
            .suite
            .clone()
            .unwrap_or_else(|| suite.file.path.to_string()),
        path: suite.file.path.clone(),
        faults,
        tests,
    }
}

/// The faults that lie in a test: between its start and the start of the next one.
fn faults_in(faults: &[Diagnostic], test: Span, suite: &Suite) -> Vec<Diagnostic> {
    let starts = suite.spec.tests.iter().map(|test| test.span.start);
    let end = starts
        .filter(|start| *start > test.start)
        .min()
        .unwrap_or(usize::MAX);
    let inside = |found: &&Diagnostic| {
        found
            .span()
            .is_some_and(|span| span.start >= test.start && span.start < end)
    };
    faults.iter().filter(inside).cloned().collect()
}

fn run_test(
    version: &PolicyVersion,
    side: &Side<'_>,
    suite: &Suite,
    test: &TestSpec,
    store: &EntityStore,
) -> TestOutcome {
    let broken = |message: String| {
        TestOutcome::Broken(vec![
            Diagnostic::error(Stage::Test, "test_input", message)
                .in_file(suite.file.path.clone())
                .with_label(suite.file.widen(test.request.span), ""),
        ])
    };
    let mapped = match case_request(version, suite, test) {
        Ok(mapped) => mapped,
        Err(faults) => return TestOutcome::Broken(faults),
    };
    let verdict = side.decide_request(mapped.clone(), store);
    let actual = match verdict.outcome {
        Outcome::Decided(answer) => answer,
        Outcome::Undecidable(..) => return broken("the request cannot be decided".to_owned()),
        Outcome::NotReplayable(reason) => {
            return broken(format!("the request cannot be decided: {reason}"));
        }
    };
    let actual_decision = in_words(&actual, &verdict.policies);
    let diagnostics = judge(suite, test, &actual, actual_decision);
    if diagnostics.is_empty() {
        return TestOutcome::Passed;
    }
    // Only of a test that fails does anybody want to know more.
    match side.explain_request(mapped, store) {
        Ok((_, policies)) => TestOutcome::Failed(Box::new(Failure {
            expected: test.expect.value.decision.value,
            actual,
            actual_decision,
            diagnostics,
            policies,
        })),
        Err(reason) => broken(format!("the request cannot be decided: {reason}")),
    }
}

/// One diagnostic for each expectation that does not hold.
fn judge(
    suite: &Suite,
    test: &TestSpec,
    actual: &Answer,
    actual_decision: ExpectedDecision,
) -> Vec<Diagnostic> {
    let expected = &test.expect.value;
    let mut diagnostics = Vec::new();
    let mut fail = |span: Span, message: String| {
        diagnostics.push(
            Diagnostic::error(Stage::Test, "test_failed", message)
                .in_file(suite.file.path.clone())
                .with_label(suite.file.widen(span), "expected here"),
        );
    };
    let wanted = expected.decision.value;
    let holds = match wanted {
        ExpectedDecision::Deny => actual.decision == Some(Decision::Deny),
        ExpectedDecision::Allow | ExpectedDecision::Forbid | ExpectedDecision::NoMatch => {
            wanted == actual_decision
        }
    };
    if !holds {
        let message = format!("expected {}, got {}", wanted.name(), actual_decision.name());
        fail(expected.decision.span, message);
    }
    if let Some(reasons) = &expected.reasons {
        let wanted = names(reasons);
        if wanted != actual.determining {
            let message = format!(
                "expected the determining policies {}, got {}",
                listed(&wanted),
                listed(&actual.determining)
            );
            fail(reasons.span, message);
        }
    }
    let wanted_errors = expected.errors.as_ref().map(names).unwrap_or_default();
    if wanted_errors != actual.errors {
        let span = expected
            .errors
            .as_ref()
            .map_or(test.expect.span, |errors| errors.span);
        let message = format!(
            "expected {} to raise an error, got {}",
            listed(&wanted_errors),
            listed(&actual.errors)
        );
        fail(span, message);
    }
    diagnostics
}

fn in_words(answer: &Answer, policies: &[Settled]) -> ExpectedDecision {
    let forbidden = policies
        .iter()
        .any(|policy| policy.effect == Effect::Forbid && policy.status == Status::Satisfied);
    match answer.decision {
        Some(Decision::Allow) => ExpectedDecision::Allow,
        Some(Decision::Deny) | None if forbidden => ExpectedDecision::Forbid,
        Some(Decision::Deny) | None => ExpectedDecision::NoMatch,
    }
}

fn names(list: &Spanned<Vec<Spanned<String>>>) -> BTreeSet<Arc<str>> {
    list.value
        .iter()
        .map(|name| name.value.as_str().into())
        .collect()
}

fn listed(names: &BTreeSet<Arc<str>>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
