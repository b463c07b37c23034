//! AZ117: a permit that a forbid always beats.

use super::shared_implied::{implied, named};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ117",
    slug: "overridden-permit",
    title: "a forbid holds wherever this permit does",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("overridden-permit.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let all = repository.policies.iter();
    for (policy, implied) in all.zip(implied(repository)) {
        let wider = implied.forbidden.filter(|_| !policy.is_forbid());
        let wider = wider.and_then(|at| repository.policies.get(at));
        let Some(wider) = wider else { continue };
        let message = format!(
            "{} forbids everything that this permits",
            named(wider, policy)
        );
        let finding = found.policy(policy, policy.syntax.effect, message);
        finding.help("narrow the forbid, or delete the permit: nobody is allowed anything by it");
        if wider.file.path == policy.file.path {
            finding.label(wider.syntax.effect, "the forbid");
        }
    }
}
