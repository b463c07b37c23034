//! Many items → one result: parallel work, merged in the order of the items, with bounded memory.

use rayon::prelude::*;

/// Results that add up. Merging must be associative, and neutral with the default.
pub trait Merge: Default {
    /// Adds another result, which comes from later items.
    fn merge(&mut self, other: Self);
}

/// Works on the items in parallel and merges the results in the items' order, so that the outcome does not depend
/// on the number of threads. Items are held until their weights add up to `window`; `progress` is told after each
/// window.
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
