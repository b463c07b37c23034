//! AZ115: two policies that say the same.

use super::shared_edit::deleted;
use super::shared_implied::{implied, named};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ115",
    slug: "duplicate-policy",
    title: "two policies that say the same",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("duplicate-policy.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let all = repository.policies.iter();
    for (policy, implied) in all.zip(implied(repository)) {
        let first = implied.same.and_then(|at| repository.policies.get(at));
        let Some(first) = first else { continue };
        let message = format!(
            "this policy applies to the same requests as {}",
            named(first, policy)
        );
        let finding = found.policy(policy, policy.syntax.effect, message);
        finding.help("keep one of them: an edit of the other one would change nothing");
        if first.file.path == policy.file.path {
            finding.label(first.syntax.effect, "the other one");
        }
        if let Some(edits) = deleted(policy) {
            finding.fix("delete the later one", edits);
        }
    }
}
