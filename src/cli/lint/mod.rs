//! `agentauthz lint`

mod args;
mod facts;
mod fixes;

pub use args::LintArgs;
pub use facts::{test_facts, test_facts_with_mutants};

use super::args::Format;
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, Report, write_file};
use super::paths::below_root;
use super::versions::{Loaded, load_written_version, root};
use crate::lint::{self, Baseline, Finding, Levels, LintReport, Settings, TestFacts};
use crate::model::{SourceFile, Sources};
use crate::render::{self, Header};
use crate::repository::{LintLevel, PolicyVersion};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The formats of its report.
pub const FORMATS: &[Format] = &[
    Format::Terminal,
    Format::Json,
    Format::Sarif,
    Format::Github,
    Format::Junit,
];

pub fn run(args: &LintArgs, output: &Output) -> Result<u8, CliError> {
    if args.fix {
        return fixes::run(args, output);
    }
    let loaded = load_written_version(&Origin::or_working_tree(args.at.as_deref())?, None)?;
    let mut report = look(args, &loaded.version, output)?;
    if args.update_baseline {
        return update_baseline(&loaded, &report, output);
    }
    if let Some(changed) = &args.changed {
        let base = load_written_version(&Origin::parse(changed)?, Some(&loaded))?;
        let before = look(args, &base.version, output)?;
        keep_new(&mut report, &before);
    }
    let code = exit_code(&report);
    let linted = Linted::new(output, &loaded, report, args.summary);
    output.write(&linted)?;
    // The process ends, and to let go of a large repository takes its time.
    std::mem::forget(loaded);
    Ok(code)
}

/// 2 where files could not be read: what stands in them was not looked at. 1 where something of level error was found.
fn exit_code(report: &LintReport) -> u8 {
    match report.unread.is_empty() {
        false => 2,
        true => u8::from(report.failed()),
    }
}

/// Lints a version as the command line asks.
fn look(args: &LintArgs, version: &PolicyVersion, output: &Output) -> Result<LintReport, CliError> {
    let levels = levels(args, version)?;
    let facts: Option<TestFacts> = match (args.with_mutants, args.with_tests) {
        (true, _) => Some(test_facts_with_mutants(version, &output.now).map_err(|_| {
            CliError::new("mutants cannot be judged: a unit test fails or is broken")
                .with_help("`agentauthz test` shows which")
        })?),
        (false, true) => Some(test_facts(version, &output.now)),
        (false, false) => None,
    };
    let settings = Settings {
        levels,
        now: output.now.clone(),
        tests: facts.as_ref(),
        only: Vec::new(),
        ignore_baseline: args.ignore_baseline || args.update_baseline,
    };
    let mut report = lint::lint(version, &settings);
    if !args.paths.is_empty() {
        let wanted = below_root(&args.paths)?;
        let known = |path: &str| {
            let mut all = version.sources.iter();
            all.any(|file| is_within(&file.path, path))
        };
        if let Some(unknown) = wanted.iter().find(|path| !known(path)) {
            return Err(
                CliError::new(format!("the repository has no file `{unknown}`"))
                    .with_help("paths are relative to the working directory"),
            );
        }
        let shown = |found: &Finding| wanted.iter().any(|path| is_within(&found.path, path));
        report.findings.retain(shown);
        report.suppressed.retain(shown);
        report.known.retain(shown);
    }
    Ok(report)
}

