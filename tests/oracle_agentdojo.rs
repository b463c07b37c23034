//! Real recordings: 50,099 tool calls of AgentDojo under "permit everything" and six rules, against counts that were
//! made without this project.

#[path = "support/agentdojo.rs"]
mod agentdojo;
#[path = "support/kept_runs.rs"]
mod kept_runs;
mod support;

use agentdojo::{
    AMOUNT, EVERYTHING, MANIFEST, MAPPING, MEMBERS, PASSWORD, PAYEE, POST, SCHEMA, host,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use support::repository::{agentauthz, write_files};

fn repository(root: &Path, policies: &str) {
    write_files(
        root,
        &[
            ("agentauthz.yaml", MANIFEST),
            ("mapping.yaml", MAPPING),
            ("schema/agentdojo.cedarschema", SCHEMA),
            ("policies/rules.cedar", policies),
        ],
    );
}

fn diff(directory: &Path, head: &str, recordings: &Path) -> Value {
    let output = agentauthz()
        .args([
            "diff",
            "dir:base",
            &format!("dir:{head}"),
            "--format",
            "json",
            "--recordings",
        ])
        .arg(recordings)
        .args(["--fail-on", "none"])
        .current_dir(directory)
        .output()
        .unwrap();
    let code = output.status.code();
    assert!(
        code == Some(0) || code == Some(3),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn actions(report: &Value, class: &str) -> u64 {
    let classes = report["classes"].as_array().unwrap();
    let found = classes.iter().find(|found| found["class"] == class);
    found.unwrap()["actions"].as_u64().unwrap()
}

fn flips_of(report: &Value) -> u64 {
    [
        "error_opened",
        "newly_allowed",
        "error_closed",
        "newly_denied",
    ]
    .map(|class| actions(report, class))
    .iter()
    .sum()
}

#[test]
fn six_rules_flip_what_an_independent_count_says() {
    let Some(shared) = support::shared("recordings/agentdojo", "the six rules over AgentDojo")
    else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let recordings = root.join("native");
    repository(&root.join("base"), EVERYTHING);
    kept_runs::import(&shared, root, "base", &recordings);

    let host = host();
    let rules: BTreeMap<&str, (&str, u64)> = BTreeMap::from([
        ("payee", (PAYEE, 2_171)),
        ("amount", (AMOUNT, 449)),
        ("password", (PASSWORD, 630)),
        ("post", (POST, 932)),
        ("host", (host.as_str(), 1_358)),
        ("members", (MEMBERS, 2_168)),
    ]);
    for (name, (rule, flips)) in &rules {
        repository(&root.join(name), &format!("{EVERYTHING}{rule}"));
        let report = diff(root, name, &recordings);
        assert_eq!(
            report["traffic"]["actions"].as_u64(),
            Some(50_099),
            "{name}"
        );
        assert_eq!(actions(&report, "newly_denied"), *flips, "{name}");
        assert_eq!(flips_of(&report), *flips, "{name}");
        // Payments whose amount is no number: 54 strings, 27 null or absent. Only the rule that reads the amount
        // cannot decide them.
        let undecidable = if *name == "amount" { 81 } else { 0 };
        assert_eq!(actions(&report, "newly_undecidable"), undecidable, "{name}");
        let head = &report["trust"]["head"];
        assert_eq!(
            head["reasons"],
            serde_json::json!({ "unknown_action": 5 }),
            "{name}: five calls name no tool"
        );
    }

    let all: String = rules.values().map(|(rule, _)| *rule).collect();
    repository(&root.join("all"), &format!("{EVERYTHING}{all}"));
    let report = diff(root, "all", &recordings);
    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    for group in report["groups"].as_array().unwrap() {
        if group["class"] != "newly_denied" {
            continue;
        }
        let causes = group["cause"]["units"].as_array().unwrap();
        let causes: Vec<&str> = causes
            .iter()
            .map(|unit| unit["name"].as_str().unwrap())
            .collect();
        *groups.entry(causes.join("+")).or_default() += group["actions"].as_u64().unwrap();
    }
    let expected = [
        ("members", 2_168),
        ("payee", 1_862),
        ("host+post", 930),
        ("password", 630),
        ("host", 428),
        ("amount+payee", 309),
        ("amount", 140),
        ("post", 2),
    ];
    assert_eq!(
        groups,
        expected
            .map(|(name, count)| (name.to_owned(), count))
            .into()
    );
    assert_eq!(flips_of(&report), 6_469);
    println!("oracle: 7 heads, 50,099 calls each, every count as expected");
}
