//! `agentauthz.yaml`: where things are.

use super::coverage::Thresholds;
use super::files::MappingFile;
use super::gates::Gates;
use super::lint::LintSettings;
use super::mutation::Mutation;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The manifest of a policy repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz manifest (agentauthz.yaml)")]
pub struct Manifest {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// What the repository is called in reports.
    #[serde(default)]
    pub name: Option<String>,
    /// Patterns of the Cedar schema files.
    #[serde(default = "schemas")]
    pub schema: Vec<String>,
    /// Patterns of the policy files.
    #[serde(default = "policies")]
    pub policies: Vec<String>,
    /// Patterns of the files with template links.
    #[serde(default = "links")]
    pub links: Vec<String>,
    /// Patterns of the agent inventories.
    #[serde(default = "agents")]
    pub agents: Vec<String>,
    /// The entity type of the agents in the inventory, with namespace.
    #[serde(default = "agent_type")]
    pub agent_type: String,
    /// Patterns of the entity files.
    #[serde(default = "entities")]
    pub entities: Vec<String>,
    /// The mapping itself, or patterns of its file; one file at most.
    #[serde(default)]
    pub mapping: MappingSource,
    /// Patterns of the unit tests.
    #[serde(default = "tests")]
    pub tests: Vec<String>,
    /// Patterns of the recordings, used where the command line names none.
    #[serde(default = "recordings")]
    pub recordings: Vec<String>,
    /// The files of the mapping's data sets by name, relative to the repository's root.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
    /// Patterns of the files with approvals.
    #[serde(default = "approvals")]
    pub approvals: Vec<String>,
    /// The limits by which a diff is judged.
    #[serde(default)]
    pub gates: Gates,
    /// The least coverage by unit tests, in percent, by which `test --coverage` is judged.
    #[serde(default)]
    pub coverage: Thresholds,
    /// What reports hold.
    #[serde(default)]
    pub reports: Reports,
    /// What is asked of mutation testing.
    #[serde(default)]
    pub mutation: Mutation,
    /// Patterns of the lists of tools that MCP servers gave (`tools/list`).
    #[serde(default)]
    pub tools: Vec<String>,
    /// How policies are linted.
    #[serde(default)]
    pub lint: LintSettings,
}

/// What reports hold.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    /// Whether argument values of recorded actions stand in formats that leave the machine.
    #[serde(default)]
    pub values: bool,
}

/// Where the mapping stands.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum MappingSource {
    /// In a file that these patterns name.
    Files(Vec<String>),
    /// In the manifest.
    Here(Box<MappingFile>),
}

impl Default for MappingSource {
    fn default() -> Self {
        MappingSource::Files(list(&["mapping.yaml"]))
    }
}

/// Told by its shape, without a buffer in between, so that the mapping's texts keep their places.
impl<'de> Deserialize<'de> for MappingSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl<'de> Visitor<'de> for Shape {
            type Value = MappingSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of file patterns, or a mapping")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(access)).map(MappingSource::Files)
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Self::Value, A::Error> {
                MappingFile::deserialize(MapAccessDeserializer::new(access))
                    .map(|mapping| MappingSource::Here(Box::new(mapping)))
            }
        }

        deserializer.deserialize_any(Shape)
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            version: 0,
            name: None,
            schema: schemas(),
            policies: policies(),
            links: links(),
            agents: agents(),
            agent_type: agent_type(),
            entities: entities(),
            mapping: MappingSource::default(),
            tests: tests(),
            recordings: recordings(),
            data: BTreeMap::new(),
            approvals: approvals(),
            gates: Gates::default(),
            coverage: Thresholds::default(),
            reports: Reports::default(),
            mutation: Mutation::default(),
            tools: Vec::new(),
            lint: LintSettings::default(),
        }
    }
}

fn list(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|&pattern| pattern.to_owned()).collect()
}

fn schemas() -> Vec<String> {
    list(&["schema/**/*.cedarschema"])
}

fn policies() -> Vec<String> {
    list(&["policies/**/*.cedar", "policies/**/*.cedar.json"])
}

fn links() -> Vec<String> {
    list(&["links.yaml"])
}

fn agents() -> Vec<String> {
    list(&["agents.yaml"])
}

fn agent_type() -> String {
    "Agent".to_owned()
}

fn entities() -> Vec<String> {
    list(&["entities/**/*.yaml", "entities/**/*.json"])
}

fn tests() -> Vec<String> {
    list(&["tests/**/*.test.yaml", "tests/**/*.test.json"])
}

fn recordings() -> Vec<String> {
    list(&["recordings/*"])
}

fn approvals() -> Vec<String> {
    list(&["approvals.yaml"])
}
