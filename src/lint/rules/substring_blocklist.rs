//! AZ206: a list of what must not stand in a text that the agent writes.

use super::shared_operand::{Kind, kind, named};
use super::shared_pattern::{
    Like, filled, likes, matches, opens, other_case, says_something, shown,
};
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Trust};
use crate::lint::found::Found;
use crate::model::PatternPart;
use crate::repository::{Derivation, LintLevel};

pub(super) static LINT: Lint = Lint {
    code: "AZ206",
    slug: "substring-blocklist",
    title: "a piece of text that is not to occur can be written in another way",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("substring-blocklist.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for like in likes(policy) {
        if !is_blocklist(policy, &like) {
            continue;
        }
        let kind = kind(like.operand);
        let (operand, pattern) = (named(policy, like.operand), shown(like.pattern));
        // What the mapping derives has one spelling, and there are others like it.
        let derived = policy.is_derived(like.operand, &Derivation::ALL);
        let way = match bypass(kind, like.pattern).filter(|_| !derived) {
            Some((text, why)) => format!("`{text}` passes: {why}"),
            None => "what is meant can be said in other words".to_owned(),
        };
        let out = match kind {
            Kind::Command => {
                "permit the commands that are needed, `[\"git status\"].contains(…)`, or give the agent a tool for each of them"
            }
            Kind::Query => {
                "permit the queries that are needed, or give the tool an account of the database that cannot do more"
            }
            Kind::Path => {
                "permit the directories that are needed, `like \"/workspace/*\"`, without `..`"
            }
            Kind::Url | Kind::Host => {
                "permit the hosts that are needed, `[\"api.example.com\"].contains(…)`"
            }
            Kind::Mail | Kind::Tool | Kind::Other => {
                "permit what is known instead: `==`, `[…].contains(…)`, or a pattern with a fixed beginning"
            }
        };
        let level = match allows_some(policy, like.operand) {
            true => LintLevel::Info,
            false => LintLevel::Warning,
        };
        found
            .policy(
                policy,
                like.term.span,
                format!("the agent writes {operand}, and can avoid `{pattern}`"),
            )
            .level(level)
            .help(format!("{way}; {out}"));
    }
}

/// Whether a `like` keeps out what holds a piece of text, and the agent writes what is compared. A piece between slashes
/// is the name of a file or directory, for which there is no other spelling but that of its case.
pub(super) fn is_blocklist(policy: &Policy<'_>, like: &Like<'_>) -> bool {
    let [PatternPart::Wildcard, inner @ .., PatternPart::Wildcard] = like.pattern else {
        return false;
    };
    let (first, last) = (inner.first(), inner.last());
    let name = matches!(first, Some(PatternPart::Text(text)) if text.starts_with('/'))
        && matches!(last, Some(PatternPart::Text(text)) if text.ends_with('/'))
        && kind(like.operand) == Kind::Path;
    like.opens == Some(false)
        && says_something(inner)
        && !name
        && policy.trust(like.operand) == Some(Trust::Agent)
}

/// Whether the policy says which values of the same text it lets through: then the list takes some of them out.
fn allows_some(policy: &Policy<'_>, operand: &Term) -> bool {
    policy.syntax.atoms().into_iter().any(|(term, polarity)| {
        opens(policy, polarity) == Some(true)
            && match &term.kind {
                TermKind::Like(other, pattern) => {
                    other.same(operand) && matches!(pattern.first(), Some(PatternPart::Text(_)))
                }
                TermKind::Binary(BinaryOperator::Eq | BinaryOperator::Contains, sides) => {
                    let [left, right] = sides.as_ref();
                    (left.same(operand) && right.is_constant())
                        || (right.same(operand) && left.is_constant())
                }
                _ => false,
            }
    })
}

/// Another way to write something.
type Way = fn(&str) -> Option<String>;

/// A text that means what a pattern keeps out, and that it does not match; and why it means the same.
fn bypass(kind: Kind, pattern: &[PatternPart]) -> Option<(String, &'static str)> {
    let spaces: (Way, _) = (two_spaces, "two spaces mean what one does");
    let quotes: (Way, _) = (quoted, "a shell takes the quotes out");
    let case: (Way, _) = (cased, "only the case of its letters differs");
    let percent: (Way, _) = (encoded, "a parser of URLs decodes it");
    let dot: (Way, _) = (dotted, "it is the same place");
    let ways: &[(Way, &'static str)] = match kind {
        Kind::Command => &[spaces, quotes],
        Kind::Query => &[spaces, case],
        Kind::Path => &[dot, case],
        Kind::Url => &[percent, case],
        Kind::Host | Kind::Mail | Kind::Tool | Kind::Other => &[case, spaces],
    };
    ways.iter().find_map(|(way, why)| {
        let at = pattern
            .iter()
            .position(|part| matches!(part, PatternPart::Text(text) if way(text).is_some()))?;
        let changed: Vec<PatternPart> = pattern
            .iter()
            .enumerate()
            .map(|(place, part)| match part {
                PatternPart::Text(text) if place == at => {
                    PatternPart::Text(way(text).unwrap_or_default().into())
                }
                part => part.clone(),
            })
            .collect();
        let text = filled(&changed, "");
        (!matches(pattern, &text)).then_some((text, *why))
    })
}

fn two_spaces(text: &str) -> Option<String> {
    let (before, after) = text.split_once(' ')?;
    let inner = !before.is_empty() && !after.is_empty();
    inner.then(|| format!("{before}  {after}"))
}

fn quoted(text: &str) -> Option<String> {
    let at = text.find(|letter: char| letter.is_ascii_alphanumeric())? + 1;
    let (before, after) = text.split_at_checked(at)?;
    let inner = after.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    inner.then(|| format!("{before}''{after}"))
}

fn cased(text: &str) -> Option<String> {
    let other = other_case(text);
    (other != text).then_some(other)
}

fn encoded(text: &str) -> Option<String> {
    // A scheme takes no escapes.
    if text.contains("://") {
        return None;
    }
    let at = text.find(|letter: char| letter.is_ascii_alphanumeric())?;
    let (before, after) = text.split_at_checked(at)?;
    let first = after.bytes().next()?;
    Some(format!("{before}%{first:02X}{}", after.get(1..)?))
}

fn dotted(text: &str) -> Option<String> {
    let (before, after) = text
        .split_once('/')
        .filter(|(before, _)| !before.is_empty())
        .or_else(|| {
            let (before, after) = text.get(1..)?.split_once('/')?;
            Some((text.get(..before.len() + 1)?, after))
        })?;
    (!after.is_empty()).then(|| format!("{before}/./{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(text: &str) -> [PatternPart; 3] {
        [
            PatternPart::Wildcard,
            PatternPart::Text(text.into()),
            PatternPart::Wildcard,
        ]
    }

    #[test]
    fn each_kind_of_text_has_its_way_around() {
        for (kind, text, expected) in [
            (Kind::Command, "rm -rf", "rm  -rf"),
            (Kind::Command, "curl", "c''url"),
            (Kind::Query, "DROP TABLE", "DROP  TABLE"),
            (Kind::Query, "drop", "DROP"),
            (Kind::Path, "/etc/passwd", "/etc/./passwd"),
            (Kind::Path, ".env", ".ENV"),
            (Kind::Url, "pastebin.com", "%70astebin.com"),
            (Kind::Other, "secret", "SECRET"),
        ] {
            let found = bypass(kind, &around(text)).map(|(text, _)| text);
            assert_eq!(found.as_deref(), Some(expected));
        }
        assert_eq!(bypass(Kind::Command, &around("7")), None);
    }
}
