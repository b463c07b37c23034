//! Agents by actions: what was gained and lost.

use super::super::numbers::grouped;
use super::limits::Limits;
use super::words::{self, Tone};
use crate::diff::document::{Document, MatrixCell};
use serde::Serialize;
use std::collections::BTreeMap;

/// The table; both orders have first what gained most.
#[derive(Debug, Serialize)]
pub(super) struct MatrixView {
    pub actions: Vec<String>,
    pub rows: Vec<AgentRow>,
    pub agents_left: u64,
    pub actions_left: u64,
    pub key: [Tone; 3],
}

#[derive(Debug, Serialize)]
pub(super) struct AgentRow {
    pub agent: String,
    pub all: CellView,
    pub cells: Vec<Option<CellView>>,
}

/// A cell: what to show, what to say, and how strongly.
#[derive(Debug, Serialize)]
pub(super) struct CellView {
    pub parts: Vec<(&'static str, String)>,
    pub label: String,
    pub class: &'static str,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Sum {
    gained: u64,
    lost: u64,
    other: u64,
}

impl Sum {
    fn add(&mut self, cell: &MatrixCell) {
        self.gained = self.gained.saturating_add(cell.gained);
        self.lost = self.lost.saturating_add(cell.lost);
        self.other = self.other.saturating_add(cell.other);
    }
}

pub(super) fn matrix(document: &Document, limits: Limits) -> MatrixView {
    let mut agents: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut actions: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut cells: BTreeMap<(&str, &str), Sum> = BTreeMap::new();
    for cell in &document.matrix {
        let names = (cell.agent.as_str(), cell.action.as_str());
        agents.entry(names.0).or_default().add(cell);
        actions.entry(names.1).or_default().add(cell);
        cells.entry(names).or_default().add(cell);
    }
    let most = cells
        .values()
        .map(|sum| sum.gained.max(sum.lost).max(sum.other))
        .max()
        .unwrap_or_default();
    let (agents, agents_left) = first(agents, limits.agents);
    let (actions, actions_left) = first(actions, limits.actions);
    let rows = agents.iter().map(|(agent, sum)| AgentRow {
        agent: (*agent).to_owned(),
        all: view(*sum, None),
        cells: actions
            .iter()
            .map(|(action, _)| {
                cells
                    .get(&(*agent, *action))
                    .map(|sum| view(*sum, Some(most)))
            })
            .collect(),
    });
    MatrixView {
        rows: rows.collect(),
        actions: actions
            .iter()
            .map(|(action, _)| (*action).to_owned())
            .collect(),
        agents_left,
        actions_left,
        key: [words::GAINED, words::LOST, words::OTHER],
    }
}

fn first(all: BTreeMap<&str, Sum>, limit: usize) -> (Vec<(&str, Sum)>, u64) {
    let mut all: Vec<(&str, Sum)> = all.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let left = all.len().saturating_sub(limit) as u64;
    all.truncate(limit);
    (all, left)
}

fn view(sum: Sum, most: Option<u64>) -> CellView {
    let counts = [
        (words::GAINED, sum.gained),
        (words::LOST, sum.lost),
        (words::OTHER, sum.other),
    ];
    let there: Vec<(Tone, u64)> = counts.into_iter().filter(|(_, n)| *n > 0).collect();
    let label = there
        .iter()
        .map(|(tone, n)| format!("{} {}", tone.word, grouped(*n)));
    let class = match (most, there.first()) {
        (Some(most), Some((tone, n))) => heat(*tone, *n, most),
        _ => "",
    };
    CellView {
        label: label.collect::<Vec<_>>().join(", "),
        parts: there
            .iter()
            .map(|(tone, n)| (tone.symbol, short(*n)))
            .collect(),
        class,
    }
}

/// Three depths, by powers of ten below the greatest.
fn heat(tone: Tone, count: u64, most: u64) -> &'static str {
    let depth = match most / count.max(1) {
        0..10 => 0,
        10..100 => 1,
        _ => 2,
    };
    match (tone.symbol, depth) {
        ("▲", 0) => "g3",
        ("▲", 1) => "g2",
        ("▲", _) => "g1",
        ("▼", 0) => "l3",
        ("▼", 1) => "l2",
        ("▼", _) => "l1",
        (_, 0) => "o3",
        (_, 1) => "o2",
        (_, _) => "o1",
    }
}

/// A number that fits a cell.
fn short(number: u64) -> String {
    match number {
        0..10_000 => grouped(number),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        _ => format!("{}M", grouped(number / 1_000_000)),
    }
}
