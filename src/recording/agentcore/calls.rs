//! Spans and log records, put together call by call.

use super::logs::Request;
use super::records::Records;
use crate::model::{Decision, Json, RecordedAction, RecordedDecision, ToolCall};
use crate::recording::otel::{Document, Key, Places, Sessions, Span, Trees, agent, moment};
use std::collections::{BTreeMap, HashMap};

const INVOKE: &str = "AgentCore.Gateway.InvokeTool";
const AUTHORIZE: &str = "AgentCore.Policy.AuthorizeAction";
const LISTING: &str = "AgentCore.Policy.PartiallyAuthorizeActions";

/// The calls with their times in nanoseconds.
pub(super) fn actions(
    records: Records<'_>,
    dropped: &mut BTreeMap<&'static str, u64>,
) -> Vec<(Option<u64>, RecordedAction)> {
    let document = &records.document;
    let places = Places::of(&document.spans);
    let trees = Trees::of(&document.spans, &places);
    let sessions = Sessions::of_spans(document, &trees);
    let around = Around {
        document,
        sessions: &sessions,
        agents: trees.nearest(|at| {
            document
                .spans
                .get(at)
                .is_some_and(|span| agent(span).is_some())
        }),
        subjects: subjects(document),
    };
    let mut policies = policies(document, &trees, dropped);
    let mut requests = records.requests;
    let mut actions = Vec::new();
    for (at, span) in document.spans.iter().enumerate() {
        if span.name == INVOKE && trees.again.get(at) != Some(&true) {
            let policy = policies.take(at, span.facts.text(Key::RequestId));
            let policy = policy.and_then(|policy| document.spans.get(policy));
            actions.push(around.action(at, Some(span), policy, &mut requests));
        }
    }
    for at in policies.left() {
        let policy = document.spans.get(at);
        actions.push(around.action(at, None, policy, &mut requests));
    }
    for (id, request) in requests {
        if request.call || request.policy.is_some() {
            let time = request.time.and_then(|time| time.checked_mul(1_000_000));
            let mut action = RecordedAction::new(id.clone());
            fact(&mut action, "request_id", Some(Json::String(id)));
            action.session.clone_from(&request.trace);
            of_request(&mut action, request);
            action.time = time.and_then(moment);
            actions.push((time, action));
        }
    }
    actions
}

/// The spans of decisions, by the span of the call and by the request they belong to.
struct Policies<'d> {
    by_call: HashMap<usize, Vec<usize>>,
    by_request: HashMap<&'d str, Vec<usize>>,
    left: BTreeMap<usize, ()>,
}

fn policies<'d>(
    document: &'d Document<'_>,
    trees: &Trees,
    dropped: &mut BTreeMap<&'static str, u64>,
) -> Policies<'d> {
    let mut policies = Policies {
        by_call: HashMap::new(),
        by_request: HashMap::new(),
        left: BTreeMap::new(),
    };
    for (at, span) in document.spans.iter().enumerate() {
        let again = trees.again.get(at) == Some(&true);
        let reason = match span.name.as_ref() {
            INVOKE | AUTHORIZE if again => "span_exported_again",
            AUTHORIZE => {
                policies.left.insert(at, ());
                if let Some(call) = trees.parent(at) {
                    policies.by_call.entry(call).or_default().push(at);
                }
                if let Some(request) = span.facts.text(Key::RequestId) {
                    policies.by_request.entry(request).or_default().push(at);
                }
                continue;
            }
            // It decides which tools are shown, not about a call.
            LISTING => "tool_listing",
            _ => continue,
        };
        *dropped.entry(reason).or_default() += 1;
    }
    policies
}

impl Policies<'_> {
    /// The decision about a call: the span below the call's, else the only one of the same request.
    fn take(&mut self, call: usize, request: Option<&str>) -> Option<usize> {
        let below = self.by_call.get(&call).and_then(|all| all.first());
        let same = request.and_then(|request| self.by_request.get(request));
        let same = same.and_then(|all| match all.as_slice() {
            [only] => Some(only),
            _ => None,
        });
        let policy = below.or(same).copied()?;
        self.left.remove(&policy).map(|()| policy)
    }

    fn left(self) -> impl Iterator<Item = usize> {
        self.left.into_keys()
    }
}

/// Who sent each request, by the token that was shown.
fn subjects<'d>(document: &'d Document<'_>) -> HashMap<&'d str, &'d str> {
    let spans = document.spans.iter();
    let subjects = spans.filter_map(|span| {
        let request = span.facts.text(Key::RequestId)?;
        Some((request, span.facts.text(Key::TokenSubject)?))
    });
    subjects.collect()
}

struct Around<'d> {
    document: &'d Document<'d>,
    sessions: &'d Sessions<'d>,
    agents: Vec<Option<usize>>,
    subjects: HashMap<&'d str, &'d str>,
}

