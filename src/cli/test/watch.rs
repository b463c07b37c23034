//! `--watch`: the tests are run again whenever a file is saved.

use super::{Asked, run_on};
use crate::cli::args::TestArgs;
use crate::cli::error::CliError;
use crate::cli::origin::Origin;
use crate::cli::output::Output;
use crate::cli::run::say;
use crate::cli::versions::{Loaded, load_beside_version, load_version, root};
use crate::source::{Stamp, stamp};
use std::path::Path;
use std::time::Duration;

/// How often files are looked at.
const EVERY: Duration = Duration::from_millis(10);

/// How long nothing must change before the tests are run: an editor that saves does several things.
const QUIET: Duration = Duration::from_millis(5);

/// Runs the tests, and again after every save; ends with the process.
pub(super) fn watch(args: &TestArgs, asked: &Asked, output: &Output) -> Result<u8, CliError> {
    let root = root()?;
    let mut before: Option<Loaded> = None;
    loop {
        // Taken before the files are read: what is saved meanwhile is seen.
        let seen = settled(&root);
        if let Err(error) = run_again(args, asked, output, &mut before) {
            if error.closed_pipe {
                return Ok(0);
            }
            say(&error);
        }
        output.aside("watching: the tests run again when a file is saved\n")?;
        while stamp(&root) == seen {
            std::thread::sleep(EVERY);
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

/// The files as they are when nothing more is changing.
fn settled(root: &Path) -> Stamp {
    let mut before = stamp(root);
    loop {
        std::thread::sleep(QUIET);
        let now = stamp(root);
        if now == before {
            return now;
        }
        before = now;
    }
}
