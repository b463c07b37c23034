//! Running the cases: which, how, and what became of each.

use super::filter::{Filter, Shard};
use super::judge::judge;
use super::report::{Failure, SuiteResult, TestOutcome, TestReport, TestResult, Unproved};
use super::rerun::rerun;
use crate::engine::{
    Case, CaseSuite, Engine, Fixtures, Input, Side, Touched, case_suites, decide, near_misses,
};
use crate::model::{Diagnostic, FieldPath, SourceFile, Stage};
use crate::repository::PolicyVersion;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// How the unit tests are run.
#[derive(Default)]
pub struct Run<'a> {
    /// What decides.
    pub engine: Engine,
    /// How the version is called on the command line, where it is not the working tree.
    pub at: Option<&'a str>,
    /// How far fixtures must conform to the schema.
    pub fixtures: Fixtures,
    /// The day by which skips are judged, `YYYY-MM-DD`; before every other day where it is empty.
    pub today: String,
    /// Which cases are asked for.
    pub filter: Filter,
    /// What changed, where only the cases are asked for that it can touch.
    pub touched: Option<Touched<'a>>,
    /// Which part of those is run.
    pub shard: Option<Shard>,
    /// Whether nothing is run after a case that does not hold.
    pub fail_fast: bool,
}

/// So many cases are run at a time where the first failure ends the run.
const BLOCK: usize = 256;

/// Runs every unit test of a version.
pub fn test(version: &PolicyVersion) -> TestReport {
    test_with(version, Engine::default())
}

/// The same, decided by this engine. Every suite has entities of its own, for which nothing is compiled: only the
/// reference is another way than the interpreter.
pub fn test_with(version: &PolicyVersion, engine: Engine) -> TestReport {
    Run {
        engine,
        ..Run::default()
    }
    .run(version)
}

impl Run<'_> {
    /// Runs the cases of a version that are asked for.
    pub fn run(&self, version: &PolicyVersion) -> TestReport {
        self.run_cases(version, case_suites(version, self.fixtures))
    }

    /// The same for cases that are opened out already.
    pub fn run_cases(&self, version: &PolicyVersion, suites: Vec<CaseSuite>) -> TestReport {
        let mut report = TestReport {
            diagnostics: version.diagnostics.clone(),
            unproved: unproved(version, &self.filter),
            ..TestReport::default()
        };
        let only = suites
            .iter()
            .any(|suite| suite.cases.iter().any(|case| case.only));
        let mut chosen: Vec<(usize, Case)> = Vec::new();
        for (at, suite) in suites.into_iter().enumerate() {
            report.cases += suite.cases.len();
            report.left_out += suite.left_out;
            report.suites.push(SuiteResult {
                name: suite.name.to_string(),
                path: suite.file,
                faults: suite.faults,
                tests: Vec::new(),
            });
            let cases = suite.cases.into_par_iter();
            let cases: Vec<Case> = cases
                .filter(|case| (!only || case.only) && self.wants(case))
                .collect();
            chosen.extend(cases.into_iter().map(|case| (at, case)));
        }
        if let Some(shard) = self.shard {
            let mut at = 0;
            chosen.retain(|_| {
                at += 1;
                shard.holds(at - 1)
            });
        }
        report.deselected = report.cases - chosen.len();
        let side = Side::head(version).with_engine(self.engine);
        let block = match self.fail_fast {
            true => BLOCK,
            false => chosen.len().max(1),
        };
        let mut run = 0;
        for cases in chosen.chunks(block) {
            let results: Vec<(usize, TestResult)> = cases
                .par_iter()
                .map(|(at, case)| (*at, self.result(version, &side, case)))
                .collect();
            let mut ended = false;
            for (at, result) in results {
                ended = self.fail_fast && ends(&result.outcome);
                if let Some(suite) = report.suites.get_mut(at) {
                    suite.tests.push(result);
                }
                run += 1;
                if ended {
                    break;
                }
            }
            if ended {
                break;
            }
        }
        report.not_run = chosen.len() - run;
        report
    }

    fn wants(&self, case: &Case) -> bool {
        self.filter.wants(case)
            && self
                .touched
                .as_ref()
                .is_none_or(|touched| touched.touches(case))
    }

    fn result(&self, version: &PolicyVersion, side: &Side<'_>, case: &Case) -> TestResult {
        let skip = case.skip.as_ref().filter(|skip| skip.holds(&self.today));
        TestResult {
            name: case.test.to_string(),
            row: case.row.as_ref().map(ToString::to_string),
            line: case.line,
            span: case.span,
            outcome: match (skip, &case.input) {
                (Some(skip), _) => TestOutcome::Skipped(
                    skip.reason.to_string(),
                    skip.until.as_ref().map(ToString::to_string),
                ),
                (None, Ok(input)) => {
                    let again = || rerun(case, self.at, self.fixtures);
                    outcome(version, side, case, input, again)
                }
                (None, Err(faults)) => TestOutcome::Broken(faults.clone()),
            },
        }
    }
}

