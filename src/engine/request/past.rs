//! What earlier calls of a session changed, by a mapping.

use super::facts::Facts;
use super::{By, Filling, Meant};
use crate::model::{
    EarlierCall, EntityRef, FieldPath, Moment, NotReplayable, RecordedAction, Value,
};
use crate::repository::{Change, Parent};
use jiff::Timestamp;
use std::borrow::Cow;
use std::cmp::Ordering;
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

/// What one call changed.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    /// The entity, or, where nobody knows which one, the type of what may be it.
    target: Target,
    pub(super) attrs: BTreeMap<String, Became>,
    /// What it is in since; nothing inside where nobody knows.
    pub(super) parents: Option<Option<BTreeSet<EntityRef>>>,
    /// When.
    pub(super) moment: Moment,
    /// The id of the call.
    pub(super) by: String,
    /// Why nobody knows whether it counts.
    pub(super) doubt: Option<String>,
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

    /// The same, seen from a row that counts since a time: nothing where the row says what became of it.
    pub(super) fn since(&self, since: Option<Timestamp>) -> Option<Cow<'_, Self>> {
        let Some(since) = since else {
            return Some(Cow::Borrowed(self));
        };
        match self.moment.time {
            Some(time) if time < since.as_nanosecond() => None,
            Some(_) => Some(Cow::Borrowed(self)),
            None => {
                let why = format!("when `{}` changed it is not recorded", self.by);
                Some(Cow::Owned(Self {
                    doubt: Some(why),
                    ..self.clone()
                }))
            }
        }
    }
}

/// What there is after changes, or why nobody knows: what came last, and each that may have, must say the same. `before` is
/// what there was.
pub(super) fn after<'p, T: PartialEq>(
    before: T,
    changes: impl Iterator<Item = (&'p Patch, T)>,
) -> Result<T, String> {
    let changes: Vec<(usize, &Patch, T)> = changes
        .enumerate()
        .map(|(nth, (patch, value))| (nth, patch, value))
        .collect();
    // What one call changes twice, it changes in the order of the mapping.
    let is_behind = |one: (usize, &Patch), other: (usize, &Patch)| {
        let order = match one.1.moment.at == other.1.moment.at {
            true => Some(one.0.cmp(&other.0)),
            false => one.1.moment.order(&other.1.moment),
        };
        order == Some(Ordering::Greater)
    };
    let mut last: Option<(usize, &Patch)> = None;
    for (nth, patch, _) in &changes {
        let this = (*nth, *patch);
        if patch.doubt.is_none() && last.is_none_or(|last| is_behind(this, last)) {
            last = Some(this);
        }
    }
    let may_be_last = |this: (usize, &Patch)| last.is_none_or(|last| !is_behind(last, this));
    let before = last.is_none().then_some((None, before));
    let changes = changes.into_iter();
    let changes = changes.filter(|(nth, patch, _)| may_be_last((*nth, patch)));
    let changes = changes.map(|(_, patch, value)| (Some(patch), value));
    let mut left = before.into_iter().chain(changes);
    let Some((first, value)) = left.next() else {
        return Err("nothing is known of it".to_owned());
    };
    let mut others: Vec<&Patch> = Vec::new();
    let mut differs = false;
    for (patch, other) in left {
        differs |= other != value;
        others.extend(patch);
    }
    if !differs {
        return Ok(value);
    }
    let doubts = first.into_iter().chain(others.iter().copied());
    let doubt = doubts.filter_map(|patch| patch.doubt.clone()).next();
    Err(doubt.unwrap_or_else(|| {
        let ids = first
            .into_iter()
            .chain(others)
            .map(|patch| format!("`{}`", patch.by));
        let ids: Vec<String> = ids.collect();
        format!("which of {} came last is not recorded", ids.join(", "))
    }))
}

impl By<'_> {
    /// What the calls of an action's session that may have come before it changed.
    pub(super) fn past(self, action: &RecordedAction) -> Vec<Patch> {
        let mut patches = Vec::new();
        if !self.mapping.has_changes() {
            return patches;
        }
        for earlier in action.earlier.iter() {
            let id = &earlier.call.id;
            let of = |doubt: Option<String>| Of {
                by: self,
                earlier,
                doubt,
            };
            let any = |why: String| {
                let of = of(Some(why.clone()));
                let changes = self.mapping.rules().flat_map(|rule| &rule.changes);
                changes
                    .map(|change| of.any(change, &why))
                    .collect::<Vec<_>>()
            };
            let Some(call) = &earlier.call.call else {
                // It could not be read, so it may have been any call.
                patches.extend(any(format!("{id} may have changed it")));
                continue;
            };
            let doubt = match earlier.call.failed() {
                Some(true) => continue,
                None => Some(format!("whether `{id}` changed it is not recorded")),
                Some(false) if !earlier.surely => {
                    Some(format!("whether `{id}` came before is not recorded"))
                }
                Some(false) => None,
            };
            match Meant::of(&earlier.call, call, self.mapping) {
                Some(meant) => {
                    let facts = Facts {
                        result: call.result.as_ref(),
                        ..meant.facts(&earlier.call)
                    };
                    let changes = self.mapping.rule(&meant.tool).changes.iter();
                    let of = of(doubt);
                    patches.extend(changes.map(|change| of.patch(change, facts)));
                }
                // A router's call that does not say which tool is meant may be of any.
                None => patches.extend(any(format!("which tool `{id}` called is not recorded"))),
            }
        }
        patches
    }
}

/// An earlier call.
struct Of<'a> {
    by: By<'a>,
    earlier: &'a EarlierCall,
    /// Why nobody knows whether it counts.
    doubt: Option<String>,
}

impl Of<'_> {
    fn patch(&self, change: &Change, facts: Facts<'_>) -> Patch {
        let Some(uid) = facts.reference(&change.entity) else {
            let id = &self.earlier.call.id;
            let why = format!("which entity `{id}` changed is not known");
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
        Patch {
            target: Target::Entity(uid),
            attrs,
            parents: parents.map(|parents| parents_of(parents, facts).ok()),
            moment: self.earlier.moment.clone(),
            by: self.earlier.call.id.clone(),
            doubt: self.doubt.clone(),
        }
    }

    /// A change of nobody knows which entity of a type.
    fn any(&self, change: &Change, why: &str) -> Patch {
        let unknown = |name: &String| (name.clone(), Became::Unknown(why.to_owned()));
        Patch {
            target: Target::Some(change.entity.ty.as_deref().unwrap_or_default().into()),
            attrs: change.attrs.keys().map(unknown).collect(),
            parents: change.parents.as_ref().map(|_| None),
            moment: self.earlier.moment.clone(),
            by: self.earlier.call.id.clone(),
            doubt: Some(why.to_owned()),
        }
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
