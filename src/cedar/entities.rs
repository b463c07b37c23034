//! Entities: Cedar's entity JSON in, a store out.

use super::diagnostics::message;
use super::{Schema, reference};
use crate::model::EntityRef;
use cedar_policy::Entity;
use cedar_policy_core::entities::Entities;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

/// One entity that Cedar could read.
#[derive(Debug, Clone)]
pub struct ParsedEntity {
    /// Its uid.
    pub uid: EntityRef,
    pub(super) inner: Entity,
}

/// Why Cedar refused an entity, and the entity as it reads without the schema, where it does.
pub type Refused = (String, Option<Box<ParsedEntity>>);

/// Reads one entity from Cedar's entity JSON. With a schema, values are typed by it and the entity must conform.
///
/// The error says why Cedar refused it. The second value is then the entity read without the schema, where that
/// works: what it says is still a fact, so decisions are made with it.
pub fn parse_entity(
    json: &serde_json::Value,
    schema: Option<&Schema>,
) -> Result<ParsedEntity, Refused> {
    if let Some((ty, entity)) = schema.and_then(|schema| schema.shapes.build(json)) {
        let id: &str = entity.uid().eid().as_ref();
        return Ok(ParsedEntity {
            uid: EntityRef::new(ty, id),
            inner: entity.into(),
        });
    }
    parse_by_cedar(json, schema)
}

/// The same by Cedar's own parser.
pub(super) fn parse_by_cedar(
    json: &serde_json::Value,
    schema: Option<&Schema>,
) -> Result<ParsedEntity, Refused> {
    let read = |schema: Option<&cedar_policy::Schema>| {
        Entity::from_json_value(json.clone(), schema)
            .map(|inner| ParsedEntity {
                uid: reference(AsRef::<cedar_policy_core::ast::Entity>::as_ref(&inner).uid()),
                inner,
            })
            .map_err(|error| message(&error))
    };
    match schema {
        None => read(None).map_err(|error| (error, None)),
        Some(schema) => {
            read(Some(&schema.inner)).map_err(|error| (error, read(None).ok().map(Box::new)))
        }
    }
}

/// Cedar's entities, held once for all versions that have the same.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<cedar_policy::Entities>);

impl Shared {
    pub(super) fn as_ref(&self) -> &Entities {
        (*self.0).as_ref()
    }
}

impl Deref for Shared {
    type Target = cedar_policy::Entities;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<cedar_policy::Entities> for Shared {
    fn from(entities: cedar_policy::Entities) -> Self {
        Self(Arc::new(entities))
    }
}

/// The entities of one version, with the schema's actions and their groups. Clones share them.
#[derive(Debug, Clone)]
pub struct EntityStore {
    pub(super) inner: Shared,
    /// Attributes of entities that nobody knows; they are not in `inner`.
    pub(super) unknown: Arc<BTreeSet<(EntityRef, String)>>,
}

impl Default for EntityStore {
    fn default() -> Self {
        Self {
            inner: cedar_policy::Entities::empty().into(),
            unknown: Arc::default(),
        }
    }
}

impl EntityStore {
    /// Builds the store. The error is Cedar's, for example a cycle among parents.
    pub fn build(entities: &[ParsedEntity], schema: Option<&Schema>) -> Result<Self, String> {
        let given: BTreeSet<&EntityRef> = entities.iter().map(|entity| &entity.uid).collect();
        let mut actions: Vec<Entity> = Vec::new();
        if let Some(schema) = schema {
            // Action groups exist for Cedar only if the store holds the action entities.
            let all = schema
                .inner
                .action_entities()
                .map_err(|error| message(&error))?;
            actions.extend(
                all.iter()
                    .filter(|action| !given.contains(&reference(action.uid().as_ref())))
                    .cloned(),
            );
        }
        let all = || entities.iter().map(|entity| &entity.inner).chain(&actions);
        cedar_policy::Entities::from_entities(all().cloned(), None)
            .map(|inner| Self {
                inner: inner.into(),
                unknown: Arc::default(),
            })
            .map_err(|error| cycle(all()).unwrap_or_else(|| message(&error)))
    }

