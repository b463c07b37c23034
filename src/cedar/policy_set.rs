//! The policies of one version: static policies and linked templates, ready to be decided.

use super::policies::ParsedPolicy;
use super::scope::{ActionIndex, Scope};
use super::uid;
use crate::model::{Diagnostic, Effect, EntityRef, Span, Stage};
use cedar_policy_core::ast;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

/// A template link as `links.yaml` states it, with the place to blame.
#[derive(Debug, Clone)]
pub struct Link {
    /// The id of the linked policy.
    pub id: Arc<str>,
    /// The template's `@id`.
    pub template: Arc<str>,
    /// What fills `?principal`.
    pub principal: Option<EntityRef>,
    /// What fills `?resource`.
    pub resource: Option<EntityRef>,
    /// The file of the link.
    pub file: Arc<str>,
    /// Where it stands there.
    pub span: Span,
}

/// A policy that takes part in decisions: a static policy, or a template link.
#[derive(Debug, Clone)]
pub struct CompiledPolicy {
    /// Its id in reports and in Cedar's policy set.
    pub id: Arc<str>,
    /// Whether the id is one that a person gave (`@id` or a link's id).
    pub named: bool,
    /// Its effect.
    pub effect: Effect,
    /// The file its text stands in.
    pub file: Arc<str>,
    /// Where in that file; for links, where the template stands.
    pub span: Span,
    /// The template, for a link.
    pub template: Option<Arc<str>>,
    pub(super) scope: Scope,
    pub(super) condition: Option<Arc<ast::Expr>>,
    pub(super) slots: ast::SlotEnv,
}

/// All policies of one version, in the order of Cedar's policy set.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    policies: Vec<CompiledPolicy>,
    pub(super) places: BTreeMap<Arc<str>, Place>,
    pub(super) inner: cedar_policy::PolicySet,
    index: OnceLock<ActionIndex>,
    /// The policies and templates in which the type check found nothing; nothing before it ran.
    pub(super) clean: OnceLock<HashSet<ast::PolicyID>>,
}

impl PolicySet {
    /// The policies that take part in decisions.
    pub fn policies(&self) -> &[CompiledPolicy] {
        &self.policies
    }

    /// The policies that may apply to an action; made when it is first asked for.
    pub(super) fn by_action(&self) -> &ActionIndex {
        self.index
            .get_or_init(|| ActionIndex::of(self.policies.iter().map(|policy| &policy.scope)))
    }
}

/// Where the id of a policy, template or link was given.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: Arc<str>,
    line: Option<usize>,
    pub(super) link: Option<Span>,
}

/// Collects policies and links into a set, and reports what does not fit together.
#[derive(Debug, Default)]
pub struct PolicySetBuilder {
    policies: Vec<CompiledPolicy>,
    templates: BTreeMap<Arc<str>, ParsedPolicy>,
    /// Where each id was given first.
    places: BTreeMap<Arc<str>, Place>,
    set: ast::PolicySet,
    diagnostics: Vec<Diagnostic>,
}

impl PolicySetBuilder {
    /// Adds one policy or template of a file.
    pub fn add(&mut self, policy: &ParsedPolicy) {
        let id = policy.display_id();
        if let Some(Place { file, line, .. }) = self.places.get(&id) {
            let first = match line {
                Some(line) => format!("`{file}` line {line}"),
                None => format!("`{file}`"),
            };
            self.diagnostics.push(
                Diagnostic::error(
                    Stage::Parse,
                    "duplicate_id",
                    format!("two policies have the id `{id}`"),
                )
                .in_file(policy.file.clone())
                .with_label(policy.span, format!("the other one stands in {first}"))
                .with_help("give each policy an `@id` of its own"),
            );
            return;
        }
        let place = Place {
            file: policy.file.clone(),
            line: Some(policy.line),
            link: None,
        };
        self.places.insert(id.clone(), place);
        let template = policy.template.clone();
        if policy.is_template {
            self.templates.insert(id, policy.clone());
            if let Err(error) = self.set.add_template(template.as_ref().clone()) {
                self.fault(policy, "duplicate_id", error.to_string());
            }
            return;
        }
        match ast::Template::try_as_policy(template) {
            Ok(linked) => {
                let compiled = compile(&linked, id, policy, None);
                self.push(compiled, linked);
            }
            Err(error) => self.fault(policy, "policy_syntax", error.to_string()),
        }
    }

