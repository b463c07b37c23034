//! AZ302: a permit of an action that asks for an approval lets calls through that nobody approved.

use super::shared_amounts::{Amount, own_limit};
use super::shared_bounds::bound;
use super::shared_claims::attribute;
use super::shared_entailment::{Forbids, demands_one};
use super::shared_manifest::fault;
use super::shared_reach::{all_names, live_for_agents, names, places};
use crate::cedar::{Schema, Term, parse_term};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Context, Policy, Repository, Trust};
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    own_words(context, found);
    let forbids = Forbids::of(repository);
    let limit = own_limit(context);
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        if demands_one(policy, approvals) {
            continue;
        }
        let mut open = live_for_agents(policy).to_vec();
        open.retain(|action| {
            let risk = context.risk(action).unwrap_or_default();
            // Up to its limit an agent moves money on its own.
            let small = || {
                let Some(limit) = limit else { return false };
                let mut amounts = Amount::of(context, action).into_iter().peekable();
                amounts.peek().is_some()
                    && amounts.all(|amount| {
                        let highest = bound(policy, action, &amount, &forbids, approvals);
                        highest.is_some_and(|highest| highest.is_within(limit))
                    })
            };
            wants(context, action)
                && !forbids.stop(policy, action, approvals)
                && !(risk == "money" && small())
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
            let less = match halfway(policy, &actions, &forbids, approvals) {
                None => String::new(),
                Some(None) => {
                    ": what it asks of one is less than an approval is, or not always asked"
                        .to_owned()
                }
                Some(Some(id)) => format!(
                    ": `{id}` does not always stop it, or asks for less than an approval is"
                ),
            };
            let texts = context.options.approval.iter();
            let wanted: Vec<&str> = texts.map(|text| text.value.as_str()).collect();
            let first = wanted.first().copied().unwrap_or_default();
            let all = wanted.join("` or `");
            found
                .policy(
                    policy,
                    span,
                    format!("this permits {names} (`{risks}`) without an approval{less}"),
                )
                .help(format!(
                    "demand `{all}` in the permit, or forbid the action `unless {{ {first} }}`"
                ))
                .key(all_names(&actions));
        }
    }
}

/// What counts as an approval though the agent writes it.
fn own_words(context: &Context<'_>, found: &mut Found<'_>) {
    let actions = context.schema().map(Schema::actions);
    let actions = actions.into_iter().flat_map(BTreeMap::keys);
    for text in &context.options.approval {
        let Ok(term) = parse_term(&text.value) else {
            continue;
        };
        let said = context_paths(&term).into_iter().find_map(|path| {
            let of_agent = |action: &&EntityRef| {
                wants(context, action)
                    && attribute(context, action, &path).is_some_and(|found| !found.stored)
                    && context.trust(action, &path) == Trust::Agent
            };
            let action = actions.clone().find(of_agent)?;
            Some((path.join("."), action.id.clone()))
        });
        let Some((path, action)) = said else { continue };
        let message = format!(
            "`context.{path}` counts as an approval, and for `{action}` the agent itself writes it"
        );
        if let Some(finding) = fault(context, found, (&text.value, text.span), message) {
            finding.help("have the harness record who has approved, and let the mapping fill it from `{meta.…}`");
        }
    }
}

/// Whether the risk of an action asks for an approval.
fn wants(context: &Context<'_>, action: &EntityRef) -> bool {
    let risk = context.risk(action).unwrap_or_default();
    let mut wanted = context.options.approval_for.iter();
    wanted.any(|wanted| match wanted.as_str() {
        "external" => risk == "egress",
        wanted => wanted == risk,
    })
}

/// Whether a permit reads what approvals read, and so asks for less; or the forbid that does, and lets this through.
fn halfway(
    permit: &Policy<'_>,
    actions: &[EntityRef],
    forbids: &Forbids<'_, '_>,
    approvals: &[Term],
) -> Option<Option<Arc<str>>> {
    let wanted: BTreeSet<Vec<&str>> = approvals.iter().flat_map(context_paths).collect();
    let asks = |policy: &Policy<'_>| {
        let mut terms = policy.syntax.terms();
        terms.any(|term| context_paths(term).iter().any(|path| wanted.contains(path)))
    };
    if asks(permit) {
        return Some(None);
    }
    let mut all = actions
        .iter()
        .flat_map(|action| forbids.covering(permit, action));
    all.find(|forbid| asks(forbid))
        .map(|forbid| Some(forbid.id()))
}

/// The paths of the context that an expression reads.
fn context_paths(term: &Term) -> Vec<Vec<&str>> {
    let paths = term.paths().into_iter();
    let paths = paths.filter(|(variable, path)| *variable == Variable::Context && !path.is_empty());
    paths.map(|(_, path)| path).collect()
}
