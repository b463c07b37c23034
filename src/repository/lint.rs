//! What the manifest says of lints: levels, the facts they judge by, and where the baseline is.

use crate::yaml::Spanned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How policies are linted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LintSettings {
    /// Levels of lints, by code (`AZ206`), name (`substring-blocklist`) or the beginning of a code (`AZ5`).
    pub levels: BTreeMap<String, LintLevel>,
    /// Other levels for some files; later ones count more.
    pub overrides: Vec<LintOverride>,
    /// The file that lists findings which were there before linting began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// What lints judge by.
    pub options: LintOptions,
}

/// How much a finding weighs.
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
pub enum LintLevel {
    /// The lint does not run.
    Off,
    /// Worth knowing.
    Info,
    /// Deserves a look.
    Warning,
    /// Fails the run.
    Error,
}

impl LintLevel {
    /// The level as a word.
    pub fn name(self) -> &'static str {
        match self {
            LintLevel::Off => "off",
            LintLevel::Info => "info",
            LintLevel::Warning => "warning",
            LintLevel::Error => "error",
        }
    }
}

/// Levels for some files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LintOverride {
    /// Patterns of the files.
    pub paths: Vec<String>,
    /// Levels of lints there, by code, name or the beginning of a code.
    pub levels: BTreeMap<String, LintLevel>,
}

/// What lints judge by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LintOptions {
    /// Cedar expressions that mean a person has approved; one of them must hold where an approval is asked for.
    pub approval: Vec<Spanned<String>>,
    /// The risks of actions that ask for an approval.
    pub approval_for: Vec<String>,
    /// The paths of amounts of money, as `context.input.amount`.
    pub amounts: Vec<String>,
    /// The greatest amount that an agent may move on its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_bound: Option<String>,
    /// Conditions that permits of some actions must have.
    pub required: Vec<RequiredCondition>,
    /// Who may own a policy; empty where anybody may.
    pub owners: Vec<String>,
    /// Names of annotations that policies may have beside the known ones.
    pub annotations: Vec<String>,
    /// Entities, or types of entities, that hold policies, approvals or the inventory itself.
    pub control_resources: Vec<String>,
    /// Types of resources that hold secrets.
    pub secret_resources: Vec<String>,
    /// Types of resources that hold private data.
    pub private_resources: Vec<String>,
    /// Types of resources that hold text which strangers wrote.
    pub untrusted_resources: Vec<String>,
    /// Paths of the agent that say in which environment it runs, and of the resource, as `principal.environment` and
    /// `resource.environment`.
    pub environments: Vec<String>,
    /// The deepest chain of entities that a condition may follow; nothing where any depth may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deref_level: Option<u32>,
    /// So many conditions at most in one policy.
    pub max_atoms: usize,
    /// So deep at most may conditions nest.
    pub max_depth: usize,
    /// The longest line, in characters.
    pub max_line: usize,
    /// So many policies at most in one file.
    pub max_policies: usize,
    /// So many literals at most in one set.
    pub max_set: usize,
    /// So many request environments at most.
    pub max_environments: usize,
    /// An action to which so many policies apply is one for which every needless policy costs.
    pub hot_policies: usize,
    /// The share of all agents, in percent, from which on a group is as good as all of them.
    pub almost_all: u32,
}

impl Default for LintOptions {
    fn default() -> Self {
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            approval: Vec::new(),
            approval_for: list(&["destructive", "money", "admin"]),
            amounts: Vec::new(),
            amount_bound: None,
            required: Vec::new(),
            owners: Vec::new(),
            annotations: Vec::new(),
            control_resources: Vec::new(),
            secret_resources: Vec::new(),
            private_resources: Vec::new(),
            untrusted_resources: Vec::new(),
            environments: Vec::new(),
            deref_level: None,
            max_atoms: 24,
            max_depth: 6,
            max_line: 160,
            max_policies: 100,
            max_set: 50,
            max_environments: 20_000,
            hot_policies: 100,
            almost_all: 90,
        }
    }
}

/// A condition that permits of some actions must have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredCondition {
    /// What it is called in findings.
    pub name: String,
    /// The actions, as `Action::"refund"`; groups stand for their members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// The risks of the actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<String>,
    /// Cedar expressions of which each must stand in the policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all_of: Vec<Spanned<String>>,
    /// Cedar expressions of which one must stand in the policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<Spanned<String>>,
    /// Cedar expressions of which none may stand in the policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_of: Vec<Spanned<String>>,
}
