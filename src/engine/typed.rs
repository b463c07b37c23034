//! The context of a recorded request, read as the schema says, and checked by it.

use crate::cedar::{self, Schema};
use crate::model::{EntityRef, Json, RecordType, Request, Type, Value};
use std::collections::BTreeMap;

/// The context as Cedar reads it, by the type of the action's contexts where there is one; nothing where that is for
/// Cedar to say.
///
/// Only the plain forms of Cedar's JSON (<https://docs.cedarpolicy.com/auth/entities-syntax.html>) are read here: scalars,
/// sets and records of them; a literal of an extension type and an entity, with the escape or, where the schema says what
/// they are, without. What a schema does not know is read as without a schema.
pub fn plain(
    context: &BTreeMap<String, Json>,
    ty: Option<&RecordType>,
) -> Option<BTreeMap<String, Value>> {
    let members = context.iter().map(|(name, json)| {
        // Such a key may be an escape, which Cedar reads before it looks at the type.
        if name.starts_with("__") {
            return None;
        }
        let attribute = ty.and_then(|ty| ty.attributes.get(name.as_str()));
        let value = match attribute {
            Some(attribute) => by_type(json, &attribute.ty)?,
            None => by_itself(json)?,
        };
        Some((name.clone(), value))
    });
    members.collect()
}

fn by_type(json: &Json, ty: &Type) -> Option<Value> {
    match (ty, json) {
        (Type::Bool | Type::Long | Type::String, json) => scalar(json),
        (Type::Entity(name), json) => {
            let (ty, id) = texts(unescaped(json, "__entity")?, "type", "id")?;
            (ty == name.as_ref()).then(|| Value::Entity(EntityRef::new(name.clone(), id)))
        }
        (Type::Set(element), Json::Array(items)) => {
            let items = items.iter().map(|item| by_type(item, element));
            Some(Value::Set(items.collect::<Option<_>>()?))
        }
        (Type::Record(record), Json::Object(members)) => {
            plain(members, Some(record)).map(Value::Record)
        }
        (Type::Set(_) | Type::Record(_), _) => None,
        (Type::Decimal | Type::IpAddr | Type::Datetime | Type::Duration, json) => {
            if let Some(value) = offset(json) {
                return Some(value);
            }
            let function = constructor(ty)?;
            let text = match json {
                Json::String(text) => text,
                json => {
                    let (named, text) = texts(unescaped(json, "__extn")?, "fn", "arg")?;
                    (named == function).then_some(text)?
                }
            };
            literal(function, text)
        }
    }
}

fn by_itself(json: &Json) -> Option<Value> {
    match json {
        Json::Array(items) => {
            let items = items.iter().map(by_itself);
            Some(Value::Set(items.collect::<Option<_>>()?))
        }
        Json::Object(members) => {
            let escaped = |escape| members.get(escape).filter(|_| members.len() == 1);
            if let Some(Json::Object(inner)) = escaped("__entity") {
                let (ty, id) = texts(inner, "type", "id")?;
                return cedar::is_type_name(ty).then(|| Value::Entity(EntityRef::new(ty, id)));
            }
            if escaped("__extn").is_some() {
                let mut literals = CONSTRUCTORS.into_iter();
                return offset(json)
                    .or_else(|| literals.find_map(|function| explicit(json, function)));
            }
            plain(members, None).map(Value::Record)
        }
        json => scalar(json),
    }
}

/// What is the same with any schema that does not say that it is something else.
fn scalar(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::Int(value) => Some(Value::Long(*value)),
        Json::String(value) => Some(Value::String(value.clone())),
        Json::Null | Json::Float(_) | Json::Array(_) | Json::Object(_) | Json::Repeated => None,
    }
}

/// The sum of a datetime and a duration, as Cedar writes a datetime that has no literal. All in it has its escape, so it is
/// the same with any schema.
fn offset(json: &Json) -> Option<Value> {
    let inner = json.get("__extn")?;
    let (Json::Object(outer), Json::Object(members)) = (json, inner) else {
        return None;
    };
    let (Json::Array(arguments), Some("offset")) = (inner.get("args")?, inner.get("fn")?.as_str())
    else {
        return None;
    };
    let ([moment, length], 1, 2) = (arguments.as_slice(), outer.len(), members.len()) else {
        return None;
    };
    let arguments = vec![explicit(moment, "datetime")?, explicit(length, "duration")?];
    Some(Value::Call("offset".into(), arguments))
}

/// A literal of an extension type with its escape.
fn explicit(json: &Json, function: &str) -> Option<Value> {
    let inner = unescaped(json, "__extn").filter(|_| json.get("__extn").is_some())?;
    let (named, text) = texts(inner, "fn", "arg")?;
    (named == function)
        .then(|| literal(function, text))
        .flatten()
}

fn literal(function: &str, text: &str) -> Option<Value> {
    Schema::accepts(function, text).then(|| Value::Extension(function.into(), text.to_owned()))
}

/// The object below this escape, where it stands alone, else the object itself.
fn unescaped<'j>(json: &'j Json, escape: &str) -> Option<&'j BTreeMap<String, Json>> {
    let Json::Object(members) = json else {
        return None;
    };
    match members.get(escape) {
        Some(Json::Object(inner)) if members.len() == 1 => Some(inner),
        Some(_) => None,
        None => Some(members),
    }
}

/// The two texts of an object that has nothing else.
fn texts<'j>(
    members: &'j BTreeMap<String, Json>,
    first: &str,
    second: &str,
) -> Option<(&'j str, &'j str)> {
    let text = |key| members.get(key).and_then(Json::as_str);
    (members.len() == 2).then_some((text(first)?, text(second)?))
}

/// The functions that make an extension value of a text.
const CONSTRUCTORS: [&str; 4] = ["decimal", "ip", "datetime", "duration"];

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

#[cfg(test)]
mod tests;
