//! What is behind a change: the key by which changes are grouped.

use crate::engine::{Cause, Compared, Names, Units, known_cause};
use crate::model::{Answer, ChangeClass, Decision, FieldPath, NotReplayable, Outcome};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Changes with the same key have the same cause. All names are those of units (`engine/units.rs`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeKey {
    /// The class.
    pub class: ChangeClass,
    /// What is behind it.
    pub because: Because,
}

/// What is behind a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// A flip, by the policies whose status is known.
    Flip(Cause),
    /// The same decision with other errors: who raises one on one side only.
    Errors(Shift),
    /// The same decision by other policies: who determines on one side only.
    Reasons(Shift),
    /// One side cannot decide.
    Wanting {
        /// What the other side decides.
        decided: Decision,
        /// The policies that determine that.
        by: Names,
        /// Why there is no request, where there is none.
        reason: Option<NotReplayable>,
        /// The policies whose status is unknown.
        policies: Names,
        /// The fields that they read.
        fields: BTreeSet<FieldPath>,
    },
}

/// What is on one side only.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shift {
    /// On head and not on base.
    pub gained: Names,
    /// On base and not on head.
    pub lost: Names,
}

impl Shift {
    /// From the policies of base to those of head.
    pub fn of(base: &Names, head: &Names, units: &Units) -> Self {
        let units_of = |names: &Names| -> Names {
            let names = names.iter().map(|name| units.of(name));
            names.cloned().collect()
        };
        let only = |some: &Names, other: &Names| {
            let only: Names = some.difference(other).map(Arc::clone).collect();
            units_of(&only)
        };
        Self {
            gained: only(head, base),
            lost: only(base, head),
        }
    }
}

impl ChangeKey {
    /// The key of a flip whose cause is known.
    pub fn flip(class: ChangeClass, cause: Cause) -> Self {
        Self {
            class,
            because: Because::Flip(cause),
        }
    }

    /// The key of an action that was compared; nothing where nothing changed.
    pub fn of(compared: &Compared, units: &Units) -> Option<Self> {
        let (base, head) = (&compared.base, &compared.head);
        if compared.class.is_flip()
            && let Some(cause) = known_cause(&base.policies, &head.policies, units)
        {
            return Some(Self::flip(compared.class, cause));
        }
        Self::of_outcomes(compared.class, &base.outcome, &head.outcome, units)
    }

    /// The key of a change that is no flip, which follows from what both sides say.
    pub fn of_outcomes(
        class: ChangeClass,
        base: &Outcome,
        head: &Outcome,
        units: &Units,
    ) -> Option<Self> {
        let nothing = Answer::default();
        let answer = |outcome: &Outcome| outcome.answer().unwrap_or(&nothing).clone();
        let (left, right) = (answer(base), answer(head));
        let determining = || Shift::of(&left.determining, &right.determining, units);
        let because = match class {
            ChangeClass::Unchanged
            | ChangeClass::ErrorOpened
            | ChangeClass::NewlyAllowed
            | ChangeClass::ErrorClosed
            | ChangeClass::NewlyDenied => return None,
            ChangeClass::ErrorChanged => {
                Because::Errors(Shift::of(&left.errors, &right.errors, units))
            }
            ChangeClass::ReasonChanged => Because::Reasons(determining()),
            ChangeClass::NewlyUndecidable => wanting(base, head, units)?,
            ChangeClass::NewlyDecidable => wanting(head, base, units)?,
        };
        Some(Self { class, because })
    }

    /// Whether changes of this key widen what agents may do.
    pub fn widens(&self) -> bool {
        match (self.class, &self.because) {
            (ChangeClass::ErrorOpened | ChangeClass::NewlyAllowed, _) => true,
            (ChangeClass::NewlyDecidable, Because::Wanting { decided, .. }) => {
                *decided == Decision::Allow
            }
            _ => false,
        }
    }

    /// Whether they narrow it.
    pub fn narrows(&self) -> bool {
        match (self.class, &self.because) {
            (ChangeClass::ErrorClosed | ChangeClass::NewlyDenied, _) => true,
            (ChangeClass::NewlyUndecidable, Because::Wanting { decided, .. }) => {
                *decided == Decision::Allow
            }
            _ => false,
        }
    }
}

fn wanting(decided: &Outcome, other: &Outcome, units: &Units) -> Option<Because> {
    let nothing = Answer::default();
    let determining = &decided.answer().unwrap_or(&nothing).determining;
    let by = Shift::of(&Names::new(), determining, units).gained;
    let decided = decided.decision()?;
    Some(match other {
        Outcome::Decided(_) => return None,
        Outcome::Undecidable(answer, fields) => Because::Wanting {
            decided,
            by,
            reason: None,
            policies: Shift::of(&Names::new(), &answer.unknown, units).gained,
            fields: fields.clone(),
        },
        Outcome::NotReplayable(reason) => Because::Wanting {
            decided,
            by,
            reason: Some(*reason),
            policies: Names::new(),
            fields: BTreeSet::new(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(by: &str) -> Outcome {
        Outcome::Decided(Answer {
            decision: Some(Decision::Allow),
            determining: Names::from([by.into()]),
            ..Answer::default()
        })
    }

    /// Who approves that something can be decided now approves by which policy.
    #[test]
    fn what_decides_tells_changes_of_undecided_actions_apart() {
        let none = Outcome::NotReplayable(NotReplayable::UnknownAction);
        let units = Units::default();
        let decidable = |by| {
            let class = ChangeClass::NewlyDecidable;
            ChangeKey::of_outcomes(class, &none, &decided(by), &units).unwrap()
        };
        assert_ne!(decidable("narrow"), decidable("wide"));
        assert_eq!(decidable("wide"), decidable("wide"));
        assert!(decidable("wide").widens() && !decidable("wide").narrows());
        let undecidable = |by| {
            let class = ChangeClass::NewlyUndecidable;
            ChangeKey::of_outcomes(class, &decided(by), &none, &units).unwrap()
        };
        assert_ne!(undecidable("narrow"), undecidable("wide"));
        assert!(undecidable("wide").narrows());
    }
}
