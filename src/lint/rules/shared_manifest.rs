//! Where the manifest says what lints judge by, for findings about the manifest itself.

use crate::lint::context::Context;
use crate::lint::found::{Finding, Found};
use crate::model::Span;

/// The name of the manifest.
const MANIFEST: &str = "agentauthz.yaml";

/// A finding about an option of the manifest: at its place, where it is known, else where its text stands first behind
/// `lint:`.
pub(in crate::lint) fn fault<'f>(
    context: &Context<'_>,
    found: &'f mut Found<'_>,
    (text, span): (&str, Span),
    message: impl Into<String>,
) -> Option<&'f mut Finding> {
    let file = context.file(MANIFEST)?;
    let from = file.text.find("lint:").unwrap_or_default();
    let behind = file.text.get(from..).unwrap_or_default();
    let span = match span.len {
        0 => Span::new(from + behind.find(text).unwrap_or_default(), text.len()),
        _ => span,
    };
    Some(found.file(file, span, message))
}
