//! Gates of trust: where one of them does not pass, nothing is proven.

use super::classes::{Takes, at_most};
use super::{Judge, Kind};
use crate::diff::FailOn;
use crate::diff::document::{GateNote, GateVerdict, RepositoryNote};
use crate::model::{ChangeClass, count, grouped, percent};
use std::collections::BTreeSet;

/// Tools that the mapping leaves out on purpose have this reason.
const LEFT_OUT: &str = "left_out";

/// Actions of a corpus that does not hold what a version reads have this reason.
const NOT_KEPT: &str = "not_kept";

fn trust(gate: &'static str) -> Kind {
    Kind {
        gate,
        fails: GateVerdict::Inconclusive,
    }
}

impl Judge<'_> {
    pub(super) fn trust(&self, fail_on: Option<&BTreeSet<FailOn>>) -> Vec<GateNote> {
        let traffic = self.document.traffic.as_ref();
        let malformed = traffic.map_or(0, |traffic| traffic.malformed);
        let repeated = self.document.repeated_ids.len() as u64;
        let undecided = self.document.trust.undecided_changes.values().sum();
        let none = |gate, what: &str, found: u64, noun: &str| {
            let actual = count(found, noun);
            trust(gate).note(found == 0, format!("0 {what}"), actual, "default")
        };
        let mut gates = vec![self.traffic()];
        // On the command line it fails, and that comes first.
        let undecidable = FailOn::Class(ChangeClass::NewlyUndecidable);
        if !fail_on.is_some_and(|fail_on| fail_on.contains(&undecidable)) {
            gates.push(self.newly_undecidable());
        }
        // Of other recordings nothing can be lost.
        gates.extend(self.not_kept());
        gates.extend([
            self.fidelity(),
            self.undecidable(),
            self.untested_change(),
            self.freshness(),
            none(
                "ungrouped",
                "changes in no group",
                self.document.ungrouped,
                "change",
            ),
            self.malformed(malformed),
            none("repeated_ids", "ids that stand twice", repeated, "id"),
            none(
                "undecided_changes",
                "actions on changed policies",
                undecided,
                "undecided action",
            ),
        ]);
        gates
    }

    /// Whether there was anything to compare.
    fn traffic(&self) -> GateNote {
        let changed = is_changed(&self.document.repository);
        let compared = self.document.trust.compared;
        let actual = match (&self.document.traffic, changed) {
            (Some(traffic), _) => format!(
                "{} of {} compared",
                grouped(compared),
                count(traffic.actions, "action")
            ),
            (None, true) => "nothing was replayed".to_owned(),
            (None, false) => "nothing was replayed, and nothing changed".to_owned(),
        };
        let limit = "at least 1 action compared".to_owned();
        let passes = !changed || (self.document.traffic.is_some() && compared > 0);
        trust("traffic").note(passes, limit, actual, "default")
    }

    /// A corpus that does not hold what a side reads proves nothing of it.
    fn not_kept(&self) -> Option<GateNote> {
        let sides = [&self.document.trust.base, &self.document.trust.head];
        let found = sides.map(|side| side.reasons.get(NOT_KEPT).copied().unwrap_or_default());
        let found = found.into_iter().max().filter(|found| *found > 0)?;
        let limit = "0 actions of which a corpus keeps too little".to_owned();
        Some(trust("not_kept").note(false, limit, count(found, "action"), "default"))
    }

    fn malformed(&self, found: u64) -> GateNote {
        let limit = self.max_malformed.unwrap_or(0);
        let words = match limit {
            0 => "0 records that cannot be read".to_owned(),
            limit => format!("at most {} that cannot be read", count(limit, "record")),
        };
        let from = match self.max_malformed {
            Some(_) => "command line",
            None => "default",
        };
        trust("malformed").note(found <= limit, words, count(found, "record"), from)
    }

    fn newly_undecidable(&self) -> GateNote {
        let found = self.found(Takes::Class(ChangeClass::NewlyUndecidable));
        let limit = self.limits.gates.newly_undecidable.max_actions;
        let words = found.words();
        let from = self.limits.from(&["newly_undecidable.max_actions"]);
        GateNote {
            groups: found.groups,
            ..trust("newly_undecidable").note(
                found.actions <= limit,
                at_most(limit, "action"),
                words,
                from,
            )
        }
    }

    fn fidelity(&self) -> GateNote {
        let (found, limit) = (
            &self.document.trust.fidelity,
            self.limits.gates.fidelity.min,
        );
        let actual = match found.compared {
            0 => "no decision was recorded".to_owned(),
            compared => format!(
                "{} of {}",
                percent(found.same, compared),
                count(compared, "recorded decision")
            ),
        };
        let passes = limit.reached(found.same, found.compared);
        let from = self.limits.from(&["fidelity.min"]);
        trust("fidelity").note(passes, format!("at least {limit}"), actual, from)
    }

    fn undecidable(&self) -> GateNote {
        let head = &self.document.trust.head;
        let left_out = head.reasons.get(LEFT_OUT).copied().unwrap_or_default();
        let actions = self.document.traffic.as_ref();
        let actions = actions.map_or(0, |traffic| traffic.actions.saturating_sub(left_out));
        let open = head.not_replayable.saturating_sub(left_out);
        let undecided = head.undecidable.saturating_add(open);
        let limit = self.limits.gates.undecidable.max;
        let actual = match actions {
            0 => "no actions".to_owned(),
            actions => format!(
                "{} of {} on head",
                percent(undecided, actions),
                count(actions, "action")
            ),
        };
        let passes = limit.covers(undecided, actions);
        let from = self.limits.from(&["undecidable.max"]);
        trust("undecidable").note(passes, format!("at most {limit}"), actual, from)
    }

    fn untested_change(&self) -> GateNote {
        let untried = &self.document.trust.untried;
        let names: Vec<&str> = untried
            .iter()
            .filter(|untried| !untried.tested)
            .map(|untried| untried.policy.as_str())
            .collect();
        let found = names.len() as u64;
        let limit = self.limits.gates.untested_change.max_policies;
        let mut actual = count(found, "policy");
        if let [first, rest @ ..] = names.as_slice() {
            actual.push_str(&format!(": `{first}`"));
            if !rest.is_empty() {
                actual.push_str(&format!(" and {} more", rest.len()));
            }
        }
        let from = self.limits.from(&["untested_change.max_policies"]);
        let words = at_most(limit, "policy");
        trust("untested_change").note(found <= limit, words, actual, from)
    }

    fn freshness(&self) -> GateNote {
        let age = self.document.trust.age_days;
        let limit = self.limits.gates.freshness.max_days;
        let passes = match (limit, age) {
            (None, _) => true,
            (Some(_), None) => false,
            // An action of the future is not old.
            (Some(limit), Some(age)) => u64::try_from(age).unwrap_or(0) <= limit,
        };
        let actual = match age {
            None => "no action has a time".to_owned(),
            Some(age) => match u64::try_from(age) {
                Ok(age) => format!("{} since the last action", count(age, "day")),
                Err(_) => "the last action is of a later day".to_owned(),
            },
        };
        let words = limit.map_or("no limit".to_owned(), |limit| {
            format!("at most {} old", count(limit, "day"))
        });
        let from = self.limits.from(&["freshness.max_days"]);
        trust("freshness").note(passes, words, actual, from)
    }
}

/// Whether anything changed that can change a decision.
fn is_changed(repository: &RepositoryNote) -> bool {
    !repository.policies.is_empty()
        || repository.schema
        || repository.mapping
        || !repository.entities.is_empty()
}
