//! What Cedar's validator calls a text of mixed scripts, for texts that it does not look at.

use cedar_policy_core::ast;
use cedar_policy_core::validator::{ValidationWarning, confusable_string_checks};

/// Whether all letters of a text are of one script, or of such as are written together. Cedar asks it of texts in
/// conditions.
pub fn is_of_one_script(text: &str) -> bool {
    if text.is_ascii() {
        return true;
    }
    let policy = ast::Template::new(
        ast::PolicyID::from_string(""),
        None,
        ast::Annotations::new(),
        ast::Effect::Permit,
        ast::PrincipalConstraint::any(),
        ast::ActionConstraint::any(),
        ast::ResourceConstraint::any(),
        Some(ast::Expr::val(text)),
    );
    !confusable_string_checks(std::iter::once(&policy))
        .any(|found| matches!(found, ValidationWarning::MixedScriptString(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_only_look_alike_are_told_apart() {
        for (text, expected) in [
            ("admin", true),
            ("Müller", true),
            ("привет", true),
            ("5 µs", true),
            ("日本のエージェント", true),
            ("\u{430}dmin", false),
            ("\u{3bf}ps", false),
        ] {
            assert_eq!(is_of_one_script(text), expected, "{text}");
        }
    }
}
