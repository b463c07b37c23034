//! Cuts a recording of one item a line into chunks of many lines, so that lines are found where they are parsed.
//!
//! What comes out is what [`super::Items`] gives, line by line: the tests hold the one to the other.

use super::{ItemError, Limits};
use std::io::{BufRead, Read};

/// So large is a chunk, in bytes, unless a line is longer: little enough to be at hand from when it is read until it is
/// parsed.
pub const CHUNK: usize = 1 << 18;

/// Whole lines of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines<B> {
    /// The number of the first one, from 1.
    pub first: u64,
    /// Their bytes, with the ends of the lines; the last line of a recording may have none.
    pub bytes: B,
}

/// The lines of a chunk with their numbers, without their ends; those that are blank are left out.
pub fn lines(first: u64, bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = bytes;
    let mut number = first;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (line, behind) = split(rest);
            let at = number;
            number += 1;
            rest = behind;
            let line = without_end(line);
            if !line.trim_ascii().is_empty() {
                return Some((at, line));
            }
        }
        None
    })
}

/// The first line with its end, and what stands behind it.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

/// A line without its end. A carriage return alone is no end of a line.
fn without_end(line: &[u8]) -> &[u8] {
    match line.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => line,
    }
}

fn count(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Reads behind the first `filled` bytes until there are so many bytes or no more. Large reads go past the reader's own
/// buffer.
fn fill(
    reader: &mut impl Read,
    bytes: &mut Vec<u8>,
    mut filled: usize,
    size: usize,
) -> std::io::Result<()> {
    bytes.resize(size.max(filled), 0);
    let mut failed = Ok(());
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                failed = Err(error);
                break;
            }
        }
    }
    bytes.truncate(filled);
    failed
}

/// How large chunks are: small at the beginning, so that a short recording is work for every core.
#[derive(Debug)]
struct Sizes {
    largest: usize,
    cut: u32,
}

impl Sizes {
    fn new(size: usize, limits: Limits) -> Self {
        // No larger than the longest line, so that no line of a chunk that has several can be too long.
        let largest = size.min(limits.line).max(1);
        Self { largest, cut: 0 }
    }

    /// The size of the next chunk; never less than that of the last one.
    fn next(&mut self) -> usize {
        let halved = 4_u32.saturating_sub(self.cut / 16);
        self.cut = self.cut.saturating_add(1);
        (self.largest >> halved).max(1)
    }
}

/// The chunks of bytes that come one after the other.
#[derive(Debug)]
pub struct Chunks<R> {
    reader: R,
    /// The beginning of a line whose end was not read yet.
    begun: Vec<u8>,
    /// Bytes of an earlier chunk, to be read over.
    spare: Vec<u8>,
    line: u64,
    limit: usize,
    sizes: Sizes,
    /// Why it cannot be read further than what was given.
    failed: Option<std::io::Error>,
    done: bool,
}

impl<R: BufRead> Chunks<R> {
    /// The chunks of a recording without a byte order mark.
    pub fn new(reader: R, limits: Limits, size: usize) -> Self {
        Self {
            reader,
            begun: Vec::new(),
            spare: Vec::new(),
            line: 1,
            limit: limits.line,
            sizes: Sizes::new(size, limits),
            failed: None,
            done: false,
        }
    }

    /// Takes the bytes of a chunk that is done with, for the next one: new memory would have to be cleared, and what one
    /// thread frees for another is given back to the system in between.
    pub fn reuse(&mut self, bytes: Vec<u8>) {
        // Those of a line that was very long are not kept.
        if bytes.capacity() <= 2 * self.sizes.largest {
            self.spare = bytes;
        }
    }

    /// The error that ends the recording.
    fn fail<T>(&mut self, error: std::io::Error) -> Option<Result<T, ItemError>> {
        self.done = true;
        Some(Err(ItemError::Io(error)))
    }

    /// A line that is longer than a chunk: the rest of it, up to one byte more than tells that it is too long.
    fn long_line(&mut self, mut bytes: Vec<u8>) -> Option<Result<Lines<Vec<u8>>, ItemError>> {
        let (line, limit) = (self.line, self.limit);
        let most = limit.saturating_add(2).saturating_sub(bytes.len());
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        if let Err(error) = (&mut self.reader).take(most).read_until(b'\n', &mut bytes) {
            return self.fail(error);
        }
        let ended = bytes.last() == Some(&b'\n');
        if without_end(&bytes).len() > limit {
            drop(bytes);
            if !ended && let Err(error) = self.reader.skip_until(b'\n') {
                return self.fail(error);
            }
            self.line += 1;
            return Some(Err(ItemError::LineTooLong { line, limit }));
        }
        self.line += 1;
        Some(Ok(Lines { first: line, bytes }))
    }
}

