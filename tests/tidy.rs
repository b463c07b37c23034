//! Style is a test: layers, who may name which crate, doc lines, file lengths, panics, orphans, the top level.
//!
//! Every check is a function over `(path, text)` or over paths, so that the tests at the end can show each of them
//! failing. A fault reads `path:line: what to do`.

mod project;

use project::source::{code, declared_tests, heads, without_tests};
use project::{File, ROOT, read, walk};
use std::collections::BTreeSet;
use std::path::Path;

/// Which of our modules a module may name. Data flows from the first row down.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("yaml", &["model"]),
    ("cedar", &["model"]),
    ("recording", &["model"]),
    ("source", &["model"]),
    ("repository", &["model", "yaml", "cedar"]),
    ("engine", &["model", "cedar", "repository"]),
    ("check", CAPABILITY),
    ("testing", CAPABILITY),
    ("replay", CAPABILITY),
    ("diff", CAPABILITY),
    ("explain", CAPABILITY),
    ("init", CAPABILITY),
    // Reports, and the types that reports are made of.
    (
        "render",
        &[
            "model",
            "repository",
            "engine",
            "check",
            "testing",
            "replay",
            "diff",
            "explain",
            "init",
        ],
    ),
];

/// What a capability may name: never another capability.
const CAPABILITY: &[&str] = &["model", "cedar", "repository", "engine"];

/// The front names whatever it needs.
const FRONT: &[&str] = &["cli", "lib", "main"];

