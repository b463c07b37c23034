//! Recordings cut into pieces that are worked on one by one: chunks of lines, or whole documents.

use super::error::CliError;
use super::malformed::{Allowance, too_many};
use super::recordings::Input;
use crate::engine::{Incoming, Place};
use crate::model::Importer;
use crate::recording::{
    CHUNK, Chunks, Item, ItemError, Items, Limits, Lines, OpenError, Unread, lines, parse,
};
use crate::source::{self, Opened};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Part of one recording.
pub struct Piece {
    /// The recording as it was named.
    pub recording: Arc<str>,
    /// Its format.
    pub importer: Importer,
    /// What is in it.
    pub body: Body,
    /// What counts the records that cannot be read.
    pub allowance: Arc<Allowance>,
}

/// What a piece holds.
pub enum Body {
    /// Whole lines.
    Lines(Lines<Vec<u8>>),
    /// A document.
    Document(Item),
    /// Something that is not read, at a line, and why.
    LeftOut(u64, String),
}

impl Piece {
    /// How many bytes it has.
    pub fn len(&self) -> usize {
        match &self.body {
            Body::Lines(lines) => lines.bytes.len(),
            Body::Document(item) => item.bytes.len(),
            Body::LeftOut(..) => 0,
        }
    }

    /// Whether it is much larger than most pieces are.
    pub fn is_heavy(&self) -> bool {
        self.len() > 2 * CHUNK
    }

    /// Everything in it, but for lines that are not wanted; how many items there are.
    pub fn each(&self, wanted: impl Fn(&[u8]) -> bool, mut each: impl FnMut(Incoming)) -> u64 {
        match &self.body {
            Body::Lines(found) => {
                let mut count = 0;
                for (number, line) in lines(found.first, &found.bytes) {
                    count += 1;
                    if wanted(line) {
                        self.line(number, line, &mut each);
                    }
                }
                count
            }
            Body::Document(item) => {
                self.item(item, &mut each);
                1
            }
            Body::LeftOut(line, message) => {
                self.allowance.see();
                each(Incoming::Malformed(self.place(*line), message.clone()));
                1
            }
        }
    }

    /// Everything in one line.
    pub fn line(&self, number: u64, line: &[u8], each: &mut dyn FnMut(Incoming)) {
        let item = Item {
            bytes: line.to_vec(),
            line: number,
        };
        self.item(&item, each);
    }

    fn item(&self, item: &Item, each: &mut dyn FnMut(Incoming)) {
        let parsed = parse(self.importer, item, &self.recording);
        for action in parsed.actions {
            each(match action {
                Ok(action) => Incoming::Action(self.place(item.line), Box::new(action)),
                Err(malformed) => {
                    self.allowance.see();
                    Incoming::Malformed(self.place(malformed.line), malformed.message)
                }
            });
        }
        for (reason, count) in parsed.dropped {
            each(Incoming::Dropped(reason, count));
        }
    }

    fn place(&self, line: u64) -> Place {
        Place {
            recording: self.recording.clone(),
            line,
        }
    }
}

type Reader = Box<dyn BufRead + Send>;

/// A recording that is being cut.
struct Open {
    path: PathBuf,
    name: Arc<str>,
    importer: Importer,
    cuts: Cuts,
}

enum Cuts {
    Chunks(Box<Chunks<Unread<Reader>>>),
    Document(Box<Items<Reader>>),
}

/// Cuts recordings into pieces, in order. Reading stops at the first recording that cannot be read to its end.
pub struct Cutter<'a> {
    input: &'a Input,
    next: usize,
    open: Option<Open>,
    failed: Option<CliError>,
}

impl<'a> Cutter<'a> {
    /// Begins with the first recording.
    pub fn new(input: &'a Input) -> Self {
        input.allowance.begin();
        Self {
            input,
            next: 0,
            open: None,
            failed: None,
        }
    }

    /// Why reading stopped before the end, if it did.
    pub fn end(self) -> Result<(), CliError> {
        self.failed.map_or(Ok(()), Err)
    }

    /// Takes a piece that is done with, so that its memory serves again.
    pub fn reuse(&mut self, piece: Piece) {
        if let Body::Lines(lines) = piece.body
            && let Some(Open {
                cuts: Cuts::Chunks(chunks),
                ..
            }) = &mut self.open
        {
            chunks.reuse(lines.bytes);
        }
    }

    fn open_next(&mut self) -> Option<Open> {
        let path = self.input.paths.get(self.next)?;
        self.next += 1;
        let error = match source::open(path) {
            Ok(opened) => match open(path, opened, self.input.from) {
                Ok(open) => return Some(open),
                Err(OpenError::Io(error)) => CliError::file("read", path, &error),
                Err(OpenError::UnknownFormat) => unknown_format(path),
            },
            Err(error) => CliError::file("read", path, &error),
        };
        self.failed = Some(error);
        None
    }
}

fn open(path: &Path, opened: Opened, from: Option<Importer>) -> Result<Open, OpenError> {
    let Opened { name, reader } = opened;
    let items = Items::open(reader, from, &name, Limits::default())?;
    let importer = items.importer();
    let cuts = match items.into_chunks(CHUNK) {
        Ok(chunks) => Cuts::Chunks(Box::new(chunks)),
        Err(items) => Cuts::Document(items),
    };
    Ok(Open {
        path: path.to_path_buf(),
        name: name.into(),
        importer,
        cuts,
    })
}

fn unknown_format(path: &Path) -> CliError {
    CliError::new(format!("`{}` is no recording in a format that is known", path.display())).with_help(
        "known are native recordings, AgentDojo runs, tau2 results and OpenAI chat messages; `agentauthz import --from FORMAT` forces one",
    )
}

impl Cuts {
    fn next(&mut self) -> Option<Result<Body, ItemError>> {
        match self {
            Cuts::Chunks(chunks) => chunks.next().map(|cut| cut.map(Body::Lines)),
            Cuts::Document(items) => items.next().map(|item| item.map(Body::Document)),
        }
    }
}

impl Iterator for Cutter<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        while self.failed.is_none() {
            if let Some(limit) = self.input.allowance.exceeded() {
                self.failed = Some(too_many(self.input, limit));
                return None;
            }
            let mut open = match self.open.take() {
                Some(open) => open,
                None => self.open_next()?,
            };
            let body = match open.cuts.next() {
                None => continue,
                Some(Ok(body)) => body,
                Some(Err(ItemError::Io(error))) => {
                    self.failed = Some(CliError::file("read", &open.path, &error));
                    return None;
                }
                Some(Err(error @ ItemError::LineTooLong { line, .. })) => {
                    Body::LeftOut(line, error.to_string())
                }
                Some(Err(error @ ItemError::DocumentTooLong { .. })) => {
                    Body::LeftOut(1, error.to_string())
                }
            };
            let piece = Piece {
                recording: open.name.clone(),
                importer: open.importer,
                body,
                allowance: self.input.allowance.clone(),
            };
            self.open = Some(open);
            return Some(piece);
        }
        None
    }
}
