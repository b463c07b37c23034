//! A request as a unit test, in the format of test files.

use super::search::Found;
use crate::cedar::{LoweredEntity, Mutant, Schema};
use crate::model::{Attribute, EntityRef};
use crate::model::{Decision, RecordType, Type, Value};
use crate::repository::{ExpectedDecision, spell};
use crate::yaml::scalar;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// A suite with the test alone, which expects what the original says.
pub(super) fn suite(mutant: &Mutant, found: &Found, schema: &Schema) -> String {
    let mut out = String::from("version: 1\n");
    let _ = writeln!(
        out,
        "suite: {}",
        scalar(&format!("mutants of {}", mutant.policy))
    );
    out.push_str("tests:\n");
    let name = format!(
        "{} line {}: {}",
        mutant.policy,
        mutant.line,
        mutant.operator.name()
    );
    let request = &found.at.request;
    let _ = writeln!(out, "  - name: {}", scalar(&name));
    if !found.at.entities.is_empty() {
        out.push_str("    entities:\n");
        for entity in found.at.entities.values() {
            write_entity(&mut out, entity, schema);
        }
    }
    out.push_str("    request:\n");
    let parts = [
        ("principal", spell::reference(&request.principal)),
        ("action", action(&request.action, schema)),
        ("resource", spell::reference(&request.resource)),
    ];
    for (key, entity) in parts {
        let _ = writeln!(out, "      {key}: {}", scalar(&entity));
    }
    let info = schema.action(&request.action);
    let ty = info.and_then(|info| info.context.as_ref());
    let members = spell::context(&request.context, ty);
    if !members.is_empty() {
        out.push_str("      context:\n");
        spell::write_members(&mut out, &members, 8);
    }
    let decision = match (found.answer.decision, found.forbidden) {
        (Some(Decision::Allow), _) => ExpectedDecision::Allow,
        (Some(Decision::Deny) | None, true) => ExpectedDecision::Forbid,
        (Some(Decision::Deny) | None, false) => ExpectedDecision::NoMatch,
    };
    let _ = write!(
        out,
        "    expect: {{ decision: {}, reasons: [{}]",
        decision.name(),
        names(&found.answer.determining)
    );
    if !found.answer.errors.is_empty() {
        let _ = write!(out, ", errors: [{}]", names(&found.answer.errors));
    }
    out.push_str(" }\n");
    out
}

/// An action by its id alone, where that is enough.
fn action(action: &EntityRef, schema: &Schema) -> String {
    let bare = schema.action_named(&action.id).as_ref() == Some(action);
    match bare && !action.id.contains("::") {
        true => action.id.to_string(),
        false => spell::reference(action),
    }
}

fn names(names: &BTreeSet<Arc<str>>) -> String {
    let names: Vec<String> = names.iter().map(|name| scalar(name)).collect();
    names.join(", ")
}

fn write_entity(out: &mut String, entity: &LoweredEntity, schema: &Schema) {
    let _ = writeln!(out, "      {}:", scalar(&spell::reference(&entity.uid)));
    let parents: Vec<String> = entity
        .ancestors
        .iter()
        .map(|parent| scalar(&spell::reference(parent)))
        .collect();
    let _ = writeln!(out, "        in: [{}]", parents.join(", "));
    let mut members = |key: &str, members: &BTreeMap<Arc<str>, Value>, ty: Option<&RecordType>| {
        if members.is_empty() {
            return;
        }
        let members = members.iter();
        let members = members.map(|(name, value)| (name.to_string(), value.clone()));
        let _ = writeln!(out, "        {key}:");
        spell::write_members(out, &spell::context(&members.collect(), ty), 10);
    };
    let ty = schema.entity_type(&entity.uid.ty);
    members("attrs", &entity.attributes, ty.as_ref());
    let tag = schema.tag_type(&entity.uid.ty);
    let tags = tag.map(|tag| tags(&entity.tags, &tag));
    members("tags", &entity.tags, tags.as_ref());
}

/// Tags as a record whose members all have one type.
fn tags(tags: &BTreeMap<Arc<str>, Value>, ty: &Type) -> RecordType {
    let attribute = || Attribute {
        ty: ty.clone(),
        required: false,
    };
    RecordType {
        attributes: tags
            .keys()
            .map(|name| (name.clone(), attribute()))
            .collect(),
    }
}
