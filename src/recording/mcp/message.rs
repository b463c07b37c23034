//! The JSON-RPC messages of one piece of a log: raw, in batches, or in whatever the logger puts around them.

use crate::model::Json;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A JSON-RPC message, with what the log says of it.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) facts: Facts,
    pub(super) rpc: Rpc,
}

/// What a log says of a message.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) time: Option<Json>,
    pub(super) direction: Option<String>,
    pub(super) server: Option<String>,
    pub(super) session: Option<String>,
    pub(super) connection: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) user: Option<String>,
}

/// The members of a JSON-RPC message.
#[derive(Debug, Default)]
pub(super) struct Rpc {
    /// Whether it says of itself that it is one.
    named: bool,
    pub(super) id: Option<Json>,
    pub(super) method: Option<Json>,
    pub(super) params: Option<Json>,
    pub(super) result: Option<Outcome>,
    pub(super) error: Option<Json>,
}

/// What is wanted of the result of a tool call: results may be long.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) is_error: bool,
}

/// JSON text inside JSON text is read so often.
const TEXTS: u8 = 2;

/// The messages of one piece of JSON.
pub(super) fn messages(json: &[u8]) -> Result<Vec<Message>, serde_json::Error> {
    let node = serde_json::from_slice(json)?;
    let mut found = Vec::new();
    flatten(node, &Facts::default(), TEXTS, &mut found)?;
    Ok(found)
}

/// The messages of the piece of JSON that begins here, whatever stands behind it, of which something is known.
pub(super) fn first_of(json: &[u8], facts: &Facts) -> Result<Vec<Message>, serde_json::Error> {
    let mut found = Vec::new();
    let mut stream = serde_json::Deserializer::from_slice(json).into_iter();
    if let Some(node) = stream.next() {
        flatten(node?, facts, TEXTS, &mut found)?;
    }
    Ok(found)
}

/// A piece of JSON in which messages may be.
enum Node {
    Object(Box<Object>),
    Array(Vec<Node>),
    Text(String),
    Other,
}

/// An object: perhaps a message, perhaps something around messages.
#[derive(Default)]
struct Object {
    facts: Facts,
    rpc: Rpc,
    inner: Vec<Node>,
}

fn flatten(
    node: Node,
    outer: &Facts,
    texts: u8,
    found: &mut Vec<Message>,
) -> Result<(), serde_json::Error> {
    match node {
        Node::Other => {}
        Node::Array(nodes) => {
            for node in nodes {
                flatten(node, outer, texts, found)?;
            }
        }
        Node::Text(text) => inner_text(&text, outer, texts, found)?,
        Node::Object(object) => {
            let Object { facts, rpc, inner } = *object;
            let facts = facts.over(outer);
            if rpc.named {
                found.push(Message { facts, rpc });
                return Ok(());
            }
            let before = found.len();
            for node in inner {
                flatten(node, &facts, texts, found)?;
            }
            let is_call = rpc.method.as_ref().and_then(Json::as_str) == Some(super::CALL);
            if found.len() == before && is_call {
                found.push(Message { facts, rpc });
            }
        }
    }
    Ok(())
}

/// The messages in a text. What holds one that cannot be read is a fault: a call may be in it.
fn inner_text(
    text: &str,
    outer: &Facts,
    texts: u8,
    found: &mut Vec<Message>,
) -> Result<(), serde_json::Error> {
    let is_json = text.trim_start().starts_with(['{', '[']) && text.contains("jsonrpc");
    // A logger may say something before the message, and something behind it.
    let from = match text.split_once('{') {
        Some((before, _)) if text.contains("\"jsonrpc\"") => text.get(before.len()..),
        Some(_) | None => None,
    };
    // Other text is what a logger has to say.
    if !is_json && from.is_none() {
        return Ok(());
    }
    let Some(texts) = texts.checked_sub(1) else {
        return Err(de::Error::custom(
            "a message stands in a text in too many others",
        ));
    };
    if is_json {
        return flatten(serde_json::from_str(text)?, outer, texts, found);
    }
    let before = found.len();
    let mut stream = serde_json::Deserializer::from_str(from.unwrap_or_default()).into_iter();
    if let Some(node) = stream.next() {
        flatten(node?, outer, texts, found)?;
    }
    match found.len() == before {
        true => Err(de::Error::custom(
            "a text speaks of `jsonrpc`, but its first object is no message",
        )),
        false => Ok(()),
    }
}