/// Whether the first failure ends with this.
fn ends(outcome: &TestOutcome) -> bool {
    match outcome {
        TestOutcome::Failed(_) | TestOutcome::Broken(_) => true,
        TestOutcome::Passed | TestOutcome::Skipped(..) => false,
    }
}

fn unproved(version: &PolicyVersion, filter: &Filter) -> Vec<Unproved> {
    let mut out = Vec::new();
    for suite in &version.suites {
        let path = &suite.file.path;
        let name = suite.spec.suite.as_deref().unwrap_or(path);
        let properties = suite
            .spec
            .properties
            .iter()
            .map(|property| &property.value.name);
        let properties = properties.filter(|property| filter.wants_named(name, path, property));
        out.extend(properties.map(|property| Unproved {
            suite: name.to_owned(),
            path: path.clone(),
            name: property.clone(),
        }));
    }
    out
}

fn outcome(
    version: &PolicyVersion,
    side: &Side<'_>,
    case: &Case,
    input: &Input,
    again: impl Fn() -> String,
) -> TestOutcome {
    let broken = |message: String, help: Option<&str>| {
        let fault = Diagnostic::error(Stage::Test, "test_input", message)
            .in_file(case.file.clone())
            .with_label(case.span, "");
        TestOutcome::Broken(vec![match help {
            Some(help) => fault.with_help(help),
            None => fault,
        }])
    };
    let decided = decide(side, input);
    if !decided.unknown.is_empty() {
        let policies: BTreeSet<_> = decided.answer.unknown.iter().cloned().collect();
        let message = format!(
            "the test does not say what time it is, and {} read {}",
            crate::engine::listed(&policies),
            paths(&decided.unknown)
        );
        return broken(
            message,
            Some(
                "give the test, or the suite's `defaults`, a `now`, or write the attribute in the context",
            ),
        );
    }
    let Some(actual_decision) = decided.in_words() else {
        return broken("the request cannot be decided".to_owned(), None);
    };
    if case.expected.holds(&decided.answer, decided.forbidden) {
        return TestOutcome::Passed;
    }
    // Only of a case that fails does anybody want to know more.
    let empty = SourceFile::new(case.file.clone(), "");
    let file = version.sources.get(&case.file).unwrap_or(&empty);
    let diagnostics = judge(file, &case.expected, &decided);
    let near_misses = near_misses(side, input, &case.expected, &decided.answer);
    match side.explain_request(input.request.clone(), &input.store) {
        Ok((_, policies)) => TestOutcome::Failed(Box::new(Failure {
            expected: case.expected.decision.value,
            actual: decided.answer,
            actual_decision,
            diagnostics,
            policies,
            near_misses,
            rerun: again(),
        })),
        Err(reason) => broken(format!("the request cannot be decided: {reason}"), None),
    }
}

fn paths(paths: &BTreeSet<FieldPath>) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    paths.join(", ")
}
