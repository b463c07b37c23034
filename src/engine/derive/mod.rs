//! What a mapping derives from a value: `{args.url | host}`. What is not certain is unknown, and never a guess.

mod amount;
mod email;
mod path;
mod shell;
mod shell_words;
mod url;

use crate::model::Json;
use crate::repository::Derivation;
use std::collections::BTreeSet;

/// What came of one step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Derived {
    /// A value.
    Value(Json),
    /// There is none, and that is known: a URL may have no port.
    Absent,
    /// Nobody knows, and why.
    Unknown(&'static str),
}

impl From<Result<Json, &'static str>> for Derived {
    fn from(result: Result<Json, &'static str>) -> Self {
        match result {
            Ok(json) => Derived::Value(json),
            Err(why) => Derived::Unknown(why),
        }
    }
}

/// Takes one step.
pub(super) fn derive(step: Derivation, json: &Json) -> Derived {
    match step {
        Derivation::Size => size(json).into(),
        Derivation::Json => structure(json).into(),
        Derivation::Count => count(json).into(),
        Derivation::Keys => keys(json).into(),
        Derivation::First => element(json, |items| items.first()),
        Derivation::Last => element(json, |items| items.last()),
        Derivation::Decimal => each(json, |json| amount::decimal(json).into()),
        Derivation::Http => texts(json, |text| url::http(text).map(Json::String).into()),
        Derivation::Scheme => texts(json, url::scheme),
        Derivation::Host => texts(json, url::host),
        Derivation::Port => texts(json, url::port),
        Derivation::UrlPath => texts(json, url::path),
        Derivation::Path => texts(json, |text| path::normal(text).map(Json::String).into()),
        Derivation::Escapes => texts(json, |text| path::escapes(text).map(Json::Bool).into()),
        Derivation::EmailDomain => texts(json, |text| email::domain(text).map(Json::String).into()),
        Derivation::Commands | Derivation::Words | Derivation::Dynamic => match json {
            // An array may be the words of one command, or several scripts: nobody says.
            Json::String(text) => shell::derive(step, text).into(),
            _ => Derived::Unknown(NO_TEXT),
        },
    }
}

const NO_TEXT: &str = "it is no text";

fn texts(json: &Json, derive: impl Fn(&str) -> Derived) -> Derived {
    each(json, |json| match json {
        Json::String(text) => derive(text),
        _ => Derived::Unknown(NO_TEXT),
    })
}

/// Of an array, what is derived of its elements: known where all of them are.
fn each(json: &Json, derive: impl Fn(&Json) -> Derived) -> Derived {
    let Json::Array(items) = json else {
        return derive(json);
    };
    let mut out = Vec::new();
    for item in items {
        match derive(item) {
            Derived::Value(value) => out.push(value),
            Derived::Absent => {}
            unknown @ Derived::Unknown(_) => return unknown,
        }
    }
    Derived::Value(Json::Array(out))
}

/// As many as a set has that is made of the array.
fn size(json: &Json) -> Result<Json, &'static str> {
    let Json::Array(items) = json else {
        return Err("it is no array");
    };
    let mut different = BTreeSet::new();
    for item in items {
        match item {
            // Numbers are written in several ways, and `1` is `1.0`.
            Json::Float(_) | Json::Null | Json::Repeated | Json::Object(_) | Json::Array(_) => {
                return Err("it has elements that are no texts, whole numbers or truth values");
            }
            Json::Bool(_) | Json::Int(_) | Json::String(_) => {
                different.insert(serde_json::to_string(item).unwrap_or_default());
            }
        }
    }
    let size = i64::try_from(different.len()).map_err(|_| "it has too many elements")?;
    Ok(Json::Int(size))
}

/// How many elements there are, equal ones counted each.
fn count(json: &Json) -> Result<Json, &'static str> {
    let count = match json {
        Json::Array(items) => items.len(),
        Json::Object(members) => members.len(),
        _ => return Err("it has no elements"),
    };
    let count = i64::try_from(count).map_err(|_| "it has too many elements")?;
    Ok(Json::Int(count))
}

fn keys(json: &Json) -> Result<Json, &'static str> {
    match json {
        Json::Object(members) => {
            let keys = members.keys().map(|key| Json::String(key.clone()));
            Ok(Json::Array(keys.collect()))
        }
        _ => Err("it is no object"),
    }
}

fn element(json: &Json, which: fn(&[Json]) -> Option<&Json>) -> Derived {
    let Json::Array(items) = json else {
        return Derived::Unknown("it is no array");
    };
    match which(items) {
        None | Some(Json::Null) => Derived::Absent,
        Some(item) if item.is_unknown() => {
            Derived::Unknown("the recording does not say what it is")
        }
        Some(item) => Derived::Value(item.clone()),
    }
}

/// What a text holds as JSON; what is an object or an array already stays as it is.
fn structure(json: &Json) -> Result<Json, &'static str> {
    match json {
        Json::Object(_) | Json::Array(_) => Ok(json.clone()),
        Json::String(text) => serde_json::from_str(text).map_err(|_| "it is no JSON"),
        _ => Err(NO_TEXT),
    }
}

#[cfg(test)]
mod tests;
