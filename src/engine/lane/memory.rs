//! What a worker remembers of texts that recur in every line: how entities are written, and the names of agents.
//!
//! Invariant: what is found was put in under the very same text.

use crate::engine::compiled::{EntityId, TypeId};
use std::collections::HashMap;

/// What is known of an entity that stands in a request as principal, action or resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub entity: EntityId,
    pub ty: TypeId,
    /// The class of what stands there.
    pub class: u32,
}

/// Three numbers by text.
#[derive(Debug, Default)]
pub struct Memory {
    short: Table,
    /// What is longer, and what found its part of the table crowded: whoever chooses the texts can choose where they
    /// go, but not in a map that hashes with a secret.
    rest: HashMap<Box<str>, Numbers>,
    /// The length of the texts of the rest.
    bytes: usize,
}

/// What is remembered of a text. The last one may be anything but [`NONE`].
pub type Numbers = [u32; 3];

/// What the last number of an empty place is.
pub const NONE: u32 = u32::MAX;

/// What references begin and end with as our own writer writes them.
const REFERENCE: (&str, &str) = ("{\"type\":\"", "\"}");

impl Memory {
    /// What is known of `{"type": …, "id": …}` as it stands in a line.
    #[inline(always)]
    pub fn entity(&self, raw: &str) -> Option<Known> {
        let [entity, ty, class] = self.get(Self::part(raw))?;
        Some(Known { entity, ty, class })
    }

    /// Remembers an entity that is not known.
    pub fn insert_entity(&mut self, raw: &str, known: Known) {
        let Known { entity, ty, class } = known;
        self.insert(Self::part(raw), [entity, ty, class]);
    }

    /// What tells a reference from others. One that is written otherwise stands for itself. No two references have the
    /// same part: one that is a whole reference begins with `{"`, and a quote inside a name is escaped.
    #[inline(always)]
    fn part(raw: &str) -> &str {
        let (begin, end) = REFERENCE;
        let inner = raw.strip_prefix(begin);
        inner.and_then(|text| text.strip_suffix(end)).unwrap_or(raw)
    }

    /// What is known of a text.
    #[inline(always)]
    pub fn get(&self, text: &str) -> Option<Numbers> {
        let known = Short::of(text).and_then(|short| self.short.get(&short));
        if known.is_some() {
            return known;
        }
        self.rest.get(text).copied()
    }

    /// Remembers what is not known.
    pub fn insert(&mut self, text: &str, numbers: Numbers) {
        let stays = Short::of(text).is_some_and(|short| self.short.insert(short, numbers));
        if !stays {
            self.bytes += text.len();
            self.rest.insert(text.into(), numbers);
        }
    }

    /// How many texts are remembered.
    pub fn len(&self) -> usize {
        self.short.len + self.rest.len()
    }

    /// The length of the texts that are remembered beside the table, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// A text, filled up with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Short {
    words: [u64; 6],
    tail: u32,
}

/// The longest text that fits, in bytes.
const LONGEST: usize = 52;

impl Short {
    /// Nothing for what is longer, or ends in a zero itself. So texts that differ differ here.
    #[inline(always)]
    fn of(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() > LONGEST || text.last() == Some(&0) {
            return None;
        }
        let mut short = Self {
            words: [0; 6],
            tail: 0,
        };
        let (words, rest) = text.as_chunks::<8>();
        for (word, bytes) in short.words.iter_mut().zip(words) {
            *word = u64::from_le_bytes(*bytes);
        }
        if !rest.is_empty() {
            let last = match text.last_chunk::<8>() {
                // The last eight bytes without those that stand in the word before.
                Some(last) => u64::from_le_bytes(*last) >> (8 * (8 - rest.len())),
                None => rest
                    .iter()
                    .rev()
                    .fold(0, |word, byte| word << 8 | u64::from(*byte)),
            };
            match short.words.get_mut(words.len()) {
                Some(word) => *word = last,
                // At most four bytes are left behind six words.
                None => short.tail = last as u32,
            }
        }
        Some(short)
    }

    /// Where a table of `1 << (64 - shift)` places looks for it first. Each word is multiplied by itself, so that the
    /// products do not wait for each other.
    #[inline(always)]
    fn place(&self, shift: u32) -> usize {
        let mut sum = u64::from(self.tail).wrapping_mul(FACTORS[6]);
        for (word, factor) in self.words.iter().zip(FACTORS) {
            sum = sum.wrapping_add((word ^ (word >> 32)).wrapping_mul(factor));
        }
        (sum >> shift) as usize
    }
}

/// Odd numbers without a pattern: the first 64 bits of the fractional parts of the square roots of the first primes.
const FACTORS: [u64; 7] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
];

/// A text with its numbers: as much as a processor fetches from memory at once, so that finding it is one trip.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Slot {
    words: [u64; 6],
    tail: u32,
    numbers: Numbers,
}

const _: () = assert!(size_of::<Slot>() == 64);

impl Slot {
    const EMPTY: Self = Self {
        words: [0; 6],
        tail: 0,
        numbers: [NONE; 3],
    };

