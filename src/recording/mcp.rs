//! MCP: logs of JSON-RPC messages, of which the `tools/call` requests are calls. One message or batch a line, each behind
//! its `Content-Length`, or one document; raw, in an envelope of the logger's, or as Claude Desktop logs them.

pub(super) mod desktop;
mod message;

use super::detect::either;
use super::format::{Format, Layout};
use super::joined::{Ends, Join, Keep, Keys};
use super::outline::Outline;
use super::time::set_time;
use super::{Item, Malformed, Parsed, args, frames, joined};
use crate::model::{Importer, Json, RecordedAction, ToolCall};
use message::{Facts, Message};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static FORMAT: Format = Format {
    importer: Importer::Mcp,
    marks,
    layout,
    parse,
};

/// The method of a tool call.
const CALL: &str = "tools/call";

/// Members of an envelope that may hold the message.
const AROUND: [&str; 13] = [
    "msg", "message", "payload", "data", "body", "raw", "request", "response", "frame", "rpc",
    "mcp", "json", "line",
];

/// Parts keys.
const PART: char = '\u{1f}';

fn marks(outline: &Outline) -> bool {
    let around = |key: &&str| outline.has_path(&[key, "jsonrpc"]);
    outline.has("jsonrpc") || AROUND.iter().any(around)
}

/// Whether a line holds a message as text, whose keys an outline does not show.
pub(super) fn holds_text(line: &[u8]) -> bool {
    let outline = || Outline::of(line);
    let around = |outline: Outline| AROUND.iter().any(|key| outline.has(key));
    memchr::memmem::find(line, br#"\"jsonrpc\""#).is_some() && outline().is_some_and(around)
}

fn layout(text: &[u8]) -> Layout {
    let join = |look, framed| Layout::Joined(Join { look, framed });
    if frames::are(text) {
        return join(look, true);
    }
    if desktop::is_log(text) {
        return join(look_at_text, false);
    }
    match either(text) {
        Layout::Document => Layout::Document,
        Layout::Lines | Layout::Joined(_) => join(look, false),
    }
}

/// The messages of a line.
fn messages(line: &[u8]) -> Result<Vec<Message>, serde_json::Error> {
    match line.trim_ascii_start().first() {
        Some(b'{' | b'[') => message::messages(line),
        Some(_) | None => match desktop::message(line) {
            Some((text, facts)) => message::first_of(text, &facts),
            None => message::messages(line),
        },
    }
}

fn look(line: &[u8]) -> Ends {
    match messages(line) {
        Ok(messages) => ends(&messages),
        Err(_) => Ends::default(),
    }
}

/// In a log of text, what is no message is something else; and long answers are cut off, which hold no call.
fn look_at_text(line: &[u8]) -> Ends {
    let nothing = Ends {
        keep: Keep::Never,
        ..Ends::default()
    };
    match desktop::message(line) {
        Some((text, facts)) => match message::first_of(text, &facts) {
            Ok(messages) => ends(&messages),
            Err(_) if facts.is_from_server() => nothing,
            Err(_) => Ends::default(),
        },
        None => nothing,
    }
}

/// What the messages of a line begin and end.
fn ends(messages: &[Message]) -> Ends {
    let mut ends = Ends {
        keep: Keep::Never,
        keys: Keys::Single,
        ..Ends::default()
    };
    for message in messages {
        match message.method() {
            Ok(Some(method)) => {
                ends.begins.extend(message.key());
                if method == CALL {
                    ends.keep = Keep::Always;
                }
                // The ids of a new connection are its own.
                if method == "initialize" {
                    ends.forgets = Some(message.facts.connection());
                }
            }
            Ok(None) => {
                let note = message.note();
                ends.ends.extend(message.key().map(|key| (key, note)));
            }
            Err(_) => ends.keep = Keep::Always,
        }
    }
    // What a line begins and ends itself needs no other line.
    let begun: BTreeSet<_> = ends.begins.iter().cloned().collect();
    let ended: BTreeSet<_> = ends.ends.iter().map(|(key, _)| key.clone()).collect();
    ends.begins.retain(|key| !ended.contains(key));
    ends.ends.retain(|(key, _)| !begun.contains(key));
    ends
}

impl Message {
    /// The method of a request; nothing where it is a response.
    fn method(&self) -> Result<Option<&str>, String> {
        let rpc = &self.rpc;
        match &rpc.method {
            Some(Json::String(method)) => Ok(Some(method)),
            Some(other) => Err(format!("`method` is {}, not a string", other.kind())),
            None if rpc.result.is_some() || rpc.error.is_some() => Ok(None),
            None => Err(
                "this is no JSON-RPC message: it has no `method`, `result` or `error`".to_owned(),
            ),
        }
    }

    /// Names a request among those of its connection that the same side made.
    fn key(&self) -> Option<String> {
        let id = match self.rpc.id.as_ref()? {
            Json::Int(id) => format!("i{id}"),
            Json::Float(id) => format!("f{id}"),
            Json::String(id) => format!("s{id}"),
            _ => return None,
        };
        let request = self.rpc.method.is_some();
        let side = self.facts.direction.as_deref().map_or("?", |direction| {
            let way = way(direction);
            if request { way } else { back(way) }
        });
        Some(format!("{}{side}{PART}{id}", self.facts.connection()))
    }

    /// What is to be known of a response.
    fn note(&self) -> Json {
        let mut note = BTreeMap::new();
        let failed = self
            .rpc
            .result
            .as_ref()
            .is_none_or(|result| result.is_error);
        note.insert("is_error".to_owned(), Json::Bool(failed));
        if let Some(code @ Json::Int(_)) = self.rpc.error.as_ref().and_then(|e| e.get("code")) {
            note.insert("error_code".to_owned(), code.clone());
        }
        Json::Object(note)
    }
}

impl Facts {
    fn is_from_server(&self) -> bool {
        self.direction.as_deref().map(way) == Some("down")
    }

    /// Names the connection: ids are unique in it alone.
    fn connection(&self) -> String {
        let parts = [&self.server, &self.session, &self.connection];
        let parts = parts.map(|part| part.as_deref().unwrap_or_default());
        parts.iter().flat_map(|part| [part, "\u{1f}"]).collect()
    }
}

/// Which way a message goes, in one word for all words that mean the same.
fn way(direction: &str) -> &'static str {
    let letters = direction.chars().filter(char::is_ascii_alphanumeric);
    let word: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    match word.as_str() {
        "client" | "c2s" | "clienttoserver" | "clientserver" | "toserver" | "request" => "up",
        "server" | "s2c" | "servertoclient" | "serverclient" | "toclient" | "response" => "down",
        "in" | "inbound" | "incoming" | "recv" | "receive" | "received" | "rx" | "stdin" => "in",
        "out" | "outbound" | "outgoing" | "send" | "sent" | "tx" | "stdout" => "out",
        _ => "?",
    }
}

