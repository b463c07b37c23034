//! How high a policy, and the forbids that cover it, let an amount be.

use super::shared_amounts::{Amount, units};
use super::shared_claims::only_agent;
use super::shared_entailment::{Forbids, entails, scope_facts};
use crate::cedar::{BinaryOperator, Demand, Term, TermKind};
use crate::lint::context::Policy;
use crate::model::{EntityRef, Span, Variable};
use std::cmp::Ordering;

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
