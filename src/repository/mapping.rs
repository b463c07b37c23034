//! The mapping of a version, compiled: every text parsed, every tool's rule merged with the general one.

use super::derivation::DERIVATIONS;
use super::files::{MappingFile, ToolSpec, UnwrapSpec};
use super::template::{Placeholder, ReferenceTemplate, Template};
use crate::cedar::Schema;
use crate::model::{Diagnostic, Digest, EntityRef, Json, SourceFile, Span, Stage};
use crate::yaml::Spanned;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// How a tool call becomes a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// A digest of what it says, independent of layout and comments.
    pub digest: Digest,
    general: ToolRule,
    exact: BTreeMap<String, ToolRule>,
    /// Patterns, longest first.
    patterns: Vec<(String, ToolRule)>,
    /// Routers, those with exact names first, then patterns, longest first.
    routers: Vec<(String, Unwrap)>,
}

/// Where a router's call holds the call that is meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Unwrap {
    /// The tool.
    pub tool: Template,
    /// The arguments.
    pub args: Placeholder,
    /// The system; without it, that of the router's call.
    pub system: Option<Template>,
}

/// How calls of one tool become requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolRule {
    /// Whether the calls are no agent actions.
    pub skip: bool,
    /// Who acts.
    pub principal: Option<ReferenceTemplate>,
    /// What is done.
    pub action: Option<ReferenceTemplate>,
    /// To what.
    pub resource: Option<ReferenceTemplate>,
    /// The context.
    pub context: BTreeMap<String, ValueTemplate>,
}

/// A value with placeholders in it.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueTemplate {
    /// A value without placeholders, written by a person.
    Constant(Json),
    /// A text with placeholders; exactly one placeholder keeps its type.
    Text(Template),
    /// A record.
    Record(BTreeMap<String, ValueTemplate>),
    /// A set, of which some element has a placeholder.
    Set(Vec<ValueTemplate>),
    /// `Type::"…{x}…"`: an entity where the schema has an entity of that type, else the text.
    Reference(ReferenceTemplate, Template),
}

impl ValueTemplate {
    /// Whether something is derived of what a call holds.
    fn derives(&self) -> bool {
        match self {
            ValueTemplate::Constant(_) => false,
            ValueTemplate::Record(members) => members.values().any(Self::derives),
            ValueTemplate::Set(items) => items.iter().any(Self::derives),
            ValueTemplate::Text(template) | ValueTemplate::Reference(_, template) => {
                template.derives()
            }
        }
    }
}

/// Names the rules by which calls are mapped and typed here. It is part of the digest: when the rules change, so that
/// the same mapping gives other requests, this does too, and recorded requests are mapped anew.
const RULES: &str = "agentauthz.mapping/1 ";

impl Mapping {
    /// The rule for a tool: its own, else the longest pattern that matches, else the general one.
    pub fn rule(&self, tool: &str) -> &ToolRule {
        self.exact.get(tool).unwrap_or_else(|| {
            self.patterns
                .iter()
                .find(|(pattern, _)| matches(pattern, tool))
                .map_or(&self.general, |(_, rule)| rule)
        })
    }

    /// Where the calls of a tool hold the call that is meant, where the tool is a router.
    pub fn unwrap(&self, tool: &str) -> Option<&Unwrap> {
        let mut routers = self.routers.iter();
        let found = routers.find(|(name, _)| matches(name, tool));
        found.map(|(_, unwrap)| unwrap)
    }

