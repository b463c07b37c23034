//! Our own format, `agentauthz.action/1`: one recorded action a line, read strictly and written deterministically.

use super::detect::lines;
use super::format::Format;
use super::malformed::from_item;
use super::outline::{Outline, Root};
use super::{Item, Malformed, Parsed};
use crate::model::{FieldPath, Importer, Json, Projected, RecordedAction};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;

pub(super) static FORMAT: Format = Format {
    importer: Importer::Native,
    marks,
    layout: lines,
    parse: |item, _| parse(item),
};

fn marks(outline: &Outline) -> bool {
    let what = ["call", "request", "corpus", "lost"]
        .map(|key| outline.has(key))
        .contains(&true);
    outline.root == Root::Object && outline.has("version") && outline.has("id") && what
}

/// The JSON Schema of one line.
pub fn native_schema() -> serde_json::Value {
    schemars::schema_for!(RecordedAction).to_value()
}

/// Writes one line. The same action always gives the same bytes. What it was not read from comes out marked: a repeated
/// key as `{"$unknown": "repeated_key"}`.
pub fn write(action: &RecordedAction, out: &mut impl io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, action)?;
    out.write_all(b"\n")
}

fn parse(item: &Item) -> Result<Parsed, Malformed> {
    let mut action: RecordedAction = from_item(item).map_err(|fault| {
        let known = other_version(item).or_else(|| was_lost(item));
        known.unwrap_or(fault)
    })?;
    if action.version != 1 {
        return Err(version_fault(item, &Json::Int(action.version.into())));
    }
    if !action.earlier.is_empty() {
        let message =
            "`earlier` is no part of a recording: earlier calls are read where they stand";
        return Err(Malformed::new(item, message.to_owned()));
    }
    if let Some(time) = action.time.as_deref()
        && !super::time::is_moment(time)
    {
        return Err(Malformed::new(
            item,
            "`time` is no RFC 3339 date and time with an offset".to_owned(),
        ));
    }
    let repeated: Repeated = from_item(item)?;
    if let Some(corpus) = &action.corpus {
        let fault = corpus_fault(&action, corpus, &repeated);
        if let Some(message) = fault {
            return Err(Malformed::new(item, message));
        }
    }
    mark_repeated(&mut action, repeated);
    Ok(Parsed {
        actions: vec![Ok(action)],
        dropped: BTreeMap::new(),
    })
}

/// A later version may have other fields: then the version is the fault, not the fields.
fn other_version(item: &Item) -> Option<Malformed> {
    #[derive(Deserialize)]
    struct Version {
        version: Json,
    }
    let Version { version } = from_item(item).ok()?;
    (version != Json::Int(1)).then(|| version_fault(item, &version))
}

/// Stands in a recording for a record that could not be read when it was imported: what comes behind it cannot be known
/// better than it was there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lost {
    version: u32,
    id: String,
    lost: bool,
}

/// Writes that a record could not be read, which stood at a place.
pub fn write_lost(place: &str, out: &mut impl io::Write) -> io::Result<()> {
    let lost = Lost {
        version: 1,
        id: place.to_owned(),
        lost: true,
    };
    serde_json::to_writer(&mut *out, &lost)?;
    out.write_all(b"\n")
}

fn was_lost(item: &Item) -> Option<Malformed> {
    let lost: Lost = from_item(item).ok()?;
    let message = format!(
        "`{}` could not be read when this was imported",
        lost.id.escape_debug()
    );
    Some(Malformed::new(item, message))
}

fn version_fault(item: &Item, version: &Json) -> Malformed {
    let version = serde_json::to_string(version).unwrap_or_default();
    Malformed::new(
        item,
        format!("`version` is {version}, but only version 1 can be read"),
    )
}

/// The keys that stand more than once in the two maps of a line whose type cannot say so.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Repeated {
    meta: RepeatedKeys,
    request: Option<RepeatedInRequest>,
    corpus: Option<RepeatedInCorpus>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RepeatedInCorpus {
    asked: Vec<RepeatedInAsked>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RepeatedInAsked {
    request: Option<RepeatedInRequest>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RepeatedInRequest {
    cedar: RepeatedInCedar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RepeatedInCedar {
    context: RepeatedKeys,
}

/// The most actions that one record stands for, so that no sum of counts overflows.
pub const MOST: u64 = 1_000_000_000;

/// What is wrong with a record of a corpus, which nobody writes by hand.
fn corpus_fault(
    action: &RecordedAction,
    corpus: &Projected,
    repeated: &Repeated,
) -> Option<&'static str> {
    let args = action.call.as_ref().and_then(|call| call.args.as_ref());
    let mut asked = corpus.asked.iter();
    let repeated = repeated.corpus.iter().flat_map(|corpus| &corpus.asked);
    let mut repeated = repeated.filter_map(|asked| asked.request.as_ref());
    let mut makers: Vec<_> = corpus
        .asked
        .iter()
        .map(|asked| (&asked.mapping, &asked.schema))
        .collect();
    makers.sort();
    let all = makers.len();
    makers.dedup();
    if !(1..=MOST).contains(&corpus.count) {
        Some("`count` is not between 1 and 1,000,000,000")
    } else if action.request.is_some() || args.is_some() {
        Some("a record of a corpus has neither arguments nor a request beside it")
    } else if all == 0 || makers.len() < all {
        Some("`asked` holds no request, or two of one mapping and schema")
    } else if asked.any(|asked| asked.request.is_some() == asked.reason.is_some()) {
        Some("`asked` holds a request, or the reason why there is none")
    } else if repeated.any(|request| !request.cedar.context.0.is_empty()) {
        Some("a key stands twice in a context")
    } else {
        None
    }
}

/// Nobody knows which of the values counts, so none does.
fn mark_repeated(action: &mut RecordedAction, repeated: Repeated) {
    for key in repeated.meta.0 {
        action.meta.insert(key, Json::Repeated);
    }
    if let (Some(request), Some(repeated)) = (&mut action.request, repeated.request) {
        for key in repeated.cedar.context.0 {
            request.cedar.context.remove(&key);
            request.cedar.unknown.insert(FieldPath(vec![key]));
        }
    }
}

#[derive(Default)]
struct RepeatedKeys(BTreeSet<String>);

impl<'de> Deserialize<'de> for RepeatedKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RepeatedKeysVisitor)
    }
}

struct RepeatedKeysVisitor;

impl<'de> Visitor<'de> for RepeatedKeysVisitor {
    type Value = RepeatedKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RepeatedKeys, A::Error> {
        let mut seen = BTreeSet::new();
        let mut repeated = BTreeSet::new();
        while let Some((key, IgnoredAny)) = access.next_entry::<String, IgnoredAny>()? {
            if seen.contains(&key) {
                repeated.insert(key);
            } else {
                seen.insert(key);
            }
        }
        Ok(RepeatedKeys(repeated))
    }
}

#[cfg(test)]
mod tests;
