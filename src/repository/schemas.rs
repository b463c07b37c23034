//! The JSON Schemas of everything a person writes beside Cedar, generated from the types.

use super::approvals::ApprovalsFile;
use super::files::{AgentsFile, EntitiesFile, LinksFile, MappingFile};
use super::manifest::Manifest;
use super::suites::{IncludeFile, SuiteFile};
use schemars::generate::SchemaSettings;

/// The names under which `agentauthz schema` prints them; `recording` is the native recording format.
pub const SCHEMAS: [&str; 9] = [
    "agents",
    "approvals",
    "entities",
    "fixtures",
    "links",
    "manifest",
    "mapping",
    "recording",
    "test",
];

/// The JSON Schema (draft 2020-12) of this name.
pub fn json_schema(name: &str) -> Option<serde_json::Value> {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let schema = match name {
        "agents" => generator.into_root_schema_for::<AgentsFile>(),
        "approvals" => generator.into_root_schema_for::<ApprovalsFile>(),
        "entities" => generator.into_root_schema_for::<EntitiesFile>(),
        "fixtures" => generator.into_root_schema_for::<IncludeFile>(),
        "links" => generator.into_root_schema_for::<LinksFile>(),
        "manifest" => generator.into_root_schema_for::<Manifest>(),
        "mapping" => generator.into_root_schema_for::<MappingFile>(),
        "recording" => generator.into_root_schema_for::<crate::model::RecordedAction>(),
        "test" => generator.into_root_schema_for::<SuiteFile>(),
        _ => return None,
    };
    Some(schema.to_value())
}
