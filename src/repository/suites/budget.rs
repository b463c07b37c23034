//! What a suite asks beyond single requests: budgets of changes, and properties.

use crate::yaml::Spanned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many changes recorded actions may show between a base and the version that is tested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetSpec {
    /// What it is called; the recording and the base where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Spanned<String>>,
    /// The recording, by its path from the root of the repository.
    pub recording: Spanned<String>,
    /// The version to compare with: a git revision, or `dir:PATH`.
    pub base: Spanned<String>,
    /// How many changes of a class there may be. A class that is not named is not limited, but for
    /// `newly_undecidable`: of those there may be none.
    pub changes: Spanned<ChangeBudget>,
}

/// How many changes of a class there may be, by the names of the classes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBudget {
    /// Deny to allow, because a forbid raises an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_opened: Option<Spanned<u64>>,
    /// Any other change from deny to allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newly_allowed: Option<Spanned<u64>>,
    /// Allow to deny, because a permit raises an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_closed: Option<Spanned<u64>>,
    /// Any other change from allow to deny.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newly_denied: Option<Spanned<u64>>,
    /// No longer decidable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newly_undecidable: Option<Spanned<u64>>,
    /// Decidable now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newly_decidable: Option<Spanned<u64>>,
    /// The same decision, other errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_changed: Option<Spanned<u64>>,
    /// The same decision and errors, other determining policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_changed: Option<Spanned<u64>>,
}

/// What is to be proved of all requests. The shape is checked; nothing is proved yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PropertySpec {
    /// What it is called.
    pub name: String,
    /// Of requests by whom: a type or an entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Of requests for which action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Of requests to what: a type or an entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Of which policies, as a condition on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<String>,
    /// Of requests for which this Cedar expression holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// And for which this one does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
    /// What must never come out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub never: Option<Claim>,
    /// What must always come out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always: Option<Claim>,
    /// A Cedar expression that holds wherever the request is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implies: Option<String>,
    /// What must hold of the policies as a whole, such as `never-errors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// The version to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Policies that may make a difference all the same.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// What a property says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
    /// A forbid denies it.
    Forbid,
    /// Nothing is satisfied.
    NoMatch,
    /// A policy raises an error.
    Error,
}

impl ChangeBudget {
    /// The limits, by the names of the classes.
    pub fn limits(&self) -> BTreeMap<crate::model::ChangeClass, &Spanned<u64>> {
        use crate::model::ChangeClass as Class;
        let all = [
            (Class::ErrorOpened, &self.error_opened),
            (Class::NewlyAllowed, &self.newly_allowed),
            (Class::ErrorClosed, &self.error_closed),
            (Class::NewlyDenied, &self.newly_denied),
            (Class::NewlyUndecidable, &self.newly_undecidable),
            (Class::NewlyDecidable, &self.newly_decidable),
            (Class::ErrorChanged, &self.error_changed),
            (Class::ReasonChanged, &self.reason_changed),
        ];
        all.into_iter()
            .filter_map(|(class, limit)| Some((class, limit.as_ref()?)))
            .collect()
    }
}
