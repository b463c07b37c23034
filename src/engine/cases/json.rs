//! Values of test files, changed and read.

use crate::model::Json;
use crate::yaml::Spanned;
use std::collections::BTreeMap;

/// Sets the value at a path. Null stays there: it says that the value is absent. Records on the way are made where they are missing.
pub(super) fn set(
    members: &mut BTreeMap<String, Spanned<Json>>,
    path: &[String],
    value: &Spanned<Json>,
) -> Result<(), String> {
    match path {
        [] => Err("the path is empty".to_owned()),
        [name] => {
            members.insert(name.clone(), value.clone());
            Ok(())
        }
        [name, rest @ ..] => {
            let entry = members.entry(name.clone()).or_insert_with(|| Spanned {
                value: Json::Object(BTreeMap::new()),
                span: value.span,
            });
            entry.span = value.span;
            set_inside(&mut entry.value, name, rest, &value.value)
        }
    }
}

fn set_inside(json: &mut Json, name: &str, path: &[String], value: &Json) -> Result<(), String> {
    if *json == Json::Null {
        *json = Json::Object(BTreeMap::new());
    }
    let Json::Object(members) = json else {
        return Err(format!(
            "`{name}` is {}, which has no attributes",
            json.kind()
        ));
    };
    match path {
        [] => Err("the path is empty".to_owned()),
        [last] => {
            members.insert(last.clone(), value.clone());
            Ok(())
        }
        [next, rest @ ..] => {
            let inner = members.entry(next.clone()).or_insert(Json::Null);
            set_inside(inner, next, rest, value)
        }
    }
}

/// What stands at a path.
enum There<'j> {
    Value(&'j Json),
    Nothing,
    /// Something on the way is no record.
    NoRecord,
}

fn there<'j>(
    members: &'j BTreeMap<String, Spanned<Json>>,
    first: &str,
    rest: &[String],
) -> There<'j> {
    let Some(first) = members.get(first) else {
        return There::Nothing;
    };
    let mut json = &first.value;
    for name in rest {
        json = match json {
            Json::Object(members) => match members.get(name) {
                Some(member) => member,
                None => return There::Nothing,
            },
            _ => return There::NoRecord,
        };
    }
    There::Value(json)
}

/// Whether something, null too, is written at a path. What is no record on the way is for the typing to judge.
pub(super) fn says(members: &BTreeMap<String, Spanned<Json>>, path: &[String]) -> bool {
    path.split_first()
        .is_some_and(|(first, rest)| !matches!(there(members, first, rest), There::Nothing))
}

/// Whether a record stands at a path; the context itself stands at the empty one.
pub(super) fn has_record(members: &BTreeMap<String, Spanned<Json>>, path: &[String]) -> bool {
    path.split_first().is_none_or(|(first, rest)| {
        matches!(there(members, first, rest), There::Value(Json::Object(_)))
    })
}

/// A list of texts, or one text.
pub(super) fn texts(json: &Json) -> Option<Vec<String>> {
    match json {
        Json::String(text) => Some(vec![text.clone()]),
        Json::Array(items) => items
            .iter()
            .map(|item| match item {
                Json::String(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// Whether a text of a value is of a kind.
pub(super) fn has_text(json: &Json, kind: &dyn Fn(&str) -> bool) -> bool {
    match json {
        Json::String(text) => kind(text),
        Json::Array(items) => items.iter().any(|item| has_text(item, kind)),
        Json::Object(members) => members.values().any(|member| has_text(member, kind)),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Repeated => false,
    }
}

/// A value as it stands in a text: texts, numbers and truth values.
pub(super) fn plain_text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Int(number) => Some(number.to_string()),
        Json::Float(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) | Json::Repeated => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> BTreeMap<String, Spanned<Json>> {
        let members: BTreeMap<String, Json> = serde_json::from_str(text).unwrap();
        let members = members.into_iter();
        members
            .map(|(name, json)| (name, Spanned::nowhere(json)))
            .collect()
    }

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn paths_are_set() {
        for (before, at, value, after) in [
            ("{}", "a", "1", r#"{"a": 1}"#),
            ("{}", "a.b.c", "1", r#"{"a": {"b": {"c": 1}}}"#),
            (
                r#"{"a": {"b": 1, "c": 2}}"#,
                "a.b",
                "null",
                r#"{"a": {"b": null, "c": 2}}"#,
            ),
            (
                r#"{"a": {"b": 1}}"#,
                "a.c",
                "[1]",
                r#"{"a": {"b": 1, "c": [1]}}"#,
            ),
        ] {
            let mut members = read(before);
            let value = Spanned::nowhere(serde_json::from_str(value).unwrap());
            set(&mut members, &path(at), &value).unwrap();
            assert_eq!(members, read(after), "{at}");
        }
        let value = Spanned::nowhere(Json::Int(1));
        let fault = set(&mut read(r#"{"a": 5}"#), &path("a.b"), &value).unwrap_err();
        assert!(fault.contains("no attributes"), "{fault}");
    }

    #[test]
    fn what_is_said_is_seen() {
        let members = read(r#"{"a": {"b": null}, "c": 1}"#);
        for (at, expected) in [
            ("a", true),
            ("a.b", true),
            ("a.x", false),
            ("c.x", true),
            ("d", false),
        ] {
            assert_eq!(says(&members, &path(at)), expected, "{at}");
        }
        assert!(has_record(&members, &[]));
        assert!(has_record(&members, &path("a")));
        assert!(!has_record(&members, &path("c")));
    }
}
