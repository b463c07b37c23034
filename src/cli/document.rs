//! The decision-diff report in every format that it has.

use super::args::Format;
use super::output::{Output, Report};
use crate::diff::document::Document;
use crate::render::{self, Shown};

/// The formats of a decision-diff report.
pub const FORMATS: &[Format] = &[
    Format::Terminal,
    Format::Json,
    Format::Markdown,
    Format::Html,
    Format::Sarif,
    Format::Github,
    Format::Junit,
];

/// A decision-diff report. The terminal shows argument values; every other format may leave the machine, and has none but
/// where the manifest allows it.
pub struct Documented<'d> {
    document: &'d Document,
    shared: Document,
    shown: Shown,
}

impl<'d> Documented<'d> {
    /// The report, with argument values in all formats where `values` says so. The plan is the file that holds it, if there
    /// is one.
    pub fn new(
        document: &'d Document,
        values: bool,
        plan: Option<String>,
        output: &Output,
    ) -> Self {
        let shared = match values {
            true => document.clone(),
            false => document.clone().without_values(),
        };
        Self {
            document,
            shared,
            shown: Shown {
                detail: output.detail(),
                plan,
            },
        }
    }
}

impl Report for Documented<'_> {
    fn terminal(&self) -> String {
        render::document(self.document, &self.shown)
    }

    fn json(&self) -> serde_json::Value {
        render::document_json(&self.shared)
    }

    fn other(&self, format: Format) -> Option<String> {
        match format {
            Format::Terminal | Format::Json => None,
            Format::Markdown => Some(render::markdown::diff(&self.shared)),
            Format::Html => Some(render::html::diff(&self.shared)),
            Format::Sarif => Some(render::sarif::diff(&self.shared)),
            Format::Github => Some(render::github::diff(&self.shared)),
            Format::Junit => Some(render::junit::diff(&self.shared)),
        }
    }
}
