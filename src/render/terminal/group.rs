//! One group of changes, in full.

use super::explain::ways;
use super::table::{Align, Table};
use crate::diff::document::{DecidingValue, GroupNote, PlaceNote, Risk, UnitNote, WayNote};
use crate::engine::Way;
use crate::render::escape::shortened;
use crate::render::{Role, count, paint, percent, printable};
use std::collections::BTreeMap;

/// So many names of one kind are shown.
const NAMED: usize = 5;

/// What a group is, what is behind it, and how it can be told.
pub fn group(group: &GroupNote) -> String {
    let mut out = format!(
        "group    {}  {}  {}{}\n",
        group.number,
        paint(Role::of_class(group.class), group.class),
        printable(&group.fingerprint),
        risk(group.risk)
    );
    let mut line = |name: &str, text: String| out.push_str(&format!("{name:<8} {text}\n"));
    line("title", printable(&group.title));
    line("traffic", traffic(group));
    for unit in &group.cause.units {
        line("change", unit_line(unit));
    }
    if group.cause.exact {
        let why = ways(&read(&group.cause.why), "the change of", "the changes of");
        let undo = ways(&read(&group.cause.undo), "taking back", "taking back");
        line("why", why);
        line("undo", undo);
    }
    for (name, list) in [
        ("gained", &group.cause.gained),
        ("lost", &group.cause.lost),
        ("wanting", &group.cause.wanting),
    ] {
        if !list.is_empty() {
            line(name, some(list.iter().map(String::as_str)));
        }
    }
    if let Some(predicate) = &group.predicate {
        let all: Vec<String> = predicate
            .all
            .iter()
            .map(|text| shortened(&printable(text), 160))
            .collect();
        let text = match all.is_empty() {
            true => "every call of these actions".to_owned(),
            false => all.join(" && "),
        };
        let share = |share: f64| percent((share * 10_000.0).round() as u64, 10_000);
        line(
            "when",
            format!(
                "{text}  (precision {}, recall {}, on {} flipped and {} others{})",
                share(predicate.precision),
                share(predicate.recall),
                predicate.flipped,
                predicate.unflipped,
                if predicate.complete { "" } else { ", a sample" }
            ),
        );
    }
    for value in &group.values {
        line("values", values(value));
    }
    out
}

fn risk(risk: Risk) -> String {
    let name = match risk {
        Risk::Money => "moves money",
        Risk::Destructive => "destroys",
        Risk::Admin => "changes who may do what",
        Risk::Egress => "sends something out",
        Risk::Write => "writes",
        Risk::Read => "reads",
        Risk::Unrated => return String::new(),
    };
    format!(" · {name}")
}

fn traffic(group: &GroupNote) -> String {
    let mut parts = vec![count(group.actions, "action")];
    for names in [&group.by_action, &group.by_agent] {
        if !names.is_empty() {
            parts.push(most(names));
        }
    }
    parts.push(count(group.sessions, "session"));
    if let (Some(first), Some(last)) = (&group.first_seen, &group.last_seen) {
        parts.push(format!("{} … {}", printable(first), printable(last)));
    }
    parts.join(" · ")
}

/// The most frequent names.
fn most(names: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<(&String, &u64)> = names.iter().collect();
    sorted.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    some(sorted.into_iter().map(|(name, _)| name.as_str()))
}

fn some<'t>(names: impl ExactSizeIterator<Item = &'t str>) -> String {
    let left = names.len().saturating_sub(NAMED);
    let mut shown: Vec<String> = names
        .take(NAMED)
        .map(|name| shortened(&printable(name), 80))
        .collect();
    if left > 0 {
        shown.push(format!("and {left} more"));
    }
    shown.join(", ")
}

fn unit_line(unit: &UnitNote) -> String {
    let name = paint(Role::Name, printable(&unit.name));
    let edits: Vec<String> = unit
        .edits
        .iter()
        .map(|edit| shortened(&printable(edit), 160))
        .collect();
    let edits = match edits.is_empty() {
        true => "its text is the same on both sides".to_owned(),
        false => edits.join("; "),
    };
    let place = unit.head.as_ref().or(unit.base.as_ref()).map(place);
    let mut text = format!(
        "{} {name}: {edits}  {}",
        printable(&unit.effect),
        place.unwrap_or_default()
    );
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]);
    for (side, status, blocking) in [
        ("base", &unit.base_status, &unit.base_blocking),
        ("head", &unit.head_status, &unit.head_blocking),
    ] {
        let at = blocking
            .as_ref()
            .map(|text| format!("at `{}`", shortened(&printable(text), 120)));
        table.row([side.to_owned(), printable(status), at.unwrap_or_default()]);
    }
    text.push('\n');
    text.push_str(table.draw("         ").trim_end());
    text
}

fn place(place: &PlaceNote) -> String {
    paint(
        Role::Quiet,
        format!("{}:{}", printable(&place.path), place.changed),
    )
}

fn values(value: &DecidingValue) -> String {
    let mut parts = Vec::new();
    if let Some([least, greatest]) = &value.range {
        parts.push(match least == greatest {
            true => printable(least),
            false => format!("{} … {}", printable(least), printable(greatest)),
        });
    }
    if !value.distinct.is_empty() {
        let more = if value.more { ", …" } else { "" };
        parts.push(format!(
            "{}{more}",
            some(value.distinct.iter().map(String::as_str))
        ));
    }
    if value.absent > 0 {
        parts.push(format!(
            "absent or unknown in {}",
            count(value.absent, "action")
        ));
    }
    format!("{}  {}", printable(&value.path), parts.join(" · "))
}

fn read(ways: &[WayNote]) -> Vec<Way> {
    let names = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
    ways.iter()
        .map(|way| Way {
            all: names(&way.all),
            and_one_of: names(&way.and_one_of),
        })
        .collect()
}
