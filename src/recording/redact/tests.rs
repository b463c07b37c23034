//! What is taken out, and what is left.

use super::*;
use crate::model::{EarlierCall, Moment};

/// Put together here, so that no file of the project looks as if it held one.
fn token() -> String {
    format!("{}_{}", "ghp", "q7Wm2ZkR9xTf4LbV8sHd3NcJ6pGy5Ev1Kuq7")
}

fn action(text: &str) -> RecordedAction {
    let text = text.replace("TOKEN", &token());
    serde_json::from_str(&text).expect("an action")
}

fn redaction(paths: &[&str], secrets: bool) -> Redaction {
    Redaction {
        paths: paths
            .iter()
            .map(|path| path.parse().expect("a path"))
            .collect(),
        secrets,
    }
}

fn written(action: &RecordedAction) -> serde_json::Value {
    serde_json::to_value(action).expect("JSON")
}

const CALL: &str = r#"{"version":1,"id":"1","meta":{"x":{"y":1},"z":"TOKEN"},"call":{"tool":"t","args":{
    "body":"hello","n":null,"items":[{"iban":"A","k":1},{"iban":"B"},{"k":2}],"deep":{"a":["x","see TOKEN there"]}}}}"#;

#[test]
fn named_paths_are_taken_out_and_nothing_else() {
    let mut found = action(CALL);
    let paths = [
        "args.body",
        "args.items.*.iban",
        "meta.x.y",
        "args.nothing",
        "args.items.2.k",
    ];
    let redacted = redaction(&paths, false).apply(&mut found).expect("kept");
    let names: Vec<&str> = redacted
        .values
        .iter()
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "args.body",
            "args.items.*.iban",
            "meta.x.y",
            "args.items.2.k"
        ]
    );
    let gone = serde_json::json!({"$unknown": "redacted"});
    let json = written(&found);
    let args = &json["call"]["args"];
    assert_eq!(args["body"], gone);
    assert_eq!(args["items"][0], serde_json::json!({"iban": gone, "k": 1}));
    assert_eq!(args["items"][1]["iban"], gone);
    assert_eq!(args["items"][2]["k"], gone);
    assert_eq!(args["n"], serde_json::Value::Null);
    assert_eq!(json["meta"]["x"]["y"], gone);
    assert_eq!(json["meta"]["z"], token().as_str());
    // What is gone is gone once.
    let again = redaction(&["args.body"], false).apply(&mut found);
    assert_eq!(again, Ok(Redacted::default()));
}

#[test]
fn secrets_are_found_wherever_they_stand() {
    let mut found = action(CALL);
    let redacted = redaction(&[], true).apply(&mut found).expect("kept");
    assert_eq!(
        redacted.values,
        [
            ("meta.z".to_owned(), "a GitHub token"),
            ("args.deep.a.*".to_owned(), "a GitHub token")
        ]
    );
    assert!(!written(&found).to_string().contains(&token()));
    assert_eq!(written(&found)["call"]["args"]["body"], "hello");
}

#[test]
fn a_key_and_a_reason_may_hold_one_too() {
    for args in [
        r#"{"headers":{"TOKEN":1}}"#,
        r#"{"headers":{"$unknown":"TOKEN"}}"#,
    ] {
        let text = format!(r#"{{"version":1,"id":"1","call":{{"tool":"t","args":{args}}}}}"#);
        let mut found = action(&text);
        redaction(&[], true).apply(&mut found).expect("kept");
        let gone = serde_json::json!({"$unknown": "redacted"});
        assert_eq!(written(&found)["call"]["args"]["headers"], gone);
    }
}

#[test]
fn what_nothing_can_take_the_place_of_is_refused() {
    for text in [
        r#"{"version":1,"id":"TOKEN","call":{"tool":"t"}}"#,
        r#"{"version":1,"id":"1","agent":"TOKEN","call":{"tool":"t"}}"#,
        r#"{"version":1,"id":"1","call":{"tool":"TOKEN"}}"#,
        r#"{"version":1,"id":"1","request":{"cedar":{"principal":{"type":"A","id":"a"},"action":{"type":"Action","id":"x"},"resource":{"type":"R","id":"TOKEN"}}}}"#,
        r#"{"version":1,"id":"1","request":{"cedar":{"principal":{"type":"A","id":"a"},"action":{"type":"Action","id":"x"},"resource":{"type":"R","id":"r"}},"entities":[{"uid":{"type":"A","id":"a"},"attrs":{"k":"TOKEN"},"parents":[]}]}}"#,
    ] {
        let fault = redaction(&[], true)
            .apply(&mut action(text))
            .expect_err(text);
        assert!(fault.contains("a GitHub token"), "{fault}");
        assert!(!fault.contains(&token()), "{fault}");
    }
}

const REQUEST: &str = r#"{"version":1,"id":"1","CALLrequest":{"cedar":{"principal":{"type":"A","id":"a"},
    "action":{"type":"Action","id":"x"},"resource":{"type":"R","id":"r"},
    "context":{"input":{"body":"TOKEN","n":1},"set":["a","TOKEN"],"ip":{"__extn":{"fn":"ip","arg":"TOKEN"}},"m":2}}}}"#;

