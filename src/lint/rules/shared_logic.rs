//! What follows from conditions that all hold, as far as their forms say: a small decision procedure.
//!
//! It is sure in one direction: where it finds a conflict, no request meets all conditions. It knows literals, equality,
//! order, sets of literals, `like`, `is`, and that a condition is not true and false at once; anything else is a condition
//! of which nothing is known. It is blind for what conditions raise: a condition that raises an error does not hold.

use super::shared_demands::{demanded, scope_terms};
use super::shared_normal::{constant, each_has, key, literals, may_raise, normal};
use super::shared_rules::{Rule, clash};
use super::shared_within::is_connective;
use crate::cedar::{BinaryOperator, Demand, Quantity, Term, TermKind};
pub(super) use crate::lint::context::Conflict;
use crate::lint::context::Policy;
use crate::model::{Span, Value};
use std::collections::BTreeMap;

/// So many alternatives are followed at most.
const BUDGET: u32 = 200;

/// Conditions of which all hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Conditions of which only their value is known.
    truths: BTreeMap<String, (bool, Span)>,
    /// What is known of the value of an expression.
    rules: BTreeMap<String, Vec<(Rule, Span)>>,
}

/// Why conditions cannot all hold; nothing where they may.
pub(super) fn conflict(demands: &[Demand<'_>]) -> Option<Conflict> {
    let mut budget = BUDGET;
    solve(&mut Known::default(), demands.to_vec(), &mut budget)
}

/// Why what a policy demands cannot all hold, its scope included; nothing where it may.
pub(super) fn conflict_of(policy: &Policy<'_>) -> Option<Conflict> {
    *policy.conflict.get_or_init(|| {
        let scope = scope_terms(&policy.syntax);
        let mut demands = demanded(&scope);
        demands.extend(policy.syntax.demands());
        conflict(&demands)
    })
}

/// Conditions that may all hold, as far as each by itself says: what they are asked again and again is found once.
pub(super) struct Settled<'s> {
    known: Known,
    choices: Vec<Choice<'s>>,
}

impl<'s> Settled<'s> {
    /// Nothing where they cannot all hold.
    pub(super) fn of(demands: Vec<Demand<'s>>) -> Option<Self> {
        let mut known = Known::default();
        let mut choices = Vec::new();
        match gather(&mut known, demands, &mut choices) {
            Some(_) => None,
            None => Some(Self { known, choices }),
        }
    }

    /// Whether a condition that may follow does so from these, which may all hold.
    pub(super) fn implies(&self, demand: Demand<'s>) -> bool {
        let mut known = self.known.clone();
        let mut choices = self.choices.clone();
        let mut budget = BUDGET;
        let found = gather(&mut known, vec![opposite(demand)], &mut choices);
        found
            .or_else(|| choose(&known, choices, &mut budget))
            .is_some()
    }
}

