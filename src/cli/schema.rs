//! `agentauthz schema`

use super::args::SchemaArgs;
use super::error::CliError;
use super::output::Output;
use crate::diff::document;
use crate::repository;
use crate::testing::{coverage, mutate};

/// The decision-diff report.
const DIFF: &str = "diff";

/// The report of the unit tests.
const TEST_REPORT: &str = "test-report";

/// What lints found.
const LINT_REPORT: &str = "lint-report";

/// What tools, mapping and schema do not know of each other.
const MAPPING_REPORT: &str = "mapping-report";

/// The report on mutants.
const MUTATION_REPORT: &str = "mutation-report";
/// What unit tests cover.
const COVERAGE: &str = "coverage-report";

/// The names of all schemas: of what a person writes, and of what is written for machines.
pub fn names() -> Vec<&'static str> {
    let mut names = repository::SCHEMAS.to_vec();
    names.extend([
        COVERAGE,
        DIFF,
        LINT_REPORT,
        MAPPING_REPORT,
        MUTATION_REPORT,
        TEST_REPORT,
    ]);
    names.sort_unstable();
    names
}

pub fn run(args: &SchemaArgs, output: &Output) -> Result<u8, CliError> {
    let text = match args.name.as_deref() {
        None => names().iter().map(|name| format!("{name}\n")).collect(),
        Some(name) => {
            let schema = match name {
                DIFF => Some(document::json_schema()),
                LINT_REPORT => Some(crate::render::lint_schema()),
                MAPPING_REPORT => Some(crate::mapping::json_schema()),
                MUTATION_REPORT => Some(mutate::document::json_schema()),
                TEST_REPORT => Some(crate::render::test_schema()),
                COVERAGE => Some(coverage::json_schema()),
                _ => repository::json_schema(name),
            };
            let schema =
                schema.ok_or_else(|| CliError::new(format!("there is no schema `{name}`")))?;
            let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
            text.push('\n');
            text
        }
    };
    output.print(&text)?;
    Ok(0)
}