/// Whether a file is what a path names, or lies below it.
pub(super) fn is_within(file: &str, path: &str) -> bool {
    path.is_empty()
        || file == path
        || file
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// The levels of manifest and command line.
fn levels(args: &LintArgs, version: &PolicyVersion) -> Result<Levels, CliError> {
    let named = |names: &[String], level: LintLevel| {
        let names = names.iter().map(|name| (name.clone(), level));
        names.collect::<Vec<_>>()
    };
    let mut given = named(&args.allow, LintLevel::Off);
    given.extend(named(&args.warn, LintLevel::Warning));
    given.extend(named(&args.deny, LintLevel::Error));
    let levels = Levels::new(&version.manifest.lint, given);
    if let Some((name, meant)) = levels.unknown().into_iter().next() {
        let help = match meant {
            Some(meant) => format!("`{meant}` may be meant"),
            None => "`agentauthz explain lints` lists them".to_owned(),
        };
        return Err(CliError::new(format!("there is no lint `{name}`")).with_help(help));
    }
    Ok(levels)
}

/// Leaves what base did not have. Of findings that are alike, so many are new as there are more of them.
fn keep_new(report: &mut LintReport, base: &LintReport) {
    let mut before: BTreeMap<String, usize> = BTreeMap::new();
    for found in base
        .findings
        .iter()
        .chain(&base.suppressed)
        .chain(&base.known)
    {
        *before.entry(found.fingerprint()).or_default() += 1;
    }
    let all = report.findings.len();
    report
        .findings
        .retain(|found| match before.get_mut(&found.fingerprint()) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            Some(_) | None => true,
        });
    report.before = all - report.findings.len();
}

fn update_baseline(loaded: &Loaded, report: &LintReport, output: &Output) -> Result<u8, CliError> {
    let Some(path) = &loaded.version.manifest.lint.baseline else {
        return Err(CliError::new("the manifest names no baseline")
            .with_help("write `lint: {baseline: lint-baseline.yaml}` into `agentauthz.yaml`"));
    };
    let file = baseline_file(path)?;
    if !report.unread.is_empty() {
        return Err(CliError {
            diagnostics: Some((
                report.unread.clone(),
                Box::new(loaded.version.sources.clone()),
            )),
            ..CliError::new("the baseline was not written: not every file could be read")
        });
    }
    write_file(&file, Baseline::text(&report.findings).as_bytes())?;
    let found = render::count(report.findings.len() as u64, "finding");
    output.aside(&format!("wrote {} with {found}\n", render::printable(path)))?;
    Ok(0)
}

/// Where the baseline is written: below the root, where there is none yet, or one that is read as such.
fn baseline_file(path: &str) -> Result<PathBuf, CliError> {
    let inside = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let refuse = |why: &str| {
        CliError::new(format!("the baseline `{path}` was not written: {why}"))
            .with_help("name a file of its own: `lint: {baseline: lint-baseline.yaml}`")
    };
    if !inside || path.is_empty() {
        return Err(refuse("it does not lie in the repository"));
    }
    let file = root()?.join(path);
    match std::fs::read_to_string(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(file),
        Err(error) => Err(CliError::file("read", &file, &error)),
        Ok(text) => match Baseline::read(&SourceFile::new(path, text)) {
            Ok(_) => Ok(file),
            Err(_) => Err(refuse("what stands there is no baseline")),
        },
    }
}

/// What was found in a version.
struct Linted<'l> {
    header: Header,
    report: LintReport,
    sources: &'l Sources,
    /// Where the repository stands in git, for formats that name files from there.
    directory: String,
    summary: bool,
}

impl<'l> Linted<'l> {
    fn new(output: &Output, loaded: &'l Loaded, report: LintReport, summary: bool) -> Self {
        Self {
            header: output.header(
                loaded.version.manifest.name.as_ref(),
                vec![loaded.header.clone()],
            ),
            report,
            sources: &loaded.version.sources,
            directory: super::plan::directory(loaded),
            summary,
        }
    }
}

impl Report for Linted<'_> {
    fn terminal(&self) -> String {
        match self.summary {
            true => render::lint_summary(&self.report),
            false => render::lint(&self.header, &self.report, self.sources),
        }
    }

    fn json(&self) -> serde_json::Value {
        render::lint_json(&self.header, &self.report, self.sources)
    }

    fn other(&self, format: Format) -> Option<String> {
        match format {
            Format::Sarif => Some(render::lint_sarif(
                &self.header,
                &self.report,
                self.sources,
                &self.directory,
            )),
            Format::Github => Some(render::lint_github(
                &self.report,
                self.sources,
                &self.directory,
            )),
            Format::Junit => Some(render::lint_junit(&self.report, self.sources)),
            Format::Terminal | Format::Json | Format::Markdown | Format::Html => None,
        }
    }
}
