//! What a condition reads of the context, and which of it it compares with literals.

use super::lower::lower_constructor;
use super::text::text;
use super::unknown::children;
use super::{CompiledPolicy, ParsedPolicy};
use crate::model::{FieldPath, Value};
use cedar_policy_core::ast::{BinaryOp, Expr, ExprKind, UnaryOp, Var};
use std::collections::BTreeSet;

/// A comparison of a path of the context with a literal number, decimal, datetime or duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The path.
    pub path: FieldPath,
    /// `<`, `<=`, `>`, `>=`, `==` or `!=`, with the path on its left. A `!` or `unless` around it is not counted in.
    pub op: &'static str,
    /// The literal, on its right.
    pub literal: Value,
    /// The comparison as it stands in the policy, on one line.
    pub text: String,
}

impl ParsedPolicy {
    /// The comparisons of its condition, in the order of the text.
    pub fn comparisons(&self) -> Vec<Comparison> {
        self.template
            .non_scope_constraints()
            .map(comparisons)
            .unwrap_or_default()
    }

    /// The paths of the context that its condition reads: see [`CompiledPolicy::read_paths`].
    pub fn read_paths(&self) -> BTreeSet<FieldPath> {
        self.template
            .non_scope_constraints()
            .map(read_paths)
            .unwrap_or_default()
    }
}

impl CompiledPolicy {
    /// The comparisons of its condition, in the order of the text.
    pub fn comparisons(&self) -> Vec<Comparison> {
        self.condition
            .as_deref()
            .map(comparisons)
            .unwrap_or_default()
    }

    /// The paths of the context that its condition reads, as long as they are written; the empty one where the context
    /// itself is read as a value. A path of which is only asked whether it is there is left out where what lies below it
    /// is read.
    pub fn read_paths(&self) -> BTreeSet<FieldPath> {
        self.condition
            .as_deref()
            .map(read_paths)
            .unwrap_or_default()
    }
}

fn comparisons(condition: &Expr) -> Vec<Comparison> {
    let mut out = Vec::new();
    let mut rest = vec![condition];
    while let Some(expr) = rest.pop() {
        match comparison(expr) {
            Some(found) => out.push(found),
            None => rest.extend(children(expr).into_iter().rev()),
        }
    }
    out
}

fn comparison(expr: &Expr) -> Option<Comparison> {
    let (op, left, right) = compared(expr)?;
    let (op, path, literal) = match (context_path(left), context_path(right)) {
        (Some(path), None) => (op, path, limit(right)?),
        (None, Some(path)) => (mirrored(op), path, limit(left)?),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    (!path.0.is_empty()).then(|| Comparison {
        path,
        op,
        literal,
        text: text(expr),
    })
}

/// The operator of a comparison as it is written, and its operands.
fn compared(expr: &Expr) -> Option<(&'static str, &Expr, &Expr)> {
    if let ExprKind::ExtensionFunctionApp { fn_name, args } = expr.expr_kind() {
        let op = match fn_name.to_string().as_str() {
            "lessThan" => "<",
            "lessThanOrEqual" => "<=",
            "greaterThan" => ">",
            "greaterThanOrEqual" => ">=",
            _ => return None,
        };
        return match args.as_slice() {
            [left, right] => Some((op, left, right)),
            _ => None,
        };
    }
    let (op, left, right) = written(expr)?;
    matches!(op, "==" | "!=" | "<" | "<=" | ">" | ">=").then_some((op, left, right))
}

/// The operator of an operation on two values as it is written, and its operands.
pub(super) fn written(expr: &Expr) -> Option<(&'static str, &Expr, &Expr)> {
    match expr.expr_kind() {
        ExprKind::BinaryApp { op, arg1, arg2 } => Some((word(*op), arg1, arg2)),
        ExprKind::UnaryApp {
            op: UnaryOp::Not,
            arg,
        } => {
            // Cedar reads `a > b` as `!(a <= b)` at one place; a `!` that somebody wrote has a place of its own.
            let ExprKind::BinaryApp { op, arg1, arg2 } = arg.expr_kind() else {
                return None;
            };
            if expr.source_loc() != arg.source_loc() {
                return None;
            }
            let op = match word(*op) {
                "==" => "!=",
                "<" => ">=",
                "<=" => ">",
                _ => return None,
            };
            Some((op, arg1, arg2))
        }
        _ => None,
    }
}

fn word(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Eq => "==",
        BinaryOp::Less => "<",
        BinaryOp::LessEq => "<=",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::In => "in",
        BinaryOp::Contains => "contains",
        BinaryOp::ContainsAll => "containsAll",
        BinaryOp::ContainsAny => "containsAny",
        BinaryOp::GetTag => "getTag",
        BinaryOp::HasTag => "hasTag",
    }
}

