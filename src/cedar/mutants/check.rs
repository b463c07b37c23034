//! Whether a mutant still type-checks strictly.

use super::super::Schema;
use super::super::typecheck::Environments;
use cedar_policy::{ValidationMode, Validator};
use cedar_policy_core::ast;
use std::sync::{Arc, OnceLock};

/// A schema ready to check many mutants.
pub(super) struct TypeCheck<'s> {
    schema: &'s Schema,
    environments: Option<Environments<'s>>,
    /// Cedar's whole validator, for what the quick check does not accept.
    full: OnceLock<Validator>,
}

impl<'s> TypeCheck<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        Self {
            schema,
            environments: Environments::of(schema.inner.as_ref()),
            full: OnceLock::new(),
        }
    }

    /// Whether Cedar's validator has no error for a policy, or for a template and its links. Warnings are none: a policy that
    /// never applies is a policy.
    pub(super) fn accepts(&self, template: &Arc<ast::Template>, instances: &[ast::Policy]) -> bool {
        let links: Vec<&ast::Policy> = match template.is_static() {
            true => Vec::new(),
            false => instances.iter().collect(),
        };
        let quick = self.environments.as_ref();
        if quick.is_some_and(|environments| environments.accept(template, &links)) {
            return true;
        }
        let mut alone = ast::PolicySet::new();
        let added = match template.is_static() {
            true => match ast::Template::try_as_policy(template.clone()) {
                Ok(policy) => alone.add(policy).is_ok(),
                Err(_) => false,
            },
            false => {
                let template = alone.add_template(template.as_ref().clone());
                let mut links = links.into_iter();
                template.is_ok() && links.all(|link| alone.add(link.clone()).is_ok())
            }
        };
        let full = self
            .full
            .get_or_init(|| Validator::new((*self.schema.inner).clone()));
        added
            && full
                .validate(&alone.into(), ValidationMode::Strict)
                .validation_errors()
                .next()
                .is_none()
    }
}
