//! Recordings streamed through the engine: cut in order, parsed and decided on every core, merged in any order.

use super::cut::{Body, Cutter, Piece, Watch};
use super::error::CliError;
use super::malformed::{Allowance, Malformed};
use super::output::Output;
use crate::engine::{Changing, Chunk, Ids, Incoming, Merge, Observer, Worker};
use crate::model::{Importer, LogLayout};
use crate::recording::{Confirm, Repeats, Sightings};
use crate::render::{Role, count, paint};
use crate::repository::PolicyVersion;
use crate::source::{self, Mark};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tempfile::NamedTempFile;

/// Recordings to read.
pub struct Input {
    /// The files, in order.
    pub paths: Vec<PathBuf>,
    /// Their format, where it was said.
    pub from: Option<Importer>,
    /// How log lines of a team's own are read, where that was said; else the mapping on disk says it.
    pub layout: Option<Arc<LogLayout>>,
    /// How much of them may be unreadable.
    pub allowance: Arc<Allowance>,
    /// By what calls change something for later calls of their sessions, where they do.
    pub changing: Option<Changing>,
    /// The calls that do, once they were read.
    sessions: OnceLock<Watch>,
    /// Copies of what cannot be read twice, by the numbers of the recordings.
    copies: OnceLock<BTreeMap<usize, NamedTempFile>>,
    /// The files as they were when the calls were read.
    marks: OnceLock<Vec<Option<Mark>>>,
}

/// With so many ids a worker turns to the filter that all of them share, which one at a time can use.
const MANY_IDS: usize = 1 << 14;

/// A recorded action is hardly ever shorter, in bytes.
pub const SHORT: u64 = 128;

/// What came of streaming.
pub struct Streamed<A> {
    /// The accumulated result.
    pub result: A,
    /// Ids that stand more than once, with how often.
    pub repeated: BTreeMap<String, u64>,
}

impl Input {
    /// The recordings that these paths name; directories stand for the recordings in them.
    pub fn new(paths: &[PathBuf], from: Option<Importer>) -> Result<Self, CliError> {
        let mut all = Vec::new();
        for path in paths {
            let found = source::list_recordings(path)
                .map_err(|error| CliError::file("read", path, &error))?;
            if found.is_empty() {
                return Err(CliError::new(format!("`{}` holds no recording", path.display()))
                    .with_help("recordings end in `.jsonl`, `.json`, `.ndjson` or `.csv`, also with `.gz` or `.zst`"));
            }
            all.extend(found);
        }
        Ok(Self {
            paths: all,
            from,
            layout: None,
            allowance: Arc::default(),
            changing: None,
            sessions: OnceLock::new(),
            copies: OnceLock::new(),
            marks: OnceLock::new(),
        })
    }

    /// Where a recording is read: itself, or a copy of it.
    pub fn file(&self, number: usize) -> Option<&Path> {
        let copy = self.copies.get().and_then(|copies| copies.get(&number));
        let own = self.paths.get(number).map(PathBuf::as_path);
        copy.map(NamedTempFile::path).or(own)
    }

    /// What actions are given of their sessions. What calls change is read first of all, because it may stand behind what it
    /// changed; so everything is read twice then, and standard input and pipes are copied to disk for that.
    fn sessions(&self, output: &Output) -> Result<Watch, CliError> {
        let Some(changing) = &self.changing else {
            return Ok(Watch::Nothing);
        };
        if let Some(known) = self.sessions.get() {
            return Ok(known.clone());
        }
        let copies = self.copied()?;
        let _ = self.copies.set(copies);
        let _ = self.marks.set(self.marks());
        let reading = changing.begin(self.paths.len() > 1);
        let reading = Arc::new(Mutex::new(reading));
        let watch = Watch::Read(reading.clone());
        let everything = |(): &mut (), piece: &Piece| piece.each(|_| true, |_| {});
        let Nothing = self.pass(output, watch, || (), everything, |()| Nothing)?;
        let Some(reading) = Arc::into_inner(reading) else {
            return Err(CliError::new("sessions are read still").with_help(FAULT));
        };
        let reading = reading.into_inner().unwrap_or_else(PoisonError::into_inner);
        let sessions = reading.finish().map_err(|message| {
            CliError::new(message).with_help("read the recordings in parts, by whole sessions")
        })?;
        let sessions = Watch::Give(Arc::new(sessions));
        Ok(self.sessions.get_or_init(|| sessions).clone())
    }

    /// A session that must not be put into one recording; see [`crate::engine::Sessions::mixed`].
    pub fn mixed(&self, output: &Output) -> Result<Option<String>, CliError> {
        Ok(match self.sessions(output)? {
            Watch::Give(sessions) => sessions.mixed(),
            Watch::Nothing | Watch::Read(_) => None,
        })
    }

    fn marks(&self) -> Vec<Option<Mark>> {
        let files = (0..self.paths.len()).filter_map(|number| self.file(number));
        files.map(Mark::of).collect()
    }

