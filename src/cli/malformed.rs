//! `--max-malformed`: how much of recordings may be unreadable.

use super::cut::{Cutter, Watch};
use super::error::CliError;
use super::recordings::Input;
use crate::engine::Incoming;
use crate::render::count;
use crate::source;
use clap::Args;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much of recordings may be unreadable.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Malformed {
    /// Go on while at most this many records cannot be read, and do not count those as a finding; stop above it.
    #[arg(long, value_name = "N")]
    pub max_malformed: Option<u64>,
}

impl Malformed {
    /// Whether so many unreadable records are a finding. With a limit they are not: above it, the run has stopped.
    pub fn is_finding(self, found: u64) -> bool {
        self.max_malformed.map_or(found > 0, |limit| found > limit)
    }
}

/// Counts what one pass over recordings cannot read.
#[derive(Debug, Default)]
pub struct Allowance {
    limit: Option<u64>,
    seen: AtomicU64,
}

/// So many places are named.
const NAMED: usize = 10;

impl Allowance {
    /// One with this limit.
    pub fn new(malformed: Malformed) -> Self {
        Self {
            limit: malformed.max_malformed,
            seen: AtomicU64::new(0),
        }
    }

    /// Begins anew, for another pass.
    pub fn begin(&self) {
        self.seen.store(0, Ordering::Relaxed);
    }

    /// Counts a record.
    pub fn see(&self) {
        if self.limit.is_some() {
            self.seen.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The limit, where more was seen.
    pub fn exceeded(&self) -> Option<u64> {
        let seen = self.seen.load(Ordering::Relaxed);
        self.limit.filter(|limit| seen > *limit)
    }
}

/// The error of recordings of which more cannot be read than may be. What is named is the same whichever thread saw the
/// last one: the first places in order, without what stands there.
pub fn too_many(input: &Input, limit: u64) -> CliError {
    let mut message = match limit {
        0 => "a record cannot be read".to_owned(),
        limit => format!("more than {} cannot be read", count(limit, "record")),
    };
    let places = match input
        .paths
        .iter()
        .any(|path| source::length(path).is_none())
    {
        true => Vec::new(),
        false => first(input, limit),
    };
    if !places.is_empty() {
        message.push_str(&format!("; the first: {}", places.join(", ")));
    }
    CliError::new(message).with_help("without `--max-malformed` all of it is read, and each place is shown with its fault; another `--from FORMAT` may fit")
}

fn first(input: &Input, limit: u64) -> Vec<String> {
    let most = usize::try_from(limit).unwrap_or(NAMED).saturating_add(1);
    let most = most.min(NAMED);
    let Ok(again) = Input::new(&input.paths, input.from) else {
        return Vec::new();
    };
    let mut places = Vec::new();
    for piece in Cutter::new(&again, Watch::Nothing) {
        piece.each(
            |_| true,
            |incoming| {
                if let Incoming::Malformed(place, _) = incoming {
                    places.push(place.to_string());
                }
            },
        );
        if places.len() >= most {
            break;
        }
    }
    places.truncate(most);
    places
}
