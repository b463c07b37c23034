//! Values as people spell them beside a schema: shorter than Cedar's JSON where the schema says the rest.

use super::{Typing, Writer, parse_reference};
use crate::model::{EntityRef, Json, RecordType, Type, Value};
use crate::yaml::scalar;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// `Type::id`, or `Type::"any id"` where the short form means something else.
pub fn reference(entity: &EntityRef) -> String {
    let short = format!("{}::{}", entity.ty, entity.id);
    match parse_reference(&short) {
        Ok(read) if read == *entity && scalar(&short) == short => short,
        _ => entity.to_string(),
    }
}

/// The members of a context, each in its short form where it is read back as the same value.
pub fn context(
    members: &BTreeMap<String, Value>,
    ty: Option<&RecordType>,
) -> BTreeMap<String, Json> {
    let spelled = members.iter().map(|(name, value)| {
        let ty = ty.and_then(|ty| ty.attributes.get(name.as_str()));
        let short = ty.map(|attribute| (short(value), &attribute.ty));
        let json = match short {
            Some((short, ty)) if reads_back(&short, ty, value) => short,
            _ => value.clone().into(),
        };
        (name.clone(), json)
    });
    spelled.collect()
}

fn reads_back(json: &Json, ty: &Type, value: &Value) -> bool {
    let mut typing = Typing::new(Writer::Person);
    typing.value(json, ty, &[]).as_ref() == Some(value) && typing.problems.is_empty()
}

fn short(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Long(value) => Json::Int(*value),
        Value::String(text) => Json::String(text.clone()),
        Value::Entity(entity) => Json::String(reference(entity)),
        Value::Extension(_, argument) => Json::String(argument.clone()),
        Value::Call(..) => value.clone().into(),
        Value::Set(items) => Json::Array(items.iter().map(short).collect()),
        Value::Record(members) => {
            let members = members.iter();
            Json::Object(
                members
                    .map(|(name, value)| (name.clone(), short(value)))
                    .collect(),
            )
        }
    }
}

/// Members, one a line, at this depth.
pub fn write_members(out: &mut String, members: &BTreeMap<String, Json>, depth: usize) {
    for (name, json) in members {
        let _ = write!(out, "{:depth$}{}:", "", scalar(name));
        match json {
            Json::Object(inner)
                if !inner.is_empty() && !inner.keys().any(|key| key.starts_with("__")) =>
            {
                out.push('\n');
                write_members(out, inner, depth + 2);
            }
            other => {
                let _ = writeln!(out, " {}", flow(other));
            }
        }
    }
}

/// A value on one line. There are no fractions in requests, and what is absent is not there.
fn flow(json: &Json) -> String {
    match json {
        Json::Null | Json::Repeated => "~".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Int(value) => value.to_string(),
        Json::Float(value) => value.to_string(),
        Json::String(text) => scalar(text),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(members) if members.is_empty() => "{}".to_owned(),
        Json::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|(name, json)| format!("{}: {}", scalar(name), flow(json)))
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
    }
}
