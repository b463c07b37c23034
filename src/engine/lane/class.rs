//! The class of a change between two answers that the lane found.

use super::decide::SideAnswer;
use crate::engine::compare::{Shown, class_of};
use crate::model::{ChangeClass, Effect};

/// What two answers show of a change; both sides decided.
pub(super) struct Answers<'a> {
    pub(super) base: &'a SideAnswer,
    pub(super) head: &'a SideAnswer,
    /// Of the policies of head.
    pub(super) effects: &'a [Option<Effect>],
}

impl Answers<'_> {
    pub(super) fn class(&self) -> ChangeClass {
        class_of(Some(self.base.allow), Some(self.head.allow), self)
    }

    /// Whether one of what determined base's answer raises an error on head.
    fn errs(&self, effect: Effect) -> bool {
        self.base.determining.iter().any(|policy| {
            self.head.errors.binary_search(policy).is_ok()
                && self.effects.get(*policy as usize) == Some(&Some(effect))
        })
    }
}

impl Shown for Answers<'_> {
    fn lifts_by_error(&self) -> bool {
        // Head allows, so every satisfied forbid of base is lifted.
        self.errs(Effect::Forbid)
    }

    fn withdraws_by_error(&self) -> bool {
        // Base allowed, so every satisfied forbid of head is gained.
        self.head.determining.is_empty() && self.errs(Effect::Permit)
    }

    fn has_other_errors(&self) -> bool {
        self.base.errors != self.head.errors
    }

    fn has_other_reasons(&self) -> bool {
        self.base.determining != self.head.determining
    }
}
