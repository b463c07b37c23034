//! The lints: one file and one page each.

use super::catalogue::Lint;

mod shared_demands;
mod shared_edit;
mod shared_gaps;
mod shared_implied;
mod shared_logic;
mod shared_normal;
mod shared_reads;
mod shared_rules;
mod shared_validator;
mod shared_within;
mod shared_words;

pub(super) use shared_validator::plain;

/// Declares the modules of lints, in order of their codes.
macro_rules! lints {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// Every lint, in order of the codes.
        pub(super) static ALL: &[&Lint] = &[$(&$module::LINT),*];
    };
}

lints! {
    // AZ1: correctness
    string_in,
    forbid_can_error,
    permit_can_error,
    arithmetic_overflow,
    unguarded_optional,
    unguarded_tag,
    unknown_name,
    unknown_attribute,
    type_mismatch,
    never_matches,
    guardrail_gap,
    always_true_condition,
    when_unless_contradiction,
    redundant_conjunct,
    duplicate_policy,
    shadowed_permit,
    overridden_permit,
    shadowed_forbid,
    redundant_has,
    duplicate_id,
    dead_branch,
    deref_too_deep,
    template_never_linked,
    bad_template_link,
    incomplete_schema,
    set_allows_nothing,
    unvalidated_policy,
    // AZ2: security
    permit_everything,
    // AZ4: hygiene
    unused_suppression,
    suppression_without_reason,
}
