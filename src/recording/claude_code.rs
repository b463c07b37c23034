//! Claude Code transcripts: `message.content[]` holds `tool_use` and, in a later line, `tool_result`. One message stands on
//! several lines, and a call that is recorded again is one call.

use super::detect::either;
use super::format::{Format, Layout};
use super::joined::{self, Ends, Join, Keep, Keys};
use super::outline::{Outline, Root};
use super::time::set_time;
use super::{Item, Malformed, Parsed, args};
use crate::model::{Decision, Importer, Json, RecordedAction, RecordedDecision, ToolCall};
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static FORMAT: Format = Format {
    importer: Importer::ClaudeCode,
    marks,
    layout,
    parse,
};

/// Who acts in all of its recordings.
pub(super) const AGENT: &str = "claude-code";

/// How the result of a call that was not allowed begins, and what that is called.
const REFUSALS: [(&str, &str); 7] = [
    (
        "The user doesn't want to proceed with this tool use.",
        "user_rejection_text",
    ),
    (
        "The user doesn't want to take this action right now.",
        "user_rejection_text",
    ),
    ("Permission to use ", "permission_denied_text"),
    ("Permission for this ", "permission_denied_text"),
    ("Claude requested permissions to ", "permission_denied_text"),
    ("This command requires approval", "permission_denied_text"),
    ("PreToolUse:", "hook_denied_text"),
];

fn marks(outline: &Outline) -> bool {
    let all = |keys: &[&str]| keys.iter().all(|key| outline.has(key));
    let session = outline.has("sessionId") || outline.has("session_id");
    let place = outline.has("uuid") || outline.has("parent_tool_use_id");
    let message = all(&["type", "message"]) && session && place;
    let snapshot = all(&["type", "messageId", "snapshot"]);
    let summary = all(&["type", "summary", "leafUuid"]);
    message || (outline.root == Root::Object && (snapshot || summary))
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

/// What a line has to do with others. Most lines hold neither a call nor a result.
fn look(line: &[u8]) -> Ends {
    let found = |mark: &[u8]| memchr::memmem::find(line, mark).is_some();
    if !found(b"tool_use") && !found(b"tool_result") {
        let keep = match serde_json::from_slice::<IgnoredAny>(line) {
            Ok(_) if line.trim_ascii_start().starts_with(b"{") => Keep::Never,
            Ok(_) | Err(_) => Keep::Always,
        };
        return Ends {
            keep,
            ..Ends::default()
        };
    }
    let Ok(line) = serde_json::from_slice::<Json>(line) else {
        return Ends::default();
    };
    let mut ends = Ends {
        keep: Keep::Never,
        keys: Keys::Unique,
        ..Ends::default()
    };
    if is_copy(&line) {
        ends.keep = Keep::Always;
        return ends;
    }
    for block in blocks(&line) {
        if is_call(block) {
            ends.keep = Keep::Always;
            match name(block.get("id")) {
                Some(id) => ends.begins.push(id.to_owned()),
                None => ends.nameless = true,
            }
        }
    }
    ends.ends.extend(results(&line));
    ends
}

/// The blocks of a line's message.
fn blocks(line: &Json) -> &[Json] {
    match line
        .get("message")
        .and_then(|message| message.get("content"))
    {
        Some(Json::Array(blocks)) => blocks,
        Some(_) | None => &[],
    }
}

fn kind(json: &Json) -> Option<&str> {
    json.get("type").and_then(Json::as_str)
}

fn is_call(block: &Json) -> bool {
    matches!(kind(block), Some("tool_use" | "server_tool_use"))
}

/// Whether a line repeats, in the transcript of the main agent, what a subagent does.
fn is_copy(line: &Json) -> bool {
    kind(line) == Some("progress")
}

/// A name that is one.
fn name(json: Option<&Json>) -> Option<&str> {
    json.and_then(Json::as_str).filter(|name| !name.is_empty())
}

/// The calls whose results a line holds, and what is to be known of each.
fn results(line: &Json) -> impl Iterator<Item = (String, Json)> {
    let results = |block: &&Json| kind(block) == Some("tool_result");
    let alone = blocks(line).iter().filter(results).count() == 1;
    let kinds = denial_kinds(line, alone);
    let results = blocks(line).iter().filter(results);
    results.filter_map(move |block| {
        let call = name(block.get("tool_use_id"))?;
        let is_error = block.get("is_error") == Some(&Json::Bool(true));
        let mut note = BTreeMap::from([("is_error".to_owned(), Json::Bool(is_error))]);
        if is_error && let Some(what) = refusal(block) {
            note.insert("refused".to_owned(), Json::String(what.to_owned()));
        }
        let kind = kinds.get(call).or_else(|| kinds.get("")).copied();
        note.extend(kind.map(|kind| ("denial_kind".to_owned(), kind.clone())));
        Some((call.to_owned(), Json::Object(note)))
    })
}

/// What the words of a result say of a call that was not allowed.
fn refusal(block: &Json) -> Option<&'static str> {
    let text = match block.get("content") {
        Some(Json::Array(parts)) => parts.iter().find_map(|part| part.get("text")),
        other => other,
    };
    let text = text.and_then(Json::as_str)?;
    let (begin, what) = REFUSALS.iter().find(|(begin, _)| text.starts_with(begin))?;
    let hook = *begin == "PreToolUse:";
    (!hook || text.contains(" hook error:")).then_some(*what)
}

