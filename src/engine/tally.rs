//! What is counted about recordings, whatever is asked of them.

use super::distinct::Distinct;
use super::incoming::{Incoming, Place};
use super::merge::{Merge, keep_smallest};
use super::named::{Counts, Named};
use super::verdict::Verdict;
use crate::model::{Answer, Decision, FieldPath, NotReplayable, Outcome, RecordedAction};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A place with what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The place.
    pub place: Place,
    /// The action's id, where there is one.
    pub id: Option<String>,
    /// What is to be said.
    pub message: String,
}

/// The first few notes of a kind in order of their places, and how many there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// How many there were.
    pub count: u64,
    /// The first ones, sorted.
    pub first: Vec<Note>,
    /// Of those that were named, the first one by recording and id: it is the same in whatever order lines stand.
    pub example: Option<(Arc<str>, Box<str>)>,
}

/// How many notes of a kind are kept.
const NOTES: usize = 10;

impl Notes {
    /// Adds a note about a place; it is only made where it may be kept.
    pub fn push(&mut self, place: &Place, note: impl FnOnce() -> Note) {
        self.push_many(place, 1, note);
    }

    /// Adds so many notes about one place.
    pub fn push_many(&mut self, place: &Place, count: u64, note: impl FnOnce() -> Note) {
        self.count += count;
        let full = self.first.len() >= NOTES;
        if !full || self.first.last().is_some_and(|last| *place <= last.place) {
            self.keep(note());
        }
    }

    /// Names an action of which there is a note.
    pub fn name(&mut self, recording: &Arc<str>, id: &str) {
        let known = self.example.as_ref();
        if known.is_none_or(|(known, first)| (&**recording, id) < (&**known, &**first)) {
            self.example = Some((recording.clone(), id.into()));
        }
    }

    fn keep(&mut self, note: Note) {
        let at = self.first.partition_point(|kept| *kept <= note);
        if at < NOTES {
            self.first.insert(at, note);
            self.first.truncate(NOTES);
        }
    }
}

impl Merge for Notes {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        other.first.into_iter().for_each(|note| self.keep(note));
        if let Some((recording, id)) = other.example {
            self.name(&recording, &id);
        }
    }
}

/// The volume of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volume {
    /// Recorded actions.
    pub actions: u64,
    /// Actions by agent; `-` where the recording names none.
    pub agents: Counts,
    /// Different sessions.
    pub sessions: Distinct,
    /// The first and the last time.
    pub window: Option<(jiff::Timestamp, jiff::Timestamp)>,
    /// What is no recorded action.
    pub malformed: Notes,
    /// What the importers left out on purpose, by reason.
    pub dropped: Counts,
}

impl Volume {
    /// Counts one thing read, and gives the action if it is one.
    pub fn read(&mut self, incoming: Incoming) -> Option<(Place, Box<RecordedAction>)> {
        match incoming {
            Incoming::Dropped(reason, count) => {
                self.dropped.add(reason, count);
                None
            }
            Incoming::Malformed(place, message) => {
                let note = |place| Note {
                    place,
                    id: None,
                    message,
                };
                self.malformed.push(&place, || note(place.clone()));
                None
            }
            Incoming::Action(place, action) => {
                self.actions += action.count();
                let agent = action.agent.as_deref().unwrap_or("-");
                self.agents.add(agent, action.count());
                if let Some(session) = &action.session {
                    self.sessions.insert(session);
                }
                if let Some(time) = action.time.as_deref().and_then(|time| time.parse().ok()) {
                    self.see(time, time);
                }
                Some((place, action))
            }
        }
    }

    /// Widens the window to hold these times.
    pub fn see(&mut self, first: jiff::Timestamp, last: jiff::Timestamp) {
        self.window = Some(match self.window {
            None => (first, last),
            Some((a, b)) => (a.min(first), b.max(last)),
        });
    }
}

impl Merge for Volume {
    fn merge(&mut self, other: Self) {
        self.actions += other.actions;
        self.agents.merge(other.agents);
        self.sessions.merge(other.sessions);
        if let Some((first, last)) = other.window {
            self.see(first, last);
        }
        self.malformed.merge(other.malformed);
        self.dropped.merge(other.dropped);
    }
}

/// Decisions of one kind of action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Allowed.
    pub allow: u64,
    /// Denied.
    pub deny: u64,
    /// Not decidable for want of facts.
    pub undecidable: u64,
    /// Without a request.
    pub not_replayable: u64,
}

impl Decisions {
    /// Adds `count` actions of one outcome.
    pub fn count(&mut self, outcome: &Outcome, count: u64) {
        match (outcome, outcome.decision()) {
            (_, Some(Decision::Allow)) => self.allow += count,
            (_, Some(Decision::Deny)) => self.deny += count,
            (Outcome::NotReplayable(_), None) => self.not_replayable += count,
            (Outcome::Decided(_) | Outcome::Undecidable(..), None) => self.undecidable += count,
        }
    }

    /// How many were decided.
    pub fn decided(self) -> u64 {
        self.allow + self.deny
    }

    /// All of them.
    pub fn total(self) -> u64 {
        self.decided() + self.undecidable + self.not_replayable
    }
}

impl Merge for Decisions {
    fn merge(&mut self, other: Self) {
        self.allow += other.allow;
        self.deny += other.deny;
        self.undecidable += other.undecidable;
        self.not_replayable += other.not_replayable;
    }
}

