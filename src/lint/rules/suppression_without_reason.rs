//! AZ413: a suppression that does not hold. `run` finds it while it puts suppressions into effect.

use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ413",
    slug: "suppression-without-reason",
    title: "a suppression without a reason, past its day, or of no lint",
    level: LintLevel::Error,
    evidence: &[Evidence::Text],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Passed,
    page: include_str!("suppression-without-reason.md"),
};
