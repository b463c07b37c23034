//! Paths that a person names, as the repository names its files.

use super::error::CliError;
use super::versions::root;
use std::path::{Component, Path, PathBuf};

/// Paths relative to the repository's root, with `/`; an empty one is the root. They are named from the working directory, or
/// from the root of the file system.
pub fn below_root(paths: &[PathBuf]) -> Result<Vec<String>, CliError> {
    let Ok(root) = root() else {
        // A version elsewhere, where nothing is relative to here.
        return Ok(paths.iter().map(|path| text(&folded(path))).collect());
    };
    let named = paths.iter();
    named
        .map(|path| {
            relative(path, &root).ok_or_else(|| {
                CliError::new(format!(
                    "`{}` does not lie in the repository",
                    path.display()
                ))
                .with_help("paths are relative to the working directory")
            })
        })
        .collect()
}

fn relative(path: &Path, root: &Path) -> Option<String> {
    let whole = folded(&std::path::absolute(path).ok()?);
    if let Ok(inner) = whole.strip_prefix(root) {
        return Some(text(inner));
    }
    // The same place may have several names.
    let whole = std::fs::canonicalize(&whole).ok()?;
    let root = std::fs::canonicalize(root).ok()?;
    whole.strip_prefix(root).ok().map(text)
}

/// A path without `.` and `..`, by its text.
fn folded(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

fn text(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_named_from_where_one_is_or_from_the_root() {
        let root = std::path::absolute(".").unwrap();
        let named = |path: &str| relative(Path::new(path), &root);
        assert_eq!(named("src/lib.rs").as_deref(), Some("src/lib.rs"));
        assert_eq!(named("./src/").as_deref(), Some("src"));
        assert_eq!(named("src/../tests").as_deref(), Some("tests"));
        assert_eq!(named(".").as_deref(), Some(""));
        let whole = root.join("src/main.rs");
        assert_eq!(relative(&whole, &root).as_deref(), Some("src/main.rs"));
        let below = root.join("src");
        assert_eq!(
            relative(Path::new("src/cli"), &below).as_deref(),
            Some("cli")
        );
        assert_eq!(relative(Path::new("tests"), &below), None);
        assert_eq!(named("../elsewhere"), None);
    }
}
