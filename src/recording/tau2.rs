//! tau2: results of simulated customer service, `simulations[].messages[].tool_calls[].{id, name, arguments,
//! requestor}`; one document.

use super::detect::document;
use super::format::Format;
use super::malformed::from_item;
use super::outline::{Outline, Root};
use super::time::set_time;
use super::{Item, Malformed, Parsed, args};
use crate::model::{Importer, Json, RecordedAction, ToolCall};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    importer: Importer::Tau2,
    marks,
    layout: document,
    parse,
};

fn marks(outline: &Outline) -> bool {
    let settings = ["agent_info", "environment_info", "user_info"];
    let cut = outline.end.is_none();
    let results = cut && settings.iter().any(|key| outline.has_path(&["info", key]));
    outline.root == Root::Object && (outline.has("simulations") || results)
}

#[derive(Deserialize)]
struct Results {
    info: Option<Info>,
    simulations: Vec<Simulation>,
}

#[derive(Deserialize)]
struct Info {
    agent_info: Option<AgentInfo>,
    environment_info: Option<EnvironmentInfo>,
}

#[derive(Deserialize)]
struct AgentInfo {
    llm: Option<Json>,
}

#[derive(Deserialize)]
struct EnvironmentInfo {
    domain_name: Option<Json>,
}

#[derive(Deserialize)]
struct Simulation {
    id: Option<Json>,
    task_id: Option<Json>,
    trial: Option<Json>,
    reward_info: Option<RewardInfo>,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct RewardInfo {
    reward: Option<Json>,
}

#[derive(Deserialize)]
struct Message {
    timestamp: Option<Json>,
    tool_calls: Option<Json>,
    /// Of what a tool said: the call that it answers, what it said, and whether that is an error.
    role: Option<Json>,
    id: Option<Json>,
    content: Option<Json>,
    error: Option<Json>,
}

/// What all calls of a simulation share.
struct Session {
    name: String,
    agent: Option<String>,
    system: Option<String>,
    meta: BTreeMap<String, Json>,
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let results: Results = from_item(item)?;
    let (agent, environment) = match results.info {
        Some(info) => (info.agent_info, info.environment_info),
        None => (None, None),
    };
    let llm = agent.and_then(|agent| agent.llm);
    let domain = environment.and_then(|environment| environment.domain_name);
    let mut parsed = Parsed::default();
    for (at, simulation) in results.simulations.into_iter().enumerate() {
        let reward = simulation.reward_info.and_then(|info| info.reward);
        let session = Session {
            name: match simulation.id {
                Some(Json::String(id)) => id,
                Some(_) | None => format!("{stem}/{at}"),
            },
            agent: llm.as_ref().and_then(Json::as_str).map(str::to_owned),
            system: domain.as_ref().and_then(Json::as_str).map(str::to_owned),
            meta: [
                ("task_id", simulation.task_id),
                ("trial", simulation.trial),
                ("domain", domain.clone()),
                ("reward", reward),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect(),
        };
        session.read(simulation.messages, item, &mut parsed);
    }
    Ok(parsed)
}

impl Session {
    fn read(&self, messages: Vec<Message>, item: &Item, parsed: &mut Parsed) {
        let mut sequence = 0;
        // The calls that were not answered yet.
        let mut open: Vec<(Json, usize)> = Vec::new();
        for (place, message) in (0..).zip(messages) {
            if message.role.as_ref().and_then(Json::as_str) == Some("tool") {
                answer(message, &mut open, parsed);
                continue;
            }
            let calls = match message.tool_calls {
                None => continue,
                Some(Json::Array(calls)) => calls,
                Some(other) => {
                    let text = format!(
                        "`tool_calls` of simulation `{}` is {}",
                        self.name,
                        other.kind()
                    );
                    parsed.actions.push(Err(Malformed::new(item, text)));
                    continue;
                }
            };
            for call in calls {
                let action = self
                    .action(call, sequence, message.timestamp.as_ref())
                    .map(|mut action| {
                        // What calls of one message have in common: not every file has times.
                        action.meta.insert("message".to_owned(), Json::Int(place));
                        action
                    })
                    .map_err(|fault| {
                        let text =
                            format!("call {sequence} of simulation `{}`: {fault}", self.name);
                        Malformed::new(item, text)
                    });
                if let Ok(action) = &action
                    && let Some(id) = action.meta.get("call_id")
                {
                    open.push((id.clone(), parsed.actions.len()));
                }
                parsed.actions.push(action);
                sequence += 1;
            }
        }
    }

