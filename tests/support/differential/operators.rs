//! Which operators of Cedar a policy holds, from its tree.

use cedar_policy_core::ast::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};

/// Every operator, by the names of Cedar 4.14.1's `ast::ExprKind`, `ast::UnaryOp`, `ast::BinaryOp` and of its
/// extension functions.
pub const NAMES: [&str; 57] = [
    "literal Bool",
    "literal Long",
    "literal String",
    "literal entity",
    "principal",
    "action",
    "resource",
    "context",
    "if",
    "&&",
    "||",
    "!",
    "neg",
    "isEmpty",
    "==",
    "<",
    "<=",
    "+",
    "-",
    "*",
    "in",
    "in [..]",
    "contains",
    "containsAll",
    "containsAny",
    "getTag",
    "hasTag",
    "attribute",
    "has",
    "has a.b",
    "like",
    "is",
    "set",
    "record",
    "decimal",
    "lessThan",
    "lessThanOrEqual",
    "greaterThan",
    "greaterThanOrEqual",
    "ip",
    "isIpv4",
    "isIpv6",
    "isLoopback",
    "isMulticast",
    "isInRange",
    "datetime",
    "duration",
    "offset",
    "durationSince",
    "toDate",
    "toTime",
    "toMilliseconds",
    "toSeconds",
    "toMinutes",
    "toHours",
    "toDays",
    "constructor on no literal",
];

/// Some of [`NAMES`], a bit each.
pub type Operators = u64;

fn bit(name: &str) -> Operators {
    let at = NAMES.iter().position(|known| *known == name);
    1 << at.unwrap_or_else(|| panic!("the operator `{name}` is not in the list"))
}

/// The operators of a policy's conditions.
pub fn of(policy: &cedar_policy::Policy) -> Operators {
    let policy: &cedar_policy_core::ast::Policy = policy.as_ref();
    let Some(condition) = policy.non_scope_constraints_arc() else {
        return 0;
    };
    condition
        .subexpressions()
        .map(one)
        .fold(0, |all, found| all | found)
}

fn one(expression: &Expr) -> Operators {
    match expression.expr_kind() {
        ExprKind::Lit(Literal::Bool(_)) => bit("literal Bool"),
        ExprKind::Lit(Literal::Long(_)) => bit("literal Long"),
        ExprKind::Lit(Literal::String(_)) => bit("literal String"),
        ExprKind::Lit(Literal::EntityUID(_)) => bit("literal entity"),
        ExprKind::Var(variable) => bit(&variable.to_string()),
        ExprKind::If { .. } => bit("if"),
        ExprKind::And { .. } => bit("&&"),
        ExprKind::Or { .. } => bit("||"),
        ExprKind::UnaryApp {
            op: UnaryOp::Neg, ..
        } => bit("neg"),
        ExprKind::UnaryApp { op, .. } => bit(&op.to_string()),
        ExprKind::BinaryApp {
            op: BinaryOp::In,
            arg2,
            ..
        } if matches!(arg2.expr_kind(), ExprKind::Set(_)) => bit("in [..]"),
        ExprKind::BinaryApp { op, .. } => bit(&op.to_string()),
        ExprKind::ExtensionFunctionApp { fn_name, args } => {
            let name = fn_name.to_string();
            let constructor = matches!(name.as_str(), "decimal" | "ip" | "datetime" | "duration");
            let literal = args
                .first()
                .is_some_and(|first| matches!(first.expr_kind(), ExprKind::Lit(_)));
            bit(&name)
                | if constructor && !literal {
                    bit("constructor on no literal")
                } else {
                    0
                }
        }
        ExprKind::GetAttr { .. } => bit("attribute"),
        ExprKind::HasAttr { .. } => bit("has"),
        ExprKind::ExtHasAttr { .. } => bit("has a.b"),
        ExprKind::Like { .. } => bit("like"),
        ExprKind::Is { .. } => bit("is"),
        ExprKind::Set(_) => bit("set"),
        ExprKind::Record(_) => bit("record"),
        ExprKind::Slot(_) | ExprKind::Unknown(_) => 0,
    }
}
