//! AZ307: a delegate may do what the one who sent it may not.

use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ307",
    slug: "delegation-amplifies",
    title: "a delegate may do what the one who sent it may not",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Solver,
    page: include_str!("delegation-amplifies.md"),
};
