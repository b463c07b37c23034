//! AZ209: a permit whose conditions only say what is kept out.

use super::shared_breadth::{granted, only_reads};
use super::shared_guard::{Guard, excluding, guard};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ209",
    slug: "negative-permit-guard",
    title: "a permit for everything but what it names",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("negative-permit-guard.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    if policy.is_forbid() {
        return;
    }
    let context = policy.context;
    let mut named = Vec::new();
    for demand in policy.syntax.demands() {
        match guard(context, demand.term, demand.denied) {
            Guard::Real => return,
            Guard::Excluding => excluding(context, demand.term, demand.denied, &mut named),
            Guard::Nothing => {}
        }
    }
    let Some((first, others)) = named.split_first() else {
        return;
    };
    let level = match only_reads(context, granted(policy)) {
        true => LintLevel::Info,
        false => LintLevel::Warning,
    };
    let finding = found
        .policy(
            policy,
            first.span,
            "this permit only names what it keeps out: a value that nobody thought of passes",
        )
        .level(level)
        .help("name what is let in: `==`, `[…].contains(…)` or `in` instead of `!=`, `!….contains(…)` and `unless`");
    for other in others.iter().filter(|other| other.span.len > 0) {
        finding.label(other.span, "this too keeps out what it names");
    }
}