/// Why calls were not made, where a newer version says so: by call, or for a line that holds one result.
fn denial_kinds(line: &Json, alone: bool) -> BTreeMap<&str, &Json> {
    let of_line = line.get("toolDenialKind").filter(|_| alone);
    let of_calls = match line.get("tool_result_meta") {
        Some(Json::Array(all)) => all.as_slice(),
        Some(_) | None => &[],
    };
    let of_calls = of_calls
        .iter()
        .filter_map(|one| Some((name(one.get("id"))?, one.get("non_execution_kind")?)));
    of_calls.chain(of_line.map(|kind| ("", kind))).collect()
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let (text, mut notes) = joined::split(&item.bytes);
    let lines = match serde_json::from_slice(text) {
        Ok(Json::Array(lines)) => lines,
        Ok(line) => vec![line],
        Err(error) => return Err(Malformed::from_json(item, &error)),
    };
    for line in &lines {
        notes.extend(results(line));
    }
    let is_line = text.len() < item.bytes.len();
    let mut transcript = Transcript {
        item,
        stem,
        notes,
        seen: BTreeSet::new(),
        calls: 0,
    };
    let mut parsed = Parsed::default();
    for line in lines {
        if !matches!(line, Json::Object(_)) {
            let fault = format!("this is {}, not an object", line.kind());
            parsed.actions.push(Err(Malformed::new(item, fault)));
            continue;
        }
        if is_copy(&line) {
            *parsed.dropped.entry("progress").or_default() += 1;
            continue;
        }
        for block in blocks(&line).iter().filter(|block| is_call(block)) {
            let place = match is_line {
                true => item.line.saturating_sub(1),
                false => transcript.calls,
            };
            parsed.actions.extend(transcript.call(&line, block, place));
        }
    }
    Ok(parsed)
}

/// What the calls of an item share.
struct Transcript<'a> {
    item: &'a Item,
    stem: &'a str,
    notes: BTreeMap<String, Json>,
    seen: BTreeSet<String>,
    calls: u64,
}

