//! Some actions that did not flip, of each Cedar action, to hold flipped ones against.

use super::details::id_hash;
use super::kept::within;
use crate::engine::{Merge, keep_smallest};
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many of each Cedar action are kept at most, and so many of all where there are many Cedar actions; but never fewer
/// of one than this.
const KEPT: usize = 96;
const OF_ALL: usize = 6_000;
const FEWEST: usize = 12;

/// Of so many Cedar actions, the first ones by name.
const ACTIONS: usize = 500;

/// The line of a longer record is not kept, in bytes as we write it.
const LONG: usize = 1 << 12;

/// Actions that did not flip, by Cedar action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bystanders {
    /// By Cedar action.
    pub by_action: BTreeMap<String, Bystander>,
    /// How many of each are kept; nothing where it was not said.
    most: Option<usize>,
}

/// Actions of one Cedar action that did not flip.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bystander {
    /// How many there were.
    pub actions: u64,
    /// Some of them, chosen by the hashes of their ids: the recording, and the record as a line, which is empty where it is too
    /// long. It takes its place all the same: else every long record would be looked at where all are long.
    pub kept: BTreeMap<u64, (Arc<str>, Box<str>)>,
    /// How many are kept; nothing where it was not said.
    most: Option<usize>,
    /// The hash from which on none is kept, where all places are taken: to look at it takes less time than to look at the
    /// last one that is kept.
    full: Option<u64>,
}

impl Bystander {
    /// One that keeps so many.
    pub fn keeping(most: usize) -> Self {
        Self {
            most: Some(most),
            ..Self::default()
        }
    }

    fn most(&self) -> usize {
        self.most.unwrap_or(KEPT)
    }

    /// Counts an action, and keeps it where its hash is among the smallest. `line` is made only then.
    /// It stands for so many.
    pub fn see(
        &mut self,
        (id, count): (&str, u64),
        recording: &Arc<str>,
        line: impl FnOnce() -> Box<str>,
    ) {
        self.actions += count;
        self.offer(id_hash(id), recording, line);
    }

    fn offer(&mut self, hash: u64, recording: &Arc<str>, line: impl FnOnce() -> Box<str>) {
        if self.full.is_none_or(|last| hash <= last) {
            let line = Some(line()).filter(|line| line.len() <= LONG);
            self.keep(hash, (recording.clone(), line.unwrap_or_default()));
        }
    }

    fn keep(&mut self, hash: u64, kept: (Arc<str>, Box<str>)) {
        // Of two with one hash the smaller one stays, whichever comes first.
        match self.kept.get(&hash) {
            Some(known) if *known <= kept => {}
            Some(_) | None => {
                self.kept.insert(hash, kept);
            }
        }
        while self.kept.len() > self.most() {
            self.kept.pop_last();
        }
        let last = self.kept.last_key_value().map(|(last, _)| *last);
        self.full = last.filter(|_| self.kept.len() >= self.most());
    }
}

/// The same by the places of the actions of a plan. Nearly every action of a recording is counted here.
#[derive(Debug)]
pub struct LaneBystanders {
    /// How many there were, and the hash from which on none is kept.
    places: Vec<(u64, u64)>,
    kept: Vec<Vec<KeptLine>>,
    most: usize,
}

/// A line that is kept. Where another one takes its place, it does so in the same memory: a thousand actions of which a
/// dozen are kept are kept some fifty thousand times.
#[derive(Debug)]
struct KeptLine {
    hash: u64,
    recording: Arc<str>,
    line: String,
}

impl KeptLine {
    fn set(&mut self, hash: u64, recording: &Arc<str>, line: &str) {
        self.hash = hash;
        if !Arc::ptr_eq(&self.recording, recording) {
            self.recording = recording.clone();
        }
        self.line.clear();
        self.line.push_str(line);
    }
}

impl LaneBystanders {
    /// Those that keep so many of each.
    pub fn keeping(most: usize) -> Self {
        Self {
            places: Vec::new(),
            kept: Vec::new(),
            most,
        }
    }

    /// Counts an action, and keeps it as [`Bystander::see`] does. `hash` is that of its id.
    #[inline]
    pub fn see(&mut self, place: usize, hash: u64, recording: &Arc<str>, line: &str) {
        match self.places.get_mut(place) {
            Some((actions, full)) if hash > *full => *actions += 1,
            Some(_) | None => self.keep(place, hash, recording, line),
        }
    }

