//! YAML text → typed values with spans: the only module that names the YAML library.
//!
//! Strict on purpose: repeated keys, custom tags, several documents and untyped surprises (`no`, `0755`, `1_000`)
//! are refused or stay text, and budgets bound what anchors and nesting may cost.

mod scalar;

pub use scalar::scalar;

use crate::model::{Diagnostic, SourceFile, Span, Stage};
use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Options};

/// A value with its place in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value that stands nowhere.
    pub fn nowhere(value: T) -> Self {
        Self {
            value,
            span: Span::new(0, 0),
        }
    }
}

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Spanned<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let inner = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self {
            value: inner.value,
            span: span(&inner.referenced),
        })
    }
}

impl<T: serde::Serialize> serde::Serialize for Spanned<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Spanned<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

impl<T: PartialOrd> PartialOrd for Spanned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

/// The largest YAML file that is read, in bytes.
const MAX_BYTES: usize = 16 << 20;

/// Reads a whole file as one document of this type; an empty file reads as the type's default.
///
/// The error carries the place that the YAML library names.
pub fn parse<T: DeserializeOwned + Default>(file: &SourceFile) -> Result<T, Diagnostic> {
    let fault = |message: String| {
        Diagnostic::error(Stage::Parse, "yaml", message).in_file(file.path.clone())
    };
    let text = file.text.as_ref();
    if text.len() > MAX_BYTES {
        return Err(fault(format!(
            "the file has {} bytes; at most {MAX_BYTES} are read",
            text.len()
        )));
    }
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Ok(T::default());
    }
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let error = error.without_snippet();
        let mut message = error.render_with_options(serde_saphyr::render_options! {
            snippets: serde_saphyr::SnippetMode::Off,
        });
        if let Some(at) = message.rfind(" at line ") {
            message.truncate(at);
        }
        if message.to_lowercase().starts_with("budget breached") {
            message = "the file nests too deeply, or its aliases expand to too much".to_owned();
        }
        // The library's hints speak to programmers that call it.
        for hint in [
            ", set DuplicateKeyPolicy",
            "; use from_str_multiple",
            "; use Option<",
        ] {
            if let Some(at) = message.find(hint) {
                message.truncate(at);
            }
        }
        let diagnostic = fault(lowercase(message.trim_end_matches(':')));
        match error.location() {
            Some(location) if location != Location::UNKNOWN => {
                let mut place = span(&location);
                place.start = place.start.min(text.len());
                place.len = place.len.max(1).min(text.len() - place.start);
                diagnostic.with_label(place, "here")
            }
            _ => diagnostic,
        }
    })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 64,
            max_events: 2_000_000,
            max_nodes: 1_000_000,
            max_total_scalar_bytes: MAX_BYTES,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

fn span(location: &Location) -> Span {
    let inner = location.span();
    let start = inner.byte_offset().unwrap_or_else(|| inner.offset());
    let len = inner.byte_len().unwrap_or_else(|| inner.len());
    Span::new(
        usize::try_from(start).unwrap_or(usize::MAX),
        usize::try_from(len).unwrap_or(0),
    )
}

fn lowercase(message: &str) -> String {
    let mut characters = message.chars();
    match (characters.next(), characters.next()) {
        // An acronym keeps its capitals.
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            format!("{}{second}{}", first.to_lowercase(), characters.as_str())
        }
        _ => message.to_owned(),
    }
}
