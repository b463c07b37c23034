//! The arguments, as clap reads them.

pub use super::corpus_args::CorpusArgs;
use super::data::DataArgs;
pub use super::import_args::ImportArgs;
pub use super::lint::LintArgs;
use super::malformed::Malformed;
pub use super::test::TestArgs;
use crate::engine::Engine;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Test, review and gate what AI agents may do, before the policy is deployed.
///
/// agentauthz reads a policy repository (Cedar policies, schema, entities and agents beside an `agentauthz.yaml`),
/// runs its unit tests, and replays recorded agent actions against two versions of it, to show which decisions flip,
/// and why.
#[derive(Debug, Parser)]
#[command(name = "agentauthz", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What is common to all commands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  clean: nothing found, all tests passed
  1  findings: a fault, a failed test, a change that fails the diff
  2  the work could not be done: bad usage, unreadable or invalid input
  3  inconclusive: nothing failed, but nothing, or not everything, could be decided

The repository is found upward from the working directory by its `agentauthz.yaml`.";

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct Global {
    /// Run as if started in this directory.
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
    /// How the report is written: `terminal` or `json`; `test` also has `junit` and `github`, `lint` those and `sarif`, `diff`
    /// and `gate` those, `markdown` and `html`.
    #[arg(long, value_enum, default_value_t = Format::Terminal, global = true, hide_possible_values = true)]
    pub format: Format,
    /// Write the report to a file as well, as `FORMAT=PATH`; can be given several times.
    #[arg(long, value_name = "FORMAT=PATH", global = true)]
    pub report: Vec<String>,
    /// When to use colours; `NO_COLOR` is respected.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub color: Color,
    /// Say only the result.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Show no progress bar.
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// The day by which expiry and age are judged, as `YYYY-MM-DD`; without it, today in UTC.
    #[arg(long, value_name = "DATE", global = true)]
    pub now: Option<String>,
}

/// Formats of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Terminal,
    /// One JSON object.
    Json,
    /// Markdown, for a comment on a pull request.
    Markdown,
    /// One HTML page.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// JUnit XML of the gates.
    Junit,
}

impl Format {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Terminal => "terminal",
            Format::Json => "json",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Junit => "junit",
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a new policy repository that passes `check` and `test` and has a recording to replay.
    Init(InitArgs),
    /// Parse and type-check everything: schema, policies, links, entities, agents, mapping, tests.
    Check(CheckArgs),
    /// Find what is legal and still not meant: guardrails that never fire, permits that are too wide, agents nobody owns.
    Lint(LintArgs),
    /// Lay out policies and schemas in the usual way.
    Fmt(FmtArgs),
    /// Run the unit tests.
    Test(TestArgs),
    /// Decide every recorded action under one version.
    Replay(ReplayArgs),
    /// Show what changes between two versions: in the policies, and in the decisions on recorded actions.
    Diff(DiffArgs),
    /// Judge a plan that `diff -o` wrote: by the gates of the manifest and by the approvals.
    Gate(GateArgs),
    /// Approve a group of changes as it is: write its envelope into `approvals.yaml`.
    Approve(ApproveArgs),
    /// Show the approvals and what became of them.
    Approvals(ApprovalsArgs),
    /// Explain one decision, a group of changes, or a lint.
    Explain(ExplainArgs),
    /// Write the examples of a group of changes as unit tests, with the decision that is meant.
    Pin(PinArgs),
    /// Turn recorded tool calls of other formats into native recordings.
    Import(ImportArgs),
    /// Keep what policies read of recorded actions, small enough for CI.
    Corpus(CorpusArgs),
    /// Find what tools, mapping and schema do not know of each other: tools without an action, lines that nothing uses.
    Mapping(MappingArgs),
    /// Print the JSON Schema of a file format, for editors.
    Schema(SchemaArgs),
    /// Print a script that completes commands and options.
    Completions(CompletionsArgs),
}

pub(super) const VERSION_HELP: &str =
    "working tree, a git revision (`main`, `v1.2`, `REV:DIRECTORY`) or `dir:PATH`";

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where to write it; the directory is made, and must be empty where it exists.
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Write policies for the tools of an MCP server: a file with what it answered to `tools/list`.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from_mcp: Option<PathBuf>,
    /// What the server is called; by the file's name, where it is not said.
    #[arg(long, value_name = "NAME", requires = "from_mcp")]
    pub server: Option<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Check recordings as well: these, or, without a path, those of the manifest.
    #[arg(long, value_name = "PATH", num_args = 0.., value_hint = ValueHint::AnyPath)]
    pub recordings: Option<Vec<PathBuf>>,
    /// Where data sets are read from.
    #[command(flatten)]
    pub data: DataArgs,
    /// The version to check: the working tree, a git revision or `dir:PATH`.
    #[arg(long, value_name = "VERSION", help = format!("The version to check: {VERSION_HELP}"))]
    pub at: Option<String>,
}

