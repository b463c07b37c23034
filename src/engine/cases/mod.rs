//! The unit tests of a version as cases: each is one request, what it is decided with, and what must come out.

mod decide;
mod demand;
mod expected;
mod faults;
mod input;
mod open;
mod skip;

pub use decide::{Decided, decide};
pub use demand::{Demand, listed};
pub use expected::{Expected, decides};
pub use open::{CaseSuite, case_suites, cases};
pub use skip::Skip;

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
