//! The case studies: the tool says of the recordings what their pages say. Those numbers were counted without it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const STUDIES: [&str; 3] = ["airline", "airline-v1", "retail"];

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/case-studies")
        .join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(directory(name)).expect("a file of a case study")
}

fn agentauthz(study: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_agentauthz"))
        .args(["-C".as_ref(), directory(study).as_os_str()])
        .args(args)
        .output()
        .expect("the tool runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn case_studies_are_sound_repositories() {
    for study in STUDIES {
        for args in [&["check"][..], &["test"], &["lint", "--with-tests"]] {
            let output = agentauthz(study, args);
            let said = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.code(), Some(0), "{study} {args:?}\n{said}");
            assert!(!said.contains(" warning"), "{study} {args:?}\n{said}");
        }
    }
}

#[test]
fn the_two_versions_of_the_airline_differ_in_policies_alone() {
    for file in ["agents.yaml", "mapping.yaml", "schema/airline.cedarschema"] {
        let of = |study: &str| text(&format!("{study}/{file}"));
        assert_eq!(of("airline"), of("airline-v1"), "{file}");
    }
}

/// What a page says of a rule: how many calls there are, how many break it, how many of those the API refused.
type Row = (Option<u64>, u64, u64);

/// The rows of a page's table of rules. `column` is the first of the three numbers.
fn rules(page: &str, column: usize) -> BTreeMap<Option<String>, Row> {
    let page = text(page);
    let table: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| rule |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let number = |cell: &str| cell.replace(',', "").parse().ok();
    table
        .iter()
        .map(|cells| {
            let name = cells[0]
                .strip_prefix('`')
                .and_then(|name| name.strip_suffix('`'));
            let row = (
                number(cells[column]),
                number(cells[column + 1]).expect("a number"),
                number(cells[column + 2]).expect("a number"),
            );
            (name.map(str::to_owned), row)
        })
        .collect()
}

/// The forbids of a repository, with the actions that each is about; none where it is about all.
fn forbids(study: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for file in fs::read_dir(directory(study).join("policies")).expect("policies") {
        let file = fs::read_to_string(file.expect("a file").path()).expect("policies");
        for policy in file.split("@id(\"").skip(1) {
            let (id, rest) = policy.split_once('"').expect("an id");
            let Some((_, scope)) = rest.split_once("forbid (") else {
                continue;
            };
            let scope = scope.split(['{', ';']).next().expect("a scope");
            let actions = scope.split("Action::\"").skip(1);
            let names = actions.filter_map(|action| Some(action.split_once('"')?.0.to_owned()));
            found.insert(id.to_owned(), names.collect());
        }
    }
    found
}

/// Holds `replay --denied` to what a page says.
fn holds(study: &str, recording: &str, data: &str, column: usize, decided: (u64, u64, u64)) {
    let Some(recording) = super::shared(&format!("recordings/tau2/{recording}")) else {
        return;
    };
    let data = recording.with_file_name(data);
    let (recording, data) = (recording.to_str().unwrap(), data.to_str().unwrap());
    let args = [
        "replay", recording, "--denied", "--data", data, "--format", "json",
    ];
    let report = json(&agentauthz(study, &args));
    let result = &report["result"];
    let decisions = &result["decisions"];
    let of = |name: &str| decisions[name].as_u64().unwrap();
    let (allow, deny, else_denied) = decided;
    assert_eq!((of("allow"), of("deny")), (allow, deny), "{study}");
    assert_eq!((of("undecidable"), of("not_replayable")), (0, 0), "{study}");
    assert_eq!(result["errors"], serde_json::json!({}), "{study}");

    let listed = report["denied"]["actions"].as_array().unwrap();
    let others = listed
        .iter()
        .filter(|action| action["determining"] != serde_json::json!(["one-call-at-a-time"]));
    assert_eq!(others.count() as u64, else_denied, "{study}");

    let calls: BTreeMap<&str, u64> = result["by_action"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, counts)| {
            let counts = counts.as_object().unwrap().values();
            (name.as_str(), counts.filter_map(Value::as_u64).sum())
        })
        .collect();
    let mut want: BTreeMap<Option<String>, Row> = forbids(study)
        .into_iter()
        .map(|(id, actions)| {
            let of = calls.iter().filter(|(name, _)| {
                let name = name.trim_start_matches("Action::").trim_matches('"');
                actions.is_empty() || actions.contains(name)
            });
            (Some(id), (Some(of.map(|(_, count)| count).sum()), 0, 0))
        })
        .collect();
    for row in report["denied"]["by_policy"].as_array().unwrap() {
        let policy = row["policy"].as_str().map(str::to_owned);
        let found = want.entry(policy).or_default();
        found.1 = row["actions"].as_u64().unwrap();
        found.2 = row["failed"].as_u64().unwrap();
    }
    let page = format!("{study}.md");
    assert_eq!(want, rules(&page, column), "{page}");
}

#[test]
fn the_airline_breaks_what_its_page_says() {
    let data = "airline.db.json.zst";
    holds("airline", "gpt-4.1.airline.json", data, 1, (82, 66, 9));
}

#[test]
fn the_shop_breaks_what_its_page_says() {
    let data = "retail.db.json";
    holds("retail", "gpt-4.1.retail.json", data, 1, (219, 80, 11));
    holds(
        "retail",
        "toolorchestra.retail.json",
        data,
        4,
        (603, 270, 18),
    );
}

#[test]
fn the_airline_changes_its_mind_as_its_page_says() {
    let Some(recording) = super::shared("recordings/tau2/gpt-4.1.airline.json") else {
        return;
    };
    let data = recording.with_file_name("airline.db.json.zst");
    let args = [
        "diff",
        "dir:../airline-v1",
        "dir:.",
        "--recordings",
        recording.to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
        "--fail-on",
        "none",
        "--format",
        "json",
    ];
    let report = json(&agentauthz("airline", &args));
    let page = text("airline.md");
    let want: BTreeMap<&str, u64> = page
        .lines()
        .skip_while(|line| !line.starts_with("| class |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.trim_matches('|').split_once('|'))
        .map(|(class, count)| {
            (
                class.trim().trim_matches('`'),
                count.trim().parse().unwrap(),
            )
        })
        .collect();
    let found: BTreeMap<&str, u64> = report["classes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| {
            (
                class["class"].as_str().unwrap(),
                class["actions"].as_u64().unwrap(),
            )
        })
        .filter(|(class, count)| *count > 0 && *class != "unchanged" || want.contains_key(class))
        .collect();
    assert_eq!(found, want);
}
