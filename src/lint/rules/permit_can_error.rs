//! AZ103: a permit that some request makes raise an error.

use super::shared_edit::path_text;
use super::shared_reads::unsure;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Trust};
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ103",
    slug: "permit-can-error",
    title: "a permit reads an entity that the agent names and that may not exist",
    level: LintLevel::Warning,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("permit-can-error.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    if policy.is_forbid() {
        return;
    }
    let by_agent = unsure(policy)
        .into_iter()
        .filter(|read| read.trust == Trust::Agent);
    for read in by_agent {
        let entity = path_text(read.entity).unwrap_or_default();
        found
            .policy(
                policy,
                read.whole.span,
                format!("`{entity}` is an entity that the agent names: where there is no such entity, the permit is skipped with an error"),
            )
            .level(LintLevel::Info)
            .help(format!(
                "ask for the attribute first with `{entity} has …`: the answer stays a deny, and says why"
            ));
    }
}
