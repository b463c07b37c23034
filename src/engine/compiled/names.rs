//! Numbers for types, entities and attributes, so that the compiled path compares numbers and not texts.

use crate::model::EntityRef;
use rustc_hash::FxHashMap;

/// The number of an entity type.
pub type TypeId = u32;
/// The number of an entity. Numbers from `Names::entities` on belong to entities that only a worker knows.
pub type EntityId = u32;
/// The number of an attribute.
pub type AttributeId = u32;

/// What policies, entities and schemas name. The same entity has the same number on both sides.
#[derive(Debug, Default)]
pub struct Names {
    types: FxHashMap<Box<str>, TypeId>,
    type_names: Vec<Box<str>>,
    attributes: FxHashMap<Box<str>, AttributeId>,
    /// By type, then by id.
    entities: Vec<FxHashMap<Box<str>, EntityId>>,
    references: Vec<(TypeId, Box<str>)>,
}

impl Names {
    /// The number of a type, which is made where it has none.
    pub fn ty(&mut self, name: &str) -> TypeId {
        if let Some(known) = self.types.get(name) {
            return *known;
        }
        let id = number(self.type_names.len());
        self.types.insert(name.into(), id);
        self.type_names.push(name.into());
        self.entities.push(FxHashMap::default());
        id
    }

    /// The number of an attribute, which is made where it has none.
    pub fn attribute(&mut self, name: &str) -> AttributeId {
        if let Some(known) = self.attributes.get(name) {
            return *known;
        }
        let id = number(self.attributes.len());
        self.attributes.insert(name.into(), id);
        id
    }

    /// The number of an entity, which is made where it has none.
    pub fn entity(&mut self, reference: &EntityRef) -> EntityId {
        let ty = self.ty(&reference.ty);
        let next = number(self.references.len());
        let Some(of_type) = self.entities.get_mut(ty as usize) else {
            return EntityId::MAX;
        };
        if let Some(known) = of_type.get(reference.id.as_ref()) {
            return *known;
        }
        of_type.insert(reference.id.as_ref().into(), next);
        self.references.push((ty, reference.id.as_ref().into()));
        next
    }

    /// The number of a type that is known.
    pub fn known_type(&self, name: &str) -> Option<TypeId> {
        self.types.get(name).copied()
    }

    /// The number of an attribute that is known.
    pub fn known_attribute(&self, name: &str) -> Option<AttributeId> {
        self.attributes.get(name).copied()
    }

    /// The number of an entity that is known.
    pub fn known_entity(&self, ty: TypeId, id: &str) -> Option<EntityId> {
        self.entities.get(ty as usize)?.get(id).copied()
    }

    /// The type and the id of a known entity.
    pub fn reference(&self, entity: EntityId) -> Option<(TypeId, &str)> {
        let (ty, id) = self.references.get(entity as usize)?;
        Some((*ty, id))
    }

    /// The name of a type.
    pub fn type_name(&self, ty: TypeId) -> &str {
        self.type_names.get(ty as usize).map_or("", |name| name)
    }

    /// How many entities are known.
    pub fn entities(&self) -> usize {
        self.references.len()
    }
}

/// A count as a number; more than four thousand million names do not fit into memory.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
