//! Loading the policy versions that a command works on.

use super::error::CliError;
use super::origin::{Origin, Range};
use crate::cedar::Kept;
use crate::model::LogLayout;
use crate::render::Version;
use crate::repository::{
    Files, Manifest, PolicyVersion, Refused, load_and_keep, select_log_layout, select_recordings,
};
use crate::source::{self, Repository, Tree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A loaded version and how it is called in reports.
pub struct Loaded {
    /// What reports say of it.
    pub header: Version,
    /// The version.
    pub version: PolicyVersion,
    /// Where it stands on disk, where it is neither the working tree nor a revision.
    pub directory: Option<PathBuf>,
}

impl Loaded {
    /// The version, if all of it could be read; else the error that shows what could not.
    pub fn whole(self) -> Result<Self, CliError> {
        if self.version.is_blocked() {
            let blocking = self
                .version
                .diagnostics
                .iter()
                .filter(|found| found.is_blocking())
                .cloned()
                .collect();
            return Err(CliError::broken_repository(
                &self.header.label,
                blocking,
                &self.version.sources,
            ));
        }
        Ok(self)
    }
}

/// The root of the policy repository on disk, or the error that says how to get one.
pub fn root() -> Result<PathBuf, CliError> {
    source::find_root(Path::new(".")).ok_or_else(|| {
        CliError::new(format!("there is no `{}` here or above", source::MANIFEST))
            .with_help("`agentauthz init` writes a repository; `-C DIR` names another directory")
    })
}

/// How a version is loaded.
#[derive(Debug, Clone, Copy, Default)]
struct How<'v> {
    /// One that was loaded before: what they have in common is shared.
    other: Option<&'v PolicyVersion>,
    kept: Kept,
}

/// Loads one version.
pub fn load_version(origin: &Origin) -> Result<Loaded, CliError> {
    load_as(origin, How::default())
}

/// Loads one version beside another.
pub fn load_beside_version(origin: &Origin, other: &Loaded) -> Result<Loaded, CliError> {
    load_as(origin, beside(other))
}

/// Loads one version for lints, which look at how policies are written, too.
pub fn load_written_version(origin: &Origin, other: Option<&Loaded>) -> Result<Loaded, CliError> {
    let how = How {
        kept: Kept::Form,
        ..other.map(beside).unwrap_or_default()
    };
    load_as(origin, how)
}

fn beside(other: &Loaded) -> How<'_> {
    How {
        other: Some(&other.version),
        ..How::default()
    }
}

fn load_as(origin: &Origin, how: How<'_>) -> Result<Loaded, CliError> {
    match origin {
        Origin::WorkingTree => from_disk(&root()?, "working tree".to_owned(), None, true, how),
        Origin::Directory(path) => {
            let label = format!("dir:{}", path.to_string_lossy().replace('\\', "/"));
            if !path.join(source::MANIFEST).is_file() {
                let message = format!("`{}` has no `{}`", path.display(), source::MANIFEST);
                return Err(CliError::new(message)
                    .with_help("name the directory of a policy repository: `dir:PATH`"));
            }
            let loaded = from_disk(path, label.clone(), Some(label), false, how)?;
            Ok(Loaded {
                directory: Some(path.clone()),
                ..loaded
            })
        }
        Origin::Revision(revision) => {
            let start = source::find_root(Path::new(".")).unwrap_or_else(|| PathBuf::from("."));
            let repository = Repository::discover(&start)?;
            let label = format!("{revision} ({})", repository.short_id(revision)?);
            Ok(from_tree(
                &repository.tree(revision)?,
                label,
                Some(revision.clone()),
                how,
            ))
        }
    }
}

/// Loads the working tree with other texts in place of some files', for lints; what it has in common with a version that was
/// loaded before is shared.
pub fn load_edited(texts: &BTreeMap<Arc<str>, String>, other: &Loaded) -> Result<Loaded, CliError> {
    let tree = Tree::directory(&root()?, true)?;
    let read = |path: &str| match texts.get(path) {
        Some(text) => Ok(text.as_bytes().to_vec()),
        None => tree.read(path).map_err(|error| error.message),
    };
    Ok(from_files(
        &files(&tree, &read),
        "working tree".to_owned(),
        None,
        How {
            kept: Kept::Form,
            ..beside(other)
        },
    ))
}

