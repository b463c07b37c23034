//! Texts of expressions, and edits that put others in their place, with the brackets that are needed and without losing
//! a comment.

use super::shared_terms::{Binding, Placed, binding};
use crate::cedar::{Term, TermKind};
use crate::lint::comments::comments;
use crate::lint::context::Policy;
use crate::model::{SourceFile, Span, Value};

/// The text of an expression, without brackets around it.
pub(super) fn written(policy: &Policy<'_>, term: &Term) -> String {
    match &term.kind {
        // The place of a negative number is that of its digits.
        TermKind::Literal(Value::Long(number)) if *number < 0 => number.to_string(),
        _ => policy.text(term.span).to_owned(),
    }
}

/// The text of an expression where only what binds so tightly can stand.
pub(super) fn fitted(policy: &Policy<'_>, term: &Term, room: Binding) -> String {
    fit(written(policy, term), binding(policy, term), room)
}

fn fit(text: String, binding: Binding, room: Binding) -> String {
    match binding < room {
        true => format!("({text})"),
        false => text,
    }
}

/// The edit that puts a text, which binds so tightly, in the place of an expression. Nothing in Cedar's JSON form, and
/// where a comment would be lost.
pub(super) fn replace(
    policy: &Policy<'_>,
    place: &Placed<'_>,
    text: String,
    binds: Binding,
) -> Option<(Span, String)> {
    let span = place.term.span;
    let (span, text) = match brackets(policy.file, span) {
        Some(around) if binds == Binding::Member => (around, text),
        Some(_) => (span, text),
        None => (span, fit(text, binds, place.room)),
    };
    edit(policy, span, text)
}

/// The edit that puts a text in the place of another one, with spaces where words would run together. Nothing in Cedar's
/// JSON form, and where a comment would be lost.
pub(super) fn edit(policy: &Policy<'_>, span: Span, text: String) -> Option<(Span, String)> {
    let old = policy.text(span);
    if !policy.has_places() || span.len == 0 || count_comments(old) != count_comments(&text) {
        return None;
    }
    let whole = &policy.file.text;
    let before = whole
        .get(..span.start)
        .and_then(|text| text.chars().next_back());
    let after = whole.get(span.end()..).and_then(|text| text.chars().next());
    let meets = |one: Option<char>, other: Option<char>| {
        one.is_some_and(is_of_word) && other.is_some_and(is_of_word)
    };
    let lead = if meets(before, text.chars().next()) {
        " "
    } else {
        ""
    };
    let trail = if meets(text.chars().next_back(), after) {
        " "
    } else {
        ""
    };
    Some((span, format!("{lead}{text}{trail}")))
}

/// How many comments stand in a piece of policy text.
pub(super) fn count_comments(text: &str) -> usize {
    match text.contains("//") {
        true => comments(&SourceFile::new("piece.cedar", text)).len(),
        false => 0,
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The place of an expression with the brackets that stand around it alone; nothing where there are none, or where they
/// are those of a call.
pub(super) fn brackets(file: &SourceFile, span: Span) -> Option<Span> {
    let before = file.text.get(..span.start)?.trim_end();
    let rest = file.text.get(span.end()..)?;
    let outside = before.strip_suffix('(')?;
    let after = rest.trim_start();
    let behind = after.strip_prefix(')')?;
    let gap = rest.len() - after.len();
    let glued = outside.chars().next_back().is_some_and(is_of_word)
        || behind.chars().next().is_some_and(is_of_word);
    let word = outside.trim_end();
    let word = word.get(
        word.rfind(|letter| !is_of_word(letter))
            .map_or(0, |at| at + 1)..,
    );
    let called =
        word.is_some_and(|word| !word.is_empty() && !matches!(word, "if" | "then" | "else" | "in"));
    let start = outside.len();
    (!glued && !called).then(|| Span::new(start, span.end() + gap + 1 - start))
}

/// The place of an operand of `&&` or `||` with all brackets around it alone.
pub(super) fn operand(file: &SourceFile, term: &Term, chain: &Term) -> Span {
    let mut span = term.span;
    while let Some(around) = brackets(file, span)
        && around.start >= chain.span.start
        && around.end() <= chain.span.end()
    {
        span = around;
    }
    span
}

/// Whether as many brackets open as close in a piece of policy text, and none closes that was not open.
pub(super) fn is_balanced(text: &str) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for letter in text.chars() {
        match (quoted, letter) {
            (true, '\\') if !escaped => escaped = true,
            (true, '"') if !escaped => quoted = false,
            (true, _) => escaped = false,
            (false, '"') => quoted = true,
            (false, '(' | '[' | '{') => depth += 1,
            (false, ')' | ']' | '}') => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            (false, _) => {}
        }
    }
    depth == 0 && !quoted
}

/// A text on one line, shortened where it is long, for messages.
pub(super) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(70) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
