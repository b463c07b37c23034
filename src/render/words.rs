//! How a report of a diff is put into words: what every format says alike. Nothing here is safe to print by itself:
//! texts of data come as they are, and each format makes them inert.

mod summary;

pub(super) use summary::{
    DESPITE, Flips, doubts, ending, flips, moved, outcome, repository, traffic, trust,
};

use super::numbers::{count, grouped};
use crate::diff::document::{
    ApprovalState, Document, Exemplar, GateNote, GateVerdict, GroupNote, Origin, PolicyChangeWord,
    Risk, Said, SideNote, UnitNote,
};
use crate::model::ChangeClass;

/// How loud a format says something of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// It fails a gate.
    Error,
    /// It makes the result inconclusive, or nobody judged it.
    Warning,
    /// It is allowed or approved.
    Note,
}

/// How loud the gates make a group.
pub(super) fn level(document: &Document, group: &GroupNote) -> Level {
    let Some(verdict) = &document.verdict else {
        return match group.widened || group.narrowed {
            true => Level::Warning,
            false => Level::Note,
        };
    };
    let counted = |wanted: GateVerdict| {
        let gates = verdict.gates.iter().filter(|gate| gate.verdict == wanted);
        gates
            .flat_map(|gate| &gate.groups)
            .any(|print| *print == group.fingerprint)
    };
    if counted(GateVerdict::Failed) {
        Level::Error
    } else if counted(GateVerdict::Inconclusive) {
        Level::Warning
    } else {
        Level::Note
    }
}

/// A class in words, loud where it widens: `NEWLY ALLOWED`, `newly denied`.
pub(super) fn class(group: &GroupNote) -> String {
    let name = group.class.name().replace('-', " ");
    match group.widened {
        true => name.to_uppercase(),
        false => name,
    }
}

/// A class as JSON writes it: `newly_allowed`.
pub(super) fn class_id(class: ChangeClass) -> String {
    class.name().replace('-', "_")
}

/// What a risk says of an action.
pub(super) fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Money => "money",
        Risk::Destructive => "destructive",
        Risk::Admin => "admin",
        Risk::Egress => "egress",
        Risk::Write => "write",
        Risk::Unrated => "–",
        Risk::Read => "read",
    }
}

/// What a side says of an action.
pub(super) fn said(said: Said) -> &'static str {
    match said {
        Said::Allow => "allow",
        Said::Deny => "deny",
        Said::Undecidable => "undecidable",
        Said::NotReplayable => "no request",
        Said::Unaffected => "not evaluated",
    }
}

/// What became of an approval.
pub(super) fn approval(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Used => "approved",
        ApprovalState::Drifted => "approval drifted",
        ApprovalState::Expired => "approval expired",
        ApprovalState::Unused => "approval unused",
    }
}

/// What a gate came to.
pub(super) fn gate(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Failed => "FAIL",
        GateVerdict::Inconclusive => "INCONCLUSIVE",
        GateVerdict::Passed => "pass",
    }
}

/// What happened to a policy.
pub(super) fn change(word: PolicyChangeWord) -> &'static str {
    match word {
        PolicyChangeWord::Added => "added",
        PolicyChangeWord::Removed => "removed",
        PolicyChangeWord::Edited => "edited",
        PolicyChangeWord::Moved => "moved",
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Policy => "the policy",
        Origin::Entities => "entities",
        Origin::Schema => "the schema",
        Origin::Mapping => "the mapping",
    }
}

