//! Entities from JSON, as the schema types them, without Cedar's parser: it tries each form of each value in turn.
//!
//! Only the plain forms are built here, and only where the entity conforms to the schema. For everything else there
//! is no answer, and Cedar's parser is asked, for its entity or its message.

use super::types::{lower, lower_record};
use crate::model::{RecordType, Type};
use cedar_policy_core::ast;
use cedar_policy_core::entities::{EntityTypeDescription, Schema as _};
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::validator::types::{Attributes, OpenTag, Type as CedarType};
use cedar_policy_core::validator::{CoreSchema, ValidatorSchema};
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What the schema says of entities, by the name of their type.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    types: HashMap<Arc<str>, Shape>,
    constructors: HashMap<&'static str, ast::Name>,
}

/// What the schema says of the entities of one type.
#[derive(Debug)]
struct Shape {
    name: Arc<str>,
    ty: ast::EntityType,
    /// Nothing for types whose attributes cannot be judged here.
    attributes: Option<RecordType>,
    tags: Option<Type>,
    parents: HashSet<ast::EntityType>,
    /// The ids that an enumerated type has.
    choices: Option<HashSet<SmolStr>>,
}

/// An entity, and the name of its type as the schema's own text.
pub(super) type Built = (Arc<str>, ast::Entity);

impl Shapes {
    pub(super) fn of(schema: &ValidatorSchema) -> Self {
        let core = CoreSchema::new(schema);
        let mut types = HashMap::new();
        for entity_type in schema.entity_types() {
            let ty = entity_type.name();
            let Some(told) = core.entity_type(ty) else {
                continue;
            };
            let name: Arc<str> = ty.to_string().into();
            let judged = !told.is_external()
                && entity_type.open_attributes() == OpenTag::ClosedAttributes
                && plain_record(entity_type.attributes())
                && entity_type.tag_type().is_none_or(plain);
            let shape = Shape {
                name: name.clone(),
                ty: ty.clone(),
                attributes: judged.then(|| lower_record(entity_type.attributes())),
                tags: entity_type.tag_type().and_then(lower),
                parents: told.allowed_parent_types().as_ref().clone(),
                choices: told
                    .enum_entity_eids()
                    .map(|ids| ids.iter().map(|id| SmolStr::new(id.as_ref())).collect()),
            };
            types.insert(name, shape);
        }
        let constructors = ["decimal", "ip", "datetime", "duration"]
            .into_iter()
            .filter_map(|name| Some((name, name.parse().ok()?)))
            .collect();
        Self {
            types,
            constructors,
        }
    }

    /// The entity type of this name; nothing where the schema does not have it, or has it under another spelling.
    pub(super) fn named(&self, name: &str) -> Option<&ast::EntityType> {
        self.types.get(name).map(|shape| &shape.ty)
    }

    /// The entity that Cedar would read; nothing where that is for Cedar to say.
    pub(super) fn build(&self, json: &Json) -> Option<Built> {
        let members = json.as_object()?;
        let known = ["uid", "attrs", "parents", "tags"];
        if members.keys().any(|key| !known.contains(&key.as_str())) {
            return None;
        }
        let (uid, shape) = self.reference(members.get("uid")?)?;
        let attributes = members.get("attrs")?.as_object()?;
        let attributes = self.record(attributes, shape.attributes.as_ref()?)?;
        let parents = members.get("parents")?.as_array()?.iter().map(|parent| {
            let (parent, _) = self.reference(parent)?;
            shape
                .parents
                .contains(parent.entity_type())
                .then_some(parent)
        });
        let parents: HashSet<ast::EntityUID> = parents.collect::<Option<_>>()?;
        let tags = match members.get("tags") {
            None => Vec::new(),
            Some(tags) => tags
                .as_object()?
                .iter()
                .map(|(name, tag)| {
                    let tag = self.value(tag, shape.tags.as_ref()?)?;
                    Some((SmolStr::new(name), ast::PartialValue::Value(tag)))
                })
                .collect::<Option<_>>()?,
        };
        let attributes = attributes
            .into_iter()
            .map(|(name, value)| (name, ast::PartialValue::Value(value)));
        let entity = ast::Entity::new_with_attr_partial_value(
            uid,
            attributes,
            HashSet::new(),
            parents,
            tags,
        );
        Some((shape.name.clone(), entity))
    }

