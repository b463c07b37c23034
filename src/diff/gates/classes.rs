//! Gates on classes of change: what was found, without what an approval covers.

use super::{Judge, Kind};
use crate::diff::FailOn;
use crate::diff::document::{ClassNote, GateNote, GateVerdict, GroupNote};
use crate::model::{ChangeClass, count, grouped, percent};
use std::collections::BTreeSet;

/// What a gate counts.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    /// Newly allowed, also by way of undecidable, but for what an error opened.
    Allowed,
    /// Everything that widens.
    Widened,
    /// Everything that narrows.
    Narrowed,
    /// One class.
    Class(ChangeClass),
}

impl Takes {
    fn group(self, group: &GroupNote) -> bool {
        use ChangeClass as C;
        match self {
            Takes::Allowed => {
                group.class == C::NewlyAllowed || (group.widened && group.class != C::ErrorOpened)
            }
            Takes::Widened => {
                group.widened || matches!(group.class, C::NewlyAllowed | C::ErrorOpened)
            }
            Takes::Narrowed => {
                group.narrowed || matches!(group.class, C::NewlyDenied | C::ErrorClosed)
            }
            Takes::Class(class) => group.class == class,
        }
    }

    /// How many actions of a class.
    fn class(self, note: &ClassNote) -> u64 {
        use ChangeClass as C;
        match (self, note.class) {
            (Takes::Allowed, C::ErrorOpened) => 0,
            (Takes::Allowed, C::NewlyAllowed) => note.actions,
            (Takes::Widened, C::NewlyAllowed | C::ErrorOpened) => note.actions,
            (Takes::Allowed | Takes::Widened, _) => note.widened,
            (Takes::Narrowed, C::NewlyDenied | C::ErrorClosed) => note.actions,
            (Takes::Narrowed, _) => note.narrowed,
            (Takes::Class(class), found) if class == found => note.actions,
            (Takes::Class(_), _) => 0,
        }
    }
}

/// What a gate found.
pub(super) struct Found {
    /// Actions that no approval covers.
    pub actions: u64,
    /// Their sessions; an action without one counts as one.
    pub sessions: u64,
    /// Their groups, by fingerprint.
    pub groups: Vec<String>,
    /// Actions that approvals cover.
    approved: u64,
    /// Whether there was anything to find it in.
    replayed: bool,
}

impl Found {
    /// In words.
    pub fn words(&self) -> String {
        if !self.replayed && self.actions == 0 {
            return "nothing was replayed".to_owned();
        }
        let mut words = count(self.actions, "action");
        if !self.groups.is_empty() {
            words.push_str(&format!(" in {}", count(self.groups.len() as u64, "group")));
        }
        if self.approved > 0 {
            words.push_str(&format!(", {} more approved", grouped(self.approved)));
        }
        words
    }
}

