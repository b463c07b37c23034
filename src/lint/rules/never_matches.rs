//! AZ110: a policy that applies to no request.

use super::shared_edit::deleted;
use super::shared_logic::{Conflict, conflict_of};
use super::shared_validator::said;
use super::when_unless_contradiction;
use crate::cedar::{Typing, Verdict};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::{Finding, Found};
use crate::model::Span;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ110",
    slug: "never-matches",
    title: "no request makes this policy apply",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &["never_matches", "action_applies_to_nothing"],
    run: Run::Policy(look),
    page: include_str!("never-matches.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    if when_unless_contradiction::find(policy).is_some() {
        return;
    }
    let effect = match policy.is_forbid() {
        true => "the forbid forbids nothing",
        false => "the permit permits nothing",
    };
    if let Some(Conflict { here, with }) = conflict_of(policy) {
        let message = match with {
            Some(_) => format!("this cannot hold together with what is demanded before: {effect}"),
            None => format!("this never holds: {effect}"),
        };
        let finding = found.policy(policy, here, message);
        if let Some(with) = with {
            finding.label(with, "with this");
        }
        way_out(policy, finding);
        return;
    }
    let typing = policy.typing().filter(|typing| typing.is_clean());
    if let Some(typing) = typing
        && !typing.environments.is_empty()
        && typing
            .environments
            .iter()
            .all(|found| found.verdict == Verdict::Never)
    {
        let cause = cause(policy, typing);
        let place = cause.unwrap_or(policy.syntax.head);
        let what = match cause {
            Some(_) => "by the schema this never holds where the scope does",
            None => "by the schema these conditions never hold where the scope does",
        };
        let finding = found.policy(policy, place, format!("{what}: {effect}"));
        finding.evidence(Evidence::Schema);
        way_out(policy, finding);
        return;
    }
    for said in said(policy, &["action_applies_to_nothing"]) {
        let message =
            format!("no action of the scope applies to such a principal and resource: {effect}");
        let finding = found.policy(policy, policy.syntax.head, message);
        finding.evidence(Evidence::Schema);
        way_out(policy, finding);
        if let Some(help) = said.help() {
            finding.help(help);
        }
    }
}

fn way_out(policy: &Policy<'_>, finding: &mut Finding) {
    finding.help(
        "write what is meant, or delete the policy: a rule that never applies gives false comfort",
    );
    if let Some(edits) = deleted(policy) {
        finding.fix("delete the policy", edits);
    }
}

/// The first condition that holds nowhere.
fn cause(policy: &Policy<'_>, typing: &Typing) -> Option<Span> {
    let demands = policy.syntax.demands();
    let never = demands.iter().find(|demand| {
        typing
            .at(demand.term.span)
            .is_some_and(|typed| match demand.denied {
                false => !typed.can_hold,
                true => !typed.can_fail,
            })
    });
    never.map(|demand| demand.term.span)
}
