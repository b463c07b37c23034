//! Cuts a recording into items with bounded memory: a line each, lines that belong together, or the whole of a document.

use super::chunks::Chunks;
use super::detect::{PREFIX, detect, layout, looks_own, without_bom};
use super::format::Layout;
use super::frames::{self, Frame};
use super::joined::{Join, Window};
use super::rows::RowChunks;
use crate::model::Importer;
use std::fmt;
use std::io::{self, BufRead, Chain, Cursor, Read};

/// A piece of a recording that can be parsed by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its bytes, without the end of the line and without a byte order mark.
    pub bytes: Vec<u8>,
    /// The line where it begins, from 1.
    pub line: u64,
}

/// How much of a recording may be in memory at once, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest line that is read.
    pub line: usize,
    /// The longest document that is read.
    pub document: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 64 * 1024 * 1024,
            document: 1024 * 1024 * 1024,
        }
    }
}

/// Why an item is not there.
#[derive(Debug)]
pub enum ItemError {
    /// The recording cannot be read any further; nothing comes behind this.
    Io(io::Error),
    /// A line is longer than the limit and was left out; what stands behind it is read.
    LineTooLong {
        /// The line, from 1.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// The document is longer than the limit; nothing comes behind this.
    DocumentTooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ItemError::Io(error) => write!(f, "cannot read the recording: {error}"),
            ItemError::LineTooLong { limit, .. } => {
                write!(f, "the line is longer than {limit} bytes")
            }
            ItemError::DocumentTooLong { limit } => {
                write!(f, "the document is longer than {limit} bytes")
            }
        }
    }
}

impl std::error::Error for ItemError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ItemError::Io(error) => Some(error),
            ItemError::LineTooLong { .. } | ItemError::DocumentTooLong { .. } => None,
        }
    }
}

/// Why a recording cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Its beginning cannot be read.
    Io(io::Error),
    /// Its beginning looks like no format that is known.
    UnknownFormat,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Io(error) => write!(f, "cannot read the recording: {error}"),
            OpenError::UnknownFormat => f.write_str("the format of the recording is not known"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Io(error) => Some(error),
            OpenError::UnknownFormat => None,
        }
    }
}

/// A reader whose first bytes were looked at.
pub type Unread<R> = Chain<Cursor<Vec<u8>>, R>;

/// A recording of which the first bytes were read.
#[derive(Debug)]
pub struct Peeked<R> {
    prefix: Vec<u8>,
    reader: R,
    detected: Option<Importer>,
}

impl<R: BufRead> Peeked<R> {
    /// Looks at the beginning of a recording that is not packed.
    pub fn at(mut reader: R, name: &str) -> io::Result<Self> {
        let mut prefix = Vec::new();
        let enough = u64::try_from(PREFIX).unwrap_or(u64::MAX);
        (&mut reader).take(enough).read_to_end(&mut prefix)?;
        let detected = detect(&prefix, name);
        Ok(Self {
            prefix,
            reader,
            detected,
        })
    }

    /// What it is, where its first bytes say so.
    pub fn detected(&self) -> Option<Importer> {
        self.detected
    }

    /// Whether it begins as a JSON object does.
    pub fn begins_object(&self) -> bool {
        without_bom(&self.prefix)
            .trim_ascii_start()
            .starts_with(b"{")
    }

    /// Whether it looks like a log of a team's own, whatever single lines of it look like.
    pub fn looks_own(&self) -> bool {
        looks_own(&self.prefix)
    }

    /// Its items.
    pub fn items(self, importer: Importer, limits: Limits) -> Items<R> {
        let layout = layout(importer, &self.prefix);
        Items {
            reader: self.unread(),
            importer,
            layout,
            limits,
            line: 0,
            done: false,
            length: None,
            window: Window::default(),
            failed: None,
        }
    }

    /// Its rows, as those of a table, in chunks of about `size` bytes.
    pub fn rows(self, delimiter: u8, limits: Limits, size: usize) -> RowChunks<Unread<R>> {
        RowChunks::new(self.unread(), delimiter, limits, size)
    }

    fn unread(self) -> Unread<R> {
        let head = without_bom(&self.prefix).to_vec();
        Cursor::new(head).chain(self.reader)
    }
}

/// The items of a recording, in order.
#[derive(Debug)]
pub struct Items<R> {
    reader: Unread<R>,
    importer: Importer,
    layout: Layout,
    limits: Limits,
    /// The last line that was read.
    line: u64,
    done: bool,
    /// What headers said of a piece that was not read yet.
    length: Option<u64>,
    /// Lines that wait for others.
    window: Window,
    /// Why it cannot be read further than the lines that wait.
    failed: Option<io::Error>,
}

