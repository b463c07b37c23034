//! AZ102: a forbid that some request makes raise an error.

use super::shared_edit::path_text;
use super::shared_reads::unsure;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Trust};
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ102",
    slug: "forbid-can-error",
    title: "a forbid reads an entity that may not exist, and is skipped then",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("forbid-can-error.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    if !policy.is_forbid() {
        return;
    }
    for read in unsure(policy) {
        let entity = path_text(read.entity).unwrap_or_default();
        let (who, level) = match read.trust {
            Trust::Agent => ("the agent names", LintLevel::Warning),
            Trust::User | Trust::System => ("the context names", LintLevel::Info),
        };
        found
            .policy(
                policy,
                read.whole.span,
                format!("`{entity}` is an entity that {who}: where there is no such entity, the forbid is skipped with an error"),
            )
            .level(level)
            .help(format!(
                "ask for the attribute first with `{entity} has …`, which is false for an entity that does not exist, and decide what holds then"
            ));
    }
}
