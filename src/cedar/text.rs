//! The text of an expression on one line, as it stands in its policy.

use cedar_policy_core::ast::Expr;

/// An expression as it stands in its file, on one line and without comments. Cedar's JSON form has no such text; there
/// it is what Cedar writes.
pub(super) fn text(expr: &Expr) -> String {
    match expr.source_loc().and_then(|loc| loc.snippet()) {
        Some(written) => one_line(written),
        None => one_line(&expr.to_string()),
    }
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
}
