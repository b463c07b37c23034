//! Reports of coverage: what the command line takes, and what LCOV's own tools, the published schema and readers of the
//! page find in what it writes.

#[path = "support/repository.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod repository;

use repository::{agentauthz, write_files};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const FILES: &[(&str, &str)] = &[
    (
        "agentauthz.yaml",
        "version: 1\nname: shop\ncoverage: { policy: 100, condition: 60 }\n",
    ),
    (
        "schema/s.cedarschema",
        "entity User; entity Doc;\naction read, write appliesTo { principal: User, resource: Doc, context: { n: Long } };\n",
    ),
    (
        "policies/p.cedar",
        "@id(\"small\")\npermit (principal, action == Action::\"read\", resource)\nwhen {\n  context.n > 5 ||\n  context.n\n    == 1\n};\n\n@id(\"<b>\")\nforbid (principal, action, resource) when { context.n * 2 > 100 };\n\n@id(\"lent\")\npermit (principal == ?principal, action, resource == ?resource);\n",
    ),
    (
        "links.yaml",
        "version: 1\nlinks:\n  - { id: one, template: lent, principal: 'User::u', resource: 'Doc::d' }\n  - { id: two, template: lent, principal: 'User::nobody', resource: 'Doc::d' }\n",
    ),
    (
        "tests/s.test.yaml",
        "version: 1\nsuite: s\ntests:\n  - name: more\n    request: { principal: 'User::v', action: read, resource: 'Doc::d', context: { n: 9 } }\n    expect: { decision: allow }\n  - name: less\n    request: { principal: 'User::u', action: read, resource: 'Doc::d', context: { n: 2 } }\n    expect: { decision: allow }\n  - name: much\n    request: { principal: 'User::u', action: read, resource: 'Doc::e', context: { n: 77 } }\n    expect: { decision: forbid }\n",
    ),
];

fn shop() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    write_files(directory.path(), FILES);
    directory
}

