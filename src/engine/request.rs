//! A recorded tool call → a request, by the mapping and typed by the schema.
//!
//! Facts are never made up: a field that cannot be typed becomes an unknown field of the request.

mod data;
mod facts;
mod look_up;
mod meant;
mod past;
mod trace;
mod usage;

pub use data::{DataFile, read_rows};
pub use look_up::{LookedUp, LookedUpEntity, NotFound};
pub use meant::Meant;
pub use past::Patches;
pub use trace::{Became, Trace, TracedFound, TracedPart, TracedRead, trace_call};
pub use usage::{Takes, Usage, fields, placeholders, usage};

use crate::cedar::{EntityStore, Schema};
use crate::model::{
    EntityRef, FieldPath, Json, NotReplayable, RecordType, RecordedAction, Request, ToolCall, Type,
    Value,
};
use crate::repository::{
    Field, Mapping, Part, Placeholder, ReferenceTemplate, Template, ToolRule, Typing,
    ValueTemplate, Writer,
};
use facts::{Facts, Found};
use std::collections::{BTreeMap, BTreeSet};

/// The request of a call, and what was lost on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// The request, with its unknown fields.
    pub request: Request,
    /// Fields that the schema does not know and that were left out.
    pub left_out: BTreeSet<FieldPath>,
    /// The entities that were looked up for it, in Cedar's entity JSON.
    pub entities: Vec<Json>,
}

/// What calls are mapped by.
#[derive(Debug, Clone, Copy)]
pub struct By<'v> {
    /// The mapping.
    pub mapping: &'v Mapping,
    /// The schema.
    pub schema: &'v Schema,
    /// The entities that the version itself has.
    pub store: Option<&'v EntityStore>,
    /// What calls changed, where the same calls come before many actions.
    pub patches: Option<&'v Patches>,
}

/// Maps one call. The error says why there is no request.
pub fn map_call(
    action: &RecordedAction,
    call: &ToolCall,
    mapping: &Mapping,
    schema: &Schema,
) -> Result<Mapped, NotReplayable> {
    let by = By {
        mapping,
        schema,
        store: None,
        patches: None,
    };
    by.map(action, call)
}

impl By<'_> {
    /// Maps one call, and looks up what its request needs. The error says why there is no request.
    pub fn map(self, action: &RecordedAction, call: &ToolCall) -> Result<Mapped, NotReplayable> {
        self.mapping.uses().mapped.set();
        let meant = Meant::of(action, call, self.mapping).ok_or(NotReplayable::UnknownAction)?;
        let rule = self.mapping.rule(&meant.tool);
        if rule.skip {
            return Err(NotReplayable::LeftOut);
        }
        let mut mapped = fill(meant.facts(action), rule, self.schema, None)?;
        mapped.entities = self
            .look_up(action, &mapped.request)
            .map_err(|lost| lost.reason)?
            .json();
        Ok(mapped)
    }
}

/// Why fields are unknown.
type Notes = BTreeMap<FieldPath, String>;

/// Makes the request of a call by a rule.
fn fill(
    facts: Facts<'_>,
    rule: &ToolRule,
    schema: &Schema,
    notes: Option<&mut Notes>,
) -> Result<Mapped, NotReplayable> {
    let (uid, info) = facts
        .action(rule, schema)
        .ok_or(NotReplayable::UnknownAction)?;
    let part = |template: &Option<ReferenceTemplate>, missing| {
        template
            .as_ref()
            .and_then(|template| facts.reference(template))
            .ok_or(missing)
    };
    let principal = part(&rule.principal, NotReplayable::UnmappedPrincipal)?;
    let resource = part(&rule.resource, NotReplayable::UnmappedResource)?;
    let empty = RecordType::default();
    let mut filling = Filling {
        facts,
        unknown: BTreeSet::new(),
        left_out: BTreeSet::new(),
        notes,
    };
    let ty = info.context.as_ref().unwrap_or(&empty);
    let mut context = filling.record(&rule.context, ty, &[]);
    for clock in &info.clocks {
        // What the call says goes before the action's time, even where it cannot be typed.
        if !filling.says(&rule.context, &clock.0) {
            filling.clock(&mut context, ty, clock);
        }
    }
    Ok(Mapped {
        request: Request {
            principal,
            action: uid,
            resource,
            context,
            unknown: filling.unknown,
        },
        left_out: filling.left_out,
        entities: Vec::new(),
    })
}

struct Filling<'a, 'n> {
    facts: Facts<'a>,
    unknown: BTreeSet<FieldPath>,
    left_out: BTreeSet<FieldPath>,
    /// Where it is kept why fields are unknown.
    notes: Option<&'n mut Notes>,
}

