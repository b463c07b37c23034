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

mod shared_tests;
mod shared_tools;
mod shared_untested;

lints! {
    // AZ1: correctness
    string_in,
    // AZ2: security
    permit_everything,
    // AZ3: agents
    unknown_tool,
    uncovered_tool,
    tool_schema_drift,
    // AZ4: hygiene
    unused_suppression,
    suppression_without_reason,
    // AZ6: tests
    policy_without_test,
    forbid_without_deny_test,
    permit_without_negative,
    decision_only,
    vacuous_deny,
    duplicate_test,
    unused_fixture,
    skip_without_reason,
    invalid_request,
    errors_ignored,
    mutant_survived,
}
