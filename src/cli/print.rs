//! `agentauthz schema` and `agentauthz completions`

use super::args::{Cli, CompletionsArgs, SchemaArgs};
use super::error::CliError;
use super::output::Output;
use crate::repository::{SCHEMAS, json_schema};
use clap::CommandFactory;

pub fn schema(args: &SchemaArgs, output: &Output) -> Result<u8, CliError> {
    let text = match &args.name {
        None => SCHEMAS.iter().map(|name| format!("{name}\n")).collect(),
        Some(name) => {
            let schema = json_schema(name)
                .ok_or_else(|| CliError::new(format!("there is no schema `{name}`")))?;
            let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
            text.push('\n');
            text
        }
    };
    output.print(&text)?;
    Ok(0)
}

pub fn completions(args: &CompletionsArgs, output: &Output) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "agentauthz", &mut script);
    output.print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
