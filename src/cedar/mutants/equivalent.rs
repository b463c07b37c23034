//! Whether a mutant surely decides as the original does: by its normalised tree, or by the truth table of its atoms.
//!
//! A policy is read as a formula over atoms: what `&&`, `||`, `!` and `if` connect, scope and conditions together. An
//! atom is true, false, or raises an error (a value that is no boolean is an error wherever truth is asked for), and each
//! row of the table is decided as Cedar would, from left to right. Atoms are taken as independent of each other, so the
//! table has rows that no request has: a mutant that differs in those alone is kept, and none is left out wrongly.

use super::super::ParsedPolicy;
use super::super::tree::can_raise;
use super::super::unknown::operands;
use cedar_policy_core::ast::{BinaryOp, Expr, ExprKind, Literal, PatternElem, UnaryOp, Var};
use std::collections::{BTreeMap, BTreeSet};

/// More atoms than this are not put into a table.
const ATOMS: usize = 12;

/// By what a mutant is the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sameness {
    /// The normalised trees are equal.
    Tree,
    /// The truth tables are.
    Table,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Formula {
    Known(bool),
    Atom(usize),
    Not(Box<Formula>),
    And(Vec<Formula>),
    Or(Vec<Formula>),
    If(Box<(Formula, Formula, Formula)>),
}

/// What a formula comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    True,
    False,
    Error,
}

/// The atoms of some formulas by their normalised text, and whether each may raise an error.
#[derive(Default)]
struct Atoms {
    numbers: BTreeMap<String, usize>,
    may_fail: Vec<bool>,
}

/// A policy's effect, scope and condition in a form that does not depend on how they are written.
pub(super) fn normal(policy: &ParsedPolicy) -> String {
    let mut atoms = Atoms::default();
    let formula = atoms.formula(&policy.template.condition());
    let mut names: Vec<(usize, &String)> = atoms.numbers.iter().map(|(k, at)| (*at, k)).collect();
    names.sort_unstable();
    format!("{} {formula:?} {names:?}", policy.effect)
}

/// By what one policy surely has the status of the other for every request; nothing where it may not.
pub(super) fn sameness(one: &ParsedPolicy, other: &ParsedPolicy) -> Option<Sameness> {
    if one.effect != other.effect {
        return None;
    }
    let mut atoms = Atoms::default();
    let one = atoms.formula(&one.template.condition());
    let other = atoms.formula(&other.template.condition());
    if one == other {
        return Some(Sameness::Tree);
    }
    (atoms.may_fail.len() <= ATOMS && atoms.same_table(&one, &other)).then_some(Sameness::Table)
}

impl Atoms {
    fn formula(&mut self, expr: &Expr) -> Formula {
        match expr.expr_kind() {
            ExprKind::Lit(Literal::Bool(flag)) => Formula::Known(*flag),
            ExprKind::And { .. } => self.chain(expr, true),
            ExprKind::Or { .. } => self.chain(expr, false),
            ExprKind::UnaryApp {
                op: UnaryOp::Not,
                arg,
            } => match self.formula(arg) {
                Formula::Known(flag) => Formula::Known(!flag),
                Formula::Not(inner) => *inner,
                inner => Formula::Not(Box::new(inner)),
            },
            ExprKind::If {
                test_expr,
                then_expr,
                else_expr,
            } => {
                let test = self.formula(test_expr);
                let (then, otherwise) = (self.formula(then_expr), self.formula(else_expr));
                match test {
                    Formula::Known(true) => then,
                    Formula::Known(false) => otherwise,
                    test => Formula::If(Box::new((test, then, otherwise))),
                }
            }
            _ => {
                let next = self.may_fail.len();
                let number = *self.numbers.entry(key(expr)).or_insert(next);
                if number == next {
                    self.may_fail.push(can_raise(expr));
                }
                Formula::Atom(number)
            }
        }
    }

    /// Chains in chains are one, what is neutral is left out, and nothing stands behind what ends the chain.
    fn chain(&mut self, expr: &Expr, and: bool) -> Formula {
        let mut parts = Vec::new();
        for operand in operands(expr) {
            match self.formula(operand) {
                Formula::Known(flag) if flag == and => {}
                Formula::And(inner) if and => parts.extend(inner),
                Formula::Or(inner) if !and => parts.extend(inner),
                part => parts.push(part),
            }
        }
        let ends = |part: &Formula| *part == Formula::Known(!and);
        if let Some(end) = parts.iter().position(ends) {
            parts.truncate(end + 1);
        }
        match (parts.len(), parts.pop()) {
            (_, None) => Formula::Known(and),
            (1, Some(part)) => part,
            (_, Some(last)) => {
                parts.push(last);
                match and {
                    true => Formula::And(parts),
                    false => Formula::Or(parts),
                }
            }
        }
    }

