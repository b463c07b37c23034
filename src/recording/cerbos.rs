//! Cerbos decision logs: a line for each call, `{callId, timestamp, checkResources: {inputs, outputs}}`, an action for each
//! action of each input. Written from the documentation and Cerbos' source, not tried on real files.

use super::detect::either;
use super::format::Format;
use super::outline::Outline;
use super::records::{Record, members, needed_text, records, take, take_array, take_object, text};
use super::time::set_time;
use super::{Item, Malformed, Parsed};
use crate::model::{Decision, Importer, Json, RecordedAction, RecordedDecision, ToolCall};

pub(super) static FORMAT: Format = Format {
    importer: Importer::Cerbos,
    marks,
    layout: either,
    parse,
};

/// What the admin API wraps entries in.
const WRAPPERS: [&str; 2] = ["decisionLogEntry", "accessLogEntry"];

fn marks(outline: &Outline) -> bool {
    let entry = |at: &[&str]| {
        let has = |key: &str| outline.has_path(&[at, &[key]].concat());
        let beside = ["checkResources", "planResources", "inputs", "statusCode"];
        has("callId") && (has("log.kind") || beside.iter().any(|key| has(key)))
    };
    entry(&[]) || WRAPPERS.iter().any(|wrapper| entry(&[*wrapper]))
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let mut parsed = Parsed::default();
    let malformed = |fault: String| Err(Malformed::new(item, fault));
    for record in records(item, stem)? {
        match entry(record) {
            Ok(Found::Actions(actions)) => {
                let actions = actions.into_iter();
                parsed
                    .actions
                    .extend(actions.map(|action| action.or_else(malformed)));
            }
            Ok(Found::Dropped(reason)) => *parsed.dropped.entry(reason).or_default() += 1,
            Err(fault) => parsed.actions.push(malformed(fault)),
        }
    }
    Ok(parsed)
}

enum Found {
    Actions(Vec<Result<RecordedAction, String>>),
    Dropped(&'static str),
}

fn entry(record: Record) -> Result<Found, String> {
    let mut outer = record.members?;
    let [decision, access] = WRAPPERS.map(|wrapper| take_object(&mut outer, wrapper));
    if access?.is_some() || text(&outer, "log.kind") == Some("access") {
        return Ok(Found::Dropped("access_log"));
    }
    let mut entry = decision?.unwrap_or(outer);
    // The server may write its own messages to the same stream.
    if !entry.contains_key("callId") && entry.contains_key("log.logger") {
        return Ok(Found::Dropped("other_log_line"));
    }
    let call = needed_text(&entry, "callId")?;
    let checked = take_object(&mut entry, "checkResources")?;
    let reason = [
        ("planResources", "plan_resources"),
        ("oversized", "oversized"),
        ("statusCode", "access_log"),
    ];
    let reason = reason.into_iter().find(|(key, _)| entry.contains_key(*key));
    let mut check = match (checked, reason) {
        (Some(check), _) => check,
        // Older versions write inputs and outputs beside the call.
        (None, _) if entry.contains_key("inputs") => std::mem::take(&mut entry),
        (None, Some((_, reason))) => return Ok(Found::Dropped(reason)),
        (None, None) => return Err("`checkResources` is missing".to_owned()),
    };
    let failed = text(&check, "error").is_some_and(|error| !error.is_empty());
    let inputs = take_array(&mut check, "inputs")?;
    let outputs = take_array(&mut check, "outputs")?;
    let time = take(&mut entry, "timestamp").or_else(|| take(&mut check, "timestamp"));
    let mut actions = Vec::new();
    for (at, input) in inputs.into_iter().enumerate() {
        let output = outputs.get(at).filter(|_| !failed);
        let before = actions.len();
        let read = each_action(input, output, &call, at, |mut action| {
            set_time(&mut action, time.as_ref());
            actions.push(Ok(action));
        });
        if let Err(fault) = read {
            actions.truncate(before);
            actions.push(Err(format!("input {at} of call `{call}`: {fault}")));
        }
    }
    Ok(Found::Actions(actions))
}

/// The actions of one input, with what was decided of each.
fn each_action(
    input: Json,
    output: Option<&Json>,
    call: &str,
    at: usize,
    mut each: impl FnMut(RecordedAction),
) -> Result<(), String> {
    let mut input = members(input)?;
    let asked = take_array(&mut input, "actions")?;
    let principal = input.get("principal").and_then(|json| json.get("id"));
    let principal = principal.and_then(Json::as_str).map(str::to_owned);
    let resource = input.get("resource").and_then(|json| json.get("id"));
    let output = output.filter(|output| output.get("resourceId") == resource);
    let effects = output.and_then(|output| output.get("actions"));
    for (number, tool) in asked.into_iter().enumerate() {
        let Json::String(tool) = tool else {
            return Err(format!("`actions` holds {}", tool.kind()));
        };
        let effect = effects.and_then(|effects| effects.get(&tool));
        let mut action = RecordedAction {
            agent: principal.clone(),
            recorded: effect.and_then(decision),
            call: Some(ToolCall {
                tool,
                args: Some(Json::Object(input.clone())),
                result: None,
            }),
            ..RecordedAction::new(format!("{call}#{at}.{number}"))
        };
        // It names a policy of Cerbos, so none of those that a replay could find.
        if let Some(policy) = effect.and_then(|effect| effect.get("policy")) {
            action.meta.insert("policy".to_owned(), policy.clone());
        }
        let named = Json::String(call.to_owned());
        action.meta.insert("call_id".to_owned(), named);
        each(action);
    }
    Ok(())
}

fn decision(effect: &Json) -> Option<RecordedDecision> {
    let decision = match effect.get("effect")?.as_str()? {
        "EFFECT_ALLOW" => Decision::Allow,
        "EFFECT_DENY" => Decision::Deny,
        _ => return None,
    };
    Some(RecordedDecision {
        decision,
        determining: None,
        policy_version: None,
    })
}

#[cfg(test)]
mod tests;
