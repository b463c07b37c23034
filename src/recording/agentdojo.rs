//! AgentDojo: runs of an agent on a suite of tasks, `messages[].tool_calls[].{function, args, id}`; one run a line, or
//! one a file.

use super::detect::either;
use super::fingerprint::fingerprint;
use super::format::Format;
use super::malformed::from_item;
use super::outline::{Outline, Root};
use super::{Item, Malformed, Parsed, args};
use crate::model::{Importer, Json, RecordedAction, ToolCall};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    importer: Importer::Agentdojo,
    marks,
    layout: either,
    parse: |item, _| parse(item),
};

fn marks(outline: &Outline) -> bool {
    let cut = outline.end.is_none();
    let of_run = outline.has("pipeline_name") || outline.has("user_task_id");
    let run = outline.has("messages") || (cut && of_run);
    outline.root == Root::Object && outline.has("suite_name") && run
}

#[derive(Deserialize)]
struct Run {
    suite_name: String,
    pipeline_name: String,
    user_task_id: String,
    injection_task_id: Option<String>,
    attack_type: Option<String>,
    security: Option<Json>,
    utility: Option<Json>,
    error: Option<Json>,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    tool_calls: Option<Json>,
}

fn parse(item: &Item) -> Result<Parsed, Malformed> {
    let run: Run = from_item(item)?;
    let mut parsed = Parsed::default();
    // AgentDojo sets it where the pipeline itself failed, so the run does not show what the agent did.
    if run.error.is_some() {
        parsed.dropped.insert("run_with_error", 1);
        return Ok(parsed);
    }
    let session = session(&run, item);
    let meta = meta(&run);
    let mut sequence = 0;
    for message in run.messages {
        let calls = match message.tool_calls {
            None => continue,
            Some(Json::Array(calls)) => calls,
            Some(other) => {
                let message = format!("`tool_calls` of run `{session}` is {}", other.kind());
                parsed.actions.push(Err(Malformed::new(item, message)));
                continue;
            }
        };
        for call in calls {
            let action = tool_call(call)
                .map(|call| RecordedAction {
                    session: Some(session.clone()),
                    sequence: Some(sequence),
                    agent: Some(run.pipeline_name.clone()),
                    system: Some(run.suite_name.clone()),
                    meta: meta.clone(),
                    call: Some(call),
                    ..RecordedAction::new(format!("{session}#{sequence}"))
                })
                .map_err(|fault| {
                    Malformed::new(item, format!("call {sequence} of run `{session}`: {fault}"))
                });
            parsed.actions.push(action);
            sequence += 1;
        }
    }
    Ok(parsed)
}

/// Names the run. Several runs may have the same suite, pipeline, tasks and attack; what the file says of them tells
/// them apart, wherever they stand in it.
fn session(run: &Run, item: &Item) -> String {
    let mut name = format!(
        "{}/{}/{}",
        run.suite_name, run.pipeline_name, run.user_task_id
    );
    for part in [&run.injection_task_id, &run.attack_type]
        .into_iter()
        .flatten()
    {
        name.push('/');
        name.push_str(part);
    }
    format!("{name}@{:012x}", fingerprint(&item.bytes) >> 16)
}

