//! JSON Schema of a tool's arguments → what of it a Cedar schema can say.

use super::placed::Placed;
use crate::model::Span;

/// An argument of a tool, or a member of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// The place of the name.
    pub span: Span,
    /// Whether every call has it.
    pub required: bool,
    /// What it is.
    pub shape: Shape,
}

/// What a value is, as far as Cedar has a type for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A text; where a list says which ones there are, the first of them.
    Text(Option<String>),
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A boolean.
    Bool,
    /// An array of one kind.
    Array(Box<Shape>),
    /// An object with these members.
    Record(Vec<Parameter>),
    /// Something that Cedar has no type for, in words: `which may be …`.
    Open(&'static str),
}

/// So deep at most may schemas nest, or refer to each other.
const DEEPEST: usize = 12;

/// The arguments that a tool's `inputSchema` declares.
pub(super) fn parameters(schema: &Placed) -> Vec<Parameter> {
    members(schema, schema, 0)
}

fn members(schema: &Placed, root: &Placed, depth: usize) -> Vec<Parameter> {
    let schema = resolved(schema, root, 0).unwrap_or(schema);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Placed::items)
        .into_iter()
        .flatten()
        .filter_map(Placed::text)
        .collect();
    let properties = schema.get("properties").and_then(Placed::members);
    properties
        .into_iter()
        .flatten()
        .map(|member| {
            let (shape, nullable) = shape(&member.value, root, depth + 1);
            Parameter {
                name: member.name.clone(),
                span: member.span,
                // Null is absence.
                required: required.contains(&member.name.as_str()) && !nullable,
                shape,
            }
        })
        .collect()
}

/// What a schema refers to; nothing where it refers to nothing that is there.
fn resolved<'p>(schema: &'p Placed, root: &'p Placed, depth: usize) -> Option<&'p Placed> {
    let target = schema.get("$ref")?.text()?.strip_prefix("#/")?;
    let mut at = root;
    for step in target.split('/') {
        at = at.get(&step.replace("~1", "/").replace("~0", "~"))?;
    }
    match at.get("$ref") {
        Some(_) if depth < DEEPEST => resolved(at, root, depth + 1),
        Some(_) => None,
        None => Some(at),
    }
}

/// The shape of a value, and whether null may stand for it.
fn shape(schema: &Placed, root: &Placed, depth: usize) -> (Shape, bool) {
    if depth > DEEPEST {
        return (Shape::Open("which nests too deep"), false);
    }
    if schema.get("$ref").is_some() {
        return match resolved(schema, root, 0) {
            Some(target) => shape(target, root, depth + 1),
            None => (
                Shape::Open("which refers to something that is not there"),
                false,
            ),
        };
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(choices) = schema.get(key).and_then(Placed::items) {
            return one_of(choices, root, depth, key == "allOf");
        }
    }
    let types: Vec<&str> = match (schema.get("type"), schema.get("enum"), schema.get("const")) {
        (Some(ty), _, _) => match ty.items() {
            Some(several) => several.iter().filter_map(Placed::text).collect(),
            None => ty.text().into_iter().collect(),
        },
        (None, Some(choices), _) => {
            let mut kinds: Vec<&str> = choices
                .items()
                .into_iter()
                .flatten()
                .map(Placed::kind)
                .collect();
            kinds.sort_unstable();
            kinds.dedup();
            kinds
        }
        (None, None, Some(constant)) => vec![constant.kind()],
        (None, None, None) if schema.get("properties").is_some() => vec!["object"],
        (None, None, None) => Vec::new(),
    };
    let nullable = types.contains(&"null");
    let kinds: Vec<&str> = types.into_iter().filter(|ty| *ty != "null").collect();
    let shape = match kinds.as_slice() {
        ["string"] => Shape::Text(first_choice(schema)),
        ["integer"] => Shape::Integer,
        ["number"] | ["integer", "number"] | ["number", "integer"] => Shape::Number,
        ["boolean"] => Shape::Bool,
        ["array"] => array(schema, root, depth),
        ["object"] => match members(schema, root, depth) {
            // What may have any member has no record type that holds them.
            none if none.is_empty() => Shape::Open("which is an object with any members"),
            members => Shape::Record(members),
        },
        [] => Shape::Open("which may be anything"),
        _ => Shape::Open("which may be of several types"),
    };
    (shape, nullable)
}

