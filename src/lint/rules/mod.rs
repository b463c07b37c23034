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

mod shared_amounts;
mod shared_bounds;
mod shared_claims;
mod shared_entailment;
mod shared_grants;
mod shared_manifest;
mod shared_mentions;
mod shared_powers;
mod shared_reach;
mod shared_removal;
mod shared_world;

lints! {
    // AZ1: correctness
    string_in,
    // AZ2: security
    permit_everything,
    // AZ3: what agents may do
    destructive_unconditional,
    write_without_approval,
    untrusted_only_guard,
    untrusted_widens,
    self_approval,
    unbounded_delegation,
    delegation_amplifies,
    unknown_agent,
    retired_agent,
    agent_without_owner,
    future_tools_granted,
    untrusted_clock,
    expired,
    exception_without_expiry,
    cross_environment,
    unbounded_amount,
    toxic_combination,
    policy_self_modification,
    open_egress,
    credential_tools,
    required_condition,
    shared_agent_identity,
    // AZ4: hygiene
    unused_suppression,
    suppression_without_reason,
}
