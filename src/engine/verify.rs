//! A sample of recorded actions, decided once more by Cedar's authorizer.

use super::incoming::Place;
use super::kind::Engine;
use super::lane::{Ground, Lane, Ruling, Track};
use super::merge::Merge;
use super::side::Side;
use super::tally::{Note, Notes};
use super::verdict::Verdict;
use crate::model::{Answer, Outcome, RecordedAction, hash64};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Some of the actions of a recording, chosen by a hash of their places and ids, since one line may hold many: the same
/// ones, whatever the number of threads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample {
    size: usize,
    kept: BTreeMap<(u64, Place), String>,
}

impl Sample {
    /// An empty sample that takes up to `size` actions.
    pub fn new(size: usize) -> Self {
        Self {
            size,
            kept: BTreeMap::new(),
        }
    }

    /// Offers the action with this id; `text` is only asked for its line where it is taken.
    pub fn offer(&mut self, place: &Place, id: &str, text: impl FnOnce() -> String) {
        if self.size == 0 {
            return;
        }
        let of_place = hash64(place.line, place.recording.as_bytes());
        let hash = hash64(of_place, id.as_bytes());
        let last = self.kept.last_key_value().map(|((last, _), _)| *last);
        if self.kept.len() < self.size || last.is_some_and(|last| hash <= last) {
            self.keep((hash, place.clone()), text());
            self.trim();
        }
    }

    /// Keeps an action. Of two with one id in one line it is the same one that stays, whichever came first.
    fn keep(&mut self, key: (u64, Place), text: String) {
        match self.kept.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(text);
            }
            Entry::Occupied(mut entry) if text < *entry.get() => {
                entry.insert(text);
            }
            Entry::Occupied(_) => {}
        }
    }

    fn trim(&mut self) {
        while self.kept.len() > self.size {
            self.kept.pop_last();
        }
    }

    /// How many actions there are.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

impl Merge for Sample {
    fn merge(&mut self, other: Self) {
        self.size = self.size.max(other.size);
        for (key, text) in other.kept {
            self.keep(key, text);
        }
        self.trim();
    }
}

/// Decides the actions of a sample in every way, and says where one differs from Cedar's authorizer.
pub fn verify(base: Option<&Side<'_>>, head: &Side<'_>, sample: &Sample) -> Notes {
    verify_against((base, head), (base, head), sample)
}

/// The same, where the authorizer decides for other sides, which shows that a difference would be seen.
pub fn verify_against(
    (base, head): (Option<&Side<'_>>, &Side<'_>),
    (other_base, other_head): (Option<&Side<'_>>, &Side<'_>),
    sample: &Sample,
) -> Notes {
    if sample.is_empty() {
        return Notes::default();
    }
    let ground = Ground::default();
    let track = match base {
        Some(base) => Track::of_two(&ground, base, head, true, &[]),
        None => Track::of_one(&ground, head),
    };
    let mut lane = track.as_ref().map(Track::lane);
    // What a comparison leaves out because no changed policy decides it.
    let shortcut = base.and_then(|base| Track::of_two(&ground, base, head, false, &[]));
    let mut shortcut = shortcut.as_ref().map(Track::lane);
    let reference = (
        other_base.map(|side| side.clone().with_engine(Engine::Reference)),
        other_head.clone().with_engine(Engine::Reference),
    );
    let mut notes = Notes::default();
    for ((_, place), text) in &sample.kept {
        let mut note = |id: Option<&String>, message: String| {
            notes.push(place, || Note {
                place: place.clone(),
                id: id.cloned(),
                message,
            });
        };
        let action = match serde_json::from_str::<RecordedAction>(text) {
            Ok(action) => action,
            // What was taken as an action is one.
            Err(error) => {
                note(None, format!("it was counted, but is no action: {error}"));
                continue;
            }
        };
        let id = Some(&action.id);
        let mut differ = |side: &str, engine: &str, found: &Answer, cedar: &Answer| {
            if !same(found, cedar) {
                let (found, cedar) = (said(found), said(cedar));
                let message =
                    format!("{side}: the {engine} engine says {found}, Cedar's authorizer {cedar}");
                note(id, message);
            }
        };
        let compiled = lane.as_mut().map(|lane| {
            let taken = answers(lane, place, text);
            let taken = taken.map(|(base, head)| (base, Some(head)));
            taken.unwrap_or_else(|| ruled(lane, (base, head), &action))
        });
        let (compiled_base, compiled_head) = compiled.unwrap_or_default();
        let sides = [
            ("base", base, &reference.0, compiled_base),
            (
                "head",
                Some(head),
                &Some(reference.1.clone()),
                compiled_head,
            ),
        ];
        let mut by_cedar = Vec::new();
        for (name, side, reference, compiled) in sides {
            let (Some(side), Some(reference)) = (side, reference) else {
                continue;
            };
            let (interpreted, cedar) = (side.decide(&action), reference.decide(&action));
            // What has no answer in one way must have none in the others.
            let none = no_answer();
            let found = answer(&interpreted).unwrap_or(&none);
            let said = answer(&cedar).unwrap_or(&none);
            differ(name, "interpreting", found, said);
            if let Some(compiled) = &compiled {
                differ(name, "compiled", compiled, said);
            }
            by_cedar.push(said.clone());
        }
        let alike = shortcut
            .as_mut()
            .is_some_and(|lane| leaves_out(lane, (base, head), (place, text), &action));
        if let ([before, after], true) = (by_cedar.as_slice(), alike) {
            differ("head, left out as unaffected", "compiled", before, after);
        }
    }
    notes
}

