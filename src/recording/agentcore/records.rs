//! The records of a recording: spans, and what the application logs say of each request; without what CloudWatch puts
//! around them.

use super::logs::Request;
use crate::model::Json;
use crate::recording::otel::{Document, Object, OneOrMany, RawSpan, Roots};
use crate::recording::successive;
use crate::recording::{Item, Malformed, Parsed};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What a recording holds.
#[derive(Default)]
pub(super) struct Records<'t> {
    pub(super) document: Document<'t>,
    pub(super) requests: BTreeMap<String, Request>,
    pub(super) faults: Vec<String>,
}

/// What CloudWatch puts around records, by the names of their members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Around<'t> {
    /// A span has events, too.
    span_id: Option<IgnoredAny>,
    /// `filter-log-events`, `get-log-events`.
    #[serde(borrow)]
    events: Option<&'t RawValue>,
    /// What a subscription delivers.
    #[serde(borrow)]
    log_events: Option<&'t RawValue>,
    /// `get-query-results`.
    #[serde(borrow)]
    results: Option<&'t RawValue>,
}

#[derive(Deserialize)]
struct Event {
    message: String,
}

#[derive(Deserialize)]
struct Field {
    field: String,
    value: String,
}

/// The text of every record.
pub(super) fn texts(item: &Item, parsed: &mut Parsed) -> Vec<String> {
    let mut texts = Vec::new();
    successive::each::<Box<RawValue>>(item, |value| {
        let read = value.and_then(|raw| {
            pieces(raw.get(), &mut texts, 3).map_err(|error| {
                let message = format!("the records of CloudWatch cannot be read: {error}");
                Malformed::new(item, message)
            })
        });
        parsed.actions.extend(read.err().map(Err));
    });
    texts
}

fn pieces(text: &str, texts: &mut Vec<String>, depth: usize) -> Result<(), serde_json::Error> {
    if depth > 0 && text.starts_with('[') {
        for piece in serde_json::from_str::<Vec<&RawValue>>(text)? {
            pieces(piece.get(), texts, depth - 1)?;
        }
        return Ok(());
    }
    if text.starts_with('{') {
        let around: Around = serde_json::from_str(text)?;
        if around.span_id.is_none() {
            if let Some(events) = around.events.or(around.log_events) {
                let events: Vec<Event> = serde_json::from_str(events.get())?;
                texts.extend(events.into_iter().map(|event| event.message));
                return Ok(());
            }
            if let Some(results) = around.results {
                let rows: Vec<Vec<Field>> = serde_json::from_str(results.get())?;
                let fields = rows.into_iter().flatten();
                let messages = fields.filter(|field| field.field == "@message");
                texts.extend(messages.map(|field| field.value));
                return Ok(());
            }
        }
    }
    texts.push(text.to_owned());
    Ok(())
}

/// What a record is, by the names of its members.
#[derive(Deserialize)]
struct Probe {
    #[serde(rename = "spanId")]
    span_id: Option<IgnoredAny>,
    #[serde(rename = "resourceSpans")]
    resource_spans: Option<IgnoredAny>,
    request_id: Option<String>,
    body: Option<IgnoredAny>,
}

impl<'t> Records<'t> {
    pub(super) fn of(texts: &'t [String]) -> Self {
        let mut records = Self::default();
        records.document.resources.push(Default::default());
        for text in texts {
            if let Err(error) = records.add(text) {
                records
                    .faults
                    .push(format!("a record cannot be read: {error}"));
            }
        }
        records
    }

    fn add(&mut self, text: &'t str) -> Result<(), serde_json::Error> {
        let probe: Probe = serde_json::from_str(text)?;
        if probe.span_id.is_some() {
            let span: RawSpan = serde_json::from_str(text)?;
            self.document.spans.push(span.read(0));
            return Ok(());
        }
        if probe.resource_spans.is_some() {
            let roots: Roots = serde_json::from_str(text)?;
            if let OneOrMany::Read(roots) = roots {
                for root in roots {
                    if let Object::Read(root) = root {
                        self.document.add(root);
                    }
                }
            }
            return Ok(());
        }
        match (probe.request_id, probe.body) {
            (Some(request), Some(_)) => {
                let record: BTreeMap<String, Json> = serde_json::from_str(text)?;
                self.requests.entry(request).or_default().add(record);
            }
            _ => self.faults.push(
                "a record is neither a span (`spanId`) nor of an application log (`request_id` and `body`)"
                    .to_owned(),
            ),
        }
        Ok(())
    }
}
