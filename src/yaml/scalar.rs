//! Texts as YAML scalars, so that every reader of YAML reads back the same text, and nothing in it acts on a terminal.

/// A text as a scalar: plain where that can mean nothing else, else in double quotes.
pub fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_shown(c) => out.push(c),
            c if u32::from(c) <= 0xffff => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Words, and references such as `Agent::refund-bot`, that no reader takes for anything but a text.
fn is_plain(text: &str) -> bool {
    let mut parts = text.split("::");
    parts.all(is_word) && !text.is_empty()
}

fn is_word(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    // These are truth values, nulls and numbers, in one version of YAML or another.
    let taken = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf",
    ];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(inside)
        && !taken.contains(&text.to_ascii_lowercase().as_str())
}

/// Letters and digits of any script, and what else ASCII shows; of letters, not those that nobody sees.
fn is_shown(c: char) -> bool {
    let unseen = matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    c == ' ' || c.is_ascii_graphic() || (c.is_alphanumeric() && !unseen)
}

#[cfg(test)]
mod tests {
    use super::scalar;
    use crate::model::{Json, SourceFile};
    use std::collections::BTreeMap;

    #[test]
    fn every_text_is_read_back() {
        let texts = [
            "",
            " ",
            "plain",
            "Agent::refund-bot",
            "no",
            "NULL",
            "5",
            "0x1f",
            "1e5",
            "~",
            "- a",
            "a: b",
            "a #b",
            "Agent::",
            "::x",
            "a\"b\\c",
            "line\nbreak\r\n\ttab",
            "\u{1b}[31m",
            "\u{202e}evil",
            "\u{85}\u{2028}\u{feff}",
            "ä ü 漢",
            "🚀",
            "\u{e0041}",
            "\u{0}",
            "{}",
            "[",
            "*x",
            "&x",
            "!x",
            "%x",
            "@x",
            "`x`",
            "---",
            "...",
            "a::b::c",
        ];
        for text in texts {
            let written = scalar(text);
            let file = SourceFile::new(
                "t.yaml",
                format!("key: {written}\nlist: [{written}]\n{written}: 1\n"),
            );
            let read: BTreeMap<String, Json> =
                crate::yaml::parse(&file).unwrap_or_else(|found| panic!("{written}: {found:?}"));
            let want = Json::String(text.to_owned());
            assert_eq!(read.get("key"), Some(&want), "{written}");
            assert_eq!(
                read.get("list"),
                Some(&Json::Array(vec![want])),
                "{written}"
            );
            assert!(read.contains_key(text), "{written}");
            let hidden = written
                .chars()
                .find(|c| c.is_control() || matches!(c, '\u{200b}'..='\u{202e}'));
            assert_eq!(hidden, None, "{written:?}");
        }
    }

    #[test]
    fn what_is_plain_stays_plain() {
        for text in ["refund_payment", "Agent::refund-clerk", "Acme::Agent::b1"] {
            assert_eq!(scalar(text), text);
        }
        for text in ["no", "2026-01-01", "p 1", "x.y"] {
            assert_eq!(scalar(text), format!("\"{text}\""));
        }
    }
}
