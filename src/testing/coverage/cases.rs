//! Every case of every suite, ready to be decided.

use crate::cedar::EntityStore;
use crate::engine::{Mapped, case_request, suite_store};
use crate::model::Diagnostic;
use crate::repository::PolicyVersion;
use std::sync::Arc;

/// One case.
pub(super) struct Case {
    pub(super) suite: Arc<str>,
    pub(super) file: Arc<str>,
    pub(super) test: Arc<str>,
    pub(super) row: Option<Arc<str>>,
    pub(super) line: usize,
    pub(super) skip: Option<()>,
    pub(super) input: Result<Input, Vec<Diagnostic>>,
}

/// What a case asks.
pub(super) struct Input {
    pub(super) request: Mapped,
    pub(super) store: Arc<EntityStore>,
}

/// Every case, in the order of files.
pub(super) fn cases(version: &PolicyVersion) -> Vec<Case> {
    let mut cases = Vec::new();
    for suite in &version.suites {
        let name: Arc<str> = suite
            .spec
            .suite
            .clone()
            .map_or_else(|| suite.file.path.clone(), Arc::from);
        let store = suite_store(version, suite).map(Arc::new);
        for test in &suite.spec.tests {
            let input = store.clone().and_then(|store| {
                let request = case_request(version, suite, &test.value)?;
                Ok(Input { request, store })
            });
            cases.push(Case {
                suite: name.clone(),
                file: suite.file.path.clone(),
                test: test.value.name.value.as_str().into(),
                row: None,
                line: suite.file.line_column(test.span.start).0,
                skip: None,
                input,
            });
        }
    }
    cases
}
