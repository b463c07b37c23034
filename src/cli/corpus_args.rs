//! The arguments of `corpus`.

use super::data::DataArgs;
use super::import_args::importers;
use super::malformed::Malformed;
use crate::model::Importer;
use crate::recording::RedactPath;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// Arguments of `corpus`.
#[derive(Debug, Args)]
pub struct CorpusArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CorpusCommand,
}

/// What to do with a corpus.
#[derive(Debug, Subcommand)]
pub enum CorpusCommand {
    /// Keep of recorded actions what policies read of them, once for all that are alike in that.
    Build(BuildArgs),
    /// Say what is in a corpus, and whether the repository can be diffed on it.
    Info(InfoArgs),
}

/// Arguments of `corpus build`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agentauthz corpus build logs/ -o recordings/corpus.jsonl.zst
  agentauthz corpus build logs/ --versions main...HEAD -o corpus.jsonl.zst
  agentauthz diff main --recordings recordings/corpus.jsonl.zst")]
pub struct BuildArgs {
    /// Recordings, or directories of them; `-` is standard input. Without any, those of the manifest.
    #[arg(value_name = "RECORDING", value_hint = ValueHint::AnyPath)]
    pub recordings: Vec<PathBuf>,
    /// The versions that are to be compared on it, as `diff` takes them: `main`, `a..b`, `main...HEAD`. Without them, what
    /// the working tree reads is kept.
    #[arg(long, value_name = "VERSION", num_args = 1..=2)]
    pub versions: Vec<String>,
    /// Where data sets are read from.
    #[command(flatten)]
    pub data: DataArgs,
    /// Keep the names that no policy reads, and sessions, as hashes with the key in this file. Without a key they are
    /// dropped.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub hash_key: Option<PathBuf>,
    /// The format; told by the first bytes where it is not given.
    #[arg(long, value_name = "FORMAT", value_parser = importers())]
    pub from: Option<Importer>,
    /// Take out what stands at this path, before anything else: `args.body`, `args.items.*.iban`, `meta.x`. Can be given
    /// several times.
    #[arg(long, value_name = "PATH")]
    pub redact: Vec<RedactPath>,
    /// How much of the recordings may be unreadable.
    #[command(flatten)]
    pub malformed: Malformed,
    /// Where to write; `.gz` and `.zst` compress.
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
}

/// Arguments of `corpus info`.
#[derive(Debug, Args)]
pub struct InfoArgs {
    /// Corpora, or directories of them; `-` is standard input.
    #[arg(value_name = "CORPUS", required = true, value_hint = ValueHint::AnyPath)]
    pub corpora: Vec<PathBuf>,
    /// The version that is to be asked about it.
    #[arg(long, value_name = "VERSION", help = format!("The version that is to be asked about it: {}", super::args::VERSION_HELP))]
    pub at: Option<String>,
}
