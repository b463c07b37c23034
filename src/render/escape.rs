//! Text from recordings and policies is made safe to print: attackers write it.

/// The text without anything that a terminal would act on: control characters, bidirectional overrides and
/// invisible characters become `\u{…}`.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// A source text of the same byte length, line by line, in which nothing acts on a terminal, so that spans still
/// fit.
pub(super) fn harmless_source(text: &str) -> String {
    text.chars()
        .map(|c| match (c, c.len_utf8()) {
            ('\n' | '\t', _) => c,
            (c, _) if !is_hostile(c) => c,
            (_, 1) => '?',
            (_, 2) => '·',
            (_, 3) => '\u{fffd}',
            (_, _) => '\u{1f7e5}',
        })
        .collect()
}

/// The text, at most `limit` characters of it, for formats that somebody else interprets: beside what [`printable`]
/// takes away, it starts no tag, no link target and no workflow command of a CI system. What would is shown escaped.
pub(super) fn inert(text: &str, limit: usize) -> String {
    let start: String = text.chars().take(limit.saturating_add(1)).collect();
    let mut out = String::with_capacity(start.len());
    let mut before = [' '; 2];
    let mut chars = start.trim_start().chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let tag = c == '<' && (next.is_ascii_alphabetic() || "/!?".contains(next));
        let target = c == '(' && before[1] == ']';
        let command =
            (c == ':' && next == ':' && out.is_empty()) || (c == '[' && before == ['#', '#']);
        if is_hostile(c) || tag || target || command {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        before = [before[1], c];
    }
    shortened(&out, limit)
}

/// JSON, in which such characters stand escaped: JSON itself demands that only of some. Nothing in
/// it starts a tag or a workflow command.
pub fn json_text(json: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(json).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let tag = c == '<' && (next.is_ascii_alphabetic() || "/!?".contains(next));
        let command = c == '[' && out.ends_with("##");
        if tag || command || (c != '\n' && is_hostile(c)) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

pub(super) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text that is at most `limit` characters long.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(limit.saturating_sub(1)).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_survives() {
        let hostile = "a\u{1b}[31mred\u{7}\u{9b}2J\r\u{202e}evil\u{200b}\u{61c}";
        let safe = printable(hostile);
        assert_eq!(
            safe,
            "a\\u{1b}[31mred\\u{7}\\u{9b}2J\\u{d}\\u{202e}evil\\u{200b}\\u{61c}"
        );
        assert!(!safe.chars().any(is_hostile));
    }

    #[test]
    fn json_says_the_same_without_what_a_terminal_acts_on() {
        let json = serde_json::json!({ "a\u{9b}": ["\u{1b}[m\u{7f}\u{61c}", "\u{e0041}", "ü"] });
        let text = json_text(&json);
        assert!(!text.chars().any(|c| is_hostile(c) && c != '\n'));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).ok(),
            Some(json)
        );
    }

    #[test]
    fn what_is_inert_starts_nothing() {
        assert_eq!(inert("  ::error::x", 80), "\\u{3a}:error::x");
        assert_eq!(inert("##[error]x", 80), "##\\u{5b}error]x");
        assert_eq!(inert("<b>](x) 1 < 2", 80), "\\u{3c}b>]\\u{28}x) 1 < 2");
        assert_eq!(inert("Agent::\"a\"\n::x", 80), "Agent::\"a\"\\u{a}::x");
        assert_eq!(inert(&"x".repeat(9), 4), "xxx…");
        let json = json_text(&serde_json::json!("<script> < </b> ##[x]"));
        assert_eq!(json, "\"\\u003cscript> < \\u003c/b> ##\\u005bx]\"\n");
    }

    #[test]
    fn spans_still_fit_a_harmless_source() {
        let hostile = "ä\u{1b}\u{9b}\u{202e}\u{e0001}\n\tb";
        let safe = harmless_source(hostile);
        assert_eq!(safe.len(), hostile.len());
        assert!(
            !safe
                .chars()
                .any(|c| is_hostile(c) && c != '\n' && c != '\t')
        );
    }
}
