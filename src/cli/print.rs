//! `agentauthz completions`

use super::args::{Cli, CompletionsArgs};
use super::error::CliError;
use super::output::Output;
use clap::CommandFactory;

pub fn completions(args: &CompletionsArgs, output: &Output) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "agentauthz", &mut script);
    output.print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
