//! What is noted of an action that was read in full.

use super::because::ChangeKey;
use super::decisions::DecisionChanges;
use super::details::{Change, Details};
use crate::engine::{Compared, Place, Scalar, Side, Units, Verdict, is_certain};
use crate::model::{ChangeClass, FieldPath, RecordedAction, Request};

/// What moves together, the paths whose values matter, and the sides by an engine that says of every policy whether its scope
/// holds, where theirs does not.
type Noted<'n, 's> = (&'n Units, &'n [FieldPath], Option<&'n [Side<'s>; 2]>);

/// Notes an action that was read in full: what is behind its change, or that it did not flip, and which policies' scopes
/// held.
pub fn note(
    noted: Noted<'_, '_>,
    changes: &mut DecisionChanges,
    place: &Place,
    action: &RecordedAction,
    compared: &Compared,
) {
    let (base, head) = (&compared.base, &compared.head);
    let mut reach = |verdict: &Verdict| {
        for policy in &verdict.policies {
            if !changes.reached.contains(&policy.policy) {
                changes.reached.insert(policy.policy.clone());
            }
        }
    };
    reach(base);
    reach(head);
    // Cedar's authorizer says neither whose scope holds nor which permits a deny passes over.
    let statuses = noted.2.map(|[left, right]| Compared {
        class: compared.class,
        base: left.decide(action),
        head: right.decide(action),
    });
    if let Some(statuses) = &statuses {
        reach(&statuses.base);
        reach(&statuses.head);
    }
    if !compared.class.is_flip() {
        let request = request(compared);
        changes.bystander(request.map(|request| &request.action), place, action);
    }
    let known = statuses.as_ref().unwrap_or(compared);
    let details = &mut changes.details;
    note_change(noted, details, &place.recording, action, known);
}

/// Notes what is behind a change, where it is one of more than reasons.
pub fn note_change(
    (units, watched, _): Noted<'_, '_>,
    details: &mut Details,
    recording: &std::sync::Arc<str>,
    action: &RecordedAction,
    compared: &Compared,
) {
    let reasons = compared.class == ChangeClass::ReasonChanged;
    let Some(key) = ChangeKey::of(compared, units).filter(|_| !reasons) else {
        return;
    };
    let request = request(compared);
    let at = |path| Scalar::at(request?, path);
    let values: Vec<Option<Scalar>> = watched.iter().map(at).collect();
    let certain = is_certain(&compared.base.policies, &compared.head.policies);
    let change = Change::of(recording, action, &values, certain);
    let agent = action.agent.as_deref().unwrap_or("-").to_owned();
    let name = request.map_or_else(|| "-".to_owned(), |request| request.action.to_string());
    details.see(key, &change, (agent, name));
}

/// The request under head, or under base where head has none.
fn request(compared: &Compared) -> Option<&Request> {
    let (base, head) = (&compared.base, &compared.head);
    head.request.as_ref().or(base.request.as_ref())
}