    /// The same store with these entities laid over it.
    pub fn overlay(&self, entities: &[ParsedEntity]) -> Result<Self, String> {
        if entities.is_empty() {
            return Ok(self.clone());
        }
        let added = entities.iter().map(|entity| entity.inner.clone());
        let under: &cedar_policy::Entities = &self.inner;
        under
            .clone()
            .upsert_entities(added, None)
            .map(|inner| Self {
                inner: inner.into(),
                unknown: self.unknown.clone(),
            })
            .map_err(|error| {
                let over: BTreeSet<&EntityRef> =
                    entities.iter().map(|entity| &entity.uid).collect();
                let under = self.inner.iter();
                let under =
                    under.filter(|entity| !over.contains(&reference(entity.uid().as_ref())));
                let all = under.chain(entities.iter().map(|entity| &entity.inner));
                cycle(all).unwrap_or_else(|| message(&error))
            })
    }

    /// The same store, of which nobody knows these attributes.
    pub fn with_unknown(self, unknown: BTreeSet<(EntityRef, String)>) -> Self {
        Self {
            unknown: Arc::new(unknown),
            ..self
        }
    }

    /// Whether all attributes of its entities are known.
    pub fn is_known(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Whether both stores hold the same entities, with equal attributes, tags and ancestors. Stores that share
    /// theirs are not looked at.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner.0, &other.inner.0)
            || self.inner.as_ref().deep_eq(other.inner.as_ref())
    }

    /// Whether the store holds an entity.
    pub fn contains(&self, uid: &EntityRef) -> bool {
        super::uid(uid).is_some_and(|uid| self.inner.get(&uid.into()).is_some())
    }

    /// Whether an entity of the store is another one, or lies in it, directly or not.
    pub fn is_below(&self, uid: &EntityRef, group: &EntityRef) -> bool {
        let (Some(uid), Some(group)) = (super::uid(uid), super::uid(group)) else {
            return false;
        };
        let entity = self.inner.get(&uid.clone().into());
        let below = entity.is_some_and(|entity| {
            let entity: &cedar_policy_core::ast::Entity = entity.as_ref();
            entity.is_descendant_of(&group)
        });
        below || uid == group
    }

    /// How many entities the store holds, actions included.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether the store is empty.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Every entity as Cedar's canonical JSON, by its uid, to compare two stores.
    pub fn as_json(&self) -> std::collections::BTreeMap<EntityRef, String> {
        self.inner
            .iter()
            .map(|entity| {
                let json = entity.to_json_value().map(|json| sorted(&json).to_string());
                (reference(entity.uid().as_ref()), json.unwrap_or_default())
            })
            .collect()
    }
}

/// The first cycle among parents, in order of the uids. Cedar names a member that depends on its hashing.
fn cycle<'e>(entities: impl Iterator<Item = &'e Entity>) -> Option<String> {
    let mut parents: BTreeMap<EntityRef, BTreeSet<EntityRef>> = BTreeMap::new();
    for entity in entities {
        let entity: &cedar_policy_core::ast::Entity = entity.as_ref();
        parents.insert(
            reference(entity.uid()),
            entity.parents().map(reference).collect(),
        );
    }
    let mut done: BTreeSet<&EntityRef> = BTreeSet::new();
    for start in parents.keys() {
        // The way from the start to where the search stands, with the parents still to be tried at each step.
        let mut way: Vec<(&EntityRef, Vec<&EntityRef>)> = Vec::new();
        let mut next = Some(start);
        loop {
            if let Some(uid) = next.take() {
                if let Some(at) = way.iter().position(|(seen, _)| *seen == uid) {
                    let members = way.iter().skip(at).map(|(member, _)| member.to_string());
                    let members: Vec<String> = members.chain([uid.to_string()]).collect();
                    return Some(format!(
                        "an entity is its own ancestor: {}",
                        members.join(" in ")
                    ));
                }
                if !done.contains(uid) {
                    let above = parents.get(uid).into_iter().flatten().rev().collect();
                    way.push((uid, above));
                }
            }
            let Some((uid, above)) = way.last_mut() else {
                break;
            };
            next = above.pop();
            if next.is_none() {
                done.insert(*uid);
                way.pop();
            }
        }
    }
    None
}

/// The same JSON with keys sorted, and with lists sorted too: they are sets, whose order says nothing.
pub(super) fn sorted(json: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match json {
        Value::Object(members) => {
            let ordered: std::collections::BTreeMap<_, _> = members
                .iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => json.clone(),
    }
}
