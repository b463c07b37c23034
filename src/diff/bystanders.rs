//! Some actions that did not flip, of each Cedar action, to hold flipped ones against.

use crate::engine::{Merge, keep_smallest};
use crate::model::hash64;
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many of each Cedar action are kept.
const KEPT: usize = 96;

/// Of so many Cedar actions, the first ones by name.
const ACTIONS: usize = 500;

/// A longer record is not kept, in bytes.
const LONG: usize = 1 << 12;

/// Actions that did not flip, by Cedar action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bystanders(pub BTreeMap<String, Bystander>);

/// Actions of one Cedar action that did not flip.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bystander {
    /// How many there were.
    pub actions: u64,
    /// Some of them, chosen by the hashes of their ids: the recording, and the record as a line.
    pub kept: BTreeMap<u64, (Arc<str>, Box<str>)>,
}

impl Bystander {
    /// Counts an action, and keeps it where its hash is among the smallest. `line` is made only then.
    pub fn see(&mut self, id: &str, recording: &Arc<str>, line: impl FnOnce() -> Box<str>) {
        self.actions += 1;
        let hash = hash64(1, id.as_bytes());
        let last = self.kept.last_key_value().map(|(last, _)| *last);
        if self.kept.len() < KEPT || last.is_some_and(|last| hash <= last) {
            let line = line();
            if line.len() <= LONG {
                self.keep(hash, (recording.clone(), line));
            }
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
        if self.kept.len() > KEPT {
            self.kept.pop_last();
        }
    }
}

impl Bystanders {
    /// Counts an action of a Cedar action, and keeps it as [`Bystander::see`] does.
    pub fn see(
        &mut self,
        name: &str,
        id: &str,
        recording: &Arc<str>,
        line: impl FnOnce() -> Box<str>,
    ) {
        if let Some(known) = self.0.get_mut(name) {
            known.see(id, recording, line);
            return;
        }
        let mut found = Bystander::default();
        found.see(id, recording, line);
        self.add(name.to_owned(), found);
    }

    /// Adds what was kept of a Cedar action.
    pub fn add(&mut self, action: String, found: Bystander) {
        // What gives way is among the last ones by name, of which nothing is kept.
        let _ = keep_smallest(&mut self.0, ACTIONS, action, found);
    }
}

impl Merge for Bystander {
    fn merge(&mut self, other: Self) {
        self.actions += other.actions;
        for (hash, kept) in other.kept {
            self.keep(hash, kept);
        }
    }
}

impl Merge for Bystanders {
    fn merge(&mut self, other: Self) {
        for (action, found) in other.0 {
            self.add(action, found);
        }
    }
}
