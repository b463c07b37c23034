//! Two verdicts → the class of the change between them.

use super::side::Side;
use super::verdict::Verdict;
use crate::model::{ChangeClass, Decision, Effect, RecordedAction, Status};
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
    let allows = |verdict: &Verdict| {
        let decision = verdict.outcome.decision();
        decision.map(|decision| decision == Decision::Allow)
    };
    class_of(allows(base), allows(head), &Verdicts { base, head })
}

/// What two answers show, beside the decisions, of a change from one to the other.
pub(super) trait Shown {
    /// Whether a forbid that no longer holds raises an error instead.
    fn lifts_by_error(&self) -> bool;
    /// Whether no forbid holds, and a permit that no longer does raises an error instead.
    fn withdraws_by_error(&self) -> bool;
    /// Whether other policies raise errors.
    fn has_other_errors(&self) -> bool;
    /// Whether other policies determine the answer.
    fn has_other_reasons(&self) -> bool;
}

/// The class of the change between two answers; the decisions say whether a side allows, where it decides.
#[inline]
pub(super) fn class_of(base: Option<bool>, head: Option<bool>, shown: &impl Shown) -> ChangeClass {
    match (base, head) {
        (Some(false), Some(true)) if shown.lifts_by_error() => ChangeClass::ErrorOpened,
        (Some(false), Some(true)) => ChangeClass::NewlyAllowed,
        (Some(true), Some(false)) if shown.withdraws_by_error() => ChangeClass::ErrorClosed,
        (Some(true), Some(false)) => ChangeClass::NewlyDenied,
        (Some(_), None) => ChangeClass::NewlyUndecidable,
        (None, Some(_)) => ChangeClass::NewlyDecidable,
        (Some(_), Some(_)) | (None, None) if shown.has_other_errors() => ChangeClass::ErrorChanged,
        (Some(_), Some(_)) | (None, None) if shown.has_other_reasons() => {
            ChangeClass::ReasonChanged
        }
        (Some(_), Some(_)) | (None, None) => ChangeClass::Unchanged,
    }
}

struct Verdicts<'v> {
    base: &'v Verdict,
    head: &'v Verdict,
}

impl Shown for Verdicts<'_> {
    fn lifts_by_error(&self) -> bool {
        let lifted = difference(
            &with(self.base, Effect::Forbid, Status::Satisfied),
            self.head,
        );
        let errors = with(self.head, Effect::Forbid, Status::Error);
        lifted.intersection(&errors).next().is_some()
    }

    fn withdraws_by_error(&self) -> bool {
        let gained = with(self.head, Effect::Forbid, Status::Satisfied);
        let permits = with(self.base, Effect::Permit, Status::Satisfied);
        let errors = with(self.head, Effect::Permit, Status::Error);
        // Base allowed, so none of its forbids was satisfied: every satisfied forbid of head is gained.
        gained.is_empty() && permits.intersection(&errors).next().is_some()
    }

    fn has_other_errors(&self) -> bool {
        let answers = (self.base.outcome.answer(), self.head.outcome.answer());
        matches!(answers, (Some(base), Some(head)) if base.errors != head.errors)
    }

    fn has_other_reasons(&self) -> bool {
        let answers = (self.base.outcome.answer(), self.head.outcome.answer());
        matches!(answers, (Some(base), Some(head)) if base.determining != head.determining)
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
