//! The mapping of a version, compiled: every text parsed, every tool's rule merged with the general one.

mod compile;
mod compile_entities;
mod entities;
mod lines;

pub use entities::{Change, DataSet, DataStep, Parent, Tags};
pub use lines::{Line, RuleLines};

use super::derivation::DERIVATIONS;
use super::files::{MappingFile, ToolSpec};
use super::rows::{Flag, Given, Rows, Uses};
use super::template::{Placeholder, ReferenceTemplate, Template};
use crate::cedar::Schema;
use crate::model::{Diagnostic, Digest, EntityRef, Json, SourceFile};
use compile::Compiler;
use lines::Under;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a tool call becomes a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// A digest of what it says, independent of layout and comments.
    pub digest: Digest,
    /// The file that it stands in.
    pub file: Arc<str>,
    /// Its lines; those of the general rule, then those of tools and of routers, by name.
    pub lines: Vec<Line>,
    general: ToolRule,
    exact: BTreeMap<String, ToolRule>,
    /// Patterns, longest first.
    patterns: Vec<(String, ToolRule)>,
    /// The data sets that entities are looked up in, by name.
    data: Vec<DataSet>,
    /// Routers, those with exact names first, then patterns, longest first.
    routers: Vec<(String, Unwrap)>,
    uses: Uses,
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
    /// Where it stands.
    pub line: Line,
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
    /// What calls that succeed change for later calls of their session.
    pub changes: Vec<Change>,
    /// Where all that stands.
    pub lines: RuleLines,
}

impl ToolRule {
    /// Whether it may map some call to an action.
    pub fn can_make(&self, action: &EntityRef) -> bool {
        let Some(template) = &self.action else {
            return false;
        };
        if self.skip || template.ty.as_ref().is_some_and(|ty| **ty != *action.ty) {
            return false;
        }
        match template.id.constant() {
            Some(id) => *id == *action.id,
            None => true,
        }
    }
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
    /// A set of what becomes of each element of something.
    Each(Placeholder, Box<ValueTemplate>),
}

impl ValueTemplate {
    /// All its placeholders, and whether they read an element of what is gone through.
    pub fn placeholders<'t>(&'t self, item: bool, see: &mut impl FnMut(&'t Placeholder, bool)) {
        match self {
            ValueTemplate::Constant(_) => {}
            ValueTemplate::Record(members) => {
                for member in members.values() {
                    member.placeholders(item, see);
                }
            }
            ValueTemplate::Set(items) => {
                for element in items {
                    element.placeholders(item, see);
                }
            }
            ValueTemplate::Text(template) | ValueTemplate::Reference(_, template) => {
                template.placeholders().for_each(|one| see(one, item));
            }
            ValueTemplate::Each(each, with) => {
                see(each, item);
                with.placeholders(true, see);
            }
        }
    }
}

/// Names what it means to read an element by its place. It is part of the digest of every mapping that does.
const ELEMENTS: &str = " agentauthz.elements/1";

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

    /// All rules: the general one, and those of tools and patterns.
    pub fn rules(&self) -> impl Iterator<Item = &ToolRule> {
        let patterns = self.patterns.iter().map(|(_, rule)| rule);
        [&self.general]
            .into_iter()
            .chain(self.exact.values())
            .chain(patterns)
    }

    /// Where the calls of a tool hold the call that is meant, where the tool is a router.
    pub fn unwrap(&self, tool: &str) -> Option<&Unwrap> {
        let mut routers = self.routers.iter();
        let found = routers.find(|(name, _)| matches(name, tool));
        found.map(|(_, unwrap)| unwrap)
    }

    /// Whether a tool is a router by its name: a pattern for every tool names none.
    pub fn is_router(&self, tool: &str) -> bool {
        let mut routers = self.routers.iter();
        routers.any(|(name, _)| name.contains(|c| c != '*') && matches(name, tool))
    }

    /// The data sets.
    pub fn data(&self) -> &[DataSet] {
        &self.data
    }

    /// Gives a data set its rows; `false` where there is none of that name.
    pub fn give(&mut self, name: &str, rows: Arc<Rows>) -> bool {
        let mut data = self.data.iter_mut();
        let set = data.find(|set| *set.name == *name);
        set.is_some_and(|set| {
            set.given = Given(Some(rows));
            true
        })
    }

    /// Begins a run: nothing was looked up in it so far, whatever clones of it were used for.
    pub fn begin(&mut self) {
        self.uses = Uses::default();
        self.data
            .iter_mut()
            .for_each(|set| set.asked = Flag::default());
    }

    /// What it was used for since then.
    pub fn uses(&self) -> &Uses {
        &self.uses
    }

    /// Whether some call changes something.
    pub fn has_changes(&self) -> bool {
        self.rules().any(|rule| !rule.changes.is_empty())
    }

    /// Whether requests have entities that are looked up.
    pub fn looks_up(&self) -> bool {
        !self.data.is_empty() || self.has_changes()
    }

    /// Compiles a mapping file. Faulty texts are reported and left out.
    pub fn compile(
        spec: &MappingFile,
        file: &SourceFile,
        schema: Option<&Schema>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut compiler = Compiler::new(file, schema);
        let under = Under::default();
        let general = compiler.rule(&ToolRule::default(), &as_tool(spec), under);
        let mut exact = BTreeMap::new();
        let mut patterns = Vec::new();
        for (name, tool) in &spec.tools {
            let under = Under::tool(name);
            let entry = compiler.lines.entry(under, tool.span);
            let mut rule = compiler.rule(&general, &tool.value, under);
            rule.lines.own = Some(entry);
            if is_pattern(name) {
                patterns.push((name.clone(), rule));
            } else {
                exact.insert(name.clone(), rule);
            }
        }
        patterns.sort_by(|a, b| (b.0.len(), &a.0).cmp(&(a.0.len(), &b.0)));
        let data = spec.data.iter();
        let data = data.filter_map(|(name, set)| compiler.data_set(name, set));
        let data = data.collect();
        let mut routers = Vec::new();
        for (name, router) in &spec.unwrap {
            let line = compiler.lines.entry(Under::router(name), router.span);
            let unwrap = compiler.unwrap(&router.value, line);
            routers.extend(Some(name.clone()).zip(unwrap));
        }
        let order = |name: &str| (is_pattern(name), std::cmp::Reverse(name.len()));
        routers.sort_by(|a, b| (order(&a.0), &a.0).cmp(&(order(&b.0), &b.0)));
        // How lines are read makes the calls, and no request of them.
        let maps = MappingFile {
            source: None,
            ..spec.clone()
        };
        let mut text = format!(
            "{RULES}{}",
            serde_json::to_string(&maps).unwrap_or_default()
        );
        if compiler.derives {
            text.push_str(DERIVATIONS);
        }
        if compiler.numbers {
            text.push_str(ELEMENTS);
        }
        let mapping = Self {
            digest: Digest::from_bytes(&Sha256::digest(text.as_bytes())),
            file: file.path.clone(),
            lines: compiler.lines.finish(),
            general,
            exact,
            patterns,
            data,
            routers,
            uses: Uses::default(),
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
        changes: Vec::new(),
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
