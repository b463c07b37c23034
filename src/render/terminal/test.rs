//! `test` for a terminal.

use super::outcome;
use crate::engine::{Miss, NearMiss};
use crate::model::{Outcome, Severity, Sources, Status};
use crate::render::{Header, Role, count, diagnostics, paint, printable};
use crate::testing::{BudgetOutcome, BudgetResult, Failure, SuiteResult, TestOutcome, TestReport};

/// So many cases that do not hold are shown, unless all are asked for.
const SHOWN: usize = 100;

/// The failures, each with its expectation marked and the policies that decided, then the counts. The reports for
/// machines hold all of them; here more than a hundred are counted, unless `--verbose` asks for them.
pub fn test(header: &Header, report: &TestReport, sources: &Sources) -> String {
    let mut out = String::new();
    let errors = report
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    out.push_str(&diagnostics(errors, sources));
    let mut room = match header.verbose {
        true => usize::MAX,
        false => SHOWN,
    };
    for suite in &report.suites {
        out.push_str(&self::suite(header, suite, sources, &mut room));
    }
    let wrong = report.suites.iter().flat_map(|suite| &suite.tests);
    let wrong = wrong.filter(|test| is_wrong(&test.outcome)).count();
    if wrong > SHOWN && !header.verbose {
        let rest = count((wrong - SHOWN) as u64, "case");
        let rest = paint(Role::Bad, format!("and {rest} more"));
        out.push_str(&format!(
            "{rest} failed or broken; `--verbose` shows them, and `--report json=FILE` holds them\n"
        ));
    }
    for budget in &report.budgets {
        out.push_str(&self::budget(header, budget));
    }
    if header.verbose {
        for property in &report.unproved {
            out.push_str(&format!(
                "{}  {} › {} (properties are not proved yet)\n",
                paint(Role::Quiet, "not run"),
                printable(&property.suite),
                printable(&property.name)
            ));
        }
    }
    out.push_str(&counts(report));
    out
}

fn is_wrong(outcome: &TestOutcome) -> bool {
    match outcome {
        TestOutcome::Failed(_) | TestOutcome::Broken(_) => true,
        TestOutcome::Passed | TestOutcome::Skipped(..) => false,
    }
}

