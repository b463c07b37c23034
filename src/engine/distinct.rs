//! Counting with bounded memory, in a way that merges.

use super::fold::Merge;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};

/// So many are counted exactly.
const EXACT: usize = 1 << 16;

/// How many different texts were seen. Keeps the smallest hashes, 8 bytes each and at most 65,536 of them: while there
/// are fewer, the count is exact (a collision among them has a chance below 10^-9); past that, how dense they lie says
/// how many there are, within one percent. The same texts give the same count, in whatever order they come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distinct(BTreeSet<u64>);

impl Distinct {
    /// Notes a text.
    pub fn insert(&mut self, text: &str) {
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        self.note(hasher.finish());
    }

    fn note(&mut self, hash: u64) {
        if self.0.len() < EXACT {
            self.0.insert(hash);
        } else if self.0.last().is_some_and(|last| hash < *last) && self.0.insert(hash) {
            self.0.pop_last();
        }
    }

    /// How many there were; an estimate unless it is exact.
    pub fn len(&self) -> u64 {
        match self.0.last() {
            Some(last) if !self.is_exact() => {
                let all = ((EXACT as u128 - 1) << 64) / (u128::from(*last) + 1);
                u64::try_from(all).unwrap_or(u64::MAX)
            }
            _ => self.0.len() as u64,
        }
    }

    /// Whether all of them could be kept.
    pub fn is_exact(&self) -> bool {
        self.0.len() < EXACT
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Merge for Distinct {
    fn merge(&mut self, mut other: Self) {
        if self.0.len() < other.0.len() {
            std::mem::swap(&mut self.0, &mut other.0);
        }
        other.0.into_iter().for_each(|hash| self.note(hash));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: std::ops::Range<u32>) -> Distinct {
        let mut distinct = Distinct::default();
        range.for_each(|at| distinct.insert(&format!("session-{at}")));
        distinct
    }

    #[test]
    fn few_are_counted_exactly_and_many_closely() {
        let mut few = of(0..60_000);
        few.merge(of(30_000..60_000));
        assert_eq!((few.len(), few.is_exact()), (60_000, true));
        let many = of(0..1_000_000);
        assert!(!many.is_exact());
        assert!(many.len().abs_diff(1_000_000) < 10_000, "{}", many.len());
    }

    #[test]
    fn merging_is_the_same_in_any_order() {
        let whole = of(0..200_000);
        let parts = || [of(0..90_000), of(50_000..120_000), of(120_000..200_000)];
        let [a, b, c] = parts();
        let mut left = a;
        left.merge(b);
        left.merge(c);
        let [a, b, c] = parts();
        let mut right = c;
        right.merge(b);
        right.merge(a);
        assert_eq!(left, whole);
        assert_eq!(right, whole);
    }
}
