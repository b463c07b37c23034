//! Why a policy did not apply: the first thing that it asks and that did not hold, with the values that it saw.

use super::text::{short, text};
use super::{Evaluation, PreparedRequest, diagnostics, scope};
use crate::model::Span;
use cedar_policy_core::FromNormalizedStr as _;
use cedar_policy_core::ast::{Expr, ExprKind, Id, Literal, UnaryOp, Value, ValueKind, Var};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;
use std::collections::BTreeSet;

/// How a policy missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// Its scope does not hold.
    Scope,
    /// A part of its condition is false.
    False,
    /// A part of its condition raised an error.
    Error,
}

/// The first thing that a policy asks and that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// How.
    pub miss: Miss,
    /// What is asked, on one line.
    pub text: String,
    /// Where it stands in the policy's file; nothing where Cedar does not say.
    pub span: Option<Span>,
    /// Cedar's message, where there was an error.
    pub message: Option<String>,
    /// What it reads, and the values it saw.
    pub values: Vec<(String, String)>,
}

impl Evaluation<'_> {
    /// Why a policy, by its place in the set, is not satisfied; nothing where it is.
    pub fn missed(&self, policy: usize, request: PreparedRequest<'_>) -> Option<Missed> {
        let policy = self.policy(policy)?;
        let entities = request.entities.inner.as_ref();
        let built = request.request;
        for (name, uid, test) in [
            ("action", &built.action, &policy.scope.action),
            ("principal", &built.principal, &policy.scope.principal),
            ("resource", &built.resource, &policy.scope.resource),
        ] {
            if !test.holds(uid, entities) {
                return Some(Missed {
                    miss: Miss::Scope,
                    text: short(&scope::text(name, test).unwrap_or_default()),
                    span: None,
                    message: None,
                    values: vec![(name.to_owned(), uid.to_string())],
                });
            }
        }
        let condition = policy.condition.as_ref()?;
        let cedar = built.cedar();
        let evaluator = Evaluator::new(cedar, entities, Extensions::all_available());
        let seen = Seen {
            value: &|expr| {
                evaluator
                    .interpret(expr, &policy.slots)
                    .map_err(|error| diagnostics::message(&error))
            },
        };
        let (atom, miss, message) = seen.first(condition)?;
        Some(Missed {
            miss,
            text: text(atom),
            span: atom
                .source_loc()
                .map(|loc| Span::new(loc.span.offset(), loc.span.len())),
            message,
            values: seen.values(atom),
        })
    }

    /// Whether the scope of a policy, by its place in the set, holds for a request in all parts but one.
    pub fn nearly_reaches(&self, policy: usize, request: PreparedRequest<'_>) -> bool {
        let Some(policy) = self.policy(policy) else {
            return false;
        };
        let entities = request.entities.inner.as_ref();
        let built = request.request;
        let parts = [
            (&built.principal, &policy.scope.principal),
            (&built.action, &policy.scope.action),
            (&built.resource, &policy.scope.resource),
        ];
        let missed = parts
            .iter()
            .filter(|(uid, test)| !test.holds(uid, entities));
        missed.count() == 1
    }

    /// Whether the scope of one of these policies, by their places in the set, holds for a request.
    pub fn reaches(&self, policies: &[usize], request: PreparedRequest<'_>) -> bool {
        let entities = request.entities.inner.as_ref();
        let built = request.request;
        policies.iter().any(|at| {
            self.policy(*at).is_some_and(|policy| {
                policy
                    .scope
                    .holds(&built.principal, &built.action, &built.resource, entities)
            })
        })
    }
}

/// What an evaluator says of parts of a condition.
struct Seen<'a> {
    value: &'a dyn Fn(&Expr) -> Result<Value, String>,
}

