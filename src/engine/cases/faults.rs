//! What is wrong with a test's own input: at its place, as a diagnostic.

use crate::model::{Diagnostic, SourceFile, Span, Stage};
use crate::repository::{PolicyVersion, Suite, nearest};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A fault of a test's own input, at its place.
pub(super) fn fault(file: &SourceFile, span: Span, message: String) -> Diagnostic {
    Diagnostic::error(Stage::Test, "test_input", message)
        .in_file(file.path.clone())
        .with_label(file.widen(span), "")
}

/// A fault of a name that another case has, at its place.
pub(super) fn name_fault(file: &SourceFile, span: Span, message: String) -> Diagnostic {
    Diagnostic {
        code: REPEATED_NAME,
        ..fault(file, span, message)
    }
}

/// The code of faults of names that another case has.
pub const REPEATED_NAME: &str = "test_name";

/// The names that policies have.
pub(super) struct Known<'v> {
    version: &'v PolicyVersion,
    names: BTreeSet<&'v str>,
}

impl<'v> Known<'v> {
    /// Those of a version.
    pub(super) fn of(version: &'v PolicyVersion) -> Self {
        let policies = version.policies.policies().iter();
        Self {
            version,
            names: policies.map(|policy| policy.id.as_ref()).collect(),
        }
    }

    /// Why a name is none of a policy, where it is none. A policy may stand in a file that does not parse.
    pub(super) fn wrong(&self, name: &str) -> Option<String> {
        if self.names.contains(name) || (self.version.is_blocked() && self.mentioned(name)) {
            return None;
        }
        let hint = nearest(name, self.names.iter().copied())
            .map(|name| format!("; did you mean `{name}`?"))
            .unwrap_or_default();
        Some(format!("there is no policy `{name}`{hint}"))
    }

    /// The name of a policy as `cedar run-tests` may call it: `policy3` is the fourth one of the only file, where no
    /// policy has that id.
    pub(super) fn by_number(&self, name: &str) -> Option<Arc<str>> {
        if self.names.contains(name) {
            return None;
        }
        let number: usize = name.strip_prefix("policy")?.parse().ok()?;
        let policies = &self.version.parsed;
        let policy = policies
            .iter()
            .find(|policy| policy.ordinal == number + 1)?;
        let one = policies.iter().all(|other| other.file == policy.file);
        one.then(|| policy.display_id())
    }

    /// Whether a file other than a suite holds a text.
    fn mentioned(&self, text: &str) -> bool {
        let sources = self.version.sources.iter();
        let mut others = sources.filter(|file| {
            let mut suites = self.version.suites.iter();
            suites.all(|suite| suite.file.path != file.path)
        });
        others.any(|file| file.text.contains(text))
    }
}

/// For each test of a suite, the fault that an earlier one has its name.
pub(super) fn repeated_names(suite: &Suite) -> Vec<Option<Diagnostic>> {
    let mut names = BTreeSet::new();
    let tests = suite.spec.tests.iter().map(|test| &test.value.name);
    tests
        .map(|name| {
            let message = || format!("two tests are called `{}`", name.value);
            let new = names.insert(name.value.as_str());
            (!new).then(|| name_fault(&suite.file, name.span, message()))
        })
        .collect()
}
