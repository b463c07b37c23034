//! The YAML files of a policy repository, as types: `docs/repository.md` shows each by example.

use super::log_source::SourceSpec;
use crate::model::Json;
use crate::yaml::Spanned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `links.yaml`: template links.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz template links (links.yaml)")]
pub struct LinksFile {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The links.
    #[serde(default)]
    pub links: Vec<Spanned<LinkSpec>>,
}

/// One template link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSpec {
    /// The id of the linked policy, unique among all policies.
    pub id: Spanned<String>,
    /// The template's `@id`.
    pub template: Spanned<String>,
    /// The entity that fills `?principal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Spanned<String>>,
    /// The entity that fills `?resource`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Spanned<String>>,
}

/// `agents.yaml`: the inventory of agents.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz agent inventory (agents.yaml)")]
pub struct AgentsFile {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The agents.
    #[serde(default)]
    pub agents: Vec<Spanned<AgentSpec>>,
}

/// Whether an agent is in use.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// In use.
    #[default]
    Active,
    /// No longer in use.
    Retired,
}

/// One agent of the inventory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentSpec {
    /// The id of the agent's entity.
    pub id: Spanned<String>,
    /// The person or team that answers for it.
    pub owner: Spanned<String>,
    /// Whether it is in use.
    #[serde(default)]
    pub status: AgentStatus,
    /// Where it runs, for example `prod`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Spanned<String>>,
    /// What it is for.
    pub purpose: Spanned<String>,
    /// The systems it touches.
    #[serde(default)]
    pub systems: Vec<Spanned<String>>,
    /// The day (`YYYY-MM-DD`) after which it needs a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Spanned<String>>,
    /// Parents of the entity.
    #[serde(default, rename = "in")]
    pub parents: Vec<Spanned<String>>,
    /// Further attributes of the entity, typed by the schema.
    #[serde(default)]
    pub attrs: BTreeMap<String, Spanned<Json>>,
}

/// `entities/*.yaml`: entities.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz entities (entities/*.yaml)")]
pub struct EntitiesFile {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The entities by reference, `Type::id`.
    #[serde(default)]
    pub entities: BTreeMap<String, Spanned<EntitySpec>>,
}

/// One entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntitySpec {
    /// Its parents.
    #[serde(default, rename = "in")]
    pub parents: Vec<Spanned<String>>,
    /// Its attributes, typed by the schema.
    #[serde(default)]
    pub attrs: BTreeMap<String, Spanned<Json>>,
    /// Its tags, typed by the schema.
    #[serde(default)]
    pub tags: BTreeMap<String, Spanned<Json>>,
}

/// `mapping.yaml`: how a recorded tool call becomes a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz mapping (mapping.yaml)")]
pub struct MappingFile {
    /// The version of this format: 1. A mapping in the manifest need not say it.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Who acts, for example `Agent::"{agent}"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Spanned<String>>,
    /// What is done, for example `Action::"{tool}"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Spanned<String>>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Spanned<String>>,
    /// Context attributes by name.
    #[serde(default)]
    pub context: BTreeMap<String, Spanned<Json>>,
    /// Routers: tools whose calls hold the call that is meant, by name; `*` and `?` match as under `tools`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unwrap: BTreeMap<String, Spanned<UnwrapSpec>>,
    /// Data sets by name: rows of files that become entities, looked up when a request needs them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, Spanned<DataSpec>>,
    /// What differs for a tool, by name; `*` and `?` match. An exact name goes before a pattern, a longer pattern
    /// before a shorter one.
    #[serde(default)]
    pub tools: BTreeMap<String, Spanned<ToolSpec>>,
    /// Where the parts of an action stand in log lines of your own, read with `--from csv` or `--from jsonl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Spanned<SourceSpec>>,
}

/// Where the call that is meant stands in a call of a router. Everything else of the mapping sees the call that is meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnwrapSpec {
    /// The name of the tool that is meant, for example `{args.tool_name}` or `{args.server_name}/{args.tool_name}`.
    pub tool: Spanned<String>,
    /// Its arguments, for example `{args.params}`.
    pub args: Spanned<String>,
    /// The system that it touches, for example `{args.server_name}`; without it, that of the router's call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Spanned<String>>,
}

/// Rows that become entities. `{row.NAME}` reads a row, `{key}` its key, and `{keys.0}` the first key that leads to it by
/// `*`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// Where the rows stand in a JSON document: keys with dots, `*` for every member or element. Without it, each line of
    /// the file is a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spanned<String>>,
    /// The uid of a row's entity, for example `Order::"{key}"`.
    pub entity: Spanned<String>,
    /// What the entity is in: entities, or `each` of something `as` an entity.
    #[serde(default, rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<Spanned<Json>>,
    /// Its attributes by name, typed by the schema.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attrs: BTreeMap<String, Spanned<Json>>,
    /// Its tags by name, or one placeholder of an object with all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Spanned<Json>>,
    /// Since when a row counts, as RFC 3339 text: rows of one entity are versions then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Spanned<String>>,
}

/// What a call that succeeds changes of an entity for later calls of its session. `{result}` reads what it gave back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSpec {
    /// The entity.
    pub entity: Spanned<String>,
    /// Attributes, merged over those that it had; null removes one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attrs: BTreeMap<String, Spanned<Json>>,
    /// What it is in instead of what it was in.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub parents: Option<Vec<Spanned<Json>>>,
}

/// What differs for a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolSpec {
    /// Whether calls of this tool are no agent actions, so left out and counted.
    #[serde(default)]
    pub skip: bool,
    /// Who acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Spanned<String>>,
    /// What is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Spanned<String>>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Spanned<String>>,
    /// Context attributes, merged over the general ones key by key; null removes one.
    #[serde(default)]
    pub context: BTreeMap<String, Spanned<Json>>,
    /// What a call that succeeds changes for later calls of its session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Spanned<ChangeSpec>>,
}
