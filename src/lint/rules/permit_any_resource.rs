//! AZ204: a permit of a change that does not say of what.

use super::shared_breadth::{
    Narrowing, asks_nothing, granted, is_approved, is_untested, listed, narrowing, some_actions,
};
use super::shared_guard::{Guard, guard};
use crate::cedar::Verdict;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ204",
    slug: "permit-any-resource",
    title: "a permit of a change to every resource",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Risks],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("permit-any-resource.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let Some(part) = policy.syntax.scope_of(Variable::Resource) else {
        return;
    };
    if policy.is_forbid() || asks_nothing(policy) || !is_untested(policy, Variable::Resource) {
        return;
    }
    let narrowed = narrowing(policy, Variable::Resource);
    if narrowed >= Narrowing::Narrowed {
        return;
    }
    let granted = granted(policy).iter();
    let changes = granted.filter(|action| {
        let risk = policy.context.risk(action);
        risk.is_some_and(|risk| risk != "read")
    });
    let changes: Vec<EntityRef> = changes.cloned().collect();
    let types = resources(policy, &changes);
    let [first, ..] = changes.as_slice() else {
        return;
    };
    // A type that lists its only entity leaves no choice.
    let single = |ty: &&str| {
        let schema = policy.context.schema();
        let choices = schema.and_then(|schema| schema.choices(ty));
        choices.is_some_and(|choices| choices.len() <= 1)
    };
    if !types.is_empty() && types.iter().all(single) {
        return;
    }
    let guarded = policy
        .syntax
        .demands()
        .iter()
        .any(|demand| guard(policy.context, demand.term, demand.denied) == Guard::Real);
    let level = match guarded || narrowed == Narrowing::Excluding || is_approved(policy) {
        true => LintLevel::Info,
        false => LintLevel::Warning,
    };
    let risk = policy.context.risk(first).unwrap_or_default();
    let what = match changes.as_slice() {
        [one] => format!("`{}` ({risk}) is", one.id),
        some => format!("{} are", some_actions(some)),
    };
    let on = match (&part.is, types.as_slice()) {
        (Some(ty), _) => format!("every `{ty}`"),
        (None, [ty]) => format!("every `{ty}`"),
        (None, _) => "every resource".to_owned(),
    };
    found
        .policy(policy, part.span, format!("{what} permitted on {on}"))
        .level(level)
        // Another action is another grant.
        .key(format!("resource {}", listed(&changes)))
        .help("bound the damage of one wrong call: `resource == …`, `resource in System::\"…\"`, or a condition on the resource, as `resource.environment == \"dev\"`");
}

/// The types of resources that some actions are permitted on, sorted.
fn resources<'p>(policy: &'p Policy<'_>, actions: &[EntityRef]) -> Vec<&'p str> {
    let environments = policy.typing().map(|typing| typing.environments.as_slice());
    let mut found: Vec<&str> = environments
        .unwrap_or_default()
        .iter()
        .filter(|environment| {
            environment.verdict != Verdict::Never
                && environment
                    .actions
                    .iter()
                    .any(|action| actions.contains(action))
        })
        .map(|environment| environment.resource.as_ref())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
