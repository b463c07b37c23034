//! The type check of many policies: Cedar looks at every policy in every request environment; here each policy is
//! looked at once per class of environments, and Cedar's whole validator runs only on what that does not accept.
//!
//! Why an accepted policy is one for which Cedar's validator has neither an error nor a warning. An environment is a
//! principal type, an action, a resource type and the context type of the action. Cedar's checks of a static policy are
//!
//! 1. that entity types, actions and enumerated entities exist: asked of Cedar itself;
//! 2. that no text holds confusing characters: asked of Cedar itself, unless all texts are of printable ASCII, in which it
//!    finds none;
//! 3. the types, in each environment. The condition is `principal && (action && (resource && body))`. With all
//!    actions of the scope known (1), `action` is typed `true` or `false` exactly, and where it is `false`, nothing
//!    behind it is looked at: such an environment can only fault the principal's part, which does not read the
//!    action. Where it is `true`, the action itself is read only where the body names it. So environments of equal
//!    types, on the same side of the action's scope, give the same answer, and one of each is asked; where the body
//!    names `action`, every one in which the scope holds;
//! 4. that some environment does not type as `false`: one is seen;
//! 5. that some action applies to types which the scope takes: that environment's types are held against the scope.
//!
//! Of a template, Cedar checks 3 and 4 in each environment and for all types of entities with which its slots could be
//! linked there, which follow from the types of principal and resource, so that environments of a class have them in
//! common; and 5 of the template and of each link.

use super::confusable::is_clear;
use super::diagnostics::convert;
use super::validation_codes::{error_code, warning_code};
use super::{PolicySet, Schema};
use crate::model::{Diagnostic, Label, Severity, SourceFile, Stage};
use cedar_policy_core::ast::{self, EntityReference, PrincipalOrResourceConstraint};
use cedar_policy_core::validator::typecheck::{PolicyCheck, Typechecker};
use cedar_policy_core::validator::types::{RequestEnv, Type};
use cedar_policy_core::validator::{ValidationMode, Validator, ValidatorSchema};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

impl PolicySet {
    /// Type-checks every policy and template strictly, and reports every fault with its place. In no order. `beside` is a
    /// set that was checked by an equal schema: what is equal there and was clean is not checked again.
    pub fn validate(
        &self,
        schema: &Schema,
        files: &BTreeMap<Arc<str>, SourceFile>,
        beside: Option<&PolicySet>,
    ) -> Vec<Diagnostic> {
        let environments = Environments::of(schema.inner.as_ref());
        let set: &ast::PolicySet = self.inner.as_ref();
        let links = links(set);
        let other = beside.and_then(|other| Some((other, other.clean.get()?)));
        let other_links = other.map(|(other, _)| self::links(other.inner.as_ref()));
        let was_clean = |template: &ast::Template| {
            let (Some((other, clean)), Some(other_links)) = (other, &other_links) else {
                return false;
            };
            let id = template.id();
            let other: &ast::PolicySet = other.inner.as_ref();
            clean.contains(id)
                && other.get_template(id).is_some_and(|same| same == template)
                && other_links.get(id) == links.get(id)
        };
        let full = OnceLock::new();
        let templates: Vec<&ast::Template> = set.all_templates().collect();
        let found: Vec<(&ast::Template, Vec<Diagnostic>)> = templates
            .into_par_iter()
            // What takes long stands together, as do templates at the end.
            .with_max_len(TOGETHER)
            .map(|template| {
                let of_template = links.get(template.id()).map_or(&[][..], Vec::as_slice);
                let accepted = was_clean(template)
                    || environments
                        .as_ref()
                        .is_some_and(|environments| environments.accept(template, of_template));
                if accepted {
                    return (template, Vec::new());
                }
                let full =
                    full.get_or_init(|| cedar_policy::Validator::new((*schema.inner).clone()));
                let alone = alone(set, template, of_template);
                (template, self.findings(full, &alone, files))
            })
            .collect();
        self.clean.get_or_init(|| {
            let clean = found.iter().filter(|(_, found)| found.is_empty());
            clean.map(|(template, _)| template.id().clone()).collect()
        });
        found.into_iter().flat_map(|(_, found)| found).collect()
    }

    /// The same by Cedar's whole validator on the whole set: what [`Self::validate`] is held to.
    pub fn validate_by_cedar(
        &self,
        schema: &Schema,
        files: &BTreeMap<Arc<str>, SourceFile>,
    ) -> Vec<Diagnostic> {
        let validator = cedar_policy::Validator::new((*schema.inner).clone());
        self.findings(&validator, &self.inner, files)
    }

