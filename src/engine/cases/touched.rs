//! Which cases a change of the policies can touch.

use super::Case;
use super::faults::Known;
use crate::cedar::{Evaluation, PreparedRequest};
use crate::engine::changed::unlike;
use crate::engine::pairing::Pairing;
use crate::engine::side::Side;
use crate::repository::{PolicyVersion, RunTest, RunTestEntities, Suite};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What differs between two versions, as far as it can touch a case.
pub struct Touched<'v> {
    base: &'v PolicyVersion,
    head: &'v PolicyVersion,
    /// The policies of base that head lacks or has otherwise, by their places.
    gone: Vec<usize>,
    /// The policies of head that base lacks or has otherwise, by their places.
    come: Vec<usize>,
    /// Whether the schema or the entities differ: then every case is touched.
    everything: bool,
    /// The files of suites that differ.
    files: BTreeSet<Arc<str>>,
}

impl<'v> Touched<'v> {
    /// What differs between two versions.
    pub fn of(base: &'v PolicyVersion, head: &'v PolicyVersion) -> Self {
        let pairing = Pairing::of(base, head);
        let (left, right) = (Side::base(base, &pairing), Side::head(head));
        let places = |of, other| {
            let unlike = unlike(of, other).into_iter();
            unlike.map(|(at, _)| at).collect()
        };
        let digest = |version: &PolicyVersion| {
            let schema = version.schema.as_ref();
            schema.map(|schema| schema.digest().clone())
        };
        Self {
            base,
            head,
            gone: places(&left, &right),
            come: places(&right, &left),
            everything: digest(base) != digest(head) || !base.store.same(&head.store),
            files: changed_suites(base, head, &pairing),
        }
    }

    /// Whether a case can come out otherwise than on base, or is written otherwise: a changed policy's scope holds for its
    /// request. Of a case that is broken, nobody knows.
    pub fn touches(&self, case: &Case) -> bool {
        if self.everything || self.files.contains(&case.file) {
            return true;
        }
        let Ok(input) = &case.input else {
            return true;
        };
        let reaches = |version: &PolicyVersion, policies: &[usize]| {
            let prepared = PreparedRequest {
                request: &input.built,
                entities: &input.store,
            };
            Evaluation::new(&version.policies).reaches(policies, prepared)
        };
        reaches(self.head, &self.come) || reaches(self.base, &self.gone)
    }
}

/// The suites whose own text differs, or that of a file they include or take entities from, or what a policy's number
/// means in them.
fn changed_suites(
    base: &PolicyVersion,
    head: &PolicyVersion,
    pairing: &Pairing,
) -> BTreeSet<Arc<str>> {
    let differs = |path: &str| base.sources.get(path) != head.sources.get(path);
    let names = (Known::of(base), Known::of(head));
    let renumbered = |name: &String| {
        let before = names.0.by_number(name);
        before.map(|name| pairing.base_name(&name)) != names.1.by_number(name)
    };
    head.suites
        .iter()
        .filter(|suite| {
            let mut included = suite.included.iter().map(|included| &included.file.path);
            let asked = || suite.run_tests.iter().flat_map(|test| &test.asked);
            let reasons: BTreeSet<&String> = asked().flat_map(|asked| &asked.reason).collect();
            differs(&suite.file.path)
                || included.any(|path| differs(path))
                || entity_files(suite).iter().any(|path| differs(path))
                || reasons.into_iter().any(renumbered)
        })
        .map(|suite| suite.file.path.clone())
        .collect()
}

/// The files that the tests of a suite of `cedar run-tests` take their entities from, by their paths from the root.
fn entity_files(suite: &Suite) -> BTreeSet<String> {
    let above = suite.file.path.rsplit_once('/').map(|(above, _)| above);
    let path = |test: &RunTest| match &test.asked.as_ref().ok()?.entities {
        RunTestEntities::Here(_) => None,
        RunTestEntities::File(path, _) => {
            let inside = path.trim_start_matches("./");
            Some(above.map_or_else(|| inside.to_owned(), |above| format!("{above}/{inside}")))
        }
    };
    suite.run_tests.iter().filter_map(path).collect()
}
