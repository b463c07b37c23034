//! `*.test.yaml`: a suite, its tests, and what they share.

use super::budget::{BudgetSpec, PropertySpec};
use super::expectation::Expectation;
use super::table::{ExceptSpec, ListSpec, MatrixSpec, TableSpec};
use crate::model::Json;
use crate::yaml::Spanned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `tests/**/*.test.yaml`: unit tests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz unit tests (*.test.yaml)")]
pub struct SuiteFile {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// What the suite is called; the file's path where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// Files of shared entities and defaults, by their paths from the root of the repository.
    #[serde(default)]
    pub include: Vec<Spanned<String>>,
    /// What every test of the suite asks where it says nothing else.
    #[serde(default)]
    pub defaults: Defaults,
    /// Tags of all tests of the suite.
    #[serde(default)]
    pub tags: Vec<Spanned<String>>,
    /// Entities laid over the repository's for this suite, by reference, `Type::id`.
    #[serde(default)]
    pub entities: BTreeMap<String, Spanned<SuiteEntity>>,
    /// The tests.
    #[serde(default)]
    pub tests: Vec<Spanned<TestSpec>>,
    /// What is to be proved of all requests. It is read, and reported as not run.
    #[serde(default)]
    pub properties: Vec<Spanned<PropertySpec>>,
    /// How many changes of each class recorded actions may show.
    #[serde(default)]
    pub replay: Vec<Spanned<BudgetSpec>>,
}

/// What tests ask where they say nothing else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// The time of the request: given to the context attributes that the schema annotates `@clock`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Spanned<String>>,
    /// Who acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Spanned<String>>,
    /// What is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Spanned<String>>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Spanned<String>>,
    /// The facts of the moment. A request takes those that its action knows and that the test does not give; null in a
    /// test leaves one out.
    #[serde(default)]
    pub context: BTreeMap<String, Spanned<Json>>,
}

/// An entity of tests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteEntity {
    /// Another entity, of the suite or of the repository, from which it takes what it does not give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Spanned<String>>,
    /// Its parents.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub parents: Option<Vec<Spanned<String>>>,
    /// Its attributes, typed by the schema; null leaves one out.
    #[serde(default)]
    pub attrs: BTreeMap<String, Spanned<Json>>,
    /// Its tags, typed by the schema; null leaves one out.
    #[serde(default)]
    pub tags: BTreeMap<String, Spanned<Json>>,
}

/// One test: a case of its own, or the cases that a table, a matrix or a list opens out into.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestSpec {
    /// What it is called, unique in its suite.
    pub name: Spanned<String>,
    /// Words by which it can be selected.
    #[serde(default)]
    pub tags: Vec<Spanned<String>>,
    /// Why it is not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Spanned<SkipSpec>>,
    /// Run this test alone. It is refused where `CI` is set, and with `--ci`.
    #[serde(default)]
    pub only: bool,
    /// The time of the request, instead of the suite's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Spanned<String>>,
    /// Entities laid over the suite's for this test.
    #[serde(default)]
    pub entities: BTreeMap<String, Spanned<SuiteEntity>>,
    /// What is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Spanned<TestRequest>>,
    /// What must come out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Spanned<Expectation>>,
    /// Rows, each of which is a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Spanned<TableSpec>>,
    /// Principals, actions and resources, each combination of which is a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Spanned<MatrixSpec>>,
    /// Cells of the matrix for which something else is expected.
    #[serde(default)]
    pub except: Vec<Spanned<ExceptSpec>>,
    /// Everything of a kind that must be allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Spanned<ListSpec>>,
}

/// Why a test is not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkipSpec {
    /// The reason.
    pub reason: String,
    /// The last day (`YYYY-MM-DD`) on which it is skipped; the day after, it runs again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Spanned<String>>,
}

/// The request of a test. In a table, `{column}` stands for the row's cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRequest {
    /// Who acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Spanned<String>>,
    /// What is done; a bare id is an action of the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Spanned<String>>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Spanned<String>>,
    /// The facts of the moment, typed by the schema.
    #[serde(default)]
    pub context: BTreeMap<String, Spanned<Json>>,
}
