//! AZ109: values of types that do not go together.

use super::shared_validator::{said, skipped};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ109",
    slug: "type-mismatch",
    title: "values of types that do not go together",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[
        "unexpected_type",
        "incompatible_types",
        "unknown_function",
        "wrong_arguments",
        "bad_literal",
        "empty_set",
        "constructor_of_no_literal",
        "not_in_hierarchy",
        "policy_type",
    ],
    run: Run::Policy(look),
    page: include_str!("type-mismatch.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for said in said(policy, LINT.passes) {
        let help = match (said.code, said.help()) {
            ("incompatible_types", _) => {
                "compare values of one type; see the schema for the type of each side".to_owned()
            }
            (_, Some(help)) => help,
            ("unexpected_type", None) => {
                "see the schema for the type of what is read, and use what it can be asked".to_owned()
            }
            ("empty_set", None) => {
                "a set without elements has no type: say `x.isEmpty()`, or leave the comparison out".to_owned()
            }
            ("constructor_of_no_literal", None) => {
                "give the attribute the type `decimal`, `ipaddr`, `datetime` or `duration` in the schema".to_owned()
            }
            ("bad_literal", None) => "write a literal that the function takes".to_owned(),
            ("unknown_function" | "wrong_arguments", None) => {
                "see the functions and operators that Cedar has".to_owned()
            }
            (_, None) => "see the schema for what may stand here".to_owned(),
        };
        let fails = match said.code {
            "constructor_of_no_literal" => "where it does not take the text, the policy is skipped",
            // Evaluation may well go on there.
            "incompatible_types" | "empty_set" | "not_in_hierarchy" | "policy_type" => {
                "Cedar's validator refuses the policy"
            }
            _ => skipped(policy),
        };
        let message = format!("{}: {fails}", in_words(&said.message()));
        let code = said.code;
        let text = policy
            .text(said.span)
            .split_whitespace()
            .collect::<String>();
        found
            .policy(policy, said.span, message)
            .help(help)
            .key(format!("{code} {text}"));
    }
}

/// Cedar's names for any entity and any record.
fn in_words(message: &str) -> String {
    message
        .replace("__cedar::internal::AnyEntity", "an entity")
        .replace("__cedar::internal::OpenRecord{}", "a record")
}
