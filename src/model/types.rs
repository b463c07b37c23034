//! The types of a Cedar schema, in our own words, so that the engine can type values without naming Cedar.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A type that the schema gives to an attribute (<https://docs.cedarpolicy.com/schema/json-schema.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `Bool`
    Bool,
    /// `Long`, 64 bits
    Long,
    /// `String`
    String,
    /// The extension type `decimal`: at most four digits behind the point.
    Decimal,
    /// The extension type `ipaddr`
    IpAddr,
    /// The extension type `datetime`
    Datetime,
    /// The extension type `duration`
    Duration,
    /// An entity of this type.
    Entity(Arc<str>),
    /// A set of elements of one type.
    Set(Box<Type>),
    /// A record.
    Record(RecordType),
}

/// One attribute of a record type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type.
    pub ty: Type,
    /// Whether the schema promises that it is there.
    pub required: bool,
}

/// A record type: its attributes by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordType {
    /// The attributes the schema declares.
    pub attributes: BTreeMap<Arc<str>, Attribute>,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("Bool"),
            Type::Long => f.write_str("Long"),
            Type::String => f.write_str("String"),
            Type::Decimal => f.write_str("decimal"),
            Type::IpAddr => f.write_str("ipaddr"),
            Type::Datetime => f.write_str("datetime"),
            Type::Duration => f.write_str("duration"),
            Type::Entity(name) => f.write_str(name),
            Type::Set(element) => write!(f, "Set<{element}>"),
            Type::Record(_) => f.write_str("a record"),
        }
    }
}
