//! Logs of Claude Code's hooks: what a hook is given, with `hook_event_name`, `tool_name` and `tool_input`, also where a
//! logger names the members otherwise or puts an envelope around them. What precedes a call and what follows it is one call.

use super::claude_code::{AGENT, action_id, decided, facts, server};
use super::detect::either;
use super::format::{Format, Layout};
use super::joined::{self, Ends, Join, Keep, Keys};
use super::outline::Outline;
use super::time::set_time;
use super::{Item, Malformed, Parsed, args};
use crate::model::{Decision, Importer, Json, RecordedAction, ToolCall, hash64};
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    importer: Importer::ClaudeHooks,
    marks,
    layout,
    parse,
};

/// Names of the member that says what the hook was called for.
const EVENT: [&str; 7] = [
    "hook_event_name",
    "hookEventName",
    "hook_event_type",
    "hook_event",
    "event_name",
    "event_type",
    "event",
];
const SESSION: [&str; 3] = ["session_id", "sessionId", "session"];
const TOOL: [&str; 3] = ["tool_name", "toolName", "tool"];
const INPUT: [&str; 3] = ["tool_input", "toolInput", "input"];
const CALL: [&str; 3] = ["tool_use_id", "toolUseId", "toolUseID"];
const TIME: [&str; 4] = ["ts", "timestamp", "time", "logged_at"];
/// Members that may hold what the hook was given.
const AROUND: [&str; 6] = [
    "payload",
    "data",
    "hook_input",
    "hook_data",
    "event_data",
    "input",
];

/// What hooks answer, from the strictest to the mildest: where several answer, Claude Code goes by the strictest.
const ANSWERS: [&str; 4] = ["deny", "defer", "ask", "allow"];

/// Hooks that are called for something else than one call of a tool, in small letters, as the reference of Claude Code's
/// hooks has them.
const TOOLLESS: [&str; 28] = [
    "configchange",
    "cwdchanged",
    "directoryadded",
    "elicitation",
    "elicitationresult",
    "filechanged",
    "instructionsloaded",
    "messagedisplay",
    "notification",
    "postcompact",
    "postmodelswitch",
    "posttoolbatch",
    "precompact",
    "premodelswitch",
    "sessionend",
    "sessionstart",
    "setup",
    "stop",
    "stopfailure",
    "subagentstart",
    "subagentstop",
    "taskcompleted",
    "taskcreated",
    "teammateidle",
    "userpromptexpansion",
    "userpromptsubmit",
    "worktreecreate",
    "worktreeremove",
];

/// Arguments of a tool that loggers write beside the input or in place of it.
struct Flat {
    tool: &'static str,
    /// By the name of the member, the name of the argument.
    known: &'static [(&'static str, &'static str)],
    /// The tool's other arguments.
    others: &'static [&'static str],
}

static FLAT: [Flat; 4] = [
    Flat {
        tool: "Bash",
        known: &[
            ("bash_command", "command"),
            ("command", "command"),
            ("bash_description", "description"),
        ],
        others: &["description", "timeout", "run_in_background"],
    },
    Flat {
        tool: "Read",
        known: &[("file_path", "file_path")],
        others: &["offset", "limit"],
    },
    Flat {
        tool: "Write",
        known: &[("file_path", "file_path")],
        others: &["content"],
    },
    Flat {
        tool: "Edit",
        known: &[("file_path", "file_path")],
        others: &["old_string", "new_string", "replace_all"],
    },
];

fn marks(outline: &Outline) -> bool {
    let any = |keys: &[&str]| keys.iter().any(|key| outline.has(key));
    let event = any(&["hook_event_name", "hookEventName", "hook_event_type"]);
    let own = [
        "tool_name",
        "permission_mode",
        "transcript_path",
        "stop_hook_active",
    ];
    let within = |key: &&str| outline.has_path(&[key, "hook_event_name"]);
    event || AROUND.iter().any(within) || (any(&EVENT) && any(&SESSION) && any(&own))
}

fn layout(text: &[u8]) -> Layout {
    match either(text) {
        Layout::Document => Layout::Document,
        Layout::Lines | Layout::Joined(_) => Layout::Joined(Join {
            look,
            framed: false,
        }),
    }
}

/// What a hook was called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Before,
    After,
    AfterFailure,
    Denied,
    /// A person is asked; the call itself is recorded before that.
    Asked,
    /// It is no event that is known, so nobody knows what it says.
    Other,
}

/// One call of a hook for a tool.
struct Hook {
    members: BTreeMap<String, Json>,
    event: Event,
}

