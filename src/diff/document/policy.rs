//! What changed in the repository.

use serde::{Deserialize, Serialize};

/// What changed between two repositories.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RepositoryNote {
    /// Policies, templates and links, by name.
    pub policies: Vec<PolicyChangeNote>,
    /// Whether what the schema says changed.
    pub schema: bool,
    /// Whether what the mapping says changed.
    pub mapping: bool,
    /// Entities that were added, removed or changed, agents included.
    pub entities: Vec<String>,
    /// Changes of what controls the tool, shown apart.
    pub control: Vec<ControlChange>,
}

/// What happened to a policy.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PolicyChangeWord {
    /// It is only on head.
    Added,
    /// It is only on base.
    Removed,
    /// It differs.
    #[default]
    Edited,
    /// It stands in another file, unchanged.
    Moved,
}

/// One changed policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PolicyChangeNote {
    /// Its name, as both sides use it.
    pub policy: String,
    /// What happened to it.
    pub kind: PolicyChangeWord,
    /// In what respects, each a phrase: `literal 10000 → 50000 in …`, `scope of the resource widened: == → in`,
    /// `annotations only`.
    pub edits: Vec<String>,
    /// Whether it may decide otherwise now.
    pub deciding: bool,
    /// Where it stands on base.
    pub base: Option<PlaceNote>,
    /// Where it stands on head.
    pub head: Option<PlaceNote>,
    /// What changed in its text, as hunks of a unified diff.
    pub hunks: Vec<HunkNote>,
}

/// A place in a file of the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlaceNote {
    /// The file.
    pub path: String,
    /// The line, from 1, where the policy begins.
    pub line: u64,
    /// The line of the first change in it; the first line where there is none.
    pub changed: u64,
}

/// A run of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HunkNote {
    /// The line of the first one in the file on base; 0 where there is none.
    pub base_line: u64,
    /// The line of the first one in the file on head; 0 where there is none.
    pub head_line: u64,
    /// Each with its sign (` `, `-`, `+`) before the text.
    pub lines: Vec<String>,
}

/// What kind of control changed.
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
pub enum ControlKind {
    /// A gate of the manifest.
    Gate,
    /// The manifest otherwise.
    #[default]
    Manifest,
    /// An approval.
    Approval,
    /// A unit test.
    Test,
    /// The mapping from tool calls to requests.
    Mapping,
    /// What lints accept: a suppression, or the baseline.
    Lint,
}

/// A change of what controls the tool: a pull request must not loosen its own review unseen.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
pub struct ControlChange {
    /// What kind.
    pub kind: ControlKind,
    /// What happened, in a phrase: `tests/crm.test.yaml deleted`, `newly_allowed.max 0 → 10`.
    pub what: String,
    /// Whether it loosens control: a deleted test, a weaker gate. These are findings.
    pub weakens: bool,
}
