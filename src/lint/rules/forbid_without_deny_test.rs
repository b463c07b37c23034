//! AZ602: a forbid that denies no test.

use super::shared_untested;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ602",
    slug: "forbid-without-deny-test",
    title: "a forbid that denies no test is a guardrail that nobody has seen hold",
    level: LintLevel::Error,
    evidence: &[Evidence::Tests],
    fix: None,
    needs: &[Need::Suites, Need::TestRun],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("forbid-without-deny-test.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let help = "write a test that expects `decision: forbid` and this policy among `reasons`; `agentauthz test --mutate` proposes one where it finds it";
    shared_untested::look(repository, found, |policy| policy.is_forbid(), help);
}
