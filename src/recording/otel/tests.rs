//! Exports of every shape, and what is broken in them.

use super::*;
use crate::model::{Json, RecordedAction};
use crate::recording::args;
use crate::recording::variations::variations;
use std::collections::BTreeMap;

fn item(text: &str) -> Item {
    Item {
        bytes: text.as_bytes().to_vec(),
        line: 4,
    }
}

pub(super) fn parsed(
    text: &str,
) -> (
    Vec<RecordedAction>,
    Vec<String>,
    BTreeMap<&'static str, u64>,
) {
    crate::recording::variations::told(parse(&item(text)).expect("it never fails as a whole"))
}

/// The actions of a text in which nothing is broken and nothing is left out.
pub(super) fn actions(text: &str) -> Vec<RecordedAction> {
    let (actions, faults, dropped) = parsed(text);
    assert_eq!((faults, dropped), (Vec::new(), BTreeMap::new()), "{text}");
    actions
}

/// A span: id, parent, name, and its attributes as an object of texts.
pub(super) fn span(id: &str, parent: &str, name: &str, attributes: &str) -> String {
    let object: BTreeMap<String, String> = serde_json::from_str(attributes).expect(attributes);
    let attributes = object.iter().map(|(key, text)| {
        let text = serde_json::to_string(text).expect("JSON");
        format!(r#"{{"key":"{key}","value":{{"stringValue":{text}}}}}"#)
    });
    let attributes: Vec<_> = attributes.collect();
    format!(
        r#"{{"traceId":"t1","spanId":"{id}","parentSpanId":"{parent}","name":"{name}","kind":1,
        "startTimeUnixNano":"1760000000000000000","endTimeUnixNano":"1760000001000000000","attributes":[{}]}}"#,
        attributes.join(",")
    )
}

pub(super) fn export(spans: &[String]) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},
        "scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
        spans.join(",")
    )
}

pub(super) const AGENT: &str = r#"{"gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"bo","gen_ai.agent.id":"a7","enduser.id":"ann","gen_ai.conversation.id":"c9"}"#;
pub(super) const PAY: &str = r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"pay","gen_ai.tool.call.id":"k1","gen_ai.tool.call.arguments":"{\"amount\":5}"}"#;

pub(super) fn tools(actions: &[RecordedAction]) -> Vec<(&str, String)> {
    let calls = actions.iter().filter_map(|action| action.call.as_ref());
    calls
        .map(|call| {
            (
                call.tool.as_str(),
                serde_json::to_string(&call.args).expect("JSON"),
            )
        })
        .collect()
}

#[test]
fn a_call_has_what_stands_around_it() {
    let text = export(&[
        span("s2", "s1", "execute_tool pay", PAY),
        span("s1", "", "invoke_agent bo", AGENT),
    ]);
    let [action] = &actions(&text)[..] else {
        panic!("one call");
    };
    assert_eq!(action.id, "t1/k1");
    assert_eq!(
        (action.session.as_deref(), action.sequence),
        (Some("c9"), Some(0))
    );
    assert_eq!(action.time.as_deref(), Some("2025-10-09T08:53:20Z"));
    assert_eq!(
        (action.agent.as_deref(), action.user.as_deref()),
        (Some("bo"), Some("ann"))
    );
    assert_eq!(action.system, None);
    let meta: BTreeMap<_, _> = action
        .meta
        .iter()
        .map(|(key, text)| (key.as_str(), text.as_str()))
        .collect();
    let expected = [
        ("agent_id", "a7"),
        ("call_id", "k1"),
        ("service", "shop"),
        ("source", "span"),
        ("span_id", "s2"),
        ("trace_id", "t1"),
    ];
    assert_eq!(meta, expected.map(|(key, text)| (key, Some(text))).into());
    assert_eq!(
        tools(std::slice::from_ref(action)),
        [("pay", r#"{"amount":5}"#.to_owned())]
    );
}

/// The same trace as Jaeger exports it.
fn jaeger() -> String {
    let tags = |text: &str| {
        let object: BTreeMap<String, String> = serde_json::from_str(text).expect(text);
        let tags = object.iter().map(|(key, text)| {
            let text = serde_json::to_string(text).expect("JSON");
            format!(r#"{{"key":"{key}","type":"string","value":{text}}}"#)
        });
        tags.collect::<Vec<_>>().join(",")
    };
    format!(
        r#"{{"data":[{{"traceID":"t1","spans":[
        {{"traceID":"t1","spanID":"s2","operationName":"execute_tool pay","references":[{{"refType":"FOLLOWS_FROM","traceID":"t1","spanID":"s2"}},
        {{"refType":"CHILD_OF","traceID":"t1","spanID":"s1"}}],"startTime":1760000000000000,"duration":1000000,"tags":[{}],"logs":[],"processID":"p1"}},
        {{"traceID":"t1","spanID":"s1","operationName":"invoke_agent bo","references":[],"startTime":1760000000000000,"duration":1000000,"tags":[{}],"logs":null,"processID":"p1","warnings":null}}],
        "processes":{{"p0":7,"p1":{{"serviceName":"shop","tags":[]}}}}}}],"total":0,"errors":null}}"#,
        tags(PAY),
        tags(AGENT)
    )
}

