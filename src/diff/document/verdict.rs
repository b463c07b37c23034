//! How a report was judged.

use crate::repository::Gates;
use serde::{Deserialize, Serialize};

/// The limits of the sides. The stricter of both counts, one by one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GateLimits {
    /// Those of base; nothing where base is not a repository.
    pub base: Option<Gates>,
    /// Those of head.
    pub head: Gates,
}

/// The result of all gates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Result {
    /// `clean` (exit code 0), `failed` (1) or `inconclusive` (3).
    pub result: String,
    /// Every gate, those that failed first.
    pub gates: Vec<GateNote>,
    /// Every approval: used, drifted, expired or unused. What is wrong with an approval is a finding.
    pub approvals: Vec<ApprovalNote>,
}

/// What a gate came to.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GateVerdict {
    /// It failed.
    #[default]
    Failed,
    /// It is a gate of trust, and it failed: nothing is proven.
    Inconclusive,
    /// It passed.
    Passed,
}

/// One gate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GateNote {
    /// Its name, as in the manifest: `newly_allowed`, `fidelity`.
    pub gate: String,
    /// What it came to.
    pub verdict: GateVerdict,
    /// The limit, in words with units: `0 actions`, `at least 99.5 %`.
    pub limit: String,
    /// What was found, in words with units: `145 actions in 2 groups`, `98.1 %`.
    pub actual: String,
    /// The groups that count against it, by fingerprint.
    pub groups: Vec<String>,
    /// Whose limit it is: `default`, `base`, `head`, `working tree`, or `command line`.
    pub from: String,
}

/// What became of an approval.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// It covers its group.
    Used,
    /// Its group has outgrown it.
    #[default]
    Drifted,
    /// It is past its day.
    Expired,
    /// There is no such group.
    Unused,
}

/// One approval and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ApprovalNote {
    /// The fingerprint of the group that it names.
    pub group: String,
    /// What became of it.
    pub state: ApprovalState,
    /// Why the change is wanted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who approved it.
    pub approver: String,
    /// The last day on which it holds, as `YYYY-MM-DD`.
    pub expires: String,
    /// How the group is outside of its envelope, each a phrase.
    pub drift: Vec<String>,
}
