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
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// How many requests of tests a search starts from.
const SEEDS: usize = 60;
/// From how many requests steps are taken at most, and for one action.
const EXPANDED: usize = 60;
const OF_AN_ACTION: usize = 25;
/// How many requests are tried for one mutant at most.
const TRIED: usize = 3_000;
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

/// What was tried of one action, and from how many requests steps were taken.
#[derive(Default)]
struct Queue {
    open: Vec<Tried>,
    expanded: usize,
}

impl Queue {
    /// The nearest request; of equal ones, the one that was found first.
    fn nearest(&self) -> Option<(usize, usize)> {
        if self.expanded >= OF_AN_ACTION {
            return None;
        }
        let open = self.open.iter().enumerate();
        let nearest = open.max_by_key(|(at, tried)| (tried.score, Reverse(*at)))?;
        Some((nearest.0, nearest.1.score))
    }
}

/// One search.
struct Run<'r> {
    changed: Vec<Changed<'r>>,
    seen: HashSet<u64>,
    tried: usize,
    queues: BTreeMap<EntityRef, Queue>,
}

impl Search<'_> {
    /// How many requests were tried, and the first that tells them apart, in the order of the search, with no entity that
    /// it does not need; nothing where the search ends without one.
    pub(super) fn run(&self, mutant: &Mutant) -> (usize, Option<Found>) {
        let mut run = Run {
            changed: changed(mutant),
            seen: HashSet::new(),
            tried: 0,
            queues: BTreeMap::new(),
        };
        let found = self.first(&mut run);
        let found = found.map(|found| self.lean(found, &mut run));
        (run.tried, found)
    }

    /// A request without the entities that it does not need to tell them apart.
    fn lean(&self, mut found: Found, run: &mut Run<'_>) -> Found {
        let entities: Vec<EntityRef> = found.at.entities.keys().cloned().collect();
        for uid in entities {
            let mut at = found.at.clone();
            at.entities.remove(&uid);
            run.tried += 1;
            if let Some(Ok(without)) = self.judge(at, &run.changed) {
                found = without;
            }
        }
        found
    }

    fn first(&self, run: &mut Run<'_>) -> Option<Found> {
        for seed in self.seeds(&run.changed) {
            if let Some(found) = self.attempt(seed, run) {
                return Some(found);
            }
        }
        let mut pool = Pool::default();
        for (place, by) in &run.changed {
            let before = self.baseline.policies.get(*place);
            for policy in before.into_iter().chain(*by) {
                pool.policy(policy);
            }
        }
        for round in 0..EXPANDED {
            // The actions take turns, those first that are nearest; every other round is the nearest one's of all.
            let mut nearest: Vec<(usize, Reverse<usize>, &EntityRef, usize)> = run
                .queues
                .iter()
                .filter_map(|(action, queue)| {
                    let (at, score) = queue.nearest()?;
                    let turn = if round % 2 == 0 { 0 } else { queue.expanded };
                    Some((turn, Reverse(score), action, at))
                })
                .collect();
            nearest.sort();
            let (_, _, action, at) = nearest.into_iter().next()?;
            let queue = run.queues.get_mut(&action.clone())?;
            queue.expanded += 1;
            let tried = queue.open.remove(at);
            let mut pool = pool.clone();
            let masks = tried.masks.iter();
            for mask in masks.filter_map(|at| self.baseline.policies.get(*at)) {
                pool.policy(mask);
            }
            self.facts(&tried.at, &mut pool);
            for step in moves(&tried.at, &pool, self.ground) {
                if let Some(found) = self.attempt(step, run) {
                    return Some(found);
                }
                if run.tried >= TRIED {
                    return None;
                }
            }
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
        let takes = |action: &EntityRef| {
            let policies = changed.iter().flat_map(|(place, by)| {
                let before = self.baseline.policies.get(*place);
                before.into_iter().chain(*by)
            });
            policies
                .into_iter()
                .any(|policy| policy.takes_action(action, &self.ground.store))
        };
        let near = self
            .seeds
            .iter()
            .filter(|(case, _)| affected.contains(case));
        let mut seeds: Vec<Try> = near.take(SEEDS).map(|(_, at)| at.clone()).collect();
        let mut actions: BTreeSet<EntityRef> = BTreeSet::new();
        for (_, at) in self.seeds {
            let action = &at.request.action;
            if actions.insert(action.clone()) && takes(action) {
                seeds.push(at.clone());
            }
        }
        for (action, info) in self.ground.schema.actions() {
            if actions.contains(action) || !takes(action) {
                continue;
            }
            let context = match &info.context {
                Some(context) => required(context, self.ground),
                None => Some(BTreeMap::new()),
            };
            let first = |types: &BTreeSet<Arc<str>>| {
                let known = types
                    .iter()
                    .find(|ty| self.ground.entities(ty).next().is_some());
                known.or(types.first()).map(|ty| self.ground.some(ty))
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

    /// Tries one request, unless it was tried before, and notes how near it comes.
    fn attempt(&self, at: Try, run: &mut Run<'_>) -> Option<Found> {
        let mut hash = DefaultHasher::new();
        at.hash(&mut hash);
        if !run.seen.insert(hash.finish()) {
            return None;
        }
        run.tried += 1;
        let action = at.request.action.clone();
        match self.judge(at, &run.changed)? {
            Ok(found) => Some(found),
            Err(tried) => {
                run.queues.entry(action).or_default().open.push(tried);
                None
            }
        }
    }

    /// Found, or how near a request comes; nothing where it cannot be decided.
    fn judge(&self, at: Try, changed: &[Changed<'_>]) -> Option<Result<Found, Tried>> {
        let built = BuiltRequest::build(&at.request).ok()?;
        let store = self.ground.overlaid(&at.entities, &built)?;
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
