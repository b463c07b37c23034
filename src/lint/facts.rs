//! What unit tests did, as plain data: the front runs them and hands this over.

use crate::engine::{Expected, Form};
use crate::model::{Effect, EntityRef, Span, Status};
use crate::repository::ExpectedDecision;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a run of the unit tests showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestFacts {
    /// Every case that could be decided, in order of files and places.
    pub cases: Vec<CaseFacts>,
    /// The cases that could not, though their input is sound.
    pub undecided: Vec<Undecided>,
    /// The permits that a part of their scope alone keeps out of some case that would fail if they applied.
    pub kept_out: BTreeSet<Arc<str>>,
    /// What became of the mutants of each policy and link that has some; nothing where mutants were not run.
    pub mutants: Option<BTreeMap<Arc<str>, MutantFacts>>,
}

/// What happened in one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFacts {
    /// The file of the suite.
    pub file: Arc<str>,
    /// The case in full: suite, test, row.
    pub name: String,
    /// Its test.
    pub test: Arc<str>,
    /// How it is written.
    pub form: Form,
    /// Its place in the file.
    pub span: Span,
    /// The action of the request.
    pub action: EntityRef,
    /// What must come out.
    pub expected: Expected,
    /// The decision that came out, in the words of tests.
    pub decided: ExpectedDecision,
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
    /// Whether it is a permit that is not satisfied, and the case would fail if it were.
    pub watched: bool,
}

/// A case without a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// The file of the suite.
    pub file: Arc<str>,
    /// The place of the case.
    pub span: Span,
    /// What the policies read and the test does not say.
    pub unknown: Vec<String>,
}

/// What became of the mutants of a policy or link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MutantFacts {
    /// How many there are.
    pub all: usize,
    /// Those that no test kills, and that nobody explained.
    pub survivors: Vec<Survivor>,
    /// Those that no test kills, and that the manifest explains.
    pub explained: usize,
}

/// A mutant that no test kills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// What was done.
    pub operator: &'static str,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The file of what was edited.
    pub file: Arc<str>,
    /// The edited piece; nothing for Cedar's JSON form and for links, whose text is not that of their file.
    pub span: Option<Span>,
    /// The text that was edited.
    pub before: String,
    /// What took its place.
    pub after: String,
    /// Whether a test that kills it was found.
    pub killable: bool,
}
