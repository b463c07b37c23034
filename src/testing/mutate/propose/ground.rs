//! What a version holds for a search: its schema, and its entities by type.

use crate::cedar::{BuiltRequest, EntityStore, LoweredEntity, ParsedEntity, Schema, parse_entity};
use crate::model::{EntityRef, Request};
use crate::repository::PolicyVersion;
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The parts of a version that a search reads.
pub(super) struct Ground<'v> {
    pub(super) version: &'v PolicyVersion,
    pub(super) schema: &'v Schema,
    pub(super) store: Arc<EntityStore>,
    entities: BTreeMap<EntityRef, LoweredEntity>,
    by_type: BTreeMap<Arc<str>, BTreeSet<EntityRef>>,
}

/// A request on its way to a test, with the entities that are not as the version has them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Try {
    pub(super) request: Request,
    pub(super) entities: BTreeMap<EntityRef, LoweredEntity>,
}

impl<'v> Ground<'v> {
    /// Nothing without a schema, or where entities hold what has no form of ours.
    pub(super) fn of(version: &'v PolicyVersion) -> Option<Self> {
        let schema = version.schema.as_ref()?;
        let entities: BTreeMap<EntityRef, LoweredEntity> = version
            .store
            .lowered()?
            .into_iter()
            .map(|entity| (entity.uid.clone(), entity))
            .collect();
        let mut by_type: BTreeMap<Arc<str>, BTreeSet<EntityRef>> = BTreeMap::new();
        for uid in entities.keys() {
            by_type
                .entry(uid.ty.clone())
                .or_default()
                .insert(uid.clone());
        }
        Some(Self {
            version,
            schema,
            store: Arc::new(version.store.clone()),
            entities,
            by_type,
        })
    }

    /// The entities of a type that the version has, sorted.
    pub(super) fn entities(&self, ty: &Arc<str>) -> impl Iterator<Item = &EntityRef> {
        self.by_type.get(ty).into_iter().flatten()
    }

    /// The entities of a type whose ids the schema lists.
    pub(super) fn listed(&self, ty: &Arc<str>) -> impl Iterator<Item = EntityRef> {
        let ids = self.schema.choices(ty).into_iter().flatten();
        ids.map(|id| EntityRef::new(ty.clone(), id.clone()))
    }

    /// Some entity of a type: one that is known, else one that nobody knows.
    pub(super) fn some(&self, ty: &Arc<str>) -> EntityRef {
        let known = self.entities(ty).next().cloned();
        known
            .or_else(|| self.listed(ty).next())
            .unwrap_or_else(|| EntityRef::new(ty.clone(), "x"))
    }

    /// An entity as the version has it.
    pub(super) fn entity(&self, uid: &EntityRef) -> Option<&LoweredEntity> {
        self.entities.get(uid)
    }

    /// The entities of a store that are not as the version has them; nothing where they have no form of ours.
    pub(super) fn own(
        &self,
        store: &Arc<EntityStore>,
    ) -> Option<BTreeMap<EntityRef, LoweredEntity>> {
        if store.same(&self.store) {
            return Some(BTreeMap::new());
        }
        let own = store.lowered()?.into_iter();
        let own = own.filter(|entity| self.entities.get(&entity.uid) != Some(entity));
        Some(own.map(|entity| (entity.uid.clone(), entity)).collect())
    }

    /// What a request can reach of the version's entities, with these laid over them.
    pub(super) fn overlaid(
        &self,
        entities: &BTreeMap<EntityRef, LoweredEntity>,
        request: &BuiltRequest,
    ) -> Option<Arc<EntityStore>> {
        if entities.is_empty() {
            return Some(self.store.clone());
        }
        let parsed: Option<Vec<ParsedEntity>> = entities
            .values()
            .map(|entity| parse_entity(&written(entity), Some(self.schema)).ok())
            .collect();
        let policies = &self.version.policies;
        let store = self.version.store.overlay_for(&parsed?, request, policies);
        store.ok().map(Arc::new)
    }
}

impl Try {
    /// An entity as it is for this request.
    pub(super) fn entity<'t>(
        &'t self,
        uid: &EntityRef,
        ground: &'t Ground<'_>,
    ) -> Option<&'t LoweredEntity> {
        self.entities.get(uid).or_else(|| ground.entity(uid))
    }
}

/// An entity in Cedar's JSON.
fn written(entity: &LoweredEntity) -> serde_json::Value {
    let uid = |uid: &EntityRef| json!({ "type": uid.ty, "id": uid.id });
    let members = |members: &BTreeMap<Arc<str>, crate::model::Value>| {
        let members = members.iter();
        let members = members.map(|(name, value)| (name.to_string(), json!(value)));
        serde_json::Value::Object(Map::from_iter(members))
    };
    json!({
        "uid": uid(&entity.uid),
        "attrs": members(&entity.attributes),
        "tags": members(&entity.tags),
        "parents": entity.ancestors.iter().map(uid).collect::<Vec<_>>(),
    })
}
