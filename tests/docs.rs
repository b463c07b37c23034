//! Documentation names what exists: dependencies, links, modules, classes of change, tests.

mod project;

use agentauthz::model::ChangeClass;
use project::{ROOT, read, walk};
use std::collections::BTreeSet;
use std::path::Path;

const ARCHITECTURE: &str = "docs/architecture.md";

fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of a section, without its heading, up to the next heading of the same or a higher level.
fn section<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
    let level = heading.chars().take_while(|c| *c == '#').count();
    let ends = |line: &str| {
        let depth = line.chars().take_while(|c| *c == '#').count();
        depth > 0 && depth <= level && line[depth..].starts_with(' ')
    };
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .collect();
    assert!(!lines.is_empty(), "there is no section `{heading}`");
    lines.into_iter().take_while(|line| !ends(line)).collect()
}

/// What stands between backticks at the start of each row of the tables in a section.
fn first_cells(text: &str, heading: &str) -> BTreeSet<String> {
    section(text, heading)
        .into_iter()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(cell, _)| cell.to_owned())
        .collect()
}

const DIRECT: &str = "[dependencies]";
const DEV: &str = "[dev-dependencies]";

/// The names that these dependency tables of the manifest hold.
fn dependencies(manifest: &str, tables: &[&str]) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = tables.contains(&line);
        } else if let Some((name, _)) = line.split_once('=')
            && inside
            && !line.starts_with([' ', '#'])
        {
            names.insert(name.trim().to_owned());
        }
    }
    names
}

/// The targets of the links in a page, outside of code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            if let Some((target, _)) = line[at + 2..].split_once(')') {
                found.push((number + 1, target.to_owned()));
            }
        }
    }
    found
}

/// The anchor that a heading gets on the web.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

/// What is wrong with a link on a page; nothing where it is right, or leads elsewhere.
fn broken(from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
    let directory = Path::new(ROOT).join(from);
    let path = if file.is_empty() {
        directory.clone()
    } else {
        directory.parent()?.join(file)
    };
    if !path.exists() {
        return Some(format!("`{target}` leads nowhere"));
    }
    if fragment.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(&path).ok()?;
    let found = text
        .lines()
        .any(|line| line.starts_with('#') && anchor(line) == fragment);
    (!found).then(|| format!("`{target}`: there is no such heading"))
}

#[test]
fn every_dependency_has_its_reason() {
    let named = first_cells(&page("docs/dependencies.md"), "## What is used");
    let used = dependencies(&page("Cargo.toml"), &[DIRECT, DEV]);
    let missing: Vec<_> = used.difference(&named).collect();
    let gone: Vec<_> = named.difference(&used).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "docs/dependencies.md: give a row to {missing:?}, and remove those of {gone:?}"
    );
}

#[test]
fn every_dependency_is_used() {
    let sources = read("src", "rs");
    let unused: Vec<String> = dependencies(&page("Cargo.toml"), &[DIRECT])
        .into_iter()
        .filter(|name| {
            let name = name.replace('-', "_");
            !sources.iter().any(|(_, text)| {
                [format!("{name}::"), format!("use {name};")]
                    .iter()
                    .any(|use_| text.contains(use_))
            })
        })
        .collect();
    assert!(
        unused.is_empty(),
        "Cargo.toml: nothing names {unused:?}; remove them"
    );
}

#[test]
fn every_link_leads_somewhere() {
    let pages = [
        read("README.md", "md"),
        read("CHANGELOG.md", "md"),
        read("docs", "md"),
    ]
    .concat();
    let faults: Vec<String> = pages
        .iter()
        .flat_map(|(path, text)| {
            links(text).into_iter().filter_map(move |(line, target)| {
                Some(format!("{path}:{line}: {}", broken(path, &target)?))
            })
        })
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_code_map_is_complete() {
    let named = first_cells(&page(ARCHITECTURE), "## Code map");
    let modules: BTreeSet<String> = walk("src")
        .iter()
        .filter_map(|path| match path.strip_prefix("src/")?.split_once('/') {
            Some((directory, _)) => Some(format!("src/{directory}/")),
            None => Some(path.clone()),
        })
        .collect();
    assert_eq!(
        named, modules,
        "{ARCHITECTURE}, \"Code map\" (left) and src/ (right)"
    );
}

#[test]
fn the_classes_of_change_are_documented() {
    let text = page(ARCHITECTURE);
    let named: Vec<String> = section(&text, "## Classes of change")
        .iter()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let classes: Vec<String> = ChangeClass::ALL
        .iter()
        .map(|class| class.name().replace('-', "_"))
        .collect();
    let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        sorted(&named),
        sorted(&classes),
        "{ARCHITECTURE}, \"Classes of change\""
    );
}

/// An invariant names a test that exists, or one that is marked as to come and does not exist yet.
#[test]
fn every_invariant_names_its_test() {
    let text = page(ARCHITECTURE);
    let invariants = section(&text, "## Invariants").join(" ");
    let mut faults = Vec::new();
    let parts: Vec<&str> = invariants.split('`').collect();
    for (at, name) in parts.iter().enumerate().skip(1).step_by(2) {
        if !name.ends_with(".rs") {
            continue;
        }
        let exists = Path::new(ROOT).join(name).exists();
        let to_come = parts
            .get(at + 1)
            .is_some_and(|after| after.starts_with(" (to come)"));
        match (exists, to_come) {
            (false, false) => faults.push(format!(
                "`{name}` does not exist: write it, or mark it (to come)"
            )),
            (true, true) => faults.push(format!("`{name}` has come: remove its mark")),
            (true, false) | (false, true) => {}
        }
    }
    assert!(
        faults.is_empty(),
        "{ARCHITECTURE}, \"Invariants\":\n{}\n",
        faults.join("\n")
    );
}

#[test]
fn the_glossary_is_sorted() {
    let text = page("docs/glossary.md");
    let words: Vec<String> = text
        .lines()
        .filter_map(|line| Some(line.strip_prefix("**")?.split_once("**")?.0.to_lowercase()))
        .collect();
    assert!(words.len() > 10, "docs/glossary.md has no words");
    assert!(
        words.is_sorted(),
        "docs/glossary.md is not in alphabetical order: {words:?}"
    );
}

/// The helpers above see what they should.
mod proofs {
    use super::*;

    #[test]
    fn links_and_anchors() {
        assert_eq!(
            links("a [b](c.md#d) e\n```\n[f](g)\n```\n"),
            [(1, "c.md#d".to_owned())]
        );
        assert_eq!(anchor("## Classes of change"), "classes-of-change");
        assert!(broken("docs/glossary.md", "nowhere.md").is_some());
        assert!(broken("docs/glossary.md", "architecture.md#nowhere").is_some());
        assert!(broken("docs/glossary.md", "architecture.md#code-map").is_none());
        assert!(broken("docs/glossary.md", "https://example.org").is_none());
    }

    #[test]
    fn dependency_tables() {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nb = \"1\"\n# c = \"1\"\n[dev-dependencies]\nd = { version = \"1\" }\n";
        assert_eq!(
            dependencies(manifest, &[DIRECT, DEV]),
            BTreeSet::from(["b".to_owned(), "d".to_owned()])
        );
    }

    #[test]
    fn sections() {
        let text = "# A\n## B\n| `c` | d |\n### E\n| `f` | g |\n## H\n| `i` | j |\n";
        assert_eq!(
            first_cells(text, "## B"),
            BTreeSet::from(["c".to_owned(), "f".to_owned()])
        );
    }
}
