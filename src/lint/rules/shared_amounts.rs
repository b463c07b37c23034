//! Amounts of money: where they are, and what they are, to be compared exactly.

use super::shared_claims::attribute;
use crate::cedar::{BinaryOperator, Quantity, Term, TermKind, parse_term};
use crate::lint::context::Context;
use crate::model::{EntityRef, Type, Value, Variable};

/// Digits behind the point of Cedar's decimals.
const DIGITS: usize = 4;
/// The units of a whole.
const WHOLE: i128 = 10_000;

/// An attribute that holds an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amount {
    /// The names behind `context`.
    pub(super) path: Vec<String>,
    /// Its type.
    pub(super) ty: Type,
}

/// The path of an amount that the manifest names; nothing where it is none of the context.
pub(super) fn path_of(text: &str) -> Option<Vec<String>> {
    let term = parse_term(text).ok()?;
    let (variable, path) = term.path()?;
    let path: Vec<String> = path.into_iter().map(str::to_owned).collect();
    (variable == Variable::Context && !path.is_empty()).then_some(path)
}

impl Amount {
    /// The amounts that an action's context has.
    pub(super) fn of(context: &Context<'_>, action: &EntityRef) -> Vec<Self> {
        let paths = context
            .options
            .amounts
            .iter()
            .filter_map(|text| path_of(text));
        let amounts = paths.filter_map(|path| {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            let ty = attribute(context, action, &names)?.ty.clone();
            matches!(ty, Type::Long | Type::Decimal).then_some(Self { path, ty })
        });
        amounts.collect()
    }

    /// Its path, as it is written.
    pub(super) fn name(&self) -> String {
        format!("context.{}", self.path.join("."))
    }

    /// Whether an expression is the amount.
    pub(super) fn is(&self, term: &Term) -> bool {
        term.path()
            .is_some_and(|(variable, path)| variable == Variable::Context && path == self.path)
    }

    /// Whether an expression reads the amount.
    pub(super) fn is_in(&self, term: &Term) -> bool {
        term.walk().any(|part| self.is(part))
    }

    /// Whether an expression grows with the amount: it is the amount, with something added, or times something.
    pub(super) fn grows(&self, term: &Term) -> bool {
        match &term.kind {
            TermKind::Binary(BinaryOperator::Add | BinaryOperator::Mul, sides) => {
                sides.iter().any(|side| self.grows(side))
            }
            _ => self.is(term),
        }
    }
}

/// The greatest amount that an agent may move on its own, in ten-thousandths; nothing where none is set, or it is no number.
pub(super) fn own_limit(context: &Context<'_>) -> Option<i128> {
    units_of(context.options.amount_bound.as_deref()?)
}

/// A number with at most four decimals, in ten-thousandths.
pub(super) fn units_of(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > DIGITS {
        return None;
    }
    format!("{whole}{fraction:0<DIGITS$}").parse().ok()
}

/// A literal number in ten-thousandths.
pub(super) fn units(term: &Term) -> Option<i128> {
    match &term.kind {
        TermKind::Literal(Value::Long(number)) => Some(i128::from(*number) * WHOLE),
        TermKind::Neg(inner) => units(inner).map(|units| -units),
        TermKind::Call(name, arguments) if name.as_ref() == "decimal" => {
            let text = arguments.first()?.as_text()?;
            let value = Value::Extension(name.clone(), text.to_owned());
            Some(i128::from(Quantity::of(&value)?.units()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_exactly() {
        assert_eq!(units_of("100"), Some(1_000_000));
        assert_eq!(units_of("0.0001"), Some(1));
        assert_eq!(
            units_of("99999999999999999999.5"),
            Some(999_999_999_999_999_999_995_000)
        );
        for text in ["", "1e3", "-1", "1.00001", "1_000", ".5"] {
            assert_eq!(units_of(text), None, "{text}");
        }
    }

    #[test]
    fn literals_are_read_exactly() {
        let read = |text| units(&parse_term(text).unwrap());
        assert_eq!(read("500"), Some(5_000_000));
        assert_eq!(read("-5"), Some(-50_000));
        assert_eq!(read("decimal(\"12.50\")"), Some(125_000));
        assert_eq!(read("context.a"), None);
    }
}
