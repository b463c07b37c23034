//! What earlier calls of a session changed, by a mapping.

use super::facts::Facts;
use super::{By, Filling, Meant};
use crate::model::{
    EarlierCall, EntityRef, FieldPath, Moment, NotReplayable, RecordedAction, Value,
};
use crate::repository::{Change, Parent};
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

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
    fn is_of(&self, uid: &EntityRef) -> bool {
        match &self.target {
            Target::Entity(entity) => entity == uid,
            Target::Some(ty) => *ty == uid.ty,
        }
    }
}

/// What a call changed, and why nobody knows whether it came before an action.
#[derive(Debug, Clone)]
pub(super) struct Past {
    patches: Arc<[Patch]>,
    doubt: Option<String>,
}

impl Past {
    /// What of it counts for an entity, whose row is since a time: nothing where the row says what became of it.
    pub(super) fn of(
        &self,
        uid: &EntityRef,
        since: Option<Timestamp>,
    ) -> impl Iterator<Item = Counted<'_>> {
        let patches = self.patches.iter().filter(|patch| patch.is_of(uid));
        patches.filter_map(move |patch| {
            let unsure = match (since, patch.moment.time) {
                (Some(since), Some(time)) if time < since.as_nanosecond() => return None,
                (Some(_), None) => {
                    Some(format!("when `{}` changed it is not recorded", patch.by).into())
                }
                _ => None,
            };
            let doubts = [patch.doubt.as_deref(), self.doubt.as_deref()];
            let doubt = doubts.into_iter().flatten().next().map(Cow::Borrowed);
            Some(Counted {
                patch,
                doubt: doubt.or(unsure),
            })
        })
    }
}

/// A change of an entity, as it counts for an action.
#[derive(Debug)]
pub(super) struct Counted<'p> {
    pub(super) patch: &'p Patch,
    /// Why nobody knows whether it counts.
    doubt: Option<Cow<'p, str>>,
}

/// What calls changed, by the mapping and schema of one side: it is the same for every action behind them.
#[derive(Debug, Default)]
pub struct Patches(RwLock<FxHashMap<usize, Kept>>);

/// The call is kept, so that no other one has its address.
type Kept = (Arc<RecordedAction>, Arc<[Patch]>);

impl Patches {
    fn of(&self, call: &Arc<RecordedAction>, make: impl FnOnce() -> Arc<[Patch]>) -> Arc<[Patch]> {
        // A call of which nobody else knows comes before this action alone.
        if Arc::strong_count(call) == 1 {
            return make();
        }
        let address = Arc::as_ptr(call) as usize;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = known.get(&address) {
            return known.clone();
        }
        drop(known);
        let made = make();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(address, (call.clone(), made.clone()));
        made
    }
}

/// What there is after changes, or why nobody knows: what came last, and each that may have, must say the same. `before` is
/// what there was.
pub(super) fn after<'p, T: PartialEq>(
    before: T,
    changes: impl Iterator<Item = (&'p Counted<'p>, T)>,
) -> Result<T, String> {
    let changes: Vec<(usize, &Counted<'_>, T)> = changes
        .enumerate()
        .map(|(nth, (change, value))| (nth, change, value))
        .collect();
    // What one call changes twice, it changes in the order of the mapping.
    let is_behind = |one: (usize, &Counted<'_>), other: (usize, &Counted<'_>)| {
        let (moment, from) = (&one.1.patch.moment, &other.1.patch.moment);
        let order = match moment.at == from.at {
            true => Some(one.0.cmp(&other.0)),
            false => moment.order(from),
        };
        order == Some(Ordering::Greater)
    };
    let mut last: Option<(usize, &Counted<'_>)> = None;
    for (nth, change, _) in &changes {
        let this = (*nth, *change);
        if change.doubt.is_none() && last.is_none_or(|last| is_behind(this, last)) {
            last = Some(this);
        }
    }
    let may_be_last = |this: (usize, &Counted<'_>)| last.is_none_or(|last| !is_behind(last, this));
    let before = last.is_none().then_some((None, before));
    let changes = changes
        .into_iter()
        .filter(|(nth, change, _)| may_be_last((*nth, change)))
        .map(|(_, change, value)| (Some(change), value));
    let mut left = before.into_iter().chain(changes);
    let Some((first, value)) = left.next() else {
        return Err("nothing is known of it".to_owned());
    };
    let mut may_be: Vec<&Counted<'_>> = first.into_iter().collect();
    let mut differs = false;
    for (change, other) in left {
        differs |= other != value;
        may_be.extend(change);
    }
    if !differs {
        return Ok(value);
    }
    let doubt = may_be.iter().find_map(|change| change.doubt.as_deref());
    Err(match doubt {
        Some(doubt) => doubt.to_owned(),
        None => {
            let ids = may_be.iter().map(|change| format!("`{}`", change.patch.by));
            let ids: Vec<String> = ids.collect();
            format!("which of {} came last is not recorded", ids.join(", "))
        }
    })
}

impl By<'_> {
    /// What the calls of an action's session that may have come before it changed.
    pub(super) fn past(self, action: &RecordedAction) -> Vec<Past> {
        if !self.mapping.has_changes() {
            return Vec::new();
        }
        let earlier = action.earlier.iter();
        earlier
            .filter_map(|earlier| {
                let patches = match self.patches {
                    Some(known) => known.of(&earlier.call, || self.patches_of(earlier)),
                    None => self.patches_of(earlier),
                };
                let id = &earlier.call.id;
                let doubt = (!earlier.surely)
                    .then(|| format!("whether `{id}` came before is not recorded"));
                (!patches.is_empty()).then_some(Past { patches, doubt })
            })
            .collect()
    }

    fn patches_of(self, earlier: &EarlierCall) -> Arc<[Patch]> {
        let id = &earlier.call.id;
        let of = |doubt: Option<String>| Of {
            by: self,
            earlier,
            doubt,
        };
        let any = |why: String| {
            let of = of(Some(why.clone()));
            let changes = self.mapping.rules().flat_map(|rule| &rule.changes);
            changes.map(|change| of.any(change, &why)).collect()
        };
        let Some(call) = &earlier.call.call else {
            // It could not be read, so it may have been any call.
            return any(format!("{id} may have changed it"));
        };
        let doubt = match earlier.call.failed() {
            Some(true) => return Arc::from([]),
            None => Some(format!("whether `{id}` changed it is not recorded")),
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
                changes.map(|change| of.patch(change, facts)).collect()
            }
            // A router's call that does not say which tool is meant may be of any.
            None => any(format!("which tool `{id}` called is not recorded")),
        }
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
