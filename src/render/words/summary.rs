//! What came of a comparison, what it rests on, and what changed in the repository, each in a line.

use super::{change, few, gates};
use crate::diff::document::{Document, GateVerdict, PolicyChangeWord};
use crate::render::numbers::{count, grouped, percent};

/// What is counted of actions that lack a fact which policies read, where the decision does not depend on it.
pub(in crate::render) const DESPITE: &str = "decided despite unknowns";

/// Actions that widened, and actions that narrowed.
pub(in crate::render) fn moved(document: &Document) -> (u64, u64) {
    document
        .classes
        .iter()
        .fold((0, 0), |(widened, narrowed), class| {
            (
                widened.saturating_add(class.widened),
                narrowed.saturating_add(class.narrowed),
            )
        })
}

/// Whether nothing flipped. It is only said where something was compared, and all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Flips {
    /// Nothing was replayed.
    NothingReplayed,
    /// No action was decided on both sides.
    NothingCompared,
    /// Some decisions changed.
    Some,
    /// None that was compared, but so many actions were not.
    NoneCompared(u64),
    /// None, of all actions.
    None,
}

/// Whether nothing flipped.
pub(in crate::render) fn flips(document: &Document) -> Flips {
    let actions = document
        .traffic
        .as_ref()
        .map_or(0, |traffic| traffic.actions);
    let malformed = document
        .traffic
        .as_ref()
        .map_or(0, |traffic| traffic.malformed);
    let flipped = document.classes.iter().any(|class| {
        class.actions > 0 && (class.class.is_flip() || class.widened > 0 || class.narrowed > 0)
    });
    let grouped = document.groups.iter().any(|group| group.class.is_flip());
    if actions == 0 {
        Flips::NothingReplayed
    } else if flipped || grouped || document.ungrouped > 0 {
        Flips::Some
    } else if document.trust.compared == 0 {
        Flips::NothingCompared
    } else {
        match actions
            .saturating_sub(document.trust.compared)
            .saturating_add(malformed)
        {
            0 => Flips::None,
            rest => Flips::NoneCompared(rest),
        }
    }
}

/// What came of it, in one sentence without a full stop.
pub(in crate::render) fn outcome(document: &Document) -> String {
    let compared = count(document.trust.compared, "action");
    match flips(document) {
        Flips::NothingReplayed => match document.traffic {
            None => "nothing was replayed: no recording was given".to_owned(),
            Some(_) => "nothing was replayed: the recordings hold no action".to_owned(),
        },
        Flips::NothingCompared => "no recorded action could be decided on both sides".to_owned(),
        Flips::Some => {
            let (widened, narrowed) = moved(document);
            format!(
                "{} widened, {} narrowed",
                count(widened, "action"),
                grouped(narrowed)
            )
        }
        Flips::NoneCompared(rest) => format!(
            "{compared} decided alike on both sides, {} not compared",
            grouped(rest)
        ),
        Flips::None => format!("no flips, of {compared}"),
    }
}

/// How a report ends: the word, the exit code and why.
pub(in crate::render) fn ending(document: &Document) -> (&'static str, u8, String) {
    let Some(verdict) = &document.verdict else {
        return ("NOT JUDGED", 3, outcome(document));
    };
    let names = |wanted| {
        let gates = gates(document, wanted);
        let names: Vec<String> = gates.iter().map(|gate| gate.gate.clone()).collect();
        few(&names, 4)
    };
    match verdict.result.as_str() {
        "clean" => ("PASS", 0, outcome(document)),
        "inconclusive" => {
            let names = names(GateVerdict::Inconclusive);
            let why = match names.is_empty() {
                true => outcome(document),
                false => format!("{}; {names}", outcome(document)),
            };
            ("INCONCLUSIVE", 3, why)
        }
        _ => {
            let names = names(GateVerdict::Failed);
            let why = match names.is_empty() {
                true => outcome(document),
                false => format!("{}; failed: {names}", outcome(document)),
            };
            ("FAIL", 1, why)
        }
    }
}

/// What was replayed: `4,663 actions · 8 agents · 620 sessions · 2026-09-01 … 2026-10-31`.
pub(in crate::render) fn traffic(document: &Document) -> String {
    let Some(traffic) = document
        .traffic
        .as_ref()
        .filter(|traffic| traffic.actions > 0)
    else {
        return outcome(document);
    };
    let about = if traffic.sessions_exact { "" } else { "about " };
    let mut parts = vec![
        count(traffic.actions, "action"),
        count(traffic.agents.len() as u64, "agent"),
        format!("{about}{}", count(traffic.sessions, "session")),
    ];
    let day = |time: &String| time.chars().take(10).collect::<String>();
    if let (Some(first), Some(last)) = (&traffic.first, &traffic.last) {
        parts.push(format!("{} … {}", day(first), day(last)));
    }
    if traffic.malformed > 0 {
        parts.push(format!("{} unreadable", count(traffic.malformed, "record")));
    }
    parts.join(" · ")
}

