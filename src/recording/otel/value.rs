//! Values of attributes: OTLP's `AnyValue`, the plain values of Jaeger's tags, and plain JSON.

use super::loose::Scalar;
use crate::model::Json;
use crate::recording::args;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::recording) enum Value<'a> {
    /// No value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Value<'a>>),
    /// A list of keys and values.
    Map(Vec<(Cow<'a, str>, Value<'a>)>),
    /// Something that cannot be read, and why.
    Unknown(&'static str),
}

impl<'a> Value<'a> {
    /// The text, where it is one and not empty.
    pub(in crate::recording) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The same as JSON.
    pub(in crate::recording) fn json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => Json::Int(*value),
            Value::Float(value) => Json::Float(*value),
            Value::Text(text) => Json::String(text.clone().into_owned()),
            Value::List(items) => Json::Array(items.iter().map(Value::json).collect()),
            Value::Map(members) => {
                let mut object = BTreeMap::new();
                for (key, value) in members {
                    object
                        .entry(key.clone().into_owned())
                        .and_modify(|seen| *seen = Json::Repeated)
                        .or_insert_with(|| value.json());
                }
                Json::Object(object)
            }
            Value::Unknown(reason) => args::unknown(reason),
        }
    }
}

impl<'a> From<Scalar<'a>> for Value<'a> {
    fn from(scalar: Scalar<'a>) -> Self {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Int(value) => Value::Int(value),
            Scalar::Float(value) => Value::Float(value),
            Scalar::Text(text) => Value::Text(text),
            Scalar::Other => Value::Unknown("value_not_readable"),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    /// An `AnyValue` is an object whose one member says by its name what it is; any other object is plain JSON.
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let mut members = Vec::new();
        let mut value = None;
        while let Some(key) = access.next_key::<Name>()? {
            let read = match key.0.as_ref() {
                "stringValue" | "boolValue" => access.next_value::<Scalar>()?.into(),
                "intValue" => int(access.next_value()?),
                "doubleValue" => double(access.next_value()?),
                "arrayValue" => list(access.next_value()?),
                "kvlistValue" => map(access.next_value()?),
                "bytesValue" => {
                    access.next_value::<IgnoredAny>()?;
                    Value::Unknown("bytes")
                }
                _ => {
                    members.push((key.0, access.next_value()?));
                    continue;
                }
            };
            value = Some(match value {
                None => read,
                Some(_) => Value::Unknown("several_values"),
            });
        }
        Ok(match value {
            Some(value) if members.is_empty() => value,
            Some(_) => Value::Unknown("several_values"),
            None if members.is_empty() => Value::Null,
            None => Value::Map(members),
        })
    }
}

fn int(scalar: Scalar<'_>) -> Value<'_> {
    match scalar {
        Scalar::Int(value) => Value::Int(value),
        Scalar::Text(text) => match text.parse() {
            Ok(value) => Value::Int(value),
            Err(_) => Value::Unknown("number_not_readable"),
        },
        Scalar::Null | Scalar::Bool(_) | Scalar::Float(_) | Scalar::Other => {
            Value::Unknown("number_not_readable")
        }
    }
}

fn double(scalar: Scalar<'_>) -> Value<'_> {
    match scalar {
        Scalar::Float(value) => Value::Float(value),
        Scalar::Int(value) => Value::Float(value as f64),
        // ProtoJSON writes `NaN` and the infinities as texts; JSON has no such numbers.
        Scalar::Null | Scalar::Bool(_) | Scalar::Text(_) | Scalar::Other => {
            Value::Unknown("number_not_readable")
        }
    }
}

/// A key, borrowed where it has no escapes.
pub(in crate::recording) struct Name<'a>(pub(in crate::recording) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Ok(Name(text)),
            _ => Ok(Name(Cow::Borrowed(""))),
        }
    }
}

