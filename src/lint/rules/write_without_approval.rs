//! AZ302: a permit of an action that asks for an approval lets calls through that nobody approved.

use super::shared_amounts::{Amount, own_limit};
use super::shared_bounds::bound;
use super::shared_entailment::{Forbids, demands_one};
use super::shared_manifest::fault;
use super::shared_reach::{live_for_agents, names, places};
use crate::cedar::parse_term;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::EntityRef;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ302",
    slug: "write-without-approval",
    title: "an action that needs an approval is permitted without one",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Risks, Need::Approval],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("write-without-approval.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    for text in &context.options.approval {
        if let Err(error) = parse_term(&text.value) {
            let message = format!("`{}` is no Cedar expression: {error}", text.value);
            if let Some(finding) = fault(context, found, (&text.value, text.span), message) {
                finding.help("write a condition, as `context has approver && context.approver in Team::\"…\"`");
            }
        }
    }
    let approvals = context.approvals();
    if approvals.is_empty() {
        return;
    }
    let forbids = Forbids::of(repository);
    let limit = own_limit(context);
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        if demands_one(policy, &approvals) {
            continue;
        }
        let mut open = live_for_agents(policy).to_vec();
        open.retain(|action| {
            let risk = context.risk(action).unwrap_or_default();
            let wanted = context
                .options
                .approval_for
                .iter()
                .any(|wanted| match wanted.as_str() {
                    "external" => risk == "egress",
                    wanted => wanted == risk,
                });
            // Up to its limit an agent moves money on its own.
            let small = || {
                let Some(limit) = limit else { return false };
                let mut amounts = Amount::of(context, action).into_iter().peekable();
                amounts.peek().is_some()
                    && amounts.all(|amount| {
                        let highest = bound(policy, action, &amount, &forbids, &approvals);
                        highest.is_some_and(|highest| highest.is_within(limit))
                    })
            };
            wanted && !forbids.stop(policy, action, &approvals) && !(risk == "money" && small())
        });
        for (span, actions) in places(policy, &open) {
            let mut risks: Vec<&str> = actions
                .iter()
                .filter_map(|action: &EntityRef| context.risk(action))
                .collect();
            risks.sort_unstable();
            risks.dedup();
            let risks = risks.join("`, `");
            let names = names(&actions);
            let first = context.options.approval.first();
            let first = first.map_or("", |text| text.value.as_str());
            found
                .policy(
                    policy,
                    span,
                    format!("this permits {names} (`{risks}`) without an approval"),
                )
                .help(format!(
                    "demand `{first}` in the permit, or forbid the action `unless {{ {first} }}`"
                ))
                .key(names);
        }
    }
}
