//! Numbers, decimals, times and durations as Cedar writes them, to be compared exactly.

use super::values::{call, extension};
use crate::model::Value;
use cedar_policy_core::ast;
use std::sync::LazyLock;

/// What kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Long,
    Decimal,
    Datetime,
    Duration,
}

/// A value that has an order. Values of different kinds have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    kind: Kind,
    /// The number itself, ten-thousandths, or milliseconds.
    units: i64,
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (self.kind == other.kind).then(|| self.units.cmp(&other.units))
    }
}

/// Digits behind the point of a decimal.
const DIGITS: usize = 4;

impl Quantity {
    /// The quantity that a value is.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Long(units) => Some(Self {
                kind: Kind::Long,
                units: *units,
            }),
            Value::Extension(function, argument) => Self::made(function, argument),
            _ => None,
        }
    }

    /// The number itself, ten-thousandths of a decimal, or milliseconds.
    pub fn units(self) -> i64 {
        self.units
    }

    /// The value that lies so many units behind it, where there is one.
    pub fn shifted(self, by: i64) -> Option<Value> {
        let units = self.units.checked_add(by)?;
        let (function, text) = match self.kind {
            Kind::Long => return Some(Value::Long(units)),
            Kind::Decimal => ("decimal", decimal_text(units)),
            Kind::Duration => ("duration", format!("{units}ms")),
            Kind::Datetime => {
                let time = jiff::Timestamp::from_millisecond(units).ok()?;
                let format = match units % 1000 {
                    0 => "%Y-%m-%dT%H:%M:%SZ",
                    _ => "%Y-%m-%dT%H:%M:%S.%3fZ",
                };
                ("datetime", time.strftime(format).to_string())
            }
        };
        extension(function, &text).ok()?;
        Some(Value::Extension(function.into(), text))
    }

    /// What a constructor makes of a text.
    fn made(function: &str, argument: &str) -> Option<Self> {
        match function {
            "decimal" => decimal(argument),
            "duration" => milliseconds(extension("duration", argument).ok()?, Kind::Duration),
            "datetime" => since_epoch(extension("datetime", argument).ok()?),
            _ => None,
        }
    }

    /// Reads `12`, `decimal("1.50")`, `datetime("2026-01-31")`, `duration("1h")`, and
    /// `datetime("…").offset(duration("…"))`. Nothing where it is something else, or something that Cedar refuses.
    pub fn parse(text: &str) -> Option<Self> {
        for function in ["decimal", "duration", "datetime"] {
            if let Some(argument) = argument(text, function) {
                return Self::made(function, argument);
            }
        }
        if text.starts_with("datetime(") {
            let (start, by) = text.strip_suffix(')')?.split_once(").offset(")?;
            let start = format!("{start})");
            let start = extension("datetime", argument(&start, "datetime")?).ok()?;
            let by = extension("duration", argument(by, "duration")?).ok()?;
            return since_epoch(call("offset", &[start, by]).ok()?);
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let units = text.parse().ok()?;
        Some(Self {
            kind: Kind::Long,
            units,
        })
    }
}

/// A decimal of so many ten-thousandths, with as few digits as it needs, but one.
pub(super) fn decimal_text(units: i64) -> String {
    let digits = format!("{:05}", units.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len() - DIGITS);
    let fraction = fraction.trim_end_matches('0');
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
}

/// The text in `function("…")`, where nothing in it is escaped.
fn argument<'t>(text: &'t str, function: &str) -> Option<&'t str> {
    let inner = text.strip_prefix(function)?.strip_prefix("(\"")?;
    let inner = inner.strip_suffix("\")")?;
    (!inner.contains(['"', '\\'])).then_some(inner)
}

fn decimal(argument: &str) -> Option<Quantity> {
    if !is_plain_decimal(argument) {
        extension("decimal", argument).ok()?;
    }
    // Cedar takes at least one and at most four decimals.
    let (whole, fraction) = argument.split_once('.')?;
    let units = format!("{whole}{fraction:0<4}").parse().ok()?;
    Some(Quantity {
        kind: Kind::Decimal,
        units,
    })
}

/// Whether a text surely is a decimal: some digits, a point, and at most four more.
fn is_plain_decimal(argument: &str) -> bool {
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let unsigned = argument.strip_prefix('-').unwrap_or(argument);
    let parts = unsigned.split_once('.');
    parts.is_some_and(|(whole, fraction)| digits(whole, 12) && digits(fraction, DIGITS))
}

fn since_epoch(datetime: ast::Value) -> Option<Quantity> {
    static EPOCH: LazyLock<Option<ast::Value>> =
        LazyLock::new(|| extension("datetime", "1970-01-01").ok());
    let epoch = EPOCH.clone()?;
    milliseconds(
        call("durationSince", &[datetime, epoch]).ok()?,
        Kind::Datetime,
    )
}