    fn value(&self, json: &Json, ty: &Type) -> Option<ast::Value> {
        match (ty, json) {
            (Type::Bool, Json::Bool(flag)) => Some(ast::Value::from(*flag)),
            (Type::Long, Json::Number(number)) => Some(ast::Value::from(number.as_i64()?)),
            (Type::String, Json::String(text)) => Some(ast::Value::from(SmolStr::new(text))),
            (Type::Entity(name), json) => {
                let (uid, shape) = self.reference(json)?;
                (shape.name == *name).then(|| ast::Value::from(Arc::new(uid)))
            }
            (Type::Set(element), Json::Array(items)) => {
                let items = items.iter().map(|item| self.value(item, element));
                Some(ast::Value::set(items.collect::<Option<Vec<_>>>()?, None))
            }
            (Type::Record(record), Json::Object(members)) => {
                let members = self.record(members, record)?;
                Some(ast::Value::record(members, None))
            }
            (Type::Decimal, json) => self.extension("decimal", json),
            (Type::IpAddr, json) => self.extension("ip", json),
            (Type::Datetime, json) => self.extension("datetime", json),
            (Type::Duration, json) => self.extension("duration", json),
            (Type::Bool | Type::Long | Type::String | Type::Set(_) | Type::Record(_), _) => None,
        }
    }

    fn record(
        &self,
        members: &Map<String, Json>,
        record: &RecordType,
    ) -> Option<Vec<(SmolStr, ast::Value)>> {
        let mut out = Vec::with_capacity(members.len());
        for (name, json) in members {
            // Such a key may be an escape, which Cedar reads before it looks at the type.
            if name.starts_with("__") {
                return None;
            }
            let attribute = record.attributes.get(name.as_str())?;
            out.push((SmolStr::new(name), self.value(json, &attribute.ty)?));
        }
        let whole = record
            .attributes
            .iter()
            .all(|(name, attribute)| !attribute.required || members.contains_key(name.as_ref()));
        whole.then_some(out)
    }

    /// `{"type", "id"}`, with or without its escape, of a type that the schema has.
    fn reference(&self, json: &Json) -> Option<(ast::EntityUID, &Shape)> {
        let inner = unescaped(json, "__entity")?;
        let (ty, id) = (inner.get("type")?.as_str()?, inner.get("id")?.as_str()?);
        let shape = self.types.get(ty).filter(|_| inner.len() == 2)?;
        let allowed = shape.choices.as_ref().is_none_or(|ids| ids.contains(id));
        let uid = || ast::EntityUID::from_components(shape.ty.clone(), ast::Eid::new(id), None);
        allowed.then(|| (uid(), shape))
    }

    /// The text for an extension type's constructor, or `{"fn", "arg"}`, with or without its escape.
    fn extension(&self, constructor: &str, json: &Json) -> Option<ast::Value> {
        let text = match json {
            Json::String(text) => text,
            json => {
                let inner = unescaped(json, "__extn")?;
                let function = inner.get("fn")?.as_str()?;
                let text = inner.get("arg")?.as_str()?;
                (function == constructor && inner.len() == 2).then_some(text)?
            }
        };
        let function = self.constructors.get(constructor)?;
        let function = Extensions::all_available().func(function).ok()?;
        match function.call(&[ast::Value::from(SmolStr::new(text))]) {
            Ok(ast::PartialValue::Value(value)) => Some(value),
            Ok(ast::PartialValue::Residual(_)) | Err(_) => None,
        }
    }
}

/// The object below this escape, where it stands alone, else the object itself.
fn unescaped<'j>(json: &'j Json, escape: &str) -> Option<&'j Map<String, Json>> {
    let members = json.as_object()?;
    match members.get(escape) {
        Some(inner) if members.len() == 1 => inner.as_object(),
        Some(_) => None,
        None => Some(members),
    }
}

/// Whether our own type says all that Cedar's says.
fn plain(ty: &CedarType) -> bool {
    match ty {
        CedarType::Set { element_type } => element_type.as_deref().is_some_and(plain),
        CedarType::Record {
            attrs,
            open_attributes,
        } => *open_attributes == OpenTag::ClosedAttributes && plain_record(attrs),
        CedarType::Never
        | CedarType::Bool(_)
        | CedarType::Long
        | CedarType::String
        | CedarType::Entity(_)
        | CedarType::ExtensionType { .. } => lower(ty).is_some(),
    }
}

fn plain_record(attributes: &Attributes) -> bool {
    attributes
        .iter()
        .all(|(_, attribute)| plain(&attribute.attr_type))
}

#[cfg(test)]
mod tests;
