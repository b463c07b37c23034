//! Recorded actions that the command line, or a report, names.

use super::error::CliError;
use super::output::Output;
use super::recordings::Input;
use super::versions::manifest_recordings;
use crate::engine::Incoming;
use crate::model::RecordedAction;
use crate::repository::{Mapping, PolicyVersion};
use std::path::{Path, PathBuf};

/// The recorded action that `RECORDING#ID` names, with what its session changed by the mappings of versions. Ids may hold `#`,
/// so the recording is the longest prefix that is a file.
pub fn find_recorded(
    recorded: &str,
    versions: &[&PolicyVersion],
    output: &Output,
) -> Result<RecordedAction, CliError> {
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
    let same = |other: &PathBuf| is_same_file(other, Path::new(path));
    let mut mappings = versions.iter().flat_map(|version| &version.mapping);
    let all = match mappings.any(Mapping::has_changes) {
        // A session may go on in another recording of the repository.
        true => manifest_recordings()
            .ok()
            .filter(|all| all.iter().any(same)),
        false => None,
    };
    let all = all.unwrap_or_else(|| vec![PathBuf::from(path)]);
    let input = Input::new(&all, None)?.changed_by(versions.iter().copied());
    input.each(output, |incoming| {
        if let Incoming::Action(place, action) = incoming
            && action.id == *id
            && found.is_none()
            && (all.len() == 1 || same(&PathBuf::from(&*place.recording)))
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

fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The action with this id in the recordings of the manifest; nothing where there is none.
pub fn find_by_id(
    id: &str,
    versions: &[&PolicyVersion],
    output: &Output,
) -> Result<Option<RecordedAction>, CliError> {
    let mut found: Option<(String, RecordedAction)> = None;
    let paths = manifest_recordings()?;
    if paths.is_empty() {
        return Ok(None);
    }
    let input = Input::new(&paths, None)?.changed_by(versions.iter().copied());
    input.each(output, |incoming| {
        let Incoming::Action(place, action) = incoming else {
            return Ok(());
        };
        if action.id != id {
            return Ok(());
        }
        match &found {
            None => found = Some((place.recording.to_string(), *action)),
            Some((first, _)) if *first != *place.recording => {
                return Err(
                    CliError::new(format!("several recordings have an action `{id}`")).with_help(
                        format!("write `{first}#{id}` or `{}#{id}`", place.recording),
                    ),
                );
            }
            Some(_) => {}
        }
        Ok(())
    })?;
    Ok(found.map(|(_, action)| action))
}
