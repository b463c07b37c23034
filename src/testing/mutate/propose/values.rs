//! Values of a type near the boundaries of policies.

use super::ground::Ground;
use super::pool::Pool;
use crate::cedar::Quantity;
use crate::model::{PatternPart, RecordType, Type, Value};
use std::collections::BTreeMap;

/// How many entities of a type are tried.
const ENTITIES: usize = 40;
/// How many elements of a set are tried.
const ELEMENTS: usize = 12;

/// Values worth trying, those of the boundary first; `now` is the value that is there.
pub(super) fn candidates(
    ty: &Type,
    pool: &Pool,
    ground: &Ground<'_>,
    now: Option<&Value>,
) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    match ty {
        Type::Bool => found.extend([Value::Bool(true), Value::Bool(false)]),
        Type::Long => longs(pool, &mut found),
        Type::String => strings(pool, &mut found),
        Type::Decimal => quantities("decimal", pool, &mut found),
        Type::Duration => quantities("duration", pool, &mut found),
        Type::Datetime => {
            quantities("datetime", pool, &mut found);
            times(pool, now, &mut found);
        }
        Type::IpAddr => addresses(pool, &mut found),
        Type::Entity(name) => {
            found.extend(pool.entities(name).cloned().map(Value::Entity));
            let known = ground.entities(name).take(ENTITIES).cloned();
            let listed = ground.listed(name).take(ENTITIES);
            found.extend(known.chain(listed).map(Value::Entity));
        }
        Type::Set(element) => {
            let sets = pool.values.iter().filter(|value| is_set_of(value, element));
            found.extend(sets.cloned());
            let elements = candidates(element, pool, ground, None);
            let elements = || elements.iter().take(ELEMENTS).cloned();
            found.push(Value::Set(Vec::new()));
            found.extend(elements().map(|element| Value::Set(vec![element])));
            if let Some(Value::Set(items)) = now {
                found.extend(elements().map(|element| {
                    let mut items = items.clone();
                    items.push(element);
                    Value::Set(items)
                }));
            }
        }
        // Its members are varied one by one.
        Type::Record(_) => {}
    }
    let mut kept: Vec<Value> = Vec::new();
    for value in found {
        if now != Some(&value) && !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

fn is_set_of(value: &Value, element: &Type) -> bool {
    let Value::Set(items) = value else {
        return false;
    };
    items.iter().all(|item| match (item, element) {
        (Value::Bool(_), Type::Bool)
        | (Value::Long(_), Type::Long)
        | (Value::String(_), Type::String) => true,
        (Value::Entity(uid), Type::Entity(name)) => uid.ty == *name,
        _ => false,
    })
}

fn longs(pool: &Pool, found: &mut Vec<Value>) {
    let literals = || {
        pool.values.iter().filter_map(|value| match value {
            Value::Long(number) => Some(*number),
            _ => None,
        })
    };
    let around = |number: i64| [Some(number), number.checked_add(1), number.checked_sub(1)];
    for number in literals() {
        found.extend(around(number).into_iter().flatten().map(Value::Long));
    }
    // A product, a sum or a difference with another number of the context may be what is compared.
    for number in literals() {
        for factor in &pool.factors {
            let parts = [
                number.checked_div(*factor),
                number.checked_sub(*factor),
                number.checked_add(*factor),
            ];
            for part in parts.into_iter().flatten() {
                found.extend(around(part).into_iter().flatten().map(Value::Long));
            }
        }
    }
    found.extend([Value::Long(0), Value::Long(1)]);
}

fn strings(pool: &Pool, found: &mut Vec<Value>) {
    for pattern in &pool.patterns {
        found.extend(matching(pattern, "x").into_iter().map(Value::String));
    }
    // A text that two patterns take: what the one takes, where the other is wild.
    for pattern in &pool.patterns {
        for other in pool.patterns.iter().filter(|other| *other != pattern) {
            let inner = filled(other, "x", None);
            found.push(Value::String(filled(pattern, &inner, None)));
        }
    }
    let literals = pool.values.iter().filter_map(|value| match value {
        Value::String(text) => Some(text),
        _ => None,
    });
    for text in literals {
        found.push(Value::String(text.clone()));
    }
    found.extend([Value::String("x".to_owned()), Value::String(String::new())]);
}

/// A pattern with a text in the place of its wildcards, and without one of its own texts.
fn filled(pattern: &[PatternPart], wild: &str, left_out: Option<usize>) -> String {
    let parts = pattern.iter().enumerate();
    let parts = parts.map(|(at, part)| match part {
        PatternPart::Wildcard => wild,
        PatternPart::Text(_) if left_out == Some(at) => "",
        PatternPart::Text(text) => text,
    });
    parts.collect()
}

/// Texts that a pattern takes, and texts that it only just does not.
fn matching(pattern: &[PatternPart], wild: &str) -> Vec<String> {
    let whole = filled(pattern, wild, None);
    let mut texts = vec![
        whole.clone(),
        format!("{wild}{whole}"),
        format!("{whole}{wild}"),
        filled(pattern, "", None),
    ];
    for (at, part) in pattern.iter().enumerate() {
        if let PatternPart::Text(_) = part {
            texts.push(filled(pattern, wild, Some(at)));
        }
    }
    texts
}

fn quantities(function: &str, pool: &Pool, found: &mut Vec<Value>) {
    for value in &pool.values {
        let Value::Extension(name, _) = value else {
            continue;
        };
        if name.as_ref() != function {
            continue;
        }
        if let Some(quantity) = Quantity::of(value) {
            let near = [0, 1, -1].map(|step| quantity.shifted(step));
            found.extend(near.into_iter().flatten());
        }
    }
    if function == "decimal" {
        found.push(Value::Extension("decimal".into(), "1.0".to_owned()));
    }
}

/// Times that lie a duration of the pool behind another time, and at that time of the day.
fn times(pool: &Pool, now: Option<&Value>, found: &mut Vec<Value>) {
    const DAY: i64 = 86_400_000;
    let of = |function: &'static str| {
        pool.values.iter().chain(now).filter(
            move |value| matches!(value, Value::Extension(name, _) if name.as_ref() == function),
        )
    };
    for time in of("datetime").filter_map(Quantity::of) {
        let day = time.units().rem_euclid(DAY);
        for duration in of("duration").filter_map(Quantity::of) {
            for start in [0, -day] {
                let steps = [0, 1, -1].map(|step| {
                    let by = start.checked_add(duration.units())?.checked_add(step)?;
                    time.shifted(by)
                });
                found.extend(steps.into_iter().flatten());
            }
        }
    }
}

