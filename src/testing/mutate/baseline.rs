//! The cases of a version with what every policy says of them: decided once, for all mutants.

use crate::cedar::{BuiltRequest, CompiledPolicy, EntityStore, Evaluation, PreparedRequest};
use crate::engine::{Case, Input, Settled, settle};
use crate::model::{Answer, Effect, Status};
use crate::repository::PolicyVersion;
use rayon::prelude::*;
use std::sync::Arc;

/// A case that was decided.
pub(super) struct Ran<'c> {
    pub(super) case: &'c Case,
    pub(super) input: &'c Input,
    /// The policies whose scope holds, by their places, in their order.
    pub(super) statuses: Vec<(usize, Status)>,
}

impl Ran<'_> {
    pub(super) fn prepared(&self) -> PreparedRequest<'_> {
        PreparedRequest {
            request: &self.input.built,
            entities: &self.input.store,
        }
    }
}

/// The policies whose scope holds, by their places, in their order.
type Statuses = [(usize, Status)];

fn status(statuses: &Statuses, place: usize) -> Option<Status> {
    let found = statuses.binary_search_by_key(&place, |(at, _)| *at);
    let found = found.ok().and_then(|at| statuses.get(at));
    found.map(|(_, status)| *status)
}

/// A policy of the set as a mutant has it.
pub(super) type Changed<'m> = (usize, Option<&'m CompiledPolicy>);

/// All cases of a version, decided.
pub(super) struct Baseline<'c> {
    pub(super) policies: &'c [CompiledPolicy],
    pub(super) ran: Vec<Ran<'c>>,
    /// For each policy the cases in which its scope holds.
    pub(super) reached: Vec<Vec<usize>>,
}

impl<'c> Baseline<'c> {
    /// Decides every case; those without a request are left out.
    pub(super) fn of(version: &'c PolicyVersion, cases: &'c [Case]) -> Self {
        let policies = version.policies.policies();
        let evaluation = Evaluation::new(&version.policies);
        let ran: Vec<Ran<'c>> = cases
            .par_iter()
            .filter_map(|case| {
                let input = case.input.as_ref().ok()?;
                let statuses = statuses(evaluation, &input.built, &input.store);
                Some(Ran {
                    case,
                    input,
                    statuses,
                })
            })
            .collect();
        let mut reached = vec![Vec::new(); policies.len()];
        for (at, ran) in ran.iter().enumerate() {
            for (place, _) in &ran.statuses {
                if let Some(cases) = reached.get_mut(*place) {
                    cases.push(at);
                }
            }
        }
        Self {
            policies,
            ran,
            reached,
        }
    }

    /// The cases in which some of the changed policies may have another status than before, in order: those that the
    /// scope reached, and, where a scope was changed, those that it reaches now.
    pub(super) fn affected(&self, changed: &[Changed<'_>]) -> Vec<usize> {
        let mut found = Vec::new();
        for (place, by) in changed {
            found.extend(self.reached.get(*place).into_iter().flatten().copied());
            let Some(by) = by else {
                continue;
            };
            let before = self.policies.get(*place);
            if before.is_some_and(|before| before.reaches_like(by)) {
                continue;
            }
            let reached = self.ran.iter().enumerate();
            let reached = reached.filter(|(_, ran)| by.reaches(ran.prepared()));
            found.extend(reached.map(|(at, _)| at));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What a case comes to where these policies are changed, and whether a forbid is satisfied; nothing where all have
    /// the effect and the status that they had.
    pub(super) fn answer(
        &self,
        statuses: &Statuses,
        request: PreparedRequest<'_>,
        changed: &[Changed<'_>],
    ) -> Option<(Answer, bool)> {
        let mut now: Vec<(usize, Option<(Effect, Status)>)> = Vec::new();
        let mut differs = false;
        for (place, by) in changed {
            let before = status(statuses, *place).filter(has_effect);
            let before = before.zip(self.policies.get(*place));
            let before = before.map(|(status, policy)| (policy.effect, status));
            let after = by.and_then(|by| {
                let status = by.status(request).filter(has_effect)?;
                Some((by.effect, status))
            });
            differs |= before != after;
            now.push((*place, after));
        }
        if !differs {
            return None;
        }
        let kept = statuses.iter().filter_map(|(place, status)| {
            let kept = now.iter().all(|(changed, _)| changed != place);
            let policy = self.policies.get(*place).filter(|_| kept)?;
            Some((*place, policy.effect, *status))
        });
        let changed = now
            .iter()
            .filter_map(|(place, now)| now.map(|(effect, status)| (*place, effect, status)));
        let settled: Vec<Settled> = kept
            .chain(changed)
            .filter_map(|(place, effect, status)| {
                Some(Settled {
                    policy: self.policies.get(place)?.id.clone(),
                    effect,
                    status,
                })
            })
            .collect();
        Some(settled_answer(&settled))
    }

    /// What a case comes to with the policies as they are.
    pub(super) fn before(&self, statuses: &Statuses) -> (Answer, bool) {
        let settled: Vec<Settled> = statuses
            .iter()
            .filter_map(|(place, status)| {
                let policy = self.policies.get(*place)?;
                Some(Settled {
                    policy: policy.id.clone(),
                    effect: policy.effect,
                    status: *status,
                })
            })
            .collect();
        settled_answer(&settled)
    }
}

fn settled_answer(settled: &[Settled]) -> (Answer, bool) {
    let forbidden = settled
        .iter()
        .any(|policy| policy.effect == Effect::Forbid && policy.status == Status::Satisfied);
    (settle(settled), forbidden)
}

/// Whether a status can matter: a policy that is not satisfied is as good as none.
fn has_effect(status: &Status) -> bool {
    *status != Status::NotSatisfied
}

/// The status of every policy whose scope holds.
pub(super) fn statuses(
    evaluation: Evaluation<'_>,
    request: &BuiltRequest,
    store: &Arc<EntityStore>,
) -> Vec<(usize, Status)> {
    let prepared = PreparedRequest {
        request,
        entities: store,
    };
    let found = evaluation.evaluate(prepared).into_iter();
    found.map(|found| (found.policy, found.status)).collect()
}
