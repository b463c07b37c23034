//! The text that a Java map gives of itself, `{id=1, params={name=pay, arguments={amount=5}}}`: what AgentCore's
//! application logs hold of a request.
//!
//! The text has no quotes and no types. A text that holds one of `,={}[]` is not read at all; one that looks like a
//! further member cannot be told from one.

use crate::model::Json;
use std::collections::BTreeMap;

/// So deep may maps and lists be.
const DEPTH: usize = 64;

/// The value of a text, where it has only one reading.
pub(super) fn read(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text };
    let value = reader.value(DEPTH)?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        if self.take("{") {
            return self.map(depth);
        }
        if self.take("[") {
            return self.list(depth);
        }
        let end = self.rest.find([',', '=', '{', '}', '[', ']']);
        let (text, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
        self.rest = rest;
        Some(scalar(text))
    }

    fn map(&mut self, depth: usize) -> Option<Json> {
        let mut members = BTreeMap::new();
        if self.take("}") {
            return Some(Json::Object(members));
        }
        loop {
            let (key, rest) = self.rest.split_once('=')?;
            if key.is_empty() || key.contains([',', '{', '}', '[', ']']) {
                return None;
            }
            let key = key.to_owned();
            self.rest = rest;
            let value = self.value(depth)?;
            members
                .entry(key)
                .and_modify(|seen| *seen = Json::Repeated)
                .or_insert(value);
            if self.take("}") {
                return Some(Json::Object(members));
            }
            if !self.take(", ") {
                return None;
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        let mut items = Vec::new();
        if self.take("]") {
            return Some(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.take("]") {
                return Some(Json::Array(items));
            }
            if !self.take(", ") {
                return None;
            }
        }
    }
}

/// A value without parts. Java writes numbers, `true`, `false` and `null` as JSON does, and texts as they are.
fn scalar(text: &str) -> Json {
    match text {
        "true" => return Json::Bool(true),
        "false" => return Json::Bool(false),
        "null" => return super::args::unknown("null_or_text"),
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>()
        && number.to_string() == text
    {
        return Json::Int(number);
    }
    // Java writes a double with a decimal point, and always one digit behind it.
    if let Ok(number) = text.parse::<f64>()
        && number.is_finite()
        && format!("{number:?}") == text
    {
        return Json::Float(number);
    }
    Json::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        read(text).map_or("nothing".to_owned(), |json| {
            serde_json::to_string(&json).expect("JSON")
        })
    }

    #[test]
    fn maps_lists_and_scalars_are_read() {
        for (text, expected) in [
            (
                "{id=1, jsonrpc=2.0, method=tools/call, params={name=t___Loc, arguments={location=seattle}}}",
                r#"{"id":1,"jsonrpc":2.0,"method":"tools/call","params":{"arguments":{"location":"seattle"},"name":"t___Loc"}}"#,
            ),
            (
                "{a=[1, x, {b=true}], c=[], d={}}",
                r#"{"a":[1,"x",{"b":true}],"c":[],"d":{}}"#,
            ),
            ("{a=, b= x y }", r#"{"a":"","b":" x y "}"#),
            (
                "{a=007, b=-5, c=+5, d=12.5, e=1e3, f=12.50, g=NaN}",
                r#"{"a":"007","b":-5,"c":"+5","d":12.5,"e":"1e3","f":"12.50","g":"NaN"}"#,
            ),
            ("{a=null}", r#"{"a":{"$unknown":"null_or_text"}}"#),
            ("{a=1, a=2}", r#"{"a":{"$unknown":"repeated_key"}}"#),
        ] {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn what_has_several_readings_is_not_read() {
        for text in [
            "{note=pay, please}",
            "{a=b=c}",
            "{a={b}",
            "{a=x}y}",
            "{a=x]}",
            "{a=[1,2]}",
            "{=1}",
            "{a",
            "{a=1",
            "{a=1,b=2}",
            "{a=1} ",
            "[1, 2",
        ] {
            assert_eq!(json(text), "nothing", "{text}");
        }
        assert_eq!(json(&"[".repeat(100_000)), "nothing");
        assert_eq!(json(""), r#""""#);
    }
}
