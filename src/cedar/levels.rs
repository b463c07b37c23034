//! How many entities a condition follows, one from the other: Cedar's validation by levels.

use super::{PolicySet, Schema};
use crate::model::{Diagnostic, SourceFile};
use cedar_policy::{ValidationError, ValidationMode, Validator};
use std::collections::BTreeMap;
use std::sync::Arc;

impl PolicySet {
    /// The places where a policy follows more entities than a level allows, and where it follows one that it names itself,
    /// which no level allows. In no order; nothing of a policy with a type error.
    pub fn beyond_level(
        &self,
        schema: &Schema,
        level: u32,
        files: &BTreeMap<Arc<str>, SourceFile>,
    ) -> Vec<Diagnostic> {
        let validator = Validator::new((*schema.inner).clone());
        let result = validator.validate_with_level(&self.inner, ValidationMode::Strict, level);
        let mut found = Vec::new();
        for error in result.validation_errors() {
            if let ValidationError::EntityDerefLevelViolation(_) = error {
                let id: &str = error.policy_id().as_ref();
                found.extend(self.blame(id, error, "beyond_level", files));
            }
        }
        found
    }
}
