//! Finds ids that stand more than once in a recording, in two passes, with memory that does not grow with it.
//!
//! The first pass looks at hashes alone. It never misses a repeated id but may suspect others; the second one counts the
//! suspects by their text, exactly.

use crate::model::Importer;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

/// What a processor fetches from memory at once; an id stands in one of them.
type Block = [u64; WORDS];
const WORDS: usize = 8;

/// So many ids are taken note of together.
const AT_ONCE: usize = 16;

/// An id on its way into the filter.
#[derive(Debug, Clone, Copy, Default)]
struct Id {
    block: usize,
    bits: [u64; 2],
    seen: bool,
}

/// 8 MiB, enough for a million ids.
const SMALL: u64 = 8 << 20;
/// A filter has so many bytes for an id, of which then none is suspected wrongly, until it is [`MEDIUM`].
const SHARE: u64 = 8;
/// From three million ids on, memory counts, and a filter stays as large as this until there are fewer than [`BITS`] for an id.
/// Of five million ids hardly any is suspected wrongly, of ten million some hundreds. They are looked for in a second pass,
/// which finds the id of a line and reads nothing else of it.
const MEDIUM: u64 = 24 << 20;
/// Of twice as many ids as were expected, fewer are suspected than [`SUSPECTS`].
const BITS: u64 = 18;
/// 40 MiB, of which nineteen million ids have their share: of thirty million one in four hundred is suspected wrongly.
const LARGE: u64 = 40 << 20;
/// So many suspects are kept, by their hashes.
const SUSPECTS: usize = 500_000;
/// So many repeated ids are named.
const NAMED: usize = 10_000;

/// The first pass: a Bloom filter that looks at one block an id, and the hashes of the suspects.
#[derive(Debug, Clone)]
pub struct Repeats {
    blocks: Vec<Block>,
    suspects: BTreeSet<u64>,
    most: usize,
    overflowed: bool,
}

impl Default for Repeats {
    fn default() -> Self {
        Self::new()
    }
}

impl Repeats {
    /// A filter for a million ids.
    pub fn new() -> Self {
        Self::with_size(SMALL, SUSPECTS)
    }

    /// A filter for so many ids, or for recordings of which nobody knows how many they hold.
    pub fn expecting(ids: Option<u64>) -> Self {
        let size = ids.map_or(LARGE, |ids| {
            let few = ids.saturating_mul(SHARE).clamp(SMALL, MEDIUM);
            let many = (ids.saturating_mul(BITS) / 8).min(LARGE);
            few.max(many)
        });
        Self::with_size(size, SUSPECTS)
    }

    fn with_size(bytes: u64, most: usize) -> Self {
        let blocks = usize::try_from(bytes).unwrap_or(usize::MAX) / size_of::<Block>();
        Self {
            blocks: vec![[0; WORDS]; blocks.max(1)],
            suspects: BTreeSet::new(),
            most,
            overflowed: false,
        }
    }

    /// Takes note of ids by their hashes.
    pub fn see(&mut self, hashes: &[u64]) {
        // Most of the time goes by until a block is there; this way those of several ids are on their way at once.
        for hashes in hashes.chunks(AT_ONCE) {
            let mut ids = [Id::default(); AT_ONCE];
            for (id, hash) in ids.iter_mut().zip(hashes) {
                *id = self.place(*hash);
                self.mark(id, 0..1);
            }
            for (id, hash) in ids.iter_mut().zip(hashes) {
                self.mark(id, 1..WORDS);
                if id.seen {
                    self.suspect(*hash);
                }
            }
        }
    }

    fn place(&self, hash: u64) -> Id {
        let size = self.blocks.len() as u128;
        Id {
            // The upper half of the product is below the number of blocks, and spread evenly.
            block: usize::try_from((u128::from(hash) * size) >> 64).unwrap_or_default(),
            bits: [spread(hash), spread(!hash)],
            seen: true,
        }
    }

    /// Sets two bits in each of these words of a block. Of equal ids the later one finds all of them set, for each word
    /// is marked in the order of the ids.
    fn mark(&mut self, id: &mut Id, words: Range<usize>) {
        let block = self.blocks.get_mut(id.block);
        for word in block
            .and_then(|block| block.get_mut(words))
            .unwrap_or_default()
        {
            let [first, second] = &mut id.bits;
            let bits = 1 << (*first & 63) | 1 << (*second & 63);
            id.seen &= *word & bits == bits;
            *word |= bits;
            *first >>= 6;
            *second >>= 6;
        }
    }

