//! Which policies the unit tests reach.

use crate::engine::{Side, case_request, suite_store};
use crate::repository::PolicyVersion;
use std::collections::BTreeSet;

/// The policies whose scope holds for the request of some unit test. A test that is broken reaches none.
pub fn reached(version: &PolicyVersion) -> BTreeSet<String> {
    let side = Side::head(version);
    let mut reached = BTreeSet::new();
    for suite in &version.suites {
        let Ok(store) = suite_store(version, suite) else {
            continue;
        };
        for test in &suite.spec.tests {
            let Ok(mapped) = case_request(version, suite, &test.value) else {
                continue;
            };
            if let Ok((_, statuses)) = side.explain_request(mapped, &store) {
                reached.extend(statuses.iter().map(|status| status.policy.to_string()));
            }
        }
    }
    reached
}
