//! The arguments of `import`, and what of them other commands on recordings have too.

use super::data::DataArgs;
use super::malformed::Malformed;
use crate::model::Importer;
use crate::recording::{RedactPath, Redaction};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files, or directories of them; `-` is standard input.
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// The format; told by the first bytes where it is not given.
    #[arg(long, value_name = "FORMAT", value_parser = importers())]
    pub from: Option<Importer>,
    /// What is taken out before anything is written.
    #[command(flatten)]
    pub redacting: Redacting,
    /// A mapping instead of the repository's.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub mapping: Option<PathBuf>,
    /// Where data sets are read from.
    #[command(flatten)]
    pub data: DataArgs,
    /// How much of the recordings may be unreadable.
    #[command(flatten)]
    pub malformed: Malformed,
    /// Where to write; `.gz` and `.zst` compress, `-` is standard output.
    #[arg(
        short, long, value_name = "OUT", value_hint = ValueHint::FilePath,
        required_unless_present = "explain", conflicts_with = "explain"
    )]
    pub output: Option<PathBuf>,
    /// Write nothing, and show of one call how each part of its request is derived: of the first one, or of that with
    /// this id.
    #[arg(long, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub explain: Option<String>,
}

/// What is taken out before anything is written.
#[derive(Debug, Args)]
pub struct Redacting {
    /// Take out what stands at this path: `args.body`, `args.items.*.iban`, `meta.x`, `request.context.input.body`. Can be
    /// given several times.
    #[arg(long, value_name = "PATH")]
    pub redact: Vec<RedactPath>,
    /// Keep what looks like a token, a key or a password, which is taken out otherwise.
    #[arg(long)]
    pub keep_secrets: bool,
}

impl From<&Redacting> for Redaction {
    fn from(args: &Redacting) -> Self {
        Self {
            paths: args.redact.clone(),
            secrets: !args.keep_secrets,
        }
    }
}

/// The formats by their names.
pub fn importers() -> impl TypedValueParser<Value = Importer> {
    let named = Importer::ALL
        .iter()
        .map(|importer| PossibleValue::new(importer.name()).help(importer.what()));
    PossibleValuesParser::new(named).try_map(|name| {
        let mut all = Importer::ALL.iter().copied();
        all.find(|importer| importer.name() == name)
            .ok_or("no such format")
    })
}
