//! Coverage as JSON: the report as it is, by its published schema.

use crate::testing::coverage::Coverage;
use serde_json::Value;

/// Coverage as `agentauthz.coverage/1`.
pub fn coverage(coverage: &Coverage) -> Value {
    // Plain data with text keys is always a JSON value.
    serde_json::to_value(coverage).unwrap_or_default()
}
