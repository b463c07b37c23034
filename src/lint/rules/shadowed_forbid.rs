//! AZ118: a forbid that forbids nothing that another one does not forbid.

use super::shared_implied::{implied, named};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ118",
    slug: "shadowed-forbid",
    title: "another forbid forbids everything that this one does",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("shadowed-forbid.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let all = repository.policies.iter();
    for (policy, implied) in all.zip(implied(repository)) {
        let wider = implied.wider.filter(|_| policy.is_forbid());
        let wider = wider.and_then(|at| repository.policies.get(at));
        let Some(wider) = wider else { continue };
        let message = format!(
            "{} forbids everything that this forbids",
            named(wider, policy)
        );
        let finding = found.policy(policy, policy.syntax.effect, message);
        finding.help("delete this one, or narrow the wider one if this one is meant");
        if wider.file.path == policy.file.path {
            finding.label(wider.syntax.effect, "the wider one");
        }
    }
}