impl Around<'_> {
    fn action(
        &self,
        at: usize,
        call: Option<&Span<'_>>,
        policy: Option<&Span<'_>>,
        requests: &mut BTreeMap<String, Request>,
    ) -> (Option<u64>, RecordedAction) {
        let spans = [policy, call];
        let value = |key: Key| {
            let mut values = spans
                .iter()
                .flatten()
                .filter_map(|span| span.facts.get(key));
            values.next()
        };
        let text = |key: Key| value(key).and_then(|value| value.text());
        let own = call.or(policy);
        let request_id = text(Key::RequestId);
        let id = match (request_id, own) {
            (Some(id), _) => id.to_owned(),
            (None, Some(span)) => format!("{}/{}", span.trace, span.id),
            (None, None) => String::new(),
        };
        let mut action = RecordedAction::new(id);
        let session = self.sessions.of(at);
        action.session = (!session.is_empty()).then(|| session.to_owned());
        let agents = self.agents.get(at).copied().flatten();
        let nearest = agents.and_then(|at| self.document.spans.get(at));
        action.agent = nearest.and_then(agent).map(str::to_owned);
        let subject = request_id.and_then(|id| self.subjects.get(id));
        action.user = subject.map(|subject| (*subject).to_owned());
        action.recorded = text(Key::PolicyDecision)
            .and_then(decision)
            .map(|decision| {
                let determining = value(Key::PolicyDetermining);
                RecordedDecision {
                    decision,
                    determining: determining.map(|value| names(&value.json())),
                    policy_version: None,
                }
            });
        for (name, key) in [
            ("reason", Key::PolicyReason),
            ("policy_engine", Key::PolicyEngine),
            ("policy_mode", Key::PolicyMode),
            ("gateway", Key::ResourceArn),
            ("gateway_id", Key::GatewayId),
            ("mismatched_policies", Key::PolicyMismatched),
            ("log_only_matched_policies", Key::PolicyLogOnlyMatched),
            (
                "log_only_decision_flipping_policies",
                Key::PolicyLogOnlyFlipping,
            ),
        ] {
            fact(&mut action, name, value(key).map(|value| value.json()));
        }
        let of_span = |text: Option<&str>| text.map(|text| Json::String(text.to_owned()));
        fact(&mut action, "request_id", of_span(request_id));
        fact(
            &mut action,
            "trace_id",
            of_span(own.map(|span| span.trace.as_ref())),
        );
        fact(
            &mut action,
            "span_id",
            of_span(own.map(|span| span.id.as_ref())),
        );
        let tool = call.and_then(|call| call.facts.text(Key::InferenceTool));
        action.call = tool.map(|tool| ToolCall {
            tool: tool.to_owned(),
            args: None,
            result: None,
        });
        let fits = |request: &Request| {
            let logged = request.tool.as_deref();
            tool.is_none() || logged.is_none() || tool == logged
        };
        if let Some(id) = request_id
            && requests.get(id).is_some_and(fits)
            && let Some(request) = requests.remove(id)
        {
            of_request(&mut action, request);
        }
        let time = own.and_then(|span| span.start);
        action.time = time.and_then(moment);
        (time, action)
    }
}

/// Adds what the log says of a request to what is known of the call.
fn of_request(action: &mut RecordedAction, request: Request) {
    if action.call.is_none()
        && let Some(tool) = request.tool
    {
        action.call = Some(ToolCall {
            tool,
            args: None,
            result: None,
        });
    }
    if let Some(call) = &mut action.call {
        call.args = call.args.take().or(request.args);
    }
    let text = |text: String| Json::String(text);
    fact(action, "gateway", request.gateway.map(text));
    fact(action, "trace_id", request.trace.map(text));
    let Some(mut policy) = request.policy else {
        return;
    };
    if action.recorded.is_none()
        && let Some(decision) = policy
            .get("decision")
            .and_then(Json::as_str)
            .and_then(decision)
    {
        action.recorded = Some(RecordedDecision {
            decision,
            determining: policy.get("determiningPolicies").map(names),
            policy_version: None,
        });
    }
    if let Some(principal) = policy.remove("principal") {
        let of_principal = |name: &str| principal.get(name).and_then(Json::as_str);
        if let Some(id) = of_principal("entityId") {
            action.user = Some(id.to_owned());
        }
        let kind = of_principal("entityType").map(|kind| Json::String(kind.to_owned()));
        fact(action, "principal_type", kind);
    }
    fact(action, "reason", policy.remove("reason"));
}

/// A fact, unless it is known already or says nothing.
fn fact(action: &mut RecordedAction, name: &str, value: Option<Json>) {
    let empty = |value: &Json| match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    };
    if let Some(value) = value.filter(|value| !empty(value)) {
        action.meta.entry(name.to_owned()).or_insert(value);
    }
}

fn decision(text: &str) -> Option<Decision> {
    match text {
        "ALLOW" => Some(Decision::Allow),
        "DENY" => Some(Decision::Deny),
        _ => None,
    }
}

/// The names of policies, each once: one policy can stand there several times.
fn names(list: &Json) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let Json::Array(items) = list else {
        return names;
    };
    let mut seen = std::collections::HashSet::new();
    for name in items.iter().filter_map(Json::as_str) {
        if seen.insert(name) {
            names.push(name.to_owned());
        }
    }
    names
}
