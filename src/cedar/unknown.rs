//! Conditions over a context in which some fields are unknown.
//!
//! Exact in one direction: a value or an error is only given where every value of the unknown fields, and their
//! absence, would give the same. Subexpressions that cannot touch an unknown field are left to Cedar's own
//! evaluator; `&&`, `||`, `!` and `if` short-circuit as Cedar's do; anything else that touches one is unknown.

use crate::model::{EntityRef, FieldPath};
use cedar_policy_core::ast::{Expr, ExprKind, Literal, SlotEnv, UnaryOp, ValueKind, Var};
use cedar_policy_core::evaluator::Evaluator;
use std::collections::BTreeSet;

/// What a boolean expression comes to.
pub(super) enum Known {
    Bool(bool),
    Error(String),
    Unknown,
}

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
    pub(super) fn condition(&mut self, expr: &Expr) -> Known {
        let touched = self.touched(expr);
        if touched.is_empty() {
            return self.concrete(expr);
        }
        match expr.expr_kind() {
            ExprKind::And { .. } => self.sequence(operands(expr), true),
            ExprKind::Or { .. } => self.sequence(operands(expr), false),
            ExprKind::UnaryApp {
                op: UnaryOp::Not,
                arg,
            } => match self.condition(arg) {
                Known::Bool(flag) => Known::Bool(!flag),
                known => known,
            },
            ExprKind::If {
                test_expr,
                then_expr,
                else_expr,
            } => match self.condition(test_expr) {
                Known::Bool(true) => self.condition(then_expr),
                Known::Bool(false) => self.condition(else_expr),
                known => known,
            },
            _ if self.is_there(expr, &touched) => Known::Bool(true),
            _ => {
                self.reached.extend(touched);
                Known::Unknown
            }
        }
    }

    /// The unknown fields, and the unknown attributes of entities, that evaluating an expression may read.
    fn touched(&self, expr: &Expr) -> BTreeSet<FieldPath> {
        let mut out = touched(expr, self.unknown);
        if !self.attributes.is_empty() {
            for part in expr.subexpressions() {
                self.of_entity(part, &mut out);
            }
        }
        out
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
        let uid = match self.touched(of).is_empty() {
            // What it is read of is unknown itself, and noted.
            false => return,
            true => match self.evaluator.interpret(of, self.slots) {
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

    /// Whether it asks for a record that is there: what is unknown lies inside of it, so it stays there whatever that is.
    fn is_there(&self, expr: &Expr, touched: &BTreeSet<FieldPath>) -> bool {
        let Some(path) = presence(expr) else {
            return false;
        };
        let inside = |field: &FieldPath| field.0.len() > path.len() && field.0.starts_with(&path);
        touched.iter().all(inside) && matches!(self.concrete(expr), Known::Bool(true))
    }

    /// The operands of `&&` or `||` from left to right: the first that is not `neutral` is the result.
    fn sequence(&mut self, operands: Vec<&Expr>, neutral: bool) -> Known {
        for operand in operands {
            match self.condition(operand) {
                Known::Bool(flag) if flag == neutral => {}
                known => return known,
            }
        }
        Known::Bool(neutral)
    }

    fn concrete(&self, expr: &Expr) -> Known {
        match self.evaluator.interpret(expr, self.slots) {
            Ok(value) => match value.value_kind() {
                ValueKind::Lit(Literal::Bool(flag)) => Known::Bool(*flag),
                _ => Known::Error(format!("expected a boolean, got `{value}`")),
            },
            Err(error) => Known::Error(super::diagnostics::message(&error)),
        }
    }
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

/// The unknown fields that evaluating an expression may read: every chain `context.a.b` that is a prefix of an
/// unknown field or runs through one.
fn touched(expr: &Expr, unknown: &BTreeSet<FieldPath>) -> BTreeSet<FieldPath> {
    let mut out = BTreeSet::new();
    visit(expr, unknown, &mut out);
    out
}

fn visit(expr: &Expr, unknown: &BTreeSet<FieldPath>, out: &mut BTreeSet<FieldPath>) {
    if let Some(path) = chain(expr) {
        collect(&path, unknown, out);
        return;
    }
    if let Some(path) = presence(expr) {
        collect(&path, unknown, out);
        return;
    }
    for child in children(expr) {
        visit(child, unknown, out);
    }
}

fn collect(path: &[String], unknown: &BTreeSet<FieldPath>, out: &mut BTreeSet<FieldPath>) {
    for field in unknown {
        if field.0.starts_with(path) || path.starts_with(&field.0) {
            out.insert(field.clone());
        }
    }
}

/// The path of which `context.a has b.c` asks whether it is there; nothing for any other expression.
fn presence(expr: &Expr) -> Option<Vec<String>> {
    let (record, keys): (_, Vec<String>) = match expr.expr_kind() {
        ExprKind::HasAttr { expr, attr } => (expr, vec![attr.to_string()]),
        ExprKind::ExtHasAttr { expr, attrs } => {
            (expr, attrs.iter().map(ToString::to_string).collect())
        }
        _ => return None,
    };
    let mut path = chain(record)?;
    path.extend(keys);
    Some(path)
}

/// The path of `context.a.b`; nothing for any other expression.
fn chain(expr: &Expr) -> Option<Vec<String>> {
    match expr.expr_kind() {
        ExprKind::Var(Var::Context) => Some(Vec::new()),
        ExprKind::GetAttr { expr, attr } => {
            let mut path = chain(expr)?;
            path.push(attr.to_string());
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