/// How a version reproduces the decisions that were recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fidelity {
    /// Actions with a recorded decision that were decided.
    pub compared: u64,
    /// Those with the same decision.
    pub same: u64,
    /// Those with another, by what was recorded and what the version says.
    pub mismatches: BTreeMap<(Decision, Answer), Notes>,
    /// How many of those are of a kind that is not kept apart, because there are too many kinds.
    pub others: u64,
}

/// How many kinds of mismatch are kept apart: they come from policy sets, but a hostile recording could make many.
const MISMATCHES: usize = 1_000;

impl Fidelity {
    /// Adds mismatches of one kind. They count as compared already.
    pub fn mismatch(&mut self, recorded: Decision, answer: Answer, notes: Notes) {
        let key = (recorded, answer);
        if let Some(gone) = keep_smallest(&mut self.mismatches, MISMATCHES, key, notes) {
            self.others += gone.count;
        }
    }
}

impl Merge for Fidelity {
    fn merge(&mut self, other: Self) {
        self.compared += other.compared;
        self.same += other.same;
        self.others += other.others;
        for ((recorded, answer), notes) in other.mismatches {
            self.mismatch(recorded, answer, notes);
        }
    }
}

/// What one version says of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SideTally {
    /// All decisions.
    pub decisions: Decisions,
    /// Decisions by action.
    pub by_action: Named<Decisions>,
    /// Decisions by agent.
    pub by_agent: Named<Decisions>,
    /// Actions without a request, by reason.
    pub not_replayable: Counts,
    /// Tools of the actions that have no request.
    pub unmapped_tools: Counts,
    /// Undecidable actions, by the unknown fields that mattered.
    pub unknown_fields: Counts,
    /// Actions that were decided although policies read a fact that is unknown.
    pub rescued: u64,
    /// Requests that do not conform to the version's schema.
    pub nonconforming: Notes,
    /// Arguments that the schema does not know, by path.
    pub left_out: Counts,
    /// Actions of which some policy raised an error, by policy.
    pub errors: Counts,
    /// How far the recorded decisions are reproduced.
    pub fidelity: Fidelity,
}

impl SideTally {
    /// Counts one verdict.
    pub fn count(&mut self, place: &Place, action: &RecordedAction, verdict: &Verdict) {
        let outcome = &verdict.outcome;
        let mut one = Decisions::default();
        one.count(outcome, action.count());
        self.decisions.merge(one);
        let name = match &verdict.request {
            Some(request) => request.action.to_string(),
            None => "-".to_owned(),
        };
        self.by_action.add(&name, one);
        let agent = action.agent.as_deref().unwrap_or("-");
        self.by_agent.add(agent, one);
        match outcome {
            Outcome::NotReplayable(reason) => {
                self.cannot_replay(action, verdict.tool.as_deref(), *reason);
            }
            Outcome::Undecidable(_, unknown) => {
                for field in unknown {
                    let field = field.to_string();
                    self.unknown_fields.add(&field, action.count());
                }
            }
            Outcome::Decided(answer) => {
                self.rescued += u64::from(verdict.lacks) * action.count();
                self.fidelity(place, action, answer);
            }
        }
        if let Some(answer) = outcome.answer() {
            for policy in &answer.errors {
                self.errors.add(policy, action.count());
            }
        }
        let nonconforming = verdict.nonconforming.as_deref();
        self.remark(place, action, nonconforming, &verdict.left_out);
    }

    /// Counts an action without a request; `meant` is the tool, where a router was called.
    pub fn cannot_replay(
        &mut self,
        action: &RecordedAction,
        meant: Option<&str>,
        reason: NotReplayable,
    ) {
        self.not_replayable.add(reason.name(), action.count());
        let recorded = action.call.as_ref().map(|call| call.tool.as_str());
        self.unmapped_tools
            .add(meant.or(recorded).unwrap_or("-"), action.count());
    }

    /// Counts why a request does not conform to the schema, and what was left out of it.
    pub fn remark(
        &mut self,
        place: &Place,
        action: &RecordedAction,
        nonconforming: Option<&str>,
        left_out: &BTreeSet<FieldPath>,
    ) {
        if let Some(message) = nonconforming {
            self.nonconforming
                .push_many(place, action.count(), || Note {
                    place: place.clone(),
                    id: Some(action.id.clone()),
                    message: message.to_owned(),
                });
        }
        for field in left_out {
            self.left_out.add(&field.to_string(), action.count());
        }
    }

    fn fidelity(&mut self, place: &Place, action: &RecordedAction, answer: &Answer) {
        let (Some(recorded), Some(decision)) = (&action.recorded, answer.decision) else {
            return;
        };
        self.fidelity.compared += action.count();
        if recorded.decision == decision {
            self.fidelity.same += action.count();
            return;
        }
        let mut notes = Notes::default();
        notes.name(&place.recording, &action.id);
        notes.push_many(place, action.count(), || Note {
            place: place.clone(),
            id: Some(action.id.clone()),
            message: format!("recorded {}, decided {decision}", recorded.decision),
        });
        self.fidelity
            .mismatch(recorded.decision, answer.clone(), notes);
    }
}

impl Merge for SideTally {
    fn merge(&mut self, other: Self) {
        self.decisions.merge(other.decisions);
        self.by_action.merge(other.by_action);
        self.by_agent.merge(other.by_agent);
        self.not_replayable.merge(other.not_replayable);
        self.unmapped_tools.merge(other.unmapped_tools);
        self.unknown_fields.merge(other.unknown_fields);
        self.rescued += other.rescued;
        self.nonconforming.merge(other.nonconforming);
        self.left_out.merge(other.left_out);
        self.errors.merge(other.errors);
        self.fidelity.merge(other.fidelity);
    }
}
