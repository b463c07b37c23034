//! The checks of the project's style: functions over `(path, text)`, or over paths, that return faults.

use crate::project::File;
use crate::source::{code, heads, without_tests};
use std::collections::BTreeSet;

/// Which of our modules a module may name. Data flows from the first row down.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("yaml", &["model"]),
    ("cedar", &["model"]),
    ("recording", &["model"]),
    ("source", &["model"]),
    ("repository", &["model", "yaml", "cedar"]),
    // `yaml` for its `Spanned`, of which the types of a repository's files are made.
    ("engine", &["model", "yaml", "cedar", "repository"]),
    ("check", CAPABILITY),
    ("corpus", CAPABILITY),
    ("lint", CAPABILITY),
    ("mapping", CAPABILITY),
    ("testing", CAPABILITY),
    ("replay", CAPABILITY),
    ("diff", CAPABILITY),
    ("explain", CAPABILITY),
    ("format", CAPABILITY),
    ("init", CAPABILITY),
    ("pin", CAPABILITY),
    // Reports, and the types that reports are made of.
    (
        "render",
        &[
            "model",
            "repository",
            "engine",
            "check",
            "corpus",
            "lint",
            "mapping",
            "testing",
            "replay",
            "diff",
            "explain",
            "format",
            "init",
            "pin",
        ],
    ),
];

/// What a capability may name: never another capability.
const CAPABILITY: &[&str] = &["model", "yaml", "cedar", "repository", "engine"];

/// The front names whatever it needs.
const FRONT: &[&str] = &["cli", "lib", "main"];

/// Crates that stand behind one module, and that module.
const BEHIND: &[(&str, &str)] = &[
    ("cedar_policy", "cedar"),
    ("cedar_policy_core", "cedar"),
    ("cedar_policy_formatter", "cedar"),
    ("serde_saphyr", "yaml"),
    ("git2", "source"),
    ("brush_parser", "engine"),
    ("walkdir", "source"),
    ("clap", "cli"),
    ("indicatif", "cli"),
    ("quick_junit", "render"),
];

/// What reaches the world, and the modules that may.
const WORLD: &[&str] = &["fs", "env", "process", "net"];
const WORLDLY: &[&str] = &["source", "cli", "main"];
const PRINTING: &[&str] = &["println!", "eprintln!", "print!", "eprint!", "dbg!"];

/// What stops the program instead of saying what is wrong.
const PANICS: &[&str] = &[
    ".unwrap()",
    ".expect(",
    "panic!(",
    "todo!(",
    "unimplemented!(",
    "unreachable!(",
];
const LEFTOVERS: &[&str] = &["TODO", "FIXME", "XXX"];

/// The most lines of a file: of a source, and of a test, which is read case by case.
const LONGEST: usize = 500;
const LONGEST_TEST: usize = 1000;

/// Files that may be longer, with the reason. Keep it empty: split the file instead.
pub const LONGER: &[(&str, &str)] = &[];

/// The first component of every path in the repository.
const TOP: &[&str] = &[
    // Where pre-commit looks for it.
    ".pre-commit-hooks.yaml",
    ".ci",
    ".config",
    ".editorconfig",
    ".gitattributes",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "benches",
    "clippy.toml",
    "deny.toml",
    "docs",
    "fixtures",
    "policies",
    "rustfmt.toml",
    "src",
    "tests",
];

/// The top module of `src/engine/side.rs` is `engine`, of `src/main.rs` it is `main`.
fn module(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let first = inside.split('/').next().unwrap_or(inside);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// A module names only modules of the layers it may see.
pub fn layers(sources: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources {
        let from = module(path);
        if FRONT.contains(&from) {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == from) else {
            faults.push(format!(
                "{path}:1: the layer table does not know `{from}`; give it a row in tests/tidy.rs and a line in \
                 docs/architecture.md"
            ));
            continue;
        };
        let code = code(text);
        for (line, to) in ["crate", "agentauthz"]
            .iter()
            .flat_map(|root| heads(&code, root))
        {
            if to != from && !allowed.contains(&to.as_str()) {
                faults.push(format!(
                    "{path}:{line}: `{from}` may not name `{to}` (only {}); pass plain data in, or move the code",
                    list(allowed)
                ));
            }
        }
    }
    faults
}

/// A crate that stands behind a module is named in that module alone.
pub fn behind(sources: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources {
        let code = code(text);
        for (name, home) in BEHIND {
            if module(path) == *home {
                continue;
            }
            for line in words(&code, name) {
                faults.push(format!(
                    "{path}:{line}: `{name}` is named only in src/{home}/; use that module's own types"
                ));
            }
        }
    }
    faults
}

/// Only the edges of the program read, write, print or start anything.
pub fn world(sources: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources {
        if WORLDLY.contains(&module(path)) {
            continue;
        }
        let code = without_tests(&code(text));
        for (line, name) in heads(&code, "std") {
            if WORLD.contains(&name.as_str()) {
                faults.push(format!(
                    "{path}:{line}: `std::{name}` belongs into src/source/ or src/cli/; take bytes, return data"
                ));
            }
        }
        for name in PRINTING {
            for line in words(&code, name) {
                faults.push(format!(
                    "{path}:{line}: `{name}` belongs into src/cli/; return a report"
                ));
            }
        }
    }
    faults
}

/// Every file says what it is for.
pub fn doc_lines(sources: &[File]) -> Vec<String> {
    sources
        .iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| format!("{path}:1: say in a first `//!` line what the file is for"))
        .collect()
}

