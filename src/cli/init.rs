//! `agentauthz init`

use super::args::InitArgs;
use super::error::CliError;
use super::output::{Output, write_file};
use crate::init::{FILES, NEXT_STEPS};

pub fn run(args: &InitArgs, output: &Output) -> Result<u8, CliError> {
    let root = &args.path;
    let fault = |error: std::io::Error| CliError::file("write", root, &error);
    if root.exists() {
        let entries = std::fs::read_dir(root).map_err(fault)?;
        let names: Vec<_> = entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<Result<_, _>>()
            .map_err(fault)?;
        // A fresh git repository is as good as empty.
        let taken = names.into_iter().filter(|name| name != ".git").min();
        if let Some(name) = taken {
            let message = format!(
                "`{}` is not empty: there is `{}`",
                root.display(),
                name.to_string_lossy()
            );
            return Err(
                CliError::new(message).with_help("name a new directory: `agentauthz init DIR`")
            );
        }
    }
    for (path, text) in FILES {
        let path = root.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(fault)?;
        }
        write_file(&path, text.as_bytes())?;
    }
    let written: String = FILES
        .iter()
        .map(|(path, _)| format!("  {path}\n"))
        .collect();
    let place = root.display();
    output.print(&format!(
        "wrote a policy repository to {place}\n{written}\n{NEXT_STEPS}"
    ))?;
    Ok(0)
}
