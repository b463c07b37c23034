//! The command line as a person meets it: help, versions, schemas, completions, `init`, and the same bytes every time.

mod support;

use serde_json::Value;
use support::play::{Play, run};
use support::repository::{agentauthz, write_files};

const COMMANDS: [&str; 16] = [
    "init",
    "check",
    "lint",
    "fmt",
    "test",
    "replay",
    "diff",
    "gate",
    "approve",
    "approvals",
    "explain",
    "pin",
    "import",
    "mapping",
    "schema",
    "completions",
];

fn said(args: &[&str]) -> String {
    let ran = run(std::env::temp_dir().as_path(), args);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert_eq!(ran.err, "");
    ran.out
}

#[test]
fn help_reads_well() {
    let mut help = said(&["--help"]);
    for command in COMMANDS {
        let text = said(&[command, "-h"]);
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
        help.push_str(&format!("\n=== {command}\n{text}"));
    }
    insta::assert_snapshot!("help", help);
    let listed = said(&["--help"]);
    assert!(
        COMMANDS
            .iter()
            .all(|command| listed.contains(&format!("\n  {command} "))),
        "{listed}"
    );
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(
        said(&["--version"]),
        format!("agentauthz {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_says_what_is_right() {
    let here = std::env::temp_dir();
    run(&here, &[]).says(2, &["Usage:"]);
    run(&here, &["chekc"]).says(2, &["'chekc'", "check"]);
    run(&here, &["replay", "--formt", "json"]).says(2, &["'--formt'", "--format"]);
    run(&here, &["replay", "--format", "yaml"]).says(2, &["'yaml'", "terminal, json"]);
    run(&here, &["replay", "--format", "sarif"])
        .says(2, &["no format `sarif`", "it has terminal, json"]);
    run(&here, &["replay", "--report", "junit=x.xml"])
        .says(2, &["no format `junit`", "it has terminal, json"]);
    run(&here, &["replay", "--report", "json=absent/x.json"])
        .says(2, &["`absent/x.json`", "make its directory first"]);
    run(
        &here,
        &["replay", "--report", "json=x", "--report", "terminal=x"],
    )
    .says(2, &["two reports", "`x`"]);
    run(&here, &["schema", "policy"]).says(2, &["'policy'", "manifest"]);
    run(&here, &["diff", "a", "b", "c"]).says(2, &["'c'"]);
}

/// The schema that `schema NAME` prints, ready to validate with.
fn schema(name: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&said(&["schema", name])).unwrap();
    assert!(jsonschema::meta::is_valid(&schema), "{name}");
    assert!(schema.get("title").is_some(), "{name}");
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn published_schemas_describe_what_init_writes() {
    let names = said(&["schema"]);
    let play = Play::init();
    play.write("approvals.yaml", "version: 1\napprovals: []\n");
    let files = [
        ("agents", "agents.yaml"),
        ("approvals", "approvals.yaml"),
        ("entities", "entities/systems.yaml"),
        ("links", "links.yaml"),
        ("manifest", "agentauthz.yaml"),
        ("mapping", "mapping.yaml"),
        ("recording", "recordings/example.jsonl"),
        ("test", "tests/refunds.test.yaml"),
    ];
    // Reports are what nobody writes, and `init` writes no shared fixtures.
    let others = [
        "coverage-report",
        "diff",
        "fixtures",
        "lint-report",
        "mapping-report",
        "mutation-report",
        "test-report",
    ];
    assert_eq!(
        names
            .lines()
            .filter(|name| !others.contains(name))
            .collect::<Vec<_>>(),
        files.map(|(name, _)| name)
    );
    for name in others {
        assert!(names.lines().any(|other| other == name));
        schema(name);
    }
    for (name, file) in files {
        let validator = schema(name);
        let text = play.text(file);
        let values: Vec<Value> = match file.ends_with(".yaml") {
            true => vec![serde_saphyr::from_str(&text).unwrap()],
            false => text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        };
        for mut value in values {
            let faults: Vec<String> = validator
                .iter_errors(&value)
                .map(|fault| fault.to_string())
                .collect();
            assert_eq!(faults, Vec::<String>::new(), "{file}");
            // What is misspelt is told by the schema, too.
            value
                .as_object_mut()
                .unwrap()
                .insert("versoin".to_owned(), Value::from(1));
            assert!(!validator.is_valid(&value), "{file}");
        }
    }
    play.run(&["import", "recordings/example.jsonl", "-o", "mapped.jsonl"])
        .says(0, &["mapped    6"]);
    let validator = schema("recording");
    for line in play.text("mapped.jsonl").lines() {
        assert!(
            validator.is_valid(&serde_json::from_str(line).unwrap()),
            "{line}"
        );
    }
}

#[test]
fn completions_know_the_commands() {
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef agentauthz"),
        ("fish", "complete -c agentauthz"),
    ] {
        let output = agentauthz().args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains(mark), "{shell}");
        assert!(
            COMMANDS.iter().all(|command| script.contains(command)),
            "{shell}"
        );
    }
    run(&std::env::temp_dir(), &["completions", "tcsh"]).says(2, &["bash"]);
}

