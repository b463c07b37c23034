//! AZ203: a permit that does not say what it permits.

use super::shared_breadth::{
    Narrowing, asks_nothing, granted, is_approved, narrowing, some_actions,
};
use crate::cedar::{BinaryOperator, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::Variable;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ203",
    slug: "permit-any-action",
    title: "a permit of every action, those of tools of next month included",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("permit-any-action.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let Some(part) = policy.syntax.scope_of(Variable::Action) else {
        return;
    };
    if policy.is_forbid() || asks_nothing(policy) || !part.is_free() {
        return;
    }
    if narrowing(policy, Variable::Action) == Narrowing::Pinned {
        return;
    }
    let granted = granted(policy);
    let has_schema = policy.context.schema().is_some();
    if granted.is_empty() && has_schema {
        return;
    }
    let level = match is_approved(policy) || excludes_group(policy) {
        true => LintLevel::Info,
        false => LintLevel::Warning,
    };
    let now = match granted {
        [] => String::new(),
        [_] => format!(" ({} today)", some_actions(granted)),
        some => format!(" ({} today: {})", some.len(), some_actions(some)),
    };
    found
        .policy(
            policy,
            part.span,
            format!("this permits every action{now}, also those of tools that are added later"),
        )
        .level(level)
        .help("name the actions, `action in [Action::\"…\", Action::\"…\"]`, or a group of reviewed ones, `action in Action::\"reads\"`");
}

/// Whether actions of a group are excluded: a new tool that is put there is excluded with them.
fn excludes_group(policy: &Policy<'_>) -> bool {
    policy.syntax.demands().iter().any(|demand| {
        let TermKind::Binary(BinaryOperator::In, sides) = &demand.term.kind else {
            return false;
        };
        let [left, right] = sides.as_ref();
        let group = right.as_entity();
        demand.denied
            && matches!(left.kind, TermKind::Variable(Variable::Action))
            && group.is_some_and(|group| policy.context.is_group(group))
    })
}
