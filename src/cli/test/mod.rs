//! `agentauthz test`

mod args;
mod budgets;
mod report;
mod update;
mod watch;

pub use args::TestArgs;

use super::args::Format;
use super::coverage::CoveragePlan;
use super::error::CliError;
use super::mutate;
use super::origin::Origin;
use super::output::Output;
use super::run::STACK;
use super::versions::{Loaded, load_beside_version, load_version};
use crate::engine::{Case, Fixtures, Touched, case_suites};
use crate::repository::{PolicyVersion, Suite, TestSpec};
use crate::testing::{Filter, Run, Shard, TestReport};
use crate::yaml::Spanned;
use report::Tested;

/// The formats of its report.
pub const FORMATS: &[Format] = &[
    Format::Terminal,
    Format::Json,
    Format::Junit,
    Format::Github,
];

pub fn run(args: &TestArgs, output: &Output) -> Result<u8, CliError> {
    let asked = Asked::read(args, output)?;
    let Some(jobs) = args.jobs else {
        return run_all(args, &asked, output);
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(usize::from(jobs))
        .stack_size(STACK)
        .build()
        .map_err(|error| CliError::new(format!("`--jobs {jobs}`: {error}")))?;
    pool.install(|| run_all(args, &asked, output))
}

fn run_all(args: &TestArgs, asked: &Asked, output: &Output) -> Result<u8, CliError> {
    if args.mutate {
        return mutate::run(args, asked.fixtures, asked.ci, output);
    }
    match (args.watch, args.update) {
        (true, _) => watch::watch(args, asked, output),
        (false, true) => update::update(args, asked, output),
        (false, false) => run_once(args, asked, output),
    }
}

/// What the command line asks for, understood.
struct Asked {
    filter: Filter,
    shard: Option<Shard>,
    fixtures: Fixtures,
    /// Whether `only` is refused.
    ci: bool,
    coverage: Option<CoveragePlan>,
}

impl Asked {
    fn read(args: &TestArgs, output: &Output) -> Result<Self, CliError> {
        let usage = |message: String| {
            CliError::new(message).with_help("`agentauthz test --help` shows the form")
        };
        let coverage = CoveragePlan::read(&args.coverage, output.format())?;
        let ci = std::env::var("CI").is_ok_and(|ci| !ci.is_empty() && ci != "false" && ci != "0");
        Ok(Self {
            filter: Filter::parse(&args.select).map_err(usage)?,
            shard: args
                .shard
                .as_deref()
                .map(Shard::parse)
                .transpose()
                .map_err(usage)?,
            fixtures: match args.lenient_fixtures {
                true => Fixtures::Lenient,
                false => Fixtures::Strict,
            },
            ci: args.ci || ci,
            coverage,
        })
    }
}

/// Runs the tests, writes the report, and gives the exit code.
fn run_once(args: &TestArgs, asked: &Asked, output: &Output) -> Result<u8, CliError> {
    let loaded = load_version(&Origin::or_working_tree(args.at.as_deref())?)?.whole()?;
    let code = run_on(args, asked, output, &loaded);
    // The process ends now, and frees it all at once.
    std::mem::forget(loaded);
    code
}

/// The same for a version that is loaded.
fn run_on(
    args: &TestArgs,
    asked: &Asked,
    output: &Output,
    loaded: &Loaded,
) -> Result<u8, CliError> {
    let base = since(args, loaded)?;
    let (report, _) = tested_since(args, asked, output, loaded, base.as_ref())?;
    let code = exit_code(&report);
    let tested = Tested::new(output, loaded, report);
    let Some(plan) = &asked.coverage else {
        output.write(&tested)?;
        return Ok(code);
    };
    match plan.takes_stdout() {
        true => output.write_aside(&tested)?,
        false => output.write(&tested)?,
    }
    let covered = plan.run(loaded, base.as_ref(), asked.fixtures, output)?;
    Ok(if covered { code } else { code.max(1) })
}

/// The version of `--changed`.
pub fn since(args: &TestArgs, loaded: &Loaded) -> Result<Option<Loaded>, CliError> {
    let Some(changed) = &args.changed else {
        return Ok(None);
    };
    let base = load_beside_version(&Origin::parse(changed)?, loaded)?;
    base.whole().map(Some)
}

/// What became of the tests of a version, with all its cases where they are asked for.
fn tested(
    args: &TestArgs,
    asked: &Asked,
    output: &Output,
    loaded: &Loaded,
) -> Result<(TestReport, Vec<Case>), CliError> {
    let base = since(args, loaded)?;
    tested_since(args, asked, output, loaded, base.as_ref())
}

/// What became of the tests of a version, with all its cases where they are asked for; of what changed since a base.
fn tested_since(
    args: &TestArgs,
    asked: &Asked,
    output: &Output,
    loaded: &Loaded,
    base: Option<&Loaded>,
) -> Result<(TestReport, Vec<Case>), CliError> {
    let version = &loaded.version;
    let suites = case_suites(version, asked.fixtures);
    // What was not run would count as covering.
    refuse_only(asked.ci || asked.coverage.is_some(), version)?;
    let kept: Vec<Case> = match args.update {
        true => suites
            .iter()
            .flat_map(|suite| suite.cases.clone())
            .collect(),
        false => Vec::new(),
    };
    let run = Run {
        engine: args.engine.into(),
        at: args.at.as_deref(),
        fixtures: asked.fixtures,
        today: output.now.clone(),
        filter: asked.filter.clone(),
        touched: base.map(|base| Touched::of(&base.version, version)),
        shard: asked.shard,
        fail_fast: args.fail_fast,
    };
    let mut report = run.run_cases(version, suites);
    budgets::judge(args, asked, output, loaded, &mut report)?;
    nothing(args, asked, version, &report)?;
    Ok((report, kept))
}

/// A run that was to run nothing was not meant.
fn nothing(
    args: &TestArgs,
    asked: &Asked,
    version: &PolicyVersion,
    report: &TestReport,
) -> Result<(), CliError> {
    let found = report.selected() + report.not_run + report.budgets.len();
    if found > 0 || report.is_faulty() {
        return Ok(());
    }
    let budgets = version.suites.iter().map(|suite| suite.spec.replay.len());
    if report.cases == 0 && budgets.sum::<usize>() == 0 {
        if !report.unproved.is_empty() {
            return Err(CliError::new(
                "nothing was run: there are only properties, and none is proved yet",
            )
            .with_help("write a test beside them; `agentauthz schema test` describes the format"));
        }
        let patterns = version.manifest.tests.join("`, `");
        return Err(CliError::new(format!(
            "there is no test: no file matches `{patterns}`, or none holds a test"
        ))
        .with_help("`agentauthz schema test` describes the format"));
    }
    let all = crate::render::count(report.cases as u64, "case");
    let message = match (&args.changed, asked.filter.is_all(), asked.shard) {
        (Some(changed), true, _) => {
            format!("nothing that changed since `{changed}` touches any of {all}")
        }
        (Some(changed), false, _) => {
            format!(
                "none of {all} is selected by `-k` and touched by what changed since `{changed}`"
            )
        }
        (None, false, _) => format!("`-k` selects none of {all}"),
        (None, true, Some(shard)) => {
            format!("part {} of {} holds none of {all}", shard.part, shard.of)
        }
        (None, true, None) => format!("none of {all} was run"),
    };
    Err(CliError::new(message).with_help("`agentauthz test --verbose` names every case"))
}

/// The first test that asks to be run alone, with its suite.
fn first_only(version: &PolicyVersion) -> Option<(&Suite, &Spanned<TestSpec>)> {
    let mut suites = version.suites.iter();
    suites.find_map(|suite| {
        let mut tests = suite.spec.tests.iter();
        Some((suite, tests.find(|test| test.value.only)?))
    })
}

/// Where all tests are meant, one marked `only` would hide the others.
pub fn refuse_only(refused: bool, version: &PolicyVersion) -> Result<(), CliError> {
    match first_only(version).filter(|_| refused) {
        Some((suite, test)) => Err(CliError::new(format!(
            "{}:{}: `{}` is marked `only`, so nothing else would be run",
            suite.file.path,
            suite.file.line_column(test.span.start).0,
            test.value.name.value
        ))
        .with_help(
            "take `only` away; it is refused with `--ci`, with `--coverage`, and where the environment sets `CI`",
        )),
        None => Ok(()),
    }
}

/// A broken test is told apart from a failed one, and goes before it.
fn exit_code(report: &TestReport) -> u8 {
    match (
        report.broken() > 0 || report.is_faulty(),
        report.failed() > 0,
    ) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    }
}
