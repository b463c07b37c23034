//! The agents and entities of a repository, and which of them a scope takes.

use crate::cedar::LoweredEntity;
use crate::lint::context::Repository;
use crate::model::EntityRef;
use crate::repository::AgentStatus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The agents and entities of a repository.
pub(super) struct World {
    /// The agents in use; without an inventory, the entities of their type.
    pub(super) agents: BTreeSet<EntityRef>,
    entities: BTreeMap<EntityRef, LoweredEntity>,
    /// The types of which there are entities.
    types: BTreeSet<Arc<str>>,
    /// What lies in each group, by types.
    below: BTreeMap<EntityRef, BTreeMap<Arc<str>, Vec<EntityRef>>>,
}

/// What a scope, or a link's filled slot, takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// All.
    Any,
    /// All of a type.
    Type(Arc<str>),
    /// One entity.
    One(EntityRef),
    /// What lies in a group.
    In(EntityRef),
    /// One of these.
    Among(Vec<Aim>),
}

impl Aim {
    /// The entities that it names.
    pub(super) fn names(&self) -> Vec<&EntityRef> {
        match self {
            Aim::One(uid) | Aim::In(uid) => vec![uid],
            Aim::Among(aims) => aims.iter().flat_map(Aim::names).collect(),
            Aim::Any | Aim::Type(_) => Vec::new(),
        }
    }

    /// Whether it may take an entity of a type. Where entities of the type are known, one of them must be taken.
    pub(super) fn touches(&self, world: &World, ty: &Arc<str>) -> bool {
        match self {
            Aim::Any => true,
            Aim::One(uid) => uid.ty == *ty,
            Aim::Type(named) => named == ty,
            Aim::In(group) => {
                group.ty == *ty || !world.types.contains(ty) || !world.below(group, ty).is_empty()
            }
            Aim::Among(aims) => aims.iter().any(|aim| aim.touches(world, ty)),
        }
    }
}

impl World {
    /// That of a repository.
    pub(super) fn of(repository: &Repository<'_>) -> Self {
        let version = repository.context.version;
        let lowered = version.store.lowered().unwrap_or_default();
        let entities: BTreeMap<EntityRef, LoweredEntity> = lowered
            .into_iter()
            .map(|entity| (entity.uid.clone(), entity))
            .collect();
        let ty = version.manifest.agent_type.as_str();
        let agents = match version.agents.is_empty() {
            true => entities
                .keys()
                .filter(|uid| uid.ty.as_ref() == ty)
                .cloned()
                .collect(),
            false => {
                let active = version
                    .agents
                    .iter()
                    .filter(|agent| agent.status == AgentStatus::Active);
                active.map(|agent| agent.uid.clone()).collect()
            }
        };
        let mut below: BTreeMap<EntityRef, BTreeMap<Arc<str>, Vec<EntityRef>>> = BTreeMap::new();
        for entity in entities.values() {
            for group in &entity.ancestors {
                let types = below.entry(group.clone()).or_default();
                types
                    .entry(entity.uid.ty.clone())
                    .or_default()
                    .push(entity.uid.clone());
            }
        }
        Self {
            agents,
            types: entities.keys().map(|uid| uid.ty.clone()).collect(),
            entities,
            below,
        }
    }

    /// An entity with all that is known of it.
    pub(super) fn entity(&self, uid: &EntityRef) -> Option<&LoweredEntity> {
        self.entities.get(uid)
    }

    /// The entities of a type that lie below a group, in order.
    pub(super) fn below(&self, group: &EntityRef, ty: &str) -> &[EntityRef] {
        let types = self.below.get(group);
        types
            .and_then(|types| types.get(ty))
            .map_or(&[], Vec::as_slice)
    }

    /// Whether an aim takes an entity.
    pub(super) fn takes(&self, aim: &Aim, entity: &EntityRef) -> bool {
        match aim {
            Aim::Any => true,
            Aim::Type(ty) => entity.ty == *ty,
            Aim::One(one) => one == entity,
            Aim::Among(aims) => aims.iter().any(|aim| self.takes(aim, entity)),
            Aim::In(group) => {
                let ancestors = self.entities.get(entity).map(|found| &found.ancestors);
                group == entity || ancestors.is_some_and(|all| all.contains(group))
            }
        }
    }
}
