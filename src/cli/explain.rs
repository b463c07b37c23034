//! `agentauthz explain`

use super::args::ExplainArgs;
use super::data::LookUps;
use super::error::CliError;
use super::find::{find_by_id, find_recorded};
use super::group::{Grouped, group_named};
use super::lints;
use super::origin::Origin;
use super::output::{Output, Report};
use super::read_plan::names_group;
use super::versions::{Loaded, load_version};
use crate::diff::document::GroupNote;
use crate::engine::{Pairing, Side};
use crate::explain::{ExplainReport, explain_action, explain_request};
use crate::model::{Json, RecordType, RecordedAction, Request, Sources};
use crate::render::{self, Header};
use crate::repository::{PolicyVersion, Typing, Writer, parse_action, parse_reference};
use std::collections::{BTreeMap, BTreeSet};

struct Explained<'a> {
    header: Header,
    group: Option<&'a GroupNote>,
    report: ExplainReport,
    sources: Vec<&'a Sources>,
}

impl Report for Explained<'_> {
    fn terminal(&self) -> String {
        let group = self
            .group
            .map(|group| format!("{}\n", render::group(group)));
        let explained = render::explain(&self.header, &self.report, &self.sources);
        format!("{}{explained}", group.unwrap_or_default())
    }

    fn json(&self) -> serde_json::Value {
        let mut json = render::explain_json(&self.header, &self.report, &self.sources);
        if let (Some(members), Some(group)) = (json.as_object_mut(), self.group) {
            members.insert("group".to_owned(), serde_json::json!(group));
        }
        json
    }
}

pub fn run(args: &ExplainArgs, output: &Output) -> Result<u8, CliError> {
    if let Some(name) = &args.what
        && lints::explain(name, output)?
    {
        return Ok(0);
    }
    let versions = &args.looked_up;
    if let Some(name) = &args.what
        && (versions.plan.is_some() || names_group(name))
    {
        // An action may bear such an id, too; the group comes first.
        match group_named(name, versions, output) {
            Ok(grouped) => return explain_group(&grouped, output),
            Err(error) if versions.plan.is_some() => return Err(error),
            Err(error) => {
                if find_by_id(name, &[], output)?.is_none() {
                    return Err(error);
                }
            }
        }
    }
    let mut head = load_version(&Origin::or_working_tree(versions.at.as_deref())?)?.whole()?;
    let mut base = match &versions.base {
        Some(base) => Some(load_version(&Origin::parse(base)?)?.whole()?),
        None => None,
    };
    // A request that is written here is decided as it is.
    let look_ups = match args.what.is_some() {
        true => versions.data.give(base.iter_mut().chain([&mut head]))?,
        false => LookUps::default(),
    };
    let both: Vec<&PolicyVersion> = base
        .iter()
        .chain([&head])
        .map(|loaded| &loaded.version)
        .collect();
    let sides = sides(base.as_ref(), &head);
    let report = match (&args.what, &args.principal, &args.action, &args.resource) {
        (Some(recorded), ..) => explain_action(&sides, &find(recorded, &both, output)?),
        (None, Some(principal), Some(action), Some(resource)) => {
            let context = args.context.as_deref().unwrap_or("{}");
            let request = read_request(&head.version, principal, action, resource, context)?;
            explain_request(&sides, &request)
        }
        _ => {
            return Err(CliError::new("there is nothing to explain").with_help(
                "name a group of changes or a recorded action (`RECORDING#ID`), or give --principal, --action and --resource",
            ));
        }
    };
    look_ups.end()?;
    write(None, base.as_ref(), &head, report, output)
}

/// The group, and then its first example.
fn explain_group(grouped: &Grouped, output: &Output) -> Result<u8, CliError> {
    let Grouped {
        group,
        base,
        head,
        look_ups,
    } = grouped;
    let examples = grouped.examples()?;
    let first = examples.first().copied().unwrap_or_default();
    let both = [&base.version, &head.version];
    let action = find_recorded(first, &both, output)?;
    let report = explain_action(&sides(Some(base), head), &action);
    look_ups.end()?;
    if report.class != Some(group.class) {
        return Err(CliError::new(format!(
            "`{first}` is no longer an example of group {}",
            group.number
        ))
        .with_help("the recording is not the one that was compared: compute the plan again"));
    }
    write(Some(group), Some(base), head, report, output)
}

/// `RECORDING#ID`, or an id alone, which is looked for in the recordings of the manifest.
fn find(
    recorded: &str,
    versions: &[&PolicyVersion],
    output: &Output,
) -> Result<RecordedAction, CliError> {
    if recorded.contains('#') {
        return find_recorded(recorded, versions, output);
    }
    find_by_id(recorded, versions, output)?.ok_or_else(|| {
        CliError::new(format!(
            "the recordings of the manifest have no action `{recorded}`"
        ))
        .with_help(
            "write `RECORDING#ID`, with the id that a report shows; a group is named by its number or fingerprint",
        )
    })
}

fn write(
    group: Option<&GroupNote>,
    base: Option<&Loaded>,
    head: &Loaded,
    report: ExplainReport,
    output: &Output,
) -> Result<u8, CliError> {
    let versions: Vec<&Loaded> = base.into_iter().chain([head]).collect();
    let explained = Explained {
        header: output.header(
            head.version.manifest.name.as_ref(),
            versions
                .iter()
                .map(|loaded| loaded.header.clone())
                .collect(),
        ),
        group,
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
