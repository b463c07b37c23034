//! Who gives an attribute of the context, by the mapping: the agent, where it is filled from the arguments of a call.

use super::context::{Context, Policy, Trust};
use crate::cedar::Term;
use crate::model::{EntityRef, Variable};
use crate::repository::{
    Derivation, Field, Part, PolicyVersion, Template, ToolRule, ValueTemplate,
};
use std::collections::BTreeMap;

/// The rules of the mapping by the actions that they may map calls to.
#[derive(Default)]
pub(super) struct Givers<'r>(BTreeMap<&'r EntityRef, Vec<&'r ToolRule>>);

impl<'r> Givers<'r> {
    /// Those of a version; none where it has no mapping.
    pub(super) fn of(version: &'r PolicyVersion) -> Self {
        let (Some(mapping), Some(schema)) = (&version.mapping, &version.schema) else {
            return Self::default();
        };
        let mut by_id: BTreeMap<&str, Vec<&ToolRule>> = BTreeMap::new();
        let mut others = Vec::new();
        for rule in mapping.rules().filter(|rule| !takes_name(rule)) {
            let template = rule.action.as_ref().map(|action| &action.id);
            match template.and_then(Template::constant) {
                Some(id) => by_id.entry(id).or_default().push(rule),
                None => others.push(rule),
            }
        }
        let makers = |action: &EntityRef| {
            let own = Some(mapping.rule(&action.id)).filter(|rule| takes_name(rule));
            let named = by_id.get(action.id.as_ref()).into_iter().flatten();
            let all = own.into_iter().chain(named.copied());
            let all = all.chain(others.iter().copied());
            all.filter(|rule| rule.can_make(action)).collect()
        };
        let actions = schema.actions().keys();
        Self(actions.map(|action| (action, makers(action))).collect())
    }
}

impl Givers<'_> {
    /// What the rules of an action fill its context with.
    pub(super) fn fillings(&self, action: &EntityRef) -> Vec<&BTreeMap<String, ValueTemplate>> {
        let rules = self.0.get(action).into_iter().flatten();
        rules.map(|rule| &rule.context).collect()
    }
}

/// Whether a rule maps each tool to the action of its name.
fn takes_name(rule: &ToolRule) -> bool {
    let template = rule.action.as_ref().map(|action| &action.id);
    let only = template.and_then(Template::only_field);
    only.is_some_and(|only| only.field == Field::Tool && only.steps.is_empty())
}

impl Context<'_> {
    /// Who gives a path of the context for an action, as the mapping fills it: of several rules, the least trusted one.
    /// Nothing where no rule fills it.
    pub(super) fn given(&self, action: &EntityRef, path: &[&str]) -> Option<Trust> {
        let found = self.filled(action, path);
        found.into_iter().map(giver).min()
    }

    /// What the rules of an action put at a path of the context.
    fn filled(&self, action: &EntityRef, path: &[&str]) -> Vec<&ValueTemplate> {
        let Some((first, rest)) = path.split_first() else {
            return Vec::new();
        };
        let rules = self.givers.0.get(action).into_iter().flatten();
        let values = rules.filter_map(|rule| rule.context.get(*first));
        values.filter_map(|value| at(value, rest)).collect()
    }
}

/// What stands at a path of a value: itself, where it is not known what it is made of.
fn at<'v>(value: &'v ValueTemplate, path: &[&str]) -> Option<&'v ValueTemplate> {
    match (value, path.split_first()) {
        (ValueTemplate::Record(members), Some((first, rest))) => at(members.get(*first)?, rest),
        _ => Some(value),
    }
}

/// Who gives a value: the agent, where any of it is an argument of the call. The harness knows the rest.
fn giver(value: &ValueTemplate) -> Trust {
    let of_agent = match value {
        ValueTemplate::Constant(_) => false,
        ValueTemplate::Text(template) | ValueTemplate::Reference(_, template) => {
            template.parts.iter().any(|part| match part {
                Part::Text(_) => false,
                Part::Field(placeholder) => matches!(placeholder.field, Field::Args(_)),
            })
        }
        ValueTemplate::Record(members) => members.values().any(|one| giver(one) == Trust::Agent),
        ValueTemplate::Set(items) => items.iter().any(|one| giver(one) == Trust::Agent),
        ValueTemplate::Each(of, each) => {
            matches!(of.field, Field::Args(_)) || giver(each) == Trust::Agent
        }
    };
    match of_agent {
        true => Trust::Agent,
        false => Trust::System,
    }
}

impl Policy<'_> {
    /// Whether what an expression reads is derived by one of these steps at last, for every action of the scope, wherever
    /// the mapping fills it.
    pub fn is_derived(&self, operand: &Term, by: &[Derivation]) -> bool {
        let Some((Variable::Context, path)) = operand.path() else {
            return false;
        };
        let actions = self.samples().iter();
        let mut values = actions.flat_map(|action| self.context.filled(action, &path));
        let mut any = false;
        let all = values.all(|value| {
            any = true;
            last_step(value).is_some_and(|step| by.contains(&step))
        });
        any && all
    }
}

fn last_step(value: &ValueTemplate) -> Option<Derivation> {
    let ValueTemplate::Text(template) = value else {
        return None;
    };
    template.only_field()?.steps.last().copied()
}
