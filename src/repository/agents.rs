//! The inventory of agents, and the entities it gives.

use super::approvals::is_day;
use super::entities::typed_entity;
use super::files::{AgentSpec, AgentStatus, EntitySpec};
use crate::cedar::{ParsedEntity, Schema};
use crate::model::{Diagnostic, EntityRef, Json, SourceFile, Span, Stage};
use crate::yaml::Spanned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One agent of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its entity.
    pub uid: EntityRef,
    /// Who answers for it.
    pub owner: String,
    /// Whether it is in use.
    pub status: AgentStatus,
    /// What it is for.
    pub purpose: String,
    /// The day after which it needs a review.
    pub expires: Option<String>,
    /// The file it stands in.
    pub file: Arc<str>,
    /// Where it stands there.
    pub span: Span,
}

/// The agent and its entity; faults are reported at their place.
pub(super) fn build(
    spec: &Spanned<AgentSpec>,
    agent_type: &str,
    schema: Option<&Schema>,
    file: &SourceFile,
) -> (Agent, Option<ParsedEntity>, Vec<Diagnostic>) {
    let inventory = &spec.value;
    let uid = EntityRef::new(agent_type, inventory.id.value.as_str());
    let mut faults = Vec::new();
    let mut fault = |span: Span, message: String| {
        faults.push(
            Diagnostic::error(Stage::Check, "agent", message)
                .in_file(file.path.clone())
                .with_label(file.widen(span), ""),
        );
    };
    for (name, text) in [
        ("id", &inventory.id),
        ("owner", &inventory.owner),
        ("purpose", &inventory.purpose),
    ] {
        if text.value.trim().is_empty() {
            fault(text.span, format!("the agent's `{name}` is empty"));
        }
    }
    if let Some(expires) = &inventory.expires
        && !is_day(&expires.value)
    {
        fault(
            expires.span,
            format!("`{}` is no day; write `YYYY-MM-DD`", expires.value),
        );
    }
    let mut attrs: BTreeMap<String, Spanned<Json>> = BTreeMap::new();
    let ty = schema.and_then(|schema| schema.entity_type(agent_type));
    for (name, json, span) in facts(inventory, spec.span) {
        // A day that is none was reported above.
        if name == "expires" && json.as_str().is_some_and(|day| !is_day(day)) {
            continue;
        }
        // Facts that the schema does not declare stay in the inventory alone.
        if ty
            .as_ref()
            .is_none_or(|ty| ty.attributes.contains_key(name))
        {
            attrs.insert(name.to_owned(), Spanned { value: json, span });
        }
    }
    for (name, json) in &inventory.attrs {
        if attrs.insert(name.clone(), json.clone()).is_some() {
            fault(
                json.span,
                format!("`{name}` is a fact of the inventory already; say it once"),
            );
        }
    }
    let entity = Spanned {
        value: EntitySpec {
            parents: inventory.parents.clone(),
            attrs,
            tags: BTreeMap::new(),
        },
        span: inventory.id.span,
    };
    let (parsed, found) = typed_entity(&uid.to_string(), &entity, schema, file, Stage::Check);
    faults.extend(found);
    let agent = Agent {
        uid,
        owner: inventory.owner.value.clone(),
        status: inventory.status,
        purpose: inventory.purpose.value.clone(),
        expires: inventory.expires.as_ref().map(|day| day.value.clone()),
        file: file.path.clone(),
        span: spec.span,
    };
    (agent, parsed, faults)
}

fn facts(inventory: &AgentSpec, whole: Span) -> Vec<(&'static str, Json, Span)> {
    let text = |text: &Spanned<String>| (Json::String(text.value.clone()), text.span);
    let status = match inventory.status {
        AgentStatus::Active => "active",
        AgentStatus::Retired => "retired",
    };
    let systems = inventory
        .systems
        .iter()
        .map(|name| Json::String(name.value.clone()))
        .collect();
    let systems_span = inventory.systems.first().map_or(whole, |name| name.span);
    let (owner, owner_span) = text(&inventory.owner);
    let (purpose, purpose_span) = text(&inventory.purpose);
    let mut facts = vec![
        ("owner", owner, owner_span),
        ("purpose", purpose, purpose_span),
        ("status", Json::String(status.to_owned()), whole),
        ("systems", Json::Array(systems), systems_span),
    ];
    for (name, value) in [
        ("environment", &inventory.environment),
        ("expires", &inventory.expires),
    ] {
        if let Some(value) = value {
            let (json, span) = text(value);
            facts.push((name, json, span));
        }
    }
    facts
}