/// No file is too long to read, and no exception is left over.
pub fn lengths(sources: &[File], longer: &[(&str, &str)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources {
        let lines = text.lines().count();
        let longest = if path.starts_with("src/") {
            LONGEST
        } else {
            LONGEST_TEST
        };
        let excepted = longer.iter().any(|(name, _)| name == path);
        if lines > longest && !excepted {
            faults.push(format!(
                "{path}:{lines}: longer than {longest} lines; split it by what it does"
            ));
        }
        if lines <= longest && excepted {
            faults.push(format!(
                "{path}:{lines}: no longer needs its exception; remove it from tests/tidy.rs"
            ));
        }
    }
    for (name, _) in longer
        .iter()
        .filter(|(name, _)| !sources.iter().any(|(path, _)| path == name))
    {
        faults.push(format!(
            "{name}:1: has an exception, but there is no such file"
        ));
    }
    faults
}

/// Bad input is an error, never a panic; what is open is an issue, not a comment.
pub fn panics(sources: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources {
        let code = without_tests(&code(text));
        for name in PANICS {
            for line in words(&code, name) {
                faults.push(format!(
                    "{path}:{line}: `{name}` outside tests; return an error or a finding"
                ));
            }
        }
        for name in LEFTOVERS {
            for line in words(text, name) {
                faults.push(format!(
                    "{path}:{line}: `{name}` is left over; do it, or open an issue"
                ));
            }
        }
    }
    faults
}

/// Every fixture is named by a test or a page, as `fixtures/NAME` or as `"NAME"`. A directory with a manifest is one fixture; inside any other
/// directory each entry is named too, unless `fixtures/NAME/*` says that all of them are read.
pub fn orphan_fixtures(paths: &[String], texts: &[File]) -> Vec<String> {
    let named = |name: &str| texts.iter().any(|(_, text)| mentions(text, name));
    let mut entries = BTreeSet::new();
    for path in paths {
        let mut parts = path.split('/').skip(1);
        let (Some(first), second) = (parts.next(), parts.next()) else {
            continue;
        };
        let whole = paths.contains(&format!("fixtures/{first}/agentauthz.yaml"));
        entries.insert((first, second.filter(|_| !whole)));
    }
    let mut faults = BTreeSet::new();
    for (first, second) in entries {
        let directory = format!("fixtures/{first}");
        let quoted = format!("\"{first}\"");
        let joined = |text: &str| text.contains("fixtures") && text.contains(&quoted);
        if directory == "fixtures/README.md" {
            continue;
        }
        if !named(&directory) && !texts.iter().any(|(_, text)| joined(text)) {
            faults.insert(format!(
                "{directory}:1: no test and no page names it; remove it, or use it"
            ));
        } else if let Some(second) = second
            && !texts
                .iter()
                .any(|(_, text)| text.contains(&format!("{directory}/*")))
            && !named(&format!("{first}/{second}"))
            && !texts
                .iter()
                .any(|(_, text)| mentions(text, &directory) && names(text, second))
        {
            faults.insert(format!(
                "{directory}/{second}:1: no test and no page names it; remove it, or use it (`{directory}/*` says \
                 that every entry is read)"
            ));
        }
    }
    faults.into_iter().collect()
}

/// Every snapshot belongs to a test source: `tests/snapshots/cli__help.snap` to `tests/cli.rs`.
pub fn orphan_snapshots(paths: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for path in paths {
        let Some((home, name)) = path.rsplit_once("/snapshots/") else {
            continue;
        };
        let owner = name.split("__").next().unwrap_or(name);
        let owners = [
            format!("{home}/{owner}.rs"),
            format!("{home}/{owner}/main.rs"),
            format!("{home}/mod.rs"),
        ];
        if name.ends_with(".new") {
            faults.push(format!(
                "{path}:1: a snapshot that nobody accepted; review it, or delete it"
            ));
        } else if name.ends_with(".snap")
            && home.starts_with("tests")
            && !owners.iter().any(|o| paths.contains(o))
        {
            faults.push(format!(
                "{path}:1: its test source `{home}/{owner}.rs` is gone; delete the snapshot"
            ));
        }
    }
    faults
}

/// The top level is the closed set that everybody knows.
pub fn top_level(paths: &[String]) -> Vec<String> {
    paths
        .iter()
        .filter_map(|path| path.split('/').next())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(|name| !TOP.contains(name))
        .map(|name| {
            format!(
                "{name}:1: does not belong at the top; move it, or add it to TOP in tests/tidy.rs"
            )
        })
        .collect()
}

/// The lines on which a text stands as a word of its own.
fn words(text: &str, word: &str) -> Vec<usize> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let found = line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + word.len()..].chars().next();
            let open = |c: Option<char>, edge: Option<char>| {
                !(c.is_some_and(inside) && edge.is_some_and(inside))
            };
            open(before, word.chars().next()) && open(after, word.chars().next_back())
        });
        if found {
            lines.push(number + 1);
        }
    }
    lines
}

/// Whether a text names a file, with its extensions or without.
fn names(text: &str, file: &str) -> bool {
    let stem = file.split('.').next().unwrap_or(file);
    mentions(text, file) || (stem.len() > 2 && mentions(text, stem))
}

fn mentions(text: &str, name: &str) -> bool {
    !words(text, name).is_empty()
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "nothing of ours".to_owned()
    } else {
        names.join(", ")
    }
}
