//! The world → bytes: the only reader of disk and of git below `cli/`.

mod disk;
mod git;
mod stamp;
mod stream;

pub use disk::find_root;
pub use git::{GitError, Repository, directory_of};
pub use stamp::{Mark, Stamp, Watched};
pub use stream::{Opened, is_recording, length, list_recordings, name, open};

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The file that makes a directory a policy repository.
pub const MANIFEST: &str = "agentauthz.yaml";

/// Larger files are not read as part of a repository, in bytes.
pub const MAX_FILE: u64 = 64 << 20;

/// Why a file of a repository cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The path relative to the repository's root.
    pub path: String,
    /// What is wrong, and the way out.
    pub message: String,
    /// Whether files may lie below the path that are refused with it.
    pub below: bool,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read `{}`: {}", self.path, self.message)
    }
}

impl std::error::Error for ReadError {}

/// The files of a policy repository at one origin. Nothing is ever checked out or written.
pub struct Tree {
    kind: Kind,
    /// All files by path relative to the root, with `/`.
    paths: BTreeMap<String, Entry>,
    /// Files that exist but are refused, such as links that leave the root.
    refused: Vec<ReadError>,
}

enum Kind {
    Disk(PathBuf),
    Git(Box<git2::Repository>),
}

enum Entry {
    Disk,
    Blob(git2::Oid),
}

impl Tree {
    /// A directory. With `ignore`, files that git ignores there and does not track do not count.
    pub fn directory(root: &Path, ignore: bool) -> Result<Self, ReadError> {
        let disk::Walked { paths, refused, .. } = disk::walk(root, ignore)?;
        let paths = paths.into_iter().map(|path| (path, Entry::Disk)).collect();
        Ok(Self {
            kind: Kind::Disk(root.to_path_buf()),
            paths,
            refused,
        })
    }

    /// The paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.keys().map(String::as_str)
    }

    /// What stands in the directory, but is not read, and why.
    pub fn refused(&self) -> &[ReadError] {
        &self.refused
    }

    /// The bytes of one file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let fault = |message: String| ReadError {
            path: path.to_owned(),
            message,
            below: false,
        };
        match (&self.kind, self.paths.get(path)) {
            (kind, None) => {
                let refused = self.refused.iter().find(|refused| refused.path == path);
                Err(refused.cloned().unwrap_or_else(|| {
                    fault(match kind {
                        // All others that are there were seen.
                        Kind::Disk(root) if root.join(path).is_file() => format!(
                            "git ignores it and does not track it, so it does not count: `git add -f {path}` tracks it, \
                             and the version `dir:PATH` is the directory with all that git ignores"
                        ),
                        Kind::Disk(_) | Kind::Git(_) => "there is no such file".to_owned(),
                    })
                }))
            }
            (Kind::Disk(root), Some(_)) => disk::read(root, path),
            (Kind::Git(repository), Some(Entry::Blob(id))) => {
                git::read_blob(repository, *id).map_err(fault)
            }
            (Kind::Git(_), Some(Entry::Disk)) => Err(fault("it is not in git".to_owned())),
        }
    }
}
