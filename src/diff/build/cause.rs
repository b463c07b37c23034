//! What is behind a group, with the edits, places and statuses of everything that is named.

use super::Context;
use crate::diff::document::{
    CauseNote, PlaceNote, PolicyChangeNote, PolicyChangeWord, UnitNote, WayNote,
};
use crate::diff::{Because, ChangeKey, Shift};
use crate::engine::{Names, PolicyStatus, Way};
use crate::model::{ChangeClass, Effect, Status};
use std::sync::Arc;

/// What both sides say of every policy whose scope holds for the first example.
pub type Statuses = [Vec<PolicyStatus>; 2];

/// The cause of a group. `units` are [`units`]; `uncertain` is for how many actions the status of some policy is unknown.
pub fn cause(key: &ChangeKey, units: Vec<UnitNote>, uncertain: u64) -> CauseNote {
    let names = |names: &Names| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let ways = |ways: &[Way]| {
        let way = |way: &Way| {
            let (mut all, mut one_of) = (names(&way.all), names(&way.and_one_of));
            // One of one is that one.
            if one_of.len() == 1 {
                all.append(&mut one_of);
                all.sort();
            }
            WayNote {
                all,
                and_one_of: one_of,
            }
        };
        ways.iter().map(way).collect()
    };
    let mut note = CauseNote {
        units,
        uncertain,
        ..CauseNote::default()
    };
    match &key.because {
        Because::Flip(cause) => {
            note.why = ways(&cause.why);
            note.undo = ways(&cause.undo);
            note.exact = uncertain == 0;
        }
        Because::Errors(Shift { gained, lost }) | Because::Reasons(Shift { gained, lost }) => {
            note.gained = names(gained);
            note.lost = names(lost);
        }
        Because::Wanting {
            by,
            reason,
            policies,
            fields,
            ..
        } => {
            let undecidable = key.class == ChangeClass::NewlyUndecidable;
            let (gained, lost) = if undecidable {
                (policies, by)
            } else {
                (by, policies)
            };
            note.gained = names(gained);
            note.lost = names(lost);
            note.wanting = fields.iter().map(ToString::to_string).collect();
            note.wanting.extend(reason.iter().map(ToString::to_string));
        }
    }
    note
}

/// Every unit that a key names: those that a single change takes back first.
pub fn named(key: &ChangeKey) -> Vec<Arc<str>> {
    let mut out: Vec<Arc<str>> = Vec::new();
    let mut add = |names: &Names| {
        for name in names {
            if !out.contains(name) {
                out.push(name.clone());
            }
        }
    };
    match &key.because {
        Because::Flip(cause) => {
            for way in cause.why.iter().chain(&cause.undo) {
                add(&way.all);
                add(&way.and_one_of);
            }
        }
        Because::Errors(shift) | Because::Reasons(shift) => {
            add(&shift.gained);
            add(&shift.lost);
        }
        Because::Wanting { policies, by, .. } => {
            add(policies);
            add(by);
        }
    }
    out
}

/// The units of a group.
pub fn units(context: &Context<'_>, names: &[Arc<str>], statuses: &Statuses) -> Vec<UnitNote> {
    names
        .iter()
        .map(|name| unit(context, name, statuses))
        .collect()
}

fn unit(context: &Context<'_>, name: &Arc<str>, [base, head]: &Statuses) -> UnitNote {
    let changes = &context.repository.policies;
    let change = changes.iter().find(|change| *change.policy == **name);
    let of_unit = |side: &[PolicyStatus]| -> Option<PolicyStatus> {
        let those = side
            .iter()
            .filter(|status| context.units.of(&status.policy) == name);
        // Of a template's links the one that does something.
        those
            .min_by_key(|status| match status.status {
                Status::Satisfied => 0,
                Status::Error => 1,
                Status::Unknown => 2,
                Status::NotSatisfiedOrError => 3,
                Status::NotSatisfied => 4,
            })
            .cloned()
    };
    let (left, right) = (of_unit(base), of_unit(head));
    let on = |side: &crate::engine::Side<'_>| {
        !side
            .places(|policy| context.units.of(policy) == name)
            .is_empty()
    };
    let word = |found: &Option<PolicyStatus>, there: bool| {
        match (found.as_ref().map(|found| found.status), there) {
            (Some(Status::Satisfied), _) => "satisfied",
            (Some(Status::NotSatisfied), _) | (None, true) => "not satisfied",
            (Some(Status::Error), _) => "error",
            (Some(Status::NotSatisfiedOrError), _) => "not satisfied, or error",
            (Some(Status::Unknown), _) => "unknown",
            (None, false) => "absent",
        }
        .to_owned()
    };
    let one_line = |found: &Option<PolicyStatus>| {
        let text = found.as_ref()?.blocking.as_deref()?;
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let place = |found: &Option<PolicyStatus>, side: &crate::engine::Side<'_>| {
        let (path, offset) = &found.as_ref()?.place;
        let line = side.version().sources.get(path)?.line_column(*offset).0 as u64;
        Some(PlaceNote {
            path: path.to_string(),
            line,
            changed: line,
        })
    };
    let effect = context.effect(name);
    UnitNote {
        name: name.to_string(),
        effect: effect.map_or_else(String::new, |effect: Effect| effect.to_string()),
        kind: context.kind(name).to_owned(),
        edits: change.map(edits).unwrap_or_default(),
        origins: Vec::new(),
        base: change
            .and_then(|change| change.base.clone())
            .or_else(|| place(&left, context.base)),
        head: change
            .and_then(|change| change.head.clone())
            .or_else(|| place(&right, context.head)),
        base_status: word(&left, on(context.base)),
        head_status: word(&right, on(context.head)),
        base_blocking: one_line(&left),
        head_blocking: one_line(&right),
        error: [&right, &left]
            .into_iter()
            .find_map(|found| found.as_ref()?.error.clone()),
    }
}

fn edits(change: &PolicyChangeNote) -> Vec<String> {
    match change.kind {
        PolicyChangeWord::Added => vec!["added".to_owned()],
        PolicyChangeWord::Removed => vec!["removed".to_owned()],
        PolicyChangeWord::Edited | PolicyChangeWord::Moved => change.edits.clone(),
    }
}

impl Context<'_> {
    /// The effect of a unit, on head or else on base.
    pub fn effect(&self, unit: &Arc<str>) -> Option<Effect> {
        [self.head, self.base].into_iter().find_map(|side| {
            let at = *side
                .places(|policy| self.units.of(policy) == unit)
                .first()?;
            Some(side.version().policies.policies().get(at)?.effect)
        })
    }

    fn kind(&self, unit: &Arc<str>) -> &'static str {
        let versions = [self.head.version(), self.base.version()];
        let is = |found: bool, kind| found.then_some(kind);
        let link = versions
            .iter()
            .any(|version| version.links.iter().any(|link| link.id == *unit));
        let template = versions.iter().any(|version| {
            let mut templates = version.parsed.iter().filter(|policy| policy.is_template);
            templates.any(|template| template.id.as_ref() == Some(unit))
        });
        is(template, "template")
            .or(is(link, "link"))
            .unwrap_or("policy")
    }
}
