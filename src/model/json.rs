//! JSON as it was recorded, keeping what matters for exactness: key order does not, repeated keys do.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// A JSON value of a recording. Unlike `serde_json::Value` it remembers that a key stood twice, because two
/// readers of `{"amount": 5, "amount": 5000}` may see different amounts.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`, which means absence.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// Any other number, as an IEEE double (RFC 8259 §6: the range in which readers agree).
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, in order of its keys.
    Object(BTreeMap<String, Json>),
    /// The value of a key that stood more than once in its object: nobody knows which one counts.
    Repeated,
}

/// Refuses JSON in which a key stands twice in an object, because two readers may see different values. The error
/// names the key and its place.
pub fn refuse_repeated_keys(text: &str) -> Result<(), serde_json::Error> {
    struct Once;

    impl<'de> Visitor<'de> for Once {
        type Value = Once;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
            Ok(Once)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
            Ok(Once)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
            Ok(Once)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
            Ok(Once)
        }

        fn visit_str<E>(self, _: &str) -> Result<Once, E> {
            Ok(Once)
        }

        fn visit_unit<E>(self) -> Result<Once, E> {
            Ok(Once)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
            while items.next_element::<Once>()?.is_some() {}
            Ok(Once)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Once, A::Error> {
            let mut seen = std::collections::HashSet::new();
            while let Some(key) = members.next_key::<std::borrow::Cow<'de, str>>()? {
                if seen.contains(&key) {
                    return Err(serde::de::Error::custom(format!(
                        "the key `{key}` stands twice"
                    )));
                }
                members.next_value::<Once>()?;
                seen.insert(key);
            }
            Ok(Once)
        }
    }

    impl<'de> Deserialize<'de> for Once {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Once)
        }
    }

    serde_json::from_str::<Once>(text).map(|_| ())
}

impl Json {
    /// The member of an object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.get(key),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a recording's own mark of a value that nobody knows, or the value of a key that stood twice.
    pub fn is_unknown(&self) -> bool {
        match self {
            Json::Repeated => true,
            Json::Object(members) => members.len() == 1 && members.contains_key("$unknown"),
            Json::Null
            | Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::String(_)
            | Json::Array(_) => false,
        }
    }

    /// Whether nobody knows it, or something in it.
    pub fn has_unknown(&self) -> bool {
        self.is_unknown()
            || match self {
                Json::Array(items) => items.iter().any(Json::has_unknown),
                Json::Object(members) => members.values().any(Json::has_unknown),
                _ => false,
            }
    }

    /// Whether some key stands twice in it.
    pub fn has_repeated_key(&self) -> bool {
        match self {
            Json::Repeated => true,
            Json::Array(items) => items.iter().any(Json::has_repeated_key),
            Json::Object(members) => members.values().any(Json::has_repeated_key),
            Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::String(_) => false,
        }
    }

    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Int(_) => "an integer",
            Json::Float(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
            Json::Repeated => "a repeated key",
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Json::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::Float(value as f64), Json::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((key, value)) = access.next_entry::<String, Json>()? {
            members
                .entry(key)
                .and_modify(|seen| *seen = Json::Repeated)
                .or_insert(value);
        }
        Ok(Json::Object(members))
    }
}

/// A repeated key is written as `{"$unknown": "repeated_key"}`, the native format's mark of an unknown value.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Int(value) => serializer.serialize_i64(*value),
            Json::Float(value) => serializer.serialize_f64(*value),
            Json::String(value) => serializer.serialize_str(value),
            Json::Array(items) => serializer.collect_seq(items),
            Json::Object(members) => serializer.collect_map(members),
            Json::Repeated => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$unknown", "repeated_key")?;
                map.end()
            }
        }
    }
}

impl schemars::JsonSchema for Json {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Json".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        true.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_are_refused_wherever_they_stand() {
        let good =
            r#"[{"a": 1, "b": {"a": [null, true, -1.5, "x"]}}, {"a": 18446744073709551615}]"#;
        assert!(refuse_repeated_keys(good).is_ok());
        for bad in [
            r#"{"a": 1, "b": 2, "a": 1}"#,
            r#"[{"a": [{"b": 1, "b": 1}]}]"#,
            r#"{"a": 1, "\u0061": 2}"#,
        ] {
            let error = refuse_repeated_keys(bad).unwrap_err().to_string();
            assert!(error.contains("stands twice"), "{error}");
        }
        assert!(refuse_repeated_keys("{").is_err());
    }
}
