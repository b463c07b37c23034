//! Tests of the shapes in which Claude Code records a session.

use super::*;
use crate::recording::{Items, Limits, parse as parse_item};

/// What a transcript holds, cut as a file is.
fn read(text: &str) -> Parsed {
    let items = Items::open(text.as_bytes(), None, "dir/log.jsonl", Limits::default());
    let items = items.expect("a known format");
    assert_eq!(items.importer(), Importer::ClaudeCode);
    let mut all = Parsed::default();
    for item in items {
        let item = item.expect("in memory");
        let parsed = parse_item(Importer::ClaudeCode, &item, "dir/log.jsonl");
        all.actions.extend(parsed.actions);
        for (reason, count) in parsed.dropped {
            *all.dropped.entry(reason).or_default() += count;
        }
    }
    all
}

fn good(text: &str) -> Vec<RecordedAction> {
    let actions = read(text).actions.into_iter();
    actions.map(|action| action.expect("a good call")).collect()
}

fn line(kind: &str, content: &str) -> String {
    format!(
        r#"{{"parentUuid":null,"isSidechain":false,"cwd":"/w","sessionId":"s1","version":"2.0.76","gitBranch":"","type":"{kind}","message":{{"role":"{kind}","model":"m","content":{content}}},"uuid":"u","timestamp":"2026-01-02T19:18:34.1Z"}}"#
    )
}

fn call(id: &str, name: &str, input: &str) -> String {
    let block = format!(
        r#"[{{"type":"text","text":"x"}},{{"type":"tool_use","id":"{id}","name":"{name}","input":{input}}}]"#
    );
    line("assistant", &block)
}

