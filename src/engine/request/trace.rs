//! How each part of a request was derived from a call: by which line of the mapping, of which values.

use super::facts::{Facts, Found};
use super::{By, LookedUp, Mapped, Meant, NotFound, Notes, field, fill};
use crate::cedar::Schema;
use crate::model::{
    FieldPath, Json, NotReplayable, RecordType, RecordedAction, Request, ToolCall, Type, Value,
};
use crate::repository::{
    Line, Mapping, Part, Placeholder, Template, ToolRule, Unwrap, ValueTemplate,
};
use std::collections::{BTreeMap, BTreeSet};

/// How a call became a request, or why it did not.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The tool that is meant; nothing where a router's call does not say.
    pub tool: Option<String>,
    /// The entry of the router, where it is one's call.
    pub router: Option<Line>,
    /// The tool's own entry in the mapping.
    pub rule: Option<Line>,
    /// The request, or why there is none.
    pub outcome: Result<Mapped, NotReplayable>,
    /// What it was made of: first what a router's call holds, then the parts of the request.
    pub parts: Vec<TracedPart>,
    /// The entities that were looked up for it, or why one cannot be had.
    pub entities: Result<LookedUp, NotFound>,
}

/// One part of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedPart {
    /// What it is: `principal`, `context.input.amount`, `unwrap tool`.
    pub of: String,
    /// The line of the mapping.
    pub line: Option<Line>,
    /// What its placeholders read.
    pub reads: Vec<TracedRead>,
    /// What came of it.
    pub became: Became,
}

/// What a placeholder read.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedRead {
    /// The placeholder, without its braces; after a step, with it.
    pub placeholder: String,
    /// What it found.
    pub found: TracedFound,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum TracedFound {
    /// A value.
    Value(Json),
    /// Nothing, and that is known.
    Absent,
    /// Something that nobody knows, and why.
    Unknown(String),
}

/// What came of a part.
#[derive(Debug, Clone, PartialEq)]
pub enum Became {
    /// A value, as Cedar writes it.
    Value(String),
    /// Nothing: an optional attribute that the call has nothing for.
    Absent,
    /// An unknown field of the request, and why.
    Unknown(String),
    /// Left out: the schema has no such attribute.
    LeftOut,
    /// There is no request because of it, and why.
    Missing(String),
}

/// Maps a call as [`super::map_call`] does, and keeps how.
pub fn trace_call(
    action: &RecordedAction,
    call: &ToolCall,
    mapping: &Mapping,
    schema: &Schema,
) -> Trace {
    let by = By {
        mapping,
        schema,
        store: None,
        patches: None,
    };
    by.trace(action, call)
}

impl By<'_> {
    /// Maps a call as [`By::map`] does, and keeps how.
    pub fn trace(self, action: &RecordedAction, call: &ToolCall) -> Trace {
        self.mapping.uses().mapped.set();
        let mut trace = traced(action, call, self.mapping, self.schema);
        if let Ok(mapped) = &mut trace.outcome {
            match self.look_up(action, &mapped.request) {
                Ok(found) => {
                    mapped.entities = found.clone().json();
                    trace.entities = Ok(found);
                }
                Err(lost) => {
                    trace.outcome = Err(lost.reason);
                    trace.entities = Err(lost);
                }
            }
        }
        trace
    }
}

fn traced(action: &RecordedAction, call: &ToolCall, mapping: &Mapping, schema: &Schema) -> Trace {
    let mut trace = Trace {
        tool: None,
        router: None,
        rule: None,
        outcome: Err(NotReplayable::UnknownAction),
        parts: Vec::new(),
        entities: Ok(LookedUp::default()),
    };
    if let Some(unwrap) = mapping.unwrap(&call.tool) {
        trace.router = Some(unwrap.line.clone());
        unwrapped(&mut trace.parts, unwrap, Facts::recorded(action, call));
    }
    let Some(meant) = Meant::of(action, call, mapping) else {
        return trace;
    };
    let rule = mapping.rule(&meant.tool);
    trace.tool = Some(meant.tool.to_string());
    trace.rule.clone_from(&rule.lines.own);
    if rule.skip {
        trace.outcome = Err(NotReplayable::LeftOut);
        return trace;
    }
    let facts = meant.facts(action);
    let mut notes = Notes::new();
    let filled = fill(facts, rule, schema, Some(&mut notes));
    references(&mut trace.parts, rule, facts, schema);
    if let (Ok(mapped), Some((_, info))) = (&filled, facts.action(rule, schema)) {
        let empty = RecordType::default();
        let ty = info.context.as_ref().unwrap_or(&empty);
        let mut context = Context {
            facts,
            mapped,
            notes: &notes,
            line: None,
            parts: &mut trace.parts,
        };
        let names: BTreeSet<&str> = names(&rule.context, ty);
        for name in names {
            context.line = rule.lines.context.get(name);
            context.attribute(name, rule.context.get(name), ty, &[]);
        }
    }
    trace.outcome = filled;
    trace
}

