//! A request: what Cedar decides.

use super::{EntityRef, Json, Value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A path into the context, for example `input.amount`: one key a step, not escaped.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct FieldPath(pub Vec<String>);

/// Before the type and the attribute of entities, where a path is none into the context.
const ENTITY: &str = "$entity";

impl FieldPath {
    /// An attribute of entities of a type.
    pub fn of_entity(ty: &str, attribute: &str) -> Self {
        Self(vec![ENTITY.to_owned(), ty.to_owned(), attribute.to_owned()])
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [first, ty, attribute] = self.0.as_slice()
            && first == ENTITY
        {
            return write!(f, "{ty}.{attribute}");
        }
        f.write_str("context")?;
        self.0.iter().try_for_each(|key| write!(f, ".{key}"))
    }
}

/// What Cedar decides: who does what to what, with which facts.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Who acts.
    pub principal: EntityRef,
    /// What is done.
    pub action: EntityRef,
    /// To what.
    pub resource: EntityRef,
    /// The facts of the moment.
    #[serde(default)]
    pub context: BTreeMap<String, Value>,
    /// Fields of the context that exist or may exist, but whose value nobody knows. They are not in `context`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unknown: BTreeSet<FieldPath>,
}

/// A request as it was recorded: what its context means is for a schema to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenRequest {
    /// Who acts.
    pub principal: EntityRef,
    /// What is done.
    pub action: EntityRef,
    /// To what.
    pub resource: EntityRef,
    /// The facts of the moment, in Cedar's JSON; where the schema says what a value is, its escape may be left out.
    #[serde(default, deserialize_with = "read_once", serialize_with = "in_order")]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub context: BTreeMap<String, Json>,
    /// Fields of the context that exist or may exist, but whose value nobody knows. They are not in `context`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unknown: BTreeSet<FieldPath>,
}

impl From<Request> for WrittenRequest {
    fn from(request: Request) -> Self {
        let members = request.context.into_iter();
        Self {
            principal: request.principal,
            action: request.action,
            resource: request.resource,
            context: members.map(|(key, value)| (key, value.into())).collect(),
            unknown: request.unknown,
        }
    }
}

/// Two readers may see different values of a key that stands twice, and Cedar has no way to say so.
fn read_once<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Json>, D::Error> {
    let context = BTreeMap::<String, Json>::deserialize(deserializer)?;
    match context.values().any(Json::has_repeated_key) {
        true => Err(D::Error::custom("a key stands twice in one object")),
        false => Ok(context),
    }
}

/// Writes the explicit forms with their keys in the order of [`Value`], and everything else as it is.
fn in_order<S: Serializer>(
    context: &BTreeMap<String, Json>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Member<'j> {
        Value(Value),
        Json(&'j Json),
    }
    serializer.collect_map(context.iter().map(|(key, json)| {
        let value = Value::from_json(json.clone());
        (key, value.map_or(Member::Json(json), Member::Value))
    }))
}
