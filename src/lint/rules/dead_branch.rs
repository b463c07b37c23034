//! AZ121: a branch or an alternative that is never taken.

use super::shared_demands::{demanded, scope_terms};
use super::shared_entailment::matches_every;
use super::shared_logic::{conflict, conflict_of};
use super::shared_within::before;
use crate::cedar::{Demand, Term, TermKind, Typing, Verdict};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ121",
    slug: "dead-branch",
    title: "a branch or an alternative that is never taken",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("dead-branch.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut terms = policy.syntax.terms();
    if !terms.any(|term| matches!(term.kind, TermKind::If(_) | TermKind::Or(_))) {
        return;
    }
    let scope = scope_terms(&policy.syntax);
    let scope = demanded(&scope);
    let typing = policy.typing().filter(|typing| typing.is_clean());
    let dead = typing.is_some_and(|typing| {
        let mut verdicts = typing.environments.iter().map(|found| found.verdict);
        verdicts.all(|verdict| verdict == Verdict::Never)
    });
    // A policy that never applies has a lint of its own.
    if dead || conflict_of(policy).is_some() {
        return;
    }
    for clause in &policy.syntax.clauses {
        visit(policy, typing, &scope, &clause.body, found);
    }
}

/// What is dead is told once, without its parts.
fn visit(
    policy: &Policy<'_>,
    typing: Option<&Typing>,
    scope: &[Demand<'_>],
    term: &Term,
    found: &mut Found<'_>,
) {
    let mut live: Vec<&Term> = term.parts();
    let dead: Vec<(&Term, &str, Evidence)> = match &term.kind {
        TermKind::If(parts) => {
            let [test, then, other] = parts.as_ref();
            let mut dead = Vec::new();
            if let Some(evidence) = never(policy, typing, scope, test, false) {
                dead.push((
                    then,
                    "the test never holds, so this branch is never taken",
                    evidence,
                ));
            }
            if let Some(evidence) = never(policy, typing, scope, test, true) {
                dead.push((
                    other,
                    "the test always holds, so this branch is never taken",
                    evidence,
                ));
            }
            dead
        }
        TermKind::Or(parts) => {
            let mut dead = Vec::new();
            let mut reached = true;
            // Behind a pattern that matches everything nothing is reached; that has a lint of its own.
            let end = parts
                .iter()
                .position(is_every)
                .map_or(parts.len(), |at| at + 1);
            for part in parts.iter().take(end) {
                if !reached {
                    dead.push((
                        part,
                        "what stands before it always holds, so this is never reached",
                        Evidence::Schema,
                    ));
                } else if let Some(evidence) = never(policy, typing, scope, part, false) {
                    dead.push((part, "this alternative never holds", evidence));
                } else {
                    reached = never(policy, typing, scope, part, true).is_none();
                }
            }
            dead
        }
        _ => Vec::new(),
    };
    for (part, what, evidence) in dead {
        live.retain(|other| !std::ptr::eq(*other, part));
        found
            .policy(policy, part.span, what)
            .evidence(evidence)
            .help("remove it, or repair the condition that keeps it from counting");
    }
    for part in live {
        visit(policy, typing, scope, part, found);
    }
}

/// Whether it is a pattern that matches everything.
fn is_every(term: &Term) -> bool {
    matches!(&term.kind, TermKind::Like(_, pattern) if matches_every(pattern))
}

/// Whether a condition never holds, or, denied, always does, where it is evaluated; and by what evidence.
fn never(
    policy: &Policy<'_>,
    typing: Option<&Typing>,
    scope: &[Demand<'_>],
    term: &Term,
    denied: bool,
) -> Option<Evidence> {
    let by_type =
        typing
            .and_then(|typing| typing.at(term.span))
            .is_some_and(|typed| match denied {
                false => typed.can_fail && !typed.can_hold,
                true => typed.can_hold && !typed.can_fail,
            });
    let mut known = scope.to_vec();
    known.extend(before(&policy.syntax, term));
    // Where nothing is reached at all, something before it is to be told.
    let reached = conflict(&known).is_none();
    known.push(Demand { term, denied });
    let by_form = reached && conflict(&known).is_some();
    match (by_form, by_type) {
        (true, _) => Some(Evidence::Policy),
        (false, true) => Some(Evidence::Schema),
        (false, false) => None,
    }
}
