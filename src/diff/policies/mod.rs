//! The changes of the repository itself.

mod control;
mod hunks;
mod note;

pub use hunks::Hunk;

use super::document::ControlChange;
use crate::cedar::{Link, ParsedPolicy};
use crate::engine::{Pair, Pairing};
use crate::model::EntityRef;
use crate::repository::PolicyVersion;
use control::control_changes;
use hunks::TextChange;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What changed between two repositories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryChanges {
    /// Policies, templates and links, by name.
    pub policies: Vec<PolicyChange>,
    /// The policies and links that decide differently now: added, removed, or edited in more than annotations.
    pub deciding: BTreeSet<String>,
    /// How many policies each side has, links included.
    pub counts: (usize, usize),
    /// Whether the schema's text changed.
    pub schema: bool,
    /// Whether the mapping changed.
    pub mapping: bool,
    /// Entities that were added, removed or changed, agents included.
    pub entities: BTreeSet<String>,
    /// Changes of what controls the tool: tests, the manifest without its gates, the mapping. Shown apart, because a
    /// pull request must not loosen its own review unseen.
    pub control: BTreeSet<ControlChange>,
}

/// One changed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyChange {
    /// Its name.
    pub name: Arc<str>,
    /// What happened to it.
    pub kind: PolicyChangeKind,
    /// In what respects it was edited, each a phrase that says from what to what; empty where it was added or removed.
    /// Texts in it are those of the files, and are not escaped.
    pub edits: Vec<String>,
    /// Where it stands on base.
    pub base: Option<Place>,
    /// Where it stands on head.
    pub head: Option<Place>,
    /// What changed in its text, as hunks of a unified diff.
    pub hunks: Vec<Hunk>,
}

/// What happened to a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyChangeKind {
    /// It is only on head.
    Added,
    /// It is only on base.
    Removed,
    /// It differs in these respects.
    Edited(BTreeSet<Edit>),
    /// It stands in another file, unchanged.
    Moved,
}

/// In what respect a policy differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edit {
    /// Permit became forbid, or the reverse.
    Effect,
    /// Scope or condition.
    Logic,
    /// Annotations only say something else.
    Annotations,
    /// What a link links.
    Link,
    /// It moved to another file as well.
    Moved,
}

/// Where a policy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Arc<str>,
    /// The line where it begins, from 1.
    pub line: usize,
    /// The line of the first change in it; the first line where there is none.
    pub changed: usize,
}

impl RepositoryChanges {
    /// Whether nothing that can change a decision changed.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty() && !self.schema && !self.mapping && self.entities.is_empty()
    }
}

/// Compares two repositories.
pub fn policy_changes(
    base: &PolicyVersion,
    head: &PolicyVersion,
    pairing: &Pairing,
) -> RepositoryChanges {
    let mut policies: Vec<PolicyChange> = pairing
        .pairs
        .iter()
        .filter_map(|pair| change(base, head, pair))
        .collect();
    policies.extend(link_changes(base, head));
    policies.sort_by(|a, b| (&a.name, &a.kind).cmp(&(&b.name, &b.kind)));
    let digest = |version: &PolicyVersion| {
        version
            .schema
            .as_ref()
            .map(|schema| schema.digest().clone())
    };
    let deciding = deciding(&policies, base, head);
    RepositoryChanges {
        policies,
        deciding,
        counts: (
            base.policies.policies().len(),
            head.policies.policies().len(),
        ),
        schema: digest(base) != digest(head),
        mapping: base.mapping.as_ref().map(|mapping| &mapping.digest)
            != head.mapping.as_ref().map(|mapping| &mapping.digest),
        entities: entity_changes(base, head),
        control: control_changes(base, head),
    }
}

/// Changed policies by name, with the links of changed templates.
fn deciding(
    policies: &[PolicyChange],
    base: &PolicyVersion,
    head: &PolicyVersion,
) -> BTreeSet<String> {
    let decides = |change: &&PolicyChange| match &change.kind {
        PolicyChangeKind::Added | PolicyChangeKind::Removed => true,
        PolicyChangeKind::Moved => false,
        PolicyChangeKind::Edited(edits) => edits
            .iter()
            .any(|edit| !matches!(edit, Edit::Annotations | Edit::Moved)),
    };
    let mut names: BTreeSet<String> = policies
        .iter()
        .filter(decides)
        .map(|change| change.name.to_string())
        .collect();
    let links = base.links.iter().chain(&head.links);
    let linked: Vec<String> = links
        .filter(|link| names.contains(link.template.as_ref()))
        .map(|link| link.id.to_string())
        .collect();
    names.extend(linked);
    names
}

