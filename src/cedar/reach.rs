//! The part of a store that one request can reach, with entities of its own laid over it.
//!
//! Invariant: deciding with it gives what deciding with the whole store gives, where the entities are laid over that. An
//! evaluator gets to an entity by the request, by a literal of a condition whose scope holds, or from another entity by its
//! attributes, tags and ancestors; all of that is here, and a hierarchy that is whole has the same ancestors. A cycle
//! among parents goes through an entity of the request's own, which is always here.

use super::{BuiltRequest, EntityStore, ParsedEntity, PolicySet};
use cedar_policy_core::ast::{
    Entity, EntityUID, ExprKind, Literal, PartialValue, Value, ValueKind,
};
use cedar_policy_core::entities::{Dereference, Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;
use std::collections::HashSet;

impl EntityStore {
    /// What of this store a request can reach under these policies, with entities laid over it. The error is Cedar's.
    pub fn overlay_for(
        &self,
        own: &[ParsedEntity],
        request: &BuiltRequest,
        policies: &PolicySet,
    ) -> Result<Self, String> {
        let mut reach = Reach {
            store: self.inner.as_ref(),
            seen: HashSet::new(),
            found: Vec::new(),
            open: Vec::new(),
        };
        for uid in [&request.principal, &request.action, &request.resource] {
            reach.meet(uid);
        }
        request
            .context
            .values()
            .for_each(|value| reach.value(value));
        for entity in own {
            let entity: &Entity = entity.inner.as_ref();
            reach.meet(entity.uid());
            reach.entity(entity);
        }
        reach.follow();
        // Which scopes hold rests on the ancestors of principal, action and resource alone.
        let near = reach.store()?.overlay(own)?;
        let before = reach.found.len();
        let entities = near.inner.as_ref();
        for at in policies.by_action().candidates(&request.action, entities) {
            let Some(policy) = policies.policies().get(at) else {
                continue;
            };
            let (p, a, r) = (&request.principal, &request.action, &request.resource);
            if policy.scope.holds(p, a, r, entities) {
                let condition = policy.condition.iter();
                for expr in condition.flat_map(|condition| condition.subexpressions()) {
                    if let ExprKind::Lit(Literal::EntityUID(uid)) = expr.expr_kind() {
                        reach.meet(uid);
                    }
                }
                policy.slots.values().for_each(|uid| reach.meet(uid));
            }
        }
        reach.follow();
        match reach.found.len() == before {
            true => Ok(near),
            false => reach.store()?.overlay(own),
        }
    }
}

/// Entities of a store, and what they lead to.
struct Reach<'s> {
    store: &'s Entities,
    seen: HashSet<EntityUID>,
    found: Vec<&'s Entity>,
    open: Vec<&'s Entity>,
}

impl Reach<'_> {
    fn meet(&mut self, uid: &EntityUID) {
        if self.seen.contains(uid) {
            return;
        }
        self.seen.insert(uid.clone());
        if let Dereference::Data(entity) = self.store.entity(uid) {
            self.found.push(entity);
            self.open.push(entity);
        }
    }

    /// Meets everything that an entity leads to.
    fn entity(&mut self, entity: &Entity) {
        entity.ancestors().for_each(|uid| self.meet(uid));
        for (_, value) in entity.attrs().chain(entity.tags()) {
            match value {
                PartialValue::Value(value) => self.value(value),
                PartialValue::Residual(expr) => {
                    for expr in expr.subexpressions() {
                        if let ExprKind::Lit(Literal::EntityUID(uid)) = expr.expr_kind() {
                            self.meet(uid);
                        }
                    }
                }
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value.value_kind() {
            ValueKind::Lit(Literal::EntityUID(uid)) => self.meet(uid),
            ValueKind::Set(set) => set.iter().for_each(|value| self.value(value)),
            ValueKind::Record(members) => members.values().for_each(|value| self.value(value)),
            ValueKind::Lit(Literal::Bool(_) | Literal::Long(_) | Literal::String(_))
            | ValueKind::ExtensionValue(_) => {}
        }
    }

    fn follow(&mut self) {
        while let Some(entity) = self.open.pop() {
            self.entity(entity);
        }
    }

    /// What was met. Every entity stands there with its ancestors, so that there is no hierarchy to be computed.
    fn store(&self) -> Result<EntityStore, String> {
        Entities::from_entities(
            self.found.iter().map(|entity| (*entity).clone()),
            None::<&NoEntitiesSchema>,
            TCComputation::AssumeAlreadyComputed,
            Extensions::all_available(),
        )
        .map(|entities| EntityStore {
            inner: cedar_policy::Entities::from(entities).into(),
            unknown: std::sync::Arc::default(),
        })
        .map_err(|error| super::diagnostics::message(&error))
    }
}
