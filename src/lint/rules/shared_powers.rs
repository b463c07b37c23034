//! What each agent may do without anybody being asked: the actions of all its permits and links, put together.

use super::shared_claims::is_watched;
use super::shared_entailment::Forbids;
use super::shared_grants::grants;
use super::shared_manifest::fault;
use super::shared_world::World;
use crate::lint::context::{Context, Repository};
use crate::lint::found::{Finding, Found};
use crate::model::{EntityRef, SourceFile, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something that an agent may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Power {
    /// The action.
    pub(super) action: EntityRef,
    /// The risk of the action.
    pub(super) risk: String,
    /// The type of the resource.
    pub(super) resource: Arc<str>,
    /// The policy or link that grants it.
    pub(super) id: Arc<str>,
    /// The policy, by its place in the repository.
    pub(super) policy: usize,
}

impl Power {
    /// In words, for a message.
    pub(super) fn say(&self) -> String {
        format!(
            "`{}` on `{}` (`{}`)",
            self.action.id, self.resource, self.id
        )
    }
}

/// A kind of powers.
pub(super) type Kind<'k> = &'k dyn Fn(&Power) -> bool;

/// The first power of each kind that an agent has unwatched: where neither the permit nor a forbid that covers it asks the
/// system or a person about the moment. Agents that lack one of the kinds are left out.
pub(super) fn holders_of_all<const N: usize>(
    repository: &Repository<'_>,
    kinds: [Kind<'_>; N],
) -> BTreeMap<EntityRef, [Power; N]> {
    let world = World::of(repository);
    let forbids = Forbids::of(repository);
    let mut found: BTreeMap<EntityRef, [Option<Power>; N]> = BTreeMap::new();
    for grant in grants(repository) {
        let powers = grant
            .reaches(&world)
            .into_iter()
            .filter_map(|(action, resource)| {
                Some(Power {
                    risk: repository.context.risk(&action)?.to_owned(),
                    action,
                    resource,
                    id: grant.id.clone(),
                    policy: grant.at,
                })
            });
        let powers: Vec<Power> = powers.collect();
        let firsts = kinds.map(|is| {
            let mut open = powers.iter().filter(|power| is(power));
            open.find(|power| !is_watched(grant.policy, &power.action, &forbids))
        });
        if firsts.iter().all(Option::is_none) {
            continue;
        }
        for agent in grant.holders(&world) {
            let slots = found.entry(agent).or_insert_with(|| [const { None }; N]);
            for (slot, first) in slots.iter_mut().zip(firsts) {
                if slot.is_none() {
                    *slot = first.cloned();
                }
            }
        }
    }
    let whole = found.into_iter().filter_map(|(agent, slots)| {
        let slots: Vec<Power> = slots.into_iter().collect::<Option<_>>()?;
        Some((agent, slots.try_into().ok()?))
    });
    whole.collect()
}

/// Where findings about agents stand: at their entries in the inventory, or at a policy.
pub(super) struct Entries<'r> {
    by_id: BTreeMap<String, (&'r SourceFile, Span)>,
}

impl<'r> Entries<'r> {
    /// Those of a repository.
    pub(super) fn of(context: &Context<'r>) -> Self {
        let mut by_id = BTreeMap::new();
        for (file, inventory) in context.inventories() {
            for agent in &inventory.agents {
                let id = &agent.value.id;
                by_id.entry(id.value.clone()).or_insert((file, id.span));
            }
        }
        Self { by_id }
    }

    /// The file and place of an agent's entry.
    pub(super) fn place(&self, agent: &EntityRef) -> Option<(&'r SourceFile, Span)> {
        self.by_id.get(agent.id.as_ref()).copied()
    }

    /// A finding about an agent that has a power.
    pub(super) fn finding<'f>(
        &self,
        repository: &Repository<'_>,
        found: &'f mut Found<'_>,
        (agent, power): (&EntityRef, &Power),
        message: String,
    ) -> Option<&'f mut Finding> {
        if let Some((file, span)) = self.place(agent) {
            return Some(found.file(file, file.widen(span), message));
        }
        let policy = repository.policies.get(power.policy)?;
        Some(found.policy(policy, policy.syntax.head, message))
    }
}

/// Whether a type is one of those that an option names.
pub(super) fn is_one(option: &[String], ty: &str) -> bool {
    option.iter().any(|named| named == ty)
}

/// Types of an option that the schema does not have.
pub(super) fn unknown_types(context: &Context<'_>, option: &[String], found: &mut Found<'_>) {
    for ty in option {
        let known = context
            .schema()
            .is_none_or(|schema| schema.has_entity_type(ty));
        let message = format!("the schema has no entity type `{ty}`");
        if !known && let Some(finding) = fault(context, found, (ty, Span::new(0, 0)), message) {
            finding.help("name a type of resources, with its namespace: an option that names none looks at nothing");
        }
    }
}
