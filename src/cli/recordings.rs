//! Recordings streamed through the engine: read in order, parsed and decided in parallel, merged in order.

use super::error::CliError;
use super::output::Output;
use crate::engine::{Incoming, Merge, Place, fold};
use crate::model::Importer;
use crate::recording::{Confirm, Item, ItemError, Items, Limits, OpenError, Repeats, parse};
use crate::render::{Role, count, paint};
use crate::source::{self, Stream};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Recordings to read.
pub struct Input {
    /// The files, in order.
    pub paths: Vec<PathBuf>,
    /// Their format, where it was said.
    pub from: Option<Importer>,
}

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
                    .with_help("recordings end in `.jsonl`, `.json` or `.ndjson`, also with `.gz` or `.zst`"));
            }
            all.extend(found);
        }
        Ok(Self { paths: all, from })
    }

    /// Streams everything through `observe`, and confirms which ids are repeated.
    pub fn stream<A: Merge + Send>(
        &self,
        output: &Output,
        observe: impl Fn(&mut A, Incoming) + Sync,
    ) -> Result<Streamed<A>, CliError> {
        let repeats = Mutex::new(Repeats::new());
        let result = self.pass(output, |total: &mut A, batch: Batch| {
            let mut seen = Vec::new();
            for incoming in batch.incoming() {
                if let Incoming::Action(place, action) = &incoming {
                    seen.push(format!("{}#{}", place.recording, action.id));
                }
                observe(total, incoming);
            }
            let mut repeats = repeats.lock().unwrap_or_else(PoisonError::into_inner);
            for id in seen {
                repeats.see(&id);
            }
        })?;
        let repeats = repeats.into_inner().unwrap_or_else(PoisonError::into_inner);
        let repeated = self.confirm_repeated(output, repeats)?;
        Ok(Streamed { result, repeated })
    }

    /// Reads everything once more where some id may be repeated, and says which ids really are.
    pub fn confirm_repeated(
        &self,
        output: &Output,
        repeats: Repeats,
    ) -> Result<BTreeMap<String, u64>, CliError> {
        if repeats.overflowed() {
            say("more ids may stand twice than are kept: not all of them are named");
        }
        let candidates = repeats.into_candidates();
        if candidates.is_empty() {
            return Ok(BTreeMap::new());
        }
        // Standard input cannot be read twice, so there a repetition stays unconfirmed.
        if self.paths.iter().any(|path| path.as_os_str() == "-") {
            let ids = count(candidates.len() as u64, "id");
            say(&format!(
                "{ids} of these recordings may stand twice; name files to be sure"
            ));
            return Ok(BTreeMap::new());
        }
        let confirm = Confirm::new(candidates);
        self.confirm(output, confirm)
    }

    fn confirm(
        &self,
        output: &Output,
        confirm: Confirm,
    ) -> Result<BTreeMap<String, u64>, CliError> {
        let confirm = Mutex::new(confirm);
        self.pass(output, |_: &mut Nothing, batch: Batch| {
            let ids: Vec<String> = batch
                .incoming()
                .filter_map(|incoming| match incoming {
                    Incoming::Action(place, action) => {
                        Some(format!("{}#{}", place.recording, action.id))
                    }
                    Incoming::Malformed(..) | Incoming::Dropped(..) => None,
                })
                .collect();
            let mut confirm = confirm.lock().unwrap_or_else(PoisonError::into_inner);
            ids.iter().for_each(|id| confirm.see(id));
        })?;
        Ok(confirm
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .repeated())
    }

    fn pass<A: Merge + Send>(
        &self,
        output: &Output,
        work: impl Fn(&mut A, Batch) + Sync,
    ) -> Result<A, CliError> {
        let bar = progress_bar(output);
        let done = AtomicU64::new(0);
        let mut batches = Batches::new(self);
        let window = rayon::current_num_threads() * 4;
        let result = fold(
            batches.by_ref(),
            window,
            // A long line takes the place of many batches: its values take many times its bytes.
            |batch: &Batch| batch.bytes / BATCH_BYTES,
            |batch: Batch| {
                let mut part = A::default();
                let items = batch.items.len() as u64;
                work(&mut part, batch);
                done.fetch_add(items, Ordering::Relaxed);
                part
            },
            |_| bar.set_position(done.load(Ordering::Relaxed)),
        );
        bar.finish_and_clear();
        batches.end()?;
        Ok(result)
    }

    /// Every action in order, one by one, for commands that write as they read.
    pub fn each(
        &self,
        output: &Output,
        mut each: impl FnMut(Incoming) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let bar = progress_bar(output);
        let mut batches = Batches::new(self);
        for batch in batches.by_ref() {
            bar.inc(batch.items.len() as u64);
            batch.incoming().try_for_each(&mut each)?;
        }
        bar.finish_and_clear();
        batches.end()
    }
}

