//! What a part of a policy's text is, as Cedar's parser reads it.

use crate::model::Span;
use cedar_policy_core::parser::{Node, cst};

/// The place of a node, where it has one.
pub(super) fn span<T>(node: &Node<T>) -> Option<Span> {
    let loc = node.loc()?;
    Some(Span::new(loc.start(), loc.end() - loc.start()))
}

/// Where the definition of a variable ends: behind the last of its parts.
pub(super) fn end_of(definition: &cst::VariableDef, whole: Span) -> usize {
    let ineq = definition.ineq.as_ref().and_then(|(_, expr)| span(expr));
    let is = definition.entity_type.as_ref().and_then(span);
    let last = ineq.or(is).or_else(|| span(&definition.variable));
    last.map_or(whole.end(), |last| last.end())
}

pub(super) fn order(operator: cst::RelOp) -> Option<&'static str> {
    match operator {
        cst::RelOp::Less => Some("<"),
        cst::RelOp::LessEq => Some("<="),
        cst::RelOp::Greater => Some(">"),
        cst::RelOp::GreaterEq => Some(">="),
        cst::RelOp::Eq | cst::RelOp::NotEq | cst::RelOp::In | cst::RelOp::InvalidSingleEq => None,
    }
}

/// Whether an expression is a chain or an `if`. Brackets around it do not count.
pub(super) fn is_composed(node: &Node<Option<cst::Expr>>) -> bool {
    let Some(cst::Expr::Expr(expr)) = node.as_inner() else {
        return false;
    };
    match (expr.expr.as_ref(), primary_of(node)) {
        (cst::ExprData::If(..), _) => true,
        (cst::ExprData::Or(_), Some(cst::Primary::Expr(inner))) => is_composed(inner),
        (cst::ExprData::Or(_), _) => top_chain(node).is_some(),
    }
}

/// The operator of an expression that is a chain: true for `&&`. Brackets around it do not count.
pub(super) fn top_chain(node: &Node<Option<cst::Expr>>) -> Option<bool> {
    let Some(cst::Expr::Expr(expr)) = node.as_inner() else {
        return None;
    };
    let cst::ExprData::Or(or) = expr.expr.as_ref() else {
        return None;
    };
    let or = or.as_inner()?;
    if !or.extended.is_empty() {
        return Some(false);
    }
    let and = or.initial.as_inner()?;
    if !and.extended.is_empty() {
        return Some(true);
    }
    match primary_of_relation(&and.initial)? {
        cst::Primary::Expr(inner) => top_chain(inner),
        _ => None,
    }
}

/// What an expression is, where it is nothing but one item.
pub(super) fn primary_of(node: &Node<Option<cst::Expr>>) -> Option<&cst::Primary> {
    let Some(cst::Expr::Expr(expr)) = node.as_inner() else {
        return None;
    };
    let cst::ExprData::Or(or) = expr.expr.as_ref() else {
        return None;
    };
    let and = or.as_inner().filter(|or| or.extended.is_empty())?;
    let and = and.initial.as_inner()?;
    let and = Some(and).filter(|and| and.extended.is_empty())?;
    primary_of_relation(&and.initial)
}

fn member_of(node: &Node<Option<cst::Relation>>) -> Option<&cst::Member> {
    let Some(cst::Relation::Common { initial, extended }) = node.as_inner() else {
        return None;
    };
    let sum = initial.as_inner()?;
    let product = sum.initial.as_inner()?;
    let unary = product.initial.as_inner()?;
    let alone = extended.is_empty() && sum.extended.is_empty() && product.extended.is_empty();
    unary
        .item
        .as_inner()
        .filter(|_| alone && unary.op.is_none())
}

fn primary_of_relation(node: &Node<Option<cst::Relation>>) -> Option<&cst::Primary> {
    let member = member_of(node)?;
    member.item.as_inner().filter(|_| member.access.is_empty())
}

/// Whether a relation asks if an attribute or a tag is there.
pub(super) fn is_guard(node: &Node<Option<cst::Relation>>) -> bool {
    if let Some(cst::Relation::Has { .. }) = node.as_inner() {
        return true;
    }
    let Some(member) = member_of(node) else {
        return false;
    };
    if let (Some(cst::Primary::Expr(inner)), true) =
        (member.item.as_inner(), member.access.is_empty())
    {
        return expr_is_guard(inner);
    }
    let mut last = member.access.iter().rev().skip(1);
    match last.next().and_then(Node::as_inner) {
        Some(cst::MemAccess::Field(name)) => {
            matches!(name.as_inner(), Some(cst::Ident::Ident(name)) if name == "hasTag")
        }
        _ => false,
    }
}

pub(super) fn and_is_guard(node: &Node<Option<cst::And>>) -> bool {
    node.as_inner()
        .is_some_and(|and| and.extended.is_empty() && is_guard(&and.initial))
}

pub(super) fn expr_is_guard(node: &Node<Option<cst::Expr>>) -> bool {
    let Some(cst::Expr::Expr(expr)) = node.as_inner() else {
        return false;
    };
    match expr.expr.as_ref() {
        cst::ExprData::Or(or) => or
            .as_inner()
            .is_some_and(|or| or.extended.is_empty() && and_is_guard(&or.initial)),
        cst::ExprData::If(..) => false,
    }
}
