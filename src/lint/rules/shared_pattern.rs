//! Patterns of `like`, and which way a condition works.

use crate::cedar::{Polarity, Term, TermKind};
use crate::lint::context::Policy;
use crate::model::PatternPart;
use std::fmt::Write as _;

/// A `like` of a policy, as a condition.
pub(super) struct Like<'p> {
    /// The whole comparison.
    pub(super) term: &'p Term,
    /// What is compared.
    pub(super) operand: &'p Term,
    /// With what.
    pub(super) pattern: &'p [PatternPart],
    /// Whether a match lets a request through; nothing where it may do either.
    pub(super) opens: Option<bool>,
}

/// Every `like` that is a condition of its own.
pub(super) fn likes<'p>(policy: &'p Policy<'_>) -> Vec<Like<'p>> {
    let atoms = policy.syntax.atoms().into_iter();
    atoms
        .filter_map(|(term, polarity)| match &term.kind {
            TermKind::Like(operand, pattern) => Some(Like {
                term,
                operand,
                pattern,
                opens: opens(policy, polarity),
            }),
            _ => None,
        })
        .collect()
}

/// Whether a condition that becomes true lets a request through: in a permit, or as what a forbid makes an exception of.
pub(super) fn opens(policy: &Policy<'_>, polarity: Polarity) -> Option<bool> {
    match polarity {
        Polarity::Positive => Some(!policy.is_forbid()),
        Polarity::Negative => Some(policy.is_forbid()),
        Polarity::Both => None,
    }
}

/// A pattern as it is written between quotes.
pub(super) fn shown(pattern: &[PatternPart]) -> String {
    let mut out = String::new();
    for part in pattern {
        match part {
            PatternPart::Wildcard => out.push('*'),
            PatternPart::Text(text) => {
                let _ = write!(
                    out,
                    "{}",
                    text.escape_debug().to_string().replace('*', "\\*")
                );
            }
        }
    }
    out
}

/// A text that a pattern matches: its own, with something in place of the wildcards.
pub(super) fn filled(pattern: &[PatternPart], with: &str) -> String {
    let parts = pattern.iter().map(|part| match part {
        PatternPart::Wildcard => with,
        PatternPart::Text(text) => text.as_ref(),
    });
    parts.collect()
}

/// Whether a pattern holds letters or digits. One that does not is about a sign, which cannot be written in another way.
pub(super) fn says_something(pattern: &[PatternPart]) -> bool {
    pattern.iter().any(|part| match part {
        PatternPart::Wildcard => false,
        PatternPart::Text(text) => text.chars().any(char::is_alphanumeric),
    })
}

/// Whether a pattern matches a text, as Cedar's `like` does. Each piece is taken where it comes first.
pub(super) fn matches(pattern: &[PatternPart], text: &str) -> bool {
    let mut rest = text;
    let mut anywhere = false;
    for (at, part) in pattern.iter().enumerate() {
        match part {
            PatternPart::Wildcard => anywhere = true,
            PatternPart::Text(own) if anywhere && at + 1 == pattern.len() => {
                return rest.ends_with(own.as_ref());
            }
            PatternPart::Text(own) => {
                let found = match anywhere {
                    true => rest.split_once(own.as_ref()).map(|(_, after)| after),
                    false => rest.strip_prefix(own.as_ref()),
                };
                let Some(after) = found else { return false };
                rest = after;
                anywhere = false;
            }
        }
    }
    rest.is_empty() || anywhere
}

/// A text with the case of its letters turned: all small ones great, else all small.
pub(super) fn other_case(text: &str) -> String {
    match text.chars().any(char::is_uppercase) {
        true => text.to_lowercase(),
        false => text.to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Vec<PatternPart> {
        let mut out = Vec::new();
        for (at, piece) in text.split('*').enumerate() {
            if at > 0 {
                out.push(PatternPart::Wildcard);
            }
            if !piece.is_empty() {
                out.push(PatternPart::Text(piece.into()));
            }
        }
        out
    }

    #[test]
    fn patterns_match_as_cedar_does() {
        for (written, text, expected) in [
            ("*rm -rf*", "sudo rm -rf /", true),
            ("*rm -rf*", "rm  -rf /", false),
            ("/w/*.txt", "/w/é/a.txt", true),
            ("/w/*.txt", "/w/a.txt ", false),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(
                matches(&pattern(written), text),
                expected,
                "{written} {text}"
            );
        }
        assert_eq!(shown(&pattern("*a\"b*")), "*a\\\"b*");
        assert_eq!(filled(&pattern("*/x/*"), "y"), "y/x/y");
        assert!(!says_something(&pattern("*..*")));
    }
}
