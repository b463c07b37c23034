//! Why decisions flipped, and what takes it back.

use super::policy::PlaceNote;
use serde::{Deserialize, Serialize};

/// What is behind the changes of a group. The names are those of [`UnitNote`]s.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CauseNote {
    /// Flips: the minimal sets of edits that, applied to base, give head's decision. Each way is enough.
    pub why: Vec<WayNote>,
    /// Flips: the minimal sets of edits that, taken back on head, give base's decision. Each way is enough.
    pub undo: Vec<WayNote>,
    /// Whether `why` and `undo` are proven for every action of the group. They are empty, and not proven, for changes that
    /// are no flips.
    pub exact: bool,
    /// For how many actions the status of some policy is unknown: there each way of `why` is enough all the same, but
    /// there may be others, and `undo` may not be enough.
    pub uncertain: u64,
    /// Other classes: policies that raise errors, determine, or are unknown on head but not on base.
    pub gained: Vec<String>,
    /// The reverse.
    pub lost: Vec<String>,
    /// Why an action has no request, or which fields are wanting, where a side cannot decide.
    pub wanting: Vec<String>,
    /// Every edit that is named above, in the order in which it should be read: the first one is the group's own.
    pub units: Vec<UnitNote>,
}

/// A set of edits: all of some, with one of others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WayNote {
    /// What is in every set.
    pub all: Vec<String>,
    /// One of these is in each set; where there is none, there is one set.
    pub and_one_of: Vec<String>,
}

/// What a change comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The text of the policy, or what its link links.
    Policy,
    /// Entities or agents.
    Entities,
    /// The schema.
    Schema,
    /// The mapping from tool calls to requests.
    Mapping,
}

/// One edit: a policy, a template with all its links, or a link.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UnitNote {
    /// The name of the policy, template or link, as both sides use it.
    pub name: String,
    /// `permit` or `forbid`: on head, or on base where it is gone.
    pub effect: String,
    /// `policy`, `template` or `link`.
    pub kind: String,
    /// What was done to it, each a phrase: `added`, `removed`, `literal 10000 → 50000`, `conjunct … added`. Empty where its
    /// text is the same on both sides.
    pub edits: Vec<String>,
    /// Where its changed status comes from, by the examples of the group. Several ones: only together, or not the same
    /// for all examples.
    pub origins: Vec<Origin>,
    /// Where it stands on base, and the line of the first change in it.
    pub base: Option<PlaceNote>,
    /// Where it stands on head, and the line of the first change in it.
    pub head: Option<PlaceNote>,
    /// Its status for the first example on base: `satisfied`, `not satisfied`, `error`, `unknown`, or `absent`.
    pub base_status: String,
    /// The same on head.
    pub head_status: String,
    /// What blocked it on base, or raised the error, as text of the policy: `context.input.amount <= 500`.
    pub base_blocking: Option<String>,
    /// The same on head.
    pub head_blocking: Option<String>,
    /// Cedar's message, where it raises an error on head (else on base). It may hold argument values.
    pub error: Option<String>,
}
