//! `agentauthz check`

use super::args::CheckArgs;
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, Report};
use super::recordings::Input;
use super::versions::{load_version, manifest_recordings, no_recording};
use crate::check::{CheckReport, check, observe};
use crate::engine::Side;
use crate::model::Sources;
use crate::render::{self, Header};

struct Checked<'a> {
    header: Header,
    report: CheckReport,
    sources: &'a Sources,
}

impl Report for Checked<'_> {
    fn terminal(&self) -> String {
        render::check(&self.header, &self.report, self.sources)
    }

    fn json(&self) -> serde_json::Value {
        render::check_json(&self.header, &self.report, self.sources)
    }
}

pub fn run(args: &CheckArgs, output: &Output) -> Result<u8, CliError> {
    let mut loaded = load_version(&Origin::or_working_tree(args.at.as_deref())?)?;
    let mut report = check(&loaded.version);
    if let Some(paths) = &args.recordings {
        let paths = if paths.is_empty() {
            manifest_recordings()?
        } else {
            paths.clone()
        };
        if paths.is_empty() {
            return Err(no_recording(&loaded.version.manifest));
        }
        let look_ups = args.data.give([&mut loaded])?;
        let side = Side::head(&loaded.version);
        let streamed = Input::new(&paths, None)?
            .changed_by([&loaded.version])
            .stream(output, |report, incoming| observe(&side, report, incoming))?;
        look_ups.end()?;
        let mut found: crate::check::RecordingsReport = streamed.result;
        found.repeated = streamed.repeated;
        report.recordings = Some(found);
    }
    let checked = Checked {
        header: output.header(loaded.version.manifest.name.as_ref(), vec![loaded.header]),
        report,
        sources: &loaded.version.sources,
    };
    output.write(&checked)?;
    Ok(u8::from(checked.report.failed()))
}
