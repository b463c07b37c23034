//! What the unit tests cover, as plain data; `docs/schemas/coverage.schema.json` is its schema.

use crate::cedar::{Can, Part};
use crate::model::{Effect, EntityRef};
use crate::repository::{Figure, Percent};
use schemars::generate::SchemaSettings;
use serde::Serialize;
use std::sync::Arc;

/// The JSON Schema (draft 2020-12) of a [`Coverage`].
pub fn json_schema() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Coverage>()
        .to_value()
}

/// What the unit tests of a version cover.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "agentauthz coverage")]
pub struct Coverage {
    /// `agentauthz.coverage/1`.
    pub format: String,
    /// The name of the repository.
    pub repository: Option<String>,
    /// How the version was named.
    pub version: String,
    /// The version since which policies must have changed to be counted; nothing where all are.
    pub changed_since: Option<String>,
    /// What ran.
    pub cases: Cases,
    /// The figures of all policies that are counted.
    pub figures: Figures,
    /// The policies and template links that are counted, by file and place.
    pub policies: Vec<PolicyCoverage>,
    /// The request environments of the schema, sorted. Empty where only changed policies count.
    pub environments: Vec<EnvironmentCoverage>,
    /// How the thresholds judge it.
    pub gates: Vec<Gate>,
}

/// What ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cases {
    /// Cases that were decided.
    pub run: u64,
    /// Cases that are skipped: they cover nothing.
    pub skipped: u64,
    /// Cases with invalid input: they cover nothing.
    pub broken: u64,
}

/// How many of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Ratio {
    /// What was seen.
    pub covered: u64,
    /// What there is to see.
    pub total: u64,
}

impl Ratio {
    /// One of `total`, and of `covered` where it was seen.
    pub fn add(&mut self, covered: bool) {
        self.covered += u64::from(covered);
        self.total += 1;
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            covered: self.covered + other.covered,
            total: self.total + other.total,
        }
    }

    /// Whether at least so much was seen; all of nothing was.
    pub fn reaches(self, least: Percent) -> bool {
        least.reached(self.covered, self.total)
    }
}

/// All figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Figures {
    /// Policies that determined a decision.
    pub policy: Ratio,
    /// Satisfied, and not satisfied, for each policy where that is possible.
    pub outcome: Ratio,
    /// True, false, and error, for each atom where that is possible.
    pub condition: Ratio,
    /// Atoms that were shown to change what becomes of their policy by themselves.
    pub mcdc: Ratio,
    /// An allow, and a deny, for each request environment.
    pub environment: Ratio,
    /// Policies without which some decision would be another one.
    pub decision: Ratio,
}

impl Figures {
    /// One of them.
    pub fn of(&self, figure: Figure) -> Ratio {
        match figure {
            Figure::Policy => self.policy,
            Figure::Outcome => self.outcome,
            Figure::Condition => self.condition,
            Figure::Mcdc => self.mcdc,
            Figure::Environment => self.environment,
            Figure::Decision => self.decision,
        }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            policy: self.policy.plus(other.policy),
            outcome: self.outcome.plus(other.outcome),
            condition: self.condition.plus(other.condition),
            mcdc: self.mcdc.plus(other.mcdc),
            environment: self.environment.plus(other.environment),
            decision: self.decision.plus(other.decision),
        }
    }
}

/// A place in a policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Stretch {
    /// The offset of the first byte.
    pub start: usize,
    /// The offset behind the last byte.
    pub end: usize,
    /// The line of the first byte, from 1.
    pub line: usize,
    /// The column of the first character, from 1.
    pub column: usize,
    /// The line of the last byte.
    pub end_line: usize,
}

/// A case by which something was seen: the first one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Witness {
    /// The suite.
    pub suite: Arc<str>,
    /// The test.
    pub test: Arc<str>,
    /// The row or cell of the test, where it has several.
    pub row: Option<Arc<str>>,
    /// The file of the suite.
    pub file: Arc<str>,
    /// The line of the case there, from 1.
    pub line: usize,
}

/// How often something was seen, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Sightings {
    /// By how many cases.
    pub cases: u64,
    /// The first of them, in the order of files.
    pub first: Option<Witness>,
}

/// What was seen of one policy or template link.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PolicyCoverage {
    /// Its id.
    pub id: Arc<str>,
    /// The template, for a link.
    pub template: Option<Arc<str>>,
    /// Its effect.
    #[schemars(with = "String")]
    pub effect: Effect,
    /// The file its text stands in; for a link, that of the template.
    pub file: Arc<str>,
    /// Where in that file; for a policy in JSON, the whole file.
    pub place: Stretch,
    /// Cases for whose request the scope holds.
    pub scope_reached: Sightings,
    /// Cases that satisfied it.
    pub satisfied: Sightings,
    /// Cases that did not.
    pub not_satisfied: Sightings,
    /// Cases in which it raised an error.
    pub errored: Sightings,
    /// Cases whose decision it determined.
    pub determining: Sightings,
    /// Cases that would have been decided otherwise without it.
    pub decisive: Sightings,
    /// What can become of it.
    pub can: Can,
    /// Its figures.
    pub figures: Figures,
    /// Its atoms, in the order in which they are evaluated.
    pub atoms: Vec<AtomCoverage>,
}

