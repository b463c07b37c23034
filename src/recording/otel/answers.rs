//! Tool calls in what a model answered: GenAI's output messages, the older `gen_ai.choice` events, and calls whose parts
//! have attributes of their own.

use super::document::{Event, Log, Span};
use super::facts::{Facts, Key, Part};
use super::value::Value;
use crate::model::Json;
use crate::recording::args;
use std::collections::BTreeMap;

/// A tool call that a model asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) id: Option<String>,
    pub(super) tool: String,
    pub(super) args: Option<Json>,
}

/// The calls of an answer, and what else stands there.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) calls: Vec<Asked>,
    pub(super) dropped: BTreeMap<&'static str, u64>,
    /// Calls that cannot be read.
    pub(super) faults: Vec<&'static str>,
}

impl Answer {
    /// What the model answered in the request that a span is. The first place that holds calls counts: the others would
    /// hold the same ones.
    pub(super) fn of_span(span: &Span<'_>) -> Self {
        let mut answer = Self::default();
        answer.facts(&span.facts);
        for event in &span.events {
            if answer.calls.is_empty() {
                answer.event(event);
            }
        }
        answer
    }

    /// What a log record says that a model answered.
    pub(super) fn of_log(log: &Log<'_>) -> Self {
        let mut answer = Self::default();
        answer.facts(&log.facts);
        let event = log.event.as_deref();
        if answer.calls.is_empty()
            && event.or_else(|| log.facts.text(Key::EventName)) == Some("gen_ai.choice")
        {
            answer.value(&log.body);
        }
        answer
    }

    fn event(&mut self, event: &Event<'_>) {
        self.facts(&event.facts);
        let name = event.name.as_deref();
        if name.or_else(|| event.facts.text(Key::EventName)) != Some("gen_ai.choice") {
            return;
        }
        if let Some(calls) = event.facts.get(Key::ToolCalls) {
            self.value(calls);
        } else if let Some(message) = event.facts.get(Key::Message) {
            self.value(message);
        }
    }

    fn facts(&mut self, facts: &Facts<'_>) {
        if let Some(messages) = facts.get(Key::OutputMessages) {
            self.value(messages);
        }
        if self.calls.is_empty() {
            self.parts(facts);
        }
    }

    /// Calls whose parts have attributes of their own.
    fn parts(&mut self, facts: &Facts<'_>) {
        let mut calls: BTreeMap<(u32, u32), BTreeMap<Part, &Value>> = BTreeMap::new();
        for (call, part, value) in facts.answers() {
            calls.entry(call).or_default().insert(part, value);
        }
        for call in calls.values() {
            let json = |part| call.get(part).map(|value| value.json());
            self.push(json(&Part::Id), json(&Part::Name), json(&Part::Arguments));
        }
    }

    /// An answer as text or as a structured value.
    fn value(&mut self, value: &Value<'_>) {
        let json = match value {
            // Most answers hold no call, and need not be read.
            Value::Text(text) if !MARKS.iter().any(|mark| text.contains(mark)) => return,
            Value::Text(text) => match serde_json::from_str(text) {
                Ok(json) => json,
                Err(_) => {
                    *self.dropped.entry("answer_not_json").or_default() += 1;
                    return;
                }
            },
            other => other.json(),
        };
        self.json(&json, DEPTH);
    }

    fn json(&mut self, json: &Json, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match json {
            Json::Array(items) => {
                for item in items {
                    self.json(item, depth);
                }
            }
            Json::Object(members) => {
                self.part(members);
                for inner in ["message", "parts", "content", "tool_calls"] {
                    if let Some(inner @ (Json::Array(_) | Json::Object(_))) = members.get(inner) {
                        self.json(inner, depth);
                    }
                }
            }
            _ => {}
        }
    }

    /// An object that may be a call.
    fn part(&mut self, part: &BTreeMap<String, Json>) {
        let get = |name: &str| part.get(name).cloned();
        match part.get("type").and_then(Json::as_str) {
            Some("tool_call") => return self.push(get("id"), get("name"), get("arguments")),
            Some("tool_use") => return self.push(get("id"), get("name"), get("input")),
            Some("server_tool_call") => {
                *self.dropped.entry("server_tool_call").or_default() += 1;
                return;
            }
            _ => {}
        }
        for (name, id, arguments) in [
            ("function", "", "arguments"),
            ("function_call", "id", "args"),
            ("functionCall", "id", "args"),
            ("toolUse", "toolUseId", "input"),
        ] {
            if let Some(Json::Object(call)) = part.get(name) {
                let id = call.get(id).or_else(|| part.get("id")).cloned();
                self.push(id, call.get("name").cloned(), call.get(arguments).cloned());
                return;
            }
        }
    }

