//! Single values, told apart by kind, in an order.

use super::compiled::{EntityId, Function, Val, call, construct};
use crate::model::{EntityRef, FieldPath, Request, Value};
use std::fmt;

/// A value at a path of the context.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    /// A truth value.
    Bool(bool),
    /// A number.
    Long(i64),
    /// A decimal, in ten-thousandths.
    Decimal(i64),
    /// A time, in milliseconds since 1970.
    Datetime(i64),
    /// A duration, in milliseconds.
    Duration(i64),
    /// A text.
    Text(String),
    /// An entity.
    Entity(EntityRef),
    /// An address or a range of addresses, whose prefix is written where it is not the whole address.
    Address(String),
    /// A set, a record, or a value that Cedar computes.
    Other,
}

impl Scalar {
    /// Whether it has a place on a scale.
    pub fn is_number(&self) -> bool {
        self.number().is_some()
    }

    /// Its place on the scale of its kind, in the unit of the kind.
    pub fn number(&self) -> Option<i64> {
        match self {
            Scalar::Long(number)
            | Scalar::Decimal(number)
            | Scalar::Datetime(number)
            | Scalar::Duration(number) => Some(*number),
            Scalar::Bool(_)
            | Scalar::Text(_)
            | Scalar::Entity(_)
            | Scalar::Address(_)
            | Scalar::Other => None,
        }
    }

    /// A value of ours.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Bool(flag) => Scalar::Bool(*flag),
            Value::Long(number) => Scalar::Long(*number),
            Value::String(text) => Scalar::Text(text.clone()),
            Value::Entity(reference) => Scalar::Entity(reference.clone()),
            Value::Extension(..) => {
                computed(value).map_or(Scalar::Other, |value| Self::of_compiled(&value, |_| None))
            }
            Value::Call(..) => match computed(value) {
                Some(Val::Decimal(number)) => Scalar::Decimal(number),
                Some(Val::Datetime(number)) => Scalar::Datetime(number),
                Some(Val::Duration(number)) => Scalar::Duration(number),
                Some(_) | None => Scalar::Other,
            },
            Value::Set(_) | Value::Record(_) => Scalar::Other,
        }
    }

    /// A value of the compiled path. `entity` knows entities by their numbers.
    pub(super) fn of_compiled(
        value: &Val<'_>,
        entity: impl Fn(EntityId) -> Option<EntityRef>,
    ) -> Self {
        match value {
            Val::Bool(flag) => Scalar::Bool(*flag),
            Val::Long(number) => Scalar::Long(*number),
            Val::Text(text) => Scalar::Text((*text).to_owned()),
            Val::Entity(number) => entity(*number).map_or(Scalar::Other, Scalar::Entity),
            Val::Decimal(number) => Scalar::Decimal(*number),
            Val::Datetime(number) => Scalar::Datetime(*number),
            Val::Duration(number) => Scalar::Duration(*number),
            Val::Ip(ip) => Scalar::Address(ip.to_string()),
            Val::Set(_) | Val::Record(_) | Val::Fields => Scalar::Other,
        }
    }

    /// Puts a value of the compiled path where another one was, and a text in its memory.
    pub(super) fn set(
        into: &mut Option<Self>,
        value: Option<Val<'_>>,
        entity: impl Fn(EntityId) -> Option<EntityRef>,
    ) {
        match (&mut *into, value) {
            (Some(Scalar::Text(known)), Some(Val::Text(text))) => {
                known.clear();
                known.push_str(text);
            }
            (_, value) => *into = value.map(|value| Self::of_compiled(&value, entity)),
        }
    }

    /// The value at a path of a request's context; nothing where there is none, or where it is not known.
    pub fn at(request: &Request, path: &FieldPath) -> Option<Self> {
        let (first, rest) = path.0.split_first()?;
        let mut value = request.context.get(first)?;
        for key in rest {
            match value {
                Value::Record(members) => value = members.get(key)?,
                _ => return None,
            }
        }
        Some(Self::of(value))
    }
}

/// The value of a constructor, or of a function on such values.
fn computed(value: &Value) -> Option<Val<'_>> {
    match value {
        Value::Extension(function, argument) => construct(function, argument),
        Value::Call(function, arguments) => {
            let function = Function::named(function, arguments.len())?;
            let arguments: Vec<Val<'_>> = arguments.iter().map(computed).collect::<Option<_>>()?;
            call(function, &arguments).ok()
        }
        Value::Long(number) => Some(Val::Long(*number)),
        Value::Bool(_) | Value::String(_) | Value::Entity(_) | Value::Set(_) | Value::Record(_) => {
            None
        }
    }
}

/// A decimal, in ten-thousandths, with one to four digits behind the point.
fn decimal_text(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let (whole, part) = (
        number.unsigned_abs() / 10_000,
        number.unsigned_abs() % 10_000,
    );
    let digits = format!("{part:04}");
    let digits = digits.trim_end_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    format!("{sign}{whole}.{digits}")
}

/// A time, in milliseconds since 1970. Cedar's literals end with the year 9999, its values do not.
fn datetime_text(number: i64) -> String {
    let literal = jiff::Timestamp::from_millisecond(number)
        .ok()
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        .filter(|text| !text.starts_with('-'));
    match literal {
        Some(text) => format!("datetime(\"{text}\")"),
        None => format!("datetime(\"1970-01-01\").offset(duration(\"{number}ms\"))"),
    }
}

/// As Cedar writes it.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(flag) => write!(f, "{flag}"),
            Scalar::Long(number) => write!(f, "{number}"),
            Scalar::Decimal(number) => write!(f, "decimal(\"{}\")", decimal_text(*number)),
            Scalar::Datetime(number) => f.write_str(&datetime_text(*number)),
            Scalar::Duration(number) => write!(f, "duration(\"{number}ms\")"),
            Scalar::Text(text) => write!(f, "{}", Value::String(text.clone())),
            Scalar::Entity(reference) => write!(f, "{reference}"),
            Scalar::Address(text) => write!(f, "ip({})", Value::String(text.clone())),
            Scalar::Other => f.write_str("…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_cedar_reads_them() {
        for (function, argument, written) in [
            ("decimal", "-0.50", "decimal(\"-0.5\")"),
            ("decimal", "812.0", "decimal(\"812.0\")"),
            (
                "decimal",
                "922337203685477.5807",
                "decimal(\"922337203685477.5807\")",
            ),
            (
                "datetime",
                "2026-03-01",
                "datetime(\"2026-03-01T00:00:00.000Z\")",
            ),
            (
                "datetime",
                "2026-03-01T10:00:00.125+0200",
                "datetime(\"2026-03-01T08:00:00.125Z\")",
            ),
            ("duration", "1h2ms", "duration(\"3600002ms\")"),
            ("ip", "10.0.0.0/8", "ip(\"10.0.0.0/8\")"),
            ("ip", "10.0.0.1/32", "ip(\"10.0.0.1\")"),
            ("ip", "0::ffff:0a00:1", "ip(\"0:0:0:0:0:ffff:a00:1\")"),
        ] {
            let scalar = Scalar::of(&Value::Extension(function.into(), argument.to_owned()));
            assert_eq!(scalar.to_string(), written);
            if let Some(number) = scalar.number() {
                let inner = written.split('"').nth(1).unwrap_or_default();
                let again = Scalar::of(&Value::Extension(function.into(), inner.to_owned()));
                assert_eq!(again.number(), Some(number));
            }
        }
        assert!(Scalar::Decimal(-5) < Scalar::Decimal(4));
    }
}
