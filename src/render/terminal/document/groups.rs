//! The table of groups: a line for each with its numbers and its cause, and a line or two with where and when.

use super::super::table::{Align, Table};
use super::WIDTH;
use crate::diff::document::{ApprovalState, Document, GroupNote};
use crate::model::ChangeClass;
use crate::render::escape::inert;
use crate::render::style::aside;
use crate::render::{Detail, Role, Shown, count, grouped, paint, words};

/// The groups that are shown, in their order. Changes of reasons alone are counted without `-v`.
pub(super) fn listed<'d>(document: &'d Document, shown: &Shown) -> Vec<&'d GroupNote> {
    let limit = match shown.detail {
        Detail::Everything => usize::MAX,
        Detail::Screen | Detail::Result => super::GROUPS,
    };
    let groups = document.groups.iter();
    let wanted = groups.filter(|group| limit == usize::MAX || matters(group));
    wanted.take(limit).collect()
}

fn matters(group: &GroupNote) -> bool {
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

/// The table, `each` lines a group, and what is not in it.
pub(super) fn table(
    document: &Document,
    listed: &[&GroupNote],
    each: usize,
    shown: &Shown,
) -> String {
    let mut out = String::new();
    if !listed.is_empty() {
        out.push('\n');
        let drawn = rows(document, listed);
        let mut lines = drawn.lines();
        out.push_str(&format!("{}\n", lines.next().unwrap_or_default()));
        for (group, line) in listed.iter().zip(lines) {
            out.push_str(&format!("{line}\n"));
            if shown.detail == Detail::Everything {
                out.push_str(&super::details::group(group));
                continue;
            }
            if each > 1 {
                out.push_str(&whereabouts(group));
            }
            if each > 2 {
                out.push_str(&example(group));
            }
        }
    }
    out.push_str(&rest(document, listed, shown));
    out
}

fn rows(document: &Document, listed: &[&GroupNote]) -> String {
    let mut table = Table::new(&[
        Align::Right,
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Left,
        Align::Left,
    ]);
    let heading = ["#", "class", "actions", "sess", "agents", "risk", "cause"];
    table.row(heading.map(|text| paint(Role::Quiet, text)));
    for group in listed {
        let about = if document.divergences_exact { "" } else { "~" };
        table.row([
            group.number.to_string(),
            paint(Role::of_group(group), words::class(group)),
            grouped(group.actions),
            format!("{about}{}", grouped(group.sessions)),
            grouped(group.by_agent.len() as u64),
            words::risk(group.risk).to_owned(),
            inert(&words::cause(group), 62),
        ]);
    }
    table.draw(" ")
}

/// What was done, where the cause stands, and under which condition it decides.
fn whereabouts(group: &GroupNote) -> String {
    let mut parts = Vec::new();
    if let Some(approval) = &group.approval {
        let role = match approval.state {
            ApprovalState::Used => Role::Good,
            ApprovalState::Drifted | ApprovalState::Expired | ApprovalState::Unused => Role::Bad,
        };
        let sign = if approval.state == ApprovalState::Used {
            "✔ "
        } else {
            "✘ "
        };
        let until = match approval.state {
            ApprovalState::Used | ApprovalState::Drifted | ApprovalState::Unused => "until",
            ApprovalState::Expired => "on",
        };
        let text = format!(
            "{sign}{} {until} {}",
            words::approval(approval.state),
            inert(&approval.expires, 10)
        );
        parts.push(paint(role, text));
    }
    let names: Vec<String> = words::ranked(&group.by_action)
        .into_iter()
        .map(|(name, _)| words::plain_action(name).chars().take(40).collect())
        .collect();
    parts.push(inert(&words::few(&names, 2), 32));
    if let Some(place) = group.cause.units.first().and_then(words::place_text) {
        parts.push(inert(&place, 44));
    }
    if let Some((text, was)) = words::condition(group) {
        let was = was
            .map(|was| format!(", was {}", inert(&was, 24)))
            .unwrap_or_default();
        let used: usize = parts.iter().map(|part| part.chars().count() + 3).sum();
        let room = (WIDTH - 8)
            .saturating_sub(used + was.chars().count())
            .max(24);
        parts.push(format!("`{}`{was}", inert(&text, room)));
    }
    format!("      {}\n", parts.join(" · "))
}

/// The riskiest example.
fn example(group: &GroupNote) -> String {
    let Some(exemplar) = group.exemplars.first() else {
        return String::new();
    };
    let request = exemplar.request.as_ref();
    let request = request.map(|request| {
        let context: Vec<String> = request
            .context
            .iter()
            .take(6)
            .map(|(name, value)| format!("{} {}", brief(name, 30), brief(value, 120)))
            .collect();
        let (principal, resource) = (brief(&request.principal, 60), brief(&request.resource, 60));
        format!("  {principal} → {resource}  {}", context.join("  "))
    });
    let text = format!(
        "#{}  {}{}",
        brief(&exemplar.id, 40),
        words::decisions(exemplar),
        request.unwrap_or_default()
    );
    aside(format!("      {}", inert(&text, WIDTH - 8)))
}

fn brief(text: &str, limit: usize) -> String {
    inert(text, limit)
}

fn rest(document: &Document, listed: &[&GroupNote], shown: &Shown) -> String {
    if shown.detail == Detail::Everything {
        return String::new();
    }
    let mut parts = Vec::new();
    let more = document
        .groups
        .iter()
        .filter(|group| matters(group))
        .count();
    if more > listed.len() {
        let text = count((more - listed.len()) as u64, "group");
        parts.push(format!("and {text} more (-v)"));
    }
    if document.ungrouped > 0 {
        parts.push(format!(
            "{} in no group",
            count(document.ungrouped, "change")
        ));
    }
    let reasons = document
        .classes
        .iter()
        .find(|class| class.class == ChangeClass::ReasonChanged);
    if let Some(reasons) = reasons.filter(|class| class.actions > 0) {
        parts.push(format!(
            "reason changed {}: the same decision by other policies (-v)",
            grouped(reasons.actions)
        ));
    }
    match parts.is_empty() {
        true => String::new(),
        false => aside(format!("      {}", parts.join(" · "))),
    }
}
