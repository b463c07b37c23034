//! Chunks of native recordings, line by line.

use super::incoming::Incoming;
use super::worker::{Chunk, Ids};
use crate::model::Importer;
use std::borrow::Cow;
use std::sync::Arc;

/// What works on the lines of native recordings.
pub trait LineWorker {
    /// Takes one line, without its end, and gives the id of its action; nothing where it must be read in full.
    fn line<'l>(&mut self, recording: &Arc<str>, at: u64, text: &'l str) -> Option<Cow<'l, str>>;
    /// Works on what was read in full.
    fn observe(&mut self, incoming: Incoming);
}

/// Works on the lines of a chunk, and says how many are not blank; nothing where it is of another format.
pub fn each_line(worker: &mut impl LineWorker, chunk: &Chunk<'_>, ids: &mut Ids) -> Option<u64> {
    if chunk.importer != Importer::Native {
        return None;
    }
    // Checked once for all lines, where all of it is text.
    let text = std::str::from_utf8(chunk.bytes).ok();
    let mut count = 0;
    let mut from = 0;
    let ends = memchr::memchr_iter(b'\n', chunk.bytes).chain([chunk.bytes.len()]);
    for (at, end) in (chunk.first_line..).zip(ends) {
        let bytes = chunk.bytes.get(from..end).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let line = match text {
            Some(text) => text.get(from..from + bytes.len()),
            None => std::str::from_utf8(bytes).ok(),
        };
        from = end + 1;
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        count += 1;
        match line.and_then(|line| worker.line(chunk.recording, at, line)) {
            Some(id) => ids.see(id.as_bytes()),
            None => (chunk.read)(at, bytes, &mut |incoming| {
                if let Incoming::Action(_, action) = &incoming {
                    ids.see(action.id.as_bytes());
                }
                worker.observe(incoming);
            }),
        }
    }
    Some(count)
}
