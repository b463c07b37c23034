//! Our values and requests as Cedar's.

use super::context::Context;
use super::entities::EntityStore;
use super::{Schema, diagnostics, uid};
use crate::model::{EntityRef, FieldPath, Request, Value};
use cedar_policy_core::ast;
use cedar_policy_core::extensions::Extensions;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

/// A request in Cedar's terms. `unknown` names the context fields whose value nobody knows; they are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltRequest {
    pub(super) principal: ast::EntityUID,
    pub(super) action: ast::EntityUID,
    pub(super) resource: ast::EntityUID,
    pub(super) context: Arc<BTreeMap<smol_str::SmolStr, ast::Value>>,
    pub(super) unknown: BTreeSet<FieldPath>,
}

/// A request together with the entities it is decided with.
#[derive(Debug, Clone, Copy)]
pub struct PreparedRequest<'a> {
    /// The request.
    pub request: &'a BuiltRequest,
    /// The entities.
    pub entities: &'a EntityStore,
}

impl BuiltRequest {
    /// Builds Cedar's values. The error says which part Cedar has no value for.
    pub fn build(request: &Request) -> Result<Self, String> {
        Self::of(request, Arc::new(record(&request.context)?))
    }

    /// The same with the context as Cedar has read it.
    pub fn with_context(request: &Request, context: &Context) -> Result<Self, String> {
        Self::of(request, context.members.clone())
    }

    fn of(
        request: &Request,
        context: Arc<BTreeMap<smol_str::SmolStr, ast::Value>>,
    ) -> Result<Self, String> {
        let name =
            |part: &EntityRef| uid(part).ok_or_else(|| format!("`{}` is no entity type", part.ty));
        Ok(Self {
            principal: name(&request.principal)?,
            action: name(&request.action)?,
            resource: name(&request.resource)?,
            context,
            unknown: request.unknown.clone(),
        })
    }

    /// Whether every field is known.
    pub fn has_no_unknown(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Whether the request conforms to the schema: types of principal and resource, and the context. Unknown
    /// fields cannot be judged, so a request with unknown fields is judged without them only by its uids.
    pub fn conforms(&self, schema: &Schema) -> Result<(), String> {
        let context = if self.unknown.is_empty() {
            Some(self.cedar_context())
        } else {
            None
        };
        let built = ast::Request::new_with_unknowns(
            ast::EntityUIDEntry::known(self.principal.clone(), None),
            ast::EntityUIDEntry::known(self.action.clone(), None),
            ast::EntityUIDEntry::known(self.resource.clone(), None),
            context,
            Some(schema.inner.as_ref()),
            Extensions::all_available(),
        );
        built
            .map(|_| ())
            .map_err(|error| diagnostics::message(&error))
    }

    pub(super) fn cedar_context(&self) -> ast::Context {
        ast::Context::Value(self.context.clone())
    }

    pub(super) fn cedar(&self) -> ast::Request {
        ast::Request::new_unchecked(
            ast::EntityUIDEntry::known(self.principal.clone(), None),
            ast::EntityUIDEntry::known(self.action.clone(), None),
            ast::EntityUIDEntry::known(self.resource.clone(), None),
            Some(self.cedar_context()),
        )
    }
}

fn record(
    members: &BTreeMap<String, Value>,
) -> Result<BTreeMap<smol_str::SmolStr, ast::Value>, String> {
    members
        .iter()
        .map(|(key, member)| Ok((smol_str::SmolStr::new(key), value(member)?)))
        .collect()
}

fn value(value: &Value) -> Result<ast::Value, String> {
    Ok(match value {
        Value::Bool(flag) => ast::Value::from(*flag),
        Value::Long(number) => ast::Value::from(*number),
        Value::String(text) => ast::Value::from(smol_str::SmolStr::new(text)),
        Value::Entity(part) => {
            let uid = uid(part).ok_or_else(|| format!("`{}` is no entity type", part.ty))?;
            ast::Value::from(Arc::new(uid))
        }
        Value::Extension(function, argument) => extension(function, argument)?,
        Value::Call(function, arguments) => {
            let arguments = arguments.iter().map(self::value);
            call(function, &arguments.collect::<Result<Vec<_>, _>>()?)?
        }
        Value::Set(items) => {
            let items = items
                .iter()
                .map(self::value)
                .collect::<Result<Vec<_>, _>>()?;
            ast::Value::set(items, None)
        }
        Value::Record(members) => ast::Value::record_arc(Arc::new(record(members)?), None),
    })
}

/// The names of functions: to parse one takes longer than to call it.
static NAMES: LazyLock<HashMap<&str, ast::Name>> = LazyLock::new(|| {
    let constructors = ["decimal", "ip", "datetime", "duration"];
    let methods = ["offset", "durationSince", "toMilliseconds"];
    let names = constructors.into_iter().chain(methods);
    names
        .filter_map(|name| Some((name, name.parse().ok()?)))
        .collect()
});

/// Calls an extension constructor of Cedar, such as `decimal`, on its argument.
pub(super) fn extension(function: &str, argument: &str) -> Result<ast::Value, String> {
    call(
        function,
        &[ast::Value::from(smol_str::SmolStr::new(argument))],
    )
}

pub(super) fn call(function: &str, arguments: &[ast::Value]) -> Result<ast::Value, String> {
    let made;
    let name = match NAMES.get(function) {
        Some(name) => name,
        None => {
            made = function
                .parse::<ast::Name>()
                .map_err(|_| format!("`{function}` is no function name"))?;
            &made
        }
    };
    let found = Extensions::all_available()
        .func(name)
        .map_err(|_| format!("Cedar has no extension function `{function}`"))?;
    match found.call(arguments) {
        Ok(ast::PartialValue::Value(value)) => Ok(value),
        Ok(ast::PartialValue::Residual(_)) => Err(format!("`{function}` gives no value")),
        Err(error) => Err(diagnostics::message(&error)),
    }
}

impl Schema {
    /// Whether Cedar's constructor of this extension type takes the text.
    pub fn accepts(function: &str, argument: &str) -> bool {
        extension(function, argument).is_ok()
    }
}
