//! A recorded tool call → a request, by the mapping and typed by the schema.
//!
//! Facts are never made up: a field that cannot be typed becomes an unknown field of the request.

use crate::cedar::{ActionInfo, Schema};
use crate::model::{
    EntityRef, FieldPath, Json, NotReplayable, RecordType, RecordedAction, Request, ToolCall, Type,
    Value,
};
use crate::repository::{
    Field, Mapping, Part, ReferenceTemplate, Template, ToolRule, Typing, ValueTemplate, Writer,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The request of a call, and what was lost on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The request, with its unknown fields.
    pub request: Request,
    /// Fields that the schema does not know and that were left out.
    pub left_out: BTreeSet<FieldPath>,
}

/// Maps one call. The error says why there is no request.
pub fn map_call(
    action: &RecordedAction,
    call: &ToolCall,
    mapping: &Mapping,
    schema: &Schema,
) -> Result<Mapped, NotReplayable> {
    let rule = mapping.rule(&call.tool);
    if rule.skip {
        return Err(NotReplayable::LeftOut);
    }
    let facts = Facts { action, call };
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
    })
}

/// What a placeholder finds.
enum Found<'a> {
    Value(Cow<'a, Json>),
    Absent,
    Unknown,
}

#[derive(Clone, Copy)]
struct Facts<'a> {
    action: &'a RecordedAction,
    call: &'a ToolCall,
}

impl<'a> Facts<'a> {
    fn find(self, field: &Field) -> Found<'a> {
        let text = |text: &Option<String>| match text {
            Some(text) => Found::Value(Cow::Owned(Json::String(text.clone()))),
            None => Found::Absent,
        };
        match field {
            Field::Tool => Found::Value(Cow::Owned(Json::String(self.call.tool.clone()))),
            Field::Agent => text(&self.action.agent),
            Field::Session => text(&self.action.session),
            Field::User => text(&self.action.user),
            Field::System => text(&self.action.system),
            Field::Time => match self.time() {
                Some(time) => Found::Value(Cow::Owned(Json::String(time))),
                None if self.action.time.is_some() => Found::Unknown,
                None => Found::Absent,
            },
            // A recording without arguments does not say that there were none.
            Field::Args(keys) => self
                .call
                .args
                .as_ref()
                .map_or(Found::Unknown, |args| walk(args, keys)),
            Field::Meta(keys) => {
                let (first, rest) = match keys.split_first() {
                    Some(split) => split,
                    None => return Found::Absent,
                };
                self.action
                    .meta
                    .get(first)
                    .map_or(Found::Absent, |json| walk(json, rest))
            }
        }
    }

    /// The action's time in the form that Cedar's `datetime` takes, in UTC and milliseconds.
    fn time(self) -> Option<String> {
        let time: jiff::Timestamp = self.action.time.as_deref()?.parse().ok()?;
        Some(time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
    }

    fn text(self, template: &Template) -> Option<String> {
        let mut out = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(field) => match self.find(field) {
                    Found::Value(json) => match json.as_ref() {
                        Json::String(text) => out.push_str(text),
                        Json::Int(number) => out.push_str(&number.to_string()),
                        Json::Null
                        | Json::Bool(_)
                        | Json::Float(_)
                        | Json::Array(_)
                        | Json::Object(_)
                        | Json::Repeated => return None,
                    },
                    Found::Absent | Found::Unknown => return None,
                },
            }
        }
        Some(out)
    }

    fn reference(self, template: &ReferenceTemplate) -> Option<EntityRef> {
        let id = self.text(&template.id)?;
        Some(EntityRef::new(template.ty.as_deref()?, id))
    }

    fn action<'s>(
        self,
        rule: &ToolRule,
        schema: &'s Schema,
    ) -> Option<(EntityRef, &'s ActionInfo)> {
        let template = rule.action.as_ref()?;
        let uid = match template.ty {
            Some(_) => self.reference(template)?,
            None => schema.action_named(&self.text(&template.id)?)?,
        };
        let info = schema.action(&uid)?;
        Some((uid, info))
    }
}

fn walk<'a>(json: &'a Json, keys: &[String]) -> Found<'a> {
    let mut json = json;
    for key in keys {
        if is_unknown(json) {
            return Found::Unknown;
        }
        match json {
            Json::Object(members) => match members.get(key) {
                Some(member) => json = member,
                None => return Found::Absent,
            },
            Json::Null => return Found::Absent,
            Json::Bool(_)
            | Json::Int(_)
            | Json::Float(_)
            | Json::String(_)
            | Json::Array(_)
            | Json::Repeated => return Found::Unknown,
        }
    }
    match json {
        Json::Null => Found::Absent,
        json if is_unknown(json) => Found::Unknown,
        json => Found::Value(Cow::Borrowed(json)),
    }
}

/// The recording's own mark of a value that nobody knows, or a key that stood twice.
fn is_unknown(json: &Json) -> bool {
    match json {
        Json::Repeated => true,
        Json::Object(members) => members.len() == 1 && members.contains_key("$unknown"),
        Json::Null
        | Json::Bool(_)
        | Json::Int(_)
        | Json::Float(_)
        | Json::String(_)
        | Json::Array(_) => false,
    }
}

struct Filling<'a> {
    facts: Facts<'a>,
    unknown: BTreeSet<FieldPath>,
    left_out: BTreeSet<FieldPath>,
}

