//! The tool calls of an item: one for each span of a call, and one for each call that only a model's answer tells of.

use super::answers::{Answer, Asked};
use super::document::Document;
use super::facts::Key;
use super::kinds::{self, Tool};
use super::matching::Matching;
use super::sessions::Sessions;
use super::tree::{Places, Trees};
use crate::model::Json;
use std::collections::{BTreeMap, HashMap};

/// A tool call.
#[derive(Debug)]
pub(super) struct Call<'d> {
    pub(super) place: Place<'d>,
    pub(super) tool: String,
    pub(super) id: Option<String>,
    pub(super) args: Option<Json>,
    /// The service that served the call, where it has a span of its own.
    pub(super) server: Option<&'d str>,
}

/// Where something stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'d> {
    /// The span: a place in the item. A log record may name a span that is not there.
    pub(super) at: Option<usize>,
    pub(super) trace: &'d str,
    pub(super) span: &'d str,
    /// The conversation that a log record names whose span is not there.
    pub(super) conversation: Option<&'d str>,
    pub(super) time: Option<u64>,
    pub(super) resource: usize,
    pub(super) source: Source,
}

impl<'d> Place<'d> {
    /// The session it belongs to.
    pub(super) fn session(&self, sessions: &Sessions<'d>) -> &'d str {
        match self.at {
            Some(at) => sessions.of(at),
            None => self.conversation.unwrap_or(self.trace),
        }
    }
}

/// What tells of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A span of the call.
    Span,
    /// A span of the model's answer.
    Answer,
    /// A log record of the model's answer.
    Log,
}

/// What an item tells of.
#[derive(Debug, Default)]
pub(super) struct Found<'d> {
    pub(super) calls: Vec<Call<'d>>,
    pub(super) dropped: BTreeMap<&'static str, u64>,
    pub(super) faults: Vec<String>,
}

/// The calls in a model's answer, with where they stand.
pub(super) struct Answered<'d> {
    pub(super) place: Place<'d>,
    pub(super) session: &'d str,
    pub(super) calls: Vec<Asked>,
}

impl<'d> Found<'d> {
    pub(super) fn of(
        document: &'d Document<'_>,
        places: &Places<'d>,
        trees: &Trees,
        sessions: &Sessions<'d>,
    ) -> Self {
        let mut found = Self::default();
        let answered = found.answered(document, places, trees, sessions);
        found.spans(document, trees);
        let mut matching = Matching::new(&found.calls, sessions);
        let answered = matching.without_repetitions(answered, trees, document.spans.len());
        matching.pair(&mut found.calls, &answered);
        found.drop("repeated_answer", matching.repeated);
        for (place, asked) in matching.unpaired(answered) {
            found.calls.push(Call {
                place,
                tool: asked.tool,
                id: asked.id,
                args: asked.args,
                server: None,
            });
        }
        found
    }

    fn drop(&mut self, reason: &'static str, count: u64) {
        if count > 0 {
            *self.dropped.entry(reason).or_default() += count;
        }
    }

    /// The calls that have spans of their own.
    fn spans(&mut self, document: &'d Document<'_>, trees: &Trees) {
        let tools: Vec<_> = document.spans.iter().map(kinds::tool).collect();
        let again = |at: usize| trees.again.get(at).copied().unwrap_or_default();
        let is_call = |at: usize| matches!(tools.get(at), Some(Tool::Call(_))) && !again(at);
        // A call inside of the run of another agent is another call, whatever it looks like.
        let nearest =
            trees.nearest(|at| is_call(at) || document.spans.get(at).is_some_and(kinds::is_agent));
        let mut call_of: HashMap<usize, usize> = HashMap::new();
        for at in trees.order().iter().copied() {
            let (Some(span), Some(tool)) = (document.spans.get(at), tools.get(at)) else {
                continue;
            };
            let tool = match tool {
                Tool::None => continue,
                _ if again(at) => {
                    self.drop("span_exported_again", 1);
                    continue;
                }
                Tool::Call(tool) => *tool,
                Tool::Merged => {
                    self.drop("merged_tools_span", 1);
                    continue;
                }
                Tool::ClaudeCode => {
                    self.drop("claude_code_span", 1);
                    continue;
                }
                Tool::Nameless => {
                    let place = format!("span `{}` of trace `{}`", span.id, span.trace);
                    self.faults
                        .push(format!("{place} is a tool call without the tool's name"));
                    continue;
                }
            };
            let id = kinds::call_id(span).map(str::to_owned);
            let args = kinds::arguments(&span.facts);
            let service = document.resources.get(span.resource);
            let service = service.and_then(|facts| facts.text(Key::Service));
            let server = service.filter(|_| span.server);
            let above = trees.parent(at).and_then(|parent| *nearest.get(parent)?);
            let outer = above.and_then(|above| call_of.get(&above).copied());
            let mcp = span.facts.text(Key::McpMethod).is_some();
            if let Some(place) = outer
                && let Some(call) = self.calls.get_mut(place)
                && call.tool == tool
                && same(call, id.as_deref(), args.as_ref(), mcp)
            {
                call.id = call.id.take().or(id);
                call.args = call.args.take().or(args);
                call.server = server.or(call.server);
                call_of.insert(at, place);
                self.drop("nested_span_of_a_call", 1);
                continue;
            }
            call_of.insert(at, self.calls.len());
            self.calls.push(Call {
                place: Place {
                    at: Some(at),
                    trace: &span.trace,
                    span: &span.id,
                    conversation: None,
                    time: span.start,
                    resource: span.resource,
                    source: Source::Span,
                },
                tool: tool.to_owned(),
                id,
                args,
                server,
            });
        }
    }

