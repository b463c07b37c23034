//! What a condition of a permit keeps out: everything but what it names, or nothing but what it names.

use super::shared_pattern::says_something;
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::context::Context;
use crate::model::Value;

/// What a demand is worth as a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// It lets through what it names, or one of a few known sides.
    Real,
    /// It lets through everything but what it names.
    Excluding,
    /// It prepares another one, or keeps out what is malformed: `has`, no `..` in a path, no empty text.
    Nothing,
}

/// What a demand is worth as a guard.
pub(super) fn guard(context: &Context<'_>, term: &Term, denied: bool) -> Guard {
    let each = |parts: &[Term]| -> Vec<Guard> {
        parts
            .iter()
            .map(|part| guard(context, part, denied))
            .collect()
    };
    match (&term.kind, denied) {
        (TermKind::Not(inner), _) => guard(context, inner, !denied),
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
            let each = each(parts);
            [Guard::Real, Guard::Excluding]
                .into_iter()
                .find(|kind| each.contains(kind))
                .unwrap_or(Guard::Nothing)
        }
        (TermKind::Or(parts), false) | (TermKind::And(parts), true) => {
            let each = each(parts);
            [Guard::Excluding, Guard::Nothing]
                .into_iter()
                .find(|kind| each.contains(kind))
                .unwrap_or(Guard::Real)
        }
        (TermKind::Literal(Value::Bool(_)), _) => Guard::Nothing,
        (TermKind::Has(..) | TermKind::Is(_, _, None), false) => Guard::Nothing,
        (TermKind::Binary(BinaryOperator::HasTag, _), false) => Guard::Nothing,
        (TermKind::Binary(BinaryOperator::NotEq, sides), false)
        | (TermKind::Binary(BinaryOperator::Eq, sides), true) => unequal(context, sides),
        (
            TermKind::Binary(
                BinaryOperator::In
                | BinaryOperator::Contains
                | BinaryOperator::ContainsAll
                | BinaryOperator::ContainsAny,
                sides,
            ),
            true,
        ) => {
            let named = sides
                .iter()
                .any(|side| side.is_constant() && !is_closed(context, side));
            match named {
                true => Guard::Excluding,
                false => Guard::Real,
            }
        }
        (TermKind::Like(_, pattern), true) => match says_something(pattern) {
            true => Guard::Excluding,
            false => Guard::Nothing,
        },
        (TermKind::Call(name, _), true) if name.as_ref() == "isInRange" => Guard::Excluding,
        _ => Guard::Real,
    }
}

/// The parts of a demand that keep out what they name alone.
pub(super) fn excluding<'t>(
    context: &Context<'_>,
    term: &'t Term,
    denied: bool,
    out: &mut Vec<&'t Term>,
) {
    match &term.kind {
        TermKind::Not(inner) => excluding(context, inner, !denied, out),
        TermKind::And(parts) | TermKind::Or(parts) => {
            for part in parts {
                excluding(context, part, denied, out);
            }
        }
        _ if guard(context, term, denied) == Guard::Excluding => out.push(term),
        _ => {}
    }
}

fn unequal(context: &Context<'_>, sides: &[Term; 2]) -> Guard {
    let Some(named) = sides.iter().find(|side| side.is_constant()) else {
        // A relation of two parts of the request, as a second person who approves.
        return Guard::Real;
    };
    match &named.kind {
        TermKind::Literal(Value::Bool(_)) => Guard::Real,
        TermKind::Literal(Value::String(text)) if text.trim().is_empty() => Guard::Nothing,
        _ if is_closed(context, named) => Guard::Real,
        _ => Guard::Excluding,
    }
}

/// Whether a constant is an entity of a type that lists all of its own.
fn is_closed(context: &Context<'_>, constant: &Term) -> bool {
    let listed = |term: &Term| {
        let schema = context.schema().zip(term.as_entity());
        schema.is_some_and(|(schema, entity)| schema.is_enumerated(&entity.ty))
    };
    match &constant.kind {
        TermKind::Set(items) => !items.is_empty() && items.iter().all(listed),
        _ => listed(constant),
    }
}
