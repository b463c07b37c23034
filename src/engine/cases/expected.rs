//! What must come out of a case.

use super::demand::Demand;
use crate::model::{Answer, Decision, Span};
use crate::repository::ExpectedDecision;
use crate::yaml::Spanned;

/// What must come out of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The decision.
    pub decision: Spanned<ExpectedDecision>,
    /// What the determining policies must be, where that is asked.
    pub reasons: Option<Spanned<Demand>>,
    /// What the policies must be that raise an error; without it, none may.
    pub errors: Option<Spanned<Demand>>,
    /// The place of the expectation.
    pub span: Span,
}

impl Default for Expected {
    fn default() -> Self {
        Self {
            decision: Spanned::nowhere(ExpectedDecision::Deny),
            reasons: None,
            errors: None,
            span: Span::new(0, 0),
        }
    }
}

impl Expected {
    /// Whether an answer is what must come out. `forbidden` says whether a forbid is satisfied.
    pub fn holds(&self, answer: &Answer, forbidden: bool) -> bool {
        decides(self.decision.value, answer.decision, forbidden)
            && self
                .reasons
                .as_ref()
                .is_none_or(|names| names.value.hold(&answer.determining))
            && match &self.errors {
                Some(names) => names.value.hold(&answer.errors),
                None => answer.errors.is_empty(),
            }
    }
}

/// Whether a decision is the expected one. What is not decided is none.
pub fn decides(wanted: ExpectedDecision, decision: Option<Decision>, forbidden: bool) -> bool {
    match (wanted, decision) {
        (_, None) => false,
        (ExpectedDecision::Allow, Some(found)) => found == Decision::Allow,
        (ExpectedDecision::Deny, Some(found)) => found == Decision::Deny,
        (ExpectedDecision::Forbid, Some(found)) => found == Decision::Deny && forbidden,
        (ExpectedDecision::NoMatch, Some(found)) => found == Decision::Deny && !forbidden,
    }
}
