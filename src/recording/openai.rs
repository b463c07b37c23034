//! OpenAI: chat messages with `tool_calls` or the older `function_call`, and response items of type `function_call`;
//! an array of messages, a message a line, or conversations that hold `messages`.

use super::detect::either;
use super::format::Format;
use super::malformed::from_item;
use super::outline::{Outline, Root};
use super::time::set_time;
use super::{Item, Malformed, Parsed, args};
use crate::model::{Importer, Json, RecordedAction, ToolCall};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static FORMAT: Format = Format {
    importer: Importer::Openai,
    marks,
    layout: either,
    parse,
};

fn marks(outline: &Outline) -> bool {
    let own = ["messages", "tool_calls", "function_call"];
    let item = ["type", "call_id", "name"];
    // Other logs have a `role` too.
    let message = outline.has("role") && (outline.root == Root::Array || outline.has("content"));
    message || own.iter().any(|key| outline.has(key)) || item.iter().all(|key| outline.has(key))
}

/// A conversation, a message or a response item: which one shows by its members.
#[derive(Deserialize)]
pub(super) struct Record {
    messages: Option<Vec<Record>>,
    tool_calls: Option<Json>,
    function_call: Option<Json>,
    #[serde(rename = "type")]
    kind: Option<Json>,
    name: Option<Json>,
    arguments: Option<Json>,
    input: Option<Json>,
    call_id: Option<Json>,
    session_id: Option<Json>,
    conversation_id: Option<Json>,
    id: Option<Json>,
    agent: Option<Json>,
    model: Option<Json>,
    user: Option<Json>,
    timestamp: Option<Json>,
    role: Option<Json>,
}

impl Record {
    /// Whether it is a conversation, a message or a response item at all.
    fn is_known(&self) -> bool {
        self.messages.is_some()
            || self.role.is_some()
            || self.kind.is_some()
            || self.tool_calls.is_some()
            || self.function_call.is_some()
    }
}

/// A tool call as it stands in a message.
struct Call {
    tool: String,
    args: Option<Json>,
    id: Option<Json>,
}

/// Where the calls of a conversation go, and what they share.
pub(super) struct Session<'a> {
    item: &'a Item,
    name: String,
    agent: Option<String>,
    pub(super) user: Option<String>,
    model: Option<Json>,
    /// What else is known of it.
    pub(super) meta: BTreeMap<String, Json>,
    /// What an action's id begins with where the call has none of its own.
    prefix: String,
    /// The ids of its actions.
    ids: BTreeSet<String>,
    /// How many calls came before.
    calls: u64,
    /// The place that every call gets, where the calls that came before are not known.
    place: Option<u64>,
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let mut parsed = Parsed::default();
    if item.bytes.trim_ascii_start().first() == Some(&b'[') {
        array(from_item(item)?, item, stem, &mut parsed);
        return Ok(parsed);
    }
    let record: Record = from_item(item)?;
    if record.messages.is_some() {
        conversation(record, item, format!("{stem}:{}", item.line), &mut parsed);
        return Ok(parsed);
    }
    // A message by itself. The lines of its conversation are read apart from each other, so its line is its place.
    let name = named_session(&record).unwrap_or_else(|| stem.to_owned());
    let mut session = Session::new(item, name, &record);
    session.prefix = format!("{stem}:{}", item.line);
    session.place = Some(item.line.saturating_sub(1));
    session.read(record, &mut parsed);
    Ok(parsed)
}

/// An array holds the messages of one conversation, or conversations.
fn array(records: Vec<Record>, item: &Item, stem: &str, parsed: &mut Parsed) {
    let name = match item.line {
        1 => stem.to_owned(),
        line => format!("{stem}:{line}"),
    };
    let mut sessions = BTreeMap::new();
    for (at, record) in records.into_iter().enumerate() {
        if record.messages.is_some() {
            conversation(record, item, format!("{name}/{at}"), parsed);
        } else {
            let name = named_session(&record).unwrap_or_else(|| name.clone());
            sessions
                .entry(name.clone())
                .or_insert_with(|| Session::new(item, name, &record))
                .read(record, parsed);
        }
    }
}

fn conversation(mut record: Record, item: &Item, unnamed: String, parsed: &mut Parsed) {
    let name = named_session(&record)
        .or_else(|| text(&record.id))
        .unwrap_or(unnamed);
    let mut session = Session::new(item, name, &record);
    for message in record.messages.take().unwrap_or_default() {
        session.read(message, parsed);
    }
}

/// The session by the names that mean nothing else; an `id` alone may be the message's.
fn named_session(record: &Record) -> Option<String> {
    text(&record.session_id).or_else(|| text(&record.conversation_id))
}

fn text(json: &Option<Json>) -> Option<String> {
    json.as_ref().and_then(Json::as_str).map(str::to_owned)
}

