//! The example with faults of twenty kinds laid over it: `check` reports all of them in one run, and those of a
//! recording. Every entry of `fixtures/faults-example/*` is read.

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use support::repository::agentauthz;

/// Copies a directory over another; a file that is there already is continued.
fn lay_over(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
            continue;
        }
        let mut text = fs::read_to_string(&target).unwrap_or_default();
        text.push_str(&fs::read_to_string(entry.path()).unwrap());
        fs::write(target, text).unwrap();
    }
}

/// The lines that are marked `fault N:`, by file and line.
fn marked(root: &Path) -> BTreeSet<(String, u64)> {
    let mut found = BTreeSet::new();
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path().strip_prefix(root).unwrap();
        let path = path.to_str().unwrap().replace('\\', "/");
        let text = fs::read_to_string(entry.path()).unwrap();
        for (line, text) in (1..).zip(text.lines()) {
            if text.contains(" fault ") {
                found.insert((path.clone(), line));
            }
        }
    }
    found
}

#[test]
fn the_example_with_twenty_faults_reports_all_of_them_in_one_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = tempfile::tempdir().unwrap();
    lay_over(&root.join("policies"), directory.path());
    lay_over(&root.join("fixtures/faults-example"), directory.path());
    let planted = marked(directory.path());
    assert_eq!(planted.len(), 20);
    let run = |format: &str| {
        let output = agentauthz()
            .current_dir(directory.path())
            .args(["check", "--recordings", "faulty.jsonl", "--format", format])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap()
    };
    let report: Value = serde_json::from_str(&run("json")).unwrap();
    let found: BTreeSet<(String, u64)> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            let path = found["path"].as_str().unwrap().to_owned();
            (path, found["labels"][0]["line"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(found, planted);
    let lines: Vec<u64> = report["recordings"]["volume"]["malformed"]["first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2, 3, 4]);
    insta::assert_snapshot!("faults_example", run("terminal"));
}