    #[cold]
    fn keep(&mut self, place: usize, hash: u64, recording: &Arc<str>, line: &str) {
        if self.places.len() <= place {
            self.places.resize(place + 1, (0, u64::MAX));
            self.kept.resize_with(place + 1, Vec::new);
        }
        let (Some((actions, full)), Some(kept)) =
            (self.places.get_mut(place), self.kept.get_mut(place))
        else {
            return;
        };
        *actions += 1;
        let line = within(line, LONG);
        let line = line.as_deref().unwrap_or_default();
        if let Some(known) = kept.iter_mut().find(|known| known.hash == hash) {
            // Of two with one hash the smaller one stays, whichever comes first.
            if (&**recording, line) < (&*known.recording, &known.line) {
                known.set(hash, recording, line);
            }
            return;
        }
        if kept.len() < self.most {
            kept.push(KeptLine {
                hash,
                recording: recording.clone(),
                line: line.to_owned(),
            });
        } else if let Some(last) = kept.iter_mut().max_by_key(|known| known.hash) {
            last.set(hash, recording, line);
        }
        if kept.len() >= self.most {
            *full = kept.iter().map(|known| known.hash).max().unwrap_or(0);
        }
    }

    /// What was counted at a place, which is then empty.
    pub fn take(&mut self, place: usize) -> Option<Bystander> {
        let (actions, full) = self.places.get_mut(place)?;
        let mut found = Bystander::keeping(self.most);
        found.actions = std::mem::take(actions);
        *full = u64::MAX;
        for KeptLine {
            hash,
            recording,
            line,
        } in std::mem::take(self.kept.get_mut(place)?)
        {
            found.keep(hash, (recording, line.into()));
        }
        Some(found).filter(|found| found.actions > 0)
    }
}

impl Bystanders {
    /// How many of each are kept where there may be so many Cedar actions.
    pub fn most(actions: usize) -> usize {
        (OF_ALL / actions.max(1)).clamp(FEWEST, KEPT)
    }

    /// Those that keep so many of each.
    pub fn keeping(most: usize) -> Self {
        Self {
            most: Some(most),
            ..Self::default()
        }
    }

    /// Counts an action of a Cedar action, and keeps it as [`Bystander::see`] does.
    pub fn see(
        &mut self,
        name: &str,
        of: (&str, u64),
        recording: &Arc<str>,
        line: impl FnOnce() -> Box<str>,
    ) {
        if let Some(known) = self.by_action.get_mut(name) {
            known.see(of, recording, line);
            return;
        }
        let mut found = Bystander {
            most: self.most,
            ..Bystander::default()
        };
        found.see(of, recording, line);
        self.add(name.to_owned(), found);
    }

    /// Whether no Cedar action had to give way.
    pub fn is_whole(&self) -> bool {
        self.by_action.len() < ACTIONS
    }

    /// Adds what was kept of a Cedar action.
    pub fn add(&mut self, action: String, found: Bystander) {
        // What gives way is among the last ones by name, of which nothing is kept.
        let _ = keep_smallest(&mut self.by_action, ACTIONS, action, found);
    }
}

impl Merge for Bystander {
    fn merge(&mut self, other: Self) {
        self.actions += other.actions;
        // All of one comparison keep as many; only a default says nothing.
        self.most = self.most.or(other.most);
        for (hash, kept) in other.kept {
            self.keep(hash, kept);
        }
    }
}

impl Merge for Bystanders {
    fn merge(&mut self, other: Self) {
        self.most = self.most.or(other.most);
        for (action, found) in other.by_action {
            self.add(action, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecordedAction;

    /// What is kept does not depend on the order, on who keeps it, or on how often an id occurs.
    #[test]
    fn places_keep_what_names_keep() {
        let recordings: [Arc<str>; 2] = ["a.jsonl".into(), "b.jsonl".into()];
        // As it is written, and as the recording spells it. Actions of one id come to one place.
        let mut lines: Vec<(usize, String, &Arc<str>, [String; 2])> = (0..900_usize)
            .map(|at| {
                let id = format!("id-{}", at % 498);
                let mut action = RecordedAction::new(id.clone());
                action.agent = Some(match at % 97 {
                    0 => "x".repeat(LONG + 1),
                    _ => format!("{}", at % 7),
                });
                let written = serde_json::to_string(&action).unwrap();
                let spelled = match at % 5 {
                    0 => format!("{written}{}", " ".repeat(LONG)),
                    _ => written.clone(),
                };
                (at % 3, id, &recordings[at % 2], [written, spelled])
            })
            .collect();
        let most = 12;
        let of = |lines: &[(usize, String, &Arc<str>, [String; 2])]| {
            let mut by_name = Bystanders::keeping(most);
            let mut by_place = LaneBystanders::keeping(most);
            for (place, id, recording, [written, spelled]) in lines {
                by_name.see(&place.to_string(), (id, 1), recording, || {
                    written.as_str().into()
                });
                by_place.see(*place, id_hash(id), recording, spelled);
            }
            let mut found = Bystanders::keeping(most);
            for place in 0..3 {
                found.add(place.to_string(), by_place.take(place).unwrap());
                assert_eq!(by_place.take(place), None);
            }
            assert_eq!(found, by_name);
            found
        };
        let found = of(&lines);
        assert!(found.by_action.values().all(|kept| kept.kept.len() == most));
        for turn in [1, 250, 613] {
            lines.rotate_left(turn);
            assert_eq!(of(&lines), found);
        }
        assert!(LaneBystanders::keeping(most).take(0).is_none());
    }
}
