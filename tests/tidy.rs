//! Style is a test: layers, who may name which crate, doc lines, file lengths, panics, orphans, the top level.
//!
//! Every check is a function over `(path, text)` or over paths (`tests/project/style.rs`), so that the tests at the
//! end can show each of them failing. A fault reads `path:line: what to do`.

mod project;
#[path = "project/source.rs"]
mod source;
#[path = "project/style.rs"]
mod style;

use project::{File, ROOT, read, walk};
use source::declared_tests;
use std::path::Path;
use style::*;

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
    use std::collections::BTreeSet;

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
