//! Policy statuses → an answer, where the known statuses settle it.

use crate::model::{Answer, Decision, Effect, Status};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One policy's part in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The policy, by the name that both sides use for it.
    pub policy: Arc<str>,
    /// Its effect.
    pub effect: Effect,
    /// What became of it.
    pub status: Status,
}

/// The answer that these statuses give: allow if some permit is satisfied and no forbid is. Policies that are not
/// listed are not satisfied. With unknown statuses the decision is given where no value of theirs changes it; whether a
/// policy that is not satisfied raises an error changes none.
pub fn settle(policies: &[Settled]) -> Answer {
    let having = |effect: Option<Effect>, status: Status| -> BTreeSet<Arc<str>> {
        policies
            .iter()
            .filter(|policy| policy.status == status && effect.is_none_or(|e| e == policy.effect))
            .map(|policy| policy.policy.clone())
            .collect()
    };
    let forbids = having(Some(Effect::Forbid), Status::Satisfied);
    let permits = having(Some(Effect::Permit), Status::Satisfied);
    let open = |effect| {
        policies
            .iter()
            .any(|policy| policy.effect == effect && policy.status == Status::Unknown)
    };
    let decision = if !forbids.is_empty() {
        Some(Decision::Deny)
    } else if permits.is_empty() && !open(Effect::Permit) {
        // Whatever the unknown forbids say, nothing permits.
        Some(Decision::Deny)
    } else if open(Effect::Forbid) || permits.is_empty() {
        None
    } else {
        Some(Decision::Allow)
    };
    let determining = match decision {
        Some(Decision::Deny) => forbids,
        Some(Decision::Allow) => permits,
        None => BTreeSet::new(),
    };
    Answer {
        decision,
        determining,
        errors: having(None, Status::Error),
        unknown: having(None, Status::Unknown),
        may_err: having(None, Status::NotSatisfiedOrError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(policies: &[(Effect, Status)]) -> Option<Decision> {
        let policies: Vec<Settled> = policies
            .iter()
            .enumerate()
            .map(|(at, (effect, status))| Settled {
                policy: format!("p{at}").into(),
                effect: *effect,
                status: *status,
            })
            .collect();
        settle(&policies).decision
    }

    /// Every set of up to four policies: the decision is given exactly where all ways to fill in the unknown
    /// statuses agree.
    #[test]
    fn a_decision_is_given_exactly_where_it_does_not_depend_on_the_unknown() {
        let effects = [Effect::Permit, Effect::Forbid];
        let statuses = [
            Status::Satisfied,
            Status::NotSatisfied,
            Status::Error,
            Status::NotSatisfiedOrError,
            Status::Unknown,
        ];
        let one: Vec<(Effect, Status)> = effects
            .iter()
            .flat_map(|effect| statuses.iter().map(move |status| (*effect, *status)))
            .collect();
        let mut sets: Vec<Vec<(Effect, Status)>> = vec![vec![]];
        for _ in 0..4 {
            let longer: Vec<_> = sets
                .iter()
                .flat_map(|set| one.iter().map(move |p| [set.as_slice(), &[*p]].concat()))
                .collect();
            sets.extend(longer);
            sets.sort();
            sets.dedup();
        }
        for set in &sets {
            let mut worlds = vec![vec![]];
            for (effect, status) in set {
                let fills = match status {
                    Status::Unknown => vec![Status::Satisfied, Status::NotSatisfied, Status::Error],
                    Status::NotSatisfiedOrError => vec![Status::NotSatisfied, Status::Error],
                    known => vec![*known],
                };
                worlds = worlds
                    .iter()
                    .flat_map(|world: &Vec<(Effect, Status)>| {
                        fills
                            .iter()
                            .map(move |fill| [world.as_slice(), &[(*effect, *fill)]].concat())
                    })
                    .collect();
            }
            let decisions: BTreeSet<_> = worlds.iter().map(|world| decide(world)).collect();
            let expected = match decisions.iter().collect::<Vec<_>>().as_slice() {
                [one] => **one,
                _ => None,
            };
            assert_eq!(decide(set), expected, "{set:?}");
        }
    }
}
