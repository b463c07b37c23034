//! Values of the compiled path: plain data that borrows its texts, sets and records.

use super::names::{AttributeId, EntityId, Names};
use crate::engine::compiled::extension;
use crate::model::Value;
use bumpalo::Bump;
use core::net::IpAddr;
use std::cmp::Ordering;
use std::fmt;

/// An address or a range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ip {
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
}

/// As Cedar reads it: an IPv6 address has no dots.
impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = match self.address {
            IpAddr::V4(address) => {
                write!(f, "{address}")?;
                32
            }
            IpAddr::V6(address) => {
                let short = address.to_string();
                match short.contains('.') {
                    false => f.write_str(&short)?,
                    true => {
                        let parts = address.segments().map(|part| format!("{part:x}"));
                        f.write_str(&parts.join(":"))?;
                    }
                }
                128
            }
        };
        match self.prefix {
            prefix if prefix == whole => Ok(()),
            prefix => write!(f, "/{prefix}"),
        }
    }
}

/// A value. Equality is Cedar's: values of different types differ, sets are equal that have the same elements.
#[derive(Debug, Clone, Copy)]
pub enum Val<'a> {
    Bool(bool),
    Long(i64),
    Text(&'a str),
    Entity(EntityId),
    /// In ten-thousandths.
    Decimal(i64),
    /// In milliseconds since 1970.
    Datetime(i64),
    /// In milliseconds.
    Duration(i64),
    Ip(Ip),
    /// Made by [`set`]: in order, each element once.
    Set(&'a [Val<'a>]),
    Record(&'a [(AttributeId, Val<'a>)]),
    /// A record of the context of which policies only read members; those have places of their own.
    Fields,
}

impl PartialEq for Val<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Val::Bool(a), Val::Bool(b)) => a == b,
            (Val::Text(a), Val::Text(b)) => a == b,
            (Val::Entity(a), Val::Entity(b)) => a == b,
            (Val::Long(a), Val::Long(b))
            | (Val::Decimal(a), Val::Decimal(b))
            | (Val::Datetime(a), Val::Datetime(b))
            | (Val::Duration(a), Val::Duration(b)) => a == b,
            (Val::Ip(a), Val::Ip(b)) => a == b,
            (Val::Set(a), Val::Set(b)) => a == b,
            (Val::Record(a), Val::Record(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, value)| member(b, *key).is_some_and(|other| *value == other))
            }
            // Values of different types; `Fields` is never compared, because what is compared is read as a whole.
            (
                Val::Bool(_)
                | Val::Long(_)
                | Val::Text(_)
                | Val::Entity(_)
                | Val::Decimal(_)
                | Val::Datetime(_)
                | Val::Duration(_)
                | Val::Ip(_)
                | Val::Set(_)
                | Val::Record(_)
                | Val::Fields,
                _,
            ) => false,
        }
    }
}

/// A set with more elements than this is searched by halves.
const FEW: usize = 16;

/// A set: in order and each element once, so that a set of sets is compared without being put in order again.
pub fn set<'a>(room: &'a Bump, mut items: Vec<Val<'a>>) -> Val<'a> {
    items.sort_unstable_by(order);
    items.dedup_by(|a, b| order(a, b) == Ordering::Equal);
    Val::Set(room.alloc_slice_copy(&items))
}

/// The place of a type among all types.
fn rank(value: &Val<'_>) -> u8 {
    match value {
        Val::Bool(_) => 0,
        Val::Long(_) => 1,
        Val::Text(_) => 2,
        Val::Entity(_) => 3,
        Val::Decimal(_) => 4,
        Val::Datetime(_) => 5,
        Val::Duration(_) => 6,
        Val::Ip(_) => 7,
        Val::Set(_) => 8,
        Val::Record(_) => 9,
        Val::Fields => 10,
    }
}