fn mirrored(op: &'static str) -> &'static str {
    match op {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// A literal that has a place on a line.
fn limit(expr: &Expr) -> Option<Value> {
    match lower_constructor(expr)? {
        Value::Extension(name, text) => {
            let measured = matches!(name.as_ref(), "decimal" | "datetime" | "duration");
            measured.then_some(Value::Extension(name, text))
        }
        Value::Long(number) => Some(Value::Long(number)),
        Value::Bool(_)
        | Value::String(_)
        | Value::Entity(_)
        | Value::Call(..)
        | Value::Set(_)
        | Value::Record(_) => None,
    }
}

fn read_paths(condition: &Expr) -> BTreeSet<FieldPath> {
    let (mut read, mut asked) = (BTreeSet::new(), BTreeSet::new());
    let mut rest = vec![condition];
    while let Some(expr) = rest.pop() {
        if let Some(path) = context_path(expr) {
            read.insert(path);
            continue;
        }
        match presence(expr) {
            Some(path) => {
                asked.insert(path);
            }
            None => rest.extend(children(expr)),
        }
    }
    let below = |path: &FieldPath| {
        read.iter()
            .chain(&asked)
            .any(|other| other != path && other.0.starts_with(&path.0))
    };
    let asked: Vec<FieldPath> = asked.iter().filter(|path| !below(path)).cloned().collect();
    read.extend(asked);
    read
}

/// The path of `context.a.b`; nothing for any other expression.
fn context_path(expr: &Expr) -> Option<FieldPath> {
    let mut keys = Vec::new();
    let mut rest = expr;
    loop {
        match rest.expr_kind() {
            ExprKind::Var(Var::Context) => break,
            ExprKind::GetAttr { expr, attr } => {
                keys.push(attr.to_string());
                rest = expr;
            }
            _ => return None,
        }
    }
    keys.reverse();
    Some(FieldPath(keys))
}

/// The path of which `context.a has b.c` asks whether it is there.
fn presence(expr: &Expr) -> Option<FieldPath> {
    let (record, keys) = match expr.expr_kind() {
        ExprKind::HasAttr { expr, attr } => (expr, vec![attr.to_string()]),
        ExprKind::ExtHasAttr { expr, attrs } => {
            (expr, attrs.iter().map(ToString::to_string).collect())
        }
        _ => return None,
    };
    let mut path = context_path(record)?;
    path.0.extend(keys);
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::parse_policies;
    use crate::model::SourceFile;

    fn policy(condition: &str) -> ParsedPolicy {
        let text = format!("permit (principal, action, resource)\n{condition};");
        let (policies, diagnostics) = parse_policies(&SourceFile::new("p.cedar", text));
        assert!(diagnostics.is_empty(), "{condition}: {diagnostics:?}");
        policies.into_iter().next().unwrap()
    }

    fn found(condition: &str) -> Vec<String> {
        policy(condition)
            .comparisons()
            .iter()
            .map(|found| {
                let Comparison {
                    path,
                    op,
                    literal,
                    text,
                } = found;
                format!("{path} {op} {literal} | {text}")
            })
            .collect()
    }

    fn paths(condition: &str) -> Vec<String> {
        let paths = policy(condition).read_paths();
        paths.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_comparison_of_a_path_with_a_literal_is_found() {
        for (condition, expected) in [
            (
                "when { context.a <= 5 }",
                vec!["context.a <= 5 | context.a <= 5"],
            ),
            (
                "when { context.a > -5 }",
                vec!["context.a > -5 | context.a > -5"],
            ),
            (
                "when { 5 >=\n context.a.b }",
                vec!["context.a.b <= 5 | 5 >= context.a.b"],
            ),
            (
                "when { context[\"x y\"] != 5 }",
                vec!["context.x y != 5 | context[\"x y\"] != 5"],
            ),
            (
                "when { context.a == 1 || (context.b < 2 && !(context.c >= 3)) }",
                vec![
                    "context.a == 1 | context.a == 1",
                    "context.b < 2 | context.b < 2",
                    "context.c >= 3 | context.c >= 3",
                ],
            ),
            (
                "unless { context.a > 7 }",
                vec!["context.a > 7 | context.a > 7"],
            ),
            (
                "unless { context.a <= 7 }",
                vec!["context.a <= 7 | context.a <= 7"],
            ),
            (
                "when { !(context.a <= 7) }",
                vec!["context.a <= 7 | context.a <= 7"],
            ),
            (
                "when { context.d.lessThan(decimal(\"1.5\")) && decimal(\"2.0\").lessThanOrEqual(context.d) }",
                vec![
                    "context.d < decimal(\"1.5\") | context.d.lessThan(decimal(\"1.5\"))",
                    "context.d >= decimal(\"2.0\") | decimal(\"2.0\").lessThanOrEqual(context.d)",
                ],
            ),
            (
                "when { context.at >= datetime(\"2026-01-01\") } when { context.for < duration(\"1h\") }",
                vec![
                    "context.at >= datetime(\"2026-01-01\") | context.at >= datetime(\"2026-01-01\")",
                    "context.for < duration(\"1h\") | context.for < duration(\"1h\")",
                ],
            ),
            (
                "when { if context.a < 1 then context.b.contains(context.c < 2) else [context.d > 3].isEmpty() }",
                vec![
                    "context.a < 1 | context.a < 1",
                    "context.c < 2 | context.c < 2",
                    "context.d > 3 | context.d > 3",
                ],
            ),
        ] {
            assert_eq!(found(condition), expected, "{condition}");
        }
    }

    #[test]
    fn what_is_no_comparison_of_a_path_with_a_number_is_left_out() {
        for condition in [
            "when { context.a == \"5\" }",
            "when { context.a + 1 <= 5 }",
            "when { context.at.toTime() < duration(\"7h\") }",
            "when { context.a <= context.b }",
            "when { 1 <= 2 }",
            "when { principal.a <= 5 }",
            "when { context.ip == ip(\"10.0.0.1\") }",
            "when { context.ok == true }",
            "when { [1, 2].contains(context.a) }",
        ] {
            assert_eq!(found(condition), Vec::<String>::new(), "{condition}");
        }
    }

    #[test]
    fn every_path_that_is_read_is_found() {
        for (condition, expected) in [
            ("", vec![]),
            ("when { principal.a == resource.b }", vec![]),
            (
                "when { context has input && context.input has amount && context.input.amount <= 5 }",
                vec!["context.input.amount"],
            ),
            ("when { context has a.b }", vec!["context.a.b"]),
            (
                "when { context has a && context has a.b }",
                vec!["context.a.b"],
            ),
            ("unless { context has a }", vec!["context.a"]),
            (
                "when { context.a == {b: context.c} && context.a.b.contains(principal) }",
                vec!["context.a", "context.a.b", "context.c"],
            ),
            ("when { context == {} }", vec!["context"]),
            (
                "when { context.at.toTime() < duration(\"7h\") && principal.x.contains(context.y) }",
                vec!["context.at", "context.y"],
            ),
        ] {
            assert_eq!(paths(condition), expected, "{condition}");
        }
    }

    #[test]
    fn json_policies_have_comparisons_too() {
        let text = r#"{"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"}, "resource": {"op": "All"},
            "conditions": [{"kind": "when", "body": {">": {
                "left": {".": {"left": {"Var": "context"}, "attr": "a"}}, "right": {"Value": 5}}}}]}"#;
        let (policies, diagnostics) = parse_policies(&SourceFile::new("p.json", text));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let found = policies.first().unwrap().comparisons();
        let found = found.first().unwrap();
        assert_eq!(
            (found.path.to_string().as_str(), found.op),
            ("context.a", ">")
        );
    }

    #[test]
    fn long_chains_are_read_to_their_end() {
        let chain: Vec<String> = (0..1500).map(|n| format!("context.a{n} <= {n}")).collect();
        let policy = policy(&format!("when {{ {} }}", chain.join(" && ")));
        assert_eq!(policy.comparisons().len(), 1500);
        assert_eq!(policy.read_paths().len(), 1500);
    }
}
