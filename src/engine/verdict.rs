//! What one side says of one recorded action.

use super::request::Mapped;
use super::settle::{Settled, settle};
use crate::model::{FieldPath, NotReplayable, Outcome, Request, Status};
use std::collections::BTreeSet;

/// What one side says of one recorded action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// The policies whose scope holds, at least those of them that are not without effect: satisfied, unknown, or
    /// raising an error, or perhaps. Empty where there is no request.
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
    /// Whether some policy whose scope holds reads a fact that is unknown, whatever comes of it.
    pub lacks: bool,
}

/// How the policies of a side stand to a request.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The policies whose scope holds, at least those of them that are not without effect.
    pub policies: Vec<Settled>,
    /// The unknown fields that policies of unknown status read.
    pub wanting: BTreeSet<FieldPath>,
    /// Whether some policy whose scope holds reads a fact that is unknown.
    pub lacks: bool,
}

impl Standing {
    /// Takes up the unknown fields that a policy reads.
    pub(super) fn reads(&mut self, status: Status, unknown: &BTreeSet<FieldPath>, lacks: bool) {
        self.lacks |= lacks;
        // What only decides whether it raises an error does not keep anything from being decided.
        if status == Status::Unknown {
            self.wanting.extend(unknown.iter().cloned());
        }
    }
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
            lacks: false,
        }
    }

    /// What these statuses come to.
    pub(super) fn settled(
        mapped: Mapped,
        standing: Standing,
        nonconforming: Option<String>,
    ) -> Self {
        let answer = settle(&standing.policies);
        Self {
            outcome: match answer.decision {
                Some(_) => Outcome::Decided(answer),
                None => Outcome::Undecidable(answer, standing.wanting),
            },
            policies: standing.policies,
            request: Some(mapped.request),
            nonconforming,
            left_out: mapped.left_out,
            has_entities: !mapped.entities.is_empty(),
            tool: None,
            lacks: standing.lacks,
        }
    }
}
