//! Recorded actions: the native form of what an agent did, one JSON object a line (`agentauthz.action/1`).

use super::earlier::Earlier;
use super::{Decision, Digest, EntityRef, Json, WrittenRequest};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One recorded action of an agent, as the native recording format holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz recorded action, version 1")]
pub struct RecordedAction {
    /// The version of this format: always 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Names the action within its recording; should be unique.
    pub id: String,
    /// The session (conversation, run, trace) the action belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The action's place in its session, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// When it happened, as RFC 3339 text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Which agent acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// On whose behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The system that the tool touches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Other facts of the session that the importer found; a mapping reaches them as `{meta.NAME}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, Json>,
    /// The tool call as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<ToolCall>,
    /// The request that the call was mapped to, or that the enforcement point recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RecordedRequest>,
    /// What was decided when it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedDecision>,
    /// In a corpus: what it stands for. Then there is neither a call nor a request beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corpus: Option<Projected>,
    /// Earlier calls of its session that a mapping may say changed something. They are put here while recordings are read in
    /// order, and are no part of a recording.
    #[serde(default, skip_serializing_if = "Earlier::is_empty")]
    #[schemars(skip)]
    pub earlier: Earlier,
}

impl RecordedAction {
    /// An action with nothing but an id.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            version: 1,
            id: id.into(),
            session: None,
            sequence: None,
            time: None,
            agent: None,
            user: None,
            system: None,
            meta: BTreeMap::new(),
            call: None,
            request: None,
            recorded: None,
            corpus: None,
            earlier: Earlier::default(),
        }
    }

    /// Whether the call failed; nothing where its outcome is not recorded.
    pub fn failed(&self) -> Option<bool> {
        match self.meta.get("is_error") {
            Some(Json::Bool(failed)) => Some(*failed),
            Some(_) | None => None,
        }
    }

    /// How many recorded actions it stands for: itself, but in a corpus. Whoever counts actions counts it so often.
    pub fn count(&self) -> u64 {
        self.corpus.as_ref().map_or(1, |corpus| corpus.count)
    }

    /// Whether entities came with one of its requests.
    pub fn has_entities(&self) -> bool {
        let projected = self.corpus.iter().flat_map(|corpus| &corpus.asked);
        let requests = projected.filter_map(|asked| asked.request.as_ref());
        let mut all = requests.chain(&self.request);
        all.any(|request| !request.entities.is_empty() || !request.looked_up.is_empty())
    }
}

impl RecordedAction {
    /// Whether a corpus left attributes of such entities out, so that nobody can say whether they conform to a schema.
    pub fn has_dropped_attributes(&self) -> bool {
        let mut projected = self.corpus.iter().flat_map(|corpus| &corpus.asked);
        projected.any(|asked| !asked.dropped_attributes.is_empty())
    }
}

/// Recorded actions of which nothing that policies read tells one from the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Projected {
    /// How many there are, at least 1.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub count: u64,
    /// What became of them, by the mapping and schema that made it so.
    pub asked: Vec<ProjectedRequest>,
}

/// What one mapping and schema make of recorded actions, as far as policies read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectedRequest {
    /// Digest of the mapping; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Digest>,
    /// Digest of the schema; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Digest>,
    /// The request. What was not kept of its context is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RecordedRequest>,
    /// Why there is no request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NotReplayable>,
    /// The tool that was meant, where there is no request and a router was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Parts of the request of which only the type was kept. No policy that reads them may be asked.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dropped: BTreeSet<DroppedPart>,
    /// Attributes that were not kept of the entities that came with it. No policy that reads one may be asked.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dropped_attributes: BTreeSet<String>,
    /// The entities that were looked up because policies name them. No policy that reads something of another one may be
    /// asked, where the mapping looks entities up.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub named: BTreeSet<EntityRef>,
}

/// A part of a request of which a corpus may keep the type alone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DroppedPart {
    /// Who acts.
    Principal,
    /// To what.
    Resource,
}

/// A tool call as it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The tool's name.
    pub tool: String,
    /// The arguments: an object; absent where the recording does not hold them; `{"$unknown": REASON}` where it
    /// holds something that cannot be read as an object. A member `{"$unknown": REASON}` is a value nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Json>,
    /// What it gave back; kept where a mapping says that the call changes something by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Json>,
}

/// A request with what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedRequest {
    /// Principal, action, resource, context and the fields of the context that are unknown.
    pub cedar: WrittenRequest,
    /// Entities that came with the request, in Cedar's entity JSON (`uid`, `attrs`, `parents`, `tags`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Json>,
    /// Entities that its mapping looked up in data sets, or that earlier calls of the session changed, in the same form; an
    /// attribute `{"$unknown": REASON}` is one that nobody knows. Another mapping looks up its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looked_up: Vec<Json>,
    /// Digest of the mapping that made it; absent where an enforcement point recorded the request itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Digest>,
    /// Digest of the schema by which its values were typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Digest>,
}

/// What an enforcement point decided at the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedDecision {
    /// The decision.
    pub decision: Decision,
    /// The determining policies, where recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub determining: Option<Vec<String>>,
    /// The policy version that decided, in the words of whoever recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<String>,
}

/// Why a recorded action has no request. Names are stable.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NotReplayable {
    /// The line or document is not a recorded action.
    MalformedRecord,
    /// It holds neither a request nor a tool call.
    NoCall,
    /// The side has no mapping, and the record holds no request.
    NoMapping,
    /// The mapping says that calls of this tool are no agent actions.
    LeftOut,
    /// The mapping names no action, or one that the schema does not have.
    UnknownAction,
    /// The principal could not be built.
    UnmappedPrincipal,
    /// The resource could not be built.
    UnmappedResource,
    /// The record's own request or entities cannot be read by Cedar.
    InvalidRequest,
    /// It is of a corpus, which does not hold what this version reads.
    NotKept,
    /// An entity that it needs cannot be had of the data sets: nobody knows which it is, or what it is in.
    UnknownEntity,
    /// An entity that it needs has versions, and the action has no time.
    NoTime,
}

impl NotReplayable {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            NotReplayable::MalformedRecord => "malformed_record",
            NotReplayable::NoCall => "no_call",
            NotReplayable::NoMapping => "no_mapping",
            NotReplayable::LeftOut => "left_out",
            NotReplayable::UnknownAction => "unknown_action",
            NotReplayable::UnmappedPrincipal => "unmapped_principal",
            NotReplayable::UnmappedResource => "unmapped_resource",
            NotReplayable::InvalidRequest => "invalid_request",
            NotReplayable::NotKept => "not_kept",
            NotReplayable::UnknownEntity => "unknown_entity",
            NotReplayable::NoTime => "no_time",
        }
    }
}

impl fmt::Display for NotReplayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
