//! Files that no pattern takes, though they look as if they should count.

use super::globs::select;
use super::manifest::{Manifest, MappingSource};
use crate::model::{Diagnostic, Stage};

/// The name by which patterns that cannot be used would be blamed; they were reported before.
const MANIFEST: &str = "agentauthz.yaml";

/// A warning for each file that differs from what counts by its ending alone.
pub(super) fn near_misses(manifest: &Manifest, paths: &[String]) -> Vec<Diagnostic> {
    let mapping = match &manifest.mapping {
        MappingSource::Files(patterns) => patterns.as_slice(),
        MappingSource::Here(_) => &[],
    };
    let yaml = [
        &manifest.links,
        &manifest.agents,
        &manifest.entities,
        &manifest.tests,
    ];
    let yaml: Vec<String> = yaml.into_iter().flatten().chain(mapping).cloned().collect();
    let cedar: Vec<String> = manifest
        .policies
        .iter()
        .chain(&manifest.schema)
        .cloned()
        .collect();
    let mut found = Vec::new();
    for path in paths {
        let taken = |patterns: &[String], path: &str| {
            !select(patterns, std::iter::once(path), MANIFEST)
                .0
                .is_empty()
        };
        let message = if let Some(stem) = path.strip_suffix(".yml") {
            let as_yaml = format!("{stem}.yaml");
            (!taken(&yaml, path) && taken(&yaml, &as_yaml))
                .then(|| format!("no pattern takes this file; it would count as `{as_yaml}`"))
        } else if path.ends_with(".cedar") || path.ends_with(".cedarschema") {
            (!taken(&cedar, path)).then(|| "no pattern of the manifest takes this file".to_owned())
        } else {
            None
        };
        if let Some(message) = message {
            found.push(
                Diagnostic::warning(Stage::Check, "ignored_file", message).in_file(path.as_str()),
            );
        }
    }
    found
}
