//! Recordings cut into pieces that are worked on one by one: chunks of lines, or whole documents.

use super::error::CliError;
use super::malformed::{Allowance, too_many};
use super::recordings::Input;
use super::versions::log_layout;
use crate::engine::{Changing, Incoming, Place, Reading, Sessions, Standing};
use crate::model::{Importer, LogLayout, RecordedAction};
use crate::recording::{
    CHUNK, Chunks, Item, ItemError, Items, Limits, Lines, Parsed, Peeked, RowChunks, Rows, Unread,
    lines, missing_columns, parse, parse_line, parse_row,
};
use crate::source::{self, Opened};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Part of one recording.
pub struct Piece {
    /// The recording as it was named.
    pub recording: Arc<str>,
    /// Its format.
    pub importer: Importer,
    /// How it is read, where its lines are a team's own.
    layout: Option<Arc<LogLayout>>,
    /// What is in it.
    pub body: Body,
    /// What counts the records that cannot be read.
    pub allowance: Arc<Allowance>,
    /// By what calls change something, where they do.
    changing: Option<Changing>,
    /// What is done with the sessions of its actions.
    sessions: Watch,
    /// The number of the recording, from 0.
    number: u32,
    /// Which one of the documents in it this is; nothing where lines tell its actions apart.
    document: Option<u64>,
}

/// What is done with the sessions of the actions that are read.
#[derive(Clone, Default)]
pub enum Watch {
    /// Nothing, because no call changes anything.
    #[default]
    Nothing,
    /// Calls that change something are kept.
    Read(Arc<Mutex<Reading>>),
    /// Actions are given the calls that may have come before them.
    Give(Arc<Sessions>),
}

impl Watch {
    fn action(&self, at: Standing, action: &mut RecordedAction) {
        match self {
            Watch::Nothing => {}
            Watch::Read(reading) => {
                let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
                reading.see(at, action);
            }
            Watch::Give(sessions) => sessions.give(at, action),
        }
    }

    fn lost(&self, at: Standing, place: &Place) {
        if let Watch::Read(reading) = self {
            let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
            reading.lose(at, place);
        }
    }
}

/// What a piece holds.
pub enum Body {
    /// Whole lines.
    Lines(Lines<Vec<u8>>),
    /// A document.
    Document(Item),
    /// Rows of a table.
    Rows(Rows),
    /// Something that is not read, at a line, and why.
    LeftOut(u64, String),
}

