//! Tests of OPA decision logs: what was taken out, what was decided, and lines that are no decisions.

use super::*;
use std::collections::BTreeMap;

fn read(text: &str) -> Parsed {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line: 2,
    };
    super::parse(&item, "log").expect("JSON")
}

fn action(members: &str) -> RecordedAction {
    let text = format!(r#"{{"decision_id":"d1","path":"app/allow",{members}}}"#);
    let mut parsed = read(&text);
    assert_eq!(parsed.actions.len(), 1, "{text}");
    parsed.actions.remove(0).expect("a decision")
}

fn input(members: &str) -> Json {
    let call = action(members).call.expect("a call");
    call.args.expect("an input")
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_decision_is_a_call_of_its_path() {
    let action = action(
        r#""labels":{"id":"o","version":"1.0"},"trace_id":"t","timestamp":"2018-01-01T00:00:00.5Z","requested_by":"[::1]:5",
        "bundles":{"b":{"revision":"r2"},"a":{"revision":"r1"},"c":{}},"input":{"method":"GET","user":"bob"},"result":true,
        "metrics":{"x":1},"req_id":7"#,
    );
    assert_eq!(
        (action.id.as_str(), action.session.as_deref()),
        ("d1", Some("t"))
    );
    assert_eq!(action.time.as_deref(), Some("2018-01-01T00:00:00.5Z"));
    let call = action.call.expect("a call");
    assert_eq!(call.tool, "app/allow");
    assert_eq!(call.args, Some(json(r#"{"method":"GET","user":"bob"}"#)));
    let recorded = action.recorded.expect("a decision");
    assert_eq!(recorded.decision, Decision::Allow);
    assert_eq!(recorded.policy_version.as_deref(), Some("a@r1 b@r2"));
    let keys: Vec<_> = action.meta.keys().map(String::as_str).collect();
    assert_eq!(keys, ["labels", "req_id", "requested_by"]);
}

#[test]
fn only_what_says_allow_or_deny_is_a_decision() {
    for (result, expected) in [
        (r#""result":false"#, Some(Decision::Deny)),
        (r#""result":{"allow":true,"why":[]}"#, Some(Decision::Allow)),
        (r#""result":{"allowed":false}"#, Some(Decision::Deny)),
        (r#""result":{"allow":true,"allowed":false}"#, None),
        (r#""result":{"allow":"yes"}"#, None),
        (r#""result":{"allow":true,"allow":false}"#, None),
        (r#""result":"true""#, None),
        (r#""result":[{"x":1}]"#, None),
        (r#""result":null"#, None),
        (r#""result":true,"error":{"code":"eval_error"}"#, None),
        (r#""result":{},"erased":["/result/allow"]"#, None),
        (
            r#""result":{"allow":true},"masked":["/result/allow"]"#,
            None,
        ),
        (r#""result":true,"masked":["/result"]"#, None),
        (
            r#""result":true,"masked":["/input/result"],"input":{}"#,
            Some(Decision::Allow),
        ),
        (r#""input":{}"#, None),
    ] {
        let recorded = action(result).recorded;
        assert_eq!(
            recorded.map(|recorded| recorded.decision),
            expected,
            "{result}"
        );
    }
}

/// Each path that was erased or masked is unknown, and nothing else is.
#[test]
fn what_was_taken_out_is_unknown() {
    let erased = r#"{"$unknown":"erased"}"#;
    let masked = r#"{"$unknown":"masked"}"#;
    for (members, expected) in [
        (
            r#""input":{"a":1,"b":{"c":2}},"erased":["/input/password","/input/b/d"]"#,
            format!(r#"{{"a":1,"b":{{"c":2,"d":{erased}}},"password":{erased}}}"#),
        ),
        (
            r#""input":{"a":"***","b":{"c":2}},"masked":["/input/a","/input/b/x"]"#,
            format!(r#"{{"a":{masked},"b":{{"c":2,"x":{masked}}}}}"#),
        ),
        (r#""erased":["/input"]"#, erased.to_owned()),
        (r#""input":{"a":1},"masked":["/input"]"#, masked.to_owned()),
        // What encloses it went later, so that is what is put back.
        (
            r#""input":{"x":1},"erased":["/input/a/b","/input/a"]"#,
            format!(r#"{{"x":1,"a":{erased}}}"#),
        ),
        // An element goes back to where it stood: of [0, 1, 2, 3] first 1 went, and then 2, which stood at 1.
        (
            r#""input":{"a":[0,3]},"erased":["/input/a/1","/input/a/1"]"#,
            format!(r#"{{"a":[0,{erased},{erased},3]}}"#),
        ),
        (
            r#""input":{"a":[{"n":1},{}]},"erased":["/input/a/1/n"]"#,
            format!(r#"{{"a":[{{"n":1}},{{"n":{erased}}}]}}"#),
        ),
        // Whether an element was masked before or after another went is not known.
        (
            r#""input":{"a":["x",2],"b":1},"erased":["/input/a/0"],"masked":["/input/a/0"]"#,
            format!(r#"{{"a":{masked},"b":1}}"#),
        ),
        (
            r#""input":{"a":["x",2]},"masked":["/input/a/0"]"#,
            format!(r#"{{"a":[{masked},2]}}"#),
        ),
        // Places that cannot be: all around them is unknown.
        (
            r#""input":{"a":[1]},"erased":["/input/a/7"]"#,
            format!(r#"{{"a":{erased}}}"#),
        ),
        (
            r#""input":{"a":5},"erased":["/input/a/b"]"#,
            format!(r#"{{"a":{erased}}}"#),
        ),
        (
            r#""input":{"a":5},"masked":["/input/a/b"]"#,
            format!(r#"{{"a":{masked}}}"#),
        ),
        (
            r#""input":{"a":[1]},"masked":["/input/a/x"]"#,
            format!(r#"{{"a":{masked}}}"#),
        ),
        // Keys are taken as they are written.
        (
            r#""input":{"a~1b":1,"c%20d":2},"masked":["/input/a~1b","/input/c%20d"]"#,
            format!(r#"{{"a~1b":{masked},"c%20d":{masked}}}"#),
        ),
        (
            r#""input":{"a":1},"erased":["/nd_builtin_cache/x"],"masked":null"#,
            r#"{"a":1}"#.to_owned(),
        ),
    ] {
        assert_eq!(input(members), json(&expected), "{members}");
    }
}

#[test]
fn inputs_that_are_no_objects_are_unknown_and_none_is_none() {
    assert_eq!(
        input(r#""input":[1]"#),
        json(r#"{"$unknown":"args_not_object"}"#)
    );
    let call = action(r#""result":true"#).call.expect("a call");
    assert_eq!(call.args, None);
}

#[test]
fn queries_are_decisions_only_where_they_name_one() {
    let tool = |query: &str| {
        let parsed = read(&format!(
            r#"{{"decision_id":"d","query":"{query}","result":true}}"#
        ));
        let found = parsed.actions.into_iter().next();
        let call = found.and_then(|action| action.expect("a decision").call);
        call.map(|call| call.tool).ok_or(parsed.dropped)
    };
    assert_eq!(
        tool("data.envoy.authz.allow"),
        Ok("envoy/authz/allow".to_owned())
    );
    for query in [
        "assign(x, 1)",
        "data.a[x]",
        "data.",
        "data.a = x",
        "input.a",
    ] {
        assert_eq!(
            tool(query),
            Err(BTreeMap::from([("ad_hoc_query", 1)])),
            "{query}"
        );
    }
    assert_eq!(
        read(r#"{"decision_id":"d"}"#).dropped,
        BTreeMap::from([("ad_hoc_query", 1)])
    );
}

#[test]
fn arrays_and_other_lines_of_the_console_are_read() {
    let parsed =
        read(r#"[{"decision_id":"a","path":"p"},{"level":"info","msg":"Initializing server."},7]"#);
    assert_eq!(parsed.dropped, BTreeMap::from([("other_log_line", 1)]));
    let ids: Vec<_> = parsed
        .actions
        .iter()
        .map(|action| action.as_ref().map(|action| action.id.as_str()))
        .collect();
    assert_eq!(ids[0], Ok("a"));
    assert!(
        ids[1].is_err_and(|fault| fault.to_string() == "line 2: this is an integer, not an object")
    );
}

#[test]
fn what_is_broken_is_named() {
    for (text, expected) in [
        ("{}", "`decision_id` is missing"),
        (
            r#"{"decision_id":5,"path":"p"}"#,
            "`decision_id` is an integer, not a string",
        ),
        (
            r#"{"decision_id":"d","path":"p","erased":"/input/a"}"#,
            "`erased` has a string, so nobody knows what was taken out",
        ),
        (
            r#"{"decision_id":"d","path":"p","masked":[1]}"#,
            "`masked` has an integer, so nobody knows what was taken out",
        ),
        (
            r#"{"decision_id":"d","path":"p","masked":["input"]}"#,
            "`masked` has a path that does not begin with `/`, so nobody knows what was taken out",
        ),
    ] {
        let fault = read(text).actions.remove(0).expect_err("a fault");
        assert_eq!(fault.to_string(), format!("line 2: {expected}"), "{text}");
    }
    let deep = format!(
        "{{\"decision_id\":\"d\",\"path\":\"p\",\"input\":{}",
        "[".repeat(9_999)
    );
    let item = Item {
        bytes: deep.into_bytes(),
        line: 2,
    };
    let fault = super::parse(&item, "log").expect_err("too deep");
    assert!(fault.to_string().contains("nested deeper"), "{fault}");
}
