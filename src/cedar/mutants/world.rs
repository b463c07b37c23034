//! What a version knows beside its policies: which entities there are of a type, and what lies in what.

use super::sites::Test;
use crate::cedar::{EntityStore, Link, Schema, entity_type, reference, uid};
use crate::model::EntityRef;
use cedar_policy_core::entities::Dereference;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// The entities and the schema of one version.
pub(super) struct World<'v> {
    store: &'v EntityStore,
    schema: Option<&'v Schema>,
    by_type: BTreeMap<Arc<str>, BTreeSet<EntityRef>>,
}

/// What a policy's text is mutated with: the world, and for a template the links that fill its slots.
pub(super) struct Around<'w> {
    pub(super) world: &'w World<'w>,
    pub(super) links: Vec<&'w Link>,
}

impl Around<'_> {
    /// The entities that a demand of the scope names: its own, or those that links put into its slot.
    pub(super) fn filled<'a>(&'a self, test: &'a Test, variable: &str) -> Vec<&'a EntityRef> {
        let links = self.links.iter().filter(|_| test.entity.is_none());
        let slot = |link: &&'a Link| match variable {
            "principal" => link.principal.as_ref(),
            _ => link.resource.as_ref(),
        };
        test.entity.iter().chain(links.filter_map(slot)).collect()
    }
}

impl<'v> World<'v> {
    pub(super) fn new(store: &'v EntityStore, schema: Option<&'v Schema>) -> Self {
        let mut by_type: BTreeMap<Arc<str>, BTreeSet<EntityRef>> = BTreeMap::new();
        for entity in store.inner.iter() {
            let uid = reference(entity.uid().as_ref());
            by_type.entry(uid.ty.clone()).or_default().insert(uid);
        }
        Self {
            store,
            schema,
            by_type,
        }
    }

    pub(super) fn is_action(uid: &EntityRef) -> bool {
        uid.ty.rsplit("::").next() == Some("Action")
    }

    /// The next entity of the same type, in order of their ids; of actions, one that applies to the same where there is
    /// one, and a group for a group.
    pub(super) fn sibling(&self, uid: &EntityRef) -> Option<EntityRef> {
        let listed = self.schema.and_then(|schema| schema.choices(&uid.ty));
        let listed: Option<BTreeSet<EntityRef>> = listed.map(|ids| {
            let ids = ids.iter();
            ids.map(|id| EntityRef::new(uid.ty.clone(), id.clone()))
                .collect()
        });
        let all = listed.as_ref().or_else(|| self.by_type.get(&uid.ty))?;
        let behind = (Bound::Excluded(uid), Bound::Unbounded);
        let in_turn = || all.range::<EntityRef, _>(behind).chain(all.range(..uid));
        match self.schema.filter(|_| Self::is_action(uid)) {
            Some(schema) => {
                let applies = |uid: &EntityRef| {
                    let info = schema.action(uid)?;
                    Some((
                        info.principals.clone(),
                        info.resources.clone(),
                        info.context.clone(),
                    ))
                };
                let own = applies(uid);
                let alike = |other: &&EntityRef| {
                    let other = applies(other);
                    other.as_ref().map(|(p, r, _)| (p, r)) == own.as_ref().map(|(p, r, _)| (p, r))
                };
                in_turn()
                    .find(|other| applies(other) == own)
                    .or_else(|| in_turn().find(alike))
                    .cloned()
            }
            None => in_turn().next().cloned(),
        }
    }

    /// Whether something other than the entity itself may be in it: by the schema, where there is one.
    pub(super) fn may_hold(&self, group: &EntityRef) -> bool {
        let Some(schema) = self.schema else {
            return true;
        };
        let validator = schema.inner.as_ref();
        if Self::is_action(group) {
            let action = uid(group).and_then(|uid| validator.get_action_id(&uid));
            return action.is_some_and(|action| action.descendants().next().is_some());
        }
        let ty = entity_type(&group.ty).and_then(|ty| validator.get_entity_type(&ty));
        ty.is_none_or(|ty| {
            let mut types = validator.entity_types();
            types.any(|below| ty.has_descendant_entity_type(below.name()))
        })
    }

    /// The groups that an action is in.
    pub(super) fn groups(&self, action: &EntityRef) -> Vec<EntityRef> {
        let Some(uid) = uid(action) else {
            return Vec::new();
        };
        let entities = self.store.inner.as_ref();
        let mut groups: Vec<EntityRef> = match entities.entity(&uid) {
            Dereference::Data(entity) => entity.ancestors().map(reference).collect(),
            Dereference::NoSuchEntity | Dereference::Residual(_) => Vec::new(),
        };
        groups.sort_unstable();
        groups
    }
}