#[test]
fn fields_of_a_recorded_context_become_unknown() {
    let mut found = action(&REQUEST.replace("CALL", ""));
    let redacted = redaction(&["request.context.m"], true)
        .apply(&mut found)
        .expect("kept");
    assert_eq!(redacted.values.len(), 4);
    let json = written(&found);
    let cedar = &json["request"]["cedar"];
    assert_eq!(cedar["context"], serde_json::json!({"input": {"n": 1}}));
    assert_eq!(
        cedar["unknown"],
        serde_json::json!([["input", "body"], ["ip"], ["m"], ["set"]])
    );
}

#[test]
fn a_request_made_from_what_is_gone_is_gone() {
    let call = r#"call":{"tool":"t","args":{"body":"b"}},""#;
    let mut found = action(&REQUEST.replace("CALL", call).replace("TOKEN", "b"));
    let redacted = redaction(&["args.body"], false)
        .apply(&mut found)
        .expect("kept");
    assert!(redacted.request);
    assert_eq!(found.request, None);
    let mut other = action(&REQUEST.replace("CALL", call).replace("TOKEN", "b"));
    let redacted = redaction(&["args.nothing"], true)
        .apply(&mut other)
        .expect("kept");
    assert!(!redacted.request && other.request.is_some());
}

#[test]
fn a_secret_in_the_call_takes_the_request_with_it() {
    for beside in [
        r#"call":{"tool":"t","args":{"body":"TOKEN"}},""#,
        r#"meta":{"x":"TOKEN"},"call":{"tool":"t"},""#,
    ] {
        let text = REQUEST.replace("TOKEN", "b").replace("CALL", beside);
        let mut found = action(&text);
        let redacted = redaction(&[], true).apply(&mut found).expect("kept");
        assert!(redacted.request && found.request.is_none(), "{text}");
    }
}

