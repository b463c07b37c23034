//! Small policy repositories from their texts.

use agentauthz::repository::{Files, PolicyVersion, load};
use agentauthz::testing::coverage::{Coverage, PolicyCoverage};
use std::collections::BTreeMap;

/// A version of these files; a manifest is added where there is none.
pub fn version(files: &[(&str, &str)]) -> PolicyVersion {
    let mut all = BTreeMap::from([("agentauthz.yaml", "version: 1\nname: small\n")]);
    all.extend(files.iter().copied());
    let version = load(&Files {
        paths: all.keys().map(|path| (*path).to_owned()).collect(),
        read: &|path| Ok(all[path].as_bytes().to_vec()),
        refused: Vec::new(),
    });
    assert!(!version.is_blocked(), "{:?}", version.diagnostics);
    version
}

/// One policy or link of a report.
#[track_caller]
pub fn policy<'c>(coverage: &'c Coverage, id: &str) -> &'c PolicyCoverage {
    let mut found = coverage.policies.iter();
    found
        .find(|policy| policy.id.as_ref() == id)
        .unwrap_or_else(|| panic!("there is no {id}"))
}
