//! What was compared → the report as plain data.

mod cause;
mod examples;
mod groups;
mod histogram;
mod origins;
mod predicate;
mod title;
mod trust;

use super::document::{
    ClassNote, Document, EngineNote, FORMAT, FlowCell, MatrixCell, RepositoryNote, Traffic,
    Untried, VersionNote,
};
use super::{DecisionChanges, DiffReport, SideName};
use crate::engine::{Counts, Side, Units};
use crate::model::{ChangeClass, Diagnostic};
use std::collections::{BTreeMap, BTreeSet};

/// What a report is made from.
pub struct Input<'a> {
    /// What was found.
    pub report: &'a DiffReport,
    /// What changed in the repository, as plain data.
    pub repository: RepositoryNote,
    /// Base, and head.
    pub sides: [&'a Side<'a>; 2],
    /// How they are named.
    pub versions: [VersionNote; 2],
    /// The name of the policy repository.
    pub name: Option<String>,
    /// The day by which freshness is judged.
    pub now: String,
    /// The recordings, as they were named.
    pub recordings: Vec<String>,
    /// The policies whose scope holds for some unit test of head.
    pub tested: BTreeSet<String>,
}

/// What all parts of a report need.
struct Context<'a> {
    base: &'a Side<'a>,
    head: &'a Side<'a>,
    units: Units,
    repository: &'a RepositoryNote,
    changes: &'a DecisionChanges,
    /// Versions with some parts of each side, where something beside policies changed.
    mixtures: origins::Mixtures,
}

/// The report. It is not judged yet.
pub fn document(input: Input<'_>) -> Document {
    let Input {
        report,
        repository,
        sides: [base, head],
        versions: [of_base, of_head],
        name,
        now,
        recordings,
        tested,
    } = input;
    let mut document = Document {
        format: FORMAT.to_owned(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        now: now.clone(),
        repository_name: name,
        base: of_base,
        head: of_head,
        values: true,
        diagnostics: report.diagnostics.iter().map(diagnostic).collect(),
        repeated_ids: report.repeated.clone(),
        ..Document::default()
    };
    if let Some(changes) = &report.decisions {
        let context = Context {
            base,
            head,
            units: Units::of_sides(base, head),
            repository: &repository,
            changes,
            mixtures: origins::Mixtures::of(base, head, &repository),
        };
        document.traffic = Some(traffic(changes, recordings));
        document.engine = EngineNote {
            interpreted: changes.interpreted,
            read_in_full_because: changes
                .left
                .iter()
                .map(|(reason, count)| (reason.to_owned(), count))
                .collect(),
            verified: changes.sample.len() as u64,
        };
        document.trust = trust::trust(changes, report.undecided_changes(), &now);
        document.classes = classes(changes);
        document.flow = flow(changes);
        document.groups = groups::groups(&context);
        document.ungrouped = changes.details.ungrouped;
        document.matrix = matrix(changes);
        let (sessions, firsts) = changes.details.firsts.counts();
        document.changed_sessions = sessions;
        document.first_divergences = firsts.values().sum();
        let in_session = changes.details.in_session;
        document.downstream = in_session.saturating_sub(document.first_divergences);
        document.divergences_exact = changes.details.firsts.is_exact();
    } else {
        document.divergences_exact = true;
    }
    document.trust.untried = untried(report, &tested);
    document.repository = repository;
    document
}

fn diagnostic((side, found): &(SideName, Diagnostic)) -> String {
    let side = match side {
        SideName::Base => "base",
        SideName::Head => "head",
    };
    let path = found.path.as_deref().map(|path| format!("{path}: "));
    format!("{side}: {}{}", path.unwrap_or_default(), found.message)
}

/// Counts by name; those that are not kept apart stand under `…`.
fn named(counts: &Counts) -> BTreeMap<String, u64> {
    let mut named: BTreeMap<String, u64> = counts
        .iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
    if counts.others() > 0 {
        *named.entry("…".to_owned()).or_default() += counts.others();
    }
    named
}

fn traffic(changes: &DecisionChanges, mut recordings: Vec<String>) -> Traffic {
    // The order in which they are read does not matter.
    recordings.sort();
    recordings.dedup();
    let volume = &changes.volume;
    Traffic {
        actions: volume.actions,
        agents: named(&volume.agents),
        sessions: volume.sessions.len(),
        sessions_exact: volume.sessions.is_exact(),
        first: volume.window.map(|(first, _)| first.to_string()),
        last: volume.window.map(|(_, last)| last.to_string()),
        recordings,
        malformed: volume.malformed.count,
        evaluated: volume.actions.saturating_sub(changes.unaffected),
    }
}

fn classes(changes: &DecisionChanges) -> Vec<ClassNote> {
    let of = |class: ChangeClass| {
        let tally = changes.classes.get(&class);
        let actions = changes.actions_in(class);
        let (widened, narrowed) = match class {
            ChangeClass::ErrorOpened | ChangeClass::NewlyAllowed => (actions, 0),
            ChangeClass::ErrorClosed | ChangeClass::NewlyDenied => (0, actions),
            ChangeClass::NewlyDecidable => (changes.newly_decidable_allowed, 0),
            ChangeClass::NewlyUndecidable => (0, changes.newly_undecidable_allowed),
            ChangeClass::ErrorChanged | ChangeClass::ReasonChanged | ChangeClass::Unchanged => {
                (0, 0)
            }
        };
        ClassNote {
            class,
            actions,
            widened,
            narrowed,
            agents: tally.map_or(0, |tally| tally.agents.len() as u64),
            sessions: tally.map_or(0, |tally| tally.sessions.len()),
        }
    };
    ChangeClass::ALL.into_iter().map(of).collect()
}

fn flow(changes: &DecisionChanges) -> Vec<FlowCell> {
    let cells = changes.flow.iter();
    let cell = |((base, head), actions): (&(_, _), &u64)| FlowCell {
        base: *base,
        head: *head,
        actions: *actions,
    };
    cells.map(cell).collect()
}

fn untried(report: &DiffReport, tested: &BTreeSet<String>) -> Vec<Untried> {
    let untried = report.untried().into_iter();
    untried
        .map(|policy| Untried {
            policy: policy.clone(),
            tested: tested.contains(policy),
        })
        .collect()
}

fn matrix(changes: &DecisionChanges) -> Vec<MatrixCell> {
    let mut cells: BTreeMap<(&str, &str), MatrixCell> = BTreeMap::new();
    for (key, group) in &changes.details.groups {
        let rest = Some((("…", "…"), group.other_pairs)).filter(|(_, count)| *count > 0);
        let pairs = group.pairs.iter();
        let pairs =
            pairs.map(|((agent, action), count)| ((agent.as_str(), action.as_str()), *count));
        for ((agent, action), count) in pairs.chain(rest) {
            let cell = cells.entry((agent, action)).or_insert_with(|| MatrixCell {
                agent: agent.to_owned(),
                action: action.to_owned(),
                ..MatrixCell::default()
            });
            match (key.widens(), key.narrows()) {
                (true, _) => cell.gained += count,
                (false, true) => cell.lost += count,
                (false, false) => cell.other += count,
            }
        }
    }
    cells.into_values().collect()
}