fn milliseconds(duration: ast::Value, kind: Kind) -> Option<Quantity> {
    let value = call("toMilliseconds", &[duration]).ok()?;
    match value.value_kind() {
        ast::ValueKind::Lit(ast::Literal::Long(units)) => Some(Quantity {
            kind,
            units: *units,
        }),
        ast::ValueKind::Lit(
            ast::Literal::Bool(_) | ast::Literal::String(_) | ast::Literal::EntityUID(_),
        )
        | ast::ValueKind::Set(_)
        | ast::ValueKind::Record(_)
        | ast::ValueKind::ExtensionValue(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_for_a_decimal_is_one() {
        for text in ["0.0", "-0.5", "007.1200", "999999999999.9999", "-1.2345"] {
            assert!(is_plain_decimal(text), "{text}");
            assert!(extension("decimal", text).is_ok(), "{text}");
        }
        for text in [
            "",
            "1",
            "1.",
            ".5",
            "-",
            "--1.0",
            "+1.0",
            "1.23456",
            "1.2.3",
            "1,0",
            " 1.0",
            "\u{661}.0",
        ] {
            assert!(!is_plain_decimal(text), "{text}");
        }
    }

    #[track_caller]
    fn ascending(texts: &[&str]) {
        let read: Vec<Quantity> = texts
            .iter()
            .map(|text| Quantity::parse(text).unwrap_or_else(|| panic!("{text}")))
            .collect();
        assert!(read.windows(2).all(|pair| pair[0] < pair[1]), "{read:?}");
    }

    #[test]
    fn quantities_are_in_their_order() {
        ascending(&[
            "-9223372036854775808",
            "-1",
            "0",
            "9",
            "10",
            "9223372036854775807",
        ]);
        ascending(&[
            r#"decimal("-922337203685477.5808")"#,
            r#"decimal("-1.5")"#,
            r#"decimal("-0.5")"#,
            r#"decimal("0.0001")"#,
            r#"decimal("9.99")"#,
            r#"decimal("10.0")"#,
        ]);
        ascending(&[
            r#"datetime("1969-12-31")"#,
            r#"datetime("1970-01-01").offset(duration("-1ms"))"#,
            r#"datetime("2026-10-21")"#,
            r#"datetime("2026-10-21T09:14:03Z")"#,
        ]);
        ascending(&[
            r#"duration("-1d")"#,
            r#"duration("59m")"#,
            r#"duration("1h")"#,
        ]);
    }

    #[test]
    fn quantities_are_shifted_by_a_unit() {
        for (text, by, shifted) in [
            ("10", -1, "9"),
            (r#"decimal("1.50")"#, 1, r#"decimal("1.5001")"#),
            (r#"decimal("0.0")"#, -1, r#"decimal("-0.0001")"#),
            (r#"decimal("9.9999")"#, 1, r#"decimal("10.0")"#),
            (r#"duration("1s")"#, -1, r#"duration("999ms")"#),
            (
                r#"datetime("2026-10-21")"#,
                0,
                r#"datetime("2026-10-21T00:00:00Z")"#,
            ),
            (
                r#"datetime("1970-01-01")"#,
                -1,
                r#"datetime("1969-12-31T23:59:59.999Z")"#,
            ),
        ] {
            let found = Quantity::parse(text).unwrap().shifted(by).unwrap();
            assert_eq!(found.to_string(), shifted, "{text}");
            assert_eq!(
                Quantity::of(&found).unwrap().units(),
                Quantity::parse(text).unwrap().units() + by
            );
        }
        assert_eq!(
            Quantity::parse(&i64::MAX.to_string()).unwrap().shifted(1),
            None
        );
    }

    #[test]
    fn equal_quantities_are_equal_however_they_are_written() {
        let parse = |text| Quantity::parse(text).unwrap();
        assert_eq!(parse(r#"decimal("1.5")"#), parse(r#"decimal("1.5000")"#));
        assert_eq!(parse(r#"duration("60m")"#), parse(r#"duration("1h")"#));
        assert_eq!(
            parse(r#"datetime("2026-10-21T02:00:00+0200")"#),
            parse(r#"datetime("2026-10-21")"#)
        );
    }

    #[test]
    fn what_is_no_quantity_is_none_and_kinds_have_no_common_order() {
        for text in [
            "",
            "-",
            "+1",
            "1.5",
            "\"1\"",
            "true",
            "9223372036854775808",
            "1 ",
            "decimal(\"1\")",
            "decimal(\"1.0\") ",
            "decimal(\"\\u{31}.0\")",
            "datetime(\"soon\")",
            "ip(\"::1\")",
            "offset(1, 2)",
            "datetime(1).offset(2)",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
        let one = Quantity::parse("1").unwrap();
        let other = Quantity::parse("duration(\"1ms\")").unwrap();
        assert_eq!(one.partial_cmp(&other), None);
    }
}
