//! What the type checker sees of a policy in each request environment of its scope: whether it can apply there, and the
//! types of its expressions.

use super::typecheck::{Environment, Environments};
use super::typed_parts::{Typed, by_place, collect};
use super::{ParsedPolicy, Schema, reference};
use crate::model::{EntityRef, Span};
use cedar_policy_core::ast;
use cedar_policy_core::validator::ValidationMode;
use cedar_policy_core::validator::typecheck::{PolicyCheck, Typechecker};
use cedar_policy_core::validator::types::{BoolType, Type as CedarType};
use std::sync::Arc;

/// The request environments of a schema, for looking at many policies.
pub struct Typings<'s> {
    environments: Environments<'s>,
    /// The actions, sorted: numbers are compared faster than names.
    actions: Arc<[EntityRef]>,
    /// The number of each environment's action.
    numbers: Vec<usize>,
    /// The actions of each class of environments, sorted.
    of_classes: Vec<Arc<[EntityRef]>>,
}

/// What a policy comes to in some environments of equal types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedEnvironment {
    /// The type of the principal.
    pub principal: Arc<str>,
    /// The actions.
    pub actions: Arc<[EntityRef]>,
    /// The type of the resource.
    pub resource: Arc<str>,
    /// What comes of the policy.
    pub verdict: Verdict,
    /// The boolean parts of its conditions that always hold here, sorted.
    holds: Vec<Span>,
    /// Those that never hold here.
    fails: Vec<Span>,
}

impl TypedEnvironment {
    /// Whether the part at a place always holds here.
    pub fn holds(&self, span: Span) -> bool {
        self.holds.binary_search(&span).is_ok()
    }

    /// Whether the part at a place never holds here.
    pub fn fails(&self, span: Span) -> bool {
        self.fails.binary_search(&span).is_ok()
    }
}

/// What comes of a policy in an environment, as far as types say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It never applies.
    Never,
    /// It may apply or not.
    May,
    /// Wherever its scope holds, it applies.
    Always,
    /// It has a type error.
    Faulty,
}

/// What the type checker sees of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typing {
    /// The environments of its scope.
    pub environments: Vec<TypedEnvironment>,
    /// By place, sorted.
    types: Vec<(Span, Typed)>,
    covered: Arc<[EntityRef]>,
    live: Arc<[EntityRef]>,
}

impl Typing {
    /// The type of the expression at a place; nothing where it is not looked at in any environment, as what stands behind
    /// a `false &&`.
    pub fn at(&self, span: Span) -> Option<&Typed> {
        let found = self.types.binary_search_by_key(&span, |(span, _)| *span);
        let (_, typed) = self.types.get(found.ok()?)?;
        Some(typed)
    }

    /// Whether the policy has no type error.
    pub fn is_clean(&self) -> bool {
        let mut verdicts = self.environments.iter().map(|found| found.verdict);
        verdicts.all(|verdict| verdict != Verdict::Faulty)
    }

    /// The actions of its scope that apply to anything, sorted.
    pub fn actions(&self) -> &[EntityRef] {
        &self.covered
    }

    /// The actions for which it may apply, sorted.
    pub fn live_actions(&self) -> &Arc<[EntityRef]> {
        &self.live
    }
}

impl Schema {
    /// The environments of this schema; nothing where it names what other schemas would have to declare.
    pub fn typings(&self) -> Option<Typings<'_>> {
        let environments = Environments::of(self.inner.as_ref())?;
        let named = environments.all.iter();
        let named = named.filter_map(|found| Some(reference(found.env.action_entity_uid()?)));
        let mut actions: Vec<EntityRef> = named.collect();
        actions.sort_unstable();
        actions.dedup();
        let number = |found: &Environment<'_>| {
            let action = reference(found.env.action_entity_uid()?);
            actions.binary_search(&action).ok()
        };
        let numbers: Vec<usize> = environments.all.iter().map(number).collect::<Option<_>>()?;
        let mut typings = Typings {
            actions: actions.into(),
            numbers,
            of_classes: Vec::new(),
            environments,
        };
        let classes = typings.environments.classes.iter();
        let of_class = |class: &Vec<usize>| {
            let numbered = typings.numbered(class).into_iter();
            let numbers: Vec<usize> = numbered.map(|(number, _)| number).collect();
            typings.named(&numbers, &typings.actions)
        };
        typings.of_classes = classes.map(of_class).collect();
        Some(typings)
    }
}