impl Hook {
    /// What one object of a log is; nothing where it is not about a tool.
    fn of(json: Json) -> Result<Option<Hook>, String> {
        let Json::Object(mut members) = json else {
            return Err(format!("this is {}, not an object", json.kind()));
        };
        if !TOOL.iter().any(|key| members.contains_key(*key)) {
            let inner = AROUND.iter().find_map(|key| match members.get(*key) {
                Some(Json::Object(inner)) => Some(inner.clone()),
                Some(_) | None => None,
            });
            members.extend(inner.unwrap_or_default());
        }
        let event = first(&members, &EVENT).and_then(Json::as_str);
        let Some(event) = event else {
            return Err("this is no call of a hook: it has no `hook_event_name`".to_owned());
        };
        let letters = event.chars().filter(char::is_ascii_alphabetic);
        let word: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
        let event = match word.as_str() {
            "pretooluse" => Event::Before,
            "posttooluse" => Event::After,
            "posttoolusefailure" => Event::AfterFailure,
            "permissiondenied" => Event::Denied,
            "permissionrequest" => Event::Asked,
            toolless if TOOLLESS.contains(&toolless) => return Ok(None),
            _ => Event::Other,
        };
        Ok(Some(Hook { members, event }))
    }

    fn get(&self, names: &[&str]) -> Option<&Json> {
        first(&self.members, names)
    }

    fn text(&self, names: &[&str]) -> Option<&str> {
        let text = self.get(names).and_then(Json::as_str);
        text.filter(|text| !text.is_empty())
    }

    /// Names the call among the hooks of a log.
    fn key(&self) -> (String, Keys) {
        if let Some(call) = self.text(&CALL) {
            return (call.to_owned(), Keys::Unique);
        }
        let [session, tool] = [&SESSION, &TOOL].map(|names| self.text(names).unwrap_or_default());
        let input = serde_json::to_vec(&self.args()).unwrap_or_default();
        let key = format!("{session}\u{1f}{tool}\u{1f}{:016x}", hash64(0, &input));
        (key, Keys::Alike)
    }

    /// What is known of a call by what followed it.
    fn note(&self) -> Json {
        let failed = Json::Bool(self.event != Event::After);
        let mut note = BTreeMap::from([("is_error".to_owned(), failed)]);
        if self.event == Event::Denied {
            note.insert("deny".to_owned(), Json::Bool(true));
        }
        Json::Object(note)
    }

    /// The arguments. Where the input is not there but some arguments are, the others are unknown.
    fn args(&self) -> Option<Json> {
        if let Some(input) = self.get(&INPUT) {
            return args::text_or_object(Some(input.clone()));
        }
        let tool = self.text(&TOOL)?;
        let flat = FLAT.iter().find(|flat| flat.tool == tool)?;
        let known = flat.known.iter().filter_map(|(member, argument)| {
            Some(((*argument).to_owned(), self.members.get(*member)?.clone()))
        });
        let known: BTreeMap<_, _> = known.collect();
        if known.is_empty() {
            return None;
        }
        let unknown = |name: &&str| ((*name).to_owned(), args::unknown("args_not_logged"));
        let mut all: BTreeMap<_, _> = flat.others.iter().map(unknown).collect();
        all.extend(known);
        Some(Json::Object(all))
    }

    /// What the hook answered, where the log holds that.
    fn answer(&self) -> Option<&Json> {
        let mut outputs = ["output", "hook_output", "response"]
            .iter()
            .filter_map(|name| self.members.get(*name));
        let own = |json: &'_ Json| json.get("hookSpecificOutput").is_some();
        let output = match self.members.get("hookSpecificOutput") {
            Some(output) => Some(output),
            None => outputs
                .find(|output| own(output))
                .and_then(|output| output.get("hookSpecificOutput")),
        };
        output
            .and_then(|output| output.get("permissionDecision"))
            .or_else(|| self.get(&["permission_decision", "permissionDecision", "decision"]))
    }

    /// The word for what the hook answered, where it is one that is known. What a hook says of a call that was made
    /// already decides nothing.
    fn word(&self) -> Option<&'static str> {
        let answer = self.answer().filter(|_| self.event == Event::Before)?;
        match answer.as_str()? {
            "block" => Some("deny"),
            "approve" => Some("allow"),
            answer => ANSWERS.into_iter().find(|word| *word == answer),
        }
    }
}

/// The first of these members that is there.
fn first<'a>(members: &'a BTreeMap<String, Json>, names: &[&str]) -> Option<&'a Json> {
    names
        .iter()
        .find_map(|name| members.get(*name).filter(|value| **value != Json::Null))
}

