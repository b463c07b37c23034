//! One mutant against the tests that it can affect.

use super::baseline::Baseline;
use super::changed;
use crate::cedar::Mutant;
use std::sync::Arc;

/// The test that kills a mutant: the first one, in the order of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Killer {
    /// Its suite.
    pub suite: Arc<str>,
    /// Its file.
    pub file: Arc<str>,
    /// Its name.
    pub test: Arc<str>,
    /// Its row, where the test has several.
    pub row: Option<Arc<str>>,
    /// The line where it begins.
    pub line: usize,
}

/// How many cases a mutant can affect, and the first of them that does not hold any more.
pub(super) fn run(baseline: &Baseline<'_>, mutant: &Mutant) -> (usize, Option<Killer>) {
    let changed = changed(mutant);
    let affected = baseline.affected(&changed);
    let cases = affected.iter().filter_map(|at| baseline.ran.get(*at));
    let mut fails = cases.filter(|ran| {
        let answer = baseline.answer(&ran.statuses, ran.prepared(), &changed);
        answer.is_some_and(|(answer, forbidden)| !ran.case.expected.holds(&answer, forbidden))
    });
    let killer = fails.next().map(|ran| Killer {
        suite: ran.case.suite.clone(),
        file: ran.case.file.clone(),
        test: ran.case.test.clone(),
        row: ran.case.row.clone(),
        line: ran.case.line,
    });
    (affected.len(), killer)
}
