//! Lines that belong together: a call and what came of it later, put into one item with bounded memory.
//!
//! A line that begins calls waits until all of them are ended, or until too much waits; then it is given, in the order of
//! the recording, with a note on what ended each. Only notes are kept of a line that ends a call: results may be long, and
//! nothing else of them is wanted. An item is the line, a byte that no JSON holds, and the notes.

use super::Item;
use crate::model::Json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// So many lines wait for the end of their calls at most.
const LINES: usize = 1024;

/// So many bytes of lines and notes wait at most, unless one line is longer.
const BYTES: usize = 16 * 1024 * 1024;

/// What a key costs beside its letters, in bytes.
const KEY: usize = 128;

/// So many names of calls are remembered, to know a call that is recorded again.
const NAMES: usize = 16 * 1024;

/// The longest name that is remembered, in bytes.
const NAME: usize = 256;

/// Stands between a line and its notes: JSON holds it nowhere, and notes are JSON.
const SEPARATOR: u8 = 0x1e;

/// What a line has to do with others. Keys are of the format's own making.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Ends {
    /// The keys of what it begins.
    pub(super) begins: Vec<String>,
    /// What it says of what it begins, by key: that counts where the call is recorded again, too.
    pub(super) says: Vec<(String, &'static str)>,
    /// Whether it begins calls without a key as well.
    pub(super) nameless: bool,
    /// The keys of what it ends, and what is to be known of that.
    pub(super) ends: Vec<(String, Json)>,
    /// Whether it is read for itself.
    pub(super) keep: Keep,
    /// How keys are understood.
    pub(super) keys: Keys,
    /// What has begun under keys that begin like this is not ended any more.
    pub(super) forgets: Option<String>,
}

/// Whether a line is read for itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Keep {
    /// It holds something, or something is wrong with it.
    #[default]
    Always,
    /// It holds something only where it ends nothing.
    Alone,
    /// It holds nothing.
    Never,
}

/// How keys are understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Keys {
    /// Where several calls wait under a key, nobody knows which of them is ended.
    #[default]
    Single,
    /// Where several calls wait under a key, the last of them is ended: they are alike.
    Alike,
    /// A key names one call for good: where it begins again, the call is recorded again.
    Unique,
}

/// How the lines of a format are joined.
#[derive(Debug, Clone, Copy)]
pub(super) struct Join {
    /// What a line has to do with others.
    pub(super) look: fn(&[u8]) -> Ends,
    /// Whether `Content-Length` says how long each piece is, and not a line feed.
    pub(super) framed: bool,
}

impl PartialEq for Join {
    fn eq(&self, other: &Self) -> bool {
        self.framed == other.framed && std::ptr::fn_addr_eq(self.look, other.look)
    }
}

impl Eq for Join {}

/// A line that waits.
#[derive(Debug)]
struct Waiting {
    /// Absent where the line is not read: its keys wait all the same.
    item: Option<Item>,
    /// The keys that are not ended yet.
    open: BTreeSet<String>,
    notes: BTreeMap<String, Json>,
    /// How much memory it has, about.
    size: usize,
}

impl Waiting {
    /// Adds to what is known of the call with a key.
    fn note(&mut self, key: &str, note: Json) {
        match (self.notes.get_mut(key), note) {
            (Some(Json::Object(known)), Json::Object(more)) => known.extend(more),
            (_, note) => drop(self.notes.insert(key.to_owned(), note)),
        }
    }
}

/// The lines that wait, in the order of the recording.
#[derive(Debug, Default)]
pub(super) struct Window {
    waiting: VecDeque<Waiting>,
    /// The number of the first one that waits.
    first: u64,
    /// By key, the numbers of the lines that wait for its end.
    open: BTreeMap<String, Vec<u64>>,
    bytes: usize,
    /// Names of calls, and the order in which they came.
    names: BTreeSet<String>,
    order: VecDeque<String>,
}

/// What a note says where the call was recorded before.
fn repeated() -> Json {
    Json::Object([("repeated".to_owned(), Json::Bool(true))].into())
}

