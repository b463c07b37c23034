//! A suite of unit tests with its files.

use super::file::SuiteFile;
use super::include::Included;
use super::run_tests::RunTest;
use super::table::TableSpec;
use crate::model::SourceFile;
use crate::yaml::Spanned;
use std::sync::Arc;

/// A suite of unit tests with its files.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The file.
    pub file: SourceFile,
    /// What it says; nothing where it is a file of `cedar run-tests`.
    pub spec: Arc<SuiteFile>,
    /// The files that it includes, in its order.
    pub included: Vec<Included>,
    /// The tests of a file of `cedar run-tests`.
    pub run_tests: Vec<RunTest>,
}

impl Suite {
    /// A suite that includes nothing.
    pub fn new(file: SourceFile, spec: impl Into<Arc<SuiteFile>>) -> Self {
        Self {
            file,
            spec: spec.into(),
            included: Vec::new(),
            run_tests: Vec::new(),
        }
    }

    /// How many cases stand in the file, those that are skipped left out: tests, rows of tables, matrices and lists.
    pub fn written_cases(&self) -> usize {
        let tests = self.spec.tests.iter().map(|test| &test.value);
        let own: usize = tests
            .filter(|test| test.skip.is_none())
            .map(|test| test.table.as_ref().map_or(1, rows))
            .sum();
        own + self.run_tests.len()
    }
}

fn rows(table: &Spanned<TableSpec>) -> usize {
    table.value.rows.len()
}
