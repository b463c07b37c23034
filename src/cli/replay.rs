//! `agentauthz replay`

use super::args::ReplayArgs;
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, Report};
use super::recordings::Input;
use super::versions::{load_version, manifest_recordings, no_recording};
use crate::engine::{Ground, Side, verify};
use crate::model::Sources;
use crate::render::{self, Header};
use crate::replay::{ReplayReport, Replayer};

struct Replayed<'a> {
    header: Header,
    report: ReplayReport,
    sources: &'a Sources,
}

impl Report for Replayed<'_> {
    fn terminal(&self) -> String {
        render::replay(&self.header, &self.report, self.sources)
    }

    fn json(&self) -> serde_json::Value {
        render::replay_json(&self.header, &self.report, self.sources)
    }
}

pub fn run(args: &ReplayArgs, output: &Output) -> Result<u8, CliError> {
    let mut loaded = load_version(&Origin::or_working_tree(args.at.as_deref())?)?.whole()?;
    let paths = match args.recordings.is_empty() {
        true => manifest_recordings()?,
        false => args.recordings.clone(),
    };
    if paths.is_empty() {
        return Err(no_recording(&loaded.version.manifest));
    }
    let look_ups = args.data.give([&mut loaded])?;
    let side = Side::head(&loaded.version).with_engine(args.deciding.engine.into());
    let ground = Ground::default();
    let replayer = Replayer::new(&ground, &side, args.deciding.verify);
    let replayer = match args.denied {
        true => replayer.listing_denied(),
        false => replayer,
    };
    let streamed = Input::new(&paths, None)?
        .allowing(args.malformed)
        .changed_by([&loaded.version])
        .work(output, || replayer.worker())?;
    look_ups.end()?;
    let mut report: ReplayReport = streamed.result;
    let disagreements = verify(None, &side, &report.sample);
    if disagreements.count > 0 {
        return Err(CliError::disagreement(&disagreements));
    }
    report.repeated = streamed.repeated;
    report.diagnostics = loaded.version.diagnostics.clone();
    let faulty =
        args.malformed.is_finding(report.volume.malformed.count) || !report.repeated.is_empty();
    // Nothing decided is nothing shown.
    let code = match (faulty, report.tally.decisions.decided()) {
        (true, _) => 1,
        (false, 0) => 3,
        (false, _) => 0,
    };
    let replayed = Replayed {
        header: output.header(loaded.version.manifest.name.as_ref(), vec![loaded.header]),
        report,
        sources: &loaded.version.sources,
    };
    output.write(&replayed)?;
    Ok(code)
}
