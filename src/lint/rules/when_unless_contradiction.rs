//! AZ113: what `when` demands, `unless` excepts.

use super::shared_normal::{key, normal};
use crate::cedar::{Demand, Syntax, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::Span;
use crate::repository::LintLevel;
use std::collections::BTreeMap;

pub(super) static LINT: Lint = Lint {
    code: "AZ113",
    slug: "when-unless-contradiction",
    title: "what `when` demands, `unless` excepts",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("when-unless-contradiction.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let Some((excepted, demanded)) = find(policy) else {
        return;
    };
    let effect = match policy.is_forbid() {
        true => "the forbid forbids nothing",
        false => "the permit permits nothing",
    };
    found
        .policy(
            policy,
            excepted,
            format!("this `unless` excepts exactly what `when` demands: {effect}"),
        )
        .label(demanded, "demanded here")
        .help("keep the one that is meant; `unless { a }` means `when { !a }`");
}

/// An exception that holds wherever the policy's conditions do, and the condition.
pub(super) fn find(policy: &Policy<'_>) -> Option<(Span, Span)> {
    if !policy.syntax.clauses.iter().any(|clause| clause.unless) {
        return None;
    }
    let demanded = demanded(&policy.syntax);
    let mut excepted = policy.syntax.clauses.iter().filter(|clause| clause.unless);
    excepted.find_map(|clause| {
        let parts = match &clause.body.kind {
            TermKind::Or(parts) => parts.iter().collect(),
            _ => vec![&clause.body],
        };
        parts.into_iter().find_map(|part| {
            let conjuncts: Vec<&Term> = match &part.kind {
                TermKind::And(parts) => parts.iter().collect(),
                _ => vec![part],
            };
            let places: Option<Vec<Span>> = conjuncts
                .iter()
                .map(|term| demanded.get(&one_form(term, false)).copied())
                .collect();
            Some((part.span, *places?.first()?))
        })
    })
}

/// What the `when` clauses demand, in one form, with its place.
fn demanded(syntax: &Syntax) -> BTreeMap<(String, bool), Span> {
    let of_when = Syntax {
        clauses: syntax
            .clauses
            .iter()
            .filter(|clause| !clause.unless)
            .cloned()
            .collect(),
        ..Syntax::default()
    };
    let demands = of_when.demands().into_iter();
    demands
        .map(|Demand { term, denied }| (one_form(term, denied), term.span))
        .collect()
}

fn one_form(term: &Term, denied: bool) -> (String, bool) {
    let (term, denied) = normal(term, denied);
    (key(&term), denied)
}
