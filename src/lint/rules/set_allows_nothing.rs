//! AZ126: an action that is closed to everybody, or open to everybody, whatever else is written.

use super::shared_words::actions;
use crate::cedar::Verdict;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::EntityRef;
use crate::repository::LintLevel;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ126",
    slug: "set-allows-nothing",
    title: "an action that is closed, or open, to everybody, whatever else is written",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("set-allows-nothing.md"),
};

/// A request environment: action, type of the principal, type of the resource.
type Environment = (EntityRef, Arc<str>, Arc<str>);

/// What policies of one effect do where.
#[derive(Default)]
struct Reach {
    /// Where one always applies, with the first one, by its place in the repository.
    always: BTreeMap<Environment, usize>,
    /// Where one may apply.
    may: BTreeSet<Environment>,
}

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let Some(schema) = repository.context.schema() else {
        return;
    };
    let (permits, forbids) = (reach(repository, false), reach(repository, true));
    let mut closed: BTreeMap<usize, Vec<EntityRef>> = BTreeMap::new();
    let mut open: BTreeMap<usize, Vec<EntityRef>> = BTreeMap::new();
    for (action, info) in schema.actions() {
        let environments: Vec<Environment> = info
            .principals
            .iter()
            .flat_map(|principal| {
                let resources = info.resources.iter();
                resources.map(|resource| (action.clone(), principal.clone(), resource.clone()))
            })
            .collect();
        let first = |reach: &Reach| {
            let each: Option<Vec<usize>> = environments
                .iter()
                .map(|environment| reach.always.get(environment).copied())
                .collect();
            each?.into_iter().min()
        };
        let permitted = environments.iter().any(|all| permits.may.contains(all));
        let forbidden = environments.iter().any(|all| forbids.may.contains(all));
        if let Some(policy) = first(&forbids).filter(|_| permitted) {
            closed.entry(policy).or_default().push(action.clone());
        }
        if let Some(policy) = first(&permits).filter(|_| !forbidden) {
            open.entry(policy).or_default().push(action.clone());
        }
    }
    for (at, all) in closed {
        let Some(policy) = repository.policies.get(at) else {
            continue;
        };
        found
            .policy(
                policy,
                policy.syntax.effect,
                format!("with this forbid nobody may do {}, whatever is permitted elsewhere", actions(&all)),
            )
            .help("narrow the forbid; or, if the action is closed on purpose, delete the permits for it");
    }
    for (at, all) in open {
        let Some(policy) = repository
            .policies
            .get(at)
            .filter(|policy| !is_bare(policy))
        else {
            continue;
        };
        found
            .policy(
                policy,
                policy.syntax.effect,
                format!(
                    "with this permit everybody may do {} to everything, and nothing forbids it",
                    actions(&all)
                ),
            )
            .level(level(policy, &all))
            .help("name who may do it and to what, or add the condition that is meant");
    }
}

/// Actions that only read may well be open; where nothing says what an action does, that is less sure.
fn level(policy: &Policy<'_>, all: &[EntityRef]) -> LintLevel {
    let risks: BTreeSet<Option<&str>> = all
        .iter()
        .map(|action| policy.context.risk(action))
        .collect();
    let known = risks.iter().flatten();
    match (known.clone().any(|risk| *risk != "read"), known.count()) {
        (true, _) => LintLevel::Error,
        (false, 0) => LintLevel::Warning,
        (false, _) if risks.contains(&None) => LintLevel::Warning,
        (false, _) => LintLevel::Info,
    }
}

/// Whether a permit asks for nothing at all, of which another lint speaks.
fn is_bare(policy: &Policy<'_>) -> bool {
    let free = policy.syntax.scope.iter().all(|part| part.is_free());
    let demands = policy.syntax.demands();
    free && demands
        .iter()
        .all(|demand| demand.term.as_bool() == Some(!demand.denied))
}

fn reach(repository: &Repository<'_>, forbids: bool) -> Reach {
    let mut reach = Reach::default();
    for (at, policy) in repository.policies.iter().enumerate() {
        let of_effect = policy.is_forbid() == forbids;
        let Some(typing) = policy.typing().filter(|_| of_effect) else {
            continue;
        };
        for found in &typing.environments {
            for action in &found.actions {
                let environment = (
                    action.clone(),
                    found.principal.clone(),
                    found.resource.clone(),
                );
                match found.verdict {
                    Verdict::Never => {}
                    // What has a fault may do anything.
                    Verdict::May | Verdict::Faulty => {
                        reach.may.insert(environment);
                    }
                    Verdict::Always => {
                        reach.may.insert(environment.clone());
                        if !policy.parsed.is_template {
                            reach.always.entry(environment).or_insert(at);
                        }
                    }
                }
            }
        }
    }
    reach
}
