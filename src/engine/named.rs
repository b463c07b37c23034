//! What is counted by name, with bounded memory, in a way that merges in any order.

use super::merge::Merge;
use std::collections::BTreeMap;

/// So many names are kept apart.
const LIMIT: usize = 10_000;

/// Something counted by name. Names come from recordings, so there may be any number of them: the first 10,000 in their
/// own order are kept apart, everything else is counted together.
///
/// The result depends neither on the order in which names come nor on how parts are merged. At any time the kept names
/// are the smallest of all that came so far. A name that is among the smallest of everything is among the smallest of
/// every part of it that has the name, so it is never thrown out, and everything about it is counted under it. Every
/// other name finds no place or is thrown out at some time; whatever was counted under it then joins the others, and
/// what comes later does so at once, for from then on the table is full of smaller names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named<V> {
    named: BTreeMap<String, V>,
    others: V,
}

/// Counts by name.
pub type Counts = Named<u64>;

impl Merge for u64 {
    fn merge(&mut self, other: Self) {
        *self += other;
    }
}

impl<V: Merge> Named<V> {
    /// Adds to what is counted under a name.
    pub fn add(&mut self, name: &str, value: V) {
        if let Some(known) = self.named.get_mut(name) {
            known.merge(value);
            return;
        }
        if self.named.len() >= LIMIT {
            match self.named.last_entry() {
                Some(last) if last.key().as_str() > name => self.others.merge(last.remove()),
                Some(_) | None => {
                    self.others.merge(value);
                    return;
                }
            }
        }
        self.named.insert(name.to_owned(), value);
    }

    /// What is counted, by name, in order of the names.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &V)> {
        self.named
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// What is counted under all names that are not kept apart.
    pub fn rest(&self) -> &V {
        &self.others
    }

    /// How many names are kept apart.
    pub fn len(&self) -> usize {
        self.named.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

impl Counts {
    /// The counts by name, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.entries().map(|(name, count)| (name, *count))
    }

    /// How often names were counted that are not kept apart.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// The sum of all counts.
    pub fn total(&self) -> u64 {
        self.named.values().sum::<u64>() + self.others
    }

    /// The counts, highest first, then by name.
    pub fn ranked(&self) -> Vec<(String, u64)> {
        let mut ranked: Vec<(String, u64)> = self
            .named
            .iter()
            .map(|(name, count)| (name.clone(), *count))
            .collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        ranked
    }
}

impl<V: Merge> Merge for Named<V> {
    fn merge(&mut self, other: Self) {
        for (name, value) in other.named {
            self.add(&name, value);
        }
        self.others.merge(other.others);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: impl Iterator<Item = usize>) -> Counts {
        let mut counts = Counts::default();
        names.for_each(|at| counts.add(&format!("agent-{at:05}"), 1 + at as u64));
        counts
    }

    #[test]
    fn past_the_limit_the_smallest_names_are_kept_in_whatever_order() {
        let forwards = of(0..30_000);
        assert_eq!(forwards.len(), LIMIT);
        assert_eq!(forwards.total(), 30_000 * 30_001 / 2);
        assert_eq!(forwards.others(), forwards.total() - 10_000 * 10_001 / 2);
        assert_eq!(of((0..30_000).rev()), forwards);
        // 7,919 is a prime, so every name comes once, in an order that leaps about.
        assert_eq!(of((0..30_000).map(|at| at * 7_919 % 30_000)), forwards);
        let mut parts = of(20_000..30_000);
        parts.merge(of((0..20_000).filter(|at| at % 3 == 0)));
        let mut rest = of((0..20_000).filter(|at| at % 3 != 0));
        rest.merge(parts);
        assert_eq!(rest, forwards);
    }

    #[test]
    fn names_that_come_again_after_they_were_thrown_out_stay_out() {
        let mut counts = of(0..LIMIT);
        counts.add("zebra", 5);
        counts.add("aardvark", 7);
        counts.add("zebra", 2);
        counts.add("agent-09999", 1);
        // `agent-09999` gave way to `aardvark`.
        assert_eq!((counts.len(), counts.others()), (LIMIT, 5 + 10_000 + 2 + 1));
        assert_eq!(counts.iter().next(), Some(("aardvark", 7)));
    }
}
