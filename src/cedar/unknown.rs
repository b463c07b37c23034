//! Conditions over a context in which some fields are unknown, and over entities of which some attributes are.
//!
//! Nothing is assumed of an unknown field: it may have a value of its type, any other value, or be absent. What is said
//! to be known is so in all of these cases, errors included. Parts that cannot touch an unknown field are left to Cedar's
//! own evaluator; `&&`, `||`, `!` and `if` go on with what their parts may come to; a part that asks whether an unknown
//! field is there is true or false; anything else that touches one may come to anything, unless another part of it, which
//! is evaluated in any case, raises an error. Why this is not Cedar's partial evaluation: `docs/architecture.md`.

use super::outcomes::Outcomes;
use crate::model::{EntityRef, FieldPath};
use cedar_policy_core::ast::{Expr, ExprKind, Literal, SlotEnv, UnaryOp, ValueKind, Var};
use cedar_policy_core::evaluator::Evaluator;
use std::collections::BTreeSet;

pub(super) struct Partial<'a> {
    pub(super) evaluator: &'a Evaluator<'a>,
    pub(super) slots: &'a SlotEnv,
    pub(super) unknown: &'a BTreeSet<FieldPath>,
    /// Attributes of entities that nobody knows.
    pub(super) attributes: &'a BTreeSet<(EntityRef, String)>,
    /// The unknown fields that were reached, for the report.
    pub(super) reached: BTreeSet<FieldPath>,
}