/// Whether a condition follows from others, and not from itself alone; one that may raise an error where they hold does not.
pub(super) fn follows(from: &[Demand<'_>], demand: Demand<'_>) -> bool {
    let mut all = from.to_vec();
    all.push(opposite(demand));
    may_follow(demand) && conflict(from).is_none() && conflict(&all).is_some()
}

/// Whether a condition may follow from others at all, and not from itself alone.
pub(super) fn may_follow(demand: Demand<'_>) -> bool {
    // What a condition without connectives follows from has read what it reads.
    let raises = is_connective(demand.term) && may_raise(demand.term);
    !raises && conflict(&[opposite(demand)]).is_none()
}

fn opposite(demand: Demand<'_>) -> Demand<'_> {
    Demand {
        term: demand.term,
        denied: !demand.denied,
    }
}

impl Known {
    /// What is known where these conditions hold.
    pub(super) fn of(demands: &[Demand<'_>]) -> Self {
        let mut known = Self::default();
        solve(&mut known, demands.to_vec(), &mut 0);
        known
    }

    /// The least and the greatest number that an expression may be.
    pub(super) fn range(&self, term: &Term) -> (i128, i128) {
        let (mut low, mut high) = (i128::from(i64::MIN), i128::from(i64::MAX));
        for (rule, _) in self
            .rules
            .get(&key(&normal(term, false).0))
            .into_iter()
            .flatten()
        {
            match rule {
                Rule::Low(kind, units) if is_long(*kind) => low = low.max(*units),
                Rule::High(kind, units) if is_long(*kind) => high = high.min(*units),
                Rule::Among(values) => {
                    let longs = values.iter().map(|value| match value {
                        Value::Long(number) => Some(i128::from(*number)),
                        _ => None,
                    });
                    if let Some(longs) = longs.collect::<Option<Vec<i128>>>() {
                        low = low.max(longs.iter().copied().min().unwrap_or(low));
                        high = high.min(longs.iter().copied().max().unwrap_or(high));
                    }
                }
                _ => {}
            }
        }
        (low, high)
    }

    /// Notes that a condition holds, or does not, and says what it is in conflict with.
    fn assume(&mut self, demand: Demand<'_>) -> Option<Conflict> {
        let here = demand.term.span;
        let (term, denied) = normal(demand.term, demand.denied);
        let alone = Some(Conflict { here, with: None });
        if let Some(flag) = term.as_bool() {
            return if flag == denied { alone } else { None };
        }
        if let TermKind::Binary(operator, sides) = &term.kind {
            let [left, right] = sides.as_ref();
            let same = left == right;
            match (operator, constant(left), constant(right)) {
                (BinaryOperator::Eq, _, _) if same && denied => return alone,
                (BinaryOperator::Less, _, _) if same && !denied => return alone,
                (BinaryOperator::Eq, None, Some(value)) => {
                    let rule = match denied {
                        true => Rule::NotAmong(vec![value]),
                        false => Rule::Among(vec![value]),
                    };
                    return self.add(left, rule, here);
                }
                (BinaryOperator::Eq, Some(one), Some(other)) => {
                    let equal = super::shared_rules::same(&one, &other);
                    return if equal == Some(denied) { alone } else { None };
                }
                (BinaryOperator::Less, Some(one), Some(other)) => {
                    let order = Quantity::of(&one)?.partial_cmp(&Quantity::of(&other)?)?;
                    return if order.is_lt() == denied { alone } else { None };
                }
                (BinaryOperator::Less, None, Some(value)) => {
                    let limit = Quantity::of(&value)?;
                    let units = i128::from(limit.units());
                    let rule = match denied {
                        true => Rule::Low(limit, units),
                        false => Rule::High(limit, units - 1),
                    };
                    return self.add(left, rule, here);
                }
                (BinaryOperator::Less, Some(value), None) => {
                    let limit = Quantity::of(&value)?;
                    let units = i128::from(limit.units());
                    let rule = match denied {
                        true => Rule::High(limit, units),
                        false => Rule::Low(limit, units + 1),
                    };
                    return self.add(right, rule, here);
                }
                (BinaryOperator::Contains, _, None) => {
                    if let Some(values) = literals(left) {
                        let rule = match denied {
                            true => Rule::NotAmong(values),
                            false => Rule::Among(values),
                        };
                        return self.add(right, rule, here);
                    }
                }
                (BinaryOperator::Less, None, None) if !denied => {
                    let turned = super::shared_normal::binary(
                        BinaryOperator::Less,
                        right.clone(),
                        left.clone(),
                    );
                    if let Some((true, with)) = self.truths.get(&key(&turned)) {
                        return Some(Conflict {
                            here,
                            with: Some(*with),
                        });
                    }
                }
                _ => {}
            }
        }
        match &term.kind {
            TermKind::Like(of, pattern) => {
                let rule = match denied {
                    true => Rule::NotLike(pattern.clone()),
                    false => Rule::Like(pattern.clone()),
                };
                return self.add(of, rule, here);
            }
            TermKind::Has(of, names) if names.len() > 1 && !denied => {
                return each_has(of, names)
                    .iter()
                    .find_map(|step| self.note(step, false, here));
            }
            TermKind::Is(of, ty, None) => {
                let rule = match denied {
                    true => Rule::IsNot(ty.clone()),
                    false => Rule::Is(ty.clone()),
                };
                return self.add(of, rule, here);
            }
            _ => {}
        }
        self.note(&term, denied, here)
    }

    /// Notes the value of a condition of which nothing else is known.
    fn note(&mut self, term: &Term, denied: bool, here: Span) -> Option<Conflict> {
        let (held, with) = *self.truths.entry(key(term)).or_insert((!denied, here));
        (held == denied).then_some(Conflict {
            here,
            with: Some(with),
        })
    }

    fn add(&mut self, of: &Term, rule: Rule, here: Span) -> Option<Conflict> {
        let rules = self.rules.entry(key(of)).or_default();
        rules.push((rule, here));
        let with = clash(rules)?;
        Some(Conflict {
            here,
            with: (with != here || here.len == 0).then_some(with),
        })
    }
}

fn is_long(limit: Quantity) -> bool {
    Quantity::of(&Value::Long(0)).is_some_and(|zero| zero.partial_cmp(&limit).is_some())
}

/// A place, and the conditions of which all of one group hold.
type Choice<'s> = (Span, Vec<Vec<Demand<'s>>>);

fn solve<'s>(known: &mut Known, demands: Vec<Demand<'s>>, budget: &mut u32) -> Option<Conflict> {
    let mut choices = Vec::new();
    let found = gather(known, demands, &mut choices);
    found.or_else(|| choose(known, choices, budget))
}

/// Notes what conditions say by themselves, and keeps for later what leaves a choice.
fn gather<'s>(
    known: &mut Known,
    demands: Vec<Demand<'s>>,
    choices: &mut Vec<Choice<'s>>,
) -> Option<Conflict> {
    let mut open: Vec<Demand<'s>> = demands.into_iter().rev().collect();
    while let Some(demand) = open.pop() {
        let Demand { term, denied } = demand;
        let each = |parts: &'s [Term]| -> Vec<Vec<Demand<'s>>> {
            parts
                .iter()
                .map(|term| vec![Demand { term, denied }])
                .collect()
        };
        match (&term.kind, denied) {
            (TermKind::Not(inner), _) => open.push(Demand {
                term: inner,
                denied: !denied,
            }),
            (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
                open.extend(parts.iter().rev().map(|term| Demand { term, denied }));
            }
            (TermKind::And(parts), true) | (TermKind::Or(parts), false) => {
                choices.push((term.span, each(parts)));
            }
            (TermKind::If(parts), _) => {
                let [test, then, other] = parts.as_ref();
                let branch = |refused: bool, branch: &'s Term| {
                    vec![
                        Demand {
                            term: test,
                            denied: refused,
                        },
                        Demand {
                            term: branch,
                            denied,
                        },
                    ]
                };
                choices.push((term.span, vec![branch(false, then), branch(true, other)]));
            }
            (TermKind::Is(of, ty, Some(_)), false) => {
                // Its other half is an atom of its own, and no lint rests upon it.
                let is = Term {
                    span: term.span,
                    kind: TermKind::Is(of.clone(), ty.clone(), None),
                };
                let found = known.assume(Demand { term: &is, denied });
                let found = found.or_else(|| known.assume(demand));
                if found.is_some() {
                    return found;
                }
            }
            _ => {
                if let Some(found) = known.assume(demand) {
                    return Some(found);
                }
            }
        }
    }
    None
}