fn test(root: &Path, arguments: &[&str]) -> Output {
    let mut command = agentauthz();
    command.current_dir(root).arg("test").args(arguments);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn the_terminal_names_what_is_missing() {
    let shop = shop();
    let output = test(shop.path(), &["--coverage", "terminal"]);
    insta::assert_snapshot!("coverage", text(&output.stdout));
    assert_eq!(
        (code(&output), text(&output.stderr)),
        (Some(1), String::new())
    );
}

/// A policy that reads the clock of a test without a time is not decided, so the test shows nothing.
#[test]
fn a_test_without_a_time_covers_nothing_that_reads_the_clock() {
    let directory = tempfile::tempdir().unwrap();
    write_files(
        directory.path(),
        &[
            ("agentauthz.yaml", "version: 1\n"),
            (
                "schema/s.cedarschema",
                "entity User;\naction go appliesTo { principal: User, resource: User, context: { @clock(\"\") at: datetime } };\n",
            ),
            (
                "policies/p.cedar",
                "@id(\"late\")\npermit (principal, action, resource) when { context.at > datetime(\"2026-01-01\") };\n",
            ),
            (
                "tests/s.test.yaml",
                "version: 1\nsuite: s\ntests:\n  - name: whenever\n    request: { principal: 'User::u', action: go, resource: 'User::u' }\n    expect: { decision: deny }\n  - name: in time\n    now: 2026-02-01T00:00:00Z\n    request: { principal: 'User::u', action: go, resource: 'User::u' }\n    expect: { decision: allow }\n",
            ),
        ],
    );
    let output = test(directory.path(), &["--coverage", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["cases"]["broken"], 1, "{json}");
    assert_eq!(json["cases"]["run"], 1);
    assert_eq!(code(&output), Some(2), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("whenever"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn thresholds_gate() {
    let shop = shop();
    // Without coverage nothing is judged.
    assert_eq!(code(&test(shop.path(), &[])), Some(0));
    write_files(
        shop.path(),
        &[("agentauthz.yaml", "version: 1\ncoverage: { policy: 50 }\n")],
    );
    let passed = test(shop.path(), &["--coverage", "terminal"]);
    assert_eq!(code(&passed), Some(0), "{}", text(&passed.stdout));
    for (arguments, named) in [
        ("policy=80", "policies/p.cedar:12: two: never determining"),
        (
            "mcdc=75.5",
            "policies/p.cedar:5: small: context.n == 1: never decisive by itself",
        ),
        (
            "condition=100,policy=1",
            "policies/p.cedar:5: small: context.n == 1: never true",
        ),
        (
            "environment=100",
            "User · Action::\"write\" · Doc: never allowed",
        ),
        ("decision=76", "two: never decisive"),
    ] {
        let failed = test(shop.path(), &["--min-coverage", arguments, "-q"]);
        let shown = text(&failed.stdout);
        assert_eq!(code(&failed), Some(1), "{arguments}: {shown}");
        assert!(shown.contains("FAILED  coverage of"), "{shown}");
        assert!(shown.contains(named), "{arguments}: {shown}");
    }
    // The higher of manifest and command line counts.
    let failed = test(
        shop.path(),
        &["--coverage", "json", "--min-coverage", "policy=10"],
    );
    let json: Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!(json["gates"][0]["least"], 50.0);
}

/// What stands on standard output is one report, and a report that nobody sees does not fail in silence.
#[test]
fn reports_go_where_they_are_asked_for() {
    let shop = shop();
    let output = test(shop.path(), &["--coverage", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors = text(&output.stderr);
    assert!(
        errors.contains("3 passed") && errors.contains("two: never determining"),
        "{errors}"
    );
    let path = shop.path().join("c.json");
    let files = [
        "--coverage",
        "json=c.json",
        "--coverage",
        "lcov=c.info",
        "--coverage",
        "html=c.html",
    ];
    let output = test(shop.path(), &files);
    assert!(text(&output.stdout).contains("3 passed"));
    assert!(text(&output.stderr).contains("FAILED  coverage of policy"));
    let written: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(written, json);
    for (arguments, message) in [
        (
            &["--coverage", "pdf"][..],
            "`--coverage pdf` is not `FORMAT` or `FORMAT=PATH`",
        ),
        (&["--coverage", "json="], "`--coverage json=` is not"),
        (
            &["--coverage", "json=a", "--coverage", "lcov=a"],
            "two reports are to be written to `a`",
        ),
        (
            &["--coverage", "json", "--coverage", "terminal"],
            "several reports",
        ),
        (
            &["--coverage", "terminal", "--format", "json"],
            "several reports",
        ),
        (&["--coverage", "lcov=no/where"], "cannot write `no/where`"),
        (&["--min-coverage", "policy"], "is not `FIGURE=PERCENT`"),
        (&["--min-coverage", "lines=3"], "`lines` is no figure"),
        (&["--min-coverage", "policy=101"], "`101` is no percentage"),
    ] {
        let output = test(shop.path(), arguments);
        let errors = text(&output.stderr);
        assert_eq!(code(&output), Some(2), "{arguments:?}: {errors}");
        assert!(
            errors.contains(message) && errors.contains("help: "),
            "{arguments:?}: {errors}"
        );
    }
    // It would not be the coverage by all tests.
    for more in [
        &["-k", "more"][..],
        &["--shard", "1/2"],
        &["--fail-fast"],
        &["--watch"],
        &["--update"],
        &["--mutate"],
    ] {
        let output = test(shop.path(), &[&["--coverage", "json"], more].concat());
        assert_eq!(code(&output), Some(2), "{more:?}");
        assert!(
            text(&output.stderr).contains("cannot be used with"),
            "{more:?}"
        );
    }
    let tests = fs::read_to_string(shop.path().join("tests/s.test.yaml")).unwrap();
    let alone = tests.replacen("name: more", "name: more\n    only: true", 1);
    write_files(shop.path(), &[("tests/s.test.yaml", &alone)]);
    let output = test(shop.path(), &["--coverage", "json"]);
    assert_eq!(code(&output), Some(2));
    assert!(
        text(&output.stderr).contains("tests/s.test.yaml:4: `more` is marked `only`"),
        "{}",
        text(&output.stderr)
    );
    write_files(shop.path(), &[("tests/s.test.yaml", &tests)]);
    write_files(
        shop.path(),
        &[("agentauthz.yaml", "version: 1\ncoverage: { policy: 120 }\n")],
    );
    let output = test(shop.path(), &[]);
    assert!(
        text(&output.stderr).contains("agentauthz.yaml:2:"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn json_conforms_to_its_published_schema() {
    let shop = shop();
    let output = test(shop.path(), &["--coverage", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/coverage-report.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    if let Err(error) = validator.validate(&json) {
        panic!("{error} at {}", error.instance_path());
    }
    assert_eq!(json["format"], "agentauthz.coverage/1");
    assert_eq!(json["policies"][0]["id"], "small");
    assert_eq!(json["policies"][0]["atoms"][2]["true"]["cases"], 0);
}

/// LCOV's text, and what Debian's `genhtml` counts in it.
#[test]
fn lcov_is_read_by_genhtml() {
    let shop = shop();
    test(shop.path(), &["--coverage", "lcov=c.info"]);
    let trace = fs::read_to_string(shop.path().join("c.info")).unwrap();
    insta::assert_snapshot!("lcov", trace);
    let there = Command::new("genhtml")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        println!("skipped: LCOV in a viewer: there is no genhtml");
        return;
    }
    let arguments = ["--branch-coverage", "--output-directory", "out", "c.info"];
    let shown = Command::new("genhtml")
        .current_dir(shop.path())
        .args(arguments)
        .output()
        .unwrap();
    let said = text(&shown.stdout) + &text(&shown.stderr);
    assert!(shown.status.success(), "{said}");
    assert!(!said.to_lowercase().contains("warning"), "{said}");
    for counted in [
        "(9 of 9 lines)",
        "(3 of 4 functions)",
        "(11 of 17 branches)",
    ] {
        assert!(said.contains(counted), "{counted}: {said}");
    }
    let page = fs::read_to_string(shop.path().join("out/policies/p.cedar.gcov.html")).unwrap();
    assert!(page.contains("context.n"));
}

/// The page reaches nothing outside, runs nothing, and shows every atom painted.
#[test]
fn the_page_is_one_inert_file() {
    let shop = shop();
    test(shop.path(), &["--coverage", "html=c.html"]);
    let page = fs::read_to_string(shop.path().join("c.html")).unwrap();
    assert!(page.contains("default-src &#x27;none&#x27;") && !page.contains("<script"));
    for outside in ["http:", "https:", "src=", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(!page.contains("<b>") && page.contains("&lt;b&gt;"));
    for painted in [
        "class=\"atom only-false\" title=\"true 0, false 1, never decisive by itself\">context.n</span></code></li>",
        "class=\"atom both\" title=\"true 2, false 1, decisive by itself\">context.n &gt; 5</span>",
        "<span class=\"word only-false\">only false</span>",
    ] {
        assert!(page.contains(painted), "{painted}\n{page}");
    }
    let again = test(shop.path(), &["--coverage", "html"]);
    assert_eq!(text(&again.stdout), page);
}

/// Of a change only its policies count: `--changed` against a directory and against a git revision.
#[test]
fn changed_policies_count_alone() {
    let (base, head) = (shop(), shop());
    let path = head.path().join("policies/p.cedar");
    let changed = fs::read_to_string(&path).unwrap().replace("> 5", "> 6");
    fs::write(path, changed).unwrap();
    let since = format!("dir:{}", base.path().display());
    let output = test(head.path(), &["--coverage", "json", "--changed", &since]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let policies = json["policies"].as_array().unwrap();
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0]["id"], "small");
    assert_eq!(json["figures"]["policy"]["total"], 1);
    assert_eq!(json["environments"], serde_json::json!([]));
    assert_eq!(json["cases"]["run"], 3);
    assert_eq!(json["changed_since"], since.as_str());
    // All that is asked for is judged by this policy alone.
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    assert_eq!(json["gates"].as_array().unwrap().len(), 2);
}
