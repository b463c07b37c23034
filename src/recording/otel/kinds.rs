//! What a span is, by its attributes: a tool call, an agent's run, a model's answer; and the arguments of a tool call.

use super::document::Span;
use super::facts::{Facts, Key};
use super::value::Value;
use crate::model::Json;
use crate::recording::args;

/// What a span says of tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool<'s> {
    /// Nothing.
    None,
    /// It is a call of this tool.
    Call(&'s str),
    /// It is a call, and does not say of which tool.
    Nameless,
    /// ADK's span around calls that ran side by side; each has a span of its own.
    Merged,
    /// A tool call in Claude Code's own attributes, which do not hold what was called with which arguments.
    ClaudeCode,
}

/// What a span says of tools.
pub(super) fn tool<'s>(span: &'s Span<'_>) -> Tool<'s> {
    let facts = &span.facts;
    let operation = facts.text(Key::Operation);
    let named = facts.text(Key::ToolName);
    let own_name = span.name.strip_prefix("execute_tool ");
    let call = operation == Some("execute_tool")
        || facts.text(Key::McpMethod) == Some("tools/call")
        || facts.text(Key::InferenceKind) == Some("TOOL")
        || facts.text(Key::TraceloopKind) == Some("tool")
        || (operation.is_none() && named.is_some() && own_name.is_some());
    if !call {
        return match span.name.as_ref() {
            "claude_code.tool" => Tool::ClaudeCode,
            _ => Tool::None,
        };
    }
    if facts.get(Key::ToolName).is_some() && named.is_none() {
        return Tool::Nameless;
    }
    let name = named
        .or_else(|| facts.text(Key::InferenceTool))
        .or_else(|| facts.text(Key::TraceloopName))
        .or(own_name)
        .or_else(|| span.name.strip_prefix("tools/call "))
        .or_else(|| facts.text(Key::InferenceKind).map(|_| span.name.as_ref()));
    match name {
        Some("(merged tools)") => Tool::Merged,
        Some(name) if !name.is_empty() => Tool::Call(name),
        Some(_) | None => Tool::Nameless,
    }
}

/// Whether a span is the run of an agent.
pub(super) fn is_agent(span: &Span<'_>) -> bool {
    span.facts.text(Key::Operation) == Some("invoke_agent")
        || span.facts.text(Key::InferenceKind) == Some("AGENT")
        || span.facts.text(Key::TraceloopKind) == Some("agent")
}

/// The agent that a span names, whatever kind of span it is.
pub(in crate::recording) fn agent<'s>(span: &'s Span<'_>) -> Option<&'s str> {
    let facts = &span.facts;
    let own = || {
        if !is_agent(span) {
            return None;
        }
        let traceloop = facts.text(Key::TraceloopName);
        let name = traceloop.or_else(|| span.name.strip_prefix("invoke_agent "));
        let inference = facts.text(Key::InferenceKind).map(|_| span.name.as_ref());
        name.or(inference).filter(|name| !name.is_empty())
    };
    facts
        .text(Key::AgentName)
        .or_else(|| facts.text(Key::InferenceAgent))
        .or_else(own)
        .or_else(|| facts.text(Key::AgentId))
}

/// Whether a span is a request to a model.
pub(super) fn is_inference(span: &Span<'_>) -> bool {
    let operation = span.facts.text(Key::Operation);
    matches!(
        operation,
        Some("chat" | "generate_content" | "text_completion")
    ) || span.facts.text(Key::InferenceKind) == Some("LLM")
}

/// The id of a tool call.
pub(super) fn call_id<'s>(span: &'s Span<'_>) -> Option<&'s str> {
    let id = span.facts.text(Key::ToolCallId);
    id.or_else(|| span.facts.text(Key::InferenceCallId))
}

/// The arguments of a tool call; nothing where they were not recorded.
pub(super) fn arguments(facts: &Facts<'_>) -> Option<Json> {
    if let Some(value) = facts.get(Key::ToolArguments) {
        return read(value);
    }
    if let Some(value) = facts.get(Key::AdkArguments) {
        let empty = |key| facts.text(key).map(str::trim) == Some("{}");
        // ADK writes `{}` for both where it is told not to record them.
        if empty(Key::AdkArguments) && empty(Key::AdkResponse) {
            return Some(args::unknown("args_not_captured"));
        }
        return read(value);
    }
    if let Some(value) = facts.get(Key::InferenceArguments) {
        return read(value);
    }
    if let Some(value) = facts.get(Key::InferenceParameters) {
        let parameters = read(value);
        if !parameters.as_ref().is_some_and(is_declaration) {
            return parameters;
        }
    }
    if let Some(value) = facts.get(Key::InferenceInput) {
        return read(value);
    }
    facts.get(Key::TraceloopInput).and_then(read).map(unwrap)
}

fn read(value: &Value<'_>) -> Option<Json> {
    match value {
        Value::Unknown(reason) => Some(args::unknown(reason)),
        value => args::text_or_object(Some(value.json())),
    }
}

