//! Groups in Markdown: a heading that names the effect, a line with the numbers, and what explains it, folded.

use super::folded;
use super::text::{code, sentence};
use crate::diff::document::{ApprovalState, Document, Exemplar, GroupNote};
use crate::model::ChangeClass;
use crate::render::numbers::{count, grouped};
use crate::render::words;
use std::collections::BTreeMap;

/// Other reasons for the same decision are counted, not listed.
pub(super) fn matters(group: &GroupNote) -> bool {
    match group.class {
        ChangeClass::ReasonChanged | ChangeClass::Unchanged => group.widened || group.narrowed,
        ChangeClass::ErrorOpened
        | ChangeClass::NewlyAllowed
        | ChangeClass::ErrorClosed
        | ChangeClass::NewlyDenied
        | ChangeClass::NewlyUndecidable
        | ChangeClass::NewlyDecidable
        | ChangeClass::ErrorChanged => true,
    }
}

/// A group in full.
pub(super) fn group(document: &Document, group: &GroupNote) -> String {
    let mut out = format!("\n**{}. {}**\n", group.number, sentence(&group.title, 240));
    out.push_str(&format!("{}\n", numbers(document, group)));
    if let Some(unit) = group.cause.units.first() {
        out.push_str(&format!("> {}", sentence(&words::cause(group), 240)));
        if let Some((text, was)) = words::condition(group) {
            let was = was
                .map(|was| format!(", was {}", code(&was, 60)))
                .unwrap_or_default();
            out.push_str(&format!(" – at {}{was}", code(&text, 160)));
        }
        out.push('\n');
        if let Some(error) = unit.error.as_ref().filter(|_| document.values) {
            out.push_str(&format!("> {}\n", code(error, 200)));
        }
    }
    out.push_str(&folded(
        &format!("more on group {}", group.number),
        &more(group),
    ));
    out
}

/// A group in one line of a list.
pub(super) fn line(group: &GroupNote) -> String {
    format!(
        "- {}. {}: {} ({})\n",
        group.number,
        class(group),
        sentence(&group.title, 120),
        count(group.actions, "action")
    )
}

fn class(group: &GroupNote) -> String {
    words::class(group)
}

fn numbers(document: &Document, group: &GroupNote) -> String {
    let about = if document.divergences_exact {
        ""
    } else {
        "about "
    };
    let mut parts = vec![
        class(group),
        count(group.actions, "action"),
        count(group.by_agent.len() as u64, "agent"),
        format!("{about}{}", count(group.sessions, "session")),
    ];
    if words::risk(group.risk) != "–" {
        parts.push(format!("risk: {}", words::risk(group.risk)));
    }
    if let Some(place) = group.cause.units.first().and_then(words::place_text) {
        parts.push(code(&place, 120));
    }
    if let Some(approval) = &group.approval {
        let sign = match approval.state {
            ApprovalState::Used => "✔",
            ApprovalState::Drifted | ApprovalState::Expired | ApprovalState::Unused => "✘",
        };
        let state = words::approval(approval.state);
        parts.push(format!(
            "{sign} {state}, expires {}",
            code(&approval.expires, 10)
        ));
    }
    parts.join(" · ")
}

fn more(group: &GroupNote) -> String {
    let mut out = String::new();
    let names = [&group.by_action, &group.by_agent, &group.by_system];
    let names = names.into_iter().filter(|names| !names.is_empty());
    let names: Vec<String> = names.map(|names| counts(names, 6)).collect();
    out.push_str(&format!(
        "- {} · named {}",
        names.join(" · "),
        code(&group.fingerprint, 64)
    ));
    if group.cause.exact && !group.cause.undo.is_empty() {
        let ways: Vec<String> = group
            .cause
            .undo
            .iter()
            .take(3)
            .map(|way| {
                let names: Vec<String> = way
                    .all
                    .iter()
                    .chain(&way.and_one_of)
                    .map(|name| code(name, 80))
                    .collect();
                words::few(&names, 3)
            })
            .collect();
        out.push_str(&format!(
            " · taking back {} gives base's decision",
            ways.join(", or ")
        ));
    }
    out.push('\n');
    if let Some(predicate) = group
        .predicate
        .as_ref()
        .filter(|predicate| !predicate.all.is_empty())
    {
        out.push_str(&format!(
            "- flips when {} (precision {:.2}, recall {:.2})\n",
            code(&predicate.all.join(" && "), 240),
            predicate.precision,
            predicate.recall
        ));
    }
    for value in group.values.iter().take(4) {
        let range = match &value.range {
            Some([least, greatest]) => format!(": {} … {}", code(least, 40), code(greatest, 40)),
            None => String::new(),
        };
        let distinct: Vec<String> = value
            .distinct
            .iter()
            .take(6)
            .map(|text| code(text, 40))
            .collect();
        let distinct = match distinct.is_empty() {
            true => String::new(),
            false => format!(": {}", distinct.join(", ")),
        };
        if !range.is_empty() || !distinct.is_empty() {
            out.push_str(&format!("- {}{range}{distinct}\n", code(&value.path, 80)));
        }
    }
    for exemplar in group.exemplars.iter().take(2) {
        out.push_str(&example(exemplar));
    }
    out
}

fn example(exemplar: &Exemplar) -> String {
    let mut text = format!("- e.g. {}", code(&exemplar.at, 120));
    if let Some(request) = &exemplar.request {
        let parts = [&request.principal, &request.action, &request.resource];
        let parts = parts.map(|part| code(part, 80));
        text.push_str(&format!(": {}", parts.join(" → ")));
        if !request.context.is_empty() {
            let context: Vec<String> = request
                .context
                .iter()
                .take(8)
                .map(|(name, value)| {
                    let start: String = value.chars().take(200).collect();
                    format!("{}: {start}", name.chars().take(60).collect::<String>())
                })
                .collect();
            text.push_str(&format!(" {}", code(&context.join(", "), 300)));
        }
    }
    text.push_str(&format!(" {}\n", code(&words::decisions(exemplar), 60)));
    text
}

/// The most frequent names with their numbers.
pub(super) fn counts(numbers: &BTreeMap<String, u64>, limit: usize) -> String {
    let ranked = words::ranked(numbers);
    let mut parts: Vec<String> = ranked
        .iter()
        .take(limit)
        .map(|(name, number)| {
            format!(
                "{} {}",
                code(words::plain_action(name), 60),
                grouped(*number)
            )
        })
        .collect();
    if ranked.len() > limit {
        parts.push(format!(
            "and {} more",
            grouped((ranked.len() - limit) as u64)
        ));
    }
    parts.join(", ")
}
