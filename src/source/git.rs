//! Git revisions, read from the object database; nothing is checked out.

use super::{Entry, Kind, MANIFEST, MAX_FILE, ReadError, Tree};
use git2::{ErrorCode, ObjectType, TreeWalkMode, TreeWalkResult};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why git could not give what was asked for, with the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitError {
    /// What went wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl GitError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: Some(help.into()),
        }
    }
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for GitError {}

/// How to get what a shallow clone leaves out.
const WHOLE_HISTORY: &str = "`git fetch --unshallow` brings the whole history; in CI check it out whole (`fetch-depth: 0` with actions/checkout, `GIT_DEPTH: 0` in GitLab)";

/// The git repository around a directory: a working tree, a worktree, or a bare repository.
pub struct Repository {
    inner: git2::Repository,
    /// The policy repository's directory inside git's working directory; empty in a bare repository.
    prefix: PathBuf,
}

impl Repository {
    /// Opens the git repository around a directory.
    pub fn discover(start: &Path) -> Result<Self, GitError> {
        let inner = git2::Repository::discover(start).map_err(|error| open_error(&error, start))?;
        let prefix = inner
            .workdir()
            .and_then(|workdir| workdir.canonicalize().ok())
            .and_then(|workdir| {
                Some(
                    start
                        .canonicalize()
                        .ok()?
                        .strip_prefix(workdir)
                        .ok()?
                        .to_path_buf(),
                )
            })
            .unwrap_or_default();
        Ok(Self { inner, prefix })
    }

    /// The policy repository's directory from git's root, such as `policies/`; empty where it stands at the root.
    pub fn directory(&self) -> String {
        let parts = self.prefix.iter().map(|part| part.to_string_lossy());
        parts.map(|part| format!("{part}/")).collect()
    }

    /// The best common ancestor of two revisions, as a commit id.
    pub fn merge_base(&self, a: &str, b: &str) -> Result<String, GitError> {
        let (a_id, b_id) = (self.commit(split(a).0)?, self.commit(split(b).0)?);
        let found = self.inner.merge_base(a_id, b_id);
        found.map(|id| id.to_string()).map_err(|error| {
            let lost = error.code() == ErrorCode::NotFound;
            match (lost, self.inner.is_shallow()) {
                (true, true) => GitError::new(
                    format!("`{a}` and `{b}` have no common ancestor in this shallow clone"),
                    format!("the merge base lies further back: {WHOLE_HISTORY}"),
                ),
                (true, false) => GitError::new(
                    format!("`{a}` and `{b}` have no common ancestor"),
                    "they share no history: compare the two trees as they are, `A..B`",
                ),
                (false, _) => GitError::new(
                    error.message().to_owned(),
                    "check the repository with `git fsck`",
                ),
            }
        })
    }

    /// The id of the commit that a revision names, with seven digits.
    pub fn short_id(&self, revision: &str) -> Result<String, GitError> {
        let id = self.commit(split(revision).0)?.to_string();
        Ok(id.chars().take(7).collect())
    }

    fn commit(&self, revision: &str) -> Result<git2::Oid, GitError> {
        let object = self
            .inner
            .revparse_single(revision)
            .map_err(|error| self.unknown(revision, &error))?;
        object
            .peel_to_commit()
            .map(|commit| commit.id())
            .map_err(|_| {
                GitError::new(
                    format!("`{revision}` is not a commit"),
                    "name a branch, a tag or a commit",
                )
            })
    }

    fn unknown(&self, revision: &str, error: &git2::Error) -> GitError {
        // A checkout in CI has the branches of the remote, and none of its own but the one that is built.
        let remote = format!("origin/{revision}");
        let help = if self.inner.revparse_single(&remote).is_ok() {
            format!("it is a branch of the remote: write `{remote}`")
        } else if self.inner.is_shallow() {
            format!(
                "this is a shallow clone: {WHOLE_HISTORY}; or fetch that revision alone (`git fetch --depth=1 origin REV`)"
            )
        } else {
            "name a branch, a tag or a commit; `git fetch` brings those of the remote; a directory is written `dir:PATH`".to_owned()
        };
        GitError::new(
            format!(
                "git does not know the revision `{revision}`: {}",
                error.message().trim()
            ),
            help,
        )
    }

    /// The policy repository in a revision: `REV`, or `REV:DIRECTORY`. Without a directory it is looked for where
    /// the working tree has it; in a bare repository, at the root.
    pub fn tree(self, revision: &str) -> Result<Tree, GitError> {
        let (paths, refused) = {
            let (name, directory) = split(revision);
            let commit = self.commit(name)?;
            let root = self
                .inner
                .find_commit(commit)
                .and_then(|commit| commit.tree())
                .map_err(|error| missing(&error))?;
            let wanted = match directory {
                Some(directory) => PathBuf::from(directory.trim_matches('/')),
                None => self.prefix.clone(),
            };
            let tree = self.subtree(&root, &wanted, name, directory.is_none())?;
            list(&self.inner, &tree)?
        };
        Ok(Tree {
            kind: Kind::Git(Box::new(self.inner)),
            paths,
            refused,
        })
    }

