//! The text of an expression on one line, as it stands in its policy.

use cedar_policy_core::ast::{Expr, ExprKind, UnaryOp};

/// How many letters of a text are shown.
const SHOWN: usize = 120;

/// An expression as it stands in its file, on one line and without comments; `unless { a }` is `!(a)`. Cedar's JSON form
/// has no such text; there it is what Cedar writes.
pub(super) fn text(expr: &Expr) -> String {
    let Some(written) = expr.source_loc().and_then(|loc| loc.snippet()) else {
        return one_line(&expr.to_string());
    };
    let line = one_line(written);
    if let ExprKind::UnaryApp {
        op: UnaryOp::Not,
        arg,
    } = expr.expr_kind()
        && is_unless(&line)
    {
        return format!("!({})", text(arg));
    }
    line
}

fn is_unless(line: &str) -> bool {
    line.strip_prefix("unless")
        .is_some_and(|rest| rest.trim_start().starts_with('{'))
}

/// A text, shortened where it is long.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Two texts from shortly before the first letter in which they differ, where one is long.
pub(super) fn short_pair(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars());
    let same = same.take_while(|(a, b)| a == b).count();
    let long = [one, other]
        .iter()
        .any(|text| text.chars().nth(SHOWN).is_some());
    if !long || same < SHOWN / 4 {
        return (short(one), short(other));
    }
    let cut = |text: &str| {
        let tail: String = text.chars().skip(same - SHOWN / 6).collect();
        format!("…{}", short(&tail))
    };
    (cut(one), cut(other))
}

/// Cedar text on one line: comments are left out, and spaces and line ends outside of texts become one space, or none
/// beside a bracket.
pub(super) fn one_line(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut letters = written.chars().peekable();
    let mut space = false;
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            space = true;
            continue;
        }
        if letter == '/' && letters.peek() == Some(&'/') {
            letters.by_ref().find(|letter| *letter == '\n');
            space = true;
            continue;
        }
        let opened = out.is_empty() || out.ends_with(['(', '[']);
        if std::mem::take(&mut space) && !opened && !matches!(letter, ')' | ']' | ',' | '.') {
            out.push(' ');
        }
        out.push(letter);
        if letter == '"' {
            quoted(&mut letters, &mut out);
        }
    }
    out
}

/// The rest of a quoted text; a line end in it is written as Cedar's escape.
fn quoted(letters: &mut impl Iterator<Item = char>, out: &mut String) {
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => {
                out.push(letter);
                out.extend(letters.next());
            }
            letter => out.push(letter),
        }
        if letter == '"' {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_put_on_one_line() {
        for (written, expected) in [
            ("a  &&\n  b", "a && b"),
            ("a && // why: \"x\n  b // end", "a && b"),
            (
                "[\n  \"a\" ,\n  \"b\"\n].contains(\n x )",
                "[\"a\", \"b\"].contains(x)",
            ),
            ("x == \"a  // \\\" b\"  ", "x == \"a  // \\\" b\""),
            ("x == \"a\nb\"", "x == \"a\\nb\""),
            ("a\n  .b / c", "a.b / c"),
            ("\"open", "\"open"),
        ] {
            assert_eq!(one_line(written), expected, "{written}");
        }
    }

    #[test]
    fn long_texts_are_shortened_and_still_tell_what_differs() {
        assert_eq!(short("ä"), "ä");
        assert_eq!(short(&"ä".repeat(121)).chars().count(), 121);
        let (one, other) = (
            format!("{}1", "a".repeat(200)),
            format!("{}2", "a".repeat(200)),
        );
        let (one, other) = short_pair(&one, &other);
        assert_eq!(
            (one.as_str(), other.as_str()),
            ("…aaaaaaaaaaaaaaaaaaaa1", "…aaaaaaaaaaaaaaaaaaaa2")
        );
        assert_eq!(short_pair("a", "b"), ("a".to_owned(), "b".to_owned()));
    }
}
