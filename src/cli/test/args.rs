//! The arguments of `test`.

use crate::cli::args::{EngineName, VERSION_HELP};
use crate::cli::coverage::CoverageArgs;
use crate::repository::Percent;
use clap::Args;

/// Arguments of `test`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  agentauthz test -k refund                       cases whose name has `refund` in it
  agentauthz test -k 'suite=payments;agent=*bot'  cases of a suite and of some agents
  agentauthz test --changed main --fail-fast      what a change of policies can touch
  agentauthz test --shard 1/4 --report junit=part-1.xml

Keys of -k: suite, file, test, row, agent, action, tag. In a value `*` stands for any letters, a backslash takes away \
what the next letter means, and white space around a value is none of it.")]
pub struct TestArgs {
    /// The version to test.
    #[arg(long, value_name = "VERSION", help = format!("The version to test: {VERSION_HELP}"))]
    pub at: Option<String>,
    /// Run only these cases: a piece of the name, or `key=value`, with `;` between several. Can be given several times.
    #[arg(short = 'k', long = "select", value_name = "CASES")]
    pub select: Vec<String>,
    /// Run only cases that a change since this version can touch, and tests that changed themselves.
    #[arg(long, value_name = "VERSION")]
    pub changed: Option<String>,
    /// Run one of several equal parts, as `1/4`.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// How many threads run cases; without it, one a core.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Run nothing after the first case that does not hold.
    #[arg(long)]
    pub fail_fast: bool,
    /// Run again whenever a file of the repository is saved.
    #[arg(long, conflicts_with_all = ["at", "update"])]
    pub watch: bool,
    /// Rewrite what failed cases expect to what came out, and show the difference.
    #[arg(long, conflicts_with = "at")]
    pub update: bool,
    /// Refuse tests marked `only`, as under CI.
    #[arg(long)]
    pub ci: bool,
    /// Take entities and requests of tests that do not conform to the schema as they are.
    #[arg(long)]
    pub lenient_fixtures: bool,
    /// Run the tests against mutants of the policies, and show those for which no test fails. With `--changed`, only of the
    /// policies that changed.
    #[arg(long, conflicts_with_all = ["select", "shard", "fail_fast", "watch", "update"])]
    pub mutate: bool,
    /// The share of mutants, in percent, for which a test must fail, instead of the manifest's `mutation.min`.
    #[arg(long, value_name = "N", value_parser = crate::cli::mutate::percent, requires = "mutate")]
    pub min_mutation_score: Option<Percent>,
    /// What is measured of the coverage.
    #[command(flatten)]
    pub coverage: CoverageArgs,
    /// What decides. All engines give the same answers; `reference` is Cedar's authorizer alone, and slow.
    #[arg(long, value_enum, default_value_t = EngineName::Compiled)]
    pub engine: EngineName,
}
