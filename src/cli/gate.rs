//! `agentauthz gate`

use super::args::GateArgs;
use super::diff::read_fail_on;
use super::document::Documented;
use super::error::CliError;
use super::origin::Origin;
use super::output::Output;
use super::read_plan::read_plan;
use super::versions::{Loaded, load_version};
use crate::diff::document::Document;
use crate::diff::{JudgeOptions, apply};
use crate::source;
use std::path::Path;

pub fn run(args: &GateArgs, output: &Output) -> Result<u8, CliError> {
    let fail_on = match args.fail_on.is_empty() {
        true => None,
        false => Some(read_fail_on(&args.fail_on)?),
    };
    let mut document = read_plan(&args.plan)?;
    let here = repository(args.at.as_deref())?;
    let options = JudgeOptions {
        fail_on,
        now: output.now.clone(),
        here: here.as_ref().map(|here| here.version.manifest.gates),
        max_malformed: args.max_malformed,
    };
    let approvals = here.as_ref().map(|here| here.version.approvals.as_slice());
    if let Some(here) = &here {
        let faults = approval_faults(here);
        document.diagnostics.retain(|known| !faults.contains(known));
        document.diagnostics.extend(faults);
    }
    apply(&mut document, approvals.unwrap_or_default(), &options);
    let code = exit_code(&document);
    // The stricter of the plan and of the repository in which it is judged.
    let values =
        document.values_allowed && here.is_some_and(|here| here.version.manifest.reports.values);
    let plan = args.plan.display().to_string();
    output.write(&Documented::new(&document, values, Some(plan), output))?;
    Ok(code)
}

/// The version whose approvals and gates count; nothing outside of all repositories.
fn repository(at: Option<&str>) -> Result<Option<Loaded>, CliError> {
    if at.is_none() && source::find_root(Path::new(".")).is_none() {
        return Ok(None);
    }
    load_version(&Origin::or_working_tree(at)?)?
        .whole()
        .map(Some)
}

/// What is wrong with approvals, each a line as a plan has it: they do not count.
fn approval_faults(here: &Loaded) -> Vec<String> {
    let found = here.version.diagnostics.iter();
    found
        .filter(|found| found.code == "approval")
        .map(|found| {
            let path = found.path.as_deref().unwrap_or_default();
            format!("head: {path}: {}", found.message)
        })
        .collect()
}

/// The exit code of a report that was judged.
pub fn exit_code(document: &Document) -> u8 {
    match document
        .verdict
        .as_ref()
        .map(|verdict| verdict.result.as_str())
    {
        Some("clean") => 0,
        Some("failed") => 1,
        // What was not judged proves nothing.
        Some(_) | None => 3,
    }
}
