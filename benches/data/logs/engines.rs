//! Sessions as our own format, authorizers and a team's own logs write them: a line a call.

use super::{Call, Session};
use serde_json::{Value, json};

fn each(session: &Session, line: impl Fn(usize, &Call) -> Value) -> Vec<String> {
    let lines = session.calls.iter().enumerate();
    lines.map(|(at, call)| line(at, call).to_string()).collect()
}

pub(super) fn native(session: &Session) -> Vec<String> {
    each(session, |at, call| {
        json!({
            "version": 1, "id": call.id, "session": session.id, "sequence": at, "time": call.time(),
            "agent": session.agent, "user": session.user, "meta": { "model": "model-a" },
            "call": { "tool": call.tool, "args": call.args }, "recorded": { "decision": call.decision() },
        })
    })
}

pub(super) fn verified_permissions(session: &Session) -> Vec<String> {
    each(session, |_, call| {
        json!({
            "eventVersion": "1.08", "eventSource": "verifiedpermissions.amazonaws.com", "eventName": "IsAuthorized",
            "eventTime": call.time(), "eventID": call.id, "awsRegion": "eu-central-1", "readOnly": true,
            "userIdentity": { "type": "AssumedRole", "principalId": "EXAMPLE", "accountId": "111122223333" },
            "requestParameters": {
                "policyStoreId": "PSEXAMPLE", "principal": { "entityType": "Agent", "entityId": session.agent },
                "action": { "actionType": "Action", "actionId": call.tool },
                "resource": { "entityType": "Shop", "entityId": "eu" },
                "context": { "contextMap": { "amount": { "long": call.at }, "note": { "string": call.said } } },
            },
            "responseElements": null,
            "additionalEventData": { "decision": if call.allowed { "ALLOW" } else { "DENY" } },
        })
    })
}

pub(super) fn opa(session: &Session) -> Vec<String> {
    each(session, |_, call| {
        json!({
            "labels": { "id": "0000", "version": "1.9.0" }, "decision_id": call.id, "trace_id": session.id,
            "path": "tools/allow", "bundles": { "shop": { "revision": "r7" } }, "timestamp": call.time(),
            "input": { "agent": session.agent, "tool": call.tool, "args": call.args },
            "result": { "allow": call.allowed }, "requested_by": "10.0.0.7", "metrics": { "timer_rego_query_eval_ns": 71_200 },
        })
    })
}

pub(super) fn cerbos(session: &Session) -> Vec<String> {
    each(session, |_, call| {
        let effect = if call.allowed {
            "EFFECT_ALLOW"
        } else {
            "EFFECT_DENY"
        };
        let input = json!({
            "requestId": call.id, "actions": [call.tool],
            "principal": { "id": session.agent, "roles": ["agent"], "attr": { "team": "support" } },
            "resource": { "kind": "shop", "id": "eu", "attr": call.args },
        });
        json!({
            "log.logger": "cerbos.audit", "log.kind": "decision", "callId": call.id, "timestamp": call.time(),
            "peer": { "address": "10.0.0.7:51432" },
            "checkResources": {
                "inputs": [input],
                "outputs": [{ "requestId": call.id, "resourceId": "eu",
                    "actions": { call.tool: { "effect": effect, "policy": "resource.shop.vdefault" } } }],
            },
        })
    })
}

pub(super) fn authzen(session: &Session) -> Vec<String> {
    each(session, |_, call| {
        json!({
            "id": call.id, "time": call.time(),
            "request": {
                "subject": { "type": "agent", "id": session.agent },
                "action": { "name": call.tool, "properties": call.args },
                "resource": { "type": "shop", "id": "eu" },
                "context": { "note": call.said },
            },
            "response": { "decision": call.allowed },
        })
    })
}

pub(super) fn jsonl(session: &Session) -> Vec<String> {
    each(session, |at, call| {
        json!({
            "id": call.id, "session": session.id, "step": at, "time": call.time(), "agent": session.agent,
            "tool": call.tool, "order": "o-17", "amount": call.at, "body": call.said, "outcome": "ok",
            "took_ms": 12, "answer": call.result,
        })
    })
}

pub(super) fn csv(session: &Session) -> Vec<String> {
    let lines = session.calls.iter().enumerate();
    let row = |(at, call): (usize, &Call)| {
        let (id, time, tool, amount) = (&call.id, call.time(), call.tool, call.at);
        let body = call.said.replace('"', "\"\"");
        format!(
            "{id},{},{at},{time},{},{tool},o-17,{amount},\"{body}\",ok",
            session.id, session.agent
        )
    };
    lines.map(row).collect()
}
