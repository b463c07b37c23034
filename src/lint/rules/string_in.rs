//! AZ101: `in` asks for the entity hierarchy, and raises an error on texts.

use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::Value;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ101",
    slug: "string-in",
    title: "`in` on what is no entity raises an error",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Repair),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("string-in.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for term in policy.syntax.terms() {
        let TermKind::Binary(BinaryOperator::In, sides) = &term.kind else {
            continue;
        };
        let [left, right] = sides.as_ref();
        if !is_plain(left) && !is_plain(right) {
            continue;
        }
        let effect = match policy.is_forbid() {
            true => "the forbid is skipped with an error, so it forbids nothing",
            false => "the permit is skipped with an error",
        };
        let finding = found
            .policy(
                policy,
                term.span,
                format!("`in` compares entities, and here it gets values: {effect}"),
            )
            .help("ask whether a set holds a value with `[…].contains(value)`");
        if let TermKind::Set(_) = right.kind
            && policy.has_places()
            && !has_entity(right)
        {
            let (set, value) = (policy.text(right.span), policy.text(left.span));
            finding.fix(
                format!("write `{set}.contains({value})`"),
                [(term.span, format!("{set}.contains({value})"))],
            );
        }
    }
}

/// Whether a term is a literal, or a set of literals, and no entity.
fn is_plain(term: &Term) -> bool {
    match &term.kind {
        TermKind::Literal(Value::Entity(_)) => false,
        TermKind::Literal(_) => true,
        TermKind::Set(items) => {
            items.iter().any(|item| matches!(&item.kind, TermKind::Literal(value) if !matches!(value, Value::Entity(_))))
        }
        _ => false,
    }
}

fn has_entity(set: &Term) -> bool {
    set.walk().any(|term| term.as_entity().is_some())
}
