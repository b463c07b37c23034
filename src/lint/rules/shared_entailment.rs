//! What follows from what by the form of conditions alone: enough to see a guard that stands in the permit itself, or in
//! a forbid that covers it. What only values could tell does not follow here.

use super::shared_logic::conflict;
use super::shared_reach::covers;
use crate::cedar::{BinaryOperator, Demand, Term, TermKind};
use crate::lint::context::{Policy, Repository};
use crate::model::{EntityRef, PatternPart, Span, Value, Variable};
use std::collections::HashMap;

/// So often is "one of these holds" taken apart.
const SPLITS: usize = 2;

/// Whether a demand asks anything: constants do not, and neither does what its form or its types always say.
pub(super) fn asks(policy: &Policy<'_>, demand: &Demand<'_>) -> bool {
    if demand.term.is_constant() {
        return demand.term.as_bool() == Some(demand.denied);
    }
    let turned = Demand {
        denied: !demand.denied,
        ..*demand
    };
    let every = matches!(&demand.term.kind, TermKind::Like(_, pattern) if matches_every(pattern));
    if (every && !demand.denied) || conflict(&[turned]).is_some() {
        return false;
    }
    let typed = policy
        .typing()
        .and_then(|typing| typing.at(demand.term.span));
    match (typed, policy.has_places()) {
        (Some(typed), true) if demand.denied => typed.can_hold,
        (Some(typed), true) => typed.can_fail,
        _ => true,
    }
}

/// Whether a pattern matches every text.
pub(super) fn matches_every(pattern: &[PatternPart]) -> bool {
    let is_empty = |part: &PatternPart| match part {
        PatternPart::Wildcard => true,
        PatternPart::Text(text) => text.is_empty(),
    };
    !pattern.is_empty() && pattern.iter().all(is_empty)
}

/// Whether a demand says what the scope could say: a variable compared with literal entities or types.
pub(super) fn is_scope(demand: &Demand<'_>) -> bool {
    let bare = |term: &Term| matches!(term.kind, TermKind::Variable(_));
    match &demand.term.kind {
        TermKind::Binary(BinaryOperator::Eq | BinaryOperator::In, sides) => {
            let [left, right] = sides.as_ref();
            (bare(left) && right.is_constant()) || (left.is_constant() && bare(right))
        }
        TermKind::Binary(BinaryOperator::Contains, sides) => {
            let [set, item] = sides.as_ref();
            set.is_constant() && bare(item)
        }
        TermKind::Is(of, _, group) => bare(of) && group.as_deref().is_none_or(Term::is_constant),
        _ => false,
    }
}

/// What a policy asks beyond its scope.
pub(super) fn conditions<'p>(policy: &'p Policy<'_>) -> Vec<Demand<'p>> {
    let mut all = policy.syntax.demands();
    all.retain(|demand| asks(policy, demand) && (demand.denied || !is_scope(demand)));
    all
}

/// What a scope demands, as expressions.
pub(super) fn scope_facts(policy: &Policy<'_>) -> Vec<Term> {
    let place = Span::new(0, 0);
    let term = |kind| Term { span: place, kind };
    let mut facts = Vec::new();
    for part in &policy.syntax.scope {
        let variable = || term(TermKind::Variable(part.variable));
        if let Some(ty) = &part.is {
            facts.push(term(TermKind::Is(Box::new(variable()), ty.clone(), None)));
        }
        let Some(test) = &part.test else { continue };
        let mut entities = test.entities.iter().map(|(uid, _)| {
            let literal = TermKind::Literal(Value::Entity(uid.clone()));
            term(literal)
        });
        let right = match (test.slot, test.list) {
            (true, _) => Some(term(TermKind::Slot)),
            (false, true) => Some(term(TermKind::Set(entities.collect()))),
            (false, false) => entities.next(),
        };
        let operator = match test.equal {
            true => BinaryOperator::Eq,
            false => BinaryOperator::In,
        };
        facts.extend(
            right.map(|right| term(TermKind::Binary(operator, Box::new([variable(), right])))),
        );
    }
    facts
}

