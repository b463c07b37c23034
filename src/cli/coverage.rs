//! `--coverage` of `agentauthz test`: what is asked for, where it is written, and how thresholds judge it.

use super::args::Format;
use super::error::CliError;
use super::output::{Output, writable, write_file};
use super::versions::Loaded;
use crate::engine::{Fixtures, changed};
use crate::render::{self, json_text};
use crate::repository::{Figure, Percent, Thresholds};
use crate::testing::coverage::{Coverage, CoverageOptions, coverage};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// With these it would not be the coverage by all tests.
const ALONE: [&str; 6] = ["select", "shard", "fail_fast", "watch", "update", "mutate"];

/// What is measured of the coverage, and where it is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Coverage")]
pub struct CoverageArgs {
    /// Measure what the tests cover of the policies, and write it as `terminal`, `json`, `lcov` or `html`, to a file where
    /// one is named; can be given several times. The thresholds of the manifest then judge it. With `--changed`, only policies
    /// and template links that changed are counted, by all tests.
    #[arg(long, value_name = "FORMAT[=PATH]", value_hint = ValueHint::AnyPath, conflicts_with_all = ALONE)]
    pub coverage: Vec<String>,
    /// The least coverage in percent, as `policy=100,mcdc=80`; of this and the manifest, the higher counts. Figures are
    /// policy, outcome, condition, mcdc, environment and decision.
    #[arg(long, value_name = "FIGURE=PERCENT", value_delimiter = ',', conflicts_with_all = ALONE)]
    pub min_coverage: Vec<String>,
}

/// Formats of coverage reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CoverageFormat {
    /// Text for people.
    Terminal,
    /// One JSON object.
    Json,
    /// A tracefile of LCOV.
    Lcov,
    /// One HTML page.
    Html,
}

/// The coverage that was asked for, understood.
pub struct CoveragePlan {
    outputs: Vec<(CoverageFormat, Option<PathBuf>)>,
    least: Thresholds,
}

impl CoveragePlan {
    /// Reads the arguments; nothing where no coverage is asked for. What cannot be written is an error before any test runs.
    pub fn read(args: &CoverageArgs, format: Format) -> Result<Option<Self>, CliError> {
        let mut outputs = Vec::new();
        for text in &args.coverage {
            outputs.push(read_output(text)?);
        }
        let paths: Vec<&PathBuf> = outputs
            .iter()
            .filter_map(|(_, path)| path.as_ref())
            .collect();
        for (at, path) in paths.iter().enumerate() {
            if paths.iter().take(at).any(|other| other == path) {
                let message = format!("two reports are to be written to `{}`", path.display());
                return Err(CliError::new(message).with_help("name a path for each"));
            }
            writable(path)?;
        }
        let mut to_stdout = outputs.iter().filter(|(_, path)| path.is_none());
        let first = to_stdout.next().map(|(format, _)| *format);
        let both = "several reports are to be written to standard output";
        if to_stdout.next().is_some() || (first.is_some() && format != Format::Terminal) {
            return Err(CliError::new(both)
                .with_help("name a file for all but one: `--coverage FORMAT=PATH`"));
        }
        let mut least = Thresholds::default();
        for text in &args.min_coverage {
            let (figure, percent) = read_threshold(text)?;
            least.raise(figure, percent);
        }
        if outputs.is_empty() && args.min_coverage.is_empty() {
            return Ok(None);
        }
        if outputs.is_empty() {
            outputs.push((CoverageFormat::Terminal, None));
        }
        Ok(Some(Self { outputs, least }))
    }

    /// The files that it writes.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.outputs.iter().filter_map(|(_, path)| path.as_ref())
    }

    /// Whether standard output holds a coverage report for machines, and nothing else.
    pub fn takes_stdout(&self) -> bool {
        self.outputs
            .iter()
            .any(|(format, path)| path.is_none() && *format != CoverageFormat::Terminal)
    }

    /// Measures, and writes what was asked for; with a base, of what changed since. What is given back says whether the
    /// thresholds are reached.
    pub fn run(
        &self,
        loaded: &Loaded,
        base: Option<&Loaded>,
        fixtures: Fixtures,
        output: &Output,
    ) -> Result<bool, CliError> {
        let mut thresholds = loaded.version.manifest.coverage;
        for figure in Figure::ALL {
            if let Some(least) = self.least.of(figure) {
                thresholds.raise(figure, least);
            }
        }
        let changed = base.map(|base| {
            let found = changed(&base.version, &loaded.version);
            (base.header.label.clone(), found)
        });
        let options = CoverageOptions {
            version: loaded.header.label.clone(),
            now: output.now.clone(),
            thresholds,
            changed,
            fixtures,
        };
        let found = coverage(&loaded.version, &options);
        self.write(&found, loaded, output)?;
        Ok(found.passed())
    }

    fn write(&self, found: &Coverage, loaded: &Loaded, output: &Output) -> Result<(), CliError> {
        let header = output.header(
            loaded.version.manifest.name.as_ref(),
            vec![loaded.header.clone()],
        );
        for (format, path) in &self.outputs {
            let text = match format {
                CoverageFormat::Terminal => render::coverage(&header, found),
                CoverageFormat::Json => json_text(&render::coverage_json(found)),
                CoverageFormat::Lcov => render::lcov::coverage(found),
                CoverageFormat::Html => render::html::coverage(found, &loaded.version.sources),
            };
            match (path, format) {
                (None, _) => output.print(&text)?,
                (Some(path), CoverageFormat::Terminal) => {
                    write_file(path, super::output::plain(&text).as_bytes())?;
                }
                (Some(path), _) => write_file(path, text.as_bytes())?,
            }
        }
        // Where nobody sees a report, what fails is said all the same.
        if !found.passed() && self.is_silent() {
            let quiet = render::Header {
                quiet: true,
                ..header
            };
            output.to_stderr(&render::coverage(&quiet, found));
        }
        Ok(())
    }

    fn is_silent(&self) -> bool {
        !self
            .outputs
            .iter()
            .any(|(format, path)| path.is_none() && *format == CoverageFormat::Terminal)
    }
}

fn read_output(text: &str) -> Result<(CoverageFormat, Option<PathBuf>), CliError> {
    let (name, path) = match text.split_once('=') {
        Some((name, path)) => (name, Some(path)),
        None => (text, None),
    };
    let wrong = || {
        CliError::new(format!(
            "`--coverage {text}` is not `FORMAT` or `FORMAT=PATH`"
        ))
        .with_help("formats are terminal, json, lcov and html")
    };
    let format = CoverageFormat::from_str(name, false).map_err(|_| wrong())?;
    match path {
        Some("") => Err(wrong()),
        path => Ok((format, path.map(PathBuf::from))),
    }
}

fn read_threshold(text: &str) -> Result<(Figure, Percent), CliError> {
    let names: Vec<&str> = Figure::ALL.iter().map(|figure| figure.name()).collect();
    let wrong = |message: String| {
        CliError::new(message).with_help(format!(
            "write `policy=100,mcdc=80`; figures are {}",
            names.join(", ")
        ))
    };
    let (name, percent) = text
        .split_once('=')
        .ok_or_else(|| wrong(format!("`--min-coverage {text}` is not `FIGURE=PERCENT`")))?;
    let figure = Figure::ALL
        .into_iter()
        .find(|figure| figure.name() == name.trim())
        .ok_or_else(|| wrong(format!("`{name}` is no figure of coverage")))?;
    let percent = serde_json::from_str(percent.trim())
        .map_err(|_| wrong(format!("`{percent}` is no percentage from 0 to 100")))?;
    Ok((figure, percent))
}