/// Loads base and head.
pub fn load_range(range: &Range) -> Result<(Loaded, Loaded), CliError> {
    match range {
        Range::Two(base, head) => {
            let base = load_version(base)?;
            let head = load_beside_version(head, &base)?;
            Ok((base, head))
        }
        Range::MergeBase(a, b) => {
            let start = source::find_root(Path::new(".")).unwrap_or_else(|| PathBuf::from("."));
            let base = Repository::discover(&start)?.merge_base(a, b)?;
            let directory = source::directory_of(b);
            let mut loaded = load_version(&Origin::Revision(format!("{base}{directory}")))?;
            let short: String = base.chars().take(7).collect();
            loaded.header.label = format!("merge base of {a} and {b} ({short})");
            loaded.header.name = Some(format!("{short}{directory}"));
            let head = load_beside_version(&Origin::Revision(b.clone()), &loaded)?;
            Ok((loaded, head))
        }
    }
}

fn from_disk(
    root: &Path,
    label: String,
    name: Option<String>,
    ignore: bool,
    how: How<'_>,
) -> Result<Loaded, CliError> {
    let tree = Tree::directory(root, ignore)?;
    Ok(from_tree(&tree, label, name, how))
}

fn from_tree(tree: &Tree, label: String, name: Option<String>, how: How<'_>) -> Loaded {
    let read = |path: &str| tree.read(path).map_err(|error| error.message);
    from_files(&files(tree, &read), label, name, how)
}

fn from_files(files: &Files<'_>, label: String, name: Option<String>, how: How<'_>) -> Loaded {
    let version = load_and_keep(files, how.other, how.kept);
    let digest = version
        .digest
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    Loaded {
        header: Version {
            label,
            name,
            digest,
        },
        version,
        directory: None,
    }
}

fn files<'a>(tree: &Tree, read: &'a dyn Fn(&str) -> Result<Vec<u8>, String>) -> Files<'a> {
    Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read,
        refused: tree
            .refused()
            .iter()
            .map(|refused| Refused {
                path: refused.path.clone(),
                message: refused.message.clone(),
                below: refused.below,
            })
            .collect(),
    }
}

/// The recordings that the manifest on disk names, in order of their paths.
pub fn manifest_recordings() -> Result<Vec<PathBuf>, CliError> {
    let Some(root) = source::find_root(Path::new(".")) else {
        return Ok(Vec::new());
    };
    // Recordings are often ignored by git: they count all the same.
    let tree = Tree::directory(&root, false)?;
    let read = |path: &str| tree.read(path).map_err(|error| error.message);
    let paths = select_recordings(&files(&tree, &read)).map_err(|(faults, sources)| CliError {
        diagnostics: Some((faults, Box::new(sources))),
        ..CliError::new("the recordings that the manifest names cannot all be read")
            .with_help("name recordings on the command line, or mend the manifest")
    })?;
    Ok(paths
        .into_iter()
        .filter(|path| source::is_recording(path))
        .map(|path| relative(&root).join(path))
        .collect())
}

/// How log lines of a team's own are read: by the mapping on disk, as recordings are those that the manifest on disk names.
pub fn log_layout() -> Result<Option<LogLayout>, CliError> {
    let Some(root) = source::find_root(Path::new(".")) else {
        return Ok(None);
    };
    let tree = Tree::directory(&root, true)?;
    let read = |path: &str| tree.read(path).map_err(|error| error.message);
    select_log_layout(&files(&tree, &read)).map_err(|(faults, sources)| CliError {
        diagnostics: Some((faults, Box::new(sources))),
        ..CliError::new("the mapping, which says how log lines are read, cannot be used")
    })
}

/// The root as it is best written in reports: relative to the working directory where that is above it.
pub fn relative(root: &Path) -> PathBuf {
    let here = std::env::current_dir()
        .ok()
        .and_then(|here| std::path::absolute(here).ok());
    match here
        .as_deref()
        .and_then(|here| root.strip_prefix(here).ok())
    {
        Some(inner) => inner.to_path_buf(),
        None => match here
            .as_deref()
            .and_then(|here| here.strip_prefix(root).ok())
        {
            Some(below) => below.components().map(|_| "..").collect(),
            None => root.to_path_buf(),
        },
    }
}

/// The error of a command that has no recording to read.
pub fn no_recording(manifest: &Manifest) -> CliError {
    let patterns = manifest.recordings.join("`, `");
    CliError::new(format!(
        "there is no recording: none was named, and no file matches `{patterns}`"
    ))
    .with_help("name a recording on the command line")
}
