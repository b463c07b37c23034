//! Expressions in one form, so that those which mean the same are the same.

use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::model::{Span, Value, Variable};
use std::fmt::Write as _;
use std::sync::Arc;

/// A condition in one form, and whether it must be false: `a >= b` is `a < b`, denied.
pub(super) fn normal(term: &Term, denied: bool) -> (Term, bool) {
    match &term.kind {
        TermKind::Not(inner) => normal(inner, !denied),
        TermKind::Binary(operator, sides) => {
            let [left, right] = sides.as_ref();
            let (left, right) = (value(left), value(right));
            let (operator, left, right, flipped) = match operator {
                BinaryOperator::NotEq => (BinaryOperator::Eq, left, right, true),
                BinaryOperator::GreaterEq => (BinaryOperator::Less, left, right, true),
                BinaryOperator::Greater => (BinaryOperator::Less, right, left, false),
                BinaryOperator::LessEq => (BinaryOperator::Less, right, left, true),
                BinaryOperator::Eq
                | BinaryOperator::Less
                | BinaryOperator::Add
                | BinaryOperator::Sub
                | BinaryOperator::Mul
                | BinaryOperator::In
                | BinaryOperator::Contains
                | BinaryOperator::ContainsAll
                | BinaryOperator::ContainsAny
                | BinaryOperator::GetTag
                | BinaryOperator::HasTag => (*operator, left, right, false),
            };
            let denied = denied != flipped;
            if operator == BinaryOperator::Eq {
                return equality(left, right, denied);
            }
            (binary(operator, left, alone(operator, right)), denied)
        }
        TermKind::Call(name, arguments) => {
            let comparison = match (name.as_ref(), arguments.as_slice()) {
                ("lessThan", [left, right]) => Some((left, right, false)),
                ("greaterThan", [left, right]) => Some((right, left, false)),
                ("lessThanOrEqual", [left, right]) => Some((right, left, true)),
                ("greaterThanOrEqual", [left, right]) => Some((left, right, true)),
                _ => None,
            };
            match comparison {
                Some((left, right, flipped)) => (
                    binary(BinaryOperator::Less, value(left), value(right)),
                    denied != flipped,
                ),
                None => (value(term), denied),
            }
        }
        _ => (value(term), denied),
    }
}

