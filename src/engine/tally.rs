//! What is counted about recordings, whatever is asked of them.

use super::distinct::{Counts, Distinct};
use super::fold::Merge;
use super::incoming::{Incoming, Place};
use super::side::Verdict;
use crate::model::{Answer, Decision, Outcome, RecordedAction};
use std::collections::BTreeMap;

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

/// The first few notes of a kind, and how many there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// How many there were.
    pub count: u64,
    /// The first ones.
    pub first: Vec<Note>,
}

/// How many notes of a kind are kept.
const NOTES: usize = 10;

impl Notes {
    /// Adds a note.
    pub fn push(&mut self, note: impl FnOnce() -> Note) {
        self.count += 1;
        if self.first.len() < NOTES {
            self.first.push(note());
        }
    }
}

impl Merge for Notes {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        let room = NOTES - self.first.len();
        self.first.extend(other.first.into_iter().take(room));
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
                self.malformed.push(|| Note {
                    place,
                    id: None,
                    message,
                });
                None
            }
            Incoming::Action(place, action) => {
                self.actions += 1;
                self.agents.add(action.agent.as_deref().unwrap_or("-"), 1);
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

    fn see(&mut self, first: jiff::Timestamp, last: jiff::Timestamp) {
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
    fn count(&mut self, outcome: &Outcome) {
        match (outcome, outcome.decision()) {
            (_, Some(Decision::Allow)) => self.allow += 1,
            (_, Some(Decision::Deny)) => self.deny += 1,
            (Outcome::NotReplayable(_), None) => self.not_replayable += 1,
            (Outcome::Decided(_) | Outcome::Undecidable(..), None) => self.undecidable += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.allow += other.allow;
        self.deny += other.deny;
        self.undecidable += other.undecidable;
        self.not_replayable += other.not_replayable;
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

/// How a version reproduces the decisions that were recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fidelity {
    /// Actions with a recorded decision that were decided.
    pub compared: u64,
    /// Those with the same decision.
    pub same: u64,
    /// Those with another, by what was recorded and what the version says.
    pub mismatches: BTreeMap<(Decision, Answer), Notes>,
}

/// What one version says of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SideTally {
    /// All decisions.
    pub decisions: Decisions,
    /// Decisions by action.
    pub by_action: BTreeMap<String, Decisions>,
    /// Decisions by agent.
    pub by_agent: BTreeMap<String, Decisions>,
    /// Actions without a request, by reason.
    pub not_replayable: Counts,
    /// Tools of the actions that have no request.
    pub unmapped_tools: Counts,
    /// Undecidable actions, by the unknown fields that mattered.
    pub unknown_fields: Counts,
    /// Requests that do not conform to the version's schema.
    pub nonconforming: Notes,
    /// Arguments that the schema does not know, by path.
    pub left_out: Counts,
    /// Actions of which some policy raised an error, by policy.
    pub errors: Counts,
    /// How far the recorded decisions are reproduced.
    pub fidelity: Fidelity,
}

/// Names come from recordings: past this many, decisions are counted together under `…`.
const NAMES: usize = 10_000;

fn bounded<'m>(map: &'m mut BTreeMap<String, Decisions>, name: &str) -> &'m mut Decisions {
    let name = if map.len() < NAMES || map.contains_key(name) {
        name
    } else {
        "…"
    };
    map.entry(name.to_owned()).or_default()
}

impl SideTally {
    /// Counts one verdict.
    pub fn count(&mut self, place: &Place, action: &RecordedAction, verdict: &Verdict) {
        let outcome = &verdict.outcome;
        self.decisions.count(outcome);
        let name = match &verdict.request {
            Some(request) => request.action.to_string(),
            None => "-".to_owned(),
        };
        bounded(&mut self.by_action, &name).count(outcome);
        bounded(&mut self.by_agent, action.agent.as_deref().unwrap_or("-")).count(outcome);
        match outcome {
            Outcome::NotReplayable(reason) => {
                self.not_replayable.add(reason.name(), 1);
                let tool = action.call.as_ref().map_or("-", |call| call.tool.as_str());
                self.unmapped_tools.add(tool, 1);
            }
            Outcome::Undecidable(_, unknown) => {
                for field in unknown {
                    self.unknown_fields.add(&field.to_string(), 1);
                }
            }
            Outcome::Decided(answer) => self.fidelity(place, action, answer),
        }
        if let Some(answer) = outcome.answer() {
            for policy in &answer.errors {
                self.errors.add(policy, 1);
            }
        }
        if let Some(message) = &verdict.nonconforming {
            self.nonconforming.push(|| Note {
                place: place.clone(),
                id: Some(action.id.clone()),
                message: message.clone(),
            });
        }
        for field in &verdict.left_out {
            self.left_out.add(&field.to_string(), 1);
        }
    }

    fn fidelity(&mut self, place: &Place, action: &RecordedAction, answer: &Answer) {
        let (Some(recorded), Some(decision)) = (&action.recorded, answer.decision) else {
            return;
        };
        self.fidelity.compared += 1;
        if recorded.decision == decision {
            self.fidelity.same += 1;
            return;
        }
        let key = (recorded.decision, answer.clone());
        self.fidelity
            .mismatches
            .entry(key)
            .or_default()
            .push(|| Note {
                place: place.clone(),
                id: Some(action.id.clone()),
                message: format!("recorded {}, decided {decision}", recorded.decision),
            });
    }
}

impl Merge for SideTally {
    fn merge(&mut self, other: Self) {
        self.decisions.add(other.decisions);
        for (name, decisions) in other.by_action {
            bounded(&mut self.by_action, &name).add(decisions);
        }
        for (name, decisions) in other.by_agent {
            bounded(&mut self.by_agent, &name).add(decisions);
        }
        self.not_replayable.merge(other.not_replayable);
        self.unmapped_tools.merge(other.unmapped_tools);
        self.unknown_fields.merge(other.unknown_fields);
        self.nonconforming.merge(other.nonconforming);
        self.left_out.merge(other.left_out);
        self.errors.merge(other.errors);
        self.fidelity.compared += other.fidelity.compared;
        self.fidelity.same += other.fidelity.same;
        for (key, notes) in other.fidelity.mismatches {
            self.fidelity
                .mismatches
                .entry(key)
                .or_default()
                .merge(notes);
        }
    }
}