fn addresses(pool: &Pool, found: &mut Vec<Value>) {
    let ip = |text: &str| Value::Extension("ip".into(), text.to_owned());
    for value in &pool.values {
        if let Value::Extension(name, text) = value
            && name.as_ref() == "ip"
        {
            found.extend(text.split_once('/').map(|(address, _)| ip(address)));
            found.push(value.clone());
        }
    }
    found.extend(["192.0.2.1", "127.0.0.1", "224.0.0.1", "::1"].map(ip));
}

/// Some value of a type, for what a schema requires.
pub(super) fn plain(ty: &Type, ground: &Ground<'_>) -> Option<Value> {
    let extension = |name: &str, text: &str| Value::Extension(name.into(), text.to_owned());
    Some(match ty {
        Type::Bool => Value::Bool(false),
        Type::Long => Value::Long(1),
        Type::String => Value::String("x".to_owned()),
        Type::Decimal => extension("decimal", "1.0"),
        Type::IpAddr => extension("ip", "192.0.2.1"),
        Type::Datetime => extension("datetime", "2026-01-01"),
        Type::Duration => extension("duration", "1h"),
        Type::Entity(name) => Value::Entity(ground.some(name)),
        Type::Set(_) => Value::Set(Vec::new()),
        Type::Record(record) => Value::Record(required(record, ground)?),
    })
}

/// A record with what its type requires.
pub(super) fn required(
    record: &RecordType,
    ground: &Ground<'_>,
) -> Option<BTreeMap<String, Value>> {
    let required = record
        .attributes
        .iter()
        .filter(|(_, attribute)| attribute.required);
    required
        .map(|(name, attribute)| Some((name.to_string(), plain(&attribute.ty, ground)?)))
        .collect()
}
