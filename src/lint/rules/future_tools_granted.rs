//! AZ314: a permit on a group of actions grants what is put into the group later.

use super::shared_reach::are_agents;
use crate::cedar::{BinaryOperator, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ314",
    slug: "future-tools-granted",
    title: "a permit on a group of actions grants every tool that is put into the group later",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("future-tools-granted.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    if policy.is_forbid() {
        return;
    }
    let environments = policy
        .typing()
        .map(|typing| typing.environments.as_slice())
        .unwrap_or_default();
    let for_agents = environments
        .iter()
        .any(|found| are_agents(policy.context, &found.principal));
    if !environments.is_empty() && !for_agents {
        return;
    }
    let part = policy.syntax.scope_of(Variable::Action);
    let test = part
        .and_then(|part| part.test.as_ref())
        .filter(|test| !test.equal);
    for (group, span) in test.into_iter().flat_map(|test| &test.entities) {
        of_group(policy, group, *span, found);
    }
    for demand in policy.syntax.demands() {
        if let TermKind::Binary(BinaryOperator::In, sides) = &demand.term.kind
            && let [left, right] = sides.as_ref()
            && matches!(left.kind, TermKind::Variable(Variable::Action))
            && !demand.denied
        {
            for literal in right.walk() {
                if let Some(group) = literal.as_entity() {
                    of_group(policy, group, literal.span, found);
                }
            }
        }
    }
}

fn of_group(policy: &Policy<'_>, group: &EntityRef, span: Span, found: &mut Found<'_>) {
    let context = policy.context;
    let Some(schema) = context
        .schema()
        .filter(|schema| schema.action(group).is_some())
    else {
        return;
    };
    let mut members = schema.members(group);
    // An action that applies to something, and in which nothing lies, is none.
    if members.is_empty() && !context.is_group(group) {
        return;
    }
    members.retain(|action| !context.is_group(action));
    let reads = members
        .iter()
        .filter(|action| context.risk(action) == Some("read"))
        .count();
    let (what, level) = match (members.len(), reads) {
        (0, _) => ("nothing yet".to_owned(), LintLevel::Warning),
        (all, reads) if all == reads => (format!("{all} reads today"), LintLevel::Info),
        (1, _) => ("one action today".to_owned(), LintLevel::Warning),
        (all, _) => (format!("{all} actions today"), LintLevel::Warning),
    };
    found
        .policy(
            policy,
            span,
            format!("`{}` is a group of actions ({what}): a tool that is put into it later is permitted here", group.id),
        )
        .help("list the actions, so that the next one is a change of this policy; groups are good in forbids, which then cover it too")
        .level(level);
}
