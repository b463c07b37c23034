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
    let side = Side::base(base, &pairing);
    let before: BTreeMap<&Arc<str>, &CompiledPolicy> = side.named_policies().collect();
    let policies = head.policies.policies().iter();
    policies
        .filter(|policy| {
            let same = before.get(&policy.id);
            !same.is_some_and(|same| same.decides_like(policy))
        })
        .map(|policy| policy.id.clone())
        .collect()
}
