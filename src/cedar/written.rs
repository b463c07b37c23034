//! The entities of a store, read back as a person would write them.

use super::lower::lower_value;
use super::{EntityStore, reference, uid};
use crate::model::{EntityRef, Json};
use cedar_policy_core::ast::PartialValue;
use cedar_policy_core::entities::Dereference;
use std::collections::{BTreeMap, BTreeSet};

/// An entity as a person would write it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WrittenEntity {
    /// Its parents, not their parents.
    pub parents: BTreeSet<EntityRef>,
    /// Its attributes, in Cedar's explicit JSON.
    pub attrs: BTreeMap<String, Json>,
    /// Its tags, in Cedar's explicit JSON.
    pub tags: BTreeMap<String, Json>,
}

impl EntityStore {
    /// One entity as a person would write it; nothing where the store does not hold it.
    pub fn written(&self, entity: &EntityRef) -> Option<WrittenEntity> {
        let entities = self.inner.as_ref();
        let Dereference::Data(entity) = entities.entity(&uid(entity)?) else {
            return None;
        };
        let read = |(name, value): (&smol_str::SmolStr, &PartialValue)| {
            let PartialValue::Value(value) = value else {
                return None;
            };
            let json = serde_json::to_value(lower_value(value)?).ok()?;
            Some((name.to_string(), serde_json::from_value(json).ok()?))
        };
        Some(WrittenEntity {
            parents: entity.parents().map(reference).collect(),
            attrs: entity.attrs().filter_map(read).collect(),
            tags: entity.tags().filter_map(read).collect(),
        })
    }

    /// Every entity of a type, in order of the ids.
    pub fn of_type(&self, ty: &str) -> BTreeSet<EntityRef> {
        let entities = self.inner.as_ref().iter();
        let all = entities.map(|entity| reference(entity.uid()));
        all.filter(|entity| entity.ty.as_ref() == ty).collect()
    }
}