/// Arguments of `fmt`.
#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Format only these files or directories; `-` reads a policy file from standard input and writes it to standard
    /// output.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Write nothing, and fail where something would be written.
    #[arg(long)]
    pub check: bool,
    /// Show the difference, and write nothing.
    #[arg(long)]
    pub diff: bool,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Recordings, or directories of them; `-` is standard input. Without any, those of the manifest.
    #[arg(value_name = "RECORDING", value_hint = ValueHint::AnyPath)]
    pub recordings: Vec<PathBuf>,
    /// Where data sets are read from.
    #[command(flatten)]
    pub data: DataArgs,
    /// The version that decides.
    #[arg(long, value_name = "VERSION", help = format!("The version that decides: {VERSION_HELP}"))]
    pub at: Option<String>,
    /// List the actions that are denied, with the policies that deny them.
    #[arg(long)]
    pub denied: bool,
    /// How decisions are made.
    #[command(flatten)]
    pub deciding: Deciding,
    /// How much of the recordings may be unreadable.
    #[command(flatten)]
    pub malformed: Malformed,
}

/// How decisions are made.
#[derive(Debug, Args)]
pub struct Deciding {
    /// What decides. All engines give the same answers; `reference` is Cedar's authorizer alone, and slow.
    #[arg(long, value_enum, default_value_t = EngineName::Compiled)]
    pub engine: EngineName,
    /// Decide this many of the actions once more by Cedar's authorizer, and fail where it says something else.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub verify: usize,
}

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// Compiled policies; what they do not cover is interpreted.
    Compiled,
    /// Cedar's evaluator, on the policies whose scope holds.
    Interpreted,
    /// Cedar's authorizer, on all policies.
    Reference,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Compiled => Engine::Compiled,
            EngineName::Interpreted => Engine::Interpreted,
            EngineName::Reference => Engine::Reference,
        }
    }
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Versions, as in git:
  diff                  the last commit against the working tree
  diff main             `main` against the working tree
  diff a..b, diff a b   one revision against another
  diff a...b            the merge base of both against `b`
  diff dir:PATH         a directory against the working tree

Classes for --fail-on: newly-allowed (with error-opened, and newly-decidable that head allows), newly-denied (with \
error-closed, and newly-undecidable that base allows), error-opened, error-closed, newly-undecidable, \
newly-decidable, error-changed, reason-changed, none.")]
pub struct DiffArgs {
    /// Base, or base and head.
    #[arg(value_name = "VERSION", num_args = 0..=2)]
    pub versions: Vec<String>,
    /// Recordings, or directories of them; `-` is standard input. Without any, those of the manifest.
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub recordings: Vec<PathBuf>,
    /// Where data sets are read from.
    #[command(flatten)]
    pub data: DataArgs,
    /// How decisions are made.
    #[command(flatten)]
    pub deciding: Deciding,
    /// Evaluate every action, so that what is counted of each side is complete. Otherwise an action that no changed
    /// policy can decide otherwise counts as unchanged without being evaluated, unless the recording holds a decision.
    #[arg(long)]
    pub full: bool,
    /// How much of the recordings may be unreadable.
    #[command(flatten)]
    pub malformed: Malformed,
    /// Classes of change that fail the diff, instead of the manifest's gates on classes.
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    /// Write the plan here: the report as JSON, with argument values, for `gate`, `approve`, `explain` and `pin`.
    #[arg(short, long, value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `gate`.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// The plan.
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub plan: PathBuf,
    /// The version whose approvals and gates count.
    #[arg(long, value_name = "VERSION", help = format!("The version whose approvals and gates count: {VERSION_HELP}"))]
    pub at: Option<String>,
    /// Pass the gate `malformed` while at most this many records could not be read.
    #[arg(long, value_name = "N")]
    pub max_malformed: Option<u64>,
    /// Classes of change that fail, instead of the manifest's gates on classes; `diff --help` lists them.
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub fail_on: Vec<String>,
}

/// Arguments of `approve`.
#[derive(Debug, Args)]
#[command(
    override_usage = "agentauthz approve <GROUP> --reason <TEXT> --owner <NAME> --approver <NAME> --expires <DATE>"
)]
pub struct ApproveArgs {
    /// The group: its number in the plan, or the beginning of its fingerprint.
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// Why the change is wanted.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who answers for it.
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    /// Who approves it: somebody else than the owner.
    #[arg(long, value_name = "NAME")]
    pub approver: String,
    /// The last day on which the approval holds, as `YYYY-MM-DD`.
    #[arg(long, value_name = "DATE")]
    pub expires: String,
    /// Take the place of the approval that the group has.
    #[arg(long)]
    pub replace: bool,
    /// Where the group is looked up.
    #[command(flatten)]
    pub compared: Compared,
}

