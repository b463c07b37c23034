//! Reports as JSON: one object with a `format` that names report and version. Keys may be added within a version.

mod corpus;
mod coverage;
mod denied;
mod mutation;
mod pin;
mod traced;

pub use corpus::{corpus_built, corpus_info};
pub use coverage::coverage;
pub use mutation::mutation;
pub use pin::pin;
pub use traced::traced;

use super::{Header, ImportSummary};
use crate::check::CheckReport;
use crate::diff::document::Document;
use crate::engine::{
    Counts, Decisions, LeftCounts, Named, Notes, PolicyStatus, SideTally, Volume, Way,
};
use crate::explain::ExplainReport;
use crate::model::{Answer, Diagnostic, Outcome, Sources};
use crate::replay::ReplayReport;
use serde_json::{Map, Value, json};

/// `check` as `agentauthz.check/1`.
pub fn check(header: &Header, report: &CheckReport, sources: &Sources) -> Value {
    let counted = &report.counted;
    let recordings = report.recordings.as_ref().map(|found| {
        json!({
            "volume": volume(&found.volume),
            "not_replayable": counts(&found.not_replayable),
            "unmapped_tools": counts(&found.unmapped_tools),
            "nonconforming": notes(&found.nonconforming),
            "left_out": counts(&found.left_out),
            "unknown_fields": counts(&found.unknown),
            "repeated_ids": found.repeated,
        })
    });
    json!({
        "format": "agentauthz.check/1",
        "versions": versions(header),
        "errors": report.errors(),
        "warnings": report.warnings(),
        "diagnostics": diagnostics(&report.diagnostics, sources),
        "checked": {
            "files": counted.files, "policies": counted.policies, "templates": counted.templates,
            "actions": counted.actions, "agents": counted.agents, "entities": counted.entities,
            "tests": counted.tests,
        },
        "recordings": recordings,
    })
}

/// `replay` as `agentauthz.replay/1`.
pub fn replay(header: &Header, report: &ReplayReport, sources: &Sources) -> Value {
    json!({
        "format": "agentauthz.replay/1",
        "versions": versions(header),
        "diagnostics": diagnostics(&report.diagnostics, sources),
        "volume": volume(&report.volume),
        "result": side(&report.tally),
        "denied": report.denied.as_ref().map(denied::denied),
        "interpreted": report.interpreted,
        "read_in_full_because": reasons(&report.left),
        "verified": report.sample.len(),
        "repeated_ids": report.repeated,
    })
}

/// The decision-diff report as it is, `agentauthz.diff/2`.
pub fn document(document: &Document) -> Value {
    // It holds nothing that JSON cannot: a number that is none becomes null.
    serde_json::to_value(document).unwrap_or_default()
}

/// `explain` as `agentauthz.explain/1`.
pub fn explain(header: &Header, report: &ExplainReport, sources: &[&Sources]) -> Value {
    let empty = Sources::default();
    let sides: Vec<Value> = report
        .sides
        .iter()
        .enumerate()
        .map(|(at, side)| {
            json!({
                "outcome": outcome(&side.verdict.outcome),
                "tool": side.meant,
                "request": side.verdict.request,
                "nonconforming": side.verdict.nonconforming,
                "policies": statuses(&side.policies, sources.get(at).copied().unwrap_or(&empty)),
            })
        })
        .collect();
    json!({
        "format": "agentauthz.explain/1",
        "versions": versions(header),
        "action": report.action,
        "sides": sides,
        "class": report.class,
        "cause": report.cause.as_ref().map(|cause| json!({
            "why": ways(&cause.why),
            "undo": ways(&cause.undo),
        })),
    })
}

fn ways(ways: &[Way]) -> Value {
    let way = |way: &Way| json!({ "all": way.all, "and_one_of": way.and_one_of });
    ways.iter().map(way).collect()
}

/// `import` as `agentauthz.import/1`.
pub fn import(summary: &ImportSummary) -> Value {
    let named = |rows: &[(String, u64)]| -> Map<String, Value> {
        rows.iter()
            .map(|(name, number)| (name.clone(), json!(number)))
            .collect()
    };
    json!({
        "format": "agentauthz.import/1",
        "output": summary.output,
        "written": summary.written,
        "mapped": summary.mapped,
        "not_replayable": summary.not_replayable,
        "unmapped_tools": named(&summary.unmapped_tools),
        "unknown_fields": named(&summary.unknown),
        "left_out": named(&summary.left_out),
        "redacted": named(&summary.redacted),
        "redacted_nothing": summary.redacted_nothing,
        "requests_dropped": summary.requests_dropped,
        "malformed": { "count": summary.malformed, "first": summary.malformed_notes },
        "dropped": summary.dropped,
        "repeated_ids": summary.repeated,
    })
}

fn versions(header: &Header) -> Value {
    let versions: Vec<Value> = header
        .versions
        .iter()
        .map(|version| json!({ "label": version.label, "digest": version.digest }))
        .collect();
    json!({ "repository": header.name, "versions": versions })
}

