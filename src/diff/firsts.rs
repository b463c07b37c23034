//! Which flip is the first of its session, with bounded memory.

use super::because::ChangeKey;
use super::details::Change;
use crate::engine::Merge;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// So many sessions are kept.
const LIMIT: usize = 1 << 16;

/// The first flip of each session.
///
/// Kept are the sessions with the smallest hashes. One that is among the smallest of all is among the smallest of every
/// part that has it, so it is never thrown away, and its first flip is the first of all; so order and parts do not show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Firsts {
    sessions: BTreeMap<u64, First>,
    /// Whether some session was thrown away.
    partial: bool,
}

/// When an action was in its session: by time, then by sequence, then by the hash of the id.
type Turn = (Option<Timestamp>, Option<u64>, u64);

/// The first flip of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
struct First {
    turn: Turn,
    key: Arc<ChangeKey>,
}

impl Firsts {
    /// Notes a flip; says whether it belongs to a session.
    pub fn see(&mut self, change: &Change<'_>, key: &Arc<ChangeKey>) -> bool {
        let Some(session) = change.session else {
            return false;
        };
        let time = change.time.map(|(instant, _)| instant);
        self.add(session, (time, change.sequence, change.hash), key);
        true
    }

    fn add(&mut self, session: u64, turn: Turn, key: &Arc<ChangeKey>) {
        let first = |key: &Arc<ChangeKey>| First {
            turn,
            key: key.clone(),
        };
        // Most sessions of a long recording. Only where all places are taken: what a part threw away says nothing of these.
        if self.sessions.len() >= LIMIT
            && self
                .sessions
                .last_key_value()
                .is_some_and(|(last, _)| session > *last)
        {
            self.partial = true;
            return;
        }
        match self.sessions.entry(session) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                if (turn, key) < (known.turn, &known.key) {
                    *known = first(key);
                }
            }
            Entry::Vacant(place) => {
                place.insert(first(key));
                if self.sessions.len() > LIMIT {
                    self.sessions.pop_last();
                    self.partial = true;
                }
            }
        }
    }

    /// Whether all sessions are kept, so that the numbers are exact.
    pub fn is_exact(&self) -> bool {
        !self.partial
    }

    /// In how many sessions something flipped, and how many sessions first flipped by each key. Where not all are kept, it is
    /// an estimate from those that are.
    pub fn counts(&self) -> (u64, BTreeMap<&ChangeKey, u64>) {
        let scale = match self.sessions.last_key_value() {
            Some((last, _)) if self.partial => 2_f64.powi(64) / (*last as f64 + 1.0),
            Some(_) | None => 1.0,
        };
        let scaled = |count: u64| (count as f64 * scale).round() as u64;
        let mut counts: BTreeMap<&ChangeKey, u64> = BTreeMap::new();
        for first in self.sessions.values() {
            *counts.entry(&first.key).or_default() += 1;
        }
        for count in counts.values_mut() {
            *count = scaled(*count);
        }
        (scaled(self.sessions.len() as u64), counts)
    }
}

impl Merge for Firsts {
    fn merge(&mut self, other: Self) {
        self.partial |= other.partial;
        for (session, first) in other.sessions {
            self.add(session, first.turn, &first.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::because::{Because, Shift};
    use crate::model::{ChangeClass, RecordedAction};

    fn key(class: ChangeClass) -> Arc<ChangeKey> {
        Arc::new(ChangeKey {
            class,
            because: Because::Errors(Shift::default()),
        })
    }

    fn see(firsts: &mut Firsts, action: &RecordedAction, key: &Arc<ChangeKey>) -> bool {
        firsts.see(&Change::of(&"r".into(), action, &[], true), key)
    }

    fn action(session: usize, time: Option<&str>, sequence: u64) -> RecordedAction {
        RecordedAction {
            session: Some(format!("s{session}")),
            time: time.map(str::to_owned),
            sequence: Some(sequence),
            ..RecordedAction::new(format!("a{sequence}"))
        }
    }

    #[test]
    fn the_first_is_the_first_by_time_then_by_sequence() {
        let (opened, denied) = (key(ChangeClass::ErrorOpened), key(ChangeClass::NewlyDenied));
        let mut firsts = Firsts::default();
        see(
            &mut firsts,
            &action(1, Some("2026-01-02T00:00:00Z"), 1),
            &opened,
        );
        see(
            &mut firsts,
            &action(1, Some("2026-01-01T23:00:00-05:00"), 0),
            &denied,
        );
        see(&mut firsts, &action(2, None, 9), &opened);
        see(&mut firsts, &action(2, None, 10), &denied);
        assert!(!see(&mut firsts, &RecordedAction::new("alone"), &denied));
        let (sessions, counts) = firsts.counts();
        assert_eq!(sessions, 2);
        assert_eq!(counts.get(opened.as_ref()), Some(&2));
        assert_eq!(counts.get(denied.as_ref()), None);
        assert!(firsts.is_exact());
    }

    /// The first flips of sessions of these numbers.
    fn of(range: std::ops::Range<usize>) -> Firsts {
        let opened = key(ChangeClass::ErrorOpened);
        let mut firsts = Firsts::default();
        for at in range {
            see(&mut firsts, &action(at, None, 0), &opened);
        }
        firsts
    }

    #[test]
    fn many_sessions_are_estimated_in_any_order() {
        let mut parts = of(70_000..200_000);
        parts.merge(of(0..90_000));
        let whole = of(0..200_000);
        assert_eq!(parts, whole);
        assert!(!whole.is_exact() && whole.sessions.len() == LIMIT);
        assert!(whole.counts().0.abs_diff(200_000) < 4_000);
    }

    #[test]
    fn a_part_with_few_sessions_takes_over_all_of_a_full_one() {
        let whole = of(0..100_000);
        for few in [0..0, 0..3, 99_990..100_000] {
            let mut left = of(few.clone());
            left.merge(whole.clone());
            let mut right = whole.clone();
            right.merge(of(few));
            assert_eq!(left, whole);
            assert_eq!(right, whole);
        }
    }
}