    /// Links a template.
    pub fn link(&mut self, link: &Link) {
        let blame = |code, message: String| {
            Diagnostic::error(Stage::Parse, code, message)
                .in_file(link.file.clone())
                .with_label(link.span, "")
        };
        if let Some(Place { file, .. }) = self.places.get(&link.id) {
            let message = format!(
                "the link id `{}` is taken by a policy or link in `{file}`",
                link.id
            );
            self.diagnostics.push(blame("duplicate_id", message));
            return;
        }
        let Some(template) = self.templates.get(&link.template).cloned() else {
            let known: Vec<String> = self.templates.keys().map(|id| format!("`{id}`")).collect();
            let help = if known.is_empty() {
                "no policy of this repository has a slot".to_owned()
            } else {
                format!("templates here: {}", known.join(", "))
            };
            let message = format!("there is no template `{}`", link.template);
            self.diagnostics
                .push(blame("unknown_template", message).with_help(help));
            return;
        };
        let mut values = HashMap::new();
        for (slot, value) in [
            (ast::SlotId::principal(), &link.principal),
            (ast::SlotId::resource(), &link.resource),
        ] {
            let Some(value) = value else { continue };
            match uid(value) {
                Some(uid) => {
                    values.insert(slot, uid);
                }
                None => {
                    let message = format!("`{}` is no entity type", value.ty);
                    self.diagnostics.push(blame("bad_link", message));
                    return;
                }
            }
        }
        let body = template.template.clone();
        match ast::Template::link(body, ast::PolicyID::from_string(&link.id), values) {
            Ok(linked) => {
                let place = Place {
                    file: link.file.clone(),
                    line: None,
                    link: Some(link.span),
                };
                self.places.insert(link.id.clone(), place);
                let compiled = compile(
                    &linked,
                    link.id.clone(),
                    &template,
                    Some(link.template.clone()),
                );
                self.push(compiled, linked);
            }
            Err(error) => {
                let message = format!("the link `{}` does not fit its template: {error}", link.id);
                self.diagnostics.push(
                    blame("bad_link", message)
                        .with_help("`principal` fills ?principal and `resource` fills ?resource; give exactly the slots that the template has"),
                );
            }
        }
    }

    /// The set, and what was wrong.
    pub fn finish(self) -> (PolicySet, Vec<Diagnostic>) {
        let set = PolicySet {
            policies: self.policies,
            places: self.places,
            inner: self.set.into(),
            index: OnceLock::new(),
            clean: OnceLock::new(),
        };
        (set, self.diagnostics)
    }

    fn push(&mut self, compiled: CompiledPolicy, policy: ast::Policy) {
        let (file, span) = (compiled.file.clone(), compiled.span);
        match self.set.add(policy) {
            Ok(()) => self.policies.push(compiled),
            Err(error) => self.diagnostics.push(
                Diagnostic::error(Stage::Parse, "duplicate_id", error.to_string())
                    .in_file(file)
                    .with_label(span, ""),
            ),
        }
    }

    fn fault(&mut self, policy: &ParsedPolicy, code: &'static str, message: String) {
        self.diagnostics.push(
            Diagnostic::error(Stage::Parse, code, message)
                .in_file(policy.file.clone())
                .with_label(policy.span, ""),
        );
    }
}

pub(super) fn compile(
    linked: &ast::Policy,
    id: Arc<str>,
    parsed: &ParsedPolicy,
    template: Option<Arc<str>>,
) -> CompiledPolicy {
    CompiledPolicy {
        id,
        named: template.is_some() || parsed.id.is_some(),
        effect: parsed.effect,
        file: parsed.file.clone(),
        span: parsed.span,
        template,
        scope: Scope::of(linked),
        condition: linked.non_scope_constraints_arc().cloned(),
        slots: linked.env().clone(),
    }
}
