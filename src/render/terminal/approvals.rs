//! Approvals, for people.

use crate::diff::document::{ApprovalNote, ApprovalState};
use crate::render::{Role, paint, printable};

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
