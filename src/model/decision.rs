//! Decisions, policy statuses and answers.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::{FieldPath, NotReplayable};

/// What Cedar decides.
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
pub enum Decision {
    /// Some permit is satisfied and no forbid is.
    Allow,
    /// Anything else.
    Deny,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
        })
    }
}

/// What a satisfied policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It allows.
    Permit,
    /// It denies.
    Forbid,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::Permit => "permit",
            Effect::Forbid => "forbid",
        })
    }
}

/// What became of one policy for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Scope and condition hold.
    Satisfied,
    /// Scope or condition does not hold.
    NotSatisfied,
    /// The condition raised an error, so Cedar skips the policy.
    Error,
    /// The condition reads a fact that is unknown: whatever it is, the condition does not hold, but whether it raises an
    /// error depends on it.
    NotSatisfiedOrError,
    /// The condition reads a fact that is unknown, and may hold or not.
    Unknown,
}

/// The answer to one request under one version, with policies by id, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Answer {
    /// The decision, where the known statuses settle it.
    pub decision: Option<Decision>,
    /// The satisfied forbids if there are any, else the satisfied permits. Empty where the decision is not settled.
    pub determining: BTreeSet<Arc<str>>,
    /// Policies whose condition raised an error.
    pub errors: BTreeSet<Arc<str>>,
    /// Policies of which it is unknown whether they are satisfied.
    pub unknown: BTreeSet<Arc<str>>,
    /// Policies that are not satisfied, and of which it is unknown whether they raise an error.
    pub may_err: BTreeSet<Arc<str>>,
}

/// What replaying one recorded action under one version gave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was decided.
    Decided(Answer),
    /// There is a request, but the facts that are missing matter; the paths name them.
    Undecidable(Answer, BTreeSet<FieldPath>),
    /// There is no request.
    NotReplayable(NotReplayable),
}

impl Outcome {
    /// The decision, where there is one.
    pub fn decision(&self) -> Option<Decision> {
        match self {
            Outcome::Decided(answer) => answer.decision,
            Outcome::Undecidable(..) | Outcome::NotReplayable(_) => None,
        }
    }

    /// The answer, where there was a request.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Outcome::Decided(answer) | Outcome::Undecidable(answer, _) => Some(answer),
            Outcome::NotReplayable(_) => None,
        }
    }
}
