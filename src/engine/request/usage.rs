//! What of a mapping a call uses, and what of a call a mapping uses.

use super::facts::{Facts, Found};
use super::{By, Mapped, Meant, fill};
use crate::model::{
    EntityRef, FieldPath, Json, NotReplayable, RecordType, RecordedAction, ToolCall, Type,
};
use crate::repository::{Field, Part, Placeholder, Template, ToolRule, ValueTemplate};
use std::collections::{BTreeMap, BTreeSet};

/// What a call and a mapping use of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The tool that is meant; nothing where a router's call does not say.
    pub tool: Option<String>,
    /// The action that it is mapped to, or why there is none.
    pub action: Result<EntityRef, NotReplayable>,
    /// The lines of the mapping that say something about the call, by their numbers.
    pub lines: BTreeSet<usize>,
    /// Arguments of the call that no attribute of the request takes, nor anything else.
    pub not_taken: BTreeSet<String>,
}

/// Maps a call, and says what was used.
pub fn usage(action: &RecordedAction, call: &ToolCall, by: By<'_>) -> Usage {
    let By {
        mapping, schema, ..
    } = by;
    mapping.uses().mapped.set();
    let mut usage = Usage {
        tool: None,
        action: Err(NotReplayable::UnknownAction),
        lines: BTreeSet::new(),
        not_taken: BTreeSet::new(),
    };
    if let Some(unwrap) = mapping.unwrap(&call.tool) {
        usage.lines.insert(unwrap.line.number);
    }
    let Some(meant) = Meant::of(action, call, mapping) else {
        return usage;
    };
    let rule = mapping.rule(&meant.tool);
    usage.tool = Some(meant.tool.to_string());
    usage
        .lines
        .extend(rule.lines.own.iter().map(|line| line.number));
    let changes = rule.lines.changes.iter();
    usage.lines.extend(changes.map(|line| line.number));
    if rule.skip {
        usage.action = Err(NotReplayable::LeftOut);
        return usage;
    }
    let lines = [
        &rule.lines.action,
        &rule.lines.principal,
        &rule.lines.resource,
    ];
    usage
        .lines
        .extend(lines.into_iter().flatten().map(|line| line.number));
    let facts = meant.facts(action);
    match fill(facts, rule, schema, None) {
        Err(reason) => usage.action = Err(reason),
        Ok(mapped) => {
            let info = schema.action(&mapped.request.action);
            let empty = RecordType::default();
            let ty = info
                .and_then(|info| info.context.as_ref())
                .unwrap_or(&empty);
            for (name, line) in &rule.lines.context {
                let template = rule.context.get(name);
                let known = ty.attributes.contains_key(name.as_str());
                if known && template.is_some_and(|template| says(template, facts)) {
                    usage.lines.insert(line.number);
                }
            }
            usage.not_taken = not_taken(&mapped, rule, ty, facts);
            usage.action = match by.look_up(action, &mapped.request) {
                Ok(found) => {
                    usage.lines.extend(found.lines);
                    Ok(mapped.request.action)
                }
                Err(lost) => Err(lost.reason),
            };
        }
    }
    usage
}

/// Whether a template says something of a call.
fn says(template: &ValueTemplate, facts: Facts<'_>) -> bool {
    let mut reads = Vec::new();
    placeholders(template, &mut reads);
    let found = |one: &&Placeholder| !matches!(facts.find(one), Found::Absent);
    reads.is_empty() || reads.iter().any(found)
}

fn not_taken(
    mapped: &Mapped,
    rule: &ToolRule,
    ty: &RecordType,
    facts: Facts<'_>,
) -> BTreeSet<String> {
    let taken = Takes::of(rule, ty);
    let mut out = BTreeSet::new();
    if let Some(Json::Object(members)) = facts.args {
        let present = members.iter().filter(|(_, value)| **value != Json::Null);
        out.extend(
            present
                .map(|(name, _)| name.clone())
                .filter(|name| !taken.takes(name)),
        );
    }
    // What lies deeper, and was left out on the way.
    for path in &mapped.left_out {
        out.extend(taken.argument(path).filter(|name| name.contains('.')));
    }
    out
}

/// Which arguments a rule takes for an action.
#[derive(Debug, Default)]
pub struct Takes {
    /// All of them.
    all: bool,
    names: BTreeSet<String>,
    /// Attributes that are taken from arguments as they are, with the keys of these.
    whole: BTreeMap<Vec<String>, Vec<String>>,
}

impl Takes {
    /// What a rule takes, where the context has this type.
    pub fn of(rule: &ToolRule, ty: &RecordType) -> Self {
        let mut taken = Self::default();
        for reference in [&rule.principal, &rule.action, &rule.resource] {
            for one in reference.iter().flat_map(|reference| fields(&reference.id)) {
                taken.placeholder(one, None, &[]);
            }
        }
        taken.context(&rule.context, ty, &[]);
        for change in &rule.changes {
            for one in change.placeholders() {
                taken.placeholder(one, None, &[]);
            }
        }
        taken
    }

    /// Whether it takes an argument, or a part of it.
    pub fn takes(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }

    fn context(
        &mut self,
        templates: &BTreeMap<String, ValueTemplate>,
        ty: &RecordType,
        path: &[String],
    ) {
        for (name, template) in templates {
            let Some(attribute) = ty.attributes.get(name.as_str()) else {
                continue;
            };
            let here: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
            match (template, &attribute.ty) {
                (ValueTemplate::Record(members), Type::Record(record)) => {
                    self.context(members, record, &here);
                }
                (template, ty) => {
                    let mut reads = Vec::new();
                    placeholders(template, &mut reads);
                    for one in reads {
                        self.placeholder(one, Some(ty), &here);
                    }
                }
            }
        }
    }

    fn placeholder(&mut self, placeholder: &Placeholder, ty: Option<&Type>, here: &[String]) {
        let Field::Args(keys) = &placeholder.field else {
            return;
        };
        let record = match ty {
            Some(Type::Record(record)) if placeholder.steps.is_empty() => Some(record),
            Some(_) | None => None,
        };
        if record.is_some() {
            self.whole.insert(here.to_vec(), keys.clone());
        }
        match (keys.first(), record) {
            (Some(first), _) => {
                self.names.insert(first.clone());
            }
            (None, Some(record)) => {
                let names = record.attributes.keys();
                self.names.extend(names.map(ToString::to_string));
            }
            (None, None) => self.all = true,
        }
    }

    /// The argument that a path of the context is taken from.
    fn argument(&self, path: &FieldPath) -> Option<String> {
        self.whole.iter().find_map(|(attribute, keys)| {
            let rest = path.0.strip_prefix(attribute.as_slice())?;
            let keys: Vec<&str> = keys.iter().chain(rest).map(String::as_str).collect();
            Some(keys.join("."))
        })
    }
}

/// The placeholders of a text.
pub fn fields(template: &Template) -> impl Iterator<Item = &Placeholder> {
    template.parts.iter().filter_map(|part| match part {
        Part::Text(_) => None,
        Part::Field(placeholder) => Some(placeholder),
    })
}

/// All placeholders of a value.
pub fn placeholders<'t>(template: &'t ValueTemplate, out: &mut Vec<&'t Placeholder>) {
    template.placeholders(false, &mut |one, _| out.push(one));
}
