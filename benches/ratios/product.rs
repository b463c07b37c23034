//! The product as a library: both versions loaded, recordings replayed against them.

use crate::data::{Data, Version};
use crate::script::Said;
use agentauthz::diff::{DecisionChanges, observe};
use agentauthz::engine::{Incoming, Merge, Pairing, Place, Side};
use agentauthz::model::{Decision, Importer, Outcome, RecordedAction};
use agentauthz::recording::{Items, Limits, parse};
use agentauthz::repository::{Files, PolicyVersion, load};
use rayon::prelude::*;
use std::sync::Arc;

/// Both versions.
pub struct Loaded {
    pub base: PolicyVersion,
    pub head: PolicyVersion,
    pairing: Pairing,
}

/// How much of the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What a change cannot touch is skipped: what `diff` does.
    Changed,
    /// Every policy whose scope holds is evaluated on both sides.
    Full,
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
        "generated repositories are clean"
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
        let (base, head) = self.sides();
        work(&Replay {
            base: &base,
            head: &head,
            mode,
        })
    }

    /// What both sides say of each action.
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
        Outcome::Decided(answer) => Said {
            allow: answer.decision == Some(Decision::Allow),
            determining: answer.determining.iter().map(|id| id.to_string()).collect(),
            errors: answer.errors.iter().map(|id| id.to_string()).collect(),
        },
        other => panic!("everything generated can be decided: {other:?}"),
    }
}

/// A comparison ready to replay.
pub struct Replay<'a> {
    base: &'a Side<'a>,
    head: &'a Side<'a>,
    mode: Mode,
}

impl Replay<'_> {
    /// Replays these lines on this thread.
    pub fn product_replay(&self, text: &str) -> DecisionChanges {
        let recording: Arc<str> = "bench".into();
        let mut changes = DecisionChanges::default();
        match self.mode {
            Mode::Changed | Mode::Full => {
                for (line, action) in actions(text) {
                    let place = Place {
                        recording: recording.clone(),
                        line,
                    };
                    observe(
                        self.base,
                        self.head,
                        &mut changes,
                        Incoming::Action(place, action),
                    );
                }
            }
        }
        changes
    }

    /// Replays chunks of lines on all threads of a pool.
    pub fn on(&self, pool: &rayon::ThreadPool, chunks: &[&str]) -> DecisionChanges {
        let parts: Vec<DecisionChanges> = pool.install(|| {
            chunks
                .par_iter()
                .map(|chunk| self.product_replay(chunk))
                .collect()
        });
        let mut all = DecisionChanges::default();
        parts.into_iter().for_each(|part| all.merge(part));
        all
    }
}

/// How many actions no changed policy can touch, by the product's own count; nothing where it does not say.
pub fn unaffected(_: &DecisionChanges) -> Option<u64> {
    None
}

/// Lines in chunks of about a megabyte.
pub fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let near = rest.as_bytes().get(1 << 20..).unwrap_or_default();
        let end = near
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |at| (1 << 20) + at + 1);
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
