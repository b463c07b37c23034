//! Gates and approvals, for people.

use super::table::{Align, Table};
use crate::diff::document::{ApprovalNote, ApprovalState, Document, GateVerdict};
use crate::render::style::aside;
use crate::render::{Header, Role, count, paint, printable};

/// How a report was judged: the result, every gate with limit and actual, and what is wrong with approvals.
pub fn gates(header: &Header, document: &Document) -> String {
    let Some(verdict) = &document.verdict else {
        return aside("not judged");
    };
    let (role, word) = match verdict.result.as_str() {
        "clean" => (Role::Good, "PASS"),
        "failed" => (Role::Bad, "FAIL"),
        _ => (Role::Warning, "INCONCLUSIVE"),
    };
    let stopped = verdict
        .gates
        .iter()
        .filter(|gate| gate.verdict != GateVerdict::Passed)
        .count() as u64;
    let all = count(verdict.gates.len() as u64, "gate");
    let summary = match stopped {
        0 => format!("{all} passed"),
        stopped => format!("{stopped} of {all} did not pass"),
    };
    let mut out = format!("{}  {summary}\n", paint(role, format!("GATE  {word}")));
    if header.quiet {
        return out;
    }
    out.push('\n');
    let mut table = Table::new(&[
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
    ]);
    table.row(["", "gate", "limit", "found", "from"].map(|title| paint(Role::Quiet, title)));
    for gate in &verdict.gates {
        let (role, word) = match gate.verdict {
            GateVerdict::Failed => (Role::Bad, "failed"),
            GateVerdict::Inconclusive => (Role::Warning, "inconclusive"),
            GateVerdict::Passed => (Role::Good, "passed"),
        };
        table.row([
            paint(role, word),
            printable(&gate.gate),
            printable(&gate.limit),
            printable(&gate.actual),
            printable(&gate.from),
        ]);
    }
    out.push_str(&table.draw("  "));
    for fault in &document.diagnostics {
        out.push_str(&format!(
            "\n{} {}\n",
            paint(Role::Bad, "fault"),
            printable(fault)
        ));
    }
    if !verdict.approvals.is_empty() {
        let known: Vec<_> = verdict
            .approvals
            .iter()
            .map(|note| (note.clone(), true))
            .collect();
        out.push('\n');
        out.push_str(&approvals(&known));
    }
    out
}

/// Approvals and what became of each; `false`: that cannot be said.
pub fn approvals(notes: &[(ApprovalNote, bool)]) -> String {
    if notes.is_empty() {
        return "no approvals\n".to_owned();
    }
    let mut out = String::new();
    for (note, known) in notes {
        let (role, word) = match (known, note.state) {
            (false, _) => (Role::Quiet, "open"),
            (true, ApprovalState::Used) => (Role::Good, "used"),
            (true, ApprovalState::Drifted) => (Role::Bad, "drifted"),
            (true, ApprovalState::Expired) => (Role::Bad, "expired"),
            (true, ApprovalState::Unused) => (Role::Bad, "unused"),
        };
        out.push_str(&format!(
            "{} {}  until {}  owner {}, approved by {}: {}\n",
            paint(role, word),
            paint(Role::Name, printable(&note.group)),
            printable(&note.expires),
            printable(&note.owner),
            printable(&note.approver),
            printable(&note.reason),
        ));
        for drift in &note.drift {
            out.push_str(&format!("    {}\n", printable(drift)));
        }
    }
    out
}