impl Partial<'_> {
    /// What a condition may come to.
    pub(super) fn condition(&mut self, expr: &Expr) -> Outcomes {
        if !self.touches(expr) {
            return self.concrete(expr);
        }
        match expr.expr_kind() {
            ExprKind::And { .. } => self.sequence(operands(expr), true),
            ExprKind::Or { .. } => self.sequence(operands(expr), false),
            ExprKind::UnaryApp {
                op: UnaryOp::Not,
                arg,
            } => self.condition(arg).negated(),
            ExprKind::If {
                test_expr,
                then_expr,
                else_expr,
            } => {
                let test = self.condition(test_expr);
                let mut found = Outcomes {
                    error: test.error,
                    ..Outcomes::default()
                };
                for (taken, branch) in [(test.holds, then_expr), (test.fails, else_expr)] {
                    if taken {
                        found = found.or(self.condition(branch));
                    }
                }
                found
            }
            _ => match self.error_in(expr) {
                Some(error) => Outcomes::error(error),
                None => {
                    let touched = self.touched(expr);
                    let asked = self.asks_for(expr, &touched);
                    self.reached.extend(touched);
                    match asked {
                        true => Outcomes::TRUE_OR_FALSE,
                        false => Outcomes::anything(),
                    }
                }
            },
        }
    }

    /// The operands of `&&` or `||` from left to right: the first that is not `neutral` is the result.
    fn sequence(&mut self, operands: Vec<&Expr>, neutral: bool) -> Outcomes {
        let mut found = Outcomes::default();
        for operand in operands {
            let Outcomes {
                holds,
                fails,
                error,
            } = self.condition(operand);
            found.may_raise(error);
            let goes_on = match neutral {
                true => {
                    found.fails |= fails;
                    holds
                }
                false => {
                    found.holds |= holds;
                    fails
                }
            };
            if !goes_on {
                return found;
            }
        }
        found.or(Outcomes::value(neutral))
    }

    /// The error of a part that is evaluated in any case, and does not depend on what is unknown.
    fn error_in(&self, expr: &Expr) -> Option<String> {
        match expr.expr_kind() {
            ExprKind::And { .. } | ExprKind::Or { .. } | ExprKind::If { .. } => None,
            _ => children(expr)
                .into_iter()
                .find_map(|child| match self.touches(child) {
                    true => self.error_in(child),
                    false => self
                        .evaluator
                        .interpret(child, self.slots)
                        .err()
                        .map(|error| super::diagnostics::message(&error)),
                }),
        }
    }

    /// Whether it asks if something is there that is unknown, or has something unknown inside of it, in a record or an entity
    /// that is there: then there is a yes or no.
    fn asks_for(&self, expr: &Expr, touched: &BTreeSet<FieldPath>) -> bool {
        if self.touches_entity(expr) {
            // What lies deeper may be read of something that has no members, which is an error.
            return matches!(expr.expr_kind(), ExprKind::HasAttr { expr, .. } if !self.touches(expr));
        }
        let Some((_, _, path)) = presence(expr) else {
            return false;
        };
        let there = |field: &FieldPath| field.0.len() >= path.len() && meets(field, &path);
        touched.iter().all(there) && self.concrete(expr).error.is_none()
    }

    /// Whether it asks for a record that is there: what is unknown lies inside of it, so it stays there whatever that is.
    fn is_there(&self, expr: &Expr, path: &[&str]) -> bool {
        self.along(path).all(|field| field.0.len() > path.len())
            && self.concrete(expr).surely_holds()
    }

    fn concrete(&self, expr: &Expr) -> Outcomes {
        match self.evaluator.interpret(expr, self.slots) {
            Ok(value) => match value.value_kind() {
                ValueKind::Lit(Literal::Bool(flag)) => Outcomes::value(*flag),
                _ => Outcomes::error(format!("expected a boolean, got `{value}`")),
            },
            Err(error) => Outcomes::error(super::diagnostics::message(&error)),
        }
    }

    /// Whether the value of an expression may depend on an unknown field, or on an unknown attribute of an entity.
    pub(super) fn touches(&self, expr: &Expr) -> bool {
        self.touches_context(expr) || self.touches_entity(expr)
    }

    fn touches_context(&self, expr: &Expr) -> bool {
        match self.read(expr) {
            Some(read) => !read.is_empty(),
            None => children(expr)
                .into_iter()
                .any(|child| self.touches_context(child)),
        }
    }

    fn touches_entity(&self, expr: &Expr) -> bool {
        !self.attributes.is_empty()
            && expr.subexpressions().any(|part| {
                let mut found = BTreeSet::new();
                self.of_entity(part, &mut found);
                !found.is_empty()
            })
    }

    /// The unknown fields, and the unknown attributes of entities, that the value of an expression may depend on.
    fn touched(&self, expr: &Expr) -> BTreeSet<FieldPath> {
        let mut found = self.touched_of_context(expr);
        if !self.attributes.is_empty() {
            for part in expr.subexpressions() {
                self.of_entity(part, &mut found);
            }
        }
        found
    }

    /// The unknown attributes that one read, or one question for an attribute, may come to.
    fn of_entity(&self, expr: &Expr, out: &mut BTreeSet<FieldPath>) {
        let (of, names): (_, Vec<&str>) = match expr.expr_kind() {
            ExprKind::GetAttr { expr, attr } | ExprKind::HasAttr { expr, attr } => {
                (expr, vec![attr.as_str()])
            }
            ExprKind::ExtHasAttr { expr, attrs } => {
                (expr, attrs.iter().map(AsRef::as_ref).collect())
            }
            _ => return,
        };
        let mut named = self.attributes.iter();
        if !named.any(|(_, name)| names.contains(&name.as_str())) {
            return;
        }
        let uid = match self.touches(of) {
            // What it is read of is unknown itself, and noted.
            true if names.len() == 1 => return,
            // Of `context has a.b` something else in the record may be what is unknown.
            true => None,
            false => match self.evaluator.interpret(of, self.slots) {
                // It is an error that it is read, whatever is unknown.
                Err(_) => return,
                Ok(value) => match value.value_kind() {
                    ValueKind::Lit(Literal::EntityUID(uid)) => Some(super::reference(uid)),
                    _ => None,
                },
            },
        };
        for (place, name) in names.iter().enumerate() {
            // Of what lies deeper nobody has asked here what it is read of.
            let mut of_name = self.attributes.iter();
            let found = of_name.find(|(entity, known)| {
                known == name && (place > 0 || uid.as_ref() == Some(entity))
            });
            if let Some((entity, name)) = found {
                out.insert(FieldPath::of_entity(&entity.ty, name));
            }
        }
    }

    fn touched_of_context(&self, expr: &Expr) -> BTreeSet<FieldPath> {
        match self.read(expr) {
            Some(read) => read.into_iter().cloned().collect(),
            None => children(expr)
                .into_iter()
                .flat_map(|child| self.touched_of_context(child))
                .collect(),
        }
    }

    /// The unknown fields that a chain `context.a.b` leads to or through, or that matter for whether something is there;
    /// nothing for any other expression.
    fn read(&self, expr: &Expr) -> Option<Vec<&FieldPath>> {
        if let Some(path) = chain(expr) {
            return Some(self.along(&path).collect());
        }
        let (record, of, path) = presence(expr)?;
        let mut read: Vec<&FieldPath> = self.along(&path).collect();
        if !read.is_empty() && self.is_there(expr, &path) {
            read.clear();
        }
        // Where the record is not there, but for what is unknown inside of it, asking is an error or not.
        if self.along(&of).next().is_some() && self.evaluator.interpret(record, self.slots).is_err()
        {
            read.extend(self.along(&of));
        }
        Some(read)
    }

    /// The unknown fields that a path leads to or through.
    fn along(&self, path: &[&str]) -> impl Iterator<Item = &FieldPath> {
        self.unknown.iter().filter(move |field| meets(field, path))
    }
}

