//! Data sets and changes of a mapping file → rules, held to the schema.

use super::compile::{Compiler, value};
use super::entities::{Change, DataSet, DataStep, Parent, Tags};
use super::lines::Under;
use super::{Line, ValueTemplate};
use crate::model::{Json, RecordType, Span};
use crate::repository::files::{ChangeSpec, DataSpec};
use crate::repository::references::nearest;
use crate::repository::rows::{Flag, Given};
use crate::repository::template::{Field, Placeholder, Reads, ReferenceTemplate, Template};
use crate::yaml::Spanned;
use std::collections::BTreeMap;

impl Compiler<'_> {
    pub(super) fn data_set(&mut self, name: &str, spec: &Spanned<DataSpec>) -> Option<DataSet> {
        let part = format!("data.{name}");
        let text = &spec.value.entity;
        let line = self
            .lines
            .add(Under::default(), Some(&part), &text.value, text.span);
        let spec = &spec.value;
        let at = match &spec.at {
            Some(at) => Some(self.way(at)?),
            None => None,
        };
        let entity = self.reference(text, ReferenceTemplate::parse, Reads::Row)?;
        let parents = self.parents(&spec.parents, Reads::Row);
        let ty = self.attributes_of(&entity);
        let mut attrs = BTreeMap::new();
        for (name, json) in &spec.attrs {
            self.check_entity_attribute(name, json.span, &entity, ty.as_ref());
            if let Some(value) = self.value(json, Reads::Row) {
                attrs.insert(name.clone(), value);
            }
        }
        let tags = self.tags(spec.tags.as_ref(), &entity);
        let as_of = match &spec.as_of {
            Some(text) => Some(self.text(text, Reads::Row)?),
            None => None,
        };
        Some(DataSet {
            name: name.into(),
            at,
            entity,
            parents,
            attrs,
            tags,
            as_of,
            line,
            given: Given::default(),
            asked: Flag::default(),
        })
    }

    pub(super) fn change(
        &mut self,
        spec: &Spanned<ChangeSpec>,
        number: usize,
        under: Under<'_>,
    ) -> Option<(Change, Line)> {
        let part = format!("changes.{number}");
        let text = &spec.value.entity;
        let line = self.lines.add(under, Some(&part), &text.value, text.span);
        let entity = self.reference(text, ReferenceTemplate::parse, Reads::Result)?;
        let ty = self.attributes_of(&entity);
        let mut attrs = BTreeMap::new();
        for (name, json) in &spec.value.attrs {
            self.check_entity_attribute(name, json.span, &entity, ty.as_ref());
            let value = match json.value {
                Json::Null => None,
                _ => Some(self.value(json, Reads::Result)?),
            };
            attrs.insert(name.clone(), value);
        }
        let parents = spec.value.parents.as_ref();
        let parents = parents.map(|parents| self.parents(parents, Reads::Result));
        let change = Change {
            entity,
            attrs,
            parents,
            line: line.clone(),
        };
        Some((change, line))
    }

    /// The keys that lead to the rows of a document.
    fn way(&mut self, at: &Spanned<String>) -> Option<Vec<DataStep>> {
        let steps = at.value.split('.').map(|step| match step {
            "*" => DataStep::Every,
            key => DataStep::Key(key.to_owned()),
        });
        if at.value.split('.').any(str::is_empty) {
            self.fault(at.span, format!("`{}` has an empty step", at.value));
            return None;
        }
        Some(steps.collect())
    }

    /// A text, of which every placeholder may be read there.
    pub(super) fn text(&mut self, text: &Spanned<String>, reads: Reads) -> Option<Template> {
        match Template::parse(&text.value) {
            Ok(template) => {
                let wrong = template
                    .placeholders()
                    .find_map(|one| misplaced(one, reads, false));
                self.derives |= template.derives();
                self.numbers |= template.placeholders().any(|one| one.field.has_number());
                match wrong {
                    Some(message) => {
                        self.fault(text.span, message);
                        None
                    }
                    None => Some(template),
                }
            }
            Err(message) => {
                self.fault(text.span, message);
                None
            }
        }
    }

    /// A value, of which every placeholder may be read there.
    pub(super) fn value(&mut self, json: &Spanned<Json>, reads: Reads) -> Option<ValueTemplate> {
        let template = match value(&json.value) {
            Ok(template) => template,
            Err(message) => {
                self.fault(json.span, message);
                return None;
            }
        };
        let mut wrong = None;
        template.placeholders(false, &mut |one, item| {
            self.derives |= !one.steps.is_empty();
            self.numbers |= one.field.has_number();
            wrong = wrong.take().or_else(|| misplaced(one, reads, item));
        });
        match wrong {
            Some(message) => {
                self.fault(json.span, message);
                None
            }
            None => Some(template),
        }
    }

    fn parents(&mut self, specs: &[Spanned<Json>], reads: Reads) -> Vec<Parent> {
        let mut parents = Vec::new();
        for spec in specs {
            let parent = match value(&spec.value) {
                Ok(ValueTemplate::Reference(entity, _)) => Ok(Parent::One(entity)),
                Ok(ValueTemplate::Constant(Json::String(text))) => {
                    ReferenceTemplate::parse(&text).map(Parent::One)
                }
                Ok(ValueTemplate::Each(each, with)) => match *with {
                    ValueTemplate::Reference(entity, _) => Ok(Parent::Each(each, entity)),
                    _ => Err(
                        "what an entity is in are entities; write `as: Type::\"{item}\"`"
                            .to_owned(),
                    ),
                },
                Ok(_) => Err(
                    "what an entity is in is an entity; write `Type::\"{…}\"`, or `each` and `as`"
                        .to_owned(),
                ),
                Err(message) => Err(message),
            };
            let parent = parent.and_then(|parent| {
                let wrong = parent
                    .placeholders()
                    .find_map(|(one, item)| misplaced(one, reads, item));
                match wrong {
                    Some(message) => Err(message),
                    None => Ok(parent),
                }
            });
            match parent {
                Ok(parent) => {
                    for (one, _) in parent.placeholders() {
                        self.derives |= !one.steps.is_empty();
                        self.numbers |= one.field.has_number();
                    }
                    let (Parent::One(entity) | Parent::Each(_, entity)) = &parent;
                    self.check_type(entity, spec.span);
                    parents.push(parent);
                }
                Err(message) => self.fault(spec.span, message),
            }
        }
        parents
    }

    fn tags(&mut self, spec: Option<&Spanned<Json>>, entity: &ReferenceTemplate) -> Tags {
        let none = Tags::Named(BTreeMap::new());
        let Some(spec) = spec else {
            return none;
        };
        let may = match (&entity.ty, self.schema) {
            (Some(ty), Some(schema)) => schema.tag_type(ty).is_some(),
            _ => true,
        };
        let tags = match self.value(spec, Reads::Row) {
            None => return none,
            Some(ValueTemplate::Record(members)) => Tags::Named(members),
            Some(ValueTemplate::Text(text)) => match text.only_field() {
                Some(field) => Tags::Members(field.clone()),
                None => {
                    let message =
                        "tags are named one by one, or are the members of one placeholder";
                    self.fault(spec.span, message.to_owned());
                    return none;
                }
            },
            Some(_) => {
                let message = "tags are named one by one, or are the members of one placeholder";
                self.fault(spec.span, message.to_owned());
                return none;
            }
        };
        if !may && tags != none {
            let ty = entity.ty.as_deref().unwrap_or_default();
            self.warn(spec.span, format!("the schema gives `{ty}` no tags"));
        }
        tags
    }

    fn attributes_of(&self, entity: &ReferenceTemplate) -> Option<RecordType> {
        self.schema?.entity_type(entity.ty.as_deref()?)
    }

    fn check_entity_attribute(
        &mut self,
        name: &str,
        span: Span,
        entity: &ReferenceTemplate,
        ty: Option<&RecordType>,
    ) {
        let Some(ty) = ty.filter(|ty| !ty.attributes.contains_key(name)) else {
            return;
        };
        let hint = nearest(name, ty.attributes.keys().map(AsRef::as_ref))
            .map(|name| format!("; did you mean `{name}`?"))
            .unwrap_or_default();
        let entity = entity.ty.as_deref().unwrap_or_default();
        self.warn(span, format!("`{entity}` has no attribute `{name}`{hint}"));
    }
}

/// Why a placeholder cannot be read where it stands.
pub(super) fn misplaced(one: &Placeholder, reads: Reads, item: bool) -> Option<String> {
    if one.field.is_of(reads, item) {
        return None;
    }
    let field = &one.field;
    Some(match (field, reads) {
        (Field::Item(_), _) => format!("`{{{field}}}` is read in `as` alone, beside `each`"),
        (Field::Result(_), Reads::Call) => {
            format!("`{{{field}}}` is what a call gave back, which is read in `changes` alone")
        }
        (_, Reads::Row) => format!(
            "`{{{field}}}` is of a call, and a row has none; there are `key`, `keys.0` and `row.NAME`"
        ),
        _ => format!("`{{{field}}}` is of a row, which is read in `data` alone"),
    })
}
