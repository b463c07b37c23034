//! File patterns of the manifest.

use crate::model::{Diagnostic, Stage};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The paths that some pattern matches, in order; patterns that cannot be used are reported.
pub(super) fn select<'p>(
    patterns: &[String],
    paths: impl Iterator<Item = &'p str>,
    manifest: &str,
) -> (Vec<String>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let set = compile(patterns, manifest, &mut diagnostics);
    let selected = paths
        .filter(|path| set.is_match(path))
        .map(str::to_owned)
        .collect();
    (selected, diagnostics)
}

fn compile(patterns: &[String], manifest: &str, diagnostics: &mut Vec<Diagnostic>) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    let mut fault = |message: String| {
        diagnostics.push(Diagnostic::error(Stage::Parse, "pattern", message).in_file(manifest));
    };
    for pattern in patterns {
        if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
            fault(format!("the pattern `{pattern}` leaves the repository"));
            continue;
        }
        match GlobBuilder::new(pattern).literal_separator(true).build() {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => fault(format!("`{pattern}` is no file pattern: {error}")),
        }
    }
    builder.build().unwrap_or_else(|_| GlobSet::empty())
}
