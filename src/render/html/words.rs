//! Words, symbols and tones for what a document names.

use super::super::numbers::grouped;
use crate::diff::document::{ApprovalState, ControlKind, ExemplarKind, GateVerdict, Origin, Risk};
use crate::model::ChangeClass;
use serde::Serialize;

/// How a thing looks: the name of a class of the style, and a symbol, so that colour never stands alone.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Tone {
    pub class: &'static str,
    pub symbol: &'static str,
    pub word: &'static str,
}

pub(super) const GAINED: Tone = tone("gained", "▲", "gained");
pub(super) const LOST: Tone = tone("lost", "▼", "lost");
pub(super) const OTHER: Tone = tone("other", "?", "other");

const fn tone(class: &'static str, symbol: &'static str, word: &'static str) -> Tone {
    Tone {
        class,
        symbol,
        word,
    }
}

pub(super) fn direction(widened: bool, narrowed: bool) -> Tone {
    match (widened, narrowed) {
        (true, _) => GAINED,
        (false, true) => LOST,
        (false, false) => OTHER,
    }
}

pub(super) fn class(class: ChangeClass) -> &'static str {
    match class {
        ChangeClass::ErrorOpened => "error opened",
        ChangeClass::NewlyAllowed => "newly allowed",
        ChangeClass::ErrorClosed => "error closed",
        ChangeClass::NewlyDenied => "newly denied",
        ChangeClass::NewlyUndecidable => "newly undecidable",
        ChangeClass::NewlyDecidable => "newly decidable",
        ChangeClass::ErrorChanged => "error changed",
        ChangeClass::ReasonChanged => "reason changed",
        ChangeClass::Unchanged => "unchanged",
    }
}

pub(super) fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Money => "moves money",
        Risk::Destructive => "destroys",
        Risk::Admin => "changes access",
        Risk::Egress => "sends out",
        Risk::Write => "writes",
        Risk::Unrated => "not rated",
        Risk::Read => "reads",
    }
}

pub(super) fn gate(verdict: GateVerdict) -> Tone {
    match verdict {
        GateVerdict::Failed => tone("failed", "✕", "failed"),
        GateVerdict::Inconclusive => tone("inconclusive", "?", "inconclusive"),
        GateVerdict::Passed => tone("passed", "✓", "passed"),
    }
}

pub(super) fn approval(state: ApprovalState) -> Tone {
    match state {
        ApprovalState::Used => tone("passed", "✓", "approved"),
        ApprovalState::Drifted => tone("failed", "✕", "approval drifted"),
        ApprovalState::Expired => tone("failed", "✕", "approval expired"),
        ApprovalState::Unused => tone("inconclusive", "?", "approval unused"),
    }
}

pub(super) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Policy => "the policy",
        Origin::Entities => "entities",
        Origin::Schema => "the schema",
        Origin::Mapping => "the mapping",
    }
}

pub(super) fn exemplar(kind: ExemplarKind) -> &'static str {
    match kind {
        ExemplarKind::Riskiest => "riskiest",
        ExemplarKind::Newest => "newest",
        ExemplarKind::Smallest => "smallest",
    }
}

pub(super) fn control(kind: ControlKind) -> &'static str {
    match kind {
        ControlKind::Gate => "gate",
        ControlKind::Manifest => "manifest",
        ControlKind::Approval => "approval",
        ControlKind::Test => "test",
        ControlKind::Mapping => "mapping",
        ControlKind::Lint => "lint",
    }
}

/// The day of a time as it was recorded, where it begins with one.
pub(super) fn day(time: &str) -> &str {
    let looks = time.len() > 10
        && time
            .bytes()
            .take(11)
            .enumerate()
            .all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                10 => byte == b'T' || byte == b' ',
                _ => byte.is_ascii_digit(),
            });
    match time.get(..10) {
        Some(day) if looks => day,
        _ => time,
    }
}

/// A number with words that depend on it.
pub(super) fn plural(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { many }
    )
}

/// A noun as a number wants it.
pub(super) fn noun(number: u64, noun: String) -> String {
    match number {
        1 => noun,
        _ => noun + "s",
    }
}

/// The most names within backticks that are shown as such.
const NAMES: usize = 20;

/// A sentence in parts, each with whether it stood in backticks.
pub(super) fn prose(text: String) -> Vec<(String, bool)> {
    let ticks = text.matches('`').count();
    if ticks % 2 == 1 || ticks > 2 * NAMES {
        return vec![(text, false)];
    }
    text.split('`')
        .enumerate()
        .map(|(at, part)| (part.to_owned(), at % 2 == 1))
        .filter(|(part, _)| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_backticks_are_told_apart() {
        let parts = prose("`a` now `b`".to_owned());
        let names: Vec<&str> = parts
            .iter()
            .filter(|part| part.1)
            .map(|part| part.0.as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(prose("a ` b".to_owned()), [("a ` b".to_owned(), false)]);
        assert_eq!(prose("`".repeat(1_000)).len(), 1);
    }

    #[test]
    fn only_a_day_is_a_day() {
        assert_eq!(day("2026-10-01T00:00:00Z"), "2026-10-01");
        assert_eq!(day("2026-1"), "2026-1");
        assert_eq!(day("tomorrow, I think"), "tomorrow, I think");
    }
}
