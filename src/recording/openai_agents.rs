//! Traces of the OpenAI Agents SDK: items `{object: "trace"}` and `{object: "trace.span", span_data}`, one a line, in an
//! array, or in the `data` of what the SDK sends. Not tried on real files.

use super::args;
use super::detect::document;
use super::format::Format;
use super::otel::{List, Object, OneOrMany};
use super::outline::Outline;
use super::successive::each;
use super::time::set_time;
use super::{Item, Malformed, Parsed};
use crate::model::{Importer, Json, RecordedAction, ToolCall};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

pub(super) static FORMAT: Format = Format {
    importer: Importer::OpenaiAgents,
    marks,
    // The span of an agent ends, and stands, behind the spans of its calls.
    layout: document,
    parse: |item, _| Ok(parse(item)),
};

fn marks(outline: &Outline) -> bool {
    let item = |has: &dyn Fn(&str) -> bool| {
        has("object") && (has("span_data") && has("trace_id") || has("workflow_name"))
    };
    item(&|key| outline.has(key)) || item(&|key| outline.has_path(&["data", key]))
}

/// A trace, a span, or what the SDK sends of them; which one shows by its `object`.
#[derive(Deserialize)]
struct Record {
    object: Option<Json>,
    id: Option<Json>,
    trace_id: Option<Json>,
    parent_id: Option<Json>,
    started_at: Option<Json>,
    workflow_name: Option<Json>,
    group_id: Option<Json>,
    metadata: Option<Json>,
    span_data: Option<Object<Data>>,
    data: Option<List<Object<Record>>>,
}

/// What a span is about.
#[derive(Deserialize)]
struct Data {
    #[serde(rename = "type")]
    kind: Option<Json>,
    name: Option<Json>,
    input: Option<Json>,
    mcp_data: Option<Json>,
}

/// What a recording holds, before calls are made of it.
#[derive(Default)]
struct Traces {
    traces: HashMap<String, Record>,
    spans: Vec<(Record, Data)>,
    faults: Vec<String>,
}

fn parse(item: &Item) -> Parsed {
    let mut parsed = Parsed::default();
    let mut traces = Traces::default();
    each::<OneOrMany<Record>>(item, |value| match value {
        Ok(OneOrMany::Read(records)) => traces.add(records, true),
        Ok(OneOrMany::Wrong(kind)) => traces.wrong(kind),
        Err(fault) => parsed.actions.push(Err(fault)),
    });
    for fault in std::mem::take(&mut traces.faults) {
        parsed.actions.push(Err(Malformed::new(item, fault)));
    }
    traces.calls(item, &mut parsed);
    parsed
}

const UNKNOWN: &str =
    "this is no item of a trace: its `object` is neither `trace` nor `trace.span`";

impl Traces {
    fn wrong(&mut self, kind: &str) {
        let fault = format!("an item of a trace is {kind}, not an object");
        self.faults.push(fault);
    }

    fn add(&mut self, records: Vec<Object<Record>>, outer: bool) {
        for record in records {
            let mut record = match record {
                Object::Read(record) => record,
                Object::Wrong(kind) => {
                    self.wrong(kind);
                    continue;
                }
            };
            match text(&record.object) {
                Some("trace.span") => self.span(record),
                Some("trace") => match text(&record.id).map(str::to_owned) {
                    Some(id) => {
                        self.traces.entry(id).or_insert(record);
                    }
                    None => self.faults.push("a trace has no `id`".to_owned()),
                },
                _ => match record.data.take() {
                    Some(data) if outer && data.wrong.is_none() => self.add(data.items, false),
                    _ => self.faults.push(UNKNOWN.to_owned()),
                },
            }
        }
    }

    fn span(&mut self, mut record: Record) {
        match record.span_data.take() {
            Some(Object::Read(mut data)) => {
                // Of a request to a model it is the whole conversation.
                if text(&data.kind) != Some("function") {
                    data.input = None;
                }
                self.spans.push((record, data));
            }
            _ => {
                let id = text(&record.id).unwrap_or_default();
                self.faults
                    .push(format!("span `{id}` has no object `span_data`"));
            }
        }
    }