/// Whether something holds wherever all of these do.
pub(super) fn entails(facts: &[Demand<'_>], goal: Demand<'_>) -> bool {
    follows(facts, goal, SPLITS)
}

fn follows(facts: &[Demand<'_>], goal: Demand<'_>, splits: usize) -> bool {
    if goal.term.as_bool() == Some(!goal.denied) || facts.iter().any(|fact| same(*fact, goal)) {
        return true;
    }
    let part = |term| Demand {
        term,
        denied: goal.denied,
    };
    let by_parts = match (&goal.term.kind, goal.denied) {
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
            parts.iter().all(|term| follows(facts, part(term), splits))
        }
        (TermKind::Or(parts), false) | (TermKind::And(parts), true) => {
            parts.iter().any(|term| follows(facts, part(term), splits))
        }
        (TermKind::Not(inner), denied) => {
            let inner = Demand {
                term: inner,
                denied: !denied,
            };
            follows(facts, inner, splits)
        }
        _ => false,
    };
    if by_parts || splits == 0 {
        return by_parts;
    }
    facts.iter().enumerate().any(|(at, fact)| {
        let branches = branches(*fact);
        !branches.is_empty()
            && branches.into_iter().all(|branch| {
                let others = facts.iter().enumerate().filter(|(other, _)| *other != at);
                let mut with: Vec<Demand<'_>> = others.map(|(_, fact)| *fact).collect();
                with.extend(branch.conjuncts());
                follows(&with, goal, splits - 1)
            })
    })
}

/// The demands of which one holds, where a fact is such a choice.
pub(super) fn branches(fact: Demand<'_>) -> Vec<Demand<'_>> {
    match (&fact.term.kind, fact.denied) {
        (TermKind::Or(parts), false) | (TermKind::And(parts), true) => {
            let parts = parts.iter().map(|term| Demand {
                term,
                denied: fact.denied,
            });
            parts.collect()
        }
        (TermKind::Not(inner), denied) => branches(Demand {
            term: inner,
            denied: !denied,
        }),
        _ => Vec::new(),
    }
}

/// Whether two demands are the same: `a != b` is `!(b == a)`, and `a > b` is `!(a <= b)`.
fn same(one: Demand<'_>, other: Demand<'_>) -> bool {
    let (one, one_denied) = bare(one);
    let (other, other_denied) = bare(other);
    if let (TermKind::Binary(left, sides), TermKind::Binary(right, others)) =
        (&one.kind, &other.kind)
    {
        let ((left, flip_left), (right, flip_right)) = (plain(*left), plain(*right));
        let ([a, b], [c, d]) = (sides.as_ref(), others.as_ref());
        return left == right
            && (one_denied != flip_left) == (other_denied != flip_right)
            && ((a.same(c) && b.same(d))
                || (left == BinaryOperator::Eq && a.same(d) && b.same(c)));
    }
    one_denied == other_denied && one.same(other)
}

/// A demand without the `!` before it.
fn bare<'t>(demand: Demand<'t>) -> (&'t Term, bool) {
    match &demand.term.kind {
        TermKind::Not(inner) => bare(Demand {
            term: inner,
            denied: !demand.denied,
        }),
        _ => (demand.term, demand.denied),
    }
}

/// An operator that means the same with a `!` before it, where the flag is set.
fn plain(operator: BinaryOperator) -> (BinaryOperator, bool) {
    match operator {
        BinaryOperator::NotEq => (BinaryOperator::Eq, true),
        BinaryOperator::GreaterEq => (BinaryOperator::Less, true),
        BinaryOperator::Greater => (BinaryOperator::LessEq, true),
        other => (other, false),
    }
}

/// Whether a permit itself asks for one of these expressions, in each branch for one of them.
pub(super) fn demands_one(permit: &Policy<'_>, wanted: &[Term]) -> bool {
    let goal = Term {
        span: Span::new(0, 0),
        kind: TermKind::Or(wanted.to_vec()),
    };
    let goal = Demand {
        term: &goal,
        denied: false,
    };
    entails(&permit.syntax.demands(), goal)
}

/// The forbids, by the actions that they cover.
pub(super) struct Forbids<'p, 'r> {
    by_action: HashMap<&'p EntityRef, Vec<&'p Policy<'r>>>,
}

impl<'p, 'r> Forbids<'p, 'r> {
    /// Those of a repository. Templates are left out: what they cover is said elsewhere.
    pub(super) fn of(repository: &'p Repository<'r>) -> Self {
        Self::that(repository, |_| true)
    }

    /// Those of them that are as is asked.
    pub(super) fn that(
        repository: &'p Repository<'r>,
        wanted: impl Fn(&Policy<'r>) -> bool,
    ) -> Self {
        let mut by_action: HashMap<&EntityRef, Vec<&'p Policy<'r>>> = HashMap::new();
        let forbids = repository
            .policies
            .iter()
            .filter(|policy| policy.is_forbid());
        for forbid in forbids.filter(|policy| !policy.parsed.is_template && wanted(policy)) {
            for action in forbid.actions() {
                by_action.entry(action).or_default().push(forbid);
            }
        }
        Self { by_action }
    }

    /// The forbids that cover whatever a permit lets through for an action.
    pub(super) fn covering(
        &self,
        permit: &Policy<'_>,
        action: &EntityRef,
    ) -> impl Iterator<Item = &'p Policy<'r>> {
        let all = self.by_action.get(action).into_iter().flatten().copied();
        all.filter(|forbid| {
            covers(forbid, permit, Variable::Principal)
                && covers(forbid, permit, Variable::Resource)
        })
    }

    /// Whether a forbid stops what a permit lets through, wherever none of these expressions holds.
    pub(super) fn stop(&self, permit: &Policy<'_>, action: &EntityRef, unless: &[Term]) -> bool {
        let scope = scope_facts(permit);
        let scope = scope.iter().map(|term| Demand {
            term,
            denied: false,
        });
        let mut facts: Vec<Demand<'_>> = scope.chain(permit.syntax.demands()).collect();
        facts.extend(unless.iter().flat_map(|term| {
            let missing = Demand { term, denied: true };
            missing.conjuncts()
        }));
        self.covering(permit, action).any(|forbid| {
            let asked = forbid.syntax.demands();
            asked.into_iter().all(|demand| entails(&facts, demand))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::parse_term;

    #[track_caller]
    fn check(facts: &[&str], goal: &str, expected: bool) {
        let facts: Vec<Term> = facts.iter().map(|text| parse_term(text).unwrap()).collect();
        let all: Vec<Demand<'_>> = facts
            .iter()
            .flat_map(|term| {
                Demand {
                    term,
                    denied: false,
                }
                .conjuncts()
            })
            .collect();
        let goal = parse_term(goal).unwrap();
        let goal = Demand {
            term: &goal,
            denied: false,
        };
        assert_eq!(entails(&all, goal), expected);
    }

    #[test]
    fn what_follows_by_form() {
        check(&["context.a && context.b"], "context.b", true);
        check(&["context.a || context.b"], "context.b", false);
        check(&["context.a || context.b"], "context.b || context.a", true);
        check(
            &["(context.a && context.b) || context.b"],
            "context.b",
            true,
        );
        check(&["!(context.x == 1)"], "1 != context.x", true);
        check(&["context.x > 1"], "!(context.x <= 1)", true);
        check(&["context.x > 1"], "context.x >= 1", false);
        check(
            &["!(context has a && context.a)"],
            "!(context has a && context.a)",
            true,
        );
        check(&["!(context.a || context.b)"], "!context.b", true);
        check(&[], "true", true);
        check(&["context.a"], "context.a && context.b", false);
    }
}
