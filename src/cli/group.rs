//! A group of changes that the command line names, with the two versions that it is a group of.

use super::args::LookedUp;
use super::data::LookUps;
use super::error::CliError;
use super::origin::{Origin, Range};
use super::output::Output;
use super::plan::{PlanRequest, compute};
use super::read_plan::{find_group, read_plan};
use super::versions::{Loaded, load_range};
use crate::diff::document::{Document, GroupNote, VersionNote};
use crate::repository::deciding_digest;
use std::mem::ManuallyDrop;

/// A group and its versions.
pub struct Grouped {
    /// The group.
    pub group: GroupNote,
    /// Base.
    pub base: Loaded,
    /// Head.
    pub head: Loaded,
    /// What is to be looked at once its examples are decided.
    pub look_ups: LookUps,
}

/// The group that a number or the beginning of a fingerprint names: in a plan, or by computing the diff again.
pub fn group_named(name: &str, looked_up: &LookedUp, output: &Output) -> Result<Grouped, CliError> {
    if let Some(plan) = &looked_up.plan {
        return group_of_plan(&read_plan(plan)?, name, looked_up);
    }
    if looked_up.at.is_some() && looked_up.base.is_none() {
        return Err(
            CliError::new("a group has two versions, and `--at` names one")
                .with_help("name base too (`--base VERSION`), or a plan (`--plan PLAN`)"),
        );
    }
    let versions: Vec<String> = looked_up
        .base
        .iter()
        .chain(&looked_up.at)
        .cloned()
        .collect();
    let request = PlanRequest {
        versions: &versions,
        recordings: &looked_up.recordings,
        data: looked_up.data.clone(),
        ..PlanRequest::default()
    };
    let computed = compute(&request, output)?;
    Ok(Grouped {
        group: find_group(&computed.document, name)?.clone(),
        base: ManuallyDrop::into_inner(computed.base),
        head: ManuallyDrop::into_inner(computed.head),
        // Its examples were among what was decided.
        look_ups: LookUps::default(),
    })
}

fn group_of_plan(
    document: &Document,
    name: &str,
    looked_up: &LookedUp,
) -> Result<Grouped, CliError> {
    let group = find_group(document, name)?.clone();
    let origin = |note: &VersionNote| Origin::or_working_tree(note.name.as_deref());
    let range = Range::Two(origin(&document.base)?, origin(&document.head)?);
    let (base, head) = load_range(&range)?;
    let (mut base, mut head) = (base.whole()?, head.whole()?);
    let look_ups = looked_up.data.give([&mut base, &mut head])?;
    for (side, note, loaded) in [
        ("base", &document.base, &base),
        ("head", &document.head, &head),
    ] {
        // A pinned test is no reason to compute the plan again.
        let deciding = deciding_digest(&loaded.version).to_string();
        if note.digest != loaded.header.digest && note.deciding != deciding {
            return Err(CliError::new(format!(
                "{side} (`{}`) is no longer what the plan was made of",
                note.label
            ))
            .with_help("compute the plan again: `agentauthz diff BASE...HEAD -o plan.json`"));
        }
    }
    Ok(Grouped {
        group,
        base,
        head,
        look_ups,
    })
}

impl Grouped {
    /// Its examples as `RECORDING#ID`, or the error that there is none.
    pub fn examples(&self) -> Result<Vec<&str>, CliError> {
        let examples: Vec<&str> = self
            .group
            .exemplars
            .iter()
            .map(|found| found.at.as_str())
            .collect();
        match examples.is_empty() {
            true => Err(CliError::new(format!(
                "group {} has no example: no recorded action is in it",
                self.group.number
            ))),
            false => Ok(examples),
        }
    }
}
