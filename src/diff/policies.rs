//! The changes of the repository itself.

use crate::cedar::ParsedPolicy;
use crate::engine::{Pair, Pairing};
use crate::model::SourceFile;
use crate::repository::PolicyVersion;
use similar::TextDiff;
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
    /// Files that control the tool and changed: tests and the manifest. Shown apart, because a pull request must
    /// not loosen its own review unseen.
    pub control: BTreeSet<String>,
}

/// One changed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyChange {
    /// Its name.
    pub name: Arc<str>,
    /// What happened to it.
    pub kind: PolicyChangeKind,
    /// Its file and line on base.
    pub base: Option<(Arc<str>, usize)>,
    /// Its file and line on head.
    pub head: Option<(Arc<str>, usize)>,
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

/// A run of lines: a sign (` `, `-`, `+`) and the text of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The lines.
    pub lines: Vec<(char, String)>,
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
    let at = |version: &PolicyVersion, at: Option<usize>| {
        at.and_then(|at| version.parsed.get(at)).cloned()
    };
    let (old, new) = (at(base, pair.base), at(head, pair.head));
    let kind = match (&old, &new) {
        (Some(old), Some(new)) => edited(old, new)?,
        (Some(_), None) => PolicyChangeKind::Removed,
        (None, Some(_)) => PolicyChangeKind::Added,
        (None, None) => return None,
    };
    let text = |version: &PolicyVersion, policy: &Option<ParsedPolicy>| {
        policy
            .as_ref()
            .and_then(|policy| {
                Some(
                    version
                        .sources
                        .get(&policy.file)?
                        .slice(policy.span)
                        .to_owned(),
                )
            })
            .unwrap_or_default()
    };
    Some(PolicyChange {
        name: pair.name.clone(),
        base: old
            .as_ref()
            .and_then(|policy| place(base, &policy.file, policy.span.start)),
        head: new
            .as_ref()
            .and_then(|policy| place(head, &policy.file, policy.span.start)),
        hunks: hunks(&text(base, &old), &text(head, &new)),
        kind,
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

fn link_changes(base: &PolicyVersion, head: &PolicyVersion) -> Vec<PolicyChange> {
    fn by_id(version: &PolicyVersion) -> BTreeMap<&str, &crate::cedar::Link> {
        version
            .links
            .iter()
            .map(|link| (link.id.as_ref(), link))
            .collect()
    }
    let (old, new) = (by_id(base), by_id(head));
    let ids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    ids.into_iter()
        .filter_map(|id| {
            let (old, new) = (old.get(id).copied(), new.get(id).copied());
            let kind = match (old, new) {
                (Some(old), Some(new)) => {
                    let same = old.template == new.template
                        && old.principal == new.principal
                        && old.resource == new.resource;
                    if same {
                        return None;
                    }
                    PolicyChangeKind::Edited(BTreeSet::from([Edit::Link]))
                }
                (Some(_), None) => PolicyChangeKind::Removed,
                (None, Some(_)) => PolicyChangeKind::Added,
                (None, None) => return None,
            };
            let line = |version, link: Option<&crate::cedar::Link>| {
                link.and_then(|link| place(version, &link.file, link.span.start))
            };
            let text = |link: Option<&crate::cedar::Link>| {
                link.map(|link| {
                    let slot = |name: &str, uid: &Option<crate::model::EntityRef>| {
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
                })
                .unwrap_or_default()
            };
            Some(PolicyChange {
                name: id.into(),
                kind,
                base: line(base, old),
                head: line(head, new),
                hunks: hunks(&text(old), &text(new)),
            })
        })
        .collect()
}

fn place(version: &PolicyVersion, file: &Arc<str>, offset: usize) -> Option<(Arc<str>, usize)> {
    let line = version.sources.get(file)?.line_column(offset).0;
    Some((file.clone(), line))
}

fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(old, new);
    diff.grouped_ops(1)
        .iter()
        .map(|group| Hunk {
            lines: group
                .iter()
                .flat_map(|op| diff.iter_changes(op))
                .map(|line| {
                    let sign = match line.tag() {
                        similar::ChangeTag::Equal => ' ',
                        similar::ChangeTag::Delete => '-',
                        similar::ChangeTag::Insert => '+',
                    };
                    (sign, line.value().trim_end_matches(['\n', '\r']).to_owned())
                })
                .collect(),
        })
        .collect()
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

fn control_changes(base: &PolicyVersion, head: &PolicyVersion) -> BTreeSet<String> {
    let control = |version: &PolicyVersion| -> BTreeMap<Arc<str>, SourceFile> {
        let mut files: BTreeMap<_, _> = version
            .suites
            .iter()
            .map(|suite| (suite.file.path.clone(), suite.file.clone()))
            .collect();
        if let Some(manifest) = version.sources.get("agentauthz.yaml") {
            files.insert(manifest.path.clone(), manifest.clone());
        }
        files
    };
    let (old, new) = (control(base), control(head));
    let paths: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .map(
            |path| match (old.contains_key(path), new.contains_key(path)) {
                (true, false) => format!("{path} (deleted)"),
                (false, _) => format!("{path} (added)"),
                (true, true) => path.to_string(),
            },
        )
        .collect()
}