fn diagnostics(found: &[Diagnostic], sources: &Sources) -> Vec<Value> {
    found
        .iter()
        .map(|found| diagnostic(found, sources))
        .collect()
}

fn diagnostic(found: &Diagnostic, sources: &Sources) -> Value {
    let file = found.path.as_deref().and_then(|path| sources.get(path));
    let labels: Vec<Value> = found
        .labels
        .iter()
        .map(|label| {
            let place = file.map(|file| {
                (
                    file.line_column(label.span.start),
                    file.line_column(label.span.end()),
                )
            });
            json!({
                "start": label.span.start,
                "length": label.span.len,
                "line": place.map(|((line, _), _)| line),
                "column": place.map(|((_, column), _)| column),
                "end_line": place.map(|(_, (line, _))| line),
                "end_column": place.map(|(_, (_, column))| column),
                "text": label.text,
            })
        })
        .collect();
    json!({
        "code": found.code,
        "severity": found.severity,
        "stage": found.stage,
        "path": found.path,
        "message": found.message,
        "help": found.help,
        "labels": labels,
    })
}

fn counts(counts: &Counts) -> Value {
    let mut members: Map<String, Value> = counts
        .iter()
        .map(|(name, number)| (name.to_owned(), json!(number)))
        .collect();
    if counts.others() > 0 {
        members.insert("…".to_owned(), json!(counts.others()));
    }
    Value::Object(members)
}

fn reasons(left: &LeftCounts) -> Value {
    let members = left
        .iter()
        .map(|(name, number)| (name.to_owned(), json!(number)));
    Value::Object(members.collect())
}

fn notes(notes: &Notes) -> Value {
    let first: Vec<Value> = notes
        .first
        .iter()
        .map(|note| {
            json!({
                "recording": note.place.recording, "line": note.place.line, "id": note.id,
                "message": note.message,
            })
        })
        .collect();
    json!({ "count": notes.count, "first": first })
}

fn volume(volume: &Volume) -> Value {
    json!({
        "actions": volume.actions,
        "agents": counts(&volume.agents),
        "sessions": volume.sessions.len(),
        "sessions_exact": volume.sessions.is_exact(),
        "first": volume.window.map(|(first, _)| first.to_string()),
        "last": volume.window.map(|(_, last)| last.to_string()),
        "malformed": notes(&volume.malformed),
        "dropped": counts(&volume.dropped),
    })
}

fn decided(decisions: &Decisions) -> Value {
    json!({
        "allow": decisions.allow, "deny": decisions.deny, "undecidable": decisions.undecidable,
        "not_replayable": decisions.not_replayable,
    })
}

fn side(tally: &SideTally) -> Value {
    let table = |rows: &Named<Decisions>| -> Map<String, Value> {
        rows.entries()
            .chain((rows.rest().total() > 0).then(|| ("…", rows.rest())))
            .map(|(name, decisions)| (name.to_owned(), decided(decisions)))
            .collect()
    };
    let mismatches: Vec<Value> = tally
        .fidelity
        .mismatches
        .iter()
        .map(|((recorded, said), found)| {
            json!({ "recorded": recorded, "answer": answer(said), "actions": notes(found) })
        })
        .collect();
    json!({
        "decisions": decided(&tally.decisions),
        "by_action": table(&tally.by_action),
        "by_agent": table(&tally.by_agent),
        "not_replayable": counts(&tally.not_replayable),
        "unmapped_tools": counts(&tally.unmapped_tools),
        "unknown_fields": counts(&tally.unknown_fields),
        "rescued": tally.rescued,
        "nonconforming": notes(&tally.nonconforming),
        "left_out": counts(&tally.left_out),
        "errors": counts(&tally.errors),
        "fidelity": {
            "compared": tally.fidelity.compared, "same": tally.fidelity.same, "mismatches": mismatches,
            "other_mismatches": tally.fidelity.others,
        },
    })
}

fn answer(answer: &Answer) -> Value {
    json!({
        "decision": answer.decision, "determining": answer.determining, "errors": answer.errors,
        "unknown": answer.unknown, "may_err": answer.may_err,
    })
}

fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Decided(said) => json!({ "kind": "decided", "answer": answer(said) }),
        Outcome::Undecidable(said, unknown) => json!({
            "kind": "undecidable",
            "answer": answer(said),
            "unknown_fields": unknown.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Outcome::NotReplayable(reason) => json!({ "kind": "not_replayable", "reason": reason }),
    }
}

fn statuses(policies: &[PolicyStatus], sources: &Sources) -> Vec<Value> {
    policies
        .iter()
        .map(|policy| {
            let line = sources.get(&policy.place.0).map(|file| file.line_column(policy.place.1).0);
            json!({
                "policy": policy.policy,
                "effect": policy.effect,
                "status": policy.status,
                "blocking": policy.blocking,
                "error": policy.error,
                "unknown_fields": policy.unknown.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "path": policy.place.0,
                "line": line,
            })
        })
        .collect()
}
