//! AZ412: a suppression, or a line of the baseline, that accepts nothing. `run` finds it: it knows what was used.

use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ412",
    slug: "unused-suppression",
    title: "a suppression that accepts nothing",
    level: LintLevel::Warning,
    evidence: &[Evidence::Text],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Passed,
    page: include_str!("unused-suppression.md"),
};
