//! `replay`: what does one version say of the recorded actions?

mod denied;
mod replayer;

pub use denied::{Denials, Denied, DeniedAction};
pub use replayer::{ReplayWorker, Replayer};

use crate::engine::{Incoming, LeftCounts, Merge, Sample, Side, SideTally, Volume};
use crate::model::Diagnostic;
use std::collections::BTreeMap;

/// What one version says of recordings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Faults of the version that do not stop the replay; they head the report.
    pub diagnostics: Vec<Diagnostic>,
    /// How much was read.
    pub volume: Volume,
    /// What was decided.
    pub tally: SideTally,
    /// What is denied, action by action, where that was asked for.
    pub denied: Option<Denied>,
    /// Actions of which Cedar's evaluator was asked.
    pub interpreted: u64,
    /// Actions that the fast lane did not take, where it was to take what it can, and why.
    pub left: LeftCounts,
    /// Actions to be verified.
    pub sample: Sample,
    /// Ids that stand more than once, with how often.
    pub repeated: BTreeMap<String, u64>,
}

/// Replays one thing read from a recording.
pub fn observe(side: &Side<'_>, report: &mut ReplayReport, incoming: Incoming) {
    if let Some((place, action)) = report.volume.read(incoming) {
        report.interpreted += action.count();
        let verdict = side.decide(&action);
        report.tally.count(&place, &action, &verdict);
        if let (Some(denied), Some(answer)) = (&mut report.denied, verdict.outcome.answer()) {
            denied.count(&place, &action, verdict.request.as_ref(), answer);
        }
    }
}

impl Merge for ReplayReport {
    fn merge(&mut self, other: Self) {
        // Parts of one replay are of one version, so they have the same faults.
        self.diagnostics.extend(other.diagnostics);
        self.diagnostics.sort();
        self.diagnostics.dedup();
        self.volume.merge(other.volume);
        self.tally.merge(other.tally);
        if let Some(denied) = other.denied {
            self.denied.get_or_insert_default().merge(denied);
        }
        self.interpreted += other.interpreted;
        self.left.merge(other.left);
        self.sample.merge(other.sample);
        for (id, count) in other.repeated {
            *self.repeated.entry(id).or_default() += count;
        }
    }
}
