//! What one side says of one recorded action.

use super::request::Mapped;
use super::settle::{Settled, settle};
use crate::model::{FieldPath, NotReplayable, Outcome, Request};
use std::collections::BTreeSet;

/// What one side says of one recorded action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// The policies whose scope holds, at least those of them that are not without effect: satisfied, unknown, or
    /// raising an error. Empty where there is no request.
    pub policies: Vec<Settled>,
    /// The request that was decided.
    pub request: Option<Request>,
    /// Why the request does not conform to the side's schema, where it does not.
    pub nonconforming: Option<String>,
    /// Fields that the schema does not know and that were left out.
    pub left_out: BTreeSet<FieldPath>,
    /// Whether entities were looked up for the request.
    pub has_entities: bool,
    /// The tool that was meant, where there is no request and a router was called.
    pub tool: Option<String>,
}

impl Verdict {
    pub(super) fn not_replayable(reason: NotReplayable) -> Self {
        Self {
            outcome: Outcome::NotReplayable(reason),
            policies: Vec::new(),
            request: None,
            nonconforming: None,
            left_out: BTreeSet::new(),
            has_entities: false,
            tool: None,
        }
    }

    /// What these statuses come to. `unknown` are the fields that policies of unknown status read.
    pub(super) fn settled(
        mapped: Mapped,
        policies: Vec<Settled>,
        unknown: BTreeSet<FieldPath>,
        nonconforming: Option<String>,
    ) -> Self {
        let answer = settle(&policies);
        Self {
            outcome: match answer.decision {
                Some(_) => Outcome::Decided(answer),
                None => Outcome::Undecidable(answer, unknown),
            },
            policies,
            request: Some(mapped.request),
            nonconforming,
            left_out: mapped.left_out,
            has_entities: !mapped.entities.is_empty(),
            tool: None,
        }
    }
}
