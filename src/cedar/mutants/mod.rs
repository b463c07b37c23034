//! Mutants of policies: each one edit of a policy's text, parsed anew by Cedar.

mod equivalent;
mod links;
mod operators;
mod shape;
mod sites;
mod world;

pub use equivalent::Sameness;
pub use operators::Operator;

use super::policy_set::compile;
use super::{CompiledPolicy, EntityStore, Link, ParsedPolicy, PolicySet, Schema, uid};
use crate::model::{Digest, Effect, Sources, Span};
use cedar_policy_core::{ast, parser};
use equivalent::{normal, sameness};
use operators::{Draft, drafts};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use sites::Sites;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use world::{Around, World};

/// What mutants are made of: the parts of one version.
#[derive(Clone, Copy)]
pub struct Mutable<'v> {
    /// The policies and templates as they stand in their files.
    pub parsed: &'v [ParsedPolicy],
    /// The template links.
    pub links: &'v [Link],
    /// The policies that decide.
    pub policies: &'v PolicySet,
    /// All entities.
    pub store: &'v EntityStore,
    /// The schema: what entities there may be.
    pub schema: Option<&'v Schema>,
    /// The files.
    pub sources: &'v Sources,
}

/// A policy, a template, or a template link, with one edit.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The policy, template or link, as reports call it.
    pub policy: Arc<str>,
    /// What was done to it.
    pub operator: Operator,
    /// Its file.
    pub file: Arc<str>,
    /// The line of the edit; of Cedar's JSON form and of links, where the policy or link begins.
    pub line: usize,
    /// The text of the policy: as it stands in its file, or, from Cedar's JSON form, as Cedar writes it. A link's parts, a
    /// line each.
    pub original: Arc<str>,
    /// What is edited, in that text.
    pub span: Span,
    /// What takes its place.
    pub with: String,
    /// The policies of the set that are not as they were: the policy or link itself, or the links of the template.
    pub replaced: Vec<Replaced>,
    /// A digest of policy, operator, and the normalised trees (of links, the parts) of original and mutant: it does not
    /// depend on layout.
    pub fingerprint: Digest,
}

impl Mutant {
    /// The text of the policy with the edit.
    pub fn text(&self) -> String {
        edited(&self.original, self.span, &self.with)
    }
}

/// One policy of the set under a mutant.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// Its place in [`PolicySet::policies`].
    pub place: usize,
    /// What stands there instead; nothing where the policy is dropped.
    pub by: Option<CompiledPolicy>,
}

/// Why an edit is no mutant that tests are run against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is no policy: it does not parse, or the links do not fit it.
    Invalid,
    /// It decides as the original does.
    Equivalent(Sameness),
    /// It is a mutant that was made before by another edit.
    Repeated,
}

/// An edit that was left out.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// The policy, template or link.
    pub policy: Arc<str>,
    /// What was done to it.
    pub operator: Operator,
    /// Why it was left out.
    pub reason: Reason,
    /// The text of the policy with the edit.
    pub text: String,
}

/// The mutants of a version, policy by policy in the order of the files.
#[derive(Debug, Clone, Default)]
pub struct Mutants {
    /// Those that tests are run against.
    pub mutants: Vec<Mutant>,
    /// Edits that were left out.
    pub left_out: Vec<LeftOut>,
}

/// Makes the mutants of all policies that are wanted, a template's before those of its links. Templates that nothing links
/// decide nothing and have none.
pub fn mutants(of: &Mutable<'_>, wanted: &(dyn Fn(&ParsedPolicy) -> bool + Sync)) -> Mutants {
    let world = World::new(of.store, of.schema);
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, policy) in of.policies.policies().iter().enumerate() {
        let name = policy.template.as_ref().unwrap_or(&policy.id);
        places.entry(name).or_default().push(at);
    }
    let links: BTreeMap<&str, &Link> = of.links.iter().map(|link| (&*link.id, link)).collect();
    let found: Vec<Mutants> = of
        .parsed
        .par_iter()
        .filter(|policy| wanted(policy))
        .map(|policy| {
            let id = policy.display_id();
            let policies = of.policies.policies();
            let instances: Option<Vec<Instance<'_>>> = places
                .get(&*id)?
                .iter()
                .map(|place| {
                    let id = &policies.get(*place)?.id;
                    let link = policy.is_template.then(|| links.get(&**id).copied());
                    Some(Instance {
                        place: *place,
                        id,
                        link: link.flatten(),
                    })
                })
                .collect();
            let text = match of.sources.get(&policy.file) {
                Some(file) if policy.span.len > 0 => file
                    .text
                    .get(policy.span.start..policy.span.end())?
                    .to_owned(),
                _ => policy.template.to_string(),
            };
            let maker = Maker {
                policy,
                id,
                text: text.into(),
                instances: instances?,
            };
            let mut made = maker.all(&world);
            made.mutants
                .extend(links::mutants(&maker, &world, of.sources));
            Some(made)
        })
        .flatten()
        .collect();
    let mut all = Mutants::default();
    for part in found {
        all.mutants.extend(part.mutants);
        all.left_out.extend(part.left_out);
    }
    all
}

/// A policy of the set that a policy or template of a file is.
struct Instance<'v> {
    place: usize,
    id: &'v Arc<str>,
    link: Option<&'v Link>,
}

