//! Tests of the shapes in which MCP messages are logged.

use super::*;
use crate::recording::{Items, Limits, parse as parse_item};

fn read(text: &str) -> Vec<Result<RecordedAction, String>> {
    let items = Items::open(text.as_bytes(), None, "dir/log.jsonl", Limits::default());
    let items = items.expect("a known format");
    assert_eq!(items.importer(), Importer::Mcp, "{text}");
    let mut all = Vec::new();
    for item in items {
        let parsed = parse_item(Importer::Mcp, &item.expect("in memory"), "dir/log.jsonl");
        assert!(parsed.dropped.is_empty());
        let text = |fault: Malformed| fault.to_string();
        all.extend(parsed.actions.into_iter().map(|a| a.map_err(text)));
    }
    all
}

fn good(text: &str) -> Vec<RecordedAction> {
    let actions = read(text).into_iter();
    actions.map(|action| action.expect("a good call")).collect()
}

/// Id, place, tool, arguments, what came of it.
fn brief(actions: &[RecordedAction]) -> Vec<String> {
    let one = |action: &RecordedAction| {
        let call = action.call.as_ref().expect("a call");
        let args = call.args.as_ref();
        let args = args.map(|args| serde_json::to_string(args).expect("JSON"));
        let end = match (action.meta.get("is_error"), action.meta.get("error_code")) {
            (Some(Json::Bool(true)), Some(Json::Int(code))) => format!("error {code}"),
            (Some(Json::Bool(true)), None) => "failed".to_owned(),
            (Some(Json::Bool(false)), None) => "done".to_owned(),
            (None, None) => "-".to_owned(),
            other => panic!("{other:?}"),
        };
        let sequence = action.sequence.expect("a place");
        let args = args.as_deref().unwrap_or("-");
        format!("{} {sequence} {} {args} {end}", action.id, call.tool)
    };
    actions.iter().map(one).collect()
}

fn call(id: &str, tool: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{{"a":1}}}}}}"#
    )
}

fn done(id: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":"x"}}]}}}}"#
    )
}

#[test]
fn raw_messages_are_paired_by_their_ids() {
    let text = [
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"clientInfo":{"name":"x"}}}"#,
        &done("0"),
        &call("1", "a"),
        &call("\"1\"", "b"),
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}"#,
        r#"{"jsonrpc":"2.0","id":"1","result":{"content":[],"isError":true}}"#,
        &done("1"),
        &call("2", "c"),
        r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"unknown tool"}}"#,
        &call("3", "d"),
        &done("7"),
    ]
    .join("\r\n");
    assert_eq!(
        brief(&good(&text)),
        [
            r#"log:3#0 2 a {"a":1} done"#,
            r#"log:4#0 3 b {"a":1} failed"#,
            r#"log:8#0 7 c {"a":1} error -32602"#,
            r#"log:10#0 9 d {"a":1} -"#,
        ]
    );
    let actions = good(&text);
    assert_eq!(actions[0].session.as_deref(), Some("log"));
    assert_eq!(actions[1].meta["request_id"].as_str(), Some("1"));
    // Nobody says who called.
    assert!(
        actions
            .iter()
            .all(|a| a.agent.is_none() && a.user.is_none())
    );
    // The same as one document.
    let document = good(&format!("[{}]", text.replace("\r\n", ",")));
    let calls = |actions: &[RecordedAction]| -> Vec<_> {
        actions
            .iter()
            .map(|a| (a.call.clone(), a.meta.clone()))
            .collect()
    };
    assert_eq!(calls(&document), calls(&actions));
    let places: Vec<_> = document.iter().map(|action| action.sequence).collect();
    assert_eq!(places, [0, 1, 2, 3].map(Some));
}

