//! What a tool takes, as text of a Cedar schema.

use super::shape::{Parameter, Shape};

/// A name in a Cedar schema or policy: in quotes where it is no identifier.
pub fn cedar_name(name: &str) -> String {
    const RESERVED: [&str; 10] = [
        "true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar",
    ];
    let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let plain = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name.chars().all(inside)
        && !RESERVED.contains(&name);
    match plain {
        true => name.to_owned(),
        false => cedar_text(name),
    }
}

/// A text literal of Cedar.
pub fn cedar_text(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == ' ' || letter.is_alphanumeric() || letter.is_ascii_graphic() => {
                out.push(letter);
            }
            letter => out.push_str(&format!("\\u{{{:x}}}", u32::from(letter))),
        }
    }
    out.push('"');
    out
}

/// The record type of some parameters over several lines, the first of which begins where the text is put, the others behind
/// so many blanks. What Cedar has no type for is a comment.
pub fn record_text(parameters: &[Parameter], blanks: usize) -> String {
    let mut sorted: Vec<&Parameter> = parameters.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    sorted.dedup_by(|a, b| a.name == b.name);
    if sorted.is_empty() {
        return "{}".to_owned();
    }
    let inner = " ".repeat(blanks + 2);
    let mut out = String::from("{\n");
    for parameter in sorted {
        let name = cedar_name(&parameter.name);
        match type_text(&parameter.shape, blanks + 2) {
            Ok(ty) => {
                let mark = if parameter.required { "" } else { "?" };
                out.push_str(&format!("{inner}{name}{mark}: {ty},\n"));
            }
            Err(why) => out.push_str(&format!("{inner}// left out: `{name}`, {why}\n")),
        }
    }
    out.push_str(&" ".repeat(blanks));
    out.push('}');
    out
}

/// The Cedar type of a shape, or why there is none.
pub fn type_text(shape: &Shape, blanks: usize) -> Result<String, &'static str> {
    Ok(match shape {
        Shape::Text(_) => "String".to_owned(),
        Shape::Integer => "Long".to_owned(),
        Shape::Number => "decimal".to_owned(),
        Shape::Bool => "Bool".to_owned(),
        Shape::Array(items) => format!("Set<{}>", type_text(items, blanks)?),
        Shape::Record(members) => record_text(members, blanks),
        Shape::Open(why) => return Err(why),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;

    fn parameter(name: &str, required: bool, shape: Shape) -> Parameter {
        Parameter {
            name: name.to_owned(),
            span: Span::default(),
            required,
            shape,
        }
    }

    #[test]
    fn records_are_written_in_order_and_with_what_is_left_out() {
        let inner = parameter("is", true, Shape::Array(Box::new(Shape::Number)));
        let all = [
            parameter("to", true, Shape::Text(None)),
            parameter("a-b", false, Shape::Integer),
            parameter("any", true, Shape::Open("which may be anything")),
            parameter("r", true, Shape::Record(vec![inner])),
        ];
        assert_eq!(
            record_text(&all, 2),
            "{\n    \"a-b\"?: Long,\n    // left out: `any`, which may be anything\n    r: {\n      \"is\": Set<decimal>,\n    },\n    to: String,\n  }"
        );
        assert_eq!(record_text(&[], 2), "{}");
        assert_eq!(cedar_text("a\"\u{202e}\u{1b}"), "\"a\\\"\\u{202e}\\u{1b}\"");
    }
}
