//! AZ114: a condition that follows from the others.

use super::shared_demands::{demanded, scope_terms};
use super::shared_edit::left_out;
use super::shared_logic::{conflict, follows};
use crate::cedar::{Demand, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ114",
    slug: "redundant-conjunct",
    title: "a condition that follows from the others changes nothing",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("redundant-conjunct.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let scope = scope_terms(&policy.syntax);
    let scope = demanded(&scope);
    let mut kept = policy.syntax.demands();
    let all: Vec<Demand<'_>> = scope.iter().chain(&kept).copied().collect();
    if conflict(&all).is_some() {
        return;
    }
    let mut at = kept.len();
    while let Some(next) = at.checked_sub(1) {
        at = next;
        let Some(demand) = kept.get(at).copied() else {
            break;
        };
        // A `has` keeps what is read behind it from raising an error.
        if matches!(demand.term.kind, TermKind::Has(..)) {
            continue;
        }
        let others = kept.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<Demand<'_>> = scope
            .iter()
            .chain(others.map(|(_, other)| other))
            .copied()
            .collect();
        if !follows(&others, demand) {
            continue;
        }
        kept.remove(at);
        let finding = found.policy(
            policy,
            demand.term.span,
            "this follows from the other conditions: without it the policy applies to the same requests",
        );
        finding.help("leave it out, or write the condition that is meant");
        if let Some(cause) = others.iter().find(|other| follows(&[**other], demand)) {
            finding.label(cause.term.span, "it follows from this");
        }
        if let Some(edits) = left_out(policy, demand.term) {
            finding.fix("leave the condition out", edits);
        }
    }
}
