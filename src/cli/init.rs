//! `agentauthz init`

use super::args::InitArgs;
use super::error::CliError;
use super::output::{Output, write_file};
use crate::init::{FILES, NEXT_STEPS, Scaffold, from_mcp};
use crate::model::{SourceFile, Sources};
use crate::render::printable;
use crate::repository::tool_list;
use std::path::Path;

pub fn run(args: &InitArgs, output: &Output) -> Result<u8, CliError> {
    let root = &args.path;
    let scaffold = match &args.from_mcp {
        Some(file) => Some(scaffold(file, args.server.as_deref())?),
        None => None,
    };
    empty(root)?;
    let files: Vec<(&str, &str)> = match &scaffold {
        Some(scaffold) => {
            let files = scaffold.files.iter();
            files
                .map(|(path, text)| (path.as_str(), text.as_str()))
                .collect()
        }
        None => FILES.to_vec(),
    };
    for (path, text) in &files {
        let path = root.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .map_err(|error| CliError::file("write", root, &error))?;
        }
        write_file(&path, text.as_bytes())?;
    }
    let written: String = files
        .iter()
        .map(|(path, _)| format!("  {path}\n"))
        .collect();
    let place = root.display();
    let told = scaffold.as_ref().map(told).unwrap_or_default();
    output.print(&format!(
        "wrote a policy repository to {place}\n{written}\n{told}{NEXT_STEPS}"
    ))?;
    Ok(0)
}

/// Refuses a directory in which something is.
fn empty(root: &Path) -> Result<(), CliError> {
    let fault = |error: std::io::Error| CliError::file("write", root, &error);
    if !root.exists() {
        return Ok(());
    }
    let entries = std::fs::read_dir(root).map_err(fault)?;
    let names: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<_, _>>()
        .map_err(fault)?;
    // A fresh git repository is as good as empty.
    let taken = names.into_iter().filter(|name| name != ".git").min();
    match taken {
        None => Ok(()),
        Some(name) => {
            let message = format!(
                "`{}` is not empty: there is `{}`",
                root.display(),
                name.to_string_lossy()
            );
            Err(CliError::new(message).with_help("name a new directory: `agentauthz init DIR`"))
        }
    }
}

/// The repository for the tools that a file lists.
fn scaffold(path: &Path, server: Option<&str>) -> Result<Scaffold, CliError> {
    let bytes = std::fs::read(path).map_err(|error| CliError::file("read", path, &error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| CliError::new(format!("`{}` is no text in UTF-8", path.display())))?;
    let name = path.to_string_lossy().replace('\\', "/");
    let file = SourceFile::new(name, text.trim_start_matches('\u{feff}'));
    let list = tool_list(file.clone()).map_err(|fault| {
        let mut sources = Sources::default();
        sources.insert(file);
        CliError {
            diagnostics: Some((vec![fault], Box::new(sources))),
            ..CliError::new(format!("`{}` cannot be used", path.display()))
        }
    })?;
    if list.tools.is_empty() {
        let message = format!("`{}` lists no tool", path.display());
        return Err(CliError::new(message)
            .with_help("save what the server answers to `tools/list`, as it is"));
    }
    Ok(from_mcp(&list, server))
}

/// What is to be known of a repository for the tools of a server.
fn told(scaffold: &Scaffold) -> String {
    let risks = scaffold.risks.iter();
    let risks: Vec<String> = risks
        .map(|(risk, count)| format!("{count} {}", risk.name()))
        .collect();
    let mut out = format!(
        "tools by risk: {}; it is a guess, so look at `@risk` in the schema\n",
        risks.join(", ")
    );
    match scaffold.left_out {
        0 => {}
        1 => out.push_str("1 argument has no type in Cedar: a comment in the schema says which\n"),
        more => out.push_str(&format!(
            "{more} arguments have no type in Cedar: comments in the schema say which\n"
        )),
    }
    for name in &scaffold.repeated {
        out.push_str(&format!(
            "the tool `{}` is listed more than once: the last one counts\n",
            printable(name)
        ));
    }
    out.push('\n');
    out
}
