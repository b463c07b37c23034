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

impl LintSettings {
    /// Whether less may be found than by `base`: a level is lower, or somebody has to look whether it is.
    pub fn loosens(&self, base: &Self) -> bool {
        let names = self.levels.keys().chain(base.levels.keys());
        let mut lowered = names.filter(|name| {
            match (base.levels.get(*name), self.levels.get(*name)) {
                (Some(was), Some(is)) => is < was,
                // What the lint's own level is, only the catalogue knows.
                (None, Some(is)) => *is < LintLevel::Error,
                (Some(was), None) => *was > LintLevel::Off,
                (None, None) => false,
            }
        });
        lowered.next().is_some()
            || self.overrides != base.overrides
            || self.options != base.options
            || (self.baseline != base.baseline && self.baseline.is_some())
    }
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

/// The comments of a text that accept findings of lints, each from its sign on, in order, with what each stands before: the
/// next line that is no comment, and whether an empty line lies between. One that is moved is another one.
pub fn accepting_comments(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        for (start, _) in line.match_indices("agentauthz:") {
            let before = line.get(..start).unwrap_or_default().trim_end();
            if !before.ends_with("//") && !before.ends_with('#') {
                continue;
            }
            let rest = lines.iter().skip(at + 1).map(|line| line.trim());
            let mut parted = false;
            let mut next = "";
            for line in rest {
                parted |= line.is_empty();
                if !line.is_empty() && !line.starts_with("//") && !line.starts_with('#') {
                    next = line;
                    break;
                }
            }
            let comment = line.get(start..).unwrap_or_default().trim_end();
            let sign = if parted { "¶ " } else { "" };
            found.push((comment.to_owned(), format!("{sign}{next}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_level_loosens() {
        let of = |levels: &[(&str, LintLevel)]| LintSettings {
            levels: levels
                .iter()
                .map(|(name, level)| ((*name).to_owned(), *level))
                .collect(),
            ..LintSettings::default()
        };
        let (error, off) = (
            of(&[("AZ201", LintLevel::Error)]),
            of(&[("AZ201", LintLevel::Off)]),
        );
        assert!(off.loosens(&error) && !error.loosens(&off));
        assert!(off.loosens(&of(&[])) && !error.loosens(&of(&[])));
        assert!(of(&[]).loosens(&error) && !of(&[]).loosens(&off));
        let based = LintSettings {
            baseline: Some("b.yaml".to_owned()),
            ..LintSettings::default()
        };
        assert!(based.loosens(&of(&[])) && !of(&[]).loosens(&based));
    }

    #[test]
    fn comments_that_accept_are_told() {
        let text = "// agentauthz: allow(AZ201) -- x\n\n@id(\"b\")\na // agentauthz: y\n# agentauthz: z\nagentauthz: no\n\"agentauthz: no\"\n@x(\"agentauthz:\") // agentauthz: w\n";
        let found = accepting_comments(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("agentauthz: allow(AZ201) -- x", "¶ @id(\"b\")"),
                ("agentauthz: y", "agentauthz: no"),
                ("agentauthz: z", "agentauthz: no"),
                ("agentauthz: w", ""),
            ]
        );
    }
}