/// Whether nothing of a choice can hold.
fn choose<'s>(known: &Known, choices: Vec<Choice<'s>>, budget: &mut u32) -> Option<Conflict> {
    for (here, branches) in choices {
        let mut with = None;
        let closed = branches.into_iter().all(|branch| {
            let Some(left) = budget.checked_sub(1) else {
                return false;
            };
            *budget = left;
            match solve(&mut known.clone(), branch, budget) {
                Some(found) => {
                    let outside = [found.with, Some(found.here)].into_iter().flatten();
                    with = with.or(outside
                        .into_iter()
                        .find(|span| span.start >= here.end() || span.end() <= here.start));
                    true
                }
                None => false,
            }
        });
        if closed {
            return Some(Conflict { here, with });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::parse_term;

    #[test]
    fn settled_conditions_imply_what_they_do_together() {
        let texts = [
            "context.a == 1",
            "context.a > 3",
            "context.a <= 1 || context.b",
            "context.b",
            "!context.b",
            "context.a == 2 || context.a == 4",
            "if context.b then context.a < 5 else context.a < 9",
            "context has c.d",
            "context has c",
            "principal is T in U::\"x\"",
            "principal is T",
        ];
        let terms: Vec<Term> = texts.map(|text| parse_term(text).unwrap()).into();
        let demands = demanded(&terms);
        let (mut implied, mut asked) = (0, 0);
        for (at, one) in demands.iter().enumerate() {
            for (behind, other) in demands.iter().enumerate().skip(at) {
                let facts: Vec<Demand<'_>> = match at == behind {
                    true => vec![*one],
                    false => vec![*one, *other],
                };
                if conflict(&facts).is_some() {
                    continue;
                }
                let settled = Settled::of(facts.clone()).unwrap();
                for goal in &demands {
                    let mut all = facts.clone();
                    all.push(opposite(*goal));
                    let expected = conflict(&all).is_some();
                    assert_eq!(settled.implies(*goal), expected, "{facts:?} {goal:?}");
                    implied += usize::from(expected);
                    asked += 1;
                }
            }
        }
        assert!(implied > 100 && asked > 3 * implied, "{implied} of {asked}");
        let never = parse_term("context.a != context.a").unwrap();
        assert!(Settled::of(demanded(&[never])).is_none());
    }
}
