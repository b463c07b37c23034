//! What unit tests did, as plain data: the front runs them and hands this over.

use crate::model::{Effect, EntityRef, Span, Status};
use crate::repository::ExpectedDecision;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a run of the unit tests showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestFacts {
    /// Every case that could be decided, in order of files and places.
    pub cases: Vec<CaseFacts>,
    /// How many mutants of each policy no test killed; nothing where mutants were not run.
    pub survivors: Option<BTreeMap<Arc<str>, usize>>,
}

/// What happened in one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFacts {
    /// The file of the suite.
    pub file: Arc<str>,
    /// The case in full: suite, test, row.
    pub name: String,
    /// Its place in the file.
    pub span: Span,
    /// The action of the request.
    pub action: EntityRef,
    /// What must come out.
    pub expected: ExpectedDecision,
    /// Whether it asks for determining policies.
    pub asks_reasons: bool,
    /// Whether it takes any error of a policy.
    pub takes_errors: bool,
    /// Whether it passed.
    pub passed: bool,
    /// What came of the policies whose scope holds.
    pub policies: Vec<Exercised>,
    /// The determining policies.
    pub determining: BTreeSet<Arc<str>>,
    /// The policies that raised an error.
    pub errors: BTreeSet<Arc<str>>,
}

/// What came of one policy in one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercised {
    /// The policy, or the link.
    pub policy: Arc<str>,
    /// Its effect.
    pub effect: Effect,
    /// What came of it.
    pub status: Status,
}
