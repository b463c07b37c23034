//! The answer to one case.

use super::Input;
use crate::engine::settle::{Settled, settle};
use crate::engine::side::Side;
use crate::model::{Answer, Decision, Effect, FieldPath, Status};
use crate::repository::ExpectedDecision;
use std::collections::BTreeSet;

/// What a side says of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The answer.
    pub answer: Answer,
    /// Whether a forbid is satisfied.
    pub forbidden: bool,
    /// The policies whose scope holds and that are not without effect.
    pub policies: Vec<Settled>,
    /// Fields that nobody knows and that policies read: the clock of a test that says no time.
    pub unknown: BTreeSet<FieldPath>,
}

impl Decided {
    /// The decision in the words of tests; nothing where it is not settled.
    pub fn in_words(&self) -> Option<ExpectedDecision> {
        Some(match (self.answer.decision?, self.forbidden) {
            (Decision::Allow, _) => ExpectedDecision::Allow,
            (Decision::Deny, true) => ExpectedDecision::Forbid,
            (Decision::Deny, false) => ExpectedDecision::NoMatch,
        })
    }
}

/// Decides one case.
pub fn decide(side: &Side<'_>, input: &Input) -> Decided {
    let standing = side.standing(&input.built, &input.store);
    let policies = standing.policies;
    Decided {
        answer: settle(&policies),
        forbidden: policies
            .iter()
            .any(|policy| policy.effect == Effect::Forbid && policy.status == Status::Satisfied),
        policies,
        unknown: standing.wanting,
    }
}
