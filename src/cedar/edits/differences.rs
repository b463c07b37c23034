//! In what two expressions differ, as deep in them as it can be said.

use crate::cedar::lower::lower_constructor;
use crate::cedar::reads::written;
use crate::cedar::text::{short, short_pair, text};
use crate::cedar::unknown::operands;
use crate::model::Value;
use cedar_policy_core::ast::{Expr, ExprKind, UnaryOp};

/// One difference between two expressions; `within` is the test on base in which it stands.
pub(super) enum Difference<'e> {
    Literal {
        from: String,
        to: String,
        within: &'e Expr,
    },
    Operator {
        from: String,
        to: String,
        within: &'e Expr,
    },
    Elements {
        removed: Vec<String>,
        added: Vec<String>,
        within: &'e Expr,
    },
    /// Operands of `||`, or of `&&` below the top.
    Operands {
        what: &'static str,
        removed: Vec<String>,
        added: Vec<String>,
    },
    Other,
}

impl Difference<'_> {
    /// The difference as a phrase, where it can be said alone.
    pub(super) fn phrase(&self) -> Option<String> {
        Some(match self {
            Difference::Literal { from, to, within } => {
                let (from, to) = short_pair(from, to);
                format!("literal {from} → {to} in {}", short(&text(within)))
            }
            Difference::Operator { from, to, within } => {
                format!("operator {from} → {to} in {}", short(&text(within)))
            }
            Difference::Elements {
                removed,
                added,
                within,
            } => {
                let within = short(&text(within));
                let what = match removed.len() + added.len() {
                    0 => return Some(format!("set reordered in {within}")),
                    1 => "element",
                    _ => "elements",
                };
                format!("{what} {} in {within}", moved(removed, added))
            }
            Difference::Operands {
                what,
                removed,
                added,
            } => format!("{what} {}", moved(removed, added)),
            Difference::Other => return None,
        })
    }
}

fn moved(removed: &[String], added: &[String]) -> String {
    let list = |texts: &[String], done: &str| {
        (!texts.is_empty()).then(|| format!("{} {done}", short(&texts.join(", "))))
    };
    let parts = [list(removed, "removed"), list(added, "added")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// An expression as a node with children.
enum Shape<'e> {
    Literal(String),
    Set(Vec<&'e Expr>),
    Node {
        label: String,
        /// Whether another operator could stand in its place.
        operator: bool,
        /// A pattern.
        constant: Option<String>,
        children: Vec<&'e Expr>,
    },
}

fn node<'e>(label: impl Into<String>, children: Vec<&'e Expr>) -> Shape<'e> {
    Shape::Node {
        label: label.into(),
        operator: false,
        constant: None,
        children,
    }
}

fn operation<'e>(label: impl Into<String>, children: Vec<&'e Expr>) -> Shape<'e> {
    Shape::Node {
        label: label.into(),
        operator: true,
        constant: None,
        children,
    }
}

fn shape(expr: &Expr) -> Shape<'_> {
    if let Some(literal) = literal(expr) {
        return Shape::Literal(literal);
    }
    if let Some((op, left, right)) = written(expr) {
        return operation(op, vec![left, right]);
    }
    match expr.expr_kind() {
        ExprKind::And { .. } => operation("&&", operands(expr)),
        ExprKind::Or { .. } => operation("||", operands(expr)),
        ExprKind::If {
            test_expr,
            then_expr,
            else_expr,
        } => node("if", vec![test_expr, then_expr, else_expr]),
        ExprKind::UnaryApp { op, arg } => {
            let label = match op {
                UnaryOp::Not => "!",
                UnaryOp::Neg => "-",
                UnaryOp::IsEmpty => "isEmpty",
            };
            node(label, vec![arg])
        }
        ExprKind::BinaryApp { op, arg1, arg2 } => operation(op.to_string(), vec![arg1, arg2]),
        ExprKind::ExtensionFunctionApp { fn_name, args } => {
            operation(fn_name.to_string(), args.iter().collect())
        }
        ExprKind::GetAttr { expr, attr } => node(format!(".{attr}"), vec![expr]),
        ExprKind::HasAttr { expr, attr } => node(format!("has {attr:?}"), vec![expr]),
        ExprKind::ExtHasAttr { expr, attrs } => {
            let attrs: Vec<&str> = attrs.iter().map(|attr| attr.as_str()).collect();
            node(format!("has {attrs:?}"), vec![expr])
        }
        ExprKind::Like { expr, pattern } => Shape::Node {
            label: "like".to_owned(),
            operator: false,
            constant: Some(format!("\"{pattern}\"")),
            children: vec![expr],
        },
        ExprKind::Is { expr, entity_type } => node(format!("is {entity_type}"), vec![expr]),
        ExprKind::Set(items) => Shape::Set(items.iter().collect()),
        ExprKind::Record(members) => {
            let keys: Vec<&str> = members.keys().map(|key| key.as_str()).collect();
            node(format!("{keys:?}"), members.values().collect())
        }
        ExprKind::Lit(_) | ExprKind::Var(_) | ExprKind::Slot(_) | ExprKind::Unknown(_) => {
            node(expr.to_string(), Vec::new())
        }
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match lower_constructor(expr)? {
        Value::Extension(name, argument) => {
            let makes = matches!(name.as_ref(), "decimal" | "datetime" | "duration" | "ip");
            makes.then(|| Value::Extension(name, argument).to_string())
        }
        Value::Call(..) => None,
        value @ (Value::Bool(_)
        | Value::Long(_)
        | Value::String(_)
        | Value::Entity(_)
        | Value::Set(_)
        | Value::Record(_)) => Some(value.to_string()),
    }
}

