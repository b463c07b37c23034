//! AZ118: a forbid that forbids nothing that another one does not forbid.

use super::shared_implied::Ruled;
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
    let all = Ruled::all(repository);
    let narrow = all.iter().filter(|ruled| ruled.policy.is_forbid());
    for narrow in narrow {
        let mut wider = all.iter().filter(|ruled| ruled.policy.is_forbid());
        let wider = wider.find(|wider| wider.is_wider(narrow));
        let Some(wider) = wider else { continue };
        let policy = narrow.policy;
        let message = format!(
            "{} forbids everything that this forbids",
            wider.named(policy)
        );
        let finding = found.policy(policy, policy.syntax.effect, message);
        finding.help("delete this one, or narrow the wider one if this one is meant");
        if wider.policy.file.path == policy.file.path {
            finding.label(wider.place(), "the wider one");
        }
    }
}
