//! `agentauthz mapping`

use super::args::MappingArgs;
use super::data::LookUps;
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, Report};
use super::recordings::Input;
use super::versions::{load_version, manifest_recordings};
use crate::engine::Side;
use crate::mapping::{MappingReport, Seen, judge, see};
use crate::render::{self, Header};

struct Judged {
    header: Header,
    report: MappingReport,
}

impl Report for Judged {
    fn terminal(&self) -> String {
        render::mapping(&self.header, &self.report)
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!(self.report)
    }
}

pub fn run(args: &MappingArgs, output: &Output) -> Result<u8, CliError> {
    let mut loaded = load_version(&Origin::or_working_tree(args.at.as_deref())?)?.whole()?;
    if loaded.version.mapping.is_none() || loaded.version.schema.is_none() {
        return Err(
            CliError::new("this repository has no mapping, or no schema to map to").with_help(
                "`agentauthz init` and `init --from-mcp` write both; docs/repository.md says what a mapping holds",
            ),
        );
    }
    let paths = match args.recordings.is_empty() {
        true => manifest_recordings()?,
        false => args.recordings.clone(),
    };
    let look_ups = match paths.is_empty() {
        true => LookUps::default(),
        false => args.data.give([&mut loaded])?,
    };
    let version = &loaded.version;
    let side = Side::head(version);
    let mut seen = Seen::default();
    if !paths.is_empty() {
        let input = Input::new(&paths, None)?.changed_by([version]);
        seen = input
            .stream(output, |seen, incoming| see(&side, seen, incoming))?
            .result;
    }
    look_ups.end()?;
    let judged = Judged {
        header: output.header(version.manifest.name.as_ref(), vec![loaded.header.clone()]),
        report: judge(version, &seen),
    };
    output.write(&judged)?;
    let faults = judged.report.faults() as u64 + judged.report.looked_at.malformed;
    Ok(match (faults, judged.report.is_inconclusive()) {
        (0, true) => 3,
        (0, false) => 0,
        _ => 1,
    })
}
