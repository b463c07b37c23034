//! Cedar's validator types, lowered to our own.

use crate::model::{Attribute, RecordType, Type};
use cedar_policy_core::validator::types::{Attributes, EntityKind, Type as CedarType};

/// Our type for Cedar's; nothing for types that values of a request cannot have.
pub(super) fn lower(ty: &CedarType) -> Option<Type> {
    match ty {
        CedarType::Bool(_) => Some(Type::Bool),
        CedarType::Long => Some(Type::Long),
        CedarType::String => Some(Type::String),
        CedarType::Entity(EntityKind::Entity(lub)) => lub
            .get_single_entity()
            .map(|name| Type::Entity(name.to_string().into())),
        CedarType::Set { element_type } => {
            let element = lower(element_type.as_ref()?)?;
            Some(Type::Set(Box::new(element)))
        }
        CedarType::Record { attrs, .. } => Some(Type::Record(lower_record(attrs))),
        CedarType::ExtensionType { name } => match name.to_string().as_str() {
            "decimal" => Some(Type::Decimal),
            "ipaddr" => Some(Type::IpAddr),
            "datetime" => Some(Type::Datetime),
            "duration" => Some(Type::Duration),
            _ => None,
        },
        CedarType::Never | CedarType::Entity(EntityKind::AnyEntity) => None,
    }
}

pub(super) fn lower_record(attributes: &Attributes) -> RecordType {
    let attributes = attributes
        .iter()
        .filter_map(|(name, attribute)| {
            let ty = lower(&attribute.attr_type)?;
            let required = attribute.is_required();
            Some((name.as_str().into(), Attribute { ty, required }))
        })
        .collect();
    RecordType { attributes }
}