/// What a router's call holds.
fn unwrapped(parts: &mut Vec<TracedPart>, unwrap: &Unwrap, facts: Facts<'_>) {
    let mut push = |of: &str, template: &Template, became| {
        parts.push(TracedPart {
            of: of.to_owned(),
            line: Some(unwrap.line.clone()),
            reads: reads(template, facts),
            became,
        });
    };
    push("the tool", &unwrap.tool, text(&unwrap.tool, facts));
    let args = Template {
        parts: vec![Part::Field(unwrap.args.clone())],
    };
    let became = match facts.find(&unwrap.args) {
        Found::Value(json) => match json.as_ref() {
            Json::Object(_) => Became::Value(written(&json)),
            other => Became::Unknown(format!("it is {}, not an object", other.kind())),
        },
        Found::Absent => Became::Value("{}".to_owned()),
        Found::Unknown(why) => Became::Unknown(why.to_string()),
    };
    push("its arguments", &args, became);
    if let Some(system) = &unwrap.system {
        push("its system", system, text(system, facts));
    }
}

/// Principal, action and resource.
fn references(parts: &mut Vec<TracedPart>, rule: &ToolRule, facts: Facts<'_>, schema: &Schema) {
    let lines = &rule.lines;
    for (of, template, line) in [
        ("principal", &rule.principal, &lines.principal),
        ("action", &rule.action, &lines.action),
        ("resource", &rule.resource, &lines.resource),
    ] {
        let became = match template {
            None => Became::Missing("the mapping does not say it".to_owned()),
            Some(template) if of == "action" => match facts.action(rule, schema) {
                Some((uid, _)) => Became::Value(uid.to_string()),
                None => match text(&template.id, facts) {
                    Became::Value(id) => {
                        Became::Missing(format!("the schema has no action `{id}`"))
                    }
                    missing => missing,
                },
            },
            Some(template) => match facts.reference(template) {
                Some(uid) => Became::Value(uid.to_string()),
                None => text(&template.id, facts),
            },
        };
        let id = template.as_ref().map(|template| reads(&template.id, facts));
        parts.push(TracedPart {
            of: of.to_owned(),
            line: line.clone(),
            reads: id.unwrap_or_default(),
            became,
        });
    }
}

/// What a text comes to that a request cannot be without.
fn text(template: &Template, facts: Facts<'_>) -> Became {
    if let Some(text) = facts.text(template) {
        return Became::Value(text);
    }
    let mut missing = template.parts.iter().filter_map(|part| match part {
        Part::Text(_) => None,
        Part::Field(placeholder) => match facts.find(placeholder) {
            Found::Absent => Some(format!("the call has no `{placeholder}`")),
            Found::Unknown(why) => Some(format!("`{placeholder}` is unknown: {why}")),
            Found::Value(json) => match json.as_ref() {
                Json::String(_) | Json::Int(_) => None,
                other => Some(format!("`{placeholder}` is {}, not a text", other.kind())),
            },
        },
    });
    Became::Missing(missing.next().unwrap_or_default())
}

/// All that placeholders of a text read, before and after each of their steps.
fn reads(template: &Template, facts: Facts<'_>) -> Vec<TracedRead> {
    let mut out = Vec::new();
    for part in &template.parts {
        let Part::Field(placeholder) = part else {
            continue;
        };
        for steps in 0..=placeholder.steps.len() {
            let so_far = Placeholder {
                field: placeholder.field.clone(),
                steps: placeholder.steps.iter().take(steps).copied().collect(),
            };
            let found = match facts.find(&so_far) {
                Found::Value(json) => TracedFound::Value(json.into_owned()),
                Found::Absent => TracedFound::Absent,
                Found::Unknown(why) => TracedFound::Unknown(why.to_string()),
            };
            let last = !matches!(found, TracedFound::Value(_));
            out.push(TracedRead {
                placeholder: so_far.to_string(),
                found,
            });
            if last {
                break;
            }
        }
    }
    out
}

