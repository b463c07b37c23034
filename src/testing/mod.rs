//! `test`: do the unit tests hold?

pub mod coverage;
mod filter;
mod judge;
pub mod mutate;
mod reached;
mod report;
mod rerun;
mod run;
mod update;

pub use crate::engine::{
    Case, CaseSuite, Decided, Demand, Expected, Fixtures, Form, Input, Skip, case_suites, cases,
    decide,
};
pub use filter::{Filter, Shard};
pub use reached::reached;
pub use report::{
    BudgetOutcome, BudgetResult, Failure, SuiteResult, TestOutcome, TestReport, TestResult,
    Unproved,
};
pub use rerun::rerun;
pub use run::{Run, test, test_with};
pub use update::{Edit, Update, updates};
