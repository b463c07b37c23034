//! `test --mutate` for a terminal.

use crate::model::Sources;
use crate::render::{Header, Role, count, diagnostics, paint, printable};
use crate::testing::mutate::MutationReport;
use crate::testing::mutate::document::{Document, Survivor};

/// The survivors that nobody explained, each with what was done to the policy and a test that kills it, then the score.
pub fn mutation(
    header: &Header,
    report: &MutationReport,
    document: &Document,
    sources: &Sources,
) -> String {
    let mut out = String::new();
    if !header.quiet {
        for survivor in &document.survivors {
            if survivor.explained.is_none() || header.verbose {
                out.push_str(&shown(survivor));
            }
        }
    }
    out.push_str(&diagnostics(&report.findings, sources));
    out.push_str(&summary(document));
    out
}

fn shown(survivor: &Survivor) -> String {
    let digits = survivor.fingerprint.strip_prefix("sha256:");
    let fingerprint = digits
        .and_then(|digits| digits.get(..12))
        .unwrap_or_default();
    let (word, role) = match survivor.explained {
        Some(_) => ("explained", Role::Quiet),
        None => ("SURVIVED", Role::Bad),
    };
    let mut out = format!(
        "{}  {}  {}  {}:{}  {}\n",
        paint(role, word),
        paint(Role::Name, printable(&survivor.policy)),
        survivor.operator,
        printable(&survivor.file),
        survivor.line,
        paint(Role::Quiet, fingerprint),
    );
    for line in &abbreviated(survivor) {
        let role = match line.starts_with('-') {
            true => Role::Bad,
            false => Role::Good,
        };
        out.push_str(&format!("    {}\n", paint(role, printable(line))));
    }
    if let Some(reason) = &survivor.explained {
        out.push_str(&format!("  because  {}\n\n", printable(reason)));
        return out;
    }
    let tried = match survivor.affected {
        0 => "no test reaches it".to_owned(),
        1 => "1 test reaches it, and holds".to_owned(),
        tests => format!("{} reach it, and all hold", count(tests as u64, "test")),
    };
    out.push_str(&format!("  {tried}"));
    match &survivor.proposed {
        None if !survivor.searched => out.push_str("; no request was looked for\n"),
        None => out.push_str("; no request was found on which it differs\n"),
        Some(text) => {
            out.push_str("; this one kills it:\n");
            for line in text.lines().filter(|line| !is_head(line)) {
                out.push_str(&format!("    {}\n", printable(line)));
            }
        }
    }
    out.push('\n');
    out
}

/// How many lines are shown of a policy that is dropped.
const DROPPED: usize = 3;

/// The lines that differ; of a policy that is dropped the first ones, from its effect on.
fn abbreviated(survivor: &Survivor) -> Vec<String> {
    if !survivor.is_dropped() {
        return survivor.diff.clone();
    }
    let begins = |line: &String| line.starts_with("-permit") || line.starts_with("-forbid");
    let first = survivor.diff.iter().position(begins).unwrap_or_default();
    let lines = survivor.diff.get(first..).unwrap_or_default();
    let mut shown: Vec<String> = lines.iter().take(DROPPED).cloned().collect();
    match lines.len().saturating_sub(DROPPED) {
        0 => {}
        1 => shown.extend(lines.last().cloned()),
        more => shown.push(format!("-… and {more} more lines")),
    }
    shown
}

/// The first lines of a suite, which say nothing of the test.
fn is_head(line: &str) -> bool {
    line.starts_with("version:") || line.starts_with("suite:")
}

fn summary(document: &Document) -> String {
    let mut out = String::new();
    let left = &document.left_out;
    let equivalent = left.equal_tree + left.equal_table;
    let mut reasons = Vec::new();
    for (number, what) in [
        (left.invalid, "invalid"),
        (left.equal_tree, "with the original's tree"),
        (left.equal_table, "with the original's truth table"),
        (left.repeated, "made twice"),
    ] {
        if number > 0 {
            reasons.push(format!("{number} {what}"));
        }
    }
    if !reasons.is_empty() {
        out.push_str(&format!("left out  {}\n", reasons.join(", ")));
    }
    if document.not_searched > 0 {
        let survivors = count(document.not_searched as u64, "survivor");
        out.push_str(&format!(
            "no test was looked for  {survivors}: the others took all tries\n"
        ));
    }
    let survived = document.survived;
    let mut parts = vec![paint(Role::Good, format!("{} killed", document.killed))];
    if survived > 0 {
        let explained = match document.explained {
            0 => String::new(),
            explained => format!(" ({explained} explained)"),
        };
        parts.push(paint(Role::Bad, format!("{survived} survived{explained}")));
    }
    let mutants = count(document.mutants as u64, "mutant");
    let tests = count(document.cases as u64, "test");
    out.push_str(&format!(
        "mutate  {} of {mutants} in {tests}\n",
        parts.join(", ")
    ));
    let Some(score) = document.score else {
        out.push_str("score   none: there is no mutant\n");
        return out;
    };
    let role = match document.reaches_min {
        true => Role::Good,
        false => Role::Bad,
    };
    let mut line = paint(role, format!("{score} %"));
    if let Some(with) = document.score_with_equivalent.filter(|_| equivalent > 0) {
        line.push_str(&format!(", {with} % with the {equivalent} equivalent ones"));
    }
    if let Some(min) = document.min {
        line.push_str(&format!("; at least {min} % are asked for"));
    }
    out.push_str(&format!("score   {line}\n"));
    out
}
