//! The stable names of what Cedar's validator finds.

/// The stable name of the kind of an error.
pub(super) fn error_code(error: &cedar_policy::ValidationError) -> &'static str {
    use cedar_policy::ValidationError as E;
    match error {
        E::UnrecognizedEntityType(_) => "unknown_entity_type",
        E::UnrecognizedActionId(_) => "unknown_action",
        E::InvalidActionApplication(_) => "action_applies_to_nothing",
        E::UnexpectedType(_) => "unexpected_type",
        E::IncompatibleTypes(_) => "incompatible_types",
        E::UnsafeAttributeAccess(_) => "unknown_attribute",
        E::UnsafeOptionalAttributeAccess(_) => "unguarded_attribute",
        E::UnsafeTagAccess(_) => "unguarded_tag",
        E::NoTagsAllowed(_) => "no_tags",
        E::UndefinedFunction(_) => "unknown_function",
        E::WrongNumberArguments(_) => "wrong_arguments",
        E::FunctionArgumentValidation(_) => "bad_literal",
        E::EmptySetForbidden(_) => "empty_set",
        E::NonLitExtConstructor(_) => "constructor_of_no_literal",
        E::HierarchyNotRespected(_) => "not_in_hierarchy",
        E::InvalidEnumEntity(_) => "unknown_enum_entity",
        E::IncompleteSchema(_) => "incomplete_schema",
        _ => "policy_type",
    }
}

/// The stable name of the kind of a warning.
pub(super) fn warning_code(warning: &cedar_policy::ValidationWarning) -> &'static str {
    use cedar_policy::ValidationWarning as W;
    match warning {
        W::MixedScriptString(_)
        | W::BidiCharsInString(_)
        | W::MixedScriptIdentifier(_)
        | W::BidiCharsInIdentifier(_)
        | W::ConfusableIdentifier(_) => "confusable_text",
        W::ImpossiblePolicy(_) => "never_matches",
        W::InvalidActionApplication(_) => "action_applies_to_nothing",
        _ => "policy_warning",
    }
}
