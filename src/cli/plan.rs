//! Computing the report of a diff, for every command that needs one.

use super::data::{DataArgs, LookUps};
use super::error::CliError;
use super::malformed::Malformed;
use super::origin::Range;
use super::output::Output;
use super::recordings::Input;
use super::versions::{Loaded, load_range, manifest_recordings};
use crate::diff::document::{Document, GateLimits, RepositoryNote, VersionNote};
use crate::diff::{
    self, CompareOptions, Comparison, DecisionChanges, DiffReport, SideName, approval_changes,
    document, gate_changes, policy_changes,
};
use crate::engine::{Engine, Ground, Merge, Pairing, Side, verify};
use crate::repository::deciding_digest;
use crate::source::{self, Repository};
use crate::testing;
use std::collections::{BTreeMap, BTreeSet};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

/// What is compared, and how.
#[derive(Debug, Clone, Default)]
pub struct PlanRequest<'a> {
    /// Base, or base and head, as on the command line.
    pub versions: &'a [String],
    /// Recordings, or directories of them; without any, those of the manifest.
    pub recordings: &'a [PathBuf],
    /// What decides.
    pub engine: Engine,
    /// How many actions are decided once more by Cedar's authorizer.
    pub verify: usize,
    /// Whether every action is evaluated.
    pub full: bool,
    /// How much of the recordings may be unreadable.
    pub malformed: Malformed,
    /// Where data sets are read from.
    pub data: DataArgs,
}

/// A report that is not judged yet, and what it was made from.
pub struct Computed {
    /// The report.
    pub document: Document,
    /// Base. The process ends with the command; to take the many small things of which versions are made apart would only
    /// take time.
    pub base: ManuallyDrop<Loaded>,
    /// Head.
    pub head: ManuallyDrop<Loaded>,
}

/// Compares two versions.
pub fn compute(request: &PlanRequest<'_>, output: &Output) -> Result<Computed, CliError> {
    let (base, head) = load_range(&Range::parse(request.versions)?)?;
    let (mut base, mut head) = (base.whole()?, head.whole()?);
    let paths = match request.recordings.is_empty() {
        true => manifest_recordings()?,
        false => request.recordings.to_vec(),
    };
    let look_ups = match paths.is_empty() {
        true => LookUps::default(),
        false => request.data.give([&mut base, &mut head])?,
    };
    let (base, head) = (ManuallyDrop::new(base), ManuallyDrop::new(head));
    let pairing = Pairing::of(&base.version, &head.version);
    let left = Side::base(&base.version, &pairing).with_engine(request.engine);
    let right = Side::head(&head.version).with_engine(request.engine);
    let mut report = DiffReport::default();
    let input = match paths.is_empty() {
        true => None,
        false => Some(
            Input::new(&paths, None)?
                .allowing(request.malformed)
                .changed_by([&base.version, &head.version]),
        ),
    };
    let decisions = rayon::in_place_scope(|scope| {
        // Goes on beside what is done before the first action is decided.
        scope.spawn(|_| report = compare_repositories(&base, &head, &pairing));
        compare_decisions(request, output, (&left, &right), input.as_ref())
    })?;
    look_ups.end()?;
    if let Some((changes, repeated)) = decisions {
        report.decisions = Some(changes);
        report.repeated = repeated;
    }
    let mut repository = RepositoryNote::from(&report.repository);
    repository.control.extend(gate_changes(
        &base.version.manifest.gates,
        &head.version.manifest.gates,
    ));
    repository.control.extend(approval_changes(
        &base.version.approvals,
        &head.version.approvals,
    ));
    repository.control.sort();
    let tested = match report.untried().is_empty() {
        true => BTreeSet::new(),
        false => testing::reached(&head.version),
    };
    let manifests = [&base.version.manifest, &head.version.manifest];
    let mut document = document(diff::Input {
        repository,
        sides: [&left, &right],
        versions: [note(&base), note(&head)],
        name: head.version.manifest.name.clone(),
        now: output.now.clone(),
        recordings: input
            .iter()
            .flat_map(|input| &input.paths)
            .map(|path| path.display().to_string())
            .collect(),
        tested,
        report: &report,
    });
    document.directory = directory(&head);
    document.values_allowed = manifests.iter().all(|manifest| manifest.reports.values);
    document.gates = GateLimits {
        base: Some(base.version.manifest.gates),
        head: head.version.manifest.gates,
    };
    drop(left);
    drop(right);
    // What was counted is as large as the report is long.
    std::mem::forget(report);
    Ok(Computed {
        document,
        base,
        head,
    })
}

/// Where head's files stand in git; empty where they stand in none.
pub fn directory(head: &Loaded) -> String {
    let is_directory = |name: &String| name.starts_with("dir:");
    let root = source::find_root(Path::new("."));
    let root = root.filter(|_| !head.header.name.as_ref().is_some_and(is_directory));
    let repository = root.and_then(|root| Repository::discover(&root).ok());
    repository
        .map(|repository| repository.directory())
        .unwrap_or_default()
}

fn note(loaded: &Loaded) -> VersionNote {
    VersionNote {
        label: loaded.header.label.clone(),
        name: loaded.header.name.clone(),
        digest: loaded.header.digest.clone(),
        deciding: deciding_digest(&loaded.version).to_string(),
        policies: loaded.version.policies.policies().len() as u64,
    }
}

/// What changed in the decisions, and the ids that are repeated; nothing where there is no recording.
#[expect(clippy::type_complexity, reason = "the parts of a report")]
fn compare_decisions(
    request: &PlanRequest<'_>,
    output: &Output,
    (left, right): (&Side<'_>, &Side<'_>),
    input: Option<&Input>,
) -> Result<Option<(DecisionChanges, BTreeMap<String, u64>)>, CliError> {
    let Some(input) = input else {
        return Ok(None);
    };
    let ground = Ground::default();
    let options = CompareOptions {
        full: request.full,
        verify: request.verify,
    };
    let comparison = Comparison::new(&ground, left, right, options);
    let streamed = input.work(output, || comparison.worker())?;
    let mut changes: DecisionChanges = streamed.result;
    let found = verify(Some(left), right, &changes.sample);
    changes.disagreements.merge(found);
    if changes.disagreements.count > 0 {
        return Err(CliError::disagreement(&changes.disagreements));
    }
    Ok(Some((changes, streamed.repeated)))
}

fn compare_repositories(base: &Loaded, head: &Loaded, pairing: &Pairing) -> DiffReport {
    let mut diagnostics = Vec::new();
    for (side, loaded) in [(SideName::Base, base), (SideName::Head, head)] {
        let found = loaded.version.diagnostics.iter().cloned();
        diagnostics.extend(found.map(|found| (side, found)));
    }
    let named = |is_template: bool| -> BTreeSet<String> {
        let parsed = [base, head]
            .into_iter()
            .flat_map(|loaded| &loaded.version.parsed);
        let those = parsed.filter(|policy| policy.is_template == is_template);
        those
            .map(|policy| policy.display_id().to_string())
            .collect()
    };
    // What is a policy on some side decides there.
    let templates = &named(true) - &named(false);
    DiffReport {
        diagnostics,
        templates,
        repository: policy_changes(&base.version, &head.version, pairing),
        decisions: None,
        repeated: Default::default(),
    }
}
