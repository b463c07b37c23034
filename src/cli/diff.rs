//! `agentauthz diff`

use super::args::DiffArgs;
use super::error::CliError;
use super::origin::Range;
use super::output::{Output, Report};
use super::recordings::Input;
use super::versions::{Loaded, load_range, manifest_recordings};
use crate::diff::{
    CompareOptions, Comparison, DecisionChanges, DiffReport, Ending, FailOn, SideName,
    policy_changes,
};
use crate::engine::{Ground, Merge, Pairing, Side, verify};
use crate::model::{ChangeClass, Sources};
use crate::render::{self, Header, Judgement};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::ManuallyDrop;
use std::path::PathBuf;

struct Diffed<'a> {
    header: Header,
    report: DiffReport,
    judgement: Judgement,
    sources: (&'a Sources, &'a Sources),
}

impl Report for Diffed<'_> {
    fn terminal(&self) -> String {
        render::diff(&self.header, &self.report, &self.judgement, self.sources)
    }

    fn json(&self) -> serde_json::Value {
        render::diff_json(&self.header, &self.report, &self.judgement, self.sources)
    }
}

pub fn run(args: &DiffArgs, output: &Output) -> Result<u8, CliError> {
    let fail_on = read_fail_on(&args.fail_on)?;
    let (base, head) = load_range(&Range::parse(&args.versions)?)?;
    // The process ends with the command; to take the many small things of which versions are made apart would only
    // take time.
    let base = ManuallyDrop::new(base.whole()?);
    let head = ManuallyDrop::new(head.whole()?);
    let paths = match args.recordings.is_empty() {
        true => manifest_recordings()?,
        false => args.recordings.clone(),
    };
    let mut report = DiffReport::default();
    let decisions = rayon::in_place_scope(|scope| {
        // Goes on beside what is done before the first action is decided.
        scope.spawn(|_| report = compare_repositories(&base, &head));
        compare_decisions(args, output, (&base, &head), &paths)
    })?;
    if let Some((changes, repeated)) = decisions {
        report.decisions = Some(changes);
        report.repeated = repeated;
    }
    let ending = report.ending(&fail_on);
    let diffed = Diffed {
        header: output.header(
            head.version.manifest.name.as_ref(),
            vec![base.header.clone(), head.header.clone()],
        ),
        report,
        judgement: Judgement {
            ending,
            fail_on: args.fail_on.clone(),
        },
        sources: (&base.version.sources, &head.version.sources),
    };
    output.write(&diffed)?;
    Ok(match ending {
        Ending::Clean => 0,
        Ending::Failed => 1,
        Ending::Inconclusive => 3,
    })
}

/// What changed in the decisions, and the ids that are repeated; nothing where there is no recording.
#[expect(clippy::type_complexity, reason = "the parts of a report")]
fn compare_decisions(
    args: &DiffArgs,
    output: &Output,
    (base, head): (&Loaded, &Loaded),
    paths: &[PathBuf],
) -> Result<Option<(DecisionChanges, BTreeMap<String, u64>)>, CliError> {
    if paths.is_empty() {
        return Ok(None);
    }
    let pairing = Pairing::of(&base.version, &head.version);
    let engine = args.deciding.engine.into();
    let left = Side::base(&base.version, &pairing).with_engine(engine);
    let right = Side::head(&head.version).with_engine(engine);
    let ground = Ground::default();
    let options = CompareOptions {
        full: args.full,
        verify: args.deciding.verify,
    };
    let comparison = Comparison::new(&ground, &left, &right, options);
    let streamed = Input::new(paths, None)?.work(output, || comparison.worker())?;
    let mut changes: DecisionChanges = streamed.result;
    let found = verify(Some(&left), &right, &changes.sample);
    changes.disagreements.merge(found);
    if changes.disagreements.count > 0 {
        return Err(CliError::disagreement(&changes.disagreements));
    }
    Ok(Some((changes, streamed.repeated)))
}

fn compare_repositories(base: &Loaded, head: &Loaded) -> DiffReport {
    let pairing = Pairing::of(&base.version, &head.version);
    let mut diagnostics = Vec::new();
    for (side, loaded) in [(SideName::Base, base), (SideName::Head, head)] {
        let found = loaded.version.diagnostics.iter().cloned();
        diagnostics.extend(found.map(|found| (side, found)));
    }
    DiffReport {
        diagnostics,
        repository: policy_changes(&base.version, &head.version, &pairing),
        decisions: None,
        repeated: Default::default(),
    }
}

/// Classes as the command line names them.
pub fn read_fail_on(names: &[String]) -> Result<BTreeSet<FailOn>, CliError> {
    let mut fail_on = BTreeSet::new();
    for name in names {
        let class = ChangeClass::ALL
            .into_iter()
            .find(|class| class.name() == name && *class != ChangeClass::Unchanged);
        match (name.as_str(), class) {
            ("none", _) => {}
            ("newly-allowed", _) => {
                fail_on.insert(FailOn::NewlyAllowed);
            }
            ("newly-denied", _) => {
                fail_on.insert(FailOn::NewlyDenied);
            }
            (_, Some(class)) => {
                fail_on.insert(FailOn::Class(class));
            }
            (_, None) => {
                let known: Vec<&str> = ChangeClass::ALL
                    .into_iter()
                    .filter(|class| *class != ChangeClass::Unchanged)
                    .map(ChangeClass::name)
                    .collect();
                return Err(CliError::new(format!("`{name}` is no class of change"))
                    .with_help(format!("classes are {}, and `none`", known.join(", "))));
            }
        }
    }
    Ok(fail_on)
}
