//! Where a changed status comes from: the policy, the entities, the schema, or the mapping.
//!
//! Answered by trying: the example is decided with one side's policies and parts of the other side's data.

use crate::diff::document::{Origin, RepositoryNote};
use crate::engine::{Side, Units, Verdict};
use crate::model::{RecordedAction, Status};
use crate::repository::PolicyVersion;
use std::sync::Arc;

/// Versions that have their policies from one side and some of the rest from the other. Empty where only policies changed.
#[derive(Default)]
pub struct Mixtures {
    /// What else changed.
    changed: Vec<Origin>,
    /// Head's policies with base's data.
    policies: Option<PolicyVersion>,
    /// Base's policies with all of head's data.
    data: Option<PolicyVersion>,
    /// Base's policies with one part of head's data.
    parts: Vec<(Origin, PolicyVersion)>,
}

impl Mixtures {
    /// Of two sides.
    pub fn of(base: &Side<'_>, head: &Side<'_>, repository: &RepositoryNote) -> Self {
        let mut changed = Vec::new();
        for (origin, did) in [
            (Origin::Entities, !repository.entities.is_empty()),
            (Origin::Schema, repository.schema),
            (Origin::Mapping, repository.mapping),
        ] {
            if did {
                changed.push(origin);
            }
        }
        if changed.is_empty() {
            return Self::default();
        }
        let (base, head) = (base.version(), head.version());
        let with = |policies: &PolicyVersion, parts: &[Origin]| {
            let has = |origin| match parts.contains(&origin) {
                true => head,
                false => base,
            };
            let [schema, mapping, entities] =
                [Origin::Schema, Origin::Mapping, Origin::Entities].map(has);
            PolicyVersion::mixed(policies, schema, mapping, entities)
        };
        let parts = changed
            .iter()
            .map(|origin| (*origin, with(base, &[*origin])));
        Self {
            policies: Some(with(head, &[])),
            data: Some(with(base, &changed)),
            parts: parts.collect(),
            changed,
        }
    }

    /// Where the change of a unit's status comes from, for one action. `edited`: the unit itself was edited.
    pub fn origins(
        &self,
        unit: &Arc<str>,
        units: &Units,
        edited: bool,
        sides: [&Side<'_>; 2],
        action: &RecordedAction,
    ) -> Vec<Origin> {
        let [base, head] = sides;
        let (Some(policies), Some(data)) = (&self.policies, &self.data) else {
            return vec![Origin::Policy];
        };
        let of = |verdict: &Verdict| part(verdict, unit, units);
        let wanted = of(&head.decide(action));
        let by_head = |version| of(&head.of(version).decide(action));
        let by_base = |version| of(&base.of(version).decide(action));
        if edited && by_head(policies) == wanted {
            return vec![Origin::Policy];
        }
        let alone: Vec<Origin> = self
            .parts
            .iter()
            .filter(|(_, version)| by_base(version) == wanted)
            .map(|(origin, _)| *origin)
            .collect();
        if let Some(first) = alone.first() {
            return vec![*first];
        }
        let all = self.changed.iter().copied();
        match by_base(data) == wanted || !edited {
            true => all.collect(),
            false => [Origin::Policy].into_iter().chain(all).collect(),
        }
    }
}

/// What a unit contributes: its effect where some policy of it is satisfied, and whether one raises an error.
fn part(verdict: &Verdict, unit: &Arc<str>, units: &Units) -> (bool, bool) {
    let having = |status: Status| {
        let mut policies = verdict.policies.iter();
        policies.any(|policy| policy.status == status && units.of(&policy.policy) == unit)
    };
    (having(Status::Satisfied), having(Status::Error))
}