#[test]
fn init_writes_what_passes() {
    let place = tempfile::tempdir().unwrap();
    run(place.path(), &["init", "a/b"]).says(0, &["a/b", "agentauthz.yaml", "agentauthz check"]);
    let inner = place.path().join("a/b");
    run(&inner, &["check"]).says(0, &["no faults"]);
    run(&inner, &["check", "--recordings"]).says(0, &["no faults"]);
    run(&inner, &["test"]).says(0, &["9 passed"]);
    run(&inner, &["fmt", "--check"]).says(0, &["nothing to format"]);
    // Nothing of level warning, whatever the unit tests show.
    let lint = [
        "lint",
        "--with-tests",
        "-D",
        "warnings",
        "--now",
        "2026-11-24",
    ];
    run(&inner, &lint).says(0, &["lint"]);
    run(&inner, &["replay"]).says(0, &["fidelity 100 %"]);
    run(&inner, &["diff", "dir:."]).says(0, &[]);
    run(&inner, &["explain", "recordings/example.jsonl#s2-0"]).says(0, &["refund-needs-human"]);
    run(place.path(), &["init", "a/b"]).says(2, &["not empty", "help:"]);
    run(place.path(), &["init", "a"]).says(2, &["not empty: there is `b`"]);
    // A repository just begun with git is as good as empty.
    git2::Repository::init(place.path().join("fresh")).unwrap();
    run(place.path(), &["init", "fresh"]).says(0, &[]);
    run(&inner.join("policies"), &["check"]).says(0, &["no faults"]);
}

#[test]
fn the_same_bytes_every_time() {
    let play = Play::init();
    let other = Play::init();
    other.write(
        "policies/wider.cedar",
        "@id(\"wider\")\npermit (principal, action, resource);\n",
    );
    let lines = play.text("recordings/example.jsonl");
    let many: String = (0..400)
        .map(|at| {
            lines
                .replace("\"id\":\"", &format!("\"id\":\"{at}-"))
                .replace("\"session\":\"", &format!("\"session\":\"{at}-"))
        })
        .collect();
    play.write("many.jsonl", many + "{\n");
    let base = format!("dir:{}", other.path("").display());
    for format in ["terminal", "json"] {
        for args in [
            &["check", "--recordings", "many.jsonl"][..],
            &["test"],
            &["replay", "many.jsonl"],
            &["diff", &base, "--recordings", "many.jsonl", "-v"],
            &["explain", "many.jsonl#7-s2-0", "--base", &base],
        ] {
            let runs: Vec<_> = [("1", 1), ("4", 2)]
                .into_iter()
                .flat_map(|(threads, times)| std::iter::repeat_n(threads, times))
                .map(|threads| {
                    let mut command = agentauthz();
                    command
                        .env("RAYON_NUM_THREADS", threads)
                        .current_dir(play.path(""));
                    let output = command
                        .args(args)
                        .args(["--format", format])
                        .output()
                        .unwrap();
                    (output.status.code(), output.stdout, output.stderr)
                })
                .collect();
            assert!(runs.windows(2).all(|pair| pair[0] == pair[1]), "{args:?}");
            assert!(matches!(runs[0].0, Some(0 | 1 | 3)), "{args:?}");
        }
    }
}

