//! Several entities or actions, as a matrix or a list names them.

use crate::model::Span;
use crate::yaml::Spanned;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Entities or actions: one, or a list. `Type::*` is every entity of a type, `*` every action, or every entity that the
/// actions take.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Choices {
    /// One text.
    One(String),
    /// Several.
    Many(Vec<Spanned<String>>),
}

impl Choices {
    /// Every text with its place; `outer` is the place of the whole.
    pub fn texts(&self, outer: Span) -> Vec<(&str, Span)> {
        match self {
            Choices::One(text) => vec![(text.as_str(), outer)],
            Choices::Many(texts) => texts
                .iter()
                .map(|text| (text.value.as_str(), text.span))
                .collect(),
        }
    }
}

/// Told by its shape, without a buffer in between, so that the texts keep their places.
impl<'de> Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl<'de> Visitor<'de> for Shape {
            type Value = Choices;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an entity or an action, or a list of them")
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Choices::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(access)).map(Choices::Many)
            }
        }

        deserializer.deserialize_any(Shape)
    }
}