impl<'a> Session<'a> {
    /// A session of which nothing but its name is known.
    pub(super) fn named(item: &'a Item, name: String) -> Self {
        Self {
            item,
            prefix: name.clone(),
            name,
            agent: None,
            user: None,
            model: None,
            meta: BTreeMap::new(),
            ids: BTreeSet::new(),
            calls: 0,
            place: None,
        }
    }

    fn new(item: &'a Item, name: String, record: &Record) -> Self {
        Self {
            agent: text(&record.agent),
            user: text(&record.user),
            model: record.model.clone(),
            ..Self::named(item, name)
        }
    }

    /// Reads the calls of one message or item.
    pub(super) fn read(&mut self, mut record: Record, parsed: &mut Parsed) {
        if !record.is_known() {
            let fault = "this is no message: it has no `role`, `type`, `tool_calls` or `messages`";
            self.push(Err(fault.to_owned()), &record, parsed);
            return;
        }
        match record.tool_calls.take() {
            None => {}
            Some(Json::Array(calls)) => {
                for call in calls {
                    self.push(listed(call), &record, parsed);
                }
            }
            Some(other) => {
                let fault = format!("`tool_calls` is {}, not an array", other.kind());
                self.push(Err(fault), &record, parsed);
            }
        }
        if let Some(call) = record.function_call.take() {
            self.push(function(call, None), &record, parsed);
        }
        let input = match record.kind.as_ref().and_then(Json::as_str) {
            Some("function_call") => args::text_or_object(record.arguments.take()),
            Some("custom_tool_call") => args::object(record.input.take()),
            Some(_) | None => return,
        };
        let call = tool_name(record.name.take()).map(|tool| Call {
            tool,
            args: input,
            id: record.call_id.take(),
        });
        self.push(call, &record, parsed);
    }

    fn push(&mut self, call: Result<Call, String>, message: &Record, parsed: &mut Parsed) {
        let at = self.calls;
        self.calls += 1;
        let call = match call {
            Ok(call) => call,
            Err(fault) => {
                let text = format!("call {at} of session `{}`: {fault}", self.name);
                parsed.actions.push(Err(Malformed::new(self.item, text)));
                return;
            }
        };
        let id = self.id(call.id.as_ref(), at);
        let mut action = RecordedAction {
            session: Some(self.name.clone()),
            sequence: Some(self.place.unwrap_or(at)),
            agent: self.agent.clone(),
            user: self.user.clone(),
            meta: self.meta.clone(),
            call: Some(ToolCall {
                tool: call.tool,
                args: call.args,
                result: None,
            }),
            ..RecordedAction::new(id)
        };
        // The `name` of a message says which participant it is from; that of a response item is the tool's.
        if message.kind.is_none()
            && let Some(speaker) = text(&message.name)
        {
            action.agent = Some(speaker);
        }
        let model = message.model.as_ref().or(self.model.as_ref());
        for (name, value) in [("call_id", call.id), ("model", model.cloned())] {
            if let Some(value) = value {
                action.meta.insert(name.to_owned(), value);
            }
        }
        set_time(&mut action, message.timestamp.as_ref());
        parsed.actions.push(Ok(action));
    }

    /// The call's own id names the action: the same call in a longer copy of the conversation is the same action. Some
    /// servers give one id to many calls, so the place tells those of one conversation apart.
    fn id(&mut self, call: Option<&Json>, at: u64) -> String {
        let mut id = match call.and_then(Json::as_str) {
            Some(call) if !call.is_empty() => format!("{}/{call}", self.name),
            Some(_) | None => format!("{}#{at}", self.prefix),
        };
        if self.ids.contains(&id) {
            id = format!("{id}#{at}");
        }
        self.ids.insert(id.clone());
        id
    }
}

/// An element of `tool_calls`.
fn listed(call: Json) -> Result<Call, String> {
    let mut call = members(call)?;
    let id = call.remove("id").filter(|id| id != &Json::Null);
    if let Some(custom) = call.remove("custom") {
        let mut custom = members(custom)?;
        // A custom tool takes free text, which is no object of arguments.
        return Ok(Call {
            tool: tool_name(custom.remove("name"))?,
            args: args::object(custom.remove("input")),
            id,
        });
    }
    match call.remove("function") {
        Some(called) => function(called, id),
        None => Err("`function` is missing".to_owned()),
    }
}

/// A called function: its name and its arguments.
fn function(called: Json, id: Option<Json>) -> Result<Call, String> {
    let mut called = members(called)?;
    Ok(Call {
        tool: tool_name(called.remove("name"))?,
        args: args::text_or_object(called.remove("arguments")),
        id,
    })
}

fn members(json: Json) -> Result<BTreeMap<String, Json>, String> {
    match json {
        Json::Object(members) => Ok(members),
        other => Err(format!("it is {}, not an object", other.kind())),
    }
}

fn tool_name(name: Option<Json>) -> Result<String, String> {
    match name {
        Some(Json::String(name)) => Ok(name),
        Some(other) => Err(format!("`name` is {}, not a string", other.kind())),
        None => Err("`name` is missing".to_owned()),
    }
}

#[cfg(test)]
mod tests;