    /// Makes actions of the spans of calls.
    fn calls(mut self, item: &Item, parsed: &mut Parsed) {
        let mut places: HashMap<(&str, &str), usize> = HashMap::new();
        let mut again = HashSet::new();
        for (at, (span, _)) in self.spans.iter().enumerate() {
            let key = text(&span.trace_id).zip(text(&span.id));
            if let Some(key) = key
                && *places.entry(key).or_insert(at) != at
            {
                again.insert(at);
            }
        }
        let agents = self.agents(&places).into_iter();
        let agents: Vec<_> = agents.map(|agent| agent.map(str::to_owned)).collect();
        let spans = std::mem::take(&mut self.spans);
        let mut calls = Vec::new();
        for (at, ((span, data), agent)) in spans.into_iter().zip(agents).enumerate() {
            let reason = match text(&data.kind) {
                Some("function") if again.contains(&at) => "span_exported_again",
                Some("function") => {
                    match self.call(at, &span, data, agent) {
                        Ok(action) => calls.push(action),
                        Err(fault) => parsed.actions.push(Err(Malformed::new(item, fault))),
                    }
                    continue;
                }
                // The tool by which an agent hands over has a name of its own, which is not recorded.
                Some("handoff") => "handoff",
                _ => continue,
            };
            *parsed.dropped.entry(reason).or_default() += 1;
        }
        calls.sort_by_cached_key(|action| {
            let time = action.time.as_deref().and_then(|time| time.parse().ok());
            time.unwrap_or(jiff::Timestamp::MAX)
        });
        let mut sequences: HashMap<Option<String>, u64> = HashMap::new();
        for mut action in calls {
            let next = sequences.entry(action.session.clone()).or_default();
            action.sequence = Some(*next);
            *next += 1;
            parsed.actions.push(Ok(action));
        }
    }

    /// The agent of every span: the name of the nearest agent's span above it.
    fn agents(&self, places: &HashMap<(&str, &str), usize>) -> Vec<Option<&str>> {
        let mut agents: Vec<Option<Option<&str>>> = vec![None; self.spans.len()];
        for start in 0..self.spans.len() {
            let mut path = Vec::new();
            let mut next = Some(start);
            let mut agent = None;
            while let Some(at) = next {
                if let Some(known) = agents.get(at).copied().flatten() {
                    agent = known;
                    break;
                }
                let Some((span, data)) = self.spans.get(at) else {
                    break;
                };
                path.push(at);
                // Until the end of the path is known nothing is, so that a circle ends here.
                if let Some(place) = agents.get_mut(at) {
                    *place = Some(None);
                }
                if text(&data.kind) == Some("agent") {
                    agent = text(&data.name);
                    break;
                }
                let key = text(&span.trace_id).zip(text(&span.parent_id));
                next = key.and_then(|key| places.get(&key).copied());
            }
            for at in path {
                if let Some(place) = agents.get_mut(at) {
                    *place = Some(agent);
                }
            }
        }
        agents.into_iter().map(Option::flatten).collect()
    }

    fn call(
        &self,
        at: usize,
        span: &Record,
        data: Data,
        agent: Option<String>,
    ) -> Result<RecordedAction, String> {
        let id = text(&span.id).map_or_else(|| format!("#{at}"), str::to_owned);
        let Some(tool) = text(&data.name) else {
            return Err(format!("span `{id}` is a call without the tool's `name`"));
        };
        let trace_id = text(&span.trace_id);
        let trace = trace_id.and_then(|id| self.traces.get(id));
        let group = trace.and_then(|trace| text(&trace.group_id));
        let server = data.mcp_data.as_ref().and_then(|mcp| mcp.get("server"));
        let meta = [
            ("trace_id", span.trace_id.as_ref()),
            ("span_id", span.id.as_ref()),
            (
                "workflow_name",
                trace.and_then(|trace| trace.workflow_name.as_ref()),
            ),
            ("metadata", trace.and_then(|trace| trace.metadata.as_ref())),
        ];
        let meta = meta.into_iter().filter_map(|(name, value)| {
            let value = value.filter(|value| *value != &Json::Null)?;
            Some((name.to_owned(), value.clone()))
        });
        let mut action = RecordedAction {
            session: group.or(trace_id).map(str::to_owned),
            agent,
            system: server.and_then(Json::as_str).map(str::to_owned),
            meta: meta.collect(),
            call: Some(ToolCall {
                tool: tool.to_owned(),
                args: args::text_or_object(data.input),
                result: None,
            }),
            ..RecordedAction::new(match trace_id {
                Some(trace) => format!("{trace}/{id}"),
                None => id,
            })
        };
        set_time(&mut action, span.started_at.as_ref());
        Ok(action)
    }
}

