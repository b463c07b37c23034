//! The decision-diff report as plain data: what renderers show, gates judge and `plan.json` holds. It can be written and
//! read again, and says nothing that is not in it.
//!
//! Lists are in the order in which they are shown, and maps are sorted, so that equal inputs give equal bytes.

mod cause;
mod group;
mod policy;
mod trust;
mod verdict;

pub use cause::{CauseNote, Origin, UnitNote, WayNote};
pub use group::{
    DecidingValue, Exemplar, ExemplarKind, GroupNote, Histogram, PredicateNote, RequestNote, Risk,
    SideNote, Threshold,
};
pub use policy::{
    ControlChange, ControlKind, HunkNote, PlaceNote, PolicyChangeNote, PolicyChangeWord,
    RepositoryNote,
};
pub use trust::{
    EngineNote, FidelityNote, FlowCell, MatrixCell, MismatchNote, Said, SideTrust, Traffic, Trust,
    Untried,
};
pub use verdict::{
    ApprovalNote, ApprovalState, GateLimits, GateNote, GateVerdict, Result as Verdict,
};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format that [`Document::format`] names. Keys may be added within a version.
pub const FORMAT: &str = "agentauthz.diff/2";

/// Everything that a diff found, and how it was judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(title = "agentauthz decision-diff report")]
pub struct Document {
    /// `agentauthz.diff/2`.
    pub format: String,
    /// The version of agentauthz that computed it.
    pub tool: String,
    /// The day by which expiry and freshness were judged, as `YYYY-MM-DD` in UTC.
    pub now: String,
    /// The name of the policy repository.
    pub repository_name: Option<String>,
    /// Where the policy repository stands in its git repository, as `policies/`; empty where it is the root, or not known.
    #[serde(default)]
    pub directory: String,
    /// Base.
    pub base: VersionNote,
    /// Head.
    pub head: VersionNote,
    /// Whether argument values of recorded actions are in here. Where they are not, they are gone, not masked.
    pub values: bool,
    /// Whether base and head both allow argument values in what leaves the machine.
    #[serde(default)]
    pub values_allowed: bool,
    /// How it was judged; nothing in a plan that was only computed.
    pub verdict: Option<Verdict>,
    /// The limits of both sides, so that a plan can be judged without the repository.
    #[serde(default)]
    pub gates: GateLimits,
    /// What changed in the repository.
    pub repository: RepositoryNote,
    /// What was replayed; nothing where there was no recording.
    pub traffic: Option<Traffic>,
    /// How the actions were decided.
    pub engine: EngineNote,
    /// Whether the comparison can be trusted.
    pub trust: Trust,
    /// By class, in the order of their risk; all of them, also those that did not occur.
    pub classes: Vec<ClassNote>,
    /// Decisions of base against decisions of head. The numbers add up to the actions of the traffic.
    pub flow: Vec<FlowCell>,
    /// The groups, ranked; a flip is in exactly one, or counted in [`Document::ungrouped`].
    pub groups: Vec<GroupNote>,
    /// Changes that are in no group, because there were too many groups. Changes of reasons alone do not count: they may be
    /// in no group as well.
    pub ungrouped: u64,
    /// Agents by actions: what was gained and lost. Cells in which nothing changed are not there.
    pub matrix: Vec<MatrixCell>,
    /// Sessions in which something flipped.
    pub changed_sessions: u64,
    /// Flips that are the first one of their session.
    pub first_divergences: u64,
    /// Flips after the first one of their session: the agent might have gone another way. Those of actions without a
    /// session are in neither number.
    pub downstream: u64,
    /// Whether the last three numbers are exact, and not estimated from a sample of the sessions.
    pub divergences_exact: bool,
    /// Faults of the versions that do not stop the comparison, as `base: …` and `head: …`, each a line.
    pub diagnostics: Vec<String>,
    /// Ids that stand more than once in the recordings, with how often.
    pub repeated_ids: BTreeMap<String, u64>,
}

/// A policy version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct VersionNote {
    /// How it was named on the command line, or `working tree`.
    pub label: String,
    /// How to name it again on the command line; nothing for the working tree.
    pub name: Option<String>,
    /// The digest of its files.
    pub digest: String,
    /// The digest of those that decide: not of unit tests, which may be added while a plan is worked on. Empty where that is
    /// not known.
    #[serde(default)]
    pub deciding: String,
    /// How many policies it has, links included.
    pub policies: u64,
}

/// One class of change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ClassNote {
    /// The class.
    pub class: crate::model::ChangeClass,
    /// Recorded actions.
    pub actions: u64,
    /// Those of them that widened: newly allowed, error opened, newly decidable with allow.
    pub widened: u64,
    /// Those of them that narrowed, the mirror image.
    pub narrowed: u64,
    /// Different agents.
    pub agents: u64,
    /// Different sessions.
    pub sessions: u64,
}

/// The JSON Schema (draft 2020-12) of a [`Document`].
pub fn json_schema() -> serde_json::Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<Document>().to_value()
}

impl Document {
    /// The same without the argument values of recorded actions, for whatever leaves the machine. What is left names
    /// policies, actions, agents, sessions, ids and counts.
    pub fn without_values(mut self) -> Self {
        if !self.values {
            return self;
        }
        self.values = false;
        for group in &mut self.groups {
            group.hide_values();
        }
        for approval in self.verdict.iter_mut().flat_map(|v| &mut v.approvals) {
            approval.hide_values();
        }
        self
    }
}

impl GroupNote {
    fn hide_values(&mut self) {
        for unit in &mut self.cause.units {
            unit.error = None;
        }
        for value in &mut self.values {
            value.range = None;
            value.distinct = Vec::new();
            if let Some(histogram) = &mut value.histogram {
                histogram.hide_limits();
            }
        }
        for exemplar in &mut self.exemplars {
            if let Some(request) = &mut exemplar.request {
                request.context.clear();
            }
            exemplar.base.saw.clear();
            exemplar.head.saw.clear();
        }
        if let Some(approval) = &mut self.approval {
            approval.hide_values();
        }
    }
}

impl ApprovalNote {
    /// Phrases that begin with a path name the values that lie outside.
    fn hide_values(&mut self) {
        for drift in &mut self.drift {
            if drift.starts_with("context") {
                let path = drift.split(": ").next().unwrap_or_default();
                *drift = format!("{path}: outside of the envelope");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_it_was_written() {
        let document = Document {
            format: FORMAT.to_owned(),
            groups: vec![GroupNote {
                values: vec![DecidingValue {
                    range: Some(["1".to_owned(), "812".to_owned()]),
                    ..DecidingValue::default()
                }],
                ..GroupNote::default()
            }],
            values: true,
            verdict: Some(Verdict {
                approvals: vec![ApprovalNote {
                    drift: vec![
                        "context.input.amount: 812 is above 100".to_owned(),
                        "agent `a` is not in the envelope".to_owned(),
                    ],
                    ..ApprovalNote::default()
                }],
                ..Verdict::default()
            }),
            ..Document::default()
        };
        let text = serde_json::to_string(&document).unwrap();
        let read: Document = serde_json::from_str(&text).unwrap();
        assert_eq!(read, document);
        let hidden = serde_json::to_string(&document.without_values()).unwrap();
        assert!(!hidden.contains("812"), "{hidden}");
        assert!(hidden.contains("context.input.amount: outside"), "{hidden}");
        assert!(hidden.contains("agent `a` is not"), "{hidden}");
    }
}
