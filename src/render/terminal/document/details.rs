//! Everything about one group.

use crate::diff::document::{DecidingValue, Exemplar, GroupNote, SideNote, UnitNote, WayNote};
use crate::render::escape::inert;
use crate::render::{Role, grouped, paint, percent, words};
use std::collections::BTreeMap;

/// How much of a text is shown.
const LONG: usize = 300;

/// The lines about a group, below its row of the table.
pub(super) fn group(group: &GroupNote) -> String {
    let mut out = String::new();
    let mut line = |name: &str, text: String| {
        if !text.is_empty() {
            out.push_str(&format!(
                "      {} {text}\n",
                paint(Role::Quiet, format!("{name:<9}"))
            ));
        }
    };
    line("effect", inert(&group.title, LONG));
    line("named", inert(&group.fingerprint, 64));
    let cause = &group.cause;
    let proven = if cause.exact { "" } else { "not proven" };
    line("why", ways(&cause.why, proven));
    line("undo", ways(&cause.undo, ""));
    line("gained", names(&cause.gained));
    line("lost", names(&cause.lost));
    line("wanting", names(&cause.wanting));
    for unit in &cause.units {
        line("edit", edit(unit));
    }
    line("actions", counts(&group.by_action));
    line("agents", counts(&group.by_agent));
    line("systems", counts(&group.by_system));
    line(
        "sessions",
        format!(
            "{} · {} first of their session · {} after another flip",
            grouped(group.sessions),
            grouped(group.first_divergences),
            grouped(group.downstream)
        ),
    );
    if let (Some(first), Some(last)) = (&group.first_seen, &group.last_seen) {
        line(
            "seen",
            format!("{} … {}", inert(first, 40), inert(last, 40)),
        );
    }
    if let Some(predicate) = &group.predicate {
        let all: Vec<String> = predicate.all.iter().map(|part| inert(part, LONG)).collect();
        let when = match all.is_empty() {
            true => "every call".to_owned(),
            false => all.join(" && "),
        };
        let sample = if predicate.complete {
            ""
        } else {
            ", of a sample"
        };
        line(
            "when",
            format!(
                "{when} (precision {:.2}, recall {:.2}, of {} flipped and {} others{sample})",
                predicate.precision,
                predicate.recall,
                grouped(predicate.flipped),
                grouped(predicate.unflipped)
            ),
        );
    }
    for value in &group.values {
        line("value", values(value));
    }
    for exemplar in &group.exemplars {
        line("example", example(exemplar));
        line("  base", side(&exemplar.base));
        line("  head", side(&exemplar.head));
    }
    if let Some(approval) = &group.approval {
        let drift = match approval.drift.is_empty() {
            true => String::new(),
            false => format!(" · {}", names(&approval.drift)),
        };
        line(
            "approval",
            format!(
                "{} until {} · owner {} · approver {} · {}{drift}",
                words::approval(approval.state),
                inert(&approval.expires, 10),
                inert(&approval.owner, 60),
                inert(&approval.approver, 60),
                inert(&approval.reason, LONG)
            ),
        );
    }
    out
}

fn names(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(20)
        .map(|name| inert(name, LONG))
        .collect();
    words::few(&shown, 20) + &more(names.len(), 20)
}

fn more(number: usize, limit: usize) -> String {
    match number.saturating_sub(limit) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    }
}

fn ways(ways: &[WayNote], or: &str) -> String {
    let texts: Vec<String> = ways
        .iter()
        .map(|way| {
            let mut text = names(&way.all);
            if !way.and_one_of.is_empty() {
                let and = if text.is_empty() { "" } else { " and " };
                text.push_str(&format!("{and}one of {}", names(&way.and_one_of)));
            }
            text
        })
        .collect();
    match texts.is_empty() {
        true => or.to_owned(),
        false => texts.join("; or "),
    }
}

