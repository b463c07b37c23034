//! Tests of what loggers make of Claude Code's hooks.

use super::*;
use crate::recording::{Items, Limits, parse as parse_item};

fn read(text: &str) -> Parsed {
    let items = Items::open(text.as_bytes(), None, "hooks.jsonl", Limits::default());
    let items = items.expect("a known format");
    assert_eq!(items.importer(), Importer::ClaudeHooks, "{text}");
    let mut all = Parsed::default();
    for item in items {
        let item = item.expect("in memory");
        let parsed = parse_item(Importer::ClaudeHooks, &item, "hooks.jsonl");
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

fn hook(event: &str, tool: &str, members: &str) -> String {
    format!(
        r#"{{"session_id":"s1","transcript_path":"/t","cwd":"/w","permission_mode":"plan","hook_event_name":"{event}","tool_name":"{tool}"{members}}}"#
    )
}

/// Id, tool, whether it failed, what was decided.
fn brief(actions: &[RecordedAction]) -> Vec<String> {
    let one = |action: &RecordedAction| {
        let failed = match action.meta.get("is_error") {
            Some(Json::Bool(true)) => "failed",
            Some(Json::Bool(false)) => "done",
            _ => "-",
        };
        let decided = action.recorded.as_ref().map(|recorded| recorded.decision);
        let decided = decided.map_or("-".to_owned(), |decision| decision.to_string());
        let tool = action.call.as_ref().map_or("", |call| call.tool.as_str());
        format!("{} {tool} {failed} {decided}", action.id)
    };
    actions.iter().map(one).collect()
}

const ONE: &str = r#","tool_input":{"command":"ls"},"tool_use_id":"toolu_1""#;

#[test]
fn a_call_keeps_what_is_recorded() {
    let text = hook(
        "PreToolUse",
        "Bash",
        &format!(r#"{ONE},"agent_id":"a1","agent_type":"Explore","ts":"2026-01-02T19:18:34Z""#),
    );
    let actions = good(&format!("\n{text}\n"));
    let action = &actions[0];
    assert_eq!(action.id, "toolu_1");
    assert_eq!(
        (
            action.session.as_deref(),
            action.sequence,
            action.agent.as_deref()
        ),
        (Some("s1"), Some(1), Some("claude-code"))
    );
    assert_eq!(action.time.as_deref(), Some("2026-01-02T19:18:34Z"));
    let meta: Vec<_> = action.meta.keys().map(String::as_str).collect();
    assert_eq!(
        meta,
        [
            "agent_id",
            "agent_type",
            "call_id",
            "cwd",
            "permission_mode"
        ]
    );
    let args = action.call.as_ref().and_then(|call| call.args.as_ref());
    let command = args.and_then(|args| args.get("command"));
    assert_eq!(command.and_then(Json::as_str), Some("ls"));
}

#[test]
fn what_precedes_and_what_follows_is_one_call() {
    let before = hook("PreToolUse", "Bash", ONE);
    let after = hook(
        "PostToolUse",
        "Bash",
        &format!(r#"{ONE},"tool_response":{{}}"#),
    );
    let failed = hook(
        "PostToolUseFailure",
        "Bash",
        &format!(r#"{ONE},"error":"x""#),
    );
    let denied = hook(
        "PermissionDenied",
        "Bash",
        &format!(r#"{ONE},"reason":"x""#),
    );
    let stop = hook("Stop", "", "");
    for (lines, expected) in [
        (vec![&before, &after], "toolu_1 Bash done -"),
        (vec![&before, &stop, &failed], "toolu_1 Bash failed -"),
        (vec![&before, &denied, &failed], "toolu_1 Bash failed deny"),
        (vec![&before], "toolu_1 Bash - -"),
        // Loggers of one kind of hook alone.
        (vec![&after], "toolu_1 Bash done -"),
        (vec![&failed, &after], "toolu_1 Bash failed -"),
        (vec![&denied], "toolu_1 Bash failed deny"),
        (vec![&before, &before], "toolu_1 Bash - -"),
    ] {
        let lines: Vec<_> = lines.into_iter().map(String::as_str).collect();
        let text = lines.join("\n");
        assert_eq!(brief(&good(&text)), [expected], "{text}");
    }
    // In one document, too.
    let text = format!("[\n{before},\n{stop},\n{denied},\n{failed}\n]");
    assert_eq!(brief(&good(&text)), ["toolu_1 Bash failed deny"]);
    let text = format!("[{before},{before},{after}]");
    assert_eq!(brief(&good(&text)), ["toolu_1 Bash done -"]);
}

#[test]
fn without_ids_calls_are_paired_by_what_they_are() {
    let hook = |event: &str, input: &str| {
        format!(
            r#"{{"ts":"2026-01-02T19:18:34Z","session_id":"s1","event":"{event}","tool_name":"Bash","tool_input":{input}}}"#
        )
    };
    let (a, b) = (r#"{"command":"a","n":1}"#, r#"{"command":"b"}"#);
    let lines = [
        hook("PreToolUse", a),
        hook("PreToolUse", b),
        hook("PostToolUse", r#"{"n":1,"command":"a"}"#),
        hook("PreToolUse", a),
        hook("PreToolUse", a),
        hook("PostToolUse", a),
        hook("PostToolUse", a),
        hook("PostToolUse", a),
    ];
    let expected = [
        "s1:1 Bash done -",
        "s1:2 Bash - -",
        "s1:4 Bash done -",
        "s1:5 Bash done -",
        "s1:8 Bash done -",
    ];
    assert_eq!(brief(&good(&lines.join("\n"))), expected);
    let document = brief(&good(&format!("[{}]", lines[..3].join(","))));
    assert_eq!(document, ["s1:1 Bash done -", "s1:2 Bash - -"]);
}

#[test]
fn members_may_have_other_names_and_an_envelope() {
    for text in [
        r#"{"sessionId":"s1","hookEventName":"PreToolUse","toolName":"Bash","toolInput":{"command":"ls"},"toolUseId":"toolu_1"}"#,
        r#"{"session":"s1","event_type":"pre_tool_use","permission_mode":"x","tool":"Bash","input":"{\"command\":\"ls\"}","tool_use_id":"toolu_1"}"#,
        r#"{"source_app":"x","hook_event_type":"PreToolUse","timestamp":1,"payload":{"session_id":"s1","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"toolu_1"}}"#,
        r#"{"time":"x","data":{"session_id":"s1","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"toolu_1"}}"#,
    ] {
        let actions = good(text);
        assert_eq!(brief(&actions), ["toolu_1 Bash - -"], "{text}");
        assert_eq!(actions[0].session.as_deref(), Some("s1"), "{text}");
        let call = actions[0].call.as_ref().expect("a call");
        let command = call.args.as_ref().and_then(|args| args.get("command"));
        assert_eq!(command.and_then(Json::as_str), Some("ls"), "{text}");
    }
}

#[test]
fn of_arguments_that_a_logger_picked_the_others_are_unknown() {
    let args = |tool: &str, members: &str| {
        let actions = good(&hook("PreToolUse", tool, members));
        let args = actions[0].call.as_ref().and_then(|call| call.args.clone());
        serde_json::to_string(&args).expect("JSON")
    };
    let unknown = r#"{"$unknown":"args_not_logged"}"#;
    assert_eq!(
        args("Bash", r#","bash_command":"ls""#),
        format!(
            r#"{{"command":"ls","description":{unknown},"run_in_background":{unknown},"timeout":{unknown}}}"#
        )
    );
    assert_eq!(
        args("Write", r#","file_path":"/x""#),
        format!(r#"{{"content":{unknown},"file_path":"/x"}}"#)
    );
    assert_eq!(args("Write", ""), "null");
    assert_eq!(args("Grep", r#","file_path":"/x""#), "null");
    assert_eq!(
        args("Bash", r#","tool_input":{},"bash_command":"ls""#),
        "{}"
    );
    assert_eq!(
        args("Bash", r#","tool_input":[1]"#),
        r#"{"$unknown":"args_not_object"}"#
    );
}

#[test]
fn what_a_hook_answered_is_what_was_decided() {
    let answer = r#""hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"#;
    for (members, expected) in [
        (format!("{answer}\"deny\"}}"), "deny"),
        (format!("{answer}\"allow\"}}"), "allow"),
        (format!("{answer}\"ask\"}}"), "-"),
        (format!("\"output\":{{{answer}\"deny\"}}}}"), "deny"),
        (r#""decision":"block""#.to_owned(), "deny"),
        (r#""permission_decision":"approve""#.to_owned(), "allow"),
        (r#""decision":7"#.to_owned(), "-"),
    ] {
        let text = hook("PreToolUse", "Bash", &format!("{ONE},{members}"));
        let actions = good(&text);
        assert_eq!(brief(&actions), [format!("toolu_1 Bash - {expected}")]);
        let kept = actions[0].meta.contains_key("permission_decision");
        assert_eq!(kept, expected == "-");
    }
    let after = hook(
        "PostToolUse",
        "Bash",
        &format!("{ONE},\"decision\":\"block\""),
    );
    assert_eq!(brief(&good(&after)), ["toolu_1 Bash done -"]);
    let parsed = read(&hook("PermissionRequest", "Bash", ""));
    assert_eq!(parsed.actions, []);
    assert_eq!(parsed.dropped, [("permission_request", 1)].into());
}

#[test]
fn of_several_hooks_the_strictest_answer_counts() {
    let answer = |word: &str| {
        let answer = format!(r#"{ONE},"hookSpecificOutput":{{"permissionDecision":"{word}"}}"#);
        hook("PreToolUse", "Bash", &answer)
    };
    let silent = hook("PreToolUse", "Bash", ONE);
    let after = hook("PostToolUse", "Bash", ONE);
    for (lines, expected, kept) in [
        (vec![silent.clone(), answer("deny")], "- deny", None),
        (vec![answer("allow"), answer("deny")], "- deny", None),
        (vec![answer("deny"), answer("allow")], "- deny", None),
        (vec![answer("allow"), answer("ask")], "- -", Some("ask")),
        (
            vec![answer("ask"), answer("defer"), answer("allow")],
            "- -",
            Some("defer"),
        ),
        (vec![answer("maybe"), answer("allow")], "- -", Some("maybe")),
        (vec![answer("maybe"), answer("deny")], "- deny", None),
        (vec![silent, answer("allow"), after], "done allow", None),
    ] {
        let text = lines.join("\n");
        for text in [text.clone(), format!("[{}]", text.replace('\n', ","))] {
            let actions = good(&text);
            assert_eq!(
                brief(&actions),
                [format!("toolu_1 Bash {expected}")],
                "{text}"
            );
            let said = actions[0].meta.get("permission_decision");
            assert_eq!(said.and_then(Json::as_str), kept, "{text}");
        }
    }
    // Behind the end of the call the line stands for itself, so that the answer is not lost.
    let lines = [
        hook("PreToolUse", "Bash", ONE),
        hook("PostToolUse", "Bash", ONE),
        answer("deny"),
    ];
    let actions = good(&lines.join("\n"));
    assert_eq!(
        brief(&actions),
        ["toolu_1 Bash done -", "toolu_1 Bash - deny"]
    );
}

#[test]
fn events_of_the_reference_that_are_about_no_single_call_are_known() {
    for event in [
        "PreModelSwitch",
        "PostModelSwitch",
        "MessageDisplay",
        "DirectoryAdded",
        "PostToolBatch",
    ] {
        let text = [hook("PreToolUse", "Bash", ONE), hook(event, "", "")].join("\n");
        let parsed = read(&text);
        assert_eq!(
            (parsed.actions.len(), parsed.dropped),
            (1, BTreeMap::new()),
            "{event}"
        );
    }
}

#[test]
fn events_that_nobody_knows_are_counted() {
    let lines = [
        hook("PreToolUse", "Bash", ONE),
        hook("ToolUseRewritten", "Bash", ONE),
        hook("Stop", "Bash", ""),
    ];
    for text in [lines.join("\n"), format!("[{}]", lines.join(","))] {
        let parsed = read(&text);
        assert_eq!(parsed.actions.len(), 1, "{text}");
        assert_eq!(parsed.dropped, [("other_event", 1)].into(), "{text}");
    }
}

#[test]
fn one_bad_line_does_not_hide_the_others() {
    let text = [
        &hook("PreToolUse", "Bash", ONE),
        "{\"hook_event_name\":\"Pre",
        "{\"hook_event_name\":7}",
        "[7]",
        "8",
        &hook("PreToolUse", "", ""),
        &hook("PostToolUse", "", ",\"tool_input\":{}")
            .replace("\"tool_name\":\"\"", "\"tool_name\":[]"),
        &format!("{}{}", "[".repeat(200), "]".repeat(200)),
        &hook("SessionEnd", "", ""),
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
            "line 2: the JSON ends too early, at column 23",
            "line 3: this is no call of a hook: it has no `hook_event_name`",
            "line 4: this is an integer, not an object",
            "line 5: this is an integer, not an object",
            "line 6: this call of a hook has no `tool_name`",
            "line 7: this call of a hook has no `tool_name`",
            "line 8: nested deeper than 127 levels, at column 128",
        ]
    );
}
