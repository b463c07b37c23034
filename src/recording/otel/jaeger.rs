//! Jaeger's export: traces with their spans, whose tags are plain values, and the processes that emitted them.

use super::document::{Document, Event, Span, moment};
use super::facts::{Facts, Key};
use super::loose::{Lenient, List, Object, Scalar, lenient};
use super::value::Name;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess};
use std::borrow::Cow;

#[derive(Deserialize)]
pub(super) struct JaegerTrace<'a> {
    #[serde(borrow, default)]
    spans: List<Object<JaegerSpan<'a>>>,
    #[serde(borrow, default)]
    processes: Processes<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JaegerSpan<'a> {
    #[serde(borrow, default, rename = "traceID")]
    trace_id: Scalar<'a>,
    #[serde(borrow, default, rename = "spanID")]
    span_id: Scalar<'a>,
    #[serde(borrow, default, rename = "parentSpanID")]
    parent_span_id: Scalar<'a>,
    #[serde(borrow, default, rename = "processID")]
    process_id: Scalar<'a>,
    #[serde(borrow, default)]
    operation_name: Scalar<'a>,
    #[serde(borrow, default)]
    references: List<Object<Reference<'a>>>,
    #[serde(borrow, default)]
    start_time: Scalar<'a>,
    #[serde(borrow, default)]
    duration: Scalar<'a>,
    #[serde(borrow, default)]
    tags: Facts<'a>,
    #[serde(borrow, default)]
    logs: List<Object<JaegerLog<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference<'a> {
    #[serde(borrow, default)]
    ref_type: Scalar<'a>,
    #[serde(borrow, default, rename = "spanID")]
    span_id: Scalar<'a>,
}

#[derive(Deserialize)]
struct JaegerLog<'a> {
    #[serde(borrow, default)]
    fields: Facts<'a>,
}

/// Jaeger's processes by the ids that spans name.
#[derive(Default)]
struct Processes<'a>(Vec<(Cow<'a, str>, Object<Process<'a>>)>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Process<'a> {
    #[serde(borrow, default)]
    service_name: Scalar<'a>,
    #[serde(borrow, default)]
    tags: Facts<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Processes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer)
    }
}

impl<'de: 'a, 'a> Lenient<'de> for Processes<'a> {
    fn other(_: &'static str) -> Self {
        Self::default()
    }

    fn object<A: MapAccess<'de>>(mut access: A) -> Result<Self, A::Error> {
        let mut processes = Vec::new();
        while let Some((name, process)) = access.next_entry::<Name, _>()? {
            processes.push((name.0, process));
        }
        Ok(Self(processes))
    }
}

impl<'a> Document<'a> {
    /// Adds a trace of Jaeger's.
    pub(super) fn jaeger(&mut self, at: usize, trace: JaegerTrace<'a>) {
        let mut places = Vec::new();
        for (name, process) in trace.processes.0 {
            let Object::Read(process) = process else {
                continue;
            };
            let mut facts = process.tags;
            facts.push(Key::Service, process.service_name.into());
            self.resources.push(facts);
            places.push((name, self.resources.len() - 1));
        }
        self.resources.push(Facts::default());
        let unknown = self.resources.len() - 1;
        places.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (_, span) in self.objects(trace.spans, || format!("data[{at}].spans")) {
            let process = span.process_id.clone().text().unwrap_or_default();
            let found = places.binary_search_by(|(name, _)| name.cmp(&process));
            let resource = found.ok().and_then(|at| places.get(at));
            self.spans
                .push(span.read(resource.map_or(unknown, |(_, place)| *place)));
        }
    }
}

impl<'a> JaegerSpan<'a> {
    fn read(self, resource: usize) -> Span<'a> {
        let start = moment(&self.start_time, 1000);
        let duration = self
            .duration
            .count()
            .and_then(|count| count.checked_mul(1000));
        let events = self.logs.items.into_iter().filter_map(|log| match log {
            Object::Read(log) => Some(Event {
                name: None,
                facts: log.fields,
            }),
            Object::Wrong(_) => None,
        });
        let mut parent = None;
        for reference in self.references.items {
            let Object::Read(reference) = reference else {
                continue;
            };
            let child = matches!(&reference.ref_type, Scalar::Text(kind) if kind == "CHILD_OF");
            if child || parent.is_none() {
                parent = reference.span_id.text().or(parent);
            }
            if child {
                break;
            }
        }
        Span {
            trace: self.trace_id.text().unwrap_or_default(),
            id: self.span_id.text().unwrap_or_default(),
            parent: parent.or(self.parent_span_id.text()),
            name: self.operation_name.text().unwrap_or_default(),
            start,
            end: start.and_then(|start| start.checked_add(duration?)),
            server: self.tags.text(Key::SpanKind) == Some("server"),
            resource,
            facts: self.tags,
            events: events.collect(),
        }
    }
}