    /// What Cedar's whole validator finds in a set.
    fn findings(
        &self,
        validator: &cedar_policy::Validator,
        set: &cedar_policy::PolicySet,
        files: &BTreeMap<Arc<str>, SourceFile>,
    ) -> Vec<Diagnostic> {
        let result = validator.validate(set, cedar_policy::ValidationMode::Strict);
        let mut out = Vec::new();
        let mut faulty = BTreeSet::new();
        for error in result.validation_errors() {
            let id: &str = error.policy_id().as_ref();
            faulty.insert(id.to_owned());
            out.extend(self.blame(id, error, error_code(error), files));
        }
        for warning in result.validation_warnings() {
            let id: &str = warning.policy_id().as_ref();
            // That a policy with a fault applies to nothing follows from the fault.
            if faulty.contains(id) {
                continue;
            }
            for mut diagnostic in self.blame(id, warning, warning_code(warning), files) {
                diagnostic.severity = Severity::Warning;
                out.push(diagnostic);
            }
        }
        out
    }

    /// Cedar's finding at its place: the marked text of a policy, or the link that does not fit its template.
    pub(super) fn blame(
        &self,
        id: &str,
        error: &dyn miette::Diagnostic,
        code: &'static str,
        files: &BTreeMap<Arc<str>, SourceFile>,
    ) -> Vec<Diagnostic> {
        let none = SourceFile::new("", "");
        let place = self.places.get(id);
        let file = place
            .and_then(|place| files.get(&place.file))
            .unwrap_or(&none);
        let mut found = convert(error, Stage::Check, code, file);
        if let Some(span) = place.and_then(|place| place.link) {
            for diagnostic in &mut found {
                diagnostic.labels.clear();
                diagnostic.labels.push(Label {
                    span,
                    text: String::new(),
                });
            }
        }
        found
    }
}

/// So many policies at most are checked by one thread without another one being able to take some of them.
const TOGETHER: usize = 16;

/// The links of each template.
fn links(set: &ast::PolicySet) -> HashMap<&ast::PolicyID, Vec<&ast::Policy>> {
    let mut links: HashMap<&ast::PolicyID, Vec<&ast::Policy>> = HashMap::new();
    for link in set.policies().filter(|policy| !policy.is_static()) {
        links.entry(link.template().id()).or_default().push(link);
    }
    for links in links.values_mut() {
        links.sort_by_key(|link| link.id());
    }
    links
}

/// A set of one policy, or of one template and its links: what Cedar finds in them does not depend on others.
fn alone(
    set: &ast::PolicySet,
    template: &ast::Template,
    links: &[&ast::Policy],
) -> cedar_policy::PolicySet {
    let mut out = ast::PolicySet::new();
    // Ids are those of a set that was put together before, so nothing is refused here.
    if template.is_static() {
        if let Some(policy) = set.get(template.id()) {
            let _ = out.add(policy.clone());
        }
    } else {
        let _ = out.add_template(template.clone());
        for link in links {
            let _ = out.add((*link).clone());
        }
    }
    out.into()
}

/// One request environment of the schema.
pub(super) struct Environment<'s> {
    pub(super) env: RequestEnv<'s>,
    pub(super) principal: &'s ast::EntityType,
    pub(super) resource: &'s ast::EntityType,
}

/// What environments of one class have in common: the types of principal, resource and context, and of the action.
type Class<'s> = (
    &'s ast::EntityType,
    &'s ast::EntityType,
    &'s Type,
    &'s ast::EntityType,
);

/// The request environments of a schema, by class and by action.
pub(super) struct Environments<'s> {
    pub(super) schema: &'s ValidatorSchema,
    pub(super) all: Vec<Environment<'s>>,
    pub(super) classes: Vec<Vec<usize>>,
    /// By class and place.
    by_action: HashMap<&'s ast::EntityUID, Vec<(usize, usize)>>,
}

