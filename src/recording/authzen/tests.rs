//! Tests of AuthZEN evaluations: the examples of the specification, batches, and what is broken.

use super::*;

fn all(text: &str) -> Vec<Result<RecordedAction, String>> {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line: 4,
    };
    let parsed = super::parse(&item, "log").expect("JSON");
    let actions = parsed.actions.into_iter();
    actions
        .map(|action| action.map_err(|fault| fault.to_string()))
        .collect()
}

/// Id, agent, user, tool, id of the resource, and decision of each.
fn brief(text: &str) -> Vec<String> {
    let one = |action: Result<RecordedAction, String>| {
        let action = action.expect("a good evaluation");
        let call = action.call.expect("a call");
        let resource = call.args.as_ref().and_then(|args| args.get("resource"));
        let resource = resource.and_then(|resource| resource.get("id"));
        let resource = resource.and_then(Json::as_str).unwrap_or("-");
        let agent = action.agent.unwrap_or("-".to_owned());
        let user = action.user.unwrap_or("-".to_owned());
        let decision = action.recorded.map(|recorded| recorded.decision);
        format!(
            "{} {agent} {user} {} {resource} {decision:?}",
            action.id, call.tool
        )
    };
    all(text).into_iter().map(one).collect()
}

const ALICE: &str = r#""subject":{"type":"user","id":"alice"},"action":{"name":"read"}"#;

#[test]
fn a_request_is_a_call_with_all_its_parts() {
    let text = format!(
        r#"{{{ALICE},"resource":{{"type":"doc","id":"1","properties":{{"size":3}}}},"context":{{"ip":"::1"}},
        "time":"2026-01-01T00:00:00Z"}}"#
    );
    let action = all(&text).remove(0).expect("an evaluation");
    assert_eq!(action.id, "log:4");
    assert_eq!(action.time.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(action.agent.as_deref(), Some("alice"));
    assert_eq!(action.recorded, None);
    let call = action.call.expect("a call");
    let args: Json = serde_json::from_str(
        r#"{"action":{"name":"read"},"context":{"ip":"::1"},
        "resource":{"type":"doc","id":"1","properties":{"size":3}},"subject":{"type":"user","id":"alice"}}"#,
    )
    .expect("JSON");
    assert_eq!((call.tool.as_str(), call.args), ("read", Some(args)));
}

#[test]
fn what_was_answered_stands_in_several_places() {
    let request = format!(r#"{ALICE},"resource":{{"type":"doc","id":"1"}}"#);
    for (text, expected) in [
        (
            format!(r#"{{{request},"decision":true}}"#),
            "log:4 alice - read 1 Some(Allow)",
        ),
        (
            format!(r#"{{"request_id":"r","request":{{{request}}},"decision":false}}"#),
            "r alice - read 1 Some(Deny)",
        ),
        (
            format!(r#"{{"id":"x","request":{{{request}}},"response":{{"decision":true}}}}"#),
            "x alice - read 1 Some(Allow)",
        ),
        (
            format!(r#"{{{request},"response":{{"decision":"yes"}}}}"#),
            "log:4 alice - read 1 None",
        ),
        (
            format!(
                r#"{{{request},"response":{{"decision":false,"context":{{"error":{{"status":404}}}}}}}}"#
            ),
            "log:4 alice - read 1 None",
        ),
        (format!("[{{{request}}}]"), "log:4/0 alice - read 1 None"),
    ] {
        assert_eq!(brief(&text), [expected], "{text}");
    }
}

/// The specification: a part of an evaluation goes before the default; a batch that denies on the first denial answers
/// no further.
#[test]
fn a_batch_has_defaults_and_may_stop_early() {
    let text = format!(
        r#"{{"request":{{{ALICE},"options":{{"evaluations_semantic":"deny_on_first_deny"}},"evaluations":[
        {{"resource":{{"type":"doc","id":"1"}}}},
        {{"action":{{"name":"edit"}},"resource":{{"type":"doc","id":"2"}}}},
        {{"subject":{{"type":"user","id":"bob"}},"resource":{{"type":"doc","id":"3"}}}}]}},
        "response":{{"evaluations":[{{"decision":true}},{{"decision":false}}]}}}}"#
    );
    assert_eq!(
        brief(&text),
        [
            "log:4#0 alice - read 1 Some(Allow)",
            "log:4#1 alice - edit 2 Some(Deny)",
            "log:4#2 bob - read 3 None",
        ]
    );
    let none = format!(r#"{{{ALICE},"resource":{{"id":"1"}},"evaluations":[],"decision":true}}"#);
    assert_eq!(brief(&none), ["log:4 alice - read 1 Some(Allow)"]);
}

#[test]
fn the_binding_for_mcp_names_agent_and_tool() {
    let text = r#"{"subject":{"type":"identity","id":"alice"},"context":{"agent":"bot"},"action":{"name":"tools/call"},
        "resource":{"type":"tool","id":"get_customer"}}"#;
    assert_eq!(
        brief(text),
        ["log:4 bot alice get_customer get_customer None"]
    );
    let other = text
        .replace("identity", "user")
        .replace("tools/call", "read");
    assert_eq!(brief(&other), ["log:4 alice - read get_customer None"]);
}

#[test]
fn what_is_broken_is_named_and_hides_nothing() {
    for (text, expected) in [
        ("{}", "`subject` is missing"),
        ("7", "this is an integer, not an object"),
        (
            r#"{"subject":"alice"}"#,
            "`subject` is a string, not an object",
        ),
        (r#"{"subject":{}}"#, "`action` is missing"),
        (r#"{"subject":{},"action":{}}"#, "`resource` is missing"),
        (
            r#"{"subject":{},"action":{},"resource":{}}"#,
            "in `action`, `name` is missing",
        ),
        (
            r#"{"subject":{},"action":{"name":"a","name":"b"},"resource":{}}"#,
            "in `action`, `name` is a repeated key, not a string",
        ),
        (
            r#"{"evaluations":{}}"#,
            "`evaluations` is an object, not an array",
        ),
        (r#"{"request":[]}"#, "`request` is an array, not an object"),
        (
            r#"{"subject":{},"subject":{}}"#,
            "`subject` is a repeated key, not an object",
        ),
    ] {
        assert_eq!(all(text), [Err(format!("line 4: {expected}"))], "{text}");
    }
    let text = format!(r#"{{{ALICE},"evaluations":[7,{{}},{{"resource":{{"id":"1"}}}}]}}"#);
    let actions = all(&text);
    assert_eq!(actions.len(), 3);
    assert_eq!(
        actions[0],
        Err("line 4: `evaluations[0]` is an integer".to_owned())
    );
    assert_eq!(
        actions[1],
        Err("line 4: `evaluations[1]`: `resource` is missing".to_owned())
    );
    assert!(actions[2].is_ok());
    let cut = Item {
        bytes: br#"{"subject":{"id":"#.to_vec(),
        line: 4,
    };
    let fault = super::parse(&cut, "log").expect_err("cut off");
    assert!(
        fault.to_string().contains("the JSON ends too early"),
        "{fault}"
    );
}
