//! Lints as JUnit XML: a test case for each lint. It fails where a finding is an error; the others stand in its output.

use crate::lint::{Finding, LintReport};
use crate::model::Sources;
use crate::render::escape::inert;
use crate::render::numbers::count;
use crate::repository::LintLevel;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// One suite, in order of the codes. Lints that did not run are skipped, with the reason.
pub fn junit(report: &LintReport, sources: &Sources) -> String {
    let mut suite = TestSuite::new("lint");
    let mut cases: Vec<(&str, TestCase)> = Vec::new();
    for lint in &report.ran {
        let own = report.findings.iter().filter(|found| found.lint == *lint);
        let (errors, others): (Vec<&Finding>, Vec<&Finding>) =
            own.partition(|found| found.level == LintLevel::Error);
        let lines = |found: &[&Finding]| -> String {
            let lines = found.iter().map(|found| say(found, sources));
            lines.collect::<Vec<_>>().join("\n")
        };
        let status = match errors.first() {
            None => TestCaseStatus::success(),
            Some(first) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status
                    .set_type("finding")
                    .set_message(match errors.len() {
                        1 => inert(&first.message, 300),
                        many => count(many as u64, "finding"),
                    })
                    .set_description(lines(&errors));
                status
            }
        };
        let mut case = case(lint.code, lint.slug, status);
        if !others.is_empty() {
            case.set_system_out(lines(&others));
        }
        cases.push((lint.code, case));
    }
    for other in &report.not_run {
        let mut status = TestCaseStatus::skipped();
        status.set_message(inert(&other.reason, 300));
        cases.push((
            other.lint.code,
            case(other.lint.code, other.lint.slug, status),
        ));
    }
    cases.sort_by_key(|(code, _)| *code);
    for (_, case) in cases {
        suite.add_test_case(case);
    }
    for fault in &report.unread {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_type("unreadable")
            .set_message(inert(&fault.message, 300));
        let path = fault.path.as_deref().unwrap_or("a file");
        suite.add_test_case(case("read", &inert(path, 200), status));
    }
    let mut whole = Report::new("agentauthz lint");
    whole.add_test_suite(suite);
    let mut text = whole.to_string().unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn case(code: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(format!("{code} {name}"), status);
    case.set_classname("agentauthz.lint");
    case
}

fn say(finding: &Finding, sources: &Sources) -> String {
    let file = sources.get(&finding.path);
    let (line, column) = file.map_or((1, 1), |file| file.line_column(finding.span.start));
    format!(
        "{}:{line}:{column}: {}: {}",
        inert(&finding.path, 200),
        finding.level.name(),
        inert(&finding.message, 300)
    )
}
