//! Calls put together from spans and log records.

use super::*;
use crate::model::{Decision, Json};
use crate::recording::variations::variations;
use std::collections::BTreeMap;

fn read(
    text: &str,
) -> (
    Vec<RecordedAction>,
    Vec<String>,
    BTreeMap<&'static str, u64>,
) {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line: 1,
    };
    crate::recording::variations::told(parse(&item))
}

fn span(name: &str, id: &str, parent: &str, time: u64, attributes: &str) -> String {
    format!(
        r#"{{"traceId":"t1","spanId":"{id}","parentSpanId":"{parent}","name":"{name}","kind":"SERVER","startTimeUnixNano":17600000000{time:02}000000,"attributes":{{"aws.resource.arn":"arn:gw",{attributes}}},"events":[]}}"#
    )
}

fn log(request: &str, time: u64, body: &str) -> String {
    format!(
        r#"{{"resource_arn":"arn:gw","event_timestamp":17600000000{time:02},"body":{{"isError":false,{body}}},"account_id":"1","request_id":"{request}","trace_id":"t9","span_id":"x"}}"#
    )
}

const STARTED: &str = r#""log":"Started processing request with requestId: 1","requestBody":"{id=13, jsonrpc=2.0, method=tools/call, params={name=shop___refund, arguments={amount=500, account_id=A-1}}}""#;
const DENIED: &str = r#""log":"Policy evaluation denied request","policy":{"decision":"DENY","determiningPolicies":["cap","cap"],"latencyMs":50,"reason":"denied due to cap","principal":{"entityType":"AgentCore::OAuthUser","entityId":"ann"}}"#;

fn spans() -> Vec<String> {
    vec![
        span(
            "invoke_agent bo",
            "s0",
            "",
            1,
            r#""gen_ai.operation.name":"invoke_agent","session.id":"sess-1""#,
        ),
        span(
            "AgentCore.Gateway.InboundAuth",
            "s1",
            "s0",
            2,
            r#""aws.request.id":"r1","jwt.sub":"ann""#,
        ),
        span(
            "AgentCore.Gateway.InvokeTool",
            "s2",
            "s0",
            3,
            r#""aws.request.id":"r1","tool.name":"shop___refund""#,
        ),
        span(
            "AgentCore.Gateway.InvokeTool.shop___refund",
            "s5",
            "s2",
            5,
            r#""tool.name":"shop___refund""#,
        ),
        span(
            "AgentCore.Policy.AuthorizeAction",
            "s3",
            "s2",
            4,
            r#""aws.request.id":"r1","aws.agentcore.policy.authorization_decision":"DENY","aws.agentcore.policy.authorization_reason":"denied due to cap",
            "aws.agentcore.policy.determining_policies":["cap"],"aws.agentcore.policy.mismatched_policies":[],"aws.agentcore.policy.log_only_matched_policies":["new"],
            "aws.agentcore.gateway.policy.mode":"ENFORCE","aws.agentcore.gateway.policy.arn":"arn:engine""#,
        ),
        span(
            "AgentCore.Policy.PartiallyAuthorizeActions",
            "s4",
            "s0",
            6,
            r#""aws.agentcore.policy.denied_tools":["shop___payout"]"#,
        ),
    ]
}

