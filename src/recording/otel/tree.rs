//! Spans as trees: whose child a span is, and what it has from the nearest span above it.

use super::document::Span;
use std::collections::HashMap;

/// The trees of the spans of an item. Spans are meant by their places in the item.
pub(in crate::recording) struct Trees {
    /// The span above each span. Following it always comes to an end.
    parents: Vec<Option<usize>>,
    /// All spans, none before the one above it.
    order: Vec<usize>,
    /// Spans that were exported before: the same trace, id and name.
    pub(in crate::recording) again: Vec<bool>,
}

/// The places of spans by trace and id. The first of several counts.
pub(in crate::recording) struct Places<'s>(HashMap<(&'s str, &'s str), usize>);

impl<'s> Places<'s> {
    pub(in crate::recording) fn of(spans: &'s [Span<'_>]) -> Self {
        let mut places = HashMap::with_capacity(spans.len());
        for (at, span) in spans.iter().enumerate() {
            if !span.id.is_empty() {
                places
                    .entry((span.trace.as_ref(), span.id.as_ref()))
                    .or_insert(at);
            }
        }
        Self(places)
    }

    /// The place of a span.
    pub(in crate::recording) fn get(&self, trace: &str, id: &str) -> Option<usize> {
        self.0.get(&(trace, id)).copied()
    }
}

