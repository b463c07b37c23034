//! How much of a document a report shows.

use super::super::numbers::grouped;
use serde::Serialize;

/// The most of everything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Characters of a text.
    pub text: usize,
    /// Rows of a list.
    pub rows: usize,
    /// Groups in the list of groups.
    pub listed: usize,
    /// Groups that are shown in full.
    pub groups: usize,
    /// Agents of the matrix.
    pub agents: usize,
    /// Actions of the matrix.
    pub actions: usize,
    /// Bytes of the data.
    pub island: usize,
}

/// Tried in turn, until the report is small enough. The last one always is.
pub(super) const LEVELS: [Limits; 6] = [
    level(1_000, 100, [2_000, 500], [100, 200], 1_500_000),
    level(400, 50, [1_000, 250], [100, 200], 1_500_000),
    level(200, 30, [1_000, 120], [60, 200], 1_000_000),
    level(120, 20, [500, 60], [60, 100], 1_000_000),
    level(80, 12, [250, 25], [40, 40], 500_000),
    level(40, 8, [100, 10], [20, 20], 200_000),
];

const fn level(
    text: usize,
    rows: usize,
    [listed, groups]: [usize; 2],
    [agents, actions]: [usize; 2],
    island: usize,
) -> Limits {
    Limits {
        text,
        rows,
        listed,
        groups,
        agents,
        actions,
        island,
    }
}

/// The beginning of a list, and how much of it was left out.
#[derive(Debug, Serialize)]
pub(super) struct Capped<T> {
    pub shown: Vec<T>,
    pub left: u64,
}

/// The first `limit` of these.
pub(super) fn capped<T>(all: impl IntoIterator<Item = T>, limit: usize) -> Capped<T> {
    let mut all = all.into_iter();
    let shown: Vec<T> = all.by_ref().take(limit).collect();
    Capped {
        shown,
        left: all.count() as u64,
    }
}

/// A text of at most `limit` characters, with how many follow.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((at, _)) => {
            let (shown, rest) = text.split_at(at);
            let rest = grouped(rest.chars().count() as u64);
            format!("{shown}… ({rest} more characters)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_counted() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äöü… (1 more characters)");
        let list = capped(0..10, 3);
        assert_eq!((list.shown, list.left), (vec![0, 1, 2], 7));
    }
}
