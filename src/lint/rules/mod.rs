//! The lints: one file and one page each.

use super::catalogue::Lint;

mod shared_demands;
mod shared_edit;
mod shared_entailment;
mod shared_gaps;
mod shared_grants;
mod shared_guard;
mod shared_heading;
mod shared_implied;
mod shared_logic;
mod shared_manifest;
mod shared_mentions;
mod shared_normal;
mod shared_operand;
mod shared_pattern;
mod shared_powers;
mod shared_reach;
mod shared_reads;
mod shared_removal;
mod shared_rules;
mod shared_schema;
mod shared_secrets;
mod shared_terms;
mod shared_tests;
mod shared_tools;
mod shared_total;
mod shared_untested;
mod shared_validator;
mod shared_within;
mod shared_words;
mod shared_world;

use super::catalogue::Lint;
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
    unknown_tool,
    uncovered_tool,
    tool_schema_drift,
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
    // AZ7: performance
    unsliceable,
    large_set_literal,
    costly_first,
    env_explosion,
}