/// What is behind a group, in one phrase: ``permit `refund-small`: literal 10000 → 50000``.
pub(super) fn cause(group: &GroupNote) -> String {
    let cause = &group.cause;
    let Some(unit) = cause.units.first() else {
        let named = |word: &str, names: &[String]| match names.is_empty() {
            true => String::new(),
            false => format!("{word} {}", few(&quoted(names), 2)),
        };
        let parts = [
            named("gained", &cause.gained),
            named("lost", &cause.lost),
            named("wanting", &cause.wanting),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        return parts.join("; ");
    };
    let what = if unit.head_status == "error" && unit.base_status != "error" {
        "now raises an error".to_owned()
    } else if !cause.wanting.is_empty() {
        format!(
            "reads {}, which was not recorded",
            few(&quoted(&cause.wanting), 2)
        )
    } else {
        done(unit)
    };
    let more = match cause.units.len() {
        0 | 1 => String::new(),
        number => format!("; and {}", count(number as u64 - 1, "other edit")),
    };
    // A phrase of edits stands apart from the name; one word reads on.
    let colon = match what == done(unit) && !unit.edits.is_empty() && what.contains(' ') {
        true => ":",
        false => "",
    };
    format!("{} `{}`{colon} {what}{more}", unit.effect, unit.name)
}

fn quoted(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}

/// What was done to a unit, in one phrase.
pub(super) fn done(unit: &UnitNote) -> String {
    let from: Vec<&str> = unit.origins.iter().map(|from| origin(*from)).collect();
    match (unit.edits.as_slice(), from.is_empty()) {
        ([], true) => "decides otherwise".to_owned(),
        ([], false) => format!("decides otherwise, by the change of {}", from.join(" and ")),
        (edits, _) => few(edits, 2),
    }
}

/// Names with commas, and how many there are besides.
pub(super) fn few(names: &[String], limit: usize) -> String {
    let shown: Vec<&str> = names.iter().take(limit).map(String::as_str).collect();
    match names.len().saturating_sub(limit) {
        0 => shown.join(", "),
        rest => format!("{} and {} more", shown.join(", "), grouped(rest as u64)),
    }
}

/// The most frequent names first.
pub(super) fn ranked(names: &std::collections::BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut rows: Vec<(&str, u64)> = names
        .iter()
        .map(|(name, number)| (name.as_str(), *number))
        .collect();
    rows.sort_by(|(a, x), (b, y)| y.cmp(x).then(a.cmp(b)));
    rows
}

/// The condition that decided, with the value that the first example holds: the predicate of the group where it is
/// exact, else the atom that blocked.
pub(super) fn condition(group: &GroupNote) -> Option<(String, Option<String>)> {
    if let Some(predicate) = &group.predicate
        && !predicate.all.is_empty()
        && predicate.precision >= 1.0
        && predicate.recall >= 1.0
    {
        return Some((predicate.all.join(" && "), None));
    }
    let unit = group.cause.units.first()?;
    let open = |status: &str| {
        matches!(
            status,
            "not satisfied" | "error" | "not satisfied, or error"
        )
    };
    let example = group.exemplars.first();
    let (text, side): (&String, Option<&SideNote>) =
        match (&unit.base_blocking, &unit.head_blocking) {
            (_, Some(head)) if open(&unit.head_status) => {
                (head, example.map(|example| &example.head))
            }
            (Some(base), _) => (base, example.map(|example| &example.base)),
            (None, Some(head)) => (head, example.map(|example| &example.head)),
            (None, None) => return None,
        };
    let saw = side.and_then(|side| {
        side.saw
            .iter()
            .find(|(path, _)| text.contains(path.as_str()))
    });
    Some((text.clone(), saw.map(|(_, value)| value.clone())))
}

/// Where a group is best looked at on head: the file, from the root of the git repository, and the line of the first change in it. A policy that is gone is
/// looked at where the first change of its file is, if a changed policy says that the file is still there.
pub(super) fn place(document: &Document, group: &GroupNote) -> Option<(String, u64)> {
    let units = &group.cause.units;
    let on_head = units.iter().find_map(|unit| unit.head.as_ref());
    let (path, line) = match on_head {
        Some(head) => (&head.path, head.changed),
        None => {
            let gone = units.iter().find_map(|unit| unit.base.as_ref())?;
            let policies = document.repository.policies.iter();
            let places = policies.filter_map(|policy| policy.head.as_ref());
            let beside = places.filter(|place| place.path == gone.path);
            (&gone.path, beside.map(|place| place.changed).min()?)
        }
    };
    // A path that cannot be written as it is would name another file.
    let path = format!("{}{path}", document.directory);
    let plain = path.len() <= 512 && !path.is_empty() && super::printable(&path) == path;
    plain.then(|| (path, line.max(1)))
}

/// The place as people read it, on head or, where the policy is gone, on base.
pub(super) fn place_text(unit: &UnitNote) -> Option<String> {
    match (&unit.head, &unit.base) {
        (Some(head), _) => Some(format!("{}:{}", head.path, head.changed)),
        (None, Some(base)) => Some(format!("{}:{} on base", base.path, base.line)),
        (None, None) => None,
    }
}

/// The id of an action without Cedar's quotes, where it reads the same.
pub(super) fn plain_action(name: &str) -> &str {
    name.strip_prefix("Action::\"")
        .and_then(|id| id.strip_suffix('"'))
        .unwrap_or(name)
}

/// The decisions of an example: `deny → allow`.
pub(super) fn decisions(exemplar: &Exemplar) -> String {
    format!("{} → {}", exemplar.base.decision, exemplar.head.decision)
}

/// The gates with this verdict.
pub(super) fn gates(document: &Document, wanted: GateVerdict) -> Vec<&GateNote> {
    let gates = document.verdict.iter().flat_map(|verdict| &verdict.gates);
    gates.filter(|gate| gate.verdict == wanted).collect()
}

/// The numbers of the groups that count against a gate: ` · groups 1, 2`.
pub(super) fn numbers(document: &Document, gate: &GateNote, limit: usize) -> String {
    let groups = document.groups.iter();
    let counted = groups.filter(|group| gate.groups.contains(&group.fingerprint));
    let numbers: Vec<String> = counted.map(|group| group.number.to_string()).collect();
    match numbers.len() {
        0 => String::new(),
        1 => format!(" · group {}", few(&numbers, limit)),
        _ => format!(" · groups {}", few(&numbers, limit)),
    }
}

/// The group to look at first: the first one that fails a gate, else that makes the result inconclusive, else the first.
pub(super) fn worst(document: &Document) -> Option<&GroupNote> {
    let groups = document.groups.iter().enumerate();
    let first = groups.min_by_key(|(at, group)| (level(document, group), *at));
    first.map(|(_, group)| group)
}
