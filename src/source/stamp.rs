//! The files below a directory as they are now, to see whether one was saved.

use super::disk::{Walked, walk};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The files that are watched: those of a policy repository on disk, as they would be read.
#[derive(Debug, Clone)]
pub struct Watched {
    root: PathBuf,
    ignore: bool,
    written: Vec<PathBuf>,
    /// Files that were read, relative to the root. Others do not count where their names, or those of their directories,
    /// begin with a dot or end in `~`: editors write such files beside those that they save.
    read: BTreeSet<String>,
}

/// Watched files as they were at one time. Stamps are equal where no file came, changed or went between them.
#[derive(Debug, Clone, Default)]
pub struct Stamp {
    files: BTreeMap<PathBuf, Option<Mark>>,
    /// Where files may come and go: as long as none changed, there is nothing new to find.
    directories: BTreeMap<PathBuf, Option<Mark>>,
}

impl PartialEq for Stamp {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

/// What tells two states of a file apart, without reading it. On Unix the time of the last change of its entry and its
/// number tell apart what has the same length and an old time, as `cp -p` leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    length: u64,
    modified: Option<SystemTime>,
    entry: (i64, i64, u64),
}

impl Mark {
    /// Of the file that a link leads to; nothing where there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let data = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let entry = {
            use std::os::unix::fs::MetadataExt;
            (data.ctime(), data.ctime_nsec(), data.ino())
        };
        #[cfg(not(unix))]
        let entry = (0, 0, 0);
        Some(Self {
            length: data.len(),
            modified: data.modified().ok(),
            entry,
        })
    }
}

impl Watched {
    /// The files of a directory; with `ignore`, those that git ignores there do not count, and never those that the watcher
    /// writes itself.
    pub fn new(root: PathBuf, ignore: bool, written: Vec<PathBuf>) -> Self {
        Self {
            root,
            ignore,
            written,
            read: BTreeSet::new(),
        }
    }

    /// Says which files were read, relative to the root. What is given back is whether all of them counted before; else a
    /// stamp that was taken before says nothing of some.
    pub fn were_read(&mut self, files: BTreeSet<String>) -> bool {
        let counted = files.iter().all(|path| self.counts(path));
        self.read = files;
        counted
    }

    /// The files as they are now.
    pub fn stamp(&self) -> Stamp {
        let Ok(Walked {
            paths, directories, ..
        }) = walk(&self.root, self.ignore)
        else {
            return Stamp::default();
        };
        let written = self.written.iter().filter_map(|path| place(path));
        let written: BTreeSet<PathBuf> = written.collect();
        let files = paths.iter().filter(|path| self.counts(path));
        let files = files.map(|path| self.root.join(path));
        let files = files.filter(|path| {
            written.is_empty() || !place(path).is_some_and(|path| written.contains(&path))
        });
        Stamp {
            files: marks(files),
            directories: marks(directories.into_iter()),
        }
    }

    /// The same, by looking only at what was there before, as long as nothing can have come.
    pub fn again(&self, before: &Stamp) -> Stamp {
        let directories = marks(before.directories.keys().cloned());
        let files = marks(before.files.keys().cloned());
        // What is ignored may be so no longer.
        let ignores = |(path, mark): (&PathBuf, &Option<Mark>)| {
            path.ends_with(".gitignore") && before.files.get(path) != Some(mark)
        };
        let new = directories != before.directories || files.iter().any(ignores);
        if new || directories.is_empty() {
            return self.stamp();
        }
        Stamp { files, directories }
    }

    fn counts(&self, path: &str) -> bool {
        if self.read.contains(path) {
            return true;
        }
        let aside =
            |name: &str| (name.starts_with('.') && name != ".gitignore") || name.ends_with('~');
        let mut above = String::new();
        path.split('/').all(|name| {
            above.push_str(name);
            above.push('/');
            let holds = |above: &String| {
                let first = self.read.range(above.clone()..).next();
                first.is_some_and(|first| first.starts_with(above.as_str()))
            };
            !aside(name) || holds(&above)
        })
    }
}

fn marks(paths: impl Iterator<Item = PathBuf>) -> BTreeMap<PathBuf, Option<Mark>> {
    paths
        .map(|path| {
            let mark = Mark::of(&path);
            (path, mark)
        })
        .collect()
}

