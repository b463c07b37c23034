//! AZ505: a literal on the left of a comparison.

use super::shared_edits::{fitted, replace, short};
use super::shared_terms::{Binding, Keys, placed};
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ505",
    slug: "yoda",
    title: "a literal on the left of a comparison",
    level: LintLevel::Off,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("yoda.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut keys = Keys::default();
    for place in placed(&policy.syntax) {
        let TermKind::Binary(operator, sides) = &place.term.kind else {
            continue;
        };
        let Some(mirrored) = mirrored(*operator) else {
            continue;
        };
        let [left, right] = sides.as_ref();
        if !is_literal(left) || right.is_constant() {
            continue;
        }
        let [left, right] = sides
            .each_ref()
            .map(|side| fitted(policy, side, Binding::Sum));
        let text = format!("{right} {mirrored} {left}");
        let finding = found
            .policy(
                policy,
                place.term.span,
                "the literal stands on the left of the comparison",
            )
            .help("put what is asked on the left, and what it is held to on the right");
        keys.tell_apart(finding);
        if let Some(edit) = replace(policy, &place, text.clone(), Binding::Relation) {
            finding.fix(format!("write `{}`", short(&text)), [edit]);
        }
    }
}

/// The operator that says the same with its sides changed.
fn mirrored(operator: BinaryOperator) -> Option<&'static str> {
    match operator {
        BinaryOperator::Eq => Some("=="),
        BinaryOperator::NotEq => Some("!="),
        BinaryOperator::Less => Some(">"),
        BinaryOperator::LessEq => Some(">="),
        BinaryOperator::Greater => Some("<"),
        BinaryOperator::GreaterEq => Some("<="),
        BinaryOperator::Add
        | BinaryOperator::Sub
        | BinaryOperator::Mul
        | BinaryOperator::In
        | BinaryOperator::Contains
        | BinaryOperator::ContainsAll
        | BinaryOperator::ContainsAny
        | BinaryOperator::GetTag
        | BinaryOperator::HasTag => None,
    }
}

/// A literal, or one of Cedar's types that are written as a call on a text.
fn is_literal(term: &Term) -> bool {
    match &term.kind {
        TermKind::Literal(_) => true,
        TermKind::Call(_, arguments) => match arguments.as_slice() {
            [text] => text.as_text().is_some(),
            _ => false,
        },
        _ => false,
    }
}
