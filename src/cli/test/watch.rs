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

/// How long nothing must change before the tests are run: an editor that saves does several things, and must not be read
/// in between.
const QUIET: Duration = Duration::from_millis(20);

/// Runs the tests, and again after every save; ends with the process.
pub(super) fn watch(args: &TestArgs, asked: &Asked, output: &Output) -> Result<u8, CliError> {
    let mut scene = Scene::new(args, asked, output)?;
    let mut before: Option<Loaded> = None;
    let mut seen = scene.now();
    loop {
        // Taken before the files are read: what is saved meanwhile is seen.
        seen = scene.settled(seen);
        if let Err(error) = run_again(args, asked, output, &mut before) {
            if error.closed_pipe {
                return Ok(0);
            }
            say(&error);
        }
        if let Some(loaded) = &before {
            let read = loaded.version.sources.iter();
            let read = read.map(|file| file.path.to_string()).collect();
            if !scene.repository.were_read(read) {
                seen = scene.now();
                continue;
            }
        }
        output.aside("watching: the tests run again when a file is saved\n")?;
        let mut took = Duration::ZERO;
        loop {
            std::thread::sleep(EVERY.max(took * IDLE));
            let start = Instant::now();
            let now = scene.again(&seen);
            took = start.elapsed();
            if now != seen {
                seen = now;
                break;
            }
        }
    }
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

    /// The files as they are when nothing has changed for a while since `before`.
    fn settled(&self, mut before: Seen) -> Seen {
        loop {
            std::thread::sleep(QUIET);
            // Anew: what git ignores may have changed without a file.
            let now = self.now();
            if now == before {
                return now;
            }
            before = now;
        }
    }
}

/// Runs the tests of the files as they are now. What is as it was the time before is not parsed and type-checked again.
fn run_again(
    args: &TestArgs,
    asked: &Asked,
    output: &Output,
    before: &mut Option<Loaded>,
) -> Result<u8, CliError> {
    let loaded = match before {
        Some(before) => load_beside_version(&Origin::WorkingTree, before)?,
        None => load_version(&Origin::WorkingTree)?,
    };
    let loaded = before.insert(loaded.whole()?);
    run_on(args, asked, output, loaded)
}