impl Seen<'_> {
    fn truth(&self, expr: &Expr) -> Result<bool, String> {
        match (self.value)(expr) {
            Ok(value) => match value.value_kind() {
                ValueKind::Lit(Literal::Bool(flag)) => Ok(*flag),
                _ => Err(format!("expected a boolean, got `{value}`")),
            },
            Err(message) => Err(message),
        }
    }

    /// The part that made an expression false, or that raised the error; nothing where it is true.
    fn first<'e>(&self, expr: &'e Expr) -> Option<(&'e Expr, Miss, Option<String>)> {
        match expr.expr_kind() {
            ExprKind::And { left, right } => self.first(left).or_else(|| self.first(right)),
            ExprKind::Or { left, right } => match self.truth(left) {
                Ok(true) => None,
                Err(_) => self.first(left),
                Ok(false) => match self.truth(right) {
                    Ok(true) => None,
                    Err(_) => self.first(right),
                    Ok(false) => Some((expr, Miss::False, None)),
                },
            },
            ExprKind::If {
                test_expr,
                then_expr,
                else_expr,
            } => {
                let branch = match self.truth(test_expr) {
                    Err(_) => return self.first(test_expr),
                    Ok(true) => then_expr,
                    Ok(false) => else_expr,
                };
                let found = self.first(branch)?;
                // A branch that is nothing but `false` tells less than the question does.
                match found.0.expr_kind() {
                    ExprKind::Lit(_) => Some((expr, found.1, found.2)),
                    _ => Some(found),
                }
            }
            ExprKind::UnaryApp {
                op: UnaryOp::Not,
                arg,
            } => match self.truth(arg) {
                Ok(false) => None,
                Ok(true) => Some((expr, Miss::False, None)),
                Err(message) => match self.first(arg) {
                    Some(found) if found.1 == Miss::Error => Some(found),
                    Some(_) | None => Some((expr, Miss::Error, Some(message))),
                },
            },
            _ => match self.truth(expr) {
                Ok(true) => None,
                Ok(false) => Some((expr, Miss::False, None)),
                Err(message) => Some((expr, Miss::Error, Some(message))),
            },
        }
    }

    /// The paths that an expression reads and that have a value, in the order of the text.
    fn values(&self, expr: &Expr) -> Vec<(String, String)> {
        let mut read = Vec::new();
        paths(expr, &mut read);
        let mut told = BTreeSet::new();
        let mut out = Vec::new();
        for path in read {
            let name = written(path);
            if told.insert(name.clone())
                && let Ok(value) = (self.value)(path)
            {
                out.push((name, short(&value.to_string())));
            }
        }
        out
    }
}

/// The longest paths in an expression: attributes and tags of attributes, down to a variable.
fn paths<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    match expr.expr_kind() {
        // The whole context says nothing that a line could hold.
        ExprKind::Var(Var::Context) => {}
        ExprKind::Var(Var::Principal | Var::Action | Var::Resource) => out.push(expr),
        ExprKind::GetAttr { .. } => out.push(expr),
        ExprKind::HasAttr { expr, .. }
        | ExprKind::Like { expr, .. }
        | ExprKind::Is { expr, .. } => paths(expr, out),
        ExprKind::UnaryApp { arg, .. } => paths(arg, out),
        ExprKind::And { left, right } | ExprKind::Or { left, right } => {
            paths(left, out);
            paths(right, out);
        }
        ExprKind::BinaryApp { arg1, arg2, .. } => {
            paths(arg1, out);
            paths(arg2, out);
        }
        ExprKind::If {
            test_expr,
            then_expr,
            else_expr,
        } => {
            paths(test_expr, out);
            paths(then_expr, out);
            paths(else_expr, out);
        }
        ExprKind::ExtensionFunctionApp { args, .. } => {
            args.iter().for_each(|arg| paths(arg, out));
        }
        ExprKind::Set(items) => items.iter().for_each(|item| paths(item, out)),
        ExprKind::Record(members) => members.values().for_each(|member| paths(member, out)),
        _ => {}
    }
}

/// A path as it is written. The place of a receiver is that of the whole call, so its source text would say too much.
fn written(path: &Expr) -> String {
    match path.expr_kind() {
        ExprKind::GetAttr { expr, attr } => {
            let inner = written(expr);
            match Id::from_normalized_str(attr).is_ok() {
                true => format!("{inner}.{attr}"),
                false => format!("{inner}[\"{}\"]", attr.escape_debug()),
            }
        }
        ExprKind::Var(var) => var.to_string(),
        _ => text(path),
    }
}