fn change(base: &PolicyVersion, head: &PolicyVersion, pair: &Pair) -> Option<PolicyChange> {
    let old = pair.base.and_then(|at| base.parsed.get(at));
    let new = pair.head.and_then(|at| head.parsed.get(at));
    let (kind, edits) = match (old, new) {
        (Some(old), Some(new)) => (edited(old, new)?, phrases(old, new)),
        (Some(_), None) => (PolicyChangeKind::Removed, Vec::new()),
        (None, Some(_)) => (PolicyChangeKind::Added, Vec::new()),
        (None, None) => return None,
    };
    fn text<'v>(version: &'v PolicyVersion, policy: Option<&ParsedPolicy>) -> Option<&'v str> {
        let policy = policy?;
        Some(version.sources.get(&policy.file)?.slice(policy.span))
    }
    let line = |policy: Option<&ParsedPolicy>| policy.map_or(0, |policy| policy.line);
    let text = TextChange::of(
        text(base, old).unwrap_or_default(),
        text(head, new).unwrap_or_default(),
        Some((line(old), line(new))),
    );
    let place = |policy: Option<&ParsedPolicy>, changed: usize| {
        policy.map(|policy| Place {
            file: policy.file.clone(),
            line: policy.line,
            changed: policy.line + changed,
        })
    };
    Some(PolicyChange {
        name: pair.name.clone(),
        kind,
        edits,
        base: place(old, text.first.0),
        head: place(new, text.first.1),
        hunks: text.hunks,
    })
}

fn edited(old: &ParsedPolicy, new: &ParsedPolicy) -> Option<PolicyChangeKind> {
    let mut edits = BTreeSet::new();
    if old.effect != new.effect {
        edits.insert(Edit::Effect);
    }
    if old.effect == new.effect && !old.same_tree(new) {
        edits.insert(Edit::Logic);
    }
    if old.annotations != new.annotations {
        edits.insert(Edit::Annotations);
    }
    let moved = old.file != new.file;
    match (edits.is_empty(), moved) {
        (true, true) => Some(PolicyChangeKind::Moved),
        (true, false) => None,
        (false, moved) => {
            if moved {
                edits.insert(Edit::Moved);
            }
            Some(PolicyChangeKind::Edited(edits))
        }
    }
}

fn phrases(old: &ParsedPolicy, new: &ParsedPolicy) -> Vec<String> {
    let mut phrases = old.edits_to(new);
    if phrases.is_empty() && old.annotations != new.annotations {
        phrases.push("annotations only".to_owned());
    }
    if old.file != new.file {
        phrases.push(format!("moved {} → {}", old.file, new.file));
    }
    phrases
}

fn link_changes(base: &PolicyVersion, head: &PolicyVersion) -> Vec<PolicyChange> {
    fn by_id(version: &PolicyVersion) -> BTreeMap<&str, &Link> {
        let links = version.links.iter();
        links.map(|link| (link.id.as_ref(), link)).collect()
    }
    let (old, new) = (by_id(base), by_id(head));
    let ids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    ids.into_iter()
        .filter_map(|id| {
            let (old, new) = (old.get(id).copied(), new.get(id).copied());
            let (kind, edits) = match (old, new) {
                (Some(old), Some(new)) => {
                    let edits = old.edits_to(new);
                    if edits.is_empty() {
                        return None;
                    }
                    (
                        PolicyChangeKind::Edited(BTreeSet::from([Edit::Link])),
                        edits,
                    )
                }
                (Some(_), None) => (PolicyChangeKind::Removed, Vec::new()),
                (None, Some(_)) => (PolicyChangeKind::Added, Vec::new()),
                (None, None) => return None,
            };
            let text = |link: Option<&Link>| link.map(link_text).unwrap_or_default();
            Some(PolicyChange {
                name: id.into(),
                kind,
                edits,
                base: old.and_then(|link| link_place(base, link)),
                head: new.and_then(|link| link_place(head, link)),
                hunks: TextChange::of(&text(old), &text(new), None).hunks,
            })
        })
        .collect()
}

/// A link in a form of its own: its file may be written in many ways.
fn link_text(link: &Link) -> String {
    let slot = |name: &str, uid: &Option<EntityRef>| {
        uid.as_ref()
            .map(|uid| format!("{name}: {uid}\n"))
            .unwrap_or_default()
    };
    format!(
        "template: {}\n{}{}",
        link.template,
        slot("principal", &link.principal),
        slot("resource", &link.resource)
    )
}

fn link_place(version: &PolicyVersion, link: &Link) -> Option<Place> {
    let (line, _) = version
        .sources
        .get(&link.file)?
        .line_column(link.span.start);
    Some(Place {
        file: link.file.clone(),
        line,
        changed: line,
    })
}

fn entity_changes(base: &PolicyVersion, head: &PolicyVersion) -> BTreeSet<String> {
    if base.store.same(&head.store) {
        return BTreeSet::new();
    }
    let (old, new) = (base.store.as_json(), head.store.as_json());
    let uids: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    uids.into_iter()
        // Actions come from the schema, whose changes are told apart.
        .filter(|uid| uid.ty.as_ref() != "Action" && !uid.ty.ends_with("::Action"))
        .filter(|uid| old.get(uid) != new.get(uid))
        .map(ToString::to_string)
        .collect()
}

#[cfg(test)]
mod tests;
