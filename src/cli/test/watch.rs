//! `--watch`: the tests are run again whenever a file is saved.

use super::{Asked, run_on};
use crate::cli::args::TestArgs;
use crate::cli::error::CliError;
use crate::cli::origin::Origin;
use crate::cli::output::Output;
use crate::cli::run::say;
use crate::cli::versions::{Loaded, load_beside_version, load_version, root};
use crate::source::{Repository, Stamp, Watched};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often files are looked at, where looking takes next to no time.
const EVERY: Duration = Duration::from_millis(5);

/// Looking takes at most one part in so many of a core.
const IDLE: u32 = 10;

/// How long nothing must change before the tests are run: an editor that saves does several things, and nothing must be
/// said of what stands there in between.
const QUIET: Duration = Duration::from_millis(20);

/// Runs the tests, and again after every save; ends with the process.
pub(super) fn watch(args: &TestArgs, asked: &Asked, output: &Output) -> Result<u8, CliError> {
    let mut scene = Scene::new(args, asked, output)?;
    let mut before: Option<Loaded> = None;
    let mut seen = scene.now();
    loop {
        let loaded = scene.quiet(&mut seen, || load(before.as_ref()));
        let ran = match &loaded {
            Ok(loaded) => run_on(args, asked, output, loaded).map(drop),
            Err(_) => Ok(()),
        };
        match ran.and(loaded) {
            Ok(loaded) => {
                output.aside(WATCHING)?;
                // The version before is freed when the answer stands there.
                before = Some(loaded);
            }
            Err(error) if error.closed_pipe => return Ok(0),
            Err(error) => {
                say(&error);
                output.aside(WATCHING)?;
            }
        }
        // Anew: what git ignores may have changed without a file.
        let now = scene.now();
        seen = match now == seen {
            true => scene.saved(now),
            false => now,
        };
    }
}

const WATCHING: &str = "watching: the tests run again when a file is saved\n";

/// The version as the files are now. What is as it was the time before is not parsed and type-checked again.
fn load(before: Option<&Loaded>) -> Result<Loaded, CliError> {
    match before {
        Some(before) => load_beside_version(&Origin::WorkingTree, before)?,
        None => load_version(&Origin::WorkingTree)?,
    }
    .whole()
}

/// What may change: the repository, and the version of `--changed`.
struct Scene {
    repository: Watched,
    directory: Option<Watched>,
    revision: Option<(PathBuf, String)>,
}

/// It as it was at one time.
#[derive(PartialEq)]
struct Seen {
    repository: Stamp,
    directory: Option<Stamp>,
    /// The commit that the revision named.
    commit: Option<String>,
}

impl Scene {
    fn new(args: &TestArgs, asked: &Asked, output: &Output) -> Result<Self, CliError> {
        let root = root()?;
        let (mut directory, mut revision) = (None, None);
        match args.changed.as_deref().map(Origin::parse).transpose()? {
            Some(Origin::Directory(root)) => {
                directory = Some(Watched::new(root, false, Vec::new()));
            }
            Some(Origin::Revision(name)) => revision = Some((root.clone(), name)),
            Some(Origin::WorkingTree) | None => {}
        }
        let coverage = asked.coverage.iter().flat_map(|plan| plan.files());
        let written = output.files().chain(coverage).cloned().collect();
        Ok(Self {
            repository: Watched::new(root, true, written),
            directory,
            revision,
        })
    }

    fn now(&self) -> Seen {
        Seen {
            repository: self.repository.stamp(),
            directory: self.directory.as_ref().map(Watched::stamp),
            commit: self.commit(),
        }
    }

    fn again(&self, seen: &Seen) -> Seen {
        let directory = self.directory.as_ref().zip(seen.directory.as_ref());
        Seen {
            repository: self.repository.again(&seen.repository),
            directory: directory.map(|(watched, before)| watched.again(before)),
            commit: self.commit(),
        }
    }

    fn commit(&self) -> Option<String> {
        let (root, revision) = self.revision.as_ref()?;
        Repository::discover(root).ok()?.short_id(revision).ok()
    }

    /// The version when nothing has changed for a while. It is read while that is waited for, and once more where something
    /// changed.
    fn quiet(
        &mut self,
        seen: &mut Seen,
        load: impl Fn() -> Result<Loaded, CliError>,
    ) -> Result<Loaded, CliError> {
        loop {
            let start = Instant::now();
            let loaded = load();
            let counted = loaded.as_ref().is_ok_and(|loaded| {
                let read = loaded.version.sources.iter();
                let read = read.map(|file| file.path.to_string()).collect();
                self.repository.were_read(read)
            });
            std::thread::sleep(QUIET.saturating_sub(start.elapsed()));
            // Of files that did not count `seen` says nothing.
            let now = match counted || loaded.is_err() {
                true => self.again(seen),
                false => self.now(),
            };
            let settled = now == *seen;
            *seen = now;
            if settled {
                return loaded;
            }
        }
    }

    /// Waits until a file is saved.
    fn saved(&self, mut seen: Seen) -> Seen {
        let mut took = Duration::ZERO;
        loop {
            std::thread::sleep(EVERY.max(took * IDLE));
            let start = Instant::now();
            let now = self.again(&seen);
            took = start.elapsed();
            if now != seen {
                return now;
            }
            // Where something came that does not count, directories are others.
            seen = now;
        }
    }
}
