//! What is known of the value of one expression, and what of it cannot be at once.

use crate::cedar::Quantity;
use crate::model::{PatternPart, Span, Value};
use std::sync::Arc;

/// Something that is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    /// It is one of these.
    Among(Vec<Value>),
    /// It is none of these.
    NotAmong(Vec<Value>),
    /// It has the kind of a quantity, and is at least so many units.
    Low(Quantity, i128),
    /// It has the kind of a quantity, and is at most so many units.
    High(Quantity, i128),
    /// It matches a pattern.
    Like(Vec<PatternPart>),
    /// It does not match a pattern.
    NotLike(Vec<PatternPart>),
    /// It is an entity of a type.
    Is(Arc<str>),
    /// It is none of a type.
    IsNot(Arc<str>),
}

impl Rule {
    /// Whether a value may be one of which this is known.
    fn takes(&self, value: &Value) -> bool {
        match self {
            Rule::Among(values) => values.iter().any(|other| same(value, other) != Some(false)),
            Rule::NotAmong(values) => values.iter().all(|other| same(value, other) != Some(true)),
            Rule::Low(kind, units) => of_kind(value, *kind).is_none_or(|own| own >= *units),
            Rule::High(kind, units) => of_kind(value, *kind).is_none_or(|own| own <= *units),
            Rule::Like(pattern) => text(value).is_none_or(|text| matches(pattern, text)),
            Rule::NotLike(pattern) => text(value).is_none_or(|text| !matches(pattern, text)),
            Rule::Is(ty) => entity_type(value).is_none_or(|own| own == ty.as_ref()),
            Rule::IsNot(ty) => entity_type(value).is_none_or(|own| own != ty.as_ref()),
        }
    }
}

/// The place of a rule that cannot be together with the last one, or with another that the last one leaves too little for.
pub(super) fn clash(rules: &[(Rule, Span)]) -> Option<Span> {
    let (last, here) = rules.last()?;
    for (rule, span) in rules {
        let Rule::Among(values) = rule else { continue };
        let left = values
            .iter()
            .any(|value| rules.iter().all(|(other, _)| other.takes(value)));
        if !left {
            // Where the last one is the set itself, it is whatever takes its values away.
            let mut others = rules.iter().filter(|(_, place)| place != here);
            let taker = others.find(|(other, _)| values.iter().any(|value| !other.takes(value)));
            return Some(match (span == here, taker) {
                (true, Some((_, place))) => *place,
                (true, None) | (false, _) => *span,
            });
        }
    }
    let found = rules.iter().find(|(rule, _)| excludes(rule, last));
    found.map(|(_, span)| *span)
}

/// Whether no value can be both, where neither says which values there are.
fn excludes(one: &Rule, other: &Rule) -> bool {
    match (one, other) {
        (Rule::Low(kind, low), Rule::High(other, high))
        | (Rule::High(other, high), Rule::Low(kind, low)) => {
            kind.partial_cmp(other).is_some() && low > high
        }
        (Rule::Like(one), Rule::NotLike(other)) | (Rule::NotLike(other), Rule::Like(one)) => {
            one == other
        }
        (Rule::Like(one), Rule::Like(other)) => {
            let apart = |one: &str, other: &str| !one.starts_with(other) && !other.starts_with(one);
            let fore = start(one).zip(start(other));
            fore.is_some_and(|(one, other)| apart(one, other)) || apart_at_end(one, other)
        }
        (Rule::Is(one), Rule::Is(other)) => one != other,
        (Rule::Is(one), Rule::IsNot(other)) | (Rule::IsNot(other), Rule::Is(one)) => one == other,
        _ => false,
    }
}

fn start(pattern: &[PatternPart]) -> Option<&str> {
    match pattern.first()? {
        PatternPart::Text(text) => Some(text),
        PatternPart::Wildcard => None,
    }
}

fn apart_at_end(one: &[PatternPart], other: &[PatternPart]) -> bool {
    match (one.last(), other.last()) {
        (Some(PatternPart::Text(one)), Some(PatternPart::Text(other))) => {
            !one.ends_with(other.as_ref()) && !other.ends_with(one.as_ref())
        }
        _ => false,
    }
}

/// Whether two values are equal; nothing where their texts do not say.
pub(super) fn same(one: &Value, other: &Value) -> Option<bool> {
    match (one, other) {
        (Value::Extension(..), Value::Extension(..)) => {
            let quantities = Quantity::of(one).zip(Quantity::of(other));
            match quantities.and_then(|(one, other)| one.partial_cmp(&other)) {
                Some(order) => Some(order.is_eq()),
                None => (one == other).then_some(true),
            }
        }
        _ => Some(one == other),
    }
}

fn of_kind(value: &Value, kind: Quantity) -> Option<i128> {
    let own = Quantity::of(value)?;
    own.partial_cmp(&kind)?;
    Some(i128::from(own.units()))
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn entity_type(value: &Value) -> Option<&str> {
    match value {
        Value::Entity(entity) => Some(&entity.ty),
        _ => None,
    }
}

/// Whether a text matches a pattern, as `like` asks.
pub(super) fn matches(pattern: &[PatternPart], text: &str) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return text.is_empty();
    };
    match first {
        PatternPart::Text(part) => {
            let after = text.strip_prefix(part.as_ref());
            after.is_some_and(|after| matches(rest, after))
        }
        PatternPart::Wildcard => match rest.split_first() {
            None => true,
            Some((PatternPart::Wildcard, _)) => matches(rest, text),
            Some((PatternPart::Text(_), [])) => {
                matches!(rest, [PatternPart::Text(part)] if text.ends_with(part.as_ref()))
            }
            Some((PatternPart::Text(part), later)) => {
                // The first place leaves the most for what follows, which begins with a wildcard again, or ends.
                match text.find(part.as_ref()) {
                    Some(at) => {
                        let after = text.get(at + part.len()..).unwrap_or_default();
                        matches(later, after) || {
                            let next = text.char_indices().nth(1).map_or(text.len(), |(at, _)| at);
                            !text.is_empty()
                                && matches(pattern, text.get(next..).unwrap_or_default())
                        }
                    }
                    None => false,
                }
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_cedar() {
        let pattern = |text: &str| -> Vec<PatternPart> {
            let mut parts = Vec::new();
            for (at, piece) in text.split('*').enumerate() {
                if at > 0 {
                    parts.push(PatternPart::Wildcard);
                }
                if !piece.is_empty() {
                    parts.push(PatternPart::Text(piece.into()));
                }
            }
            parts
        };
        for (like, text, expected) in [
            ("a*", "abc", true),
            ("a*", "ba", false),
            ("*c", "abc", true),
            ("*b*", "abc", true),
            ("*b*b", "ab", false),
            ("*ab*b", "abab", true),
            ("", "", true),
            ("*", "", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(matches(&pattern(like), text), expected, "{like} {text}");
        }
    }
}
