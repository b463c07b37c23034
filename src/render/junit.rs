//! The gates of a decision-diff report as JUnit XML: one suite, one test case a gate. It holds no time and no random id.

use super::escape::inert;
use super::numbers::count;
use super::words;
use crate::diff::document::{Document, GateNote, GateVerdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// How many groups of a gate are named.
const GROUPS: usize = 50;

/// The gates. A gate that failed is a failure; one of trust that failed is an error of type `inconclusive`. A report that
/// was not judged has one case, which is skipped.
pub fn diff(document: &Document) -> String {
    let mut suite = TestSuite::new("gates");
    match &document.verdict {
        None => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("not judged");
            suite.add_test_case(case("judged", status));
        }
        Some(verdict) => {
            for gate in &verdict.gates {
                suite.add_test_case(case(&inert(&gate.gate, 120), status(document, gate)));
            }
            let (word, _, why) = words::ending(document);
            let told = verdict
                .gates
                .iter()
                .any(|gate| gate.verdict != GateVerdict::Passed);
            if verdict.result != "clean" && !told {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status
                    .set_type(word.to_lowercase())
                    .set_message(inert(&why, 300));
                suite.add_test_case(case("result", status));
            }
        }
    }
    let mut report = Report::new("agentauthz diff");
    report.add_test_suite(suite);
    let mut text = report.to_string().unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname("agentauthz.diff");
    case
}

fn status(document: &Document, gate: &GateNote) -> TestCaseStatus {
    let (kind, of) = match gate.verdict {
        GateVerdict::Passed => return TestCaseStatus::success(),
        GateVerdict::Failed => (NonSuccessKind::Failure, "gate"),
        GateVerdict::Inconclusive => (NonSuccessKind::Error, "inconclusive"),
    };
    let mut status = TestCaseStatus::non_success(kind);
    let (actual, limit) = (inert(&gate.actual, 160), inert(&gate.limit, 160));
    status.set_type(of).set_message(format!(
        "{actual}, limit {limit} ({})",
        inert(&gate.from, 40)
    ));
    let groups = document
        .groups
        .iter()
        .filter(|group| gate.groups.contains(&group.fingerprint));
    let mut lines: Vec<String> = groups
        .map(|group| {
            format!(
                "{}. {}: {} ({}, {})",
                group.number,
                words::class(group),
                inert(&group.title, 300),
                count(group.actions, "action"),
                inert(&group.fingerprint, 64)
            )
        })
        .collect();
    if lines.len() > GROUPS {
        let rest = count((lines.len() - GROUPS) as u64, "group");
        lines.truncate(GROUPS);
        lines.push(format!("and {rest} more"));
    }
    if !lines.is_empty() {
        status.set_description(lines.join("\n"));
    }
    status
}
