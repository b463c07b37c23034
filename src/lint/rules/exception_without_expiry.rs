//! AZ317: an exception without an end.

use crate::cedar::{BinaryOperator, Demand, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ317",
    slug: "exception-without-expiry",
    title: "an exception has no day on which it ends",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("exception-without-expiry.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let annotations = &policy.parsed.annotations;
    if annotations.contains_key("expires") {
        return;
    }
    if annotations.contains_key("exception") {
        let written = policy.syntax.annotations.iter();
        let span = written
            .filter(|annotation| annotation.key.as_ref() == "exception")
            .map(|annotation| annotation.span);
        let span = span.min().unwrap_or(policy.syntax.effect);
        found
            .policy(policy, span, "this exception has no end")
            .help("add `@expires(\"YYYY-MM-DD\")`: the day on which somebody decides anew");
    }
    if !policy.is_forbid() {
        return;
    }
    for demand in policy.syntax.demands() {
        for (term, agent) in exempted(policy, demand) {
            found
                .policy(policy, term.span, format!("this forbid makes an exception for `{}`, and the exception has no end", agent.id))
                .help("add `@expires(\"YYYY-MM-DD\")` to the forbid, bound the exception by the clock, or exempt by what the agent is, as its team")
                .level(LintLevel::Info);
        }
    }
}

/// The single agents that a forbid leaves out.
fn exempted<'t>(policy: &Policy<'_>, demand: Demand<'t>) -> Vec<(&'t Term, &'t EntityRef)> {
    let agents = policy.context.version.manifest.agent_type.as_str();
    let (operator, sides) = match &demand.term.kind {
        TermKind::Binary(operator, sides) => (operator, sides),
        _ => return Vec::new(),
    };
    let [left, right] = sides.as_ref();
    let is_principal = |term: &Term| matches!(term.kind, TermKind::Variable(Variable::Principal));
    let literals = match (operator, demand.denied) {
        (BinaryOperator::Eq | BinaryOperator::In, true) | (BinaryOperator::NotEq, false)
            if is_principal(left) =>
        {
            right
        }
        (BinaryOperator::Eq, true) | (BinaryOperator::NotEq, false) if is_principal(right) => left,
        (BinaryOperator::Contains, true) if is_principal(right) => left,
        _ => return Vec::new(),
    };
    let all = literals
        .walk()
        .filter_map(|part| Some((part, part.as_entity()?)));
    all.filter(|(_, uid)| uid.ty.as_ref() == agents).collect()
}
