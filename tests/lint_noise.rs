//! No noise: every finding of level warning or above on the example and on Cedar's handwritten policies stands in
//! `docs/lint-review.md`, with the verdict of who read it. What is found and not listed, or listed and not found, fails.
//!
//! `AGENTAUTHZ_BLESS=1` adds rows without a verdict, and takes those out that are not found any more.

mod support;

use agentauthz::cli::test_facts;
use agentauthz::lint::{Levels, Settings, lint};
use agentauthz::repository::{Files, LintLevel, PolicyVersion, load};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use support::repository::load_directory;
use support::shared;

const NOW: &str = "2026-11-24";
const BEGIN: &str = "<!-- begin: reviewed -->\n";
const END: &str = "<!-- end: reviewed -->";
const HEAD: &str = "| set | policy | lint | marked | verdict |\n| --- | --- | --- | --- | --- |\n";

/// Set, policy or file, lint, and marked text of a finding.
type Row = [String; 4];

fn found(set: &str, version: &PolicyVersion) -> BTreeMap<Row, String> {
    let facts = test_facts(version, NOW);
    let settings = Settings {
        levels: Levels::new(&version.manifest.lint, Vec::new()),
        now: NOW.to_owned(),
        tests: (!version.suites.is_empty()).then_some(&facts),
        ..Settings::default()
    };
    let report = lint(version, &settings);
    assert!(report.unread.is_empty(), "{set}: {:?}", report.unread);
    let findings = report.findings.into_iter();
    findings
        .filter(|finding| finding.level >= LintLevel::Warning)
        .map(|finding| {
            let marked: String = finding.key.chars().take(60).collect();
            let row = [
                set.to_owned(),
                finding
                    .policy
                    .as_deref()
                    .unwrap_or(&finding.path)
                    .to_owned(),
                format!("{} {}", finding.lint.code, finding.lint.slug),
                marked.replace('|', "¦").replace('`', "'"),
            ];
            (row, finding.message)
        })
        .collect()
}

fn handwritten() -> BTreeMap<Row, String> {
    let Some(path) = shared(
        "cedar-corpus/handwritten.jsonl",
        "findings on Cedar's handwritten policies",
    ) else {
        return BTreeMap::new();
    };
    let text = std::fs::read_to_string(path).unwrap();
    let mut all = BTreeMap::new();
    for line in text.lines() {
        let set: Value = serde_json::from_str(line).unwrap();
        let name = set["name"].as_str().unwrap();
        let mut files = BTreeMap::from([
            ("agentauthz.yaml", "version: 1\n".to_owned()),
            (
                "policies/main.cedar",
                set["policies"].as_str().unwrap().to_owned(),
            ),
        ]);
        if let Some(schema) = set["schema"].as_str() {
            files.insert("schema/main.cedarschema", schema.to_owned());
        }
        let version = load(&Files {
            paths: files.keys().map(|path| (*path).to_owned()).collect(),
            read: &|path| Ok(files[path].clone().into_bytes()),
            refused: Vec::new(),
        });
        all.extend(found(name, &version));
    }
    all
}

#[test]
fn every_finding_was_reviewed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint-review.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let listed: BTreeMap<Row, String> = table
        .lines()
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line
                .trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().trim_matches('`'))
                .collect();
            assert_eq!(cells.len(), 5, "{line}");
            let row = [cells[0], cells[1], cells[2], cells[3]].map(str::to_owned);
            (row, cells[4].to_owned())
        })
        .collect();
    let example = found("the example", &load_directory("policies"));
    let handwritten = handwritten();
    let mut now = example;
    let present: BTreeSet<String> = handwritten.keys().map(|row| row[0].clone()).collect();
    now.extend(handwritten);
    if std::env::var_os("AGENTAUTHZ_BLESS").is_some() {
        let mut out = format!("{before}{BEGIN}{HEAD}");
        for (row, message) in &now {
            let verdict = listed
                .get(row)
                .cloned()
                .unwrap_or_else(|| format!("? {message}"));
            let [set, policy, lint, marked] = row;
            out.push_str(&format!(
                "| {set} | `{policy}` | {lint} | `{marked}` | {} |\n",
                verdict.replace('|', "¦")
            ));
        }
        std::fs::write(path, format!("{out}{END}{after}")).unwrap();
        return;
    }
    let new: Vec<(&Row, &String)> = now
        .iter()
        .filter(|(row, _)| !listed.contains_key(*row))
        .collect();
    assert!(
        new.is_empty(),
        "found, and not in docs/lint-review.md: {new:#?}"
    );
    let gone: Vec<&Row> = listed
        .keys()
        .filter(|row| row[0] == "the example" || present.contains(&row[0]))
        .filter(|row| !now.contains_key(*row))
        .collect();
    assert!(
        gone.is_empty(),
        "in docs/lint-review.md, and not found: {gone:#?}"
    );
    for (row, verdict) in &listed {
        assert!(
            !verdict.is_empty() && !verdict.starts_with('?'),
            "not reviewed: {row:?}"
        );
    }
}
