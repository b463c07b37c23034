//! Where policies and links name an agent, as a literal, and where the inventory does.

use crate::cedar::{BinaryOperator, Polarity, TermKind};
use crate::lint::context::{Context, Policy};
use crate::model::{EntityRef, SourceFile, Span, Type, Variable};
use crate::repository::{LinkSpec, LinksFile, parse_reference};
use crate::yaml::{self, Spanned};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An agent that a policy names.
pub(super) struct Mention {
    /// The agent.
    pub(super) uid: EntityRef,
    /// Where.
    pub(super) span: Span,
    /// Whether being this agent can make a permit apply, or keep a forbid from it.
    pub(super) grants: bool,
    /// The set literal that it is one of, as the places of its elements.
    pub(super) set: Vec<Span>,
}

/// The agents that a policy names, in order of their places.
pub(super) fn of_policy(policy: &Policy<'_>) -> Vec<Mention> {
    let ty = policy.context.version.manifest.agent_type.as_str();
    let mut found = Vec::new();
    for part in &policy.syntax.scope {
        let entities = part.test.iter().flat_map(|test| &test.entities);
        for (uid, span) in entities.filter(|(uid, _)| uid.ty.as_ref() == ty) {
            found.push(Mention {
                uid: uid.clone(),
                span: *span,
                grants: part.variable == Variable::Principal && !policy.is_forbid(),
                set: Vec::new(),
            });
        }
    }
    for (atom, polarity) in policy.syntax.atoms() {
        let polarity = match &atom.kind {
            TermKind::Binary(BinaryOperator::NotEq, _) => polarity.flipped(),
            _ => polarity,
        };
        let lets_through = match polarity {
            Polarity::Positive => !policy.is_forbid(),
            Polarity::Negative => policy.is_forbid(),
            Polarity::Both => true,
        };
        let about_agent = atom.walk().any(|part| {
            matches!(
                part.kind,
                TermKind::Variable(Variable::Principal | Variable::Context)
            )
        });
        for part in atom.walk() {
            let within: Vec<Span> = match &part.kind {
                TermKind::Set(items) => items.iter().map(|item| item.span).collect(),
                _ => Vec::new(),
            };
            for literal in part.parts() {
                if let Some(uid) = literal.as_entity().filter(|uid| uid.ty.as_ref() == ty) {
                    found.push(Mention {
                        uid: uid.clone(),
                        span: literal.span,
                        grants: lets_through && about_agent,
                        set: within.clone(),
                    });
                }
            }
        }
    }
    found.sort_by_key(|mention| mention.span);
    found
}

/// A slot that a link fills with an agent.
pub(super) struct Filled<'r> {
    /// The file.
    pub(super) file: &'r SourceFile,
    /// The agent.
    pub(super) uid: EntityRef,
    /// Where it is named.
    pub(super) span: Span,
    /// Whether it fills `?principal`.
    pub(super) is_principal: bool,
    /// The id of the link.
    pub(super) id: Spanned<String>,
    /// How many links the file has.
    pub(super) links: usize,
}

/// The slots that links fill with agents, in order of files and places.
pub(super) fn of_links<'r>(context: &Context<'r>) -> Vec<Filled<'r>> {
    let version = context.version;
    let ty = version.manifest.agent_type.as_str();
    let paths: BTreeSet<&str> = version
        .links
        .iter()
        .map(|link| link.file.as_ref())
        .collect();
    let mut found = Vec::new();
    for file in paths.into_iter().filter_map(|path| context.file(path)) {
        let Ok(links) = yaml::parse::<LinksFile>(file) else {
            continue;
        };
        for link in &links.links {
            let LinkSpec {
                id,
                template: _,
                principal,
                resource,
            } = &link.value;
            for (slot, is_principal) in [(principal, true), (resource, false)] {
                let Some(text) = slot else { continue };
                let uid = parse_reference(&text.value).ok();
                if let Some(uid) = uid.filter(|uid| uid.ty.as_ref() == ty) {
                    found.push(Filled {
                        file,
                        uid,
                        span: text.span,
                        is_principal,
                        id: id.clone(),
                        links: links.links.len(),
                    });
                }
            }
        }
    }
    found
}

/// The type of `owner`, where the schema gives agents one that is an entity.
pub(super) fn owner_type(context: &Context<'_>) -> Option<Arc<str>> {
    let agents = context.version.manifest.agent_type.as_str();
    let record = context.schema()?.entity_type(agents)?;
    match &record.attributes.get("owner")?.ty {
        Type::Entity(ty) => Some(ty.clone()),
        _ => None,
    }
}