impl Filling<'_, '_> {
    /// A value that stands alone: what comes of a template, and why something of it is unknown.
    fn alone(
        facts: Facts<'_>,
        template: &ValueTemplate,
        ty: &Type,
        here: &FieldPath,
    ) -> (Option<Value>, Option<String>) {
        // What a text needs and is known not to be there makes no value.
        if let ValueTemplate::Text(text) | ValueTemplate::Reference(_, text) = template
            && facts.is_absent(text)
        {
            return (None, None);
        }
        let mut notes = Notes::new();
        let mut filling = Filling {
            facts,
            unknown: BTreeSet::new(),
            left_out: BTreeSet::new(),
            notes: Some(&mut notes),
        };
        let value = filling.value(template, ty, here);
        let lost = filling.unknown.pop_first();
        let lost = lost.map(|path| notes.remove(&path).unwrap_or_default());
        (value, lost)
    }

    /// What an agent or a row says, as a value of a type; nothing where it is none.
    fn read(json: &Json, ty: &Type) -> Option<Value> {
        let mut typing = Typing::new(Writer::Agent);
        let value = typing.value(json, ty, &[])?;
        typing.problems.is_empty().then_some(value)
    }

    fn record(
        &mut self,
        templates: &BTreeMap<String, ValueTemplate>,
        ty: &RecordType,
        path: &[String],
    ) -> BTreeMap<String, Value> {
        let mut out = BTreeMap::new();
        for (name, template) in templates {
            if !ty.attributes.contains_key(name.as_str()) && self.finds(template) {
                self.left_out.insert(field(path, name));
            }
        }
        for (name, attribute) in &ty.attributes {
            let here = field(path, name);
            let value = templates
                .get(name.as_ref())
                .and_then(|template| self.value(template, &attribute.ty, &here));
            match value {
                Some(value) => {
                    out.insert(name.to_string(), value);
                }
                // The schema promises a value, and the call does not hold it.
                None if attribute.required => {
                    self.lost::<Value>(&here, || match templates.contains_key(name.as_ref()) {
                        true => {
                            "the schema requires it, and the call has nothing for it".to_owned()
                        }
                        false => {
                            "the schema requires it, and the mapping does not say it".to_owned()
                        }
                    });
                }
                None => {}
            }
        }
        out
    }

    /// Whether the call holds anything that a template would take: a general rule may name what only some tools have.
    fn finds(&self, template: &ValueTemplate) -> bool {
        match template {
            ValueTemplate::Constant(_) => false,
            ValueTemplate::Record(members) => members.values().any(|member| self.finds(member)),
            ValueTemplate::Set(items) => items.iter().any(|item| self.finds(item)),
            ValueTemplate::Each(each, _) => !matches!(self.facts.find(each), Found::Absent),
            ValueTemplate::Text(template) | ValueTemplate::Reference(_, template) => {
                template.parts.iter().any(|part| match part {
                    Part::Text(_) => false,
                    Part::Field(placeholder) => {
                        !matches!(self.facts.find(placeholder), Found::Absent)
                    }
                })
            }
        }
    }

    fn value(&mut self, template: &ValueTemplate, ty: &Type, here: &FieldPath) -> Option<Value> {
        match template {
            ValueTemplate::Constant(json) => self.typed(json, ty, here, Writer::Person),
            ValueTemplate::Record(members) => match ty {
                Type::Record(record) => Some(Value::Record(self.record(members, record, &here.0))),
                _ => self.lost(here, || no_such(ty)),
            },
            ValueTemplate::Set(items) => self.set(items, ty, here),
            ValueTemplate::Each(each, with) => self.each(each, with, ty, here),
            ValueTemplate::Reference(reference, template) => match ty {
                Type::Entity(name) if reference.ty.as_deref() == Some(name.as_ref()) => {
                    match self.facts.reference(reference) {
                        Some(uid) => Some(Value::Entity(uid)),
                        // What its id is made of is known to be nothing: then there is no entity.
                        None if self.facts.is_absent(&reference.id) => None,
                        None => self.lost(here, || NOT_FILLED.to_owned()),
                    }
                }
                Type::Entity(_) => self.lost(here, || no_such(ty)),
                _ => self.text(template, ty, here),
            },
            ValueTemplate::Text(template) => match template.only_field() {
                Some(placeholder) => match self.facts.find(placeholder) {
                    Found::Value(json) => self.typed(&json, ty, here, Writer::Agent),
                    Found::Absent => None,
                    Found::Unknown(why) => self.lost(here, || why.to_string()),
                },
                None => self.text(template, ty, here),
            },
        }
    }

    fn typed(&mut self, json: &Json, ty: &Type, here: &FieldPath, writer: Writer) -> Option<Value> {
        let mut typing = Typing::new(writer);
        let value = typing.value(json, ty, &here.0);
        for problem in typing.problems {
            self.lost::<Value>(&problem.path, || problem.message);
        }
        self.left_out.extend(typing.left_out);
        value
    }

    /// A set is known where all its elements are; an element that the call does not hold is left out.
    fn set(&mut self, items: &[ValueTemplate], ty: &Type, here: &FieldPath) -> Option<Value> {
        let Type::Set(element) = ty else {
            return self.lost(here, || no_such(ty));
        };
        let before = self.unknown.clone();
        let values: Vec<Value> = items
            .iter()
            .filter_map(|item| self.value(item, element, here))
            .collect();
        if self.unknown != before {
            self.unknown = before;
            return self.lost(here, || "an element of the set is unknown".to_owned());
        }
        Some(Value::Set(values))
    }