    /// An error where a recording is another one than when its calls were read: what they change would be of the one, and what
    /// is decided of the other.
    fn unchanged(&self) -> Result<(), CliError> {
        let Some(before) = self.marks.get() else {
            return Ok(());
        };
        let mut now = self.marks().into_iter().zip(before).zip(&self.paths);
        match now.find(|((now, before), _)| now != *before) {
            None => Ok(()),
            Some((_, path)) => Err(CliError::new(format!(
                "`{}` was written to while it was read",
                path.display()
            ))
            .with_help("copy it first, and read the copy")),
        }
    }

    fn copied(&self) -> Result<BTreeMap<usize, NamedTempFile>, CliError> {
        let mut copies = BTreeMap::new();
        for (number, path) in self.paths.iter().enumerate() {
            if source::length(path).is_some() {
                continue;
            }
            let fault = |error| CliError::file("copy", path, &error);
            let mut opened = source::open(path).map_err(fault)?;
            let mut copy = NamedTempFile::new().map_err(fault)?;
            io::copy(&mut opened.reader, &mut copy).map_err(fault)?;
            copies.insert(number, copy);
        }
        Ok(copies)
    }

    /// The same, with what calls change by the mappings of these versions.
    pub fn changed_by<'v>(self, versions: impl IntoIterator<Item = &'v PolicyVersion>) -> Self {
        let versions = versions.into_iter();
        let mappings = versions.filter_map(|version| version.mapping.as_ref());
        Self {
            changing: Changing::of(mappings),
            ..self
        }
    }

    /// The same, of which only so much may be unreadable.
    pub fn allowing(mut self, malformed: Malformed) -> Self {
        self.allowance = Arc::new(Allowance::new(malformed));
        self
    }

    /// Streams everything through `observe`, and confirms which ids are repeated.
    pub fn stream<A: Merge + Send>(
        &self,
        output: &Output,
        observe: impl Fn(&mut A, Incoming) + Sync,
    ) -> Result<Streamed<A>, CliError> {
        self.work(output, || Observer::new(&observe))
    }

    /// Streams everything through workers, one a thread, and confirms which ids are repeated.
    pub fn work<W: Worker>(
        &self,
        output: &Output,
        make: impl Fn() -> W + Sync,
    ) -> Result<Streamed<W::Result>, CliError> {
        let repeats = Mutex::new(self.repeats(self.every()));
        let hand_over = |hashes: &mut Vec<u64>| {
            lock(&repeats).see(hashes);
            hashes.clear();
        };
        let result = self.pass(
            output,
            self.sessions(output)?,
            || (make(), Vec::new()),
            |(worker, hashes), piece| {
                let mut ids = Ids::of(&piece.recording);
                let count = feed(worker, piece, &mut ids);
                hashes.extend_from_slice(ids.hashes());
                if hashes.len() > MANY_IDS {
                    hand_over(hashes);
                }
                count
            },
            |(worker, mut hashes)| {
                hand_over(&mut hashes);
                worker.finish()
            },
        )?;
        self.unchanged()?;
        let repeats = repeats.into_inner().unwrap_or_else(PoisonError::into_inner);
        let repeated = self.confirm_repeated(output, repeats)?;
        Ok(Streamed { result, repeated })
    }

    /// One id in about so many bytes, by the first lines of the first recording. Where lines turn out to be shorter, or
    /// to hold several ids, more ids are suspected, and looked for again.
    fn every(&self) -> u64 {
        // What is read of a pipe is gone, so only files are looked at, which can be read again.
        let first = self
            .paths
            .first()
            .filter(|path| source::length(path).is_some());
        let opened = first.and_then(|path| source::open(path).ok());
        let average = opened.and_then(|mut opened| {
            let bytes = opened.reader.fill_buf().ok()?;
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
            bytes.len().checked_div(lines)
        });
        let average = average.map_or(SHORT, |average| average as u64);
        average.clamp(SHORT, 4 * SHORT)
    }

    /// What finds repeated ids in recordings of this length that have one in so many bytes.
    pub fn repeats(&self, every: u64) -> Repeats {
        let bytes: Option<u64> = self.paths.iter().map(|path| source::length(path)).sum();
        Repeats::expecting(bytes.map(|bytes| bytes / every.max(1)))
    }

    /// Reads everything once more where some id may be repeated, and says which ids really are.
    pub fn confirm_repeated(
        &self,
        output: &Output,
        repeats: Repeats,
    ) -> Result<BTreeMap<String, u64>, CliError> {
        let overflowed = repeats.overflowed();
        let suspects = count(repeats.suspects() as u64, "id");
        let confirm = repeats.into_confirm();
        let mut repeated = BTreeMap::new();
        let mut more = false;
        // Standard input and pipes cannot be read twice, so there a repetition stays unconfirmed.
        if self.paths.iter().any(|path| source::length(path).is_none()) {
            if !confirm.is_empty() {
                say(&format!(
                    "{suspects} of these recordings may stand twice; name files to be sure"
                ));
            }
        } else if !confirm.is_empty() {
            (repeated, more) = self.confirm(output, &confirm)?.0.repeated();
        }
        if overflowed || more {
            say("more ids may stand twice than are kept: not all of them are named");
        }
        Ok(repeated)
    }

    fn confirm(&self, output: &Output, confirm: &Confirm) -> Result<Seen, CliError> {
        self.pass(
            output,
            Watch::Nothing,
            Seen::default,
            |seen, piece| {
                let ids = Ids::of(&piece.recording);
                let sight = |incoming: Incoming| {
                    if let Incoming::Action(place, action) = incoming {
                        let hash = ids.hash(action.id.as_bytes());
                        if confirm.suspects(hash) {
                            let text = format!("{}#{}", place.recording, action.id);
                            seen.0.see(hash, text);
                        }
                    }
                };
                let may_hold =
                    |line: &[u8]| confirm.may_hold(piece.importer, line, |id| ids.hash(id));
                piece.each(may_hold, sight)
            },
            |seen| seen,
        )
    }

    /// Every thread takes one piece after the other, until there is none or one cannot be read.
    fn pass<W, A: Merge + Send>(
        &self,
        output: &Output,
        sessions: Watch,
        make: impl Fn() -> W + Sync,
        work: impl Fn(&mut W, &Piece) -> u64 + Sync,
        finish: impl Fn(W) -> A + Sync,
    ) -> Result<A, CliError> {
        let bar = progress_bar(output);
        let cutter = Mutex::new(Cutter::new(self, sessions));
        let heavy = Mutex::new(());
        let results = rayon::broadcast(|_| {
            let mut worker = make();
            let mut done = None;
            loop {
                // Whoever needs something to do reads it, and unpacks it, while the others work.
                let mut cutting = lock(&cutter);
                if let Some(piece) = done.take() {
                    cutting.reuse(piece);
                }
                let Some(piece) = cutting.next() else {
                    // What is left to do takes its time, and the others have the same to do.
                    drop(cutting);
                    return finish(worker);
                };
                // Values take many times the bytes of their text, so of long lines only one is worked on at a time;
                // and nothing is read meanwhile that might be another one.
                let _alone: Option<MutexGuard<'_, ()>> = piece.is_heavy().then(|| lock(&heavy));
                drop(cutting);
                bar.inc(work(&mut worker, &piece));
                // One that is heavy is gone before another one is read.
                done = (!piece.is_heavy()).then_some(piece);
            }
        });
        bar.finish_and_clear();
        let cutter = cutter.into_inner().unwrap_or_else(PoisonError::into_inner);
        cutter.end()?;
        let mut results = results.into_iter();
        let mut total = results.next().unwrap_or_default();
        results.for_each(|result| total.merge(result));
        Ok(total)
    }

    /// Every action in order, one by one, for commands that write as they read.
    pub fn each(
        &self,
        output: &Output,
        mut each: impl FnMut(Incoming) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let sessions = self.sessions(output)?;
        let bar = progress_bar(output);
        let mut cutter = Cutter::new(self, sessions);
        for piece in cutter.by_ref() {
            let mut done = Ok(());
            let count = piece.each(
                |_| true,
                |incoming| {
                    if done.is_ok() {
                        done = each(incoming);
                    }
                },
            );
            done?;
            bar.inc(count);
        }
        bar.finish_and_clear();
        cutter.end()?;
        self.unchanged()
    }
}

