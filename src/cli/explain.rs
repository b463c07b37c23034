//! `agentauthz explain`

use super::args::ExplainArgs;
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, Report};
use super::recordings::Input;
use super::versions::{Loaded, load_version};
use crate::engine::{Incoming, Pairing, Side};
use crate::explain::{ExplainReport, explain_action, explain_request};
use crate::model::{Json, RecordType, RecordedAction, Request, Sources};
use crate::render::{self, Header};
use crate::repository::{PolicyVersion, Typing, Writer, parse_action, parse_reference};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

struct Explained<'a> {
    header: Header,
    report: ExplainReport,
    sources: Vec<&'a Sources>,
}

impl Report for Explained<'_> {
    fn terminal(&self) -> String {
        render::explain(&self.header, &self.report, &self.sources)
    }

    fn json(&self) -> serde_json::Value {
        render::explain_json(&self.header, &self.report, &self.sources)
    }
}

pub fn run(args: &ExplainArgs, output: &Output) -> Result<u8, CliError> {
    let head = load_version(&Origin::or_working_tree(args.at.as_deref())?)?.whole()?;
    let base = match &args.base {
        Some(base) => Some(load_version(&Origin::parse(base)?)?.whole()?),
        None => None,
    };
    let sides = sides(base.as_ref(), &head);
    let report = match (
        &args.recorded,
        &args.principal,
        &args.action,
        &args.resource,
    ) {
        (Some(recorded), ..) => explain_action(&sides, &find(recorded, output)?),
        (None, Some(principal), Some(action), Some(resource)) => {
            let context = args.context.as_deref().unwrap_or("{}");
            let request = read_request(&head.version, principal, action, resource, context)?;
            explain_request(&sides, &request)
        }
        _ => {
            return Err(CliError::new("there is nothing to explain").with_help(
                "name a recorded action (`RECORDING#ID`), or give --principal, --action and --resource",
            ));
        }
    };
    let versions: Vec<&Loaded> = base.iter().chain([&head]).collect();
    let explained = Explained {
        header: output.header(
            head.version.manifest.name.as_ref(),
            versions
                .iter()
                .map(|loaded| loaded.header.clone())
                .collect(),
        ),
        report,
        sources: versions
            .iter()
            .map(|loaded| &loaded.version.sources)
            .collect(),
    };
    output.write(&explained)?;
    Ok(0)
}

fn sides<'a>(base: Option<&'a Loaded>, head: &'a Loaded) -> Vec<Side<'a>> {
    match base {
        Some(base) => {
            let pairing = Pairing::of(&base.version, &head.version);
            vec![
                Side::base(&base.version, &pairing),
                Side::head(&head.version),
            ]
        }
        None => vec![Side::head(&head.version)],
    }
}

/// The recorded action that `RECORDING#ID` names. Ids may hold `#`, so the recording is the longest prefix that is
/// a file.
fn find(recorded: &str, output: &Output) -> Result<RecordedAction, CliError> {
    let splits: Vec<(&str, &str)> = recorded
        .match_indices('#')
        .filter_map(|(at, _)| Some((recorded.get(..at)?, recorded.get(at + 1..)?)))
        .collect();
    let split = splits
        .iter()
        .rev()
        .find(|(path, _)| std::path::Path::new(path).exists())
        .or(splits.first());
    let Some((path, id)) = split else {
        return Err(CliError::new(format!("`{recorded}` names no action"))
            .with_help("write `RECORDING#ID`, with the id that a report shows"));
    };
    let mut found = None;
    Input::new(&[PathBuf::from(path)], None)?.each(output, |incoming| {
        if let Incoming::Action(_, action) = incoming
            && action.id == *id
            && found.is_none()
        {
            found = Some(*action);
        }
        Ok(())
    })?;
    found.ok_or_else(|| {
        CliError::new(format!("`{path}` has no action with the id `{id}`")).with_help(
            "ids are shown by `agentauthz diff --format json`, and stand in the recording",
        )
    })
}

fn read_request(
    version: &PolicyVersion,
    principal: &str,
    action: &str,
    resource: &str,
    context: &str,
) -> Result<Request, CliError> {
    let schema = version.schema.as_ref();
    let action = parse_action(action, schema).map_err(CliError::new)?;
    let text = match context.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| CliError::file("read", std::path::Path::new(path), &error))?,
        None => context.to_owned(),
    };
    let json: Json = serde_json::from_str(&text)
        .map_err(|error| CliError::new(format!("`--context` is not JSON: {error}")))?;
    let Json::Object(members) = json else {
        return Err(
            CliError::new("`--context` is no JSON object").with_help("write `{\"name\": value}`")
        );
    };
    let info = schema.and_then(|schema| schema.action(&action));
    if schema.is_some() && info.is_none() {
        return Err(CliError::new(format!("the schema has no action {action}")));
    }
    let empty = RecordType::default();
    let ty = info
        .and_then(|info| info.context.as_ref())
        .unwrap_or(&empty);
    let mut typing = Typing::new(Writer::Person);
    let members: BTreeMap<String, Json> = members;
    let context = typing.record(
        members.iter().map(|(name, json)| (name.as_str(), json)),
        ty,
        &[],
    );
    if let Some(problem) = typing.problems.first() {
        return Err(CliError::new(format!(
            "{}: {}",
            problem.path, problem.message
        )));
    }
    Ok(Request {
        principal: parse_reference(principal).map_err(CliError::new)?,
        action,
        resource: parse_reference(resource).map_err(CliError::new)?,
        context,
        unknown: BTreeSet::new(),
    })
}
