//! Why a line is left to the general way, where it is read in full.

use super::Track;
use crate::engine::{Merge, Side};
use crate::model::RecordedAction;
use std::collections::BTreeMap;

/// Why the fast lane did not take an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftBy {
    /// The side has no schema.
    NoSchema,
    /// The entities, or the names of policies, are not covered.
    EngineOff,
    /// The recording does not come line by line.
    ReadWhole,
    /// It stands for several actions.
    OfCorpus,
    /// There is no request in it.
    NoRequest,
    /// Its request was made by another mapping or schema.
    OtherMappingOrSchema,
    /// Its request has unknown fields.
    UnknownFields,
    /// Its request has entities of its own.
    OwnEntities,
    /// The line is written in a way that the scanner does not take.
    UnusualLine,
    /// The schema has no such action, or one of principals or resources of other types, or lists no such entity.
    EntityTypes,
    /// The context does not surely conform to the schema.
    ContextShape,
    /// A policy whose scope holds is not compiled.
    PolicyNotCompiled,
}

impl LeftBy {
    /// Why nothing of these sides could be compiled.
    pub fn nothing_compiled(sides: &[&Side<'_>]) -> Self {
        match sides.iter().all(|side| side.version().schema.is_some()) {
            true => LeftBy::EngineOff,
            false => LeftBy::NoSchema,
        }
    }

    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            LeftBy::NoSchema => "no_schema",
            LeftBy::EngineOff => "engine_off",
            LeftBy::ReadWhole => "read_whole",
            LeftBy::OfCorpus => "of_corpus",
            LeftBy::NoRequest => "no_request",
            LeftBy::OtherMappingOrSchema => "other_mapping_or_schema",
            LeftBy::UnknownFields => "unknown_fields",
            LeftBy::OwnEntities => "own_entities",
            LeftBy::UnusualLine => "unusual_line",
            LeftBy::EntityTypes => "entity_types",
            LeftBy::ContextShape => "context_shape",
            LeftBy::PolicyNotCompiled => "policy_not_compiled",
        }
    }
}

/// How many actions were left, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftCounts(BTreeMap<LeftBy, u64>);

impl LeftCounts {
    /// Counts actions.
    pub fn add(&mut self, reason: LeftBy, count: u64) {
        *self.0.entry(reason).or_default() += count;
    }

    /// The reasons that occurred, by name, in an order of their own.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(reason, count)| (reason.name(), *count))
    }
}

impl Merge for LeftCounts {
    fn merge(&mut self, other: Self) {
        for (reason, count) in other.0 {
            *self.0.entry(reason).or_default() += count;
        }
    }
}

impl Track<'_> {
    /// Why an action was left; `stopped` is where a lane gave up its line, where it came as one.
    pub fn left_by(&self, action: &RecordedAction, stopped: Option<LeftBy>) -> LeftBy {
        if action.corpus.is_some() {
            return LeftBy::OfCorpus;
        }
        let Some(request) = &action.request else {
            return LeftBy::NoRequest;
        };
        let made = |gate: &super::gate::Gate| {
            let (mapping, schema) = (request.mapping.as_ref(), request.schema.as_ref());
            let texts = [mapping, schema].map(|digest| digest.map(ToString::to_string));
            let [mapping, schema] = &texts;
            gate.takes(action.call.is_some(), mapping.as_deref(), schema.as_deref())
        };
        if !request.entities.is_empty() {
            LeftBy::OwnEntities
        } else if !request.cedar.unknown.is_empty() {
            LeftBy::UnknownFields
        } else if !self.base.iter().chain([&self.head]).all(made) {
            LeftBy::OtherMappingOrSchema
        } else {
            stopped.unwrap_or(LeftBy::ReadWhole)
        }
    }
}