#[test]
fn arguments_may_be_left_out() {
    let call = |params: &str| {
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        brief(&good(&text)).remove(0)
    };
    assert_eq!(call(r#"{"name":"a"}"#), "log:1#0 0 a {} -");
    assert_eq!(call(r#"{"name":"a","arguments":null}"#), "log:1#0 0 a - -");
    let not = r#"{"$unknown":"args_not_object"}"#;
    assert_eq!(
        call(r#"{"name":"a","arguments":"[redacted]"}"#),
        format!("log:1#0 0 a {not} -")
    );
    let twice = r#"{"$unknown":"repeated_key"}"#;
    assert_eq!(
        call(r#"{"name":"a","arguments":{},"arguments":{"x":1}}"#),
        format!("log:1#0 0 a {twice} -")
    );
}

#[test]
fn envelopes_say_more() {
    let call = call("1", "a");
    let text = serde_json::to_string(&call).expect("JSON");
    for (envelope, session, server) in [
        (
            format!(
                r#"{{"ts":"2026-01-02T19:18:34Z","dir":"c2s","server":"git","session":"s1","msg":{call}}}"#
            ),
            "s1",
            Some("git"),
        ),
        (
            format!(
                r#"{{"timestamp":"2026-01-02T19:18:34Z","direction":"client->server","serverName":"git","message":{text},"session_id":7}}"#
            ),
            "7",
            Some("git"),
        ),
        (
            format!(
                r#"{{"time":"2026-01-02T19:18:34Z","from":"client","method":"POST","id":"log-1","headers":{{"Mcp-Session-Id":"s2"}},"body":{call}}}"#
            ),
            "s2",
            None,
        ),
        (
            format!(
                r#"{{"time":"2026-01-02T19:18:34Z","dir":"request","connection_id":"c1","data":{{"payload":[{call}]}},"msg":"forwarded","jsonrpc":null,"request":{call}}}"#
            ),
            "c1",
            None,
        ),
    ] {
        let actions = good(&envelope);
        let action = &actions[0];
        assert_eq!(action.session.as_deref(), Some(session), "{envelope}");
        assert_eq!(action.system.as_deref(), server, "{envelope}");
        assert_eq!(action.time.as_deref(), Some("2026-01-02T19:18:34Z"));
        assert_eq!(action.id, format!("{session}:1#0"));
    }
    let said = good(
        r#"{"agent":"bot","user":{"name":"ann"},"msg":{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{"io.modelcontextprotocol/clientInfo":{"name":"x"}}}}}"#,
    );
    assert_eq!(
        (said[0].agent.as_deref(), said[0].user.as_deref()),
        (Some("bot"), Some("ann"))
    );
    let client = said[0].meta["client_info"].get("name");
    assert_eq!(client.and_then(Json::as_str), Some("x"));
}

#[test]
fn ids_belong_to_a_connection_and_a_side() {
    let line = |members: &str, message: &str| format!(r#"{{{members},"msg":{message}}}"#);
    let sampling = r#"{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{}}"#;
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}"#;
    // Two servers.
    let text = [
        line("\"server\":\"x\"", &call("1", "a")),
        line("\"server\":\"y\"", &call("1", "b")),
        line("\"server\":\"y\"", error),
        line("\"server\":\"x\"", &done("1")),
    ]
    .join("\n");
    let ends = |text: &str| -> Vec<String> {
        let all = brief(&good(text)).into_iter();
        all.map(|one| one.rsplit("} ").next().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(ends(&text), ["done", "error -1"]);
    // A request of the server has the same id.
    let text = [
        line("\"dir\":\"out\"", &call("1", "a")),
        line("\"dir\":\"in\"", sampling),
        line("\"dir\":\"out\"", error),
        line("\"dir\":\"in\"", &done("1")),
    ]
    .join("\n");
    assert_eq!(ends(&text), ["done"]);
    let text = [
        call("1", "a"),
        sampling.to_owned(),
        error.to_owned(),
        done("1"),
    ]
    .join("\n");
    assert_eq!(ends(&text), ["-"], "nobody knows which answer is whose");
    // A new connection in the same log.
    let text = [
        call("1", "a"),
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#.to_owned(),
        call("1", "b"),
        done("1"),
    ]
    .join("\n");
    assert_eq!(ends(&text), ["-", "done"]);
}

#[test]
fn batches_are_taken_apart() {
    let text = format!(
        "[{},{}]\n[{},{}]\n[{},{}]\n{{\"request\":{},\"response\":{}}}\n",
        call("1", "a"),
        call("2", "b"),
        done("2"),
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":5,"message":"x"}}"#,
        call("3", "c"),
        call("3", "d"),
        call("4", "e"),
        done("4"),
    );
    assert_eq!(
        brief(&good(&text)),
        [
            r#"log:1#0 0 a {"a":1} error 5"#,
            r#"log:1#1 0 b {"a":1} done"#,
            r#"log:3#0 2 c {"a":1} -"#,
            r#"log:3#1 2 d {"a":1} -"#,
            r#"log:4#0 3 e {"a":1} done"#,
        ]
    );
}

#[test]
fn framed_messages_are_read_by_their_lengths() {
    let mut text = String::new();
    for message in [
        call("1", "a"),
        done("1").replace(',', ",\n"),
        call("2", "b"),
    ] {
        text.push_str(&format!(
            "Content-Length: {}\r\n\r\n{message}",
            message.len()
        ));
    }
    assert_eq!(
        brief(&good(&text)),
        [r#"log:3#0 2 a {"a":1} done"#, r#"log:10#0 9 b {"a":1} -"#,]
    );
    let cut = read(&text[..text.len() - 3]);
    assert_eq!(
        cut.last()
            .and_then(|action| action.clone().err())
            .as_deref(),
        Some("line 10: the JSON ends too early, at column 85")
    );
}

#[test]
fn text_logs_of_claude_desktop_hold_messages() {
    let text = format!(
        "2025-10-19T14:13:40.000Z [info] [weather] Initializing server...\n\
         2025-10-19T14:13:44.066Z [info] [weather] Message from client: {} {{ metadata: undefined }}\n\
         INFO   HTTP Request: GET\n\
         2025-10-19T14:13:45.066Z [weather] [info] Message from server: {} {{ metadata: undefined }}\n\
         2025-10-19T14:13:46.066Z [weather] [info] Message from client: {{\"method\":\"tools/ca [5 chars truncated]\n\
         2025-10-19T14:13:47.066Z [weather] [info] Message from server: {{\"jsonrpc\":\"2.0\",\"res [5 chars truncated]\n",
        call("4", "get_forecast"),
        done("4"),
    );
    let all = read(&text);
    let first = all[0].clone().expect("a call");
    assert_eq!(
        brief(std::slice::from_ref(&first)),
        [r#"log:2#0 1 get_forecast {"a":1} done"#]
    );
    assert_eq!(first.system.as_deref(), Some("weather"));
    assert_eq!(first.time.as_deref(), Some("2025-10-19T14:13:44.066Z"));
    assert_eq!(all.len(), 2);
    assert!(
        all[1]
            .as_ref()
            .is_err_and(|fault| fault.starts_with("line 5: the JSON ends too early"))
    );
    assert!(!desktop::is_log(b"Message from client: {}"));
    assert!(!desktop::is_log(
        format!("[{}]", call("1", "Message from client: ")).as_bytes()
    ));
}

#[test]
fn a_text_around_a_message_hides_no_call() {
    let line = |text: &str| {
        let text = serde_json::to_string(text).expect("JSON");
        format!("{}\n{{\"msg\":{text}}}", done("9"))
    };
    let text = line(&format!("-> {} (12 ms)", call("1", "a")));
    assert_eq!(brief(&good(&text)), [r#"log:2#0 1 a {"a":1} -"#]);
    assert_eq!(read(&line("no \"jsonrpc\" yet")), []);
    let fault = |text: &str| {
        let mut all = read(&line(text));
        all.remove(0).expect_err("a fault")
    };
    let cut = r#"-> {"jsonrpc":"2.0","method":"tools/ca"#;
    assert!(fault(cut).starts_with("line 2: the JSON ends too early"));
    let late = r#"... "jsonrpc":"2.0","method":"tools/call","params":{"name":"a"}}"#;
    assert_eq!(
        fault(late),
        "line 2: a text speaks of `jsonrpc`, but its first object is no message"
    );
    let mut deep = call("1", "a");
    for _ in 0..2 {
        let text = serde_json::to_string(&deep).expect("JSON");
        deep = format!(r#"{{"msg":{text}}}"#);
    }
    assert_eq!(
        fault(&deep),
        "line 2: a message stands in a text in too many others"
    );
}

#[test]
fn one_bad_line_does_not_hide_the_others() {
    let text = [
        &call("1", "a"),
        "{\"jsonrpc\":\"2.0\",\"id\":",
        "7 8",
        r#"{"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","method":7}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","method":"ping"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":[]}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{}}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":null}}"#,
        r#"{"dir":"in","msg":"{\"jsonrpc\":\"2.0\",\"id\""}"#,
        r#"{"level":30,"msg":"jsonrpc started"}"#,
        &format!("{}{}", "[".repeat(200), "]".repeat(200)),
        r#"{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{"name":"b"}}"#,
    ]
    .join("\n");
    let faults: Vec<_> = read(&text).into_iter().filter_map(Result::err).collect();
    assert_eq!(
        faults,
        [
            "line 2: the JSON ends too early, at column 22",
            "line 3: trailing characters, at column 3",
            "line 4: this is no JSON-RPC message: it has no `method`, `result` or `error`",
            "line 5: `method` is an integer, not a string",
            "line 6: `method` is a repeated key, not a string",
            "line 7: `tools/call`: `params` is missing",
            "line 8: `tools/call`: `params` is an array, not an object",
            "line 9: `tools/call`: `name` is missing",
            "line 10: `tools/call`: `name` is null, not a string",
            "line 11: the JSON ends too early, at column 21",
            "line 13: nested deeper than 127 levels, at column 128",
        ]
    );
    assert_eq!(read(&text).into_iter().flatten().count(), 2);
}
