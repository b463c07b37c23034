//! AZ601: a permit that allows no test.

use super::shared_untested;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ601",
    slug: "policy-without-test",
    title: "a permit that allows no test is a rule that nobody has seen work",
    level: LintLevel::Warning,
    evidence: &[Evidence::Tests],
    fix: None,
    needs: &[Need::Suites, Need::TestRun],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("policy-without-test.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let help = "write a test that expects `decision: allow` and this policy among `reasons`";
    shared_untested::look(repository, found, |policy| !policy.is_forbid(), help);
}
