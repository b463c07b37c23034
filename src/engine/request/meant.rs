//! The call that is meant: the recorded one, or the one that a router's call holds.

use super::facts::{Facts, Found};
use crate::model::{Json, RecordedAction, ToolCall};
use crate::repository::{Mapping, Unwrap};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A call as the mapping sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Meant<'a> {
    /// The tool that is called.
    pub tool: Cow<'a, str>,
    /// Its arguments, as in [`ToolCall::args`].
    pub args: Option<Cow<'a, Json>>,
    /// The system that it touches.
    pub system: Option<Cow<'a, str>>,
    /// Whether there may be a system that nobody knows: the router's call does not say which.
    pub unknown_system: bool,
    /// The router whose call holds it.
    pub router: Option<&'a str>,
}

impl<'a> Meant<'a> {
    /// What a call stands for by a mapping; nothing where it is a router's and does not say which tool is meant.
    pub fn of(action: &'a RecordedAction, call: &'a ToolCall, mapping: &Mapping) -> Option<Self> {
        match mapping.unwrap(&call.tool) {
            None => Some(Self {
                tool: Cow::Borrowed(&call.tool),
                args: call.args.as_ref().map(Cow::Borrowed),
                system: action.system.as_deref().map(Cow::Borrowed),
                unknown_system: false,
                router: None,
            }),
            Some(unwrap) => Self::unwrapped(action, call, unwrap)
                // What a router in a router means is not said.
                .filter(|meant| !mapping.is_router(&meant.tool)),
        }
    }

    fn unwrapped(action: &'a RecordedAction, call: &'a ToolCall, unwrap: &Unwrap) -> Option<Self> {
        let facts = Facts::recorded(action, call);
        let system = match &unwrap.system {
            Some(template) => facts.text(template).map(Cow::Owned),
            None => action.system.as_deref().map(Cow::Borrowed),
        };
        let asked = unwrap.system.as_ref().filter(|_| system.is_none());
        Some(Self {
            tool: Cow::Owned(facts.text(&unwrap.tool)?),
            args: match facts.find(&unwrap.args) {
                Found::Value(json) => Some(object(json)),
                // The router's own arguments are there, and none of them are for the tool.
                Found::Absent => Some(Cow::Owned(Json::Object(BTreeMap::new()))),
                Found::Unknown(_) => None,
            },
            system,
            unknown_system: asked.is_some_and(|template| !facts.is_absent(template)),
            router: Some(&call.tool),
        })
    }

    /// What placeholders see of it.
    pub(super) fn facts<'m>(&'m self, action: &'m RecordedAction) -> Facts<'m> {
        Facts {
            action,
            tool: &self.tool,
            args: self.args.as_deref(),
            system: self.system.as_deref(),
            unknown_system: self.unknown_system,
            result: None,
            row: None,
            item: None,
        }
    }
}

/// Arguments are an object; what is none holds them in a way that nobody knows.
fn object(json: Cow<'_, Json>) -> Cow<'_, Json> {
    match json.as_ref() {
        Json::Object(_) => json,
        other => Cow::Owned(Json::Object(BTreeMap::from([(
            "$unknown".to_owned(),
            Json::String(format!("{}, not an object", other.kind())),
        )]))),
    }
}
