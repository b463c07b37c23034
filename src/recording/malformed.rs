//! What could not be read as a recorded action, and why, in Cedar's grammar of messages.

use super::Item;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::fmt;

/// Part of a recording that is not a recorded action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line of the recording, from 1.
    pub line: u64,
    /// What is wrong. It may quote the recording, so it must be escaped like any other value of it.
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for Malformed {}

/// Names in a recording can be as long as their author likes; a message is not.
const LONGEST_MESSAGE: usize = 300;

impl Malformed {
    /// A fault at the first line of an item.
    pub(super) fn new(item: &Item, message: impl Into<String>) -> Self {
        Self {
            line: item.line,
            message: clip(message.into()),
        }
    }

    /// A fault at a line.
    pub(super) fn at(line: u64, message: impl Into<String>) -> Self {
        Self {
            line,
            message: clip(message.into()),
        }
    }

    /// A fault that the JSON reader found, with the line of the recording where it stands.
    pub(super) fn from_json(item: &Item, error: &serde_json::Error) -> Self {
        let inner = u64::try_from(error.line()).unwrap_or_default();
        Self {
            line: item.line.saturating_add(inner.saturating_sub(1)),
            message: clip(json_message(error)),
        }
    }
}

/// Reads an item as one JSON value of a type.
pub(super) fn from_item<T: DeserializeOwned>(item: &Item) -> Result<T, Malformed> {
    serde_json::from_slice(&item.bytes).map_err(|error| Malformed::from_json(item, &error))
}

fn json_message(error: &serde_json::Error) -> String {
    let column = error.column();
    if error.classify() == Category::Eof {
        return format!("the JSON ends too early, at column {column}");
    }
    let text = error.to_string();
    let place = format!(" at line {} column {column}", error.line());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    if text == "recursion limit exceeded" {
        return format!("nested deeper than 127 levels, at column {column}");
    }
    let mut letters = text.chars();
    let text = match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    };
    match column {
        0 => text,
        _ => format!("{text}, at column {column}"),
    }
}

fn clip(mut message: String) -> String {
    if let Some((at, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(at);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Malformed {
        let item = Item {
            bytes: text.as_bytes().to_vec(),
            line: 7,
        };
        from_item::<BTreeMap>(&item).expect_err("not an object of numbers")
    }

    type BTreeMap = std::collections::BTreeMap<String, u8>;

    #[test]
    fn says_what_is_wrong_and_where() {
        assert_eq!(
            fault("{\"a\":1").to_string(),
            "line 7: the JSON ends too early, at column 6"
        );
        assert_eq!(
            fault("{\n\"a\":\n\"b\"}").to_string(),
            "line 9: invalid type: string \"b\", expected u8, at column 3"
        );
        assert_eq!(
            fault("[1]").to_string(),
            "line 7: invalid type: sequence, expected a map"
        );
    }

    #[test]
    fn a_long_name_does_not_make_a_long_message() {
        let message = fault(&format!("{{\"a\":\"{}\"}}", "é".repeat(10_000))).message;
        assert_eq!(message.chars().count(), LONGEST_MESSAGE + 1);
        assert!(message.ends_with('…'));
    }
}
