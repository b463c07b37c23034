//! The entities and actions that a matrix or a list names.

use super::faults::fault;
use crate::cedar::EntityStore;
use crate::model::{Diagnostic, EntityRef, SourceFile, Span};
use crate::repository::{
    Choices, PolicyVersion, parse_action, parse_plain_reference, parse_reference,
};
use crate::yaml::Spanned;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What choices are made from.
pub(super) struct Offer<'v> {
    pub(super) version: &'v PolicyVersion,
    pub(super) store: &'v EntityStore,
    pub(super) file: &'v SourceFile,
}

/// What choices come to.
pub(super) struct Chosen {
    /// Everything that is named, in the order of its names, each once.
    pub(super) all: Vec<EntityRef>,
    /// What each text but `*` names, with its place.
    named: Vec<(String, Span, Vec<EntityRef>)>,
}

impl Chosen {
    /// The texts that name nothing of a set, with their places.
    pub(super) fn idle(&self, taken: &BTreeSet<&EntityRef>) -> Vec<(&str, Span)> {
        let idle = self
            .named
            .iter()
            .filter(|(_, _, found)| found.iter().all(|one| !taken.contains(one)));
        idle.map(|(text, span, _)| (text.as_str(), *span)).collect()
    }
}

impl Offer<'_> {
    /// The actions that are named, in the order of their names, each once.
    pub(super) fn actions(&self, choices: &Spanned<Choices>) -> Result<Chosen, Vec<Diagnostic>> {
        let schema = self.version.schema.as_ref();
        self.each(choices, |text| {
            if text != "*" {
                return parse_action(text, schema).map(|action| vec![action]);
            }
            let actions = schema.map(|schema| schema.actions());
            let actions = actions.ok_or("without a schema, actions are named one by one")?;
            // A group is no action that anybody takes.
            let taken = actions.iter().filter(|(_, info)| info.context.is_some());
            Ok(taken.map(|(action, _)| action.clone()).collect())
        })
    }

    /// The entities that are named. `*` is every entity of these types.
    pub(super) fn entities(
        &self,
        choices: &Spanned<Choices>,
        types: &BTreeSet<Arc<str>>,
    ) -> Result<Chosen, Vec<Diagnostic>> {
        let schema = self.version.schema.as_ref();
        self.each(choices, |text| {
            if text == "*" {
                let all = types.iter().flat_map(|ty| self.of_type(ty));
                return Ok(all.collect());
            }
            let known = |ty: &str| schema.is_some_and(|schema| schema.has_entity_type(ty));
            let unknown = |ty: &str| {
                (schema.is_some() && !known(ty))
                    .then(|| format!("the schema has no entity type `{ty}`"))
            };
            let ty = match text.strip_suffix("::*") {
                Some(ty) => match unknown(ty) {
                    Some(message) => return Err(message),
                    None => ty,
                },
                None if known(text) => text,
                None => {
                    let entity = parse_plain_reference(text)?;
                    return match unknown(&entity.ty) {
                        Some(message) => Err(message),
                        None => Ok(vec![entity]),
                    };
                }
            };
            match self.of_type(ty) {
                found if found.is_empty() => Err(format!("there is no entity of type `{ty}`")),
                found => Ok(found),
            }
        })
    }

    /// Every entity of a type: those of the store, and the ids that the schema lists.
    fn of_type(&self, ty: &str) -> Vec<EntityRef> {
        let mut found = self.store.of_type(ty);
        let schema = self.version.schema.as_ref();
        let listed = schema.and_then(|schema| schema.choices(ty));
        let listed = listed.into_iter().flatten();
        found.extend(listed.map(|id| EntityRef::new(ty, id.clone())));
        found.into_iter().collect()
    }

    fn each(
        &self,
        choices: &Spanned<Choices>,
        read: impl Fn(&str) -> Result<Vec<EntityRef>, String>,
    ) -> Result<Chosen, Vec<Diagnostic>> {
        let mut out = Vec::new();
        let mut named = Vec::new();
        let mut seen = BTreeSet::new();
        let mut faults = Vec::new();
        for (text, span) in choices.value.texts(choices.span) {
            match read(text) {
                Ok(found) => {
                    let new = found.iter().filter(|one| seen.insert((*one).clone()));
                    out.extend(new.cloned());
                    if text != "*" {
                        named.push((text.to_owned(), span, found));
                    }
                }
                Err(message) => faults.push(fault(self.file, span, message)),
            }
        }
        if out.is_empty() && faults.is_empty() {
            let message = "nothing is named here".to_owned();
            faults.push(fault(self.file, choices.span, message));
        }
        match faults.is_empty() {
            true => Ok(Chosen { all: out, named }),
            false => Err(faults),
        }
    }

    /// The types that these actions take: of principals, and of resources.
    pub(super) fn types(&self, actions: &[EntityRef]) -> [BTreeSet<Arc<str>>; 2] {
        let schema = self.version.schema.as_ref();
        let infos = || {
            let actions = actions.iter();
            actions.filter_map(|action| schema.and_then(|schema| schema.action(action)))
        };
        [
            infos().flat_map(|info| info.principals.clone()).collect(),
            infos().flat_map(|info| info.resources.clone()).collect(),
        ]
    }

    /// Whether an action takes such a principal and such a resource. Without a schema, every action does.
    pub(super) fn applies(
        &self,
        principal: &EntityRef,
        action: &EntityRef,
        resource: &EntityRef,
    ) -> bool {
        let Some(schema) = &self.version.schema else {
            return true;
        };
        // What the schema does not know is told by the typing of the request.
        schema.action(action).is_none_or(|info| {
            info.principals.contains(&principal.ty) && info.resources.contains(&resource.ty)
        })
    }

    /// An entity as a person writes it: without quotes where they are not needed.
    pub(super) fn entity(&self, entity: &EntityRef) -> String {
        let short = format!("{}::{}", entity.ty, entity.id);
        let plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
        match entity.id.chars().all(plain) && parse_reference(&short).as_ref() == Ok(entity) {
            true => short,
            false => entity.to_string(),
        }
    }

    /// An action as a person writes it: its id where only one namespace has it.
    pub(super) fn action(&self, action: &EntityRef) -> String {
        let schema = self.version.schema.as_ref();
        let named = schema.and_then(|schema| schema.action_named(&action.id));
        match named.as_ref() == Some(action) && !action.id.contains("::") {
            true => action.id.to_string(),
            false => action.to_string(),
        }
    }
}
