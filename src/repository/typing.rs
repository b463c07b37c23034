//! JSON → Cedar values, as the schema types them. Nothing is guessed: what does not have its type is a problem.

use super::references::parse_reference;
use crate::cedar::Schema;
use crate::model::{FieldPath, Json, RecordType, Type, Value};
use std::collections::BTreeMap;

/// Who wrote the JSON, which decides how far a string may stand for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// A person, beside the schema: `"12.50"` may be a decimal, `User::bo` an entity, `__extn` an escape; an
    /// attribute that the schema does not know is a mistake.
    Person,
    /// An agent, in a tool call: a string is a string; an argument that the schema does not know is left out.
    Agent,
}

/// What could not be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, inside the typed value.
    pub path: FieldPath,
    /// What is wrong.
    pub message: String,
}

/// Collects what happened while typing one value.
#[derive(Debug)]
pub struct Typing {
    writer: Writer,
    /// What could not be typed.
    pub problems: Vec<Problem>,
    /// Members that the schema does not know and that were left out.
    pub left_out: Vec<FieldPath>,
}

impl Typing {
    /// A typing of values that `writer` wrote.
    pub fn new(writer: Writer) -> Self {
        Self {
            writer,
            problems: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Types the members of a record. Null is absence; a required attribute that is absent is a problem.
    pub fn record<'j>(
        &mut self,
        members: impl IntoIterator<Item = (&'j str, &'j Json)>,
        ty: &RecordType,
        path: &[String],
    ) -> BTreeMap<String, Value> {
        let mut out = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        for (name, json) in members {
            let here = join(path, name);
            match ty.attributes.get(name) {
                _ if *json == Json::Null => {}
                Some(attribute) => {
                    seen.insert(name);
                    if let Some(value) = self.value(json, &attribute.ty, &here) {
                        out.insert(name.to_owned(), value);
                    }
                }
                None if self.writer == Writer::Person => {
                    let known = ty.attributes.keys().map(AsRef::as_ref);
                    let hint = super::references::nearest(name, known)
                        .map(|name| format!("; did you mean `{name}`?"))
                        .unwrap_or_default();
                    self.problem(
                        &here,
                        format!("the schema has no attribute `{name}` here{hint}"),
                    );
                }
                None => self.left_out.push(FieldPath(here)),
            }
        }
        for (name, attribute) in &ty.attributes {
            if attribute.required && !seen.contains(name.as_ref()) {
                let message = format!("the required attribute `{name}` is missing");
                self.problem(&join(path, name), message);
            }
        }
        out
    }

    /// Types one value; nothing where it does not have the type, with the problem noted.
    pub fn value(&mut self, json: &Json, ty: &Type, path: &[String]) -> Option<Value> {
        if self.writer == Writer::Person
            && let Some(explicit) = escaped(json)
        {
            return self.explicit(explicit, path);
        }
        match (ty, json) {
            (Type::Bool, Json::Bool(flag)) => Some(Value::Bool(*flag)),
            (Type::Long, Json::Int(number)) => Some(Value::Long(*number)),
            (Type::Long, Json::Float(number)) => match integral(*number) {
                Some(number) => Some(Value::Long(number)),
                None => self.mismatch(json, ty, path),
            },
            (Type::String, Json::String(text)) => Some(Value::String(text.clone())),
            (Type::Decimal, Json::Int(number)) => {
                self.extension("decimal", format!("{number}.0"), ty, path)
            }
            (Type::Decimal, Json::Float(number)) => match decimal(*number) {
                Some(text) => self.extension("decimal", text, ty, path),
                None => self.mismatch(json, ty, path),
            },
            (Type::Decimal, Json::String(text)) if self.writer == Writer::Person => {
                self.extension("decimal", text.clone(), ty, path)
            }
            (Type::IpAddr, Json::String(text)) => self.extension("ip", text.clone(), ty, path),
            (Type::Datetime, Json::String(text)) => {
                self.extension("datetime", text.clone(), ty, path)
            }
            (Type::Duration, Json::String(text)) => {
                self.extension("duration", text.clone(), ty, path)
            }
            (Type::Entity(name), Json::String(text)) => self.entity(name, text, path),
            (Type::Set(element), Json::Array(items)) => self.set(items, element, path),
            (Type::Record(record), Json::Object(members))
                if !members.contains_key("$unknown") || self.writer == Writer::Person =>
            {
                let members = members.iter().map(|(name, value)| (name.as_str(), value));
                Some(Value::Record(self.record(members, record, path)))
            }
            _ => self.mismatch(json, ty, path),
        }
    }

    fn explicit(&mut self, json: &Json, path: &[String]) -> Option<Value> {
        match Value::from_json(json.clone()) {
            Ok(Value::Extension(function, argument)) if !Schema::accepts(&function, &argument) => {
                let message = format!(
                    "Cedar refuses `{function}(\"{}\")`",
                    argument.escape_debug()
                );
                self.problem(path, message);
                None
            }
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(path, message);
                None
            }
        }
    }

    /// A set is known only where all its elements are.
    fn set(&mut self, items: &[Json], element: &Type, path: &[String]) -> Option<Value> {
        let mut inner = Typing::new(self.writer);
        let values: Vec<Value> = items
            .iter()
            .filter_map(|item| inner.value(item, element, path))
            .collect();
        self.left_out.append(&mut inner.left_out);
        match inner.problems.into_iter().next() {
            None => Some(Value::Set(values)),
            Some(problem) => {
                self.problem(path, format!("an element of the set: {}", problem.message));
                None
            }
        }
    }

    fn entity(&mut self, ty: &std::sync::Arc<str>, text: &str, path: &[String]) -> Option<Value> {
        if self.writer == Writer::Person && text.contains("::") {
            return match parse_reference(text) {
                Ok(reference) => Some(Value::Entity(reference)),
                Err(message) => {
                    self.problem(path, message);
                    None
                }
            };
        }
        Some(Value::Entity(crate::model::EntityRef::new(
            ty.clone(),
            text,
        )))
    }

    fn extension(
        &mut self,
        function: &str,
        text: String,
        ty: &Type,
        path: &[String],
    ) -> Option<Value> {
        if Schema::accepts(function, &text) {
            return Some(Value::Extension(function.into(), text));
        }
        self.problem(path, format!("`{}` is no {ty}", text.escape_debug()));
        None
    }

    fn mismatch(&mut self, json: &Json, ty: &Type, path: &[String]) -> Option<Value> {
        self.problem(path, format!("expected {ty}, got {}", json.kind()));
        None
    }

    fn problem(&mut self, path: &[String], message: String) {
        self.problems.push(Problem {
            path: FieldPath(path.to_vec()),
            message,
        });
    }
}

fn join(path: &[String], name: &str) -> Vec<String> {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

/// JSON that is one of Cedar's escapes.
fn escaped(json: &Json) -> Option<&Json> {
    match json {
        Json::Object(members)
            if members.len() == 1
                && (members.contains_key("__entity") || members.contains_key("__extn")) =>
        {
            Some(json)
        }
        _ => None,
    }
}

/// JSON does not tell `5` from `5.0`, so a fraction of zero is an integer, where doubles are exact (below 2^53).
fn integral(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

/// A double as a decimal's text, where its shortest form has at most four digits behind the point and at most
/// fifteen in all, so that no other number of that form has the same double.
fn decimal(number: f64) -> Option<String> {
    let text = format!("{number:?}");
    let (_, fraction) = text.split_once('.')?;
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = fraction.chars().all(|c| c.is_ascii_digit());
    (plain && fraction.len() <= 4 && digits <= 15).then_some(text)
}