fn edit(unit: &UnitNote) -> String {
    let mut text = format!(
        "{} {} {}  {}",
        inert(&unit.effect, 12),
        inert(&unit.kind, 12),
        paint(Role::Name, inert(&unit.name, 120)),
        inert(&words::done(unit), LONG)
    );
    if let Some(place) = words::place_text(unit) {
        text.push_str(&format!("  {}", inert(&place, 160)));
    }
    for (name, status, blocking) in [
        ("base", &unit.base_status, &unit.base_blocking),
        ("head", &unit.head_status, &unit.head_blocking),
    ] {
        text.push_str(&format!("\n                  {name} {}", inert(status, 20)));
        if let Some(blocking) = blocking {
            text.push_str(&format!(" at `{}`", inert(blocking, LONG)));
        }
    }
    if let Some(error) = &unit.error {
        text.push_str(&format!(": {}", inert(error, LONG)));
    }
    text
}

pub(super) fn counts(names: &BTreeMap<String, u64>) -> String {
    let ranked = words::ranked(names);
    let shown: Vec<String> = ranked
        .iter()
        .take(20)
        .map(|(name, number)| {
            format!(
                "{} {}",
                inert(words::plain_action(name), 60),
                grouped(*number)
            )
        })
        .collect();
    shown.join(" · ") + &more(ranked.len(), 20)
}

fn values(value: &DecidingValue) -> String {
    let mut text = inert(&value.path, 120);
    if let Some([least, greatest]) = &value.range {
        text.push_str(&format!("  {} … {}", inert(least, 60), inert(greatest, 60)));
    }
    if !value.distinct.is_empty() {
        text.push_str(&format!("  {}", names(&value.distinct)));
        if value.more {
            text.push_str(" and others");
        }
    }
    if value.absent > 0 {
        text.push_str(&format!("  absent in {}", grouped(value.absent)));
    }
    if let Some(histogram) = &value.histogram {
        for threshold in &histogram.thresholds {
            text.push_str(&format!(
                "\n                  {} `{}`",
                inert(&threshold.side, 8),
                inert(&threshold.text, LONG)
            ));
        }
        let whole = histogram
            .flipped
            .iter()
            .fold(0u64, |sum, number| sum.saturating_add(*number));
        for (at, flipped) in histogram.flipped.iter().enumerate() {
            let (Some(from), Some(to)) = (histogram.limits.get(at), histogram.limits.get(at + 1))
            else {
                break;
            };
            let unflipped = histogram.unflipped.get(at).copied().unwrap_or_default();
            text.push_str(&format!(
                "\n                  {from} … {to}  flipped {} ({})  others {}",
                grouped(*flipped),
                percent((*flipped).min(whole), whole),
                grouped(unflipped)
            ));
        }
    }
    text
}

fn example(exemplar: &Exemplar) -> String {
    let mut text = inert(&exemplar.at, 160);
    for (name, value) in [
        ("agent", &exemplar.agent),
        ("session", &exemplar.session),
        ("time", &exemplar.time),
        ("tool", &exemplar.tool),
        ("router", &exemplar.router),
    ] {
        if let Some(value) = value {
            text.push_str(&format!(" · {name} {}", inert(value, 60)));
        }
    }
    if let Some(request) = &exemplar.request {
        let (principal, action) = (inert(&request.principal, 80), inert(&request.action, 80));
        text.push_str(&format!(
            "\n                {principal} → {action} → {}",
            inert(&request.resource, 80)
        ));
        for (name, value) in request.context.iter().take(30) {
            text.push_str(&format!(
                "\n                  {} = {}",
                inert(name, 60),
                inert(value, LONG)
            ));
        }
    }
    text
}

fn side(side: &SideNote) -> String {
    let mut text = inert(&side.decision, 20);
    for (word, list) in [
        ("by", &side.determining),
        ("errors of", &side.errors),
        ("wanting", &side.wanting),
    ] {
        if !list.is_empty() {
            text.push_str(&format!(" {word} {}", names(list)));
        }
    }
    let saw: Vec<String> = side
        .saw
        .iter()
        .take(20)
        .map(|(path, value)| format!("{} = {}", inert(path, 80), inert(value, 120)))
        .collect();
    if !saw.is_empty() {
        text.push_str(&format!("  saw {}", saw.join(", ")));
    }
    text
}
