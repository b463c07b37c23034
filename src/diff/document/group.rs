//! Groups of changes with the same cause.

use super::cause::CauseNote;
use super::verdict::ApprovalNote;
use crate::model::ChangeClass;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much an action can do, by the schema's `@risk` annotation.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// It moves money.
    Money,
    /// It destroys.
    Destructive,
    /// It changes who may do what.
    Admin,
    /// It sends something out.
    Egress,
    /// It changes something.
    Write,
    /// The schema does not say, or says something else.
    #[default]
    Unrated,
    /// It reads.
    Read,
}

/// The changes of one class and one cause.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GroupNote {
    /// Its place in this report, from 1.
    pub number: u64,
    /// What names it in approvals and on the command line: the same for the same class and cause, whatever the traffic.
    pub fingerprint: String,
    /// Its class.
    pub class: ChangeClass,
    /// Whether these changes widen what agents may do.
    pub widened: bool,
    /// Whether they narrow it.
    pub narrowed: bool,
    /// A sentence that names the effect. It holds names of policies and actions, never argument values.
    pub title: String,
    /// What is behind it.
    pub cause: CauseNote,
    /// The highest risk among its actions.
    pub risk: Risk,
    /// Recorded actions.
    pub actions: u64,
    /// Actions by Cedar action.
    pub by_action: BTreeMap<String, u64>,
    /// Actions by agent.
    pub by_agent: BTreeMap<String, u64>,
    /// Actions by the system that they touch; `-` where that is not known.
    pub by_system: BTreeMap<String, u64>,
    /// Different sessions.
    pub sessions: u64,
    /// Flips that are the first one of their session.
    pub first_divergences: u64,
    /// Flips that follow another one in their session.
    pub downstream: u64,
    /// The first time, as it was recorded.
    pub first_seen: Option<String>,
    /// The last time.
    pub last_seen: Option<String>,
    /// The values that the policies of the cause read, over all actions of the group.
    pub values: Vec<DecidingValue>,
    /// What tells its actions from those that did not flip.
    pub predicate: Option<PredicateNote>,
    /// The newest, the smallest, the riskiest; fewer where they are the same action.
    pub exemplars: Vec<Exemplar>,
    /// The approval that names it.
    pub approval: Option<ApprovalNote>,
}

/// The values at one path of the context.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DecidingValue {
    /// The path, such as `context.input.amount`.
    pub path: String,
    /// The least and the greatest, where they are numbers, decimals, times or durations, as Cedar writes them.
    pub range: Option<[String; 2]>,
    /// The different texts, entities, addresses and truth values, as Cedar writes them, where they are few.
    pub distinct: Vec<String>,
    /// Whether there are more of them than [`DecidingValue::distinct`] holds.
    pub more: bool,
    /// Actions in which there is nothing at the path, or a value that is not known.
    pub absent: u64,
    /// How the numbers are distributed, for the paths that a policy compares with a number.
    pub histogram: Option<Histogram>,
}

/// Numbers in bins, of the actions of a group and of those of the same Cedar actions that did not flip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Histogram {
    /// The limits of the bins, ascending, one more than bins; thresholds stand between two bins. Empty where values are
    /// not shown.
    pub limits: Vec<f64>,
    /// Flipped actions in each bin.
    pub flipped: Vec<u64>,
    /// Actions that did not flip in each bin.
    pub unflipped: Vec<u64>,
    /// The numbers that the policies compare with.
    pub thresholds: Vec<Threshold>,
    /// Whether only a sample of the recording was counted.
    pub sampled: bool,
}

impl Histogram {
    /// Leaves how many lie between two thresholds, but not where.
    pub(super) fn hide_limits(&mut self) {
        self.limits = Vec::new();
        let mut ends: Vec<usize> = self
            .thresholds
            .iter()
            .filter_map(|threshold| usize::try_from(threshold.limit).ok())
            .filter(|limit| *limit > 0 && *limit < self.flipped.len())
            .collect();
        ends.sort_unstable();
        ends.dedup();
        let sums = |counts: &[u64]| -> Vec<u64> {
            let mut from = 0;
            let ends = ends.iter().copied().chain([counts.len()]);
            ends.map(|end| {
                let part = counts.get(from..end).unwrap_or_default();
                from = end;
                part.iter().sum()
            })
            .collect()
        };
        (self.flipped, self.unflipped) = (sums(&self.flipped), sums(&self.unflipped));
        for threshold in &mut self.thresholds {
            let limit = usize::try_from(threshold.limit).unwrap_or(usize::MAX);
            threshold.limit =
                ends.iter().filter(|end| **end < limit).count() as u64 + u64::from(limit > 0);
        }
    }
}

