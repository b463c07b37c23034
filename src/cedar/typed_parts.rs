//! The types that Cedar's type checker gave to the parts of a condition, by the places where they stand.
//!
//! The checker's tree is not the condition's: of `a && b` with an `a` that never holds it keeps `a` alone, at the place of
//! the whole; likewise of `a || b` with an `a` that always does; and of an `if` with a constant test it repeats the branch
//! that is taken. Both trees are walked together, so that each type is noted at its own part, and none at a part that is
//! not looked at.

use super::types::lower;
use super::typing::Typed;
use super::unknown::children;
use crate::model::Span;
use cedar_policy_core::ast::{Expr, ExprKind};
use cedar_policy_core::validator::types::{BoolType, Type};
use std::collections::BTreeMap;

/// An expression as the type checker hands it back.
type Checked = Expr<Option<Type>>;

/// Notes the type of every part that has a place and is looked at. Parts of something that is written as one, such as
/// `a != b`, stand at its place; what is noted there is what the whole is.
pub(super) fn collect(condition: &Expr, checked: &Checked, types: &mut BTreeMap<Span, Typed>) {
    let mut open = vec![(condition, checked, None)];
    while let Some((expr, checked, outer)) = open.pop() {
        let span = place(expr);
        if let (Some(span), Some(ty)) = (span, checked.data())
            && outer != Some(span)
        {
            note(types.entry(span).or_default(), ty);
        }
        let here = span.or(outer);
        match (expr.expr_kind(), checked.expr_kind()) {
            (
                ExprKind::And { left, right },
                ExprKind::And {
                    left: one,
                    right: two,
                },
            )
            | (
                ExprKind::Or { left, right },
                ExprKind::Or {
                    left: one,
                    right: two,
                },
            ) if place(right) == place(two) => {
                open.push((left, one, here));
                open.push((right, two, here));
            }
            // It ends with the first operand.
            (ExprKind::And { left, .. } | ExprKind::Or { left, .. }, _) => {
                open.push((left, checked, here));
            }
            (
                ExprKind::If {
                    test_expr,
                    then_expr,
                    else_expr,
                },
                ExprKind::If {
                    test_expr: test,
                    then_expr: then,
                    else_expr: other,
                },
            ) => {
                open.push((test_expr, test, here));
                if constant(test) != Some(false) {
                    open.push((then_expr, then, here));
                }
                if constant(test) != Some(true) {
                    open.push((else_expr, other, here));
                }
            }
            _ => {
                let (parts, checked) = (children(expr), children(checked));
                if parts.len() == checked.len() {
                    let both = parts.into_iter().zip(checked);
                    open.extend(both.map(|(part, checked)| (part, checked, here)));
                }
            }
        }
    }
}

fn place<T>(expr: &Expr<T>) -> Option<Span> {
    let loc = expr.source_loc()?;
    Some(Span::new(loc.start(), loc.end() - loc.start()))
}

/// Whether an expression always, or never, holds.
fn constant(checked: &Checked) -> Option<bool> {
    match checked.data() {
        Some(Type::Bool(BoolType::True)) => Some(true),
        Some(Type::Bool(BoolType::False)) => Some(false),
        _ => None,
    }
}

fn note(typed: &mut Typed, ty: &Type) {
    typed.can_hold |= !matches!(ty, Type::Bool(BoolType::False));
    typed.can_fail |= !matches!(ty, Type::Bool(BoolType::True));
    if let Some(ty) = lower(ty)
        && !typed.types.contains(&ty)
    {
        typed.types.push(ty);
    }
}
