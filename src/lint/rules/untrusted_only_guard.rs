//! AZ303: a permit whose conditions rest upon what the agent says alone.

use super::shared_claims::{is_claim, is_watched, only_agent};
use super::shared_entailment::{Forbids, conditions};
use super::shared_reach::{live_changes, names};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{EntityRef, Span};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ303",
    slug: "untrusted-only-guard",
    title: "a permit is decided by what the agent says alone",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Risks],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("untrusted-only-guard.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let forbids = Forbids::of(repository);
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        let asked = conditions(policy);
        let actions = live_changes(policy);
        let (Some(first), Some(last)) = (asked.first(), asked.last()) else {
            continue;
        };
        if actions.is_empty()
            || !asked
                .iter()
                .all(|demand| only_agent(policy, &actions, demand.term))
        {
            continue;
        }
        let whole = match policy.syntax.clauses.len() {
            1 => Span::new(
                first.term.span.start,
                last.term.span.end().saturating_sub(first.term.span.start),
            ),
            _ => first.term.span,
        };
        let claim = asked.iter().all(|demand| is_claim(*demand));
        if claim {
            let names = names(&actions);
            found
                .policy(
                    policy,
                    whole,
                    format!("{names}: the agent itself says what this condition asks for"),
                )
                .help("ask what the agent cannot write: an approval that the harness records, an attribute of the principal or the resource");
            continue;
        }
        let risky: Vec<EntityRef> = actions
            .into_iter()
            .filter(|action| {
                let risk = policy.context.risk(action);
                risk != Some("write") && !is_watched(policy, action, &forbids)
            })
            .collect();
        if !risky.is_empty() {
            let names = names(&risky);
            found
                .policy(
                    policy,
                    whole,
                    format!("{names}: arguments of the call are all that this permit asks about, and the agent chooses them"),
                )
                .help("an argument bounds the call; to tell a call that somebody wants from one that a stranger's text asked for, ask for an approval, or what the session has read")
                .level(LintLevel::Info);
        }
    }
}
