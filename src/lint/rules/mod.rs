//! The lints: one file and one page each.

mod agent_without_owner;
mod always_true_condition;
mod arithmetic_overflow;
mod bad_annotation_value;
mod bad_template_link;
mod bool_compare;
mod case_sensitive_match;
mod command_prefix;
mod condition_belongs_in_scope;
mod costly_first;
mod credential_tools;
mod cross_environment;
mod dead_branch;
mod decision_only;
mod default_allow_shape;
mod delegation_amplifies;
mod deref_too_deep;
mod destructive_unconditional;
mod double_negation;
mod duplicate_id;
mod duplicate_policy;
mod duplicate_test;
mod env_explosion;
mod errors_ignored;
mod exception_without_expiry;
mod expired;
mod file_layout;
mod forbid_can_error;
mod forbid_narrower_than_name;
mod forbid_without_deny_test;
mod future_tools_granted;
mod guardrail_gap;
mod host_suffix;
mod if_bool;
mod incomplete_schema;
mod invalid_request;
mod ip_too_wide;
mod large_set_literal;
mod leftover_comment;
mod like_star;
mod literal_star;
mod missing_id;
mod missing_owner;
mod missing_reason;
mod mutant_survived;
mod negative_permit_guard;
mod never_matches;
mod open_egress;
mod or_chain;
mod overridden_permit;
mod path_prefix_traversal;
mod permit_any_action;
mod permit_any_principal;
mod permit_any_resource;
mod permit_can_error;
mod permit_everything;
mod permit_without_negative;
mod policy_self_modification;
mod policy_without_test;
mod redundant_conjunct;
mod redundant_has;
mod required_condition;
mod retired_agent;
mod schema_shadowing;
mod secret_in_policy;
mod self_approval;
mod set_allows_nothing;
mod shadowed_forbid;
mod shadowed_permit;
mod shared_agent_identity;
mod shared_amounts;
mod shared_bounds;
mod shared_breadth;
mod shared_claims;
mod shared_demands;
mod shared_edit;
mod shared_edits;
mod shared_entailment;
mod shared_gaps;
mod shared_grants;
mod shared_guard;
mod shared_heading;
mod shared_implied;
mod shared_keeper;
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
mod shared_terms;
mod shared_tests;
mod shared_tools;
mod shared_total;
mod shared_untested;
mod shared_validator;
mod shared_within;
mod shared_words;
mod shared_world;
mod singleton_in;
mod skip_without_reason;
mod string_in;
mod substring_blocklist;
mod suppression_without_reason;
mod template_never_linked;
mod too_complex;
mod tool_schema_drift;
mod toxic_combination;
mod type_mismatch;
mod unbounded_amount;
mod unbounded_delegation;
mod unbounded_hierarchy;
mod uncovered_tool;
mod unformatted;
mod unguarded_optional;
mod unguarded_tag;
mod unicode_trick;
mod unknown_agent;
mod unknown_annotation;
mod unknown_attribute;
mod unknown_entity;
mod unknown_name;
mod unknown_tool;
mod unless_not;
mod unsliceable;
mod untrusted_clock;
mod untrusted_only_guard;
mod untrusted_widens;
mod unused_action;
mod unused_attribute;
mod unused_common_type;
mod unused_entity_type;
mod unused_fixture;
mod unused_suppression;
mod unvalidated_policy;
mod vacuous_deny;
mod when_unless_contradiction;
mod write_without_approval;
mod yoda;

use super::catalogue::Lint;
use rayon::prelude::*;
pub(super) use shared_manifest::fault as option_fault;
pub(super) use shared_validator::plain;

/// Finds what several lints share, in parallel. A lint that found it while others run beside it could be given one of those
/// to run in between, and that one would wait for it.
pub(super) fn prepare(repository: &super::context::Repository<'_>, ran: &[&super::Lint]) {
    let implying = ["AZ115", "AZ116", "AZ117", "AZ118"];
    if ran.iter().any(|lint| implying.contains(&lint.code)) {
        shared_implied::implied(repository);
    }
    let populated = ["AZ128", "AZ318", "AZ320", "AZ321", "AZ323", "AZ325"];
    if ran.iter().any(|lint| populated.contains(&lint.code)) {
        repository.context.entities();
    }
    // Lints of the repository ask this of one policy after the other.
    let policies = repository.policies.par_iter();
    policies.for_each(|policy| _ = shared_reach::live_for_agents(policy));
    repository.context.suites();
}

