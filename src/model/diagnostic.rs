//! What the user should see about one place in the repository or a recording.

use super::Span;
use serde::Serialize;
use std::sync::Arc;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is wrong.
    Error,
    /// Something deserves a look.
    Warning,
    /// Something is worth knowing.
    Info,
}

/// At what depth a fault was found: decides whether a command can go on without the thing at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The file cannot be read or parsed, so a part of the repository is missing: nothing can be decided.
    Parse,
    /// The file parses, but does not conform to the schema or to other files.
    Check,
    /// The input of a unit test is invalid.
    Test,
    /// A line of a recording cannot be used.
    Recording,
}

/// A marked place with an optional text beside the mark.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// The marked bytes.
    pub span: Span,
    /// What to say beside the mark; may be empty.
    pub text: String,
}

/// One fault or finding. Messages follow Cedar's grammar: lowercase, backticks, no full stop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Diagnostic {
    /// The file it is about, relative to the repository's root.
    pub path: Option<Arc<str>>,
    /// Marked places in that file; the first one is the place.
    pub labels: Vec<Label>,
    /// How bad it is.
    pub severity: Severity,
    /// At what depth it was found.
    pub stage: Stage,
    /// A stable `snake_case` name of the kind of fault.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(stage: Stage, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            path: None,
            labels: Vec::new(),
            severity: Severity::Error,
            stage,
            code,
            message: message.into(),
            help: None,
        }
    }

    /// A warning without a place yet.
    pub fn warning(stage: Stage, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(stage, code, message)
        }
    }

    /// The same, about this file.
    pub fn in_file(mut self, path: impl Into<Arc<str>>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same, with one more marked place.
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// The same, with the way out.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The first marked place.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Whether a part of the repository is missing because of it.
    pub fn is_blocking(&self) -> bool {
        self.severity == Severity::Error && self.stage == Stage::Parse
    }
}
