//! The arguments of `lint`.

use crate::cli::args::VERSION_HELP;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Arguments of `lint`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  agentauthz lint                               everything
  agentauthz lint --changed main                only what the change brought
  agentauthz lint -A style -D AZ206             lints by group, code or name; the more precise name counts
  agentauthz lint --fix --diff                  show what --fix would write
  agentauthz lint --fix --repair                also turn errors into values, and nothing else
  agentauthz explain AZ101                      the page of a lint

A finding is accepted by a comment before the policy:
  // agentauthz: allow(AZ206, until = 2027-01-01) -- the reason")]
pub struct LintArgs {
    /// Show only findings in these files or directories.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// The version to lint.
    #[arg(long, value_name = "VERSION", help = format!("The version to lint: {VERSION_HELP}"), conflicts_with_all = ["fix", "update_baseline"])]
    pub at: Option<String>,
    /// Turn lints off, by code, name, group or the beginning of a code.
    #[arg(
        short = 'A',
        long = "allow",
        value_name = "LINT",
        value_delimiter = ','
    )]
    pub allow: Vec<String>,
    /// Make lints warn.
    #[arg(short = 'W', long = "warn", value_name = "LINT", value_delimiter = ',')]
    pub warn: Vec<String>,
    /// Make lints fail the run; `warnings` are all that warn.
    #[arg(short = 'D', long = "deny", value_name = "LINT", value_delimiter = ',')]
    pub deny: Vec<String>,
    /// Run the unit tests for the lints that read what they do.
    #[arg(long)]
    pub with_tests: bool,
    /// Run the unit tests against mutants of the policies as well, as `test --mutate` does.
    #[arg(long)]
    pub with_mutants: bool,
    /// Show only findings that were not there in this version.
    #[arg(long, value_name = "VERSION", conflicts_with = "fix")]
    pub changed: Option<String>,
    /// Show the table alone.
    #[arg(long)]
    pub summary: bool,
    /// Apply the fixes that change no decision, no reason and no error.
    #[arg(long)]
    pub fix: bool,
    /// With `--fix`: apply those too that turn an error into a value, and change nothing else.
    #[arg(long, requires = "fix")]
    pub repair: bool,
    /// With `--fix`: go through the rest one by one, and apply what is answered with `y`.
    #[arg(long, requires = "fix")]
    pub suggested: bool,
    /// With `--fix`: show the difference, and write nothing.
    #[arg(long, requires = "fix")]
    pub diff: bool,
    /// Write what is found now into the baseline.
    #[arg(long, conflicts_with_all = ["fix", "changed", "paths"])]
    pub update_baseline: bool,
    /// Show what the baseline lists, too.
    #[arg(long)]
    pub ignore_baseline: bool,
}
