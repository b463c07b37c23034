//! `diff`: what changed between base and head, in the policies and in the decisions on recorded actions.

mod because;
mod build;
mod bystanders;
mod comparison;
mod decisions;
mod details;
pub mod document;
mod firsts;
mod gates;
mod kept;
mod lane_changes;
mod note;
mod policies;
mod values;
mod watched;

pub use because::{Because, ChangeKey, Shift};
pub use build::{Input, document};
pub use bystanders::{Bystander, Bystanders};
pub use comparison::{CompareOptions, Comparison, ComparisonWorker};
pub use decisions::{ClassTally, DecisionChanges, Example, Group, GroupKey, observe};
pub use details::{Detail, Details, Watched};
pub use firsts::Firsts;
pub use gates::{
    Covered, JudgeOptions, apply, approval_changes, cover, envelope, gate_changes, judge,
};
pub use kept::Kept;
pub use policies::{
    Edit, Hunk, Place, PolicyChange, PolicyChangeKind, RepositoryChanges, policy_changes,
};
pub use values::Values;

use crate::model::{ChangeClass, Diagnostic};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that `diff` found. Grouping by exact cause and approvals build on the same types.
#[derive(Debug, Clone, Default)]
pub struct DiffReport {
    /// Faults of base and of head that do not stop the comparison.
    pub diagnostics: Vec<(SideName, Diagnostic)>,
    /// The templates of both sides: they decide nothing themselves.
    pub templates: BTreeSet<String>,
    /// What changed in the repository.
    pub repository: RepositoryChanges,
    /// What changed in the decisions; nothing where no recording was given.
    pub decisions: Option<DecisionChanges>,
    /// Ids that stand more than once in the recordings, with how often.
    pub repeated: BTreeMap<String, u64>,
}

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SideName {
    /// The older version.
    Base,
    /// The newer version.
    Head,
}

/// What may fail a diff, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailOn {
    /// Newly allowed in the wide sense: newly allowed, error opened, newly decidable with allow.
    NewlyAllowed,
    /// Its mirror image: newly denied, error closed, newly undecidable where base allows.
    NewlyDenied,
    /// One class.
    Class(ChangeClass),
}

impl DiffReport {
    /// How many times a changed policy has an unknown status for an action that neither side can decide.
    pub fn undecided_change(&self) -> u64 {
        self.undecided_changes().values().sum()
    }

    /// Changed policies whose scope held for no recorded action.
    pub fn untried(&self) -> Vec<&String> {
        let reached = |policy: &str| {
            let changes = self.decisions.as_ref();
            changes.is_some_and(|changes| changes.reached.contains(policy))
        };
        let deciding = self.repository.deciding.iter();
        deciding
            .filter(|policy| !self.templates.contains(*policy) && !reached(policy))
            .collect()
    }

    /// The same by policy.
    pub fn undecided_changes(&self) -> BTreeMap<String, u64> {
        let undecided = self
            .decisions
            .iter()
            .flat_map(|changes| changes.undecided.iter());
        undecided
            .filter(|(policy, _)| self.repository.deciding.contains(*policy))
            .map(|(policy, count)| (policy.to_owned(), count))
            .collect()
    }
}
