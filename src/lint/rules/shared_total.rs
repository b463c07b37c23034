//! Whether an expression can raise an error: what surely cannot, by its form and by the schema.

use super::shared_terms::types;
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::context::Policy;
use crate::model::{Type, Value, Variable};

/// Whether an expression is true or false for every request, and never an error. What the schema says counts only where
/// the policy has no type error. Entities may be missing, so attributes of entities count as what can fail.
pub(super) fn is_total(policy: &Policy<'_>, term: &Term) -> bool {
    let is = |ty: &Type| types(policy, term).is_some_and(|types| types == [ty.clone()]);
    match &term.kind {
        TermKind::Literal(Value::Bool(_)) => true,
        TermKind::Not(inner) => is_total(policy, inner),
        TermKind::And(parts) | TermKind::Or(parts) => {
            parts.iter().all(|part| is_total(policy, part))
        }
        TermKind::If(parts) => parts.iter().all(|part| is_total(policy, part)),
        TermKind::Binary(operator, sides) => {
            let values = sides.iter().all(|side| is_value(policy, side));
            let [left, right] = sides.as_ref();
            match operator {
                BinaryOperator::Eq | BinaryOperator::NotEq => values,
                BinaryOperator::In => is_entity(left) && is_group(right),
                BinaryOperator::Less
                | BinaryOperator::LessEq
                | BinaryOperator::Greater
                | BinaryOperator::GreaterEq
                | BinaryOperator::Contains
                | BinaryOperator::ContainsAll
                | BinaryOperator::ContainsAny => values && is(&Type::Bool),
                BinaryOperator::Add
                | BinaryOperator::Sub
                | BinaryOperator::Mul
                | BinaryOperator::GetTag
                | BinaryOperator::HasTag => false,
            }
        }
        TermKind::Has(of, names) => {
            names.len() == 1 && (matches!(of.kind, TermKind::Variable(_)) || is_value(policy, of))
        }
        TermKind::Is(of, _, None) => is_entity(of),
        TermKind::Is(of, _, Some(group)) => is_entity(of) && is_entity(group),
        TermKind::Like(of, _) => is_value(policy, of) && is(&Type::Bool),
        TermKind::IsEmpty(of) => is_value(policy, of) && is(&Type::Bool),
        TermKind::Get(..) => is_value(policy, term) && is(&Type::Bool),
        TermKind::Literal(_)
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

/// Whether an expression has a value in every request that conforms to the schema.
fn is_value(policy: &Policy<'_>, term: &Term) -> bool {
    match &term.kind {
        TermKind::Literal(_) | TermKind::Variable(_) | TermKind::Slot => true,
        TermKind::Set(items) => items.iter().all(|item| is_value(policy, item)),
        TermKind::Get(..) => term.path().is_some_and(|(variable, path)| {
            variable == Variable::Context
                && types(policy, term).is_some()
                && is_of_records(policy, &path)
        }),
        _ => false,
    }
}

/// Whether a path of the context leads through records alone, for every action of the scope.
fn is_of_records(policy: &Policy<'_>, path: &[&str]) -> bool {
    let Some(schema) = policy.context.schema() else {
        return false;
    };
    policy.actions().iter().all(|action| {
        let mut record = schema.action(action).and_then(|info| info.context.as_ref());
        path.iter().all(|name| {
            let attribute = record.and_then(|record| record.attributes.get(*name));
            record = attribute.and_then(|attribute| match &attribute.ty {
                Type::Record(inner) => Some(inner),
                _ => None,
            });
            attribute.is_some()
        })
    })
}
