//! `--update`: what failed cases expect is rewritten to what came out.

use super::report::Tested;
use super::{Asked, exit_code, tested};
use crate::cli::args::TestArgs;
use crate::cli::error::CliError;
use crate::cli::origin::Origin;
use crate::cli::output::{Output, rewrite_file};
use crate::cli::versions::{load_version, root};
use crate::render;
use crate::testing::updates;

/// Runs the tests, rewrites the expectations that do not hold, shows the difference, and runs the same tests again.
pub(super) fn update(args: &TestArgs, asked: &Asked, output: &Output) -> Result<u8, CliError> {
    let loaded = load_version(&Origin::WorkingTree)?.whole()?;
    let (report, cases) = tested(args, asked, output, &loaded)?;
    let update = updates(&loaded.version, &cases, &report);
    let root = root()?;
    let mut shown = String::new();
    for (path, text) in &update.files {
        let before = loaded.version.sources.get(path);
        let before = before.map(|file| file.text.as_ref()).unwrap_or_default();
        shown.push_str(&render::text_diff(path, before, text));
    }
    shown.push_str(&render::updated(&update));
    for (path, text) in &update.files {
        rewrite_file(&root.join(path.as_ref()), text)?;
    }
    output.aside(&shown)?;
    let loaded = load_version(&Origin::WorkingTree)?.whole()?;
    let (report, _) = tested(args, asked, output, &loaded)?;
    let code = exit_code(&report);
    output.write(&Tested::new(output, &loaded, report))?;
    Ok(code)
}
