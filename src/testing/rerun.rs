//! The command that runs one case alone.

use crate::engine::{Case, Fixtures};

/// The command, quoted for a shell. `at` is the version that is tested, where it is not the working tree.
pub fn rerun(case: &Case, at: Option<&str>, fixtures: Fixtures) -> String {
    let mut parts = vec![
        format!("file={}", escaped(&case.file)),
        format!("test={}", escaped(&case.test)),
    ];
    if let Some(row) = &case.row {
        parts.push(format!("row={}", escaped(row)));
    }
    let mut out = format!("agentauthz test -k {}", quoted(&parts.join(";")));
    if let Some(at) = at {
        out.push_str(&format!(" --at {}", quoted(at)));
    }
    match fixtures {
        Fixtures::Strict => {}
        Fixtures::Lenient => out.push_str(" --lenient-fixtures"),
    }
    out
}

/// A value in which no letter means anything else.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let inner = text.trim().len();
    let begin = text.len() - text.trim_start().len();
    for (at, letter) in text.char_indices() {
        // White space around a value is taken away.
        let outer = !(begin..begin + inner).contains(&at);
        if outer || matches!(letter, ';' | '*' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A text as one word of a POSIX shell. Letters that a terminal acts on are written so that the shell makes them.
fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        let mut out = String::from("$'");
        for letter in text.chars() {
            match letter {
                '\'' | '\\' => out.extend(['\\', letter]),
                letter if letter.is_control() => {
                    let mut bytes = [0; 4];
                    for byte in letter.encode_utf8(&mut bytes).bytes() {
                        out.push_str(&format!("\\x{byte:02x}"));
                    }
                }
                letter => out.push(letter),
            }
        }
        out.push('\'');
        return out;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_a_word() {
        assert_eq!(quoted("test=a b"), "'test=a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("a\u{1b}[31m'"), r"$'a\x1b[31m\''");
        assert_eq!(escaped(r"a;b*c\d"), r"a\;b\*c\\d");
        assert_eq!(escaped(" a b "), r"\ a b\ ");
    }
}
