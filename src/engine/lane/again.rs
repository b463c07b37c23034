//! Requests that recur word for word, and that both sides decided alike.
//!
//! Invariant: what is found was noted of a line that went on with the very same text.

use crate::engine::compiled::EntityId;
use rustc_hash::FxHasher;
use std::hash::Hasher as _;

/// What is remembered of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alike {
    /// The number of its action.
    pub action: EntityId,
    /// The place of the action among those of the plan.
    pub place: usize,
    /// Whether a call stood before it.
    pub call: bool,
}

/// A worker's memory of them. Bounded: at most [`PLACES`] texts of at most [`LONGEST`] bytes.
#[derive(Debug, Default)]
pub struct Again {
    places: Vec<Option<(Box<str>, Alike)>>,
    /// A part of the hash of the text that came last for each of these places: what comes once is not kept.
    once: Vec<u32>,
    /// The hash of the text that was asked for last.
    hash: u64,
    /// How many texts were asked for of late, and how many of them were found.
    asked: u32,
    found: u32,
    /// So many lines are not looked up, because hardly any was found before.
    pause: u32,
}

/// So many texts, as a power of two: what they take stays near the processor. Four times as many made replays slower by a
/// fifth.
const PLACES: u32 = 13;
/// So many texts that came once.
const ONCE: u32 = 15;
/// Longer texts, in bytes, are not kept.
const LONGEST: usize = 1 << 10;
/// After so many texts it is judged whether looking them up is worth it: where less than one in [`WORTH`] was found, the
/// next [`PAUSE`] are not looked up.
const WINDOW: u32 = 1 << 14;
const WORTH: u32 = 16;
const PAUSE: u32 = 1 << 18;

impl Again {
    /// What is known of how a line goes on.
    #[inline]
    pub fn find(&mut self, text: &str) -> Option<Alike> {
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        if text.len() > LONGEST {
            return None;
        }
        self.asked += 1;
        if self.asked > WINDOW {
            if self.found < WINDOW / WORTH {
                self.pause = PAUSE;
            }
            (self.asked, self.found) = (0, 0);
        }
        self.hash = hash(text);
        let (known, alike) = self.places.get(place(self.hash, PLACES))?.as_ref()?;
        if **known != *text {
            return None;
        }
        self.found += 1;
        Some(*alike)
    }

    /// Notes what was just asked for, and not found. It is kept when it comes for the second time.
    pub fn note(&mut self, text: &str, alike: Alike) {
        if self.pause > 0 || text.len() > LONGEST {
            return;
        }
        if self.once.is_empty() {
            self.once = vec![0; 1 << ONCE];
            self.places = vec![None; 1 << PLACES];
        }
        let mark = self.hash as u32;
        if let Some(once) = self.once.get_mut(place(self.hash, ONCE))
            && *once != mark
        {
            *once = mark;
            return;
        }
        if let Some(known) = self.places.get_mut(place(self.hash, PLACES)) {
            *known = Some((text.into(), alike));
        }
    }

    /// Forgets everything: numbers of before mean nothing any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Who chooses texts can choose their hashes, and gains nothing: texts are compared.
fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish().wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The upper bits of a hash.
fn place(hash: u64, bits: u32) -> usize {
    (hash >> (u64::BITS - bits)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(number: usize) -> Alike {
        Alike {
            action: number as u32,
            place: number,
            call: false,
        }
    }

    #[test]
    fn what_comes_twice_is_found_the_third_time() {
        let mut again = Again::default();
        for _ in 0..2 {
            assert_eq!(again.find("one"), None);
            again.note("one", alike(1));
        }
        assert_eq!(again.find("one"), Some(alike(1)));
        assert_eq!(again.find("on"), None);
        again.clear();
        assert_eq!(again.find("one"), None);
    }

    #[test]
    fn what_is_found_is_of_the_same_text_however_crowded_it_is() {
        let mut again = Again::default();
        let mut found = 0;
        // More than there are places for, each three times, and once more.
        let numbers = (0..60_000).flat_map(|number| [number; 3]);
        for number in numbers.chain(0..60_000) {
            let text = format!("\"request\":{{\"number\":{number}}}");
            match again.find(&text) {
                Some(known) => {
                    assert_eq!(known, alike(number));
                    found += 1;
                }
                None => again.note(&text, alike(number)),
            }
        }
        assert!(found > 60_000, "{found}");
        let long = "x".repeat(LONGEST + 1);
        for _ in 0..3 {
            assert_eq!(again.find(&long), None);
            again.note(&long, alike(1));
        }
    }

    #[test]
    fn it_rests_where_nothing_recurs_and_looks_again_later() {
        let mut again = Again::default();
        let mut ask = |text: &str| {
            let found = again.find(text);
            if found.is_none() {
                again.note(text, alike(0));
            }
            found
        };
        for number in 0..=WINDOW {
            assert_eq!(ask(&number.to_string()), None);
        }
        for _ in 0..PAUSE {
            assert_eq!(ask("again"), None);
        }
        assert_eq!(ask("again"), None);
        assert_eq!(ask("again"), None);
        assert_eq!(ask("again"), Some(alike(0)));
    }
}
