//! What the schema says of an action's requests, compiled for reading them.
//!
//! Invariant: a request that fits its shape conforms to the schema by Cedar's own check. The reverse need not hold.

use super::names::{AttributeId, Names, TypeId};
use super::paths::{PathId, Paths};
use crate::cedar::{ActionInfo, Schema};
use crate::model::{RecordType, Type};
use std::sync::Arc;

/// The shape of one action's requests.
#[derive(Debug)]
pub struct ActionShape {
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

/// The shape of a record: at most 64 attributes.
#[derive(Debug)]
pub struct RecordShape {
    /// Its attributes.
    pub members: Vec<MemberShape>,
    /// The attributes that must be there, one bit each.
    pub required: u64,
}

/// An attribute.
#[derive(Debug)]
pub struct MemberShape {
    /// Its name as it stands in JSON.
    pub name: Box<str>,
    /// The same with quotes and colon.
    pub key: WrittenKey,
    pub attribute: AttributeId,
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
    /// The key of an attribute whose name needs no escapes.
    fn new(name: &str) -> Self {
        let letters = format!("\"{name}\":").into_bytes().into_boxed_slice();
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
    Set(Box<TypeShape>),
    Record(RecordShape),
}

/// The shape of an action; nothing where the schema says something that the compiled path leaves to Cedar: enumerated
/// entity types and actions, attribute names that need an escape, records of more than 64 attributes.
pub fn action_shape(
    info: &ActionInfo,
    schema: &Schema,
    names: &mut Names,
    paths: &Paths,
    contexts: &mut ContextShapes,
) -> Option<ActionShape> {
    let mut types = |types: &std::collections::BTreeSet<std::sync::Arc<str>>| {
        types
            .iter()
            .map(|ty| (!schema.is_enumerated(ty)).then(|| names.ty(ty)))
            .collect::<Option<Vec<TypeId>>>()
    };
    let (principals, resources) = (types(&info.principals)?, types(&info.resources)?);
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
        if record.attributes.len() > 64 {
            return None;
        }
        let mut required = 0;
        let mut members = Vec::new();
        for (bit, (name, attribute)) in record.attributes.iter().enumerate() {
            let plain = |b: u8| b >= 0x20 && b != b'"' && b != b'\\';
            // Keys that begin like that are escapes in the JSON of requests.
            if !name.bytes().all(plain) || name.starts_with("__") {
                return None;
            }
            let id = self.names.attribute(name);
            let place = at.and_then(|parent| self.paths.find(parent, id));
            if attribute.required {
                required |= 1 << bit;
            }
            members.push(MemberShape {
                name: name.as_ref().into(),
                key: WrittenKey::new(name),
                attribute: id,
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
            Type::Entity(name) if self.schema.is_closed(name) => return None,
            Type::Entity(name) => TypeShape::Entity(self.names.ty(name), name.as_ref().into()),
            Type::Set(element) => TypeShape::Set(Box::new(self.ty(element, None)?)),
            Type::Record(record) => TypeShape::Record(self.record(record, place.map(Some))?),
        })
    }
}
