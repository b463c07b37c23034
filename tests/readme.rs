//! The README shows what the program prints and what the example holds. `AGENTAUTHZ_BLESS=1` writes the outputs anew.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::repository::agentauthz;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A fenced block: its language, and the lines between the fences.
struct Block {
    language: String,
    first: usize,
    lines: Vec<String>,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                open = Some(Block {
                    language: language.to_owned(),
                    first: at + 1,
                    lines: Vec::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    blocks
}

/// What a command of the README prints, run from the project's root.
fn output(command: &str) -> String {
    let arguments = command
        .strip_prefix("cargo run --release -- ")
        .or_else(|| command.strip_prefix("agentauthz "))
        .unwrap_or_else(|| panic!("`{command}` is no command of ours"));
    let output = agentauthz()
        .args(arguments.split(' '))
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

#[test]
fn every_command_prints_what_the_readme_shows() {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let bless = std::env::var_os("AGENTAUTHZ_BLESS").is_some();
    let consoles: Vec<Block> = blocks(&text)
        .into_iter()
        .filter(|block| block.language == "console")
        .collect();
    assert!(
        consoles.len() >= 3,
        "the README shows the main command, a test and a flip"
    );
    for block in consoles.into_iter().rev() {
        let (prompt, shown) = block.lines.split_first().unwrap();
        let made = output(prompt.strip_prefix("$ ").unwrap());
        if bless {
            let new = made.lines().map(str::to_owned);
            lines.splice(block.first + 1..block.first + block.lines.len(), new);
        } else {
            assert_eq!(made, shown.join("\n").trim_end(), "{prompt}");
        }
    }
    if bless {
        fs::write(path, lines.join("\n") + "\n").unwrap();
    }
}

/// Policies and tests that the README quotes stand in the example word for word.
#[test]
fn what_the_readme_quotes_stands_in_the_example() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let mut quoted = 0;
    for block in blocks(&text) {
        let directory = match block.language.as_str() {
            "cedar" => "policies/policies",
            "yaml" => "policies/tests",
            _ => continue,
        };
        quoted += 1;
        let wanted = block.lines.join("\n");
        assert!(
            files(&root().join(directory))
                .iter()
                .any(|text| text.contains(&wanted)),
            "not in {directory}:\n{wanted}"
        );
    }
    assert_eq!(quoted, 2);
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect()
}
