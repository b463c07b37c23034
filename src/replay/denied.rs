//! Which actions are denied, and by which policies.

use crate::engine::{Merge, Place};
use crate::model::{Answer, Decision, Json, RecordedAction, Request};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many denied actions are kept one by one.
const LISTED: usize = 10_000;

/// An action that is denied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeniedAction {
    /// The recording.
    pub recording: Arc<str>,
    /// The line in it.
    pub line: u64,
    /// The session.
    pub session: Option<String>,
    /// The place in the session.
    pub sequence: Option<u64>,
    /// The action's id.
    pub id: String,
    /// Who acted.
    pub agent: Option<String>,
    /// What was to be done.
    pub action: String,
    /// The forbids that are satisfied; none where no policy permits it.
    pub determining: BTreeSet<Arc<str>>,
    /// Policies that raise an error.
    pub errors: BTreeSet<Arc<str>>,
    /// Whether the call failed, where the recording says what came of it.
    pub failed: Option<bool>,
    /// How many actions it stands for.
    pub count: u64,
}

/// How often something denies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Denials {
    /// Actions.
    pub actions: u64,
    /// Those that failed, too: something else has not let them through.
    pub failed: u64,
}

/// All that is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denied {
    /// How often each policy denies; without a name, how often no policy permits. Several policies may deny one action.
    pub by_policy: BTreeMap<Option<Arc<str>>, Denials>,
    /// The first actions, by recording, line, session and place in it.
    pub actions: BTreeSet<DeniedAction>,
    /// How many more there are.
    pub others: u64,
}

impl Denied {
    /// Counts an action, where it is denied.
    pub fn count(
        &mut self,
        place: &Place,
        action: &RecordedAction,
        request: Option<&Request>,
        answer: &Answer,
    ) {
        if answer.decision != Some(Decision::Deny) {
            return;
        }
        let failed = match action.meta.get("is_error") {
            Some(Json::Bool(failed)) => Some(*failed),
            Some(_) | None => None,
        };
        let one = Denials {
            actions: action.count(),
            failed: action.count() * u64::from(failed == Some(true)),
        };
        let mut policies: Vec<_> = answer.determining.iter().cloned().map(Some).collect();
        if policies.is_empty() {
            policies.push(None);
        }
        for policy in policies {
            self.by_policy.entry(policy).or_default().merge(one);
        }
        self.list(DeniedAction {
            recording: place.recording.clone(),
            line: place.line,
            session: action.session.clone(),
            sequence: action.sequence,
            id: action.id.clone(),
            agent: action.agent.clone(),
            action: request
                .map(|request| request.action.to_string())
                .unwrap_or_default(),
            determining: answer.determining.clone(),
            errors: answer.errors.clone(),
            failed,
            count: action.count(),
        });
    }

    fn list(&mut self, action: DeniedAction) {
        let count = action.count;
        if !self.actions.insert(action) {
            self.others += count;
        } else if self.actions.len() > LISTED
            && let Some(last) = self.actions.pop_last()
        {
            self.others += last.count;
        }
    }
}

impl Merge for Denials {
    fn merge(&mut self, other: Self) {
        self.actions += other.actions;
        self.failed += other.failed;
    }
}

impl Merge for Denied {
    fn merge(&mut self, other: Self) {
        for (policy, denials) in other.by_policy {
            self.by_policy.entry(policy).or_default().merge(denials);
        }
        self.others += other.others;
        other
            .actions
            .into_iter()
            .for_each(|action| self.list(action));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(decision: Decision, forbids: &[&str]) -> Answer {
        Answer {
            decision: Some(decision),
            determining: forbids.iter().map(|&id| id.into()).collect(),
            errors: BTreeSet::new(),
            unknown: BTreeSet::new(),
            may_err: BTreeSet::new(),
        }
    }

    fn see(denied: &mut Denied, id: &str, sequence: u64, failed: Option<bool>, answer: &Answer) {
        let mut action = RecordedAction::new(id.to_owned());
        action.sequence = Some(sequence);
        if let Some(failed) = failed {
            action
                .meta
                .insert("is_error".to_owned(), Json::Bool(failed));
        }
        let place = Place {
            recording: "r".into(),
            line: 1,
        };
        denied.count(&place, &action, None, answer);
    }

    #[test]
    fn an_action_counts_for_each_policy_that_denies_it() {
        let mut denied = Denied::default();
        let both = answer(Decision::Deny, &["a", "b"]);
        see(&mut denied, "late", 10, Some(true), &both);
        see(
            &mut denied,
            "early",
            9,
            Some(false),
            &answer(Decision::Deny, &["b"]),
        );
        see(&mut denied, "none", 11, None, &answer(Decision::Deny, &[]));
        see(
            &mut denied,
            "fine",
            8,
            None,
            &answer(Decision::Allow, &["permit"]),
        );
        let counts: Vec<_> = denied
            .by_policy
            .iter()
            .map(|(policy, denials)| (policy.as_deref(), denials.actions, denials.failed))
            .collect();
        assert_eq!(counts, [(None, 1, 0), (Some("a"), 1, 1), (Some("b"), 2, 1)]);
        let ids: Vec<_> = denied.actions.iter().map(|found| &*found.id).collect();
        assert_eq!(ids, ["early", "late", "none"]);
    }

    #[test]
    fn the_same_are_kept_in_whatever_order_they_come() {
        let deny = answer(Decision::Deny, &["a"]);
        let (mut one, mut two) = (Denied::default(), Denied::default());
        let many = LISTED as u64 + 5;
        for at in 0..many {
            let half = if at % 2 == 0 { &mut one } else { &mut two };
            see(half, &format!("{at}"), many - at, None, &deny);
        }
        let mut other = two.clone();
        other.merge(one.clone());
        one.merge(two);
        assert_eq!(one, other);
        assert_eq!((one.actions.len(), one.others), (LISTED, 5));
        assert_eq!(one.actions.first().map(|found| &*found.id), Some("10004"));
    }
}
