//! What a text of a request is, as far as its name says: a path, a host, a command.

use crate::cedar::Term;
use crate::lint::context::Policy;
use crate::model::Variable;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line for a shell, or a part of one.
    Command,
    /// A query or a piece of code.
    Query,
    /// A path of a file.
    Path,
    /// A URL.
    Url,
    /// The name of a host.
    Host,
    /// An address of a mailbox.
    Mail,
    /// The name of a tool.
    Tool,
    /// Anything else.
    Other,
}

const WORDS: &[(Kind, &[&str])] = &[
    (
        Kind::Command,
        &[
            "command", "commands", "cmd", "cmdline", "shell", "argv", "args", "bash",
        ],
    ),
    (
        Kind::Query,
        &["query", "sql", "statement", "code", "expression"],
    ),
    (
        Kind::Path,
        &[
            "path",
            "paths",
            "file",
            "files",
            "filename",
            "filepath",
            "dir",
            "directory",
            "folder",
            "cwd",
            "workdir",
        ],
    ),
    (
        Kind::Url,
        &[
            "url", "urls", "uri", "href", "link", "endpoint", "webhook", "callback", "redirect",
            "origin",
        ],
    ),
    (
        Kind::Host,
        &[
            "host", "hosts", "hostname", "domain", "domains", "fqdn", "server", "site",
        ],
    ),
    (
        Kind::Mail,
        &[
            "email",
            "emails",
            "mail",
            "to",
            "cc",
            "bcc",
            "from",
            "recipient",
            "recipients",
            "sender",
            "address",
        ],
    ),
    (Kind::Tool, &["tool", "toolname"]),
];

/// What a text is, by the last word of its name that says so.
pub(super) fn kind(operand: &Term) -> Kind {
    let words = words(operand);
    let known = words.iter().rev().find_map(|word| {
        let mut kinds = WORDS.iter();
        kinds.find_map(|(kind, names)| names.contains(&word.as_str()).then_some(*kind))
    });
    known.unwrap_or(Kind::Other)
}

/// Whether the name says that all letters are small already.
pub(super) fn is_normalized(operand: &Term) -> bool {
    let said = [
        "lower",
        "lowercase",
        "lowercased",
        "normalized",
        "normalised",
        "canonical",
    ];
    words(operand)
        .iter()
        .any(|word| said.contains(&word.as_str()))
}

/// The words of the last name of a path, in small letters.
fn words(operand: &Term) -> Vec<String> {
    let Some((_, path)) = operand.path() else {
        return Vec::new();
    };
    let name = path.last().copied().unwrap_or_default();
    let mut words = vec![String::new()];
    let mut small = false;
    for letter in name.chars() {
        let begins = letter.is_uppercase() && small;
        if begins || !letter.is_alphanumeric() {
            words.push(String::new());
        }
        small = letter.is_lowercase();
        if let Some(word) = words.last_mut()
            && letter.is_alphanumeric()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What is compared, in words.
pub(super) fn named(policy: &Policy<'_>, operand: &Term) -> String {
    if let Some((variable, path)) = operand.path() {
        let variable = match variable {
            Variable::Principal => "principal",
            Variable::Action => "action",
            Variable::Resource => "resource",
            Variable::Context => "context",
        };
        let names: Vec<&str> = [variable].into_iter().chain(path).collect();
        return format!("`{}`", names.join("."));
    }
    match policy.text(operand.span) {
        "" => "the text".to_owned(),
        text => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::parse_term;

    #[test]
    fn names_say_what_a_text_is() {
        for (written, expected) in [
            ("context.input.path", Kind::Path),
            ("context.input.filePath", Kind::Path),
            ("context.input[\"target-host\"]", Kind::Host),
            ("context.input.sql_query", Kind::Query),
            ("context.input.to", Kind::Mail),
            ("context.input.branch", Kind::Other),
            ("context.input.pathology", Kind::Other),
        ] {
            assert_eq!(kind(&parse_term(written).unwrap()), expected, "{written}");
        }
        assert!(is_normalized(&parse_term("context.lowerHost").unwrap()));
    }
}
