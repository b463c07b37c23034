//! AZ325: several people behind one agent.

use super::shared_grants::grants;
use super::shared_mentions::owner_type;
use super::shared_powers::Entries;
use super::shared_world::World;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Context, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Type, Value};
use crate::repository::{AgentStatus, LintLevel};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ325",
    slug: "shared-agent-identity",
    title: "several people act by one agent, and the log cannot tell them apart",
    level: LintLevel::Warning,
    evidence: &[Evidence::Repository],
    fix: None,
    needs: &[Need::Agents],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("shared-agent-identity.md"),
};

/// Attributes of an agent that hold those who use it.
const USERS: &[&str] = &[
    "acts_for",
    "delegators",
    "humans",
    "on_behalf_of",
    "operators",
    "people",
    "persons",
    "users",
];

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let world = World::of(repository);
    let entries = Entries::of(context);
    for (file, inventory) in context.inventories() {
        let active = inventory
            .agents
            .iter()
            .filter(|agent| agent.value.status == AgentStatus::Active);
        for agent in active {
            let (id, owner) = (&agent.value.id, &agent.value.owner);
            if let Some(number) = several(&owner.value) {
                found
                    .file(file, file.widen(owner.span), format!("`{}` has {number} owners", id.value))
                    .help("name the one who answers, or a team; give each person an agent of their own, where they act by it")
                    .key(format!("{} owners", id.value));
            }
        }
    }
    let Some(people) = owner_type(context) else {
        return;
    };
    for agent in &world.agents {
        let Some(entity) = world.entity(agent) else {
            continue;
        };
        let above: Vec<&EntityRef> = entity
            .ancestors
            .iter()
            .filter(|uid| uid.ty == people)
            .collect();
        let users = entity
            .attributes
            .iter()
            .filter(|(name, _)| USERS.contains(&name.as_ref()));
        let users = users.filter_map(|(name, value)| match value {
            Value::Set(items) if items.len() > 1 => Some((name, items)),
            _ => None,
        });
        let mut users = users.filter(|(_, items)| {
            items
                .iter()
                .all(|item| matches!(item, Value::Entity(uid) if uid.ty == people))
        });
        let message = match (above.as_slice(), users.next()) {
            ([first, second, ..], _) => {
                format!(
                    "`{}` inherits what `{}` and `{}` may do",
                    agent.id, first.id, second.id
                )
            }
            (_, Some((name, items))) => {
                format!("`{}` acts for {} people (`{name}`)", agent.id, items.len())
            }
            _ => continue,
        };
        entries.at(found, agent, message, LintLevel::Warning);
    }
    of_resources(repository, &world, &people, &entries, found);
}

/// How many owners a text names, where it is more than one.
fn several(owner: &str) -> Option<usize> {
    let parts = owner
        .split([',', ';', '&', '+'])
        .flat_map(|part| part.split(" and "))
        .filter(|part| !part.trim().is_empty());
    let number = parts.count();
    (number > 1).then_some(number)
}

/// Agents that are given single resources of several people, by permits or links that name agent and resource, where no
/// action says for whom it is done.
fn of_resources(
    repository: &Repository<'_>,
    world: &World<'_>,
    people: &Arc<str>,
    entries: &Entries<'_>,
    found: &mut Found<'_>,
) {
    let mut owners: BTreeMap<&EntityRef, BTreeMap<EntityRef, Arc<str>>> = BTreeMap::new();
    let grants = grants(repository);
    for grant in &grants {
        let (Some(agent), Some(resource)) = (grant.only_holder(), grant.only_resource()) else {
            continue;
        };
        let owner = world
            .entity(resource)
            .and_then(|entity| entity.attributes.get("owner"));
        let Some(Value::Entity(owner)) = owner else {
            continue;
        };
        let reaches = grant.reaches(world);
        let attributed = reaches
            .iter()
            .all(|(action, _)| says_for_whom(repository.context, action, people));
        if owner.ty == *people && !reaches.is_empty() && !attributed && world.agents.contains(agent)
        {
            owners
                .entry(agent)
                .or_default()
                .entry(owner.clone())
                .or_insert(grant.id.clone());
        }
    }
    for (agent, owners) in owners {
        let ids: BTreeSet<&Arc<str>> = owners.values().collect();
        if owners.len() < 2 || ids.len() < 2 {
            continue;
        }
        let said: Vec<String> = owners
            .iter()
            .take(3)
            .map(|(owner, id)| format!("`{}` (`{id}`)", owner.id))
            .collect();
        let message = format!(
            "`{}` is given what belongs to {} people: {}",
            agent.id,
            owners.len(),
            said.join(", ")
        );
        entries.at(found, agent, message, LintLevel::Info);
    }
}

/// Whether the context of an action names a person who is not the approver.
fn says_for_whom(context: &Context<'_>, action: &EntityRef, people: &Arc<str>) -> bool {
    let info = context.schema().and_then(|schema| schema.action(action));
    let record = info.and_then(|info| info.context.as_ref());
    record.is_some_and(|record| {
        record.attributes.iter().any(|(name, attribute)| {
            !name.starts_with("approve")
                && matches!(&attribute.ty, Type::Entity(ty) if ty == people)
        })
    })
}

impl Entries<'_> {
    /// A finding at an agent's entry.
    fn at(&self, found: &mut Found<'_>, agent: &EntityRef, message: String, level: LintLevel) {
        let Some((file, span)) = self.place(agent) else {
            return;
        };
        let key = message.clone();
        found
            .file(file, file.widen(span), message)
            .help("give each person an agent of their own, or have the harness say for whom a call is made, in an attribute of the context")
            .level(level)
            .key(key);
    }
}
