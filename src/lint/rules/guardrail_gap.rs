//! AZ111: a policy covers an action, and can never apply to it, because the action lacks what the condition reads.

use super::shared_gaps::{Gap, Of, gaps};
use super::shared_words::{actions, all_actions, plural};
use crate::cedar::Typing;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ111",
    slug: "guardrail-gap",
    title: "a policy covers an action and can never apply to it",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("guardrail-gap.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let Some(typing) = policy.typing().filter(|typing| typing.is_clean()) else {
        return;
    };
    if typing.live_actions().is_empty() {
        return;
    }
    outside(policy, typing, found);
    for gap in gaps(policy, typing) {
        let Some(level) = level(policy, typing, &gap) else {
            continue;
        };
        let which = actions(&gap.actions);
        let lack = match (&gap.of, gap.actions.len()) {
            (Of::Context, 1) => "its context has no",
            (Of::Context, _) => "their contexts have no",
            (Of::Principal, _) => "such a principal has no",
            (Of::Resource, 1) => "its resource has no",
            (Of::Resource, _) => "their resources have no",
        };
        let lack = format!("{lack} `{}`", gap.lacks);
        let message = match (policy.is_forbid(), gap.exception) {
            (true, _) => format!("this forbid covers {which} and never applies there: {lack}"),
            (false, false) => format!("this permit covers {which} and never applies there: {lack}"),
            (false, true) => format!(
                "this exception never holds for {which}, so the permit has no guard there: {lack}"
            ),
        };
        let them = plural(gap.actions.len(), "the action", "the actions");
        let help = match gap.of {
            Of::Context => format!(
                "declare `{}` for {them} and have it sent; or name in the scope the actions that are meant",
                gap.lacks
            ),
            Of::Principal | Of::Resource => {
                "name in the scope the actions that are meant, and write a policy of their own for the others".to_owned()
            }
        };
        found
            .policy(policy, gap.term.span, message)
            .level(level)
            .help(help)
            .key(format!("{} {}", gap.lacks, all_actions(&gap.actions)));
    }
}

/// An action that the scope names, and that applies to nothing else that the scope takes.
fn outside(policy: &Policy<'_>, typing: &Typing, found: &mut Found<'_>) {
    let covered = typing.actions();
    let scope = policy.syntax.scope_of(Variable::Action);
    let Some(test) = scope.and_then(|part| part.test.as_ref()) else {
        return;
    };
    for (named, span) in &test.entities {
        let schema = policy.context.schema();
        let members = schema
            .map(|schema| schema.members(named))
            .unwrap_or_default();
        let applies = |action: &EntityRef| covered.binary_search(action).is_ok();
        let is_known = schema.is_some_and(|schema| schema.action(named).is_some());
        let empty = members.is_empty() && policy.context.is_group(named);
        if applies(named) || members.iter().any(applies) || !is_known || empty {
            continue;
        }
        let effect = match policy.is_forbid() {
            true => "forbid",
            false => "permit",
        };
        found
            .policy(
                policy,
                *span,
                format!("this {effect} names `{named}`, which applies to no principal and resource of its scope"),
            )
            .level(match policy.is_forbid() {
                true => LintLevel::Error,
                false => LintLevel::Warning,
            })
            .help("write a policy with the types of this action, or leave it out");
    }
}

/// How much a gap weighs; nothing where a policy is meant for few of many actions.
fn level(policy: &Policy<'_>, typing: &Typing, gap: &Gap<'_>) -> Option<LintLevel> {
    let scope = policy.syntax.scope_of(Variable::Action);
    let names = scope
        .and_then(|part| part.test.as_ref())
        .map(|test| &test.entities);
    let is_named = |action: &EntityRef| {
        let mut names = names.into_iter().flatten();
        names.any(|(name, _)| name == action)
    };
    let named = gap.actions.iter().any(is_named);
    let covered = typing.actions().len();
    let few = gap.actions.len() * 2 < covered;
    let reads = |actions: &[EntityRef]| {
        let mut risks = actions.iter().map(|action| policy.context.risk(action));
        risks.all(|risk| risk == Some("read"))
    };
    let others: Vec<EntityRef> = typing
        .actions()
        .iter()
        .filter(|action| !gap.actions.contains(action))
        .cloned()
        .collect();
    let harmless = reads(&gap.actions) && !reads(&others);
    let of_context = gap.of == Of::Context;
    // `resource has …` tells entity types apart, as `is` does.
    let loud = named || (few && !harmless);
    match (policy.is_forbid(), gap.exception, loud) {
        (true, _, true) if of_context => Some(LintLevel::Error),
        (true, _, true) => Some(LintLevel::Warning),
        (true, _, false) => Some(LintLevel::Info),
        (false, true, true) if of_context => Some(LintLevel::Warning),
        (false, true, _) => Some(LintLevel::Info),
        (false, false, _) if named => Some(LintLevel::Warning),
        (false, false, _) => few.then_some(LintLevel::Info),
    }
}
