//! Paths of what is taken out: `args.body`, `args.items.*.iban`, `meta.x`, `request.context.input.body`.

use super::{REASON, unknown};
use crate::model::{Json, RecordedAction, WrittenRequest};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A path into recorded actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactPath {
    root: Root,
    steps: Vec<Step>,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    Args,
    Result,
    Meta,
    Context,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The member of an object.
    Key(String),
    /// Every member of an object, every element of an array.
    Every,
}

impl fmt::Display for RedactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for RedactPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut steps = steps(text)?.into_iter();
        let key = |step: Option<Step>| match step {
            Some(Step::Key(key)) => Some(key),
            Some(Step::Every) | None => None,
        };
        let root = match key(steps.next()).as_deref() {
            Some("args") => Root::Args,
            Some("result") => Root::Result,
            Some("meta") => Root::Meta,
            Some("request") if key(steps.next()).as_deref() == Some("context") => Root::Context,
            _ => {
                return Err(format!(
                    "`{text}` is no path: it begins with `args`, `result`, `meta` or `request.context`"
                ));
            }
        };
        Ok(Self {
            root,
            steps: steps.collect(),
            text: text.to_owned(),
        })
    }
}

/// The steps of a path, one a dot; a key with a dot in it stands in quotation marks.
fn steps(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        let after = match rest.strip_prefix('"') {
            Some(quoted) => {
                let Some((key, after)) = quoted.split_once('"') else {
                    return Err(format!(
                        "`{text}` is no path: a quotation mark is not closed"
                    ));
                };
                steps.push(Step::Key(key.to_owned()));
                after
            }
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                let (key, after) = rest.split_at(end);
                steps.push(match key {
                    "" => return Err(format!("`{text}` is no path: a name is missing")),
                    "*" => Step::Every,
                    key => Step::Key(key.to_owned()),
                });
                after
            }
        };
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => return Ok(steps),
            None => return Err(format!("`{text}` is no path: a dot is missing")),
        }
    }
}

impl RedactPath {
    /// Whether it is one of what a mapping makes requests from.
    pub(super) fn is_of_call(&self) -> bool {
        match self.root {
            Root::Args | Root::Result | Root::Meta => true,
            Root::Context => false,
        }
    }

    /// Whether it is of the context, and something stands there in this request.
    pub(super) fn is_in(&self, request: &WrittenRequest) -> bool {
        match self.root {
            Root::Args | Root::Result | Root::Meta => false,
            Root::Context => members(&mut request.context.clone(), &self.steps),
        }
    }

    /// What stands there in the context that was recorded, and the name of the field.
    pub(super) fn of_context(&self, action: &RecordedAction) -> Vec<(String, Json)> {
        let (Root::Context, Some(request)) = (self.root, &action.request) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let name = self.steps.iter().rev().find_map(|step| match step {
            Step::Key(key) if key.parse::<usize>().is_err() => Some(key.as_str()),
            Step::Key(_) | Step::Every => None,
        });
        let context = Json::Object(request.cedar.context.clone());
        find(&context, &self.steps, &mut found);
        let name = name.unwrap_or_default();
        found
            .into_iter()
            .map(|json| (name.to_owned(), json))
            .collect()
    }

    /// Takes out what stands there; says whether anything did.
    pub(super) fn take(&self, action: &mut RecordedAction) -> bool {
        match self.root {
            Root::Args => {
                let args = action.call.as_mut().and_then(|call| call.args.as_mut());
                args.is_some_and(|args| take(args, &self.steps))
            }
            Root::Result => {
                let result = action.call.as_mut().and_then(|call| call.result.as_mut());
                result.is_some_and(|result| take(result, &self.steps))
            }
            Root::Meta => members(&mut action.meta, &self.steps),
            Root::Context => {
                let request = action.request.as_mut();
                request.is_some_and(|request| members(&mut request.cedar.context, &self.steps))
            }
        }
    }
}

fn members(members: &mut BTreeMap<String, Json>, steps: &[Step]) -> bool {
    let mut found = false;
    let (first, rest) = match steps.split_first() {
        Some((first, rest)) => (first, rest),
        None => (&Step::Every, steps),
    };
    match first {
        Step::Every => {
            for value in members.values_mut() {
                found |= take(value, rest);
            }
        }
        Step::Key(key) => {
            if let Some(value) = members.get_mut(key) {
                found |= take(value, rest);
            }
        }
    }
    found
}

/// What [`take`] takes out.
fn find(json: &Json, steps: &[Step], found: &mut Vec<Json>) {
    match (json, steps.split_first()) {
        (json, None) => found.push(json.clone()),
        (Json::Object(members), Some((Step::Every, rest))) => {
            members.values().for_each(|json| find(json, rest, found));
        }
        (Json::Object(members), Some((Step::Key(key), rest))) => {
            members
                .get(key)
                .into_iter()
                .for_each(|json| find(json, rest, found));
        }
        (Json::Array(items), Some((Step::Every, rest))) => {
            items.iter().for_each(|json| find(json, rest, found));
        }
        (Json::Array(items), Some((Step::Key(key), rest))) => {
            let item = key.parse::<usize>().ok().and_then(|at| items.get(at));
            item.into_iter().for_each(|json| find(json, rest, found));
        }
        (json @ Json::String(_), Some(_)) => found.push(json.clone()),
        (Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Repeated, Some(_)) => {}
    }
}

fn take(json: &mut Json, steps: &[Step]) -> bool {
    let gone = unknown(REASON);
    match (json, steps.split_first()) {
        (json, None) => {
            let found = *json != gone;
            *json = gone;
            found
        }
        (Json::Object(inner), Some(_)) => members(inner, steps),
        (Json::Array(items), Some((Step::Every, rest))) => {
            let mut found = false;
            for item in items {
                found |= take(item, rest);
            }
            found
        }
        (Json::Array(items), Some((Step::Key(key), rest))) => {
            let at = key.parse::<usize>().ok();
            let item = at.and_then(|at| items.get_mut(at));
            item.is_some_and(|item| take(item, rest))
        }
        // A text may hold in its own way what the path looks for.
        (json @ Json::String(_), Some(_)) => {
            *json = gone;
            true
        }
        (Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Repeated, Some(_)) => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_strictly() {
        for text in [
            "args",
            "args.body",
            "args.items.*.iban",
            "meta.\"a.b\".c",
            "request.context.input",
        ] {
            let path: RedactPath = text.parse().expect("a path");
            assert_eq!(path.to_string(), text);
        }
        for (text, wanted) in [
            ("", "a name is missing"),
            ("args.", "a name is missing"),
            ("args..a", "a name is missing"),
            ("args.\"a", "not closed"),
            ("args.\"a\"b", "a dot is missing"),
            ("body", "begins with"),
            ("*", "begins with"),
            ("request.resource", "begins with"),
        ] {
            let fault = text.parse::<RedactPath>().expect_err(text);
            assert!(fault.contains(wanted), "{text}: {fault}");
        }
    }
}
