//! How many different texts there were, with bounded memory, in a way that merges in any order.

use super::merge::Merge;
use crate::model::hash64;
use std::fmt;

/// So many are counted exactly.
const EXACT: usize = 1 << 16;

/// So many may wait to be sorted in, or a quarter of what is kept where that is more.
const WAITING: usize = 1 << 12;

/// How many different texts were seen. Keeps the smallest 65,536 hashes, 8 bytes each: while there are fewer, the count is
/// exact (a collision among them has a chance below 10^-9); past that, how dense the smallest ones lie says how many there
/// are, within one percent. The same texts give the same count, in whatever order they come and however they are merged,
/// for a hash among the smallest of all is among the smallest of every part that has it, and so is never thrown away.
#[derive(Clone, Default)]
pub struct Distinct {
    /// Sorted, each once.
    kept: Vec<u64>,
    /// In the order in which they came.
    waiting: Vec<u64>,
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
        let full = self.kept.len() == EXACT;
        if full && self.kept.last().is_some_and(|last| hash >= *last) {
            return;
        }
        self.waiting.push(hash);
        if self.waiting.len() >= WAITING.max(self.kept.len() / 4) {
            self.kept = smallest(&self.kept, &mut self.waiting);
            self.waiting.clear();
        }
    }

    /// The smallest hashes, sorted, each once.
    fn smallest(&self) -> Vec<u64> {
        smallest(&self.kept, &mut self.waiting.clone())
    }

    /// How many there were; an estimate unless it is exact.
    pub fn len(&self) -> u64 {
        let smallest = self.smallest();
        match smallest.last() {
            Some(last) if smallest.len() == EXACT => {
                let all = ((EXACT as u128 - 1) << 64) / (u128::from(*last) + 1);
                u64::try_from(all).unwrap_or(u64::MAX)
            }
            Some(_) | None => smallest.len() as u64,
        }
    }

    /// Whether all of them could be kept.
    pub fn is_exact(&self) -> bool {
        self.smallest().len() < EXACT
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.waiting.is_empty()
    }
}

/// The smallest of both, sorted, each once. `kept` is so already.
fn smallest(kept: &[u64], waiting: &mut [u64]) -> Vec<u64> {
    waiting.sort_unstable();
    // One of few sizes, so that what the last one leaves behind serves again.
    let most = (kept.len() + waiting.len()).next_power_of_two();
    let mut all = Vec::with_capacity(most.min(EXACT));
    let (mut left, mut right) = (kept.iter().peekable(), waiting.iter().peekable());
    while all.len() < EXACT {
        let next = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a <= b => left.next(),
            (Some(_), None) => left.next(),
            (_, Some(_)) => right.next(),
            (None, None) => break,
        };
        if all.last() != next {
            all.extend(next);
        }
    }
    all
}

impl Merge for Distinct {
    fn merge(&mut self, mut other: Self) {
        if self.kept.len() < other.kept.len() {
            std::mem::swap(self, &mut other);
        }
        if other.kept.len() >= self.kept.len() / 4 {
            self.kept = smallest(&self.kept, &mut other.kept);
            other.kept.clear();
        }
        for hash in other.kept.into_iter().chain(other.waiting) {
            self.insert_hash(hash);
        }
    }
}

/// What waits may be there already, or not be among the smallest; that does not count.
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
            assert!(many.kept.len() <= EXACT);
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
