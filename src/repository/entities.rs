//! Entities of YAML files, typed by the schema.

use super::files::EntitySpec;
use super::references::parse_reference;
use super::typing::{Typing, Writer};
use crate::cedar::{self, ParsedEntity, Schema};
use crate::model::{
    Attribute, Diagnostic, EntityRef, Json, RecordType, SourceFile, Span, Stage, Value,
};
use crate::yaml::Spanned;
use std::collections::BTreeMap;

/// Builds one entity. Every fault is reported at its place; what can be said of the entity is kept.
pub fn typed_entity(
    name: &str,
    spec: &Spanned<EntitySpec>,
    schema: Option<&Schema>,
    file: &SourceFile,
    stage: Stage,
) -> (Option<ParsedEntity>, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let fault = |span: Span, message: String| {
        Diagnostic::error(stage, "entity", message)
            .in_file(file.path.clone())
            .with_label(file.widen(span), "")
    };
    let uid = match parse_reference(name) {
        Ok(uid) => uid,
        Err(message) => return (None, vec![missing(fault(spec.span, message), stage)]),
    };
    let record = schema.and_then(|schema| schema.attributes(&uid.ty));
    if schema.is_some() && record.is_none() {
        faults.push(fault(
            spec.span,
            format!("the schema has no entity type `{}`", uid.ty),
        ));
    }
    let mut typing = Typing::new(Writer::Person);
    let members = spec
        .value
        .attrs
        .iter()
        .map(|(name, json)| (name.as_str(), &json.value));
    // Without all of its facts an entity of a test is another one.
    let mut lost = false;
    let mut attrs = match record {
        Some(record) => typing.record(members, record, &[]),
        None => members
            .filter_map(|(name, json)| Some((name.to_owned(), untyped(json)?)))
            .collect(),
    };
    for problem in &typing.problems {
        let key = problem
            .path
            .0
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        let span = spec
            .value
            .attrs
            .get(key)
            .map_or(spec.span, |json| json.span);
        faults.push(fault(span, format!("{uid}: {}", problem.message)));
        if stage == Stage::Test {
            let json = spec.value.attrs.get(key).map(|json| &json.value);
            lost |= keep_untyped(&mut attrs, &problem.path.0, json).is_err();
        }
    }
    let mut tags = typed_tags(&uid, spec, schema, &fault, &mut faults);
    if stage == Stage::Test {
        for (name, json) in &spec.value.tags {
            if !tags.contains_key(name) && json.value != Json::Null {
                let path = std::slice::from_ref(name);
                lost |= keep_untyped(&mut tags, path, Some(&json.value)).is_err();
            }
        }
    }
    let mut parents = Vec::new();
    for parent in &spec.value.parents {
        match parse_reference(&parent.value) {
            Ok(parent) => parents.push(parent),
            Err(message) => faults.push(missing(fault(parent.span, message), stage)),
        }
    }
    let json = serde_json::json!({ "uid": uid, "attrs": attrs, "tags": tags, "parents": parents });
    // Faults found above are not told twice in Cedar's words.
    let (entity, message) = match cedar::parse_entity(&json, schema) {
        Ok(entity) => (Some(entity), None),
        Err((message, entity)) => (entity.map(|entity| *entity), Some(message)),
    };
    if let Some(message) = message
        && faults.is_empty()
    {
        let blamed = spec.value.parents.iter().find(|parent| {
            parse_reference(&parent.value).is_ok_and(|parent| message.contains(&parent.to_string()))
        });
        let span = blamed.map_or(spec.span, |parent| parent.span);
        faults.push(fault(span, message));
    }
    let entity = entity.filter(|_| !lost);
    if entity.is_none() {
        faults = faults
            .into_iter()
            .map(|fault| missing(fault, stage))
            .collect();
    }
    (entity, faults)
}

/// A fault for which a part of the repository is missing, not only wrong: nothing is decided without it.
fn missing(fault: Diagnostic, stage: Stage) -> Diagnostic {
    match stage {
        Stage::Check => Diagnostic {
            stage: Stage::Parse,
            ..fault
        },
        Stage::Parse | Stage::Test | Stage::Recording => fault,
    }
}

fn typed_tags(
    uid: &EntityRef,
    spec: &Spanned<EntitySpec>,
    schema: Option<&Schema>,
    fault: &dyn Fn(Span, String) -> Diagnostic,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Value> {
    let Some(schema) = schema else {
        let tags = spec.value.tags.iter();
        return tags
            .filter_map(|(name, json)| Some((name.clone(), untyped(&json.value)?)))
            .collect();
    };
    let Some(ty) = schema.tag_type(&uid.ty) else {
        if let Some((name, json)) = spec.value.tags.first_key_value() {
            let message = format!(
                "{uid}: the schema gives `{}` no tags, so `{name}` cannot be one",
                uid.ty
            );
            faults.push(fault(json.span, message));
        }
        return BTreeMap::new();
    };
    let record = RecordType {
        attributes: spec
            .value
            .tags
            .keys()
            .map(|name| {
                (
                    name.as_str().into(),
                    Attribute {
                        ty: ty.clone(),
                        required: false,
                    },
                )
            })
            .collect(),
    };
    let mut typing = Typing::new(Writer::Person);
    let members = spec
        .value
        .tags
        .iter()
        .map(|(name, json)| (name.as_str(), &json.value));
    let tags = typing.record(members, &record, &[]);
    for problem in &typing.problems {
        let key = problem
            .path
            .0
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        let span = spec.value.tags.get(key).map_or(spec.span, |json| json.span);
        faults.push(fault(
            span,
            format!("{uid}: tag `{key}`: {}", problem.message),
        ));
    }
    tags
}

/// A value without a schema: what Cedar's JSON says by itself.
fn untyped(json: &Json) -> Option<Value> {
    Value::from_json(without_nulls(json)).ok()
}

/// Puts a value that does not have its type beside the typed ones, as Cedar's JSON says it. `json` is what was written for
/// the first step of the path; the error says that Cedar has no value for it.
pub fn keep_untyped(
    values: &mut BTreeMap<String, Value>,
    path: &[String],
    json: Option<&Json>,
) -> Result<(), String> {
    let (Some((name, rest)), Some(json)) = (path.split_first(), json) else {
        return Ok(());
    };
    if let (Some(next), Some(Value::Record(inner)), Json::Object(members)) =
        (rest.first(), values.get_mut(name), json)
    {
        return keep_untyped(inner, rest, members.get(next));
    }
    values.insert(name.clone(), Value::from_json(without_nulls(json))?);
    Ok(())
}

/// The same without the members that are null: null is absence.
fn without_nulls(json: &Json) -> Json {
    match json {
        Json::Object(members) => {
            let members = members.iter().filter(|(_, json)| **json != Json::Null);
            let members = members.map(|(name, json)| (name.clone(), without_nulls(json)));
            Json::Object(members.collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}
