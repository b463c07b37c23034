//! Loading suites of unit tests, with what they include.

use super::{Loader, versioned};
use crate::model::{Diagnostic, SourceFile};
use crate::repository::PolicyVersion;
use crate::repository::references::nearest;
use crate::repository::suites::{
    Included, RunTest, RunTestEntities, Suite, SuiteFile, include, include_fault, is_run_tests,
    run_tests, wrong_include,
};
use crate::yaml::Spanned;
use rayon::prelude::*;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

/// A file of tests with what it says, or why it cannot be read.
pub(super) type Parsed = (SourceFile, Result<Text, Diagnostic>);

pub(super) enum Text {
    Suite(Arc<SuiteFile>),
    RunTests(Vec<RunTest>),
}

/// What files of tests say. A suite that stands in the other version, at the same path with the same text, is taken from
/// it.
pub(super) fn parse(files: Vec<SourceFile>, other: Option<&PolicyVersion>) -> Vec<Parsed> {
    let known = other.into_iter().flat_map(|other| &other.suites);
    let known: HashMap<&str, &Suite> = known
        .map(|suite| (suite.file.path.as_ref(), suite))
        .collect();
    let files = files.into_par_iter();
    files
        .map(|file| {
            let same = known.get(file.path.as_ref());
            let parsed = match same.filter(|same| same.file == file) {
                _ if is_run_tests(&file) => run_tests(&file).map(Text::RunTests),
                Some(same) => Ok(Text::Suite(same.spec.clone())),
                None => versioned(&file, |spec: &SuiteFile| spec.version)
                    .map(|spec| Text::Suite(Arc::new(spec))),
            };
            (file, parsed)
        })
        .collect()
}

impl Loader<'_> {
    pub(super) fn suites(&mut self, parsed: Vec<Parsed>) {
        for (file, parsed) in parsed {
            match parsed {
                Ok(text) => {
                    let suite = match text {
                        Text::Suite(spec) => self.suite(file, spec),
                        Text::RunTests(tests) => self.run_tests(file, tests),
                    };
                    self.version.suites.push(suite);
                }
                Err(fault) => self.push(fault),
            }
        }
    }

    /// A suite, with what it includes.
    fn suite(&mut self, file: SourceFile, spec: Arc<SuiteFile>) -> Suite {
        let mut suite = Suite::new(file, spec);
        for path in &suite.spec.clone().include {
            match self.included(&suite.file, path) {
                Ok(included) => suite.included.push(included),
                Err(fault) => self.push(fault),
            }
        }
        suite
    }

    fn included(
        &mut self,
        suite: &SourceFile,
        path: &Spanned<String>,
    ) -> Result<Included, Diagnostic> {
        let fault = |message: String| include_fault(suite, path.span, message);
        if let Some(message) = wrong_include(&path.value) {
            return Err(fault(message));
        }
        let file = self.file_there(&path.value).map_err(fault)?;
        include(file)
    }

    /// A file that another one names, if it is one of the repository's.
    fn file_there(&mut self, path: &str) -> Result<SourceFile, String> {
        let files = self.files;
        if let Some(refused) = files.refused.iter().find(|refused| {
            let below = format!("{}/", refused.path);
            refused.path == path || (refused.below && path.starts_with(&below))
        }) {
            return Err(format!("`{path}` is not read: {}", refused.message));
        }
        if !files.paths.iter().any(|known| known == path) {
            let known = files.paths.iter().map(String::as_str);
            let hint = nearest(path, known)
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            return Err(format!("there is no file `{path}` in the repository{hint}"));
        }
        let faults = self.version.diagnostics.len();
        self.file(path).ok_or_else(|| {
            // The fault is told once, where the file is named.
            let told = self.version.diagnostics.drain(faults..).next();
            let message = told.map(|told| told.message).unwrap_or_default();
            format!("`{path}` cannot be read: {message}")
        })
    }

    /// A suite of tests of `cedar run-tests`, with their entities.
    fn run_tests(&mut self, file: SourceFile, mut tests: Vec<RunTest>) -> Suite {
        for test in &mut tests {
            self.entities_of(&file, test);
        }
        Suite {
            run_tests: tests,
            ..Suite::new(file, SuiteFile::default())
        }
    }

    /// Reads the file that holds a test's entities, which stands in the directory of the tests or below.
    fn entities_of(&mut self, file: &SourceFile, test: &mut RunTest) {
        let Ok(asked) = &mut test.asked else {
            return;
        };
        let RunTestEntities::File(path, entities) = &mut asked.entities else {
            return;
        };
        let wrong = wrong_include(path.trim_start_matches("./"));
        let read = match wrong {
            Some(_) => Err(format!(
                "`{path}` leaves the directory of the tests, or is no path of a file"
            )),
            None => {
                let directory = file.path.rsplit_once('/').map_or("", |(above, _)| above);
                let inside = path.trim_start_matches("./");
                let whole = match directory {
                    "" => inside.to_owned(),
                    directory => format!("{directory}/{inside}"),
                };
                self.file_there(&whole).and_then(|found| {
                    serde_json::from_str::<Vec<Json>>(&found.text)
                        .map_err(|error| format!("`{whole}`: {error}"))
                })
            }
        };
        match read {
            Ok(read) => *entities = read,
            Err(message) => test.asked = Err(message),
        }
    }
}