impl Judge<'_> {
    pub(super) fn found(&self, takes: Takes) -> Found {
        let taken = self
            .document
            .groups
            .iter()
            .filter(|group| takes.group(group));
        let (approved, open): (Vec<_>, Vec<_>) = taken.partition(|group| self.is_approved(group));
        let sum = |groups: &[&GroupNote]| groups.iter().map(|group| group.actions).sum::<u64>();
        let approved = sum(&approved);
        let total: u64 = self
            .document
            .classes
            .iter()
            .map(|note| takes.class(note))
            .sum();
        let grouped = sum(&open);
        // What is in no group is covered by no approval.
        let ungrouped = total.saturating_sub(approved).saturating_sub(grouped);
        // A session that is in several groups counts once: there are no more than the classes have, and those without one.
        let found: u64 = open.iter().map(|group| sessions(group)).sum();
        let without = open
            .iter()
            .map(|group| sessions(group).saturating_sub(group.sessions));
        let without: u64 = without.sum();
        let classes = self.document.classes.iter();
        let taken = classes.filter(|note| takes.class(note) > 0);
        let most: u64 = taken.map(|note| note.sessions).sum();
        let largest = open.iter().map(|group| sessions(group)).max();
        let most = most
            .saturating_add(without)
            .max(largest.unwrap_or_default());
        let sessions = found.min(most);
        Found {
            actions: grouped.saturating_add(ungrouped),
            sessions: sessions.saturating_add(ungrouped),
            groups: open.iter().map(|group| group.fingerprint.clone()).collect(),
            approved,
            replayed: self.replayed(),
        }
    }

    pub(super) fn classes(&self, fail_on: Option<&BTreeSet<FailOn>>) -> Vec<GateNote> {
        if let Some(fail_on) = fail_on {
            return self.command_line(fail_on);
        }
        let gates = &self.limits.gates;
        let actions = |gate, takes, key, limit: u64| {
            let found = self.found(takes);
            let kind = Kind {
                gate,
                fails: GateVerdict::Failed,
            };
            let words = found.words();
            let from = self.limits.from(&[key]);
            GateNote {
                groups: found.groups,
                ..kind.note(
                    found.actions <= limit,
                    at_most(limit, "action"),
                    words,
                    from,
                )
            }
        };
        vec![
            actions(
                "error_opened",
                Takes::Class(ChangeClass::ErrorOpened),
                "error_opened.max_actions",
                gates.error_opened.max_actions,
            ),
            actions(
                "newly_allowed",
                Takes::Allowed,
                "newly_allowed.max_actions",
                gates.newly_allowed.max_actions,
            ),
            actions(
                "error_closed",
                Takes::Class(ChangeClass::ErrorClosed),
                "error_closed.max_actions",
                gates.error_closed.max_actions,
            ),
            self.newly_denied(),
        ]
    }

    fn newly_denied(&self) -> GateNote {
        let found = self.found(Takes::Class(ChangeClass::NewlyDenied));
        let all = self.document.traffic.as_ref();
        let all = all.map_or(0, |traffic| traffic.sessions.max(found.sessions));
        let (most, share) = self.limits.gates.newly_denied.limits();
        let mut limits = Vec::new();
        limits.extend(most.map(|most| at_most(most, "session")));
        limits.extend(share.map(|share| format!("at most {share} of sessions")));
        let passes = most.is_none_or(|most| found.sessions <= most)
            && share.is_none_or(|share| share.covers(found.sessions, all));
        let mut words = found.words();
        if found.actions > 0 {
            let of = percent(found.sessions, all);
            words = format!("{} ({of}), {words}", count(found.sessions, "session"));
        }
        let kind = Kind {
            gate: "newly_denied",
            fails: GateVerdict::Failed,
        };
        let from = self
            .limits
            .from(&["newly_denied.max_sessions", "newly_denied.max_share"]);
        GateNote {
            groups: found.groups,
            ..kind.note(passes, limits.join(" and "), words, from)
        }
    }

    /// What the command line fails on.
    fn command_line(&self, fail_on: &BTreeSet<FailOn>) -> Vec<GateNote> {
        const FROM: &str = "command line";
        if fail_on.is_empty() {
            let (gained, lost) = (self.found(Takes::Widened), self.found(Takes::Narrowed));
            let actual = match self.replayed() {
                true => format!(
                    "{} widened, {} narrowed",
                    count(gained.actions, "action"),
                    grouped(lost.actions)
                ),
                false => "nothing was replayed".to_owned(),
            };
            let kind = Kind {
                gate: "fail_on",
                fails: GateVerdict::Failed,
            };
            return vec![kind.note(true, "no limit: `none`".to_owned(), actual, FROM)];
        }
        fail_on
            .iter()
            .map(|fail| {
                let (gate, takes) = match fail {
                    FailOn::NewlyAllowed => ("newly_allowed", Takes::Widened),
                    FailOn::NewlyDenied => ("newly_denied", Takes::Narrowed),
                    FailOn::Class(class) => (class_name(*class), Takes::Class(*class)),
                };
                let found = self.found(takes);
                let kind = Kind {
                    gate,
                    fails: GateVerdict::Failed,
                };
                let words = found.words();
                GateNote {
                    groups: found.groups,
                    ..kind.note(found.actions == 0, at_most(0, "action"), words, FROM)
                }
            })
            .collect()
    }
}

/// Different sessions; where none was recorded, each action counts.
fn sessions(group: &GroupNote) -> u64 {
    let placed = group.first_divergences.saturating_add(group.downstream);
    match (group.sessions, placed) {
        (0, _) => group.actions,
        (sessions, 0) => sessions,
        (sessions, placed) => sessions.saturating_add(group.actions.saturating_sub(placed)),
    }
}

/// `0 actions`, `at most 5 actions`
pub(super) fn at_most(limit: u64, noun: &str) -> String {
    match limit {
        0 => count(0, noun),
        limit => format!("at most {}", count(limit, noun)),
    }
}

fn class_name(class: ChangeClass) -> &'static str {
    match class {
        ChangeClass::ErrorOpened => "error_opened",
        ChangeClass::NewlyAllowed => "newly_allowed",
        ChangeClass::ErrorClosed => "error_closed",
        ChangeClass::NewlyDenied => "newly_denied",
        ChangeClass::NewlyUndecidable => "newly_undecidable",
        ChangeClass::NewlyDecidable => "newly_decidable",
        ChangeClass::ErrorChanged => "error_changed",
        ChangeClass::ReasonChanged => "reason_changed",
        ChangeClass::Unchanged => "unchanged",
    }
}
