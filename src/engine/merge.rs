//! Many results → one, with bounded memory.

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
