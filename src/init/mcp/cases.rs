//! Unit tests and a recording: every tool is called once.

use super::policies::{APPROVAL_ID, SELF_ID, changes_id, reads_id};
use super::{AGENT, GUARDED, Server};
use crate::repository::{Parameter, Risk, Shape, Tool, cedar_text, type_text};
use crate::yaml::scalar;
use serde_json::{Map, Value as Json, json};

/// Somebody who may approve.
const APPROVER: &str = "example-approver";

/// The unit tests.
pub(super) fn suite(server: &Server<'_>) -> String {
    let mut out = format!(
        "# Every tool of `{name}` is asked about: who may use it, and who may not.\nversion: 1\nsuite: {}\nentities:\n  Agent::other-agent: {{ like: Agent::{AGENT} }}\ntests:\n",
        scalar(&server.name),
        name = server.name
    );
    let resource = scalar(&format!("System::{}", server.name));
    let request = |who: &str, context: &str| {
        format!(
            "    request: {{ principal: Agent::{who}, action: \"{{action}}\", resource: {resource}, context: {context} }}\n"
        )
    };
    let rows = |tools: &[(&Tool, Risk)], more: &dyn Fn(Risk) -> String| -> String {
        let rows = tools.iter().map(|(tool, risk)| {
            let name = scalar(&tool.name);
            let input = flow(&sample_of(&tool.input));
            // With colons in it, a bare id would be a reference.
            let action = match tool.name.contains("::") {
                true => scalar(&format!("Action::{}", cedar_text(&tool.name))),
                false => name.clone(),
            };
            format!("        - [{name}, {action}, {input}{}]\n", more(*risk))
        });
        rows.collect()
    };
    let reads: Vec<(&Tool, Risk)> = server.of(&[Risk::Read]).collect();
    if let Some(first) = reads.first() {
        let id = scalar(&reads_id(server));
        out.push_str(&format!(
            "  - name: the agent reads\n{}    expect: {{ decision: allow, reasons: [{id}] }}\n    table:\n      columns: [case, action, input]\n      rows:\n{}",
            request(AGENT, "{ input: \"{input}\" }"),
            rows(&reads, &|_| String::new())
        ));
        out.push_str(&format!(
            "  - name: another agent does not read\n{}    expect: {{ decision: no-match }}\n    table:\n      columns: [case, action, input]\n      rows:\n{}",
            request("other-agent", "{ input: \"{input}\" }"),
            rows(std::slice::from_ref(first), &|_| String::new())
        ));
    }
    let changes: Vec<(&Tool, Risk)> = server.changes().collect();
    if !changes.is_empty() {
        let id = scalar(&changes_id(server));
        let approved = |by: &str| format!("{{ input: \"{{input}}\", approver: User::{by} }}");
        out.push_str(&format!(
            "  - name: the agent changes what is approved\n{}    expect: {{ decision: allow, reasons: [{id}] }}\n    table:\n      columns: [case, action, input]\n      rows:\n{}",
            request(AGENT, &approved(APPROVER)),
            rows(&changes, &|_| String::new())
        ));
        let denied = |risk: Risk| match GUARDED.contains(&risk) {
            true => format!(", forbid, [{APPROVAL_ID}]"),
            false => ", no-match, []".to_owned(),
        };
        out.push_str(&format!(
            "  - name: nothing without an approval\n{}    table:\n      columns: [case, action, input, decision, reasons]\n      rows:\n{}",
            request(AGENT, "{ input: \"{input}\" }"),
            rows(&changes, &denied)
        ));
        // One of each risk is enough to show who else may not.
        let mut seen = Vec::new();
        let some: Vec<(&Tool, Risk)> = changes
            .iter()
            .filter(|(_, risk)| {
                !seen.contains(risk) && {
                    seen.push(*risk);
                    true
                }
            })
            .copied()
            .collect();
        out.push_str(&format!(
            "  - name: not everybody approves\n{}    table:\n      columns: [case, action, input, decision, reasons]\n      rows:\n{}",
            request(AGENT, &approved("example-visitor")),
            rows(&some, &denied)
        ));
        out.push_str(&format!(
            "  - name: the owner does not approve\n{}    expect: {{ decision: forbid, reasons: [{SELF_ID}] }}\n    table:\n      columns: [case, action, input]\n      rows:\n{}",
            request(AGENT, &approved("example-owner")),
            rows(&some, &|_| String::new())
        ));
        out.push_str(&format!(
            "  - name: an approval is for one agent\n{}    expect: {{ decision: no-match }}\n    table:\n      columns: [case, action, input]\n      rows:\n{}",
            request("other-agent", &approved(APPROVER)),
            rows(&some, &|_| String::new())
        ));
    }
    out
}

/// Recorded actions to begin with: a read, and a change with and without an approval.
pub(super) fn recording(server: &Server<'_>) -> String {
    let read = server
        .of(&[Risk::Read])
        .next()
        .map(|(tool, _)| (tool, None, "allow"));
    let change = server.changes().next().map(|(tool, _)| tool);
    let denied = change.map(|tool| (tool, None, "deny"));
    let allowed = change.map(|tool| (tool, Some(APPROVER), "allow"));
    let calls = [read, denied, allowed].into_iter().flatten().enumerate();
    let lines = calls.map(|(at, (tool, approver, decision))| {
        let mut action = json!({
            "version": 1,
            "id": format!("s1-{at}"),
            "session": "s1",
            "sequence": at,
            "time": format!("2026-03-02T09:14:0{at}Z"),
            "agent": AGENT,
            "call": { "tool": tool.name, "args": sample_of(&tool.input) },
            "recorded": { "decision": decision },
        });
        if let (Some(approver), Some(members)) = (approver, action.as_object_mut()) {
            members.insert("meta".to_owned(), json!({ "approver": approver }));
        }
        format!("{action}\n")
    });
    lines.collect()
}

/// What a call must have at least.
fn sample_of(parameters: &[Parameter]) -> Json {
    let required = parameters
        .iter()
        .filter(|one| one.required && type_text(&one.shape, 0).is_ok());
    let members = required.map(|one| (one.name.clone(), sample(&one.shape)));
    Json::Object(members.collect::<Map<String, Json>>())
}

fn sample(shape: &Shape) -> Json {
    match shape {
        Shape::Text(Some(choice)) if scalar(choice) == *choice => json!(choice),
        Shape::Text(_) => json!("x"),
        Shape::Integer | Shape::Number => json!(1),
        Shape::Bool => json!(true),
        Shape::Array(items) => json!([sample(items)]),
        Shape::Record(members) => sample_of(members),
        // It has no type, so no sample holds it.
        Shape::Open(_) => Json::Null,
    }
}

/// A value as YAML on one line.
fn flow(value: &Json) -> String {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::String(text) => scalar(text),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(members) if members.is_empty() => "{}".to_owned(),
        Json::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", scalar(name), flow(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
    }
}