/// The way of the answer.
fn back(way: &str) -> &str {
    match way {
        "up" => "down",
        "down" => "up",
        "in" => "out",
        "out" => "in",
        _ => way,
    }
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let (line, notes) = joined::split(&item.bytes);
    let messages = messages(line).map_err(|error| Malformed::from_json(item, &error))?;
    let mut log = Log {
        item,
        stem,
        is_line: line.len() < item.bytes.len(),
        notes: notes_of(&messages, notes),
        places: BTreeMap::new(),
        calls: 0,
    };
    let mut parsed = Parsed::default();
    for message in messages {
        match message.method() {
            Ok(Some(CALL)) => parsed.actions.push(log.call(message)),
            Ok(_) => {}
            Err(fault) => parsed.actions.push(Err(Malformed::new(item, fault))),
        }
    }
    Ok(parsed)
}

/// The notes on requests, those on what the same item answers included; none where several requests have one key.
fn notes_of(messages: &[Message], mut notes: BTreeMap<String, Json>) -> BTreeMap<String, Json> {
    let mut requests = BTreeMap::new();
    for message in messages {
        let Some(key) = message.key() else { continue };
        match message.method() {
            Ok(Some(_)) => *requests.entry(key).or_insert(0) += 1,
            Ok(None) => drop(notes.insert(key, message.note())),
            Err(_) => {}
        }
    }
    notes.retain(|key, _| requests.get(key) == Some(&1));
    notes
}

/// Where the calls of an item stand.
struct Log<'a> {
    item: &'a Item,
    stem: &'a str,
    /// Whether it is a line of many.
    is_line: bool,
    notes: BTreeMap<String, Json>,
    /// By session, how many calls came before, where all of them are in one item.
    places: BTreeMap<String, u64>,
    calls: u64,
}

impl Log<'_> {
    fn call(&mut self, message: Message) -> Result<RecordedAction, Malformed> {
        let at = self.calls;
        self.calls += 1;
        let key = message.key();
        let Message { facts, rpc } = message;
        let fault = |text: String| Malformed::new(self.item, format!("`{CALL}`: {text}"));
        let mut params = match rpc.params {
            Some(Json::Object(params)) => params,
            Some(other) => {
                return Err(fault(format!(
                    "`params` is {}, not an object",
                    other.kind()
                )));
            }
            None => return Err(fault("`params` is missing".to_owned())),
        };
        let tool = match params.remove("name") {
            Some(Json::String(tool)) => tool,
            Some(other) => return Err(fault(format!("`name` is {}, not a string", other.kind()))),
            None => return Err(fault("`name` is missing".to_owned())),
        };
        // The specification lets a call without arguments leave them out; null is something that a logger did.
        let args = match params.remove("arguments") {
            None => Some(Json::Object(BTreeMap::new())),
            recorded => args::object(recorded),
        };
        let named = facts.session.or_else(|| facts.connection.clone());
        let session = named.unwrap_or_else(|| self.stem.to_owned());
        let line = self.item.line;
        let mut action = RecordedAction {
            sequence: Some(self.place(&session)),
            agent: facts.agent,
            user: facts.user,
            system: facts.server,
            call: Some(ToolCall {
                tool,
                args,
                result: None,
            }),
            ..RecordedAction::new(format!("{session}:{line}#{at}"))
        };
        action.session = Some(session);
        let client = params.remove("_meta").and_then(client_info);
        let noted = key.and_then(|key| self.notes.get(&key));
        for (name, value) in [
            ("request_id", rpc.id),
            ("direction", facts.direction.map(Json::String)),
            ("connection", facts.connection.map(Json::String)),
            ("client_info", client),
            (
                "is_error",
                noted.and_then(|note| note.get("is_error")).cloned(),
            ),
            (
                "error_code",
                noted.and_then(|note| note.get("error_code")).cloned(),
            ),
        ] {
            if let Some(value) = value {
                action.meta.insert(name.to_owned(), value);
            }
        }
        set_time(&mut action, facts.time.as_ref());
        Ok(action)
    }

    /// The place in its session: that of the line, where the lines before are not known.
    fn place(&mut self, session: &str) -> u64 {
        if self.is_line {
            return self.item.line.saturating_sub(1);
        }
        let next = self.places.entry(session.to_owned()).or_default();
        let place = *next;
        *next += 1;
        place
    }
}

/// What a client says of itself, which nobody has checked.
fn client_info(meta: Json) -> Option<Json> {
    match meta {
        Json::Object(mut meta) => meta.remove("io.modelcontextprotocol/clientInfo"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
