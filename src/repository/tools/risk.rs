//! How risky a tool is, by what its server says of it, and by its name.

use super::shape::Parameter;
use super::words::{
    CHANGES, COMMANDS, DESTINATIONS, DESTROYS, JOINTS, PAIRS, PAYS, READS, RULES, SENDS, TEXTS,
    WRITES,
};
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

/// The risk of a tool among those of its server. What a server says of its tools is a hint that nobody has checked, so the verb
/// of a name, which begins or ends it, counts more: what is called `delete_…` or `execute_…` is that, whatever the hints. What
/// else a name may mean gives way to `readOnlyHint`; and of what neither tells, a tool writes.
pub fn risk(tool: &Tool, among: &[Tool]) -> Risk {
    let words = words(&tool.name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let reads = reads(&words);
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
    let verb = verb(&words);
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
    if is_open(tool, among) || (has(&SENDS) && !reads) || (named && !has(&WRITES)) {
        risk = risk.max(Risk::Egress);
    }
    let silent = hints.read_only.is_none() && hints.destructive != Some(true);
    match risk == Risk::Write && silent && reads && !has(&WRITES) {
        true => Risk::Read,
        false => risk,
    }
}

/// Whether a name says that a tool only reads: by its first word, if nothing else is done behind it, or by its last, if the
/// first one is no other verb.
fn reads(words: &[String]) -> bool {
    let is = |word: Option<&String>, list: &[&str]| {
        word.is_some_and(|word| list.contains(&word.as_str()))
    };
    let joint = words
        .iter()
        .position(|word| JOINTS.contains(&word.as_str()));
    let more = joint.is_some_and(|at| !is(words.get(at + 1), &READS));
    match is(words.first(), &READS) {
        true => !more,
        false => is(words.last(), &READS) && !is(words.first(), &CHANGES),
    }
}

/// The word of a name that says what is done: the first one, or the last one where that destroys or runs something and the first
/// one does not read.
fn verb(words: &[String]) -> &str {
    let first = words.first().map(String::as_str).unwrap_or_default();
    let last = words.last().map(String::as_str).unwrap_or_default();
    match READS.contains(&first) || !(DESTROYS.contains(&last) || RULES.contains(&last)) {
        true => first,
        false => last,
    }
}

/// Whether what a tool writes is read by others than the server's user. Where a server says so of some of its tools, beside those
/// that send something by their names, and says nothing of others, the hint does not tell them apart, for it is `true` where it
/// is left out: then it counts whether they carry a text.
fn is_open(tool: &Tool, among: &[Tool]) -> bool {
    let mut changing = among
        .iter()
        .filter(|other| other.hints.read_only != Some(true));
    let says = changing
        .clone()
        .any(|other| other.hints.open_world == Some(true) && !sends(other));
    let is_mixed = says && changing.any(|other| other.hints.open_world.is_none());
    match (tool.hints.open_world, is_mixed) {
        (Some(false), _) | (None, false) => false,
        (Some(true), false) => true,
        (None | Some(true), true) => carries_text(&tool.input),
    }
}

/// Whether a tool sends something, as far as its name and arguments say.
fn sends(tool: &Tool) -> bool {
    let words = words(&tool.name);
    let named = words.iter().any(|word| SENDS.contains(&word.as_str()));
    let names = tool
        .input
        .iter()
        .map(|parameter| parameter.name.to_lowercase());
    let mut names = names.filter(|name| DESTINATIONS.contains(&name.as_str()));
    named || names.next().is_some()
}

/// Whether an argument, or a member of one, is a free text that somebody reads, or may hold one.
fn carries_text(parameters: &[Parameter]) -> bool {
    parameters.iter().any(|parameter| {
        let (is_array, shape) = match &parameter.shape {
            Shape::Array(item) => (true, item.as_ref()),
            shape => (false, shape),
        };
        match shape {
            Shape::Text(None) => {
                let words = words(&parameter.name);
                !is_array && words.iter().any(|word| TEXTS.contains(&word.as_str()))
            }
            Shape::Record(members) => carries_text(members),
            Shape::Open(_) => true,
            _ => false,
        }
    })
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
        let tool = tool(name, hints, parameters);
        risk(&tool, std::slice::from_ref(&tool))
    }

    fn tool(name: &str, hints: [Option<bool>; 3], parameters: &[&str]) -> Tool {
        let [read_only, destructive, open_world] = hints;
        Tool {
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
        }
    }

    #[test]
    fn twins_have_one_risk() {
        let open = [Some(false), None, Some(true)];
        let silent = [Some(false), None, None];
        let tools = [
            tool("create_issue", open, &["title"]),
            tool("create_pull_request", silent, &["title"]),
            tool("add_sub_issue", open, &["issue"]),
            tool("sub_issue_write", silent, &["issue"]),
            tool(
                "create_local_note",
                [Some(false), None, Some(false)],
                &["body"],
            ),
        ];
        let risks = tools.each_ref().map(|tool| risk(tool, &tools));
        use Risk::{Egress, Write};
        assert_eq!(risks, [Egress, Egress, Write, Write, Write]);
        // Where the hint is given to all, it is taken at its word.
        let all = [
            tool("toggle", open, &[]),
            tool("flip", [None, None, Some(false)], &["text"]),
        ];
        assert_eq!(all.each_ref().map(|tool| risk(tool, &all)), [Egress, Write]);
        // One that sends by its name says nothing of the others.
        let post = [
            tool("post_webhook", open, &["url"]),
            tool("update_ticket", silent, &["note"]),
        ];
        assert_eq!(
            post.each_ref().map(|tool| risk(tool, &post)),
            [Egress, Write]
        );
        // Whichever way round a name is put.
        for names in [
            ["delete_draft", "draft_delete"],
            ["execute_job", "job_execute"],
            ["read_issue", "issue_read"],
            ["get_order_status", "order_status"],
        ] {
            for hints in [
                [None; 3],
                [Some(false), Some(false), None],
                [Some(true), None, None],
            ] {
                let [one, other] = names.map(|name| of(name, hints, &[]));
                assert_eq!(one, other, "{names:?} {hints:?}");
            }
        }
    }

    #[test]
    fn names_alone_are_read_with_care() {
        for (name, risk) in [
            ("get_issue", Risk::Read),
            ("issueRead", Risk::Read),
            ("search-code", Risk::Read),
            ("get_or_create_issue", Risk::Write),
            ("find_and_replace", Risk::Write),
            ("read_and_forward", Risk::Write),
            ("check_out_book", Risk::Write),
            ("search_or_list", Risk::Read),
            ("mark_as_read", Risk::Write),
            ("reset_count", Risk::Write),
            ("change_status", Risk::Write),
            ("list_removed_users", Risk::Read),
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