    /// Compiles a mapping file. Faulty texts are reported and left out.
    pub fn compile(
        spec: &MappingFile,
        file: &SourceFile,
        schema: Option<&Schema>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut compiler = Compiler {
            file,
            schema,
            diagnostics: Vec::new(),
            derives: false,
        };
        let general = compiler.rule(&ToolRule::default(), &as_tool(spec));
        let mut exact = BTreeMap::new();
        let mut patterns = Vec::new();
        for (name, tool) in &spec.tools {
            let rule = compiler.rule(&general, &tool.value);
            if is_pattern(name) {
                patterns.push((name.clone(), rule));
            } else {
                exact.insert(name.clone(), rule);
            }
        }
        patterns.sort_by(|a, b| (b.0.len(), &a.0).cmp(&(a.0.len(), &b.0)));
        let mut routers = Vec::new();
        for (name, router) in &spec.unwrap {
            routers.extend(Some(name.clone()).zip(compiler.unwrap(&router.value)));
        }
        let order = |name: &str| (is_pattern(name), std::cmp::Reverse(name.len()));
        routers.sort_by(|a, b| (order(&a.0), &a.0).cmp(&(order(&b.0), &b.0)));
        let mut text = format!("{RULES}{}", serde_json::to_string(spec).unwrap_or_default());
        if compiler.derives {
            text.push_str(DERIVATIONS);
        }
        let mapping = Self {
            digest: Digest::from_bytes(&Sha256::digest(text.as_bytes())),
            general,
            exact,
            patterns,
            routers,
        };
        (mapping, compiler.diagnostics)
    }
}

fn as_tool(spec: &MappingFile) -> ToolSpec {
    ToolSpec {
        skip: false,
        principal: spec.principal.clone(),
        action: spec.action.clone(),
        resource: spec.resource.clone(),
        context: spec.context.clone(),
    }
}

struct Compiler<'a> {
    file: &'a SourceFile,
    schema: Option<&'a Schema>,
    diagnostics: Vec<Diagnostic>,
    /// Whether something is derived of what a call holds.
    derives: bool,
}

impl Compiler<'_> {
    fn rule(&mut self, general: &ToolRule, spec: &ToolSpec) -> ToolRule {
        let mut rule = general.clone();
        rule.skip = spec.skip;
        if let Some(text) = &spec.principal {
            rule.principal = self.reference(text, ReferenceTemplate::parse);
        }
        if let Some(text) = &spec.action {
            rule.action = self.reference(text, ReferenceTemplate::parse_action);
            self.check_action(text, rule.action.as_ref());
        }
        if let Some(text) = &spec.resource {
            rule.resource = self.reference(text, ReferenceTemplate::parse);
        }
        for (name, json) in &spec.context {
            if json.value == Json::Null {
                rule.context.remove(name);
                continue;
            }
            self.check_attribute(name, json.span, rule.action.as_ref());
            match value(&json.value) {
                Ok(template) => {
                    self.derives |= template.derives();
                    rule.context.insert(name.clone(), template);
                }
                Err(message) => self.fault(json.span, message),
            }
        }
        rule
    }

    fn unwrap(&mut self, spec: &UnwrapSpec) -> Option<Unwrap> {
        let mut text = |text: &Spanned<String>| {
            let parsed = Template::parse(&text.value);
            self.derives |= parsed.as_ref().is_ok_and(Template::derives);
            parsed
                .map_err(|message| self.fault(text.span, message))
                .ok()
        };
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
        })
    }

    fn reference(
        &mut self,
        text: &Spanned<String>,
        parse: fn(&str) -> Result<ReferenceTemplate, String>,
    ) -> Option<ReferenceTemplate> {
        let template = match parse(&text.value) {
            Ok(template) => template,
            Err(message) => {
                self.fault(text.span, message);
                return None;
            }
        };
        self.derives |= template.id.derives();
        if let (Some(ty), Some(schema)) = (&template.ty, self.schema) {
            let is_action = ty == "Action" || ty.ends_with("::Action");
            if !is_action && !schema.has_entity_type(ty) {
                self.warn(text.span, format!("the schema has no entity type `{ty}`"));
            }
        }
        Some(template)
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
            None => super::references::parse_action(id, self.schema),
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
            let hint = super::references::nearest(name, known.iter().map(String::as_str))
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

    fn fault(&mut self, span: Span, message: String) {
        self.push(Stage::Parse, span, message);
    }

    fn warn(&mut self, span: Span, message: String) {
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

fn value(json: &Json) -> Result<ValueTemplate, String> {
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

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// Whether a pattern with `*` (any text) and `?` (one character) matches a whole name.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == name.get(n) => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_whole_names() {
        assert!(matches("debug_*", "debug_x"));
        assert!(matches("*", ""));
        assert!(matches("a*b?d", "axxbcd"));
        assert!(!matches("debug_*", "a_debug_x"));
        assert!(!matches("a?", "a"));
        assert!(!matches("a", "ab"));
    }
}