/// Every lint, in order of the codes.
pub(super) static ALL: &[&Lint] = &[
    // AZ1: correctness
    &string_in::LINT,
    &forbid_can_error::LINT,
    &permit_can_error::LINT,
    &arithmetic_overflow::LINT,
    &unguarded_optional::LINT,
    &unguarded_tag::LINT,
    &unknown_name::LINT,
    &unknown_attribute::LINT,
    &type_mismatch::LINT,
    &never_matches::LINT,
    &guardrail_gap::LINT,
    &always_true_condition::LINT,
    &when_unless_contradiction::LINT,
    &redundant_conjunct::LINT,
    &duplicate_policy::LINT,
    &shadowed_permit::LINT,
    &overridden_permit::LINT,
    &shadowed_forbid::LINT,
    &redundant_has::LINT,
    &duplicate_id::LINT,
    &dead_branch::LINT,
    &deref_too_deep::LINT,
    &template_never_linked::LINT,
    &bad_template_link::LINT,
    &incomplete_schema::LINT,
    &set_allows_nothing::LINT,
    &unvalidated_policy::LINT,
    &unknown_entity::LINT,
    // AZ2: security
    &permit_everything::LINT,
    &permit_any_principal::LINT,
    &permit_any_action::LINT,
    &permit_any_resource::LINT,
    &like_star::LINT,
    &substring_blocklist::LINT,
    &default_allow_shape::LINT,
    &literal_star::LINT,
    &negative_permit_guard::LINT,
    &host_suffix::LINT,
    &path_prefix_traversal::LINT,
    &case_sensitive_match::LINT,
    &unicode_trick::LINT,
    &secret_in_policy::LINT,
    &unbounded_hierarchy::LINT,
    &ip_too_wide::LINT,
    &forbid_narrower_than_name::LINT,
    &command_prefix::LINT,
    // AZ3: what agents may do
    &destructive_unconditional::LINT,
    &write_without_approval::LINT,
    &untrusted_only_guard::LINT,
    &untrusted_widens::LINT,
    &self_approval::LINT,
    &unbounded_delegation::LINT,
    &delegation_amplifies::LINT,
    &unknown_agent::LINT,
    &retired_agent::LINT,
    &agent_without_owner::LINT,
    &unknown_tool::LINT,
    &uncovered_tool::LINT,
    &tool_schema_drift::LINT,
    &future_tools_granted::LINT,
    &untrusted_clock::LINT,
    &expired::LINT,
    &exception_without_expiry::LINT,
    &cross_environment::LINT,
    &unbounded_amount::LINT,
    &toxic_combination::LINT,
    &policy_self_modification::LINT,
    &open_egress::LINT,
    &credential_tools::LINT,
    &required_condition::LINT,
    &shared_agent_identity::LINT,
    // AZ4: hygiene
    &missing_id::LINT,
    &missing_owner::LINT,
    &missing_reason::LINT,
    &bad_annotation_value::LINT,
    &unknown_annotation::LINT,
    &unused_entity_type::LINT,
    &unused_action::LINT,
    &unused_attribute::LINT,
    &unused_common_type::LINT,
    &schema_shadowing::LINT,
    &file_layout::LINT,
    &unused_suppression::LINT,
    &suppression_without_reason::LINT,
    &leftover_comment::LINT,
    // AZ5: style
    &unformatted::LINT,
    &double_negation::LINT,
    &bool_compare::LINT,
    &singleton_in::LINT,
    &yoda::LINT,
    &if_bool::LINT,
    &or_chain::LINT,
    &condition_belongs_in_scope::LINT,
    &unless_not::LINT,
    &too_complex::LINT,
    // AZ6: tests
    &policy_without_test::LINT,
    &forbid_without_deny_test::LINT,
    &permit_without_negative::LINT,
    &decision_only::LINT,
    &vacuous_deny::LINT,
    &duplicate_test::LINT,
    &unused_fixture::LINT,
    &skip_without_reason::LINT,
    &invalid_request::LINT,
    &errors_ignored::LINT,
    &mutant_survived::LINT,
    // AZ7: performance
    &unsliceable::LINT,
    &large_set_literal::LINT,
    &costly_first::LINT,
    &env_explosion::LINT,
];
