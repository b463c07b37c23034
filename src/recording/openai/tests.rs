//! Tests of the shapes in which OpenAI messages are recorded.

use super::*;

fn all(text: &str, line: u64) -> Vec<Result<RecordedAction, String>> {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line,
    };
    let parsed = super::parse(&item, "chat").expect("messages");
    assert!(parsed.dropped.is_empty());
    let text = |fault: Malformed| fault.to_string();
    parsed
        .actions
        .into_iter()
        .map(|action| action.map_err(text))
        .collect()
}

fn good(text: &str, line: u64) -> Vec<RecordedAction> {
    all(text, line)
        .into_iter()
        .map(|action| action.expect("a good call"))
        .collect()
}

/// Session, place, id, tool and arguments of each call.
fn brief(actions: &[RecordedAction]) -> Vec<String> {
    let one = |action: &RecordedAction| {
        let call = action.call.as_ref().expect("a call");
        let args = call
            .args
            .as_ref()
            .map(|args| serde_json::to_string(args).expect("JSON"));
        let session = action.session.as_deref().unwrap_or("-");
        let sequence = action.sequence.expect("a place");
        format!(
            "{session} {sequence} {} {} {}",
            action.id,
            call.tool,
            args.as_deref().unwrap_or("-")
        )
    };
    actions.iter().map(one).collect()
}

fn message(name: &str, id: &str, arguments: &str) -> String {
    format!(
        r#"{{"role":"assistant","tool_calls":[{{"id":"{id}","type":"function","function":{{"name":"{name}","arguments":{arguments}}}}}]}}"#
    )
}