impl Transcript<'_> {
    /// A call; nothing where it was recorded before.
    fn call(
        &mut self,
        line: &Json,
        block: &Json,
        place: u64,
    ) -> Option<Result<RecordedAction, Malformed>> {
        let id = name(block.get("id"));
        if let Some(id) = id
            && (joined::is_repeated(&self.notes, id) || !self.seen.insert(id.to_owned()))
        {
            return None;
        }
        let at = self.calls;
        self.calls += 1;
        let session = name(line.get("sessionId")).or_else(|| name(line.get("session_id")));
        let session = session.unwrap_or(self.stem);
        let tool = match block.get("name") {
            Some(Json::String(tool)) => tool.clone(),
            other => {
                let what = match other {
                    Some(other) => format!("is {}, not a string", other.kind()),
                    None => "is missing".to_owned(),
                };
                let fault = format!("a tool call of session `{session}`: `name` {what}");
                return Some(Err(Malformed::new(self.item, fault)));
            }
        };
        let mut action = RecordedAction {
            session: Some(session.to_owned()),
            sequence: Some(place),
            agent: Some(AGENT.to_owned()),
            system: server(&tool).map(str::to_owned),
            call: Some(ToolCall {
                tool,
                args: args::object(block.get("input").cloned()),
                result: None,
            }),
            ..RecordedAction::new(match id {
                Some(id) => action_id(session, id),
                None => format!("{session}:{}#{at}", self.item.line),
            })
        };
        let message = line.get("message");
        facts(
            &mut action,
            [
                ("call_id", block.get("id")),
                ("model", message.and_then(|message| message.get("model"))),
                ("cwd", line.get("cwd")),
                ("agent_id", line.get("agentId")),
                ("sidechain", line.get("isSidechain")),
                ("parent_call_id", line.get("parent_tool_use_id")),
                ("permission_mode", line.get("permissionMode")),
                ("git_branch", line.get("gitBranch")),
                ("version", line.get("version")),
            ],
        );
        set_time(&mut action, line.get("timestamp"));
        if let Some(note) = id.and_then(|id| self.notes.get(id)) {
            note_on(&mut action, note);
        }
        Some(Ok(action))
    }
}

/// What is known of the result goes into the action.
fn note_on(action: &mut RecordedAction, note: &Json) {
    let kind = note.get("denial_kind");
    facts(
        action,
        [("is_error", note.get("is_error")), ("denial_kind", kind)],
    );
    match (kind.and_then(Json::as_str), note.get("refused")) {
        (Some("user-rejected" | "permission-rule"), _) => {
            action.recorded = Some(decided(Decision::Deny));
        }
        // It was stopped, and nobody decided about it; the words may be the same.
        (Some("interrupted" | "cancelled"), _) | (_, None) => {}
        (_, Some(what)) => {
            facts(action, [("decision_heuristic", Some(what))]);
            action.recorded = Some(decided(Decision::Deny));
        }
    }
}

/// A decision of which nothing else is recorded.
pub(super) fn decided(decision: Decision) -> RecordedDecision {
    RecordedDecision {
        decision,
        determining: None,
        policy_version: None,
    }
}

/// Puts facts into the action's meta, those that are there.
pub(super) fn facts<const N: usize>(
    action: &mut RecordedAction,
    facts: [(&str, Option<&Json>); N],
) {
    for (name, value) in facts {
        match value {
            None | Some(Json::Null) => {}
            Some(Json::String(text)) if text.is_empty() => {}
            Some(value) => drop(action.meta.insert(name.to_owned(), value.clone())),
        }
    }
}

/// Names a call. Ids of Anthropic's are unique by themselves, so that a call has one name in the transcript, in its copy in
/// a resumed session, and in the hook log; others are unique in their session.
pub(super) fn action_id(session: &str, call: &str) -> String {
    match call.starts_with("toolu_") {
        true => call.to_owned(),
        false => format!("{session}/{call}"),
    }
}

/// The server of an MCP tool, `mcp__SERVER__TOOL`, where there is one way to read it.
pub(super) fn server(tool: &str) -> Option<&str> {
    let (server, tool) = tool.strip_prefix("mcp__")?.split_once("__")?;
    let plain = !tool.contains("__") && !tool.starts_with('_') && !server.starts_with('_');
    (plain && !server.is_empty() && !tool.is_empty()).then_some(server)
}

#[cfg(test)]
mod tests;
