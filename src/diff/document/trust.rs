//! What was replayed, and whether it can be trusted.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was replayed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Traffic {
    /// Recorded actions.
    pub actions: u64,
    /// Actions by agent.
    pub agents: BTreeMap<String, u64>,
    /// Different sessions.
    pub sessions: u64,
    /// Whether the sessions were counted, and not estimated.
    pub sessions_exact: bool,
    /// The first time, in UTC.
    pub first: Option<String>,
    /// The last time, in UTC.
    pub last: Option<String>,
    /// The recordings, as they were named.
    pub recordings: Vec<String>,
    /// Records that could not be read.
    pub malformed: u64,
    /// Actions that were evaluated; the others no changed policy can decide.
    pub evaluated: u64,
}

/// How the actions were decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EngineNote {
    /// Actions of which Cedar's evaluator was asked; the others were decided by compiled policies.
    pub interpreted: u64,
    /// Actions that the fast lane left to be read in full, by reason.
    pub read_in_full_because: BTreeMap<String, u64>,
    /// Actions that were decided once more by Cedar's authorizer.
    pub verified: u64,
}

/// Whether the comparison can be trusted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Trust {
    /// Actions that both sides decided.
    pub compared: u64,
    /// How far base reproduces the decisions that were recorded.
    pub fidelity: FidelityNote,
    /// What base could not decide.
    pub base: SideTrust,
    /// What head could not decide.
    pub head: SideTrust,
    /// Changed policies that no recorded action reached.
    pub untried: Vec<Untried>,
    /// Days from the last recorded action to [`super::Document::now`]; nothing where no action has a time.
    pub age_days: Option<i64>,
    /// Changes of policies on which undecided actions rest, by policy: what was really decided may have changed.
    pub undecided_changes: BTreeMap<String, u64>,
}

/// Recorded decisions against those of base.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FidelityNote {
    /// Recorded decisions that base could decide.
    pub compared: u64,
    /// Those of them that base decides as they were recorded.
    pub same: u64,
    /// The others, grouped by what was recorded and why base decides otherwise; the most frequent first.
    pub mismatches: Vec<MismatchNote>,
    /// Mismatches that are in none of those groups.
    pub others: u64,
}

/// Recorded decisions that base does not reproduce.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MismatchNote {
    /// What was recorded.
    pub recorded: String,
    /// What base decides.
    pub decided: String,
    /// The policies that determine that.
    pub determining: Vec<String>,
    /// The policies that raise errors.
    pub errors: Vec<String>,
    /// How many actions.
    pub actions: u64,
    /// One of them: its recording and id.
    pub example: Option<String>,
}

/// What one side could not decide.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SideTrust {
    /// Actions that lack a fact the policies read.
    pub undecidable: u64,
    /// By the field that is wanting.
    pub wanting: BTreeMap<String, u64>,
    /// Actions that lack a fact the policies read, and are decided all the same.
    #[serde(default)]
    pub rescued: u64,
    /// Actions without a request.
    pub not_replayable: u64,
    /// By reason.
    pub reasons: BTreeMap<String, u64>,
    /// Their tools.
    pub unmapped_tools: BTreeMap<String, u64>,
    /// Requests that do not conform to the schema.
    pub nonconforming: u64,
    /// Errors of policies, by policy.
    pub errors: BTreeMap<String, u64>,
}

/// A changed policy that no recorded action reached: its scope held for none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Untried {
    /// The policy.
    pub policy: String,
    /// Whether a unit test of head reaches it.
    pub tested: bool,
}

/// What a side says, for counting.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Allow.
    Allow,
    /// Deny.
    Deny,
    /// It cannot be decided for want of a fact.
    Undecidable,
    /// There is no request.
    NotReplayable,
    /// The same as the other side, and not evaluated, because no changed policy can decide it.
    Unaffected,
}

/// Actions that base decides so, and head so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FlowCell {
    /// What base says.
    pub base: Said,
    /// What head says.
    pub head: Said,
    /// How many.
    pub actions: u64,
}

/// What one agent gained and lost at one action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MatrixCell {
    /// The agent; `-` where none was recorded.
    pub agent: String,
    /// The Cedar action; `-` where there is no request.
    pub action: String,
    /// Actions that widened.
    pub gained: u64,
    /// Actions that narrowed.
    pub lost: u64,
    /// Other changes: undecidable, errors, reasons.
    pub other: u64,
}
