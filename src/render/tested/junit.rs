//! The unit tests as JUnit XML: one suite a file, one test case a case. It holds no time and no random id.

use crate::model::Diagnostic;
use crate::render::printable;
use crate::render::terminal::test::near_miss_line;
use crate::testing::{BudgetOutcome, Failure, TestOutcome, TestReport};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// A case that does not hold is a failure, a broken one an error; one that is skipped says why.
pub fn junit(report: &TestReport) -> String {
    let mut out = Report::new("agentauthz test");
    for suite in &report.suites {
        let mut written = TestSuite::new(printable(&suite.name));
        if !suite.faults.is_empty() {
            let status = broken(&suite.faults);
            written.add_test_case(case(&suite.path, "the suite itself", status));
        }
        for test in &suite.tests {
            let status = match &test.outcome {
                TestOutcome::Passed => TestCaseStatus::success(),
                TestOutcome::Skipped(reason, until) => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(match until {
                        Some(until) => printable(&format!("{reason} (until {until})")),
                        None => printable(reason),
                    });
                    status
                }
                TestOutcome::Broken(faults) => broken(faults),
                TestOutcome::Failed(failure) => failed(failure),
            };
            written.add_test_case(case(&suite.path, &test.full_name(), status));
        }
        for budget in report
            .budgets
            .iter()
            .filter(|budget| budget.path == suite.path)
        {
            let status = match &budget.outcome {
                BudgetOutcome::Kept(_) => TestCaseStatus::success(),
                BudgetOutcome::Exceeded(over) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    let over = over.iter().map(|(class, (limit, count))| {
                        format!("{count} {}, limit {limit}", class.name())
                    });
                    let over: Vec<String> = over.collect();
                    status.set_type("budget").set_message(over.join("; "));
                    status
                }
                BudgetOutcome::Broken(message) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                    status.set_type("broken").set_message(printable(message));
                    status
                }
            };
            written.add_test_case(case(&suite.path, &budget.name, status));
        }
        for property in report
            .unproved
            .iter()
            .filter(|property| property.path == suite.path)
        {
            let mut status = TestCaseStatus::skipped();
            status.set_message("properties are not proved yet");
            written.add_test_case(case(&suite.path, &property.name, status));
        }
        if !written.test_cases.is_empty() {
            out.add_test_suite(written);
        }
    }
    let mut text = out.to_string().unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn case(path: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(printable(name), status);
    case.set_classname(printable(path));
    case
}

fn broken(faults: &[Diagnostic]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let mut messages = faults.iter().map(|fault| printable(&fault.message));
    let first = messages
        .next()
        .unwrap_or_else(|| "the suite is at fault".to_owned());
    status.set_type("broken").set_message(first);
    let rest: Vec<String> = messages.collect();
    if !rest.is_empty() {
        status.set_description(rest.join("\n"));
    }
    status
}

fn failed(failure: &Failure) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let messages: Vec<String> = failure
        .diagnostics
        .iter()
        .map(|fault| printable(&fault.message))
        .collect();
    let mut lines = vec![format!(
        "got {}, determined by {}",
        failure.actual_decision.name(),
        printable(&crate::engine::listed(&failure.actual.determining))
    )];
    lines.extend(failure.near_misses.iter().map(near_miss_line));
    lines.push(format!("run it alone: {}", printable(&failure.rerun)));
    status
        .set_type("failed")
        .set_message(messages.join("; "))
        .set_description(lines.join("\n"));
    status
}