impl Filling<'_> {
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
                    self.unknown.insert(here);
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
            ValueTemplate::Text(template) | ValueTemplate::Reference(_, template) => {
                template.parts.iter().any(|part| match part {
                    Part::Text(_) => false,
                    Part::Field(field) => !matches!(self.facts.find(field), Found::Absent),
                })
            }
        }
    }

    fn value(&mut self, template: &ValueTemplate, ty: &Type, here: &FieldPath) -> Option<Value> {
        match template {
            ValueTemplate::Constant(json) => self.typed(json, ty, here, Writer::Person),
            ValueTemplate::Record(members) => match ty {
                Type::Record(record) => Some(Value::Record(self.record(members, record, &here.0))),
                _ => self.lost(here),
            },
            ValueTemplate::Set(items) => self.set(items, ty, here),
            ValueTemplate::Reference(reference, template) => match ty {
                Type::Entity(name) if reference.ty.as_deref() == Some(name.as_ref()) => {
                    match self.facts.reference(reference) {
                        Some(uid) => Some(Value::Entity(uid)),
                        None => self.lost(here),
                    }
                }
                Type::Entity(_) => self.lost(here),
                _ => self.text(template, ty, here),
            },
            ValueTemplate::Text(template) => match template.only_field() {
                Some(field) => match self.facts.find(field) {
                    Found::Value(json) => self.typed(&json, ty, here, Writer::Agent),
                    Found::Absent => None,
                    Found::Unknown => self.lost(here),
                },
                None => self.text(template, ty, here),
            },
        }
    }

    fn typed(&mut self, json: &Json, ty: &Type, here: &FieldPath, writer: Writer) -> Option<Value> {
        let mut typing = Typing::new(writer);
        let value = typing.value(json, ty, &here.0);
        self.unknown
            .extend(typing.problems.into_iter().map(|problem| problem.path));
        self.left_out.extend(typing.left_out);
        value
    }

    /// A set is known where all its elements are; an element that the call does not hold is left out.
    fn set(&mut self, items: &[ValueTemplate], ty: &Type, here: &FieldPath) -> Option<Value> {
        let Type::Set(element) = ty else {
            return self.lost(here);
        };
        let before = self.unknown.clone();
        let values: Vec<Value> = items
            .iter()
            .filter_map(|item| self.value(item, element, here))
            .collect();
        if self.unknown != before {
            self.unknown = before;
            return self.lost(here);
        }
        Some(Value::Set(values))
    }

    /// A text of several pieces is a string, or the id of an entity.
    fn text(&mut self, template: &Template, ty: &Type, here: &FieldPath) -> Option<Value> {
        let Some(text) = self.facts.text(template) else {
            return self.lost(here);
        };
        match ty {
            Type::String => Some(Value::String(text)),
            Type::Entity(name) => Some(Value::Entity(EntityRef::new(name.clone(), text))),
            _ => self.lost(here),
        }
    }

    fn lost(&mut self, here: &FieldPath) -> Option<Value> {
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
            Some(template @ (ValueTemplate::Set(_) | ValueTemplate::Reference(..))) => {
                self.finds(template)
            }
            Some(template @ ValueTemplate::Text(text)) => {
                let field = match text.only_field() {
                    Some(Field::Args(keys)) => Field::Args(inside(keys)),
                    Some(Field::Meta(keys)) => Field::Meta(inside(keys)),
                    Some(_) | None => return self.finds(template),
                };
                !matches!(self.facts.find(&field), Found::Absent)
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
                self.unknown.insert(clock.clone());
            }
        }
    }
}

fn field(path: &[String], name: &str) -> FieldPath {
    FieldPath(path.iter().cloned().chain([name.to_owned()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{Files, PolicyVersion, load};

    const FILES: [(&str, &str); 3] = [
        ("agentauthz.yaml", "version: 1"),
        (
            "schema/s.cedarschema",
            "entity Agent; action use appliesTo { principal: Agent, resource: Agent, \
             context: { @clock at: datetime, more: { @clock at: datetime } } };",
        ),
        (
            "mapping.yaml",
            "{ version: 1, principal: 'Agent::\"a\"', action: use, resource: 'Agent::\"a\"', \
             context: { at: '{args.at}', more: '{args.more}' } }",
        ),
    ];

    fn version() -> PolicyVersion {
        let text = |path: &str| FILES.iter().find(|(name, _)| *name == path);
        load(&Files {
            paths: FILES.iter().map(|(name, _)| (*name).to_owned()).collect(),
            read: &|path| {
                text(path)
                    .map(|(_, text)| text.as_bytes().to_vec())
                    .ok_or_else(String::new)
            },
            refused: Vec::new(),
        })
    }

    /// The unknown fields of a call with these arguments.
    fn unknown(args: &str) -> Vec<String> {
        let version = version();
        let mut action = RecordedAction::new("a");
        action.time = Some("2026-01-01T00:00:00Z".to_owned());
        let call = ToolCall {
            tool: "use".to_owned(),
            args: Some(serde_json::from_str(args).unwrap()),
        };
        let (mapping, schema) = (version.mapping.unwrap(), version.schema.unwrap());
        let mapped = map_call(&action, &call, &mapping, &schema).unwrap();
        mapped
            .request
            .unknown
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_clock_fills_what_the_call_does_not_say() {
        assert_eq!(unknown(r#"{"more": {}}"#), [""; 0]);
        assert_eq!(unknown(r#"{"at": null, "more": {"at": null}}"#), [""; 0]);
    }

    #[test]
    fn the_clock_does_not_stand_in_for_what_cannot_be_typed() {
        assert_eq!(unknown(r#"{"at": "soon", "more": {}}"#), ["context.at"]);
        let marked = r#"{"at": {"$unknown": "redacted"}, "more": {"at": 5}}"#;
        assert_eq!(unknown(marked), ["context.at", "context.more.at"]);
    }
}
