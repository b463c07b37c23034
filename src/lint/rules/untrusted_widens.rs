//! AZ304: beside a check that the agent cannot meet by itself stands another way in, which it can.

use super::shared_claims::{is_claim, only_agent};
use super::shared_entailment::branches;
use super::shared_reach::{live_changes, names};
use crate::cedar::{Demand, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::EntityRef;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ304",
    slug: "untrusted-widens",
    title: "what the agent says turns a deny into an allow",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Risks],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("untrusted-widens.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let actions = live_changes(policy);
    if actions.is_empty() {
        return;
    }
    // What keeps a forbid from applying lets through.
    for demand in policy.syntax.demands() {
        let demand = Demand {
            denied: demand.denied != policy.is_forbid(),
            ..demand
        };
        match policy.is_forbid() && is_way_in(policy, &actions, demand) {
            true => report(policy, &actions, demand.term, found),
            false => choices(policy, &actions, demand, found),
        }
    }
}

/// Looks for a branch that the agent can take by its word, beside others that it cannot.
fn choices(policy: &Policy<'_>, actions: &[EntityRef], demand: Demand<'_>, found: &mut Found<'_>) {
    let branches = branches(demand);
    let own: Vec<bool> = branches
        .iter()
        .map(|branch| is_way_in(policy, actions, *branch))
        .collect();
    let checked = own.iter().any(|own| !own);
    for (branch, own) in branches.iter().zip(own) {
        if own && checked {
            report(policy, actions, branch.term, found);
        } else {
            for part in branch.conjuncts() {
                choices(policy, actions, part, found);
            }
        }
    }
    if let TermKind::If(parts) = &demand.term.kind {
        let [test, then, other] = parts.as_ref();
        let chosen = Demand {
            term: test,
            denied: false,
        };
        if is_way_in(policy, actions, chosen) && !then.same(other) {
            report(policy, actions, test, found);
        }
    }
}

/// Whether the agent alone makes this hold, by saying so.
fn is_way_in(policy: &Policy<'_>, actions: &[EntityRef], demand: Demand<'_>) -> bool {
    only_agent(policy, actions, demand.term) && is_claim(demand)
}

fn report(policy: &Policy<'_>, actions: &[EntityRef], term: &Term, found: &mut Found<'_>) {
    let names = names(actions);
    let around = match policy.is_forbid() {
        true => "gets around this forbid",
        false => "gets past the other checks",
    };
    found
        .policy(
            policy,
            term.span,
            format!("{names}: the agent {around} by what it writes here"),
        )
        .help("let somebody else say it: have the harness record it outside of `input`, or drop this way in")
        .level(LintLevel::Warning);
}
