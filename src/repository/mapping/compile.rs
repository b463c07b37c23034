//! The texts of a mapping file → rules, held to the schema.

use super::compile_entities::misplaced;
use super::lines::{Line, Lines, Under};
use super::{ToolRule, Unwrap, ValueTemplate};
use crate::cedar::Schema;
use crate::model::{Diagnostic, EntityRef, Json, SourceFile, Span, Stage};
use crate::repository::files::{ToolSpec, UnwrapSpec};
use crate::repository::references::{nearest, parse_action};
use crate::repository::template::{Reads, ReferenceTemplate, Template};
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// Compiles the parts of a mapping, and keeps what is wrong with them.
pub(super) struct Compiler<'a> {
    file: &'a SourceFile,
    pub(super) schema: Option<&'a Schema>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether something is derived of what a call holds.
    pub(super) derives: bool,
    /// Whether an element of an array is read by its place.
    pub(super) numbers: bool,
    pub(super) lines: Lines<'a>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(file: &'a SourceFile, schema: Option<&'a Schema>) -> Self {
        Self {
            file,
            schema,
            diagnostics: Vec::new(),
            derives: false,
            numbers: false,
            lines: Lines::of(file),
        }
    }

    pub(super) fn rule(
        &mut self,
        general: &ToolRule,
        spec: &ToolSpec,
        under: Under<'_>,
    ) -> ToolRule {
        let mut rule = general.clone();
        rule.skip = spec.skip;
        if let Some(text) = &spec.principal {
            rule.principal = self.reference(text, ReferenceTemplate::parse, Reads::Call);
            rule.lines.principal = Some(self.line(under, "principal", text));
        }
        if let Some(text) = &spec.action {
            rule.action = self.reference(text, ReferenceTemplate::parse_action, Reads::Call);
            self.check_action(text, rule.action.as_ref());
            rule.lines.action = Some(self.line(under, "action", text));
        }
        if let Some(text) = &spec.resource {
            rule.resource = self.reference(text, ReferenceTemplate::parse, Reads::Call);
            rule.lines.resource = Some(self.line(under, "resource", text));
        }
        for (name, json) in &spec.context {
            if json.value == Json::Null {
                rule.context.remove(name);
                rule.lines.context.remove(name);
                continue;
            }
            let text = match &json.value {
                Json::String(text) => text.clone(),
                other => serde_json::to_string(other).unwrap_or_default(),
            };
            let part = format!("context.{name}");
            let line = self.lines.add(under, Some(&part), &text, json.span);
            rule.lines.context.insert(name.clone(), line);
            self.check_attribute(name, json.span, rule.action.as_ref());
            if let Some(template) = self.value(json, Reads::Call) {
                rule.context.insert(name.clone(), template);
            }
        }
        for (number, change) in spec.changes.iter().enumerate() {
            if let Some((change, line)) = self.change(change, number, under) {
                rule.changes.push(change);
                rule.lines.changes.push(line);
            }
        }
        rule
    }

    fn line(&mut self, under: Under<'_>, part: &str, text: &Spanned<String>) -> Line {
        self.lines.add(under, Some(part), &text.value, text.span)
    }

    pub(super) fn unwrap(&mut self, spec: &UnwrapSpec, line: Line) -> Option<Unwrap> {
        let mut text = |text: &Spanned<String>| self.text(text, Reads::Call);
        let (tool, args) = (text(&spec.tool), text(&spec.args));
        let system = match &spec.system {
            Some(system) => Some(text(system)?),
            None => None,
        };
        let Some(args) = args?.only_field().cloned() else {
            let message = "the arguments of the call that is meant stand in one place; write it as one placeholder, like `{args.params}`";
            self.fault(spec.args.span, message.to_owned());
            return None;
        };
        Some(Unwrap {
            tool: tool?,
            args,
            system,
            line,
        })
    }

    pub(super) fn reference(
        &mut self,
        text: &Spanned<String>,
        parse: fn(&str) -> Result<ReferenceTemplate, String>,
        reads: Reads,
    ) -> Option<ReferenceTemplate> {
        let template = match parse(&text.value) {
            Ok(template) => template,
            Err(message) => {
                self.fault(text.span, message);
                return None;
            }
        };
        let wrong = template
            .id
            .placeholders()
            .find_map(|one| misplaced(one, reads, false));
        if let Some(message) = wrong {
            self.fault(text.span, message);
            return None;
        }
        self.derives |= template.id.derives();
        self.numbers |= template.id.placeholders().any(|one| one.field.has_number());
        self.check_type(&template, text.span);
        Some(template)
    }

    pub(super) fn check_type(&mut self, template: &ReferenceTemplate, span: Span) {
        if let (Some(ty), Some(schema)) = (&template.ty, self.schema) {
            let is_action = ty == "Action" || ty.ends_with("::Action");
            if !is_action && !schema.has_entity_type(ty) {
                self.warn(span, format!("the schema has no entity type `{ty}`"));
            }
        }
    }

    /// The schema's action that a rule names, where the rule says it without placeholders.
    fn constant_action(
        &self,
        action: Option<&ReferenceTemplate>,
    ) -> Option<Result<EntityRef, String>> {
        let action = action?;
        let id = action.id.constant()?;
        Some(match &action.ty {
            Some(ty) => Ok(EntityRef::new(ty.as_str(), id)),
            None => parse_action(id, self.schema),
        })
    }

    fn check_action(&mut self, text: &Spanned<String>, action: Option<&ReferenceTemplate>) {
        let Some(schema) = self.schema else { return };
        match self.constant_action(action) {
            Some(Ok(uid)) if schema.action(&uid).is_none() => {
                self.warn(text.span, format!("the schema has no action {uid}"));
            }
            Some(Err(message)) => self.warn(text.span, message),
            Some(Ok(_)) | None => {}
        }
    }

    /// A context attribute must be one of the action's, or, where the action is not said, of some action's.
    fn check_attribute(&mut self, name: &str, span: Span, action: Option<&ReferenceTemplate>) {
        let Some(schema) = self.schema else { return };
        let named = match self.constant_action(action) {
            Some(Ok(uid)) => schema
                .action(&uid)
                .and_then(|action| action.context.clone()),
            Some(Err(_)) => return,
            None => None,
        };
        let known: BTreeSet<String> = match &named {
            Some(context) => context.attributes.keys().map(ToString::to_string).collect(),
            None => schema
                .actions()
                .values()
                .filter_map(|action| action.context.as_ref())
                .flat_map(|context| context.attributes.keys().map(ToString::to_string))
                .collect(),
        };
        if !known.contains(name) {
            let hint = nearest(name, known.iter().map(String::as_str))
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            let whose = if named.is_some() {
                "the action's context has"
            } else {
                "no action's context has"
            };
            let whose = if named.is_some() {
                format!("{whose} no")
            } else {
                whose.to_owned()
            };
            self.warn(span, format!("{whose} attribute `{name}`{hint}"));
        }
    }

    pub(super) fn fault(&mut self, span: Span, message: String) {
        self.push(Stage::Parse, span, message);
    }

    pub(super) fn warn(&mut self, span: Span, message: String) {
        self.push(Stage::Check, span, message);
    }

    fn push(&mut self, stage: Stage, span: Span, message: String) {
        let span = self.file.widen(span);
        self.diagnostics.push(
            Diagnostic::error(stage, "mapping", message)
                .in_file(self.file.path.clone())
                .with_label(span, ""),
        );
    }
}

