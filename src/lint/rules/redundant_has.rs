//! AZ119: `has` on what is always there.

use super::shared_edit::{left_out, path_text};
use super::shared_within::{clause_of, steps};
use crate::cedar::{Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ119",
    slug: "redundant-has",
    title: "`has` on what is always there",
    level: LintLevel::Info,
    evidence: &[Evidence::Schema],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("redundant-has.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let Some(typing) = policy.typing().filter(|typing| typing.is_clean()) else {
        return;
    };
    for term in policy.syntax.terms() {
        let TermKind::Has(of, names) = &term.kind else {
            continue;
        };
        let always = typing
            .at(term.span)
            .is_some_and(|typed| typed.can_hold && !typed.can_fail);
        if !always {
            continue;
        }
        let of = path_text(of).unwrap_or_else(|| policy.text(of.span).to_owned());
        let names = names.join(".");
        let finding = found
            .policy(
                policy,
                term.span,
                format!("`{of}` always has `{names}` here: the schema requires it, or it was asked before"),
            )
            .help("leave it out: a `has` says to readers that something may be missing");
        if is_conjunct(policy, term)
            && let Some(edits) = left_out(policy, term)
        {
            finding.fix("leave the `has` out", edits);
        }
    }
}

/// Whether what is true there can be left out.
fn is_conjunct(policy: &Policy<'_>, term: &Term) -> bool {
    let Some(clause) = clause_of(&policy.syntax, term) else {
        return false;
    };
    match steps(&clause.body, term).last() {
        None => !clause.unless && std::ptr::eq(&clause.body, term),
        Some(step) => matches!(step.of.kind, TermKind::And(_)) && std::ptr::eq(step.to, term),
    }
}
