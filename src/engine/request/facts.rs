//! What the placeholders of a mapping find in a recorded call.

use crate::cedar::{ActionInfo, Schema};
use crate::engine::derive::{Derived, derive};
use crate::model::{EntityRef, Json, RecordedAction, ToolCall};
use crate::repository::{
    Derivation, Field, Part, Placeholder, ReferenceTemplate, Row, Template, ToolRule,
};
use std::borrow::Cow;
use std::fmt;

/// What a placeholder finds.
pub(super) enum Found<'a> {
    /// A value.
    Value(Cow<'a, Json>),
    /// Nothing, and that is known.
    Absent,
    /// Something that nobody knows.
    Unknown(Why),
}

/// Why nobody knows a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The recording holds no arguments.
    NoArguments,
    /// The recording marks it, or a key stood twice.
    Marked,
    /// Something of it is read, and it has no members.
    NoObject,
    /// The action's time is none.
    NoTime,
    /// The recording holds no result.
    NoResult,
    /// What is gone through has no elements.
    NoElements,
    /// A step of the placeholder cannot be taken.
    NotDerived(Derivation, &'static str),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Why::NoArguments => "the recording holds no arguments",
            Why::Marked => "the recording does not say what it is",
            Why::NoObject => "it is no object, so it has no members",
            Why::NoResult => "the recording does not hold the result",
            Why::NoElements => "it has no elements",
            Why::NoTime => "the recorded time is none",
            Why::NotDerived(step, why) => return write!(f, "no `{}`: {why}", step.name()),
        };
        f.write_str(text)
    }
}

/// A call, as placeholders see it.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    /// The action that it is part of.
    pub action: &'a RecordedAction,
    /// The tool.
    pub tool: &'a str,
    /// Its arguments.
    pub args: Option<&'a Json>,
    /// The system.
    pub system: Option<&'a str>,
    /// Whether there may be a system that nobody knows.
    pub unknown_system: bool,
    /// What the call gave back, where that may be read.
    pub result: Option<&'a Json>,
    /// A row of a data set.
    pub row: Option<&'a Row>,
    /// An element of what is gone through.
    pub item: Option<&'a Json>,
}

impl<'a> Facts<'a> {
    /// A call as it was recorded.
    pub fn recorded(action: &'a RecordedAction, call: &'a ToolCall) -> Self {
        Self {
            action,
            tool: &call.tool,
            args: call.args.as_ref(),
            system: action.system.as_deref(),
            unknown_system: false,
            result: None,
            row: None,
            item: None,
        }
    }

    /// A row of a data set; of a call there is nothing.
    pub fn of_row(row: &'a Row, nothing: &'a RecordedAction) -> Self {
        Self {
            action: nothing,
            tool: "",
            args: None,
            system: None,
            unknown_system: false,
            result: None,
            row: Some(row),
            item: None,
        }
    }

    /// The elements of what a placeholder comes to, or the members of an object; nothing where it is absent.
    pub fn elements(self, each: &Placeholder) -> Result<Option<Vec<Json>>, Why> {
        match self.find(each) {
            Found::Absent => Ok(None),
            Found::Unknown(why) => Err(why),
            Found::Value(json) => match json.into_owned() {
                Json::Array(items) => Ok(Some(items)),
                Json::Object(members) => Ok(Some(members.into_values().collect())),
                _ => Err(Why::NoElements),
            },
        }
    }

