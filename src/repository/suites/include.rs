//! What suites share: a file of entities and defaults that each of them includes.

use super::file::{Defaults, SuiteEntity};
use crate::model::{Diagnostic, SourceFile, Span, Stage};
use crate::repository::load::versioned;
use crate::yaml::Spanned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file that suites include.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "agentauthz shared fixtures of unit tests")]
pub struct IncludeFile {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// What every test asks where neither it nor its suite says anything else.
    #[serde(default)]
    pub defaults: Defaults,
    /// Entities laid over the repository's, under the suite's own.
    #[serde(default)]
    pub entities: BTreeMap<String, Spanned<SuiteEntity>>,
}

/// A file that a suite includes, with what it says.
#[derive(Debug, Clone)]
pub struct Included {
    /// The file.
    pub file: SourceFile,
    /// What it says.
    pub spec: IncludeFile,
}

/// Why a path cannot be included, whatever stands there; nothing where it can.
pub(in crate::repository) fn wrong_include(path: &str) -> Option<String> {
    let leaves = path.starts_with('/')
        || path.contains('\\')
        || path.contains(':')
        || path.split('/').any(|part| part == "..");
    let odd = path.split('/').any(|part| part.is_empty() || part == ".");
    if leaves {
        return Some(format!(
            "`{path}` leaves the repository; included files are named by their path from its root"
        ));
    }
    odd.then(|| format!("`{path}` is no path from the root of the repository"))
}

/// Reads an included file.
pub(in crate::repository) fn include(file: SourceFile) -> Result<Included, Diagnostic> {
    let spec = versioned::<IncludeFile>(&file, |spec| spec.version)?;
    Ok(Included { file, spec })
}

/// A fault of an `include`, at its place in the suite.
pub(in crate::repository) fn include_fault(
    suite: &SourceFile,
    span: Span,
    message: String,
) -> Diagnostic {
    Diagnostic::error(Stage::Parse, "include", message)
        .in_file(suite.path.clone())
        .with_label(suite.widen(span), "")
}