/// What an `arrayValue` or a `kvlistValue` holds: `{"values": […]}`, or without values nothing.
fn values(value: Value<'_>) -> Option<Vec<Value<'_>>> {
    let members = match value {
        Value::Null => return Some(Vec::new()),
        Value::Map(members) => members,
        _ => return None,
    };
    let mut values = members.into_iter().filter(|(name, _)| name == "values");
    match (values.next(), values.next()) {
        (None | Some((_, Value::Null)), None) => Some(Vec::new()),
        (Some((_, Value::List(items))), None) => Some(items),
        _ => None,
    }
}

fn list(value: Value<'_>) -> Value<'_> {
    values(value).map_or(Value::Unknown("value_not_readable"), Value::List)
}

fn map(value: Value<'_>) -> Value<'_> {
    let members = values(value).and_then(|items| items.into_iter().map(pair).collect());
    members.map_or(Value::Unknown("value_not_readable"), Value::Map)
}

/// `{"key": …, "value": …}` as a key and its value.
fn pair(item: Value<'_>) -> Option<(Cow<'_, str>, Value<'_>)> {
    let Value::Map(members) = item else {
        return None;
    };
    let mut key = None;
    let mut value = Value::Null;
    for (name, member) in members {
        match (name.as_ref(), member) {
            ("key", Value::Text(text)) => key = Some(text),
            ("value", member) => value = member,
            _ => {}
        }
    }
    Some((key?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str::<Value>(text).expect(text).json()
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        let unknown = args::unknown;
        for (text, expected) in [
            (r#"{"stringValue":"a"}"#, Json::String("a".to_owned())),
            (r#"{"boolValue":true}"#, Json::Bool(true)),
            (r#"{"intValue":"-5"}"#, Json::Int(-5)),
            (r#"{"intValue":5}"#, Json::Int(5)),
            (r#"{"doubleValue":0.5}"#, Json::Float(0.5)),
            (r#"{"doubleValue":2}"#, Json::Float(2.0)),
            (r#"{"arrayValue":{}}"#, Json::Array(Vec::new())),
            (r#"{"arrayValue":{"values":null}}"#, Json::Array(Vec::new())),
            (r#"{"kvlistValue":{}}"#, Json::Object(BTreeMap::new())),
            ("{}", Json::Null),
            (
                r#"{"intValue":"99999999999999999999"}"#,
                unknown("number_not_readable"),
            ),
            (r#"{"intValue":1.5}"#, unknown("number_not_readable")),
            (r#"{"doubleValue":"NaN"}"#, unknown("number_not_readable")),
            (r#"{"bytesValue":"AA=="}"#, unknown("bytes")),
            (r#"{"stringValue":{"a":1}}"#, unknown("value_not_readable")),
            (r#"{"arrayValue":7}"#, unknown("value_not_readable")),
            (r#"{"arrayValue":[1]}"#, unknown("value_not_readable")),
            (
                r#"{"kvlistValue":{"values":[{"value":{}}]}}"#,
                unknown("value_not_readable"),
            ),
            (
                r#"{"kvlistValue":{"values":[7]}}"#,
                unknown("value_not_readable"),
            ),
            (
                r#"{"stringValue":"a","intValue":1}"#,
                unknown("several_values"),
            ),
            (
                r#"{"stringValue":"a","other":1}"#,
                unknown("several_values"),
            ),
            (
                r#"{"arrayValue":{"values":[],"values":[]}}"#,
                unknown("value_not_readable"),
            ),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn structured_values_become_objects() {
        let text = r#"{"kvlistValue":{"values":[{"key":"city","value":{"stringValue":"Paris"}},
            {"value":{"arrayValue":{"values":[{"intValue":"1"},{"kvlistValue":{"values":[{"key":"x"}]}}]}},"key":"list"},
            {"key":"twice","value":{"intValue":"1"}},{"key":"twice","value":{"intValue":"2"}}]}}"#;
        let found = json(text);
        assert_eq!(found.get("city").and_then(Json::as_str), Some("Paris"));
        assert_eq!(found.get("twice"), Some(&Json::Repeated));
        let inner = Json::Object([("x".to_owned(), Json::Null)].into());
        assert_eq!(
            found.get("list"),
            Some(&Json::Array(vec![Json::Int(1), inner]))
        );
    }

    #[test]
    fn plain_json_is_a_value_too() {
        assert_eq!(
            json(r#"{"a":[1,"x",null],"b":{"c":true}}"#),
            serde_json::from_str(r#"{"a":[1,"x",null],"b":{"c":true}}"#).expect("JSON")
        );
        assert_eq!(json("1.5"), Json::Float(1.5));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = r#"{"arrayValue":{"values":["#.repeat(200);
        assert!(serde_json::from_str::<Value>(&deep).is_err());
    }
}
