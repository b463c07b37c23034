//! The search for a request on which a mutant and the original differ: from the requests of the tests, step by step
//! towards the boundary. It is the same every time.

use super::super::baseline::{Baseline, Changed, statuses};
use super::super::changed;
use super::ground::{Ground, Try};
use super::moves::moves;
use super::pool::Pool;
use super::values::required;
use crate::cedar::{BuiltRequest, CompiledPolicy, Evaluation, Mutant, PreparedRequest};
use crate::model::{Answer, Effect, EntityRef, Request, Status};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many requests of tests a search starts from.
const SEEDS: usize = 60;
/// How many requests are kept after each round.
const KEPT: usize = 16;
/// How many facts are changed at most.
const ROUNDS: usize = 4;
/// How many requests are tried for one mutant at most.
const TRIED: usize = 12_000;
/// What it is worth that the policy itself has another status, whatever the others make of it.
const DIFFERS: usize = 1_000;

/// A request that tells a mutant from the original, and what the original says of it.
pub(super) struct Found {
    pub(super) at: Try,
    pub(super) answer: Answer,
    pub(super) forbidden: bool,
}

pub(super) struct Search<'s> {
    pub(super) ground: &'s Ground<'s>,
    pub(super) baseline: &'s Baseline<'s>,
    /// The requests of the tests, each once; the case that each is of.
    pub(super) seeds: &'s [(usize, Try)],
}

/// A request that was tried.
struct Tried {
    score: usize,
    at: Try,
    /// The forbids that keep a difference from being seen.
    masks: Vec<usize>,
}

impl Search<'_> {
    /// The first request that tells them apart, in the order of the search; nothing where it ends without one.
    pub(super) fn run(&self, mutant: &Mutant) -> Option<Found> {
        let changed = changed(mutant);
        let mut budget = TRIED;
        let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut kept: Vec<Tried> = Vec::new();
        for seed in self.seeds(&changed) {
            match self.attempt(seed, &changed, &mut seen, &mut budget) {
                Some(Ok(found)) => return Some(found),
                Some(Err(tried)) => kept.push(tried),
                None => {}
            }
        }
        let mut pool = Pool::default();
        for (place, by) in &changed {
            let before = self.baseline.policies.get(*place);
            for policy in before.into_iter().chain(*by) {
                pool.policy(policy);
            }
        }
        for _ in 0..ROUNDS {
            kept.sort_by_key(|tried| Reverse(tried.score));
            kept.truncate(KEPT);
            let mut next = Vec::new();
            for tried in &kept {
                let mut pool = pool.clone();
                for mask in tried
                    .masks
                    .iter()
                    .filter_map(|at| self.baseline.policies.get(*at))
                {
                    pool.policy(mask);
                }
                self.facts(&tried.at, &mut pool);
                for step in moves(&tried.at, &pool, self.ground) {
                    match self.attempt(step, &changed, &mut seen, &mut budget) {
                        Some(Ok(found)) => return Some(found),
                        Some(Err(tried)) => next.push(tried),
                        None if budget == 0 => return None,
                        None => {}
                    }
                }
            }
            if next.is_empty() {
                return None;
            }
            kept.extend(next);
        }
        None
    }

    /// What the request itself says.
    fn facts(&self, at: &Try, pool: &mut Pool) {
        pool.context(&at.request.context);
        for uid in [&at.request.principal, &at.request.resource] {
            if let Some(entity) = at.entity(uid, self.ground) {
                pool.entity(entity);
            }
        }
    }

    /// Where a search starts: the tests that reach the policy, then one of each action.
    fn seeds(&self, changed: &[Changed<'_>]) -> Vec<Try> {
        let affected: BTreeSet<usize> = self.baseline.affected(changed).into_iter().collect();
        let near = self
            .seeds
            .iter()
            .filter(|(case, _)| affected.contains(case));
        let mut seeds: Vec<Try> = near.take(SEEDS).map(|(_, at)| at.clone()).collect();
        let mut actions: BTreeSet<EntityRef> = BTreeSet::new();
        for (_, at) in self.seeds {
            if actions.insert(at.request.action.clone()) {
                seeds.push(at.clone());
            }
        }
        for (action, info) in self.ground.schema.actions() {
            if actions.contains(action) {
                continue;
            }
            let context = match &info.context {
                Some(context) => required(context, self.ground),
                None => Some(BTreeMap::new()),
            };
            let first = |types: &BTreeSet<Arc<str>>| {
                let mut known = types
                    .iter()
                    .filter_map(|ty| self.ground.entities(ty).next());
                let any = || Some(EntityRef::new(types.first()?.clone(), "x"));
                known.next().cloned().or_else(any)
            };
            let parts = first(&info.principals)
                .zip(first(&info.resources))
                .zip(context);
            seeds.extend(parts.map(|((principal, resource), context)| Try {
                request: Request {
                    principal,
                    action: action.clone(),
                    resource,
                    context,
                    unknown: BTreeSet::new(),
                },
                entities: BTreeMap::new(),
            }));
        }
        seeds
    }

    /// Tries one request: found, or how near it comes. Nothing where it was tried before, or cannot be decided.
    fn attempt(
        &self,
        at: Try,
        changed: &[Changed<'_>],
        seen: &mut BTreeSet<Vec<u8>>,
        budget: &mut usize,
    ) -> Option<Result<Found, Tried>> {
        if *budget == 0 || !seen.insert(format!("{at:?}").into_bytes()) {
            return None;
        }
        *budget -= 1;
        let built = BuiltRequest::build(&at.request).ok()?;
        let store = self.ground.overlaid(&at.entities)?;
        let request = PreparedRequest {
            request: &built,
            entities: &store,
        };
        let effect = |policy: Option<&CompiledPolicy>| {
            let policy = policy?;
            let status = policy.status(request)?;
            (status != Status::NotSatisfied).then_some((policy.effect, status))
        };
        let differs = changed
            .iter()
            .any(|(place, by)| effect(self.baseline.policies.get(*place)) != effect(*by));
        let near = changed.iter().flat_map(|(place, by)| {
            let before = self.baseline.policies.get(*place);
            before.into_iter().chain(*by)
        });
        let near = near.map(|policy| policy.closeness(request)).max();
        let mut tried = Tried {
            score: near.unwrap_or_default(),
            at,
            masks: Vec::new(),
        };
        if !differs || built.conforms(self.ground.schema).is_err() {
            return Some(Err(tried));
        }
        let evaluation = Evaluation::new(&self.ground.version.policies);
        let statuses = statuses(evaluation, &built, &store);
        let (answer, forbidden) = self.baseline.before(&statuses);
        let now = self.baseline.answer(&statuses, request, changed);
        if now.is_some_and(|now| now != (answer.clone(), forbidden)) && answer.decision.is_some() {
            return Some(Ok(Found {
                at: tried.at,
                answer,
                forbidden,
            }));
        }
        let policies = self.baseline.policies;
        let masks = statuses.iter().filter(|(place, status)| {
            let policy = policies.get(*place);
            *status == Status::Satisfied
                && policy.is_some_and(|policy| policy.effect == Effect::Forbid)
        });
        tried.masks = masks.map(|(place, _)| *place).collect();
        tried.score += DIFFERS.saturating_sub(tried.masks.len());
        Some(Err(tried))
    }
}
