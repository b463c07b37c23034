//! `check`: does everything parse, conform to the schema, and fit together?

use crate::engine::{
    Counts, Fixtures, Incoming, Merge, Notes, Side, SideTally, Volume, case_suites,
};
use crate::model::{Diagnostic, Severity};
use crate::repository::{PolicyVersion, Suite};
use std::collections::BTreeMap;

/// What was checked, and what was found.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// What is wrong, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// How much was checked.
    pub counted: Counted,
    /// What the recordings gave, where they were asked for.
    pub recordings: Option<RecordingsReport>,
}

/// How many things of each kind were checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Files read.
    pub files: usize,
    /// Policies that decide, links included.
    pub policies: usize,
    /// Templates.
    pub templates: usize,
    /// Actions of the schema, groups included.
    pub actions: usize,
    /// Agents of the inventory.
    pub agents: usize,
    /// Entities, agents included, actions not.
    pub entities: usize,
    /// Unit tests.
    pub tests: usize,
}

/// What is wrong with recordings, summarised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordingsReport {
    /// Their volume, with what is malformed.
    pub volume: Volume,
    /// Actions without a request, by reason.
    pub not_replayable: Counts,
    /// The tools of those actions.
    pub unmapped_tools: Counts,
    /// Requests that do not conform to the schema.
    pub nonconforming: Notes,
    /// Arguments that the schema does not know.
    pub left_out: Counts,
    /// Fields that could not be typed, by path.
    pub unknown: Counts,
    /// Ids that stand more than once, with how often.
    pub repeated: BTreeMap<String, u64>,
}

impl CheckReport {
    /// Whether there is any error.
    pub fn failed(&self) -> bool {
        let recordings = self
            .recordings
            .as_ref()
            .is_some_and(RecordingsReport::has_faults);
        recordings || self.errors() > 0
    }

    /// How many diagnostics are errors.
    pub fn errors(&self) -> usize {
        self.diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .count()
    }

    /// How many are warnings.
    pub fn warnings(&self) -> usize {
        self.diagnostics.len() - self.errors()
    }
}

impl RecordingsReport {
    /// Whether a line is malformed, an action has no place in the schema, or an id is repeated.
    pub fn has_faults(&self) -> bool {
        self.volume.malformed.count > 0
            || self
                .not_replayable
                .iter()
                .any(|(reason, _)| reason != "left_out")
            || self.nonconforming.count > 0
            || !self.repeated.is_empty()
    }
}

/// Checks a version: its own diagnostics, and the input of its unit tests.
pub fn check(version: &PolicyVersion) -> CheckReport {
    let mut diagnostics = version.diagnostics.clone();
    // Without a schema every test would be blamed for the schema's fault.
    if version.schema.is_some() {
        for suite in case_suites(version, Fixtures::Strict) {
            diagnostics.extend(suite.faults);
            let faults = suite.cases.into_iter().filter_map(|case| case.input.err());
            diagnostics.extend(faults.flatten());
        }
    }
    diagnostics.sort();
    diagnostics.dedup();
    CheckReport {
        diagnostics,
        counted: count(version),
        recordings: None,
    }
}

fn count(version: &PolicyVersion) -> Counted {
    let actions = version
        .schema
        .as_ref()
        .map_or(0, |schema| schema.actions().len());
    Counted {
        files: version.sources.iter().count(),
        policies: version.policies.policies().len(),
        templates: version
            .parsed
            .iter()
            .filter(|policy| policy.is_template)
            .count(),
        actions,
        agents: version.agents.len(),
        entities: version.store.len().saturating_sub(actions),
        tests: version.suites.iter().map(Suite::written_cases).sum(),
    }
}

/// Checks one thing read from a recording.
pub fn observe(side: &Side<'_>, report: &mut RecordingsReport, incoming: Incoming) {
    let Some((place, action)) = report.volume.read(incoming) else {
        return;
    };
    let mut tally = SideTally::default();
    match side.judge(&action) {
        Ok((mapped, nonconforming)) => {
            tally.remark(&place, &action, nonconforming.as_deref(), &mapped.left_out);
            for field in &mapped.request.unknown {
                report.unknown.add(&field.to_string(), action.count());
            }
        }
        Err(reason) => {
            tally.cannot_replay(&action, side.meant(&action).as_deref(), reason);
        }
    }
    report.not_replayable.merge(tally.not_replayable);
    report.unmapped_tools.merge(tally.unmapped_tools);
    report.nonconforming.merge(tally.nonconforming);
    report.left_out.merge(tally.left_out);
}

impl Merge for RecordingsReport {
    fn merge(&mut self, other: Self) {
        self.volume.merge(other.volume);
        self.not_replayable.merge(other.not_replayable);
        self.unmapped_tools.merge(other.unmapped_tools);
        self.nonconforming.merge(other.nonconforming);
        self.left_out.merge(other.left_out);
        self.unknown.merge(other.unknown);
        for (id, count) in other.repeated {
            *self.repeated.entry(id).or_default() += count;
        }
    }
}
