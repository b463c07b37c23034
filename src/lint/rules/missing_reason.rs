//! AZ403: a policy that does not say why it is there.

use super::shared_heading::heading;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ403",
    slug: "missing-reason",
    title: "a policy that does not say why it is there",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("missing-reason.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let said = |key: &str| {
        let annotations = &policy.parsed.annotations;
        annotations
            .get(key)
            .is_some_and(|text| !text.trim().is_empty())
    };
    if said("reason") || said("doc") {
        return;
    }
    let mut written = policy.syntax.annotations.iter();
    let empty = written.find(|said| *said.key == *"reason" || *said.key == *"doc");
    let place = empty.map_or(policy.syntax.effect, |said| said.span);
    if policy.is_forbid() {
        found
            .policy(policy, place, "this forbid does not say why it forbids")
            .help("write `@reason(\"…\")`: it is what the agent, and the person behind it, is told instead of a bare denial");
    } else if policy.has_places() && heading(policy).is_empty() {
        found
            .policy(policy, place, "this permit does not say what it is for")
            .level(LintLevel::Info)
            .help("write a comment above it, or `@doc(\"…\")`, that says who needs it and why");
    }
}