impl Window {
    /// Takes the next line of the recording.
    pub(super) fn take(&mut self, item: Item, ends: Ends) {
        if let Some(prefix) = ends.forgets {
            self.forget(&prefix);
        }
        let mut found = false;
        for (key, note) in ends.ends {
            found |= self.end(&key, note, ends.keys);
            // Its end may have been recorded before, or its beginning may be recorded later.
            if ends.keys == Keys::Unique && ends.keep == Keep::Alone {
                found |= !self.remember(&key);
            }
        }
        let mut notes = BTreeMap::new();
        let mut open = ends.begins;
        if ends.keys == Keys::Unique {
            let before = open.len();
            open.retain(|key| {
                let new = self.remember(key);
                // What nobody waits for any more stands in a line of its own rather than nowhere.
                let stays = new | self.say(key, &ends.says, new);
                if !stays {
                    notes.insert(key.clone(), repeated());
                }
                stays
            });
            // Nothing but calls that were recorded before.
            if before > 0 && open.is_empty() && !ends.nameless {
                return;
            }
        }
        let kept = match ends.keep {
            Keep::Always => true,
            Keep::Alone => !found,
            Keep::Never => false,
        };
        if !kept && open.is_empty() {
            return;
        }
        let number = self.first + self.waiting.len() as u64;
        for key in &open {
            self.open.entry(key.clone()).or_default().push(number);
        }
        let item = kept.then_some(item);
        let text = item.as_ref().map_or(0, |item| item.bytes.len());
        let keys: usize = open.iter().map(|key| 2 * key.len() + KEY).sum();
        let size = text + keys;
        self.bytes += size;
        self.waiting.push_back(Waiting {
            item,
            open: open.into_iter().collect(),
            notes,
            size,
        });
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The first line, where it need not wait any longer.
    pub(super) fn ready(&mut self) -> Option<Item> {
        while let Some(first) = self.waiting.front() {
            let full = self.waiting.len() > LINES || self.bytes > BYTES;
            if !first.open.is_empty() && !full {
                return None;
            }
            if let Some(item) = self.pop() {
                return Some(item);
            }
        }
        None
    }

    /// The first line, though nothing comes any more.
    pub(super) fn rest(&mut self) -> Option<Item> {
        while !self.waiting.is_empty() {
            if let Some(item) = self.pop() {
                return Some(item);
            }
        }
        None
    }

    fn pop(&mut self) -> Option<Item> {
        let first = self.waiting.pop_front()?;
        let number = self.first;
        self.first += 1;
        self.bytes = self.bytes.saturating_sub(first.size);
        for key in &first.open {
            self.close(key, number);
        }
        let mut item = first.item?;
        item.bytes.push(SEPARATOR);
        if !first.notes.is_empty() {
            let notes = serde_json::to_vec(&first.notes).unwrap_or_default();
            item.bytes.extend(notes);
        }
        Some(item)
    }

    fn close(&mut self, key: &str, number: u64) {
        if let Some(numbers) = self.open.get_mut(key) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.open.remove(key);
            }
        }
    }

    /// Ends what waits under a key; whether it is known what.
    fn end(&mut self, key: &str, note: Json, keys: Keys) -> bool {
        let number = match self.open.get(key).map(Vec::as_slice) {
            Some([number]) => *number,
            Some([.., last]) if keys != Keys::Single => *last,
            Some(_) | None => return false,
        };
        self.close(key, number);
        let at = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let Some(waiting) = self.waiting.get_mut(at) else {
            return false;
        };
        waiting.open.remove(key);
        // A note needs no more than the key did that waited.
        if waiting.item.is_some() {
            waiting.note(key, note);
        }
        true
    }

    /// Notes what a line says of a call that it begins; whether that is new of a call that was recorded before and does
    /// not wait any more.
    fn say(&mut self, key: &str, says: &[(String, &'static str)], new: bool) -> bool {
        let mut late = false;
        for (_, word) in says.iter().filter(|(said, _)| said == key) {
            if !self.remember(&format!("{key}\u{1f}{word}")) || new {
                continue;
            }
            let number = self.open.get(key).and_then(|numbers| numbers.last());
            let at = number.map(|number| number.saturating_sub(self.first));
            let at = at.and_then(|at| usize::try_from(at).ok());
            match at.and_then(|at| self.waiting.get_mut(at)) {
                Some(waiting) => {
                    let said = [((*word).to_owned(), Json::Bool(true))];
                    waiting.note(key, Json::Object(said.into()));
                }
                None => late = true,
            }
        }
        late
    }

    fn forget(&mut self, prefix: &str) {
        let begin = self.open.range(prefix.to_owned()..);
        let keys: Vec<_> = begin
            .map(|(key, _)| key.clone())
            .take_while(|key| key.starts_with(prefix))
            .collect();
        for key in keys {
            for number in self.open.remove(&key).unwrap_or_default() {
                let at = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
                if let Some(waiting) = self.waiting.get_mut(at) {
                    waiting.open.remove(&key);
                }
            }
        }
    }

    /// Whether the call was not recorded before, as far as is remembered.
    fn remember(&mut self, key: &str) -> bool {
        if key.len() > NAME {
            return true;
        }
        if !self.names.insert(key.to_owned()) {
            return false;
        }
        self.order.push_back(key.to_owned());
        if self.order.len() > NAMES
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
        true
    }
}

/// A line and what is known of the ends of its calls, by key.
pub(super) fn split(bytes: &[u8]) -> (&[u8], BTreeMap<String, Json>) {
    let Some(at) = memchr::memrchr(SEPARATOR, bytes) else {
        return (bytes, BTreeMap::new());
    };
    let (line, notes) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    let notes = notes.get(1..).unwrap_or_default();
    (line, serde_json::from_slice(notes).unwrap_or_default())
}

/// Whether the notes say of a key that the call was recorded before.
pub(super) fn is_repeated(notes: &BTreeMap<String, Json>, key: &str) -> bool {
    notes.get(key) == Some(&repeated())
}

#[cfg(test)]
mod tests;