impl Facts {
    /// These facts, and those of what is around where nothing nearer is known.
    fn over(self, outer: &Facts) -> Facts {
        Facts {
            time: self.time.or_else(|| outer.time.clone()),
            direction: self.direction.or_else(|| outer.direction.clone()),
            server: self.server.or_else(|| outer.server.clone()),
            session: self.session.or_else(|| outer.session.clone()),
            connection: self.connection.or_else(|| outer.connection.clone()),
            agent: self.agent.or_else(|| outer.agent.clone()),
            user: self.user.or_else(|| outer.user.clone()),
        }
    }
}

impl Object {
    /// Takes a member by its name, however that is written.
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let facts = &mut self.facts;
        let rpc = &mut self.rpc;
        match name {
            "id" => set(&mut rpc.id, map.next_value()?),
            "method" => set(&mut rpc.method, map.next_value()?),
            "params" => set(&mut rpc.params, map.next_value()?),
            "error" => set(&mut rpc.error, map.next_value()?),
            "result" => rpc.result = Some(map.next_value()?),
            "jsonrpc" => match map.next_value()? {
                Node::Text(_) => rpc.named = true,
                other => self.inner.push(other),
            },
            "ts" | "time" | "timestamp" | "@timestamp" | "datetime" | "at" | "loggedat" => {
                set(&mut facts.time, map.next_value()?);
            }
            "dir" | "direction" | "flow" | "from" => text(&mut facts.direction, map.next_value()?),
            "server" | "servername" | "serverid" | "mcpserver" | "upstream" => {
                text(&mut facts.server, map.next_value()?);
            }
            "session" | "sessionid" | "mcpsessionid" => {
                text(&mut facts.session, map.next_value()?);
            }
            "connection" | "connectionid" | "conn" | "connid" => {
                text(&mut facts.connection, map.next_value()?);
            }
            "agent" | "agentid" | "agentname" => text(&mut facts.agent, map.next_value()?),
            "user" | "userid" | "username" => text(&mut facts.user, map.next_value()?),
            "headers" | "requestheaders" | "httpheaders" => {
                let Node::Object(headers) = map.next_value()? else {
                    return Ok(());
                };
                if let Some(session) = headers.facts.session {
                    facts.session.get_or_insert(session);
                }
            }
            "msg" | "message" | "payload" | "data" | "body" | "raw" | "request" | "response"
            | "frame" | "rpc" | "mcp" | "json" | "content" | "event" | "line" => {
                self.inner.push(map.next_value()?);
            }
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

/// A name in small letters, without what parts its words.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '_' | '-'));
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// A member that stands twice has no known value.
fn set(member: &mut Option<Json>, value: Json) {
    *member = Some(match member {
        None => value,
        Some(_) => Json::Repeated,
    });
}

/// A name: a text, a number, or what has a `name`. The first one counts.
fn text(member: &mut Option<String>, value: Json) {
    let name = match value {
        Json::String(name) => name,
        Json::Int(number) => number.to_string(),
        Json::Object(mut members) => match members.remove("name") {
            Some(Json::String(name)) => name,
            Some(_) | None => return,
        },
        Json::Null | Json::Bool(_) | Json::Float(_) | Json::Array(_) | Json::Repeated => return,
    };
    if !name.is_empty() {
        member.get_or_insert(name);
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = access.next_element()? {
            nodes.push(node);
        }
        Ok(Node::Array(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut object = Object::default();
        while let Some(key) = access.next_key::<String>()? {
            object.member(&plain(&key), &mut access)?;
        }
        Ok(Node::Object(Box::new(object)))
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OutcomeVisitor)
    }
}

struct OutcomeVisitor;

impl<'de> Visitor<'de> for OutcomeVisitor {
    type Value = Outcome;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Outcome, E> {
        Ok(Outcome::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Outcome, E> {
        Ok(Outcome::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Outcome, E> {
        Ok(Outcome::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Outcome, E> {
        Ok(Outcome::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Outcome, E> {
        Ok(Outcome::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Outcome, E> {
        Ok(Outcome::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Outcome, A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Outcome::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Outcome, A::Error> {
        let mut outcome = Outcome::default();
        while let Some(key) = access.next_key::<std::borrow::Cow<'de, str>>()? {
            match &*key {
                "isError" => outcome.is_error |= access.next_value::<Json>()? == Json::Bool(true),
                _ => drop(access.next_value::<IgnoredAny>()?),
            }
        }
        Ok(outcome)
    }
}
