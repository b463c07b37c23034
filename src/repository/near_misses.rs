//! Files that no pattern takes, though they look as if they should count.

use super::globs::compile;
use super::manifest::{Manifest, MappingSource};
use crate::model::{Diagnostic, Stage};

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
        &manifest.approvals,
    ];
    let yaml: Vec<String> = yaml.into_iter().flatten().chain(mapping).cloned().collect();
    let cedar: Vec<String> = manifest
        .policies
        .iter()
        .chain(&manifest.schema)
        .cloned()
        .collect();
    // Patterns that cannot be used were reported before.
    let yaml = compile(&yaml, "", &mut Vec::new());
    let cedar = compile(&cedar, "", &mut Vec::new());
    let mut found = Vec::new();
    for path in paths {
        let message = if let Some(stem) = path.strip_suffix(".yml") {
            let as_yaml = format!("{stem}.yaml");
            (!yaml.is_match(path) && yaml.is_match(&as_yaml))
                .then(|| format!("no pattern takes this file; it would count as `{as_yaml}`"))
        } else if path.ends_with(".cedar") || path.ends_with(".cedarschema") {
            (!cedar.is_match(path)).then(|| "no pattern of the manifest takes this file".to_owned())
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
