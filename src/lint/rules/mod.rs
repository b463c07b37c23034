//! The lints: one file and one page each.

use super::catalogue::Lint;

mod shared_edits;
mod shared_heading;
mod shared_schema;
mod shared_terms;
mod shared_total;

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
    // AZ2: security
    permit_everything,
    // AZ4: hygiene
    missing_id,
    missing_owner,
    missing_reason,
    bad_annotation_value,
    unknown_annotation,
    unused_entity_type,
    unused_action,
    unused_attribute,
    unused_common_type,
    schema_shadowing,
    file_layout,
    unused_suppression,
    suppression_without_reason,
    leftover_comment,
    // AZ5: style
    unformatted,
    double_negation,
    bool_compare,
    singleton_in,
    yoda,
    if_bool,
    or_chain,
    condition_belongs_in_scope,
    unless_not,
    too_complex,
}
