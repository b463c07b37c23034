//! Calls that only a model's answer tells of.

use crate::recording::otel::tests::{AGENT, PAY, actions, export, parsed, span, tools};
use std::collections::BTreeMap;

#[test]
fn calls_that_only_answers_tell_of_are_calls() {
    let chat = |calls: &str| {
        let messages = format!(r#"[{{"role":"assistant","parts":[{calls}]}}]"#);
        let object = BTreeMap::from([
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.output.messages", &messages),
        ]);
        serde_json::to_string(&object).expect("JSON")
    };
    let asked = |id: &str, amount: u32| {
        format!(
            r#"{{"type":"tool_call","id":"{id}","name":"pay","arguments":{{"amount":{amount}}}}}"#
        )
    };
    let agent = span("s1", "", "invoke_agent bo", AGENT);
    // One has a span, the other has not; the run of the agent repeats both.
    let both = format!("{},{}", asked("k1", 5), asked("k2", 7));
    let around = chat(&both).replacen("chat", "invoke_agent", 1);
    let text = export(&[
        span("s0", "", "run", &around),
        span("s1", "s0", "chat", &chat(&both)),
        span("s2", "s1", "execute_tool pay", PAY),
    ]);
    let (found, faults, dropped) = parsed(&text);
    assert_eq!((faults.len(), dropped["repeated_answer"]), (0, 2));
    assert_eq!(
        tools(&found),
        [
            ("pay", r#"{"amount":5}"#.to_owned()),
            ("pay", r#"{"amount":7}"#.to_owned())
        ]
    );
    let sources: Vec<_> = found
        .iter()
        .map(|action| action.meta["source"].as_str())
        .collect();
    assert_eq!(sources, [Some("span"), Some("model_answer")]);
    assert_eq!(found[1].time.as_deref(), Some("2025-10-09T08:53:21Z"));
    assert_eq!(found[1].id, "t1/k2");
    // A span without arguments has those that were asked for under its call id.
    let bare = r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"pay","gen_ai.tool.call.id":"k1"}"#;
    let with = |attributes: &str, calls: &str| {
        let text = export(&[
            agent.clone(),
            span("s2", "s1", "chat", &chat(calls)),
            span("s3", "s1", "execute_tool pay", attributes),
        ]);
        tools(&actions(&text))
            .into_iter()
            .map(|(_, args)| args)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(with(bare, &asked("k1", 5)), r#"{"amount":5}"#);
    // Another call id is another call; without a call id the tool and its arguments tell.
    assert_eq!(with(bare, &asked("k3", 5)), r#"null {"amount":5}"#);
    assert_eq!(
        with(&PAY.replace("k1", ""), &asked("k1", 5)),
        r#"{"amount":5}"#
    );
    assert_eq!(
        with(&PAY.replace("k1", ""), &asked("k1", 6)),
        r#"{"amount":5}"#
    );
    assert_eq!(
        with(&PAY.replace("k1", ""), &both),
        r#"{"amount":5} {"amount":7}"#
    );
    assert_eq!(with(PAY, &asked("", 5)), r#"{"amount":5}"#);
    assert_eq!(
        with(&PAY.replace("pay", "look"), &asked("k9", 5)),
        r#"{"amount":5} {"amount":5}"#
    );
}

#[test]
fn log_records_tell_of_calls_where_it_is_known_of_which_request() {
    let log = |members: &str| {
        format!(
            r#"{{"timeUnixNano":"1760000002000000000","eventName":"gen_ai.choice",{members},"body":{{"kvlistValue":{{"values":[{{"key":"message","value":{{"kvlistValue":{{"values":[
            {{"key":"tool_calls","value":{{"arrayValue":{{"values":[{{"kvlistValue":{{"values":[{{"key":"id","value":{{"stringValue":"k1"}}}},
            {{"key":"function","value":{{"kvlistValue":{{"values":[{{"key":"name","value":{{"stringValue":"pay"}}}},{{"key":"arguments","value":{{"stringValue":"{{\"amount\":5}}"}}}}]}}}}}}]}}}}]}}}}}}]}}}}}}]}}}}}}"#
        )
    };
    let chat = r#"{"gen_ai.operation.name":"chat"}"#;
    let with = |spans: &[String], log: &str| {
        let logs = format!(r#""resourceLogs":[{{"scopeLogs":[{{"logRecords":[{log}]}}]}}],"#);
        parsed(&export(spans).replacen('{', &format!("{{{logs}"), 1))
    };
    let one = [
        span("s1", "", "invoke_agent bo", AGENT),
        span("s2", "s1", "chat", chat),
    ];
    for members in [r#""traceId":"t1","spanId":"s2""#, r#""traceId":"t1""#] {
        let (found, faults, dropped) = with(&one, &log(members));
        assert_eq!((faults.len(), dropped.len()), (0, 0), "{members}");
        assert_eq!(tools(&found), [("pay", r#"{"amount":5}"#.to_owned())]);
        assert_eq!(found[0].agent.as_deref(), Some("bo"));
        assert_eq!(found[0].meta["source"].as_str(), Some("model_answer_log"));
        assert_eq!(found[0].time.as_deref(), Some("2025-10-09T08:53:22Z"));
    }
    let two = [span("s1", "", "chat", chat), span("s2", "", "chat", chat)];
    for (spans, members) in [
        (&two[..], r#""traceId":"t1""#),
        (&one[..], r#""traceId":"t2""#),
        (&one[..], r#""flags":1"#),
    ] {
        let (found, _, dropped) = with(spans, &log(members));
        assert_eq!(
            (found.len(), dropped["log_without_span"]),
            (0, 1),
            "{members}"
        );
    }
    // Logs are often exported apart from their spans.
    let (found, _, dropped) = with(&[], &log(r#""traceId":"t3","spanId":"s9""#));
    assert_eq!(dropped, BTreeMap::new());
    assert_eq!(
        (found[0].id.as_str(), found[0].session.as_deref()),
        ("t3/k1", Some("t3"))
    );
}
