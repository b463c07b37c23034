//! Which policies are not what they were.

use super::{Pairing, Side};
use crate::cedar::CompiledPolicy;
use crate::repository::PolicyVersion;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The policies and links of `head` that `base` does not have, or not with the same effect, scope and condition. A link
/// of a changed template is changed.
pub fn changed(base: &PolicyVersion, head: &PolicyVersion) -> BTreeSet<Arc<str>> {
    let pairing = Pairing::of(base, head);
    let (left, right) = (Side::base(base, &pairing), Side::head(head));
    let changed = unlike(&right, &left).into_iter();
    changed.map(|(_, policy)| policy.id.clone()).collect()
}

/// The policies of one side that the other lacks or has otherwise, with their places.
pub(super) fn unlike<'s>(of: &Side<'s>, other: &Side<'_>) -> Vec<(usize, &'s CompiledPolicy)> {
    let known: BTreeMap<&Arc<str>, &CompiledPolicy> = other.named_policies().collect();
    let policies = of.named_policies().enumerate();
    policies
        .filter(|(_, (name, policy))| {
            let same = known.get(name);
            !same.is_some_and(|other| other.decides_like(policy))
        })
        .map(|(at, (_, policy))| (at, policy))
        .collect()
}
