//! Sessions as chats and agents write them.

use super::{Call, Session};
use serde_json::{Value, json};

/// The messages of a chat; the calls of a message as `calls` writes them.
fn messages(session: &Session, calls: impl Fn(&Call) -> Value) -> Vec<Value> {
    let mut messages = vec![
        json!({ "role": "system", "content": "You are a helpful assistant of a shop. Follow its policy." }),
        json!({ "role": "user", "content": session.prompt }),
    ];
    for call in &session.calls {
        messages.push(
            json!({ "role": "assistant", "content": call.said, "tool_calls": [calls(call)] }),
        );
        messages.push(
            json!({ "role": "tool", "tool_call_id": call.id, "name": call.tool, "content": call.result }),
        );
    }
    messages.push(json!({ "role": "assistant", "content": "It is done." }));
    messages
}

fn function(call: &Call) -> Value {
    let called = json!({ "name": call.tool, "arguments": call.args.to_string() });
    json!({ "id": call.id, "type": "function", "function": called })
}

pub(super) fn openai(session: &Session) -> String {
    json!({
        "id": session.id,
        "model": "model-a",
        "messages": messages(session, function),
    })
    .to_string()
}

pub(super) fn agentdojo(session: &Session) -> String {
    let calls = |call: &Call| json!({ "function": call.tool, "args": call.args, "id": call.id, "placeholder_args": null });
    json!({
        "suite_name": "shop", "pipeline_name": session.agent, "user_task_id": session.id, "injection_task_id": null,
        "attack_type": null, "injections": {}, "messages": messages(session, calls), "error": null, "utility": true,
        "security": false, "duration": 3.25,
    })
    .to_string()
}

pub(super) fn tau2(session: &Session) -> String {
    let calls = |call: &Call| json!({ "id": call.id, "name": call.tool, "arguments": call.args, "requestor": "assistant" });
    json!({
        "id": session.id, "task_id": "1", "start_time": "2026-03-01T10:00:00", "trial": 0,
        "messages": messages(session, calls),
    })
    .to_string()
}

pub(super) fn tau_bench(session: &Session) -> String {
    json!({
        "task_id": session.calls.first().map_or(0, |call| call.at), "reward": 1.0, "trial": 0,
        "info": { "task": { "user_id": session.user, "actions": [], "instruction": session.prompt, "outputs": [] } },
        "traj": messages(session, function),
    })
    .to_string()
}

pub(super) fn claude_code(session: &Session) -> Vec<String> {
    let line = |kind: &str, time: String, content: Value| {
        json!({
            "parentUuid": "7a31e2c4-0000-4000-8000-000000000000", "isSidechain": false, "userType": "external",
            "cwd": "/work/shop", "sessionId": session.id, "version": "2.1.0", "gitBranch": "main", "type": kind,
            "message": { "role": kind, "model": "model-a", "content": content }, "uuid": time, "timestamp": time,
        })
        .to_string()
    };
    let lines = session.calls.iter().flat_map(|call| {
        let id = format!("toolu_{}", call.id);
        let block = json!({ "type": "tool_use", "id": id, "name": call.tool, "input": call.args });
        let said = json!([{ "type": "text", "text": call.said }]);
        let result =
            json!([{ "type": "tool_result", "tool_use_id": id, "content": call.result, "is_error": false }]);
        [
            line("assistant", call.time(), said),
            line("assistant", call.time(), json!([block])),
            line("user", call.time(), result),
        ]
    });
    lines.collect()
}

pub(super) fn claude_hooks(session: &Session) -> Vec<String> {
    let lines = session.calls.iter().flat_map(|call| {
        ["PreToolUse", "PostToolUse"].map(|event| {
            let mut line = json!({
                "session_id": session.id, "transcript_path": "/home/u/.claude/projects/shop/x.jsonl", "cwd": "/work/shop",
                "permission_mode": "default", "hook_event_name": event, "tool_name": call.tool,
                "tool_input": call.args, "tool_use_id": format!("toolu_{}", call.id), "ts": call.time(),
            });
            if event == "PostToolUse" {
                line["tool_response"] = json!({ "stdout": call.result, "stderr": "" });
            }
            line.to_string()
        })
    });
    lines.collect()
}

pub(super) fn mcp(session: &Session) -> Vec<String> {
    let line = |call: &Call, direction: &str, message: Value| {
        json!({ "ts": call.time(), "dir": direction, "server": "shop", "session": session.id, "msg": message })
            .to_string()
    };
    let lines = session.calls.iter().flat_map(|call| {
        let request = json!({
            "jsonrpc": "2.0", "id": call.at, "method": "tools/call",
            "params": { "name": call.tool, "arguments": call.args },
        });
        let content = json!([{ "type": "text", "text": call.result }]);
        let answer = json!({ "jsonrpc": "2.0", "id": call.at, "result": { "content": content, "isError": false } });
        [line(call, "out", request), line(call, "in", answer)]
    });
    lines.collect()
}
