//! The product as a library: both versions loaded, recordings replayed against them.

use crate::data::{Data, Version};
use crate::script::Said;
use agentauthz::diff::{CompareOptions, Comparison, DecisionChanges};
use agentauthz::engine::{
    Chunk, Engine, Ground, Ids, Incoming, Merge, Pairing, Place, Side, Track, Worker,
};
use agentauthz::model::{Answer, Decision, Importer, Outcome, RecordedAction};
use agentauthz::recording::{CHUNK, Item, Items, Limits, parse};
use agentauthz::repository::{Files, PolicyVersion, load};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Both versions.
pub struct Loaded {
    pub base: PolicyVersion,
    pub head: PolicyVersion,
    pairing: Pairing,
}

/// How much of the work is done, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What a change cannot touch is skipped: what `diff` does.
    Changed,
    /// Every policy whose scope holds is evaluated on both sides: `diff --full`.
    Full,
    /// By Cedar's evaluator alone: `diff --engine=interpreted`.
    Interpreted,
}

/// What the compiled engine says of a line.
#[derive(Debug)]
pub enum Compiled {
    /// Both sides say the same, whatever it is.
    Alike,
    /// This.
    Said(Said, Said),
}

impl Compiled {
    /// Whether the line was not decided any further.
    pub fn is_alike(&self) -> bool {
        matches!(self, Compiled::Alike)
    }

    /// Whether that is so, where base and head say this.
    pub fn is_true(&self, base: &Said, head: &Said) -> bool {
        match self {
            Compiled::Alike => base == head,
            Compiled::Said(ours, theirs) => (ours, theirs) == (base, head),
        }
    }
}

fn version(data: &Data, of: Version) -> PolicyVersion {
    let files = data.files(of);
    let version = load(&Files {
        paths: files.keys().cloned().collect(),
        read: &|path| {
            files
                .get(path)
                .map(|text| text.clone().into_bytes())
                .ok_or_else(String::new)
        },
        refused: Vec::new(),
    });
    assert!(
        version.diagnostics.is_empty(),
        "generated repositories are clean: {:?}",
        version.diagnostics.first()
    );
    version
}

impl Loaded {
    /// Loads both versions.
    pub fn new(data: &Data) -> Self {
        let (base, head) = (version(data, Version::Base), version(data, Version::Head));
        let pairing = Pairing::of(&base, &head);
        Self {
            base,
            head,
            pairing,
        }
    }

    /// The sides of a comparison.
    fn sides(&self) -> (Side<'_>, Side<'_>) {
        (
            Side::base(&self.base, &self.pairing),
            Side::head(&self.head),
        )
    }

