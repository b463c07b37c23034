//! What became of the unit tests, in the formats for machines, and what `--update` did.

mod document;
mod github;
mod junit;
mod update;

pub use github::github;
pub use junit::junit;
pub use update::{text_diff, updated};

use super::Header;
use crate::model::Sources;
use crate::testing::TestReport;
use serde_json::Value;

/// The report as `agentauthz.test/2`.
pub fn json(header: &Header, report: &TestReport, sources: &Sources) -> Value {
    // It holds nothing that JSON cannot.
    serde_json::to_value(document::document(header, report, sources)).unwrap_or_default()
}

/// The JSON Schema (draft 2020-12) of the report.
pub fn json_schema() -> Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let schema = generator.into_root_schema_for::<document::TestDocument>();
    schema.to_value()
}
