//! The attributes that say something about tool calls; all others are passed over without being read.

use super::loose::{Lenient, Scalar, lenient, skip_members};
use super::value::{Name, Value};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// An attribute that says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::recording) enum Key {
    Operation,
    ToolName,
    ToolCallId,
    ToolType,
    ToolArguments,
    AgentName,
    AgentId,
    Conversation,
    OutputMessages,
    AdkArguments,
    AdkResponse,
    AdkSession,
    InferenceKind,
    InferenceTool,
    InferenceCallId,
    InferenceArguments,
    InferenceParameters,
    InferenceInput,
    InferenceAgent,
    TraceloopKind,
    TraceloopName,
    TraceloopInput,
    McpMethod,
    McpRequest,
    EndUser,
    User,
    KagentUser,
    Session,
    Service,
    EventName,
    /// Of an event: what a model answered.
    Message,
    /// Of an event: the calls in what a model answered.
    ToolCalls,
    SpanKind,
    PolicyDecision,
    PolicyReason,
    PolicyDetermining,
    PolicyMismatched,
    PolicyLogOnlyMatched,
    PolicyLogOnlyFlipping,
    PolicyEngine,
    PolicyMode,
    GatewayId,
    RequestId,
    ResourceArn,
    TokenSubject,
    /// Part of a tool call in what a model answered, under a key with two numbers: which message, which call.
    Answer(u32, u32, Part),
}

/// A part of a tool call that has an attribute of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::recording) enum Part {
    Id,
    Name,
    Arguments,
}

/// The attribute of a name.
fn key(name: &str) -> Option<Key> {
    Some(match name {
        "gen_ai.operation.name" => Key::Operation,
        "gen_ai.tool.name" => Key::ToolName,
        "gen_ai.tool.call.id" => Key::ToolCallId,
        "gen_ai.tool.type" => Key::ToolType,
        "gen_ai.tool.call.arguments" => Key::ToolArguments,
        "gen_ai.agent.name" => Key::AgentName,
        "gen_ai.agent.id" => Key::AgentId,
        "gen_ai.conversation.id" => Key::Conversation,
        "gen_ai.output.messages" => Key::OutputMessages,
        "gcp.vertex.agent.tool_call_args" => Key::AdkArguments,
        "gcp.vertex.agent.tool_response" => Key::AdkResponse,
        "gcp.vertex.agent.session_id" => Key::AdkSession,
        "openinference.span.kind" => Key::InferenceKind,
        "tool.name" => Key::InferenceTool,
        "tool_call.id" | "tool.call_id" => Key::InferenceCallId,
        "tool_call.function.arguments" => Key::InferenceArguments,
        "tool.parameters" => Key::InferenceParameters,
        "input.value" => Key::InferenceInput,
        "agent.name" => Key::InferenceAgent,
        "traceloop.span.kind" => Key::TraceloopKind,
        "traceloop.entity.name" => Key::TraceloopName,
        "traceloop.entity.input" => Key::TraceloopInput,
        "mcp.method.name" => Key::McpMethod,
        "jsonrpc.request.id" => Key::McpRequest,
        "enduser.id" => Key::EndUser,
        "user.id" => Key::User,
        "kagent.user_id" => Key::KagentUser,
        "session.id" => Key::Session,
        "service.name" => Key::Service,
        "event.name" | "otel.event.name" | "event" => Key::EventName,
        "message" => Key::Message,
        "tool_calls" => Key::ToolCalls,
        "span.kind" => Key::SpanKind,
        "aws.agentcore.policy.authorization_decision" => Key::PolicyDecision,
        "aws.agentcore.policy.authorization_reason" => Key::PolicyReason,
        "aws.agentcore.policy.determining_policies" => Key::PolicyDetermining,
        "aws.agentcore.policy.mismatched_policies" => Key::PolicyMismatched,
        "aws.agentcore.policy.log_only_matched_policies" => Key::PolicyLogOnlyMatched,
        "aws.agentcore.policy.log_only_decision_flipping_policies" => Key::PolicyLogOnlyFlipping,
        "aws.agentcore.gateway.policy.arn" => Key::PolicyEngine,
        "aws.agentcore.gateway.policy.mode" => Key::PolicyMode,
        "aws.agentcore.policy.target_resource.id" | "gateway.id" => Key::GatewayId,
        "aws.request.id" => Key::RequestId,
        "aws.resource.arn" => Key::ResourceArn,
        "jwt.sub" => Key::TokenSubject,
        _ => return answer(name),
    })
}

