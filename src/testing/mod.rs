//! `test`: do the unit tests hold?

pub mod coverage;
mod reached;

pub use reached::reached;

pub use crate::engine::{
    Case, CaseSuite, Decided, Demand, Expected, Input, Skip, case_suites, cases, decide,
};

use crate::engine::{Engine, PolicyStatus, Side, decides, listed};
use crate::model::{Answer, Diagnostic, SourceFile, Span, Stage};
use crate::repository::{ExpectedDecision, PolicyVersion};
use rayon::prelude::*;
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
    let suites = case_suites(version);
    let suites = suites.into_par_iter().map(|suite| SuiteResult {
        name: suite.name.to_string(),
        path: suite.file,
        faults: suite.faults,
        tests: suite
            .cases
            .into_par_iter()
            .map(|case| TestResult {
                outcome: run_case(version, &side, &case),
                name: case.test.to_string(),
            })
            .collect(),
    });
    TestReport {
        diagnostics: version.diagnostics.clone(),
        suites: suites.collect(),
    }
}

fn run_case(version: &PolicyVersion, side: &Side<'_>, case: &Case) -> TestOutcome {
    let broken = |message: String| {
        let fault =
            Diagnostic::error(Stage::Test, "test_input", message).in_file(case.file.clone());
        TestOutcome::Broken(vec![fault.with_label(case.span, "")])
    };
    let input = match &case.input {
        Ok(input) => input,
        Err(faults) => return TestOutcome::Broken(faults.clone()),
    };
    let decided = decide(side, input);
    let Some(actual_decision) = decided.in_words() else {
        return broken("the request cannot be decided".to_owned());
    };
    if case.expected.holds(&decided.answer, decided.forbidden) {
        return TestOutcome::Passed;
    }
    let empty = SourceFile::new(case.file.clone(), "");
    let file = version.sources.get(&case.file).unwrap_or(&empty);
    let diagnostics = judge(file, &case.expected, &decided);
    // Only of a test that fails does anybody want to know more.
    match side.explain_request(input.request.clone(), &input.store) {
        Ok((_, policies)) => TestOutcome::Failed(Box::new(Failure {
            expected: case.expected.decision.value,
            actual: decided.answer,
            actual_decision,
            diagnostics,
            policies,
        })),
        Err(reason) => broken(format!("the request cannot be decided: {reason}")),
    }
}

/// One diagnostic for each expectation that does not hold.
fn judge(file: &SourceFile, expected: &Expected, decided: &Decided) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut fail = |span: Span, message: String| {
        diagnostics.push(
            Diagnostic::error(Stage::Test, "test_failed", message)
                .in_file(file.path.clone())
                .with_label(file.widen(span), "expected here"),
        );
    };
    let answer = &decided.answer;
    let wanted = &expected.decision;
    if !decides(wanted.value, answer.decision, decided.forbidden) {
        let got = decided
            .in_words()
            .map_or("no decision", ExpectedDecision::name);
        let message = format!("expected {}, got {got}", wanted.value.name());
        fail(wanted.span, message);
    }
    if let Some(reasons) = &expected.reasons
        && !reasons.value.hold(&answer.determining)
    {
        let message = format!(
            "expected the determining policies {}, got {}",
            reasons.value.in_words(),
            listed(&answer.determining)
        );
        fail(reasons.span, message);
    }
    let none = Demand::exactly([]);
    let (wanted, span) = match &expected.errors {
        Some(errors) => (&errors.value, errors.span),
        None => (&none, expected.span),
    };
    if !wanted.hold(&answer.errors) {
        let message = format!(
            "expected {} to raise an error, got {}",
            wanted.in_words(),
            listed(&answer.errors)
        );
        fail(span, message);
    }
    diagnostics
}