impl Typings<'_> {
    /// Looks at one policy or template; nothing where its scope names an unknown action.
    pub fn of(&self, policy: &ParsedPolicy) -> Option<Typing> {
        let template = policy.template.as_ref();
        let holds = self
            .environments
            .action_scope(template.action_constraint())?;
        let typechecker = Typechecker::new(self.environments.schema, ValidationMode::Strict);
        let condition = template.condition();
        let each = super::typecheck::names_action(template);
        let mut typing = Typing::default();
        let mut found = Vec::new();
        for (inside, of_class) in holds.iter().zip(&self.of_classes) {
            // Within a class principals have one type, and resources have one.
            let within = inside.first().and_then(|at| self.environments.all.get(*at));
            let principal = template.principal_constraint();
            let resource = template.resource_constraint();
            let takes = |environment| self.environments.takes(principal, resource, environment);
            if !within.is_some_and(takes) {
                continue;
            }
            let inside = self.numbered(inside);
            let together = if each { 1 } else { inside.len().max(1) };
            for group in inside.chunks(together) {
                let first = group.first();
                let Some(first) = first.and_then(|(_, at)| self.environments.all.get(*at)) else {
                    continue;
                };
                let linked = self.environments.linked(template, first)?;
                let mut verdict = None;
                let mut here = Vec::new();
                for env in &linked {
                    let found = match typechecker.typecheck_by_single_request_env(template, env) {
                        PolicyCheck::Success(typed) => {
                            collect(&condition, &typed, &mut here);
                            match is_true(&typed) {
                                true => Verdict::Always,
                                false => Verdict::May,
                            }
                        }
                        PolicyCheck::Irrelevant(errors, typed) => {
                            collect(&condition, &typed, &mut here);
                            match errors.is_empty() {
                                true => Verdict::Never,
                                false => Verdict::Faulty,
                            }
                        }
                        PolicyCheck::Fail(_) => Verdict::Faulty,
                    };
                    verdict = Some(match verdict {
                        None => found,
                        Some(other) => worse(other, found),
                    });
                }
                by_place(&mut here);
                let numbers: Vec<usize> = group.iter().map(|(number, _)| *number).collect();
                let spans = |wanted: fn(&Typed) -> bool| {
                    let found = here.iter().filter(|(_, typed)| wanted(typed));
                    found.map(|(span, _)| *span).collect()
                };
                let environment = TypedEnvironment {
                    holds: spans(|typed| !typed.can_fail),
                    fails: spans(|typed| !typed.can_hold),
                    principal: first.principal.to_string().into(),
                    actions: self.named(&numbers, of_class),
                    resource: first.resource.to_string().into(),
                    verdict: verdict.unwrap_or(Verdict::Never),
                };
                found.push((numbers, environment));
                typing.types.extend(here);
            }
        }
        found.sort_by(|(one, a), (other, b)| {
            (one, &a.principal, &a.resource).cmp(&(other, &b.principal, &b.resource))
        });
        let all = found.iter().flat_map(|(numbers, _)| numbers);
        by_place(&mut typing.types);
        typing.covered = self.named(&distinct(all), &self.actions);
        let live = found
            .iter()
            .filter(|(_, found)| found.verdict != Verdict::Never);
        let live = distinct(live.flat_map(|(numbers, _)| numbers));
        typing.live = self.named(&live, &self.actions);
        typing.environments = found.into_iter().map(|(_, found)| found).collect();
        Some(typing)
    }

    /// Environments, by their places, in order of the numbers of their actions, and with those.
    fn numbered(&self, places: &[usize]) -> Vec<(usize, usize)> {
        let numbered = places
            .iter()
            .filter_map(|at| Some((*self.numbers.get(*at)?, *at)));
        let mut all: Vec<(usize, usize)> = numbered.collect();
        all.sort_unstable();
        all
    }

    /// Actions by their numbers, which are distinct and all in a list; where they are the whole of it, it is shared.
    fn named(&self, numbers: &[usize], list: &Arc<[EntityRef]>) -> Arc<[EntityRef]> {
        if numbers.len() == list.len() {
            return list.clone();
        }
        let names = numbers
            .iter()
            .filter_map(|number| self.actions.get(*number));
        names.cloned().collect()
    }
}

fn distinct<'n>(numbers: impl Iterator<Item = &'n usize>) -> Vec<usize> {
    let mut found: Vec<usize> = numbers.copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What holds of two ways to fill the slots of a template.
fn worse(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Faulty, _) | (_, Verdict::Faulty) => Verdict::Faulty,
        (one, other) if one == other => one,
        _ => Verdict::May,
    }
}

fn is_true(expr: &ast::Expr<Option<CedarType>>) -> bool {
    matches!(expr.data(), Some(CedarType::Bool(BoolType::True)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::{parse_policies, parse_schema};
    use crate::model::SourceFile;

    #[test]
    fn an_action_of_two_groups_counts_once() {
        let schema = "entity A; entity R, S; action g, h;
            action a, b in [g, h] appliesTo { principal: A, resource: [R, S], context: {} };
            action c in [h] appliesTo { principal: A, resource: R, context: {} };
            action d appliesTo { principal: A, resource: R, context: {} };";
        let (schema, faults) = parse_schema(&[SourceFile::new("a.cedarschema", schema)]);
        assert_eq!(faults, Vec::new());
        let schema = schema.unwrap();
        let typings = schema.typings().unwrap();
        for (scope, ids, environments) in [
            (
                "action in [Action::\"h\", Action::\"g\", Action::\"a\"]",
                "abc",
                [3, 2],
            ),
            ("action in Action::\"g\"", "ab", [2, 2]),
            ("action == Action::\"c\"", "c", [1, 0]),
            ("action", "abcd", [4, 2]),
        ] {
            let text = format!("permit (principal, {scope}, resource);");
            let (policies, _) = parse_policies(&SourceFile::new("a.cedar", text));
            let typing = typings.of(&policies[0]).unwrap();
            let named =
                |all: &[EntityRef]| all.iter().map(|action| &*action.id).collect::<String>();
            assert_eq!(named(typing.actions()), ids, "{scope}");
            assert_eq!(named(typing.live_actions()), ids, "{scope}");
            let of = |ty: &str| {
                let mut all = typing.environments.iter();
                all.find(|found| &*found.resource == ty)
                    .map_or(0, |found| found.actions.len())
            };
            assert_eq!([of("R"), of("S")], environments, "{scope}");
        }
    }
}
