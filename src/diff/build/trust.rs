//! Whether a comparison can be trusted.

use super::named;
use crate::diff::DecisionChanges;
use crate::diff::document::{FidelityNote, MismatchNote, SideTrust, Trust};
use crate::engine::SideTally;
use std::collections::BTreeMap;

/// So many kinds of mismatches are shown.
const MISMATCHES: usize = 50;

/// `undecided` are the changes of policies on which undecided actions rest.
pub fn trust(changes: &DecisionChanges, undecided: BTreeMap<String, u64>, now: &str) -> Trust {
    let age = changes.volume.window.and_then(|(_, last)| {
        let day = last.to_zoned(jiff::tz::TimeZone::UTC).date();
        let now: jiff::civil::Date = now.parse().ok()?;
        let age = now.since((jiff::Unit::Day, day)).ok()?;
        Some(i64::from(age.get_days()))
    });
    Trust {
        compared: changes.compared,
        fidelity: fidelity(&changes.base),
        base: side(&changes.base),
        head: side(&changes.head),
        untried: Vec::new(),
        age_days: age,
        undecided_changes: undecided,
    }
}

fn fidelity(base: &SideTally) -> FidelityNote {
    let found = &base.fidelity;
    let mut mismatches: Vec<MismatchNote> = found
        .mismatches
        .iter()
        .map(|((recorded, answer), notes)| {
            let names =
                |names: &crate::engine::Names| names.iter().map(ToString::to_string).collect();
            let example = notes.example.as_ref();
            MismatchNote {
                recorded: recorded.to_string(),
                decided: answer
                    .decision
                    .map_or_else(String::new, |decision| decision.to_string()),
                determining: names(&answer.determining),
                errors: names(&answer.errors),
                actions: notes.count,
                example: example.map(|(recording, id)| format!("{recording}#{id}")),
            }
        })
        .collect();
    mismatches.sort_by(|a, b| {
        b.actions
            .cmp(&a.actions)
            .then_with(|| (&a.recorded, &a.determining).cmp(&(&b.recorded, &b.determining)))
    });
    let left: u64 = mismatches
        .iter()
        .skip(MISMATCHES)
        .map(|found| found.actions)
        .sum();
    mismatches.truncate(MISMATCHES);
    FidelityNote {
        compared: found.compared,
        same: found.same,
        mismatches,
        others: found.others + left,
    }
}

fn side(tally: &SideTally) -> SideTrust {
    SideTrust {
        undecidable: tally.decisions.undecidable,
        wanting: named(&tally.unknown_fields),
        rescued: tally.rescued,
        not_replayable: tally.decisions.not_replayable,
        reasons: named(&tally.not_replayable),
        unmapped_tools: named(&tally.unmapped_tools),
        nonconforming: tally.nonconforming.count,
        errors: named(&tally.errors),
    }
}