pub(super) fn value(json: &Json) -> Result<ValueTemplate, String> {
    match json {
        Json::String(text) => {
            let template = Template::parse(text)?;
            if let Some(constant) = template.constant() {
                return Ok(ValueTemplate::Constant(Json::String(constant.to_owned())));
            }
            // What makes it an entity is what the mapping says, never what the call fills in.
            Ok(match ReferenceTemplate::parse(text) {
                Ok(reference) => ValueTemplate::Reference(reference, template),
                Err(_) => ValueTemplate::Text(template),
            })
        }
        Json::Object(members)
            if members.len() == 1
                && (members.contains_key("__entity") || members.contains_key("__extn")) =>
        {
            Ok(ValueTemplate::Constant(json.clone()))
        }
        Json::Object(members) if members.len() == 2 && members.contains_key("each") => {
            each(members)
        }
        Json::Object(members) => members
            .iter()
            .map(|(name, member)| Ok((name.clone(), value(member)?)))
            .collect::<Result<_, String>>()
            .map(ValueTemplate::Record),
        Json::Array(items) => {
            let items = items
                .iter()
                .map(value)
                .collect::<Result<Vec<_>, String>>()?;
            let constant = |item: &ValueTemplate| matches!(item, ValueTemplate::Constant(_));
            Ok(match items.iter().all(constant) {
                true => ValueTemplate::Constant(json.clone()),
                false => ValueTemplate::Set(items),
            })
        }
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Repeated => {
            Ok(ValueTemplate::Constant(json.clone()))
        }
    }
}

/// `{ each: "{args.flights}", as: Flight::"{item.number}" }`
fn each(members: &BTreeMap<String, Json>) -> Result<ValueTemplate, String> {
    let (Some(Json::String(each)), Some(with)) = (members.get("each"), members.get("as")) else {
        return Err(
            "`each` is one placeholder, and `as` says what becomes of an element of it".to_owned(),
        );
    };
    let template = Template::parse(each)?;
    let Some(each) = template.only_field() else {
        return Err(format!(
            "`{each}` is gone through, so it is one placeholder, like `{{args.flights}}`"
        ));
    };
    Ok(ValueTemplate::Each(each.clone(), Box::new(value(with)?)))
}
