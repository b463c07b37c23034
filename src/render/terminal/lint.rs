//! `lint` for a terminal.

use crate::lint::{Finding, FixKind, Lint, LintReport, Run};
use crate::model::Sources;
use crate::render::{Header, Role, count, diagnostics, paint};
use crate::repository::LintLevel;
use std::collections::BTreeMap;

/// Every finding with its place, then what was looked at and what was not.
pub fn lint(header: &Header, report: &LintReport, sources: &Sources) -> String {
    let mut out = String::new();
    if !header.quiet {
        out.push_str(&diagnostics(&report.unread, sources));
        let drawn: Vec<_> = report.findings.iter().map(Finding::diagnostic).collect();
        out.push_str(&diagnostics(&drawn, sources));
        if !report.findings.is_empty() {
            out.push_str(&table(report));
        }
        out.push_str(&aside(header, report));
    }
    out.push_str(&format!("lint  {}\n", result(report)));
    out
}

/// The table alone: how much of what was found.
pub fn lint_summary(report: &LintReport) -> String {
    let mut out = table(report);
    out.push_str(&format!("lint  {}\n", result(report)));
    out
}

fn result(report: &LintReport) -> String {
    let levels = [
        (LintLevel::Error, "error", Role::Bad),
        (LintLevel::Warning, "warning", Role::Warning),
        (LintLevel::Info, "info", Role::Quiet),
    ];
    let mut parts: Vec<String> = levels
        .iter()
        .filter_map(|(level, word, role)| {
            let found = report.count(*level);
            let words = match (*level, found) {
                (LintLevel::Info, found) => format!("{found} {word}"),
                (_, found) => count(found as u64, word),
            };
            (found > 0).then(|| paint(*role, words))
        })
        .collect();
    if !report.unread.is_empty() {
        let files = count(report.unread.len() as u64, "fault");
        parts.insert(
            0,
            paint(Role::Bad, format!("{files} in files that were not read")),
        );
    }
    if parts.is_empty() {
        return paint(Role::Good, "no findings");
    }
    parts.join(", ")
}

/// A line for each lint that found something, worst first.
fn table(report: &LintReport) -> String {
    let mut by_lint: BTreeMap<(std::cmp::Reverse<LintLevel>, &str), (&Finding, usize, usize)> =
        BTreeMap::new();
    for finding in &report.findings {
        let key = (std::cmp::Reverse(finding.level), finding.lint.code);
        let row = by_lint.entry(key).or_insert((finding, 0, 0));
        row.1 += 1;
        row.2 += usize::from(finding.fix.is_some());
    }
    let mut out = String::new();
    for ((level, code), (finding, found, fixes)) in by_lint {
        let role = match level.0 {
            LintLevel::Error => Role::Bad,
            LintLevel::Warning => Role::Warning,
            LintLevel::Info | LintLevel::Off => Role::Quiet,
        };
        let fixes = match fixes {
            0 => String::new(),
            fixes => format!("  {}", paint(Role::Quiet, count(fixes as u64, "fix"))),
        };
        out.push_str(&format!(
            "{found:>5}  {}  {} {}{fixes}\n",
            paint(role, format!("{:<7}", level.0.name())),
            paint(Role::Name, code),
            finding.lint.slug,
        ));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn aside(header: &Header, report: &LintReport) -> String {
    let mut out = String::new();
    let mut say = |text: String| out.push_str(&format!("{text}\n"));
    let fixes = |kind: FixKind| {
        let all = report
            .findings
            .iter()
            .filter_map(|found| found.fix.as_ref());
        all.filter(|fix| fix.kind == kind).count()
    };
    let ways = [
        (FixKind::Equivalent, "--fix", "changes no decision"),
        (
            FixKind::Repair,
            "--fix --repair",
            "turns errors into values",
        ),
        (FixKind::Suggested, "--fix --suggested", "asks one by one"),
    ];
    for (kind, flags, what) in ways {
        let found = fixes(kind);
        if found > 0 {
            say(format!(
                "{} by `{flags}`, which {what}",
                count(found as u64, "fix")
            ));
        }
    }
    let passed_over = [
        (report.suppressed.len(), "accepted by a suppression"),
        (report.known.len(), "in the baseline"),
        (report.before, "there before the change"),
    ];
    for (found, how) in passed_over {
        if found > 0 {
            say(format!("{} {how}", count(found as u64, "finding")));
        }
    }
    if report.faults > 0 {
        say(format!(
            "{} that lints do not look at; `agentauthz check` shows them",
            count(report.faults as u64, "fault")
        ));
    }
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for other in &report.not_run {
        by_reason
            .entry(&other.reason)
            .or_default()
            .push(other.lint.code);
    }
    for (reason, codes) in by_reason {
        let which = match header.verbose || codes.len() <= 6 {
            true => codes.join(", "),
            false => count(codes.len() as u64, "lint"),
        };
        say(format!(
            "{} {which}: {reason}",
            paint(Role::Quiet, "not run")
        ));
    }
    say(format!(
        "linted  {} · {}",
        count(report.policies as u64, "policy"),
        count(report.ran.len() as u64, "lint")
    ));
    out
}

/// The page of a lint.
pub fn lint_page(lint: &Lint) -> String {
    let mut out = String::new();
    let mut code = false;
    for (at, line) in lint.page.lines().enumerate() {
        if line.starts_with("```") {
            code = !code;
            continue;
        }
        let line = line.trim_end();
        out.push_str(&match (code, line) {
            (true, line) => format!("    {line}\n"),
            (false, line) if line.starts_with('#') => {
                format!(
                    "{}\n",
                    paint(Role::Heading, line.trim_start_matches('#').trim())
                )
            }
            (false, line) => format!("{line}\n"),
        });
        if at == 0 {
            out.push_str(&format!("{}\n", paint(Role::Quiet, facts(lint))));
        }
    }
    out
}

/// A line for each lint.
pub fn lint_list(lints: &[&Lint]) -> String {
    let mut out = String::new();
    let mut group = "";
    for lint in lints {
        if lint.group() != group {
            group = lint.group();
            out.push_str(&format!("{}\n", paint(Role::Heading, group)));
        }
        let solver = match lint.run {
            Run::Solver => "  (needs a solver: not run yet)",
            Run::Policy(_) | Run::Repository(_) | Run::Passed => "",
        };
        out.push_str(&format!(
            "  {}  {:<7}  {:<28}  {}{}\n",
            paint(Role::Name, lint.code),
            lint.level.name(),
            lint.slug,
            lint.title,
            paint(Role::Quiet, solver)
        ));
    }
    out
}

fn facts(lint: &Lint) -> String {
    let evidence: Vec<&str> = lint.evidence.iter().map(|one| one.name()).collect();
    let fix = lint.fix.map_or("none", FixKind::name);
    format!(
        "{} · {} · fix: {fix} · rests upon: {}",
        lint.level.name(),
        lint.group(),
        evidence.join(", ")
    )
}
