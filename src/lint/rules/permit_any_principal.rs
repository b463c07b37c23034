//! AZ202: a permit that does not say for whom it is.

use super::shared_breadth::{
    asks_nothing, granted, is_untested, listed, principals, some_actions, weight_of_anyone,
};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::Variable;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ202",
    slug: "permit-any-principal",
    title: "a permit for every agent, those of next month included",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("permit-any-principal.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let Some(part) = policy.syntax.scope_of(Variable::Principal) else {
        return;
    };
    if policy.is_forbid() || asks_nothing(policy) || !is_untested(policy, Variable::Principal) {
        return;
    }
    let granted = granted(policy);
    // What can apply to nothing is for other lints.
    if granted.is_empty() && policy.context.schema().is_some() {
        return;
    }
    let Some(level) = weight_of_anyone(policy, granted, None) else {
        return;
    };
    let who = match (&part.is, principals(policy).as_slice()) {
        (Some(ty), _) => format!("every `{ty}`"),
        (None, [ty]) => format!("every `{ty}`"),
        (None, _) => "every principal".to_owned(),
    };
    let what = match granted {
        [] => "every action".to_owned(),
        some => some_actions(some),
    };
    found
        .policy(
            policy,
            part.span,
            format!("{who} is permitted {what}, also those that are added later"),
        )
        .level(level)
        // Another action is another grant.
        .key(format!("principal {}", listed(granted)))
        .help("name an agent, `principal == Agent::\"…\"`, or a group, `principal in Team::\"…\"`; or tie it to the resource, as `principal in resource.readers` does");
}
