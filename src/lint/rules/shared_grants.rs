//! Who gets what: the agents that a permit or a link may apply to, and the types of resources that it reaches.

use super::shared_entailment::is_scope;
use super::shared_reach::{are_agents, entities, types_of};
use super::shared_world::{Aim, World};
use crate::cedar::{BinaryOperator, Term, TermKind, Verdict};
use crate::lint::context::{Policy, Repository};
use crate::model::{EntityRef, Variable};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A permit, or a link of a template, as it applies.
pub(super) struct Grant<'p, 'r> {
    /// The policy, or the template.
    pub(super) policy: &'p Policy<'r>,
    /// Its id, or the link's.
    pub(super) id: Arc<str>,
    /// The policy, by its place in the repository.
    pub(super) at: usize,
    principal: Vec<Aim>,
    resource: Vec<Aim>,
}

/// The permits and links of a repository.
pub(super) fn grants<'p, 'r>(repository: &'p Repository<'r>) -> Vec<Grant<'p, 'r>> {
    let mut found = Vec::new();
    let policies = repository.policies.iter().enumerate();
    for (at, policy) in policies.filter(|(_, policy)| !policy.is_forbid()) {
        let id = policy.id();
        if !policy.parsed.is_template {
            found.push(Grant {
                policy,
                id,
                at,
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
                at,
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
        if demand.denied || !is_scope(&demand) {
            continue;
        }
        let is_it = |term: &Term| matches!(term.kind, TermKind::Variable(of) if of == variable);
        let (literals, below) = match operator {
            BinaryOperator::Eq if is_it(left) => (right, false),
            BinaryOperator::Eq if is_it(right) => (left, false),
            BinaryOperator::In if is_it(left) => (right, true),
            BinaryOperator::Contains if is_it(right) => (left, false),
            _ => continue,
        };
        let aims = entities(literals).map(|uid| match below {
            true => Aim::In(uid.clone()),
            false => Aim::One(uid.clone()),
        });
        let mut aims: Vec<Aim> = aims.collect();
        match aims.pop() {
            Some(only) if aims.is_empty() => found.push(only),
            Some(last) => found.push(Aim::Among(aims.into_iter().chain([last]).collect())),
            None => {}
        }
    }
    if found.is_empty() {
        found.push(Aim::Any);
    }
    found
}

impl Grant<'_, '_> {
    /// The agents that it may apply to.
    pub(super) fn holders(&self, world: &World<'_>) -> BTreeSet<EntityRef> {
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
            Aim::Any | Aim::Type(_) | Aim::In(_) | Aim::Among(_) => None,
        })
    }

    /// The only resource that it is about, where it names one.
    pub(super) fn only_resource(&self) -> Option<&EntityRef> {
        self.resource.iter().find_map(|aim| match aim {
            Aim::One(uid) => Some(uid),
            Aim::Any | Aim::Type(_) | Aim::In(_) | Aim::Among(_) => None,
        })
    }

    /// The resources that it names, or those below the group that it names; nothing where it names none.
    pub(super) fn resources(&self, world: &World<'_>) -> Option<BTreeSet<EntityRef>> {
        let types = types_of(self.policy, Variable::Resource);
        let named = self.resource_names().next().is_some();
        let all = self.resource_names().flat_map(|named| {
            let inside = types
                .iter()
                .flat_map(|ty| world.below(named, ty).iter().copied());
            inside
                .chain(std::iter::once(named))
                .filter(|uid| types.contains(&uid.ty) && self.takes_resource(world, uid))
        });
        named.then(|| all.cloned().collect())
    }

    /// The resource, or the groups of resources, that it names.
    pub(super) fn resource_names(&self) -> impl Iterator<Item = &EntityRef> {
        self.resource.iter().flat_map(Aim::names)
    }

    /// Whether it names this type of resources.
    pub(super) fn names_type(&self, ty: &str) -> bool {
        self.resource.iter().any(|aim| match aim {
            Aim::One(uid) => *uid.ty == *ty,
            Aim::Type(named) => **named == *ty,
            Aim::Any | Aim::In(_) | Aim::Among(_) => false,
        })
    }

    /// Whether it may be about a resource.
    pub(super) fn takes_resource(&self, world: &World<'_>, uid: &EntityRef) -> bool {
        self.resource.iter().all(|aim| world.takes(aim, uid))
    }

    /// Whether it names its agent, or a group of agents.
    pub(super) fn names_holders(&self) -> bool {
        self.principal.iter().any(|aim| match aim {
            Aim::One(_) | Aim::In(_) | Aim::Among(_) => true,
            Aim::Any | Aim::Type(_) => false,
        })
    }

    /// The actions that it lets through, each with a type of resources, as far as types and entities say.
    pub(super) fn reaches(&self, world: &World<'_>) -> BTreeSet<(EntityRef, Arc<str>)> {
        let Some(typing) = self.policy.typing() else {
            return BTreeSet::new();
        };
        let live = typing
            .environments
            .iter()
            .filter(|found| found.verdict != Verdict::Never);
        let live = live.filter(|found| {
            are_agents(self.policy.context, &found.principal)
                && self.touches(world, &found.resource)
        });
        live.flat_map(|found| {
            let actions = found.actions.iter().cloned();
            actions.map(|action| (action, found.resource.clone()))
        })
        .collect()
    }

    /// Whether it may be about resources of a type.
    fn touches(&self, world: &World<'_>, ty: &Arc<str>) -> bool {
        self.resource.iter().all(|aim| aim.touches(world, ty))
    }
}
