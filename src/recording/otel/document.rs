//! The shapes in which spans and log records are exported, as one list of each: OTLP JSON, Tempo's and Jaeger's.

use super::facts::Facts;
use super::jaeger::JaegerTrace;
use super::loose::{List, Object, OneOrMany, Scalar};
use super::value::Value;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// What an item holds.
#[derive(Debug, Default)]
pub(in crate::recording) struct Document<'a> {
    /// The spans in the order in which they stand there.
    pub(in crate::recording) spans: Vec<Span<'a>>,
    /// The log records in the order in which they stand there.
    pub(in crate::recording) logs: Vec<Log<'a>>,
    /// What emitted them.
    pub(in crate::recording) resources: Vec<Facts<'a>>,
    /// What cannot be read as a span or a log record.
    pub(in crate::recording) faults: Vec<String>,
}

/// A span.
#[derive(Debug, Default)]
pub(in crate::recording) struct Span<'a> {
    pub(in crate::recording) trace: Cow<'a, str>,
    pub(in crate::recording) id: Cow<'a, str>,
    pub(in crate::recording) parent: Option<Cow<'a, str>>,
    pub(in crate::recording) name: Cow<'a, str>,
    /// When it began and ended, in nanoseconds since 1970.
    pub(in crate::recording) start: Option<u64>,
    pub(in crate::recording) end: Option<u64>,
    /// Whether it is the serving side of a request.
    pub(in crate::recording) server: bool,
    /// What emitted it: a place in [`Document::resources`].
    pub(in crate::recording) resource: usize,
    pub(in crate::recording) facts: Facts<'a>,
    pub(in crate::recording) events: Vec<Event<'a>>,
}

/// Something that happened during a span.
#[derive(Debug)]
pub(in crate::recording) struct Event<'a> {
    pub(in crate::recording) name: Option<Cow<'a, str>>,
    pub(in crate::recording) facts: Facts<'a>,
}

/// A log record.
#[derive(Debug)]
pub(in crate::recording) struct Log<'a> {
    pub(in crate::recording) trace: Option<Cow<'a, str>>,
    pub(in crate::recording) span: Option<Cow<'a, str>>,
    pub(in crate::recording) event: Option<Cow<'a, str>>,
    pub(in crate::recording) time: Option<u64>,
    pub(in crate::recording) facts: Facts<'a>,
    pub(in crate::recording) body: Value<'a>,
    pub(in crate::recording) resource: usize,
}

/// One export, or several in an array.
pub(in crate::recording) type Roots<'a> = OneOrMany<Root<'a>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::recording) struct Root<'a> {
    #[serde(borrow)]
    resource_spans: Option<List<Object<ResourceSpans<'a>>>>,
    #[serde(borrow)]
    resource_logs: Option<List<Object<ResourceLogs<'a>>>>,
    /// Metrics tell of no calls; some exporters write them into the same file.
    resource_metrics: Option<IgnoredAny>,
    /// Tempo's name for `resourceSpans`.
    #[serde(borrow)]
    batches: Option<List<Object<ResourceSpans<'a>>>>,
    /// What a newer Tempo puts around `resourceSpans`.
    #[serde(borrow)]
    trace: Option<Object<Inner<'a>>>,
    /// Jaeger's traces.
    #[serde(borrow)]
    data: Option<List<Object<JaegerTrace<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inner<'a> {
    #[serde(borrow)]
    resource_spans: Option<List<Object<ResourceSpans<'a>>>>,
    #[serde(borrow)]
    batches: Option<List<Object<ResourceSpans<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    #[serde(borrow)]
    resource: Option<Object<Attributes<'a>>>,
    #[serde(borrow)]
    scope_spans: Option<List<Object<ScopeSpans<'a>>>>,
    /// The older name of `scopeSpans`.
    #[serde(borrow)]
    instrumentation_library_spans: Option<List<Object<ScopeSpans<'a>>>>,
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(borrow, default)]
    attributes: Facts<'a>,
}

