//! What the schema says of an action's requests, compiled for reading them.
//!
//! Invariant: a request that fits its shape conforms to the schema by Cedar's own check. The reverse need not hold.

use super::names::{AttributeId, EntityId, Names, TypeId};
use super::paths::{PathId, Paths};
use crate::cedar::{ActionInfo, Schema};
use crate::model::{EntityRef, RecordType, Type};
use std::sync::Arc;

/// The shape of one action's requests.
#[derive(Debug)]
pub struct ActionShape {
    /// The place of the action among those that have shapes.
    pub number: usize,
    /// Types that the principal may have.
    pub principals: Vec<TypeId>,
    /// Types that the resource may have.
    pub resources: Vec<TypeId>,
    /// The context; actions with the same type of context share it, so that it is at hand for most requests.
    pub context: Arc<RecordShape>,
}

/// The shapes of contexts that were made, by type.
#[derive(Default)]
pub struct ContextShapes(Vec<(RecordType, Option<Arc<RecordShape>>)>);

/// The shape of a record.
#[derive(Debug)]
pub struct RecordShape {
    /// Its attributes.
    pub members: Vec<MemberShape>,
    /// The attributes that must be there, one bit each; of more than 64 only the first.
    pub required: u64,
}

/// An attribute.
#[derive(Debug)]
pub struct MemberShape {
    pub name: Box<str>,
    /// Its name as it mostly stands in JSON, with quotes and colon.
    pub key: WrittenKey,
    pub attribute: AttributeId,
    /// Whether it must be there.
    pub required: bool,
    pub ty: TypeShape,
    /// Where its value goes; nothing where no policy reads it.
    pub place: Option<PathId>,
    /// Whether its value as such is read, not only members of it.
    pub whole: bool,
}

/// A key as it stands in JSON, with quotes and colon, ready to be compared in one go.
#[derive(Debug)]
pub struct WrittenKey {
    letters: Box<[u8]>,
    /// Its first 16 bytes, and a mask of those that there are.
    first: u128,
    mask: u128,
}

impl WrittenKey {
    /// The key of an attribute, with the escapes that it needs.
    fn new(name: &str) -> Self {
        let quoted = serde_json::Value::from(name);
        let letters = format!("{quoted}:").into_bytes().into_boxed_slice();
        let (mut first, mut mask) = ([0; 16], [0; 16]);
        for ((first, mask), letter) in first.iter_mut().zip(&mut mask).zip(&letters) {
            (*first, *mask) = (*letter, 0xff);
        }
        Self {
            letters,
            first: u128::from_le_bytes(first),
            mask: u128::from_le_bytes(mask),
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// Whether a text begins with it.
    #[inline(always)]
    pub fn begins(&self, text: &[u8]) -> bool {
        let Some(first) = text.first_chunk::<16>() else {
            return text.starts_with(&self.letters);
        };
        (u128::from_le_bytes(*first) ^ self.first) & self.mask == 0
            && (self.letters.len() <= 16 || text.starts_with(&self.letters))
    }
}

/// The shape of a value.
#[derive(Debug)]
pub enum TypeShape {
    Bool,
    Long,
    Text,
    Decimal,
    Ip,
    Datetime,
    Duration,
    Entity(TypeId, Box<str>),
    /// One of these entities, which are sorted: the type is enumerated, or it is one of actions.
    Chosen(TypeId, Box<str>, Box<[EntityId]>),
    Set(Box<TypeShape>),
    Record(RecordShape),
}

/// The entities that the schema knows of a type of which it knows all, sorted: an enumerated one, or one of actions.
/// Cedar refuses all others.
pub fn chosen(ty: &str, schema: &Schema, names: &mut Names) -> Option<Box<[EntityId]>> {
    let mut all: Vec<EntityId> = match schema.choices(ty) {
        Some(choices) => choices
            .iter()
            .map(|id| names.entity(&EntityRef::new(ty, id.clone())))
            .collect(),
        None if schema.is_closed(ty) => {
            let actions = schema.actions().keys();
            actions
                .filter(|action| action.ty.as_ref() == ty)
                .map(|action| names.entity(action))
                .collect()
        }
        None => return None,
    };
    all.sort_unstable();
    Some(all.into())
}

/// The shape of an action; nothing where it is a group, or where the schema says something that the compiled path leaves
/// to Cedar: a required attribute whose name begins as escapes in JSON do.
pub fn action_shape(
    info: &ActionInfo,
    schema: &Schema,
    names: &mut Names,
    paths: &Paths,
    contexts: &mut ContextShapes,
) -> Option<ActionShape> {
    let mut types = |types: &std::collections::BTreeSet<std::sync::Arc<str>>| {
        types.iter().map(|ty| names.ty(ty)).collect::<Vec<TypeId>>()
    };
    let (principals, resources) = (types(&info.principals), types(&info.resources));
    let ty = info.context.as_ref()?;
    let known = contexts.0.iter().find(|(known, _)| known == ty);
    let context = match known {
        Some((_, shape)) => shape.clone(),
        None => {
            let mut shapes = Shapes {
                schema,
                names,
                paths,
            };
            let shape = shapes.record(ty, Some(None)).map(Arc::new);
            contexts.0.push((ty.clone(), shape.clone()));
            shape
        }
    };
    Some(ActionShape {
        number: 0,
        principals,
        resources,
        context: context?,
    })
}

struct Shapes<'s> {
    schema: &'s Schema,
    names: &'s mut Names,
    paths: &'s Paths,
}

impl Shapes<'_> {
    /// `at` is the place of the record; nothing where no policy reads it, nothing inside where it is the context itself.
    fn record(&mut self, record: &RecordType, at: Option<Option<PathId>>) -> Option<RecordShape> {
        let mut required = 0;
        let mut members = Vec::new();
        for (name, attribute) in &record.attributes {
            // Keys that begin like that are escapes in the JSON of requests, which are read by Cedar's rules.
            if name.starts_with("__") {
                if attribute.required {
                    return None;
                }
                continue;
            }
            let id = self.names.attribute(name);
            let place = at.and_then(|parent| self.paths.find(parent, id));
            if attribute.required && members.len() < 64 {
                required |= 1 << members.len();
            }
            members.push(MemberShape {
                name: name.as_ref().into(),
                key: WrittenKey::new(name),
                attribute: id,
                required: attribute.required,
                ty: self.ty(&attribute.ty, place)?,
                place,
                whole: place.is_some_and(|place| self.paths.is_whole(place)),
            });
        }
        Some(RecordShape { members, required })
    }

    fn ty(&mut self, ty: &Type, place: Option<PathId>) -> Option<TypeShape> {
        Some(match ty {
            Type::Bool => TypeShape::Bool,
            Type::Long => TypeShape::Long,
            Type::String => TypeShape::Text,
            Type::Decimal => TypeShape::Decimal,
            Type::IpAddr => TypeShape::Ip,
            Type::Datetime => TypeShape::Datetime,
            Type::Duration => TypeShape::Duration,
            Type::Entity(name) => {
                let ty = self.names.ty(name);
                match chosen(name, self.schema, self.names) {
                    Some(all) => TypeShape::Chosen(ty, name.as_ref().into(), all),
                    None => TypeShape::Entity(ty, name.as_ref().into()),
                }
            }
            Type::Set(element) => TypeShape::Set(Box::new(self.ty(element, None)?)),
            Type::Record(record) => TypeShape::Record(self.record(record, place.map(Some))?),
        })
    }
}
