//! When the files below a directory were last written, to see whether any was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The files below a directory with their lengths and the times of their last change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stamp(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

/// Looks at every file below a directory; those of git do not count, nor what an editor or this tool writes beside a file
/// before it takes the file's name.
pub fn stamp(root: &Path) -> Stamp {
    let walker = walkdir::WalkDir::new(root)
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0 || !(name.starts_with('.') || name.ends_with('~'))
        });
    let files = walker.filter_map(Result::ok);
    let files = files.filter(|entry| entry.file_type().is_file());
    let stamped = files.filter_map(|entry| {
        let data = entry.metadata().ok()?;
        Some((entry.into_path(), (data.len(), data.modified().ok())))
    });
    Stamp(stamped.collect())
}
