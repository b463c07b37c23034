//! How a report of a diff is put into words: what every format says alike. Nothing here is safe to print by itself:
//! texts of data come as they are, and each format makes them inert.

use super::numbers::{count, grouped, percent};
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
    let open = |status: &str| status == "not satisfied" || status == "error";
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

/// Actions that widened, and actions that narrowed.
pub(super) fn moved(document: &Document) -> (u64, u64) {
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
pub(super) enum Flips {
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
pub(super) fn flips(document: &Document) -> Flips {
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
pub(super) fn outcome(document: &Document) -> String {
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
pub(super) fn ending(document: &Document) -> (&'static str, u8, String) {
    let Some(verdict) = &document.verdict else {
        let why = format!("not judged yet; {}", outcome(document));
        return ("NOT JUDGED", 0, why);
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
pub(super) fn traffic(document: &Document) -> String {
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
pub(super) fn trust(document: &Document) -> String {
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
pub(super) fn doubts(document: &Document) -> Vec<String> {
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
pub(super) fn repository(document: &Document) -> String {
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
