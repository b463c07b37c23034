//! The table against other test runners names tests that exist; files of `cedar run-tests` and Cedar's own handwritten
//! tests are read as they are.

mod project;
#[path = "support/mod.rs"]
mod support;

use agentauthz::repository::{Files, load};
use agentauthz::testing::{Fixtures, Run, TestOutcome, TestReport};
use project::{ROOT, read};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn run(files: &BTreeMap<String, String>, fixtures: Fixtures) -> TestReport {
    let version = load(&Files {
        paths: files.keys().cloned().collect(),
        read: &|path| {
            let text = files.get(path).map(|text| text.as_bytes().to_vec());
            text.ok_or_else(|| "missing".to_owned())
        },
        refused: Vec::new(),
    });
    assert!(!version.is_blocked(), "{:?}", version.diagnostics);
    let run = Run {
        fixtures,
        ..Run::default()
    };
    run.run(&version)
}

fn files(parts: &[(&str, &str)]) -> BTreeMap<String, String> {
    let parts = parts.iter();
    parts
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn every_row_of_the_table_is_backed_by_a_test() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/conformance.md")).unwrap();
    let sources = [read("tests", "rs"), read("src", "rs")].concat();
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| {
            line.starts_with("| ") && !line.starts_with("| Feature") && !line.starts_with("| ---")
        })
        .collect();
    assert!(rows.len() > 20, "{}", rows.len());
    let mut seen = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 8, "{row}");
        assert!(seen.insert(cells[0]), "{row} stands twice");
        for cell in &cells[2..7] {
            let word = cell.split([',', ' ']).next().unwrap();
            assert!(["yes", "no", "part", "?"].contains(&word), "{row}: {cell}");
        }
        let tests: Vec<&str> = cells[7].split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "{row} names no test");
        for test in tests {
            let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{test}"));
            let text = sources.iter().find(|(path, _)| path == file);
            let (_, text) = text.unwrap_or_else(|| panic!("{row}: there is no {file}"));
            let declared = format!("fn {name}() {{");
            let at = text
                .find(&declared)
                .unwrap_or_else(|| panic!("{row}: there is no test {test}"));
            let before = text[..at].trim_end();
            assert!(before.ends_with("#[test]"), "{test} is no test");
        }
    }
}

const SCHEMA: &str = "entity User; entity Photo; action view appliesTo { principal: [User], resource: [Photo], context: { n?: Long } };";
const POLICIES: &str = "permit(principal == User::\"alice\", action, resource);\n@id(\"fails\") permit(principal, action, resource) when { context.n > 1 };\n";

fn test(change: &[(&str, Value)]) -> Value {
    let mut test = json!({
        "name": "alice",
        "request": { "principal": "User::\"alice\"", "action": "Action::\"view\"", "resource": "Photo::\"p\"", "context": { "n": 0 } },
        "entities": [], "decision": "allow", "reason": ["policy0"], "num_errors": 0,
    });
    for (key, value) in change {
        test[*key] = value.clone();
    }
    test
}

/// What becomes of one test of `cedar run-tests`, in words.
fn outcome(test: Value, fixtures: Fixtures) -> String {
    let mut files = files(&[
        ("agentauthz.yaml", "version: 1\n"),
        ("schema/s.cedarschema", SCHEMA),
        ("policies/p.cedar", POLICIES),
        (
            "tests/more/e.json",
            "[{\"uid\": {\"type\": \"User\", \"id\": \"bo\"}, \"attrs\": {}, \"parents\": []}]",
        ),
    ]);
    files.insert("tests/a.test.json".to_owned(), json!([test]).to_string());
    let report = run(&files, fixtures);
    let results = &report.suites[0].tests;
    assert_eq!(results.len(), 1);
    match &results[0].outcome {
        TestOutcome::Passed => "passed".to_owned(),
        TestOutcome::Failed(failure) => format!("failed: {}", failure.diagnostics[0].message),
        TestOutcome::Broken(faults) => format!("broken: {}", faults[0].message),
        TestOutcome::Skipped(..) => "skipped".to_owned(),
    }
}

