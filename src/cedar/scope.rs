//! The scope of a policy, decided without Cedar's interpreter.
//!
//! Exact because scope expressions are total: on a concrete request they are a boolean function of the three uids
//! and their ancestors in the store, never an error (`ast/policy.rs`, `as_expr`; `evaluator.rs`, `eval_in`: an
//! entity that the store lacks is `in` itself only). `tests/properties.rs` holds it to Cedar's authorizer.

use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, EntityType, EntityUID, Policy, PrincipalOrResourceConstraint,
};
use cedar_policy_core::entities::{Dereference, Entities};
use std::sync::Arc;

/// What a policy demands of principal, action and resource.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    principal: Test,
    action: Test,
    resource: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Any,
    Eq(Arc<EntityUID>),
    In(Vec<Arc<EntityUID>>),
    Is(Arc<EntityType>),
    IsIn(Arc<EntityType>, Arc<EntityUID>),
    /// A slot that nothing fills; a linked policy has none.
    Never,
}

impl Scope {
    pub(super) fn of(policy: &Policy) -> Self {
        Self {
            principal: Test::of(policy.principal_constraint().as_inner()),
            action: match policy.action_constraint() {
                ActionConstraint::Any => Test::Any,
                ActionConstraint::Eq(uid) => Test::Eq(uid.clone()),
                ActionConstraint::In(uids) => Test::In(uids.clone()),
            },
            resource: Test::of(policy.resource_constraint().as_inner()),
        }
    }

    /// Whether the scope holds for a request.
    pub(super) fn holds(
        &self,
        principal: &EntityUID,
        action: &EntityUID,
        resource: &EntityUID,
        entities: &Entities,
    ) -> bool {
        self.action.holds(action, entities)
            && self.principal.holds(principal, entities)
            && self.resource.holds(resource, entities)
    }
}

impl Test {
    fn of(constraint: &PrincipalOrResourceConstraint) -> Self {
        let filled = |reference: &EntityReference| match reference {
            EntityReference::EUID(uid) => Some(uid.clone()),
            EntityReference::Slot(_) => None,
        };
        match constraint {
            PrincipalOrResourceConstraint::Any => Test::Any,
            PrincipalOrResourceConstraint::Eq(uid) => filled(uid).map_or(Test::Never, Test::Eq),
            PrincipalOrResourceConstraint::In(uid) => {
                filled(uid).map_or(Test::Never, |uid| Test::In(vec![uid]))
            }
            PrincipalOrResourceConstraint::Is(ty) => Test::Is(ty.clone()),
            PrincipalOrResourceConstraint::IsIn(ty, uid) => {
                filled(uid).map_or(Test::Never, |uid| Test::IsIn(ty.clone(), uid))
            }
        }
    }

    fn holds(&self, uid: &EntityUID, entities: &Entities) -> bool {
        match self {
            Test::Any => true,
            Test::Eq(other) => uid == other.as_ref(),
            Test::In(others) => others.iter().any(|other| is_in(uid, other, entities)),
            Test::Is(ty) => uid.entity_type() == ty.as_ref(),
            Test::IsIn(ty, other) => {
                uid.entity_type() == ty.as_ref() && is_in(uid, other, entities)
            }
            Test::Never => false,
        }
    }
}

fn is_in(uid: &EntityUID, other: &EntityUID, entities: &Entities) -> bool {
    uid == other
        || match entities.entity(uid) {
            Dereference::Data(entity) => entity.is_descendant_of(other),
            Dereference::NoSuchEntity | Dereference::Residual(_) => false,
        }
}
