//! What lints found, in the formats for machines.

mod document;
mod github;
mod junit;
mod sarif;

pub use github::github;
pub use junit::junit;
pub use sarif::sarif;

use super::Header;
use crate::lint::LintReport;
use crate::model::Sources;
use serde_json::Value;

/// The report as `agentauthz.lint/1`.
pub fn json(header: &Header, report: &LintReport, sources: &Sources) -> Value {
    // It holds nothing that JSON cannot.
    serde_json::to_value(document::document(header, report, sources)).unwrap_or_default()
}

/// The JSON Schema (draft 2020-12) of the report.
pub fn json_schema() -> Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let schema = generator.into_root_schema_for::<document::LintDocument>();
    schema.to_value()
}