#[test]
fn files_of_run_tests_are_read_as_they_are() {
    let nonconforming =
        json!([{ "uid": { "type": "User", "id": "alice" }, "attrs": { "age": 5 }, "parents": [] }]);
    for (change, expected) in [
        (vec![], "passed"),
        // The reasons that are named are some of the determining policies.
        (vec![("reason", json!([]))], "passed"),
        (
            vec![("reason", json!(["fails"]))],
            "failed: expected the determining policies `fails` among others",
        ),
        (
            vec![("reason", json!(["nobody"]))],
            "broken: there is no policy `nobody`",
        ),
        (
            vec![("decision", json!("deny"))],
            "failed: expected deny, got allow",
        ),
        (
            vec![("num_errors", json!(1))],
            "failed: expected 1 in number to raise an error, got none",
        ),
        (vec![("entities", json!("more/e.json"))], "passed"),
        (
            vec![("entities", json!("../policies/p.cedar"))],
            "broken: `../policies/p.cedar` leaves the directory",
        ),
        (
            vec![("entities", json!("none.json"))],
            "broken: there is no file `tests/none.json`",
        ),
        (
            vec![("entities", json!(5))],
            "broken: `entities` is neither",
        ),
        (
            vec![("decision", json!("maybe"))],
            "broken: unknown variant `maybe`",
        ),
        (vec![("entities", nonconforming.clone())], "broken: "),
    ] {
        let said = outcome(test(&change), Fixtures::Strict);
        assert!(said.starts_with(expected), "{change:?}: {said}");
    }
    assert_eq!(
        outcome(test(&[("entities", nonconforming)]), Fixtures::Lenient),
        "passed"
    );
    let mut erring = test(&[("num_errors", json!(1))]);
    erring["request"]["context"] = json!({});
    assert_eq!(outcome(erring, Fixtures::Strict), "passed");
}

/// A uid as Cedar writes it.
fn uid(json: &Value) -> String {
    let text = |key: &str| json[key].as_str().unwrap().to_owned();
    agentauthz::model::EntityRef::new(text("type"), text("id")).to_string()
}

#[test]
fn cedars_handwritten_tests_hold() {
    let Some(path) = support::shared(
        "cedar-corpus/handwritten.jsonl",
        "Cedar's handwritten tests",
    ) else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let (mut sets, mut cases) = (0, 0);
    for line in text.lines() {
        let set: Value = serde_json::from_str(line).unwrap();
        let tests: Vec<Value> = set["requests"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .map(|(at, request)| {
                json!({
                    "name": format!("{} {}", at + 1, request["description"].as_str().unwrap_or_default()),
                    "request": {
                        "principal": uid(&request["principal"]),
                        "action": uid(&request["action"]),
                        "resource": uid(&request["resource"]),
                        "context": request["context"],
                    },
                    "entities": set["entities"],
                    "decision": request["decision"],
                    "reason": request["reason"],
                    "num_errors": request["errors"].as_array().unwrap().len(),
                })
            })
            .collect();
        let mut files = files(&[("agentauthz.yaml", "version: 1\n")]);
        for (path, key) in [
            ("schema/s.cedarschema", "schema"),
            ("policies/p.cedar", "policies"),
        ] {
            files.insert(path.to_owned(), set[key].as_str().unwrap().to_owned());
        }
        files.insert(
            "tests/a.test.json".to_owned(),
            Value::Array(tests).to_string(),
        );
        let report = run(&files, Fixtures::Lenient);
        let name = &set["name"];
        let wrong: Vec<_> = report.suites[0]
            .tests
            .iter()
            .filter(|test| !matches!(test.outcome, TestOutcome::Passed))
            .collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        sets += 1;
        cases += report.passed();
    }
    println!("{cases} cases of {sets} sets hold");
    assert!(sets >= 20 && cases >= 60, "{sets} {cases}");
}