#[derive(Deserialize)]
struct ScopeSpans<'a> {
    #[serde(borrow, default)]
    spans: List<Object<RawSpan<'a>>>,
}

/// A span as OTLP writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::recording) struct RawSpan<'a> {
    #[serde(borrow, default)]
    trace_id: Scalar<'a>,
    #[serde(borrow, default)]
    span_id: Scalar<'a>,
    #[serde(borrow, default)]
    parent_span_id: Scalar<'a>,
    #[serde(borrow, default)]
    name: Scalar<'a>,
    #[serde(borrow, default)]
    kind: Scalar<'a>,
    #[serde(borrow, default)]
    start_time_unix_nano: Scalar<'a>,
    #[serde(borrow, default)]
    end_time_unix_nano: Scalar<'a>,
    #[serde(borrow, default)]
    attributes: Facts<'a>,
    #[serde(borrow, default)]
    events: List<Object<RawEvent<'a>>>,
}

#[derive(Deserialize)]
struct RawEvent<'a> {
    #[serde(borrow, default)]
    name: Scalar<'a>,
    #[serde(borrow, default)]
    attributes: Facts<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs<'a> {
    #[serde(borrow)]
    resource: Option<Object<Attributes<'a>>>,
    #[serde(borrow)]
    scope_logs: Option<List<Object<ScopeLogs<'a>>>>,
    /// The older name of `scopeLogs`.
    #[serde(borrow)]
    instrumentation_library_logs: Option<List<Object<ScopeLogs<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs<'a> {
    #[serde(borrow, default)]
    log_records: List<Object<RawLog<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLog<'a> {
    #[serde(borrow, default)]
    trace_id: Scalar<'a>,
    #[serde(borrow, default)]
    span_id: Scalar<'a>,
    #[serde(borrow, default)]
    event_name: Scalar<'a>,
    #[serde(borrow, default)]
    time_unix_nano: Scalar<'a>,
    #[serde(borrow, default)]
    observed_time_unix_nano: Scalar<'a>,
    #[serde(borrow, default)]
    attributes: Facts<'a>,
    #[serde(borrow)]
    body: Option<Value<'a>>,
}

impl<'a> Document<'a> {
    /// Adds what one export holds. Whether it is one at all.
    pub(in crate::recording) fn add(&mut self, root: Root<'a>) -> bool {
        let mut known = root.resource_metrics.is_some();
        if let Some(list) = root.resource_spans {
            known = true;
            self.spans_of("resourceSpans", list);
        }
        if let Some(list) = root.batches {
            known = true;
            self.spans_of("batches", list);
        }
        if let Some(list) = root.resource_logs {
            known = true;
            self.logs_of(list);
        }
        if let Some(Object::Read(inner)) = root.trace {
            for list in [inner.resource_spans, inner.batches].into_iter().flatten() {
                known = true;
                self.spans_of("trace.resourceSpans", list);
            }
        }
        if let Some(list) = root.data {
            known = true;
            for (at, trace) in self.objects(list, || "data".to_owned()) {
                self.jaeger(at, trace);
            }
        }
        known
    }

    fn spans_of(&mut self, name: &'static str, list: List<Object<ResourceSpans<'a>>>) {
        for (at, from) in self.objects(list, || name.to_owned()) {
            let resource = self.resource(from.resource);
            let scopes = [from.scope_spans, from.instrumentation_library_spans];
            for scopes in scopes.into_iter().flatten() {
                for (scope, spans) in self.objects(scopes, || format!("{name}[{at}].scopeSpans")) {
                    let place = || format!("{name}[{at}].scopeSpans[{scope}].spans");
                    for (_, span) in self.objects(spans.spans, place) {
                        let span = self.span(span, resource);
                        self.spans.push(span);
                    }
                }
            }
        }
    }

