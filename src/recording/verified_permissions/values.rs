//! The typed values of Verified Permissions (`{"long": 5}`, `{"entityIdentifier": {…}}`) in Cedar's JSON.

use super::super::records::{Members, members, take};
use super::{Context, ENTITY, entity};
use crate::model::{FieldPath, Json};
use std::collections::{BTreeMap, BTreeSet};

/// A context, in either of its forms. CloudTrail leaves sensitive parameters out, so where there is none nobody knows
/// whether the request had one: then all of it is unknown.
pub(super) fn context(recorded: Option<Json>) -> Context {
    let all_unknown = || {
        let all = FieldPath(Vec::new());
        (BTreeMap::new(), BTreeSet::from([all]))
    };
    let Some(Json::Object(mut forms)) = recorded else {
        return all_unknown();
    };
    if let Some(Json::String(text)) = take(&mut forms, "cedarJson") {
        return match serde_json::from_str(&text) {
            Ok(Json::Object(context)) if !context.values().any(Json::has_repeated_key) => {
                (context, BTreeSet::new())
            }
            Ok(_) | Err(_) => all_unknown(),
        };
    }
    let Some(Json::Object(map)) = take(&mut forms, "contextMap") else {
        return all_unknown();
    };
    let mut unknown = BTreeSet::new();
    let context = record(map, &[], &mut unknown);
    (context, unknown)
}

/// Entities in Cedar's entity JSON; none where none came with the request. Nothing where some part of them is not known: an
/// entity cannot say that an attribute is unknown.
pub(super) fn entities(recorded: Option<Json>) -> Option<Vec<Json>> {
    let Some(recorded) = recorded else {
        return Some(Vec::new());
    };
    let mut forms = members(recorded).ok()?;
    if let Some(Json::String(text)) = take(&mut forms, "cedarJson") {
        return match serde_json::from_str(&text).ok()? {
            Json::Array(entities) => Some(entities),
            _ => None,
        };
    }
    match take(&mut forms, "entityList")? {
        Json::Array(listed) => listed.into_iter().map(one_entity).collect(),
        _ => None,
    }
}

fn one_entity(json: Json) -> Option<Json> {
    let mut written = members(json).ok()?;
    let uid = reference(&take(&mut written, "identifier")?)?;
    let mut known = |name: &str| {
        let mut unknown = BTreeSet::new();
        let found = match take(&mut written, name) {
            None => BTreeMap::new(),
            Some(Json::Object(members)) => record(members, &[], &mut unknown),
            Some(_) => return None,
        };
        unknown.is_empty().then_some(Json::Object(found))
    };
    let (attrs, tags) = (known("attributes")?, known("tags")?);
    let parents = match take(&mut written, "parents") {
        None => Vec::new(),
        Some(Json::Array(parents)) => parents.iter().map(reference).collect::<Option<_>>()?,
        Some(_) => return None,
    };
    let parts = [
        ("uid", uid),
        ("attrs", attrs),
        ("parents", Json::Array(parents)),
        ("tags", tags),
    ];
    Some(object(parts))
}

/// `{entityType, entityId}` as Cedar writes it.
fn reference(json: &Json) -> Option<Json> {
    let uid = entity(json, ENTITY).filter(|uid| !is_redacted(&uid.id))?;
    let text = |text: &str| Json::String(text.to_owned());
    Some(object([("type", text(&uid.ty)), ("id", text(&uid.id))]))
}

/// The members of a record that are known.
fn record(
    written: Members,
    above: &[String],
    unknown: &mut BTreeSet<FieldPath>,
) -> BTreeMap<String, Json> {
    let mut known = BTreeMap::new();
    for (name, json) in written {
        let mut path = above.to_vec();
        path.push(name.clone());
        // Cedar would take a record with such a key for something else.
        let json = Some(json).filter(|_| !name.starts_with("__"));
        match json.and_then(|json| value(json, &path, unknown)) {
            Some(value) => {
                known.insert(name, value);
            }
            None => {
                unknown.insert(FieldPath(path));
            }
        }
    }
    known
}

/// One typed value; nothing where nobody knows it.
fn value(json: Json, path: &[String], unknown: &mut BTreeSet<FieldPath>) -> Option<Json> {
    let union = members(json).ok()?;
    let mut union = union.into_iter();
    let (Some((kind, json)), None) = (union.next(), union.next()) else {
        return None;
    };
    match (kind.as_str(), json) {
        ("boolean", json @ Json::Bool(_)) | ("long", json @ Json::Int(_)) => Some(json),
        ("string", Json::String(text)) if !is_redacted(&text) => Some(Json::String(text)),
        ("entityIdentifier", json) => Some(object([("__entity", reference(&json)?)])),
        ("decimal", Json::String(text)) => extension("decimal", text),
        // The documentation writes it both ways.
        ("ipaddr" | "ip", Json::String(text)) => extension("ip", text),
        ("datetime", Json::String(text)) => extension("datetime", text),
        ("duration", Json::String(text)) => extension("duration", text),
        ("record", Json::Object(inner)) => Some(Json::Object(record(inner, path, unknown))),
        // A set of which an element is not known is not known.
        ("set", Json::Array(items)) => {
            let mut lost = BTreeSet::new();
            let items = items.into_iter();
            let items: Option<_> = items.map(|item| value(item, path, &mut lost)).collect();
            lost.is_empty().then_some(Json::Array(items?))
        }
        _ => None,
    }
}

fn extension(function: &str, argument: String) -> Option<Json> {
    if is_redacted(&argument) {
        return None;
    }
    let function = Json::String(function.to_owned());
    let call = object([("fn", function), ("arg", Json::String(argument))]);
    Some(object([("__extn", call)]))
}

/// What AWS writes in place of a sensitive value.
pub(super) fn is_redacted(text: &str) -> bool {
    let stars = text.len() > 2 && text.bytes().all(|byte| byte == b'*');
    stars || text == "HIDDEN_DUE_TO_SECURITY_REASONS"
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.map(|(name, json)| (name.to_owned(), json)).into())
}
