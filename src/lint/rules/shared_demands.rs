//! What a scope demands, as conditions among others.

use super::shared_normal::unplaced;
use crate::cedar::{BinaryOperator, Demand, Syntax, Term, TermKind};
use crate::model::{Value, Variable};

/// What a policy demands of principal and resource in its scope, and of an action that is named alone, as expressions.
pub(super) fn scope_terms(syntax: &Syntax) -> Vec<Term> {
    let mut found = Vec::new();
    for part in &syntax.scope {
        let place = |kind| Term {
            span: part.span,
            kind,
        };
        let variable = || unplaced(TermKind::Variable(part.variable));
        if let Some(ty) = &part.is {
            found.push(place(TermKind::Is(Box::new(variable()), ty.clone(), None)));
        }
        let Some(test) = part.test.as_ref().filter(|test| !test.slot) else {
            continue;
        };
        let mut entities = test
            .entities
            .iter()
            .map(|(uid, _)| unplaced(TermKind::Literal(Value::Entity(uid.clone()))));
        let (operator, right) = match (test.equal, entities.len()) {
            (true, 1) => (BinaryOperator::Eq, entities.next()),
            (_, 1) => (BinaryOperator::In, entities.next()),
            _ if part.variable == Variable::Action => (
                BinaryOperator::In,
                Some(unplaced(TermKind::Set(entities.collect()))),
            ),
            _ => (BinaryOperator::In, None),
        };
        if let Some(right) = right {
            found.push(place(TermKind::Binary(
                operator,
                Box::new([variable(), right]),
            )));
        }
    }
    found
}

/// Expressions as conditions that hold.
pub(super) fn demanded(terms: &[Term]) -> Vec<Demand<'_>> {
    let all = terms.iter();
    all.map(|term| Demand {
        term,
        denied: false,
    })
    .collect()
}