impl<'s> Environments<'s> {
    /// Nothing for a schema with names that other schemas would have to declare: Cedar refuses every policy then.
    pub(super) fn of(schema: &'s ValidatorSchema) -> Option<Self> {
        if !schema.is_complete() {
            return None;
        }
        let mut out = Self {
            schema,
            all: Vec::new(),
            classes: Vec::new(),
            by_action: HashMap::new(),
        };
        let mut numbers: HashMap<Class<'s>, usize> = HashMap::new();
        for env in schema.unlinked_request_envs(ValidationMode::Strict) {
            let RequestEnv::DeclaredAction {
                principal,
                action,
                resource,
                context,
                ..
            } = env
            else {
                return None;
            };
            let at = out.all.len();
            let class = (principal, resource, context, action.entity_type());
            let next = out.classes.len();
            let number = *numbers.entry(class).or_insert(next);
            if number == next {
                out.classes.push(Vec::new());
            }
            out.classes.get_mut(number)?.push(at);
            out.by_action.entry(action).or_default().push((number, at));
            out.all.push(Environment {
                env,
                principal,
                resource,
            });
        }
        Some(out)
    }

    /// Whether Cedar's validator surely has nothing to say of a policy, or of a template and its links.
    fn accept(&self, policy: &ast::Template, links: &[&ast::Policy]) -> bool {
        Validator::validate_entity_types_and_literals(self.schema, policy)
            .next()
            .is_none()
            && is_clear(policy)
            && self
                .action_scope(policy.action_constraint())
                .is_some_and(|holds| {
                    self.well_typed(policy, &holds)
                        && links.iter().all(|link| self.link_applies(link, &holds))
                })
    }

    /// `holds`: for each class the environments in which the action's scope does.
    fn well_typed(&self, policy: &ast::Template, holds: &[Cow<'_, [usize]>]) -> bool {
        let each = names_action(policy);
        let typechecker = Typechecker::new(self.schema, ValidationMode::Strict);
        let check = |environment: &RequestEnv<'s>| {
            typechecker.typecheck_by_single_request_env(policy, environment)
        };
        let mut applies = false;
        for (class, inside) in self.classes.iter().zip(holds) {
            let looked_at = inside.iter().take(if each { inside.len() } else { 1 });
            for environment in looked_at.filter_map(|at| self.all.get(*at)) {
                let Some(linked) = self.linked(policy, environment) else {
                    return false;
                };
                for linked in linked {
                    match check(&linked) {
                        PolicyCheck::Success(_) => {
                            applies |= self.takes(
                                policy.principal_constraint(),
                                policy.resource_constraint(),
                                environment,
                            );
                        }
                        PolicyCheck::Irrelevant(errors, _) if errors.is_empty() => {}
                        PolicyCheck::Irrelevant(..) | PolicyCheck::Fail(_) => return false,
                    }
                }
            }
            // Both are sorted: up to the first one that is outside they are the same.
            let mut places = class.iter().enumerate();
            let outside = places.find(|(place, at)| inside.get(*place) != Some(at));
            for environment in outside.iter().filter_map(|(_, at)| self.all.get(**at)) {
                let Some(linked) = self.linked(policy, environment) else {
                    return false;
                };
                for linked in linked {
                    match check(&linked) {
                        PolicyCheck::Irrelevant(errors, _) if errors.is_empty() => {}
                        // A policy that may hold where its action's scope does not is none that was thought of here.
                        PolicyCheck::Irrelevant(..)
                        | PolicyCheck::Success(_)
                        | PolicyCheck::Fail(_) => return false,
                    }
                }
            }
        }
        applies
    }

