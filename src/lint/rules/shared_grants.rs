//! Who gets what: the agents that a permit or a link may apply to, and the types of resources that it reaches.

use super::shared_entailment::is_scope;
use super::shared_reach::types_of;
use crate::cedar::{BinaryOperator, LoweredEntity, TermKind, Verdict};
use crate::lint::context::{Policy, Repository};
use crate::model::{EntityRef, Variable};
use crate::repository::AgentStatus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The agents and entities of a repository.
pub(super) struct World {
    /// The agents in use; without an inventory, the entities of their type.
    pub(super) agents: BTreeSet<EntityRef>,
    entities: BTreeMap<EntityRef, LoweredEntity>,
}

/// What a scope, or a link's filled slot, takes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Aim {
    Any,
    Type(Arc<str>),
    One(EntityRef),
    In(EntityRef),
}

/// A permit, or a link of a template, as it applies.
pub(super) struct Grant<'p, 'r> {
    /// The policy, or the template.
    pub(super) policy: &'p Policy<'r>,
    /// Its id, or the link's.
    pub(super) id: Arc<str>,
    principal: Vec<Aim>,
    resource: Vec<Aim>,
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
        Self { agents, entities }
    }

    /// An entity with all that is known of it.
    pub(super) fn entity(&self, uid: &EntityRef) -> Option<&LoweredEntity> {
        self.entities.get(uid)
    }

    /// The entities of a type, in order.
    pub(super) fn entities_of(&self, ty: &str) -> impl Iterator<Item = &EntityRef> {
        self.entities
            .keys()
            .filter(move |uid| uid.ty.as_ref() == ty)
    }

    fn takes(&self, aim: &Aim, entity: &EntityRef) -> bool {
        match aim {
            Aim::Any => true,
            Aim::Type(ty) => entity.ty == *ty,
            Aim::One(one) => one == entity,
            Aim::In(group) => {
                let ancestors = self.entities.get(entity).map(|found| &found.ancestors);
                group == entity || ancestors.is_some_and(|all| all.contains(group))
            }
        }
    }
}

/// The permits and links of a repository.
pub(super) fn grants<'p, 'r>(repository: &'p Repository<'r>) -> Vec<Grant<'p, 'r>> {
    let mut found = Vec::new();
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        let id = policy.id();
        if !policy.parsed.is_template {
            found.push(Grant {
                policy,
                id,
                principal: aims(policy, Variable::Principal, None),
                resource: aims(policy, Variable::Resource, None),
            });
            continue;
        }
        let links = repository.context.version.links.iter();
        for link in links.filter(|link| link.template == id) {
            found.push(Grant {
                policy,
                id: link.id.clone(),
                principal: aims(policy, Variable::Principal, link.principal.as_ref()),
                resource: aims(policy, Variable::Resource, link.resource.as_ref()),
            });
        }
    }
    found
}

/// Everything that a scope takes for a variable at once, with what conditions say that could stand there.
fn aims(policy: &Policy<'_>, variable: Variable, slot: Option<&EntityRef>) -> Vec<Aim> {
    let mut found = Vec::new();
    let part = policy.syntax.scope_of(variable);
    found.extend(part.and_then(|part| part.is.clone()).map(Aim::Type));
    if let Some(test) = part.and_then(|part| part.test.as_ref()) {
        let entity = match test.slot {
            true => slot.cloned(),
            false => test.entities.first().map(|(uid, _)| uid.clone()),
        };
        found.extend(entity.map(|entity| match test.equal {
            true => Aim::One(entity),
            false => Aim::In(entity),
        }));
    }
    for demand in policy.syntax.demands() {
        let TermKind::Binary(operator, sides) = &demand.term.kind else {
            continue;
        };
        let [left, right] = sides.as_ref();
        if demand.denied
            || !is_scope(&demand)
            || !matches!(left.kind, TermKind::Variable(of) if of == variable)
        {
            continue;
        }
        match (operator, right.as_entity()) {
            (BinaryOperator::Eq, Some(uid)) => found.push(Aim::One(uid.clone())),
            (BinaryOperator::In, Some(uid)) => found.push(Aim::In(uid.clone())),
            _ => {}
        }
    }
    if found.is_empty() {
        found.push(Aim::Any);
    }
    found
}