fn result(id: &str, members: &str) -> String {
    let block = format!(r#"[{{"type":"tool_result","tool_use_id":"{id}",{members}}}]"#);
    line("user", &block)
}

fn ids(actions: &[RecordedAction]) -> Vec<&str> {
    actions.iter().map(|action| action.id.as_str()).collect()
}

#[test]
fn a_call_keeps_what_is_recorded() {
    let text = [
        r#"{"type":"summary","summary":"x","leafUuid":"u"}"#.to_owned(),
        line("user", "\"run it\""),
        call("toolu_1", "Bash", r#"{"command":"ls","command":"rm"}"#),
        result("toolu_1", r#""content":"boom","is_error":true"#),
        call("toolu_2", "mcp__git__push", "null"),
        result("toolu_2", r#""content":[{"type":"text","text":"done"}]"#),
        call("", "Read", "\"x\""),
    ]
    .join("\n");
    let actions = good(&text);
    assert_eq!(ids(&actions), ["toolu_1", "toolu_2", "s1:7#0"]);
    let first = &actions[0];
    assert_eq!(
        (
            first.session.as_deref(),
            first.sequence,
            first.agent.as_deref()
        ),
        (Some("s1"), Some(2), Some("claude-code"))
    );
    assert_eq!(first.time.as_deref(), Some("2026-01-02T19:18:34.1Z"));
    assert_eq!((first.user.as_ref(), first.recorded.as_ref()), (None, None));
    let text = |text: &str| Json::String(text.to_owned());
    let meta = [
        ("call_id", text("toolu_1")),
        ("cwd", text("/w")),
        ("is_error", Json::Bool(true)),
        ("model", text("m")),
        ("sidechain", Json::Bool(false)),
        ("version", text("2.0.76")),
    ];
    assert_eq!(
        first.meta,
        meta.map(|(name, value)| (name.to_owned(), value)).into()
    );
    let args = |at: usize| actions[at].call.clone().and_then(|call| call.args);
    let command = args(0).and_then(|args| args.get("command").cloned());
    assert_eq!(command, Some(Json::Repeated));
    assert_eq!(args(1), None);
    assert_eq!(args(2), Some(args::unknown("args_not_object")));
    assert_eq!(actions[1].system.as_deref(), Some("git"));
    assert_eq!(actions[1].meta["is_error"], Json::Bool(false));
    assert_eq!(actions[2].meta.get("is_error"), None);
}

#[test]
fn a_call_without_an_id_is_read_beside_one_that_is_recorded_again() {
    let one = call("toolu_1", "Bash", "{}");
    let both = line(
        "assistant",
        r#"[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{}},{"type":"tool_use","name":"Read","input":{}}]"#,
    );
    let actions = good(&format!("{one}\n{both}\n{one}"));
    assert_eq!(ids(&actions), ["toolu_1", "s1:2#0"]);
    let document = good(&format!("[{one},{both}]"));
    let tools = |actions: &[RecordedAction]| -> Vec<_> {
        let calls = actions.iter().filter_map(|action| action.call.as_ref());
        calls.map(|call| call.tool.clone()).collect()
    };
    assert_eq!(tools(&actions), ["Bash", "Read"]);
    assert_eq!(tools(&document), ["Bash", "Read"]);
}

#[test]
fn a_call_that_is_recorded_again_is_one_call() {
    let one = call("toolu_1", "Bash", "{}");
    let two = line(
        "assistant",
        r#"[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{}},{"type":"tool_use","id":"call_2","name":"Read","input":{}},
            {"type":"server_tool_use","id":"srv","name":"web_search","input":{}}]"#,
    )
    .replace('\n', "");
    let done = result("toolu_1", r#""content":"ok""#);
    let text = [&one, &one, &two, &done, &one]
        .map(String::as_str)
        .join("\n");
    assert_eq!(ids(&good(&text)), ["toolu_1", "s1/call_2", "s1/srv"]);
    // The same as one document.
    let document = format!("[{}]", text.replace('\n', ","));
    let actions = good(&document);
    assert_eq!(ids(&actions), ["toolu_1", "s1/call_2", "s1/srv"]);
    assert_eq!(actions[0].meta["is_error"], Json::Bool(false));
    let places: Vec<_> = actions.iter().map(|action| action.sequence).collect();
    assert_eq!(places, [Some(0), Some(1), Some(2)]);
}

#[test]
fn a_refused_call_is_a_recorded_deny() {
    let rejected = "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed.";
    let denied = "Permission to use Bash with command rm -rf /tmp/x has been denied.";
    let deny = Some(Decision::Deny);
    for (content, is_error, decision, what) in [
        (format!("\"{rejected}\""), true, deny, "user_rejection_text"),
        (
            format!(r#"[{{"type":"text","text":"{rejected}"}}]"#),
            true,
            deny,
            "user_rejection_text",
        ),
        (
            format!("\"{denied}\""),
            true,
            deny,
            "permission_denied_text",
        ),
        (
            "\"PreToolUse:Bash hook error: [guard.sh]: blocked\"".to_owned(),
            true,
            deny,
            "hook_denied_text",
        ),
        ("\"PreToolUse: is a word\"".to_owned(), true, None, ""),
        // A file may hold these words.
        (format!("\"{rejected}\""), false, None, ""),
        (format!("\"1: {rejected}\""), true, None, ""),
        ("null".to_owned(), true, None, ""),
        ("{}".to_owned(), true, None, ""),
    ] {
        let members = format!("\"content\":{content},\"is_error\":{is_error}");
        let text = format!(
            "{}\n{}\n",
            call("toolu_1", "Bash", "{}"),
            result("toolu_1", &members)
        );
        let actions = good(&text);
        let recorded = actions[0]
            .recorded
            .as_ref()
            .map(|recorded| recorded.decision);
        assert_eq!(recorded, decision, "{content}");
        let heuristic = actions[0].meta.get("decision_heuristic");
        assert_eq!(heuristic.and_then(Json::as_str).unwrap_or_default(), what);
    }
}

#[test]
fn what_newer_versions_say_of_a_refusal_counts_more_than_its_words() {
    let text =
        "\"content\":\"The user doesn't want to proceed with this tool use. x\",\"is_error\":true";
    let deny = Some(Decision::Deny);
    for (member, decision, heuristic) in [
        (r#""toolDenialKind":"user-rejected""#, deny, false),
        (r#""toolDenialKind":"interrupted""#, None, false),
        (r#""toolDenialKind":"new-kind""#, deny, true),
        (
            r#""tool_result_meta":[{"id":"toolu_1","non_execution_kind":"permission-rule"}]"#,
            deny,
            false,
        ),
        (
            r#""tool_result_meta":[{"id":"toolu_1","non_execution_kind":"cancelled"}]"#,
            None,
            false,
        ),
        (
            r#""tool_result_meta":[{"id":"toolu_2","non_execution_kind":"cancelled"},7]"#,
            deny,
            true,
        ),
        (r#""tool_result_meta":7"#, deny, true),
    ] {
        let done = result("toolu_1", text).replacen('{', &format!("{{{member},"), 1);
        let actions = good(&format!("{}\n{done}\n", call("toolu_1", "Bash", "{}")));
        let recorded = actions[0].recorded.as_ref();
        assert_eq!(
            recorded.map(|recorded| recorded.decision),
            decision,
            "{member}"
        );
        let labelled = actions[0].meta.contains_key("decision_heuristic");
        assert_eq!(labelled, heuristic, "{member}");
    }
}

#[test]
fn subagents_are_told_apart() {
    let text = call("toolu_1", "Grep", "{}").replace(
        "\"isSidechain\":false",
        "\"isSidechain\":true,\"agentId\":\"a1\"",
    );
    let actions = good(&text);
    assert_eq!(actions[0].meta["sidechain"], Json::Bool(true));
    assert_eq!(actions[0].meta["agent_id"].as_str(), Some("a1"));
    // The main transcript tells what a subagent does, whose own transcript holds the calls.
    let copy = format!(
        r#"{{"type":"progress","data":{{"type":"agent_progress","message":{}}},"sessionId":"s1","uuid":"u"}}"#,
        call("toolu_9", "Bash", "{}")
    );
    let parsed = read(&format!("{text}\n{copy}\n"));
    assert_eq!(parsed.actions.len(), 1);
    assert_eq!(parsed.dropped, [("progress", 1)].into());
}

#[test]
fn streamed_output_is_a_transcript() {
    let text = r#"{"type":"system","subtype":"init","session_id":"s2","tools":["Bash"],"uuid":"u"}
{"type":"assistant","message":{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{}}]},"parent_tool_use_id":"toolu_0","session_id":"s2"}"#;
    let actions = good(text);
    assert_eq!(actions[0].session.as_deref(), Some("s2"));
    assert_eq!(actions[0].meta["parent_call_id"].as_str(), Some("toolu_0"));
}

#[test]
fn one_bad_line_does_not_hide_the_others() {
    let text = [
        call("toolu_1", "Bash", "{}"),
        "{\"type\":\"assistant\",\"mess".to_owned(),
        call("toolu_2", "Bash", "{}").replace("\"name\":\"Bash\"", "\"name\":7"),
        call("toolu_3", "Bash", "{}").replace("\"name\":\"Bash\",", ""),
        "[7]".to_owned(),
        "7 \"tool_use\"".to_owned(),
        "{\"type\":\"assistant\",\"message\":{\"content\":[7,{\"type\":\"tool_use".to_owned(),
        r#"{"type":"assistant","message":{"content":"tool_use"}}"#.to_owned(),
        r#"{"type":"assistant","message":7,"x":"tool_use"}"#.to_owned(),
        format!("{}{}", "[".repeat(200), "]".repeat(200)),
        call("toolu_4", "Bash", "{}"),
    ]
    .join("\n");
    let parsed = read(&text);
    let faults: Vec<_> = parsed
        .actions
        .iter()
        .filter_map(|a| a.as_ref().err())
        .collect();
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "line 2: the JSON ends too early, at column 25",
            "line 3: a tool call of session `s1`: `name` is an integer, not a string",
            "line 4: a tool call of session `s1`: `name` is missing",
            "line 5: this is an integer, not an object",
            "line 6: trailing characters, at column 3",
            "line 7: the JSON ends too early, at column 61",
            "line 10: nested deeper than 127 levels, at column 128",
        ]
    );
    let good: Vec<_> = parsed
        .actions
        .iter()
        .flatten()
        .map(|a| a.id.as_str())
        .collect();
    assert_eq!(good, ["toolu_1", "toolu_4"]);
}

#[test]
fn the_server_of_a_tool_is_known_where_there_is_one_way_to_read_it() {
    for (tool, expected) in [
        ("mcp__github__create_issue", Some("github")),
        ("mcp__my_server__x", Some("my_server")),
        ("mcp__a__b__c", None),
        ("mcp__a___b", None),
        ("mcp____b", None),
        ("mcp__a__", None),
        ("mcp__a", None),
        ("Bash", None),
    ] {
        assert_eq!(server(tool), expected, "{tool}");
    }
}
