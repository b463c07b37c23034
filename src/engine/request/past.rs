//! What earlier calls of a session changed, by a mapping.

use super::facts::Facts;
use super::{By, Filling, Meant};
use crate::model::{EntityRef, FieldPath, NotReplayable, RecordedAction, Value};
use crate::repository::{Change, Parent};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What became of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Became {
    /// It has this value.
    Value(Value),
    /// It is not there.
    Gone,
    /// Nobody knows, and why.
    Unknown(String),
}

/// What one earlier call changed.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    /// The entity, or, where nobody knows which one, the type of what may be it.
    target: Target,
    pub(super) attrs: BTreeMap<String, Became>,
    /// What it is in since; nothing inside where nobody knows.
    pub(super) parents: Option<Option<BTreeSet<EntityRef>>>,
    /// When.
    pub(super) time: Option<Timestamp>,
    /// The id of the call.
    pub(super) by: String,
}

#[derive(Debug, Clone)]
enum Target {
    Entity(EntityRef),
    Some(Arc<str>),
}

impl Patch {
    pub(super) fn is_of(&self, uid: &EntityRef) -> bool {
        match &self.target {
            Target::Entity(entity) => entity == uid,
            Target::Some(ty) => *ty == uid.ty,
        }
    }

    /// The same where nobody knows whether it counts.
    pub(super) fn unsure(&self, why: &str) -> Self {
        let attrs = self
            .attrs
            .keys()
            .map(|name| (name.clone(), Became::Unknown(why.to_owned())));
        Self {
            attrs: attrs.collect(),
            parents: self.parents.as_ref().map(|_| None),
            ..self.clone()
        }
    }
}

impl By<'_> {
    /// What the earlier calls of an action's session changed, oldest first.
    pub(super) fn past(self, action: &RecordedAction) -> Vec<Patch> {
        let mut patches = Vec::new();
        if !self.mapping.has_changes() {
            return patches;
        }
        let time = |of: &RecordedAction| of.time.as_deref()?.parse::<Timestamp>().ok();
        for earlier in action.earlier.iter() {
            let Some(call) = &earlier.call else {
                // It could not be read, so it may have been any call.
                let of = Of {
                    by: self,
                    earlier,
                    doubt: None,
                };
                let why = format!("{} may have changed it", earlier.id);
                let changes = self.mapping.rules().flat_map(|rule| &rule.changes);
                patches.extend(changes.map(|change| of.any(change, &why)));
                continue;
            };
            let failed = earlier.failed();
            if failed == Some(true) {
                continue;
            }
            let place = (action.sequence, earlier.sequence);
            let doubt = match (failed, place) {
                (None, _) => Some(format!(
                    "whether `{}` changed it is not recorded",
                    earlier.id
                )),
                (_, (Some(one), Some(other))) if one == other => Some(format!(
                    "whether `{}` came before is not recorded",
                    earlier.id
                )),
                _ if time(action)
                    .zip(time(earlier))
                    .is_some_and(|(own, other)| own < other) =>
                {
                    Some(format!(
                        "whether `{}` came before is not recorded",
                        earlier.id
                    ))
                }
                _ => None,
            };
            let of = Of {
                by: self,
                earlier,
                doubt,
            };
            match Meant::of(earlier, call, self.mapping) {
                Some(meant) => {
                    let facts = Facts {
                        result: call.result.as_ref(),
                        ..meant.facts(earlier)
                    };
                    let changes = self.mapping.rule(&meant.tool).changes.iter();
                    patches.extend(changes.map(|change| of.patch(change, facts)));
                }
                // A router's call that does not say which tool is meant may be of any.
                None => {
                    let why = format!("which tool `{}` called is not recorded", earlier.id);
                    let changes = self.mapping.rules().flat_map(|rule| &rule.changes);
                    patches.extend(changes.map(|change| of.any(change, &why)));
                }
            }
        }
        patches
    }
}

/// An earlier call.
struct Of<'a> {
    by: By<'a>,
    earlier: &'a RecordedAction,
    /// Why nobody knows whether it counts.
    doubt: Option<String>,
}

impl Of<'_> {
    fn patch(&self, change: &Change, facts: Facts<'_>) -> Patch {
        let Some(uid) = facts.reference(&change.entity) else {
            let why = format!("which entity `{}` changed is not known", self.earlier.id);
            return self.any(change, &why);
        };
        let ty = self.by.schema.entity_type(&uid.ty).unwrap_or_default();
        let mut attrs = BTreeMap::new();
        for (name, template) in &change.attrs {
            let Some(attribute) = ty.attributes.get(name.as_str()) else {
                continue;
            };
            let became = match template {
                None => Some(Became::Gone),
                Some(template) => {
                    let path = FieldPath(vec![name.clone()]);
                    let (value, lost) = Filling::alone(facts, template, &attribute.ty, &path);
                    match (value, lost) {
                        (_, Some(why)) => Some(Became::Unknown(why)),
                        (Some(value), None) => Some(Became::Value(value)),
                        // A call that says nothing of it leaves it as it was.
                        (None, None) => None,
                    }
                }
            };
            attrs.extend(became.map(|became| (name.clone(), became)));
        }
        // A call that says nothing of them leaves them as they were.
        let said = |parents: &&Vec<Parent>| parents.iter().all(|parent| !is_absent(parent, facts));
        let parents = change.parents.as_ref().filter(said);
        let patch = Patch {
            target: Target::Entity(uid),
            attrs,
            parents: parents.map(|parents| parents_of(parents, facts).ok()),
            time: self.time(),
            by: self.earlier.id.clone(),
        };
        match &self.doubt {
            Some(why) => patch.unsure(why),
            None => patch,
        }
    }

    /// A change of nobody knows which entity of a type.
    fn any(&self, change: &Change, why: &str) -> Patch {
        let unknown = |name: &String| (name.clone(), Became::Unknown(why.to_owned()));
        Patch {
            target: Target::Some(change.entity.ty.as_deref().unwrap_or_default().into()),
            attrs: change.attrs.keys().map(unknown).collect(),
            parents: change.parents.as_ref().map(|_| None),
            time: self.time(),
            by: self.earlier.id.clone(),
        }
    }

    fn time(&self) -> Option<Timestamp> {
        self.earlier.time.as_deref()?.parse().ok()
    }
}

/// Whether there is nothing to say what a parent is.
fn is_absent(parent: &Parent, facts: Facts<'_>) -> bool {
    match parent {
        Parent::One(entity) => facts.is_absent(&entity.id),
        Parent::Each(each, _) => matches!(facts.elements(each), Ok(None)),
    }
}

/// What something is in. The error is that nobody knows.
pub(super) fn parents_of(
    parents: &[Parent],
    facts: Facts<'_>,
) -> Result<BTreeSet<EntityRef>, NotReplayable> {
    let mut out = BTreeSet::new();
    for parent in parents {
        let (entity, items) = match parent {
            Parent::One(entity) => (entity, None),
            Parent::Each(each, entity) => {
                let items = facts.elements(each);
                let items = items.map_err(|_| NotReplayable::UnknownEntity)?;
                (entity, Some(items.unwrap_or_default()))
            }
        };
        let mut add = |facts: Facts<'_>| match facts.reference(entity) {
            Some(uid) => {
                out.insert(uid);
                Ok(())
            }
            None if facts.is_absent(&entity.id) => Ok(()),
            None => Err(NotReplayable::UnknownEntity),
        };
        match items {
            None => add(facts)?,
            Some(items) => items.iter().try_for_each(|item| {
                add(Facts {
                    item: Some(item),
                    ..facts
                })
            })?,
        }
    }
    Ok(out)
}
