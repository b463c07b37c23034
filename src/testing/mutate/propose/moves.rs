//! The steps of a search: requests that differ from one in a single fact.

use super::ground::{Ground, Try};
use super::pool::Pool;
use super::values::{candidates, plain};
use crate::cedar::LoweredEntity;
use crate::model::{EntityRef, RecordType, Type, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many entities are tried in the place of one.
const ENTITIES: usize = 40;

/// Every step from a request: values of the context first, then who acts on what, then what entities are like.
pub(super) fn moves(from: &Try, pool: &Pool, ground: &Ground<'_>) -> Vec<Try> {
    let mut found = Vec::new();
    let info = ground.schema.action(&from.request.action);
    let empty = RecordType::default();
    let ty = info
        .and_then(|info| info.context.as_ref())
        .unwrap_or(&empty);
    for context in records(&from.request.context, ty, pool, ground) {
        let mut next = from.clone();
        next.request.context = context;
        found.push(next);
    }
    if let Some(info) = info {
        let others = |types: &BTreeSet<Arc<str>>, now: &EntityRef| {
            let mut others: Vec<EntityRef> = Vec::new();
            for ty in types {
                let all = pool.entities(ty).chain(ground.entities(ty)).take(ENTITIES);
                for uid in all.filter(|uid| *uid != now) {
                    if !others.contains(uid) {
                        others.push(uid.clone());
                    }
                }
            }
            others
        };
        for resource in others(&info.resources, &from.request.resource) {
            let mut next = from.clone();
            next.request.resource = resource;
            found.push(next);
        }
        for principal in others(&info.principals, &from.request.principal) {
            let mut next = from.clone();
            next.request.principal = principal;
            found.push(next);
        }
    }
    let mut named = vec![
        from.request.resource.clone(),
        from.request.principal.clone(),
    ];
    named.extend(entities_in(from.request.context.values()));
    for uid in named {
        for entity in entities(&uid, from, pool, ground) {
            let mut next = from.clone();
            next.entities.insert(uid.clone(), entity);
            found.push(next);
        }
    }
    found
}

fn entities_in<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<EntityRef> {
    let mut found = Vec::new();
    for value in values {
        match value {
            Value::Entity(uid) => found.push(uid.clone()),
            Value::Record(members) => found.extend(entities_in(members.values())),
            _ => {}
        }
    }
    found
}

/// A record with one member more, less, or of another value.
fn records(
    now: &BTreeMap<String, Value>,
    ty: &RecordType,
    pool: &Pool,
    ground: &Ground<'_>,
) -> Vec<BTreeMap<String, Value>> {
    let mut found = Vec::new();
    let read = |(name, _): &(&Arc<str>, _)| pool.reads.contains(*name);
    for (name, attribute) in ty.attributes.iter().filter(read) {
        let with = |value: Value| {
            let mut next = now.clone();
            next.insert(name.to_string(), value);
            next
        };
        let value = now.get(name.as_ref());
        if value.is_some() && !attribute.required {
            let mut next = now.clone();
            next.remove(name.as_ref());
            found.push(next);
        }
        match (&attribute.ty, value) {
            (Type::Record(inner), Some(Value::Record(members))) => {
                let inner = records(members, inner, pool, ground).into_iter();
                found.extend(inner.map(|members| with(Value::Record(members))));
            }
            (Type::Record(_), _) => found.extend(plain(&attribute.ty, ground).map(with)),
            (ty, value) => {
                let values = candidates(ty, pool, ground, value).into_iter();
                found.extend(values.map(with));
            }
        }
    }
    found
}

/// An entity with another value of an attribute, with a tag more or less, or in a group more or less. One that the version
/// does not have is made first.
fn entities(uid: &EntityRef, from: &Try, pool: &Pool, ground: &Ground<'_>) -> Vec<LoweredEntity> {
    let Some(ty) = ground.schema.entity_type(&uid.ty) else {
        return Vec::new();
    };
    if ground.schema.is_closed(&uid.ty) {
        return Vec::new();
    }
    let Some(now) = from.entity(uid, ground) else {
        let Some(attributes) = super::values::required(&ty, ground) else {
            return Vec::new();
        };
        let made = LoweredEntity {
            uid: uid.clone(),
            ancestors: Vec::new(),
            attributes: attributes.into_iter().map(|(k, v)| (k.into(), v)).collect(),
            tags: BTreeMap::new(),
        };
        return vec![made];
    };
    let mut found = Vec::new();
    let attributes = now.attributes.iter();
    let attributes = attributes.map(|(name, value)| (name.to_string(), value.clone()));
    for attributes in records(&attributes.collect(), &ty, pool, ground) {
        found.push(LoweredEntity {
            attributes: attributes.into_iter().map(|(k, v)| (k.into(), v)).collect(),
            ..now.clone()
        });
    }
    if !now.ancestors.is_empty() {
        // What lies in a group lies in whatever that one lies in, too.
        found.push(LoweredEntity {
            ancestors: Vec::new(),
            ..now.clone()
        });
    }
    let groups = pool.groups.iter();
    for group in groups.filter(|group| ground.schema.may_be_in(&uid.ty, &group.ty)) {
        let mut ancestors = now.ancestors.clone();
        match ancestors.binary_search(group) {
            Ok(at) => {
                ancestors.remove(at);
            }
            Err(at) => ancestors.insert(at, group.clone()),
        }
        found.push(LoweredEntity {
            ancestors,
            ..now.clone()
        });
    }
    if let Some(tag) = ground.schema.tag_type(&uid.ty).filter(|_| pool.tags) {
        let texts = pool.values.iter().filter_map(|value| match value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        });
        let known = now.tags.keys().map(AsRef::as_ref);
        for name in texts.chain(known).collect::<BTreeSet<&str>>() {
            let mut tags = now.tags.clone();
            if tags.remove(name).is_none()
                && let Some(value) = plain(&tag, ground)
            {
                tags.insert(name.into(), value);
            }
            found.push(LoweredEntity {
                tags,
                ..now.clone()
            });
        }
    }
    found
}
