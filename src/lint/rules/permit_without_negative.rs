//! AZ603: a permit that could be wider, and no test would notice.

use super::shared_tests::{instances, noun, standings, together};
use crate::cedar::Demand;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::Span;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ603",
    slug: "permit-without-negative",
    title: "a permit without a test that it just fails to allow may be too wide",
    level: LintLevel::Warning,
    evidence: &[Evidence::Tests],
    fix: None,
    needs: &[Need::Suites, Need::TestRun],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("permit-without-negative.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let Some(facts) = repository.context.tests else {
        return;
    };
    let standings = standings(facts);
    let instances = instances(repository);
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        let Some(instances) = instances.get(&policy.id()) else {
            continue;
        };
        let whole = together(&standings, instances);
        // What no test shows at all has a lint of its own.
        if whole.decides == 0 {
            continue;
        }
        let id = policy.id();
        match asks(policy) {
            Some(_) if whole.watched => {}
            Some(span) => {
                let noun = noun(policy);
                let message = format!(
                    "this condition of the {noun} `{id}` is false in no test that would notice: if it were wider, every test would still pass"
                );
                found.policy(policy, span, message).help(
                    "write a test with the same principal, action and resource, and a value just outside of the condition, that expects `no-match`",
                );
            }
            None if is_free(policy) || instances.iter().any(|id| facts.kept_out.contains(id)) => {}
            None => {
                let noun = noun(policy);
                let message = format!(
                    "the {noun} `{id}` is left out of no test by one part of its scope alone: if the scope were wider, every test would still pass"
                );
                found.policy(policy, policy.syntax.head, message).help(
                    "write a test in which only the principal, the action or the resource is another one, that expects `no-match`",
                );
            }
        }
    }
}

/// The place of what a policy asks beside its scope; nothing where that is always so.
fn asks(policy: &Policy<'_>) -> Option<Span> {
    let asked: Vec<Demand<'_>> = policy
        .syntax
        .demands()
        .into_iter()
        .filter(|demand| demand.term.as_bool() != Some(!demand.denied))
        .collect();
    let first = asked.first()?;
    let clauses = policy.syntax.clauses.iter();
    let mut bodies = clauses.map(|clause| clause.body.span);
    let holds =
        |body: &Span| body.start <= first.term.span.start && first.term.span.end() <= body.end();
    Some(bodies.find(holds).unwrap_or(first.term.span))
}

fn is_free(policy: &Policy<'_>) -> bool {
    policy.syntax.scope.iter().all(|part| part.is_free())
}
