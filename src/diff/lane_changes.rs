//! Changes that the fast lane saw, by numbers, until they are handed over as details.
//!
//! Invariant: they are the details that the same actions have where they are read in full.

use super::because::ChangeKey;
use super::comparison::Comparison;
use super::details::{Change, Detail, Details};
use super::kept::Record;
use crate::engine::{Agents, EntityId, Lane, Scalar};
use crate::model::Outcome;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many groups, and marks of them, are held before all is handed over.
const GROUPS: usize = 1 << 10;
const MARKS: usize = 1 << 14;

/// So many agents at so many actions, of all groups.
const PAIRS: usize = 1 << 17;

/// Changes of one worker. What they are grouped by is worked out once for each mark.
#[derive(Debug, Default)]
pub struct LaneChanges {
    /// The place of the group by mark ([`Lane::mark`]).
    marks: FxHashMap<Box<[u32]>, usize>,
    keys: BTreeMap<Arc<ChangeKey>, usize>,
    groups: Vec<LaneGroup>,
    /// Room for the mark and the values of one change.
    mark: Vec<u32>,
    values: Vec<Option<Scalar>>,
    /// How many agents at so many actions are counted, in all groups.
    pairs: usize,
}

#[derive(Debug)]
struct LaneGroup {
    key: Arc<ChangeKey>,
    detail: Detail,
    /// By agent and action.
    pairs: FxHashMap<(u32, EntityId), u64>,
}

impl LaneChanges {
    /// Counts the last line that the lane took, which changed otherwise than by its reasons alone. Sessions are noted in
    /// `details`. Nothing where the line must be read in full; then nothing was counted.
    pub fn see(
        &mut self,
        lane: &mut Lane<'_, '_>,
        comparison: &Comparison<'_>,
        (recording, id, hash, text): (&Arc<str>, &str, u64, &str),
        details: &mut Details,
    ) -> Option<()> {
        let taken = lane.taken(text);
        lane.values(&taken, &mut self.values)?;
        lane.mark(&mut self.mark);
        let at = match self.marks.get(self.mark.as_slice()) {
            Some(known) => *known,
            None => {
                let at = self.group(key(lane, comparison)?, details);
                self.marks.insert(self.mark.as_slice().into(), at);
                at
            }
        };
        let group = self.groups.get_mut(at)?;
        let change = Change {
            recording,
            id,
            count: 1,
            hash,
            session: taken.session,
            sequence: taken.sequence,
            time: taken.time,
            values: &self.values,
            certain: true,
            record: Record::Line(text),
        };
        let of_session = details.of_session(&group.key, &change);
        group.detail.see(&change, of_session);
        let before = group.pairs.len();
        *group.pairs.entry((taken.agent, lane.action())).or_default() += 1;
        self.pairs += group.pairs.len() - before;
        Some(())
    }

    /// The place of the group of a key. The key is that of the details where they know it, so that there is one in memory.
    fn group(&mut self, key: ChangeKey, details: &Details) -> usize {
        if let Some(known) = self.keys.get(&key) {
            return *known;
        }
        let known = details.groups.get_key_value(&key);
        let key = known.map_or_else(|| Arc::new(key), |(known, _)| known.clone());
        let at = self.groups.len();
        self.keys.insert(key.clone(), at);
        self.groups.push(LaneGroup {
            key,
            detail: Detail::default(),
            pairs: FxHashMap::default(),
        });
        at
    }

    /// Whether so much is held that it should be handed over.
    pub fn is_full(&self) -> bool {
        self.groups.len() >= GROUPS || self.marks.len() >= MARKS || self.pairs >= PAIRS
    }

    /// Adds all to the details. It must come before agents are numbered anew.
    pub fn hand_over(
        &mut self,
        details: &mut Details,
        agents: &Agents,
        action_name: impl Fn(EntityId) -> String,
    ) {
        let found = std::mem::take(self);
        for mut group in found.groups {
            for ((agent, action), count) in group.pairs {
                let pair = (agents.name(agent).to_owned(), action_name(action));
                group.detail.pair(pair, count);
            }
            details.keep(group.key, group.detail);
        }
    }
}

/// What the change of the last line is grouped by.
fn key(lane: &Lane<'_, '_>, comparison: &Comparison<'_>) -> Option<ChangeKey> {
    let (class, units) = (lane.class(), &comparison.units);
    if class.is_flip() {
        return Some(ChangeKey::flip(class, lane.cause(units)));
    }
    let (base, head) = lane.answers();
    let (base, head) = (Outcome::Decided(base?), Outcome::Decided(head));
    ChangeKey::of_outcomes(class, &base, &head, units)
}
