//! AZ215: a group that holds every agent is no group.

use super::shared_breadth::{granted, weight_of_anyone};
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Variable};
use crate::repository::{AgentStatus, LintLevel};
use std::collections::BTreeMap;

pub(super) static LINT: Lint = Lint {
    code: "AZ215",
    slug: "unbounded-hierarchy",
    title: "a permit for a group that holds almost every agent",
    level: LintLevel::Warning,
    evidence: &[Evidence::Repository],
    fix: None,
    needs: &[Need::Agents],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unbounded-hierarchy.md"),
};

/// Of so few agents, all being in one group says nothing.
const FEW: usize = 5;

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let agents: Vec<&EntityRef> = context
        .version
        .agents
        .iter()
        .filter(|agent| agent.status == AgentStatus::Active)
        .map(|agent| &agent.uid)
        .collect();
    if agents.len() < FEW {
        return;
    }
    let mut inside: BTreeMap<EntityRef, usize> = BTreeMap::new();
    let mut inside = |group: &EntityRef| match inside.get(group) {
        Some(found) => *found,
        None => {
            let below = |agent: &&&EntityRef| context.version.store.is_below(agent, group);
            let found = agents.iter().filter(below).count();
            inside.insert(group.clone(), found);
            found
        }
    };
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        for Group {
            group,
            span,
            demand,
        } in groups(policy)
        {
            if let Some((inside, level)) = weigh(policy, inside(group), agents.len(), demand) {
                found
                    .policy(policy, span, say(group, inside, agents.len()))
                    .level(level)
                    .help(HELP);
            }
        }
        let part = policy.syntax.scope_of(Variable::Principal);
        let slot = part.and_then(|part| part.test.as_ref());
        if !slot.is_some_and(|test| test.slot && !test.equal) {
            continue;
        }
        for link in context
            .version
            .links
            .iter()
            .filter(|link| link.template == policy.id())
        {
            let file = context.file(&link.file);
            let (Some(group), Some(file)) = (&link.principal, file) else {
                continue;
            };
            if let Some((inside, level)) = weigh(policy, inside(group), agents.len(), None) {
                found
                    .file(
                        file,
                        file.widen(link.span),
                        say(group, inside, agents.len()),
                    )
                    .key(link.id.as_ref())
                    .level(level)
                    .help(HELP);
            }
        }
    }
}

const HELP: &str = "permit it to a group of those that need it, or to single agents";

fn say(group: &EntityRef, inside: usize, all: usize) -> String {
    let who = match inside == all {
        true => format!("all {all} agents in use"),
        false => format!("{inside} of {all} agents in use"),
    };
    format!("`{group}` holds {who}: this is as good as naming none")
}

/// How many agents are below a group, and how much that weighs; nothing where those are not almost all, or where the
/// permit is bounded in another way.
fn weigh(
    policy: &Policy<'_>,
    inside: usize,
    agents: usize,
    demand: Option<&Term>,
) -> Option<(usize, LintLevel)> {
    let share = u32::try_from(inside * 100 / agents).ok()?;
    if share < policy.context.options.almost_all {
        return None;
    }
    let granted = granted(policy);
    Some((inside, weight_of_anyone(policy, granted, demand)?))
}

/// A group in which a permit demands the principal to be.
struct Group<'p> {
    group: &'p EntityRef,
    span: Span,
    /// The condition that demands it; nothing for the scope.
    demand: Option<&'p Term>,
}

/// The groups in which a permit demands the principal to be: in its scope, or where that names nothing, in its condition.
fn groups<'p>(policy: &'p Policy<'_>) -> Vec<Group<'p>> {
    let part = policy.syntax.scope_of(Variable::Principal);
    if let Some(test) = part.and_then(|part| part.test.as_ref()) {
        let groups = test.entities.iter().filter(|_| !test.equal);
        let groups = groups.map(|(group, span)| Group {
            group,
            span: *span,
            demand: None,
        });
        return groups.collect();
    }
    let demands = policy.syntax.demands();
    let tests = demands.iter().filter(|demand| !demand.denied);
    tests.flat_map(|demand| of_test(demand.term)).collect()
}

fn of_test(demand: &Term) -> Vec<Group<'_>> {
    let is_principal = |term: &Term| matches!(term.kind, TermKind::Variable(Variable::Principal));
    let group = match &demand.kind {
        TermKind::Binary(BinaryOperator::In, sides) => {
            let [left, right] = sides.as_ref();
            Some(right).filter(|_| is_principal(left))
        }
        TermKind::Is(of, _, group) => group.as_deref().filter(|_| is_principal(of)),
        _ => None,
    };
    let terms: Vec<&Term> = match group.map(|group| (&group.kind, group)) {
        Some((TermKind::Set(items), _)) => items.iter().collect(),
        Some((_, group)) => vec![group],
        None => Vec::new(),
    };
    let groups = terms.into_iter().filter_map(|term| {
        Some(Group {
            group: term.as_entity()?,
            span: term.span,
            demand: Some(demand),
        })
    });
    groups.collect()
}