/// `gen_ai.completion.0.tool_calls.0.name` (Traceloop) and
/// `llm.output_messages.0.message.tool_calls.0.tool_call.function.name` (OpenInference).
fn answer(name: &str) -> Option<Key> {
    let (message, rest) = match name.strip_prefix("gen_ai.completion.") {
        Some(rest) => rest.split_once(".tool_calls.")?,
        None => name
            .strip_prefix("llm.output_messages.")?
            .split_once(".message.tool_calls.")?,
    };
    let (call, part) = rest.split_once('.')?;
    let part = match part {
        "id" | "tool_call.id" => Part::Id,
        "name" | "tool_call.function.name" => Part::Name,
        "arguments" | "tool_call.function.arguments" => Part::Arguments,
        _ => return None,
    };
    Some(Key::Answer(message.parse().ok()?, call.parse().ok()?, part))
}

/// What the attributes of a span, a log record, an event or a resource say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::recording) struct Facts<'a> {
    known: Vec<(Key, Value<'a>)>,
    answers: BTreeMap<((u32, u32), Part), Value<'a>>,
}

impl<'a> Facts<'a> {
    /// The value of an attribute.
    pub(in crate::recording) fn get(&self, key: Key) -> Option<&Value<'a>> {
        let mut all = self.known.iter();
        all.find_map(|(own, value)| (*own == key && value != &Value::Null).then_some(value))
    }

    /// The text of an attribute, where it has one.
    pub(in crate::recording) fn text(&self, key: Key) -> Option<&str> {
        self.get(key).and_then(Value::text)
    }

    /// The parts of the calls in a model's answer that have attributes of their own, call by call.
    pub(in crate::recording) fn answers(
        &self,
    ) -> impl Iterator<Item = ((u32, u32), Part, &Value<'a>)> {
        let all = self.answers.iter();
        all.map(|((call, part), value)| (*call, *part, value))
    }

    /// An attribute that stands twice has no known value, unless both say the same.
    pub(in crate::recording) fn push(&mut self, key: Key, value: Value<'a>) {
        let seen = match key {
            Key::Answer(message, call, part) => match self.answers.entry(((message, call), part)) {
                Entry::Vacant(place) => {
                    place.insert(value);
                    return;
                }
                Entry::Occupied(place) => place.into_mut(),
            },
            _ => match self.known.iter_mut().find(|(own, _)| *own == key) {
                Some((_, seen)) => seen,
                None => {
                    self.known.push((key, value));
                    return;
                }
            },
        };
        if *seen != value {
            *seen = Value::Unknown("repeated_key");
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Facts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer)
    }
}

impl<'de: 'a, 'a> Lenient<'de> for Facts<'a> {
    fn other(_: &'static str) -> Self {
        Self::default()
    }

    /// A list of keys and values, as OTLP and Jaeger have it.
    fn array<A: SeqAccess<'de>>(mut access: A) -> Result<Self, A::Error> {
        let mut facts = Facts::default();
        while let Some(Attribute(found)) = access.next_element()? {
            if let Some((key, value)) = found {
                facts.push(key, value);
            }
        }
        Ok(facts)
    }

    /// An object of keys and values, as CloudWatch has it.
    fn object<A: MapAccess<'de>>(mut access: A) -> Result<Self, A::Error> {
        let mut facts = Facts::default();
        while let Some(Known(key)) = access.next_key()? {
            match key {
                Some(key) => facts.push(key, access.next_value()?),
                None => drop(access.next_value::<IgnoredAny>()?),
            }
        }
        Ok(facts)
    }
}

/// The name of an attribute, where it says something.
struct Known(Option<Key>);

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Text(name) => Ok(Known(key(&name))),
            _ => Ok(Known(None)),
        }
    }
}

/// One element of a list of attributes, where it says something.
struct Attribute<'a>(Option<(Key, Value<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Attribute<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer)
    }
}

impl<'de: 'a, 'a> Lenient<'de> for Attribute<'a> {
    fn other(_: &'static str) -> Self {
        Self(None)
    }

    fn object<A: MapAccess<'de>>(mut access: A) -> Result<Self, A::Error> {
        let mut name: Option<Option<Key>> = None;
        let mut value = None;
        while let Some(field) = access.next_key::<Name>()? {
            match field.0.as_ref() {
                "key" if name.is_none() => name = Some(access.next_value::<Known>()?.0),
                "key" => {
                    // Two names: nobody knows which one counts.
                    skip_rest(access)?;
                    return Ok(Attribute(None));
                }
                "value" if name == Some(None) => drop(access.next_value::<IgnoredAny>()?),
                "value" => {
                    let read: Value = access.next_value()?;
                    value = Some(match value {
                        None => read,
                        Some(_) => Value::Unknown("repeated_key"),
                    });
                }
                _ => drop(access.next_value::<IgnoredAny>()?),
            }
        }
        let key = name.flatten();
        Ok(Attribute(
            key.map(|key| (key, value.unwrap_or(Value::Null))),
        ))
    }
}