/// Whether an expression is a test that is best read as a whole.
fn is_test(expr: &Expr) -> bool {
    match expr.expr_kind() {
        ExprKind::HasAttr { .. }
        | ExprKind::ExtHasAttr { .. }
        | ExprKind::Like { .. }
        | ExprKind::Is { .. } => true,
        ExprKind::ExtensionFunctionApp { fn_name, .. } => matches!(
            fn_name.to_string().as_str(),
            "lessThan"
                | "lessThanOrEqual"
                | "greaterThan"
                | "greaterThanOrEqual"
                | "isInRange"
                | "isIpv4"
                | "isIpv6"
                | "isLoopback"
                | "isMulticast"
        ),
        _ => written(expr).is_some_and(|(op, _, _)| !matches!(op, "+" | "-" | "*" | "getTag")),
    }
}

/// The differences between an expression of base and one of head, in the order of the text. Equal expressions have
/// none.
pub(super) fn differences<'e>(base: &'e Expr, head: &'e Expr) -> Vec<Difference<'e>> {
    let mut out = Vec::new();
    collect(base, head, base, &mut out);
    out
}

fn collect<'e>(base: &'e Expr, head: &'e Expr, within: &'e Expr, out: &mut Vec<Difference<'e>>) {
    if base == head {
        return;
    }
    let within = if is_test(base) { base } else { within };
    match (shape(base), shape(head)) {
        (Shape::Literal(from), Shape::Literal(to)) => {
            out.push(Difference::Literal { from, to, within });
        }
        (Shape::Set(from), Shape::Set(to)) => {
            let (removed, added) = missing(&from, &to);
            out.push(Difference::Elements {
                removed,
                added,
                within,
            });
        }
        (
            Shape::Node {
                label,
                operator,
                constant,
                children,
            },
            Shape::Node {
                label: head_label,
                operator: head_operator,
                constant: head_constant,
                children: head_children,
            },
        ) => {
            if label != head_label {
                let only = operator && head_operator && children == head_children;
                out.push(match only {
                    true => Difference::Operator {
                        from: label,
                        to: head_label,
                        within,
                    },
                    false => Difference::Other,
                });
                return;
            }
            if children.len() != head_children.len() {
                out.push(chain(&label, &children, &head_children));
                return;
            }
            if let (Some(from), Some(to)) = (constant, head_constant)
                && from != to
            {
                out.push(Difference::Literal { from, to, within });
            }
            for (base, head) in children.into_iter().zip(head_children) {
                collect(base, head, within, out);
            }
        }
        (Shape::Literal(_), Shape::Set(_) | Shape::Node { .. })
        | (Shape::Set(_), Shape::Literal(_) | Shape::Node { .. })
        | (Shape::Node { .. }, Shape::Literal(_) | Shape::Set(_)) => out.push(Difference::Other),
    }
}

/// Two chains of `||` or `&&` of different length that have most of their operands in common.
fn chain<'e>(label: &str, base: &[&Expr], head: &[&Expr]) -> Difference<'e> {
    let what = match label {
        "||" => "alternative",
        "&&" => "inner conjunct",
        _ => return Difference::Other,
    };
    let (removed, added) = missing(base, head);
    if removed.len() + added.len() > base.len() {
        return Difference::Other;
    }
    Difference::Operands {
        what,
        removed,
        added,
    }
}

/// What is in the first list alone, and what in the second one alone.
fn missing(base: &[&Expr], head: &[&Expr]) -> (Vec<String>, Vec<String>) {
    let shown = |expr: &Expr| literal(expr).unwrap_or_else(|| text(expr));
    let mut removed = Vec::new();
    let mut added: Vec<&Expr> = head.to_vec();
    for expr in base {
        match added.iter().position(|other| other == expr) {
            Some(at) => {
                added.remove(at);
            }
            None => removed.push(shown(expr)),
        }
    }
    (removed, added.into_iter().map(shown).collect())
}
