//! How deeply a text in Cedar's syntax nests, told before Cedar's parser sees it: the parser recurses without a bound,
//! and a text of ten thousand brackets would end the process.

use crate::model::{Diagnostic, SourceFile, Span, Stage};

/// Brackets inside brackets. The parser takes some 16 kB of stack for each.
const BRACKETS: usize = 200;

/// `if`s and operators that may stand inside each other. Far below the depth at which Cedar's evaluator gives up, so
/// that no decision depends on how much stack there is.
const OPERATORS: usize = 4_000;

/// What is open at a place of the text.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The `if`s and operators since the last `,` or `;` of this bracket.
    operators: usize,
    /// The `.` and `!` since the last operator: `a.b.c`, `!!a`.
    steps: usize,
    /// Those of the brackets around it.
    outer: usize,
}

/// The fault of a text that nests too deeply; `angles` says whether `<` and `>` are brackets, as in schemas.
pub(super) fn too_deep(file: &SourceFile, code: &'static str, angles: bool) -> Option<Diagnostic> {
    let (start, what) = first_too_deep(&file.text, angles)?;
    Some(
        Diagnostic::error(Stage::Parse, code, what)
            .in_file(file.path.clone())
            .with_label(file.widen(Span::new(start, 0)), "here")
            .with_help("split it into several policies or types; a long list is shorter as a set: `[…].contains(…)`"),
    )
}

fn first_too_deep(text: &str, angles: bool) -> Option<(usize, String)> {
    let bytes = text.as_bytes();
    let mut open: Vec<Level> = Vec::new();
    let mut level = Level::default();
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let next = bytes.get(at + 1).copied();
        let mut length = 1;
        match byte {
            b'/' if next == Some(b'/') => length = until(bytes, at, |byte| byte == b'\n'),
            b'"' => length = string(bytes, at),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => {
                length = until(bytes, at, |byte| {
                    !byte.is_ascii_alphanumeric() && byte != b'_'
                });
                let word = bytes.get(at..at + length);
                level.operators += usize::from(word == Some(b"if"));
            }
            b',' | b';' => (level.operators, level.steps) = (0, 0),
            b'&' | b'|' => {
                length = if next == Some(byte) { 2 } else { 1 };
                (level.operators, level.steps) = (level.operators + 1, 0);
            }
            b'+' | b'*' => (level.operators, level.steps) = (level.operators + 1, 0),
            // A minus may be a sign, which nests like `!`.
            b'-' => level.operators += 1,
            b'.' | b'!' => level.steps += 1,
            b'(' | b'[' | b'{' => push(&mut open, &mut level),
            b'<' if angles => push(&mut open, &mut level),
            b')' | b']' | b'}' => pop(&mut open, &mut level),
            b'>' if angles => pop(&mut open, &mut level),
            _ => {}
        }
        if open.len() > BRACKETS {
            let what = format!("more than {BRACKETS} brackets stand inside each other");
            return Some((at, what));
        }
        if level.outer + level.operators + level.steps > OPERATORS {
            let what = format!("more than {OPERATORS} operators stand in one expression");
            return Some((at, what));
        }
        at += length;
    }
    None
}

fn push(open: &mut Vec<Level>, level: &mut Level) {
    // An index or a call is an operator too: `a[1][2]`, `f(1)(2)`.
    level.steps += 1;
    open.push(*level);
    *level = Level {
        outer: level.outer + level.operators + level.steps,
        ..Level::default()
    };
}

fn pop(open: &mut Vec<Level>, level: &mut Level) {
    *level = open.pop().unwrap_or_default();
}

/// How many bytes stand before the first byte, from the second on, that ends something.
fn until(bytes: &[u8], at: usize, ends: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    1 + rest
        .iter()
        .position(|byte| ends(*byte))
        .unwrap_or(rest.len())
}

/// The length of the string that begins here, with its quotes.
fn string(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        end += match byte {
            b'\\' => 2,
            b'"' => return end + 1 - at,
            _ => 1,
        };
    }
    end - at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth_fault(condition: &str) -> Option<String> {
        let text = format!("permit (principal, action, resource) when {{ {condition} }};");
        first_too_deep(&text, false).map(|(_, what)| what)
    }

    fn nested(open: &str, close: &str, times: usize) -> String {
        format!("{}1{}", open.repeat(times), close.repeat(times))
    }

    #[test]
    fn finds_what_nests() {
        for (open, close) in [("(", ")"), ("[", "]"), ("{a: ", "}"), ("f(", ")")] {
            assert_eq!(depth_fault(&nested(open, close, 190)), None, "{open}");
            assert!(depth_fault(&nested(open, close, 210)).is_some(), "{open}");
        }
        for (open, close) in [
            ("if a then ", " else b"),
            ("a && ", ""),
            ("!", ""),
            ("", ".a"),
            ("", "[0]"),
        ] {
            assert_eq!(depth_fault(&nested(open, close, 1_900)), None, "{open}");
            assert!(depth_fault(&nested(open, close, 4_010)).is_some(), "{open}");
        }
        assert!(first_too_deep(&nested("Set<", ">", 300), true).is_some());
        assert_eq!(first_too_deep(&nested("a < ", "", 300), false), None);
    }

    #[test]
    fn what_stands_beside_each_other_does_not_nest() {
        let list = format!("[{}]", "f(a.b), ".repeat(100_000));
        assert_eq!(depth_fault(&list), None);
        let clauses = "principal.a.b == Agent::\"x\" || ".repeat(3_000);
        assert_eq!(depth_fault(&format!("{clauses} true")), None);
        let policies = "permit (principal, action, resource) when { a && !b };\n".repeat(10_000);
        assert_eq!(first_too_deep(&policies, false), None);
        let quoted = format!("\"{}\" // {}\n", "(\\\"".repeat(1_000), "(".repeat(1_000));
        assert_eq!(depth_fault(&quoted), None);
        assert_eq!(depth_fault("\"\\"), None);
    }
}