/// What the compiled engine answers to a line, where it takes it.
fn answers(lane: &mut Lane<'_, '_>, place: &Place, text: &str) -> Option<(Option<Answer>, Answer)> {
    lane.take(&place.recording, place.line, text)?;
    let answers = lane.answers();
    lane.hand_over();
    Some(answers)
}

/// The answers where it does not.
fn ruled(
    lane: &mut Lane<'_, '_>,
    (base, head): (Option<&Side<'_>>, &Side<'_>),
    action: &RecordedAction,
) -> (Option<Answer>, Option<Answer>) {
    let of = |verdict: &Verdict| answer(verdict).cloned().unwrap_or_else(no_answer);
    match lane.rule(base, head, action).ruling {
        Ruling::Verdicts(base, head) => (base.as_deref().map(of), Some(of(&head))),
        Ruling::Alike(..) => (None, None),
    }
}

/// Whether a comparison only counts an action as one that no changed policy decides.
fn leaves_out(
    lane: &mut Lane<'_, '_>,
    (base, head): (Option<&Side<'_>>, &Side<'_>),
    (place, text): (&Place, &str),
    action: &RecordedAction,
) -> bool {
    let taken = lane.take(&place.recording, place.line, text).is_some();
    let unaffected = lane.hand_over().unaffected > 0;
    match taken {
        true => unaffected,
        false => matches!(lane.rule(base, head, action).ruling, Ruling::Alike(..)),
    }
}

fn answer(verdict: &Verdict) -> Option<&Answer> {
    match &verdict.outcome {
        Outcome::Decided(answer) | Outcome::Undecidable(answer, _) => Some(answer),
        Outcome::NotReplayable(_) => None,
    }
}

/// What is said of an action that cannot be decided at all.
fn no_answer() -> Answer {
    Answer {
        decision: None,
        determining: Default::default(),
        errors: Default::default(),
        unknown: Default::default(),
        may_err: Default::default(),
    }
}

/// Whether two answers are the same; policies of unknown status are the interpreter's alone.
fn same(a: &Answer, b: &Answer) -> bool {
    (a.decision, &a.determining, &a.errors) == (b.decision, &b.determining, &b.errors)
}

fn said(answer: &Answer) -> String {
    let decision = match answer.decision {
        Some(decision) => decision.to_string(),
        None => "undecidable".to_owned(),
    };
    let list = |policies: &std::collections::BTreeSet<std::sync::Arc<str>>| {
        let names: Vec<String> = policies.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    format!(
        "{decision} by [{}] with errors in [{}]",
        list(&answer.determining),
        list(&answer.errors)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample of so many, of actions at these lines with these ids.
    fn sample(size: usize, offered: &[(u64, String)]) -> Sample {
        let mut sample = Sample::new(size);
        for (line, id) in offered {
            let place = Place {
                recording: "r".into(),
                line: *line,
            };
            sample.offer(&place, id, || format!("{line} {id}"));
        }
        sample
    }

    #[test]
    fn the_actions_of_one_line_are_told_apart() {
        let ids = |line: u64| (0..40).map(move |id: u32| (line, format!("call-{id}")));
        let all: Vec<(u64, String)> = ids(1).chain(ids(2)).collect();
        assert_eq!(sample(100, &all).len(), 80);
        let some = sample(20, &all);
        assert_eq!(some.len(), 20);
        let lines: Vec<u64> = some.kept.keys().map(|(_, place)| place.line).collect();
        assert!(lines.contains(&1) && lines.contains(&2));
        // Whoever reads what, and in whatever order.
        let backwards: Vec<(u64, String)> = all.iter().rev().cloned().collect();
        assert_eq!(sample(20, &backwards), some);
        for (left, right) in [(7, 73), (40, 40), (79, 1)] {
            let mut merged = sample(20, &backwards[..left]);
            merged.merge(sample(20, &backwards[80 - right..]));
            assert_eq!(merged, some);
        }
    }

    #[test]
    fn of_two_with_one_id_the_same_one_stays() {
        let place = Place {
            recording: "r".into(),
            line: 1,
        };
        let offer = |texts: [&str; 2]| {
            let mut sample = Sample::new(5);
            for text in texts {
                sample.offer(&place, "a", || text.to_owned());
            }
            sample
        };
        assert_eq!(offer(["one", "other"]), offer(["other", "one"]));
        assert_eq!(offer(["one", "other"]).len(), 1);
        assert!(Sample::new(0).is_empty());
    }
}
