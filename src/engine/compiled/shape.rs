//! What the schema says of an action's requests, compiled for reading them.
//!
//! Invariant: a request that fits its shape conforms to the schema by Cedar's own check. The reverse need not hold.

use super::names::{AttributeId, Names, TypeId};
use super::paths::{PathId, Paths};
use crate::cedar::{ActionInfo, Schema};
use crate::model::{RecordType, Type};

/// The shape of one action's requests.
#[derive(Debug)]
pub struct ActionShape {
    /// Types that the principal may have.
    pub principals: Vec<TypeId>,
    /// Types that the resource may have.
    pub resources: Vec<TypeId>,
    /// The context.
    pub context: RecordShape,
}

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
    pub key: Box<str>,
    pub attribute: AttributeId,
    pub ty: TypeShape,
    /// Where its value goes; nothing where no policy reads it.
    pub place: Option<PathId>,
    /// Whether its value as such is read, not only members of it.
    pub whole: bool,
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
/// entity types, attribute names that need an escape, records of more than 64 attributes.
pub fn action_shape(
    info: &ActionInfo,
    schema: &Schema,
    names: &mut Names,
    paths: &Paths,
) -> Option<ActionShape> {
    let mut types = |types: &std::collections::BTreeSet<std::sync::Arc<str>>| {
        types
            .iter()
            .map(|ty| (!schema.is_enumerated(ty)).then(|| names.ty(ty)))
            .collect::<Option<Vec<TypeId>>>()
    };
    let (principals, resources) = (types(&info.principals)?, types(&info.resources)?);
    let mut shapes = Shapes {
        schema,
        names,
        paths,
    };
    Some(ActionShape {
        principals,
        resources,
        context: shapes.record(info.context.as_ref()?, Some(None))?,
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
                key: format!("\"{name}\":").into(),
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
            Type::Entity(name) if self.schema.is_enumerated(name) => return None,
            Type::Entity(name) => TypeShape::Entity(self.names.ty(name), name.as_ref().into()),
            Type::Set(element) => TypeShape::Set(Box::new(self.ty(element, None)?)),
            Type::Record(record) => TypeShape::Record(self.record(record, place.map(Some))?),
        })
    }
}
