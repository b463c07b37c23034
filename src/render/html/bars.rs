//! Counts by name, as bars.

use super::super::numbers::percent;
use super::limits::{Capped, capped};
use serde::Serialize;
use std::collections::BTreeMap;

/// A name with its count.
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    pub name: String,
    pub count: u64,
    /// Of all.
    pub share: String,
    /// From 1 to 100, where the greatest is 100.
    pub width: u64,
}

/// The greatest first.
pub(super) fn bars(counts: &BTreeMap<String, u64>, limit: usize) -> Capped<Bar> {
    let mut all: Vec<(&String, u64)> = counts.iter().map(|(name, count)| (name, *count)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let sum = all.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
    let most = all.first().map_or(1, |(_, n)| (*n).max(1));
    let bar = |(name, count): (&String, u64)| Bar {
        name: name.clone(),
        count,
        share: percent(count, sum),
        width: (u128::from(count) * 100 / u128::from(most)).clamp(1, 100) as u64,
    };
    capped(all.into_iter().map(bar), limit)
}