/// Makes the mutants of one policy.
struct Maker<'v> {
    policy: &'v ParsedPolicy,
    id: Arc<str>,
    text: Arc<str>,
    instances: Vec<Instance<'v>>,
}

impl Maker<'_> {
    fn all(&self, world: &World<'_>) -> Mutants {
        let mut out = Mutants::default();
        let Some(sites) = Sites::of(&self.text) else {
            return out;
        };
        let around = Around {
            world,
            links: self.instances.iter().filter_map(|i| i.link).collect(),
        };
        let original = normal(self.policy);
        out.mutants.push(self.dropped(&original));
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for draft in drafts(&sites, &around) {
            match self.mutant(&draft, &original, &mut seen) {
                Ok(mutant) => out.mutants.push(mutant),
                Err(reason) => out.left_out.push(LeftOut {
                    policy: self.id.clone(),
                    operator: draft.operator,
                    reason,
                    text: edited(&self.text, draft.span, &draft.with),
                }),
            }
        }
        out
    }

    fn dropped(&self, original: &str) -> Mutant {
        let instances = self.instances.iter();
        Mutant {
            policy: self.id.clone(),
            operator: Operator::PolicyDropped,
            file: self.policy.file.clone(),
            line: self.policy.line,
            original: self.text.clone(),
            span: Span::new(0, self.text.len()),
            with: String::new(),
            replaced: instances
                .map(|instance| Replaced {
                    place: instance.place,
                    by: None,
                })
                .collect(),
            fingerprint: fingerprint(&self.id, Operator::PolicyDropped, original, ""),
        }
    }

    fn mutant(
        &self,
        draft: &Draft,
        original: &str,
        seen: &mut BTreeSet<String>,
    ) -> Result<Mutant, Reason> {
        let text = edited(&self.text, draft.span, &draft.with);
        let mutated = self.reparsed(&text).ok_or(Reason::Invalid)?;
        if let Some(sameness) = sameness(self.policy, &mutated) {
            return Err(Reason::Equivalent(sameness));
        }
        let linked = self.instances_of(&mutated).ok_or(Reason::Invalid)?;
        let tree = normal(&mutated);
        let fingerprint = fingerprint(&self.id, draft.operator, original, &tree);
        if !seen.insert(tree) {
            return Err(Reason::Repeated);
        }
        let replaced = self.instances.iter().zip(&linked);
        let replaced = replaced.map(|(instance, linked)| Replaced {
            place: instance.place,
            by: Some(compile(
                linked,
                instance.id.clone(),
                &mutated,
                self.policy.is_template.then(|| self.id.clone()),
            )),
        });
        let before = self.text.get(..draft.span.start).unwrap_or_default();
        let below = match self.policy.span.len {
            0 => 0,
            _ => before.matches('\n').count(),
        };
        Ok(Mutant {
            policy: self.id.clone(),
            operator: draft.operator,
            file: self.policy.file.clone(),
            line: self.policy.line + below,
            original: self.text.clone(),
            span: draft.span,
            with: draft.with.clone(),
            replaced: replaced.collect(),
            fingerprint,
        })
    }

    fn reparsed(&self, text: &str) -> Option<ParsedPolicy> {
        let id = ast::PolicyID::from_string(&*self.id);
        let template = parser::parse_policy_or_template(Some(id), text).ok()?;
        Some(ParsedPolicy {
            effect: match template.effect() {
                ast::Effect::Permit => Effect::Permit,
                ast::Effect::Forbid => Effect::Forbid,
            },
            is_template: !template.is_static(),
            template: Arc::new(template),
            written: None,
            ..self.policy.clone()
        })
    }

    /// The policies that a policy or template is in the set, in the order of the instances. Links fill the slots that the
    /// template has; without any, each is a policy of its own.
    fn instances_of(&self, policy: &ParsedPolicy) -> Option<Vec<ast::Policy>> {
        let instances = self.instances.iter();
        instances
            .map(|instance| {
                let Some(link) = instance.link else {
                    return ast::Template::try_as_policy(policy.template.clone()).ok();
                };
                linked(policy, instance.id, link)
            })
            .collect()
    }
}

/// A template with those of its slots filled that it has.
fn linked(policy: &ParsedPolicy, id: &str, link: &Link) -> Option<ast::Policy> {
    let values = [
        (ast::SlotId::principal(), &link.principal),
        (ast::SlotId::resource(), &link.resource),
    ];
    let has = |slot: &ast::SlotId| policy.template.slots().any(|own| own.id == *slot);
    let values: HashMap<ast::SlotId, ast::EntityUID> = values
        .into_iter()
        .filter(|(slot, _)| has(slot))
        .filter_map(|(slot, value)| Some((slot, uid(value.as_ref()?)?)))
        .collect();
    let id = ast::PolicyID::from_string(id);
    ast::Template::link(policy.template.clone(), id, values).ok()
}

fn fingerprint(policy: &str, operator: Operator, original: &str, mutated: &str) -> Digest {
    let mut hash = Sha256::new();
    for text in [policy, operator.name(), original, mutated] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    Digest::from_bytes(&hash.finalize())
}

fn edited(text: &str, span: Span, with: &str) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let behind = text.get(span.end()..).unwrap_or_default();
    format!("{before}{with}{behind}")
}

#[cfg(test)]
mod random_tests;
