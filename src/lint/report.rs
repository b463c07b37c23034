//! What linting came to.

use super::catalogue::Lint;
use super::found::Finding;
use crate::model::Diagnostic;
use crate::repository::LintLevel;

/// Everything that is to be said.
#[derive(Debug, Clone, Default)]
pub struct LintReport {
    /// What was found, in order of files and places.
    pub findings: Vec<Finding>,
    /// Findings that a suppression accepts.
    pub suppressed: Vec<Finding>,
    /// Findings that the baseline lists.
    pub known: Vec<Finding>,
    /// Findings that were there on base, where only what a change brought is asked for.
    pub before: usize,
    /// Lints that did not run, and why.
    pub not_run: Vec<NotRun>,
    /// Files that could not be read or parsed: what stands in them was not looked at.
    pub unread: Vec<Diagnostic>,
    /// Faults of entities, links, mapping and tests: `check` shows them.
    pub faults: usize,
    /// So many policies were looked at.
    pub policies: usize,
    /// The lints that ran.
    pub ran: Vec<&'static Lint>,
}

/// A lint that did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    /// The lint.
    pub lint: &'static Lint,
    /// Why.
    pub reason: String,
}

impl LintReport {
    /// How many findings have a level.
    pub fn count(&self, level: LintLevel) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }

    /// Whether something of level error was found.
    pub fn failed(&self) -> bool {
        self.count(LintLevel::Error) > 0
    }
}