    fn same_table(&self, one: &Formula, other: &Formula) -> bool {
        let mut row = vec![Truth::True; self.may_fail.len()];
        loop {
            if one.truth(&row) != other.truth(&row) {
                return false;
            }
            // The next row: like a number of which each digit is an atom.
            let mut carried = true;
            for (value, may_fail) in row.iter_mut().zip(&self.may_fail) {
                let (next, carry) = match (*value, may_fail) {
                    (Truth::True, _) => (Truth::False, false),
                    (Truth::False, true) => (Truth::Error, false),
                    (Truth::False, false) | (Truth::Error, _) => (Truth::True, true),
                };
                *value = next;
                carried = carry;
                if !carried {
                    break;
                }
            }
            if carried {
                return true;
            }
        }
    }
}

impl Formula {
    fn truth(&self, row: &[Truth]) -> Truth {
        match self {
            Formula::Known(true) => Truth::True,
            Formula::Known(false) => Truth::False,
            Formula::Atom(at) => row.get(*at).copied().unwrap_or(Truth::Error),
            Formula::Not(inner) => match inner.truth(row) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Error => Truth::Error,
            },
            Formula::And(parts) => sequence(parts, row, Truth::True),
            Formula::Or(parts) => sequence(parts, row, Truth::False),
            Formula::If(parts) => match parts.0.truth(row) {
                Truth::True => parts.1.truth(row),
                Truth::False => parts.2.truth(row),
                Truth::Error => Truth::Error,
            },
        }
    }
}

fn sequence(parts: &[Formula], row: &[Truth], neutral: Truth) -> Truth {
    let mut found = parts.iter().map(|part| part.truth(row));
    found.find(|truth| *truth != neutral).unwrap_or(neutral)
}

fn is_entity(expr: &Expr) -> bool {
    matches!(
        expr.expr_kind(),
        ExprKind::Lit(Literal::EntityUID(_))
            | ExprKind::Slot(_)
            | ExprKind::Var(Var::Principal | Var::Action | Var::Resource)
    )
}