fn first_choice(schema: &Placed) -> Option<String> {
    let choices = schema.get("enum").and_then(Placed::items);
    let mut texts = choices.into_iter().flatten().filter_map(Placed::text);
    let constant = schema.get("const").and_then(Placed::text);
    texts.next().or(constant).map(str::to_owned)
}

fn array(schema: &Placed, root: &Placed, depth: usize) -> Shape {
    let Some(items) = schema
        .get("items")
        .filter(|items| items.members().is_some())
    else {
        return Shape::Open("which is an array of anything");
    };
    match shape(items, root, depth + 1) {
        (Shape::Open(why), _) => Shape::Open(match why {
            "which nests too deep" => why,
            _ => "which is an array of what has no type in Cedar",
        }),
        (_, true) => Shape::Open("which is an array that may hold null"),
        (shape, false) => Shape::Array(Box::new(shape)),
    }
}

/// What several schemas come to: one shape, if all but null are the same.
fn one_of(choices: &[Placed], root: &Placed, depth: usize, all: bool) -> (Shape, bool) {
    let mut nullable = false;
    let mut shapes: Vec<Shape> = Vec::new();
    for choice in choices {
        if choice.get("type").and_then(Placed::text) == Some("null") {
            nullable = true;
            continue;
        }
        let (shape, also_null) = shape(choice, root, depth + 1);
        nullable |= also_null && !all;
        let known = shapes.iter().any(|known| match (known, &shape) {
            (Shape::Text(_), Shape::Text(_)) => true,
            (known, shape) => known == shape,
        });
        if !known {
            shapes.push(shape);
        }
    }
    let several = || Shape::Open("which may be of several types");
    let one = (shapes.len() == 1).then(|| shapes.pop()).flatten();
    (one.unwrap_or_else(several), nullable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: &str) -> Shape {
        let text = format!(
            "{{\"properties\": {{\"a\": {schema}}}, \"$defs\": {{\"T\": {{\"type\": \"integer\"}}, \"L\": {{\"$ref\": \"#/$defs/L\"}}}}}}"
        );
        let placed = Placed::whole(&text).unwrap();
        parameters(&placed).remove(0).shape
    }

    #[test]
    fn schemas_are_read_as_far_as_cedar_has_types() {
        for (schema, shape) in [
            (r#"{"type": "string"}"#, Shape::Text(None)),
            (
                r#"{"type": "string", "enum": ["x", "y"]}"#,
                Shape::Text(Some("x".to_owned())),
            ),
            (r#"{"enum": ["x"]}"#, Shape::Text(Some("x".to_owned()))),
            (r#"{"type": ["null", "integer"]}"#, Shape::Integer),
            (r#"{"type": "number"}"#, Shape::Number),
            (
                r#"{"anyOf": [{"type": "boolean"}, {"type": "null"}]}"#,
                Shape::Bool,
            ),
            (r##"{"$ref": "#/$defs/T"}"##, Shape::Integer),
            (
                r#"{"type": "array", "items": {"type": "string"}}"#,
                Shape::Array(Box::new(Shape::Text(None))),
            ),
        ] {
            assert_eq!(of(schema), shape, "{schema}");
        }
        for schema in [
            "{}",
            "true",
            r#"{"type": "object"}"#,
            r#"{"type": "object", "additionalProperties": {"type": "string"}}"#,
            r#"{"type": "array"}"#,
            r#"{"type": "array", "items": {}}"#,
            r#"{"type": ["string", "number"]}"#,
            r#"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"#,
            r##"{"$ref": "#/$defs/L"}"##,
            r##"{"$ref": "#/$defs/none"}"##,
        ] {
            assert!(matches!(of(schema), Shape::Open(_)), "{schema}");
        }
    }

    #[test]
    fn what_may_be_null_is_not_required() {
        let text = r#"{"properties": {"a": {"type": ["string", "null"]}, "b": {"type": "string"}, "c": {"type": "string"}}, "required": ["a", "b"]}"#;
        let found = parameters(&Placed::whole(text).unwrap());
        let required: Vec<bool> = found.iter().map(|one| one.required).collect();
        assert_eq!(required, [false, true, false]);
        assert_eq!(&text[found[1].span.start..found[1].span.end()], "\"b\"");
    }
}
