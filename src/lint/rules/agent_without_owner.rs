//! AZ310: an agent of the inventory for which nobody answers.

use super::shared_mentions::owner_type;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Context, Repository};
use crate::lint::found::Found;
use crate::model::EntityRef;
use crate::repository::{AgentStatus, LintLevel, parse_reference};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ310",
    slug: "agent-without-owner",
    title: "an agent of the inventory has no owner who could answer for it",
    level: LintLevel::Warning,
    evidence: &[Evidence::Repository],
    fix: None,
    needs: &[Need::Agents],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("agent-without-owner.md"),
};

/// What people write where they have no name yet.
const NOBODY: &[&str] = &[
    "-",
    "?",
    "n/a",
    "na",
    "nobody",
    "none",
    "null",
    "someone",
    "tba",
    "tbd",
    "todo",
    "unassigned",
    "unknown",
    "xxx",
];

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let people = owner_type(context).map(|ty| {
        let all = context.version.store.of_type(&ty);
        (ty, all)
    });
    for (file, inventory) in context.inventories() {
        for agent in &inventory.agents {
            let (id, owner) = (&agent.value.id, &agent.value.owner);
            let Some(fault) = fault(context, &owner.value, people.as_ref()) else {
                continue;
            };
            let retired = agent.value.status == AgentStatus::Retired;
            let finding = found
                .file(
                    file,
                    file.widen(owner.span),
                    format!("agent `{}`: {}", id.value, fault.0),
                )
                .help("name a person or team that is asked when the agent does harm")
                .key(format!("{} owner", id.value));
            if retired || fault.1 == LintLevel::Info {
                finding.level(LintLevel::Info);
            }
        }
    }
}

/// What is wrong with an owner.
fn fault(
    context: &Context<'_>,
    owner: &str,
    people: Option<&(Arc<str>, BTreeSet<EntityRef>)>,
) -> Option<(String, LintLevel)> {
    let plain = owner.trim();
    let named = parse_reference(plain).ok();
    let id = named.as_ref().map_or(plain, |uid| uid.id.as_ref());
    if id.trim().is_empty() {
        return Some(("it has no owner".to_owned(), LintLevel::Warning));
    }
    if NOBODY.contains(&id.to_lowercase().as_str()) {
        return Some((format!("`{plain}` is nobody"), LintLevel::Warning));
    }
    let agents = &context.version.manifest.agent_type;
    if named.as_ref().is_some_and(|uid| *uid.ty == **agents) {
        return Some((format!("its owner `{id}` is an agent"), LintLevel::Warning));
    }
    let (ty, all) = people?;
    let uid = match named {
        Some(uid) => uid,
        None => EntityRef::new(ty.clone(), plain),
    };
    (uid.ty == *ty && !all.is_empty() && !all.contains(&uid)).then(|| {
        (
            format!("its owner {uid} is none of the known entities"),
            LintLevel::Info,
        )
    })
}
