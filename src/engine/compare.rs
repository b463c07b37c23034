//! Two verdicts → the class of the change between them.

use super::side::Side;
use super::verdict::Verdict;
use crate::model::{ChangeClass, Decision, Effect, Outcome, RecordedAction, Status};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One recorded action under both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The class of the change.
    pub class: ChangeClass,
    /// What base says.
    pub base: Verdict,
    /// What head says.
    pub head: Verdict,
}

/// Decides one recorded action under both sides.
pub fn compare(base: &Side<'_>, head: &Side<'_>, action: &RecordedAction) -> Compared {
    Compared::of(base.decide(action), head.decide(action))
}

impl Compared {
    /// What two sides say of one action.
    pub fn of(base: Verdict, head: Verdict) -> Self {
        Self {
            class: classify(&base, &head),
            base,
            head,
        }
    }
}

/// The class of the change from base to head (`docs/architecture.md`, "Classes of change").
pub fn classify(base: &Verdict, head: &Verdict) -> ChangeClass {
    match (base.outcome.decision(), head.outcome.decision()) {
        (Some(Decision::Deny), Some(Decision::Allow)) => {
            let lifted = difference(&with(base, Effect::Forbid, Status::Satisfied), head);
            let errors = with(head, Effect::Forbid, Status::Error);
            if lifted.intersection(&errors).next().is_some() {
                ChangeClass::ErrorOpened
            } else {
                ChangeClass::NewlyAllowed
            }
        }
        (Some(Decision::Allow), Some(Decision::Deny)) => {
            let gained = with(head, Effect::Forbid, Status::Satisfied);
            let permits = with(base, Effect::Permit, Status::Satisfied);
            let errors = with(head, Effect::Permit, Status::Error);
            // Base allowed, so none of its forbids was satisfied: every satisfied forbid of head is gained.
            if gained.is_empty() && permits.intersection(&errors).next().is_some() {
                ChangeClass::ErrorClosed
            } else {
                ChangeClass::NewlyDenied
            }
        }
        (Some(_), None) => ChangeClass::NewlyUndecidable,
        (None, Some(_)) => ChangeClass::NewlyDecidable,
        (Some(_), Some(_)) | (None, None) => same_decision(&base.outcome, &head.outcome),
    }
}

/// The satisfied forbids of base that are not satisfied on head.
fn difference(base: &BTreeSet<Arc<str>>, head: &Verdict) -> BTreeSet<Arc<str>> {
    let head = with(head, Effect::Forbid, Status::Satisfied);
    base.difference(&head).cloned().collect()
}

fn with(verdict: &Verdict, effect: Effect, status: Status) -> BTreeSet<Arc<str>> {
    verdict
        .policies
        .iter()
        .filter(|policy| policy.effect == effect && policy.status == status)
        .map(|policy| policy.policy.clone())
        .collect()
}

fn same_decision(base: &Outcome, head: &Outcome) -> ChangeClass {
    match (base.answer(), head.answer()) {
        (Some(base), Some(head)) if base.errors != head.errors => ChangeClass::ErrorChanged,
        (Some(base), Some(head)) if base.determining != head.determining => {
            ChangeClass::ReasonChanged
        }
        _ => ChangeClass::Unchanged,
    }
}
