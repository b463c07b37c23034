//! The entities of a side, by number.

use super::names::{AttributeId, EntityId, Names};
use super::value::{Val, intern, member};
use crate::cedar::EntityStore;
use bumpalo::Bump;

#[derive(Debug)]
struct Data<'g> {
    /// All ancestors, sorted.
    ancestors: Box<[EntityId]>,
    attributes: Box<[(AttributeId, Val<'g>)]>,
    tags: Box<[(&'g str, Val<'g>)]>,
}

/// What a side knows of entities.
#[derive(Debug, Default)]
pub struct World<'g> {
    entities: Vec<Option<Data<'g>>>,
}

impl<'g> World<'g> {
    /// The entities of a store; nothing where one of them holds what the compiled path does not cover.
    pub fn of(ground: &'g Bump, names: &mut Names, store: &EntityStore) -> Option<Self> {
        let mut world = Self::default();
        for entity in store.lowered()? {
            let id = names.entity(&entity.uid) as usize;
            let mut ancestors: Vec<EntityId> = entity
                .ancestors
                .iter()
                .map(|uid| names.entity(uid))
                .collect();
            ancestors.sort_unstable();
            let mut attributes = Vec::new();
            for (name, value) in &entity.attributes {
                attributes.push((names.attribute(name), intern(ground, names, value)?));
            }
            let mut tags = Vec::new();
            for (name, value) in &entity.tags {
                tags.push((&*ground.alloc_str(name), intern(ground, names, value)?));
            }
            if world.entities.len() <= id {
                world.entities.resize_with(id + 1, || None);
            }
            if let Some(place) = world.entities.get_mut(id) {
                *place = Some(Data {
                    ancestors: ancestors.into(),
                    attributes: attributes.into(),
                    tags: tags.into(),
                });
            }
        }
        Some(world)
    }

    fn data(&self, entity: EntityId) -> Option<&Data<'g>> {
        self.entities.get(entity as usize)?.as_ref()
    }

    /// Whether the store holds the entity.
    pub fn holds(&self, entity: EntityId) -> bool {
        self.data(entity).is_some()
    }

    /// Whether an entity is another one or below it. One that the store does not hold is only itself.
    pub fn is_in(&self, entity: EntityId, other: EntityId) -> bool {
        entity == other
            || self
                .data(entity)
                .is_some_and(|data| data.ancestors.binary_search(&other).is_ok())
    }

    /// All ancestors, sorted.
    pub fn ancestors(&self, entity: EntityId) -> &[EntityId] {
        self.data(entity).map_or(&[], |data| &data.ancestors)
    }

    /// An attribute of an entity that the store holds.
    pub fn attribute(&self, entity: EntityId, name: AttributeId) -> Option<Val<'g>> {
        member(&self.data(entity)?.attributes, name)
    }

    /// A tag of an entity that the store holds.
    pub fn tag(&self, entity: EntityId, name: &str) -> Option<Val<'g>> {
        let tags = &self.data(entity)?.tags;
        let found = tags.iter().find(|(tag, _)| *tag == name)?;
        Some(found.1)
    }
}