impl Grant<'_, '_> {
    /// The agents that it may apply to.
    pub(super) fn holders(&self, world: &World) -> BTreeSet<EntityRef> {
        let types = types_of(self.policy, Variable::Principal);
        let agents = world.agents.iter().filter(|agent| {
            (types.is_empty() || types.contains(&agent.ty))
                && self.principal.iter().all(|aim| world.takes(aim, agent))
        });
        agents.cloned().collect()
    }

    /// The only agent that it applies to, where it names one.
    pub(super) fn only_holder(&self) -> Option<&EntityRef> {
        self.principal.iter().find_map(|aim| match aim {
            Aim::One(uid) => Some(uid),
            Aim::Any | Aim::Type(_) | Aim::In(_) => None,
        })
    }

    /// The only resource that it is about, where it names one.
    pub(super) fn only_resource(&self) -> Option<&EntityRef> {
        self.resource.iter().find_map(|aim| match aim {
            Aim::One(uid) => Some(uid),
            Aim::Any | Aim::Type(_) | Aim::In(_) => None,
        })
    }

    /// The resources that it names, or those below the group that it names; nothing where it names none.
    pub(super) fn resources(&self, world: &World) -> Option<BTreeSet<EntityRef>> {
        let types = types_of(self.policy, Variable::Resource);
        let named = self.resource_names().next().is_some();
        let all = world
            .entities
            .keys()
            .filter(|uid| types.contains(&uid.ty) && self.takes_resource(world, uid));
        named.then(|| all.cloned().collect())
    }

    /// The resource, or the groups of resources, that it names.
    pub(super) fn resource_names(&self) -> impl Iterator<Item = &EntityRef> {
        self.resource.iter().filter_map(|aim| match aim {
            Aim::One(uid) | Aim::In(uid) => Some(uid),
            Aim::Any | Aim::Type(_) => None,
        })
    }

    /// Whether it names its resource, a group of them, or their type.
    pub(super) fn names_resource(&self) -> bool {
        self.resource.iter().any(|aim| *aim != Aim::Any)
    }

    /// Whether it may be about a resource.
    pub(super) fn takes_resource(&self, world: &World, uid: &EntityRef) -> bool {
        self.resource.iter().all(|aim| world.takes(aim, uid))
    }

    /// Whether it names its agent, or a group of agents.
    pub(super) fn names_holders(&self) -> bool {
        self.principal.iter().any(|aim| match aim {
            Aim::One(_) | Aim::In(_) => true,
            Aim::Any | Aim::Type(_) => false,
        })
    }

    /// The actions that it lets through, each with a type of resources, as far as types and entities say.
    pub(super) fn reaches(&self, world: &World) -> BTreeSet<(EntityRef, Arc<str>)> {
        let Some(typing) = self.policy.typing() else {
            return BTreeSet::new();
        };
        let live = typing
            .environments
            .iter()
            .filter(|found| found.verdict != Verdict::Never);
        let live = live.filter(|found| self.touches(world, &found.resource));
        live.flat_map(|found| {
            let actions = found.actions.iter().cloned();
            actions.map(|action| (action, found.resource.clone()))
        })
        .collect()
    }

    /// Whether it may be about resources of a type. Where entities of the type are known, one of them must be taken.
    fn touches(&self, world: &World, ty: &Arc<str>) -> bool {
        let by_type = self.resource.iter().all(|aim| match aim {
            Aim::One(uid) => uid.ty == *ty,
            Aim::Type(named) => named == ty,
            Aim::Any | Aim::In(_) => true,
        });
        let mut known = world.entities_of(ty).peekable();
        by_type
            && (known.peek().is_none()
                || self.resource.iter().any(|aim| matches!(aim, Aim::One(_)))
                || known.any(|uid| self.takes_resource(world, uid)))
    }
}