/// Whether it can be trusted, in one line: what both sides decided, and, base → head, what could not be.
pub(in crate::render) fn trust(document: &Document) -> String {
    let trust = &document.trust;
    let actions = document
        .traffic
        .as_ref()
        .map_or(0, |traffic| traffic.actions);
    let mut parts = vec![format!(
        "decided {}",
        percent(trust.compared.min(actions), actions)
    )];
    let fidelity = &trust.fidelity;
    parts.push(match fidelity.compared {
        0 => "fidelity unknown: no decision was recorded".to_owned(),
        compared => format!(
            "fidelity {} ({})",
            percent(fidelity.same.min(compared), compared),
            match compared.saturating_sub(fidelity.same) {
                1 => "1 mismatch".to_owned(),
                number => format!("{} mismatches", grouped(number)),
            }
        ),
    });
    for (what, base, head) in [
        (
            "undecidable",
            trust.base.undecidable,
            trust.head.undecidable,
        ),
        (DESPITE, trust.base.rescued, trust.head.rescued),
        (
            "without request",
            trust.base.not_replayable,
            trust.head.not_replayable,
        ),
    ] {
        match (base, head) {
            (0, 0) => {}
            (base, head) if base == head => parts.push(format!("{} {what}", grouped(base))),
            (base, head) => parts.push(format!("{} → {} {what}", grouped(base), grouped(head))),
        }
    }
    if let Some(days) = trust.age_days.filter(|days| *days > 0) {
        parts.push(format!("{} old", count(days.unsigned_abs(), "day")));
    }
    parts.join(" · ")
}

/// What weakens the trust beyond the line of trust, each a phrase.
pub(in crate::render) fn doubts(document: &Document) -> Vec<String> {
    let trust = &document.trust;
    let mut found = Vec::new();
    let untried = trust
        .untried
        .iter()
        .filter(|untried| !untried.tested)
        .count();
    if untried > 0 {
        found.push(match untried {
            1 => "1 changed policy has neither traffic nor test".to_owned(),
            number => format!(
                "{} changed policies have neither traffic nor test",
                grouped(number as u64)
            ),
        });
    }
    let undecided: u64 = trust
        .undecided_changes
        .values()
        .fold(0, |sum, number| sum.saturating_add(*number));
    if undecided > 0 {
        found.push(format!(
            "{} rest on a changed policy",
            count(undecided, "undecided action")
        ));
    }
    if !document.repeated_ids.is_empty() {
        found.push(format!(
            "{} stand more than once",
            count(document.repeated_ids.len() as u64, "id")
        ));
    }
    if document.ungrouped > 0 {
        found.push(format!(
            "{} in no group",
            count(document.ungrouped, "change")
        ));
    }
    if !document.diagnostics.is_empty() {
        found.push(format!(
            "{} of the versions",
            count(document.diagnostics.len() as u64, "fault")
        ));
    }
    found
}

/// What changed in the repository: `60 → 61 policies (3 edited, 1 added) · schema changed · 1 entity changed`.
pub(in crate::render) fn repository(document: &Document) -> String {
    let repository = &document.repository;
    let mut kinds = Vec::new();
    for kind in [
        PolicyChangeWord::Edited,
        PolicyChangeWord::Added,
        PolicyChangeWord::Removed,
        PolicyChangeWord::Moved,
    ] {
        let number = repository
            .policies
            .iter()
            .filter(|policy| policy.kind == kind)
            .count();
        if number > 0 {
            kinds.push(format!("{} {}", grouped(number as u64), change(kind)));
        }
    }
    let changed = match kinds.is_empty() {
        true => "no policy changed".to_owned(),
        false => kinds.join(", "),
    };
    let yes = |changed: bool| if changed { "changed" } else { "unchanged" };
    let entities = match repository.entities.len() {
        0 => "entities unchanged".to_owned(),
        number => format!("{} changed", count(number as u64, "entity")),
    };
    format!(
        "policies {} → {} ({changed}) · schema {} · mapping {} · {entities}",
        grouped(document.base.policies),
        grouped(document.head.policies),
        yes(repository.schema),
        yes(repository.mapping),
    )
}
