//! Finds ids that stand more than once in a recording, in two passes, with memory that does not grow with it.
//!
//! The first pass never misses a repeated id but may suspect others; the second counts the suspects exactly.

use super::fingerprint::{fingerprint, mix};
use std::collections::{BTreeMap, BTreeSet};

/// 8 MiB of bits: one id in a hundred thousand is suspected wrongly after a million, four in a hundred after ten million.
const WORDS: usize = 1 << 20;
/// Bits that an id sets.
const BITS: u32 = 4;
/// So many suspects are kept.
const CAP: usize = 10_000;

/// The first pass: a Bloom filter with a capped list of suspects.
#[derive(Debug, Clone)]
pub struct Repeats {
    bits: Vec<u64>,
    candidates: BTreeSet<String>,
    cap: usize,
    overflowed: bool,
}

impl Default for Repeats {
    fn default() -> Self {
        Self::with_size(WORDS, CAP)
    }
}

impl Repeats {
    /// A filter of 8 MiB that keeps 10,000 suspects.
    pub fn new() -> Self {
        Self::default()
    }

    fn with_size(words: usize, cap: usize) -> Self {
        Self {
            bits: vec![0; words],
            candidates: BTreeSet::new(),
            cap,
            overflowed: false,
        }
    }

    /// Takes note of an id; whether it may have been there before.
    pub fn see(&mut self, id: &str) -> bool {
        let first = fingerprint(id.as_bytes());
        let step = mix(first) | 1;
        let size = u64::try_from(self.bits.len()).unwrap_or(u64::MAX);
        let mut seen = true;
        for turn in 0..BITS {
            let hash = first.wrapping_add(step.wrapping_mul(turn.into()));
            let word = usize::try_from((hash >> 6) % size).unwrap_or_default();
            let bit = 1 << (hash & 63);
            if let Some(word) = self.bits.get_mut(word) {
                seen &= *word & bit != 0;
                *word |= bit;
            }
        }
        if seen && !self.candidates.contains(id) {
            self.candidates.insert(id.to_owned());
            if self.candidates.len() > self.cap {
                // Which ids stay must not depend on the order in which they came.
                self.candidates.pop_last();
                self.overflowed = true;
            }
        }
        seen
    }

    /// Whether there were more suspects than are kept, so that repeated ids may be missing among them.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// The suspects: where there are more than are kept, the first ones in order of their text.
    pub fn into_candidates(self) -> BTreeSet<String> {
        self.candidates
    }
}

/// The second pass: counts the suspects.
#[derive(Debug, Clone)]
pub struct Confirm {
    counts: BTreeMap<String, u64>,
}

impl Confirm {
    /// A pass over these suspects.
    pub fn new(candidates: BTreeSet<String>) -> Self {
        Self {
            counts: candidates.into_iter().map(|id| (id, 0)).collect(),
        }
    }

    /// Whether there is nothing to count, so that the second pass can be saved.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Takes note of an id.
    pub fn see(&mut self, id: &str) {
        if let Some(count) = self.counts.get_mut(id) {
            *count += 1;
        }
    }

    /// The ids that stand more than once, with how often they do.
    pub fn repeated(self) -> BTreeMap<String, u64> {
        self.counts
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repeated(mut first: Repeats, ids: &[String]) -> BTreeMap<String, u64> {
        for id in ids {
            first.see(id);
        }
        assert!(!first.overflowed());
        let mut second = Confirm::new(first.into_candidates());
        for id in ids {
            second.see(id);
        }
        second.repeated()
    }

    #[test]
    fn finds_what_is_repeated_and_nothing_else() {
        let mut ids: Vec<_> = (0..1_000_000).map(|at| format!("run/{at}#0")).collect();
        assert_eq!(repeated(Repeats::new(), &ids), BTreeMap::new());
        ids.push("run/7#0".to_owned());
        ids.push("run/999999#0".to_owned());
        ids.push("run/7#0".to_owned());
        let expected = [("run/7#0".to_owned(), 3), ("run/999999#0".to_owned(), 2)];
        assert_eq!(repeated(Repeats::new(), &ids), BTreeMap::from(expected));
    }

    #[test]
    fn few_are_suspected_wrongly() {
        let mut repeats = Repeats::new();
        let wrong = (0..1_000_000)
            .filter(|at| repeats.see(&format!("session-{at}")))
            .count();
        assert!(wrong < 30, "{wrong}");
    }

    #[test]
    fn keeps_the_same_suspects_in_any_order() {
        let kept = |ids: &[&str]| {
            let mut repeats = Repeats::with_size(1024, 2);
            for id in ids {
                repeats.see(id);
            }
            (repeats.overflowed(), repeats.into_candidates())
        };
        let forwards = kept(&["a", "b", "c", "d", "a", "b", "c", "d", "d"]);
        let backwards = kept(&["d", "c", "b", "a", "d", "c", "b", "a", "d"]);
        assert_eq!(forwards, backwards);
        assert_eq!(
            forwards,
            (true, BTreeSet::from(["a".to_owned(), "b".to_owned()]))
        );
    }

    proptest! {
        /// A filter of 64 bits suspects nearly everything; the second pass still gives the truth.
        #[test]
        fn is_exact_however_full_the_filter_is(ids in proptest::collection::vec("[a-f]{0,3}", 0..200)) {
            let mut expected = BTreeMap::<String, u64>::new();
            for id in &ids {
                *expected.entry(id.clone()).or_default() += 1;
            }
            expected.retain(|_, count| *count > 1);
            prop_assert_eq!(repeated(Repeats::with_size(1, CAP), &ids), expected);
        }
    }
}
