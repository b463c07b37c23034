//! AZ114: a condition that follows from the others.

use super::shared_demands::{demanded, scope_terms};
use super::shared_edit::left_out;
use super::shared_logic::{conflict_of, follows};
use crate::cedar::{Demand, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::Variable;
use crate::repository::LintLevel;
use std::collections::{HashMap, HashSet};

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
    // What reads nothing that another condition reads does not follow from it.
    let all = scope.iter().chain(&kept);
    let mut read: HashMap<Read<'_>, usize> = HashMap::new();
    for each in all.flat_map(|demand| reads(demand.term)) {
        *read.entry(each).or_default() += 1;
    }
    let alone = |demand: &Demand<'_>| {
        reads_everywhere(demand.term)
            && reads(demand.term)
                .iter()
                .all(|each| read.get(each) == Some(&1))
    };
    if kept
        .iter()
        .all(|demand| passed_over(demand) || alone(demand))
        || conflict_of(policy).is_some()
    {
        return;
    }
    let mut at = kept.len();
    while let Some(next) = at.checked_sub(1) {
        at = next;
        let Some(demand) = kept.get(at).copied() else {
            break;
        };
        if passed_over(&demand) || alone(&demand) {
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

/// A `has` keeps what is read behind it from raising an error.
fn passed_over(demand: &Demand<'_>) -> bool {
    matches!(demand.term.kind, TermKind::Has(..))
}

/// A variable, and what is read of it first.
type Read<'t> = (Variable, Option<&'t str>);

/// What a condition reads, each once.
fn reads(term: &Term) -> HashSet<Read<'_>> {
    let paths = term.paths().into_iter();
    paths
        .map(|(variable, path)| (variable, path.first().copied()))
        .collect()
}

/// Whether each condition that another one is made of reads something.
fn reads_everywhere(term: &Term) -> bool {
    match &term.kind {
        TermKind::And(parts) | TermKind::Or(parts) => parts.iter().all(reads_everywhere),
        TermKind::If(parts) => parts.iter().all(reads_everywhere),
        TermKind::Not(inner) => reads_everywhere(inner),
        _ => !term.paths().is_empty(),
    }
}