/// Whether one path is the beginning of the other.
fn meets(field: &FieldPath, path: &[&str]) -> bool {
    field.0.iter().zip(path).all(|(a, b)| a == b)
}

/// The operands of a chain `a && b && c` or `a || b || c`, which parses as `(a && b) && c`: one by one, so that a long
/// chain is not walked again for each of them.
pub(super) fn operands(chain: &Expr) -> Vec<&Expr> {
    let and = matches!(chain.expr_kind(), ExprKind::And { .. });
    let mut operands = Vec::new();
    let mut rest = chain;
    loop {
        match rest.expr_kind() {
            ExprKind::And { left, right } if and => {
                operands.push(right.as_ref());
                rest = left;
            }
            ExprKind::Or { left, right } if !and => {
                operands.push(right.as_ref());
                rest = left;
            }
            _ => break,
        }
    }
    operands.push(rest);
    operands.reverse();
    operands
}

/// The record of which `context.a has b.c` asks, its path, and the path of which it asks whether it is there; nothing for
/// any other expression.
fn presence(expr: &Expr) -> Option<(&Expr, Vec<&str>, Vec<&str>)> {
    let (record, keys): (&Expr, Vec<&str>) = match expr.expr_kind() {
        ExprKind::HasAttr { expr, attr } => (expr, vec![attr.as_str()]),
        ExprKind::ExtHasAttr { expr, attrs } => {
            (expr, attrs.iter().map(|attr| attr.as_str()).collect())
        }
        _ => return None,
    };
    let of = chain(record)?;
    let path = of.iter().copied().chain(keys).collect();
    Some((record, of, path))
}

/// The path of `context.a.b`; nothing for any other expression.
fn chain(expr: &Expr) -> Option<Vec<&str>> {
    match expr.expr_kind() {
        ExprKind::Var(Var::Context) => Some(Vec::new()),
        ExprKind::GetAttr { expr, attr } => {
            let mut path = chain(expr)?;
            path.push(attr.as_str());
            Some(path)
        }
        _ => None,
    }
}

/// The direct parts of an expression, in order.
pub(super) fn children<T>(expr: &Expr<T>) -> Vec<&Expr<T>> {
    match expr.expr_kind() {
        ExprKind::Lit(_) | ExprKind::Var(_) | ExprKind::Slot(_) | ExprKind::Unknown(_) => {
            Vec::new()
        }
        ExprKind::If {
            test_expr,
            then_expr,
            else_expr,
        } => vec![test_expr, then_expr, else_expr],
        ExprKind::And { left, right } | ExprKind::Or { left, right } => vec![left, right],
        ExprKind::UnaryApp { arg, .. } => vec![arg],
        ExprKind::BinaryApp { arg1, arg2, .. } => vec![arg1, arg2],
        ExprKind::ExtensionFunctionApp { args, .. } => args.iter().collect(),
        ExprKind::GetAttr { expr, .. }
        | ExprKind::HasAttr { expr, .. }
        | ExprKind::ExtHasAttr { expr, .. }
        | ExprKind::Like { expr, .. }
        | ExprKind::Is { expr, .. } => vec![expr],
        ExprKind::Set(items) => items.iter().collect(),
        ExprKind::Record(members) => members.values().collect(),
    }
}

#[cfg(test)]
mod tests;