/// Some instrumentations write into `tool.parameters` what parameters there are, not what they were.
fn is_declaration(parameters: &Json) -> bool {
    let Json::Object(members) = parameters else {
        return false;
    };
    let schema = parameters.get("type").and_then(Json::as_str) == Some("object")
        && matches!(parameters.get("properties"), Some(Json::Object(_)));
    let declared = |member: &Json| matches!(member.get("type"), Some(Json::String(_)));
    schema || (!members.is_empty() && members.values().all(declared))
}

/// The arguments inside of what Traceloop's instrumentations put around them.
fn unwrap(input: Json) -> Json {
    let Json::Object(members) = &input else {
        return input;
    };
    let has = |name: &str| members.contains_key(name);
    let only = |names: &[&str]| members.keys().all(|key| names.contains(&key.as_str()));
    // LangChain's callbacks.
    let around = ["input_str", "inputs", "tags", "metadata", "kwargs"];
    if only(&around) && (has("input_str") || (has("inputs") && has("tags"))) {
        return match (members.get("inputs"), members.get("input_str")) {
            (Some(inputs @ Json::Object(_)), _) => inputs.clone(),
            (_, Some(text @ Json::String(_))) => {
                args::text_or_object(Some(text.clone())).unwrap_or(Json::Null)
            }
            _ => args::unknown("args_not_object"),
        };
    }
    // A decorated Python function: what it got by position has no name.
    if only(&["args", "kwargs"]) && has("kwargs") {
        return match (members.get("args"), members.get("kwargs")) {
            (None, Some(named @ Json::Object(_))) => named.clone(),
            (Some(Json::Array(by_place)), Some(named @ Json::Object(_))) if by_place.is_empty() => {
                named.clone()
            }
            _ => args::unknown("args_without_names"),
        };
    }
    // An MCP client.
    if only(&["tool_name", "arguments"]) && has("tool_name") {
        return args::object(members.get("arguments").cloned())
            .unwrap_or_else(|| Json::Object(Default::default()));
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span<'a>(name: &'a str, attributes: &'a str) -> Span<'a> {
        Span {
            name: name.into(),
            facts: serde_json::from_str(attributes).expect(attributes),
            ..Span::default()
        }
    }

    #[test]
    fn a_call_is_known_by_any_of_the_conventions() {
        for (name, attributes, expected) in [
            (
                "x",
                r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"pay"}"#,
                Tool::Call("pay"),
            ),
            (
                "execute_tool pay",
                r#"{"gen_ai.operation.name":"execute_tool"}"#,
                Tool::Call("pay"),
            ),
            (
                "execute_tool x",
                r#"{"gen_ai.tool.name":"pay"}"#,
                Tool::Call("pay"),
            ),
            (
                "tools/call pay",
                r#"{"mcp.method.name":"tools/call"}"#,
                Tool::Call("pay"),
            ),
            (
                "x",
                r#"{"openinference.span.kind":"TOOL","tool.name":"pay"}"#,
                Tool::Call("pay"),
            ),
            (
                "pay",
                r#"{"openinference.span.kind":"TOOL"}"#,
                Tool::Call("pay"),
            ),
            (
                "pay.tool",
                r#"{"traceloop.span.kind":"tool","traceloop.entity.name":"pay"}"#,
                Tool::Call("pay"),
            ),
            (
                "x",
                r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"(merged tools)"}"#,
                Tool::Merged,
            ),
            (
                "x",
                r#"{"gen_ai.operation.name":"execute_tool"}"#,
                Tool::Nameless,
            ),
            (
                "x",
                r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":7,"tool.name":"pay"}"#,
                Tool::Nameless,
            ),
            (
                "claude_code.tool",
                r#"{"tool_name":"Bash"}"#,
                Tool::ClaudeCode,
            ),
            (
                "claude_code.tool",
                r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"Bash"}"#,
                Tool::Call("Bash"),
            ),
            (
                "claude_code.tool.execution",
                r#"{"gen_ai.tool.call.id":"c"}"#,
                Tool::None,
            ),
            ("execute_tool pay", "{}", Tool::None),
            (
                "chat",
                r#"{"gen_ai.operation.name":"chat","gen_ai.tool.name":"pay"}"#,
                Tool::None,
            ),
            (
                "tools/list",
                r#"{"mcp.method.name":"tools/list"}"#,
                Tool::None,
            ),
        ] {
            assert_eq!(
                tool(&span(name, attributes)),
                expected,
                "{name} {attributes}"
            );
        }
    }

    #[test]
    fn agents_are_named_by_attributes_else_by_the_span_of_their_run() {
        for (name, attributes, expected) in [
            (
                "invoke_agent a",
                r#"{"gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"b"}"#,
                Some("b"),
            ),
            (
                "invoke_agent a",
                r#"{"gen_ai.operation.name":"invoke_agent","gen_ai.agent.id":"i"}"#,
                Some("a"),
            ),
            (
                "invoke_agent",
                r#"{"gen_ai.operation.name":"invoke_agent","gen_ai.agent.id":"i"}"#,
                Some("i"),
            ),
            (
                "chat",
                r#"{"gen_ai.operation.name":"chat","gen_ai.agent.name":"b"}"#,
                Some("b"),
            ),
            ("x", r#"{"openinference.span.kind":"AGENT"}"#, Some("x")),
            (
                "x",
                r#"{"openinference.span.kind":"AGENT","agent.name":"b"}"#,
                Some("b"),
            ),
            (
                "x.agent",
                r#"{"traceloop.span.kind":"agent","traceloop.entity.name":"x"}"#,
                Some("x"),
            ),
            ("invoke_agent a", "{}", None),
            (
                "x",
                r#"{"traceloop.span.kind":"tool","traceloop.entity.name":"x"}"#,
                None,
            ),
        ] {
            assert_eq!(
                agent(&span(name, attributes)),
                expected,
                "{name} {attributes}"
            );
        }
    }

    #[test]
    fn ids_of_calls_have_several_names() {
        for (attributes, expected) in [
            (
                r#"{"gen_ai.tool.call.id":"a","tool_call.id":"b"}"#,
                Some("a"),
            ),
            (r#"{"tool_call.id":"b"}"#, Some("b")),
            (r#"{"tool.call_id":"b"}"#, Some("b")),
            (r#"{"gen_ai.tool.call.id":""}"#, None),
        ] {
            assert_eq!(call_id(&span("x", attributes)), expected, "{attributes}");
        }
    }

    fn read(attributes: &str) -> String {
        let facts = serde_json::from_str(attributes).expect(attributes);
        serde_json::to_string(&arguments(&facts)).expect("JSON")
    }

    #[test]
    fn arguments_stand_in_many_places() {
        for (attributes, expected) in [
            ("{}", "null"),
            (
                r#"{"gen_ai.tool.call.arguments":"{\"a\":1}","input.value":"{\"b\":1}"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"gen_ai.tool.call.arguments":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}}]}}}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"gen_ai.tool.call.arguments":"cut {"}"#,
                r#"{"$unknown":"args_not_json"}"#,
            ),
            (
                r#"{"gen_ai.tool.call.arguments":7}"#,
                r#"{"$unknown":"args_not_object"}"#,
            ),
            (
                r#"{"gen_ai.tool.call.arguments":{"bytesValue":"AA=="}}"#,
                r#"{"$unknown":"bytes"}"#,
            ),
            (
                r#"{"gcp.vertex.agent.tool_call_args":"{\"a\":1}","gcp.vertex.agent.tool_response":"{}"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"gcp.vertex.agent.tool_call_args":"{}","gcp.vertex.agent.tool_response":"{\"r\":1}"}"#,
                "{}",
            ),
            (
                r#"{"gcp.vertex.agent.tool_call_args":"{}","gcp.vertex.agent.tool_response":"{}"}"#,
                r#"{"$unknown":"args_not_captured"}"#,
            ),
            (
                r#"{"tool_call.function.arguments":"{\"a\":1}","tool.parameters":"{\"b\":1}"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"tool.parameters":"{\"a\":1}","input.value":"{\"b\":1}"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"tool.parameters":"{\"type\":\"object\",\"properties\":{}}","input.value":"{\"b\":1}"}"#,
                r#"{"b":1}"#,
            ),
            (
                r#"{"tool.parameters":"{\"a\":{\"type\":\"string\",\"description\":\"d\"}}"}"#,
                "null",
            ),
            (
                r#"{"input.value":"refund 5"}"#,
                r#"{"$unknown":"args_not_json"}"#,
            ),
            (r#"{"traceloop.entity.input":"{\"a\":1}"}"#, r#"{"a":1}"#),
            (
                r#"{"traceloop.entity.input":"{\"input_str\":\"{'a': 1}\",\"tags\":[],\"metadata\":{},\"inputs\":{\"a\":1},\"kwargs\":{}}"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"traceloop.entity.input":"{\"input_str\":\"{'a': 1}\",\"tags\":[]}"}"#,
                r#"{"$unknown":"args_not_json"}"#,
            ),
            (
                r#"{"traceloop.entity.input":"{\"input_str\":\"{\\\"a\\\":1}\"}"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"traceloop.entity.input":"{\"input_str\":5}"}"#,
                r#"{"$unknown":"args_not_object"}"#,
            ),
            (
                r#"{"traceloop.entity.input":"{\"args\":[],\"kwargs\":{\"a\":1}}"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"traceloop.entity.input":"{\"args\":[1],\"kwargs\":{}}"}"#,
                r#"{"$unknown":"args_without_names"}"#,
            ),
            (
                r#"{"traceloop.entity.input":"{\"tool_name\":\"pay\",\"arguments\":{\"a\":1}}"}"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"traceloop.entity.input":"[1]"}"#,
                r#"{"$unknown":"args_not_json"}"#,
            ),
        ] {
            assert_eq!(read(attributes), expected, "{attributes}");
        }
    }
}