    /// An environment with each combination of types that Cedar links a template's slots with there; of a policy without
    /// slots, the environment alone. Nothing where a slot stands elsewhere than in a scope, or in one without it.
    pub(super) fn linked(
        &self,
        policy: &ast::Template,
        environment: &Environment<'s>,
    ) -> Option<Vec<RequestEnv<'s>>> {
        let has = |slot: ast::SlotId| policy.slots().any(|found| found.id == slot);
        let types =
            |has: bool, constraint: &PrincipalOrResourceConstraint, ty: &ast::EntityType| {
                match constraint {
                    _ if !has => Some(vec![None]),
                    PrincipalOrResourceConstraint::Eq(EntityReference::Slot(_)) => {
                        Some(vec![Some(ty.clone())])
                    }
                    PrincipalOrResourceConstraint::In(EntityReference::Slot(_))
                    | PrincipalOrResourceConstraint::IsIn(_, EntityReference::Slot(_)) => {
                        let above = self.schema.entity_types();
                        let above = above.filter(|above| above.has_descendant_entity_type(ty));
                        let above = above.map(|above| above.name().clone());
                        Some(above.chain([ty.clone()]).map(Some).collect())
                    }
                    PrincipalOrResourceConstraint::Any
                    | PrincipalOrResourceConstraint::Is(_)
                    | PrincipalOrResourceConstraint::Eq(EntityReference::EUID(_))
                    | PrincipalOrResourceConstraint::In(EntityReference::EUID(_))
                    | PrincipalOrResourceConstraint::IsIn(_, EntityReference::EUID(_)) => None,
                }
            };
        let principals = types(
            has(ast::SlotId::principal()),
            policy.principal_constraint().as_inner(),
            environment.principal,
        )?;
        let resources = types(
            has(ast::SlotId::resource()),
            policy.resource_constraint().as_inner(),
            environment.resource,
        )?;
        let mut linked = Vec::with_capacity(principals.len() * resources.len());
        for principal in &principals {
            for resource in &resources {
                let env = environment.env.clone();
                linked.push(env.link(principal.clone(), resource.clone()));
            }
        }
        Some(linked)
    }

    /// Whether some action of a link's scope applies to types that its scope takes, which the schema then knows.
    fn link_applies(&self, link: &ast::Policy, holds: &[Cow<'_, [usize]>]) -> bool {
        let (principal, resource) = (link.principal_constraint(), link.resource_constraint());
        let inside = holds.iter().flat_map(|places| places.iter());
        let mut inside = inside.filter_map(|at| self.all.get(*at));
        inside.any(|environment| self.takes(&principal, &resource, environment))
    }

    /// For each class the environments in which the action's scope holds, by their places, sorted; nothing where it names an
    /// unknown action.
    pub(super) fn action_scope(
        &self,
        constraint: &ast::ActionConstraint,
    ) -> Option<Vec<Cow<'_, [usize]>>> {
        let mut holds: Vec<Vec<usize>> = vec![Vec::new(); self.classes.len()];
        let mut mark = |action: &ast::EntityUID| {
            for (class, at) in self.by_action.get(action).into_iter().flatten() {
                if let Some(holds) = holds.get_mut(*class) {
                    holds.push(*at);
                }
            }
        };
        match constraint {
            ast::ActionConstraint::Any => {
                let all = self.classes.iter().map(|class| Cow::Borrowed(&class[..]));
                return Some(all.collect());
            }
            ast::ActionConstraint::Eq(action) => mark(action),
            ast::ActionConstraint::In(actions) => {
                for action in actions {
                    mark(action);
                    let group = self.schema.get_action_id(action)?;
                    group.descendants().for_each(&mut mark);
                }
            }
        }
        let sorted = holds.into_iter().map(|mut places| {
            places.sort_unstable();
            // An action may lie in several of the groups that are named.
            places.dedup();
            Cow::Owned(places)
        });
        Some(sorted.collect())
    }

    /// Whether a scope takes the principal and resource types of an environment, as Cedar's warning asks it.
    pub(super) fn takes(
        &self,
        principal: &ast::PrincipalConstraint,
        resource: &ast::ResourceConstraint,
        environment: &Environment<'s>,
    ) -> bool {
        self.constraint_takes(principal.as_inner(), environment.principal)
            && self.constraint_takes(resource.as_inner(), environment.resource)
    }

    fn constraint_takes(
        &self,
        constraint: &PrincipalOrResourceConstraint,
        ty: &ast::EntityType,
    ) -> bool {
        let below = |group: &ast::EntityType| {
            group == ty
                || self
                    .schema
                    .get_entity_type(group)
                    .is_some_and(|group| group.has_descendant_entity_type(ty))
        };
        match constraint {
            // A slot may be filled with whatever the type is in.
            PrincipalOrResourceConstraint::Any
            | PrincipalOrResourceConstraint::Eq(EntityReference::Slot(_))
            | PrincipalOrResourceConstraint::In(EntityReference::Slot(_)) => true,
            PrincipalOrResourceConstraint::Is(named)
            | PrincipalOrResourceConstraint::IsIn(named, EntityReference::Slot(_)) => {
                named.as_ref() == ty
            }
            PrincipalOrResourceConstraint::Eq(EntityReference::EUID(uid)) => {
                uid.entity_type() == ty
            }
            PrincipalOrResourceConstraint::In(EntityReference::EUID(uid)) => {
                below(uid.entity_type())
            }
            PrincipalOrResourceConstraint::IsIn(named, EntityReference::EUID(uid)) => {
                named.as_ref() == ty && below(uid.entity_type())
            }
        }
    }
}

/// Whether the conditions of a policy read the action.
pub(super) fn names_action(policy: &ast::Template) -> bool {
    policy.non_scope_constraints().is_some_and(|body| {
        body.subexpressions()
            .any(|part| matches!(part.expr_kind(), ast::ExprKind::Var(ast::Var::Action)))
    })
}
