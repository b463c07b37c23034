//! AZ217: a forbid for one type of agents, where another one may do the same.

use super::shared_breadth::{is_untested, some_of};
use crate::cedar::{Term, TermKind, Verdict};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Variable};
use crate::repository::LintLevel;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ217",
    slug: "forbid-narrower-than-name",
    title: "a forbid for one type of agents, where another one is permitted the same",
    level: LintLevel::Off,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Risks],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("forbid-narrower-than-name.md"),
};

/// An action and a type of principals.
type Pair<'p> = (&'p EntityRef, &'p Arc<str>);

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let risky = |(action, _): &Pair<'_>| {
        let risk = repository.context.risk(action);
        risk.is_some_and(|risk| risk != "read")
    };
    let policies = || repository.policies.iter();
    let permitted: BTreeSet<Pair<'_>> = policies()
        .filter(|policy| !policy.is_forbid())
        .flat_map(pairs)
        .filter(risky)
        .collect();
    for policy in policies().filter(|policy| policy.is_forbid()) {
        let Some(span) = typed(policy) else { continue };
        let own: BTreeSet<Pair<'_>> = pairs(policy).collect();
        let actions: BTreeSet<&EntityRef> = own.iter().map(|(action, _)| *action).collect();
        let beside: BTreeSet<Pair<'_>> = policies()
            .filter(|other| other.is_forbid() && same_condition(other, policy))
            .flat_map(pairs)
            .collect();
        let missing: Vec<&Pair<'_>> = permitted
            .iter()
            .filter(|pair| actions.contains(pair.0) && !beside.contains(*pair))
            .collect();
        let types: BTreeSet<&str> = missing.iter().map(|(_, ty)| ty.as_ref()).collect();
        let actions: BTreeSet<&str> = missing
            .iter()
            .map(|(action, _)| action.id.as_ref())
            .collect();
        if missing.is_empty() {
            continue;
        }
        let covered: BTreeSet<&str> = own.iter().map(|(_, ty)| ty.as_ref()).collect();
        found
            .policy(
                policy,
                span,
                format!(
                    "this forbids {} to {} alone, and {} is permitted the same action",
                    some_of(actions),
                    some_of(covered),
                    some_of(types)
                ),
            )
            .level(LintLevel::Info)
            .help("leave the type out, so that the forbid is for everybody, or write one for each type");
    }
}

/// The actions and types of principals for which a policy may apply.
fn pairs<'p>(policy: &'p Policy<'_>) -> impl Iterator<Item = Pair<'p>> {
    let environments = policy.typing().map(|typing| typing.environments.as_slice());
    environments
        .unwrap_or_default()
        .iter()
        .filter(|environment| environment.verdict != Verdict::Never)
        .flat_map(|environment| {
            environment
                .actions
                .iter()
                .map(|action| (action, &environment.principal))
        })
}

/// Where a policy demands a type of its principal, and no entity.
fn typed(policy: &Policy<'_>) -> Option<Span> {
    let part = policy.syntax.scope_of(Variable::Principal)?;
    if !is_untested(policy, Variable::Principal) {
        return None;
    }
    if part.is.is_some() {
        return Some(part.span);
    }
    let demands = policy.syntax.demands();
    let mut asked = demands
        .iter()
        .filter(|demand| !demand.denied && asks_type(demand.term));
    asked.next().map(|demand| demand.term.span)
}

fn asks_type(term: &Term) -> bool {
    match &term.kind {
        TermKind::Is(of, _, None) => matches!(of.kind, TermKind::Variable(Variable::Principal)),
        _ => false,
    }
}

/// Whether two policies ask for the same, but for the type of the principal.
fn same_condition(one: &Policy<'_>, other: &Policy<'_>) -> bool {
    let asked = |policy: &Policy<'_>| -> Vec<(Term, bool)> {
        let demands = policy.syntax.demands();
        let others = demands.iter().filter(|demand| !asks_type(demand.term));
        others
            .map(|demand| (demand.term.unplaced(), demand.denied))
            .collect()
    };
    asked(one) == asked(other)
}