    fn logs_of(&mut self, list: List<Object<ResourceLogs<'a>>>) {
        for (at, from) in self.objects(list, || "resourceLogs".to_owned()) {
            let resource = self.resource(from.resource);
            let scopes = [from.scope_logs, from.instrumentation_library_logs];
            for scopes in scopes.into_iter().flatten() {
                let place = || format!("resourceLogs[{at}].scopeLogs");
                for (scope, logs) in self.objects(scopes, place) {
                    let place = || format!("resourceLogs[{at}].scopeLogs[{scope}].logRecords");
                    for (_, log) in self.objects(logs.log_records, place) {
                        self.logs.push(log.read(resource));
                    }
                }
            }
        }
    }

    fn resource(&mut self, resource: Option<Object<Attributes<'a>>>) -> usize {
        self.resources.push(match resource {
            Some(Object::Read(resource)) => resource.attributes,
            Some(Object::Wrong(_)) | None => Facts::default(),
        });
        self.resources.len() - 1
    }

    /// The objects of an array with their places; what is none is a fault.
    pub(super) fn objects<T>(
        &mut self,
        list: List<Object<T>>,
        place: impl Fn() -> String,
    ) -> Vec<(usize, T)> {
        if let Some(kind) = list.wrong {
            let fault = format!("`{}` is {kind}, not an array", place());
            self.faults.push(fault);
        }
        let mut objects = Vec::with_capacity(list.items.len());
        for (at, item) in list.items.into_iter().enumerate() {
            match item {
                Object::Read(object) => objects.push((at, object)),
                Object::Wrong(kind) => {
                    let fault = format!("`{}[{at}]` is {kind}, not an object", place());
                    self.faults.push(fault);
                }
            }
        }
        objects
    }

    fn span(&mut self, raw: RawSpan<'a>, resource: usize) -> Span<'a> {
        if let Some(kind) = raw.events.wrong {
            self.faults
                .push(format!("`events` of a span is {kind}, not an array"));
        }
        raw.read(resource)
    }
}

impl<'a> RawSpan<'a> {
    /// The span.
    pub(in crate::recording) fn read(self, resource: usize) -> Span<'a> {
        let server = match &self.kind {
            Scalar::Int(kind) => *kind == 2,
            Scalar::Text(kind) => matches!(kind.as_ref(), "SPAN_KIND_SERVER" | "SERVER" | "2"),
            _ => false,
        };
        let events = self.events.items.into_iter();
        Span {
            trace: self.trace_id.text().unwrap_or_default(),
            id: self.span_id.text().unwrap_or_default(),
            parent: self.parent_span_id.text(),
            name: self.name.text().unwrap_or_default(),
            start: moment(&self.start_time_unix_nano, 1),
            end: moment(&self.end_time_unix_nano, 1),
            server,
            resource,
            facts: self.attributes,
            events: events.filter_map(RawEvent::read).collect(),
        }
    }
}

impl<'a> RawEvent<'a> {
    fn read(event: Object<Self>) -> Option<Event<'a>> {
        let Object::Read(event) = event else {
            return None;
        };
        let name = event.name.text();
        Some(Event {
            name,
            facts: event.attributes,
        })
    }
}

impl<'a> RawLog<'a> {
    fn read(self, resource: usize) -> Log<'a> {
        let time = moment(&self.time_unix_nano, 1);
        Log {
            trace: self.trace_id.text(),
            span: self.span_id.text(),
            event: self.event_name.text(),
            time: time.or_else(|| moment(&self.observed_time_unix_nano, 1)),
            facts: self.attributes,
            body: self.body.unwrap_or(Value::Null),
            resource,
        }
    }
}

/// A moment in nanoseconds, from a number of units of so many; 0 is no moment.
pub(super) fn moment(number: &Scalar, nanoseconds: u64) -> Option<u64> {
    let count = number.count().filter(|count| *count > 0)?;
    count.checked_mul(nanoseconds)
}
