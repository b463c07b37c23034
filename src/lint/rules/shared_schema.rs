//! What of a schema is in use, and where it is declared.

use crate::cedar::{Declaration, DeclaredKind, Schema, TermKind};
use crate::lint::context::{Context, Repository};
use crate::model::{EntityRef, SourceFile, Span, Type, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where something is declared: in Cedar's syntax the place of its name; in Cedar's JSON form, where nobody knows places,
/// the first text that says the name.
pub(super) fn place<'r>(
    context: &Context<'r>,
    kind: DeclaredKind,
    namespace: &str,
    name: &str,
) -> Option<(&'r SourceFile, Span)> {
    let found = context.declared().iter().find(|declared| {
        declared.kind == kind && *declared.namespace == *namespace && *declared.name == *name
    });
    if let Some(found) = found {
        return Some((context.file(&found.file)?, found.span));
    }
    let quoted = Value::String(name.to_owned()).to_string();
    json_files(context).find_map(|file| {
        let at = file.text.find(&quoted)?;
        Some((file, Span::new(at, quoted.len())))
    })
}

/// The files of the schema in Cedar's JSON form.
pub(super) fn json_files<'r>(context: &Context<'r>) -> impl Iterator<Item = &'r SourceFile> {
    let files = context.version.schema_files().iter();
    files.filter(|file| file.path.ends_with(".json"))
}

/// The namespace and the last part of a name.
pub(super) fn split_name(name: &str) -> (&str, &str) {
    name.rsplit_once("::").unwrap_or(("", name))
}

/// The namespace in which an action is declared.
pub(super) fn namespace_of(action: &EntityRef) -> &str {
    action.ty.strip_suffix("::Action").unwrap_or_default()
}

/// Whether a declaration is of this action.
pub(super) fn action_of(declared: &Declaration) -> EntityRef {
    let ty = match declared.namespace.as_ref() {
        "" => "Action".to_owned(),
        space => format!("{space}::Action"),
    };
    EntityRef::new(ty, declared.name.as_ref())
}

/// The entity types that something can come to: requests of the actions, policies, the inventory; and what lies in the
/// attributes and tags of those, or above them.
pub(super) fn used_types(repository: &Repository<'_>, schema: &Schema) -> BTreeSet<Arc<str>> {
    let context = repository.context;
    let mut open: Vec<Arc<str>> = vec![context.version.manifest.agent_type.as_str().into()];
    for info in schema.actions().values() {
        open.extend(info.principals.iter().chain(&info.resources).cloned());
        if let Some(record) = &info.context {
            entities_of(&Type::Record(record.clone()), &mut open);
        }
    }
    for policy in &repository.policies {
        for part in &policy.syntax.scope {
            open.extend(part.is.iter().cloned());
            let tested = part.test.iter().flat_map(|test| &test.entities);
            open.extend(tested.map(|(entity, _)| entity.ty.clone()));
        }
        for term in policy.syntax.terms() {
            match &term.kind {
                TermKind::Literal(Value::Entity(entity)) => open.push(entity.ty.clone()),
                TermKind::Is(_, ty, _) => open.push(ty.clone()),
                _ => {}
            }
        }
    }
    for link in &context.version.links {
        let filled = link.principal.iter().chain(&link.resource);
        open.extend(filled.map(|entity| entity.ty.clone()));
    }
    let names = schema.entity_type_names();
    let mut used = BTreeSet::new();
    while let Some(next) = open.pop() {
        if used.contains(&next) {
            continue;
        }
        if let Some(record) = schema.entity_type(&next) {
            entities_of(&Type::Record(record), &mut open);
        }
        if let Some(tags) = schema.tag_type(&next) {
            entities_of(&tags, &mut open);
        }
        let above = names.iter().filter(|group| schema.may_be_in(&next, group));
        open.extend(above.cloned());
        used.insert(next);
    }
    used
}

/// The entity types in a type.
fn entities_of(ty: &Type, out: &mut Vec<Arc<str>>) {
    match ty {
        Type::Entity(name) => out.push(name.clone()),
        Type::Set(element) => entities_of(element, out),
        Type::Record(record) => {
            for attribute in record.attributes.values() {
                entities_of(&attribute.ty, out);
            }
        }
        Type::Bool
        | Type::Long
        | Type::String
        | Type::Decimal
        | Type::IpAddr
        | Type::Datetime
        | Type::Duration => {}
    }
}

/// The common types that an entity type or an action uses, itself or in another common type; with their namespaces.
pub(super) fn used_common_types(context: &Context<'_>) -> BTreeSet<(Arc<str>, Arc<str>)> {
    let declared = context.declared();
    let common = |declared: &&Declaration| declared.kind == DeclaredKind::CommonType;
    let mut used = BTreeSet::new();
    // What JSON files name has no places, so whatever they may mean is in use.
    for declared in declared.iter().filter(common) {
        let name = Value::String(declared.full_name()).to_string();
        let base = Value::String(declared.name.to_string()).to_string();
        if json_files(context).any(|file| file.text.contains(&name) || file.text.contains(&base)) {
            used.insert((declared.namespace.clone(), declared.name.clone()));
        }
    }
    let mut open: Vec<&Declaration> = declared
        .iter()
        .filter(|declared| {
            !common(declared) || used.contains(&(declared.namespace.clone(), declared.name.clone()))
        })
        .collect();
    while let Some(next) = open.pop() {
        for name in &next.refers {
            let (space, base) = split_name(name);
            let meant = |other: &&Declaration| {
                *other.name == *base
                    && (*other.namespace == *space
                        || (space.is_empty() && other.namespace == next.namespace))
            };
            for found in declared.iter().filter(common).filter(meant) {
                if used.insert((found.namespace.clone(), found.name.clone())) {
                    open.push(found);
                }
            }
        }
    }
    used
}