/// Where groups are looked up.
#[derive(Debug, Clone, Args)]
pub struct Compared {
    /// A plan, as `diff -o` wrote it.
    #[arg(long, value_name = "PLAN", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// Where data sets are read from.
    #[command(flatten)]
    pub data: DataArgs,
    /// The versions to compare where there is no plan, as `diff` takes them: `main`, `a..b`, `main...HEAD`.
    #[arg(long, value_name = "VERSION", num_args = 1..=2, conflicts_with = "plan")]
    pub diff: Vec<String>,
}

/// Arguments of `approvals`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ApprovalsArgs {
    /// What to do with them; without it, they are shown.
    #[command(subcommand)]
    pub command: Option<ApprovalsCommand>,
    /// Where their groups are looked up; without that, only expiry is judged.
    #[command(flatten)]
    pub compared: Compared,
}

/// What to do with approvals.
#[derive(Debug, Subcommand)]
pub enum ApprovalsCommand {
    /// Remove those that are expired or unused. Without a plan or versions, only expiry is judged.
    Prune(Compared),
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agentauthz explain recordings/july.jsonl#call-17
  agentauthz explain recordings/july.jsonl#call-17 --base main
  agentauthz explain 2 --plan plan.json
  agentauthz explain 2 --base main --at HEAD
  agentauthz explain AZ101
  agentauthz explain lints
  agentauthz explain --principal Agent::bot --action refund --resource Order::1 --context '{\"n\": 5}'")]
pub struct ExplainArgs {
    /// A recorded action, as `RECORDING#ID`, or as its id where the manifest's recordings hold it; a group of changes, by
    /// its number or the beginning of its fingerprint; a lint, by its code or name; or `lints`, for the list of all.
    #[arg(value_name = "GROUP|ACTION|LINT", conflicts_with_all = ["principal", "action", "resource", "context"])]
    pub what: Option<String>,
    /// Where the group is looked up.
    #[command(flatten)]
    pub looked_up: LookedUp,
    /// Who acts: `Type::id` or `Type::"any id"`.
    #[arg(long, value_name = "ENTITY", requires_all = ["action", "resource"])]
    pub principal: Option<String>,
    /// What is done: an action of the schema.
    #[arg(long, value_name = "ACTION", requires_all = ["principal", "resource"])]
    pub action: Option<String>,
    /// To what.
    #[arg(long, value_name = "ENTITY", requires_all = ["principal", "action"])]
    pub resource: Option<String>,
    /// The context, as JSON typed by the schema; `@PATH` reads a file.
    #[arg(long, value_name = "JSON", requires = "principal")]
    pub context: Option<String>,
}

/// Versions to compare, and where a group of changes between them is looked up.
#[derive(Debug, Args)]
pub struct LookedUp {
    /// The plan that holds the group, as `diff -o` wrote it; without it, the diff is computed again.
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["at", "base", "recordings"], value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// The version that decides.
    #[arg(long, value_name = "VERSION", help = format!("The version that decides: {VERSION_HELP}"))]
    pub at: Option<String>,
    /// A version to compare with.
    #[arg(long, value_name = "VERSION", help = format!("A version to compare with: {VERSION_HELP}"))]
    pub base: Option<String>,
    /// Where data sets are read from.
    #[command(flatten)]
    pub data: DataArgs,
    /// Recordings in which the group is looked up; without any, those of the manifest.
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub recordings: Vec<PathBuf>,
}

/// Arguments of `pin`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agentauthz pin 2 --expect base --plan plan.json    the change was not meant: decide as before
  agentauthz pin 2 --expect head --base main         it was meant: keep it")]
pub struct PinArgs {
    /// The group, by its number or the beginning of its fingerprint.
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// The decision that is meant: that of base, that of head, or one in words.
    #[arg(long, value_enum, value_name = "DECISION")]
    pub expect: Meant,
    /// Where the group is looked up.
    #[command(flatten)]
    pub looked_up: LookedUp,
    /// Where to write; `tests/pinned/FINGERPRINT.test.yaml` in the repository where it is not given.
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Write over a file that exists.
    #[arg(long)]
    pub force: bool,
}

/// The decision that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Meant {
    /// What base decides.
    Base,
    /// What head decides.
    Head,
    /// Allow.
    Allow,
    /// Deny.
    Deny,
}

/// Arguments of `mapping`.
#[derive(Debug, Args)]
#[command(after_help = "\
Notes (actions never seen, arguments that no attribute takes) are shown and do not count. Without recorded calls and \
without lists of tools (`tools:` in the manifest) nothing can be said, and the exit code is 3.")]
pub struct MappingArgs {
    /// Recordings, or directories of them; `-` is standard input. Without any, those of the manifest.
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub recordings: Vec<PathBuf>,
    /// Where data sets are read from.
    #[command(flatten)]
    pub data: DataArgs,
    /// The version whose mapping is judged.
    #[arg(long, value_name = "VERSION", help = format!("The version whose mapping is judged: {VERSION_HELP}"))]
    pub at: Option<String>,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which one; without a name, the names are listed.
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(super::schema::names()))]
    pub name: Option<String>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
