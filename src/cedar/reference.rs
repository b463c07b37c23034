//! L0: Cedar's own authorizer on the whole policy set, the oracle that everything else is held to.

use super::{Evaluated, PolicySet, PreparedRequest};
use crate::model::{Answer, Decision, Effect, Status};
use cedar_policy::Authorizer;

/// Cedar's answer. Only for requests without unknown fields; with them, the answer is about the request as if
/// the unknown fields were absent.
pub fn authorize(policies: &PolicySet, request: PreparedRequest<'_>) -> Answer {
    let response = Authorizer::new().is_authorized(
        &request.request.cedar().into(),
        &policies.inner,
        &request.entities.inner,
    );
    let diagnostics = response.diagnostics();
    let name = |id: &cedar_policy::PolicyId| AsRef::<str>::as_ref(id).into();
    Answer {
        decision: Some(match response.decision() {
            cedar_policy::Decision::Allow => Decision::Allow,
            cedar_policy::Decision::Deny => Decision::Deny,
        }),
        determining: diagnostics.reason().map(name).collect(),
        errors: diagnostics
            .errors()
            .map(|error| match error {
                cedar_policy::AuthorizationError::PolicyEvaluationError(error) => {
                    name(error.policy_id())
                }
            })
            .collect(),
        unknown: Default::default(),
        may_err: Default::default(),
    }
}

/// Cedar's answer as statuses of policies, in the set's order: those that determined it, and those that raised errors. Cedar does
/// not say which permits are satisfied beside a satisfied forbid.
pub fn authorized(policies: &PolicySet, request: PreparedRequest<'_>) -> Vec<Evaluated> {
    let answer = authorize(policies, request);
    let determining = match answer.decision {
        Some(Decision::Allow) => Effect::Permit,
        Some(Decision::Deny) | None => Effect::Forbid,
    };
    let all = policies.policies().iter().enumerate();
    all.filter_map(|(at, policy)| {
        let status = if answer.errors.contains(&policy.id) {
            Status::Error
        } else if answer.determining.contains(&policy.id) && policy.effect == determining {
            Status::Satisfied
        } else {
            return None;
        };
        Some(Evaluated {
            policy: at,
            status,
            error: None,
            unknown: Default::default(),
            lacks: false,
        })
    })
    .collect()
}
