//! AZ112: a condition that every request meets.

use super::shared_edit::left_out;
use super::shared_logic::conflict;
use super::shared_normal::may_raise;
use crate::cedar::{Demand, TermKind, Verdict};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ112",
    slug: "always-true-condition",
    title: "a condition that every request meets is no condition",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("always-true-condition.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let typing = policy.typing().filter(|typing| typing.is_clean());
    let open = typing.is_some_and(|typing| {
        let mut verdicts = typing.environments.iter().map(|found| found.verdict);
        verdicts.all(|verdict| verdict == Verdict::Always)
    });
    for demand in policy.syntax.demands() {
        // `has` and `like` have lints of their own.
        let other = matches!(demand.term.kind, TermKind::Has(..) | TermKind::Like(..));
        let by_form = conflict(&[Demand {
            term: demand.term,
            denied: !demand.denied,
        }]);
        let by_type = typing
            .and_then(|typing| typing.at(demand.term.span))
            .is_some_and(|typed| match demand.denied {
                false => typed.can_hold && !typed.can_fail,
                true => typed.can_fail && !typed.can_hold,
            });
        let (why, evidence, level) = match (by_form, by_type) {
            _ if other => continue,
            (Some(_), _) => ("", Evidence::Policy, LintLevel::Warning),
            (None, true) if open => ("by the schema ", Evidence::Schema, LintLevel::Warning),
            (None, true) => ("by the schema ", Evidence::Schema, LintLevel::Info),
            (None, false) => continue,
        };
        let what = match demand.denied {
            false => format!("{why}this always holds where the scope does, so it asks for nothing"),
            true => format!("{why}this never holds where the scope does, so it excepts nothing"),
        };
        let finding = found
            .policy(policy, demand.term.span, what)
            .level(level)
            .evidence(evidence)
            .help("write the condition that is meant, or leave it out, so that nobody takes it for a control");
        if !may_raise(demand.term)
            && let Some(edits) = left_out(policy, demand.term)
        {
            finding.fix("leave the condition out", edits);
        }
    }
}
