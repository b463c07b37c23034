//! Entities: Cedar's entity JSON in, a store out.

use super::diagnostics::message;
use super::{Schema, reference};
use crate::model::EntityRef;
use cedar_policy::Entity;
use std::collections::{BTreeMap, BTreeSet};

/// One entity that Cedar could read.
#[derive(Debug, Clone)]
pub struct ParsedEntity {
    /// Its uid.
    pub uid: EntityRef,
    inner: Entity,
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

/// The entities of one version, with the schema's actions and their groups.
#[derive(Debug, Clone)]
pub struct EntityStore {
    pub(super) inner: cedar_policy::Entities,
}

impl Default for EntityStore {
    fn default() -> Self {
        Self {
            inner: cedar_policy::Entities::empty(),
        }
    }
}

impl EntityStore {
    /// Builds the store. The error is Cedar's, for example a cycle among parents.
    pub fn build(entities: &[ParsedEntity], schema: Option<&Schema>) -> Result<Self, String> {
        let mut all: Vec<Entity> = entities.iter().map(|entity| entity.inner.clone()).collect();
        let given: BTreeSet<&EntityRef> = entities.iter().map(|entity| &entity.uid).collect();
        if let Some(schema) = schema {
            // Action groups exist for Cedar only if the store holds the action entities.
            let actions = schema
                .inner
                .action_entities()
                .map_err(|error| message(&error))?;
            all.extend(
                actions
                    .iter()
                    .filter(|action| !given.contains(&reference(action.uid().as_ref())))
                    .cloned(),
            );
        }
        cedar_policy::Entities::from_entities(all, None)
            .map(|inner| Self { inner })
            .map_err(|error| match own_ancestor(entities) {
                Some(uid) => format!("the parents of `{uid}` lead back to it"),
                None => message(&error),
            })
    }

    /// The same store with these entities laid over it.
    pub fn overlay(&self, entities: &[ParsedEntity]) -> Result<Self, String> {
        if entities.is_empty() {
            return Ok(self.clone());
        }
        let added = entities.iter().map(|entity| entity.inner.clone());
        self.inner
            .clone()
            .upsert_entities(added, None)
            .map(|inner| Self { inner })
            .map_err(|error| message(&error))
    }

    /// Whether the store holds an entity.
    pub fn contains(&self, uid: &EntityRef) -> bool {
        super::uid(uid).is_some_and(|uid| self.inner.get(&uid.into()).is_some())
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

/// The first entity, in order of the uids, that is its own ancestor. Cedar names one too, but a different one each time.
fn own_ancestor(entities: &[ParsedEntity]) -> Option<&EntityRef> {
    let parents: BTreeMap<&EntityRef, Vec<EntityRef>> = entities
        .iter()
        .map(|entity| {
            let inner: &cedar_policy_core::ast::Entity = entity.inner.as_ref();
            (&entity.uid, inner.parents().map(reference).collect())
        })
        .collect();
    parents.iter().find_map(|(uid, direct)| {
        let mut seen: BTreeSet<&EntityRef> = BTreeSet::new();
        let mut next: Vec<&EntityRef> = direct.iter().collect();
        while let Some(ancestor) = next.pop() {
            if seen.insert(ancestor) {
                next.extend(parents.get(ancestor).into_iter().flatten());
            }
        }
        seen.contains(uid).then_some(*uid)
    })
}

/// The same JSON with keys sorted, and with the sets that Cedar writes in hash order sorted too.
fn sorted(json: &serde_json::Value) -> serde_json::Value {
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
