//! A request: what Cedar decides.

use super::{EntityRef, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A path into the context, for example `input.amount`: one key a step, not escaped.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct FieldPath(pub Vec<String>);

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
