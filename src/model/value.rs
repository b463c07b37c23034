//! Cedar values in explicit form, read and written as Cedar's own JSON (`__entity`, `__extn`).

use serde::de::Error as _;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Json;

/// A reference to an entity: its type, with namespace, and its id, not escaped.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct EntityRef {
    /// The entity's type, for example `Acme::Agent`.
    #[serde(rename = "type")]
    pub ty: Arc<str>,
    /// The entity's id, any text.
    pub id: Arc<str>,
}

impl EntityRef {
    /// A reference from type and id.
    pub fn new(ty: impl Into<Arc<str>>, id: impl Into<Arc<str>>) -> Self {
        Self {
            ty: ty.into(),
            id: id.into(),
        }
    }
}

/// Cedar's written form, `Agent::"refund_bot"`, with the id escaped as Cedar does, so that it parses back.
impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::\"{}\"", self.ty, self.id.escape_debug())
    }
}

/// A value of a request or an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A boolean.
    Bool(bool),
    /// A 64-bit integer.
    Long(i64),
    /// A string.
    String(String),
    /// An entity reference.
    Entity(EntityRef),
    /// A value of an extension type: the constructor's name and its argument, for example `decimal` and `12.50`.
    Extension(Arc<str>, String),
    /// A value that an extension function makes of several values: `offset` of a datetime and a duration is how Cedar
    /// writes a datetime that has no literal.
    Call(Arc<str>, Vec<Value>),
    /// A set.
    Set(Vec<Value>),
    /// A record.
    Record(BTreeMap<String, Value>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Long(value) => serializer.serialize_i64(*value),
            Value::String(value) => serializer.serialize_str(value),
            Value::Entity(uid) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("__entity", uid)?;
                map.end()
            }
            Value::Extension(function, argument) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(
                    "__extn",
                    &BTreeMap::from([("fn", function.as_ref()), ("arg", argument.as_str())]),
                )?;
                map.end()
            }
            Value::Call(function, arguments) => {
                #[derive(Serialize)]
                struct Call<'a> {
                    r#fn: &'a str,
                    args: &'a [Value],
                }
                let mut map = serializer.serialize_map(Some(1))?;
                let (r#fn, args) = (function.as_ref(), arguments.as_slice());
                map.serialize_entry("__extn", &Call { r#fn, args })?;
                map.end()
            }
            Value::Set(items) => serializer.collect_seq(items),
            Value::Record(members) => serializer.collect_map(members),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::from_json(Json::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Value {
    /// Reads Cedar's explicit JSON. The error says what Cedar has no value for: a null, a fraction, an odd escape.
    pub fn from_json(json: Json) -> Result<Value, String> {
        match json {
            Json::Bool(value) => Ok(Value::Bool(value)),
            Json::Int(value) => Ok(Value::Long(value)),
            Json::String(value) => Ok(Value::String(value)),
            Json::Array(items) => items
                .into_iter()
                .map(Value::from_json)
                .collect::<Result<_, _>>()
                .map(Value::Set),
            Json::Object(members) => Value::from_object(members),
            Json::Null => Err("Cedar has no value for `null`".to_owned()),
            Json::Float(value) => Err(format!(
                "Cedar has no value for the number `{value}`; write it as `{{\"__extn\": {{\"fn\": \"decimal\", \"arg\": …}}}}`"
            )),
            Json::Repeated => Err("a key stands twice in one object".to_owned()),
        }
    }

    fn from_object(mut members: BTreeMap<String, Json>) -> Result<Value, String> {
        let text = |members: &BTreeMap<String, Json>, key: &str| {
            members.get(key).and_then(Json::as_str).map(str::to_owned)
        };
        if let Some(Json::Object(inner)) = members.get("__entity")
            && members.len() == 1
        {
            return match (text(inner, "type"), text(inner, "id"), inner.len()) {
                (Some(ty), Some(id), 2) => Ok(Value::Entity(EntityRef::new(ty, id))),
                _ => Err("`__entity` needs exactly a `type` and an `id`".to_owned()),
            };
        }
        if let Some(Json::Object(inner)) = members.get("__extn")
            && members.len() == 1
        {
            let wrong =
                || "`__extn` needs exactly an `fn`, and a string `arg` or a list `args`".to_owned();
            return match (text(inner, "fn"), text(inner, "arg"), inner.len()) {
                (Some(function), Some(argument), 2) => {
                    Ok(Value::Extension(function.into(), argument))
                }
                (Some(function), None, 2) => match inner.get("args") {
                    Some(Json::Array(arguments)) => arguments
                        .iter()
                        .map(|argument| Value::from_json(argument.clone()))
                        .collect::<Result<_, _>>()
                        .map(|arguments| Value::Call(function.into(), arguments)),
                    _ => Err(wrong()),
                },
                _ => Err(wrong()),
            };
        }
        if let Some(key) = members.keys().find(|key| key.starts_with("__")) {
            return Err(format!("`{key}` is no escape that Cedar's JSON knows here"));
        }
        let mut record = BTreeMap::new();
        for (key, value) in std::mem::take(&mut members) {
            record.insert(key, Value::from_json(value)?);
        }
        Ok(Value::Record(record))
    }
}

/// Cedar's explicit JSON.
impl From<Value> for Json {
    fn from(value: Value) -> Self {
        let text = |text: &str| Json::String(text.to_owned());
        let escape = |escape: &str, members: [(&str, Json); 2]| {
            let inner = members.map(|(key, json)| (key.to_owned(), json));
            let inner = Json::Object(BTreeMap::from(inner));
            Json::Object(BTreeMap::from([(escape.to_owned(), inner)]))
        };
        match value {
            Value::Bool(value) => Json::Bool(value),
            Value::Long(value) => Json::Int(value),
            Value::String(value) => Json::String(value),
            Value::Entity(uid) => {
                escape("__entity", [("type", text(&uid.ty)), ("id", text(&uid.id))])
            }
            Value::Extension(function, argument) => escape(
                "__extn",
                [("fn", text(&function)), ("arg", Json::String(argument))],
            ),
            Value::Call(function, arguments) => {
                let arguments = arguments.into_iter().map(Json::from).collect();
                escape(
                    "__extn",
                    [("fn", text(&function)), ("args", Json::Array(arguments))],
                )
            }
            Value::Set(items) => Json::Array(items.into_iter().map(Json::from).collect()),
            Value::Record(members) => {
                let members = members.into_iter();
                Json::Object(members.map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}

/// Cedar's written form, for people: `decimal("12.50")`, `Agent::"a"`, `[1, 2]`, `{"a": 1}`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Long(value) => write!(f, "{value}"),
            Value::String(value) => write!(f, "\"{}\"", value.escape_debug()),
            Value::Entity(uid) => write!(f, "{uid}"),
            Value::Extension(function, argument) => {
                write!(f, "{function}(\"{}\")", argument.escape_debug())
            }
            Value::Call(function, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(Value::to_string).collect();
                write!(f, "{function}({})", arguments.join(", "))
            }
            Value::Set(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Value::Record(members) => {
                f.write_str("{")?;
                for (at, (key, value)) in members.iter().enumerate() {
                    if at > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "\"{}\": {value}", key.escape_debug())?;
                }
                f.write_str("}")
            }
        }
    }
}

impl schemars::JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CedarValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A Cedar value in Cedar's explicit JSON: boolean, integer, string, array (a set), object (a record), {\"__entity\": {\"type\", \"id\"}} or {\"__extn\": {\"fn\", \"arg\"}}, with a list \"args\" where the function takes several values.",
            "type": ["boolean", "integer", "string", "array", "object"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_several_arguments_are_read_and_written() {
        let text = r#"{"__extn":{"fn":"offset","args":[{"__extn":{"arg":"1970-01-01","fn":"datetime"}},{"__extn":{"arg":"-1ms","fn":"duration"}}]}}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            value.to_string(),
            r#"offset(datetime("1970-01-01"), duration("-1ms"))"#
        );
        assert_eq!(serde_json::to_string(&value).unwrap(), text);
        assert_eq!(Value::from_json(value.clone().into()), Ok(value));
        assert!(serde_json::from_str::<Value>(r#"{"__extn":{"fn":"offset","args":1}}"#).is_err());
    }
}