/// Crates that stand behind one module, and that module.
const BEHIND: &[(&str, &str)] = &[
    ("cedar_policy", "cedar"),
    ("cedar_policy_core", "cedar"),
    ("serde_saphyr", "yaml"),
    ("git2", "source"),
    ("walkdir", "source"),
    ("clap", "cli"),
    ("indicatif", "cli"),
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

const LONGEST: usize = 500;

/// Files that may be longer, with the reason. Keep it empty: split the file instead.
const LONGER: &[(&str, &str)] = &[];

/// The first component of every path in the repository.
const TOP: &[&str] = &[
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
fn layers(sources: &[File]) -> Vec<String> {
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
fn behind(sources: &[File]) -> Vec<String> {
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
fn world(sources: &[File]) -> Vec<String> {
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
fn doc_lines(sources: &[File]) -> Vec<String> {
    sources
        .iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| format!("{path}:1: say in a first `//!` line what the file is for"))
        .collect()
}

/// No file is too long to read, and no exception is left over.
fn lengths(sources: &[File], longer: &[(&str, &str)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in sources {
        let lines = text.lines().count();
        let excepted = longer.iter().any(|(name, _)| name == path);
        if lines > LONGEST && !excepted {
            faults.push(format!(
                "{path}:{lines}: longer than {LONGEST} lines; split it by what it does"
            ));
        }
        if lines <= LONGEST && excepted {
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
fn panics(sources: &[File]) -> Vec<String> {
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

/// Every fixture is named by a test or a page. A directory with a manifest is one fixture; inside any other
/// directory each entry is named too, unless `fixtures/NAME/*` says that all of them are read.
fn orphan_fixtures(paths: &[String], texts: &[File]) -> Vec<String> {
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
        if !named(&directory) {
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
                .any(|(_, text)| mentions(text, &directory) && mentions(text, second))
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
fn orphan_snapshots(paths: &[String]) -> Vec<String> {
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
fn top_level(paths: &[String]) -> Vec<String> {
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

/// The sources under `src/`; those of test modules in files of their own are left out.
fn sources() -> Vec<File> {
    let all = read("src", "rs");
    let tests = declared_tests(&all);
    all.into_iter()
        .filter(|(path, _)| !tests.contains(path))
        .collect()
}

#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn modules_name_only_lower_layers() {
    none(layers(&read("src", "rs")));
}

#[test]
fn crates_stand_behind_their_module() {
    none(behind(&read("src", "rs")));
}

#[test]
fn only_the_edges_touch_the_world() {
    none(world(&sources()));
}

#[test]
fn every_file_says_what_it_is_for() {
    none(doc_lines(
        &[
            read("src", "rs"),
            read("tests", "rs"),
            read("benches", "rs"),
        ]
        .concat(),
    ));
}

#[test]
fn no_file_is_too_long() {
    none(lengths(
        &[
            read("src", "rs"),
            read("tests", "rs"),
            read("benches", "rs"),
        ]
        .concat(),
        LONGER,
    ));
}

#[test]
fn nothing_panics_and_nothing_is_left_over() {
    none(panics(&sources()));
}

#[test]
fn every_fixture_and_snapshot_is_used() {
    let texts = [
        read("tests", "rs"),
        read("tests", "sh"),
        read("benches", "rs"),
        read("docs", "md"),
        read("README.md", "md"),
    ]
    .concat();
    none(orphan_fixtures(&walk("fixtures"), &texts));
    none(orphan_snapshots(&[walk("tests"), walk("src")].concat()));
}

#[test]
fn the_top_level_is_the_closed_set() {
    none(top_level(&tracked()));
}

/// What git tracks; in a copy without git, what lies there but for build output.
fn tracked() -> Vec<String> {
    let index = git2::Repository::open(ROOT).and_then(|repository| repository.index());
    match index {
        Ok(index) => index
            .iter()
            .map(|entry| String::from_utf8_lossy(&entry.path).into_owned())
            .collect(),
        Err(_) => std::fs::read_dir(Path::new(ROOT))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name != ".git" && name != "target" && name != ".cargo_vcs_info.json")
            .collect(),
    }
}

/// Each check can fail, and says where.
mod proofs {
    use super::*;

    fn file(path: &str, text: &str) -> Vec<File> {
        vec![(path.to_owned(), text.to_owned())]
    }

    fn strings(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[track_caller]
    fn at(faults: &[String], place: &str) {
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with(&format!("{place}: ")), "{faults:?}");
    }

    #[test]
    fn layers_are_seen_through_groups_and_nesting() {
        at(
            &layers(&file("src/model/a.rs", "//! A.\nuse crate::engine::Side;")),
            "src/model/a.rs:2",
        );
        at(
            &layers(&file(
                "src/diff/a.rs",
                "use crate::{\n    model::Request,\n    replay,\n};",
            )),
            "src/diff/a.rs:3",
        );
        at(
            &layers(&file(
                "src/render/a.rs",
                "fn f(a: agentauthz::cedar::Schema) {}",
            )),
            "src/render/a.rs:1",
        );
        at(&layers(&file("src/novel/a.rs", "")), "src/novel/a.rs:1");
        none(layers(&file(
            "src/engine/a.rs",
            "use crate::{cedar::{Schema, self}, model}; // crate::cli\nuse crate::engine::b;",
        )));
        none(layers(&file("src/cli/a.rs", "use crate::render;")));
    }

    #[test]
    fn crates_are_seen_outside_their_module() {
        at(
            &behind(&file("src/engine/a.rs", "\nuse cedar_policy::Decision;")),
            "src/engine/a.rs:2",
        );
        at(
            &behind(&file("src/cli/a.rs", "type A = git2::Oid;")),
            "src/cli/a.rs:1",
        );
        none(behind(&file(
            "src/cedar/a.rs",
            "use cedar_policy_core::ast;",
        )));
        none(behind(&file(
            "src/model/a.rs",
            "//! Not git2's.\nconst A: &str = \"clap\";",
        )));
    }

    #[test]
    fn the_world_is_seen_outside_the_edges() {
        at(
            &world(&file(
                "src/check/a.rs",
                "use std::{collections::BTreeMap, fs::File};",
            )),
            "src/check/a.rs:1",
        );
        at(
            &world(&file("src/check/a.rs", "fn f() {\n    println!(\"x\");\n}")),
            "src/check/a.rs:2",
        );
        none(world(&file(
            "src/check/a.rs",
            "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n",
        )));
        none(world(&file(
            "src/check/a.rs",
            "const A: &str = env!(\"CARGO_PKG_VERSION\"); // println!",
        )));
        none(world(&file("src/cli/a.rs", "use std::env;")));
    }

    #[test]
    fn missing_doc_lines_and_long_files_are_seen() {
        at(&doc_lines(&file("src/a.rs", "use b;")), "src/a.rs:1");
        let long = file("src/a.rs", &"\n".repeat(501));
        at(&lengths(&long, &[]), "src/a.rs:501");
        none(lengths(&long, &[("src/a.rs", "generated")]));
        at(
            &lengths(&file("src/a.rs", ""), &[("src/a.rs", "was long")]),
            "src/a.rs:0",
        );
        at(&lengths(&[], &[("src/b.rs", "was long")]), "src/b.rs:1");
    }

    #[test]
    fn panics_are_seen_outside_tests() {
        at(
            &panics(&file("src/a.rs", "\nfn f() { g().unwrap() }")),
            "src/a.rs:2",
        );
        at(
            &panics(&file("src/a.rs", "fn f() { unreachable!(\"g\") }")),
            "src/a.rs:1",
        );
        at(
            &panics(&file(
                "src/a.rs",
                &format!("// {}: later", "TO".to_owned() + "DO"),
            )),
            "src/a.rs:1",
        );
        none(panics(&file(
            "src/a.rs",
            "fn f() { g().unwrap_or(0) } // .unwrap()",
        )));
        let tested = "#[cfg(test)]\nmod tests {\n    fn f() { g().unwrap() }\n}\nfn f() { g().expect(\"h\") }";
        at(&panics(&file("src/a.rs", tested)), "src/a.rs:5");
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_known() {
        let sources = [
            file("src/a/mod.rs", "mod b;\n#[cfg(test)]\nmod tests;\n"),
            file("src/a/b.rs", "#[cfg(test)]\nmod proofs;\n"),
            file("src/a/tests.rs", ""),
            file("src/a/b/proofs.rs", ""),
        ]
        .concat();
        assert_eq!(
            declared_tests(&sources),
            BTreeSet::from(["src/a/b/proofs.rs".to_owned(), "src/a/tests.rs".to_owned()])
        );
    }

    #[test]
    fn orphans_are_seen() {
        let texts = file(
            "tests/a.rs",
            "\"fixtures/whole\" \"fixtures/parts\" .join(\"one.json\") \"fixtures/all/*\"",
        );
        let used = [
            "fixtures/whole/agentauthz.yaml",
            "fixtures/whole/x/y",
            "fixtures/parts/one.json",
            "fixtures/all/x",
        ];
        none(orphan_fixtures(&strings(&used), &texts));
        at(
            &orphan_fixtures(&strings(&["fixtures/lost/x", "fixtures/lost/y"]), &texts),
            "fixtures/lost:1",
        );
        at(
            &orphan_fixtures(&strings(&["fixtures/parts/two.json"]), &texts),
            "fixtures/parts/two.json:1",
        );
        at(
            &orphan_snapshots(&strings(&["tests/snapshots/cli__a.snap"])),
            "tests/snapshots/cli__a.snap:1",
        );
        at(
            &orphan_snapshots(&strings(&["tests/snapshots/a__a.snap.new", "tests/a.rs"])),
            "tests/snapshots/a__a.snap.new:1",
        );
        none(orphan_snapshots(&strings(&[
            "tests/snapshots/cli__a.snap",
            "tests/cli.rs",
        ])));
    }

    #[test]
    fn strangers_at_the_top_are_seen() {
        at(
            &top_level(&strings(&["src/lib.rs", "scripts/a.sh", "scripts/b.sh"])),
            "scripts:1",
        );
        none(top_level(&strings(&["src/lib.rs", "LICENSE"])));
    }
}
