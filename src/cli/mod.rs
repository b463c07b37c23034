//! The command line: arguments, configuration, streams, progress, exit codes.

mod approvals;
mod approve;
mod args;
mod check;
mod coverage;
mod cut;
mod diff;
mod document;
mod error;
mod explain;
mod find;
mod fmt;
mod gate;
mod group;
mod import;
mod import_explain;
mod init;
mod lint;
mod lints;
mod mapping;
mod mutate;
mod origin;
mod output;
mod pin;
mod plan;
mod print;
mod read_plan;
mod recordings;
mod replay;
mod run;
mod schema;
mod test;
mod versions;

pub use args::{Cli, Command};
pub use lint::{test_facts, test_facts_with_mutants};
pub use run::run;