#[test]
fn a_call_is_put_together_from_its_spans() {
    let (actions, faults, dropped) = read(&spans().join("\n"));
    assert_eq!(
        (faults, dropped),
        (Vec::new(), BTreeMap::from([("tool_listing", 1)]))
    );
    let [action] = &actions[..] else {
        panic!("one call: {actions:?}");
    };
    assert_eq!(
        (action.id.as_str(), action.session.as_deref()),
        ("r1", Some("sess-1"))
    );
    assert_eq!(
        (action.agent.as_deref(), action.user.as_deref()),
        (Some("bo"), Some("ann"))
    );
    assert_eq!(
        (action.sequence, action.time.as_deref()),
        (Some(0), Some("2025-10-09T08:53:20.003Z"))
    );
    let call = action.call.as_ref().expect("a call");
    assert_eq!(
        (call.tool.as_str(), call.args.as_ref()),
        ("shop___refund", None)
    );
    let recorded = action.recorded.as_ref().expect("a decision");
    assert_eq!(recorded.decision, Decision::Deny);
    assert_eq!(
        recorded.determining.as_deref(),
        Some(&["cap".to_owned()][..])
    );
    let meta: Vec<_> = action.meta.keys().map(String::as_str).collect();
    let expected = "gateway log_only_matched_policies policy_engine policy_mode reason request_id span_id trace_id";
    assert_eq!(meta.join(" "), expected);
    // As an array, and as CloudWatch's interfaces give them.
    assert_eq!(read(&format!("[{}]", spans().join(","))).0, actions);
    let message = |text: &String| serde_json::to_string(text).expect("JSON");
    let events: Vec<_> = spans()
        .iter()
        .map(|span| format!(r#"{{"timestamp":1,"message":{}}}"#, message(span)))
        .collect();
    assert_eq!(
        read(&format!(
            r#"{{"events":[{}],"nextToken":"x"}}"#,
            events.join(",")
        ))
        .0,
        actions
    );
    assert_eq!(
        read(&format!(
            r#"{{"messageType":"DATA_MESSAGE","logEvents":[{}]}}"#,
            events.join(",")
        ))
        .0,
        actions
    );
    let rows: Vec<_> = spans()
        .iter()
        .map(|span| {
            format!(
                r#"[{{"field":"@ptr","value":"x"}},{{"field":"@message","value":{}}}]"#,
                message(span)
            )
        })
        .collect();
    assert_eq!(
        read(&format!(
            r#"{{"results":[{}],"status":"Complete"}}"#,
            rows.join(",")
        ))
        .0,
        actions
    );
}

#[test]
fn application_logs_know_arguments_and_principals() {
    let lines = [
        log("r1", 5, DENIED),
        log("r1", 3, STARTED),
        log("r2", 1, r#""requestBody":"{method=tools/list, id=1}""#),
    ];
    let (actions, faults, dropped) = read(&lines.join("\n"));
    assert_eq!((faults.len(), dropped.len()), (0, 0));
    let [action] = &actions[..] else {
        panic!("one call: {actions:?}");
    };
    assert_eq!(
        (
            action.id.as_str(),
            action.session.as_deref(),
            action.user.as_deref()
        ),
        ("r1", Some("t9"), Some("ann"))
    );
    assert_eq!(action.time.as_deref(), Some("2025-10-09T08:53:20.003Z"));
    assert_eq!(
        action.meta["principal_type"].as_str(),
        Some("AgentCore::OAuthUser")
    );
    let args = action
        .call
        .as_ref()
        .and_then(|call| call.args.clone())
        .expect("arguments");
    assert_eq!(args.get("amount"), Some(&Json::Int(500)));
    assert_eq!(args.get("account_id").and_then(Json::as_str), Some("A-1"));
    let recorded = action.recorded.as_ref().expect("a decision");
    assert_eq!(
        recorded.determining.as_deref(),
        Some(&["cap".to_owned()][..])
    );
    // Beside the spans of the same request they add the arguments.
    let both = spans()
        .into_iter()
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n");
    let (actions, _, _) = read(&both);
    let [action] = &actions[..] else {
        panic!("one call: {actions:?}");
    };
    assert_eq!(action.session.as_deref(), Some("sess-1"));
    assert!(action.call.as_ref().is_some_and(|call| call.args.is_some()));
}

#[test]
fn a_decision_without_a_call_is_kept() {
    let mut lines = spans();
    lines.remove(2);
    let (actions, _, _) = read(&lines.join("\n"));
    assert_eq!(actions.len(), 1);
    assert_eq!(actions[0].call, None);
    assert!(actions[0].recorded.is_some());
}

#[test]
fn other_requests_and_repetitions_are_told_apart() {
    let mut lines = spans();
    lines.push(lines[2].clone());
    lines.push(
        lines[2]
            .replace("\"s2\"", "\"s6\"")
            .replace("s0", "s9")
            .replace("shop___refund", "shop___look"),
    );
    lines.push(log("r1", 3, STARTED));
    let (actions, _, dropped) = read(&lines.join("\n"));
    assert_eq!(dropped["span_exported_again"], 1);
    let calls: Vec<_> = actions
        .iter()
        .map(|action| {
            let call = action.call.as_ref().expect("a call");
            (
                action.id.as_str(),
                call.tool.as_str(),
                call.args.is_some(),
                action.recorded.is_some(),
            )
        })
        .collect();
    let expected = [
        ("r1", "shop___refund", true, true),
        ("r1#2", "shop___look", false, false),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn otlp_documents_hold_the_same_spans() {
    let text = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"t1","spanId":"s2","name":"AgentCore.Gateway.InvokeTool","startTimeUnixNano":"1760000000000000000",
        "attributes":[{"key":"tool.name","value":{"stringValue":"shop___refund"}},{"key":"aws.agentcore.policy.authorization_decision","value":{"stringValue":"ALLOW"}},
        {"key":"aws.agentcore.policy.determining_policies","value":{"arrayValue":{"values":[{"stringValue":"a"}]}}}]}]}]}]}"#;
    let (actions, faults, _) = read(text);
    assert_eq!((actions.len(), faults.len()), (1, 0));
    assert_eq!(actions[0].id, "t1/s2");
    let recorded = actions[0].recorded.as_ref().expect("a decision");
    assert_eq!(
        (
            recorded.decision,
            recorded.determining.as_ref().map(Vec::len)
        ),
        (Decision::Allow, Some(1))
    );
}

#[test]
fn broken_records_do_not_hide_the_others() {
    let good = log("r1", 3, STARTED);
    let text = format!(
        "7\n{{}}\n{{\"spanId\":\n{good}\n{{\"events\":[7]}}\n{{\"request_id\":5,\"body\":{{}}}}\n[[\"x\"]]\n{{\"spanId\":1,\"attributes\":5}}"
    );
    let (actions, faults, _) = read(&text);
    assert_eq!(actions.len(), 1);
    for expected in [
        "invalid type: integer `7`",
        "neither a span",
        "invalid type: integer `5`",
        "invalid type: string \"x\"",
    ] {
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "{expected}: {faults:?}"
        );
    }
    assert_eq!(read("").0.len(), 0);
}

#[test]
fn every_part_may_be_something_else() {
    let lines = [log("r1", 5, DENIED), log("r1", 3, STARTED)];
    let all: Vec<_> = spans().into_iter().chain(lines).collect();
    for changed in variations(&format!("[{}]", all.join(","))) {
        assert!(read(&changed).0.len() <= 3, "{changed}");
    }
}
