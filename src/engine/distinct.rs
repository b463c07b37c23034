//! Counting with bounded memory, in a way that merges.

use super::fold::Merge;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

/// How many different texts were seen. Keeps 16 bytes for each, not the text: two keyed 64-bit SipHashes, so that
/// a collision within a billion texts has a chance below 10^-20.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distinct(FxHashSet<(u64, u64)>);

impl Distinct {
    /// Notes a text.
    pub fn insert(&mut self, text: &str) {
        let hash = |key: u8| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u8(key);
            hasher.write(text.as_bytes());
            hasher.finish()
        };
        self.0.insert((hash(1), hash(2)));
    }

    /// How many there were.
    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Merge for Distinct {
    fn merge(&mut self, other: Self) {
        if self.0.len() < other.0.len() {
            let small = std::mem::replace(&mut self.0, other.0);
            self.0.extend(small);
        } else {
            self.0.extend(other.0);
        }
    }
}

/// Counts by name. Names come from recordings, so there may be any number of them: past a limit, new names are
/// counted together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    named: BTreeMap<String, u64>,
    others: u64,
}

const LIMIT: usize = 10_000;

impl Counts {
    /// Adds to a name's count.
    pub fn add(&mut self, name: &str, count: u64) {
        if let Some(known) = self.named.get_mut(name) {
            *known += count;
        } else if self.named.len() < LIMIT {
            self.named.insert(name.to_owned(), count);
        } else {
            self.others += count;
        }
    }

    /// The counts by name, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.named
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
    }

    /// How often names were counted that came after the limit.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.named.values().sum::<u64>() + self.others
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.named.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// The counts, highest first, then by name.
    pub fn ranked(&self) -> Vec<(String, u64)> {
        let mut ranked: Vec<(String, u64)> = self
            .named
            .iter()
            .map(|(name, count)| (name.clone(), *count))
            .collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        ranked
    }
}

impl Merge for Counts {
    fn merge(&mut self, other: Self) {
        for (name, count) in other.named {
            self.add(&name, count);
        }
        self.others += other.others;
    }
}
