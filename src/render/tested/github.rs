//! The unit tests as annotations of GitHub Actions: workflow commands, one a line, beside the test's line.

use crate::model::{Diagnostic, Sources};
use crate::render::escape::inert;
use crate::render::github::{ANNOTATIONS, Annotation, line};
use crate::render::terminal::test::near_miss_line;
use crate::render::words::Level;
use crate::testing::{BudgetOutcome, TestOutcome, TestReport};

/// At most ten lines, failures first; the last one counts the rest. `directory` is where the repository stands in git.
pub fn github(report: &TestReport, sources: &Sources, directory: &str) -> String {
    let place = |path: &str, line: usize| {
        let whole = match directory.trim_end_matches('/') {
            "" => path.to_owned(),
            directory => format!("{directory}/{path}"),
        };
        Some((whole, line as u64))
    };
    let fault = |fault: &Diagnostic, title: String| {
        let file = fault.path.as_deref().and_then(|path| sources.get(path));
        let at = file
            .zip(fault.span())
            .map(|(file, span)| file.line_column(span.start).0);
        Annotation {
            level: Level::Error,
            place: fault
                .path
                .as_deref()
                .and_then(|path| place(path, at.unwrap_or(1))),
            title,
            message: inert(&fault.message, 300),
        }
    };
    let mut found: Vec<Annotation> = Vec::new();
    for suite in &report.suites {
        let name = inert(&suite.name, 60);
        found.extend(
            suite
                .faults
                .iter()
                .map(|one| fault(one, format!("{name} is broken"))),
        );
        for test in &suite.tests {
            let full = format!("{name} › {}", inert(&test.full_name(), 120));
            match &test.outcome {
                TestOutcome::Passed | TestOutcome::Skipped(..) => {}
                TestOutcome::Broken(faults) => found.extend(
                    faults
                        .iter()
                        .take(1)
                        .map(|one| fault(one, format!("{full} is broken"))),
                ),
                TestOutcome::Failed(failure) => {
                    let told = failure.diagnostics.iter().map(|one| one.message.clone());
                    let misses = failure.near_misses.iter().map(near_miss_line);
                    let lines: Vec<String> = told.chain(misses).collect();
                    found.push(Annotation {
                        level: Level::Error,
                        place: place(&suite.path, test.line),
                        title: format!("{full} failed"),
                        message: inert(&lines.join("; "), 600),
                    });
                }
            }
        }
    }
    for budget in &report.budgets {
        let message = match &budget.outcome {
            BudgetOutcome::Kept(_) => continue,
            BudgetOutcome::Broken(message) => message.clone(),
            BudgetOutcome::Exceeded(over) => {
                let over = over.iter().map(|(class, (limit, count))| {
                    format!("{count} {}, limit {limit}", class.name())
                });
                over.collect::<Vec<_>>().join("; ")
            }
        };
        found.push(Annotation {
            level: Level::Error,
            place: place(&budget.path, budget.line),
            title: format!("budget {}", inert(&budget.name, 100)),
            message: inert(&message, 300),
        });
    }
    if found.len() > ANNOTATIONS {
        let rest = found.split_off(ANNOTATIONS - 1).len();
        found.push(Annotation {
            level: Level::Error,
            place: None,
            title: format!("{rest} more"),
            message: format!(
                "{} failed, {} broken; the report has them all",
                report.failed(),
                report.broken()
            ),
        });
    }
    found.iter().map(line).collect()
}
