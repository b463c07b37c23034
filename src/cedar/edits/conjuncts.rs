//! Which conjuncts of a condition were added, removed, changed and moved.

use super::differences::{Difference, differences};
use crate::cedar::text::{short, short_pair, text};
use crate::cedar::unknown::children;
use cedar_policy_core::ast::{Expr, ExprKind};
use std::collections::BTreeSet;

/// More pairs than this are not looked at for likeness.
const PAIRS: usize = 10_000;

pub(super) fn edits(base: Option<&Expr>, head: Option<&Expr>) -> Vec<String> {
    if base == head {
        return Vec::new();
    }
    let (base, head) = (conjuncts(base), conjuncts(head));
    let pairs = pair(&base, &head);
    let mut edits = Vec::new();
    for (at, conjunct) in base.iter().enumerate() {
        match pairs.iter().find(|(b, _)| *b == at) {
            None => edits.push(format!("conjunct removed: {}", short(&text(conjunct)))),
            Some((_, h)) => edits.extend(head.get(*h).and_then(|other| changed(conjunct, other))),
        }
    }
    for (at, conjunct) in head.iter().enumerate() {
        if !pairs.iter().any(|(_, h)| *h == at) {
            edits.push(format!("conjunct added: {}", short(&text(conjunct))));
        }
    }
    if !pairs.is_sorted_by_key(|(_, h)| *h) {
        // Whether a conjunct is evaluated, and so whether it can raise an error, depends on those before it.
        edits.push("conjuncts reordered".to_owned());
    }
    if edits.is_empty() {
        edits.push("conjuncts grouped otherwise".to_owned());
    }
    edits
}

/// What stands between the `&&` of all `when` and `unless` clauses, from left to right.
fn conjuncts(condition: Option<&Expr>) -> Vec<&Expr> {
    let mut out = Vec::new();
    let mut rest: Vec<&Expr> = condition.into_iter().collect();
    while let Some(expr) = rest.pop() {
        match expr.expr_kind() {
            ExprKind::And { left, right } => rest.extend([right.as_ref(), left.as_ref()]),
            _ => out.push(expr),
        }
    }
    out
}

fn changed(base: &Expr, head: &Expr) -> Option<String> {
    let found = differences(base, head);
    match found.as_slice() {
        [] => None,
        [one] => one.phrase(),
        _ => None,
    }
    .or_else(|| {
        let (from, to) = short_pair(&text(base), &text(head));
        (!found.is_empty()).then(|| format!("conjunct changed: {from} → {to}"))
    })
}

/// Conjuncts of base with those of head that they are, by their places, in the order of base: equal ones first, then
/// the most alike.
fn pair(base: &[&Expr], head: &[&Expr]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut left: BTreeSet<usize> = (0..base.len()).collect();
    let mut right: BTreeSet<usize> = (0..head.len()).collect();
    for (b, conjunct) in base.iter().enumerate() {
        let same = |h: &&usize| head.get(**h).is_some_and(|other| other == conjunct);
        if let Some(h) = right.iter().find(same).copied() {
            left.remove(&b);
            right.remove(&h);
            pairs.push((b, h));
        }
    }
    if left.len() * right.len() <= PAIRS {
        let mut alike = Vec::new();
        for b in &left {
            for h in &right {
                let both = base.get(*b).zip(head.get(*h));
                if let Some(score) = both.and_then(|(base, head)| unlikeness(base, head)) {
                    alike.push((score, b.abs_diff(*h), *b, *h));
                }
            }
        }
        alike.sort_unstable();
        for (_, _, b, h) in alike {
            if left.contains(&b) && right.contains(&h) {
                left.remove(&b);
                right.remove(&h);
                pairs.push((b, h));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

/// How unlike two conjuncts are, where they are alike at all: those that differ in literals alone before those that
/// differ in what can be told, before those that read the same, before those that read some of the same; and few
/// differences before many.
fn unlikeness(base: &Expr, head: &Expr) -> Option<(u8, usize)> {
    let found = differences(base, head);
    let worst = found.iter().map(|difference| match difference {
        Difference::Literal { .. } | Difference::Elements { .. } => 0,
        Difference::Operator { .. } | Difference::Operands { .. } => 1,
        Difference::Other => 2,
    });
    let worst = worst.max().unwrap_or(0);
    let (reads, others) = (paths(base), paths(head));
    // Literals alone have nothing that could be the same.
    match worst {
        0 | 1 => (!reads.is_empty()).then_some((worst, found.len())),
        _ if reads.is_disjoint(&others) => None,
        _ => Some((worst + u8::from(reads != others), found.len())),
    }
}

/// The paths from `principal`, `action`, `resource` and `context` that an expression reads, as long as they are written.
fn paths(expr: &Expr) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut rest = vec![expr];
    while let Some(expr) = rest.pop() {
        match path(expr) {
            Some(path) => {
                paths.insert(path);
            }
            None => rest.extend(children(expr)),
        }
    }
    paths
}

fn path(expr: &Expr) -> Option<String> {
    let mut keys = Vec::new();
    let mut rest = expr;
    loop {
        match rest.expr_kind() {
            ExprKind::Var(variable) => {
                keys.push(variable.to_string());
                keys.reverse();
                return Some(keys.join("."));
            }
            ExprKind::GetAttr { expr, attr } | ExprKind::HasAttr { expr, attr } => {
                keys.push(attr.to_string());
                rest = expr;
            }
            ExprKind::ExtHasAttr { expr, attrs } => {
                let attrs: Vec<&str> = attrs.iter().map(|attr| attr.as_str()).collect();
                keys.push(attrs.join("."));
                rest = expr;
            }
            _ => return None,
        }
    }
}
