//! What one edit moves: a policy, a link, or a template with all its links.
//!
//! Invariant: the units are disjoint, and every policy is in one. Taking a unit from one side to the other takes all its
//! policies. A link whose own text differs is a unit by itself, with whatever its template did.

use super::side::Side;
use crate::cedar::{Link, ParsedPolicy};
use crate::repository::PolicyVersion;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The unit of each policy; a policy that is not listed is a unit of its own name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units(BTreeMap<Arc<str>, Arc<str>>);

impl Units {
    /// The units of two versions: links that are the same on both sides move with their template, where that was edited.
    pub fn of_sides(base: &Side<'_>, head: &Side<'_>) -> Self {
        Self::of_versions(base.version(), head.version())
    }

    /// The same. Links and templates are paired by their ids.
    pub fn of_versions(base: &PolicyVersion, head: &PolicyVersion) -> Self {
        let before: BTreeMap<&Arc<str>, &Link> =
            base.links.iter().map(|link| (&link.id, link)).collect();
        let (left, right) = (templates(base), templates(head));
        let same = |link: &Link| {
            before.get(&link.id).is_some_and(|other| {
                other.template == link.template
                    && other.principal == link.principal
                    && other.resource == link.resource
            })
        };
        let edited = |link: &Link| match (left.get(&link.template), right.get(&link.template)) {
            (Some(before), Some(after)) => !before.same_tree(after),
            (None, _) | (_, None) => false,
        };
        let moved = head.links.iter().filter(|link| same(link) && edited(link));
        Self(
            moved
                .map(|link| (link.id.clone(), link.template.clone()))
                .collect(),
        )
    }

    /// The unit of a policy.
    pub fn of<'a>(&'a self, policy: &'a Arc<str>) -> &'a Arc<str> {
        self.0.get(policy).unwrap_or(policy)
    }
}

fn templates(version: &PolicyVersion) -> BTreeMap<&Arc<str>, &ParsedPolicy> {
    let templates = version.parsed.iter().filter(|policy| policy.is_template);
    templates
        .filter_map(|template| Some((template.id.as_ref()?, template)))
        .collect()
}
