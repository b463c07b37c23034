//! Changes of gates and approvals: a change must not loosen its own review unseen.

use crate::cedar::Quantity;
use crate::diff::document::{ControlChange, ControlKind};
use crate::repository::{Approval, Envelope, Gates, ValueEnvelope, Written};
use std::collections::{BTreeMap, BTreeSet};

/// The limits that changed. One that lets more pass weakens control.
pub fn gate_changes(base: &Gates, head: &Gates) -> Vec<ControlChange> {
    base.bounds()
        .into_iter()
        .zip(head.bounds())
        .filter(|((_, base), (_, head))| base != head)
        .map(|((key, base), (_, head))| ControlChange {
            kind: ControlKind::Gate,
            what: format!("{key} {base} → {head}"),
            weakens: head.weaker_than(base),
        })
        .collect()
}

/// The approvals that were added, removed or changed. One that now covers more, or for longer, weakens control.
pub fn approval_changes(base: &[Approval], head: &[Approval]) -> Vec<ControlChange> {
    fn by_group(side: &[Approval]) -> BTreeMap<&str, &Approval> {
        let named = side
            .iter()
            .map(|approval| (approval.group.as_str(), approval));
        named.collect()
    }
    let (base, head) = (by_group(base), by_group(head));
    let groups: BTreeSet<&str> = base.keys().chain(head.keys()).copied().collect();
    let mut changes = Vec::new();
    for group in groups {
        let (what, weakens) = match (base.get(group), head.get(group)) {
            (None, Some(head)) => (format!("added until {}", head.expires), false),
            (Some(_), None) => ("removed".to_owned(), false),
            (Some(base), Some(head)) => match changed(base, head) {
                Some(change) => change,
                None => continue,
            },
            (None, None) => continue,
        };
        changes.push(ControlChange {
            kind: ControlKind::Approval,
            what: format!("approval of {group} {what}"),
            weakens,
        });
    }
    changes
}

/// What differs in an approval, and whether it covers more.
fn changed(base: &Approval, head: &Approval) -> Option<(String, bool)> {
    let prolonged = head.expires > base.expires;
    let widened = head.class != base.class || !within(&head.envelope, &base.envelope);
    let mut parts = Vec::new();
    if prolonged {
        parts.push(format!("prolonged: {} → {}", base.expires, head.expires));
    } else if head.expires != base.expires {
        parts.push(format!("shortened: {} → {}", base.expires, head.expires));
    }
    if widened {
        parts.push("envelope widened".to_owned());
    } else if head.envelope != base.envelope {
        parts.push("envelope narrowed".to_owned());
    }
    let words = |side: &Approval| {
        [&side.title, &side.reason, &side.owner, &side.approver].map(String::clone)
    };
    if words(base) != words(head) {
        parts.push("changed in its words".to_owned());
    }
    (!parts.is_empty()).then(|| (parts.join(", "), prolonged || widened))
}

/// Whether everything that the inner envelope covers, the outer one covers too.
fn within(inner: &Envelope, outer: &Envelope) -> bool {
    inner.agents.is_subset(&outer.agents)
        && inner.actions.is_subset(&outer.actions)
        && inner.count <= outer.count
        && inner.values.iter().all(|(path, value)| {
            let outer = outer.values.get(path);
            outer.is_some_and(|outer| value_within(value, outer))
        })
}

fn value_within(inner: &ValueEnvelope, outer: &ValueEnvelope) -> bool {
    let number = |bound: &Option<Written>| bound.as_ref().and_then(|text| Quantity::parse(&text.0));
    let numbers = match (number(&inner.min), number(&inner.max)) {
        (None, _) | (_, None) => true,
        (Some(least), Some(greatest)) => match (number(&outer.min), number(&outer.max)) {
            (Some(min), Some(max)) => min <= least && greatest <= max,
            (None, _) | (_, None) => false,
        },
    };
    let texts = outer.any || (!inner.any && inner.any_of.is_subset(&outer.any_of));
    numbers && texts && (outer.absent || !inner.absent)
}
