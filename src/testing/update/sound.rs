//! Whether a rewritten file reads as before but for what was to change.

use crate::model::{Json, SourceFile};
use crate::repository::SuiteFile;
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a file that says `text` instead is still a suite, and nothing in it reads otherwise than before but for these
/// changes: an anchor's value stands in several places at once.
pub(super) fn sound<'j>(
    file: &SourceFile,
    text: &str,
    changes: impl Iterator<Item = (&'j Json, &'j Json)>,
) -> bool {
    let after = SourceFile::new(file.path.clone(), text);
    if yaml::parse::<SuiteFile>(&after).is_err() {
        return false;
    }
    let read = |file: &SourceFile| yaml::parse::<BTreeMap<String, Json>>(file).ok();
    let (Some(before), Some(after)) = (read(file), read(&after)) else {
        return false;
    };
    let mut wanted: Vec<_> = changes.collect();
    differs_by(&Json::Object(before), &Json::Object(after), &mut wanted) && wanted.is_empty()
}

/// Whether two values differ by these changes at most; those that are met are taken out.
fn differs_by(before: &Json, after: &Json, wanted: &mut Vec<(&Json, &Json)>) -> bool {
    if before == after {
        return true;
    }
    let met = wanted
        .iter()
        .position(|(old, new)| same(old, before) && same(new, after));
    if let Some(at) = met {
        wanted.swap_remove(at);
        return true;
    }
    match (before, after) {
        (Json::Object(before), Json::Object(after)) => {
            before.keys().eq(after.keys())
                && before
                    .values()
                    .zip(after.values())
                    .all(|(before, after)| differs_by(before, after, wanted))
        }
        (Json::Array(before), Json::Array(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .all(|(before, after)| differs_by(before, after, wanted))
        }
        _ => false,
    }
}

/// Whether two values are one; of lists of texts the order says nothing.
pub(super) fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Array(one), Json::Array(other)) => {
            let texts = |list: &[Json]| -> Option<BTreeSet<String>> {
                list.iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect()
            };
            match (texts(one), texts(other)) {
                (Some(one), Some(other)) => one == other,
                _ => one == other,
            }
        }
        _ => one == other,
    }
}
