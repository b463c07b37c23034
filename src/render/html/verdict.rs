//! The verdict: can I merge, did an agent gain power, what breaks, can I trust this, what controls it.

use super::super::numbers::{count, grouped, percent};
use super::limits::{Capped, Limits, capped};
use super::words::{self, Tone, day, plural};
use crate::diff::document::{ClassNote, Document, GateNote, GateVerdict, Verdict};
use serde::Serialize;

/// The first view.
#[derive(Debug, Serialize)]
pub(super) struct VerdictView {
    pub tone: Tone,
    pub headline: String,
    pub because: String,
    pub gates: Capped<GateView>,
    pub gained: Side,
    pub lost: Side,
    pub trust: Vec<Fact>,
    pub control: Control,
    /// What must be known before anything else is read.
    pub notices: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct GateView {
    pub name: String,
    pub tone: Tone,
    pub limit: String,
    pub actual: String,
    pub from: String,
    pub groups: Capped<GroupLink>,
}

/// A link to a group: its place in the list, and its number.
#[derive(Debug, Clone, Serialize)]
pub(super) struct GroupLink {
    pub index: usize,
    pub number: u64,
    pub title: String,
    pub actions: u64,
    pub approved: bool,
    /// Whether it is shown in full.
    pub shown: bool,
}

/// What widened, or what narrowed.
#[derive(Debug, Serialize)]
pub(super) struct Side {
    pub actions: u64,
    pub sentence: &'static str,
    pub classes: Vec<ClassRow>,
    pub groups: Capped<GroupLink>,
}

#[derive(Debug, Serialize)]
pub(super) struct ClassRow {
    pub class: &'static str,
    pub actions: u64,
    pub agents: u64,
    pub sessions: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub name: &'static str,
    pub value: String,
    pub note: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Control {
    pub all: Capped<ControlView>,
    pub weakened: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct ControlView {
    pub kind: &'static str,
    pub what: String,
    pub weakens: bool,
}

pub(super) fn verdict(document: &Document, limits: Limits) -> VerdictView {
    let (tone, headline, because) = judged(document.verdict.as_ref());
    let gates = document.verdict.iter().flat_map(|verdict| &verdict.gates);
    VerdictView {
        tone,
        headline,
        because,
        gates: capped(
            gates.map(|gate| gate_view(document, gate, limits)),
            limits.rows,
        ),
        gained: side(document, true, limits),
        lost: side(document, false, limits),
        trust: trust(document),
        control: control(document, limits.rows),
        notices: notices(document),
    }
}

fn judged(verdict: Option<&Verdict>) -> (Tone, String, String) {
    let tone = words::gate;
    let Some(verdict) = verdict else {
        return (
            tone(GateVerdict::Inconclusive),
            "Not judged".to_owned(),
            "This plan was computed, but no gate has judged it.".to_owned(),
        );
    };
    let of = |kind: GateVerdict| {
        let gates = verdict.gates.iter().filter(|gate| gate.verdict == kind);
        gates.count() as u64
    };
    let all = count(verdict.gates.len() as u64, "gate");
    let (failed, open) = (of(GateVerdict::Failed), of(GateVerdict::Inconclusive));
    let unproven = match open {
        0 => String::new(),
        _ => format!(
            ", and {} could not be met",
            plural(open, "gate of trust", "gates of trust")
        ),
    };
    match verdict.result.as_str() {
        "clean" => (
            tone(GateVerdict::Passed),
            "Ready to merge".to_owned(),
            format!("All of {all} passed."),
        ),
        "failed" => (
            tone(GateVerdict::Failed),
            "Do not merge".to_owned(),
            format!("{} of {all} failed{unproven}.", grouped(failed)),
        ),
        "inconclusive" => (
            tone(GateVerdict::Inconclusive),
            "Not proven".to_owned(),
            format!("Nothing failed{unproven}: too little is known to say that this is safe."),
        ),
        other => (
            tone(GateVerdict::Inconclusive),
            "Unknown result".to_owned(),
            format!("The report says `{other}`."),
        ),
    }
}

fn gate_view(document: &Document, gate: &GateNote, limits: Limits) -> GateView {
    let groups = document.groups.iter().enumerate();
    let groups = groups.filter(|(_, group)| gate.groups.contains(&group.fingerprint));
    GateView {
        name: gate.gate.replace('_', " "),
        tone: words::gate(gate.verdict),
        limit: gate.limit.clone(),
        actual: gate.actual.clone(),
        from: gate.from.clone(),
        groups: capped(groups.map(|(at, _)| link(document, at, limits)), 12),
    }
}

/// The group at a place of the document.
pub(super) fn link(document: &Document, at: usize, limits: Limits) -> GroupLink {
    let group = document.groups.get(at);
    GroupLink {
        index: at + 1,
        number: group.map_or(0, |group| group.number),
        title: group.map_or_else(String::new, |group| group.title.clone()),
        actions: group.map_or(0, |group| group.actions),
        approved: group
            .and_then(|group| group.approval.as_ref())
            .is_some_and(|approval| approval.state == crate::diff::document::ApprovalState::Used),
        shown: at < limits.groups,
    }
}

/// Whether anything was compared at all; where nothing was, nobody may read that nothing flips.
pub(super) fn compared(document: &Document) -> bool {
    document.traffic.is_some() && document.trust.compared > 0
}

fn side(document: &Document, widened: bool, limits: Limits) -> Side {
    let of = |class: &ClassNote| {
        if widened {
            class.widened
        } else {
            class.narrowed
        }
    };
    let classes = document.classes.iter().filter(|class| of(class) > 0);
    let actions = document
        .classes
        .iter()
        .fold(0u64, |sum, class| sum.saturating_add(of(class)));
    let groups = document.groups.iter().enumerate().filter(|(_, group)| {
        if widened {
            group.widened
        } else {
            group.narrowed
        }
    });
    let sentence = match (actions, compared(document), widened) {
        (0, false, _) => "Nothing was compared, so nothing can be said.",
        (0, true, true) => "Of what was replayed, nothing more would be allowed.",
        (0, true, false) => "Of what was replayed, nothing would stop working.",
        (1, _, true) => "recorded action would be allowed that was not",
        (_, _, true) => "recorded actions would be allowed that were not",
        (1, _, false) => "recorded action would no longer be allowed",
        (_, _, false) => "recorded actions would no longer be allowed",
    };
    Side {
        actions,
        sentence,
        classes: classes
            .map(|class| ClassRow {
                class: words::class(class.class),
                actions: of(class),
                agents: class.agents,
                sessions: class.sessions,
            })
            .collect(),
        groups: capped(groups.map(|(at, _)| link(document, at, limits)), 3),
    }
}

fn trust(document: &Document) -> Vec<Fact> {
    let Some(traffic) = &document.traffic else {
        return Vec::new();
    };
    let trust = &document.trust;
    let about = |exact: bool| if exact { "" } else { "about " };
    let fact = |name, value: String, note: String| Fact { name, value, note };
    let window = match (&traffic.first, &traffic.last) {
        (Some(first), Some(last)) if day(first) == day(last) => day(last).to_owned(),
        (Some(first), Some(last)) => format!("{} to {}", day(first), day(last)),
        _ => "not recorded".to_owned(),
    };
    let age = match trust.age_days {
        Some(days) if days < 0 => "the last action is of a later day than this report".to_owned(),
        Some(0) => "the last action is of the day of this report".to_owned(),
        Some(days) => format!(
            "the last action is {} old",
            plural(days.unsigned_abs(), "day", "days")
        ),
        None => "no action has a time".to_owned(),
    };
    vec![
        fact(
            "Volume",
            count(traffic.actions, "action"),
            format!(
                "{}, {}{}",
                count(traffic.agents.len() as u64, "agent"),
                about(traffic.sessions_exact),
                count(traffic.sessions, "session")
            ),
        ),
        fact("Window", window, age),
        fact(
            "Fidelity",
            percent(trust.fidelity.same, trust.fidelity.compared),
            match trust.fidelity.compared {
                0 => "no decision was recorded".to_owned(),
                _ => format!(
                    "{} of {} recorded decisions reproduced",
                    grouped(trust.fidelity.same),
                    grouped(trust.fidelity.compared)
                ),
            },
        ),
        fact(
            "Decided",
            percent(trust.compared, traffic.actions),
            format!("{} on both sides", count(trust.compared, "action")),
        ),
        fact(
            "Undecidable",
            percent(trust.head.undecidable, traffic.actions),
            format!(
                "{} on head, {} on base",
                grouped(trust.head.undecidable),
                grouped(trust.base.undecidable)
            ),
        ),
    ]
}

/// What loosens control stands first.
pub(super) fn control(document: &Document, limit: usize) -> Control {
    let changes = &document.repository.control;
    let weakened = changes.iter().filter(|change| change.weakens);
    let others = changes.iter().filter(|change| !change.weakens);
    Control {
        weakened: weakened.clone().count() as u64,
        all: capped(
            weakened.chain(others).map(|change| ControlView {
                kind: words::control(change.kind),
                what: change.what.clone(),
                weakens: change.weakens,
            }),
            limit,
        ),
    }
}

fn notices(document: &Document) -> Vec<String> {
    let mut out = Vec::new();
    match &document.traffic {
        None => out.push(
            "There was no recording: nothing was replayed, and this report cannot say what would change."
                .to_owned(),
        ),
        Some(traffic) if traffic.actions == 0 => out.push(
            "The recordings hold no action: nothing was replayed, and this report cannot say what would change."
                .to_owned(),
        ),
        Some(_) if document.trust.compared == 0 => out.push(
            "No recorded action could be decided on both sides: this report cannot say what would change."
                .to_owned(),
        ),
        Some(traffic) if traffic.malformed > 0 => out.push(format!(
            "{} could not be read, and {} not in any number below.",
            count(traffic.malformed, "record"),
            if traffic.malformed == 1 { "is" } else { "are" }
        )),
        Some(_) => {}
    }
    if document.ungrouped > 0 {
        out.push(format!(
            "There were too many groups: {} in none of them.",
            plural(document.ungrouped, "change is", "changes are")
        ));
    }
    if !document.diagnostics.is_empty() {
        out.push(format!(
            "The versions have {}: see Trust.",
            count(document.diagnostics.len() as u64, "fault")
        ));
    }
    if !document.repeated_ids.is_empty() {
        out.push(format!(
            "{} in the recordings more than once: see Trust.",
            plural(document.repeated_ids.len() as u64, "id stands", "ids stand")
        ));
    }
    out
}