impl<R: BufRead> Items<R> {
    /// Opens a recording that is not packed. Without an importer its first bytes say what it is.
    pub fn open(
        reader: R,
        importer: Option<Importer>,
        name: &str,
        limits: Limits,
    ) -> Result<Self, OpenError> {
        let peeked = Peeked::at(reader, name).map_err(OpenError::Io)?;
        let importer = importer.or(peeked.detected);
        let importer = importer.ok_or(OpenError::UnknownFormat)?;
        Ok(peeked.items(importer, limits))
    }

    /// The format of the recording.
    pub fn importer(&self) -> Importer {
        self.importer
    }

    /// The same recording in chunks of about `size` bytes, where it has one item a line; else the items as they are.
    pub fn into_chunks(self, size: usize) -> Result<Chunks<Unread<R>>, Box<Self>> {
        match self.layout {
            Layout::Lines => Ok(Chunks::new(self.reader, self.limits, size)),
            Layout::Document | Layout::Joined(_) => Err(Box::new(self)),
        }
    }

    fn next_line(&mut self) -> Option<Result<Item, ItemError>> {
        while !self.done {
            self.line += 1;
            let limit = self.limits.line;
            let mut bytes = Vec::new();
            // One byte more than the limit, and two for the end of the line, tell a long line from a full one.
            let most = u64::try_from(limit.saturating_add(2)).unwrap_or(u64::MAX);
            if let Err(error) = (&mut self.reader).take(most).read_until(b'\n', &mut bytes) {
                self.done = true;
                return Some(Err(ItemError::Io(error)));
            }
            self.done = bytes.is_empty();
            let ended = bytes.last() == Some(&b'\n');
            if ended {
                bytes.pop();
                if bytes.last() == Some(&b'\r') {
                    bytes.pop();
                }
            }
            if bytes.len() > limit {
                drop(bytes);
                let line = self.line;
                if !ended && let Err(error) = self.reader.skip_until(b'\n') {
                    self.done = true;
                    return Some(Err(ItemError::Io(error)));
                }
                return Some(Err(ItemError::LineTooLong { line, limit }));
            }
            if !bytes.trim_ascii().is_empty() {
                let line = self.line;
                return Some(Ok(Item { bytes, line }));
            }
        }
        None
    }

    /// A line with what other lines say of it.
    fn joined(&mut self, join: Join) -> Option<Result<Item, ItemError>> {
        loop {
            if let Some(item) = self.window.ready() {
                return Some(Ok(item));
            }
            let next = match join.framed {
                true => self.next_frame(),
                false => self.next_line(),
            };
            match next {
                Some(Ok(item)) => {
                    let ends = (join.look)(&item.bytes);
                    self.window.take(item, ends);
                }
                // What was read before comes first.
                Some(Err(ItemError::Io(error))) => self.failed = Some(error),
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    let failed = self.failed.take_if(|_| self.window.is_empty());
                    let failed = failed.map(|error| Err(ItemError::Io(error)));
                    return self.window.rest().map(Ok).or(failed);
                }
            }
        }
    }

    fn next_frame(&mut self) -> Option<Result<Item, ItemError>> {
        while !self.done {
            let limit = self.limits.line;
            match frames::next(&mut self.reader, limit, &mut self.length) {
                Ok(Frame::Piece(bytes, before)) => {
                    let line = self.line + before + 1;
                    self.line = line - 1 + memchr::memchr_iter(b'\n', &bytes).count() as u64;
                    if !bytes.trim_ascii().is_empty() {
                        return Some(Ok(Item { bytes, line }));
                    }
                }
                Ok(Frame::TooLong(lines)) => {
                    let line = self.line + 1;
                    self.line += lines;
                    return Some(Err(ItemError::LineTooLong { line, limit }));
                }
                Ok(Frame::End) => self.done = true,
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    fn document(&mut self) -> Option<Result<Item, ItemError>> {
        if self.done {
            return None;
        }
        self.done = true;
        let limit = self.limits.document;
        let mut bytes = Vec::new();
        let most = u64::try_from(limit.saturating_add(1)).unwrap_or(u64::MAX);
        match (&mut self.reader).take(most).read_to_end(&mut bytes) {
            Err(error) => Some(Err(ItemError::Io(error))),
            Ok(_) if bytes.len() > limit => Some(Err(ItemError::DocumentTooLong { limit })),
            Ok(_) if bytes.trim_ascii().is_empty() => None,
            Ok(_) => Some(Ok(Item { bytes, line: 1 })),
        }
    }
}

impl<R: BufRead> Iterator for Items<R> {
    type Item = Result<Item, ItemError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.layout {
            Layout::Lines => self.next_line(),
            Layout::Document => self.document(),
            Layout::Joined(join) => self.joined(join),
        }
    }
}

#[cfg(test)]
mod tests;