impl Trees {
    pub(in crate::recording) fn of(spans: &[Span<'_>], places: &Places<'_>) -> Self {
        let above = |(at, span): (usize, &Span)| {
            let parent = span.parent.as_deref()?;
            let parent = places.get(&span.trace, parent)?;
            (parent != at).then_some(parent)
        };
        let mut parents: Vec<_> = spans.iter().enumerate().map(above).collect();
        let order = cut_circles(spans, &mut parents);
        let again = spans.iter().enumerate().map(|(at, span)| {
            let first = places.get(&span.trace, &span.id);
            let first = first.filter(|first| *first != at);
            first
                .and_then(|first| spans.get(first))
                .is_some_and(|first| first.name == span.name)
        });
        Self {
            again: again.collect(),
            parents,
            order,
        }
    }

    /// The span above a span.
    pub(in crate::recording) fn parent(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }

    /// For every span the nearest one for which something holds: itself, else the nearest above it.
    pub(in crate::recording) fn nearest(
        &self,
        holds: impl Fn(usize) -> bool,
    ) -> Vec<Option<usize>> {
        let mut nearest = vec![None; self.parents.len()];
        for at in &self.order {
            let found = match holds(*at) {
                true => Some(*at),
                false => self.parent(*at).and_then(|parent| *nearest.get(parent)?),
            };
            if let Some(place) = nearest.get_mut(*at) {
                *place = found;
            }
        }
        nearest
    }

    /// All spans, none before the one above it.
    pub(in crate::recording) fn order(&self) -> &[usize] {
        &self.order
    }
}

/// Cuts every circle of spans open at the span that began first, and gives all spans in an order in which none stands
/// before the one above it.
fn cut_circles(spans: &[Span<'_>], parents: &mut [Option<usize>]) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        OnPath,
        Done,
    }
    let mut states = vec![State::New; parents.len()];
    let mut order = Vec::with_capacity(parents.len());
    let mut path = Vec::new();
    for start in 0..parents.len() {
        let mut next = Some(start);
        while let Some(at) = next {
            match states.get_mut(at) {
                Some(state @ State::New) => {
                    *state = State::OnPath;
                    path.push(at);
                    next = parents.get(at).copied().flatten();
                }
                Some(State::OnPath) => {
                    cut(spans, parents, &mut path, at);
                    next = None;
                }
                Some(State::Done) | None => next = None,
            }
        }
        for at in path.drain(..).rev() {
            if let Some(state) = states.get_mut(at) {
                *state = State::Done;
            }
            order.push(at);
        }
    }
    order
}

/// Cuts open the circle in which the span above the last one of a path, each below the next, is one of the path itself.
/// Afterwards every span of the path stands before the one above it.
fn cut(spans: &[Span<'_>], parents: &mut [Option<usize>], path: &mut [usize], again: usize) {
    let circle = path.iter().position(|at| *at == again);
    let Some(circle) = circle.and_then(|begin| path.get_mut(begin..)) else {
        return;
    };
    let began = |at: &usize| spans.get(*at).and_then(|span| span.start);
    let first = circle
        .iter()
        .enumerate()
        .min_by_key(|(_, at)| (began(at).unwrap_or(u64::MAX), **at));
    let Some((place, first)) = first.map(|(place, first)| (place, *first)) else {
        return;
    };
    if let Some(parent) = parents.get_mut(first) {
        *parent = None;
    }
    circle.rotate_left(place + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(links: &[(&'static str, Option<&'static str>, u64)]) -> Vec<Span<'static>> {
        let span = |(id, parent, start): &(&'static str, Option<&'static str>, u64)| Span {
            trace: "t".into(),
            id: (*id).into(),
            parent: parent.map(Into::into),
            name: (*id).into(),
            start: Some(*start),
            ..Span::default()
        };
        links.iter().map(span).collect()
    }

    fn trees(spans: &[Span<'_>]) -> Trees {
        let trees = Trees::of(spans, &Places::of(spans));
        let place = |at: usize| trees.order.iter().position(|other| *other == at);
        assert_eq!(trees.order.len(), spans.len());
        for at in 0..spans.len() {
            assert!(place(at).is_some());
            assert!(
                trees
                    .parent(at)
                    .is_none_or(|parent| place(parent) < place(at))
            );
        }
        trees
    }

    #[test]
    fn the_nearest_is_found_wherever_it_stands() {
        let spans = spans(&[
            ("c", Some("b"), 3),
            ("a", None, 1),
            ("b", Some("a"), 2),
            ("x", Some("gone"), 1),
        ]);
        let trees = trees(&spans);
        let root = |at: usize| matches!(spans[at].name.as_ref(), "a" | "x");
        assert_eq!(trees.nearest(root), [Some(1), Some(1), Some(1), Some(3)]);
        assert_eq!(trees.nearest(|at| at == 2), [Some(2), None, Some(2), None]);
    }

    #[test]
    fn circles_are_cut_at_their_first_span() {
        // Into the circle b, c, d leads a.
        for turned in 0..4 {
            let mut links = vec![
                ("a", Some("b"), 0),
                ("b", Some("c"), 5),
                ("c", Some("d"), 3),
                ("d", Some("b"), 4),
            ];
            links.rotate_left(turned);
            let spans = spans(&links);
            let trees = trees(&spans);
            let cut: Vec<_> = (0..4).filter(|at| trees.parent(*at).is_none()).collect();
            let names: Vec<_> = cut.iter().map(|at| spans[*at].name.as_ref()).collect();
            assert_eq!(names, ["c"], "{turned}");
        }
        let alone = spans(&[("a", Some("a"), 1)]);
        assert_eq!(trees(&alone).parent(0), None);
    }

    #[test]
    fn what_was_exported_twice_is_known() {
        let mut spans = spans(&[
            ("a", None, 1),
            ("a", None, 1),
            ("a", None, 1),
            ("", None, 1),
            ("", None, 1),
        ]);
        spans[2].name = "other".into();
        assert_eq!(trees(&spans).again, [false, true, false, false, false]);
    }

    #[test]
    fn long_chains_take_no_stack() {
        let ids: Vec<String> = (0..100_000).map(|at| at.to_string()).collect();
        let spans: Vec<_> = ids
            .iter()
            .enumerate()
            .map(|(at, id)| Span {
                trace: "t".into(),
                id: id.as_str().into(),
                parent: ids.get(at + 1).map(|id| id.as_str().into()),
                ..Span::default()
            })
            .collect();
        let trees = Trees::of(&spans, &Places::of(&spans));
        let root = ids.len() - 1;
        let nearest = trees.nearest(|at| at == root);
        assert!(nearest.iter().all(|found| *found == Some(root)));
    }
}
