//! Gates: whether a report may pass, judged on the report alone.

mod classes;
mod control;
mod cover;
mod limits;
mod trust;

#[cfg(test)]
mod approval_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trust_tests;

pub use control::{approval_changes, gate_changes};
pub use cover::{Covered, cover, envelope};

use super::FailOn;
use super::document::{
    ApprovalNote, ApprovalState, Document, GateNote, GateVerdict, GroupNote, Verdict,
};
use crate::model::count;
use crate::repository::{Approval, Gates};
use limits::Limits;
use std::collections::{BTreeMap, BTreeSet};

/// How a report is judged.
#[derive(Debug, Clone, Default)]
pub struct JudgeOptions {
    /// What fails by the command line. Where it is given, it counts instead of the gates on classes of change.
    pub fail_on: Option<BTreeSet<FailOn>>,
    /// The day, as `YYYY-MM-DD`.
    pub now: String,
    /// The gates of the repository in which a plan is judged, which may have become stricter.
    pub here: Option<Gates>,
    /// How many records that cannot be read are no reason to doubt the report, by the command line; otherwise none.
    pub max_malformed: Option<u64>,
}

/// Judges a report: by the stricter of the gates of base and head, and by these approvals.
pub fn judge(document: &Document, approvals: &[Approval], options: &JudgeOptions) -> Verdict {
    let notes: Vec<ApprovalNote> = approvals
        .iter()
        .map(|approval| note(document, approval, &options.now))
        .collect();
    let approved = notes
        .iter()
        .filter(|note| note.state == ApprovalState::Used)
        .map(|note| note.group.as_str())
        .collect();
    let judge = Judge {
        document,
        limits: Limits::of(&document.gates, options.here),
        approved,
        max_malformed: options.max_malformed,
    };
    let mut gates = judge.classes(options.fail_on.as_ref());
    gates.push(judge.control());
    gates.push(judge.approvals(&notes));
    gates.extend(judge.trust(options.fail_on.as_ref()));
    // The order of each kind stays.
    gates.sort_by_key(|gate| gate.verdict);
    let result = match gates.iter().map(|gate| gate.verdict).min() {
        Some(GateVerdict::Failed) => "failed",
        Some(GateVerdict::Inconclusive) => "inconclusive",
        Some(GateVerdict::Passed) | None => "clean",
    };
    Verdict {
        result: result.to_owned(),
        gates,
        approvals: notes,
    }
}

/// Judges a report, and writes into it how it was judged and which approval names which group.
pub fn apply(document: &mut Document, approvals: &[Approval], options: &JudgeOptions) {
    let verdict = judge(document, approvals, options);
    let notes: BTreeMap<&str, &ApprovalNote> = verdict
        .approvals
        .iter()
        .map(|note| (note.group.as_str(), note))
        .collect();
    for group in &mut document.groups {
        let note = notes.get(group.fingerprint.as_str());
        group.approval = note.map(|note| (*note).clone());
    }
    document.now = options.now.clone();
    document.verdict = Some(verdict);
}

/// What became of an approval.
fn note(document: &Document, approval: &Approval, now: &str) -> ApprovalNote {
    let groups: Vec<&GroupNote> = document
        .groups
        .iter()
        .filter(|group| group.fingerprint == approval.group)
        .collect();
    let drift: Covered = groups
        .iter()
        .flat_map(|group| cover(document.values, group, approval))
        .collect();
    let state = match groups.is_empty() {
        // Days in this form are in the order of their texts.
        _ if approval.expires.as_str() < now => ApprovalState::Expired,
        true => ApprovalState::Unused,
        false if drift.is_empty() => ApprovalState::Used,
        false => ApprovalState::Drifted,
    };
    ApprovalNote {
        group: approval.group.clone(),
        state,
        reason: approval.reason.clone(),
        owner: approval.owner.clone(),
        approver: approval.approver.clone(),
        expires: approval.expires.clone(),
        drift,
    }
}

/// A report, with what it is judged by.
struct Judge<'a> {
    document: &'a Document,
    limits: Limits,
    /// The groups that an approval covers.
    approved: BTreeSet<&'a str>,
    max_malformed: Option<u64>,
}

/// How a gate is called, and what it says where it fails.
struct Kind {
    gate: &'static str,
    fails: GateVerdict,
}

impl Kind {
    fn note(&self, passes: bool, limit: String, actual: String, from: &str) -> GateNote {
        GateNote {
            gate: self.gate.to_owned(),
            verdict: match passes {
                true => GateVerdict::Passed,
                false => self.fails,
            },
            limit,
            actual,
            groups: Vec::new(),
            from: from.to_owned(),
        }
    }
}

impl<'a> Judge<'a> {
    fn is_approved(&self, group: &GroupNote) -> bool {
        self.approved.contains(group.fingerprint.as_str())
    }

    /// Whether any action was replayed.
    fn replayed(&self) -> bool {
        let traffic = self.document.traffic.as_ref();
        traffic.is_some_and(|traffic| traffic.actions > 0)
    }

    /// What is wrong with approvals is a finding, as every exception that nothing needs.
    fn approvals(&self, notes: &[ApprovalNote]) -> GateNote {
        let in_state = |state: ApprovalState| {
            let found: Vec<&ApprovalNote> =
                notes.iter().filter(|note| note.state == state).collect();
            found
        };
        let mut parts = Vec::new();
        let mut groups = Vec::new();
        for (state, word) in [
            (ApprovalState::Drifted, "drifted"),
            (ApprovalState::Expired, "expired"),
            (ApprovalState::Unused, "unused"),
        ] {
            let found = in_state(state);
            if found.is_empty() {
                continue;
            }
            // Without traffic there is no group that could use it.
            if state == ApprovalState::Unused && !self.replayed() {
                continue;
            }
            parts.push(format!("{} {word}", found.len()));
            groups.extend(found.iter().map(|note| note.group.clone()));
        }
        let passes = parts.is_empty();
        let used = in_state(ApprovalState::Used).len();
        let all = count(notes.len() as u64, "approval");
        let actual = match (passes, notes.is_empty(), self.replayed()) {
            (false, _, _) => format!("{} of {all}", parts.join(", ")),
            (true, true, _) => "no approvals".to_owned(),
            (true, false, true) => format!("{used} of {all} used"),
            (true, false, false) => format!("{all}, and nothing was replayed"),
        };
        let kind = Kind {
            gate: "approvals",
            fails: GateVerdict::Failed,
        };
        let limit = "0 drifted, expired or unused".to_owned();
        GateNote {
            groups,
            ..kind.note(passes, limit, actual, "default")
        }
    }

    /// A change that loosens control is a finding.
    fn control(&self) -> GateNote {
        use crate::repository::ControlGate;
        let limits = &self.document.gates;
        let mut weakened: BTreeSet<_> = limits
            .base
            .iter()
            .flat_map(|base| gate_changes(base, &limits.head))
            .collect();
        weakened.extend(self.document.repository.control.iter().cloned());
        let weakened = weakened.iter().filter(|change| change.weakens).count() as u64;
        let (warns, limit) = match self.limits.gates.control {
            ControlGate::Fail => (false, "0 changes that weaken control".to_owned()),
            ControlGate::Warn => (true, "no limit: `control` is `warn`".to_owned()),
        };
        let kind = Kind {
            gate: "control",
            fails: GateVerdict::Failed,
        };
        let actual = format!("{} that weaken control", count(weakened, "change"));
        let from = self.limits.from(&["control"]);
        kind.note(warns || weakened == 0, limit, actual, from)
    }
}
