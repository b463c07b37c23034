//! OPA decision logs: a decision each, `{decision_id, path, input, result, erased, masked, …}`, one a line, or an array of
//! them as OPA sends it to a service. Written from the documentation and OPA's source, not tried on real files.

use super::detect::either;
use super::format::Format;
use super::outline::Outline;
use super::records::{Members, Record, needed_text, records, take, text};
use super::time::set_time;
use super::{Item, Malformed, Parsed, args};
use crate::model::{Decision, Importer, Json, RecordedAction, RecordedDecision, ToolCall};
use hidden::Hidden;

mod hidden;

pub(super) static FORMAT: Format = Format {
    importer: Importer::Opa,
    marks,
    layout: either,
    parse,
};

fn marks(outline: &Outline) -> bool {
    let beside = ["path", "query", "input", "result", "labels"];
    outline.has("decision_id") && beside.iter().any(|key| outline.has(key))
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let mut parsed = Parsed::default();
    for record in records(item, stem)? {
        match decision(record) {
            Ok(Found::Action(action)) => parsed.actions.push(Ok(*action)),
            Ok(Found::Dropped(reason)) => *parsed.dropped.entry(reason).or_default() += 1,
            Err(fault) => parsed.actions.push(Err(Malformed::new(item, fault))),
        }
    }
    Ok(parsed)
}

enum Found {
    Action(Box<RecordedAction>),
    Dropped(&'static str),
}

fn decision(record: Record) -> Result<Found, String> {
    let mut event = record.members?;
    // With `decision_logs.console` OPA writes its other messages between the decisions.
    if !event.contains_key("decision_id")
        && (event.contains_key("level") || event.contains_key("msg"))
    {
        return Ok(Found::Dropped("other_log_line"));
    }
    let mut action = RecordedAction::new(needed_text(&event, "decision_id")?);
    let Some(tool) = asked(&event) else {
        return Ok(Found::Dropped("ad_hoc_query"));
    };
    let hidden = Hidden::of(&event)?;
    let input = hidden.mark("input", take(&mut event, "input"));
    let result = hidden.mark("result", take(&mut event, "result"));
    action.call = Some(ToolCall {
        tool,
        args: args::object(input),
        result: None,
    });
    action.session = text(&event, "trace_id").map(str::to_owned);
    set_time(&mut action, event.get("timestamp"));
    // Where evaluation failed, nothing was decided.
    if take(&mut event, "error").is_none()
        && let Some(decision) = result.as_ref().and_then(allowed)
    {
        action.recorded = Some(RecordedDecision {
            decision,
            determining: None,
            policy_version: revision(&event),
        });
    }
    for key in ["labels", "requested_by", "span_id", "req_id"] {
        if let Some(value) = take(&mut event, key) {
            action.meta.insert(key.to_owned(), value);
        }
    }
    Ok(Found::Action(Box::new(action)))
}

/// The decision that was asked for, as a path: OPA's plugin for Envoy logs a query in its place. Any other query is nobody's
/// decision: it was typed by hand, or has variables.
fn asked(event: &Members) -> Option<String> {
    if let Some(path) = text(event, "path") {
        return Some(path.to_owned());
    }
    let path = text(event, "query")?.strip_prefix("data.")?;
    let is_name = |name: &str| {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        plain && !name.is_empty()
    };
    path.split('.').all(is_name).then(|| path.replace('.', "/"))
}

/// What a result says: itself, or its `allow`; the plugin for Envoy calls it `allowed`.
fn allowed(result: &Json) -> Option<Decision> {
    let said = match result {
        Json::Bool(said) => Some(*said),
        Json::Object(members) => {
            let said = |key: &str| match members.get(key) {
                Some(Json::Bool(said)) => Some(*said),
                Some(_) | None => None,
            };
            match (
                members.contains_key("allow"),
                members.contains_key("allowed"),
            ) {
                (true, true) => None,
                (true, false) => said("allow"),
                (false, _) => said("allowed"),
            }
        }
        Json::Null
        | Json::Int(_)
        | Json::Float(_)
        | Json::String(_)
        | Json::Array(_)
        | Json::Repeated => None,
    };
    said.map(|said| match said {
        true => Decision::Allow,
        false => Decision::Deny,
    })
}

/// The revisions of the bundles that decided, `name@revision`; older versions log one without a name.
fn revision(event: &Members) -> Option<String> {
    let Some(Json::Object(bundles)) = event.get("bundles") else {
        return text(event, "revision").map(str::to_owned);
    };
    let named = bundles.iter().filter_map(|(name, bundle)| {
        let revision = bundle.get("revision")?.as_str()?;
        Some(format!("{name}@{revision}"))
    });
    let all: Vec<String> = named.collect();
    (!all.is_empty()).then(|| all.join(" "))
}

#[cfg(test)]
mod tests;
