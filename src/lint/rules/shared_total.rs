//! Whether an expression can raise an error: what surely cannot, by its form alone. What does not conform to the schema is
//! decided as well, so the schema proves nothing here.

use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::model::{Value, Variable};

/// Whether an expression is true or false for every request, and never an error.
pub(super) fn is_total(term: &Term) -> bool {
    match &term.kind {
        TermKind::Literal(Value::Bool(_)) => true,
        TermKind::Not(inner) => is_total(inner),
        TermKind::And(parts) | TermKind::Or(parts) => parts.iter().all(is_total),
        TermKind::If(parts) => parts.iter().all(is_total),
        TermKind::Binary(operator, sides) => {
            let [left, right] = sides.as_ref();
            match operator {
                BinaryOperator::Eq | BinaryOperator::NotEq => is_value(left) && is_value(right),
                BinaryOperator::In => is_entity(left) && is_group(right),
                BinaryOperator::Contains => is_set(left) && is_value(right),
                BinaryOperator::ContainsAll | BinaryOperator::ContainsAny => {
                    is_set(left) && is_set(right)
                }
                BinaryOperator::Less
                | BinaryOperator::LessEq
                | BinaryOperator::Greater
                | BinaryOperator::GreaterEq
                | BinaryOperator::Add
                | BinaryOperator::Sub
                | BinaryOperator::Mul
                | BinaryOperator::GetTag
                | BinaryOperator::HasTag => false,
            }
        }
        TermKind::Has(of, names) => {
            names.len() == 1 && matches!(of.kind, TermKind::Variable(_) | TermKind::Slot)
        }
        TermKind::Is(of, _, None) => is_entity(of),
        TermKind::Is(of, _, Some(group)) => is_entity(of) && is_entity(group),
        TermKind::IsEmpty(of) => is_set(of),
        TermKind::Like(..)
        | TermKind::Get(..)
        | TermKind::Literal(_)
        | TermKind::Variable(_)
        | TermKind::Slot
        | TermKind::Neg(_)
        | TermKind::Call(..)
        | TermKind::Set(_)
        | TermKind::Record(_)
        | TermKind::Deep => false,
    }
}

/// An entity in whatever request.
fn is_entity(term: &Term) -> bool {
    match &term.kind {
        TermKind::Literal(Value::Entity(_)) | TermKind::Slot => true,
        TermKind::Variable(variable) => *variable != Variable::Context,
        _ => false,
    }
}

/// An entity, or a set of them.
fn is_group(term: &Term) -> bool {
    match &term.kind {
        TermKind::Set(items) => items.iter().all(is_entity),
        _ => is_entity(term),
    }
}

/// A set that is written as one, of what has a value.
fn is_set(term: &Term) -> bool {
    matches!(&term.kind, TermKind::Set(items) if items.iter().all(is_value))
}

/// What has a value in whatever request.
fn is_value(term: &Term) -> bool {
    match &term.kind {
        TermKind::Literal(_) | TermKind::Variable(_) | TermKind::Slot => true,
        TermKind::Set(_) => is_set(term),
        _ => false,
    }
}