fn written(json: &Json) -> String {
    serde_json::to_string(json).unwrap_or_default()
}

/// The names of members that a mapping or a type has.
fn names<'n, T>(members: &'n BTreeMap<String, T>, ty: &'n RecordType) -> BTreeSet<&'n str> {
    let known = ty.attributes.keys().map(AsRef::as_ref);
    members.keys().map(String::as_str).chain(known).collect()
}

/// Walks over the context as it was filled.
struct Context<'a, 't> {
    facts: Facts<'a>,
    mapped: &'a Mapped,
    notes: &'a Notes,
    line: Option<&'a Line>,
    parts: &'t mut Vec<TracedPart>,
}

impl Context<'_, '_> {
    fn attribute(
        &mut self,
        name: &str,
        template: Option<&ValueTemplate>,
        ty: &RecordType,
        path: &[String],
    ) {
        let here = field(path, name);
        let attribute = ty.attributes.get(name);
        match (template, attribute.map(|attribute| &attribute.ty)) {
            (Some(ValueTemplate::Record(members)), Some(Type::Record(record))) => {
                for name in names(members, record) {
                    self.attribute(name, members.get(name), record, &here.0);
                }
            }
            (Some(ValueTemplate::Text(text)), Some(Type::Record(record))) => {
                self.arguments(text, record, &here);
            }
            (Some(template), _) => {
                let mut all = Vec::new();
                all_reads(template, self.facts, &mut all);
                self.push(here, all);
            }
            (None, _) => {
                // Nothing is said of it: of what is not there either, there is nothing to say.
                if !matches!(self.became(&here), Became::Absent) {
                    self.push(here, Vec::new());
                }
            }
        }
    }

    /// A record that is taken from the call as it is, member by member.
    fn arguments(&mut self, text: &Template, ty: &RecordType, here: &FieldPath) {
        let only = text.only_field().filter(|only| only.steps.is_empty());
        let found = only.map(|only| self.facts.find(only));
        let (Some(only), Some(Found::Value(json))) = (only, found) else {
            self.push(here.clone(), reads(text, self.facts));
            return;
        };
        let (Json::Object(members), Some(_)) = (json.as_ref(), only.field.member("")) else {
            self.push(here.clone(), reads(text, self.facts));
            return;
        };
        for name in names(members, ty) {
            let Some(inner) = only.field.member(name) else {
                continue;
            };
            let inner = Template {
                parts: vec![Part::Field(Placeholder {
                    field: inner,
                    steps: Vec::new(),
                })],
            };
            self.attribute(name, Some(&ValueTemplate::Text(inner)), ty, &here.0);
        }
    }

    fn push(&mut self, here: FieldPath, reads: Vec<TracedRead>) {
        let became = self.became(&here);
        self.parts.push(TracedPart {
            of: here.to_string(),
            line: self.line.cloned(),
            reads,
            became,
        });
    }

    fn became(&self, here: &FieldPath) -> Became {
        if self.mapped.left_out.contains(here) {
            return Became::LeftOut;
        }
        let beside =
            |field: &&FieldPath| field.0.starts_with(&here.0) || here.0.starts_with(&field.0);
        if let Some(unknown) = self.mapped.request.unknown.iter().find(beside) {
            let why = self.notes.get(unknown).cloned();
            return Became::Unknown(why.unwrap_or_default());
        }
        match at(&self.mapped.request, here) {
            Some(value) => Became::Value(value.to_string()),
            None => Became::Absent,
        }
    }
}

fn all_reads(template: &ValueTemplate, facts: Facts<'_>, out: &mut Vec<TracedRead>) {
    match template {
        ValueTemplate::Constant(_) => {}
        ValueTemplate::Record(members) => {
            for member in members.values() {
                all_reads(member, facts, out);
            }
        }
        ValueTemplate::Set(items) => {
            for item in items {
                all_reads(item, facts, out);
            }
        }
        ValueTemplate::Text(template) | ValueTemplate::Reference(_, template) => {
            out.extend(reads(template, facts));
        }
        ValueTemplate::Each(each, _) => {
            let template = Template {
                parts: vec![Part::Field(each.clone())],
            };
            out.extend(reads(&template, facts));
        }
    }
}

fn at<'r>(request: &'r Request, path: &FieldPath) -> Option<&'r Value> {
    let (first, rest) = path.0.split_first()?;
    let mut value = request.context.get(first)?;
    for key in rest {
        match value {
            Value::Record(members) => value = members.get(key)?,
            _ => return None,
        }
    }
    Some(value)
}