#[test]
fn entities_are_never_dropped_with_a_request() {
    let call = r#"call":{"tool":"t","args":{"body":"b"}},""#;
    let with = |entity: &str| {
        let text = REQUEST.replace("TOKEN", "b").replace("CALL", call);
        let start = text.strip_suffix("}}").expect("a request");
        action(&format!(r#"{start},"entities":[{entity}]}}}}"#))
    };
    let mut found = with(r#"{"uid":{"type":"A","id":"a"},"attrs":{},"parents":[]}"#);
    let redacted = redaction(&["args.body"], true)
        .apply(&mut found)
        .expect("kept");
    assert!(redacted.request && found.request.is_none());
    assert_eq!(redacted.entities.len(), 1);
    let mut found = with(r#"{"uid":{"type":"A","id":"a"},"attrs":{"k":"TOKEN"},"parents":[]}"#);
    let fault = redaction(&["args.body"], true)
        .apply(&mut found)
        .expect_err("a secret");
    assert!(fault.contains("request.entities"), "{fault}");
}

#[test]
fn what_is_made_anew_holds_no_named_field() {
    let request = action(&REQUEST.replace("CALL", "").replace("TOKEN", "b"));
    let cedar = request.request.expect("a request").cedar;
    let named = redaction(&["request.context.input.body"], false);
    assert!(named.names_context());
    let fault = named.made(&cedar).expect_err("it is there again");
    assert!(fault.contains("request.context.input.body"), "{fault}");
    for path in ["request.context.other", "args.input.body"] {
        assert_eq!(redaction(&[path], false).made(&cedar), Ok(()));
    }
}

#[test]
fn what_a_call_says_is_not_hidden_by_taking_it_out_of_the_context() {
    let with = |args: &str, mapping: &str| {
        let call = format!(r#"call":{{"tool":"t","args":{args}}},""#);
        let text = REQUEST.replace("TOKEN", "hello").replace("CALL", &call);
        let start = text.strip_suffix("}}").expect("a request");
        action(&format!("{start}{mapping}}}}}"))
    };
    let digest = format!(r#","mapping":"sha256:{}""#, "0".repeat(64));
    let named = redaction(&["request.context.input.body"], false);
    for (args, mapping, hidden, made) in [
        (r#"{"x":"Hello, you"}"#, "", false, false),
        (r#"{"body":[1]}"#, "", false, false),
        (r#"{"x":"other"}"#, "", true, false),
        (r#"{"x":"other"}"#, digest.as_str(), true, true),
    ] {
        let mut found = with(args, mapping);
        let redacted = named.apply(&mut found).expect("kept");
        assert_eq!(redacted.hidden(&found).is_ok(), hidden, "{args}");
        assert_eq!(redacted.not_made(&found).is_err(), made, "{args}");
        let fault = redacted.hidden(&found).and(redacted.not_made(&found));
        let names = |fault: String| fault.contains("`request.context.input.body`");
        assert!(fault.err().is_none_or(names), "{args}");
    }
    // Where the argument is named as well, nothing says it any more.
    let both = redaction(&["request.context.input.body", "args.x"], false);
    let mut found = with(r#"{"x":"hello"}"#, &digest);
    let redacted = both.apply(&mut found).expect("kept");
    assert_eq!(
        redacted.hidden(&found).and(redacted.not_made(&found)),
        Ok(())
    );
}

#[test]
fn a_text_on_the_way_is_taken_out() {
    let mut found = action(
        r#"{"version":1,"id":"1","call":{"tool":"t","args":{"items":"[{\"iban\":\"A\"}]","n":5}}}"#,
    );
    redaction(&["args.items.*.iban", "args.n.x"], false)
        .apply(&mut found)
        .expect("kept");
    let json = written(&found);
    assert_eq!(json["call"]["args"]["items"]["$unknown"], "redacted");
    assert_eq!(json["call"]["args"]["n"], 5);
}

#[test]
fn messages_quote_no_values() {
    let on = redaction(&[], true);
    for (message, quiet) in [
        (
            "invalid type: string \"b \\\" c\", expected u8, at column 3",
            "invalid type: string \"…\", expected u8, at column 3",
        ),
        ("`version` is \"cut off", "`version` is \"…\""),
        (
            "unknown variant `a`b`, expected `allow` or `deny`",
            "unknown variant `…`, expected `allow` or `deny`",
        ),
        (
            "invalid value: integer `512`, expected u8",
            "invalid value: integer `…`, expected u8",
        ),
        ("unknown field `colour`", "unknown field `colour`"),
    ] {
        assert_eq!(on.quiet(message), quiet);
        assert_eq!(Redaction::default().quiet(message), message);
    }
    let field = format!("unknown field `{}`", token());
    assert_eq!(on.quiet(&field), "what stands there holds a GitHub token");
}

/// The record that is reported stands behind the one that is meant.
#[test]
fn an_earlier_call_that_cannot_be_kept_is_named() {
    let fault = |earlier: &str| {
        let mut found = action(r#"{"version":1,"id":"2","call":{"tool":"t"}}"#);
        let earlier = EarlierCall {
            call: std::sync::Arc::new(action(earlier)),
            moment: Moment {
                sequence: None,
                time: None,
                at: (0, 0, 0),
                lines: crate::model::Lines::Count,
                lost: false,
            },
            surely: true,
        };
        found.earlier = std::iter::once(earlier).collect();
        redaction(&[], true)
            .apply(&mut found)
            .expect_err("a secret")
    };
    let named = fault(r#"{"version":1,"id":"w1","user":"TOKEN","call":{"tool":"t"}}"#);
    assert!(
        named.starts_with("an earlier call of its session, `w1`, may"),
        "{named}"
    );
    assert!(named.contains("`user` holds what looks like"), "{named}");
    let placed = fault(r#"{"version":1,"id":"TOKEN","sequence":4,"call":{"tool":"t"}}"#);
    assert!(
        placed.contains("session, which has place 4 in it, may"),
        "{placed}"
    );
    let nameless = fault(r#"{"version":1,"id":"TOKEN","call":{"tool":"t"}}"#);
    assert!(
        nameless.starts_with("an earlier call of its session may"),
        "{nameless}"
    );
    for text in [named, placed, nameless] {
        assert!(!text.contains(&token()), "{text}");
    }
}
