//! JSON that may have another type than it should: exporters differ, and one odd span must not hide the others.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A value without parts, or the fact that something else stands in its place.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::recording) enum Scalar<'a> {
    /// `null`, or not there.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array or an object.
    Other,
}

impl<'a> Scalar<'a> {
    /// The text; nothing where it is empty or no text.
    pub(in crate::recording) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A count, written as a number or as text (ProtoJSON writes integers of 64 bits as text).
    pub(in crate::recording) fn count(&self) -> Option<u64> {
        match self {
            Scalar::Int(number) => u64::try_from(*number).ok(),
            Scalar::Text(text) => text.parse().ok(),
            Scalar::Null | Scalar::Bool(_) | Scalar::Float(_) | Scalar::Other => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar<'de>, E> {
        Ok(i64::try_from(value).map_or(Scalar::Float(value as f64), Scalar::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Scalar<'de>, A::Error> {
        skip_items(access).map(|()| Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Scalar<'de>, A::Error> {
        skip_members(access).map(|()| Scalar::Other)
    }
}

/// Passes over the rest of an array.
pub(in crate::recording) fn skip_items<'de, A: SeqAccess<'de>>(
    mut access: A,
) -> Result<(), A::Error> {
    while access.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Passes over the rest of an object.
pub(in crate::recording) fn skip_members<'de, A: MapAccess<'de>>(
    mut access: A,
) -> Result<(), A::Error> {
    while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// What is read from any JSON value, whatever its type is.
pub(in crate::recording) trait Lenient<'de>: Sized {
    /// What it is where a value of another kind stands there.
    fn other(kind: &'static str) -> Self;

    /// What it is where an array stands there.
    fn array<A: SeqAccess<'de>>(access: A) -> Result<Self, A::Error> {
        skip_items(access).map(|()| Self::other("an array"))
    }

    /// What it is where an object stands there.
    fn object<A: MapAccess<'de>>(access: A) -> Result<Self, A::Error> {
        skip_members(access).map(|()| Self::other("an object"))
    }
}

/// Reads something that no type of value makes fail.
pub(in crate::recording) fn lenient<'de, T: Lenient<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(LenientVisitor(PhantomData))
}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::other("null"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::other("a boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<T, E> {
        Ok(T::other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::other("a number"))
    }

    fn visit_str<E>(self, _: &str) -> Result<T, E> {
        Ok(T::other("a string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<T, A::Error> {
        T::array(access)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<T, A::Error> {
        T::object(access)
    }
}

/// An array; `null` is an empty one.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::recording) struct List<T> {
    /// Its elements.
    pub(in crate::recording) items: Vec<T>,
    /// What stands there instead of an array.
    pub(in crate::recording) wrong: Option<&'static str>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            wrong: None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Lenient<'de> for List<T> {
    fn other(kind: &'static str) -> Self {
        Self {
            items: Vec::new(),
            wrong: (kind != "null").then_some(kind),
        }
    }

    fn array<A: SeqAccess<'de>>(mut access: A) -> Result<Self, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Self { items, wrong: None })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer)
    }
}

/// An object, or what stands there instead.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::recording) enum Object<T> {
    /// It is one.
    Read(T),
    /// It is something else.
    Wrong(&'static str),
}

impl<'de, T: Deserialize<'de>> Lenient<'de> for Object<T> {
    fn other(kind: &'static str) -> Self {
        Object::Wrong(kind)
    }

    fn object<A: MapAccess<'de>>(access: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(access)).map(Object::Read)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer)
    }
}

/// An object, several in an array, or what stands there instead.
#[derive(Debug)]
pub(in crate::recording) enum OneOrMany<T> {
    /// The objects, and what stands between them.
    Read(Vec<Object<T>>),
    /// Something else.
    Wrong(&'static str),
}

impl<'de, T: Deserialize<'de>> Lenient<'de> for OneOrMany<T> {
    fn other(kind: &'static str) -> Self {
        OneOrMany::Wrong(kind)
    }

    fn array<A: SeqAccess<'de>>(access: A) -> Result<Self, A::Error> {
        List::array(access).map(|list| OneOrMany::Read(list.items))
    }

    fn object<A: MapAccess<'de>>(access: A) -> Result<Self, A::Error> {
        Object::object(access).map(|object| OneOrMany::Read(vec![object]))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_there_is_read() {
        for (text, expected) in [
            ("null", Scalar::Null),
            ("true", Scalar::Bool(true)),
            ("-7", Scalar::Int(-7)),
            ("18446744073709551615", Scalar::Float(u64::MAX as f64)),
            ("1.5", Scalar::Float(1.5)),
            (r#""a""#, Scalar::Text("a".into())),
            (r#""\n""#, Scalar::Text("\n".into())),
            (r#"[{"a":[1]},2]"#, Scalar::Other),
            (r#"{"a":[1],"b":{}}"#, Scalar::Other),
        ] {
            assert_eq!(serde_json::from_str::<Scalar>(text).expect(text), expected);
        }
        let borrowed: Scalar = serde_json::from_str(r#""plain""#).expect("a string");
        assert!(matches!(borrowed, Scalar::Text(Cow::Borrowed("plain"))));
    }

    #[test]
    fn counts_are_numbers_or_texts() {
        assert_eq!(Scalar::Int(5).count(), Some(5));
        assert_eq!(Scalar::Text("5".into()).count(), Some(5));
        for none in [
            Scalar::Int(-5),
            Scalar::Float(5.0),
            Scalar::Text("5.0".into()),
            Scalar::Text("99999999999999999999".into()),
            Scalar::Null,
            Scalar::Bool(true),
            Scalar::Other,
        ] {
            assert_eq!(none.count(), None, "{none:?}");
        }
        assert_eq!(Scalar::Text("".into()).text(), None);
        assert_eq!(Scalar::Int(1).text(), None);
    }

    #[test]
    fn lists_and_objects_say_what_they_are_instead() {
        type Item = Object<std::collections::BTreeMap<String, u8>>;
        let list: List<Item> =
            serde_json::from_str(r#"[{"a":1},[],7,1.5,true,null,"x",-1]"#).expect("an array");
        let wrong: Vec<_> = list
            .items
            .iter()
            .map(|item| match item {
                Object::Read(_) => "read",
                Object::Wrong(kind) => kind,
            })
            .collect();
        let expected = "read,an array,a number,a number,a boolean,null,a string,a number";
        assert_eq!(wrong.join(","), expected);
        for (text, kind) in [
            ("null", None),
            ("[]", None),
            ("{\"a\":[]}", Some("an object")),
            ("1", Some("a number")),
            ("-1", Some("a number")),
            ("1.5", Some("a number")),
            ("true", Some("a boolean")),
            ("\"x\"", Some("a string")),
        ] {
            let list: List<Item> = serde_json::from_str(text).expect(text);
            assert_eq!((list.items.len(), list.wrong), (0, kind), "{text}");
        }
    }
}