#[test]
fn every_shape_says_the_same() {
    let otlp = export(&[
        span("s1", "", "invoke_agent bo", AGENT),
        span("s2", "s1", "execute_tool pay", PAY),
    ]);
    let expected = actions(&otlp);
    let jaeger = jaeger();
    assert_eq!(actions(&jaeger), expected);
    let tempo = otlp
        .replace("resourceSpans", "batches")
        .replace("scopeSpans", "instrumentationLibrarySpans")
        .replace("\"1760000000000000000\"", "1760000000000000000");
    assert_eq!(actions(&tempo), expected);
    assert_eq!(
        actions(&format!(r#"{{"trace":{otlp},"metrics":{{}}}}"#)),
        expected
    );
    assert_eq!(actions(&format!("[{otlp}]")), expected);
    assert_eq!(
        actions(&format!("{{\"resourceSpans\":[]}}\n{otlp}")),
        expected
    );
}

#[test]
fn the_nearest_agent_counts_and_circles_end() {
    let other = AGENT.replace("\"bo\"", "\"sub\"");
    let text = export(&[
        span("s1", "s4", "invoke_agent bo", AGENT),
        span("s2", "s1", "invoke_agent sub", &other),
        span("s3", "s2", "x", "{}"),
        span("s4", "s3", "execute_tool pay", PAY),
        span("s5", "s9", "execute_tool pay", &PAY.replace("k1", "k2")),
    ]);
    let actions = actions(&text);
    let agents: Vec<_> = actions
        .iter()
        .map(|action| action.agent.as_deref())
        .collect();
    assert_eq!(agents, [Some("sub"), None]);
    // The trace has one conversation, so what is not below its spans belongs to it, too.
    assert!(
        actions
            .iter()
            .all(|action| action.session.as_deref() == Some("c9"))
    );
    assert_eq!(
        actions
            .iter()
            .map(|action| action.sequence)
            .collect::<Vec<_>>(),
        [Some(0), Some(1)]
    );
}

#[test]
fn both_sides_of_an_mcp_call_are_one() {
    let mcp = r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"pay","mcp.method.name":"tools/call"}"#;
    let server = span("s3", "s2", "tools/call pay", mcp).replace("\"kind\":1", "\"kind\":2");
    let text = export(&[server, span("s2", "", "execute_tool pay", PAY)]);
    let (found, faults, dropped) = parsed(&text);
    assert_eq!((faults.len(), dropped["nested_span_of_a_call"]), (0, 1));
    assert_eq!(tools(&found), [("pay", r#"{"amount":5}"#.to_owned())]);
    assert_eq!(found[0].system.as_deref(), Some("shop"));
    // Another tool, other arguments, another call id, or an agent's run in between: another call.
    let inner = |attributes: &str, parent: &str| {
        let text = export(&[
            span("s2", "", "execute_tool pay", PAY),
            span("sa", "s2", "invoke_agent bo", AGENT),
            span("s3", parent, "tools/call pay", attributes),
        ]);
        actions(&text).len()
    };
    assert_eq!(inner(&mcp.replace("pay", "look"), "s2"), 2);
    assert_eq!(inner(&PAY.replace('5', "6").replace("k1", ""), "s2"), 2);
    assert_eq!(inner(&PAY.replace("k1", "k2"), "s2"), 2);
    assert_eq!(inner(mcp, "sa"), 2);
}

#[test]
fn what_is_left_out_is_counted() {
    let claude = span("s1", "", "claude_code.tool", r#"{"tool_name":"Bash"}"#);
    let merged = span("s2", "", "x", &PAY.replace("\"pay\"", "\"(merged tools)\""));
    let pay = span("s3", "", "execute_tool pay", PAY);
    let cut = span(
        "s4",
        "",
        "chat",
        r#"{"gen_ai.output.messages":"[{\"parts\":[{\"type\":\"tool_call\",\"na"}"#,
    );
    let (found, faults, dropped) = parsed(&export(&[claude, merged, pay.clone(), pay, cut]));
    assert_eq!((found.len(), faults.len()), (1, 0));
    let expected = [
        "answer_not_json",
        "claude_code_span",
        "merged_tools_span",
        "span_exported_again",
    ];
    assert_eq!(dropped, expected.map(|reason| (reason, 1)).into());
}

#[test]
fn ids_are_unique_and_say_where_the_call_is() {
    let bare = r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"pay"}"#;
    let text = export(&[
        span("s1", "", "a", PAY),
        span("s2", "", "b", PAY),
        span("s3", "", "c", bare),
        span("", "", "d", bare),
        span("", "", "e", bare),
    ]);
    let ids: Vec<_> = actions(&text).into_iter().map(|action| action.id).collect();
    assert_eq!(ids, ["t1/k1", "t1/k1#2", "t1/s3", "t1/", "t1/#2"]);
}

#[test]
fn broken_pieces_do_not_hide_the_others() {
    let pay = span("s1", "", "execute_tool pay", PAY);
    let nameless = span("s2", "", "x", r#"{"gen_ai.operation.name":"execute_tool"}"#);
    let text = export(&[
        "7".to_owned(),
        pay.clone(),
        nameless,
        "null".to_owned(),
        "[{}]".to_owned(),
    ]);
    let text = text.replacen("{\"resourceSpans\":[", r#"{"batches":"x","resourceLogs":[5,{"scopeLogs":{}}],"resourceSpans":[{"scopeSpans":[{"spans":{}},"x"]},1.5,{},"#, 1);
    let (found, faults, _) = parsed(&text);
    assert_eq!(found.len(), 1);
    let expected = [
        "`resourceSpans[1]` is a number, not an object",
        "`resourceSpans[0].scopeSpans[1]` is a string, not an object",
        "`resourceSpans[0].scopeSpans[0].spans` is an object, not an array",
        "`resourceSpans[3].scopeSpans[0].spans[0]` is a number, not an object",
        "`resourceSpans[3].scopeSpans[0].spans[3]` is null, not an object",
        "`resourceSpans[3].scopeSpans[0].spans[4]` is an array, not an object",
        "`batches` is a string, not an array",
        "`resourceLogs[0]` is a number, not an object",
        "`resourceLogs[1].scopeLogs` is an object, not an array",
        "span `s2` of trace `t1` is a tool call without the tool's name",
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|fault| format!("line 4: {fault}"))
        .collect();
    assert_eq!(faults, expected);
    // What stands before a break is read.
    let (found, faults, _) = parsed(&format!("{}\n{{\"resourceSpans\":[", export(&[pay])));
    assert_eq!(found.len(), 1);
    assert_eq!(faults, ["line 7: the JSON ends too early, at column 18"]);
}

#[test]
fn what_is_no_export_says_so() {
    for (text, kind) in [
        ("{}", ""),
        (r#"{"eval_set_id":"x","eval_cases":[]}"#, ""),
        ("[7]", ""),
        ("7", "; it is a number"),
        ("null", "; it is null"),
        ("\"x\"", "; it is a string"),
    ] {
        assert_eq!(
            parsed(text).1,
            [format!("line 4: {UNKNOWN}{kind}")],
            "{text}"
        );
    }
    for (text, fault) in [
        ("", ""),
        (r#"{"resourceMetrics":[{"scopeMetrics":[]}]}"#, ""),
        ("{", "line 4: the JSON ends too early, at column 1"),
        ("garbage", "line 4: expected value, at column 1"),
        (
            r#"{"data":[],"data":[]}"#,
            "line 4: duplicate field `data`, at column 17",
        ),
    ] {
        assert_eq!(parsed(text).1.join(""), fault, "{text}");
    }
    let deep = format!(r#"{{"resourceSpans":{}"#, "[".repeat(1000));
    assert!(parsed(&deep).1.len() <= 1);
}

#[test]
fn odd_values_make_no_facts() {
    let text = r#"{"resourceSpans":[{"resource":7,"scopeSpans":[{"spans":[{"traceId":5,"spanId":null,"parentSpanId":{},"name":[],"kind":"x",
        "startTimeUnixNano":"soon","endTimeUnixNano":-1,"events":[7,{"name":5,"attributes":7}],
        "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},{"key":"gen_ai.tool.name","value":{"stringValue":"pay"}},
        {"key":"gen_ai.tool.call.arguments","value":{"bytesValue":"AA=="}},{"key":"gen_ai.tool.call.id","value":{"intValue":"5"}}]}]}]}]}"#;
    let [action] = &actions(text)[..] else {
        panic!("one call");
    };
    assert_eq!(
        (action.time.as_deref(), action.session.as_deref()),
        (None, None)
    );
    assert_eq!(action.meta.keys().collect::<Vec<_>>(), ["source"]);
    let call = action.call.as_ref().expect("a call");
    assert_eq!(call.args, Some(args::unknown("bytes")));
    let far = text.replace("\"soon\"", "18446744073709551615");
    assert_eq!(actions(&far)[0].time, None);
    let far = text.replace("\"soon\"", "\"18446744073709551615\"");
    assert_eq!(
        actions(&far)[0].time.as_deref(),
        Some("2554-07-21T23:34:33.709551615Z")
    );
    assert_eq!(Json::Null.kind(), "null");
}

#[test]
fn whole_traces_are_documents() {
    for (text, expected) in [
        (r#"{"data":[{"traceID":"t"#, Layout::Document),
        (r#"{"batches":[{"resource":{}"#, Layout::Document),
        (r#"{"resourceSpans":[]}"#, Layout::Lines),
        ("{\n \"resourceSpans\":[]}", Layout::Document),
        (
            "{\"resourceSpans\":[]}\n{\"resourceSpans\":[]}",
            Layout::Lines,
        ),
    ] {
        assert_eq!(layout(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn every_part_may_be_something_else() {
    let log = r#""resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","eventName":"gen_ai.choice","traceId":"t1","spanId":"s9",
        "attributes":[{"key":"gen_ai.conversation.id","value":{"stringValue":"c"}}],
        "body":{"kvlistValue":{"values":[{"key":"tool_calls","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"function","value":
        {"kvlistValue":{"values":[{"key":"name","value":{"stringValue":"look"}}]}}}]}}]}}}]}}}]}]}],"#;
    let otlp = export(&[
        span("s1", "s2", "invoke_agent bo", AGENT),
        span("s2", "s1", "execute_tool pay", PAY),
    ]);
    let otlp = otlp.replacen('{', &format!("{{{log}"), 1);
    assert_eq!(parsed(&otlp).0.len(), 2);
    assert_eq!(parsed(&jaeger()).0.len(), 1);
    for text in [otlp, jaeger()] {
        for changed in variations(&text) {
            assert!(parsed(&changed).0.len() <= 2, "{changed}");
        }
    }
}
