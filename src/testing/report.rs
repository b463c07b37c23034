//! What became of the tests.

use crate::engine::{NearMiss, PolicyStatus};
use crate::model::{Answer, ChangeClass, Diagnostic, Span};
use crate::repository::ExpectedDecision;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The results of all suites.
#[derive(Debug, Clone, Default)]
pub struct TestReport {
    /// Type errors of the repository: they head the report, and do not stop it.
    pub diagnostics: Vec<Diagnostic>,
    /// The suites, by file.
    pub suites: Vec<SuiteResult>,
    /// How many cases there are in all.
    pub cases: usize,
    /// How many of them were not asked for.
    pub deselected: usize,
    /// How many cases, and budgets, were not run, because one before them failed.
    pub not_run: usize,
    /// Cells of matrices that are no request.
    pub left_out: usize,
    /// What is to be proved, which is not done yet.
    pub unproved: Vec<Unproved>,
    /// What became of the budgets of changes.
    pub budgets: Vec<BudgetResult>,
}

/// A property that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproved {
    /// The suite.
    pub suite: String,
    /// Its file.
    pub path: Arc<str>,
    /// What the property is called.
    pub name: String,
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
    /// The cases that were asked for, in the file's order.
    pub tests: Vec<TestResult>,
}

/// The result of one case.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// What the test is called.
    pub name: String,
    /// Which row of it the case is.
    pub row: Option<String>,
    /// The line where it begins.
    pub line: usize,
    /// Its place.
    pub span: Span,
    /// What became of it.
    pub outcome: TestOutcome,
}

impl TestResult {
    /// The test, and the row.
    pub fn full_name(&self) -> String {
        match &self.row {
            Some(row) => format!("{} › {row}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What became of a case.
#[derive(Debug, Clone)]
pub enum TestOutcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed(Box<Failure>),
    /// Its own input is invalid.
    Broken(Vec<Diagnostic>),
    /// It was not run, for this reason, until this day.
    Skipped(String, Option<String>),
}

/// Why a case failed.
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
    /// Why policies that were expected to apply did not.
    pub near_misses: Vec<NearMiss>,
    /// The command that runs this case alone.
    pub rerun: String,
}

/// What became of a budget of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetResult {
    /// The suite.
    pub suite: String,
    /// Its file.
    pub path: Arc<str>,
    /// What the budget is called.
    pub name: String,
    /// The line where it begins.
    pub line: usize,
    /// What became of it.
    pub outcome: BudgetOutcome,
}

/// What became of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BudgetOutcome {
    /// No class went over its limit; the changes that were counted.
    Kept(BTreeMap<ChangeClass, u64>),
    /// Some class did: for each, the limit and the count.
    Exceeded(BTreeMap<ChangeClass, (u64, u64)>),
    /// It could not be judged.
    Broken(String),
}

impl TestReport {
    fn count(&self, wanted: fn(&TestOutcome) -> bool) -> usize {
        let tests = self.suites.iter().flat_map(|suite| &suite.tests);
        tests.filter(|test| wanted(&test.outcome)).count()
    }

    fn budgets(&self, wanted: fn(&BudgetOutcome) -> bool) -> usize {
        let outcomes = self.budgets.iter().map(|budget| &budget.outcome);
        outcomes.filter(|outcome| wanted(outcome)).count()
    }

    /// How many tests hold, budgets among them.
    pub fn passed(&self) -> usize {
        self.count(|outcome| matches!(outcome, TestOutcome::Passed))
            + self.budgets(|outcome| matches!(outcome, BudgetOutcome::Kept(_)))
    }

    /// How many do not.
    pub fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, TestOutcome::Failed(_)))
            + self.budgets(|outcome| matches!(outcome, BudgetOutcome::Exceeded(_)))
    }

    /// How many have invalid input.
    pub fn broken(&self) -> usize {
        self.count(|outcome| matches!(outcome, TestOutcome::Broken(_)))
            + self.budgets(|outcome| matches!(outcome, BudgetOutcome::Broken(_)))
    }

    /// How many were skipped.
    pub fn skipped(&self) -> usize {
        self.count(|outcome| matches!(outcome, TestOutcome::Skipped(..)))
    }

    /// How many cases were asked for.
    pub fn selected(&self) -> usize {
        self.suites.iter().map(|suite| suite.tests.len()).sum()
    }

    /// Whether a suite itself is at fault.
    pub fn is_faulty(&self) -> bool {
        self.suites.iter().any(|suite| !suite.faults.is_empty())
    }
}
