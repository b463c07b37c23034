//! Calls as recorded actions: with their session, agent, user, time and place in the session.

use super::calls::{Call, Source};
use super::document::{Document, Span};
use super::facts::Key;
use super::kinds;
use super::sessions::Sessions;
use super::tree::Trees;
use crate::model::{Json, RecordedAction, ToolCall};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the calls of an item have from the spans around them.
struct Around<'d> {
    document: &'d Document<'d>,
    sessions: &'d Sessions<'d>,
    agents: Vec<Option<usize>>,
    end_users: Vec<Option<usize>>,
    users: Vec<Option<usize>>,
}

/// The actions in the order of their times, then as they stand in the item.
pub(super) fn actions(
    mut calls: Vec<Call<'_>>,
    document: &Document<'_>,
    trees: &Trees,
    sessions: &Sessions<'_>,
) -> Vec<RecordedAction> {
    let span_has = |at: usize, has: fn(&Span<'_>) -> bool| document.spans.get(at).is_some_and(has);
    let around = Around {
        document,
        sessions,
        agents: trees.nearest(|at| span_has(at, |span| kinds::agent(span).is_some())),
        end_users: trees.nearest(|at| span_has(at, |span| span.facts.text(Key::EndUser).is_some())),
        users: trees.nearest(|at| span_has(at, |span| user(span).is_some())),
    };
    calls.sort_by_key(|call| (call.place.time.unwrap_or(u64::MAX), call.place.at));
    let mut ids = HashSet::new();
    let mut sequences: HashMap<String, u64> = HashMap::new();
    let mut actions = Vec::with_capacity(calls.len());
    for call in calls {
        let mut action = around.action(call);
        action.id = unique(std::mem::take(&mut action.id), &mut ids);
        let session = action.session.clone().unwrap_or_default();
        let next = sequences.entry(session).or_default();
        action.sequence = Some(*next);
        *next += 1;
        actions.push(action);
    }
    actions
}

/// The user by the names that mean one, other than `enduser.id`.
fn user<'s>(span: &'s Span<'_>) -> Option<&'s str> {
    let user = span.facts.text(Key::User);
    user.or_else(|| span.facts.text(Key::KagentUser))
}

/// An id that no other action of the item has.
fn unique(id: String, ids: &mut HashSet<String>) -> String {
    let mut own = id.clone();
    let mut number = 1_u64;
    while !ids.insert(own.clone()) {
        number += 1;
        own = format!("{id}#{number}");
    }
    own
}

impl Around<'_> {
    fn action(&self, call: Call<'_>) -> RecordedAction {
        let place = call.place;
        let trace = place.trace;
        let resource = self.document.resources.get(place.resource);
        let resource = |key| resource.and_then(|facts| facts.text(key));
        let found = |nearest: &[Option<usize>]| {
            let at = nearest.get(place.at?).copied().flatten()?;
            self.document.spans.get(at)
        };
        let agent = found(&self.agents);
        let end_user = found(&self.end_users).and_then(|span| span.facts.text(Key::EndUser));
        let user = end_user.or_else(|| found(&self.users).and_then(user));
        let span = place.at.and_then(|at| self.document.spans.get(at));
        let tool_type = span.and_then(|span| span.facts.text(Key::ToolType));
        let agent_id = agent.map_or(resource(Key::AgentId), |span| span.facts.text(Key::AgentId));
        let source = match place.source {
            Source::Span => "span",
            Source::Answer => "model_answer",
            Source::Log => "model_answer_log",
        };
        let meta = [
            ("call_id", call.id.as_deref()),
            ("trace_id", Some(trace)),
            ("span_id", Some(place.span)),
            ("service", resource(Key::Service)),
            ("agent_id", agent_id),
            ("tool_type", tool_type),
            ("source", Some(source)),
        ];
        let meta: BTreeMap<_, _> = meta
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.filter(|text| !text.is_empty())?)))
            .map(|(name, text)| (name.to_owned(), Json::String(text.to_owned())))
            .collect();
        let session = place.session(self.sessions);
        RecordedAction {
            session: (!session.is_empty()).then(|| session.to_owned()),
            time: place.time.and_then(moment),
            agent: agent
                .and_then(kinds::agent)
                .or_else(|| resource(Key::AgentName))
                .map(str::to_owned),
            user: user.map(str::to_owned),
            system: call.server.map(str::to_owned),
            meta,
            call: Some(ToolCall {
                tool: call.tool,
                args: call.args,
                result: None,
            }),
            ..RecordedAction::new(match call.id {
                Some(id) => format!("{trace}/{id}"),
                None => format!("{trace}/{}", place.span),
            })
        }
    }
}

/// A moment in nanoseconds since 1970 as RFC 3339 text.
pub(in crate::recording) fn moment(nanoseconds: u64) -> Option<String> {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(nanoseconds));
    moment.ok().map(|moment| moment.to_string())
}
