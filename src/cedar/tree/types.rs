//! What the schema says of the types of a request, as far as it is needed to tell what can come of an atom.

use crate::cedar::Schema;
use crate::model::{EntityRef, RecordType, Type};
use cedar_policy_core::ast::{Expr, ExprKind, Literal, Var};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The types of a request for which the schema has an action: Cedar's request environment.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
pub struct RequestTypes {
    /// The type of the principal.
    pub principal: Arc<str>,
    /// The action.
    pub action: EntityRef,
    /// The type of the resource.
    pub resource: Arc<str>,
}

impl Schema {
    /// Every combination of principal type, action and resource type that the schema knows, sorted.
    pub fn environments(&self) -> Vec<RequestTypes> {
        let mut found = Vec::new();
        for (action, info) in self.actions() {
            for principal in &info.principals {
                for resource in &info.resources {
                    found.push(RequestTypes {
                        principal: principal.clone(),
                        action: action.clone(),
                        resource: resource.clone(),
                    });
                }
            }
        }
        found.sort();
        found
    }
}

/// The types of all requests.
pub(super) struct Types {
    pub(super) environments: Vec<(RequestTypes, RecordType)>,
    entities: BTreeMap<Arc<str>, RecordType>,
}

impl Types {
    pub(super) fn of(schema: &Schema) -> Self {
        let environments: Vec<(RequestTypes, RecordType)> = schema
            .environments()
            .into_iter()
            .map(|types| {
                let context = schema
                    .action(&types.action)
                    .and_then(|info| info.context.clone());
                (types, context.unwrap_or_default())
            })
            .collect();
        let inner = schema.inner.as_ref();
        let names = inner.entity_types().map(|ty| ty.name().to_string());
        let entities = names
            .filter_map(|name| Some((name.as_str().into(), schema.entity_type(&name)?)))
            .collect();
        Self {
            environments,
            entities,
        }
    }

    /// The type of a path in an environment; nothing where it has none there, or is no path.
    pub(super) fn path(
        &self,
        expr: &Expr,
        environment: &(RequestTypes, RecordType),
    ) -> Option<Type> {
        let (types, context) = environment;
        match expr.expr_kind() {
            ExprKind::Var(Var::Principal) => Some(Type::Entity(types.principal.clone())),
            ExprKind::Var(Var::Resource) => Some(Type::Entity(types.resource.clone())),
            ExprKind::Var(Var::Action) => Some(Type::Entity(types.action.ty.clone())),
            ExprKind::Var(Var::Context) => Some(Type::Record(context.clone())),
            ExprKind::Lit(Literal::EntityUID(uid)) => {
                Some(Type::Entity(uid.entity_type().to_string().into()))
            }
            ExprKind::GetAttr { expr, attr } => {
                let of = self.path(expr, environment)?;
                let attributes = self.attributes(&of)?;
                let found = attributes.attributes.get(attr.as_str())?;
                Some(found.ty.clone())
            }
            _ => None,
        }
    }

    /// The attributes of a record or an entity.
    pub(super) fn attributes<'t>(&'t self, ty: &'t Type) -> Option<&'t RecordType> {
        match ty {
            Type::Record(record) => Some(record),
            Type::Entity(name) => self.entities.get(name),
            Type::Bool
            | Type::Long
            | Type::String
            | Type::Decimal
            | Type::IpAddr
            | Type::Datetime
            | Type::Duration
            | Type::Set(_) => None,
        }
    }
}