/// `a == true` is `a`, and literals stand on the right.
fn equality(left: Term, right: Term, denied: bool) -> (Term, bool) {
    match (left.as_bool(), right.as_bool()) {
        (None, Some(flag)) => return (left, denied == flag),
        (Some(flag), None) => return (right, denied == flag),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let swapped = match (constant(&left), constant(&right)) {
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (Some(_), Some(_)) | (None, None) => key(&right) < key(&left),
    };
    let (left, right) = if swapped {
        (right, left)
    } else {
        (left, right)
    };
    (binary(BinaryOperator::Eq, left, right), denied)
}

/// `x in [a]` is `x in a`.
fn alone(operator: BinaryOperator, right: Term) -> Term {
    match right.kind {
        TermKind::Set(mut items) if operator == BinaryOperator::In && items.len() == 1 => items
            .pop()
            .unwrap_or_else(|| unplaced(TermKind::Set(Vec::new()))),
        kind => unplaced(kind),
    }
}

/// An expression in one form; a boolean one keeps its value.
fn value(term: &Term) -> Term {
    let one = |term: &Term| Box::new(value(term));
    let all = |terms: &[Term]| terms.iter().map(value).collect::<Vec<_>>();
    if let Some(constant) = constant(term) {
        return unplaced(TermKind::Literal(constant));
    }
    let kind = match &term.kind {
        TermKind::Literal(_) | TermKind::Variable(_) | TermKind::Slot | TermKind::Deep => {
            term.kind.clone()
        }
        TermKind::Not(_) | TermKind::Binary(..) => {
            if let TermKind::Binary(operator, sides) = &term.kind
                && !is_test(*operator)
            {
                TermKind::Binary(*operator, Box::new(sides.each_ref().map(value)))
            } else {
                let (inner, denied) = normal(term, false);
                match denied {
                    true => TermKind::Not(Box::new(inner)),
                    false => inner.kind,
                }
            }
        }
        TermKind::If(parts) => TermKind::If(Box::new(parts.each_ref().map(value))),
        TermKind::And(parts) => TermKind::And(all(parts)),
        TermKind::Or(parts) => TermKind::Or(all(parts)),
        TermKind::Set(parts) => {
            let mut parts = all(parts);
            parts.sort_by_cached_key(key);
            parts.dedup();
            TermKind::Set(parts)
        }
        TermKind::Call(name, parts) => TermKind::Call(name.clone(), all(parts)),
        TermKind::Neg(inner) => TermKind::Neg(one(inner)),
        TermKind::IsEmpty(inner) => TermKind::IsEmpty(one(inner)),
        TermKind::Get(inner, name) => TermKind::Get(one(inner), name.clone()),
        TermKind::Has(inner, names) => TermKind::Has(one(inner), names.clone()),
        TermKind::Like(inner, pattern) => TermKind::Like(one(inner), pattern.clone()),
        TermKind::Is(inner, ty, group) => {
            TermKind::Is(one(inner), ty.clone(), group.as_deref().map(one))
        }
        TermKind::Record(members) => TermKind::Record(
            members
                .iter()
                .map(|(name, member)| (name.clone(), value(member)))
                .collect(),
        ),
    };
    unplaced(kind)
}

fn is_test(operator: BinaryOperator) -> bool {
    match operator {
        BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::Less
        | BinaryOperator::LessEq
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEq
        | BinaryOperator::In => true,
        BinaryOperator::Add
        | BinaryOperator::Sub
        | BinaryOperator::Mul
        | BinaryOperator::Contains
        | BinaryOperator::ContainsAll
        | BinaryOperator::ContainsAny
        | BinaryOperator::GetTag
        | BinaryOperator::HasTag => false,
    }
}

/// The value of a literal, of a negated number, or of a constructor on a literal.
pub(super) fn constant(term: &Term) -> Option<Value> {
    match &term.kind {
        TermKind::Literal(value) => Some(value.clone()),
        TermKind::Neg(inner) => match constant(inner)? {
            Value::Long(number) => number.checked_neg().map(Value::Long),
            _ => None,
        },
        TermKind::Call(name, arguments) => match (name.as_ref(), arguments.as_slice()) {
            ("decimal" | "datetime" | "duration" | "ip", [argument]) => {
                let text = argument.as_text()?;
                Some(Value::Extension(name.clone(), text.to_owned()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// An operator on two terms, without a place.
pub(super) fn binary(operator: BinaryOperator, left: Term, right: Term) -> Term {
    unplaced(TermKind::Binary(operator, Box::new([left, right])))
}

/// An expression without a place.
pub(super) fn unplaced(kind: TermKind) -> Term {
    Term {
        span: Span::default(),
        kind,
    }
}

/// A text that is the same for the same expression in one form, and for no other.
pub(super) fn key(term: &Term) -> String {
    let mut out = String::with_capacity(64);
    write_key(term, &mut out);
    out
}

fn write_key(term: &Term, out: &mut String) {
    // Each begins with what it is, and says how much follows or where that ends.
    let each = |terms: &[Term], out: &mut String| {
        let _ = write!(out, "{}[", terms.len());
        terms.iter().for_each(|term| write_key(term, out));
    };
    match &term.kind {
        TermKind::Literal(value) => {
            out.push('l');
            literal(value, out);
        }
        TermKind::Variable(variable) => {
            let _ = write!(out, "v{variable:?}");
        }
        TermKind::Slot => out.push('?'),
        TermKind::Deep => out.push('~'),
        TermKind::If(parts) => {
            out.push('i');
            each(parts.as_slice(), out);
        }
        TermKind::And(parts) => {
            out.push('a');
            each(parts, out);
        }
        TermKind::Or(parts) => {
            out.push('o');
            each(parts, out);
        }
        TermKind::Set(items) => {
            out.push('s');
            each(items, out);
        }
        TermKind::Not(inner) => {
            out.push('!');
            write_key(inner, out);
        }
        TermKind::Neg(inner) => {
            out.push('-');
            write_key(inner, out);
        }
        TermKind::IsEmpty(inner) => {
            out.push('e');
            write_key(inner, out);
        }
        TermKind::Binary(operator, sides) => {
            let _ = write!(out, "b{operator:?}");
            each(sides.as_slice(), out);
        }
        TermKind::Call(name, arguments) => {
            out.push('c');
            word(name, out);
            each(arguments, out);
        }
        TermKind::Get(of, name) => {
            out.push('.');
            word(name, out);
            write_key(of, out);
        }
        TermKind::Has(of, names) => {
            let _ = write!(out, "h{names:?}");
            write_key(of, out);
        }
        TermKind::Like(of, pattern) => {
            let _ = write!(out, "k{pattern:?}");
            write_key(of, out);
        }
        TermKind::Is(of, ty, within) => {
            out.push(if within.is_some() { 'n' } else { 't' });
            word(ty, out);
            write_key(of, out);
            within.iter().for_each(|within| write_key(within, out));
        }
        TermKind::Record(members) => {
            let _ = write!(out, "r{}[", members.len());
            for (name, value) in members {
                word(name, out);
                write_key(value, out);
            }
        }
    }
}

/// A text with its length, which is written faster than one in quotes.
fn word(text: &str, out: &mut String) {
    let _ = write!(out, "{}:", text.len());
    out.push_str(text);
}

fn literal(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => {
            out.push('"');
            word(text, out);
        }
        Value::Entity(entity) => {
            out.push('@');
            word(&entity.ty, out);
            word(&entity.id, out);
        }
        Value::Extension(function, argument) => {
            out.push('(');
            word(function, out);
            word(argument, out);
        }
        Value::Bool(_) | Value::Long(_) | Value::Call(..) | Value::Set(_) | Value::Record(_) => {
            let _ = write!(out, "{value:?}");
        }
    }
}

/// Whether an expression of the right types may raise an error: by arithmetic, or because it reads something of an entity
/// that is neither principal nor resource. Who asks has to be content with a yes too many.
pub(super) fn may_raise(term: &Term) -> bool {
    term.walk().any(|part| match &part.kind {
        TermKind::Deep => true,
        TermKind::Neg(inner) => constant(inner).is_none(),
        TermKind::Binary(operator, _) => matches!(
            operator,
            BinaryOperator::Add
                | BinaryOperator::Sub
                | BinaryOperator::Mul
                | BinaryOperator::GetTag
        ),
        TermKind::Call(name, _) => match name.as_ref() {
            "offset" | "durationSince" | "toDate" => true,
            "decimal" | "datetime" | "duration" | "ip" => constant(part).is_none(),
            _ => false,
        },
        TermKind::Get(..) => match part.path() {
            Some((Variable::Context, names)) => names.len() > 2,
            Some((_, names)) => names.len() > 1,
            None => true,
        },
        _ => false,
    })
}

/// `x has a.b` is `x has a` and `x.a has b`.
pub(super) fn each_has(of: &Term, names: &[Arc<str>]) -> Vec<Term> {
    let mut of = of.clone();
    let mut found = Vec::new();
    for name in names {
        found.push(unplaced(TermKind::Has(
            Box::new(of.clone()),
            vec![name.clone()],
        )));
        of = unplaced(TermKind::Get(Box::new(of), name.clone()));
    }
    found
}

/// The values of a set of literals.
pub(super) fn literals(term: &Term) -> Option<Vec<Value>> {
    match &term.kind {
        TermKind::Set(items) => items.iter().map(constant).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::parse_term;

    fn own(text: &str) -> String {
        key(&parse_term(text).unwrap())
    }

    /// That of the one form, with whether it is denied.
    fn normal_key(text: &str) -> (String, bool) {
        let (term, denied) = normal(&parse_term(text).unwrap(), false);
        (key(&term), denied)
    }

    #[test]
    fn a_key_is_the_same_for_the_same_and_for_nothing_else() {
        let same = "context.a == 1 && resource.b like \"x*\"";
        assert_eq!(
            own(same),
            own("context . a==1&&(resource.b like \"x*\") // why")
        );
        assert_eq!(own("context[\"a\"]"), own("context.a"));
        // It keeps the order of what is joined: the first may raise an error, or keep the second from doing so.
        assert_ne!(own("context.a && context.b"), own("context.b && context.a"));
        let others = [
            "context.a",
            "context.b",
            "resource.a",
            "context.a.b",
            "context[\"a.b\"]",
            "context has a",
            "context has a.b",
            "context has \"a.b\"",
            "1",
            "-context.a",
            "\"1\"",
            "true",
            "!context.a",
            "[1]",
            "[1, 2]",
            "[12]",
            "[[1], 2]",
            "[[1, 2]]",
            "\"a\" == \"b\"",
            "\"a == b\"",
            "context.a like \"*\"",
            "context.a like \"\\*\"",
            "context.a like \"a*b\"",
            "context.a == \"a*b\"",
            "decimal(\"1.0\")",
            "ip(\"1.0.0.0\")",
            "User::\"a\"",
            "User::\"b\"",
            "Team::\"a\"",
            "principal is User",
            "principal is User in Team::\"a\"",
            "principal in Team::\"a\"",
            "{a: 1}",
            "{b: 1}",
            "{\"a\": \"1\"}",
            "context.a < 1",
            "context.a <= 1",
            "1 < context.a",
            "context.a + 1",
            "context.a - 1",
            "context.a * 1",
            "context.a || context.b",
            "context.a && context.b",
            "if context.a then context.b else context.c",
            "if context.b then context.a else context.c",
            "context.a.contains(1)",
            "context.a.containsAll([1])",
            "context.a.containsAny([1])",
            "context.a.isEmpty()",
            "principal.hasTag(\"a\")",
            "principal.getTag(\"a\")",
            "context.a.isInRange(context.b)",
            "context.a.lessThan(context.b)",
        ];
        let keys: std::collections::BTreeSet<String> =
            others.iter().map(|text| own(text)).collect();
        assert_eq!(keys.len(), others.len());
    }

    #[test]
    fn conditions_that_mean_the_same_have_one_form() {
        for (one, other) in [
            ("context.a == 1", "1 == context.a"),
            ("context.a == context.b", "context.b == context.a"),
            ("context.a > 1", "1 < context.a"),
            ("context.a == true", "context.a"),
            ("context.a != false", "context.a"),
            ("!!context.a", "context.a"),
            ("principal in [Team::\"a\"]", "principal in Team::\"a\""),
            (
                "[1, 2, 1].contains(context.a)",
                "[2, 1].contains(context.a)",
            ),
            (
                "context.a.lessThan(context.b)",
                "context.b.greaterThan(context.a)",
            ),
        ] {
            assert_eq!(normal_key(one), normal_key(other), "{one} {other}");
        }
        for (one, other) in [
            ("context.a != 1", "context.a == 1"),
            ("context.a >= 1", "context.a < 1"),
            ("!context.a", "context.a"),
            ("context.a == false", "context.a"),
        ] {
            let ((one, is), (other, not)) = (normal_key(one), normal_key(other));
            assert_eq!((one, is), (other, !not));
        }
        for (one, other) in [
            ("context.a < 1", "context.a <= 1"),
            ("context.a < context.b", "context.b < context.a"),
            ("principal in Team::\"a\"", "Team::\"a\" in principal"),
            (
                "context.a.containsAll(context.b)",
                "context.b.containsAll(context.a)",
            ),
        ] {
            assert_ne!(normal_key(one), normal_key(other), "{one} {other}");
        }
    }
}
