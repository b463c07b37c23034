//! AZ407: an action that no permit may allow.

use super::shared_schema::{namespace_of, place};
use crate::cedar::DeclaredKind;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;
use rayon::prelude::*;
use std::collections::BTreeSet;

pub(super) static LINT: Lint = Lint {
    code: "AZ407",
    slug: "unused-action",
    title: "an action that no permit can allow",
    level: LintLevel::Warning,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unused-action.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let Some(schema) = context.schema().filter(|schema| schema.is_complete()) else {
        return;
    };
    let permits: Vec<&Policy<'_>> = repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
        .collect();
    if permits.is_empty() {
        return;
    }
    let allowed: Vec<&[EntityRef]> = permits
        .par_iter()
        .map(|policy| policy.live().as_ref())
        .collect();
    // Few actions are left after the first permits, and most lists are not looked through.
    let is_in = |list: &[EntityRef], action| list.binary_search(action).is_ok();
    let is_allowed = |action| allowed.iter().any(|list| is_in(list, action));
    let is_named = |action| permits.iter().any(|permit| is_in(permit.actions(), action));
    let forbids = repository
        .policies
        .iter()
        .filter(|policy| policy.is_forbid());
    let decided: BTreeSet<EntityRef> = forbids.flat_map(always_forbidden).collect();
    for action in schema.actions().keys() {
        if context.is_group(action) || decided.contains(action) || is_allowed(action) {
            continue;
        }
        let space = namespace_of(action);
        let Some((file, span)) = place(context, DeclaredKind::Action, space, &action.id) else {
            continue;
        };
        let (message, help) = match is_named(action) {
            true => (
                format!("the permits that name `{action}` never apply to it"),
                "their conditions cannot hold for its principals, resources and context; repair them, or take the action out of their scope",
            ),
            false => (
                format!("no permit allows `{action}`, so it is always denied"),
                "write a permit for those who need it; where nobody shall have it, say so with a forbid that names it and gives a `@reason`",
            ),
        };
        found
            .file(file, span, message)
            .key(action.to_string())
            .help(help);
    }
}

/// The actions that a forbid names one by one, without asking for anything else: somebody has decided about them.
fn always_forbidden(policy: &Policy<'_>) -> Vec<EntityRef> {
    let scope = &policy.syntax.scope;
    let others = scope
        .iter()
        .filter(|part| part.variable != Variable::Action);
    if !policy.syntax.clauses.is_empty() || !others.into_iter().all(|part| part.is_free()) {
        return Vec::new();
    }
    let test = policy
        .syntax
        .scope_of(Variable::Action)
        .and_then(|part| part.test.as_ref());
    let named = test.into_iter().flat_map(|test| &test.entities);
    named.map(|(action, _)| action.clone()).collect()
}
