//! OpenTelemetry: spans of GenAI's conventions, of OpenInference and of Traceloop, in OTLP JSON (`resourceSpans`), in
//! Tempo's export (`batches`) and in Jaeger's (`data[].spans[]`); one document, or one a line.
//!
//! A call is what has a span of its own, and what only a model's answer tells of. Spans around it say whose it is, so
//! they are looked for in the same item.

mod actions;
mod answers;
mod calls;
mod document;
mod facts;
mod jaeger;
mod kinds;
mod loose;
mod matching;
mod sessions;
mod tree;
mod value;

use super::detect::either;
use super::format::{Format, Layout};
use super::outline::{Outline, Root};
use super::{Item, Malformed, Parsed};
use crate::model::Importer;
use calls::Found;

// What is the same in spans of other conventions.
pub(super) use actions::moment;
pub(super) use document::{Document, RawSpan, Roots, Span};
pub(super) use facts::Key;
pub(super) use kinds::agent;
pub(super) use loose::{List, Object, OneOrMany};
pub(super) use sessions::Sessions;
pub(super) use tree::{Places, Trees};

pub(super) static FORMAT: Format = Format {
    importer: Importer::Otel,
    marks,
    layout,
    parse: |item, _| parse(item),
};

fn marks(outline: &Outline) -> bool {
    let otlp = ["resourceSpans", "resourceLogs"];
    otlp.iter().any(|key| outline.has(key))
        || outline.has_path(&["trace", "resourceSpans"])
        || (outline.root == Root::Object && is_export(outline))
}

/// Whether it is what Tempo or Jaeger give for a whole trace.
fn is_export(outline: &Outline) -> bool {
    let tempo = ["resource", "scopeSpans", "instrumentationLibrarySpans"];
    let jaeger = ["traceID", "spans", "processes"];
    tempo.iter().any(|key| outline.has_path(&["batches", key]))
        || jaeger.iter().any(|key| outline.has_path(&["data", key]))
}

/// Exports of whole traces are documents, which may be longer than a line.
fn layout(text: &[u8]) -> Layout {
    match Outline::of(text) {
        Some(outline) if is_export(&outline) => Layout::Document,
        Some(_) | None => either(text),
    }
}

fn parse(item: &Item) -> Result<Parsed, Malformed> {
    let mut parsed = Parsed::default();
    let mut document = Document::default();
    let mut broken = None;
    // Exports that stand one behind the other are read as one.
    let mut roots = serde_json::Deserializer::from_slice(&item.bytes).into_iter::<Roots>();
    for root in &mut roots {
        match root {
            Ok(OneOrMany::Read(roots)) => {
                for root in roots {
                    let known = match root {
                        Object::Read(root) => document.add(root),
                        Object::Wrong(_) => false,
                    };
                    if !known {
                        document.faults.push(UNKNOWN.to_owned());
                    }
                }
            }
            Ok(OneOrMany::Wrong(kind)) => document.faults.push(format!("{UNKNOWN}; it is {kind}")),
            Err(error) => broken = Some(Malformed::from_json(item, &error)),
        }
        if broken.is_some() {
            break;
        }
    }
    read(&document, item, &mut parsed);
    parsed.actions.extend(broken.map(Err));
    Ok(parsed)
}

const UNKNOWN: &str = "this is no export of OpenTelemetry: it has none of `resourceSpans`, `batches`, `data` and \
                       `resourceLogs`";

fn read(document: &Document<'_>, item: &Item, parsed: &mut Parsed) {
    let faults = document.faults.iter();
    let malformed = |fault: &String| Err(Malformed::new(item, fault.as_str()));
    parsed.actions.extend(faults.map(malformed));
    let places = Places::of(&document.spans);
    let trees = Trees::of(&document.spans, &places);
    let sessions = Sessions::of_spans(document, &trees);
    let found = Found::of(document, &places, &trees, &sessions);
    parsed.actions.extend(found.faults.iter().map(malformed));
    if !found.calls.is_empty() {
        let actions = actions::actions(found.calls, document, &trees, &sessions);
        parsed.actions.extend(actions.into_iter().map(Ok));
    }
    for (reason, count) in found.dropped {
        *parsed.dropped.entry(reason).or_default() += count;
    }
}

#[cfg(test)]
mod tests;