    fn suspect(&mut self, hash: u64) {
        if self.suspects.insert(hash) && self.suspects.len() > self.most {
            // Which ones stay must not depend on the order in which they came.
            self.suspects.pop_last();
            self.overflowed = true;
        }
    }

    /// Whether there were more suspects than are kept, so that repeated ids may be missing among them.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// How many suspects there are.
    pub fn suspects(&self) -> usize {
        self.suspects.len()
    }

    /// The second pass over them.
    pub fn into_confirm(self) -> Confirm {
        Confirm {
            suspects: self.suspects.into_iter().collect(),
        }
    }
}

/// Other bits of a hash than those that choose its block (the finalizer of MurmurHash3).
fn spread(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The second pass: which ids are looked at.
#[derive(Debug, Clone)]
pub struct Confirm {
    suspects: HashSet<u64>,
}

impl Confirm {
    /// Whether there is nothing to count, so that the second pass can be saved.
    pub fn is_empty(&self) -> bool {
        self.suspects.is_empty()
    }

    /// Whether an id is a suspect, by its hash.
    pub fn suspects(&self, hash: u64) -> bool {
        self.suspects.contains(&hash)
    }

    /// Whether a record may hold a suspect, so that it has to be read. Of a native record its id is found faster than
    /// it is read whole: where that finds one, reading it whole gives that one or none.
    pub fn may_hold(&self, importer: Importer, line: &[u8], hash: impl Fn(&[u8]) -> u64) -> bool {
        #[derive(Deserialize)]
        struct OnlyId<'a> {
            #[serde(borrow)]
            id: Cow<'a, str>,
        }
        match importer {
            Importer::Native => match written_id(line) {
                Some(id) => self.suspects(hash(id)),
                None => serde_json::from_slice::<OnlyId<'_>>(line)
                    .map_or(true, |only| self.suspects(hash(only.id.as_bytes()))),
            },
            _ => true,
        }
    }
}

/// The id of a record that begins as we write it.
fn written_id(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"{\"version\":1,\"id\":\"")?;
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\') || byte.is_ascii_control())?;
    let (id, behind) = rest.split_at(end);
    matches!(behind, [b'"', b',' | b'}', ..]).then_some(id)
}

/// How often suspects were seen, by hash and text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sightings(BTreeMap<(u64, String), u64>);

impl Sightings {
    /// Takes note of a suspect.
    pub fn see(&mut self, hash: u64, text: String) {
        *self.0.entry((hash, text)).or_default() += 1;
    }

    /// Adds what another reader saw.
    pub fn add(&mut self, other: Self) {
        for (suspect, count) in other.0 {
            *self.0.entry(suspect).or_default() += count;
        }
    }

