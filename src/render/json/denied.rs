//! What `replay --denied` lists, as JSON.

use crate::replay::Denied;
use serde_json::{Value, json};

/// How often each policy denies, `null` for no policy that permits, and the actions.
pub(super) fn denied(denied: &Denied) -> Value {
    let by_policy: Vec<Value> = denied
        .by_policy
        .iter()
        .map(|(policy, denials)| {
            json!({ "policy": policy.as_deref(), "actions": denials.actions, "failed": denials.failed })
        })
        .collect();
    let actions: Vec<Value> = denied
        .actions
        .iter()
        .map(|action| {
            json!({
                "recording": &*action.recording,
                "line": action.line,
                "session": action.session,
                "sequence": action.sequence,
                "id": action.id,
                "agent": action.agent,
                "action": action.action,
                "determining": action.determining.iter().map(|id| &**id).collect::<Vec<_>>(),
                "errors": action.errors.iter().map(|id| &**id).collect::<Vec<_>>(),
                "failed": action.failed,
                "count": action.count,
            })
        })
        .collect();
    json!({ "by_policy": by_policy, "actions": actions, "not_listed": denied.others })
}
