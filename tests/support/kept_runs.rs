//! The runs of AgentDojo that the independent counts kept, as recordings.

use super::support::repository::agentauthz;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// The suites, and how many calls each has.
pub const SUITES: [(&str, u64); 2] = [("banking", 19_053), ("slack", 31_046)];

/// The runs that the counts kept, as one file a suite: those whose user task is no injection. Runs with an error are
/// dropped by the importer. Gives the calls of those without an error: tool and arguments.
pub fn kept_runs(shared: &Path, suite: &str, to: &Path) -> Vec<(String, Value)> {
    let mut calls = Vec::new();
    let file = fs::File::open(shared.join(format!("{suite}.jsonl.zst"))).unwrap();
    let mut out = std::io::BufWriter::new(fs::File::create(to).unwrap());
    for line in BufReader::new(zstd::Decoder::new(file).unwrap()).lines() {
        let line = line.unwrap();
        let run: Value = serde_json::from_str(&line).unwrap();
        let task = run["user_task_id"].as_str().unwrap();
        if task.starts_with("injection_") {
            continue;
        }
        writeln!(out, "{line}").unwrap();
        if run["error"].is_null() {
            let messages = run["messages"].as_array().unwrap().iter();
            let made = messages.flat_map(|message| message["tool_calls"].as_array());
            calls.extend(made.flatten().map(|call| {
                let tool = call["function"].as_str().unwrap().to_owned();
                (tool, call["args"].clone())
            }));
        }
    }
    out.flush().unwrap();
    calls
}

/// Writes the kept runs of both suites as native recordings to a directory; `base` is the policy repository that maps
/// them. Gives all calls.
pub fn import(shared: &Path, root: &Path, base: &str, recordings: &Path) -> Vec<(String, Value)> {
    fs::create_dir(recordings).unwrap();
    let mut all = Vec::new();
    for (suite, calls) in SUITES {
        let runs = root.join(format!("{suite}.jsonl"));
        let made = kept_runs(shared, suite, &runs);
        assert_eq!(made.len() as u64, calls, "{suite}");
        all.extend(made);
        let output = agentauthz()
            .args(["-C", base, "import", "--format", "json"])
            .args(["--from", "agentdojo"])
            .arg(&runs)
            .arg("-o")
            .arg(recordings.join(format!("{suite}.jsonl.zst")))
            .current_dir(root)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["written"].as_u64(), Some(calls));
        fs::remove_file(runs).unwrap();
    }
    all
}