    fn push(&mut self, id: Option<Json>, name: Option<Json>, arguments: Option<Json>) {
        let Some(Json::String(tool)) = name else {
            self.faults.push(match name {
                None | Some(Json::Null) => "it names no tool",
                Some(_) => "the name of its tool is no text",
            });
            return;
        };
        self.calls.push(Asked {
            id: match id {
                Some(Json::String(id)) if !id.is_empty() => Some(id),
                _ => None,
            },
            tool,
            args: args::text_or_object(arguments),
        });
    }
}

/// What stands in every answer that holds a call.
const MARKS: &[&str] = &[
    "tool_call",
    "tool_use",
    "toolUse",
    "function_call",
    "functionCall",
    "\"function\"",
];

/// So deep are calls looked for: message, parts, part.
const DEPTH: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn of_messages(messages: &str) -> Answer {
        let mut answer = Answer::default();
        answer.value(&Value::Text(messages.into()));
        answer
    }

    fn asked(id: Option<&str>, args: &str) -> Asked {
        Asked {
            id: id.map(str::to_owned),
            tool: "pay".to_owned(),
            args: Some(serde_json::from_str(args).expect("JSON")),
        }
    }

    #[test]
    fn calls_are_found_in_every_form() {
        for (text, id) in [
            (
                r#"[{"role":"assistant","parts":[{"type":"text","content":"hm"},{"type":"tool_call","id":"c","name":"pay","arguments":{"a":1}}]}]"#,
                Some("c"),
            ),
            (
                r#"[{"parts":[{"type":"tool_call","name":"pay","arguments":"{\"a\":1}"}]}]"#,
                None,
            ),
            (
                r#"{"message":{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"pay","arguments":"{\"a\":1}"}}]}}"#,
                Some("c"),
            ),
            (
                r#"{"content":{"role":"model","parts":[{"function_call":{"id":"c","name":"pay","args":{"a":1}}}]}}"#,
                Some("c"),
            ),
            (
                r#"{"content":{"parts":[{"functionCall":{"name":"pay","args":{"a":1}}}]}}"#,
                None,
            ),
            (
                r#"[{"toolUse":{"toolUseId":"c","name":"pay","input":{"a":1}}}]"#,
                Some("c"),
            ),
            (
                r#"{"content":[{"type":"tool_use","id":"c","name":"pay","input":{"a":1}}]}"#,
                Some("c"),
            ),
        ] {
            let found = of_messages(text);
            assert_eq!(found.calls, [asked(id, r#"{"a":1}"#)], "{text}");
            assert!(
                found.dropped.is_empty() && found.faults.is_empty(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_call_of_the_agent_is_none() {
        let found = of_messages(
            r#"[{"parts":[{"type":"server_tool_call","name":"web_search"},{"type":"text"}]}]"#,
        );
        assert_eq!(
            (found.calls.len(), found.dropped["server_tool_call"]),
            (0, 1)
        );
        for text in [
            "",
            "cut",
            "[{\"role\":\"assistant\"}]",
            "{}",
            "7",
            "\"tool_call\"",
        ] {
            assert_eq!(of_messages(text), Answer::default(), "{text}");
        }
        let cut = of_messages(r#"[{"parts":[{"type":"tool_call","na"#);
        assert_eq!((cut.calls.len(), cut.dropped["answer_not_json"]), (0, 1));
        let odd = of_messages(
            r#"[{"parts":[{"type":"tool_call"},{"type":"tool_call","name":5}, 7, null]},[[[[[[[1]]]]]]]]"#,
        );
        assert_eq!(
            odd.faults,
            ["it names no tool", "the name of its tool is no text"]
        );
    }

    #[test]
    fn the_first_place_that_holds_calls_counts() {
        let messages =
            r#"[{\"parts\":[{\"type\":\"tool_call\",\"name\":\"pay\",\"arguments\":{}}]}]"#;
        let facts = format!(
            r#"{{"gen_ai.output.messages":"{messages}","gen_ai.completion.0.tool_calls.0.name":"other"}}"#
        );
        let span = Span {
            facts: serde_json::from_str(&facts).expect("attributes"),
            ..Span::default()
        };
        assert_eq!(Answer::of_span(&span).calls, [asked(None, "{}")]);
    }

    #[test]
    fn parts_with_attributes_of_their_own_make_calls() {
        let facts = r#"{"gen_ai.completion.0.tool_calls.1.name":"pay","gen_ai.completion.0.tool_calls.0.name":"pay",
            "gen_ai.completion.0.tool_calls.0.id":"c","gen_ai.completion.0.tool_calls.0.arguments":"{\"a\":1}",
            "gen_ai.completion.0.tool_calls.2.id":"x"}"#;
        let span = Span {
            facts: serde_json::from_str(facts).expect("attributes"),
            ..Span::default()
        };
        let answer = Answer::of_span(&span);
        let without = Asked {
            args: None,
            ..asked(None, "{}")
        };
        assert_eq!(answer.calls, [asked(Some("c"), r#"{"a":1}"#), without]);
        assert_eq!(answer.faults, ["it names no tool"]);
    }
}