/// Says something beside the report, which a pipe does not carry.
fn say(text: &str) {
    let _ = writeln!(
        anstream::stderr(),
        "{} {text}",
        paint(Role::Warning, "warning:")
    );
}

#[derive(Default)]
struct Nothing;

impl Merge for Nothing {
    fn merge(&mut self, _: Self) {}
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

/// Items of one recording that are worked on together.
struct Batch {
    recording: Arc<str>,
    importer: Importer,
    items: Vec<Result<Item, (u64, String)>>,
    bytes: usize,
}

impl Batch {
    fn incoming(self) -> impl Iterator<Item = Incoming> {
        let Batch {
            recording,
            importer,
            items,
            bytes: _,
        } = self;
        items.into_iter().flat_map(move |item| {
            let place = |line| Place {
                recording: recording.clone(),
                line,
            };
            match item {
                Err((line, message)) => vec![Incoming::Malformed(place(line), message)],
                Ok(item) => {
                    let parsed = parse(importer, &item, &recording);
                    let dropped = parsed
                        .dropped
                        .into_iter()
                        .map(|(reason, count)| Incoming::Dropped(reason, count));
                    let actions = parsed.actions.into_iter().map(|action| match action {
                        Ok(action) => Incoming::Action(place(item.line), Box::new(action)),
                        Err(malformed) => {
                            Incoming::Malformed(place(malformed.line), malformed.message)
                        }
                    });
                    actions.chain(dropped).collect()
                }
            }
        })
    }
}

type OpenItems = Items<Box<dyn std::io::BufRead + Send>>;

/// Cuts recordings into batches. Reading stops at the first recording that cannot be read to its end.
struct Batches<'a> {
    input: &'a Input,
    next: usize,
    open: Option<(Arc<str>, OpenItems)>,
    failed: Option<CliError>,
}

/// A batch is this many items, or bytes, whatever comes first.
const BATCH_ITEMS: usize = 256;
const BATCH_BYTES: usize = 256 << 10;

impl<'a> Batches<'a> {
    fn new(input: &'a Input) -> Self {
        Self {
            input,
            next: 0,
            open: None,
            failed: None,
        }
    }

    fn end(self) -> Result<(), CliError> {
        self.failed.map_or(Ok(()), Err)
    }

    fn open_next(&mut self) -> Option<()> {
        let path = self.input.paths.get(self.next)?;
        self.next += 1;
        let Stream { name, reader } = match source::open_stream(path) {
            Ok(stream) => stream,
            Err(error) => return self.fail(CliError::file("read", path, &error)),
        };
        match Items::open(reader, self.input.from, &name, Limits::default()) {
            Ok(items) => {
                self.open = Some((name.into(), items));
                Some(())
            }
            Err(OpenError::Io(error)) => self.fail(CliError::file("read", path, &error)),
            Err(OpenError::UnknownFormat) => self.fail(unknown_format(path)),
        }
    }

    fn fail(&mut self, error: CliError) -> Option<()> {
        self.failed = Some(error);
        None
    }
}

fn unknown_format(path: &Path) -> CliError {
    CliError::new(format!("`{}` is no recording in a format that is known", path.display())).with_help(
        "known are native recordings, AgentDojo runs, tau2 results and OpenAI chat messages; `agentauthz import --from FORMAT` forces one",
    )
}

impl Iterator for Batches<'_> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        loop {
            if self.failed.is_some() {
                return None;
            }
            if self.open.is_none() {
                self.open_next()?;
            }
            let (name, items) = self.open.as_mut()?;
            let mut batch = Batch {
                recording: name.clone(),
                importer: items.importer(),
                items: Vec::new(),
                bytes: 0,
            };
            while batch.items.len() < BATCH_ITEMS && batch.bytes < BATCH_BYTES {
                match items.next() {
                    None => {
                        self.open = None;
                        break;
                    }
                    Some(Ok(item)) => {
                        batch.bytes += item.bytes.len();
                        batch.items.push(Ok(item));
                    }
                    Some(Err(ItemError::Io(error))) => {
                        let path = Path::new(batch.recording.as_ref()).to_path_buf();
                        self.failed = Some(CliError::file("read", &path, &error));
                        break;
                    }
                    Some(Err(error @ ItemError::LineTooLong { line, .. })) => {
                        batch.items.push(Err((line, error.to_string())));
                    }
                    Some(Err(error @ ItemError::DocumentTooLong { .. })) => {
                        batch.items.push(Err((1, error.to_string())));
                    }
                }
            }
            if !batch.items.is_empty() {
                return Some(batch);
            }
        }
    }
}
