//! Directories on disk.

use super::{MANIFEST, MAX_FILE, ReadError};
use std::path::{Path, PathBuf};

/// The nearest directory with an `agentauthz.yaml`, from `start` upward.
pub fn find_root(start: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(start).ok()?;
    start
        .ancestors()
        .find(|directory| directory.join(MANIFEST).is_file())
        .map(Path::to_path_buf)
}

/// What stands below a root.
pub(super) struct Walked {
    /// All files, relative to it, sorted.
    pub(super) paths: Vec<String>,
    /// Those that are refused.
    pub(super) refused: Vec<ReadError>,
    /// The root and the directories below it that were looked into.
    pub(super) directories: Vec<PathBuf>,
}

/// All files below a root, and those that are refused.
///
/// Symbolic links to files inside the root are read; links that leave it, and links to directories, are refused.
pub(super) fn walk(root: &Path, ignore: bool) -> Result<Walked, ReadError> {
    let fault = |path: &Path, message: String| ReadError {
        path: relative(root, path),
        message,
        below: true,
    };
    let real_root = root
        .canonicalize()
        .map_err(|error| fault(root, error.to_string()))?;
    if !real_root.is_dir() {
        return Err(fault(root, "it is not a directory".to_owned()));
    }
    let ignored = if ignore {
        Ignored::open(&real_root)
    } else {
        None
    };
    let mut paths = Vec::new();
    let mut refused = Vec::new();
    let mut directories = Vec::new();
    let walker = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            entry.file_name() != ".git"
                && !(entry.file_type().is_dir()
                    && ignored
                        .as_ref()
                        .is_some_and(|ignored| ignored.skips_directory(root, entry.path())))
        });
    for entry in walker {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(root).to_path_buf();
                let reason = error
                    .io_error()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                refused.push(fault(&path, reason));
                continue;
            }
        };
        let path = relative(root, entry.path());
        if entry.file_type().is_dir() {
            directories.push(entry.into_path());
            continue;
        }
        if ignored
            .as_ref()
            .is_some_and(|ignored| ignored.skips_file(root, entry.path()))
        {
            continue;
        }
        let refuse = |message: String, below: bool| ReadError {
            path: path.clone(),
            message,
            below,
        };
        if entry.path_is_symlink() {
            match entry.path().canonicalize() {
                Ok(target) if !target.starts_with(&real_root) => refused.push(refuse(
                    "the link leaves the repository; put the file inside it".to_owned(),
                    target.is_dir(),
                )),
                Ok(target) if target.is_dir() => refused.push(refuse(
                    "links to directories are not followed; name the directory itself".to_owned(),
                    true,
                )),
                Ok(target) if target.is_file() => paths.push(path),
                Ok(_) => refused.push(refuse("the link leads to no file".to_owned(), false)),
                Err(error) => {
                    refused.push(refuse(format!("the link leads nowhere: {error}"), true));
                }
            }
        } else if entry.file_type().is_file() {
            paths.push(path);
        } else {
            refused.push(refuse("it is no regular file".to_owned(), false));
        }
    }
    paths.sort_unstable();
    Ok(Walked {
        paths,
        refused,
        directories,
    })
}

/// Reads one file below the root.
pub(super) fn read(root: &Path, path: &str) -> Result<Vec<u8>, ReadError> {
    let fault = |message: String| ReadError {
        path: path.to_owned(),
        message,
        below: false,
    };
    let full = root.join(path);
    let length = std::fs::metadata(&full)
        .map_err(|error| fault(error.to_string()))?
        .len();
    if length > MAX_FILE {
        return Err(fault(format!(
            "it has {length} bytes; at most {MAX_FILE} are read"
        )));
    }
    std::fs::read(&full).map_err(|error| fault(error.to_string()))
}

fn relative(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inner
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

/// What git ignores around a directory; nothing where it is in no git repository.
struct Ignored {
    repository: git2::Repository,
    index: Option<git2::Index>,
    /// The root relative to git's working directory.
    prefix: PathBuf,
}

impl Ignored {
    fn open(root: &Path) -> Option<Self> {
        let repository = git2::Repository::discover(root).ok()?;
        let workdir = repository.workdir()?.canonicalize().ok()?;
        let prefix = root.strip_prefix(&workdir).ok()?.to_path_buf();
        let index = repository.index().ok();
        Some(Self {
            repository,
            index,
            prefix,
        })
    }

    fn inside(&self, root: &Path, path: &Path) -> PathBuf {
        self.prefix.join(path.strip_prefix(root).unwrap_or(path))
    }

    /// An ignored directory is skipped unless git tracks something below it.
    fn skips_directory(&self, root: &Path, path: &Path) -> bool {
        let inside = self.inside(root, path);
        if inside.as_os_str().is_empty() || path == root {
            return false;
        }
        let tracked = self.index.as_ref().is_some_and(|index| {
            let prefix = format!("{}/", inside.to_string_lossy());
            index
                .iter()
                .any(|entry| entry.path.starts_with(prefix.as_bytes()))
        });
        !tracked && self.repository.is_path_ignored(&inside).unwrap_or(false)
    }

    fn skips_file(&self, root: &Path, path: &Path) -> bool {
        let inside = self.inside(root, path);
        let tracked = self
            .index
            .as_ref()
            .is_some_and(|index| index.get_path(&inside, 0).is_some());
        !tracked && self.repository.is_path_ignored(&inside).unwrap_or(false)
    }
}
