//! The lints: one file and one page each.

use super::catalogue::Lint;

/// Declares the modules of lints, in order of their codes.
macro_rules! lints {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// Every lint, in order of the codes.
        pub(super) static ALL: &[&Lint] = &[$(&$module::LINT),*];
    };
}

mod shared_breadth;
mod shared_guard;
mod shared_operand;
mod shared_pattern;
mod shared_secrets;

lints! {
    // AZ1: correctness
    string_in,
    // AZ2: security
    permit_everything,
    permit_any_principal,
    permit_any_action,
    permit_any_resource,
    like_star,
    substring_blocklist,
    default_allow_shape,
    literal_star,
    negative_permit_guard,
    host_suffix,
    path_prefix_traversal,
    case_sensitive_match,
    unicode_trick,
    secret_in_policy,
    unbounded_hierarchy,
    ip_too_wide,
    forbid_narrower_than_name,
    // AZ4: hygiene
    unused_suppression,
    suppression_without_reason,
    // AZ7: performance
    unsliceable,
    large_set_literal,
    costly_first,
    env_explosion,
}
