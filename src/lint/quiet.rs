//! Findings that say again what another one says of the same expression: the one that names the cause speaks, and the others
//! are silent.

use super::found::Finding;
use crate::model::{Sources, Span};
use crate::repository::LintLevel;
use std::collections::BTreeMap;

/// Where what is silent stands.
enum Place {
    /// Within what speaks.
    Within,
    /// Around what speaks.
    Around,
    /// Around what speaks, with nothing but negations between them.
    Negated,
}

/// What speaks, and what is silent for it.
const SPEAKS: &[(&str, Place, &[&str])] = &[
    // A pattern that matches everything is why a condition around it always holds.
    ("AZ205", Place::Around, &["AZ112"]),
    // Of a condition that always holds, no branch counts, and none is worth another form.
    (
        "AZ112",
        Place::Within,
        &[
            "AZ121", "AZ209", "AZ502", "AZ503", "AZ505", "AZ506", "AZ507", "AZ508", "AZ509",
        ],
    ),
    ("AZ112", Place::Negated, &["AZ502", "AZ509"]),
    // What it follows from is said there.
    ("AZ114", Place::Within, &["AZ112"]),
    // `true == x` is to be `x`, and not `x == true`.
    ("AZ503", Place::Within, &["AZ505"]),
];

/// The places of what speaks in a file.
type Places<'f> = BTreeMap<(&'f str, &'f str), Vec<(Span, LintLevel)>>;

/// Takes out what is said by another finding already, which weighs as much.
pub(super) fn quiet(findings: &mut Vec<Finding>, sources: &Sources) {
    let mut places = Places::new();
    for found in findings.iter() {
        if SPEAKS.iter().any(|(code, _, _)| *code == found.lint.code) {
            let key = (found.lint.code, found.path.as_ref());
            let own = places.entry(key).or_default();
            own.push((found.span, found.level));
        }
    }
    places.values_mut().for_each(|spans| spans.sort_unstable());
    let said: Vec<bool> = findings
        .iter()
        .map(|found| is_said(found, &places, sources))
        .collect();
    let mut said = said.into_iter();
    findings.retain(|_| said.next() != Some(true));
}

fn is_said(found: &Finding, places: &Places<'_>, sources: &Sources) -> bool {
    // Nothing is marked in Cedar's JSON form.
    let marked = found.span.len > 0;
    marked
        && SPEAKS.iter().any(|(code, place, silent)| {
            if !silent.contains(&found.lint.code) {
                return false;
            }
            let spans = places.get(&(*code, found.path.as_ref()));
            let speaker = spans.and_then(|spans| speaker(spans, found.span, place));
            let between = |inner: Span| {
                let text = |from: usize, to: usize| {
                    let file = sources.get(&found.path)?;
                    file.text.get(from..to)
                };
                let before = text(found.span.start, inner.start);
                let after = text(inner.end(), found.span.end());
                let is_sign = |letter: char| letter.is_whitespace() || "!(){}".contains(letter);
                let plain = |text: &str| text.replace("unless", "").chars().all(is_sign);
                before.is_some_and(plain) && after.is_some_and(plain)
            };
            speaker.is_some_and(|(inner, level)| {
                level >= found.level && (!matches!(place, Place::Negated) || between(inner))
            })
        })
}

/// Of some spans, which are in order and of which none lies within another, the one that is where a speaker must be.
fn speaker(spans: &[(Span, LintLevel)], own: Span, place: &Place) -> Option<(Span, LintLevel)> {
    match place {
        Place::Within => {
            let behind = spans.partition_point(|(span, _)| span.start <= own.start);
            let before = behind.checked_sub(1).and_then(|at| spans.get(at))?;
            (own.end() <= before.0.end()).then_some(*before)
        }
        Place::Around | Place::Negated => {
            let first = spans.partition_point(|(span, _)| span.start < own.start);
            let first = spans.get(first)?;
            (first.0.end() <= own.end()).then_some(*first)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_within_or_around() {
        let spans = [(10, 10), (30, 5)].map(|(at, len)| (Span::new(at, len), LintLevel::Warning));
        for (start, len, within, around) in [
            (12, 3, true, false),
            (10, 10, true, true),
            (8, 20, false, true),
            (18, 5, false, false),
            (30, 5, true, true),
            (28, 8, false, true),
            (0, 5, false, false),
            (40, 5, false, false),
        ] {
            let own = Span::new(start, len);
            let is = |place| speaker(&spans, own, &place).is_some();
            assert_eq!(
                (is(Place::Within), is(Place::Around)),
                (within, around),
                "{own:?}"
            );
        }
    }
}