/// A repository with a router, a list of tools, and calls.
fn routed() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        ("agentauthz.yaml", "version: 1\ntools: [tools/*.json]\n"),
        (
            "schema/s.cedarschema",
            "entity Agent; entity Host;\naction fetch appliesTo { principal: Agent, resource: Host, \
             context: { input: { url?: String, max?: Long } } };\n",
        ),
        (
            "mapping.yaml",
            "version: 1\nprincipal: Agent::\"{agent}\"\naction: Action::\"{tool}\"\n\
             resource: Host::\"{args.url | host}\"\ncontext:\n  input: \"{args}\"\n\
             unwrap:\n  run: { tool: \"{args.name}\", args: \"{args.params}\" }\n\
             tools:\n  old_*: { skip: true }\n",
        ),
        (
            "tools/web.json",
            r#"[{ "name": "fetch", "inputSchema": { "properties": { "url": {}, "max": {}, "depth": {} } } }]"#,
        ),
        (
            "calls.jsonl",
            concat!(
                r#"{"version":1,"id":"c1","agent":"bot","call":{"tool":"run","args":{"name":"fetch","params":{"url":"https://Example.com/a","max":"all","x":1}}}}"#,
                "\n",
                r#"{"version":1,"id":"c2","agent":"bot","call":{"tool":"drop","args":{}}}"#,
                "\n",
            ),
        ),
    ];
    write_files(dir.path(), &files);
    dir
}

#[test]
fn import_explains_a_call() {
    let dir = routed();
    let ran = |args: &[&str]| run(dir.path(), args);
    let shown = ran(&["import", "calls.jsonl", "--explain"]);
    assert_eq!(shown.code, 0, "{}", shown.all());
    insta::assert_snapshot!("import_explain", shown.out);
    let second = ran(&["import", "calls.jsonl", "--explain=c2"]);
    second.says(
        0,
        &["none: unknown_action", "the schema has no action `drop`"],
    );
    ran(&["import", "calls.jsonl", "--explain=c3"])
        .says(2, &["no tool call of these recordings has the id `c3`"]);
    ran(&["import", "calls.jsonl"]).says(2, &["--output"]);
    let json = ran(&["import", "calls.jsonl", "--explain", "--format", "json"]).json();
    assert_eq!(json["format"], "agentauthz.import-explanation/1");
    assert_eq!(json["tool"], "fetch");
    let part = |name: &str| {
        let parts = json["parts"].as_array().unwrap().iter();
        let mut named = parts.filter(|part| part["part"] == name);
        named.next().unwrap_or_else(|| panic!("{name} in {json}"))
    };
    let host = part("resource");
    assert_eq!(host["mapping"]["line"], 4);
    assert_eq!(host["reads"][1]["placeholder"], "args.url | host");
    assert_eq!(host["reads"][1]["value"], "example.com");
    assert_eq!(part("context.input.max")["status"], "unknown");
    assert_eq!(part("context.input.x")["status"], "left_out");
    assert_eq!(
        part("context.input.url")["value"],
        "\"https://Example.com/a\""
    );
}

#[test]
fn mapping_shows_what_does_not_fit() {
    let dir = routed();
    let ran = |args: &[&str]| run(dir.path(), args);
    let shown = ran(&["mapping", "--recordings", "calls.jsonl"]);
    assert_eq!(shown.code, 1, "{}", shown.all());
    insta::assert_snapshot!("mapping", shown.out);
    let json = ran(&["mapping", "--recordings", "calls.jsonl", "--format", "json"]);
    assert!(
        schema("mapping-report").is_valid(&json.json()),
        "{}",
        json.out
    );
    // Notes do not count, and without evidence nothing is said.
    let path = dir.path().join("mapping.yaml");
    let mapping = std::fs::read_to_string(&path)
        .unwrap()
        .replace("tools:\n  old_*: { skip: true }\n", "");
    std::fs::write(&path, mapping.replace("unwrap:\n  run:", "unwrap:\n  fet:")).unwrap();
    ran(&["mapping"]).says(1, &["`unwrap.fet` is not used"]);
    std::fs::write(&path, mapping.split("unwrap:").next().unwrap()).unwrap();
    ran(&["mapping"]).says(0, &["no attribute takes `depth`", "nothing found, 1 note"]);
    std::fs::remove_file(dir.path().join("tools/web.json")).unwrap();
    ran(&["mapping"]).says(3, &["nothing to judge by"]);
}
