//! The unit tests of a version as cases: each is one request, what it is decided with, and what must come out.

mod choices;
mod decide;
mod demand;
mod draft;
mod expected;
mod faults;
mod fill;
mod fixtures;
mod input;
mod json;
mod lines;
mod list;
mod matrix;
mod near_miss;
mod open;
mod run_tests;
mod skip;
mod table;
mod touched;
mod wanted;

pub use decide::{Decided, decide};
pub use demand::{Demand, listed};
pub use expected::{Expected, decides};
pub use faults::REPEATED_NAME;
pub use near_miss::{NearMiss, near_misses};
pub use open::{CaseSuite, case_suites, cases};
pub use skip::Skip;
pub use touched::Touched;

use super::request::Mapped;
use crate::cedar::{BuiltRequest, EntityStore};
use crate::model::{Diagnostic, Span};
use std::sync::Arc;

/// One case of a unit test: a test, or a row of one.
#[derive(Debug, Clone)]
pub struct Case {
    /// What its suite is called.
    pub suite: Arc<str>,
    /// The file of the suite, relative to the repository's root.
    pub file: Arc<str>,
    /// What its test is called.
    pub test: Arc<str>,
    /// Which row of the test it is, where the test has rows.
    pub row: Option<Arc<str>>,
    /// How it is written.
    pub form: Form,
    /// The place of the test, or of the row, in the file.
    pub span: Span,
    /// The line of that place, from 1.
    pub line: usize,
    /// The tags of the suite and of the test, sorted.
    pub tags: Vec<Arc<str>>,
    /// Why it is not run, where it is not.
    pub skip: Option<Skip>,
    /// Whether the test asks to be run alone.
    pub only: bool,
    /// What is decided, or what is wrong with it: then the case is broken. The faults are empty where they are the suite's.
    pub input: Result<Input, Vec<Diagnostic>>,
    /// What must come out.
    pub expected: Expected,
}

/// How a case is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a test of its own.
    Alone,
    /// As a row of a table.
    Row,
    /// As a cell of a matrix.
    Cell,
    /// As a member of a list.
    Member,
    /// As a test of `cedar run-tests`.
    RunTest,
}

impl Case {
    /// Its name in full: suite, test, and row.
    pub fn name(&self) -> String {
        match &self.row {
            Some(row) => format!("{} › {} › {row}", self.suite, self.test),
            None => format!("{} › {}", self.suite, self.test),
        }
    }

    /// Whether it is skipped on a day, `YYYY-MM-DD`.
    pub fn is_skipped(&self, today: &str) -> bool {
        self.skip.as_ref().is_some_and(|skip| skip.holds(today))
    }
}

/// How far the fixtures of tests must conform to the schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fixtures {
    /// Entities and requests conform; else the test is broken.
    #[default]
    Strict,
    /// What Cedar has a value for is a fact, whether it conforms or not.
    Lenient,
}

/// What a case is decided from.
#[derive(Debug, Clone)]
pub struct Input {
    /// The request.
    pub request: Mapped,
    /// The entities: those of the version with the suite's laid over them. The cases of a suite share them, unless one
    /// has entities of its own.
    pub store: Arc<EntityStore>,
    /// The request in Cedar's terms.
    pub built: BuiltRequest,
}

impl Input {
    /// An input. The error says what Cedar has no value for.
    pub fn new(request: Mapped, store: Arc<EntityStore>) -> Result<Self, String> {
        let built = BuiltRequest::build(&request.request)?;
        Ok(Self {
            request,
            store,
            built,
        })
    }
}