/// Where a file stands that need not be there yet.
fn place(path: &Path) -> Option<PathBuf> {
    let above = match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    Some(above.canonicalize().ok()?.join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        _directory: tempfile::TempDir,
        watched: Watched,
    }

    impl Place {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path().join("repository");
            let place = Self {
                watched: Watched::new(root, true, Vec::new()),
                _directory: directory,
            };
            place.write("a.cedar", "one");
            place.write(".pol/b.cedar", "two");
            place
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.watched.root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }

        /// Whether something counts that an act does, by looking anew, and by looking again.
        fn sees(&self, act: impl FnOnce(&Self)) -> bool {
            let before = self.watched.stamp();
            // Times of files have steps of some milliseconds.
            std::thread::sleep(std::time::Duration::from_millis(20));
            act(self);
            let new = self.watched.stamp() != before;
            assert_eq!(self.watched.again(&before) != before, new);
            new
        }
    }

    #[test]
    fn files_that_come_change_and_go_are_seen() {
        let mut place = Place::new();
        assert!(!place.sees(|_| {}));
        assert!(place.sees(|place| place.write("a.cedar", "two")));
        assert!(place.sees(|place| place.write("new/c.cedar", "")));
        let gone = |path: &'static str| {
            move |place: &Place| std::fs::remove_file(place.watched.root.join(path)).unwrap()
        };
        assert!(place.sees(gone("new/c.cedar")));
        // What stands aside counts once it was read, with what stands beside it.
        assert!(!place.sees(|place| place.write(".pol/b.cedar", "other")));
        let read = |path: &str| BTreeSet::from([path.to_owned()]);
        assert!(!place.watched.were_read(read(".pol/b.cedar")));
        assert!(place.watched.were_read(read(".pol/b.cedar")));
        assert!(place.sees(|place| place.write(".pol/b.cedar", "third")));
        assert!(place.sees(|place| place.write(".pol/c.cedar", "")));
        assert!(!place.sees(|place| place.write(".pol/.c.cedar.swp", "")));
        assert!(!place.sees(|place| place.write("a.cedar~", "")));
        assert!(!place.sees(|place| place.write(".polar/a.cedar", "")));
    }

    #[test]
    fn what_is_written_or_ignored_does_not_count() {
        let mut place = Place::new();
        let root = place.watched.root.clone();
        place.watched.written = vec![root.join("out.json"), root.join("none/out.json")];
        assert!(!place.sees(|place| place.write("out.json", "{}")));
        assert!(place.sees(|place| place.write("other.json", "{}")));
        git2::Repository::init(&root).unwrap();
        assert!(place.sees(|place| place.write(".gitignore", "target/\n")));
        assert!(!place.sees(|place| place.write("target/deep/x.o", "1")));
        assert!(!place.sees(|place| place.write("target/deep/x.o", "12")));
        assert!(!place.sees(|place| place.write("target/deep/y.o", "")));
        // What is ignored no longer counts from then on, by looking again, too.
        let before = place.watched.stamp();
        place.write(".gitignore", "other-target/\n");
        let after = place.watched.again(&before);
        assert_eq!(after, place.watched.stamp());
        assert!(after != before);
        assert!(after.files.contains_key(&root.join("target/deep/x.o")));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_the_same_length_and_time_is_another_one() {
        let place = Place::new();
        place.write("alt/one", "one");
        place.write("alt/two", "two");
        let root = place.watched.root.clone();
        let link = |to: &str| {
            let _ = std::fs::remove_file(root.join("link.cedar"));
            std::os::unix::fs::symlink(root.join(to), root.join("link.cedar")).unwrap();
        };
        link("alt/one");
        assert!(place.sees(|_| link("alt/two")));
        let time = std::fs::metadata(root.join("a.cedar"))
            .unwrap()
            .modified()
            .unwrap();
        assert!(place.sees(|place| {
            place.write("a.cedar", "ein");
            let file = std::fs::File::options()
                .write(true)
                .open(root.join("a.cedar"))
                .unwrap();
            file.set_modified(time).unwrap();
        }));
    }
}
