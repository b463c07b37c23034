//! `agentauthz diff`

use super::args::DiffArgs;
use super::document::Documented;
use super::error::CliError;
use super::gate::exit_code;
use super::output::{Output, write_file};
use super::plan::{PlanRequest, compute};
use crate::diff::{FailOn, JudgeOptions, apply};
use crate::model::ChangeClass;
use crate::render::json_text;
use std::collections::BTreeSet;

pub fn run(args: &DiffArgs, output: &Output) -> Result<u8, CliError> {
    let fail_on = match args.fail_on.is_empty() {
        true => None,
        false => Some(read_fail_on(&args.fail_on)?),
    };
    if let Some(plan) = &args.output {
        super::output::writable(plan)?;
    }
    let request = PlanRequest {
        versions: &args.versions,
        recordings: &args.recordings,
        engine: args.deciding.engine.into(),
        verify: args.deciding.verify,
        full: args.full,
        malformed: args.malformed,
        data: args.data.clone(),
    };
    let mut computed = compute(&request, output)?;
    let options = JudgeOptions {
        fail_on,
        now: output.now.clone(),
        here: None,
        max_malformed: args.malformed.max_malformed,
    };
    apply(
        &mut computed.document,
        &computed.head.version.approvals,
        &options,
    );
    let document = &computed.document;
    if let Some(plan) = &args.output {
        let json = serde_json::to_value(document)
            .map_err(|error| CliError::new(format!("the plan cannot be written: {error}")))?;
        write_file(plan, json_text(&json).as_bytes())?;
    }
    let plan = args.output.as_ref().map(|plan| plan.display().to_string());
    output.write(&Documented::new(
        document,
        document.values_allowed,
        plan,
        output,
    ))?;
    Ok(exit_code(document))
}

/// What fails by the command line.
pub fn read_fail_on(names: &[String]) -> Result<BTreeSet<FailOn>, CliError> {
    let mut fail_on = BTreeSet::new();
    for name in names {
        let class = ChangeClass::ALL
            .into_iter()
            .find(|class| class.name() == name && *class != ChangeClass::Unchanged);
        match (name.as_str(), class) {
            ("none", _) => {}
            ("newly-allowed", _) => {
                fail_on.insert(FailOn::NewlyAllowed);
            }
            ("newly-denied", _) => {
                fail_on.insert(FailOn::NewlyDenied);
            }
            (_, Some(class)) => {
                fail_on.insert(FailOn::Class(class));
            }
            (_, None) => {
                let known: Vec<&str> = ChangeClass::ALL
                    .into_iter()
                    .filter(|class| *class != ChangeClass::Unchanged)
                    .map(ChangeClass::name)
                    .collect();
                return Err(CliError::new(format!("`{name}` is no class of change"))
                    .with_help(format!("classes are {}, and `none`", known.join(", "))));
            }
        }
    }
    Ok(fail_on)
}
