//! What is wrong with expectations: policies that do not exist, and names that stand twice.

use super::input::fault;
use crate::model::Diagnostic;
use crate::repository::{Expectation, PolicyVersion, Suite, nearest};
use std::collections::BTreeSet;

/// The names that policies have.
pub(super) struct Known<'v>(BTreeSet<&'v str>);

impl<'v> Known<'v> {
    /// Those of a version.
    pub(super) fn of(version: &'v PolicyVersion) -> Self {
        let policies = version.policies.policies().iter();
        Self(policies.map(|policy| policy.id.as_ref()).collect())
    }
}

/// One fault for each policy that an expectation names and that does not exist.
pub(super) fn expectation_faults(
    version: &PolicyVersion,
    suite: &Suite,
    expected: &Expectation,
    known: &Known<'_>,
) -> Vec<Diagnostic> {
    let lists = [&expected.reasons, &expected.errors];
    let named = lists.into_iter().flatten().flat_map(|list| &list.value);
    named
        .filter(|policy| !known.0.contains(policy.value.as_str()))
        .filter(|policy| !(version.is_blocked() && mentioned(version, &policy.value)))
        .map(|policy| {
            let hint = nearest(&policy.value, known.0.iter().copied())
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            let message = format!("there is no policy `{}`{hint}", policy.value);
            fault(&suite.file, policy.span, message)
        })
        .collect()
}

/// For each test of a suite, the fault that an earlier one has its name.
pub(super) fn repeated_names(suite: &Suite) -> Vec<Option<Diagnostic>> {
    let mut names = BTreeSet::new();
    let tests = suite.spec.tests.iter().map(|test| &test.value.name);
    tests
        .map(|name| {
            let message = || format!("two tests are called `{}`", name.value);
            (!names.insert(name.value.as_str())).then(|| fault(&suite.file, name.span, message()))
        })
        .collect()
}

/// Whether a file other than a suite holds a text: a policy may stand in a file that does not parse.
fn mentioned(version: &PolicyVersion, id: &str) -> bool {
    version
        .sources
        .iter()
        .filter(|file| {
            let mut suites = version.suites.iter();
            suites.all(|suite| suite.file.path != file.path)
        })
        .any(|file| file.text.contains(id))
}
