//! How risky a tool is, by what its server says of it, and by its name.

use super::words::{COMMANDS, DESTINATIONS, DESTROYS, PAIRS, PAYS, READS, RULES, SENDS, WRITES};
use super::{Shape, Tool};

/// What a call of a tool may do at worst, as `@risk` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// It changes nothing.
    Read,
    /// It changes something.
    Write,
    /// It sends something to whoever the caller names, or to the world.
    Egress,
    /// It destroys something.
    Destructive,
    /// It moves money.
    Money,
    /// It runs whatever it is given, or says who may do what.
    Admin,
}

impl Risk {
    /// All of them, the least first.
    pub const ALL: [Risk; 6] = [
        Risk::Read,
        Risk::Write,
        Risk::Egress,
        Risk::Destructive,
        Risk::Money,
        Risk::Admin,
    ];

    /// The word for `@risk`.
    pub fn name(self) -> &'static str {
        match self {
            Risk::Read => "read",
            Risk::Write => "write",
            Risk::Egress => "egress",
            Risk::Destructive => "destructive",
            Risk::Money => "money",
            Risk::Admin => "admin",
        }
    }
}

/// The risk of a tool. What a server says of its tools is a hint that nobody has checked, so the verb that a name begins with
/// counts more: what is called `delete_…` or `execute_…` is that, whatever the hints. What else a name may mean gives way to
/// `readOnlyHint`; and of what neither tells, a tool writes.
pub fn risk(tool: &Tool) -> Risk {
    let words = words(&tool.name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let edge = [words.first(), words.last()].into_iter().flatten();
    let reads = edge.clone().any(|word| READS.contains(&word.as_str()));
    let takes = |names: &[&str]| {
        tool.input.iter().any(|parameter| {
            let is_text = matches!(parameter.shape, Shape::Text(_) | Shape::Array(_));
            is_text && names.contains(&parameter.name.to_lowercase().as_str())
        })
    };
    let named = takes(&DESTINATIONS);
    let paired = PAIRS.iter().filter(|(first, second, _)| {
        let places = (position(&words, first), position(&words, second));
        matches!(places, (Some(first), Some(second)) if first < second)
    });
    let paired = paired.map(|(_, _, risk)| *risk).max();
    let hints = tool.hints;
    // A name whose verb destroys or runs says so, whatever the hint.
    let verb = words.first().map(String::as_str).unwrap_or_default();
    let heavy = [
        (
            RULES.contains(&verb) || (has(&RULES) && !reads),
            Risk::Admin,
        ),
        (DESTROYS.contains(&verb), Risk::Destructive),
    ];
    let by_verb = heavy
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, risk)| *risk)
        .max();
    if hints.read_only == Some(true) {
        let sent = named && hints.open_world != Some(false) && has(&SENDS);
        let read = if sent { Risk::Egress } else { Risk::Read };
        return by_verb.or(paired).unwrap_or(read);
    }
    let mut risk = by_verb.max(paired).unwrap_or(Risk::Write);
    if hints.destructive == Some(true) || (has(&DESTROYS) && !reads && hints.destructive.is_none())
    {
        risk = risk.max(Risk::Destructive);
    }
    if takes(&COMMANDS) {
        risk = Risk::Admin;
    }
    if has(&PAYS) && !reads {
        risk = risk.max(Risk::Money);
    }
    if hints.open_world == Some(true) || (has(&SENDS) && !reads) || (named && !has(&WRITES)) {
        risk = risk.max(Risk::Egress);
    }
    let silent = hints.read_only.is_none() && hints.destructive != Some(true);
    match risk == Risk::Write && silent && reads && !has(&WRITES) {
        true => Risk::Read,
        false => risk,
    }
}

fn position(words: &[String], word: &str) -> Option<usize> {
    words.iter().position(|other| other == word)
}

/// The words of a name, in small letters: at signs, and where a capital begins.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut small = false;
    let mut open = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            open = false;
            continue;
        }
        if !open || (small && letter.is_uppercase()) {
            words.push(String::new());
        }
        (open, small) = (true, letter.is_lowercase() || letter.is_numeric());
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::Hints;
    use super::super::shape::Parameter;
    use super::*;
    use crate::model::Span;

    fn of(name: &str, hints: [Option<bool>; 3], parameters: &[&str]) -> Risk {
        let [read_only, destructive, open_world] = hints;
        risk(&Tool {
            name: name.to_owned(),
            name_span: Span::default(),
            span: Span::default(),
            hints: Hints {
                read_only,
                destructive,
                open_world,
            },
            input: parameters
                .iter()
                .map(|name| Parameter {
                    name: (*name).to_owned(),
                    span: Span::default(),
                    required: true,
                    shape: Shape::Text(None),
                })
                .collect(),
        })
    }

    #[test]
    fn names_alone_are_read_with_care() {
        for (name, risk) in [
            ("get_issue", Risk::Read),
            ("issueRead", Risk::Read),
            ("search-code", Risk::Read),
            ("get_or_create_issue", Risk::Write),
            ("find_and_replace", Risk::Write),
            ("toggle_light", Risk::Write),
            ("list_deleted_files", Risk::Read),
            ("delete_file", Risk::Destructive),
            ("bulk_delete", Risk::Destructive),
            ("send_mail", Risk::Egress),
            ("fetch_url", Risk::Egress),
            ("refund_payment", Risk::Money),
            ("list_payments", Risk::Read),
            ("get_payment", Risk::Read),
            ("send_money", Risk::Money),
            ("run_command", Risk::Admin),
            ("execute_sql", Risk::Admin),
            ("update_password", Risk::Admin),
            ("", Risk::Write),
        ] {
            assert_eq!(of(name, [None, None, None], &[]), risk, "{name}");
        }
        assert_eq!(of("open", [None, None, None], &["url"]), Risk::Egress);
        assert_eq!(of("query", [None, None, None], &["sql"]), Risk::Admin);
        assert_eq!(of("query", [Some(true), None, None], &["sql"]), Risk::Read);
    }

    #[test]
    fn hints_are_hints() {
        let (yes, no) = (Some(true), Some(false));
        for (name, hints, risk) in [
            ("toggle", [yes, None, None], Risk::Read),
            ("delete_file", [yes, None, None], Risk::Destructive),
            ("send_report", [yes, None, None], Risk::Read),
            ("execute", [yes, no, no], Risk::Admin),
            ("toggle", [no, yes, None], Risk::Destructive),
            ("toggle", [no, yes, yes], Risk::Destructive),
            ("toggle", [no, no, yes], Risk::Egress),
            ("clean_removed", [no, no, None], Risk::Write),
            ("delete_draft", [no, no, None], Risk::Destructive),
            ("get_it", [no, None, None], Risk::Write),
        ] {
            assert_eq!(of(name, hints, &[]), risk, "{name} {hints:?}");
        }
        assert_eq!(of("fetch", [yes, None, yes], &["url"]), Risk::Egress);
        assert_eq!(of("fetch", [yes, None, no], &["url"]), Risk::Read);
    }
}