#[test]
fn an_array_is_one_conversation() {
    let text = format!(
        r#"[{{"role":"user","content":"hi","name":"ann"}},{},{},{},{{"role":"assistant","function_call":{{"name":"d","arguments":"[1]"}}}}]"#,
        message("a", "c1", r#""{\"n\":1}""#),
        message("b", "c1", r#""""#),
        message("c", "", r#"{"n":2}"#),
    );
    assert_eq!(
        brief(&good(&text, 1)),
        [
            r#"chat 0 chat/c1 a {"n":1}"#,
            "chat 1 chat/c1#1 b {}",
            r#"chat 2 chat#2 c {"n":2}"#,
            r#"chat 3 chat#3 d {"$unknown":"args_not_json"}"#,
        ]
    );
}

#[test]
fn lines_of_conversations_are_sessions() {
    let messages = format!(
        "[{},{}]",
        message("a", "c1", "null"),
        message("b", "c2", r#""{""#)
    );
    let unnamed = good(&format!(r#"{{"messages":{messages}}}"#), 5);
    assert_eq!(
        brief(&unnamed),
        [
            "chat:5 0 chat:5/c1 a -",
            r#"chat:5 1 chat:5/c2 b {"$unknown":"args_not_json"}"#
        ]
    );
    for (members, name) in [
        (r#""session_id":"s","conversation_id":"c","id":"i""#, "s"),
        (r#""conversation_id":"c","id":"i""#, "c"),
        (r#""id":"i""#, "i"),
    ] {
        let actions = good(&format!(r#"{{{members},"messages":{messages}}}"#), 5);
        assert_eq!(actions[0].session.as_deref(), Some(name));
        assert_eq!(actions[0].id, format!("{name}/c1"));
    }
    assert_eq!(brief(&good(&messages, 3))[0], "chat:3 0 chat:3/c1 a -");
    let array = good(
        &format!(r#"[{{"messages":{messages}}},{{"id":"x","messages":{messages}}}]"#),
        1,
    );
    let sessions: Vec<_> = array
        .iter()
        .filter_map(|action| action.session.as_deref())
        .collect();
    assert_eq!(sessions, ["chat/0", "chat/0", "x", "x"]);
}

#[test]
fn lines_of_messages_are_one_session() {
    assert_eq!(
        brief(&good(&message("a", "c1", "{}"), 1)),
        ["chat 0 chat/c1 a {}"]
    );
    assert_eq!(
        brief(&good(&message("b", "", "{}"), 9)),
        ["chat 8 chat:9#0 b {}"]
    );
    let two = r#"{"session_id":"s","id":"msg","tool_calls":[{"function":{"name":"a"}},{"function":{"name":"b"}}]}"#;
    assert_eq!(
        brief(&good(two, 2)),
        ["s 1 chat:2#0 a -", "s 1 chat:2#1 b -"]
    );
    assert_eq!(good(r#"{"role":"user","content":"hi"}"#, 1), []);
}

#[test]
fn response_items_and_custom_tools_are_calls() {
    let item = r#"{"type":"function_call","id":"fc_1","call_id":"c9","name":"a","arguments":"{\"n\":1}","status":"completed"}"#;
    assert_eq!(brief(&good(item, 1)), [r#"chat 0 chat/c9 a {"n":1}"#]);
    let output = r#"{"type":"function_call_output","call_id":"c9","output":"ok"}"#;
    assert_eq!(good(output, 2), []);
    let unknown = r#"{"$unknown":"args_not_object"}"#;
    let custom = r#"{"type":"custom_tool_call","call_id":"c1","name":"sh","input":"rm -r x"}"#;
    assert_eq!(
        brief(&good(custom, 1)),
        [format!("chat 0 chat/c1 sh {unknown}")]
    );
    let custom =
        r#"{"tool_calls":[{"id":"c1","type":"custom","custom":{"name":"sh","input":"ls"}}]}"#;
    assert_eq!(
        brief(&good(custom, 1)),
        [format!("chat 0 chat/c1 sh {unknown}")]
    );
}

#[test]
fn who_and_when_are_taken_as_recorded() {
    let text = r#"{"id":"s","agent":"desk","user":"ann","model":"m1","messages":[
        {"timestamp":"2025-08-01T16:20:50+02:00","tool_calls":[{"id":"c1","function":{"name":"a"}}]},
        {"name":"triage","model":"m2","timestamp":1754,"tool_calls":[{"function":{"name":"b"}}]}]}"#;
    let actions = good(text, 1);
    let who = |at: usize| (actions[at].agent.as_deref(), actions[at].user.as_deref());
    assert_eq!(who(0), (Some("desk"), Some("ann")));
    assert_eq!(who(1), (Some("triage"), Some("ann")));
    assert_eq!(
        actions[0].time.as_deref(),
        Some("2025-08-01T16:20:50+02:00")
    );
    assert_eq!(actions[1].time, None);
    let text = |text: &str| Json::String(text.to_owned());
    let meta = |at: usize| actions[at].meta.clone();
    let expected = [
        ("call_id".to_owned(), text("c1")),
        ("model".to_owned(), text("m1")),
    ];
    assert_eq!(meta(0), expected.into());
    let expected = [
        ("model".to_owned(), text("m2")),
        ("timestamp".to_owned(), Json::Int(1754)),
    ];
    assert_eq!(meta(1), expected.into());
    assert_eq!(good(&message("a", "c", "{}"), 1)[0].agent, None);
}

#[test]
fn one_bad_call_does_not_hide_the_others() {
    let text = r#"[{"tool_calls":7},{"tool_calls":[1,{},{"function":"a"},{"function":{}},{"function":{"name":null}},
        {"function":{"name":"a","name":"b"}},{"function":{"name":"ok"}}]},{"function_call":"x"},{"type":"function_call"}]"#;
    let actions = all(text, 1);
    let faults: Vec<_> = actions
        .iter()
        .filter_map(|action| action.as_ref().err())
        .collect();
    assert_eq!(
        faults,
        [
            "line 1: call 0 of session `chat`: `tool_calls` is an integer, not an array",
            "line 1: call 1 of session `chat`: it is an integer, not an object",
            "line 1: call 2 of session `chat`: `function` is missing",
            "line 1: call 3 of session `chat`: it is a string, not an object",
            "line 1: call 4 of session `chat`: `name` is missing",
            "line 1: call 5 of session `chat`: `name` is null, not a string",
            "line 1: call 6 of session `chat`: `name` is a repeated key, not a string",
            "line 1: call 8 of session `chat`: it is a string, not an object",
            "line 1: call 9 of session `chat`: `name` is missing",
        ]
    );
    let good: Vec<_> = actions
        .iter()
        .flatten()
        .map(|action| action.id.as_str())
        .collect();
    assert_eq!(good, ["chat#7"]);
}

#[test]
fn deep_nesting_is_malformed() {
    for text in [
        "[".repeat(100_000),
        "[{\"messages\":".repeat(50_000),
        "{\"messages\":[".repeat(50_000),
    ] {
        let item = Item {
            bytes: text.into_bytes(),
            line: 1,
        };
        let fault = super::parse(&item, "chat")
            .expect_err("too deep")
            .to_string();
        assert!(fault.starts_with("line 1: "), "{fault}");
    }
}
