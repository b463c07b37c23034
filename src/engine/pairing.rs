//! Which policy of base is which policy of head: by id, else by equal tree, else by path and likeness, never by
//! position.

use crate::cedar::ParsedPolicy;
use crate::repository::PolicyVersion;
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A policy on one or both sides, by its place in [`PolicyVersion::parsed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name both sides use for it.
    pub name: Arc<str>,
    /// Its place on base.
    pub base: Option<usize>,
    /// Its place on head.
    pub head: Option<usize>,
}

/// The pairs of two versions.
#[derive(Debug, Clone, Default)]
pub struct Pairing {
    /// Every policy and template of either side, by name.
    pub pairs: Vec<Pair>,
    base_names: BTreeMap<Arc<str>, Arc<str>>,
}

impl Pairing {
    /// Pairs the policies of two versions.
    pub fn of(base: &PolicyVersion, head: &PolicyVersion) -> Self {
        let mut pairs = Vec::new();
        let mut left: BTreeSet<usize> = (0..base.parsed.len()).collect();
        let mut right: BTreeSet<usize> = (0..head.parsed.len()).collect();
        let by_id: BTreeMap<&str, usize> = base
            .parsed
            .iter()
            .enumerate()
            .filter_map(|(at, policy)| Some((policy.id.as_deref()?, at)))
            .collect();
        let mut join =
            |b: usize, h: usize, left: &mut BTreeSet<usize>, right: &mut BTreeSet<usize>| {
                left.remove(&b);
                right.remove(&h);
                pairs.push((Some(b), Some(h)));
            };
        for (h, policy) in head.parsed.iter().enumerate() {
            if let Some(b) = policy.id.as_deref().and_then(|id| by_id.get(id)) {
                join(*b, h, &mut left, &mut right);
            }
        }
        for same in [same_tree, alike] {
            for h in right.clone() {
                let Some(policy) = unnamed(head, h) else {
                    continue;
                };
                let best = left
                    .iter()
                    .filter_map(|b| unnamed(base, *b).map(|other| (*b, other)))
                    .filter_map(|(b, other)| Some((same(base, other, head, policy)?, b)))
                    .max_by_key(|(score, b)| (*score, std::cmp::Reverse(*b)));
                if let Some((_, b)) = best {
                    join(b, h, &mut left, &mut right);
                }
            }
        }
        pairs.extend(left.into_iter().map(|b| (Some(b), None)));
        pairs.extend(right.into_iter().map(|h| (None, Some(h))));
        Self::named(pairs, base, head)
    }

    fn named(
        pairs: Vec<(Option<usize>, Option<usize>)>,
        base: &PolicyVersion,
        head: &PolicyVersion,
    ) -> Self {
        let display = |version: &PolicyVersion, at: usize| {
            version
                .parsed
                .get(at)
                .map(ParsedPolicy::display_id)
                .unwrap_or_default()
        };
        let mut names = Names::of(base, head);
        let mut out = Self::default();
        // Those of pairs first: they are given.
        for (b, h) in &pairs {
            if let (Some(b), Some(h)) = (b, h) {
                let name = display(head, *h);
                out.base_names.insert(display(base, *b), name);
            }
        }
        let left = pairs.iter().filter(|(_, h)| h.is_none());
        let left = left.filter_map(|(b, _)| Some(display(base, (*b)?)));
        let compiled = base.policies.policies().iter();
        for id in left.chain(compiled.map(|policy| policy.id.clone())) {
            let name = |id: &Arc<str>| names.alone(id);
            out.base_names.entry(id).or_insert_with_key(name);
        }
        for (b, h) in pairs {
            let name = match (b, h) {
                (_, Some(h)) => display(head, h),
                (Some(b), None) => out.base_name(&display(base, b)),
                (None, None) => continue,
            };
            out.pairs.push(Pair {
                name,
                base: b,
                head: h,
            });
        }
        out.pairs.sort_by(|a, b| a.name.cmp(&b.name));
        out
    }

    /// The common name of a policy of base.
    pub fn base_name(&self, id: &Arc<str>) -> Arc<str> {
        self.base_names.get(id).unwrap_or(id).clone()
    }
}

/// What policies, templates and links are called on both sides. No two of one side may get one name: decisions are
/// compared by names.
struct Names {
    /// Those that are positions in files, which say nothing across versions.
    positions: BTreeSet<Arc<str>>,
    head: BTreeSet<Arc<str>>,
    /// All of both sides, and those that were made.
    taken: BTreeSet<Arc<str>>,
}

impl Names {
    fn of(base: &PolicyVersion, head: &PolicyVersion) -> Self {
        let ids = |version: &PolicyVersion| -> BTreeSet<Arc<str>> {
            let written = version.parsed.iter().map(ParsedPolicy::display_id);
            let compiled = version.policies.policies().iter();
            written
                .chain(compiled.map(|policy| policy.id.clone()))
                .collect()
        };
        let parsed = base.parsed.iter().chain(&head.parsed);
        let unnamed = parsed.filter(|policy| policy.id.is_none());
        let (base, head) = (ids(base), ids(head));
        Self {
            positions: unnamed.map(ParsedPolicy::display_id).collect(),
            taken: base.union(&head).cloned().collect(),
            head,
        }
    }

    /// The name of what stands on base without a pair. What was called the same by hand is the same, as a policy that
    /// became a link.
    fn alone(&mut self, id: &Arc<str>) -> Arc<str> {
        if !self.head.contains(id) || !self.positions.contains(id) {
            return id.clone();
        }
        let mut name = format!("{id} (base)");
        while self.taken.contains(name.as_str()) {
            name.push_str(" (base)");
        }
        let name: Arc<str> = name.into();
        self.taken.insert(name.clone());
        name
    }
}

fn unnamed(version: &PolicyVersion, at: usize) -> Option<&ParsedPolicy> {
    version.parsed.get(at).filter(|policy| policy.id.is_none())
}

fn same_tree(
    _: &PolicyVersion,
    a: &ParsedPolicy,
    _: &PolicyVersion,
    b: &ParsedPolicy,
) -> Option<u32> {
    // Of several equal ones, the one in the same file.
    a.same_tree(b).then_some(u32::from(a.file == b.file))
}

/// Likeness of two texts of the same file in thousandths, where it is at least 600.
fn alike(
    base: &PolicyVersion,
    a: &ParsedPolicy,
    head: &PolicyVersion,
    b: &ParsedPolicy,
) -> Option<u32> {
    if a.file != b.file || a.effect != b.effect || a.is_template != b.is_template {
        return None;
    }
    let text = |version: &PolicyVersion, policy: &ParsedPolicy| {
        version
            .sources
            .get(&policy.file)
            .map(|file| file.slice(policy.span).to_owned())
    };
    let (a, b) = (text(base, a)?, text(head, b)?);
    let ratio = (TextDiff::from_words(&a, &b).ratio() * 1000.0) as u32;
    (ratio >= 600).then_some(ratio)
}
