//! For tests of importers: a JSON document with each of its parts replaced by something else, so that none trusts a type, and
//! what an item was told to hold.

use serde_json::{Value, json};

/// The document with each part replaced by each kind of value, or left out.
pub(super) fn variations(text: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(text).expect("JSON");
    let mut all = Vec::new();
    for place in 0..parts(&document) {
        for other in [
            json!(null),
            json!(true),
            json!(-7),
            json!(1.5),
            json!("x"),
            json!([[]]),
            json!({"a": {}}),
        ] {
            let mut changed = document.clone();
            replace(&mut changed, &mut { place }, &other);
            all.push(changed.to_string());
        }
    }
    assert!(all.len() > 100, "a document with few parts proves little");
    all
}

fn parts(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(parts).sum(),
        Value::Object(members) => members.values().map(parts).sum(),
        _ => 0,
    }
}

/// Replaces the part that so many others stand before.
fn replace(value: &mut Value, before: &mut usize, other: &Value) -> bool {
    if *before == 0 {
        *value = other.clone();
        return true;
    }
    *before -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| replace(item, before, other)),
        Value::Object(members) => members
            .values_mut()
            .any(|member| replace(member, before, other)),
        _ => false,
    }
}

/// What an item holds, as tests look at it: the actions, the faults as texts, and what was left out.
pub(super) fn told(
    parsed: super::Parsed,
) -> (
    Vec<crate::model::RecordedAction>,
    Vec<String>,
    std::collections::BTreeMap<&'static str, u64>,
) {
    let mut actions = Vec::new();
    let mut faults = Vec::new();
    for action in parsed.actions {
        match action {
            Ok(action) => actions.push(action),
            Err(fault) => faults.push(fault.to_string()),
        }
    }
    (actions, faults, parsed.dropped)
}
