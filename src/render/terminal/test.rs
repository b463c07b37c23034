//! `test` for a terminal.

use super::outcome;
use crate::model::{Severity, Sources, Status};
use crate::render::{Header, Role, count, diagnostics, paint, printable};
use crate::testing::{Failure, TestOutcome, TestReport};

/// The failures, each with its expectation marked and the policies that decided, then the counts.
pub fn test(header: &Header, report: &TestReport, sources: &Sources) -> String {
    let mut out = String::new();
    let errors = report
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    out.push_str(&diagnostics(errors, sources));
    for suite in &report.suites {
        let outside = suite.faults.iter().filter(|fault| {
            !suite.tests.iter().any(|test| match &test.outcome {
                TestOutcome::Broken(own) => own.contains(fault),
                TestOutcome::Passed | TestOutcome::Failed(_) => false,
            })
        });
        out.push_str(&diagnostics(outside, sources));
        for test in &suite.tests {
            let name = format!("{} › {}", printable(&suite.name), printable(&test.name));
            match &test.outcome {
                TestOutcome::Passed if header.verbose => {
                    out.push_str(&format!("{}  {name}\n", paint(Role::Good, "ok")));
                }
                TestOutcome::Passed => {}
                TestOutcome::Failed(failure) => {
                    out.push_str(&format!("{}  {name}\n", paint(Role::Bad, "FAILED")));
                    if !header.quiet {
                        out.push_str(&failed(failure, sources));
                    }
                }
                TestOutcome::Broken(faults) => {
                    out.push_str(&format!("{}  {name}\n", paint(Role::Warning, "BROKEN")));
                    if !header.quiet {
                        out.push_str(&diagnostics(faults, sources));
                    }
                }
            }
        }
    }
    let mut parts = vec![paint(Role::Good, format!("{} passed", report.passed()))];
    if report.failed() > 0 {
        parts.push(paint(Role::Bad, format!("{} failed", report.failed())));
    }
    if report.broken() > 0 {
        parts.push(paint(Role::Warning, format!("{} broken", report.broken())));
    }
    let suites = count(report.suites.len() as u64, "suite");
    out.push_str(&format!("test  {} in {suites}\n", parts.join(", ")));
    out
}

fn failed(failure: &Failure, sources: &Sources) -> String {
    let mut out = diagnostics(&failure.diagnostics, sources);
    out.push_str(&format!(
        "  got  {}\n",
        outcome::outcome(&crate::model::Outcome::Decided(failure.actual.clone()))
    ));
    out.push_str(&super::explain::statuses(
        &failure.policies,
        sources,
        "  ",
        |status| match status.status {
            Status::Satisfied | Status::Error | Status::NotSatisfied | Status::Unknown => true,
        },
    ));
    out.push('\n');
    out
}