    fn action(
        &self,
        call: Json,
        sequence: u64,
        timestamp: Option<&Json>,
    ) -> Result<RecordedAction, String> {
        let Json::Object(mut call) = call else {
            return Err(format!("it is {}, not an object", call.kind()));
        };
        let tool = match call.remove("name") {
            Some(Json::String(tool)) => tool,
            Some(other) => return Err(format!("`name` is {}, not a string", other.kind())),
            None => return Err("`name` is missing".to_owned()),
        };
        let mut action = RecordedAction {
            session: Some(self.name.clone()),
            sequence: Some(sequence),
            agent: self.agent.clone(),
            system: self.system.clone(),
            meta: self.meta.clone(),
            ..RecordedAction::new(format!("{}#{sequence}", self.name))
        };
        // In some domains the simulated user has tools of his own; then no agent acts.
        if call.get("requestor").and_then(Json::as_str) == Some("user") {
            action.agent = None;
        }
        for (name, member) in [("requestor", "requestor"), ("call_id", "id")] {
            match call.remove(member) {
                None | Some(Json::Null) => {}
                Some(value) => {
                    action.meta.insert(name.to_owned(), value);
                }
            }
        }
        set_time(&mut action, timestamp);
        action.call = Some(ToolCall {
            tool,
            args: args::text_or_object(call.remove("arguments")),
            result: None,
        });
        Ok(action)
    }
}

/// Notes what a tool answered with the call that it answers: the first one of its id without an answer, as ids may stand
/// twice.
fn answer(message: Message, open: &mut Vec<(Json, usize)>, parsed: &mut Parsed) {
    let Some(id) = message.id else { return };
    let Some(at) = open.iter().position(|(call, _)| *call == id) else {
        return;
    };
    let (_, call) = open.remove(at);
    let Some(Ok(action)) = parsed.actions.get_mut(call) else {
        return;
    };
    let said = message.content.as_ref().and_then(Json::as_str);
    match (message.error, said) {
        (Some(failed @ Json::Bool(_)), _) => {
            action.meta.insert("is_error".to_owned(), failed);
        }
        // Some files leave it out. tau2 itself writes what a tool raises so.
        (_, Some(text)) => {
            let failed = Json::Bool(text.starts_with("Error: "));
            action.meta.insert("is_error".to_owned(), failed);
            let heuristic = Json::String("error_text".to_owned());
            action.meta.insert("error_heuristic".to_owned(), heuristic);
        }
        _ => {}
    }
    if let Some(call) = &mut action.call {
        call.result = message.content.filter(|content| *content != Json::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(simulations: &str) -> Item {
        let bytes = format!(
            "{{\n\"simulations\":{simulations},\n\"tasks\":[{{\"x\":1}}],\n\"info\":{{\"agent_info\":{{\"llm\":\"m\"}},
            \"environment_info\":{{\"domain_name\":\"retail\",\"policy\":\"# Be nice\"}}}}}}"
        );
        Item {
            bytes: bytes.into_bytes(),
            line: 1,
        }
    }

    fn actions(item: &Item) -> Vec<Result<RecordedAction, String>> {
        let parsed = parse(item, "file").expect("results");
        let text = |fault: Malformed| fault.to_string();
        parsed
            .actions
            .into_iter()
            .map(|action| action.map_err(text))
            .collect()
    }

    #[test]
    fn a_call_keeps_what_is_recorded() {
        let item = results(
            r#"[{"id":"s1","task_id":"13","trial":0,"reward_info":{"reward":1.0},"messages":[
                {"role":"user","tool_calls":null,"timestamp":"2025-08-01T16:20:44"},
                {"role":"assistant","timestamp":"2025-08-01T16:20:50.28","tool_calls":[
                    {"id":"c1","name":"refund","arguments":{"amount":5},"requestor":"assistant"},
                    {"id":"c1","name":"look","arguments":null,"requestor":"user"}]},
                {"role":"tool","id":"c1","content":"done","error":false},
                {"role":"tool","id":"c1","content":null,"error":true},
                {"role":"tool","id":"c9","content":"lost","error":true},
                {"role":"assistant","timestamp":"2025-08-01T16:20:51Z","tool_calls":[{"name":"look","arguments":"{}"}]}]},
              {"messages":[{"tool_calls":[{"name":"look"}]}]}]"#,
        );
        let actions: Vec<_> = actions(&item).into_iter().flatten().collect();
        let ids: Vec<_> = actions.iter().map(|action| action.id.as_str()).collect();
        assert_eq!(ids, ["s1#0", "s1#1", "s1#2", "file/1#0"]);
        let first = &actions[0];
        assert_eq!(
            (first.agent.as_deref(), first.system.as_deref()),
            (Some("m"), Some("retail"))
        );
        assert_eq!(
            (first.session.as_deref(), first.sequence),
            (Some("s1"), Some(0))
        );
        assert_eq!(first.time, None);
        let text = |text: &str| Json::String(text.to_owned());
        let meta = [
            ("call_id", text("c1")),
            ("domain", text("retail")),
            ("is_error", Json::Bool(false)),
            ("message", Json::Int(1)),
            ("requestor", text("assistant")),
            ("reward", Json::Float(1.0)),
            ("task_id", text("13")),
            ("timestamp", text("2025-08-01T16:20:50.28")),
            ("trial", Json::Int(0)),
        ];
        assert_eq!(
            first.meta,
            meta.map(|(name, value)| (name.to_owned(), value)).into()
        );
        assert_eq!(actions[1].agent, None);
        // What tools said is of the calls of their ids, in order.
        let result = |at: usize| actions[at].call.clone().and_then(|call| call.result);
        assert_eq!((result(0), result(1)), (Some(text("done")), None));
        let failed = [0, 1, 2].map(|at: usize| actions[at].failed());
        assert_eq!(failed, [Some(false), Some(true), None]);
        assert_eq!(actions[1].meta["requestor"], text("user"));
        assert_eq!(actions[2].time.as_deref(), Some("2025-08-01T16:20:51Z"));
        let args = |at: usize| actions[at].call.clone().and_then(|call| call.args);
        assert_eq!(
            args(0),
            Some(Json::Object([("amount".to_owned(), Json::Int(5))].into()))
        );
        assert_eq!(args(1), None);
        assert_eq!(args(2), Some(Json::Object(BTreeMap::new())));
    }