impl<R: BufRead> Iterator for Chunks<R> {
    type Item = Result<Lines<Vec<u8>>, ItemError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return self.fail(error);
        }
        if self.done {
            return None;
        }
        let mut bytes = std::mem::take(&mut self.spare);
        let size = self.sizes.next();
        let begun = self.begun.len();
        // What stands there is read over, and need not be cleared.
        bytes.resize(bytes.len().max(begun), 0);
        bytes.splice(..begun, self.begun.drain(..));
        // What was read before an error is in `bytes` all the same: its whole lines come first.
        self.failed = fill(&mut self.reader, &mut bytes, begun, size).err();
        self.done = self.failed.is_none() && bytes.len() < size;
        match memchr::memrchr(b'\n', &bytes) {
            // Behind the last line feed a line begins.
            Some(at) if !self.done => {
                self.begun.extend(bytes.drain(at + 1..));
            }
            None if self.failed.is_some() => return self.next(),
            None if !self.done => return self.long_line(bytes),
            Some(_) | None if bytes.is_empty() => return None,
            Some(_) | None => {}
        }
        let first = self.line;
        self.line += count(&bytes);
        Some(Ok(Lines { first, bytes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Importer;
    use crate::recording::Items;
    use crate::recording::detect::without_bom;
    use proptest::prelude::*;
    use std::io::{self, BufReader};

    /// Gives some bytes, then fails or ends.
    struct Broken<'a>(&'a [u8], bool);

    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() && self.1 {
                return Err(io::Error::other("bad disk"));
            }
            self.0.read(buffer)
        }
    }

    /// Chunks, each read over bytes of others.
    fn reusing<R: BufRead>(
        mut chunks: Chunks<R>,
        size: usize,
    ) -> impl Iterator<Item = Result<Lines<Vec<u8>>, ItemError>> {
        std::iter::from_fn(move || {
            chunks.reuse(vec![b'\n'; 2 * size]);
            chunks.next()
        })
    }

    type Found = Result<(u64, Vec<u8>), String>;

    fn found<B: AsRef<[u8]>>(
        chunks: impl Iterator<Item = Result<Lines<B>, ItemError>>,
        most: usize,
    ) -> Vec<Found> {
        let mut all = Vec::new();
        for chunk in chunks {
            match chunk {
                Ok(chunk) => {
                    let bytes = chunk.bytes.as_ref();
                    let several =
                        memchr::memchr(b'\n', bytes).is_some_and(|at| at + 1 < bytes.len());
                    assert!(!several || bytes.len() <= most, "{bytes:?}");
                    let found = lines(chunk.first, bytes);
                    all.extend(found.map(|(line, bytes)| Ok((line, bytes.to_vec()))));
                }
                Err(ItemError::LineTooLong { line, .. }) => all.push(Err(format!("{line}"))),
                Err(error) => all.push(Err(error.to_string())),
            }
        }
        all
    }

    /// What the items of the same bytes are.
    fn expected(reader: impl BufRead, limits: Limits) -> Vec<Found> {
        let items = Items::open(reader, Some(Importer::Native), "x", limits);
        let items = items.expect("the beginning can be read");
        items
            .map(|item| match item {
                Ok(item) => Ok((item.line, item.bytes)),
                Err(ItemError::LineTooLong { line, .. }) => Err(format!("{line}")),
                Err(error) => Err(error.to_string()),
            })
            .collect()
    }

    fn hold(bytes: &[u8], limit: usize, size: usize, buffer: usize) {
        let limits = Limits {
            line: limit,
            ..Limits::default()
        };
        let oracle = expected(bytes, limits);
        let most = size.min(limit);
        let reader = || BufReader::with_capacity(buffer, without_bom(bytes));
        assert_eq!(found(Chunks::new(reader(), limits, size), most), oracle);
        let reused = reusing(Chunks::new(reader(), limits, size), size);
        assert_eq!(found(reused, most), oracle);
        // Where reading fails, everything before the broken line is there, and then the fault.
        let broken = BufReader::with_capacity(buffer, Broken(without_bom(bytes), true));
        let whole = without_bom(bytes);
        let last = memchr::memrchr(b'\n', whole).map_or(0, |at| at + 1);
        let mut oracle = expected(whole.get(..last).unwrap_or_default(), limits);
        oracle.push(Err("cannot read the recording: bad disk".to_owned()));
        assert_eq!(found(Chunks::new(broken, limits, size), most), oracle);
    }

    #[test]
    fn every_cut_of_a_text_gives_its_lines() {
        let text =
            b"\xef\xbb\xbf{}\r\n\r\n  \n[1]\n\r\r\n1234\r\n12345\n123456\r\n1234567890\nlast\r";
        for limit in 1..14 {
            for size in 1..20 {
                for end in 0..=text.len() {
                    hold(&text[..end], limit, size, 1 + size % 5);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn random_bytes_give_the_items_of_one_reader(
            bytes in proptest::collection::vec(prop::sample::select(&b"ab \r\n\n\xef\xbb\xbf"[..]), 0..200),
            limit in 1_usize..40,
            size in 1_usize..64,
            buffer in 1_usize..16,
        ) {
            hold(&bytes, limit, size, buffer);
        }
    }
}