    /// Prepares a comparison, which is not part of the replay, and hands it over.
    pub fn prepared<T>(&self, mode: Mode, work: impl FnOnce(&Replay<'_>) -> T) -> T {
        let engine = match mode {
            Mode::Changed | Mode::Full => Engine::Compiled,
            Mode::Interpreted => Engine::Interpreted,
        };
        let (base, head) = self.sides();
        let (base, head) = (base.with_engine(engine), head.with_engine(engine));
        let ground = Ground::default();
        let options = CompareOptions {
            full: mode == Mode::Full,
            verify: 0,
        };
        work(&Replay(Comparison::new(&ground, &base, &head, options)))
    }

    /// What the compiled engine says of each line: nothing where it leaves the line to the interpreter. `full` as in
    /// [`Mode`].
    pub fn compiled(&self, text: &str, full: bool) -> Vec<Option<Compiled>> {
        let (base, head) = self.sides();
        let ground = Ground::default();
        let track =
            Track::of_two(&ground, &base, &head, full, &[]).expect("both sides are compiled");
        let mut lane = track.lane();
        let recording: Arc<str> = "bench".into();
        let mut line = |(at, line)| {
            lane.take(&recording, at, line)?;
            Some(match lane.hand_over().unaffected {
                0 => match lane.answers() {
                    (Some(base), head) => Compiled::Said(of_answer(&base), of_answer(&head)),
                    (None, _) => panic!("both sides were compiled"),
                },
                _ => Compiled::Alike,
            })
        };
        (1..).zip(text.lines()).map(&mut line).collect()
    }

    /// What both sides say of each action, by the interpreter.
    pub fn say(&self, text: &str) -> Vec<(Said, Said)> {
        let (base, head) = self.sides();
        actions(text)
            .map(|(_, action)| (said(&base, &action), said(&head, &action)))
            .collect()
    }
}

fn actions(text: &str) -> impl Iterator<Item = (u64, Box<RecordedAction>)> {
    Items::open(
        text.as_bytes(),
        Some(Importer::Native),
        "bench",
        Limits::default(),
    )
    .expect("it opens")
    .flat_map(|item| {
        let item = item.expect("it reads");
        let parsed = parse(Importer::Native, &item, "bench");
        let line = item.line;
        parsed
            .actions
            .into_iter()
            .map(move |action| (line, Box::new(action.expect("a record"))))
    })
}

fn said(side: &Side<'_>, action: &RecordedAction) -> Said {
    match side.decide(action).outcome {
        Outcome::Decided(answer) => of_answer(&answer),
        other => panic!("everything generated can be decided: {other:?}"),
    }
}

fn of_answer(answer: &Answer) -> Said {
    Said {
        allow: answer.decision == Some(Decision::Allow),
        determining: answer.determining.iter().map(|id| id.to_string()).collect(),
        errors: answer.errors.iter().map(|id| id.to_string()).collect(),
    }
}

/// A comparison ready to replay.
pub struct Replay<'a>(Comparison<'a>);

impl Replay<'_> {
    /// Replays these lines on this thread.
    pub fn product_replay(&self, text: &str) -> DecisionChanges {
        let mut worker = self.0.worker();
        chunks(text)
            .into_iter()
            .for_each(|chunk| work(&mut worker, chunk));
        worker.finish()
    }

    /// Replays chunks of lines on all threads of a pool, as the binary does: a thread takes one after the other.
    pub fn on(&self, pool: &rayon::ThreadPool, chunks: &[&str]) -> DecisionChanges {
        let next = AtomicUsize::new(0);
        let parts = pool.broadcast(|_| {
            let mut worker = self.0.worker();
            while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                work(&mut worker, chunk);
            }
            worker.finish()
        });
        let mut all = DecisionChanges::default();
        parts.into_iter().for_each(|part| all.merge(part));
        all
    }
}

fn work(worker: &mut impl Worker, text: &str) {
    let recording: Arc<str> = "bench".into();
    let read = |line: u64, bytes: &[u8], each: &mut dyn FnMut(Incoming)| {
        let item = Item {
            bytes: bytes.to_vec(),
            line,
        };
        for action in parse(Importer::Native, &item, "bench").actions {
            let place = Place {
                recording: recording.clone(),
                line,
            };
            each(Incoming::Action(place, Box::new(action.expect("a record"))));
        }
    };
    let chunk = Chunk {
        recording: &recording,
        importer: Importer::Native,
        first_line: 1,
        bytes: text.as_bytes(),
        read: &read,
    };
    let mut ids = Ids::of(&recording);
    let count = worker.chunk(&chunk, &mut ids);
    assert_eq!(
        count.map(|count| count as usize),
        Some(ids.hashes().len()),
        "every line is an action"
    );
}

/// Lines in chunks as large as those of the binary.
pub fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let near = rest.as_bytes().get(CHUNK..).unwrap_or_default();
        let end = near
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |at| CHUNK + at + 1);
        let (chunk, after) = rest.split_at(end);
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// The first lines.
pub fn first(text: &str, lines: usize) -> &str {
    match text.match_indices('\n').nth(lines.saturating_sub(1)) {
        Some((at, _)) if lines > 0 => &text[..=at],
        _ => text,
    }
}