impl Piece {
    /// How many bytes it has.
    pub fn len(&self) -> usize {
        match &self.body {
            Body::Lines(lines) => lines.bytes.len(),
            Body::Document(item) => item.bytes.len(),
            Body::Rows(rows) => rows.bytes,
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
            Body::Rows(rows) => {
                if let Some(layout) = &self.layout {
                    self.rows(layout, rows, &mut each);
                }
                rows.rows.len() as u64
            }
            Body::LeftOut(line, message) => {
                self.allowance.see();
                self.sessions
                    .lost(self.standing(*line, 0), &self.place(*line));
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
        let parsed = match &self.layout {
            Some(layout) => parse_line(layout, item, &self.recording),
            None => parse(self.importer, item, &self.recording),
        };
        self.give(parsed, item.line, each);
    }

    fn rows(&self, layout: &LogLayout, found: &Rows, each: &mut dyn FnMut(Incoming)) {
        for row in &found.rows {
            let parsed = parse_row(layout, &found.header, row, &self.recording);
            self.give(parsed, row.line, each);
        }
    }

    fn give(&self, parsed: Parsed, line: u64, each: &mut dyn FnMut(Incoming)) {
        for (nth, action) in (0..).zip(parsed.actions) {
            let at = self.standing(line, nth);
            each(match action {
                Ok(mut action) => {
                    self.sessions.action(at, &mut action);
                    let changing = self.changing.as_ref();
                    // Results are long, and nothing else reads them.
                    if !changing.is_some_and(|changing| changing.reads_result(&action))
                        && let Some(call) = &mut action.call
                    {
                        call.result = None;
                    }
                    Incoming::Action(self.place(line), Box::new(action))
                }
                Err(malformed) => {
                    self.allowance.see();
                    let place = self.place(malformed.line);
                    self.sessions.lost(at, &place);
                    Incoming::Malformed(place, malformed.message)
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

    fn standing(&self, line: u64, nth: u32) -> Standing {
        (self.number, self.document.unwrap_or(line), nth)
    }
}

type Reader = Box<dyn BufRead + Send>;

/// A recording that is being cut.
struct Open {
    path: PathBuf,
    name: Arc<str>,
    importer: Importer,
    layout: Option<Arc<LogLayout>>,
    cuts: Cuts,
    /// So many pieces were cut of it.
    pieces: u64,
}

enum Cuts {
    Rows(Box<RowChunks<Unread<Reader>>>),
    Chunks(Box<Chunks<Unread<Reader>>>),
    Document(Box<Items<Reader>>),
}

/// Cuts recordings into pieces, in order. Reading stops at the first recording that cannot be read to its end.
pub struct Cutter<'a> {
    input: &'a Input,
    next: usize,
    open: Option<Open>,
    /// What the mapping on disk says of a team's own lines, once somebody asked for it.
    on_disk: Option<Option<Arc<LogLayout>>>,
    failed: Option<CliError>,
    sessions: Watch,
}

impl<'a> Cutter<'a> {
    /// Begins with the first recording.
    pub fn new(input: &'a Input, sessions: Watch) -> Self {
        input.allowance.begin();
        Self {
            input,
            next: 0,
            open: None,
            on_disk: None,
            failed: None,
            sessions,
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
        let file = self.input.file(self.next)?;
        self.next += 1;
        let opened = source::open(file)
            .map(|opened| Opened {
                name: source::name(path),
                ..opened
            })
            .map_err(|error| CliError::file("read", path, &error));
        match opened.and_then(|opened| self.begin(path, opened)) {
            Ok(open) => Some(open),
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }

    fn begin(&mut self, path: &Path, opened: Opened) -> Result<Open, CliError> {
        let Opened { name, reader } = opened;
        let limits = Limits::default();
        let peeked = Peeked::at(reader, &name);
        let peeked = peeked.map_err(|error| CliError::file("read", path, &error))?;
        let known = self.input.from.or(peeked.detected());
        let is_told = self.input.from.is_some();
        let layout = match known {
            Some(Importer::Csv | Importer::Jsonl) => {
                let layout = self.layout()?;
                Some(layout.ok_or_else(|| no_layout(path))?)
            }
            None if peeked.begins_object() => self.layout()?,
            Some(_) if !is_told && peeked.looks_own() => self.layout()?,
            Some(_) | None => None,
        };
        let importer = match (known, &layout) {
            (Some(Importer::Csv), _) => Importer::Csv,
            (_, Some(_)) => Importer::Jsonl,
            (known, None) => known.ok_or_else(|| unknown_format(path))?,
        };
        let cuts = match (importer, &layout) {
            (Importer::Csv, Some(layout)) => {
                Cuts::Rows(Box::new(peeked.rows(layout.delimiter, limits, CHUNK)))
            }
            (_, _) => match peeked.items(importer, limits).into_chunks(CHUNK) {
                Ok(chunks) => Cuts::Chunks(Box::new(chunks)),
                Err(items) => Cuts::Document(items),
            },
        };
        Ok(Open {
            path: path.to_path_buf(),
            name: name.into(),
            importer,
            layout,
            cuts,
            pieces: 0,
        })
    }

    /// How a team's own lines are read, where anything says it.
    fn layout(&mut self) -> Result<Option<Arc<LogLayout>>, CliError> {
        if let Some(layout) = &self.input.layout {
            return Ok(Some(layout.clone()));
        }
        if let Some(layout) = &self.on_disk {
            return Ok(layout.clone());
        }
        let layout = log_layout()?.map(Arc::new);
        self.on_disk = Some(layout.clone());
        Ok(layout)
    }
}

fn unknown_format(path: &Path) -> CliError {
    let known: Vec<_> = Importer::ALL
        .iter()
        .map(|importer| importer.name())
        .collect();
    CliError::new(format!(
        "`{}` is no recording in a format that is known",
        path.display()
    ))
    .with_help(format!(
        "known are {}; `agentauthz import --from FORMAT` forces one, and for log lines of your own say under `source` in the mapping where the parts of an action stand",
        known.join(", ")
    ))
}

fn no_layout(path: &Path) -> CliError {
    CliError::new(format!(
        "nothing says where the parts of an action stand in `{}`",
        path.display()
    ))
    .with_help("say it under `source` in the mapping: `tool` at least, and where `args` stand")
}

impl Open {
    /// What a table lacks that its rows cannot be read without: were each of them told apart, `--max-malformed` might let
    /// a whole table go.
    fn lacks(&self, body: &Body) -> Option<CliError> {
        let (Body::Rows(rows), Some(layout)) = (body, &self.layout) else {
            return None;
        };
        let missing = missing_columns(layout, &rows.header);
        if !rows.first || missing.is_empty() {
            return None;
        }
        let quoted = |names: &mut dyn Iterator<Item = &str>| -> String {
            let clipped = names.map(|name| name.chars().take(LONGEST).collect::<String>());
            let names: Vec<_> = clipped.map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        let wanted = quoted(&mut missing.iter().copied());
        let columns = quoted(&mut rows.header.iter().map(String::as_str).take(SHOWN));
        let error = CliError::new(format!(
            "`{}` cannot be read: `source` in the mapping names {wanted}, which its header does not have",
            self.path.display()
        ));
        Some(error.with_help(match columns.as_str() {
            "" => "its first line is no header".to_owned(),
            columns => format!("its columns are {columns}"),
        }))
    }
}

/// So many columns of a table are named at most, and so many letters of each.
const SHOWN: usize = 20;
const LONGEST: usize = 60;

impl Cuts {
    fn next(&mut self) -> Option<Result<Body, ItemError>> {
        match self {
            Cuts::Rows(rows) => rows.next().map(|cut| cut.map(Body::Rows)),
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
                Some(Ok(body)) => match open.lacks(&body) {
                    None => body,
                    Some(error) => {
                        self.failed = Some(error);
                        return None;
                    }
                },
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
            let document = matches!(open.cuts, Cuts::Document(_)).then_some(open.pieces);
            open.pieces += 1;
            let piece = Piece {
                recording: open.name.clone(),
                importer: open.importer,
                layout: open.layout.clone(),
                body,
                allowance: self.input.allowance.clone(),
                changing: self.input.changing.clone(),
                sessions: self.sessions.clone(),
                number: u32::try_from(self.next).unwrap_or(u32::MAX),
                document,
            };
            self.open = Some(open);
            return Some(piece);
        }
        None
    }
}
