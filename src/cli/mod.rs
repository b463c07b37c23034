//! The command line: arguments, configuration, streams, progress, exit codes.

mod args;
mod check;
mod cut;
mod diff;
mod error;
mod explain;
mod find;
mod group;
mod import;
mod init;
mod origin;
mod output;
mod pin;
mod print;
mod read_plan;
mod recordings;
mod replay;
mod run;
mod test;
mod versions;

pub use args::{Cli, Command};
pub use run::run;
