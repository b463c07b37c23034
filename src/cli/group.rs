//! A group of changes that the command line names, with the two versions that it is a group of.

use super::error::CliError;
use super::origin::{Origin, Range};
use super::read_plan::{find_group, read_plan};
use super::versions::{Loaded, load_range};
use crate::diff::document::{Document, GroupNote, VersionNote};
use crate::repository::deciding_digest;
use std::path::Path;

/// A group and its versions.
pub struct Grouped {
    /// The group.
    pub group: GroupNote,
    /// Base.
    pub base: Loaded,
    /// Head.
    pub head: Loaded,
}

/// The group of a plan that a number or the beginning of a fingerprint names.
pub fn group_of_plan(plan: &Path, name: &str) -> Result<Grouped, CliError> {
    let document = read_plan(plan)?;
    group_of(&document, name)
}

fn group_of(document: &Document, name: &str) -> Result<Grouped, CliError> {
    let group = find_group(document, name)?.clone();
    let origin = |note: &VersionNote| Origin::or_working_tree(note.name.as_deref());
    let range = Range::Two(origin(&document.base)?, origin(&document.head)?);
    let (base, head) = load_range(&range)?;
    let (base, head) = (base.whole()?, head.whole()?);
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
    Ok(Grouped { group, base, head })
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
