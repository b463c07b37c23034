//! Which policies the unit tests reach.

use crate::engine::{Side, cases};
use crate::repository::PolicyVersion;
use std::collections::BTreeSet;

/// The policies whose scope holds for the request of some unit test. A test that is broken reaches none.
pub fn reached(version: &PolicyVersion) -> BTreeSet<String> {
    let side = Side::head(version);
    let inputs = cases(version)
        .into_iter()
        .filter_map(|case| case.input.ok());
    inputs
        .filter_map(|input| side.explain_request(input.request, &input.store).ok())
        .flat_map(|(_, statuses)| statuses)
        .map(|status| status.policy.to_string())
        .collect()
}
