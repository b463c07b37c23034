//! What Cedar's validator says of the letters of texts.

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

/// Whether Cedar has nothing to say of any text in a policy.
pub(super) fn is_clear(policy: &ast::Template) -> bool {
    let written = policy.loc().and_then(|loc| loc.snippet());
    written.is_some_and(is_plain)
        || confusable_string_checks(std::iter::once(policy))
            .next()
            .is_none()
}

/// Whether all texts in a policy are surely of printable ASCII, which Cedar never warns of: but for comments it is written in
/// ASCII, nothing is escaped, and between quotes no control character stands.
fn is_plain(written: &str) -> bool {
    let mut rest = written.as_bytes().iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'/' if rest.as_slice().first() == Some(&b'/') => {
                // Up to the end of the line it is a comment, for Cedar's lexer, too.
                rest.find(|byte| matches!(byte, b'\n' | b'\r'));
            }
            b'"' => {
                let closes = rest
                    .find(|byte| **byte == b'"' || !matches!(byte, b' '..=b'~') || **byte == b'\\');
                if closes != Some(&b'"') {
                    return false;
                }
            }
            byte if byte.is_ascii() => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::parse_policies;
    use crate::model::SourceFile;

    #[test]
    fn what_is_plain_is_clear() {
        for (condition, plain, clear) in [
            ("context.a == \"b / c // d\"", true, true),
            ("context.a == \"b\" // \u{e9}\n", true, true),
            ("context.a == 1 // \"\r&& context.b == \"b\"", true, true),
            (
                "context.a == 1 // x\r&& context has \"a\u{430}\"",
                false,
                false,
            ),
            ("context.a == \"\u{e9}\"", false, true),
            ("context.a like \"\\*\"", false, true),
            ("context.a == \"\t\"", false, true),
            ("context[\"a\nb\"]", false, false),
            ("context[\"a\\nb\"]", false, false),
            ("context has \"a\u{430}\"", false, false),
            ("context.a == A::\"a\\u{202E}\"", false, false),
            ("{\"x\u{0}\": 1} == context // \"", false, false),
        ] {
            let text = format!("permit (principal, action, resource) when {{ {condition}\n}};");
            let (policies, faults) = parse_policies(&SourceFile::new("a.cedar", text.as_str()));
            assert!(faults.is_empty(), "{condition}: {faults:?}");
            let template = &policies[0].template;
            let checks = || confusable_string_checks(std::iter::once(template.as_ref()));
            assert_eq!(is_plain(&text), plain, "{condition}");
            assert_eq!(is_clear(template), clear, "{condition}");
            assert_eq!(checks().next().is_none(), clear, "{condition}");
        }
    }

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
