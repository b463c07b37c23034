//! AZ117: a permit that a forbid always beats.

use super::shared_implied::Ruled;
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
    let all = Ruled::all(repository);
    let narrow = all.iter().filter(|ruled| !ruled.policy.is_forbid());
    for narrow in narrow {
        let mut wider = all.iter().filter(|ruled| ruled.policy.is_forbid());
        let wider = wider.find(|wider| narrow.implies(wider));
        let Some(wider) = wider else { continue };
        let policy = narrow.policy;
        let message = format!(
            "{} forbids everything that this permits",
            wider.named(policy)
        );
        let finding = found.policy(policy, policy.syntax.effect, message);
        finding.help("narrow the forbid, or delete the permit: nobody is allowed anything by it");
        if wider.policy.file.path == policy.file.path {
            finding.label(wider.place(), "the forbid");
        }
    }
}