fn text(json: &Option<Json>) -> Option<&str> {
    let text = json.as_ref().and_then(Json::as_str);
    text.filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::variations::variations;
    use std::collections::BTreeMap;

    const TRACE: &str = r#"{"object":"trace","id":"trace_1","workflow_name":"Refunds","group_id":"chat_7","metadata":{"tier":"gold"}}"#;

    fn span(id: &str, parent: &str, time: &str, data: &str) -> String {
        format!(
            r#"{{"object":"trace.span","id":"{id}","trace_id":"trace_1","parent_id":{parent},"started_at":"2025-03-10T12:00:{time}+00:00","ended_at":null,"span_data":{data},"error":null}}"#
        )
    }

    fn agent(name: &str) -> String {
        format!(
            r#"{{"type":"agent","name":"{name}","handoffs":[],"tools":["pay"],"output_type":"str"}}"#
        )
    }

    fn read(
        text: &str,
    ) -> (
        Vec<RecordedAction>,
        Vec<String>,
        BTreeMap<&'static str, u64>,
    ) {
        let item = Item {
            bytes: text.as_bytes().to_vec(),
            line: 1,
        };
        crate::recording::variations::told(parse(&item))
    }

    /// The items of a trace as the SDK exports them: a span stands where it ends.
    fn items() -> Vec<String> {
        let function = |input: &str, mcp: &str| {
            format!(
                r#"{{"type":"function","name":"pay","input":{input},"output":"ok","mcp_data":{mcp}}}"#
            )
        };
        vec![
            TRACE.to_owned(),
            span(
                "span_3",
                "\"span_2\"",
                "03.5",
                &function(r#""{\"amount\":5}""#, "null"),
            ),
            span(
                "span_4",
                "\"span_2\"",
                "02",
                &function("null", r#"{"server":"bank"}"#),
            ),
            span(
                "span_5",
                "\"span_2\"",
                "04",
                r#"{"type":"handoff","from_agent":"bo","to_agent":"cy"}"#,
            ),
            span(
                "span_2",
                "\"span_1\"",
                "01",
                r#"{"type":"custom","name":"x","data":{}}"#,
            ),
            span("span_1", "null", "00", &agent("bo")),
        ]
    }

    #[test]
    fn a_call_has_the_nearest_agent_and_its_trace() {
        let lines = items().join("\n");
        let (actions, faults, dropped) = read(&lines);
        assert_eq!(
            (faults, dropped),
            (Vec::new(), BTreeMap::from([("handoff", 1)]))
        );
        let ids: Vec<_> = actions.iter().map(|action| action.id.as_str()).collect();
        assert_eq!(ids, ["trace_1/span_4", "trace_1/span_3"]);
        let [first, second] = &actions[..] else {
            panic!("two calls");
        };
        assert_eq!(
            (first.session.as_deref(), first.sequence),
            (Some("chat_7"), Some(0))
        );
        assert_eq!(
            (first.agent.as_deref(), first.system.as_deref()),
            (Some("bo"), Some("bank"))
        );
        assert_eq!(second.time.as_deref(), Some("2025-03-10T12:00:03.5+00:00"));
        assert_eq!(first.call.as_ref().and_then(|call| call.args.clone()), None);
        let args = second.call.as_ref().and_then(|call| call.args.clone());
        assert_eq!(
            args.and_then(|args| args.get("amount").cloned()),
            Some(Json::Int(5))
        );
        assert_eq!(second.meta["workflow_name"].as_str(), Some("Refunds"));
        assert_eq!(
            second.meta["metadata"].get("tier").and_then(Json::as_str),
            Some("gold")
        );
        // An array, and what the SDK sends, hold the same.
        let list = items().join(",");
        assert_eq!(read(&format!("[{list}]")).0, actions);
        assert_eq!(read(&format!("{{\"data\":[{list}]}}")).0, actions);
    }

    #[test]
    fn without_a_trace_and_an_agent_they_are_not_known() {
        let data = r#"{"type":"function","name":"pay","input":""}"#;
        let circle = [
            span("a", "\"b\"", "00", data),
            span("b", "\"a\"", "00", data),
            span("a", "null", "00", data),
        ];
        let (actions, faults, dropped) = read(&circle.join("\n"));
        assert_eq!(
            (actions.len(), faults.len(), dropped["span_exported_again"]),
            (2, 0, 1)
        );
        for action in &actions {
            assert_eq!(
                (action.agent.as_deref(), action.session.as_deref()),
                (None, Some("trace_1"))
            );
            let args = action.call.as_ref().and_then(|call| call.args.clone());
            assert_eq!(args, Some(Json::Object(BTreeMap::new())));
        }
    }

    #[test]
    fn broken_items_do_not_hide_the_others() {
        let good = span("a", "null", "00", r#"{"type":"function","name":"pay"}"#);
        let text = format!(
            "7\n[5]\n{{}}\n{{\"object\":\"trace\"}}\n{}\n{}\n{{\"object\":\n{good}",
            span("b", "null", "00", "null"),
            span("c", "null", "00", r#"{"type":"function","name":5}"#),
        );
        let (actions, faults, _) = read(&text);
        assert_eq!(actions.len(), 1);
        let expected = [
            "the JSON ends too early",
            "an item of a trace is a number, not an object",
            "an item of a trace is a number, not an object",
            "this is no item of a trace",
            "a trace has no `id`",
            "span `b` has no object `span_data`",
            "span `c` is a call without the tool's `name`",
        ];
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        for (fault, expected) in faults.iter().zip(expected) {
            assert!(fault.contains(expected), "{fault}: {expected}");
        }
    }

    #[test]
    fn every_part_may_be_something_else() {
        for changed in variations(&format!("{{\"data\":[{}]}}", items().join(","))) {
            assert!(read(&changed).0.len() <= 2, "{changed}");
        }
    }
}
