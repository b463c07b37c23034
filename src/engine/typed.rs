//! The context of a recorded request, read as the schema says, and checked by it.

use crate::cedar::Schema;
use crate::model::{EntityRef, RecordType, Request, Type, Value};
use std::collections::BTreeMap;

/// The context with everything that the schema says is an extension value or an entity and that is written in Cedar's
/// implicit JSON (<https://docs.cedarpolicy.com/auth/entities-syntax.html>): a text for a `decimal`, `{"type", "id"}` for an
/// entity. What does not fit stays as it is.
pub fn typed(context: BTreeMap<String, Value>, ty: &RecordType) -> BTreeMap<String, Value> {
    context
        .into_iter()
        .map(|(name, value)| {
            let value = match ty.attributes.get(name.as_str()) {
                Some(attribute) => implicit(value, &attribute.ty),
                None => value,
            };
            (name, value)
        })
        .collect()
}

fn implicit(value: Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::Record(members), Type::Record(record)) => Value::Record(typed(members, record)),
        (Value::Set(items), Type::Set(element)) => Value::Set(
            items
                .into_iter()
                .map(|item| implicit(item, element))
                .collect(),
        ),
        (Value::String(text), ty) => match constructor(ty) {
            Some(function) if Schema::accepts(function, &text) => {
                Value::Extension(function.into(), text)
            }
            Some(_) | None => Value::String(text),
        },
        (Value::Record(members), Type::Entity(_)) => match texts(&members, "type", "id") {
            Some((ty, id)) if crate::cedar::is_type_name(ty) => {
                Value::Entity(EntityRef::new(ty, id))
            }
            Some(_) | None => Value::Record(members),
        },
        (Value::Record(members), ty) => match (constructor(ty), texts(&members, "fn", "arg")) {
            (Some(function), Some((named, text)))
                if named == function && Schema::accepts(function, text) =>
            {
                Value::Extension(function.into(), text.to_owned())
            }
            _ => Value::Record(members),
        },
        (value, _) => value,
    }
}

/// The two texts of a record that has nothing else.
fn texts<'v>(
    members: &'v BTreeMap<String, Value>,
    first: &str,
    second: &str,
) -> Option<(&'v str, &'v str)> {
    match (members.len(), members.get(first)?, members.get(second)?) {
        (2, Value::String(first), Value::String(second)) => Some((first, second)),
        _ => None,
    }
}

fn constructor(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Decimal => Some("decimal"),
        Type::IpAddr => Some("ip"),
        Type::Datetime => Some("datetime"),
        Type::Duration => Some("duration"),
        Type::Bool
        | Type::Long
        | Type::String
        | Type::Entity(_)
        | Type::Set(_)
        | Type::Record(_) => None,
    }
}

/// Whether a request that could be built surely conforms to the schema. Where this says no, Cedar must be asked.
pub fn fits(request: &Request, schema: &Schema) -> bool {
    let Some(info) = schema.action(&request.action) else {
        return false;
    };
    let takes = |types: &std::collections::BTreeSet<std::sync::Arc<str>>, uid: &EntityRef| {
        types.contains(&uid.ty) && !schema.is_enumerated(&uid.ty)
    };
    takes(&info.principals, &request.principal)
        && takes(&info.resources, &request.resource)
        && match &info.context {
            // Unknown fields cannot be judged, and a request with some is only judged by its entities.
            Some(_) if !request.unknown.is_empty() => true,
            Some(ty) => record_fits(&request.context, ty, schema),
            None => false,
        }
}

fn record_fits(members: &BTreeMap<String, Value>, ty: &RecordType, schema: &Schema) -> bool {
    members.iter().all(|(name, value)| {
        let attribute = ty.attributes.get(name.as_str());
        attribute.is_some_and(|attribute| value_fits(value, &attribute.ty, schema))
    }) && ty
        .attributes
        .iter()
        .all(|(name, attribute)| !attribute.required || members.contains_key(name.as_ref()))
}

fn value_fits(value: &Value, ty: &Type, schema: &Schema) -> bool {
    match (value, ty) {
        (Value::Bool(_), Type::Bool)
        | (Value::Long(_), Type::Long)
        | (Value::String(_), Type::String) => true,
        (Value::Entity(uid), Type::Entity(name)) => uid.ty == *name && !schema.is_closed(name),
        (Value::Extension(function, _), ty) => constructor(ty) == Some(function.as_ref()),
        (Value::Set(items), Type::Set(element)) => {
            items.iter().all(|item| value_fits(item, element, schema))
        }
        (Value::Record(members), Type::Record(ty)) => record_fits(members, ty, schema),
        _ => false,
    }
}
