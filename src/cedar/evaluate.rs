//! The status of every policy whose scope holds, by Cedar's own evaluator on the condition.

use super::outcomes::Outcomes;
use super::unknown::Partial;
use super::{CompiledPolicy, EntityStore, PolicySet, PreparedRequest};
use crate::model::{EntityRef, FieldPath, Status};
use cedar_policy_core::ast::{Expr, ExprKind, Literal, ValueKind};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;
use std::collections::BTreeSet;

/// One policy whose scope holds, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// The policy's place in [`PolicySet::policies`].
    pub policy: usize,
    /// What became of it.
    pub status: Status,
    /// Cedar's message, where the condition raised an error.
    pub error: Option<String>,
    /// The unknown fields that the condition would have to read, where its status is not known.
    pub unknown: BTreeSet<FieldPath>,
    /// Whether the condition reads an unknown field, whatever comes of it.
    pub lacks: bool,
}

impl CompiledPolicy {
    /// Whether its scope holds for a request.
    pub fn reaches(&self, request: PreparedRequest<'_>) -> bool {
        let built = request.request;
        let entities = request.entities.inner.as_ref();
        self.scope
            .holds(&built.principal, &built.action, &built.resource, entities)
    }

    /// Whether its scope holds for an action, whoever acts on whatever.
    pub fn takes_action(&self, action: &EntityRef, entities: &EntityStore) -> bool {
        let entities = entities.inner.as_ref();
        super::uid(action).is_some_and(|action| self.scope.action.holds(&action, entities))
    }

    /// Whether its scope is that of another policy.
    pub fn reaches_like(&self, other: &Self) -> bool {
        self.scope == other.scope
    }

    /// What becomes of it for a request; nothing where its scope does not hold.
    pub fn status(&self, request: PreparedRequest<'_>) -> Option<Status> {
        if !self.reaches(request) {
            return None;
        }
        let entities = request.entities.inner.as_ref();
        let evaluator = Evaluator::new(
            request.request.cedar(),
            entities,
            Extensions::all_available(),
        );
        Some(status(0, self, &evaluator, request).status)
    }
}

/// Evaluates requests against one policy set.
#[derive(Debug, Clone, Copy)]
pub struct Evaluation<'a> {
    policies: &'a PolicySet,
}

impl<'a> Evaluation<'a> {
    /// An evaluation of this set.
    pub fn new(policies: &'a PolicySet) -> Self {
        Self { policies }
    }

    /// The policy at a place of the set.
    pub(super) fn policy(&self, at: usize) -> Option<&'a CompiledPolicy> {
        self.policies.policies().get(at)
    }

    /// Every policy whose scope holds, in the set's order. A policy that is not listed is not satisfied and
    /// raises no error.
    pub fn evaluate(&self, request: PreparedRequest<'_>) -> Vec<Evaluated> {
        let entities = request.entities.inner.as_ref();
        let built = request.request;
        let evaluator = Evaluator::new(built.cedar(), entities, Extensions::all_available());
        let mut out = Vec::new();
        let index = self.policies.by_action();
        for at in index.candidates(&built.action, entities) {
            let Some(policy) = self.policies.policies().get(at) else {
                continue;
            };
            if policy
                .scope
                .holds(&built.principal, &built.action, &built.resource, entities)
            {
                out.push(status(at, policy, &evaluator, request));
            }
        }
        out
    }

    /// The same for these policies alone, by their places, whose scopes are known to hold.
    pub fn evaluate_these(
        &self,
        policies: &[usize],
        request: PreparedRequest<'_>,
    ) -> Vec<Evaluated> {
        let entities = request.entities.inner.as_ref();
        let evaluator = Evaluator::new(
            request.request.cedar(),
            entities,
            Extensions::all_available(),
        );
        let found = policies.iter().filter_map(|at| {
            let policy = self.policies.policies().get(*at)?;
            Some(status(*at, policy, &evaluator, request))
        });
        found.collect()
    }

    /// The first top-level conjunct of a policy's condition that does not hold, as its text in the source; where each of
    /// them may hold, the first that may not. Nothing where all hold.
    pub fn blocking(&self, policy: usize, request: PreparedRequest<'_>) -> Option<String> {
        let policy = self.policies.policies().get(policy)?;
        let condition = policy.condition.as_ref()?;
        let entities = request.entities.inner.as_ref();
        let evaluator = Evaluator::new(
            request.request.cedar(),
            entities,
            Extensions::all_available(),
        );
        let mut partial = partial(policy, &evaluator, request);
        let mut conjuncts = Vec::new();
        flatten(condition, &mut conjuncts);
        let mut open = None;
        let mut blocked = None;
        for conjunct in conjuncts {
            let found = partial.condition(conjunct);
            if !found.holds {
                blocked = Some(conjunct);
                break;
            }
            if open.is_none() && !found.surely_holds() {
                open = Some(conjunct);
            }
        }
        let blocked = blocked.or(open)?;
        let text = blocked
            .source_loc()
            .and_then(|loc| loc.snippet())
            .map(str::to_owned);
        Some(text.unwrap_or_else(|| blocked.to_string()))
    }
}

pub(super) fn flatten<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    match expr.expr_kind() {
        ExprKind::And { left, right } => {
            flatten(left, out);
            flatten(right, out);
        }
        _ => out.push(expr),
    }
}

pub(super) fn partial<'a>(
    policy: &'a CompiledPolicy,
    evaluator: &'a Evaluator<'a>,
    request: PreparedRequest<'a>,
) -> Partial<'a> {
    Partial {
        evaluator,
        slots: &policy.slots,
        unknown: &request.request.unknown,
        attributes: &request.entities.unknown,
        reached: BTreeSet::new(),
    }
}

fn status(
    at: usize,
    policy: &CompiledPolicy,
    evaluator: &Evaluator<'_>,
    request: PreparedRequest<'_>,
) -> Evaluated {
    let settled = |status, error| Evaluated {
        policy: at,
        status,
        error,
        unknown: BTreeSet::new(),
        lacks: false,
    };
    let Some(condition) = &policy.condition else {
        return settled(Status::Satisfied, None);
    };
    if request.request.unknown.is_empty() && request.entities.is_known() {
        return match evaluator.interpret(condition, &policy.slots) {
            Ok(value) => match value.value_kind() {
                ValueKind::Lit(Literal::Bool(true)) => settled(Status::Satisfied, None),
                ValueKind::Lit(Literal::Bool(false)) => settled(Status::NotSatisfied, None),
                _ => settled(
                    Status::Error,
                    Some(format!("expected a boolean, got `{value}`")),
                ),
            },
            Err(error) => settled(Status::Error, Some(super::diagnostics::message(&error))),
        };
    }
    let mut partial = partial(policy, evaluator, request);
    let lacks = partial.touches(condition);
    let (status, error) = named(partial.condition(condition));
    let unknown = match status {
        Status::Unknown | Status::NotSatisfiedOrError => partial.reached,
        Status::Satisfied | Status::NotSatisfied | Status::Error => BTreeSet::new(),
    };
    Evaluated {
        unknown,
        lacks,
        ..settled(status, error)
    }
}

/// The status of a policy whose condition may come to this.
fn named(found: Outcomes) -> (Status, Option<String>) {
    match (found.holds, found.fails, found.error) {
        (true, false, None) => (Status::Satisfied, None),
        (false, true, None) => (Status::NotSatisfied, None),
        (false, false, error) => (Status::Error, error),
        (false, true, Some(_)) => (Status::NotSatisfiedOrError, None),
        (true, true, _) | (true, false, Some(_)) => (Status::Unknown, None),
    }
}