    /// What a placeholder comes to.
    pub fn find(self, placeholder: &Placeholder) -> Found<'a> {
        let mut found = self.read(&placeholder.field);
        for step in &placeholder.steps {
            let Found::Value(json) = &found else { break };
            found = match derive(*step, json) {
                Derived::Value(json) => Found::Value(Cow::Owned(json)),
                Derived::Absent => Found::Absent,
                Derived::Unknown(why) => Found::Unknown(Why::NotDerived(*step, why)),
            };
        }
        found
    }

    /// What a field of the call holds.
    pub fn read(self, field: &Field) -> Found<'a> {
        let text = |text: Option<&str>| match text {
            Some(text) => Found::Value(Cow::Owned(Json::String(text.to_owned()))),
            None => Found::Absent,
        };
        match field {
            Field::Tool => text(Some(self.tool)),
            Field::Agent => text(self.action.agent.as_deref()),
            Field::Session => text(self.action.session.as_deref()),
            Field::User => text(self.action.user.as_deref()),
            Field::System if self.unknown_system => Found::Unknown(Why::Marked),
            Field::System => text(self.system),
            Field::Time => match self.time() {
                Some(time) => Found::Value(Cow::Owned(Json::String(time))),
                None if self.action.time.is_some() => Found::Unknown(Why::NoTime),
                None => Found::Absent,
            },
            // A recording without arguments does not say that there were none.
            Field::Args(keys) => self
                .args
                .map_or(Found::Unknown(Why::NoArguments), |args| walk(args, keys)),
            Field::Meta(keys) => {
                let (first, rest) = match keys.split_first() {
                    Some(split) => split,
                    None => return Found::Absent,
                };
                self.action
                    .meta
                    .get(first)
                    .map_or(Found::Absent, |json| walk(json, rest))
            }
            Field::Result(keys) => self
                .result
                .map_or(Found::Unknown(Why::NoResult), |json| inside(json, keys)),
            Field::Key => text(self.row.and_then(|row| row.key.as_deref())),
            Field::Keys(at) => text(
                self.row
                    .and_then(|row| row.keys.get(*at))
                    .map(AsRef::as_ref),
            ),
            Field::Row(keys) => self.row.map_or(Found::Absent, |row| walk(&row.json, keys)),
            Field::Item(keys) => self.item.map_or(Found::Absent, |json| walk(json, keys)),
        }
    }

    /// The action's time in the form that Cedar's `datetime` takes, in UTC and milliseconds.
    pub fn time(self) -> Option<String> {
        let time: jiff::Timestamp = self.action.time.as_deref()?.parse().ok()?;
        Some(time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
    }

    /// A text with everything filled in; nothing where something is missing or is no text.
    pub fn text(self, template: &Template) -> Option<String> {
        let mut out = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(placeholder) => match self.find(placeholder) {
                    Found::Value(json) => match json.as_ref() {
                        Json::String(text) => out.push_str(text),
                        Json::Int(number) => out.push_str(&number.to_string()),
                        Json::Null
                        | Json::Bool(_)
                        | Json::Float(_)
                        | Json::Array(_)
                        | Json::Object(_)
                        | Json::Repeated => return None,
                    },
                    Found::Absent | Found::Unknown(_) => return None,
                },
            }
        }
        Some(out)
    }

    /// Whether it is known that a text cannot be filled in, because what it needs is not there.
    pub fn is_absent(self, template: &Template) -> bool {
        let mut found = template.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Field(placeholder) => Some(self.find(placeholder)),
        });
        // A value that makes no text is something, and so is one that nobody knows.
        found.any(|found| match found {
            Found::Absent => true,
            Found::Value(json) => *json == Json::Null,
            Found::Unknown(_) => false,
        }) && !template.parts.iter().any(|part| match part {
            Part::Text(_) => false,
            Part::Field(placeholder) => matches!(self.find(placeholder), Found::Unknown(_)),
        })
    }

    /// An entity with its id filled in.
    pub fn reference(self, template: &ReferenceTemplate) -> Option<EntityRef> {
        let id = self.text(&template.id)?;
        Some(EntityRef::new(template.ty.as_deref()?, id))
    }

    /// The action of the schema that a rule names.
    pub fn action<'s>(
        self,
        rule: &ToolRule,
        schema: &'s Schema,
    ) -> Option<(EntityRef, &'s ActionInfo)> {
        let template = rule.action.as_ref()?;
        let uid = match template.ty {
            Some(_) => self.reference(template)?,
            None => schema.action_named(&self.text(&template.id)?)?,
        };
        let info = schema.action(&uid)?;
        Some((uid, info))
    }
}

/// What lies inside of a result; one that is a text is read as JSON.
fn inside<'a>(result: &'a Json, keys: &[String]) -> Found<'a> {
    let Json::String(text) = result else {
        return walk(result, keys);
    };
    if keys.is_empty() {
        return walk(result, keys);
    }
    let Ok(json) = serde_json::from_str::<Json>(text) else {
        return Found::Unknown(Why::NoObject);
    };
    match walk(&json, keys) {
        Found::Value(found) => Found::Value(Cow::Owned(found.into_owned())),
        Found::Absent => Found::Absent,
        Found::Unknown(why) => Found::Unknown(why),
    }
}

fn walk<'a>(json: &'a Json, keys: &[String]) -> Found<'a> {
    let mut json = json;
    for key in keys {
        if json.is_unknown() {
            return Found::Unknown(Why::Marked);
        }
        match json {
            Json::Object(members) => match members.get(key) {
                Some(member) => json = member,
                None => return Found::Absent,
            },
            Json::Null => return Found::Absent,
            Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::String(_) | Json::Repeated => {
                return Found::Unknown(Why::NoObject);
            }
            Json::Array(items) => match key.parse::<usize>() {
                Ok(at) => match items.get(at) {
                    Some(item) => json = item,
                    None => return Found::Absent,
                },
                Err(_) => return Found::Unknown(Why::NoObject),
            },
        }
    }
    match json {
        Json::Null => Found::Absent,
        json if json.is_unknown() => Found::Unknown(Why::Marked),
        json => Found::Value(Cow::Borrowed(json)),
    }
}
