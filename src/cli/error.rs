//! Errors: the tool could not do its work. Each says what, and the way out; all of them end with exit code 2.

use crate::engine::Notes;
use crate::model::{Diagnostic, Sources};
use crate::render::count;
use crate::source::{GitError, ReadError};
use std::fmt;
use std::path::Path;

/// Why a command could not do its work.
#[derive(Debug)]
pub struct CliError {
    /// What went wrong: lowercase, backticks, no full stop.
    pub message: String,
    /// What belongs to it, a line each.
    pub notes: Vec<String>,
    /// The way out.
    pub help: Option<String>,
    /// Faults in files that are behind it, with their texts.
    pub diagnostics: Option<(Vec<Diagnostic>, Box<Sources>)>,
    /// Whether the reader of our output went away: then nothing is said.
    pub closed_pipe: bool,
}

impl CliError {
    /// An error with what went wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            notes: Vec::new(),
            help: None,
            diagnostics: None,
            closed_pipe: false,
        }
    }

    /// The same, with the way out.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with what belongs to it, a line each.
    pub fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    /// A file that cannot be read or written.
    pub fn file(what: &str, path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let help = match (what, error.kind()) {
            ("write", ErrorKind::NotFound) => "make its directory first".to_owned(),
            (_, ErrorKind::NotFound) => {
                "check the path; it is relative to the working directory, or to `-C DIR`".to_owned()
            }
            (_, ErrorKind::PermissionDenied) => format!("check who may {what} it"),
            (_, ErrorKind::IsADirectory | ErrorKind::NotADirectory) => {
                "name another path".to_owned()
            }
            ("read", _) => "the file may be truncated, or still being written".to_owned(),
            _ => "name another path".to_owned(),
        };
        Self::new(format!("cannot {what} `{}`: {error}", path.display())).with_help(help)
    }

    /// Output that cannot be written.
    pub fn output(error: &std::io::Error) -> Self {
        Self {
            closed_pipe: error.kind() == std::io::ErrorKind::BrokenPipe,
            ..Self::new(format!("cannot write the output: {error}"))
        }
    }

    /// Engines that do not say the same, which is a fault of ours.
    pub fn disagreement(found: &Notes) -> Self {
        let message = format!(
            "the engines do not agree on {}, so nothing is reported",
            count(found.count, "action")
        );
        let notes = found.first.iter().take(3);
        let notes = notes.map(|note| format!("{}: {}", note.place, note.message));
        Self::new(message).with_notes(notes.collect()).with_help(
            "this is a fault in agentauthz: please report it; `--engine reference` decides by Cedar's authorizer alone",
        )
    }

    /// A repository of which parts are missing.
    pub fn broken_repository(label: &str, diagnostics: Vec<Diagnostic>, sources: &Sources) -> Self {
        Self {
            diagnostics: Some((diagnostics, Box::new(sources.clone()))),
            ..Self::new(format!(
                "{label}: parts of the repository cannot be read, so nothing is decided"
            ))
        }
        .with_help("`agentauthz check` shows every fault at once")
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

impl From<GitError> for CliError {
    fn from(error: GitError) -> Self {
        Self {
            help: error.help,
            ..Self::new(error.message)
        }
    }
}

impl From<ReadError> for CliError {
    fn from(error: ReadError) -> Self {
        Self::new(error.to_string())
    }
}