/// A number that a policy compares a path with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Threshold {
    /// `base`, `head` or `both`.
    pub side: String,
    /// The comparison, as it stands in the policy: `context.input.amount <= 500`.
    pub text: String,
    /// The number.
    pub at: f64,
    /// Before which limit of the bins it stands: the place in [`Histogram::limits`].
    pub limit: u64,
}

/// A condition that tells the flipped actions from the others with the same Cedar action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PredicateNote {
    /// All of these hold; each is text of a policy, or such text in `not (…)`. Empty: every call of the actions.
    pub all: Vec<String>,
    /// Of the actions for which it holds, the share that flipped: from 0 to 1.
    pub precision: f64,
    /// Of the flipped actions, the share for which it holds: from 0 to 1.
    pub recall: f64,
    /// Flipped actions on which it was tried.
    pub flipped: u64,
    /// Actions that did not flip on which it was tried.
    pub unflipped: u64,
    /// Whether that was all of the recording, and not a sample.
    pub complete: bool,
}

/// Why an action is an example.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ExemplarKind {
    /// With the greatest deciding value, else the first by id.
    #[default]
    Riskiest,
    /// The last one.
    Newest,
    /// The shortest record of those that stand for the group.
    Smallest,
}

/// One recorded action of a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Exemplar {
    /// Why it was chosen.
    pub kinds: Vec<ExemplarKind>,
    /// How `explain` finds it: the recording and the id, `RECORDING#ID`.
    pub at: String,
    /// Its id.
    pub id: String,
    /// Its agent.
    pub agent: Option<String>,
    /// Its session.
    pub session: Option<String>,
    /// Its time.
    pub time: Option<String>,
    /// The tool that was called; where a router was, the one that head understands, or base.
    pub tool: Option<String>,
    /// The router through which it was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router: Option<String>,
    /// The request under head, or under base where head has none.
    pub request: Option<RequestNote>,
    /// What base says.
    pub base: SideNote,
    /// What head says.
    pub head: SideNote,
}

/// A request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RequestNote {
    /// The principal, as Cedar writes it.
    pub principal: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Members of the context, each as Cedar writes it; empty where values are not shown.
    pub context: BTreeMap<String, String>,
}

/// What one side says of an action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SideNote {
    /// `allow`, `deny`, `undecidable` or `no request`.
    pub decision: String,
    /// The determining policies.
    pub determining: Vec<String>,
    /// The policies that raise errors.
    pub errors: Vec<String>,
    /// The values that the deciding or blocking atom saw, by path; empty where values are not shown.
    pub saw: BTreeMap<String, String>,
    /// Why it cannot be decided: the fields that are wanting, or the reason for which there is no request.
    pub wanting: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_limits_leave_what_lies_between_thresholds() {
        let threshold = |limit| Threshold {
            limit,
            ..Threshold::default()
        };
        let mut histogram = Histogram {
            limits: vec![0.0, 10.0, 20.0, 30.0, 40.0],
            flipped: vec![1, 2, 4, 8],
            unflipped: vec![16, 32, 64, 128],
            thresholds: vec![threshold(0), threshold(2), threshold(3), threshold(4)],
            sampled: false,
        };
        histogram.hide_limits();
        assert!(histogram.limits.is_empty());
        assert_eq!(histogram.flipped, [3, 4, 8]);
        assert_eq!(histogram.unflipped, [48, 64, 128]);
        let places: Vec<u64> = histogram
            .thresholds
            .iter()
            .map(|found| found.limit)
            .collect();
        assert_eq!(places, [0, 1, 2, 3]);
    }
}
