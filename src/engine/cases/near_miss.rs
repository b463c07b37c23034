//! Why policies that were expected to apply to a case did not.

use super::{Expected, Input};
use crate::cedar::{CompiledPolicy, Evaluation, Miss, Missed, PreparedRequest};
use crate::engine::side::Side;
use crate::model::{Answer, Effect, Span};
use crate::repository::ExpectedDecision;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Why a policy did not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The policy.
    pub policy: Arc<str>,
    /// Its effect.
    pub effect: Effect,
    /// The file it stands in.
    pub file: Arc<str>,
    /// Where it stands there.
    pub span: Span,
    /// The first thing that it asks and that did not hold.
    pub missed: Missed,
}

/// So many policies that nobody named are looked at.
const GUESSED: usize = 5;

/// Why the policies that an expectation names did not apply. Where it names none that is missing, those that would have
/// given the expected decision: first the ones whose scope holds.
pub fn near_misses(
    side: &Side<'_>,
    input: &Input,
    expected: &Expected,
    answer: &Answer,
) -> Vec<NearMiss> {
    let wanted: BTreeSet<Arc<str>> = expected
        .reasons
        .iter()
        .flat_map(|names| names.value.wanted())
        .filter(|name| !answer.determining.contains(name))
        .collect();
    if !wanted.is_empty() {
        return misses(side, input, |name, _| wanted.contains(name));
    }
    let effect = match expected.decision.value {
        ExpectedDecision::Allow if answer.determining.is_empty() => Effect::Permit,
        ExpectedDecision::Forbid => Effect::Forbid,
        // Something applied that should not have: it stands among the determining policies.
        ExpectedDecision::Allow | ExpectedDecision::Deny | ExpectedDecision::NoMatch => {
            return Vec::new();
        }
    };
    let mut found = misses(side, input, |_, policy| policy.effect == effect);
    found.retain(|found| {
        found.missed.miss != Miss::Scope || !found.missed.text.starts_with("action ")
    });
    found.sort_by_key(|found| found.missed.miss == Miss::Scope);
    found.truncate(GUESSED);
    found
}

fn misses(
    side: &Side<'_>,
    input: &Input,
    wanted: impl Fn(&Arc<str>, &CompiledPolicy) -> bool,
) -> Vec<NearMiss> {
    let evaluation = Evaluation::new(&side.version().policies);
    let prepared = PreparedRequest {
        request: &input.built,
        entities: &input.store,
    };
    let policies = side.named_policies().enumerate();
    let those = policies.filter(|(_, (name, policy))| wanted(name, policy));
    those
        .filter_map(|(at, (name, policy))| {
            Some(NearMiss {
                policy: name.clone(),
                effect: policy.effect,
                file: policy.file.clone(),
                span: policy.span,
                missed: evaluation.missed(at, prepared)?,
            })
        })
        .collect()
}
