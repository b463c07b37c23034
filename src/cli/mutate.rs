//! `agentauthz test --mutate`

use super::args::{Format, TestArgs};
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, Report};
use super::versions::load_version;
use crate::cedar::ParsedPolicy;
use crate::engine::{Fixtures, changed};
use crate::model::Sources;
use crate::render::{self, Header};
use crate::repository::{Percent, PolicyVersion};
use crate::testing::mutate::document::Document;
use crate::testing::mutate::{MutationReport, Options, mutate};
use std::collections::BTreeSet;
use std::sync::Arc;

struct Mutated<'a> {
    header: Header,
    report: MutationReport,
    document: Document,
    sources: &'a Sources,
    /// Where the repository stands in git.
    directory: String,
}

impl Report for Mutated<'_> {
    fn terminal(&self) -> String {
        render::mutation(&self.header, &self.report, &self.document, self.sources)
    }

    fn json(&self) -> serde_json::Value {
        // It holds nothing that JSON cannot.
        serde_json::to_value(&self.document).unwrap_or_default()
    }

    fn other(&self, format: Format) -> Option<String> {
        match format {
            Format::Junit => Some(render::mutated::junit(&self.document)),
            Format::Github => Some(render::mutated::github(&self.document, &self.directory)),
            Format::Terminal | Format::Json | Format::Markdown | Format::Html | Format::Sarif => {
                None
            }
        }
    }
}

/// Mutates and runs; `ci` refuses tests marked `only`.
pub fn run(args: &TestArgs, fixtures: Fixtures, ci: bool, output: &Output) -> Result<u8, CliError> {
    let loaded = load_version(&Origin::or_working_tree(args.at.as_deref())?)?.whole()?;
    super::test::refuse_only(ci, &loaded.version)?;
    let base = super::test::since(args, &loaded)?;
    let touched = base
        .as_ref()
        .map(|base| changed_since(&base.version, &loaded.version));
    let wanted = |policy: &ParsedPolicy| match &touched {
        Some(touched) => touched.contains(&policy.display_id()),
        None => true,
    };
    let options = Options {
        wanted: touched.is_some().then_some(&wanted),
        fixtures,
        min: args.min_mutation_score,
        now: &output.now,
        tries: (!output.explains()).then_some(0),
    };
    let report = match mutate(&loaded.version, &options) {
        Ok(report) => report,
        Err(unsound) => {
            let mut parts = Vec::new();
            for (number, what) in [(unsound.failed, "failed"), (unsound.broken, "broken")] {
                if number > 0 {
                    parts.push(format!("{number} {what}"));
                }
            }
            return Err(CliError::new(format!(
                "the tests do not hold as they are ({}), so they say nothing of mutants",
                parts.join(", ")
            ))
            .with_help("`agentauthz test` shows what is wrong"));
        }
    };
    if report.cases == 0 {
        return Err(CliError::new("there is no test to run against the mutants")
            .with_help("`agentauthz schema test` describes the format"));
    }
    let code = match report.reaches_min() && report.findings.is_empty() {
        true => 0,
        false => 1,
    };
    let directory = super::plan::directory(&loaded);
    let header = output.header(loaded.version.manifest.name.as_ref(), vec![loaded.header]);
    let document = render::mutation_document(&header, &report, &loaded.version.sources);
    output.write(&Mutated {
        header,
        report,
        document,
        sources: &loaded.version.sources,
        directory,
    })?;
    Ok(code)
}

/// The policies and templates of which something decides otherwise than in base: a template, where one of its links does.
fn changed_since(base: &PolicyVersion, head: &PolicyVersion) -> BTreeSet<Arc<str>> {
    let changed = changed(base, head);
    let policies = head.policies.policies().iter();
    policies
        .filter(|policy| changed.contains(&policy.id))
        .map(|policy| policy.template.as_ref().unwrap_or(&policy.id).clone())
        .collect()
}

/// Reads a score in percent, `95` or `99.5`, for the command line.
pub fn percent(text: &str) -> Result<Percent, String> {
    let wrong = |_| format!("`{text}` is no percentage; write `95` or `99.5`");
    serde_json::from_str(text.trim()).map_err(wrong)
}