/// One suite; `room` is how many more cases that do not hold are shown.
fn suite(header: &Header, suite: &SuiteResult, sources: &Sources, room: &mut usize) -> String {
    let mut out = diagnostics(&suite.faults, sources);
    for test in &suite.tests {
        if is_wrong(&test.outcome) {
            let Some(rest) = room.checked_sub(1) else {
                continue;
            };
            *room = rest;
        }
        let name = format!(
            "{} › {}",
            printable(&suite.name),
            printable(&test.full_name())
        );
        match &test.outcome {
            TestOutcome::Passed if header.verbose => {
                out.push_str(&format!("{}  {name}\n", paint(Role::Good, "ok")));
            }
            TestOutcome::Passed => {}
            TestOutcome::Skipped(reason, until) if header.verbose => {
                let until = until.as_ref().map(|until| format!(" until {until}"));
                out.push_str(&format!(
                    "{}  {name} ({}{})\n",
                    paint(Role::Quiet, "skipped"),
                    printable(reason),
                    until.unwrap_or_default()
                ));
            }
            TestOutcome::Skipped(..) => {}
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
    out
}

fn budget(header: &Header, budget: &BudgetResult) -> String {
    let name = format!("{} › {}", printable(&budget.suite), printable(&budget.name));
    match &budget.outcome {
        BudgetOutcome::Kept(_) if header.verbose => {
            format!("{}  {name}\n", paint(Role::Good, "ok"))
        }
        BudgetOutcome::Kept(_) => String::new(),
        BudgetOutcome::Exceeded(over) => {
            let mut out = format!("{}  {name}\n", paint(Role::Bad, "FAILED"));
            let place = format!("{}:{}", budget.path, budget.line);
            out.push_str(&format!("  {}\n", paint(Role::Quiet, printable(&place))));
            for (class, (limit, found)) in over {
                let found = count(*found, "recorded action");
                let class = paint(Role::of_class(*class), class.name());
                out.push_str(&format!("  {class}  {found}, limit {limit}\n"));
            }
            out.push('\n');
            out
        }
        BudgetOutcome::Broken(message) => format!(
            "{}  {name}\n  {}:{}: error: {}\n\n",
            paint(Role::Warning, "BROKEN"),
            printable(&budget.path),
            budget.line,
            printable(message)
        ),
    }
}

fn counts(report: &TestReport) -> String {
    let mut parts = vec![paint(Role::Good, format!("{} passed", report.passed()))];
    let others = [
        (report.failed(), "failed", Role::Bad),
        (report.broken(), "broken", Role::Warning),
        (report.skipped(), "skipped", Role::Quiet),
        (report.not_run, "not run", Role::Warning),
        (report.deselected, "not selected", Role::Quiet),
    ];
    let others = others.into_iter().filter(|(number, _, _)| *number > 0);
    parts.extend(others.map(|(number, word, role)| paint(role, format!("{number} {word}"))));
    let suites = count(report.suites.len() as u64, "suite");
    let mut out = format!("test  {} in {suites}\n", parts.join(", "));
    if report.left_out > 0 {
        let cells = count(report.left_out as u64, "cell");
        out.push_str(&format!(
            "      {cells} of matrices left out: the action takes no such principal or resource\n"
        ));
    }
    if !report.unproved.is_empty() {
        let word = match report.unproved.len() {
            1 => "1 property".to_owned(),
            number => format!("{number} properties"),
        };
        out.push_str(&format!("      {word} not run: nothing is proved yet\n"));
    }
    out
}

fn failed(failure: &Failure, sources: &Sources) -> String {
    let mut out = diagnostics(&failure.diagnostics, sources);
    out.push_str(&format!(
        "  got  {}\n",
        outcome::outcome(&Outcome::Decided(failure.actual.clone()))
    ));
    out.push_str(&super::explain::statuses(
        &failure.policies,
        sources,
        "  ",
        |status| match status.status {
            Status::Satisfied
            | Status::Error
            | Status::NotSatisfied
            | Status::NotSatisfiedOrError
            | Status::Unknown => true,
        },
    ));
    for miss in &failure.near_misses {
        out.push_str(&format!("  {}\n", near_miss(miss, sources)));
    }
    out.push_str(&format!(
        "  {}  {}\n\n",
        paint(Role::Quiet, "again"),
        printable(&failure.rerun)
    ));
    out
}

fn near_miss(miss: &NearMiss, sources: &Sources) -> String {
    let at = miss.missed.span.unwrap_or(miss.span);
    let place = sources
        .get(&miss.file)
        .map(|file| format!("{}:{}", miss.file, file.line_column(at.start).0))
        .unwrap_or_default();
    format!(
        "{}  {}",
        near_miss_line(miss),
        paint(Role::Quiet, printable(&place))
    )
}

/// Why a policy did not apply, on one line.
pub(in crate::render) fn near_miss_line(miss: &NearMiss) -> String {
    let missed = &miss.missed;
    let mut out = format!("`{}` did not apply: ", printable(&miss.policy));
    let text = printable(&missed.text);
    out.push_str(&match (missed.miss, &missed.message) {
        (Miss::Scope, _) => format!("its scope asks `{text}`"),
        (Miss::False, _) => format!("`{text}` is false"),
        (Miss::Error, Some(message)) => {
            format!("`{text}` raised an error: {}", printable(message))
        }
        (Miss::Error, None) => format!("`{text}` raised an error"),
    });
    let values = missed.values.iter();
    let values: Vec<String> = values
        .map(|(path, value)| format!("{} was {}", printable(path), printable(value)))
        .collect();
    if !values.is_empty() {
        out.push_str(&format!(" ({})", values.join(", ")));
    }
    out
}
