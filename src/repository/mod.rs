//! Files → a policy version: the manifest, and everything it names, parsed and put together.

mod agents;
mod approvals;
mod approvals_text;
mod coverage;
mod derivation;
mod entities;
mod files;
mod gates;
mod globs;
mod lint;
mod load;
mod log_source;
mod manifest;
mod mapping;
mod mutation;
mod near_misses;
mod population;
mod references;
mod rows;
mod schemas;
pub mod spell;
mod suites;
mod template;
mod tools;
mod typing;
mod version;

pub use agents::Agent;
pub use approvals::{
    Approval, ApprovalSpec, ApprovalsFile, Envelope, ValueEnvelope, Written, is_day, same_person,
};
pub use approvals_text::{add_approval, approval_text, has_approval, remove_approvals};
pub use coverage::{Figure, Thresholds};
pub use derivation::Derivation;
pub use entities::{keep_untyped, typed_entity};
pub use files::{
    AgentSpec, AgentStatus, AgentsFile, ChangeSpec, DataSpec, EntitiesFile, EntitySpec, LinkSpec,
    LinksFile, MappingFile, ToolSpec, UnwrapSpec,
};
pub use gates::{
    Bound, ControlGate, Fidelity, Freshness, Gates, MaxActions, MaxPolicies, MaxSessions, Percent,
    Undecidable,
};
pub use globs::matching;
pub use lint::{
    LintLevel, LintOptions, LintOverride, LintSettings, RequiredCondition, accepting_comments,
};
pub use load::{
    deciding_digest, is_suite, load, load_and_keep, load_beside, select_log_layout,
    select_recordings, version_fault,
};
pub use log_source::{DecisionSpec, FieldSpec, PlacedSpec, SourceSpec, TextOr, log_layout};
pub use manifest::{Manifest, MappingSource, Reports};
pub use mapping::{
    Change, DataSet, DataStep, Line, Mapping, Parent, RuleLines, Tags, ToolRule, Unwrap,
    ValueTemplate,
};
pub use mutation::{Explained, Mutation};
pub use references::{nearest, parse_action, parse_plain_reference, parse_reference};
pub use rows::{AtTime, Flag, Row, Rows, Uses};
pub use schemas::{SCHEMAS, json_schema};
pub use suites::{
    AskedTest, BudgetSpec, ChangeBudget, Choices, Claim, Defaults, ExceptSpec, Expectation,
    ExpectedDecision, IncludeFile, Included, ListSpec, MatrixSpec, NamesSpec, PolicyNames,
    PropertySpec, RunTest, RunTestEntities, SkipSpec, Suite, SuiteEntity, SuiteFile, TableSpec,
    TestRequest, TestSpec,
};
pub use template::{Field, Part, Placeholder, ReferenceTemplate, Template};
pub use tools::{
    Hints, Named, Parameter, Risk, Shape, Tool, ToolList, cedar_name, cedar_text, named_tool,
    record_text, risk, tool_list, type_text,
};
pub use typing::{Problem, Typing, Writer};
pub use version::{Files, PolicyVersion, Refused};