    /// What models answered, span by span.
    fn answered(
        &mut self,
        document: &'d Document<'_>,
        places: &Places<'d>,
        trees: &Trees,
        sessions: &Sessions<'d>,
    ) -> Vec<Answered<'d>> {
        let mut all = Vec::new();
        let mut has_one = vec![false; document.spans.len()];
        for (at, span) in document.spans.iter().enumerate() {
            if kinds::tool(span) != Tool::None || trees.again.get(at) == Some(&true) {
                continue;
            }
            let answer = Answer::of_span(span);
            let calls = self.keep(answer, &span.trace, &span.id);
            if calls.is_empty() {
                continue;
            }
            if let Some(has_one) = has_one.get_mut(at) {
                *has_one = true;
            }
            let place = Place {
                at: Some(at),
                trace: &span.trace,
                span: &span.id,
                conversation: None,
                time: span.end.or(span.start),
                resource: span.resource,
                source: Source::Answer,
            };
            let session = place.session(sessions);
            all.push(Answered {
                place,
                session,
                calls,
            });
        }
        let mut requests = None;
        for log in &document.logs {
            let trace = log.trace.as_deref().unwrap_or_default();
            let span = log.span.as_deref().unwrap_or_default();
            let answer = Answer::of_log(log);
            let calls = self.keep(answer, trace, span);
            if calls.is_empty() {
                continue;
            }
            let at = match log.span.is_some() {
                true => places.get(trace, span),
                false => {
                    let requests = requests.get_or_insert_with(|| requests_of(document, trees));
                    match requests.get(trace) {
                        Some(Some(at)) => Some(*at),
                        // It may be from any of several requests, or from one that is not here.
                        Some(None) | None => {
                            self.drop("log_without_span", calls.len() as u64);
                            continue;
                        }
                    }
                }
            };
            // What the span itself says of its answer is the same.
            if at.and_then(|at| has_one.get(at)) == Some(&true) {
                continue;
            }
            let own = at.and_then(|at| document.spans.get(at));
            let place = Place {
                at,
                trace,
                span: own.map_or(span, |own| &own.id),
                conversation: log.facts.text(Key::Conversation),
                time: log.time,
                resource: log.resource,
                source: Source::Log,
            };
            let session = place.session(sessions);
            all.push(Answered {
                place,
                session,
                calls,
            });
        }
        all
    }

    fn keep(&mut self, answer: Answer, trace: &str, span: &str) -> Vec<Asked> {
        for (reason, count) in answer.dropped {
            self.drop(reason, count);
        }
        for fault in answer.faults {
            let place = format!("a call in the answer of span `{span}` of trace `{trace}`");
            self.faults.push(format!("{place}: {fault}"));
        }
        answer.calls
    }
}

/// Whether a span inside of the span of a call of the same tool is that call: its other side, or what another
/// instrumentation saw of it. A call that made itself again with the same arguments would never end.
fn same(outer: &Call<'_>, id: Option<&str>, args: Option<&Json>, mcp: bool) -> bool {
    let same_id = id.is_some() && id == outer.id.as_deref();
    let other_id = id.is_some() && outer.id.is_some() && !same_id;
    let same_args = args.is_some() && args == outer.args.as_ref();
    let other_args = args.is_some() && outer.args.is_some() && !same_args;
    !other_id && !other_args && (mcp || same_id || same_args)
}

/// The one request to a model in each trace; nothing where there are several.
fn requests_of<'d>(document: &'d Document<'_>, trees: &Trees) -> HashMap<&'d str, Option<usize>> {
    let mut requests: HashMap<&str, Option<usize>> = HashMap::new();
    for (at, span) in document.spans.iter().enumerate() {
        if kinds::is_inference(span) && trees.again.get(at) != Some(&true) {
            requests
                .entry(&span.trace)
                .and_modify(|seen| *seen = None)
                .or_insert(Some(at));
        }
    }
    requests
}
