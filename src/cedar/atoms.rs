//! The parts of a policy that must all hold, one by one.

use super::evaluate::{Evaluation, flatten};
use super::text::text;
use super::{CompiledPolicy, PreparedRequest, scope};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;

impl CompiledPolicy {
    /// The parts that must all hold, as text: what the scope demands of principal and resource, then the top-level conjuncts
    /// of the condition. What the scope demands of the action is none of them.
    pub fn atoms(&self) -> Vec<String> {
        let demands = [
            ("principal", &self.scope.principal),
            ("resource", &self.scope.resource),
        ];
        let mut out: Vec<String> = demands
            .into_iter()
            .filter_map(|(name, test)| scope::text(name, test))
            .collect();
        if let Some(condition) = &self.condition {
            let mut conjuncts = Vec::new();
            flatten(condition, &mut conjuncts);
            out.extend(conjuncts.into_iter().map(text));
        }
        out
    }
}

impl CompiledPolicy {
    /// How near a request comes to it: how many of its parts hold, those of the scope counted twice.
    pub fn closeness(&self, request: PreparedRequest<'_>) -> usize {
        let entities = request.entities.inner.as_ref();
        let built = request.request;
        let scope = [
            (&built.principal, &self.scope.principal),
            (&built.action, &self.scope.action),
            (&built.resource, &self.scope.resource),
        ];
        let holds = scope.iter().filter(|(uid, test)| test.holds(uid, entities));
        let mut found = 2 * holds.count();
        if let Some(condition) = &self.condition {
            let evaluator = Evaluator::new(built.cedar(), entities, Extensions::all_available());
            let mut partial = super::evaluate::partial(self, &evaluator, request);
            let mut conjuncts = Vec::new();
            flatten(condition, &mut conjuncts);
            let holds = conjuncts
                .into_iter()
                .filter(|conjunct| partial.condition(conjunct).surely_holds());
            found += holds.count();
        }
        found
    }
}

impl Evaluation<'_> {
    /// Whether each of [`CompiledPolicy::atoms`] holds for a request, on its own. One that raises an error, or reads an
    /// unknown field, does not.
    pub fn atoms(&self, policy: usize, request: PreparedRequest<'_>) -> Vec<bool> {
        let Some(policy) = self.policy(policy) else {
            return Vec::new();
        };
        let entities = request.entities.inner.as_ref();
        let built = request.request;
        let demands = [
            (&built.principal, &policy.scope.principal),
            (&built.resource, &policy.scope.resource),
        ];
        let mut out: Vec<bool> = demands
            .into_iter()
            .filter(|(_, test)| scope::text("", test).is_some())
            .map(|(uid, test)| test.holds(uid, entities))
            .collect();
        if let Some(condition) = &policy.condition {
            let evaluator = Evaluator::new(built.cedar(), entities, Extensions::all_available());
            let mut partial = super::evaluate::partial(policy, &evaluator, request);
            let mut conjuncts = Vec::new();
            flatten(condition, &mut conjuncts);
            for conjunct in conjuncts {
                out.push(partial.condition(conjunct).surely_holds());
            }
        }
        out
    }
}
