//! Reads of entities that may not exist: what of a condition can raise an error although the types are right.

use super::shared_claims::attribute;
use super::shared_normal::{key, normal};
use super::shared_within::before;
use crate::cedar::{BinaryOperator, Demand, Term, TermKind, Typing};
use crate::lint::context::{Policy, Trust};
use crate::model::{Type, Variable};
use std::collections::BTreeSet;

/// An entity that the context names, and of which something is read.
pub(super) struct Read<'s> {
    /// The whole read.
    pub whole: &'s Term,
    /// The entity.
    pub entity: &'s Term,
    /// Who names it.
    pub trust: Trust,
}

/// The first read of each entity that the context names, where nothing before it says that the entity exists.
pub(super) fn unsure<'s>(policy: &'s Policy<'_>) -> Vec<Read<'s>> {
    if !policy.typing().is_some_and(Typing::is_clean) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for whole in policy.syntax.terms() {
        let entity = match &whole.kind {
            TermKind::Get(of, _) => of.as_ref(),
            TermKind::Binary(BinaryOperator::GetTag, sides) => {
                let [of, _] = sides.as_ref();
                of
            }
            _ => continue,
        };
        let of_context =
            matches!(entity.path(), Some((Variable::Context, names)) if !names.is_empty());
        if !of_context || !is_entity(policy, entity) {
            continue;
        }
        let Some(trust) = policy.trust(entity) else {
            continue;
        };
        let sure = before(&policy.syntax, whole)
            .into_iter()
            .any(|demand| says_it_exists(demand, entity));
        if !sure && seen.insert(key(&normal(entity, false).0)) {
            found.push(Read {
                whole,
                entity,
                trust,
            });
        }
    }
    found
}

/// Whether a path of the context is an entity, for some action of the scope.
fn is_entity(policy: &Policy<'_>, path: &Term) -> bool {
    let Some((_, names)) = path.path() else {
        return false;
    };
    policy.samples().iter().any(|action| {
        let found = attribute(policy.context, action, &names);
        found.is_some_and(|found| matches!(found.ty, Type::Entity(_)))
    })
}

/// Whether an entity exists where a condition holds: something was read of it, it has something, or it lies in something.
fn says_it_exists(demand: Demand<'_>, entity: &Term) -> bool {
    let Demand { term, denied } = demand;
    let is = |of: &Term| of.same(entity);
    let read = match &term.kind {
        TermKind::Has(of, _) if !denied => is(of),
        TermKind::Binary(BinaryOperator::In | BinaryOperator::HasTag, sides) if !denied => {
            let [of, _] = sides.as_ref();
            is(of)
        }
        TermKind::Is(of, _, Some(_)) if !denied => is(of),
        _ => false,
    };
    read || match (&term.kind, denied) {
        (TermKind::Not(inner), _) => says_it_exists(
            Demand {
                term: inner,
                denied: !denied,
            },
            entity,
        ),
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => parts
            .iter()
            .any(|term| says_it_exists(Demand { term, denied }, entity)),
        // Of these only the first operand was surely evaluated.
        (TermKind::And(parts), true) | (TermKind::Or(parts), false) => {
            parts.first().is_some_and(|first| was_read(first, entity))
        }
        (TermKind::If(parts), _) => {
            let [test, _, _] = parts.as_ref();
            was_read(test, entity)
        }
        _ => was_read(term, entity),
    }
}

/// Whether evaluating a condition without connectives has read something of an entity.
fn was_read(term: &Term, entity: &Term) -> bool {
    let direct = term.walk().take_while(|part| {
        !matches!(
            part.kind,
            TermKind::And(_) | TermKind::Or(_) | TermKind::If(_)
        )
    });
    direct.into_iter().any(|part| match &part.kind {
        TermKind::Get(of, _) => of.same(entity),
        _ => false,
    })
}