    fn subtree<'r>(
        &'r self,
        root: &git2::Tree<'r>,
        wanted: &Path,
        revision: &str,
        anywhere: bool,
    ) -> Result<git2::Tree<'r>, GitError> {
        let at = |path: &Path| -> Option<git2::Tree<'r>> {
            if path.as_os_str().is_empty() {
                return Some(root.clone());
            }
            root.get_path(path)
                .ok()?
                .to_object(&self.inner)
                .ok()?
                .into_tree()
                .ok()
        };
        let has_manifest = |tree: &git2::Tree<'_>| tree.get_name(MANIFEST).is_some();
        if let Some(tree) = at(wanted).filter(has_manifest) {
            return Ok(tree);
        }
        // In a working tree the manifest at git's root belongs to another repository.
        if anywhere && self.inner.is_bare() && has_manifest(root) {
            return Ok(root.clone());
        }
        let place = if wanted.as_os_str().is_empty() {
            "at its root".to_owned()
        } else {
            format!("in `{}`", wanted.display())
        };
        Err(GitError::new(
            format!("the revision `{revision}` has no `{MANIFEST}` {place}"),
            "name the directory of the policy repository in that revision: `REV:DIRECTORY`",
        ))
    }
}

/// The directory of `REV:DIRECTORY`, with its colon; empty where none is named.
pub fn directory_of(revision: &str) -> String {
    split(revision)
        .1
        .map(|directory| format!(":{directory}"))
        .unwrap_or_default()
}

/// `REV:DIRECTORY` as its two parts; `:` inside `^{/text}` searches does not split.
fn split(revision: &str) -> (&str, Option<&str>) {
    match revision.split_once(':') {
        Some((name, directory)) if !name.is_empty() && !name.contains('{') => {
            (name, Some(directory))
        }
        _ => (revision, None),
    }
}

type Listing = (BTreeMap<String, Entry>, Vec<ReadError>);

fn list(repository: &git2::Repository, tree: &git2::Tree<'_>) -> Result<Listing, GitError> {
    let mut paths = BTreeMap::new();
    let mut refused = Vec::new();
    let mut links = Vec::new();
    tree.walk(TreeWalkMode::PreOrder, |directory, entry| {
        let path = format!("{directory}{}", String::from_utf8_lossy(entry.name_bytes()));
        if std::str::from_utf8(entry.name_bytes()).is_err() {
            refused.push(ReadError {
                path,
                message: "its name is not UTF-8".to_owned(),
                below: true,
            });
            return TreeWalkResult::Ok;
        }
        match (entry.kind(), entry.filemode()) {
            (Some(ObjectType::Blob), 0o120000) => links.push((path, entry.id())),
            (Some(ObjectType::Blob), _) => {
                paths.insert(path, Entry::Blob(entry.id()));
            }
            (Some(ObjectType::Commit), _) => refused.push(ReadError {
                path,
                message: "submodules are not read from a revision; compare with `dir:PATH`"
                    .to_owned(),
                below: true,
            }),
            _ => {}
        }
        TreeWalkResult::Ok
    })
    .map_err(|error| missing(&error))?;
    // A link to a file inside the repository is that file, as it is in a working tree.
    let mut resolved = Vec::new();
    for (path, id) in links {
        // A link that leads to no file may lead to a directory.
        let fault = |message: &str| ReadError {
            path: path.clone(),
            message: message.to_owned(),
            below: true,
        };
        let target = match read_blob(repository, id) {
            Ok(target) => String::from_utf8_lossy(&target).into_owned(),
            Err(message) => {
                refused.push(fault(&message));
                continue;
            }
        };
        match resolve(&path, &target) {
            None => refused.push(fault(
                "the link leaves the repository; put the file inside it",
            )),
            Some(target) => match paths.get(&target) {
                Some(Entry::Blob(id)) => resolved.push((path, Entry::Blob(*id))),
                _ => refused.push(fault("the link leads to no file of this revision")),
            },
        }
    }
    paths.extend(resolved);
    Ok((paths, refused))
}

/// Where a relative link leads, as a path from the root; nothing where it leaves the root.
fn resolve(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

pub(super) fn read_blob(repository: &git2::Repository, id: git2::Oid) -> Result<Vec<u8>, String> {
    let blob = repository
        .find_blob(id)
        .map_err(|error| missing(&error).message)?;
    let content = blob.content();
    if content.len() as u64 > MAX_FILE {
        return Err(format!(
            "it has {} bytes; at most {MAX_FILE} are read",
            content.len()
        ));
    }
    Ok(content.to_vec())
}

fn missing(error: &git2::Error) -> GitError {
    GitError::new(
        format!(
            "an object of the revision is missing: {}",
            error.message().trim()
        ),
        "a partial clone does not hold every file: run `git fetch --refetch --no-filter`, or clone without `--filter`",
    )
}

fn open_error(error: &git2::Error, start: &Path) -> GitError {
    let text = error.message().trim().to_owned();
    if error.code() == ErrorCode::Owner {
        return GitError::new(
            format!("git refuses a repository that belongs to somebody else: {text}"),
            format!(
                "if you trust it: `git config --global --add safe.directory {}`",
                start.display()
            ),
        );
    }
    if text.contains("extension") || text.contains("reftable") {
        return GitError::new(
            format!("this kind of git repository cannot be read: {text}"),
            "repositories with the reftable extension are not supported: export the revision (`git archive REV | tar -x -C DIR`) and compare with `dir:DIR`",
        );
    }
    if error.code() == ErrorCode::NotFound {
        return GitError::new(
            "this directory is in no git repository".to_owned(),
            "compare with a directory instead: `dir:PATH`",
        );
    }
    GitError::new(
        format!("git cannot open the repository: {text}"),
        "compare with a directory instead: `dir:PATH`",
    )
}
