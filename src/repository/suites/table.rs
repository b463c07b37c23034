//! Tests that open out into several cases: tables, matrices and lists.

use super::choices::Choices;
use super::expectation::{ExpectedDecision, PolicyNames};
use crate::model::Json;
use crate::yaml::Spanned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A table of cases.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// What the cells of a row are: `case` names it; `decision`, `reasons` and `errors` are expected; `principal`,
    /// `action`, `resource`, `now`, `context.PATH` and `entities.REFERENCE.attrs.PATH` are what is asked; any other word
    /// stands for `{word}` in the request.
    pub columns: Vec<Spanned<String>>,
    /// The rows, with one cell a column. Null leaves an optional attribute out.
    pub rows: Vec<Spanned<Vec<Spanned<Json>>>>,
}

/// A product of principals, actions and resources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatrixSpec {
    /// Who acts.
    pub principal: Spanned<Choices>,
    /// What is done; `*` is every action of the schema.
    pub action: Spanned<Choices>,
    /// To what.
    pub resource: Spanned<Choices>,
    /// The facts of the moment. A cell takes those that its action knows.
    #[serde(default)]
    pub context: BTreeMap<String, Spanned<Json>>,
}

/// Cells of a matrix for which something else is expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptSpec {
    /// Which principals; all of them where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Spanned<Choices>>,
    /// Which actions; all of them where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Spanned<Choices>>,
    /// Which resources; all of them where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Spanned<Choices>>,
    /// The decision for them.
    pub decision: Spanned<ExpectedDecision>,
    /// The determining policies; left out: not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Spanned<PolicyNames>>,
    /// The policies that raise an error; left out: none may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Spanned<PolicyNames>>,
}

/// Everything of a kind that is allowed: one of `principals`, `actions` and `resources`, and the other two of
/// `principal`, `action` and `resource`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListSpec {
    /// The principals that are tried: a type, or a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principals: Option<Spanned<Choices>>,
    /// The actions that are tried: `*`, or a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Spanned<Choices>>,
    /// The resources that are tried: a type, or a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Spanned<Choices>>,
    /// Who acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Spanned<String>>,
    /// What is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Spanned<String>>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Spanned<String>>,
    /// The facts of the moment.
    #[serde(default)]
    pub context: BTreeMap<String, Spanned<Json>>,
}
