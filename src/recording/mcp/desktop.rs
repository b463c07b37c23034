//! Lines of text as Claude Desktop logs them: a moment, the server and the level in brackets, and
//! `Message from client: ` or `Message from server: ` before the message. Whatever else such a log holds is no message.

use super::message::Facts;
use crate::model::Json;
use crate::recording::time::is_moment;

/// What stands before a message, and who sent it.
const SENDERS: [(&str, &str); 2] = [
    ("Message from client: ", "client"),
    ("Message from server: ", "server"),
];

/// Words in brackets that say how important a line is.
const LEVELS: [&str; 5] = ["info", "error", "warn", "debug", "trace"];

/// So many lines are looked at.
const LINES: usize = 100;

/// Whether the first lines are those of such a log.
pub(in crate::recording) fn is_log(text: &[u8]) -> bool {
    // JSON is looked at as what it is.
    let lines = text.split(|byte| *byte == b'\n').take(LINES);
    !matches!(text.first(), Some(b'{' | b'[')) && { lines }.any(|line| message(line).is_some())
}

/// The message of a line, and what the line says of it; what follows the message is still there.
pub(super) fn message(line: &[u8]) -> Option<(&[u8], Facts)> {
    // What comes before the message is short, and plain text.
    let head = line.get(..line.len().min(512))?;
    let (at, behind, sender) = SENDERS.into_iter().find_map(|(mark, sender)| {
        let at = memchr::memmem::find(head, mark.as_bytes())?;
        Some((at, at + mark.len(), sender))
    })?;
    let head = std::str::from_utf8(line.get(..at)?).ok()?;
    let (moment, rest) = head.trim_start().split_once(' ')?;
    if !is_moment(moment) || !rest.trim_start().starts_with('[') {
        return None;
    }
    let words = rest.split('[').skip(1);
    let mut words = words.filter_map(|word| Some(word.split_once(']')?.0));
    let server = words.find(|word| !LEVELS.contains(word));
    let facts = Facts {
        time: Some(Json::String(moment.to_owned())),
        direction: Some(sender.to_owned()),
        server: server.map(str::to_owned),
        ..Facts::default()
    };
    Some((line.get(behind..)?, facts))
}
