//! The paths whose values matter for a report.

use crate::engine::Side;
use crate::model::FieldPath;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many paths are watched at most, those of changed policies first.
const MOST: usize = 64;

/// The paths of the context that policies read which may decide otherwise on the two sides: the changed ones, and, where
/// entities, schema or mapping changed, all others as well.
pub fn watched(base: &Side<'_>, head: &Side<'_>) -> Vec<FieldPath> {
    let before: BTreeMap<&Arc<str>, _> = base.named_policies().collect();
    let after: BTreeMap<&Arc<str>, _> = head.named_policies().collect();
    let mut watched = BTreeSet::new();
    let mut others = BTreeSet::new();
    for (name, policy) in head.named_policies() {
        let same = before
            .get(name)
            .is_some_and(|other| other.decides_like(policy));
        if same {
            others.insert(name);
            continue;
        }
        watched.extend(policy.read_paths());
        if let Some(other) = before.get(name) {
            watched.extend(other.read_paths());
        }
    }
    for (name, policy) in base.named_policies() {
        if !after.contains_key(name) {
            watched.extend(policy.read_paths());
        }
    }
    if !base.decides_by_the_same(head) {
        for name in others {
            if watched.len() >= MOST {
                break;
            }
            watched.extend(
                after
                    .get(name)
                    .into_iter()
                    .flat_map(|policy| policy.read_paths()),
            );
        }
    }
    watched
        .into_iter()
        .filter(|path| !path.0.is_empty())
        .take(MOST)
        .collect()
}
