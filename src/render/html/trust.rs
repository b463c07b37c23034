//! Whether the comparison can be trusted, and how decisions of base went over into those of head.

use super::super::numbers::percent;
use super::super::words;
use super::bars::{Bar, bars};
use super::limits::{Capped, Limits, capped};
use super::words::class as class_word;
use crate::diff::document::{Document, Said, SideTrust};
use serde::Serialize;

/// A table of decisions: base in rows, head in columns.
#[derive(Debug, Serialize)]
pub(super) struct FlowView {
    pub columns: Vec<&'static str>,
    pub rows: Vec<FlowRow>,
    pub sums: Vec<u64>,
    pub total: u64,
    /// The recorded actions, as the traffic counts them.
    pub actions: Option<u64>,
    pub classes: Vec<ClassView>,
}

#[derive(Debug, Serialize)]
pub(super) struct FlowRow {
    pub said: &'static str,
    pub cells: Vec<FlowNumber>,
    pub sum: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct FlowNumber {
    pub actions: u64,
    pub class: &'static str,
    pub symbol: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct ClassView {
    pub class: &'static str,
    pub actions: u64,
    pub widened: u64,
    pub narrowed: u64,
    pub agents: u64,
    pub sessions: u64,
}

const SAID: [Said; 5] = [
    Said::Allow,
    Said::Deny,
    Said::Undecidable,
    Said::NotReplayable,
    Said::Unaffected,
];

pub(super) fn flow(document: &Document) -> FlowView {
    let there = |said: &Said| {
        let mut cells = document.flow.iter();
        // Allow and deny are shown always: that nothing went over is worth seeing.
        matches!(said, Said::Allow | Said::Deny)
            || cells.any(|cell| cell.actions > 0 && (cell.base == *said || cell.head == *said))
    };
    let said: Vec<Said> = SAID.into_iter().filter(there).collect();
    let number = |base: Said, head: Said| -> u64 {
        let cells = document.flow.iter();
        cells
            .filter(|cell| cell.base == base && cell.head == head)
            .fold(0, |sum, cell| sum.saturating_add(cell.actions))
    };
    let sum = |numbers: &mut dyn Iterator<Item = u64>| {
        numbers.fold(0u64, |sum, number| sum.saturating_add(number))
    };
    let rows: Vec<FlowRow> = said
        .iter()
        .map(|base| FlowRow {
            said: words::said(*base),
            cells: said
                .iter()
                .map(|head| {
                    let actions = number(*base, *head);
                    let (class, symbol) = match (base, head) {
                        _ if actions == 0 || base == head => ("", ""),
                        (_, Said::Allow) => ("gained", "▲"),
                        (Said::Allow, _) => ("lost", "▼"),
                        (_, _) => ("other", "?"),
                    };
                    FlowNumber {
                        actions,
                        class,
                        symbol,
                    }
                })
                .collect(),
            sum: sum(&mut said.iter().map(|head| number(*base, *head))),
        })
        .collect();
    let sums = said
        .iter()
        .map(|head| sum(&mut said.iter().map(|base| number(*base, *head))));
    let classes = document.classes.iter().map(|class| ClassView {
        class: class_word(class.class),
        actions: class.actions,
        widened: class.widened,
        narrowed: class.narrowed,
        agents: class.agents,
        sessions: class.sessions,
    });
    FlowView {
        columns: said.iter().map(|said| words::said(*said)).collect(),
        sums: sums.collect(),
        total: sum(&mut rows.iter().map(|row| row.sum)),
        rows,
        actions: document.traffic.as_ref().map(|traffic| traffic.actions),
        classes: classes.collect(),
    }
}

/// The view of trust.
#[derive(Debug, Serialize)]
pub(super) struct TrustView {
    pub fidelity: String,
    pub compared: u64,
    pub same: u64,
    pub mismatches: Capped<Mismatch>,
    pub others: u64,
    pub sides: [SideView; 2],
    pub untried: Capped<(String, bool)>,
    pub undecided_changes: Capped<Bar>,
    pub diagnostics: Capped<String>,
    pub repeated: Capped<Bar>,
    pub evaluated: Option<(u64, u64)>,
    pub malformed: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Mismatch {
    pub recorded: String,
    pub decided: String,
    pub determining: Capped<String>,
    pub errors: Capped<String>,
    pub actions: u64,
    pub example: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct SideView {
    pub side: &'static str,
    pub undecidable: u64,
    pub rescued: u64,
    pub share: String,
    pub not_replayable: u64,
    pub nonconforming: u64,
    pub lists: [(&'static str, Capped<Bar>); 4],
}

pub(super) fn trust(document: &Document, limits: Limits) -> TrustView {
    let trust = &document.trust;
    let actions = document
        .traffic
        .as_ref()
        .map_or(0, |traffic| traffic.actions);
    let side = |side: &'static str, of: &SideTrust| SideView {
        side,
        undecidable: of.undecidable,
        rescued: of.rescued,
        share: percent(of.undecidable, actions),
        not_replayable: of.not_replayable,
        nonconforming: of.nonconforming,
        lists: [
            (
                "Undecidable, by the field that is wanting",
                bars(&of.wanting, limits.rows),
            ),
            (
                "Without a request, by reason",
                bars(&of.reasons, limits.rows),
            ),
            (
                "Tools without a mapping",
                bars(&of.unmapped_tools, limits.rows),
            ),
            ("Errors, by policy", bars(&of.errors, limits.rows)),
        ],
    };
    let names = |names: &[String]| capped(names.iter().cloned(), limits.rows.min(20));
    TrustView {
        fidelity: percent(trust.fidelity.same, trust.fidelity.compared),
        compared: trust.fidelity.compared,
        same: trust.fidelity.same,
        mismatches: capped(
            trust.fidelity.mismatches.iter().map(|mismatch| Mismatch {
                recorded: mismatch.recorded.clone(),
                decided: mismatch.decided.clone(),
                determining: names(&mismatch.determining),
                errors: names(&mismatch.errors),
                actions: mismatch.actions,
                example: mismatch.example.clone(),
            }),
            limits.rows,
        ),
        others: trust.fidelity.others,
        sides: [side("base", &trust.base), side("head", &trust.head)],
        untried: capped(
            trust
                .untried
                .iter()
                .map(|untried| (untried.policy.clone(), untried.tested)),
            limits.rows,
        ),
        undecided_changes: bars(&trust.undecided_changes, limits.rows),
        diagnostics: capped(document.diagnostics.iter().cloned(), limits.rows),
        repeated: bars(&document.repeated_ids, limits.rows),
        evaluated: document
            .traffic
            .as_ref()
            .map(|traffic| (traffic.evaluated, traffic.actions)),
        malformed: document
            .traffic
            .as_ref()
            .map_or(0, |traffic| traffic.malformed),
    }
}
