//! The tools of lists, and what the mapping makes of them without a call.

use super::seen::Seen;
use crate::cedar::Schema;
use crate::model::EntityRef;
use crate::repository::{
    Field, Mapping, Parameter, Part, PolicyVersion, Shape, Tool, ToolList, ToolRule,
};

/// A tool of a list.
pub(super) struct Listed<'v> {
    pub list: &'v ToolList,
    pub tool: &'v Tool,
    /// The name by which calls have it, as far as mapping and recordings tell.
    pub name: String,
    pub rule: &'v ToolRule,
    pub planned: Planned,
    /// Whether it was called.
    pub called: bool,
}

/// What its calls are mapped to.
#[derive(PartialEq)]
pub(super) enum Planned {
    /// They are left out.
    Skipped,
    /// They are a router's.
    Routed,
    /// This action.
    Action(EntityRef),
    /// None that the schema has.
    Nothing,
    /// That depends on the call.
    Depends,
}

/// All tools of the lists.
pub(super) fn listed<'v>(
    version: &'v PolicyVersion,
    mapping: &'v Mapping,
    schema: &Schema,
    seen: &Seen,
) -> Vec<Listed<'v>> {
    let called = |name: &str| seen.tools.entries().any(|(tool, _)| tool == name);
    let mut out = Vec::new();
    for list in &version.tool_lists {
        for tool in &list.tools {
            let names = names(list, tool);
            let own = |name: &str| {
                mapping.rule(name).lines.own.is_some() || mapping.unwrap(name).is_some()
            };
            let maps = |name: &str| matches!(planned(mapping, name, schema), Planned::Action(_));
            let all = || names.iter();
            let name = all()
                .find(|name| called(name))
                .or_else(|| all().find(|name| own(name)))
                .or_else(|| all().find(|name| maps(name)))
                .unwrap_or(&tool.name);
            out.push(Listed {
                list,
                tool,
                rule: mapping.rule(name),
                planned: planned(mapping, name, schema),
                called: called(name),
                name: name.clone(),
            });
        }
    }
    out
}

/// How agents and gateways call a tool: by its name, or with the server before it.
fn names(list: &ToolList, tool: &Tool) -> Vec<String> {
    let mut names = vec![tool.name.clone()];
    if let Some(server) = &list.server {
        names.push(format!("{server}/{}", tool.name));
        names.push(format!("{server}.{}", tool.name));
        names.push(format!("{server}__{}", tool.name));
        names.push(format!("mcp__{server}__{}", tool.name));
    }
    names
}

fn planned(mapping: &Mapping, name: &str, schema: &Schema) -> Planned {
    if mapping.unwrap(name).is_some() {
        return Planned::Routed;
    }
    let rule = mapping.rule(name);
    if rule.skip {
        return Planned::Skipped;
    }
    let Some(template) = &rule.action else {
        return Planned::Nothing;
    };
    let mut id = String::new();
    for part in &template.id.parts {
        match part {
            Part::Text(text) => id.push_str(text),
            Part::Field(one) if one.field == Field::Tool && one.steps.is_empty() => {
                id.push_str(name);
            }
            Part::Field(_) => return Planned::Depends,
        }
    }
    let uid = match &template.ty {
        Some(ty) => Some(EntityRef::new(ty.as_str(), id)),
        None => schema.action_named(&id),
    };
    match uid.filter(|uid| schema.action(uid).is_some()) {
        Some(uid) => Planned::Action(uid),
        None => Planned::Nothing,
    }
}

/// The first key of an argument that a tool does not have; nothing where it may have all of them.
pub(super) fn missing<'k>(parameters: &[Parameter], keys: &'k [String]) -> Option<&'k str> {
    let (first, rest) = keys.split_first()?;
    match parameters.iter().find(|one| one.name == *first) {
        None => Some(first),
        Some(Parameter {
            shape: Shape::Record(members),
            ..
        }) => missing(members, rest),
        Some(_) => None,
    }
}
