//! The tools that actions stand for, and where the schema says so.

use crate::cedar::{Declaration, DeclaredKind};
use crate::lint::context::Context;
use crate::model::{EntityRef, SourceFile, Span, Type};
use crate::repository::{Named, Shape, Tool, ToolList, named_tool};

/// An action that says which tool it is.
pub(super) struct Tagged<'c> {
    /// The action.
    pub action: &'c EntityRef,
    /// The tool, as `@tool` names it.
    pub tag: &'c str,
}

/// The actions with a `@tool`, in order.
pub(super) fn tagged<'c>(context: &'c Context<'_>) -> Vec<Tagged<'c>> {
    let actions = context
        .schema()
        .into_iter()
        .flat_map(|schema| schema.actions());
    actions
        .filter_map(|(action, info)| {
            let tag = info.annotations.get("tool")?;
            Some(Tagged { action, tag })
        })
        .collect()
}

/// The tool of an action, in the lists of the repository.
pub(super) fn tool_of<'c>(context: &'c Context<'_>, tag: &str) -> Option<(&'c ToolList, &'c Tool)> {
    match named_tool(&context.version.tool_lists, tag) {
        Named::Tool(list, tool) => Some((list, tool)),
        Named::Missing(_) | Named::Unplaced | Named::Unknown => None,
    }
}

/// Where an action is declared; nothing for a schema in Cedar's JSON form.
pub(super) fn declared<'c>(
    context: &'c Context<'_>,
    action: &EntityRef,
) -> Option<&'c Declaration> {
    let namespace = action.ty.strip_suffix("::Action").unwrap_or_default();
    context.declared().iter().find(|declared| {
        declared.kind == DeclaredKind::Action
            && declared.name == action.id
            && declared.namespace.as_ref() == namespace
    })
}

/// The file and the place of the annotation that names the tool of an action; of a schema without places, its beginning.
pub(super) fn tag_place<'c>(
    context: &'c Context<'_>,
    action: &EntityRef,
) -> Option<(&'c SourceFile, Span)> {
    let Some(declared) = declared(context, action) else {
        let file = context.version.schema_files().first()?;
        return Some((file, Span::default()));
    };
    let file = context.file(&declared.file)?;
    let before = file.text.get(..declared.span.start)?;
    let place = before.rfind("@tool").and_then(|at| {
        let text = before.get(at..)?;
        let end = text.find(')')? + 1;
        // A brace or a semicolon behind it ends another declaration.
        let between = text.get(end..)?;
        (!between.contains([';', '{', '}'])).then(|| Span::new(at, end))
    });
    Some((file, place.unwrap_or(declared.span)))
}

/// Whether values of a shape can have a type; the error says what they are.
pub(super) fn fits(shape: &Shape, ty: &Type) -> Result<(), &'static str> {
    let right = match (shape, ty) {
        // What has no type in Cedar is a person's choice.
        (Shape::Open(_), _) => true,
        // A text may stand for an entity, and for what is written as one.
        (Shape::Text(_), Type::String | Type::Entity(_)) => true,
        (Shape::Text(_), Type::Datetime | Type::Duration | Type::IpAddr) => true,
        // Many servers say `number` and mean whole ones.
        (Shape::Integer | Shape::Number, Type::Long | Type::Decimal) => true,
        (Shape::Bool, Type::Bool) => true,
        (Shape::Array(items), Type::Set(element)) => fits(items, element).is_ok(),
        (Shape::Record(_), Type::Record(_)) => true,
        (
            Shape::Text(_)
            | Shape::Integer
            | Shape::Number
            | Shape::Bool
            | Shape::Array(_)
            | Shape::Record(_),
            _,
        ) => false,
    };
    let word = match shape {
        Shape::Text(_) => "a text",
        Shape::Integer => "an integer",
        Shape::Number => "a number",
        Shape::Bool => "a boolean",
        Shape::Array(items) => match items.as_ref() {
            Shape::Text(_) => "an array of texts",
            Shape::Integer | Shape::Number => "an array of numbers",
            Shape::Record(_) => "an array of objects",
            Shape::Bool | Shape::Array(_) | Shape::Open(_) => "an array",
        },
        Shape::Record(_) => "an object",
        Shape::Open(_) => "anything",
    };
    match right {
        true => Ok(()),
        false => Err(word),
    }
}

/// A type of the schema, as a message says it.
pub(super) fn declared_as(ty: &Type) -> String {
    match ty {
        Type::Record(_) => ty.to_string(),
        _ => format!("of the type `{ty}`"),
    }
}
