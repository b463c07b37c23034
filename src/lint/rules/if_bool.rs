//! AZ506: an `if` with a literal boolean in a branch.

use super::shared_edits::{fitted, replace, short, written};
use super::shared_terms::{Binding, Keys, Known, binding, gives_bool, placed};
use crate::cedar::TermKind;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ506",
    slug: "if-bool",
    title: "an `if` that a boolean says without it",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("if-bool.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut keys = Keys::default();
    for place in placed(&policy.syntax) {
        let TermKind::If(parts) = &place.term.kind else {
            continue;
        };
        let [test, then, other] = parts.as_ref();
        // What the `if` comes to where it is no literal: it must be a boolean there, as it must be in what is written for it.
        // Last, the kind of the fix where only the schema says that the value is a boolean: a condition of `if` that is none
        // is an error, and alone it is a value; a branch that is none is a value, and behind `&&` or `||` an error.
        let (text, binds, value, otherwise) = match (then.as_bool(), other.as_bool()) {
            (Some(true), Some(false)) => (
                written(policy, test),
                binding(policy, test),
                test,
                FixKind::Repair,
            ),
            (Some(false), Some(true)) => (
                format!("!{}", fitted(policy, test, Binding::Member)),
                Binding::Unary,
                then,
                FixKind::Equivalent,
            ),
            (None, Some(false)) => {
                let [first, second] = [test, then].map(|part| fitted(policy, part, Binding::And));
                let text = format!("{first} && {second}");
                (text, Binding::And, then, FixKind::Suggested)
            }
            (Some(true), None) => {
                let [first, second] = [test, other].map(|part| fitted(policy, part, Binding::Or));
                let text = format!("{first} || {second}");
                (text, Binding::Or, other, FixKind::Suggested)
            }
            _ => continue,
        };
        let known = match place.truth {
            true => Known::ByForm,
            false => match gives_bool(policy, value) {
                Some(known) => known,
                None => continue,
            },
        };
        let message = match policy.has_places() {
            true => format!("this `if` says `{}`", short(&text)),
            false => "this `if` says what its condition says".to_owned(),
        };
        let finding = found
            .policy(policy, place.term.span, message)
            .help("a condition is a boolean already; `&&`, `||` and `!` connect it with others");
        keys.tell_apart(finding);
        if let Some(edit) = replace(policy, &place, text.clone(), binds) {
            finding.fix(format!("write `{}`", short(&text)), [edit]);
            if known == Known::BySchema {
                finding.rests_on_schema(otherwise);
            }
        }
    }
}
