//! tau-bench: runs of simulated customer service, `{task_id, reward, info, traj, trial}`, where `traj` holds OpenAI
//! messages; an array of runs, or a run a line.

use super::detect::either;
use super::format::Format;
use super::malformed::from_item;
use super::openai::{Record, Session};
use super::outline::Outline;
use super::{Item, Malformed, Parsed};
use crate::model::{Importer, Json};
use serde::Deserialize;

pub(super) static FORMAT: Format = Format {
    importer: Importer::TauBench,
    marks,
    layout: either,
    parse,
};

fn marks(outline: &Outline) -> bool {
    let run = ["task_id", "reward", "info"];
    let cut = outline.end.is_none();
    outline.has("task_id")
        && (outline.has("traj") || (cut && run.iter().all(|key| outline.has(key))))
}

#[derive(Deserialize)]
struct Run {
    task_id: Option<Json>,
    trial: Option<Json>,
    reward: Option<Json>,
    info: Option<Json>,
    traj: Vec<Record>,
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let runs: Vec<Run> = match item.bytes.trim_ascii_start().first() {
        Some(b'[') => from_item(item)?,
        Some(_) | None => vec![from_item(item)?],
    };
    let mut parsed = Parsed::default();
    for (at, run) in runs.into_iter().enumerate() {
        let info = run.info.unwrap_or(Json::Null);
        // tau-bench sets it where the run itself failed, so it does not show what the agent did.
        if info.get("error").is_some_and(|error| error != &Json::Null) {
            *parsed.dropped.entry("run_with_error").or_default() += 1;
            continue;
        }
        let name = match (&run.task_id, &run.trial) {
            (Some(Json::Int(task)), Some(Json::Int(trial))) => format!("{stem}/{task}/{trial}"),
            _ => format!("{stem}:{}/{at}", item.line),
        };
        let mut session = Session::named(item, name);
        let user = info.get("task").and_then(|task| task.get("user_id"));
        session.user = user.and_then(Json::as_str).map(str::to_owned);
        for (name, value) in [
            ("task_id", run.task_id),
            ("trial", run.trial),
            ("reward", run.reward),
        ] {
            if let Some(value) = value {
                session.meta.insert(name.to_owned(), value);
            }
        }
        for message in run.traj {
            session.read(message, &mut parsed);
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecordedAction;

    const RUNS: &str = r#"[{"task_id":0,"reward":1.0,"info":{"task":{"user_id":"mia_li_3668","actions":[]},"source":"user"},
        "traj":[{"role":"system","content":"Be nice"},{"role":"user","content":"hi"},
            {"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{\"user_id\":\"mia\"}","name":"get_user"},"id":"c1","type":"function"}]},
            {"role":"tool","tool_call_id":"c1","name":"get_user","content":"{}"},
            {"role":"assistant","content":"?","tool_calls":[{"function":{"arguments":"{}","name":"list"},"id":"c1","type":"function"}]}],"trial":2},
        {"task_id":1,"reward":0.0,"info":{"error":"EOF when reading a line","traceback":"x"},"traj":[],"trial":0},
        {"task_id":"x","info":null,"traj":[{"role":"assistant","tool_calls":[{"function":{"name":"think"}}]}]}]"#;

    fn item(text: &str) -> Item {
        Item {
            bytes: text.as_bytes().to_vec(),
            line: 1,
        }
    }

    #[test]
    fn a_run_is_a_session() {
        let parsed = parse(&item(RUNS), "file").expect("runs");
        assert_eq!(parsed.dropped, [("run_with_error", 1)].into());
        let actions: Vec<RecordedAction> = parsed.actions.into_iter().flatten().collect();
        let ids: Vec<_> = actions.iter().map(|action| action.id.as_str()).collect();
        assert_eq!(ids, ["file/0/2/c1", "file/0/2/c1#1", "file:1/2#0"]);
        let first = &actions[0];
        assert_eq!(first.user.as_deref(), Some("mia_li_3668"));
        assert_eq!((first.agent.as_deref(), first.sequence), (None, Some(0)));
        assert_eq!(first.session.as_deref(), Some("file/0/2"));
        assert_eq!(first.meta["reward"], Json::Float(1.0));
        assert_eq!(first.meta["task_id"], Json::Int(0));
        assert_eq!(first.meta["trial"], Json::Int(2));
        let call = first.call.as_ref().expect("a call");
        let user = call.args.as_ref().and_then(|args| args.get("user_id"));
        assert_eq!(
            (call.tool.as_str(), user.and_then(Json::as_str)),
            ("get_user", Some("mia"))
        );
        assert_eq!(actions[1].agent, None, "a message has no name here");
        assert_eq!(actions[2].call.as_ref().and_then(|c| c.args.clone()), None);
    }

    #[test]
    fn a_run_may_stand_on_a_line() {
        let line = r#"{"task_id":7,"trial":0,"reward":0,"info":{},"traj":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"a"}}]}]}"#;
        let parsed = parse(&item(line), "file").expect("a run");
        let ids: Vec<_> = parsed.actions.iter().flatten().map(|a| &*a.id).collect();
        assert_eq!(ids, ["file/7/0/c"]);
    }

    #[test]
    fn what_is_no_run_is_malformed() {
        let fault = |text: &str| parse(&item(text), "file").expect_err("no run").to_string();
        assert_eq!(
            fault("{\"task_id\":1}"),
            "line 1: missing field `traj`, at column 13"
        );
        assert!(fault("[{\"traj\":7}]").contains("invalid type: integer `7`"));
        assert!(fault("[{\"traj\":[").starts_with("line 1: the JSON ends too early"));
    }
}
