//! From the command line to an exit code.

use super::args::{Cli, Command, Format};
use super::document::FORMATS;
use super::error::CliError;
use super::output::{BASIC, Output};
use super::{
    approvals, approve, check, corpus, diff, explain, fmt, gate, import, init, lint, mapping, pin,
    print, replay, schema, test,
};
use crate::render::{Role, diagnostics, paint, printable};
use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

/// The exit code of an error.
const FAILED: u8 = 2;

/// Threads evaluate policies, whose nesting Cedar bounds by the stack that is left.
pub const STACK: usize = 32 << 20;

/// Runs the command that the arguments of this process name.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no error.
            let code = if error.use_stderr() { FAILED } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    // The main thread's stack is the system's choice, so the work is done on one of ours.
    let worker = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || command(&cli));
    let code = worker
        .ok()
        .and_then(|worker| worker.join().ok())
        .unwrap_or(FAILED);
    ExitCode::from(code)
}

fn command(cli: &Cli) -> u8 {
    // Where the pool exists already, its threads are used as they are.
    let _ = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .build_global();
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) if error.closed_pipe => 0,
        Err(error) => {
            say(&error);
            FAILED
        }
    }
}

fn dispatch(cli: &Cli) -> Result<u8, CliError> {
    if let Some(directory) = &cli.global.directory {
        std::env::set_current_dir(directory)
            .map_err(|error| CliError::file("enter", directory, &error))?;
    }
    // Paths of reports are relative to that directory.
    let output = Output::new(&cli.global, formats(&cli.command))?;
    match &cli.command {
        Command::Init(args) => init::run(args, &output),
        Command::Check(args) => check::run(args, &output),
        Command::Fmt(args) => fmt::run(args, &output),
        Command::Lint(args) => lint::run(args, &output),
        Command::Test(args) => test::run(args, &output),
        Command::Replay(args) => replay::run(args, &output),
        Command::Diff(args) => diff::run(args, &output),
        Command::Gate(args) => gate::run(args, &output),
        Command::Approve(args) => approve::run(args, &output),
        Command::Approvals(args) => approvals::run(args, &output),
        Command::Explain(args) => explain::run(args, &output),
        Command::Pin(args) => pin::run(args, &output),
        Command::Import(args) => import::run(args, &output),
        Command::Corpus(args) => corpus::run(args, &output),
        Command::Mapping(args) => mapping::run(args, &output),
        Command::Schema(args) => schema::run(args, &output),
        Command::Completions(args) => print::completions(args, &output),
    }
}

/// The formats that a command has.
fn formats(command: &Command) -> &'static [Format] {
    match command {
        Command::Diff(_) | Command::Gate(_) => FORMATS,
        Command::Lint(_) => lint::FORMATS,
        Command::Test(_) => test::FORMATS,
        Command::Init(_)
        | Command::Check(_)
        | Command::Fmt(_)
        | Command::Replay(_)
        | Command::Approve(_)
        | Command::Approvals(_)
        | Command::Explain(_)
        | Command::Pin(_)
        | Command::Import(_)
        | Command::Corpus(_)
        | Command::Mapping(_)
        | Command::Schema(_)
        | Command::Completions(_) => BASIC,
    }
}

/// Says an error on standard error.
pub fn say(error: &CliError) {
    let mut text = String::new();
    if let Some((found, sources)) = &error.diagnostics {
        text.push_str(&diagnostics(found, sources));
    }
    text.push_str(&format!(
        "{} {}\n",
        paint(Role::Bad, "error:"),
        printable(&error.message)
    ));
    for note in &error.notes {
        text.push_str(&format!("  {}\n", printable(note)));
    }
    if let Some(help) = &error.help {
        text.push_str(&format!(
            "{} {}\n",
            paint(Role::Quiet, "help:"),
            printable(help)
        ));
    }
    let _ = anstream::stderr().write_all(text.as_bytes());
}
