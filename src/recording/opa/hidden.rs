//! What OPA took out of a decision before it logged it: `erased` values are gone, `masked` ones replaced.

use super::super::args::unknown;
use super::super::records::Members;
use crate::model::Json;
use std::collections::BTreeSet;

/// The paths of what was taken out, in the order in which that was done.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    erased: Vec<Vec<String>>,
    masked: Vec<Vec<String>>,
}

impl Hidden {
    /// What an event says was taken out of it.
    pub(super) fn of(event: &Members) -> Result<Self, String> {
        Ok(Self {
            erased: paths(event, "erased")?,
            masked: paths(event, "masked")?,
        })
    }

    /// A part of the event with what was taken out of it marked as unknown.
    pub(super) fn mark(&self, part: &str, json: Option<Json>) -> Option<Json> {
        let inside = |paths: &[Vec<String>]| -> Vec<Vec<String>> {
            let paths = paths.iter().filter_map(|path| {
                let (first, rest) = path.split_first()?;
                (first == part).then(|| rest.to_vec())
            });
            paths.collect()
        };
        let mut json = json;
        let mut shortened = BTreeSet::new();
        // What was erased last is put back first: then the places in arrays are those of that moment.
        for path in inside(&self.erased).iter().rev() {
            match (path.as_slice(), &mut json) {
                ([], _) | (_, None) => json = Some(unknown("erased")),
                (path, Some(json)) => restore(json, path, &mut Vec::new(), &mut shortened),
            }
        }
        for path in &inside(&self.masked) {
            // Nobody knows whether an element was masked before others were erased or after.
            let moved = (0..path.len()).find_map(|end| {
                let prefix = path.get(..end)?;
                shortened.contains(prefix).then_some(prefix)
            });
            match (moved.unwrap_or(path), &mut json) {
                ([], _) | (_, None) => json = Some(unknown("masked")),
                (path, Some(json)) => replace(json, path),
            }
        }
        json
    }
}

/// The paths that a member lists. OPA writes the keys as they are, with a slash before each: it knows no `~1`, and a key
/// that is written with `%` has it.
fn paths(event: &Members, key: &str) -> Result<Vec<Vec<String>>, String> {
    let fault = |kind: &str| format!("`{key}` has {kind}, so nobody knows what was taken out");
    let listed = match event.get(key) {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(listed)) => listed,
        Some(other) => return Err(fault(other.kind())),
    };
    let path = |json: &Json| match json {
        Json::String(path) => match path.strip_prefix('/') {
            Some(path) => Ok(path.split('/').map(str::to_owned).collect()),
            None => Err(fault("a path that does not begin with `/`")),
        },
        other => Err(fault(other.kind())),
    };
    listed.iter().map(path).collect()
}

/// Puts the mark of an erased value where it was. Where there is no such place any more, what encloses it is unknown.
fn restore(
    json: &mut Json,
    path: &[String],
    above: &mut Vec<String>,
    shortened: &mut BTreeSet<Vec<String>>,
) {
    let Some((key, rest)) = path.split_first() else {
        *json = unknown("erased");
        return;
    };
    if is_unknown(json) {
        return;
    }
    match json {
        Json::Object(members) => match members.get_mut(key) {
            Some(member) => {
                above.push(key.clone());
                restore(member, rest, above, shortened);
            }
            None => {
                members.insert(key.clone(), unknown("erased"));
            }
        },
        Json::Array(items) => match (key.parse::<usize>(), rest.is_empty()) {
            (Ok(at), true) if at <= items.len() => {
                items.insert(at, unknown("erased"));
                shortened.insert(above.clone());
            }
            (Ok(at), false) if at < items.len() => {
                above.push(key.clone());
                if let Some(item) = items.get_mut(at) {
                    restore(item, rest, above, shortened);
                }
            }
            (Ok(_) | Err(_), _) => *json = unknown("erased"),
        },
        Json::Null
        | Json::Bool(_)
        | Json::Int(_)
        | Json::Float(_)
        | Json::String(_)
        | Json::Repeated => *json = unknown("erased"),
    }
}

/// Puts the mark of a masked value in its place.
fn replace(json: &mut Json, path: &[String]) {
    let Some((key, rest)) = path.split_first() else {
        *json = unknown("masked");
        return;
    };
    if is_unknown(json) {
        return;
    }
    match json {
        Json::Object(members) => match members.get_mut(key) {
            Some(member) => replace(member, rest),
            None => {
                members.insert(key.clone(), unknown("masked"));
            }
        },
        Json::Array(items) => {
            let at = key.parse::<usize>().ok();
            match at.and_then(|at| items.get_mut(at)) {
                Some(item) => replace(item, rest),
                None => *json = unknown("masked"),
            }
        }
        Json::Null
        | Json::Bool(_)
        | Json::Int(_)
        | Json::Float(_)
        | Json::String(_)
        | Json::Repeated => *json = unknown("masked"),
    }
}

/// Whether it was marked before.
fn is_unknown(json: &Json) -> bool {
    [unknown("erased"), unknown("masked")].contains(json)
}
