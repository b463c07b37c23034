//! `explain`: why is a request decided as it is, under one or two versions?

use crate::engine::{Cause, Mapped, PolicyStatus, Side, Units, Verdict, cause, classify};
use crate::model::{
    ChangeClass, NotReplayable, Outcome, RecordedAction, RecordedDecision, Request,
};
use std::collections::BTreeSet;

/// One request, explained.
#[derive(Debug, Clone)]
pub struct ExplainReport {
    /// The recorded action, where it is one.
    pub action: Option<RecordedAction>,
    /// What was decided when it was recorded.
    pub recorded: Option<RecordedDecision>,
    /// Each version, base first.
    pub sides: Vec<SideExplanation>,
    /// The class of the change, where there are two versions.
    pub class: Option<ChangeClass>,
    /// Which policies made the decision flip, where it did.
    pub cause: Option<Cause>,
}

/// What one version says.
#[derive(Debug, Clone)]
pub struct SideExplanation {
    /// The verdict.
    pub verdict: Verdict,
    /// Every policy whose scope holds.
    pub policies: Vec<PolicyStatus>,
    /// The tool that is meant, where a router was called.
    pub meant: Option<String>,
}

/// Explains one recorded action under these versions.
pub fn explain_action(sides: &[Side<'_>], action: &RecordedAction) -> ExplainReport {
    let units = units(sides);
    let sides = sides
        .iter()
        .map(|side| SideExplanation {
            meant: side.meant(action),
            ..settle(side.explain(action))
        })
        .collect();
    report(Some(action.clone()), sides, &units)
}

/// Explains any request under these versions.
pub fn explain_request(sides: &[Side<'_>], request: &Request) -> ExplainReport {
    let units = units(sides);
    let sides = sides
        .iter()
        .map(|side| {
            let mapped = Mapped {
                request: request.clone(),
                left_out: BTreeSet::new(),
                entities: Vec::new(),
            };
            settle(side.explain_request(mapped, &side.version().store))
        })
        .collect();
    report(None, sides, &units)
}

/// What moves together from base to head.
fn units(sides: &[Side<'_>]) -> Units {
    match sides {
        [base, head] => Units::of_sides(base, head),
        _ => Units::default(),
    }
}

fn report(
    action: Option<RecordedAction>,
    sides: Vec<SideExplanation>,
    units: &Units,
) -> ExplainReport {
    let (class, cause) = match sides.as_slice() {
        [base, head] => (
            Some(classify(&base.verdict, &head.verdict)),
            cause(&base.verdict.policies, &head.verdict.policies, units),
        ),
        _ => (None, None),
    };
    ExplainReport {
        recorded: action.as_ref().and_then(|action| action.recorded.clone()),
        action,
        sides,
        class,
        cause,
    }
}

fn settle(explained: Result<(Verdict, Vec<PolicyStatus>), NotReplayable>) -> SideExplanation {
    match explained {
        Ok((verdict, policies)) => SideExplanation {
            verdict,
            policies,
            meant: None,
        },
        Err(reason) => SideExplanation {
            verdict: Verdict {
                outcome: Outcome::NotReplayable(reason),
                policies: Vec::new(),
                request: None,
                nonconforming: None,
                left_out: BTreeSet::new(),
                has_entities: false,
                tool: None,
                lacks: false,
            },
            policies: Vec::new(),
            meant: None,
        },
    }
}
