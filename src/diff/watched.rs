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
    let mut changed = BTreeSet::new();
    let mut others = BTreeSet::new();
    for (name, policy) in head.named_policies() {
        let same = before
            .get(name)
            .is_some_and(|other| other.decides_like(policy));
        if same {
            others.insert(name);
            continue;
        }
        changed.extend(policy.read_paths());
        if let Some(other) = before.get(name) {
            changed.extend(other.read_paths());
        }
    }
    for (name, policy) in base.named_policies() {
        if !after.contains_key(name) {
            changed.extend(policy.read_paths());
        }
    }
    let mut unchanged = BTreeSet::new();
    if !base.decides_by_the_same(head) {
        for policy in others.iter().filter_map(|name| after.get(name)) {
            unchanged.extend(policy.read_paths());
        }
    }
    first(changed, unchanged)
}

/// The first paths of changed policies, and of the unchanged ones as many as there is room for.
fn first(changed: BTreeSet<FieldPath>, unchanged: BTreeSet<FieldPath>) -> Vec<FieldPath> {
    let others = unchanged.into_iter().filter(|path| !changed.contains(path));
    let others: Vec<FieldPath> = others.collect();
    let mut watched: Vec<FieldPath> = changed
        .into_iter()
        .chain(others)
        .filter(|path| !path.0.is_empty())
        .take(MOST)
        .collect();
    watched.sort();
    watched
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: impl Iterator<Item = String>) -> BTreeSet<FieldPath> {
        names.map(|name| FieldPath(vec![name])).collect()
    }

    #[test]
    fn paths_of_changed_policies_come_first_whatever_they_are_called() {
        let mut changed = paths(["zone".to_owned(), String::new()].into_iter());
        changed.insert(FieldPath(Vec::new()));
        let unchanged = paths(
            (0..MOST)
                .map(|at| format!("a{at:02}"))
                .chain(["zone".to_owned()]),
        );
        let watched = first(changed.clone(), unchanged.clone());
        assert_eq!(watched.len(), MOST);
        assert!(watched.is_sorted());
        let zone = FieldPath(vec!["zone".to_owned()]);
        assert!(watched.contains(&zone));
        assert!(!watched.contains(&FieldPath(Vec::new())));
        let few = first(changed, BTreeSet::new());
        assert_eq!(few, [FieldPath(vec![String::new()]), zone]);
        assert_eq!(first(unchanged, BTreeSet::new()).len(), MOST);
    }
}
