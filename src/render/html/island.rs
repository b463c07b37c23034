//! The document as JSON within the page: nothing in it ends the element, and it says what was left out.

use super::super::escape::is_hostile;
use crate::diff::document::Document;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The data, and what is not in it, in words.
pub(super) struct Island {
    pub json: String,
    pub left: Vec<String>,
}

/// Lists and maps of so many members, and texts of so many characters, are tried in turn.
const LIMITS: [(usize, usize); 7] = [
    (2_000, 10_000),
    (500, 2_000),
    (200, 1_000),
    (100, 400),
    (48, 200),
    (24, 100),
    (0, 40),
];

/// A struct has fewer members than this, and a larger object is a map.
const STRUCT: usize = 30;

/// The document in at most `limit` bytes.
pub(super) fn island(document: &Document, limit: usize) -> Island {
    let whole = escaped(&serde_json::to_string(document).unwrap_or_default());
    if whole.len() <= limit {
        return Island {
            json: whole,
            left: Vec::new(),
        };
    }
    let value = serde_json::to_value(document).unwrap_or_default();
    for (members, text) in LIMITS {
        let mut left = BTreeMap::new();
        let mut cut = trim(&value, "", members, text, &mut left);
        let left: Vec<String> = left
            .into_iter()
            .map(|(path, count): (String, u64)| format!("{path}: {count}"))
            .collect();
        if let Value::Object(object) = &mut cut {
            object.insert("left_out".to_owned(), json!(left));
        }
        let json = escaped(&cut.to_string());
        if json.len() <= limit {
            return Island { json, left };
        }
    }
    let left = vec!["everything".to_owned()];
    let empty = Document {
        format: crate::diff::document::FORMAT.to_owned(),
        ..Document::default()
    };
    let mut value = serde_json::to_value(empty).unwrap_or_default();
    if let Value::Object(object) = &mut value {
        object.insert("left_out".to_owned(), json!(left));
    }
    Island {
        json: escaped(&value.to_string()),
        left,
    }
}

fn trim(
    value: &Value,
    path: &str,
    members: usize,
    text: usize,
    left: &mut BTreeMap<String, u64>,
) -> Value {
    let mut note = |path: &str, count: usize| {
        if count > 0 {
            *left.entry(path.to_owned()).or_default() += count as u64;
        }
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(long) => match long.char_indices().nth(text) {
            None => value.clone(),
            Some((at, _)) => {
                note(&format!("{path} (texts cut)"), 1);
                Value::String(format!("{}…", long.get(..at).unwrap_or_default()))
            }
        },
        Value::Array(list) => {
            // A few are no list: the two ends of a range, the edits of a policy.
            let kept = if list.len() <= 2 { 2 } else { members };
            note(path, list.len().saturating_sub(kept));
            list.iter()
                .take(kept)
                .map(|member| trim(member, &format!("{path}[]"), members, text, left))
                .collect()
        }
        Value::Object(object) => {
            let map = object.len() > STRUCT;
            let kept = if map { members } else { STRUCT };
            note(path, object.len().saturating_sub(kept));
            let mut out = Map::new();
            for (name, member) in object.iter().take(kept) {
                let name: String = name.chars().take(text).collect();
                let path = match (map, path) {
                    (true, _) => format!("{path}[]"),
                    (false, "") => name.clone(),
                    (false, _) if name.len() <= 20 => format!("{path}.{name}"),
                    (false, _) => format!("{path}[]"),
                };
                out.insert(name, trim(member, &path, members, text, left));
            }
            Value::Object(out)
        }
    }
}

/// JSON without any character that ends an element, begins one, or acts on a screen.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, '<' | '>' | '&') || is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::document::GroupNote;

    #[test]
    fn what_is_cut_is_counted_and_still_a_document() {
        let document = Document {
            groups: vec![
                GroupNote {
                    title: "</script>\u{202e}".repeat(200),
                    ..GroupNote::default()
                };
                600
            ],
            ..Document::default()
        };
        let island = island(&document, 100_000);
        assert!(island.json.len() <= 100_000);
        assert!(!island.json.contains(['<', '\u{202e}']));
        let read: Document = serde_json::from_str(&island.json).unwrap();
        assert!(read.groups.len() < 600);
        assert!(
            island.left.iter().any(|left| left.starts_with("groups: ")),
            "{:?}",
            island.left
        );
        assert!(island.json.contains("\"left_out\""));
    }

    #[test]
    fn a_document_that_fits_is_whole() {
        let document = Document {
            repository_name: Some("<&>\u{2028}".to_owned()),
            ..Document::default()
        };
        let island = island(&document, 10_000);
        assert!(island.left.is_empty());
        assert_eq!(
            serde_json::from_str::<Document>(&island.json).unwrap(),
            document
        );
    }
}
