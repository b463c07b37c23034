//! The decision-diff report as SARIF 2.1.0: a result for each group, at the line of the policy on head, and a notification
//! for each gate.

use super::escape::inert;
use super::numbers::count;
use super::words::{self, Level};
use crate::diff::document::{ApprovalState, Document, GateVerdict, GroupNote};
use crate::model::ChangeClass;
use serde_json::{Map, Value, json};

/// The report as a log with one run. Paths begin at the root of the git repository.
pub fn diff(document: &Document) -> String {
    super::json_text(&log(document))
}

fn log(document: &Document) -> Value {
    let (_, code, _) = words::ending(document);
    let mut driver = json!({ "name": "agentauthz", "rules": rules() });
    if let Value::Object(members) = &mut driver
        && !document.tool.is_empty()
    {
        members.insert("version".to_owned(), json!(inert(&document.tool, 40)));
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": { "id": "agentauthz/diff/" },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "exitCode": code,
                "toolExecutionNotifications": notifications(document),
            }],
            "results": document.groups.iter().map(|group| result(document, group)).collect::<Vec<_>>(),
        }],
    })
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn rules() -> Vec<Value> {
    ChangeClass::ALL
        .into_iter()
        .map(|class| {
            let (short, help) = explained(class);
            let level = match class {
                ChangeClass::ErrorOpened | ChangeClass::NewlyAllowed => Level::Error,
                ChangeClass::ErrorClosed
                | ChangeClass::NewlyDenied
                | ChangeClass::NewlyUndecidable => Level::Warning,
                ChangeClass::NewlyDecidable
                | ChangeClass::ErrorChanged
                | ChangeClass::ReasonChanged
                | ChangeClass::Unchanged => Level::Note,
            };
            let name: String = class
                .name()
                .split('-')
                .flat_map(|part| {
                    let mut letters = part.chars();
                    letters
                        .next()
                        .map(|first| first.to_ascii_uppercase())
                        .into_iter()
                        .chain(letters)
                })
                .collect();
            json!({
                "id": words::class_id(class),
                "name": name,
                "shortDescription": { "text": short },
                "fullDescription": { "text": short },
                "help": { "text": help },
                "defaultConfiguration": { "level": word(level) },
            })
        })
        .collect()
}

/// What a class is, and what to do about it.
fn explained(class: ChangeClass) -> (&'static str, &'static str) {
    match class {
        ChangeClass::ErrorOpened => (
            "A forbid that denied raises an error now, so what it stopped is allowed.",
            "Cedar skips a policy that raises an error. Guard what the condition reads with `has`, or take back the change \
             of the schema, the entities or the mapping that broke it.",
        ),
        ChangeClass::NewlyAllowed => (
            "Recorded actions that were denied are allowed now.",
            "If this is meant, approve the group with `agentauthz approve`; if not, pin its examples as unit tests with \
             `agentauthz pin` and narrow the policy.",
        ),
        ChangeClass::ErrorClosed => (
            "A permit that allowed raises an error now, so what it allowed is denied.",
            "Cedar skips a policy that raises an error. Guard what the condition reads with `has`, or take back the change \
             that broke it.",
        ),
        ChangeClass::NewlyDenied => (
            "Recorded actions that were allowed are denied now.",
            "Agents that rely on these actions will stop. If this is meant, approve the group; if not, widen the policy.",
        ),
        ChangeClass::NewlyUndecidable => (
            "Recorded actions that base decides cannot be decided on head.",
            "A policy reads something that the recording does not hold. Nothing is proven of these actions: record what is \
             wanting, or cover them with unit tests.",
        ),
        ChangeClass::NewlyDecidable => (
            "Recorded actions that base cannot decide are decided on head.",
            "What base would have decided is not known. Look at the examples, above all where head allows.",
        ),
        ChangeClass::ErrorChanged => (
            "The decision is the same, but other policies raise errors.",
            "A policy that raises an error is skipped. It decides nothing here, but it may elsewhere.",
        ),
        ChangeClass::ReasonChanged => (
            "The decision is the same, by other policies.",
            "Nothing is to be done, unless the reasons are shown to somebody.",
        ),
        ChangeClass::Unchanged => ("Nothing changed.", "Nothing is to be done."),
    }
}

fn result(document: &Document, group: &GroupNote) -> Value {
    let index = ChangeClass::ALL
        .iter()
        .position(|class| *class == group.class);
    let mut result = Map::new();
    let mut set = |name: &str, value: Value| {
        result.insert(name.to_owned(), value);
    };
    set("ruleId", json!(words::class_id(group.class)));
    if let Some(index) = index {
        set("ruleIndex", json!(index));
    }
    set("level", json!(word(words::level(document, group))));
    set("message", json!({ "text": message(group) }));
    if let Some((path, line)) = words::place(document, group) {
        set(
            "locations",
            json!([{ "physicalLocation": {
                "artifactLocation": { "uri": uri(&path), "uriBaseId": "%SRCROOT%" },
                "region": { "startLine": line },
            } }]),
        );
    }
    set(
        "partialFingerprints",
        json!({ "agentauthzGroup/v1": inert(&group.fingerprint, 128) }),
    );
    if let Some(approval) = group
        .approval
        .as_ref()
        .filter(|approval| approval.state == ApprovalState::Used)
    {
        let reason = format!(
            "{} (until {})",
            inert(&approval.reason, 300),
            inert(&approval.expires, 10)
        );
        set(
            "suppressions",
            json!([{ "kind": "external", "status": "accepted", "justification": reason }]),
        );
    }
    set(
        "properties",
        json!({
            "group": group.number,
            "actions": group.actions,
            "agents": group.by_agent.len(),
            "sessions": group.sessions,
            "risk": group.risk,
            "widened": group.widened,
            "narrowed": group.narrowed,
        }),
    );
    Value::Object(result)
}

fn message(group: &GroupNote) -> String {
    format!(
        "{} {}: {}, {}, {}. {}",
        inert(&group.title, 400),
        words::class(group),
        count(group.actions, "recorded action"),
        count(group.by_agent.len() as u64, "agent"),
        count(group.sessions, "session"),
        inert(&words::cause(group), 400)
    )
}

fn notifications(document: &Document) -> Vec<Value> {
    let gates = document.verdict.iter().flat_map(|verdict| &verdict.gates);
    gates
        .map(|gate| {
            let level = match gate.verdict {
                GateVerdict::Failed => Level::Error,
                GateVerdict::Inconclusive => Level::Warning,
                GateVerdict::Passed => Level::Note,
            };
            let text = format!(
                "{} {}: {} (limit {}, {})",
                inert(&gate.gate, 80),
                words::gate(gate.verdict),
                inert(&gate.actual, 160),
                inert(&gate.limit, 160),
                inert(&gate.from, 40)
            );
            json!({
                "descriptor": { "id": format!("gate/{}", inert(&gate.gate, 80)) },
                "level": word(level),
                "message": { "text": text },
            })
        })
        .collect()
}

/// A path as a relative reference: everything but letters, digits and a few signs is written by its bytes.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