/// What was seen of one atom.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct AtomCoverage {
    /// Its text, on one line.
    pub text: String,
    /// The part of the policy in which it stands.
    pub part: Part,
    /// Its place in the policy's file; nothing for a policy in JSON.
    pub place: Option<Stretch>,
    /// What can come of it.
    pub can: Can,
    /// Cases in which it was true.
    #[serde(rename = "true")]
    pub hold: Sightings,
    /// Cases in which it was false.
    #[serde(rename = "false")]
    pub fail: Sightings,
    /// Cases in which it raised an error.
    #[serde(rename = "error")]
    pub raise: Sightings,
    /// Cases that did not reach it.
    pub not_reached: u64,
    /// Whether MC/DC can be asked for: it can be both true and false.
    pub independent: bool,
    /// Two cases that show that it changes what becomes of its policy by itself: in the first it is true, in the second
    /// false.
    pub pair: Option<[Witness; 2]>,
}

/// What was seen of one request environment.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct EnvironmentCoverage {
    /// The type of the principal.
    pub principal: Arc<str>,
    /// The action.
    pub action: EntityRef,
    /// The type of the resource.
    pub resource: Arc<str>,
    /// Cases that were allowed.
    pub allow: Sightings,
    /// Cases that were denied.
    pub deny: Sightings,
}

/// How a threshold judges a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Gate {
    /// The figure.
    pub figure: Figure,
    /// The least, in percent.
    pub least: Percent,
    /// What was found.
    pub found: Ratio,
    /// Whether it is enough.
    pub passed: bool,
}

/// Something that no case has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The figure that lacks it.
    pub figure: Figure,
    /// The policy; nothing for an environment.
    pub policy: Option<Arc<str>>,
    /// The file and line of the policy or atom; nothing for an environment.
    pub place: Option<(Arc<str>, usize)>,
    /// The atom, or the environment.
    pub subject: Option<String>,
    /// What was never seen: `never true`.
    pub never: &'static str,
}

impl Coverage {
    /// Whether every threshold is reached.
    pub fn passed(&self) -> bool {
        self.gates.iter().all(|gate| gate.passed)
    }

    /// Everything that one figure lacks.
    pub fn gaps(&self, figure: Figure) -> Vec<Gap> {
        match figure {
            Figure::Environment => self
                .environments
                .iter()
                .flat_map(EnvironmentCoverage::gaps)
                .collect(),
            Figure::Policy
            | Figure::Outcome
            | Figure::Condition
            | Figure::Mcdc
            | Figure::Decision => self
                .policies
                .iter()
                .flat_map(|policy| policy.gaps(figure))
                .collect(),
        }
    }
}

impl PolicyCoverage {
    /// Everything that one figure lacks of this policy.
    pub fn gaps(&self, figure: Figure) -> Vec<Gap> {
        let gap = |line: usize, subject: Option<&str>, never| Gap {
            figure,
            policy: Some(self.id.clone()),
            place: Some((self.file.clone(), line)),
            subject: subject.map(str::to_owned),
            never,
        };
        let own = |missing: bool, never| missing.then(|| gap(self.place.line, None, never));
        match figure {
            Figure::Policy => own(self.determining.cases == 0, "never determining")
                .into_iter()
                .collect(),
            Figure::Decision => own(self.decisive.cases == 0, "never decisive")
                .into_iter()
                .collect(),
            Figure::Outcome => [
                own(
                    self.can.hold && self.satisfied.cases == 0,
                    "never satisfied",
                ),
                own(
                    self.can.fail && self.not_satisfied.cases == 0,
                    "never not satisfied",
                ),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Figure::Condition | Figure::Mcdc => self
                .atoms
                .iter()
                .flat_map(|atom| {
                    let line = atom.place.map_or(self.place.line, |place| place.line);
                    let missing = atom.missing(figure).into_iter();
                    missing.map(move |never| gap(line, Some(&atom.text), never))
                })
                .collect(),
            Figure::Environment => Vec::new(),
        }
    }
}

impl AtomCoverage {
    /// What was never seen of it.
    pub fn missing(&self, figure: Figure) -> Vec<&'static str> {
        let values = [
            (self.can.hold, &self.hold, "never true"),
            (self.can.fail, &self.fail, "never false"),
            (self.can.raise, &self.raise, "never an error"),
        ];
        match figure {
            Figure::Condition => values
                .into_iter()
                .filter(|(can, seen, _)| *can && seen.cases == 0)
                .map(|(_, _, never)| never)
                .collect(),
            Figure::Mcdc if self.independent && self.pair.is_none() => {
                vec!["never decisive by itself"]
            }
            Figure::Mcdc
            | Figure::Policy
            | Figure::Outcome
            | Figure::Environment
            | Figure::Decision => Vec::new(),
        }
    }
}

impl EnvironmentCoverage {
    /// The environment in words.
    pub fn text(&self) -> String {
        format!("{} · {} · {}", self.principal, self.action, self.resource)
    }

    fn gaps(&self) -> Vec<Gap> {
        [(&self.allow, "never allowed"), (&self.deny, "never denied")]
            .into_iter()
            .filter(|(seen, _)| seen.cases == 0)
            .map(|(_, never)| Gap {
                figure: Figure::Environment,
                policy: None,
                place: None,
                subject: Some(self.text()),
                never,
            })
            .collect()
    }
}
