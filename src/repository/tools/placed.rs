//! JSON that knows where it stands.

use crate::model::Span;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A JSON value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    /// Its place.
    pub span: Span,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Object(Members),
    Array(Vec<Placed>),
    Text(String),
    Flag(bool),
    Null,
    Number,
}

/// The members of an object, in the order of the text.
pub(super) type Members = Vec<Member>;

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    /// Its name.
    pub name: String,
    /// The place of the name, with its quotes.
    pub span: Span,
    /// Its value.
    pub value: Placed,
}

impl Placed {
    /// Reads a whole text.
    pub(super) fn whole(text: &str) -> Result<Self, String> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
        read(text, raw).ok_or_else(|| "it is no JSON".to_owned())
    }

    /// A member of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Placed> {
        let mut named = self.members()?.iter().filter(|member| member.name == name);
        named.next().map(|member| &member.value)
    }

    /// The members of an object.
    pub(super) fn members(&self) -> Option<&Members> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            Kind::Array(_) | Kind::Text(_) | Kind::Flag(_) | Kind::Null | Kind::Number => None,
        }
    }

    /// The items of an array.
    pub(super) fn items(&self) -> Option<&[Placed]> {
        match &self.kind {
            Kind::Array(items) => Some(items),
            Kind::Object(_) | Kind::Text(_) | Kind::Flag(_) | Kind::Null | Kind::Number => None,
        }
    }

    /// A text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::Object(_) | Kind::Array(_) | Kind::Flag(_) | Kind::Null | Kind::Number => None,
        }
    }

    /// A boolean.
    pub(super) fn flag(&self) -> Option<bool> {
        match &self.kind {
            Kind::Flag(flag) => Some(*flag),
            Kind::Object(_) | Kind::Array(_) | Kind::Text(_) | Kind::Null | Kind::Number => None,
        }
    }

    /// The name of its kind in JSON Schema, numbers as `number`.
    pub(super) fn kind(&self) -> &'static str {
        match &self.kind {
            Kind::Object(_) => "object",
            Kind::Array(_) => "array",
            Kind::Text(_) => "string",
            Kind::Flag(_) => "boolean",
            Kind::Null => "null",
            Kind::Number => "number",
        }
    }
}

/// A value that lies in a text.
fn read(text: &str, raw: &RawValue) -> Option<Placed> {
    let inner = raw.get();
    // The raw value is a piece of the text, so this is where it stands.
    let start = (inner.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let kind = match inner.as_bytes().first()? {
        b'{' => {
            let Pairs(pairs) = serde_json::from_str(inner).ok()?;
            let members = pairs.into_iter().map(|(name, raw)| {
                let value = read(text, raw)?;
                let span = name_before(text, value.span.start)?;
                Some(Member { name, span, value })
            });
            Kind::Object(members.collect::<Option<_>>()?)
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(inner).ok()?;
            let items = items.into_iter().map(|raw| read(text, raw));
            Kind::Array(items.collect::<Option<_>>()?)
        }
        b'"' => Kind::Text(serde_json::from_str(inner).ok()?),
        b't' => Kind::Flag(true),
        b'f' => Kind::Flag(false),
        b'n' => Kind::Null,
        _ => Kind::Number,
    };
    Some(Placed {
        span: Span::new(start, inner.len()),
        kind,
    })
}

/// The place of the name in front of a value.
fn name_before(text: &str, value: usize) -> Option<Span> {
    let before = text.get(..value)?.trim_end().strip_suffix(':')?.trim_end();
    let inner = before.strip_suffix('"')?;
    let mut end = inner.len();
    loop {
        let at = inner.get(..end)?.rfind('"')?;
        let escapes = inner
            .get(..at)?
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\\');
        if escapes.count() % 2 == 0 {
            return Some(Span::new(at, before.len() - at));
        }
        end = at;
    }
}

/// The members of an object as they stand in a text.
struct Pairs<'j>(Vec<(String, &'j RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl<'de> Visitor<'de> for Shape {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = access.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_place() {
        let text = " { \"a\\\\\\\"b\" : [true, null, 1.5], \"c\":{\"d\": \"é\"} } ";
        let placed = Placed::whole(text).unwrap();
        let at = |span: Span| &text[span.start..span.end()];
        let [first, second] = placed.members().unwrap().as_slice() else {
            panic!("{placed:?}")
        };
        assert_eq!(first.name, "a\\\"b");
        assert_eq!(at(first.span), "\"a\\\\\\\"b\"");
        assert_eq!(at(first.value.span), "[true, null, 1.5]");
        assert_eq!(at(second.value.get("d").unwrap().span), "\"é\"");
        let kinds: Vec<&str> = first
            .value
            .items()
            .unwrap()
            .iter()
            .map(Placed::kind)
            .collect();
        assert_eq!(kinds, ["boolean", "null", "number"]);
    }
}
