//! Whether a call still says what was taken out of the context that was recorded beside it.

use crate::model::{Json, RecordedAction};

/// A shorter text stands in others by chance.
const SHORT: usize = 4;

/// Whether the call says a value, or has a member of its name.
pub(super) fn says(action: &RecordedAction, name: &str, value: &Json) -> bool {
    let Some(call) = &action.call else {
        return false;
    };
    let mut wanted = Vec::new();
    leaves(value, &mut wanted);
    let says = |json: &Json| holds(json, name, &wanted);
    call.args.as_ref().is_some_and(says)
        || action.meta.iter().any(|(key, json)| {
            (key.eq_ignore_ascii_case(name) && !super::is_redacted(json)) || says(json)
        })
}

fn holds(json: &Json, name: &str, wanted: &[String]) -> bool {
    match json {
        // Nothing is said of what is unknown.
        Json::Object(members) if members.len() == 1 && members.contains_key("$unknown") => false,
        Json::Object(members) => members.iter().any(|(key, json)| {
            let known = !super::is_redacted(json);
            let named = key.eq_ignore_ascii_case(name) && known;
            named || wanted.iter().any(|wanted| alike(key, wanted)) || holds(json, name, wanted)
        }),
        Json::Array(items) => items.iter().any(|item| holds(item, name, wanted)),
        leaf => text(leaf).is_some_and(|text| wanted.iter().any(|wanted| alike(&text, wanted))),
    }
}

/// The texts and numbers of a value. An escape of Cedar has one.
fn leaves(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            let escaped = [("__extn", "arg"), ("__entity", "id")]
                .iter()
                .find_map(|(escape, part)| members.get(*escape)?.get(part));
            match escaped {
                Some(part) => leaves(part, found),
                None => members.values().for_each(|json| leaves(json, found)),
            }
        }
        Json::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        leaf => found.extend(text(leaf).filter(|text| !text.trim().is_empty())),
    }
}

/// What a text or a number is as a text.
fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.to_lowercase()),
        Json::Int(number) => Some(number.to_string()),
        Json::Float(number) => Some(number.to_string()),
        Json::Null | Json::Bool(_) | Json::Repeated | Json::Array(_) | Json::Object(_) => None,
    }
}

/// Whether two texts say the same, or one says the other.
fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim().to_lowercase(), other.trim().to_lowercase());
    let number = |text: &str| text.parse::<f64>().ok();
    let within = |short: &str, long: &str| short.len() >= SHORT && long.contains(short);
    match (number(&one), number(&other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other || within(&one, &other) || within(&other, &one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says_it(call: &str, name: &str, value: &str) -> bool {
        let text = format!(r#"{{"version":1,"id":"1","call":{{"tool":"t","args":{call}}}}}"#);
        let action: RecordedAction = serde_json::from_str(&text).expect("an action");
        says(&action, name, &serde_json::from_str(value).expect("JSON"))
    }

    #[test]
    fn a_value_is_found_in_what_it_was_made_from() {
        for (call, name, value) in [
            (
                r#"{"to":"Kim@X.example"}"#,
                "recipient",
                r#""kim@x.example""#,
            ),
            (r#"{"url":"https://x.example/a"}"#, "host", r#""x.example""#),
            (
                r#"{"a":[{"path":"/etc"}]}"#,
                "where",
                r#"{"p":"file:/etc"}"#,
            ),
            (
                r#"{"sum":35.5}"#,
                "amount",
                r#"{"__extn":{"fn":"decimal","arg":"35.50"}}"#,
            ),
            (r#"{"n":"7"}"#, "count", "7"),
            (
                r#"{"who":"maria"}"#,
                "approver",
                r#"{"__entity":{"type":"User","id":"maria"}}"#,
            ),
            (r#"{"maria":1}"#, "approver", r#""maria""#),
            (r#"{"deep":[{"DRY_run":true}]}"#, "dry_run", "true"),
        ] {
            assert!(says_it(call, name, value), "{call} {value}");
        }
        for (call, name, value) in [
            (r#"{"to":"kim"}"#, "ip", r#""10.0.0.1""#),
            (r#"{"order":"o-15"}"#, "count", "5"),
            (
                r#"{"to":"User"}"#,
                "approver",
                r#"{"__entity":{"type":"User","id":"maria"}}"#,
            ),
            (r#"{"b":true}"#, "a", "true"),
            (r#"{"a":{"$unknown":"redacted"}}"#, "a", r#""redacted""#),
            (r#"{"a":"abc"}"#, "b", r#""abcd""#),
            (r#"{"a":""}"#, "b", r#""""#),
        ] {
            assert!(!says_it(call, name, value), "{call} {value}");
        }
    }
}