/// Gives a piece to a worker, as lines where it takes them so; how many items there were.
fn feed<W: Worker>(worker: &mut W, piece: &Piece, ids: &mut Ids) -> u64 {
    if let Body::Lines(found) = &piece.body {
        let chunk = Chunk {
            recording: &piece.recording,
            importer: piece.importer,
            first_line: found.first,
            bytes: found.bytes.as_ref(),
            read: &|line, bytes, each| piece.line(line, bytes, each),
        };
        if let Some(count) = worker.chunk(&chunk, ids) {
            return count;
        }
    }
    piece.each(
        |_| true,
        |incoming| {
            if let Incoming::Action(_, action) = &incoming {
                ids.see(action.id.as_bytes());
            }
            worker.incoming(incoming);
        },
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says something beside the report, which a pipe does not carry.
fn say(text: &str) {
    let _ = writeln!(
        anstream::stderr(),
        "{} {text}",
        paint(Role::Warning, "warning:")
    );
}

/// What is shown where only a fault in agentauthz leads.
const FAULT: &str = "this is a fault in agentauthz: please report it";

/// What comes of a pass that only fills something.
#[derive(Default)]
struct Nothing;

impl Merge for Nothing {
    fn merge(&mut self, Nothing: Self) {}
}

#[derive(Default)]
struct Seen(Sightings);

impl Merge for Seen {
    fn merge(&mut self, other: Self) {
        self.0.add(other.0);
    }
}

fn progress_bar(output: &Output) -> ProgressBar {
    if !output.progress {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} records  {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_to_between_two_readings_is_an_error() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("r.jsonl");
        std::fs::write(&path, "{}\n").expect("written");
        let input = Input::new(std::slice::from_ref(&path), None).expect("there");
        input.marks.set(input.marks()).expect("once");
        assert!(input.unchanged().is_ok());
        std::fs::write(&path, "{}\n{}\n").expect("written");
        let fault = input.unchanged().expect_err("changed").to_string();
        assert!(fault.contains("written to while it was read"), "{fault}");
    }
}
