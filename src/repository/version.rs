//! A policy version: what a repository comes to.

use super::agents::Agent;
use super::approvals::Approval;
use super::manifest::Manifest;
use super::mapping::Mapping;
use super::population::Population;
use super::suites::Suite;
use super::tools::ToolList;
use crate::cedar::{EntityStore, Link, ParsedPolicy, PolicySet, Schema};
use crate::model::{Diagnostic, Digest, SourceFile, Sources};

/// The files of one origin, as the layer that reads them hands them over.
pub struct Files<'a> {
    /// All paths relative to the root, sorted.
    pub paths: Vec<String>,
    /// Reads one of them; the error says why it cannot be had.
    pub read: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// Paths that exist but are refused.
    pub refused: Vec<Refused>,
}

/// A path that exists and is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The path.
    pub path: String,
    /// Why.
    pub message: String,
    /// Whether files may lie below it that are refused with it.
    pub below: bool,
}

/// The files of a schema, the schema, and what was found in them.
pub(super) type SchemaMade = (Vec<SourceFile>, Option<Schema>, Vec<Diagnostic>);

/// A policy repository compiled from one origin.
#[derive(Debug, Clone, Default)]
pub struct PolicyVersion {
    /// The manifest.
    pub manifest: Manifest,
    /// Every text that was read, by path.
    pub sources: Sources,
    /// The schema, where its files parse.
    pub schema: Option<Schema>,
    /// The policies and templates as they stand in their files.
    pub parsed: Vec<ParsedPolicy>,
    /// The template links.
    pub links: Vec<Link>,
    /// The policies that decide.
    pub policies: PolicySet,
    /// The inventory.
    pub agents: Vec<Agent>,
    /// All entities.
    pub store: EntityStore,
    /// How a tool call becomes a request.
    pub mapping: Option<Mapping>,
    /// The suites of unit tests.
    pub suites: Vec<Suite>,
    /// The approvals without faults, in order of their files.
    pub approvals: Vec<Approval>,
    /// The lists of tools that MCP servers gave, those that can be read.
    pub tool_lists: Vec<ToolList>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// A digest of every file that was read.
    pub digest: Option<Digest>,
    /// The files of the schema and what they came to, for a version that has the same.
    pub(super) schema_made: SchemaMade,
    /// The agents and entities with their files, for a version that has the same.
    pub(super) population: Population,
}

impl PolicyVersion {
    /// What decides, from parts of several versions.
    pub fn mixed(policies: &Self, schema: &Self, mapping: &Self, entities: &Self) -> Self {
        Self {
            policies: policies.policies.clone(),
            schema: schema.schema.clone(),
            mapping: mapping.mapping.clone(),
            store: entities.store.clone(),
            ..Self::default()
        }
    }

    /// The files of the schema.
    pub fn schema_files(&self) -> &[SourceFile] {
        &self.schema_made.0
    }

    /// Whether a part is missing, so that nothing can be decided.
    pub fn is_blocked(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_blocking)
    }
}
