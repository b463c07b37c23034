//! What the tests of the project itself share: its files as text.

use std::path::Path;

/// A path relative to the project, with `/`, and what stands there.
pub type File = (String, String);

/// The project's directory.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// All files below a directory of the project (or the file itself), sorted, relative to the project.
pub fn walk(below: &str) -> Vec<String> {
    let start = Path::new(ROOT).join(below);
    walkdir::WalkDir::new(&start)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(ROOT).ok()?;
            Some(path.to_string_lossy().replace('\\', "/"))
        })
        .collect()
}

/// The files below a directory with this extension, with their text.
pub fn read(below: &str, extension: &str) -> Vec<File> {
    walk(below)
        .into_iter()
        .filter(|path| {
            Path::new(path)
                .extension()
                .is_some_and(|found| found == extension)
        })
        .map(|path| {
            let text = std::fs::read_to_string(Path::new(ROOT).join(&path))
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            (path, text)
        })
        .collect()
}