/// A total order of values, in which those and only those are equal that are equal to Cedar.
fn order(a: &Val<'_>, b: &Val<'_>) -> Ordering {
    match (a, b) {
        (Val::Bool(a), Val::Bool(b)) => a.cmp(b),
        (Val::Text(a), Val::Text(b)) => a.cmp(b),
        (Val::Entity(a), Val::Entity(b)) => a.cmp(b),
        (Val::Long(a), Val::Long(b))
        | (Val::Decimal(a), Val::Decimal(b))
        | (Val::Datetime(a), Val::Datetime(b))
        | (Val::Duration(a), Val::Duration(b)) => a.cmp(b),
        (Val::Ip(a), Val::Ip(b)) => (a.address, a.prefix).cmp(&(b.address, b.prefix)),
        (Val::Set(a), Val::Set(b)) => {
            in_turn(a.len(), b.len(), a.iter().zip(*b), |(a, b)| order(a, b))
        }
        (Val::Record(a), Val::Record(b)) => {
            let (a, b) = (by_key(a), by_key(b));
            in_turn(a.len(), b.len(), a.iter().zip(&b), |(a, b)| {
                a.0.cmp(&b.0).then_with(|| order(&a.1, &b.1))
            })
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

/// Fewer before many; as many by the first pair that differs.
fn in_turn<P>(
    a: usize,
    b: usize,
    mut pairs: impl Iterator<Item = P>,
    order: impl Fn(P) -> Ordering,
) -> Ordering {
    a.cmp(&b).then_with(|| {
        pairs
            .find_map(|pair| Some(order(pair)).filter(|found| found.is_ne()))
            .unwrap_or(Ordering::Equal)
    })
}

/// The members of a record in order of their keys.
fn by_key<'s, 'a>(record: &'s [(AttributeId, Val<'a>)]) -> Vec<&'s (AttributeId, Val<'a>)> {
    let mut members: Vec<_> = record.iter().collect();
    members.sort_unstable_by_key(|(key, _)| *key);
    members
}

/// Whether a value is an element of a set.
pub fn contains(set: &[Val<'_>], value: &Val<'_>) -> bool {
    if set.len() <= FEW {
        return set.contains(value);
    }
    set.binary_search_by(|element| order(element, value))
        .is_ok()
}

/// Whether every element of `a` is one of `b`.
pub fn subset(a: &[Val<'_>], b: &[Val<'_>]) -> bool {
    a.iter().all(|element| contains(b, element))
}

/// The member of a record.
pub fn member<'a>(record: &[(AttributeId, Val<'a>)], key: AttributeId) -> Option<Val<'a>> {
    record
        .iter()
        .find(|(name, _)| *name == key)
        .map(|(_, value)| *value)
}

/// Interns a value of ours; nothing where it holds an extension value that Cedar refuses or that is no plain constructor call.
pub fn intern<'g>(ground: &'g Bump, names: &mut Names, value: &Value) -> Option<Val<'g>> {
    Some(match value {
        Value::Bool(flag) => Val::Bool(*flag),
        Value::Long(number) => Val::Long(*number),
        Value::String(text) => Val::Text(ground.alloc_str(text)),
        Value::Entity(reference) => Val::Entity(names.entity(reference)),
        Value::Extension(function, argument) => extension::construct(function, argument)?,
        Value::Call(function, arguments) => {
            let arguments: Vec<Val<'g>> = arguments
                .iter()
                .map(|argument| intern(ground, names, argument))
                .collect::<Option<_>>()?;
            let function = extension::Function::named(function, arguments.len())?;
            extension::call(function, &arguments).ok()?
        }
        Value::Set(items) => {
            let items: Vec<Val<'g>> = items
                .iter()
                .map(|item| intern(ground, names, item))
                .collect::<Option<_>>()?;
            set(ground, items)
        }
        Value::Record(members) => {
            let members: Vec<(AttributeId, Val<'g>)> = members
                .iter()
                .map(|(key, member)| Some((names.attribute(key), intern(ground, names, member)?)))
                .collect::<Option<_>>()?;
            Val::Record(ground.alloc_slice_copy(&members))
        }
    })
}

#[cfg(test)]
mod tests;