    fn is_empty(&self) -> bool {
        let [_, _, last] = self.numbers;
        last == NONE
    }

    /// Whether it holds this text. All of it is compared at once: almost always it does.
    #[inline(always)]
    fn holds(&self, short: &Short) -> bool {
        let words = self.words.iter().zip(&short.words);
        let differ = words.fold(u64::from(self.tail ^ short.tail), |differ, (a, b)| {
            differ | (a ^ b)
        });
        differ == 0 && !self.is_empty()
    }

    fn text(&self) -> Short {
        Short {
            words: self.words,
            tail: self.tail,
        }
    }
}

/// Texts, each near the place that follows from it.
#[derive(Debug)]
struct Table {
    slots: Vec<Slot>,
    /// The places are the upper bits of the hash, moved down by so many.
    shift: u32,
    len: usize,
}

/// So many places are looked at for a text. At most half of them are taken, so that hardly any text needs more.
const NEAR: usize = 32;

/// An empty table has so many places, as a power of two.
const SMALLEST: u32 = 6;

impl Default for Table {
    fn default() -> Self {
        Self::with_bits(SMALLEST)
    }
}

impl Table {
    fn with_bits(bits: u32) -> Self {
        Self {
            slots: vec![Slot::EMPTY; 1 << bits],
            shift: u64::BITS - bits,
            len: 0,
        }
    }

    #[inline(always)]
    fn get(&self, short: &Short) -> Option<Numbers> {
        let mut at = short.place(self.shift);
        for _ in 0..NEAR {
            let slot = self.slots.get(at)?;
            if slot.holds(short) {
                return Some(slot.numbers);
            }
            if slot.is_empty() {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    /// Whether there was a place for it.
    fn insert(&mut self, short: Short, numbers: Numbers) -> bool {
        if (self.len + 1) * 2 > self.slots.len() {
            let mut larger = Self::with_bits(u64::BITS - self.shift + 1);
            let taken = self.slots.iter().filter(|slot| !slot.is_empty());
            // What was near in a small table is so in a larger one: texts that meet there have met before. Should one
            // not find a place all the same, it is only forgotten.
            taken.for_each(|slot| _ = larger.put(slot.text(), slot.numbers));
            *self = larger;
        }
        self.put(short, numbers)
    }

    fn put(&mut self, text: Short, numbers: Numbers) -> bool {
        let mut at = text.place(self.shift);
        for _ in 0..NEAR {
            match self.slots.get_mut(at) {
                Some(slot) if slot.is_empty() => {
                    *slot = Slot {
                        words: text.words,
                        tail: text.tail,
                        numbers,
                    };
                    self.len += 1;
                    return true;
                }
                Some(_) => at = (at + 1) & (self.slots.len() - 1),
                None => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_found_was_put_in(
            texts in prop::collection::btree_set("[ab\u{0}é]{0,60}", 0..200),
            others in prop::collection::vec("[ab\u{0}é]{0,3}", 0..20),
        ) {
            let mut memory = Memory::default();
            for (number, text) in (0..).zip(&texts) {
                prop_assert_eq!(memory.get(text), None);
                memory.insert(text, [number, 1, 2]);
            }
            for (number, text) in (0..).zip(&texts) {
                prop_assert_eq!(memory.get(text), Some([number, 1, 2]));
            }
            for text in &others {
                prop_assert_eq!(memory.get(text).is_some(), texts.contains(text));
            }
            prop_assert_eq!(memory.len(), texts.len());
        }
    }

    #[test]
    fn texts_that_crowd_are_found_too() {
        let crowded = (0..100_000).map(|at| format!("agent-{at}"));
        let crowded = crowded
            .filter(|text| Short::of(text).is_some_and(|short| short.place(u64::BITS - 7) == 5));
        let crowded: Vec<String> = crowded.take(60).collect();
        assert_eq!(crowded.len(), 60);
        let mut memory = Memory::default();
        for (number, text) in (0..).zip(&crowded) {
            memory.insert(text, [number; 3]);
        }
        assert!(!memory.rest.is_empty());
        for (number, text) in (0..).zip(&crowded) {
            assert_eq!(memory.get(text), Some([number; 3]));
        }
    }

    #[test]
    fn references_are_told_from_texts_that_look_alike() {
        let known = |entity| Known {
            entity,
            ty: 0,
            class: 0,
        };
        let references = [
            r#"{"type":"A","id":"b"}"#,
            r#"{"type":"A","id":"b" }"#,
            r#"{"type":"A\","id":"b"}"#,
            r#"{"id":"b","type":"A"}"#,
            r#"{"type":"A","id":""}"#,
        ];
        let mut memory = Memory::default();
        for (number, raw) in (0..).zip(references) {
            assert_eq!(memory.entity(raw), None, "{raw}");
            memory.insert_entity(raw, known(number));
        }
        for (number, raw) in (0..).zip(references) {
            assert_eq!(memory.entity(raw), Some(known(number)), "{raw}");
        }
    }
}