    #[test]
    fn what_a_tool_answered_says_whether_it_failed() {
        let item = results(
            r#"[{"id":"s","messages":[{"tool_calls":[{"id":"a","name":"t"},{"id":"b","name":"t"},{"id":"c","name":"t"},
                {"id":"d","name":"t"},{"id":"e","name":"t"},{"id":"f","name":"t"}]},
                {"role":"tool","id":"a","content":"Error: so it is called","error":false},
                {"role":"tool","id":"b","content":"gone","error":true},
                {"role":"tool","id":"c","content":"Error: Order not found"},
                {"role":"tool","id":"d","content":"Errors were made","error":null},
                {"role":"tool","id":"e"}]}]"#,
        );
        let said: Vec<_> = actions(&item)
            .into_iter()
            .map(|action| {
                let action = action.expect("a call");
                let told = action.meta.contains_key("error_heuristic");
                (action.meta.get("is_error").cloned(), told)
            })
            .collect();
        let failed = |failed| Some(Json::Bool(failed));
        let want = [
            (failed(false), false),
            (failed(true), false),
            (failed(true), true),
            (failed(false), true),
            (None, false),
            (None, false),
        ];
        assert_eq!(said, want);
    }

    #[test]
    fn one_bad_call_does_not_hide_the_others() {
        let item = results(
            r#"[{"id":"s","messages":[{"tool_calls":"x"},{"tool_calls":[[],{"name":1},{},{"name":"ok"}]}]}]"#,
        );
        let actions = actions(&item);
        let faults: Vec<_> = actions
            .iter()
            .filter_map(|action| action.as_ref().err())
            .collect();
        assert_eq!(
            faults,
            [
                "line 1: `tool_calls` of simulation `s` is a string",
                "line 1: call 0 of simulation `s`: it is an array, not an object",
                "line 1: call 1 of simulation `s`: `name` is an integer, not a string",
                "line 1: call 2 of simulation `s`: `name` is missing",
            ]
        );
        assert_eq!(
            actions[4].as_ref().map(|action| action.sequence),
            Ok(Some(3))
        );
    }

    #[test]
    fn what_is_no_result_file_is_malformed_where_it_breaks() {
        let fault = |item: &Item| parse(item, "file").expect_err("no results").to_string();
        let mut item = results("[{\"messages\":[\n7]}]");
        assert!(
            fault(&item).starts_with("line 3: invalid type: integer `7`"),
            "{}",
            fault(&item)
        );
        item.bytes.truncate(20);
        assert_eq!(
            fault(&item),
            "line 2: the JSON ends too early, at column 18"
        );
        item.bytes = b"{}".to_vec();
        assert_eq!(
            fault(&item),
            "line 1: missing field `simulations`, at column 2"
        );
    }
}
