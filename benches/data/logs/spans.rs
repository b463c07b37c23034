//! Sessions as traces: a span a call below the agent's, with the calls of models between them.

use super::{Call, Session};
use serde_json::{Value, json};

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// A trace as OTLP JSON on one line.
pub(super) fn otel(session: &Session) -> String {
    let first = session.calls.first();
    let (begin, number) = first.map_or((0, 0), |call| (call.nanoseconds(), call.at));
    let trace = format!("{number:032x}");
    let span = |id: usize, name: String, start: u64, attributes: Vec<Value>| {
        json!({
            "traceId": trace, "spanId": format!("{id:016x}"),
            "parentSpanId": if id == number * 4 { String::new() } else { format!("{:016x}", number * 4) },
            "name": name, "kind": 1, "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 500_000_000).to_string(),
            "attributes": attributes, "status": { "code": 1 }, "flags": 257,
        })
    };
    let mut spans = vec![span(
        number * 4,
        format!("invoke_agent {}", session.agent),
        begin,
        vec![
            attribute("gen_ai.operation.name", "invoke_agent"),
            attribute("gen_ai.agent.name", session.agent),
            attribute("gen_ai.conversation.id", &session.id),
            attribute("enduser.id", &session.user),
        ],
    )];
    let mut said = session.prompt.clone();
    for call in &session.calls {
        let answer = json!([{ "role": "assistant", "parts": [
            { "type": "text", "content": call.said },
            { "type": "tool_call", "id": call.id, "name": call.tool, "arguments": call.args },
        ] }]);
        let asked = json!([{ "role": "user", "parts": [{ "type": "text", "content": said }] }]);
        spans.push(span(
            call.at * 4 + 1,
            "chat model-a".to_owned(),
            call.nanoseconds(),
            vec![
                attribute("gen_ai.operation.name", "chat"),
                attribute("gen_ai.request.model", "model-a"),
                json!({ "key": "gen_ai.usage.input_tokens", "value": { "intValue": "712" } }),
                attribute("gen_ai.input.messages", &asked.to_string()),
                attribute("gen_ai.output.messages", &answer.to_string()),
            ],
        ));
        spans.push(span(
            call.at * 4 + 2,
            format!("execute_tool {}", call.tool),
            call.nanoseconds() + 600_000_000,
            vec![
                attribute("gen_ai.operation.name", "execute_tool"),
                attribute("gen_ai.tool.name", call.tool),
                attribute("gen_ai.tool.call.id", &call.id),
                attribute("gen_ai.tool.type", "function"),
                attribute("gen_ai.tool.call.arguments", &call.args.to_string()),
                attribute("gen_ai.tool.call.result", &call.result),
            ],
        ));
        said.clone_from(&call.result);
    }
    json!({ "resourceSpans": [{
        "resource": { "attributes": [attribute("service.name", "shop"), attribute("telemetry.sdk.language", "python")] },
        "scopeSpans": [{ "scope": { "name": "agents" }, "spans": spans }],
    }] })
    .to_string()
}

/// The items of a trace of the OpenAI Agents SDK.
pub(super) fn openai_agents(session: &Session) -> Vec<String> {
    let trace = format!("trace_{}", session.id);
    let item = |call: &Call, id: &str, parent: Option<&str>, data: Value| {
        json!({
            "object": "trace.span", "id": id, "trace_id": trace, "parent_id": parent, "started_at": call.time(),
            "ended_at": call.time(), "span_data": data, "error": null,
        })
        .to_string()
    };
    let begun = json!({
        "object": "trace", "id": trace, "workflow_name": "Shop", "group_id": session.id, "metadata": null,
    });
    let mut items = vec![begun.to_string()];
    let agent = format!("span_agent_{}", session.id);
    for call in &session.calls {
        let id = format!("span_{}", call.id);
        let generation = json!({ "type": "response", "response_id": call.id });
        let data = json!({
            "type": "function", "name": call.tool, "input": call.args.to_string(), "output": call.result, "mcp_data": null,
        });
        items.push(item(call, &format!("{id}_r"), Some(&agent), generation));
        items.push(item(call, &id, Some(&agent), data));
    }
    if let Some(first) = session.calls.first() {
        let data = json!({ "type": "agent", "name": session.agent, "tools": [], "handoffs": [], "output_type": "str" });
        items.push(item(first, &agent, None, data));
    }
    items
}

/// The spans of a trace of AgentCore's gateway.
pub(super) fn agentcore(session: &Session) -> Vec<String> {
    let trace = session.id.as_str();
    let line = |call: &Call, name: &str, id: String, parent: String, mut attributes: Value| {
        attributes["aws.resource.arn"] =
            "arn:aws:bedrock-agentcore:eu-central-1:1:gateway/shop".into();
        json!({
            "resource": { "attributes": { "service.name": "shop" } }, "traceId": trace, "spanId": id,
            "parentSpanId": parent, "name": name, "kind": "SERVER", "startTimeUnixNano": call.nanoseconds(),
            "endTimeUnixNano": call.nanoseconds() + 500, "attributes": attributes, "events": [],
        })
        .to_string()
    };
    let mut lines = Vec::new();
    for call in &session.calls {
        let (tool, asked) = (format!("t{}", call.id), format!("p{}", call.id));
        lines.push(line(
            call,
            "AgentCore.Gateway.InvokeTool",
            tool.clone(),
            format!("a{trace}"),
            json!({ "aws.request.id": call.id, "tool.name": format!("shop___{}", call.tool) }),
        ));
        lines.push(line(
            call,
            "AgentCore.Policy.AuthorizeAction",
            asked,
            tool,
            json!({
                "aws.request.id": call.id, "aws.agentcore.gateway.policy.mode": "ENFORCE",
                "aws.agentcore.policy.authorization_decision": call.decision().to_uppercase(),
                "aws.agentcore.policy.determining_policies": ["cap"],
            }),
        ));
    }
    if let Some(first) = session.calls.first() {
        lines.push(line(
            first,
            "invoke_agent shop",
            format!("a{trace}"),
            String::new(),
            json!({ "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": session.agent, "session.id": session.id }),
        ));
    }
    lines
}
