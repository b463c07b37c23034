//! Tests of Cerbos decision logs: inputs and actions, what is skipped, and what is broken.

use super::*;
use std::collections::BTreeMap;

fn read(text: &str) -> Parsed {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line: 9,
    };
    super::parse(&item, "audit").expect("JSON")
}

const INPUTS: &str = r#""inputs":[
    {"requestId":"r","resource":{"kind":"leave","id":"L1","attr":{"days":3}},"principal":{"id":"alice","roles":["user"]},
     "actions":["view","approve"]},
    {"resource":{"kind":"leave","id":"L2"},"principal":{"id":"bob"},"actions":["view"]}]"#;
const OUTPUTS: &str = r#""outputs":[
    {"requestId":"r","resourceId":"L1","actions":{"view":{"effect":"EFFECT_ALLOW","policy":"resource.leave.vdefault"},
     "approve":{"effect":"EFFECT_DENY","policy":"NO_MATCH"}}},
    {"resourceId":"L2","actions":{"view":{"effect":"EFFECT_NO_MATCH"}}}]"#;

/// Id, agent, tool, id of the resource and decision.
fn brief(parsed: &Parsed) -> Vec<String> {
    let one = |action: &Result<RecordedAction, Malformed>| {
        let action = action.as_ref().expect("a good action");
        let call = action.call.as_ref().expect("a call");
        let resource = call.args.as_ref().and_then(|args| args.get("resource"));
        let resource = resource.and_then(|resource| resource.get("id")?.as_str());
        let agent = action.agent.as_deref().unwrap_or("-");
        let decision = action.recorded.as_ref().map(|recorded| recorded.decision);
        format!(
            "{} {agent} {} {} {decision:?}",
            action.id,
            call.tool,
            resource.unwrap_or("-")
        )
    };
    parsed.actions.iter().map(one).collect()
}

const EXPECTED: [&str; 3] = [
    "c1#0.0 alice view L1 Some(Allow)",
    "c1#0.1 alice approve L1 Some(Deny)",
    "c1#1.0 bob view L2 None",
];

#[test]
fn an_action_for_each_action_of_each_input() {
    let text = format!(
        r#"{{"log.logger":"cerbos.audit","log.kind":"decision","callId":"c1","timestamp":"2026-01-01T00:00:00.1Z",
        "checkResources":{{{INPUTS},{OUTPUTS}}}}}"#
    );
    let parsed = read(&text);
    assert_eq!(brief(&parsed), EXPECTED);
    let first = parsed.actions[0].as_ref().expect("an action");
    assert_eq!(first.time.as_deref(), Some("2026-01-01T00:00:00.1Z"));
    assert_eq!(
        first.meta["policy"].as_str(),
        Some("resource.leave.vdefault")
    );
    let args = first.call.as_ref().and_then(|call| call.args.as_ref());
    let args = args.expect("arguments");
    assert_eq!(args.get("actions"), None);
    let days = args
        .get("resource")
        .and_then(|r| r.get("attr")?.get("days"));
    assert_eq!(days, Some(&Json::Int(3)));
}

#[test]
fn older_and_wrapped_entries_are_the_same() {
    let older =
        format!(r#"{{"callId":"c1","timestamp":"2026-01-01T00:00:00Z",{INPUTS},{OUTPUTS}}}"#);
    assert_eq!(brief(&read(&older)), EXPECTED);
    let first = read(&older).actions.remove(0).expect("an action");
    assert_eq!(first.time.as_deref(), Some("2026-01-01T00:00:00Z"));
    let wrapped = format!(
        r#"[{{"decisionLogEntry":{{"callId":"c1","checkResources":{{{INPUTS},{OUTPUTS}}}}}}}]"#
    );
    assert_eq!(brief(&read(&wrapped)), EXPECTED);
}

#[test]
fn a_decision_is_only_one_that_surely_belongs_to_it() {
    let entry = |outputs: &str, more: &str| {
        let text = format!(r#"{{"callId":"c1","checkResources":{{{INPUTS},{outputs}{more}}}}}"#);
        brief(&read(&text))
    };
    let none: Vec<String> = EXPECTED
        .iter()
        .map(|line| {
            let (action, _) = line.rsplit_once(' ').expect("a decision");
            format!("{action} None")
        })
        .collect();
    assert_eq!(entry(&OUTPUTS.replace("\"L1\"", "\"L9\""), ""), none);
    assert_eq!(entry(OUTPUTS, r#","error":"compile error""#), none);
    assert_eq!(entry(OUTPUTS, r#","error":"""#), EXPECTED);
    assert_eq!(entry(r#""outputs":[]"#, ""), none);
}

#[test]
fn what_is_no_check_is_left_out_with_a_reason() {
    for (text, reason) in [
        (
            r#"{"log.kind":"access","callId":"c","method":"/cerbos"}"#,
            "access_log",
        ),
        (
            r#"{"callId":"c","method":"/cerbos","statusCode":0}"#,
            "access_log",
        ),
        (r#"{"accessLogEntry":{"callId":"c"}}"#, "access_log"),
        (
            r#"{"log.kind":"decision","callId":"c","planResources":{}}"#,
            "plan_resources",
        ),
        (
            r#"{"log.kind":"decision","callId":"c","oversized":true}"#,
            "oversized",
        ),
        (
            r#"{"log.level":"info","log.logger":"cerbos.grpc"}"#,
            "other_log_line",
        ),
    ] {
        let parsed = read(text);
        assert_eq!(parsed.actions, [], "{text}");
        assert_eq!(parsed.dropped, BTreeMap::from([(reason, 1)]), "{text}");
    }
}

#[test]
fn what_is_broken_is_named_and_hides_nothing() {
    for (text, expected) in [
        ("{}", "`callId` is missing"),
        (r#"{"callId":"c"}"#, "`checkResources` is missing"),
        (
            r#"{"callId":"c","checkResources":[]}"#,
            "`checkResources` is an array, not an object",
        ),
        (
            r#"{"callId":"c","checkResources":{"inputs":{}}}"#,
            "`inputs` is an object, not an array",
        ),
        (
            r#"{"callId":"c","checkResources":{"inputs":[7]}}"#,
            "input 0 of call `c`: this is an integer, not an object",
        ),
        (
            r#"{"callId":"c","checkResources":{"inputs":[{"actions":["a",1]}]}}"#,
            "input 0 of call `c`: `actions` holds an integer",
        ),
    ] {
        let parsed = read(text);
        assert_eq!(parsed.actions.len(), 1, "{text}");
        let fault = parsed.actions[0].as_ref().expect_err("a fault");
        assert_eq!(fault.to_string(), format!("line 9: {expected}"), "{text}");
    }
    let parsed = read(r#"{"callId":"c","checkResources":{"inputs":[7,{"actions":["a"]}]}}"#);
    assert!(parsed.actions[0].is_err() && parsed.actions[1].is_ok());
}
