//! Who works on recordings: one state a thread, which is used for many chunks.

use super::incoming::Incoming;
use super::merge::Merge;
use crate::model::{Importer, hash64};
use std::sync::Arc;

/// Whole lines of a recording of one item a line.
#[derive(Clone, Copy)]
pub struct Chunk<'a> {
    /// The recording as it was named.
    pub recording: &'a Arc<str>,
    /// Its format.
    pub importer: Importer,
    /// The number of the first line, from 1.
    pub first_line: u64,
    /// The lines with their ends; the last line of a recording may have none. None is longer than what is read of a
    /// recording at once, but any of them may be blank.
    pub bytes: &'a [u8],
    /// Reads one of them in full, by its number and without its end: whatever is in it, or why it cannot be read.
    pub read: &'a ReadLine<'a>,
}

/// Reads one line of a chunk.
pub type ReadLine<'a> = dyn Fn(u64, &[u8], &mut dyn FnMut(Incoming)) + 'a;

/// Takes note of the ids of recorded actions, of which only hashes are kept.
#[derive(Debug)]
pub struct Ids {
    seed: u64,
    hashes: Vec<u64>,
}

impl Ids {
    /// The ids of one recording: the same id in another one is another id.
    pub fn of(recording: &str) -> Self {
        Self {
            seed: hash64(0, recording.as_bytes()),
            hashes: Vec::new(),
        }
    }

    /// Takes note of the id of an action.
    pub fn see(&mut self, id: &[u8]) {
        self.hashes.push(self.hash(id));
    }

    /// The hash of an id.
    pub fn hash(&self, id: &[u8]) -> u64 {
        hash64(self.seed, id)
    }

    /// The hashes of the ids that were seen.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }
}

/// Works on what is read from recordings, in whatever order it comes, for one result.
pub trait Worker {
    /// What comes out. Those of all workers are merged.
    type Result: Merge + Send;

    /// Works on many lines at once, takes note of the id of every action in them, and says how many of them are not
    /// blank. Nothing where the lines are to come one by one; then nothing of them may have been counted, and no id noted.
    fn chunk(&mut self, _chunk: &Chunk<'_>, _ids: &mut Ids) -> Option<u64> {
        None
    }

    /// Works on one thing.
    fn incoming(&mut self, incoming: Incoming);

    /// The result.
    fn finish(self) -> Self::Result;
}

/// Work that is one function on one result.
pub struct Observer<A, F> {
    total: A,
    observe: F,
}

impl<A: Merge + Send, F: FnMut(&mut A, Incoming)> Observer<A, F> {
    /// Begins with nothing.
    pub fn new(observe: F) -> Self {
        Self {
            total: A::default(),
            observe,
        }
    }
}

impl<A: Merge + Send, F: FnMut(&mut A, Incoming)> Worker for Observer<A, F> {
    type Result = A;

    fn incoming(&mut self, incoming: Incoming) {
        (self.observe)(&mut self.total, incoming);
    }

    fn finish(self) -> A {
        self.total
    }
}
