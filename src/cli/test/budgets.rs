//! Budgets of changes: recorded actions decided under a base and under the version that is tested.

use super::{Asked, first_only};
use crate::cli::args::TestArgs;
use crate::cli::data::DataArgs;
use crate::cli::error::CliError;
use crate::cli::origin::Origin;
use crate::cli::output::Output;
use crate::cli::recordings::Input;
use crate::cli::versions::{Loaded, load_beside_version, relative, root};
use crate::diff::{CompareOptions, Comparison, DecisionChanges};
use crate::engine::{Engine, Ground, Pairing, Side};
use crate::model::ChangeClass;
use crate::repository::BudgetSpec;
use crate::source::list_recordings;
use crate::testing::{BudgetOutcome, BudgetResult, TestReport};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Judges the budgets that are asked for. They are no part of a shard, but of the first; a run that is narrowed to an
/// agent, an action, a tag or a row asks for none, and neither does one that tests marked `only` narrow.
pub(super) fn judge(
    args: &TestArgs,
    asked: &Asked,
    output: &Output,
    loaded: &Loaded,
    report: &mut TestReport,
) -> Result<(), CliError> {
    if asked.shard.is_some_and(|shard| shard.part != 1) || first_only(&loaded.version).is_some() {
        return Ok(());
    }
    for suite in &loaded.version.suites {
        let path = &suite.file.path;
        let name = suite.spec.suite.as_deref().unwrap_or(path);
        for budget in &suite.spec.replay {
            let spec = &budget.value;
            let called = match &spec.name {
                Some(name) => name.value.clone(),
                None => format!("{} against {}", spec.recording.value, spec.base.value),
            };
            if !asked.filter.wants_named(name, path, &called) {
                continue;
            }
            if args.fail_fast && (report.failed() + report.broken() > 0 || report.is_faulty()) {
                report.not_run += 1;
                continue;
            }
            report.budgets.push(BudgetResult {
                suite: name.to_owned(),
                path: path.clone(),
                name: called,
                line: suite.file.line_column(budget.span.start).0,
                outcome: outcome(spec, args.engine.into(), output, loaded),
            });
        }
    }
    Ok(())
}

fn outcome(spec: &BudgetSpec, engine: Engine, output: &Output, head: &Loaded) -> BudgetOutcome {
    let counted = match counted(spec, engine, output, head) {
        Ok(counted) => counted,
        Err(error) => return BudgetOutcome::Broken(error.message),
    };
    let limits = spec.changes.value.limits();
    let mut limits: BTreeMap<ChangeClass, u64> = limits
        .iter()
        .map(|(class, limit)| (*class, limit.value))
        .collect();
    // What can no longer be decided is in no other class: a budget would be kept because nothing is looked at.
    limits.entry(ChangeClass::NewlyUndecidable).or_insert(0);
    let exceeded: BTreeMap<ChangeClass, (u64, u64)> = limits
        .into_iter()
        .filter_map(|(class, limit)| {
            let count = counted.get(&class).copied().unwrap_or_default();
            (count > limit).then_some((class, (limit, count)))
        })
        .collect();
    match exceeded.is_empty() {
        true => BudgetOutcome::Kept(counted),
        false => BudgetOutcome::Exceeded(exceeded),
    }
}

/// How many changes of each class there are.
fn counted(
    spec: &BudgetSpec,
    engine: Engine,
    output: &Output,
    head: &Loaded,
) -> Result<BTreeMap<ChangeClass, u64>, CliError> {
    if spec.changes.value.limits().is_empty() {
        return Err(CliError::new(
            "`changes` limits no class, so nothing could exceed it; write `{ newly_allowed: 0, newly_denied: 0 }`",
        ));
    }
    let recording = &spec.recording.value;
    let parts = recording.split(['/', '\\']);
    if recording.starts_with('/') || parts.into_iter().any(|part| part == "..") {
        return Err(CliError::new(format!(
            "`{recording}` leaves the repository; recordings are named by their path from its root"
        )));
    }
    let mut base = load_beside_version(&Origin::parse(&spec.base.value)?, head)?.whole()?;
    let looks_up = |loaded: &Loaded| {
        let mapping = loaded.version.mapping.as_ref();
        mapping.is_some_and(|mapping| !mapping.data().is_empty())
    };
    let mut given = looks_up(head).then(|| Loaded {
        header: head.header.clone(),
        version: head.version.clone(),
        directory: head.directory.clone(),
    });
    let look_ups = DataArgs::default().give([&mut base].into_iter().chain(&mut given))?;
    let head = given.as_ref().unwrap_or(head);
    let pairing = Pairing::of(&base.version, &head.version);
    let left = Side::base(&base.version, &pairing).with_engine(engine);
    let right = Side::head(&head.version).with_engine(engine);
    let path = relative(&root()?).join(recording);
    stays_inside(&root()?, &path)?;
    let input = Input::new(&[path], None)?.changed_by([&base.version, &head.version]);
    let ground = Ground::default();
    let options = CompareOptions {
        full: false,
        verify: 0,
    };
    let comparison = Comparison::new(&ground, &left, &right, options);
    let changes: DecisionChanges = input.work(output, || comparison.worker())?.result;
    look_ups.end()?;
    let malformed = changes.volume.malformed.count;
    if malformed > 0 {
        let lines = crate::render::count(malformed, "line");
        return Err(CliError::new(format!(
            "`{recording}` holds {lines} that cannot be used"
        )));
    }
    if changes.volume.actions == 0 {
        return Err(CliError::new(format!("`{recording}` holds no action")));
    }
    if changes.compared == 0 {
        let actions = crate::render::count(changes.volume.actions, "action");
        return Err(CliError::new(format!(
            "none of the {actions} of `{recording}` is decided on both sides, so nothing was compared; `agentauthz replay` \
             says why"
        )));
    }
    let classes = changes.classes.into_iter();
    let changed = classes.filter(|(class, _)| *class != ChangeClass::Unchanged);
    Ok(changed
        .map(|(class, tally)| (class, tally.actions))
        .collect())
}

/// As included files do, a recording lies inside the repository wherever links lead. What is not there is told by who
/// reads it.
fn stays_inside(root: &Path, path: &Path) -> Result<(), CliError> {
    let Ok(root) = root.canonicalize() else {
        return Ok(());
    };
    let files: Vec<PathBuf> = match path.is_dir() {
        true => list_recordings(path).unwrap_or_default(),
        false => Vec::new(),
    };
    for file in std::iter::once(path).chain(files.iter().map(PathBuf::as_path)) {
        if file
            .canonicalize()
            .is_ok_and(|real| !real.starts_with(&root))
        {
            let shown = file.display().to_string().replace('\\', "/");
            return Err(CliError::new(format!(
                "`{shown}` is not read: the link leaves the repository; put the file inside it"
            )));
        }
    }
    Ok(())
}
