//! Requests some of whose fields are unknown, and what may stand in their place.

use super::{any_value, attributes, inner, number, paths, request, string};
use agentauthz::model::{FieldPath, Request, Value};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A request some of whose fields are unknown.
pub fn vague_request() -> BoxedStrategy<Request> {
    (request(), prop::sample::subsequence(paths(), 1..6))
        .prop_map(|(mut request, unknown)| {
            for path in &unknown {
                remove(&mut request.context, &path.0);
            }
            request.unknown = unknown.into_iter().collect();
            request
        })
        .boxed()
}

fn remove(context: &mut BTreeMap<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [last] => {
            context.remove(last);
        }
        [first, rest @ ..] => {
            if let Some(Value::Record(members)) = context.get_mut(first) {
                remove(members, rest);
            }
        }
    }
}

/// What may stand in place of the unknown fields: a value of the type, any value, or nothing.
pub type Filling = BTreeMap<FieldPath, Option<Value>>;

pub fn filling() -> BoxedStrategy<Filling> {
    let attributes: BTreeMap<_, _> = attributes().into_iter().collect();
    let each: Vec<_> = paths()
        .into_iter()
        .map(|path| {
            let typed = match path.0.as_slice() {
                [name] => attributes
                    .get(name.as_str())
                    .cloned()
                    .unwrap_or_else(any_value),
                [_, name] if name == "b" => string(),
                [_, name] if name == "inner" => inner(),
                _ => number(),
            };
            let value = prop_oneof![
                3 => typed.prop_map(Some),
                1 => any_value().prop_map(Some),
                1 => Just(None),
            ];
            (Just(path), value)
        })
        .collect();
    each.prop_map(|all| all.into_iter().collect()).boxed()
}

/// The request with its unknown fields filled.
pub fn fill(request: &Request, filling: &Filling) -> Request {
    let mut filled = request.clone();
    filled.unknown.clear();
    for path in &request.unknown {
        if let Some(Some(value)) = filling.get(path) {
            put(&mut filled.context, &path.0, value);
        }
    }
    filled
}

fn put(context: &mut BTreeMap<String, Value>, path: &[String], value: &Value) {
    match path {
        [] => {}
        [last] => {
            context.insert(last.clone(), value.clone());
        }
        [first, rest @ ..] => {
            let parent = context
                .entry(first.clone())
                .or_insert_with(|| Value::Record(BTreeMap::new()));
            if let Value::Record(members) = parent {
                put(members, rest, value);
            }
        }
    }
}
