//! AZ126: an action that is closed to everybody, or open to everybody, whatever else is written.

use super::shared_words::actions;
use crate::cedar::Verdict;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::EntityRef;
use crate::repository::LintLevel;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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

/// What policies of one effect do where.
#[derive(Default)]
struct Reach<'r> {
    /// By the types of principal and resource.
    by_types: HashMap<(&'r str, &'r str), Actions<'r>>,
}

/// What they do for requests of one type of principal and one of resource.
#[derive(Default)]
struct Actions<'r> {
    /// The actions to which one always applies, with the first one, by its place in the repository.
    always: HashMap<&'r EntityRef, usize>,
    /// Those to which one may apply.
    may: HashSet<&'r EntityRef>,
}

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let Some(schema) = repository.context.schema() else {
        return;
    };
    let (permits, forbids) = (reach(repository, false), reach(repository, true));
    let mut closed: BTreeMap<usize, Vec<EntityRef>> = BTreeMap::new();
    let mut open: BTreeMap<usize, Vec<EntityRef>> = BTreeMap::new();
    for (action, info) in schema.actions() {
        let environments: Vec<(&str, &str)> = info
            .principals
            .iter()
            .flat_map(|principal| {
                let resources = info.resources.iter();
                resources.map(|resource| (principal.as_ref(), resource.as_ref()))
            })
            .collect();
        let first = |reach: &Reach<'_>| {
            let each: Option<Vec<usize>> = environments
                .iter()
                .map(|types| reach.by_types.get(types)?.always.get(action).copied())
                .collect();
            each?.into_iter().min()
        };
        let may = |reach: &Reach<'_>| {
            environments.iter().any(|types| {
                let found = reach.by_types.get(types);
                found.is_some_and(|found| found.may.contains(action))
            })
        };
        let (permitted, forbidden) = (may(&permits), may(&forbids));
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

fn reach<'r>(repository: &'r Repository<'_>, forbids: bool) -> Reach<'r> {
    let mut reach = Reach::default();
    for (at, policy) in repository.policies.iter().enumerate() {
        let of_effect = policy.is_forbid() == forbids;
        let Some(typing) = policy.typing().filter(|_| of_effect) else {
            continue;
        };
        for found in &typing.environments {
            let types = (found.principal.as_ref(), found.resource.as_ref());
            match found.verdict {
                Verdict::Never => continue,
                // What has a fault may do anything.
                Verdict::May | Verdict::Faulty => {}
                Verdict::Always if policy.parsed.is_template => {}
                Verdict::Always => {
                    let always = &mut reach.by_types.entry(types).or_default().always;
                    for action in found.actions.iter() {
                        always.entry(action).or_insert(at);
                    }
                }
            }
            let may = &mut reach.by_types.entry(types).or_default().may;
            may.extend(found.actions.iter());
        }
    }
    reach
}