fn look(line: &[u8]) -> Ends {
    let Ok(json) = serde_json::from_slice(line) else {
        return Ends::default();
    };
    let hook = match Hook::of(json) {
        Ok(Some(hook)) => hook,
        Ok(None) => {
            return Ends {
                keep: Keep::Never,
                ..Ends::default()
            };
        }
        Err(_) => return Ends::default(),
    };
    if hook.event == Event::Other {
        return Ends::default();
    }
    let (key, keys) = hook.key();
    let mut ends = Ends {
        keys,
        ..Ends::default()
    };
    match hook.event {
        Event::Before => {
            ends.says
                .extend(hook.word().map(|word| (key.clone(), word)));
            ends.begins.push(key);
        }
        Event::After | Event::AfterFailure | Event::Denied => {
            ends.keep = Keep::Alone;
            ends.ends.push((key, hook.note()));
        }
        Event::Asked | Event::Other => {}
    }
    ends
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let (text, notes) = joined::split(&item.bytes);
    let is_line = text.len() < item.bytes.len();
    let events = match serde_json::from_slice(text) {
        Ok(Json::Array(events)) => events,
        Ok(event) => vec![event],
        Err(error) => return Err(Malformed::from_json(item, &error)),
    };
    let mut parsed = Parsed::default();
    // Where in `parsed` a call stands.
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for json in events {
        let hook = match Hook::of(json) {
            Ok(Some(hook)) => hook,
            Ok(None) => continue,
            Err(fault) => {
                parsed.actions.push(Err(Malformed::new(item, fault)));
                continue;
            }
        };
        let dropped = match hook.event {
            Event::Asked => Some("permission_request"),
            Event::Other => Some("other_event"),
            Event::Before | Event::After | Event::AfterFailure | Event::Denied => None,
        };
        if let Some(reason) = dropped {
            *parsed.dropped.entry(reason).or_default() += 1;
            continue;
        }
        let (key, keys) = hook.key();
        let before = places.get(&key).and_then(|at| parsed.actions.get_mut(*at));
        match (hook.event, before) {
            (Event::Before, Some(before)) if keys == Keys::Unique => {
                if let (Ok(action), Some(word)) = (before, hook.word()) {
                    answered(action, word);
                }
                continue;
            }
            (Event::After | Event::AfterFailure | Event::Denied, Some(Ok(action))) => {
                note_on(action, &hook.note());
                // The next one that is alike has a beginning of its own.
                if keys == Keys::Alike {
                    places.remove(&key);
                }
                continue;
            }
            _ => {}
        }
        let at = parsed.actions.len();
        let place = match is_line {
            true => item.line.saturating_sub(1),
            false => at as u64,
        };
        let mut action = action(&hook, stem, place).map_err(|fault| Malformed::new(item, fault));
        if let Ok(action) = &mut action {
            if hook.event != Event::Before {
                note_on(action, &hook.note());
            }
            if let Some(note) = notes.get(&key) {
                note_on(action, note);
            }
        }
        if hook.event == Event::Before || keys == Keys::Unique {
            places.insert(key, at);
        }
        parsed.actions.push(action);
    }
    Ok(parsed)
}

fn action(hook: &Hook, stem: &str, place: u64) -> Result<RecordedAction, String> {
    let session = hook.text(&SESSION).unwrap_or(stem);
    let Some(tool) = hook.text(&TOOL) else {
        return Err("this call of a hook has no `tool_name`".to_owned());
    };
    let id = match hook.text(&CALL) {
        Some(call) => action_id(session, call),
        None => format!("{session}:{}", place + 1),
    };
    let mut action = RecordedAction {
        session: Some(session.to_owned()),
        sequence: Some(place),
        agent: Some(AGENT.to_owned()),
        system: server(tool).map(str::to_owned),
        call: Some(ToolCall {
            tool: tool.to_owned(),
            args: hook.args(),
            result: None,
        }),
        ..RecordedAction::new(id)
    };
    facts(
        &mut action,
        [
            ("call_id", hook.get(&CALL)),
            ("cwd", hook.get(&["cwd"])),
            ("agent_id", hook.get(&["agent_id", "agentId"])),
            ("agent_type", hook.get(&["agent_type", "agentType"])),
            (
                "permission_mode",
                hook.get(&["permission_mode", "permissionMode"]),
            ),
        ],
    );
    set_time(&mut action, hook.get(&TIME));
    match hook.word() {
        Some(word) => answered(&mut action, word),
        None if hook.event == Event::Before => {
            facts(&mut action, [("permission_decision", hook.answer())]);
        }
        None => {}
    }
    Ok(action)
}

/// One hook more has answered.
fn answered(action: &mut RecordedAction, word: &str) {
    const DECISION: &str = "permission_decision";
    let before = match (&action.recorded, action.meta.get(DECISION)) {
        (Some(recorded), _) if recorded.decision == Decision::Allow => Some("allow"),
        (Some(_), _) => Some("deny"),
        (None, said) => said.map(|said| said.as_str().unwrap_or_default()),
    };
    // Of a word that nobody knows nothing is sure but that it is no deny.
    let strictness = |word: &str| {
        ANSWERS
            .iter()
            .position(|answer| *answer == word)
            .unwrap_or(1)
    };
    if before.is_some_and(|before| strictness(before) <= strictness(word)) {
        return;
    }
    action.meta.remove(DECISION);
    action.recorded = match word {
        "deny" => Some(decided(Decision::Deny)),
        "allow" => Some(decided(Decision::Allow)),
        word => {
            let word = Json::String(word.to_owned());
            action.meta.insert(DECISION.to_owned(), word);
            None
        }
    };
}

/// What followed a call goes into its action.
fn note_on(action: &mut RecordedAction, note: &Json) {
    facts(action, [("is_error", note.get("is_error"))]);
    for word in ANSWERS.iter().filter(|word| note.get(word).is_some()) {
        answered(action, word);
    }
}

#[cfg(test)]
mod tests;
