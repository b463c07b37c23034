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

lints! {
    // AZ1: correctness
    string_in,
    // AZ2: security
    permit_everything,
    // AZ4: hygiene
    unused_suppression,
    suppression_without_reason,
}