fn meta(run: &Run) -> BTreeMap<String, Json> {
    let text = |text: &String| Json::String(text.clone());
    [
        ("suite_name", Some(text(&run.suite_name))),
        ("pipeline_name", Some(text(&run.pipeline_name))),
        ("user_task_id", Some(text(&run.user_task_id))),
        (
            "injection_task_id",
            run.injection_task_id.as_ref().map(text),
        ),
        ("attack_type", run.attack_type.as_ref().map(text)),
        ("security", run.security.clone()),
        ("utility", run.utility.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

fn tool_call(call: Json) -> Result<ToolCall, String> {
    let Json::Object(mut call) = call else {
        return Err(format!("it is {}, not an object", call.kind()));
    };
    match call.remove("function") {
        Some(Json::String(tool)) => Ok(ToolCall {
            tool,
            args: args::object(call.remove("args")),
            result: None,
        }),
        Some(other) => Err(format!("`function` is {}, not a string", other.kind())),
        None => Err("`function` is missing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(members: &str) -> Item {
        let bytes = format!(
            r#"{{"suite_name":"bank","pipeline_name":"p","user_task_id":"u1","injection_task_id":null,{members}}}"#
        );
        Item {
            bytes: bytes.into_bytes(),
            line: 4,
        }
    }

    fn actions(item: &Item) -> Vec<Result<RecordedAction, String>> {
        let parsed = parse(item).expect("a run");
        assert!(parsed.dropped.is_empty());
        let text = |fault: Malformed| fault.to_string();
        parsed
            .actions
            .into_iter()
            .map(|action| action.map_err(text))
            .collect()
    }

    #[test]
    fn a_call_keeps_what_is_recorded() {
        let item = run(
            r#""attack_type":"direct","error":null,"security":true,"messages":[{"role":"user","content":"\ud800 is not read"},
            {"role":"assistant","tool_calls":[{"function":"pay","args":{"amount":5,"amount":6},"id":null},
            {"function":"<empty-function-name>","args":null}]},{"role":"assistant","tool_calls":null},
            {"role":"assistant","tool_calls":[{"function":"pay","args":"5"}]}]"#,
        );
        let actions: Vec<_> = actions(&item).into_iter().flatten().collect();
        let name = format!("bank/p/u1/direct@{:012x}", fingerprint(&item.bytes) >> 16);
        let ids: Vec<_> = actions.iter().map(|action| action.id.clone()).collect();
        assert_eq!(ids, [0, 1, 2].map(|at| format!("{name}#{at}")));
        let first = &actions[0];
        assert_eq!(
            (first.agent.as_deref(), first.system.as_deref()),
            (Some("p"), Some("bank"))
        );
        assert_eq!(
            (first.session.as_ref(), first.sequence),
            (Some(&name), Some(0))
        );
        assert_eq!(first.time, None);
        let keys: Vec<_> = first.meta.keys().collect();
        assert_eq!(
            keys,
            [
                "attack_type",
                "pipeline_name",
                "security",
                "suite_name",
                "user_task_id"
            ]
        );
        let call = |at: usize| actions[at].call.clone().expect("a call");
        assert_eq!(
            call(0).args.and_then(|args| args.get("amount").cloned()),
            Some(Json::Repeated)
        );
        assert_eq!(
            (call(1).tool.as_str(), call(1).args),
            ("<empty-function-name>", None)
        );
        assert_eq!(call(2).args, Some(args::unknown("args_not_object")));
    }

    #[test]
    fn one_bad_call_does_not_hide_the_others() {
        let item = run(
            r#""messages":[{"tool_calls":{}},{"tool_calls":[7,{"args":{}},{"function":null,"args":{}},
            {"function":"a","function":"b"},{"function":"ok"}]}]"#,
        );
        let actions = actions(&item);
        let faults: Vec<_> = actions
            .iter()
            .filter_map(|action| action.as_ref().err())
            .collect();
        for (fault, expected) in faults.iter().zip([
            "is an object",
            "it is an integer, not an object",
            "`function` is missing",
            "`function` is null, not a string",
            "`function` is a repeated key, not a string",
        ]) {
            assert!(
                fault.starts_with("line 4: ") && fault.ends_with(expected),
                "{fault}"
            );
        }
        assert_eq!((faults.len(), actions.len()), (5, 6));
        let last = actions[5].as_ref().expect("the good call");
        assert_eq!(last.sequence, Some(4));
        assert_eq!(last.call.as_ref().and_then(|call| call.args.clone()), None);
    }

    #[test]
    fn a_failed_run_is_dropped_and_counted() {
        let parsed = parse(&run(
            r#""error":"rate limit","messages":[{"tool_calls":[{"function":"a"}]}]"#,
        ));
        let parsed = parsed.expect("a run");
        assert_eq!(parsed.actions, []);
        assert_eq!(parsed.dropped, BTreeMap::from([("run_with_error", 1)]));
    }

    #[test]
    fn what_is_no_run_is_malformed() {
        let fault = |members: &str| parse(&run(members)).expect_err("no run").to_string();
        assert_eq!(
            fault(r#""error":null"#),
            "line 4: missing field `messages`, at column 99"
        );
        assert!(fault(r#""messages":[7]"#).contains("invalid type: integer `7`"));
        assert!(fault(r#""messages":[],"messages":[]"#).contains("duplicate field `messages`"));
    }
}
