//! AZ201: a permit that asks for nothing.

use super::shared_breadth::asks_nothing;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ201",
    slug: "permit-everything",
    title: "a permit without scope and condition lets every agent do everything",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("permit-everything.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    if policy.is_forbid() || !asks_nothing(policy) {
        return;
    }
    found
        .policy(
            policy,
            policy.syntax.head,
            "this permits every principal every action on every resource",
        )
        .help("name who may do what: `principal == Agent::\"…\"`, `action in [Action::\"…\"]`; keep what is forbidden out of a permit instead of forbidding it later");
}
