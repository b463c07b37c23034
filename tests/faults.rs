//! `check` over the planted faults: each is found in one run, at its file and line.

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use support::repository::agentauthz;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

struct Fault {
    number: u32,
    kind: String,
    file: String,
    line: u64,
}

/// The table of `FAULTS.md`.
fn planted() -> Vec<Fault> {
    let text = std::fs::read_to_string(fixtures().join("faults/FAULTS.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, kind, file, line, _] = cells.as_slice() else {
            return None;
        };
        Some(Fault {
            number: number.parse().ok()?,
            kind: (*kind).to_owned(),
            file: (*file).to_owned(),
            line: line.parse().ok()?,
        })
    });
    rows.collect()
}

fn run(directory: &str, arguments: &[&str]) -> (i32, String) {
    let output = agentauthz()
        .arg("-C")
        .arg(fixtures().join(directory))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

fn places(report: &str) -> BTreeSet<(String, u64)> {
    let report: Value = serde_json::from_str(report).unwrap();
    let found = report["diagnostics"].as_array().unwrap().iter();
    found
        .map(|found| {
            let path = found["path"].as_str().unwrap_or_default().to_owned();
            (
                path,
                found["labels"][0]["line"].as_u64().unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn every_planted_fault_is_found_in_one_run() {
    let planted = planted();
    assert!(planted.len() >= 20, "the table of FAULTS.md was not read");
    let (code, report) = run("faults", &["check", "--format", "json"]);
    assert_eq!(code, 1);
    let found = places(&report);
    let (mut own, mut expected) = (0, BTreeSet::new());
    for fault in &planted {
        if fault.file.starts_with("../") || fault.file.starts_with("recordings/") {
            continue;
        }
        own += 1;
        let place = (fault.file.clone(), fault.line);
        assert!(
            found.contains(&place),
            "fault {}: {} at {place:?} was not found",
            fault.number,
            fault.kind
        );
        expected.insert(place);
    }
    assert_eq!(own, 38);
    // Nothing else is blamed: a planted fault has no echo elsewhere.
    let echoes: Vec<_> = found.difference(&expected).collect();
    assert!(echoes.is_empty(), "{echoes:?}");
}

#[test]
fn faults_of_a_schema_are_found_at_their_place() {
    for fault in planted()
        .iter()
        .filter(|fault| fault.file.starts_with("../"))
    {
        let (directory, file) = fault
            .file
            .trim_start_matches("../")
            .split_once('/')
            .unwrap();
        let (code, report) = run(directory, &["check", "--format", "json"]);
        assert_eq!(code, 1);
        assert_eq!(
            places(&report),
            BTreeSet::from([(file.to_owned(), fault.line)]),
            "fault {}",
            fault.number
        );
    }
}

/// The faults of recordings need a repository that decides: the example's own.
#[test]
fn faults_of_a_recording_are_found_at_their_place() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let output = agentauthz()
        .arg("-C")
        .arg(policies)
        .args([
            "check",
            "--format",
            "json",
            "--recordings",
            "../fixtures/faults/recordings/faulty.jsonl",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let recordings = &report["recordings"];
    let lines: Vec<u64> = recordings["volume"]["malformed"]["first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2, 3, 4]);
    assert_eq!(
        recordings["not_replayable"]["unknown_action"].as_u64(),
        Some(1)
    );
    assert_eq!(
        recordings["unmapped_tools"]["archive_customer"].as_u64(),
        Some(1)
    );
}

#[test]
fn the_report_is_as_recorded() {
    for (name, directory, arguments) in [
        ("faults", "faults", &["check", "--recordings"][..]),
        ("faults_schema", "faults-schema", &["check"]),
        ("faults_schema_syntax", "faults-schema-syntax", &["check"]),
    ] {
        let (_, report) = run(directory, arguments);
        insta::assert_snapshot!(name, report);
    }
}
