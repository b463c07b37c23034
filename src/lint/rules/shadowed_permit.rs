//! AZ116: a permit that permits nothing that another one does not permit.

use super::shared_implied::{implied, named};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ116",
    slug: "shadowed-permit",
    title: "another permit permits everything that this one does",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("shadowed-permit.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let all = repository.policies.iter();
    for (policy, implied) in all.zip(implied(repository)) {
        let wider = implied.wider.filter(|_| !policy.is_forbid());
        let wider = wider.and_then(|at| repository.policies.get(at));
        let Some(wider) = wider else { continue };
        let message = format!(
            "{} permits everything that this permits",
            named(wider, policy)
        );
        let finding = found.policy(policy, policy.syntax.effect, message);
        finding.help("narrow or delete the wider one, if this one is meant; else delete this one");
        if wider.file.path == policy.file.path {
            finding.label(wider.syntax.effect, "the wider one");
        }
    }
}
