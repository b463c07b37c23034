//! `import --explain` as `agentauthz.import-explanation/1`.

use crate::engine::{Became, LookedUpEntity, Place, Trace, TracedFound, TracedPart, TracedRead};
use crate::model::RecordedAction;
use crate::repository::Line;
use serde_json::{Value, json};

/// How a call became a request.
pub fn traced(file: &str, (place, action): (&Place, &RecordedAction), trace: &Trace) -> Value {
    let at = |line: &Option<Line>| {
        line.as_ref().map(|line| {
            json!({
                "file": file,
                "line": line.line,
                "name": line.name(),
                "text": line.text.as_ref(),
            })
        })
    };
    let (request, left_out) = match &trace.outcome {
        Ok(mapped) => (Some(&mapped.request), Some(&mapped.left_out)),
        Err(_) => (None, None),
    };
    let parts: Vec<Value> = trace
        .parts
        .iter()
        .map(|part| self::part(part, at(&part.line)))
        .collect();
    let looked_up = trace.entities.as_ref().ok();
    let looked_up = looked_up.map(|found| found.entities.iter().map(entity).collect::<Vec<_>>());
    let not_found = trace.entities.as_ref().err();
    json!({
        "format": "agentauthz.import-explanation/1",
        "recording": place.recording.as_ref(),
        "line": place.line,
        "id": action.id,
        "call": action.call,
        "tool": trace.tool,
        "router": at(&trace.router),
        "rule": at(&trace.rule),
        "request": request,
        "left_out": left_out,
        "no_request": trace.outcome.as_ref().err(),
        "parts": parts,
        "looked_up": looked_up,
        "not_found": not_found.map(|lost| json!({
            "uid": lost.uid,
            "why": lost.why,
        })),
    })
}

/// An entity that was looked up, and where from.
fn entity(entity: &LookedUpEntity) -> Value {
    json!({
        "uid": entity.uid,
        "attrs": entity.attrs,
        "unknown": entity.unknown,
        "tags": entity.tags,
        "parents": entity.parents,
        "row": entity.row,
        "changed_by": entity.changed_by,
    })
}

fn part(part: &TracedPart, line: Option<Value>) -> Value {
    let (status, value, why) = match &part.became {
        Became::Value(value) => ("value", Some(value), None),
        Became::Absent => ("absent", None, None),
        Became::Unknown(why) => ("unknown", None, Some(why)),
        Became::LeftOut => ("left_out", None, None),
        Became::Missing(why) => ("missing", None, Some(why)),
    };
    let reads: Vec<Value> = part.reads.iter().map(read).collect();
    json!({
        "part": part.of,
        "status": status,
        "value": value,
        "why": why,
        "mapping": line,
        "reads": reads,
    })
}

fn read(read: &TracedRead) -> Value {
    let (status, value, why) = match &read.found {
        TracedFound::Value(value) => ("value", Some(value), None),
        TracedFound::Absent => ("absent", None, None),
        TracedFound::Unknown(why) => ("unknown", None, Some(why)),
    };
    json!({
        "placeholder": read.placeholder,
        "status": status,
        "value": value,
        "why": why,
    })
}
