//! How many different texts there were, with bounded memory, in a way that merges in any order.

use super::merge::Merge;
use crate::model::hash64;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

/// So many are counted exactly.
const EXACT: usize = 1 << 16;

/// So many are kept until those that are too many are thrown away: this much at a time makes it cheap.
const MOST: usize = EXACT + EXACT / 2;

/// How many different texts were seen. Keeps the smallest hashes, at most 98,304 of them: while there are fewer than
/// 65,536, the count is exact (a collision among them has a chance below 10^-9); past that, how dense the smallest
/// 65,536 lie says how many there are, within one percent. The same texts give the same count, in whatever order they
/// come and however they are merged, for a hash among the smallest of all is among the smallest of every part that has
/// it, and so is never thrown away.
#[derive(Clone)]
pub struct Distinct {
    kept: HashSet<u64, BuildHasherDefault<AsItIs>>,
    /// Hashes from here on are not among the smallest.
    limit: u64,
}

impl Default for Distinct {
    fn default() -> Self {
        Self {
            kept: HashSet::default(),
            limit: u64::MAX,
        }
    }
}

impl Distinct {
    /// Notes a text.
    pub fn insert(&mut self, text: &str) {
        self.insert_hash(Self::hash(text.as_bytes()));
    }

    /// The hash of a text, for [`Distinct::insert_hash`].
    pub fn hash(text: &[u8]) -> u64 {
        hash64(0, text)
    }

    /// Notes a text of which only its hash is at hand.
    pub fn insert_hash(&mut self, hash: u64) {
        // The largest number is the limit of an empty set, so it stands for its neighbour.
        let hash = hash.min(u64::MAX - 1);
        if hash < self.limit && self.kept.insert(hash) && self.kept.len() >= MOST {
            self.prune();
        }
    }

    fn prune(&mut self) {
        if let Some(last) = self.last_of_smallest() {
            self.limit = last + 1;
            self.kept.retain(|hash| *hash <= last);
        }
    }

    /// The largest of the smallest hashes, where there are as many as are counted exactly.
    fn last_of_smallest(&self) -> Option<u64> {
        if self.kept.len() < EXACT {
            return None;
        }
        let mut all: Vec<u64> = self.kept.iter().copied().collect();
        let (_, last, _) = all.select_nth_unstable(EXACT - 1);
        Some(*last)
    }

    /// The smallest hashes, sorted: all that counts.
    fn smallest(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.kept.iter().copied().collect();
        all.sort_unstable();
        all.truncate(EXACT);
        all
    }

    /// How many there were; an estimate unless it is exact.
    pub fn len(&self) -> u64 {
        match self.last_of_smallest() {
            Some(last) => {
                let all = ((EXACT as u128 - 1) << 64) / (u128::from(last) + 1);
                u64::try_from(all).unwrap_or(u64::MAX)
            }
            None => self.kept.len() as u64,
        }
    }

    /// Whether all of them could be kept.
    pub fn is_exact(&self) -> bool {
        self.kept.len() < EXACT
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

impl Merge for Distinct {
    fn merge(&mut self, mut other: Self) {
        if self.kept.len() < other.kept.len() {
            std::mem::swap(self, &mut other);
        }
        for hash in other.kept {
            self.insert_hash(hash);
        }
    }
}

/// What is kept beyond the smallest hashes depends on the order in which they came, and does not count.
impl PartialEq for Distinct {
    fn eq(&self, other: &Self) -> bool {
        self.smallest() == other.smallest()
    }
}

impl Eq for Distinct {}

impl fmt::Debug for Distinct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.is_exact() { "" } else { "about " };
        write!(f, "Distinct({about}{})", self.len())
    }
}

/// Numbers that are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        // The smallest hashes all begin with zeros, and the table looks at the first bits, too.
        self.0 ^ self.0 << 40
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash64(self.0, bytes);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: impl Iterator<Item = u32>) -> Distinct {
        let mut distinct = Distinct::default();
        texts.for_each(|at| distinct.insert(&format!("session-{at}")));
        distinct
    }

    #[test]
    fn few_are_counted_exactly_and_many_closely() {
        let mut few = of(0..60_000);
        few.merge(of(30_000..60_000));
        assert_eq!((few.len(), few.is_exact()), (60_000, true));
        for (count, within) in [(65_536, 656), (100_000, 1_000), (1_000_000, 10_000)] {
            let many = of(0..count);
            assert!(!many.is_exact());
            assert!(many.len().abs_diff(count.into()) < within, "{}", many.len());
            assert!(many.kept.len() <= MOST);
        }
    }

    #[test]
    fn merging_is_the_same_in_any_order() {
        let whole = of(0..200_000);
        assert_eq!(whole, of((0..200_000).rev()));
        let parts = || [of(0..90_000), of(50_000..120_000), of(120_000..200_000)];
        let [a, b, c] = parts();
        let mut left = a;
        left.merge(b);
        left.merge(c);
        let [a, b, c] = parts();
        let mut right = b;
        right.merge(a);
        let mut right_first = c;
        right_first.merge(right);
        for merged in [left, right_first] {
            assert_eq!(merged, whole);
            assert_eq!(merged.len(), whole.len());
            assert_eq!(format!("{merged:?}"), format!("{whole:?}"));
        }
        assert_ne!(whole, of(100_000..200_000));
    }
}
