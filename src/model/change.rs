//! The closed set of classes into which the difference of two answers falls.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The class of a change between base and head (`docs/architecture.md`, "Classes of change").
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChangeClass {
    /// Deny became allow because a forbid that denied on base errors on head.
    ErrorOpened,
    /// Any other deny that became allow.
    NewlyAllowed,
    /// Allow became deny because a permit that allowed on base errors on head, and no forbid was gained.
    ErrorClosed,
    /// Any other allow that became deny.
    NewlyDenied,
    /// Decided on base, not on head.
    NewlyUndecidable,
    /// Decided on head, not on base.
    NewlyDecidable,
    /// The same decision with other erroring policies.
    ErrorChanged,
    /// The same decision and errors with other determining policies.
    ReasonChanged,
    /// No difference.
    #[default]
    Unchanged,
}

impl ChangeClass {
    /// Every class, in the order in which reports show them.
    pub const ALL: [ChangeClass; 9] = [
        ChangeClass::ErrorOpened,
        ChangeClass::NewlyAllowed,
        ChangeClass::ErrorClosed,
        ChangeClass::NewlyDenied,
        ChangeClass::NewlyUndecidable,
        ChangeClass::NewlyDecidable,
        ChangeClass::ErrorChanged,
        ChangeClass::ReasonChanged,
        ChangeClass::Unchanged,
    ];

    /// The name on the command line, in `kebab-case`.
    pub fn name(self) -> &'static str {
        match self {
            ChangeClass::ErrorOpened => "error-opened",
            ChangeClass::NewlyAllowed => "newly-allowed",
            ChangeClass::ErrorClosed => "error-closed",
            ChangeClass::NewlyDenied => "newly-denied",
            ChangeClass::NewlyUndecidable => "newly-undecidable",
            ChangeClass::NewlyDecidable => "newly-decidable",
            ChangeClass::ErrorChanged => "error-changed",
            ChangeClass::ReasonChanged => "reason-changed",
            ChangeClass::Unchanged => "unchanged",
        }
    }

    /// Whether the decision flipped between allow and deny.
    pub fn is_flip(self) -> bool {
        match self {
            ChangeClass::ErrorOpened
            | ChangeClass::NewlyAllowed
            | ChangeClass::ErrorClosed
            | ChangeClass::NewlyDenied => true,
            ChangeClass::NewlyUndecidable
            | ChangeClass::NewlyDecidable
            | ChangeClass::ErrorChanged
            | ChangeClass::ReasonChanged
            | ChangeClass::Unchanged => false,
        }
    }
}

impl fmt::Display for ChangeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
