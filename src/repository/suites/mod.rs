//! Files of unit tests, as types: `docs/testing.md` shows each by example.

mod budget;
mod choices;
mod expectation;
mod file;
mod include;
mod run_tests;
mod suite;
mod table;

pub use budget::{BudgetSpec, ChangeBudget, Claim, PropertySpec};
pub use choices::Choices;
pub use expectation::{Expectation, ExpectedDecision, NamesSpec, PolicyNames};
pub use file::{Defaults, SkipSpec, SuiteEntity, SuiteFile, TestRequest, TestSpec};
pub use include::{IncludeFile, Included};
pub(super) use include::{include, include_fault, wrong_include};
pub use run_tests::{AskedTest, RunTest, RunTestEntities};
pub(super) use run_tests::{is_run_tests, run_tests};
pub use suite::Suite;
pub use table::{ExceptSpec, ListSpec, MatrixSpec, TableSpec};
