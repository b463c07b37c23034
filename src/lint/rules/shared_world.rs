//! The agents and entities of a repository, and which of them a scope takes.

use crate::cedar::LoweredEntity;
use crate::lint::context::Repository;
use crate::model::EntityRef;
use crate::repository::AgentStatus;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// The agents and entities of a repository.
pub(super) struct World<'r> {
    /// The agents in use; without an inventory, the entities of their type.
    pub(super) agents: BTreeSet<EntityRef>,
    entities: HashMap<&'r EntityRef, &'r LoweredEntity>,
    /// The types of which there are entities.
    types: HashSet<&'r str>,
    /// What lies in each group, by types; found when it is first asked for.
    below: OnceLock<Below<'r>>,
}

/// What lies in each group, by types.
type Below<'r> = HashMap<&'r EntityRef, HashMap<&'r str, Vec<&'r EntityRef>>>;

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
    pub(super) fn touches(&self, world: &World<'_>, ty: &Arc<str>) -> bool {
        match self {
            Aim::Any => true,
            Aim::One(uid) => uid.ty == *ty,
            Aim::Type(named) => named == ty,
            Aim::In(group) => {
                group.ty == *ty
                    || !world.types.contains(ty.as_ref())
                    || !world.below(group, ty).is_empty()
            }
            Aim::Among(aims) => aims.iter().any(|aim| aim.touches(world, ty)),
        }
    }
}

impl<'r> World<'r> {
    /// That of a repository.
    pub(super) fn of(repository: &Repository<'r>) -> Self {
        let version = repository.context.version;
        let all = repository.context.entities();
        let entities: HashMap<&EntityRef, &LoweredEntity> =
            all.iter().map(|entity| (&entity.uid, entity)).collect();
        let ty = version.manifest.agent_type.as_str();
        let agents = match version.agents.is_empty() {
            true => all
                .iter()
                .map(|entity| &entity.uid)
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
        Self {
            agents,
            types: all.iter().map(|entity| entity.uid.ty.as_ref()).collect(),
            entities,
            below: OnceLock::new(),
        }
    }

    /// An entity with all that is known of it.
    pub(super) fn entity(&self, uid: &EntityRef) -> Option<&'r LoweredEntity> {
        self.entities.get(uid).copied()
    }

    /// The entities of a type that lie below a group, in order.
    pub(super) fn below(&self, group: &EntityRef, ty: &str) -> &[&'r EntityRef] {
        let below = self.below.get_or_init(|| {
            let mut below = Below::new();
            for entity in self.entities.values() {
                for group in &entity.ancestors {
                    let types = below.entry(group).or_default();
                    types
                        .entry(entity.uid.ty.as_ref())
                        .or_default()
                        .push(&entity.uid);
                }
            }
            let inside = below.values_mut().flat_map(HashMap::values_mut);
            inside.for_each(|inside| inside.sort_unstable());
            below
        });
        let types = below.get(group);
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