    /// The ids that stand more than once, with how often they do, and whether there are more than are named. Those that
    /// are named are the first by hash: which ids are only suspected does not matter to them.
    pub fn repeated(self) -> (BTreeMap<String, u64>, bool) {
        let mut repeated = self.0.into_iter().filter(|(_, count)| *count > 1);
        let named = repeated.by_ref().take(NAMED);
        let named = named.map(|((_, text), count)| (text, count)).collect();
        (named, repeated.next().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::hash64;
    use proptest::prelude::*;

    fn hash(id: &str) -> u64 {
        hash64(0, id.as_bytes())
    }

    fn repeated(mut first: Repeats, ids: &[String]) -> BTreeMap<String, u64> {
        let hashes: Vec<u64> = ids.iter().map(|id| hash(id)).collect();
        first.see(&hashes);
        assert!(!first.overflowed());
        let second = first.into_confirm();
        // Two readers, of which each sees a part.
        let mut parts = [Sightings::default(), Sightings::default()];
        for (at, id) in ids.iter().enumerate() {
            if second.suspects(hash(id)) {
                parts[at % 2].see(hash(id), id.clone());
            }
        }
        let [mut all, other] = parts;
        all.add(other);
        let (repeated, more) = all.repeated();
        assert!(!more);
        repeated
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
        let wrong = |mut repeats: Repeats, count: u64| {
            let hashes = (0..count).map(|at| hash64(1, &at.to_le_bytes()));
            repeats.see(&hashes.collect::<Vec<_>>());
            repeats.suspects()
        };
        assert_eq!(wrong(Repeats::expecting(Some(1)), 1_000_000), 0);
        assert!(wrong(Repeats::expecting(Some(1)), 3_000_000) < 1_000);
        assert!(wrong(Repeats::expecting(None), 5_000_000) < 3);
        assert!(wrong(Repeats::expecting(Some(5_000_000)), 5_000_000) < 10);
        // As full as the largest one is with nineteen times as many, and with twice that.
        let part = || Repeats::with_size(BITS * 1_000_000 / 8, SUSPECTS);
        assert!(wrong(part(), 1_000_000) < 200);
        assert!(wrong(part(), 2_000_000) < SUSPECTS / 19);
    }

    #[test]
    fn a_filter_is_as_large_as_it_has_to_be() {
        let size = |ids| Repeats::expecting(ids).blocks.len() * size_of::<Block>();
        assert_eq!(size(Some(0)), 8 << 20);
        assert_eq!(size(Some(1_000_000)), 8 << 20);
        assert_eq!(size(Some(2_000_000)), 16_000_000);
        assert_eq!(size(Some(5_000_000)), 24 << 20);
        assert_eq!(size(Some(10_000_000)), 24 << 20);
        assert_eq!(size(Some(12_000_000)), 27_000_000);
        assert_eq!(size(Some(20_000_000)), 40 << 20);
        assert_eq!(size(Some(u64::MAX)), 40 << 20);
        assert_eq!(size(None), 40 << 20);
    }

    #[test]
    fn keeps_the_same_suspects_in_any_order() {
        let kept = |hashes: &[u64]| {
            let mut repeats = Repeats::with_size(1 << 16, 2);
            repeats.see(hashes);
            (repeats.overflowed(), repeats.suspects)
        };
        let hashes = ["a", "b", "c", "d"].map(hash);
        let twice = [hashes, hashes].concat();
        let backwards: Vec<u64> = twice.iter().rev().copied().collect();
        let (overflowed, suspects) = kept(&twice);
        assert_eq!(kept(&backwards), (overflowed, suspects.clone()));
        let smallest: BTreeSet<u64> = BTreeSet::from(hashes).into_iter().take(2).collect();
        assert_eq!((overflowed, suspects), (true, smallest));
    }

    #[test]
    fn two_texts_of_one_hash_are_two_ids() {
        let mut sightings = Sightings::default();
        for text in ["a", "b", "b"] {
            sightings.see(7, text.to_owned());
        }
        let expected = BTreeMap::from([("b".to_owned(), 2)]);
        assert_eq!(sightings.repeated(), (expected, false));
        let many = (0..NAMED as u64 + 1).map(|at| ((at, format!("{at}")), 2));
        let (named, more) = Sightings(many.collect()).repeated();
        assert_eq!((named.len(), more), (NAMED, true));
    }

    #[test]
    fn a_record_that_may_hold_a_suspect_is_read() {
        let mut repeats = Repeats::new();
        repeats.see(&[hash("a\"b"); 2]);
        let confirm = repeats.into_confirm();
        let may_hold =
            |line: &str| confirm.may_hold(Importer::Native, line.as_bytes(), |id| hash64(0, id));
        assert!(may_hold(r#"{"version":1,"id":"a\"b","call":{"tool":"t"}}"#));
        assert!(may_hold(r#"{"version":1,"id":"a\u0022b"}"#));
        assert!(may_hold(r#"{"id":"a\u0022b"}"#));
        assert!(
            may_hold(r#"{"id":"c","id":"a\"b"}"#),
            "nobody knows which counts"
        );
        assert!(may_hold("no JSON"));
        assert!(!may_hold(r#"{"id":"c"}"#));
        assert!(!may_hold(r#"{"version":1,"id":"c","call":{"tool":"t"}}"#));
        assert!(!may_hold(r#"{"version":1,"id":"c"}"#));
        assert!(may_hold(r#"{"version":1,"id":"c""#), "it is cut off");
        assert!(confirm.may_hold(Importer::Openai, b"{}", |_| 0));
    }

    proptest! {
        /// A filter of 64 bytes suspects nearly everything; the second pass still gives the truth.
        #[test]
        fn is_exact_however_full_the_filter_is(ids in proptest::collection::vec("[a-f]{0,3}", 0..200)) {
            let mut expected = BTreeMap::<String, u64>::new();
            for id in &ids {
                *expected.entry(id.clone()).or_default() += 1;
            }
            expected.retain(|_, count| *count > 1);
            prop_assert_eq!(repeated(Repeats::with_size(1, SUSPECTS), &ids), expected);
        }
    }
}
