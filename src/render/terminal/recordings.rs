//! What several reports say of recordings.

use crate::engine::{Counts, Distinct, Note, Notes, Volume};
use crate::render::escape::shortened;
use crate::render::style::aside;
use crate::render::{Role, count, grouped, paint, percent, printable};
use std::collections::BTreeMap;

/// `612 sessions`, or `about 1,250,000 sessions`.
pub(super) fn sessions(sessions: &Distinct) -> String {
    let text = count(sessions.len(), "session");
    match sessions.is_exact() {
        true => text,
        false => format!("about {text}"),
    }
}

/// `4,012 actions · 7 agents · 612 sessions · 2026-09-01 … 2026-10-31`.
pub(super) fn volume(volume: &Volume) -> String {
    let mut parts = vec![
        count(volume.actions, "action"),
        count(volume.agents.len() as u64, "agent"),
        sessions(&volume.sessions),
    ];
    if let Some((first, last)) = volume.window {
        let day = |time: jiff::Timestamp| time.strftime("%Y-%m-%d").to_string();
        parts.push(format!("{} … {}", day(first), day(last)));
    }
    parts.join(" · ")
}

/// The lines about what could not be read as an action.
pub(super) fn unreadable(volume: &Volume, verbose: bool) -> String {
    let mut out = String::new();
    if volume.malformed.count > 0 {
        out.push_str(&notes("malformed", &volume.malformed, verbose));
    }
    for (reason, number) in volume.dropped.iter() {
        out.push_str(&format!(
            "  left out by the importer: {reason} {}\n",
            grouped(number)
        ));
    }
    out
}

/// A heading with the first notes of a kind.
pub(super) fn notes(heading: &str, notes: &Notes, verbose: bool) -> String {
    let mut out = format!("  {} {}\n", paint(Role::Bad, heading), grouped(notes.count));
    let shown = if verbose {
        notes.first.len()
    } else {
        notes.first.len().min(3)
    };
    for note in notes.first.iter().take(shown) {
        out.push_str(&format!("    {}\n", line(note)));
    }
    let rest = notes.count - shown as u64;
    if rest > 0 {
        out.push_str(&aside(format!("    and {} more", grouped(rest))));
    }
    out
}

fn line(note: &Note) -> String {
    let place = printable(&note.place.to_string());
    let id = note
        .id
        .as_deref()
        .map(|id| format!("{} ", printable(id)))
        .unwrap_or_default();
    format!(
        "{} {id}{}",
        paint(Role::Quiet, place),
        shortened(&printable(&note.message), 160)
    )
}

/// `name 12 · other 3 · and 4 more`.
pub(super) fn ranked(counts: &Counts, limit: usize) -> String {
    let ranked = counts.ranked();
    let mut parts: Vec<String> = ranked
        .iter()
        .take(limit)
        .map(|(name, number)| format!("{} {}", shortened(&printable(name), 60), grouped(*number)))
        .collect();
    let rest = ranked.len().saturating_sub(limit) as u64 + u64::from(counts.others() > 0);
    if rest > 0 {
        parts.push(format!("and {} more", grouped(rest)));
    }
    parts.join(" · ")
}

/// The line about ids that stand more than once.
pub(super) fn repeated(repeated: &BTreeMap<String, u64>) -> String {
    if repeated.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = repeated
        .iter()
        .take(3)
        .map(|(id, times)| format!("`{}` {times} times", shortened(&printable(id), 60)))
        .collect();
    let rest = repeated.len().saturating_sub(3);
    let more = if rest > 0 {
        format!(", and {} more", grouped(rest as u64))
    } else {
        String::new()
    };
    format!(
        "  {} {}: {}{more}\n",
        paint(Role::Warning, "repeated ids"),
        grouped(repeated.len() as u64),
        shown.join(", ")
    )
}

/// How the actions were decided: `engine   4,131 compiled · 512 interpreted (11.02 %) · 0 not evaluated`.
pub(super) fn engine(
    actions: u64,
    interpreted: (u64, &[(&str, u64)]),
    unaffected: Option<u64>,
    verified: usize,
) -> String {
    let (interpreted, left) = interpreted;
    let taken = actions.saturating_sub(interpreted);
    let evaluated = taken.saturating_sub(unaffected.unwrap_or_default());
    let mut parts = vec![
        format!("{} compiled", grouped(evaluated)),
        format!(
            "{} interpreted ({})",
            grouped(interpreted),
            percent(interpreted, actions)
        ),
    ];
    if let Some(unaffected) = unaffected {
        parts.push(format!(
            "{} that no changed policy decides, not evaluated",
            grouped(unaffected)
        ));
    }
    if verified > 0 {
        let actions = count(verified as u64, "action");
        parts.push(format!("{actions} verified by Cedar's authorizer"));
    }
    let mut reasons: Vec<(&str, u64)> = left.to_vec();
    reasons.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(name, number)| format!("{name} {}", grouped(*number)))
        .collect();
    let why = match reasons.is_empty() {
        true => String::new(),
        false => format!("         read in full because: {}\n", reasons.join(" · ")),
    };
    format!("engine   {}\n{why}", parts.join(" · "))
}