    /// A set of what becomes of each element; known where all of that is.
    fn each(
        &mut self,
        each: &Placeholder,
        with: &ValueTemplate,
        ty: &Type,
        here: &FieldPath,
    ) -> Option<Value> {
        let Type::Set(element) = ty else {
            return self.lost(here, || no_such(ty));
        };
        let items = match self.facts.elements(each) {
            Ok(items) => items?,
            Err(why) => return self.lost(here, || why.to_string()),
        };
        let mut values = Vec::new();
        for item in &items {
            let mut inner = Filling {
                facts: Facts {
                    item: Some(item),
                    ..self.facts
                },
                unknown: BTreeSet::new(),
                left_out: BTreeSet::new(),
                notes: None,
            };
            values.extend(inner.value(with, element, here));
            self.left_out.append(&mut inner.left_out);
            if !inner.unknown.is_empty() {
                return self.lost(here, || "an element of the set is unknown".to_owned());
            }
        }
        Some(Value::Set(values))
    }

    /// A text of several pieces is a string, the id of an entity, or what an extension type is made of.
    fn text(&mut self, template: &Template, ty: &Type, here: &FieldPath) -> Option<Value> {
        let Some(text) = self.facts.text(template) else {
            return match self.facts.is_absent(template) {
                true => None,
                false => self.lost(here, || NOT_FILLED.to_owned()),
            };
        };
        match ty {
            Type::String => Some(Value::String(text)),
            Type::Entity(name) => Some(Value::Entity(EntityRef::new(name.clone(), text))),
            Type::Decimal | Type::Datetime | Type::Duration | Type::IpAddr => {
                self.typed(&Json::String(text), ty, here, Writer::Person)
            }
            _ => self.lost(here, || no_such(ty)),
        }
    }

    fn lost<T>(&mut self, here: &FieldPath, why: impl FnOnce() -> String) -> Option<T> {
        if let Some(notes) = &mut self.notes {
            // What was found first is nearest to the cause.
            notes.entry(here.clone()).or_insert_with(why);
        }
        self.unknown.insert(here.clone());
        None
    }

    /// Whether the call holds anything, known or not, that the templates take for the attribute at a path.
    fn says(&self, templates: &BTreeMap<String, ValueTemplate>, path: &[String]) -> bool {
        let Some((name, rest)) = path.split_first() else {
            return false;
        };
        let inside = |keys: &[String]| keys.iter().chain(rest).cloned().collect();
        match templates.get(name) {
            None => false,
            Some(ValueTemplate::Constant(_)) => true,
            Some(ValueTemplate::Record(members)) => self.says(members, rest),
            Some(
                template @ (ValueTemplate::Set(_)
                | ValueTemplate::Reference(..)
                | ValueTemplate::Each(..)),
            ) => self.finds(template),
            Some(template @ ValueTemplate::Text(text)) => {
                let plain = text.only_field().filter(|only| only.steps.is_empty());
                let field = match plain.map(|only| &only.field) {
                    Some(Field::Args(keys)) => Field::Args(inside(keys)),
                    Some(Field::Meta(keys)) => Field::Meta(inside(keys)),
                    Some(_) | None => return self.finds(template),
                };
                !matches!(self.facts.read(&field), Found::Absent)
            }
        }
    }

    /// Gives the attribute that the schema annotates `@clock` the action's time, unless the mapping fills it.
    fn clock(&mut self, context: &mut BTreeMap<String, Value>, ty: &RecordType, clock: &FieldPath) {
        let Some((last, parents)) = clock.0.split_last() else {
            return;
        };
        let mut record = context;
        let mut ty = ty;
        for key in parents {
            match (
                record.get_mut(key),
                ty.attributes.get(key.as_str()).map(|found| &found.ty),
            ) {
                (Some(Value::Record(inner)), Some(Type::Record(inner_ty))) => {
                    record = inner;
                    ty = inner_ty;
                }
                _ => return,
            }
        }
        if record.contains_key(last) {
            return;
        }
        let value = match ty.attributes.get(last.as_str()).map(|found| &found.ty) {
            Some(Type::Datetime) => self
                .facts
                .time()
                .map(|time| Value::Extension("datetime".into(), time)),
            Some(Type::String) => self.facts.time().map(Value::String),
            _ => None,
        };
        match value {
            Some(value) => {
                self.unknown.remove(clock);
                record.insert(last.clone(), value);
            }
            None => {
                self.lost::<Value>(clock, || "the action has no time for it".to_owned());
            }
        }
    }
}

const NOT_FILLED: &str = "not everything in it is a text that the call has";

/// What the mapping says is never of the type.
fn no_such(ty: &Type) -> String {
    format!("expected {ty}, and the mapping says something else")
}

fn field(path: &[String], name: &str) -> FieldPath {
    FieldPath(path.iter().cloned().chain([name.to_owned()]).collect())
}

#[cfg(test)]
mod tests;
