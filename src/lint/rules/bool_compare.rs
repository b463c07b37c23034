//! AZ503: a boolean that is compared with `true` or `false`.

use super::shared_edits::{fitted, replace, short, written};
use super::shared_terms::{Binding, Keys, binding, gives_bool, placed};
use crate::cedar::{BinaryOperator, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ503",
    slug: "bool-compare",
    title: "a boolean compared with `true` or `false`",
    level: LintLevel::Info,
    evidence: &[Evidence::Schema],
    // A request that does not conform to the schema may hold something else, which the comparison takes and a condition does not.
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("bool-compare.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut keys = Keys::default();
    for place in placed(&policy.syntax) {
        let TermKind::Binary(operator, sides) = &place.term.kind else {
            continue;
        };
        let equal = match operator {
            BinaryOperator::Eq => true,
            BinaryOperator::NotEq => false,
            _ => continue,
        };
        let [left, right] = sides.as_ref();
        let (other, flag) = match (left.as_bool(), right.as_bool()) {
            (None, Some(flag)) => (left, flag),
            (Some(flag), None) => (right, flag),
            _ => continue,
        };
        // `x == true` is false where `x` is a text, and `x` alone is an error there.
        if gives_bool(policy, other).is_none() {
            continue;
        }
        let (text, binds) = match flag == equal {
            true => (written(policy, other), binding(policy, other)),
            false => (
                format!("!{}", fitted(policy, other, Binding::Member)),
                Binding::Unary,
            ),
        };
        let finding = found
            .policy(
                policy,
                place.term.span,
                format!("a boolean is compared with `{flag}`"),
            )
            .help("a boolean says by itself whether it holds; write it, or `!` and it");
        keys.tell_apart(finding);
        if let Some(edit) = replace(policy, &place, text.clone(), binds) {
            finding.fix(format!("write `{}`", short(&text)), [edit]);
        }
    }
}