/// An expression as a text that is the same only for what means the same.
fn key(expr: &Expr) -> String {
    let list = |exprs: &mut dyn Iterator<Item = &Expr>| {
        let keys: Vec<String> = exprs.map(key).collect();
        keys.join(", ")
    };
    match expr.expr_kind() {
        ExprKind::Lit(literal) => format!("{literal:?}"),
        ExprKind::Var(variable) => variable.to_string(),
        ExprKind::Slot(slot) => slot.to_string(),
        ExprKind::Unknown(unknown) => format!("unknown({unknown:?})"),
        ExprKind::If {
            test_expr,
            then_expr,
            else_expr,
        } => format!(
            "if({})",
            list(
                &mut [test_expr, then_expr, else_expr]
                    .map(AsRef::as_ref)
                    .into_iter()
            )
        ),
        ExprKind::And { .. } => format!("and({})", list(&mut operands(expr).into_iter())),
        ExprKind::Or { .. } => format!("or({})", list(&mut operands(expr).into_iter())),
        ExprKind::UnaryApp { op, arg } => format!("{op:?}({})", key(arg)),
        ExprKind::BinaryApp { op, arg1, arg2 } => {
            let (mut left, mut right) = (key(arg1), key(arg2));
            match (op, arg2.expr_kind()) {
                // Both sides are evaluated, whichever comes first.
                (BinaryOp::Eq, _) if right < left => std::mem::swap(&mut left, &mut right),
                // One entity in a list is that entity.
                (BinaryOp::In, ExprKind::Set(items)) => {
                    let keys: BTreeSet<String> = items.iter().map(key).collect();
                    if items.iter().all(is_entity) && keys.len() == 1 {
                        right = keys.into_iter().collect();
                    }
                }
                _ => {}
            }
            format!("{op:?}({left}, {right})")
        }
        ExprKind::ExtensionFunctionApp { fn_name, args } => {
            format!("{fn_name}({})", list(&mut args.iter()))
        }
        ExprKind::GetAttr { expr, attr } => format!("get({}, {attr:?})", key(expr)),
        ExprKind::HasAttr { expr, attr } => format!("has({}, {attr:?})", key(expr)),
        ExprKind::ExtHasAttr { expr, attrs } => format!("has({}, {attrs:?})", key(expr)),
        ExprKind::Like { expr, pattern } => {
            let mut parts: Vec<PatternElem> = pattern.get_elems().to_vec();
            parts.dedup_by(|a, b| a == b && *a == PatternElem::Wildcard);
            format!("like({}, {parts:?})", key(expr))
        }
        ExprKind::Is { expr, entity_type } => format!("is({}, {entity_type})", key(expr)),
        ExprKind::Set(items) => {
            let mut keys: Vec<String> = items.iter().map(key).collect();
            // A set of literals is the same in any order; else the order is that of evaluation.
            if items
                .iter()
                .all(|item| matches!(item.expr_kind(), ExprKind::Lit(_)))
            {
                keys.sort_unstable();
                keys.dedup();
            }
            format!("[{}]", keys.join(", "))
        }
        ExprKind::Record(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, member)| format!("{name:?}: {}", key(member)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::parse_policies;
    use super::*;
    use crate::model::SourceFile;

    fn parsed(text: &str) -> ParsedPolicy {
        let (mut policies, faults) = parse_policies(&SourceFile::new("a.cedar", text));
        assert_eq!(faults, []);
        policies.remove(0)
    }

    fn found(one: &str, other: &str) -> Option<Sameness> {
        let whole = |body: &str| parsed(&format!("permit (principal, action, resource) {body};"));
        sameness(&whole(one), &whole(other))
    }

    #[test]
    fn equal_trees_are_seen_through_their_spelling() {
        for (one, other) in [
            (
                "when { (context.a && context.b) && context.c }",
                "when { context.a } when { context.b && (context.c) }",
            ),
            ("when { !(!context.a) }", "when { context.a }"),
            ("unless { context.a }", "when { !context.a }"),
            ("when { context.a == 1 }", "when { 1 == context.a }"),
            (
                "when { [1, 2, 2].contains(context.a) }",
                "when { [2, 1].contains(context.a) }",
            ),
            (
                "when { context.a like \"a**b\" }",
                "when { context.a like \"a*b\" }",
            ),
            (
                "when { principal in [A::\"a\"] }",
                "when { principal in A::\"a\" }",
            ),
            ("when { context.a || false }", "when { context.a }"),
            ("when { false && context.a }", "when { false }"),
            (
                "when { if true then context.a else context.b }",
                "when { context.a }",
            ),
        ] {
            assert_eq!(found(one, other), Some(Sameness::Tree), "{one} / {other}");
        }
    }

    #[test]
    fn equal_tables_are_found_and_errors_count() {
        let table = Some(Sameness::Table);
        assert_eq!(
            found("when { context.a && context.a }", "when { context.a }"),
            table
        );
        assert_eq!(
            found(
                "when { context.a && (context.a || context.b) }",
                "when { context.a }"
            ),
            table
        );
        // An order matters where both can raise an error, and does not where none can.
        assert_eq!(
            found(
                "when { context.a && context.b }",
                "when { context.b && context.a }"
            ),
            None
        );
        assert_eq!(
            found(
                "when { context has a && principal is A }",
                "when { principal is A && context has a }"
            ),
            table
        );
        // `a || true` is true only where `a` raises no error.
        assert_eq!(found("when { context.a || true }", "when { true }"), None);
        assert_eq!(
            found("when { context has a || true }", "when { true }"),
            table
        );
        // What stands on the way to `b` may be no record, and a truth is no number.
        assert_eq!(
            found("when { context has a.b || true }", "when { true }"),
            None
        );
        assert_eq!(found("when { 1 || true }", "when { true }"), None);
        assert_eq!(
            found("when { context.a < 1 }", "when { context.a <= 1 }"),
            None
        );
    }

    #[test]
    fn the_scope_counts_and_so_does_the_effect() {
        let one = parsed(
            "permit (principal in A::\"a\", action, resource) when { principal in A::\"a\" };",
        );
        let other = parsed("permit (principal, action, resource) when { principal in A::\"a\" };");
        assert_eq!(sameness(&one, &other), Some(Sameness::Table));
        let other = parsed("forbid (principal, action, resource) when { principal in A::\"a\" };");
        assert_eq!(sameness(&one, &other), None);
        let other = parsed("permit (principal, action, resource);");
        assert_eq!(sameness(&one, &other), None);
    }

    #[test]
    fn many_atoms_are_not_put_into_a_table() {
        let chain = |n: usize| {
            let atoms: Vec<String> = (0..n).map(|at| format!("context.a{at}")).collect();
            atoms.join(" && ")
        };
        let (few, many) = (chain(12), chain(13));
        let twice = |chain: &str| format!("when {{ {chain} && context.a0 }}");
        let once = |chain: &str| format!("when {{ {chain} }}");
        assert_eq!(found(&twice(&few), &once(&few)), Some(Sameness::Table));
        assert_eq!(found(&twice(&many), &once(&many)), None);
    }

    #[test]
    fn a_normal_form_does_not_depend_on_the_layout() {
        let one = parsed("permit(principal,action,resource)when{context.a==1&&context.b};");
        let other = parsed(
            "@id(\"x\")\npermit (principal, action, resource)\nwhen { 1 == context.a } // why\nwhen { context.b };",
        );
        assert_eq!(normal(&one), normal(&other));
        let other =
            parsed("permit (principal, action, resource) when { context.a == 2 && context.b };");
        assert_ne!(normal(&one), normal(&other));
    }
}
