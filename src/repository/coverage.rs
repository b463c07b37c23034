//! How much of the policies the unit tests must cover.

use super::gates::Percent;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is measured of the coverage by unit tests.
#[derive(
    Debug,
    Clone,
    Copy,
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
pub enum Figure {
    /// Policies that determined a decision.
    Policy,
    /// Policies that were satisfied, and policies that were not.
    Outcome,
    /// Atoms that were true, that were false, and that raised an error where they can.
    Condition,
    /// Atoms that were shown to change what becomes of their policy by themselves.
    Mcdc,
    /// Request environments with an allow, and with a deny.
    Environment,
    /// Policies without which some decision would be another one.
    Decision,
}

impl Figure {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Figure; 6] = [
        Figure::Policy,
        Figure::Outcome,
        Figure::Condition,
        Figure::Mcdc,
        Figure::Environment,
        Figure::Decision,
    ];

    /// Its name in the manifest and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Figure::Policy => "policy",
            Figure::Outcome => "outcome",
            Figure::Condition => "condition",
            Figure::Mcdc => "mcdc",
            Figure::Environment => "environment",
            Figure::Decision => "decision",
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The least coverage, in percent, by which `test --coverage` is judged. What is not given is not judged.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Of policies and template links: those that determined a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Percent>,
    /// Of outcomes: satisfied, and not satisfied, for each policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Percent>,
    /// Of the values of atoms: true, false, and error where one is possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Percent>,
    /// Of atoms: those that were shown to change what becomes of their policy by themselves (MC/DC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcdc: Option<Percent>,
    /// Of request environments: those with an allow, and those with a deny.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Percent>,
    /// Of policies: those without which some decision would be another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Percent>,
}

impl Thresholds {
    /// The least of one figure.
    pub fn of(&self, figure: Figure) -> Option<Percent> {
        match figure {
            Figure::Policy => self.policy,
            Figure::Outcome => self.outcome,
            Figure::Condition => self.condition,
            Figure::Mcdc => self.mcdc,
            Figure::Environment => self.environment,
            Figure::Decision => self.decision,
        }
    }

    /// Sets the least of one figure, where it is more than what is there.
    pub fn raise(&mut self, figure: Figure, least: Percent) {
        let place = match figure {
            Figure::Policy => &mut self.policy,
            Figure::Outcome => &mut self.outcome,
            Figure::Condition => &mut self.condition,
            Figure::Mcdc => &mut self.mcdc,
            Figure::Environment => &mut self.environment,
            Figure::Decision => &mut self.decision,
        };
        *place = Some(place.map_or(least, |there| there.max(least)));
    }

    /// Whether some figure of `base` is judged less strictly, or no longer.
    pub fn loosens(&self, base: &Self) -> bool {
        Figure::ALL
            .into_iter()
            .any(|figure| self.of(figure) < base.of(figure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_threshold_counts_and_a_lower_one_loosens() {
        let percent = |number: u32| Percent(number * 100);
        let base = Thresholds {
            policy: Some(percent(90)),
            ..Thresholds::default()
        };
        let mut head = base;
        head.raise(Figure::Policy, percent(80));
        head.raise(Figure::Mcdc, percent(70));
        assert_eq!((head.policy, head.mcdc), (base.policy, Some(percent(70))));
        assert!(!head.loosens(&base) && base.loosens(&head) && !base.loosens(&base));
    }
}
