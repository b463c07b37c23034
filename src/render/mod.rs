//! Reports → bytes: one file a report and format. Renderers are total and decide nothing.

mod diagnostics;
mod escape;
pub mod github;
pub mod html;
mod json;
pub mod junit;
pub mod lcov;
mod linted;
pub mod markdown;
pub mod mutated;
mod numbers;
pub mod sarif;
mod style;
mod terminal;
mod tested;
mod words;

pub use diagnostics::diagnostics;
pub use escape::{json_text, printable};
pub use json::{
    check as check_json, corpus_built as corpus_built_json, corpus_info as corpus_info_json,
    coverage as coverage_json, document as document_json, explain as explain_json,
    import as import_json, mutation as mutation_document, pin as pin_json, replay as replay_json,
    traced as traced_json,
};
pub use linted::{
    github as lint_github, json as lint_json, json_schema as lint_schema, junit as lint_junit,
    sarif as lint_sarif,
};
pub use numbers::{count, grouped, percent};
pub use style::{Role, paint};
pub use terminal::{
    approvals, check, corpus_built, corpus_info, coverage, document, explain, formatted, group,
    import, lint, lint_list, lint_page, lint_summary, mapping, mutation, pin, replay, test, traced,
};
pub use tested::{
    github as test_github, json as test_json, json_schema as test_schema, junit as test_junit,
    text_diff, updated,
};

use std::collections::BTreeMap;

/// What every report says of how it was made.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// The policy repository's name.
    pub name: Option<String>,
    /// The versions, base first, each with its digest.
    pub versions: Vec<Version>,
    /// Whether more is shown than fits a screen.
    pub verbose: bool,
    /// Whether only the result is shown.
    pub quiet: bool,
}

/// How much of a report is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// The result alone.
    Result,
    /// One screen.
    #[default]
    Screen,
    /// Everything.
    Everything,
}

/// How the report of a diff is shown on a terminal.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// How much.
    pub detail: Detail,
    /// The file that holds the plan, for the commands that come next.
    pub plan: Option<String>,
}

/// A policy version in a report.
#[derive(Debug, Clone, Default)]
pub struct Version {
    /// How it was named.
    pub label: String,
    /// How to name it again on the command line; nothing for the working tree.
    pub name: Option<String>,
    /// The digest of its files.
    pub digest: String,
}

/// What `corpus build` did.
#[derive(Debug, Clone, Default)]
pub struct CorpusSummary {
    /// Where the corpus was written.
    pub output: String,
    /// Recorded actions that it stands for.
    pub actions: u64,
    /// Records that it has.
    pub records: u64,
    /// How long the file is.
    pub bytes: u64,
    /// Records that could not be read.
    pub malformed: u64,
    /// What the importer leaves out on purpose, by reason.
    pub dropped: Vec<(String, u64)>,
    /// Values that were taken out, by path and what was found there.
    pub redacted: Vec<(String, u64)>,
    /// Paths to take out that no action has.
    pub redacted_nothing: Vec<String>,
    /// Recorded requests that were made from values that were taken out, and are gone with them.
    pub requests_dropped: u64,
    /// Actions that are not decided, on base and on head.
    pub undecided: [u64; 2],
    /// Actions that do not conform to the schema, of base and of head.
    pub nonconforming: [u64; 2],
    /// Those of them of which what is kept does not conform either.
    pub nonconforming_kept: [u64; 2],
}

/// What an import did.
#[derive(Debug, Clone, Default)]
pub struct ImportSummary {
    /// Recorded actions written.
    pub written: u64,
    /// How many of them have a request.
    pub mapped: u64,
    /// Actions without a request, by reason.
    pub not_replayable: BTreeMap<String, u64>,
    /// Tools of those actions.
    pub unmapped_tools: Vec<(String, u64)>,
    /// Fields that could not be typed, by path.
    pub unknown: Vec<(String, u64)>,
    /// Arguments that the schema does not know.
    pub left_out: Vec<(String, u64)>,
    /// Values that were taken out, by path and what was found there.
    pub redacted: Vec<(String, u64)>,
    /// Paths to take out that no action has.
    pub redacted_nothing: Vec<String>,
    /// Recorded requests that were made from values that were taken out, and are gone with them.
    pub requests_dropped: u64,
    /// What could not be read, with places.
    pub malformed: u64,
    /// The first of those.
    pub malformed_notes: Vec<String>,
    /// What the importer leaves out on purpose, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Ids that stand more than once.
    pub repeated: BTreeMap<String, u64>,
    /// Where the actions were written.
    pub output: String,
}
