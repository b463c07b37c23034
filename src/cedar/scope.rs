//! The scope of a policy, decided without Cedar's interpreter.
//!
//! Exact because scope expressions are total: on a concrete request they are a boolean function of the three uids
//! and their ancestors in the store, never an error (`ast/policy.rs`, `as_expr`; `evaluator.rs`, `eval_in`: an
//! entity that the store lacks is `in` itself only). `tests/properties.rs` holds it to Cedar's authorizer.

use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, EntityType, EntityUID, Policy, PrincipalOrResourceConstraint,
};
use cedar_policy_core::entities::{Dereference, Entities};
use std::collections::HashMap;
use std::sync::Arc;

/// What a policy demands of principal, action and resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) principal: Test,
    pub(super) action: Test,
    pub(super) resource: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Any,
    Eq(Arc<EntityUID>),
    In(Vec<Arc<EntityUID>>),
    Is(Arc<EntityType>),
    IsIn(Arc<EntityType>, Arc<EntityUID>),
    /// A slot that nothing fills; a linked policy has none.
    Never,
}

/// Which policies may apply to an action: those whose action test can hold.
#[derive(Debug, Clone, Default)]
pub(super) struct ActionIndex {
    any: Vec<usize>,
    named: HashMap<Arc<EntityUID>, Vec<usize>>,
}

impl ActionIndex {
    pub(super) fn of<'s>(scopes: impl Iterator<Item = &'s Scope>) -> Self {
        let mut index = Self::default();
        for (at, scope) in scopes.enumerate() {
            match &scope.action {
                Test::Any | Test::Is(_) | Test::IsIn(..) => index.any.push(at),
                Test::Eq(uid) => index.named.entry(uid.clone()).or_default().push(at),
                Test::In(uids) => {
                    for uid in uids {
                        index.named.entry(uid.clone()).or_default().push(at);
                    }
                }
                Test::Never => {}
            }
        }
        index
    }

    /// The policies by their places, in order: all whose action test holds, and maybe others.
    pub(super) fn candidates(&self, action: &EntityUID, entities: &Entities) -> Vec<usize> {
        let mut found = self.any.clone();
        let mut add = |uid: &EntityUID| found.extend(self.named.get(uid).into_iter().flatten());
        add(action);
        if let Dereference::Data(entity) = entities.entity(action) {
            entity.ancestors().for_each(add);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
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

    pub(super) fn holds(&self, uid: &EntityUID, entities: &Entities) -> bool {
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

/// What a test demands of the variable of this name, as Cedar writes it; nothing where it demands nothing.
pub(super) fn text(name: &str, test: &Test) -> Option<String> {
    let either = |uids: &[Arc<EntityUID>]| {
        let uids: Vec<String> = uids.iter().map(ToString::to_string).collect();
        match uids.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        }
    };
    Some(match test {
        Test::Any => return None,
        Test::Eq(uid) => format!("{name} == {uid}"),
        Test::In(uids) => format!("{name} in {}", either(uids)),
        Test::Is(ty) => format!("{name} is {ty}"),
        Test::IsIn(ty, uid) => format!("{name} is {ty} in {uid}"),
        Test::Never => "false".to_owned(),
    })
}

fn is_in(uid: &EntityUID, other: &EntityUID, entities: &Entities) -> bool {
    uid == other
        || match entities.entity(uid) {
            Dereference::Data(entity) => entity.is_descendant_of(other),
            Dereference::NoSuchEntity | Dereference::Residual(_) => false,
        }
}