/// Passes over the value of the last key and all that stands behind it.
fn skip_rest<'de, A: MapAccess<'de>>(mut access: A) -> Result<(), A::Error> {
    access.next_value::<IgnoredAny>()?;
    skip_members(access)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Facts<'_> {
        serde_json::from_str(text).expect(text)
    }

    #[test]
    fn only_what_says_something_is_kept() {
        let found = facts(
            r#"[{"key":"http.method","value":{"stringValue":"GET"}},
            {"key":"gen_ai.tool.name","value":{"stringValue":"pay"}},
            {"value":{"stringValue":"c1"},"key":"gen_ai.tool.call.id"},
            {"key":"gen_ai.tool.type","type":"string","value":"function"},
            {"key":"enduser.id"},{"key":"user.id","value":{}},{"key":7,"value":{}},7,null,"x",[1],1.5,true,-1,{}]"#,
        );
        assert_eq!(found.text(Key::ToolName), Some("pay"));
        assert_eq!(found.text(Key::ToolCallId), Some("c1"));
        assert_eq!(found.text(Key::ToolType), Some("function"));
        assert_eq!(
            (found.get(Key::EndUser), found.get(Key::User)),
            (None, None)
        );
        assert_eq!((found.known.len(), found.answers.len()), (5, 0));
    }

    #[test]
    fn what_stands_twice_is_not_known() {
        let same = r#"{"key":"gen_ai.tool.name","value":{"stringValue":"pay"}}"#;
        let other = same.replace("pay", "refund");
        assert_eq!(
            facts(&format!("[{same},{same}]")).text(Key::ToolName),
            Some("pay")
        );
        let twice = format!("[{same},{other}]");
        let repeated = Value::Unknown("repeated_key");
        assert_eq!(facts(&twice).get(Key::ToolName), Some(&repeated));
        let text = r#"[{"key":"gen_ai.tool.name","value":{"stringValue":"a"},"value":{"stringValue":"a"}}]"#;
        assert_eq!(facts(text).get(Key::ToolName), Some(&repeated));
        let text = r#"[{"key":"gen_ai.tool.name","key":"user.id","value":{"stringValue":"a"}}]"#;
        assert_eq!(facts(text), Facts::default());
    }

    #[test]
    fn attributes_may_be_an_object_or_nothing() {
        let found = facts(r#"{"gen_ai.tool.name":"pay","http.x":[{"a":1}],"user.id":5}"#);
        assert_eq!(found.text(Key::ToolName), Some("pay"));
        assert_eq!(found.get(Key::User), Some(&Value::Int(5)));
        for none in ["null", "7", "-7", "1.5", "true", "\"x\"", "[]", "{}"] {
            assert_eq!(facts(none), Facts::default(), "{none}");
        }
    }

    #[test]
    fn keys_with_numbers_are_parts_of_calls() {
        for (name, expected) in [
            (
                "gen_ai.completion.0.tool_calls.2.name",
                Some((0, 2, Part::Name)),
            ),
            (
                "gen_ai.completion.1.tool_calls.0.arguments",
                Some((1, 0, Part::Arguments)),
            ),
            (
                "llm.output_messages.0.message.tool_calls.1.tool_call.function.arguments",
                Some((0, 1, Part::Arguments)),
            ),
            (
                "llm.output_messages.3.message.tool_calls.1.tool_call.id",
                Some((3, 1, Part::Id)),
            ),
            ("gen_ai.completion.0.content", None),
            ("gen_ai.completion.x.tool_calls.0.name", None),
            ("gen_ai.completion.0.tool_calls.99999999999.name", None),
            ("gen_ai.prompt.2.tool_calls.0.name", None),
            (
                "llm.input_messages.0.message.tool_calls.1.tool_call.id",
                None,
            ),
        ] {
            let expected = expected.map(|(message, call, part)| Key::Answer(message, call, part));
            assert_eq!(key(name), expected, "{name}");
        }
    }
}
