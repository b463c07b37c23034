//! Arguments of a tool call in the native format's terms: an object, absent, or unknown for a reason.

use crate::model::Json;
use std::collections::BTreeMap;

/// The mark of a value that nobody knows.
pub(super) fn unknown(reason: &str) -> Json {
    Json::Object(BTreeMap::from([(
        "$unknown".to_owned(),
        Json::String(reason.to_owned()),
    )]))
}

/// Arguments that the format records as an object. `null` is absence.
pub(super) fn object(recorded: Option<Json>) -> Option<Json> {
    match recorded {
        None | Some(Json::Null) => None,
        Some(args @ Json::Object(_)) => Some(args),
        Some(Json::Repeated) => Some(unknown("repeated_key")),
        Some(Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::String(_) | Json::Array(_)) => {
            Some(unknown("args_not_object"))
        }
    }
}

/// Arguments that the format records as JSON inside a string; many models write an empty string for no arguments.
/// An object in place of the string is taken as it is.
pub(super) fn text_or_object(recorded: Option<Json>) -> Option<Json> {
    let Some(Json::String(text)) = recorded else {
        return object(recorded);
    };
    if text.trim().is_empty() {
        return Some(Json::Object(BTreeMap::new()));
    }
    match serde_json::from_str(&text) {
        Ok(args @ Json::Object(_)) => Some(args),
        Ok(_) | Err(_) => Some(unknown("args_not_json")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn objects_stay_and_null_is_absence() {
        assert_eq!(object(None), None);
        assert_eq!(object(Some(Json::Null)), None);
        assert_eq!(object(Some(json(r#"{"a":1}"#))), Some(json(r#"{"a":1}"#)));
        for other in ["true", "1", "1.5", "\"a\"", "[]"] {
            assert_eq!(
                object(Some(json(other))),
                Some(unknown("args_not_object")),
                "{other}"
            );
        }
        assert_eq!(object(Some(Json::Repeated)), Some(unknown("repeated_key")));
    }

    #[test]
    fn texts_are_read_as_json() {
        let text = |text: &str| text_or_object(Some(Json::String(text.to_owned())));
        assert_eq!(text(r#"{"a": [1]}"#), Some(json(r#"{"a":[1]}"#)));
        assert_eq!(text(""), Some(json("{}")));
        assert_eq!(text(" \n"), Some(json("{}")));
        for other in ["null", "[1]", "{\"a\":", "refund 5", "{} {}"] {
            assert_eq!(text(other), Some(unknown("args_not_json")), "{other}");
        }
        assert_eq!(
            text(r#"{"a":1,"a":2}"#).and_then(|args| args.get("a").cloned()),
            Some(Json::Repeated)
        );
        assert_eq!(
            text_or_object(Some(json(r#"{"a":1}"#))),
            Some(json(r#"{"a":1}"#))
        );
        assert_eq!(
            text_or_object(Some(json("[1]"))),
            Some(unknown("args_not_object"))
        );
        assert_eq!(text_or_object(None), None);
    }
}
