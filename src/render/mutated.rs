//! Mutants as JUnit XML, and survivors as annotations of GitHub Actions.

use super::escape::{inert, printable};
use super::github::{ANNOTATIONS, Annotation, line};
use super::words::Level;
use crate::testing::mutate::document::{Document, Survivor};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

/// One suite a policy, one test case a mutant: a survivor is a failure, or skipped where it is explained or the score is
/// reached without it, and a finding of the manifest is an error.
pub fn junit(document: &Document) -> String {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    let mut add = |policy, file: &str, name: String, status| {
        let mut case = TestCase::new(printable(&name), status);
        case.set_classname(printable(file));
        let suite = suites
            .entry(policy)
            .or_insert_with(|| TestSuite::new(printable(policy)));
        suite.add_test_case(case);
    };
    for dead in &document.dead {
        let name = name(&dead.operator, dead.line, &dead.fingerprint);
        add(&dead.policy, &dead.file, name, TestCaseStatus::success());
    }
    for survivor in &document.survivors {
        let name = name(&survivor.operator, survivor.line, &survivor.fingerprint);
        let status = match &survivor.explained {
            Some(reason) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(printable(reason));
                status
            }
            None => {
                // As the exit code has it.
                let mut status = match document.reaches_min {
                    true => TestCaseStatus::skipped(),
                    false => TestCaseStatus::non_success(NonSuccessKind::Failure),
                };
                let lines = survivor.diff.iter().map(|line| printable(line));
                status
                    .set_type("survived")
                    .set_message("no test fails for this mutant")
                    .set_description(lines.collect::<Vec<_>>().join("\n"));
                status
            }
        };
        add(&survivor.policy, &survivor.file, name, status);
    }
    for finding in &document.findings {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_type("explained")
            .set_message(printable(&finding.message));
        let file = finding.path.as_deref().unwrap_or_default();
        add("explanations", file, finding.message.clone(), status);
    }
    let mut out = Report::new("agentauthz test --mutate");
    out.add_test_suites(suites.into_values());
    let mut text = out.to_string().unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn name(operator: &str, line: usize, fingerprint: &str) -> String {
    format!("{operator} line {line} {}", digits(fingerprint))
}

fn digits(fingerprint: &str) -> &str {
    let digits = fingerprint.strip_prefix("sha256:").unwrap_or(fingerprint);
    digits.get(..12).unwrap_or(digits)
}

/// At most ten lines, beside the lines of the policies; the last one counts the rest. `directory` is where the repository
/// stands in git.
pub fn github(document: &Document, directory: &str) -> String {
    let place = |path: &str, line: usize| {
        let whole = match directory.trim_end_matches('/') {
            "" => path.to_owned(),
            directory => format!("{directory}/{path}"),
        };
        Some((whole, line as u64))
    };
    let level = match document.reaches_min {
        true => Level::Warning,
        false => Level::Error,
    };
    let findings = document.findings.iter().map(|finding| Annotation {
        level: Level::Error,
        place: finding
            .path
            .as_deref()
            .and_then(|path| place(path, finding.line.unwrap_or(1))),
        title: "explanation of a mutant".to_owned(),
        message: inert(&finding.message, 300),
    });
    let open = |survivor: &&Survivor| survivor.explained.is_none();
    let survivors = document.survivors.iter().filter(open);
    let survivors = survivors.map(|survivor| Annotation {
        level,
        place: place(&survivor.file, survivor.line),
        title: format!(
            "no test fails for a mutant of {} ({})",
            inert(&survivor.policy, 100),
            survivor.operator
        ),
        message: inert(&survivor.diff.join("; "), 600),
    });
    let mut found: Vec<Annotation> = findings.chain(survivors).collect();
    if found.len() > ANNOTATIONS {
        let rest = found.split_off(ANNOTATIONS - 1).len();
        found.push(Annotation {
            level,
            place: None,
            title: format!("{rest} more"),
            message: format!(
                "{} of {} mutants survive; the report has them all",
                document.survived, document.mutants
            ),
        });
    }
    found.iter().map(line).collect()
}
