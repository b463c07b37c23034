//! Many items → one result: parallel work, merged with bounded memory.

use rayon::prelude::*;
use std::collections::BTreeMap;

/// Results that add up. Merging must be associative, commutative, and neutral with the default, so that neither threads
/// nor shards nor the order in which they end show in the result; and bounded, so that it does not grow with what was
/// read. `tests/shards.rs` holds the reports to it.
pub trait Merge: Default {
    /// Adds another result.
    fn merge(&mut self, other: Self);
}

/// Adds to a table of at most `limit` entries that keeps the smallest keys, and gives what found no place in it: the
/// value, or that of the largest key, which gave way.
///
/// That does not depend on the order in which keys come: one that is among the smallest of all is among the smallest of
/// every part that has it, so it never gives way, and every other one does at some time and then stays out.
pub fn keep_smallest<K: Ord, V: Merge>(
    table: &mut BTreeMap<K, V>,
    limit: usize,
    key: K,
    value: V,
) -> Option<V> {
    if let Some(known) = table.get_mut(&key) {
        known.merge(value);
        return None;
    }
    if table.len() < limit {
        table.insert(key, value);
        return None;
    }
    match table.last_entry() {
        Some(last) if *last.key() > key => {
            let gone = last.remove();
            table.insert(key, value);
            Some(gone)
        }
        Some(_) | None => Some(value),
    }
}

/// Works on the items in parallel and merges the results in the items' order. Items are held until their weights add up
/// to `window`; `progress` is told after each window.
pub fn fold<T: Send, A: Merge + Send>(
    mut items: impl Iterator<Item = T>,
    window: usize,
    weight: impl Fn(&T) -> usize,
    work: impl Fn(T) -> A + Sync,
    mut progress: impl FnMut(&A),
) -> A {
    let mut total = A::default();
    loop {
        let mut batch = Vec::new();
        let mut held = 0;
        while held < window.max(1)
            && let Some(item) = items.next()
        {
            held += weight(&item).max(1);
            batch.push(item);
        }
        if batch.is_empty() {
            return total;
        }
        let results: Vec<A> = batch.into_par_iter().map(&work).collect();
        for result in results {
            total.merge(result);
        }
        progress(&total);
    }
}
