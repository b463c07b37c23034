//! Amounts of money: where they are, and how high a policy lets them be. Everything is compared exactly.

use super::shared_claims::{attribute, only_agent};
use super::shared_entailment::{Forbids, entails, scope_facts};
use crate::cedar::{BinaryOperator, Demand, Quantity, Term, TermKind, parse_term};
use crate::lint::context::{Context, Policy};
use crate::model::{EntityRef, Span, Type, Value, Variable};
use std::cmp::Ordering;

/// Digits behind the point of Cedar's decimals.
const DIGITS: usize = 4;
/// The units of a whole.
const WHOLE: i128 = 10_000;

/// An attribute that holds an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Amount {
    /// The names behind `context`.
    path: Vec<String>,
    /// Its type.
    pub(super) ty: Type,
}

/// The highest amount that a condition lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Highest {
    /// In ten-thousandths; nothing where an attribute says it.
    pub(super) units: Option<i128>,
    /// The comparison.
    pub(super) span: Span,
}

impl Highest {
    /// Whether it is no more than a limit. What an attribute says counts as that: somebody has set it.
    pub(super) fn is_within(self, limit: i128) -> bool {
        self.units.is_none_or(|units| units <= limit)
    }

    fn order(&self, other: &Self) -> Ordering {
        self.units.cmp(&other.units)
    }
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
            let ty = attribute(context, action, &names)?.ty;
            matches!(ty, Type::Long | Type::Decimal).then_some(Self { path, ty })
        });
        amounts.collect()
    }

    /// Its path, as it is written.
    pub(super) fn name(&self) -> String {
        format!("context.{}", self.path.join("."))
    }

    fn is(&self, term: &Term) -> bool {
        term.path()
            .is_some_and(|(variable, path)| variable == Variable::Context && path == self.path)
    }

    fn is_in(&self, term: &Term) -> bool {
        term.walk().any(|part| self.is(part))
    }

    /// Whether an expression grows with the amount: it is the amount, with something added, or times something.
    fn grows(&self, term: &Term) -> bool {
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

/// The highest amount that a permit lets through without an approval, by its own conditions or those of a forbid that
/// covers it; nothing where any amount passes.
pub(super) fn bound(
    permit: &Policy<'_>,
    action: &EntityRef,
    amount: &Amount,
    forbids: &Forbids<'_, '_>,
    approvals: &[Term],
) -> Option<Highest> {
    let reader = Reader {
        policy: permit,
        action,
        amount,
    };
    let demands = permit.syntax.demands();
    let own = demands
        .iter()
        .filter_map(|demand| reader.upper(demand.term, demand.denied));
    let own = own.min_by(Highest::order);
    let scope = scope_facts(permit);
    let scope = scope.iter().map(|term| Demand {
        term,
        denied: false,
    });
    let mut facts: Vec<Demand<'_>> = scope.chain(demands).collect();
    facts.extend(approvals.iter().flat_map(|term| {
        let missing = Demand { term, denied: true };
        missing.conjuncts()
    }));
    let stopped = forbids.covering(permit, action).filter_map(|forbid| {
        let reader = Reader {
            policy: forbid,
            ..reader
        };
        let mut limits = Vec::new();
        for demand in forbid.syntax.demands() {
            match reader.upper(demand.term, !demand.denied) {
                Some(limit) => limits.push(limit),
                None if reader.is_presence(demand) || entails(&facts, demand) => {}
                None => return None,
            }
        }
        match limits.as_slice() {
            [limit] => Some(*limit),
            _ => None,
        }
    });
    own.into_iter().chain(stopped).min_by(Highest::order)
}

#[derive(Clone, Copy)]
struct Reader<'p, 'r> {
    policy: &'p Policy<'r>,
    action: &'p EntityRef,
    amount: &'p Amount,
}

impl Reader<'_, '_> {
    /// Whether a demand asks whether the amount is there.
    fn is_presence(&self, demand: Demand<'_>) -> bool {
        let paths = demand.term.paths();
        !demand.denied
            && matches!(demand.term.kind, TermKind::Has(..))
            && paths.iter().all(|(variable, path)| {
                *variable == Variable::Context
                    && path
                        .iter()
                        .zip(&self.amount.path)
                        .all(|(one, other)| one == other)
            })
    }

    /// The highest amount for which a condition holds, or, denied, does not.
    fn upper(&self, term: &Term, denied: bool) -> Option<Highest> {
        match (&term.kind, denied) {
            (TermKind::Not(inner), _) => self.upper(inner, !denied),
            (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
                let bounds = parts.iter().filter_map(|part| self.upper(part, denied));
                bounds.min_by(Highest::order)
            }
            (TermKind::Or(parts), false) | (TermKind::And(parts), true) => {
                let bounds: Option<Vec<Highest>> =
                    parts.iter().map(|part| self.upper(part, denied)).collect();
                bounds?.into_iter().max_by(Highest::order)
            }
            (TermKind::If(parts), _) => {
                let [test, then, other] = parts.as_ref();
                let one = self
                    .upper(then, denied)
                    .or_else(|| self.upper(test, false))?;
                let two = self
                    .upper(other, denied)
                    .or_else(|| self.upper(test, true))?;
                Some(if one.order(&two) == Ordering::Less {
                    two
                } else {
                    one
                })
            }
            (TermKind::Binary(operator, sides), _) => {
                let [left, right] = sides.as_ref();
                match (operator, denied) {
                    (BinaryOperator::Less | BinaryOperator::LessEq, false)
                    | (BinaryOperator::Greater | BinaryOperator::GreaterEq, true) => {
                        self.below(left, right, term.span)
                    }
                    (BinaryOperator::Greater | BinaryOperator::GreaterEq, false)
                    | (BinaryOperator::Less | BinaryOperator::LessEq, true) => {
                        self.below(right, left, term.span)
                    }
                    (BinaryOperator::Eq, false) | (BinaryOperator::NotEq, true) => self
                        .below(left, right, term.span)
                        .or_else(|| self.below(right, left, term.span)),
                    (BinaryOperator::Contains, false) => self.one_of(left, right, term.span),
                    _ => None,
                }
            }
            (TermKind::Call(name, arguments), _) => {
                let [left, right] = arguments.as_slice() else {
                    return None;
                };
                match (name.as_ref(), denied) {
                    ("lessThan" | "lessThanOrEqual", false)
                    | ("greaterThan" | "greaterThanOrEqual", true) => {
                        self.below(left, right, term.span)
                    }
                    ("greaterThan" | "greaterThanOrEqual", false)
                    | ("lessThan" | "lessThanOrEqual", true) => self.below(right, left, term.span),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The bound that `small` has where it is no more than `great`.
    fn below(&self, small: &Term, great: &Term, span: Span) -> Option<Highest> {
        let by_agent = only_agent(self.policy, std::slice::from_ref(self.action), great);
        if !self.amount.grows(small) || by_agent || self.amount.is_in(great) {
            return None;
        }
        let units = match self.amount.is(small) {
            true => units(great),
            false => None,
        };
        Some(Highest { units, span })
    }

    fn one_of(&self, set: &Term, item: &Term, span: Span) -> Option<Highest> {
        let by_agent = only_agent(self.policy, std::slice::from_ref(self.action), set);
        if !self.amount.is(item) || by_agent {
            return None;
        }
        let units = match &set.kind {
            TermKind::Set(items) => {
                let all: Option<Vec<i128>> = items.iter().map(units).collect();
                all.and_then(|all| all.into_iter().max())
            }
            _ => None,
        };
        Some(Highest { units, span })
    }
}

/// A literal number in ten-thousandths.
fn units(term: &Term) -> Option<i128> {
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
