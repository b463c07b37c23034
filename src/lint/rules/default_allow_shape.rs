//! AZ207: a broad permit that only forbids hold back.

use super::shared_breadth::{granted, is_untested, some_actions, some_of};
use super::shared_guard::{Guard, guard};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ207",
    slug: "default-allow-shape",
    title: "a broad permit of changes that forbids alone hold back",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("default-allow-shape.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let broad: Vec<(&Policy<'_>, Vec<EntityRef>)> = repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid() && is_broad(policy))
        .filter_map(|policy| Some((policy, changes(policy)?)))
        .collect();
    if broad.is_empty() {
        return;
    }
    let forbids: Vec<(&Policy<'_>, &[EntityRef])> = repository
        .policies
        .iter()
        .filter(|policy| policy.is_forbid() && !policy.syntax.demands().is_empty())
        .map(|policy| (policy, policy.actions()))
        .collect();
    for (permit, actions) in broad {
        let free = |policy: &Policy<'_>| {
            let part = policy.syntax.scope_of(Variable::Action);
            part.is_none_or(|part| part.is_free())
        };
        let mut against: Vec<&Policy<'_>> = Vec::new();
        for (forbid, of_forbid) in &forbids {
            let unknown = permit.context.schema().is_none() && free(permit);
            let meets =
                free(forbid) || unknown || of_forbid.iter().any(|action| actions.contains(action));
            if meets && !are_apart(permit, forbid) {
                against.push(forbid);
            }
        }
        if against.is_empty() {
            continue;
        }
        let ids: Vec<_> = against.iter().map(|forbid| forbid.id()).collect();
        let what = match actions.as_slice() {
            [] => "every action".to_owned(),
            some => some_actions(some),
        };
        found
            .policy(
                permit,
                permit.syntax.head,
                format!(
                    "this permits {what} on every resource, and nothing but {} holds it back",
                    some_of(ids.iter().map(AsRef::as_ref))
                ),
            )
            .help("a forbid that raises an error is skipped, and what nobody thought of is allowed: permit the cases that are wanted, and keep forbids for what must never be");
    }
}

/// Whether a permit takes every resource, several actions, and whatever nobody excluded.
fn is_broad(policy: &Policy<'_>) -> bool {
    let action = policy.syntax.scope_of(Variable::Action);
    let test = action.and_then(|part| part.test.as_ref());
    let several = test.is_none_or(|test| {
        let groups = test
            .entities
            .iter()
            .any(|(action, _)| policy.context.is_group(action));
        !test.equal && groups
    });
    let guarded = policy
        .syntax
        .demands()
        .iter()
        .any(|demand| guard(policy.context, demand.term, demand.denied) == Guard::Real);
    several && !guarded && is_untested(policy, Variable::Resource)
}

/// The actions that a permit grants and that do more than read; all of them, where nothing says what they do. Nothing
/// where it grants none.
fn changes(policy: &Policy<'_>) -> Option<Vec<EntityRef>> {
    let granted = granted(policy);
    if policy.context.schema().is_none() {
        return Some(granted.to_vec());
    }
    let changing = granted
        .iter()
        .filter(|action| policy.context.risk(action) != Some("read"));
    let changing: Vec<EntityRef> = changing.cloned().collect();
    (!changing.is_empty()).then_some(changing)
}

/// Whether two policies name two principals, neither of which can be the other.
fn are_apart(one: &Policy<'_>, other: &Policy<'_>) -> bool {
    let named = |policy: &Policy<'_>| {
        let part = policy.syntax.scope_of(Variable::Principal)?;
        let test = part.test.as_ref().filter(|test| test.equal)?;
        test.entities.first().map(|(entity, _)| entity.clone())
    };
    named(one)
        .zip(named(other))
        .is_some_and(|(one, other)| one != other)
}
