//! Budgets of changes: recorded actions decided under a base and under the version that is tested.

use super::Asked;
use crate::cli::args::TestArgs;
use crate::cli::error::CliError;
use crate::cli::origin::Origin;
use crate::cli::output::Output;
use crate::cli::recordings::Input;
use crate::cli::versions::{Loaded, load_beside_version, relative, root};
use crate::diff::{CompareOptions, Comparison, DecisionChanges};
use crate::engine::{Engine, Ground, Pairing, Side};
use crate::model::ChangeClass;
use crate::repository::BudgetSpec;
use crate::testing::{BudgetOutcome, BudgetResult, TestReport};
use std::collections::BTreeMap;

/// Judges the budgets that are asked for. They are no part of a shard, but of the first; a run that is narrowed to an
/// agent, an action, a tag or a row asks for none.
pub(super) fn judge(
    args: &TestArgs,
    asked: &Asked,
    output: &Output,
    loaded: &Loaded,
    report: &mut TestReport,
) -> Result<(), CliError> {
    if asked.shard.is_some_and(|shard| shard.part != 1) || report.not_run > 0 {
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
    let exceeded: BTreeMap<ChangeClass, (u64, u64)> = limits
        .iter()
        .filter_map(|(class, limit)| {
            let count = counted.get(class).copied().unwrap_or_default();
            (count > limit.value).then_some((*class, (limit.value, count)))
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
    let recording = &spec.recording.value;
    let parts = recording.split(['/', '\\']);
    if recording.starts_with('/') || parts.into_iter().any(|part| part == "..") {
        return Err(CliError::new(format!(
            "`{recording}` leaves the repository; recordings are named by their path from its root"
        )));
    }
    let base = load_beside_version(&Origin::parse(&spec.base.value)?, head)?.whole()?;
    let pairing = Pairing::of(&base.version, &head.version);
    let left = Side::base(&base.version, &pairing).with_engine(engine);
    let right = Side::head(&head.version).with_engine(engine);
    let input = Input::new(&[relative(&root()?).join(recording)], None)?;
    let ground = Ground::default();
    let options = CompareOptions {
        full: false,
        verify: 0,
    };
    let comparison = Comparison::new(&ground, &left, &right, options);
    let changes: DecisionChanges = input.work(output, || comparison.worker())?.result;
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
    let classes = changes.classes.into_iter();
    let changed = classes.filter(|(class, _)| *class != ChangeClass::Unchanged);
    Ok(changed
        .map(|(class, tally)| (class, tally.actions))
        .collect())
}
