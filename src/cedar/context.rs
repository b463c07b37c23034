//! The context of a recorded request, read by Cedar's own parser.
//!
//! Invariant: a context that Cedar takes by the schema is what Cedar makes of it. Cedar refuses a context as a whole for
//! one value that does not fit; then each value that does fit keeps what the schema says of it, and the others are read
//! as Cedar reads them without a schema.

use super::diagnostics::message;
use super::lower::lower_value;
use super::{Schema, uid};
use crate::model::{EntityRef, Json, Value};
use cedar_policy_core::ast;
use cedar_policy_core::entities::SchemaType;
use cedar_policy_core::entities::json::err::JsonDeserializationErrorContext;
use cedar_policy_core::entities::json::{CedarValueJson, ContextSchema as _, ValueParser};
use cedar_policy_core::evaluator::RestrictedEvaluator;
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::validator::context_schema_for_action;
use serde_json::Value as CedarJson;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A context in Cedar's terms.
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) members: Arc<BTreeMap<SmolStr, ast::Value>>,
}

impl Context {
    /// Reads the context of a request for this action. The error is Cedar's, where it has no value for a part.
    pub fn read(
        json: &BTreeMap<String, Json>,
        action: &EntityRef,
        schema: Option<&Schema>,
    ) -> Result<Self, String> {
        let json = serde_json::to_value(json).map_err(|error| error.to_string())?;
        let action = uid(action).ok_or_else(|| format!("`{}` is no entity type", action.ty))?;
        let known = schema.and_then(|schema| {
            let ty = context_schema_for_action(schema.inner.as_ref(), &action)?;
            Some((schema, ty.context_type()))
        });
        if let Some((schema, _)) = &known {
            let by_schema = Some((&*schema.inner, &action.into()));
            if let Ok(context) = cedar_policy::Context::from_json_value(json.clone(), by_schema)
                && let ast::Context::Value(members) = context.as_ref()
            {
                return Ok(Self {
                    members: members.clone(),
                });
            }
        }
        let value = in_parts(json, known.as_ref().map(|(_, ty)| ty))?;
        match value.value {
            ast::ValueKind::Record(members) => Ok(Self { members }),
            other => Err(format!("the context is `{other}`, which is no record")),
        }
    }

    /// The same as our own values.
    pub fn lowered(&self) -> Result<BTreeMap<String, Value>, String> {
        let members = self.members.iter().map(|(key, value)| {
            let lowered = lower_value(value);
            let lowered = lowered.ok_or_else(|| format!("`{value}` cannot be written"))?;
            Ok((key.to_string(), lowered))
        });
        members.collect()
    }
}

/// A value by its type where Cedar takes it so, else its members or elements by theirs, else as it is without a schema.
fn in_parts(json: CedarJson, ty: Option<&SchemaType>) -> Result<ast::Value, String> {
    let refused = match whole(json.clone(), ty) {
        Ok(value) => return Ok(value),
        Err(refused) => refused,
    };
    match (json, ty) {
        (_, None) => Err(refused),
        (CedarJson::Object(members), Some(SchemaType::Record { attrs, .. }))
            if !is_escape(&members) =>
        {
            let members = members.into_iter().map(|(key, json)| {
                let ty = attrs
                    .get(key.as_str())
                    .map(|attribute| attribute.schema_type());
                Ok((SmolStr::new(key), in_parts(json, ty)?))
            });
            let members = members.collect::<Result<BTreeMap<_, _>, String>>()?;
            Ok(ast::Value::record_arc(Arc::new(members), None))
        }
        (CedarJson::Array(items), Some(SchemaType::Set { element_ty })) => {
            let items = items
                .into_iter()
                .map(|json| in_parts(json, Some(element_ty)));
            Ok(ast::Value::set(items.collect::<Result<Vec<_>, _>>()?, None))
        }
        (json, Some(_)) => whole(json, None),
    }
}

/// A value as Cedar reads it, by a type or without one.
fn whole(json: CedarJson, ty: Option<&SchemaType>) -> Result<ast::Value, String> {
    let extensions = Extensions::all_available();
    let expression = ValueParser::new(extensions)
        .val_into_restricted_expr(json, ty, &|| JsonDeserializationErrorContext::Context)
        .map_err(|error| message(&error))?;
    RestrictedEvaluator::new(extensions)
        .interpret(expression.as_borrowed())
        .map_err(|error| message(&error))
}

/// Whether an object is an entity or a call, which it is whatever the schema says.
fn is_escape(members: &serde_json::Map<String, CedarJson>) -> bool {
    let escape = |json| {
        matches!(
            serde_json::from_value(json),
            Ok(CedarValueJson::EntityEscape { .. }
                | CedarValueJson::ExtnEscape { .. }
                | CedarValueJson::ExprEscape { .. })
        )
    };
    members.len() == 1
        && members.keys().any(|key| key.starts_with("__"))
        && escape(CedarJson::Object(members.clone()))
}

#[cfg(test)]
mod tests;
