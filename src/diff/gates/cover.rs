//! Whether an approval covers a group, and the envelope that a group needs.

use crate::cedar::Quantity;
use crate::diff::document::{DecidingValue, GroupNote};
use crate::model::{count, grouped};
use crate::repository::{Approval, Envelope, ValueEnvelope, Written};
use std::collections::{BTreeMap, BTreeSet};

/// What stands for all names that a report does not keep apart.
const REST: &str = "…";

/// So many names that are outside are told one by one.
const TOLD: usize = 10;

/// How a group is outside of an approval, each a phrase; nothing where the approval covers it.
pub type Covered = Vec<String>;

/// How a group is outside of an approval. `values`: whether the report holds argument values.
pub fn cover(values: bool, group: &GroupNote, approval: &Approval) -> Covered {
    let envelope = &approval.envelope;
    let mut drift = Vec::new();
    if group.class != approval.class {
        drift.push(format!(
            "the changes are {}, and {} was approved",
            group.class, approval.class
        ));
    }
    names(&group.by_agent, &envelope.agents, "agent", &mut drift);
    names(&group.by_action, &envelope.actions, "action", &mut drift);
    for (named, what) in [(&group.by_agent, "agents"), (&group.by_action, "actions")] {
        if let Some(unnamed) = unnamed(group, named) {
            drift.push(format!(
                "{} of {what} that the report does not name",
                count(unnamed, "action")
            ));
        }
    }
    if group.actions > envelope.count {
        drift.push(format!(
            "{}, and the envelope has {}",
            count(group.actions, "action"),
            grouped(envelope.count)
        ));
    }
    let compares = !group.values.is_empty() || !envelope.values.is_empty();
    if compares && !values {
        drift.push(
            "the report holds no argument values, so the envelope's cannot be checked".to_owned(),
        );
        return drift;
    }
    for value in &group.values {
        match envelope.values.get(&value.path) {
            Some(covered) => outside(group.widened, value, covered, &mut drift),
            None => drift.push(format!("{}: not in the envelope", value.path)),
        }
    }
    let seen = |path: &String| group.values.iter().any(|value| value.path == *path);
    for path in envelope.values.keys().filter(|path| !seen(path)) {
        drift.push(format!(
            "{path}: the report does not say which values there are"
        ));
    }
    drift
}

fn names(
    found: &BTreeMap<String, u64>,
    covered: &BTreeSet<String>,
    what: &str,
    drift: &mut Vec<String>,
) {
    let outside: Vec<&String> = found
        .keys()
        .filter(|name| !covered.contains(*name) && name.as_str() != REST)
        .collect();
    for name in outside.iter().take(TOLD) {
        drift.push(format!("{what} `{name}` is not in the envelope"));
    }
    if outside.len() > TOLD {
        let more = (outside.len() - TOLD) as u64;
        drift.push(format!(
            "{} more outside of the envelope",
            count(more, what)
        ));
    }
}

/// Actions that are counted under none of these names.
fn unnamed(group: &GroupNote, named: &BTreeMap<String, u64>) -> Option<u64> {
    let named = named
        .iter()
        .filter(|(name, _)| name.as_str() != REST)
        .fold(0, |sum: u64, (_, actions)| sum.saturating_add(*actions));
    group.actions.checked_sub(named).filter(|rest| *rest > 0)
}

/// How the values at a path are outside; each phrase begins with the path.
fn outside(widened: bool, value: &DecidingValue, covered: &ValueEnvelope, drift: &mut Vec<String>) {
    let path = &value.path;
    if let Some([least, greatest]) = &value.range {
        match (&covered.min, &covered.max) {
            (Some(min), Some(max)) => {
                let ends = BTreeSet::from([least, greatest]);
                for end in ends.into_iter().filter(|end| !covered.spans(end)) {
                    drift.push(format!("{path}: {end} is outside of {min} to {max}"));
                }
            }
            (None, _) | (_, None) => drift.push(format!(
                "{path}: {least} to {greatest}, and the envelope has no numbers"
            )),
        }
    }
    if covered.any && !value.more && widened {
        drift.push(format!(
            "{path}: `any` covers more than there is; list the values"
        ));
    }
    if value.more && !covered.any {
        drift.push(format!(
            "{path}: more values than the report lists, and the envelope has no `any`"
        ));
    }
    let strange: Vec<&String> = value
        .distinct
        .iter()
        .filter(|text| !covered.any && !covered.any_of.contains(&Written((*text).clone())))
        .collect();
    for text in strange.iter().take(TOLD) {
        drift.push(format!("{path}: {text} is not in the envelope"));
    }
    if strange.len() > TOLD {
        let more = strange.len() - TOLD;
        drift.push(format!("{path}: {more} more outside of the envelope"));
    }
    if value.absent > 0 && !covered.absent {
        drift.push(format!(
            "{path}: absent or not known in {}",
            count(value.absent, "action")
        ));
    }
}

/// The smallest envelope that covers a group. The error says why none can.
pub fn envelope(values: bool, group: &GroupNote) -> Result<Envelope, String> {
    if !values && !group.values.is_empty() {
        return Err("the report holds no argument values, so no envelope can be drawn".to_owned());
    }
    for (named, what) in [(&group.by_agent, "agents"), (&group.by_action, "actions")] {
        if let Some(unnamed) = unnamed(group, named) {
            return Err(format!(
                "the report does not name the {what} of {}, so no envelope can list them",
                count(unnamed, "action")
            ));
        }
    }
    let mut envelope = Envelope {
        agents: group.by_agent.keys().cloned().collect(),
        actions: group.by_action.keys().cloned().collect(),
        values: BTreeMap::new(),
        count: group.actions,
    };
    for value in &group.values {
        let mut covered = ValueEnvelope {
            any: value.more,
            absent: value.absent > 0,
            ..ValueEnvelope::default()
        };
        if let Some([least, greatest]) = &value.range {
            let (min, max) = (Quantity::parse(least), Quantity::parse(greatest));
            if min.partial_cmp(&max).is_none() || min.is_none() || min > max {
                return Err(format!(
                    "the values at `{}` are of several kinds, so there is no range of them",
                    value.path
                ));
            }
            covered.min = Some(Written(least.clone()));
            covered.max = Some(Written(greatest.clone()));
        }
        if !value.more {
            covered.any_of = value.distinct.iter().cloned().map(Written).collect();
        }
        envelope.values.insert(value.path.clone(), covered);
    }
    Ok(envelope)
}
