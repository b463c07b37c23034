//! The command line as a person meets it: help, versions, schemas, completions, `init`, and the same bytes every time.

#[path = "cli/data.rs"]
mod data;
#[path = "support/mod.rs"]
mod support;

use serde_json::Value;
use support::play::{Play, run, run_with};
use support::repository::{agentauthz, write_files};

const COMMANDS: [&str; 17] = [
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
    "corpus",
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
    for command in ["build", "info"] {
        let text = said(&["corpus", command, "-h"]);
        assert!(text.lines().all(|line| line.chars().count() <= 100));
        help.push_str(&format!("\n=== corpus {command}\n{text}"));
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

const OWN_CSV: &str = "\
id,run,step,ts,who,what,order,sum,to,subject,approved by,outcome
s1-0,s1,0,1772442843,refund-bot,read_order,o-100,,,,,ok
s1-1,s1,1,1772442849,refund-bot,refund,o-100,35.5,,,,ok
s2-0,s2,0,1772445704,refund-bot,refund,o-101,480,,,,refused
s2-1,s2,1,1772446032,refund-bot,refund,o-101,480,,,maria,ok
s3-0,s3,0,1772451000,reply-bot,send_mail,,,kim@customers.example,Your order,,ok
s4-0,s4,0,1772451751,reply-bot,send_mail,,,collector@attacker.example,All orders,,refused
";

/// The same as lines, among others.
const OWN_LINES: &str = r#"{"kind":"reply","text":"Hello"}
{"kind":"call","req":{"id":"s1-0"},"run":"s1","step":0,"ts":1772442843,"who":"refund-bot","what":"read_order","outcome":"ok","call":"{\"order\": \"o-100\"}"}
{"kind":"call","req":{"id":"s1-1"},"run":"s1","step":1,"ts":1772442849,"who":"refund-bot","what":"refund","outcome":"ok","call":"{\"order\": \"o-100\", \"amount\": 35.5}"}
{"kind":"call","req":{"id":"s2-0"},"run":"s2","step":0,"ts":1772445704,"who":"refund-bot","what":"refund","outcome":"refused","call":"{\"order\": \"o-101\", \"amount\": 480}"}
{"kind":"call","req":{"id":"s2-1"},"run":"s2","step":1,"ts":1772446032,"who":"refund-bot","what":"refund","outcome":"ok","call":"{\"order\": \"o-101\", \"amount\": 480}","approved by":"maria"}
{"kind":"call","req":{"id":"s3-0"},"run":"s3","step":0,"ts":1772451000,"who":"reply-bot","what":"send_mail","outcome":"ok","call":"{\"to\": \"kim@customers.example\", \"subject\": \"Your order\"}"}
{"kind":"call","req":{"id":"s4-0"},"run":"s4","step":0,"ts":1772451751,"who":"reply-bot","what":"send_mail","outcome":"refused","call":"{\"to\": \"collector@attacker.example\", \"subject\": \"All orders\"}"}
"#;

/// How both are read; the columns are those of the table.
const OWN_SOURCE: &str = "
source:
  id: id
  session: run
  sequence: step
  time: { at: ts, as: seconds }
  agent: who
  tool: what
  args: { order: order, amount: { at: sum, as: number }, to: to, subject: subject }
  meta: { approver: approved by }
  decision: { at: outcome, allow: [ok], deny: [refused] }
";

/// The example as a table and as lines of one's own gives, byte for byte, what the native recording gives.
#[test]
fn own_logs_are_read_where_the_mapping_says_how() {
    let play = Play::init();
    let mapping = play.text("mapping.yaml");
    play.run(&["import", "recordings/example.jsonl", "-o", "native.jsonl"])
        .says(0, &["mapped    6"]);
    play.write("calls.csv", OWN_CSV);
    play.write("mapping.yaml", format!("{mapping}{OWN_SOURCE}"));
    play.run(&["check"]).says(0, &["no faults"]);
    play.run(&["import", "calls.csv", "-o", "table.jsonl"])
        .says(0, &["mapped    6"]);
    assert_eq!(play.text("table.jsonl"), play.text("native.jsonl"));
    play.run(&["replay", "calls.csv"])
        .says(0, &["fidelity 100 %", "6 actions"]);
    play.run(&["explain", "calls.csv#s2-0"])
        .says(0, &["refund-needs-human"]);

    play.write("own.jsonl", OWN_LINES);
    let lines = OWN_SOURCE
        .replace("id: id", "only: { kind: call }\n  id: req.id")
        .replace("args: {", "args: call\n  # {");
    play.write("mapping.yaml", format!("{mapping}{lines}"));
    for from in [&["--from", "jsonl"][..], &[]] {
        let args = [&["import", "own.jsonl", "-o", "lines.jsonl"][..], from].concat();
        play.run(&args).says(0, &["mapped    6", "not_selected"]);
        assert_eq!(play.text("lines.jsonl"), play.text("native.jsonl"));
    }
    play.run(&["replay", "own.jsonl"])
        .says(0, &["fidelity 100 %"]);
    // A line that looks like another format's does not make the log one.
    let odd = r#"{"kind":"reply","version":1,"id":"x","call":{"tool":"t"},"request":{}}"#;
    play.write("odd.jsonl", format!("{OWN_LINES}{odd}\n"));
    play.run(&["import", "odd.jsonl", "-o", "odd-native.jsonl"])
        .says(0, &["mapped    6", "not_selected"]);
    assert_eq!(play.text("odd-native.jsonl"), play.text("native.jsonl"));
    // Another mapping on disk says nothing of what this one reads.
    play.write("other.yaml", format!("version: 1\n{OWN_SOURCE}"));
    let args = [
        "import",
        "calls.csv",
        "--mapping",
        "other.yaml",
        "-o",
        "x.jsonl",
    ];
    play.run(&args).says(0, &["6 actions"]);
}

#[test]
fn own_logs_need_somebody_to_say_how() {
    let play = Play::init();
    play.write("calls.csv", OWN_CSV)
        .write("own.jsonl", OWN_LINES);
    let nothing = "nothing says where the parts of an action stand in";
    for args in [
        &["replay", "calls.csv"][..],
        &["check", "--recordings", "calls.csv"],
        &["import", "own.jsonl", "--from", "jsonl", "-o", "x.jsonl"],
        &["import", "own.jsonl", "--from", "csv", "-o", "x.jsonl"],
    ] {
        play.run(args)
            .says(2, &[nothing, "`source` in the mapping"]);
    }
    play.run(&["replay", "own.jsonl"])
        .says(2, &["no recording in a format that is known", "`source`"]);
    let mapping = play.text("mapping.yaml");
    play.write(
        "mapping.yaml",
        format!("{mapping}{OWN_SOURCE}  delimiter: ab\n"),
    );
    play.run(&["check"])
        .says(1, &["mapping.yaml", "`delimiter`"]);
    play.run(&["import", "calls.csv", "-o", "x.jsonl"])
        .says(2, &["mapping.yaml", "`delimiter`"]);
    let renamed = OWN_SOURCE.replace("agent: who", "agent: whom");
    play.write("mapping.yaml", format!("{mapping}{renamed}"));
    let lacks = [
        "`calls.csv` cannot be read",
        "names `whom`, which",
        "columns are `id`, `run`",
    ];
    play.run(&["replay", "calls.csv"]).says(2, &lacks);
    let lenient = ["replay", "calls.csv", "--max-malformed", "100"];
    play.run(&lenient).says(2, &lacks);
    // Without a repository calls are imported as they are.
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("calls.csv"), OWN_CSV).unwrap();
    std::fs::write(
        place.path().join("m.yaml"),
        format!("version: 1\n{OWN_SOURCE}"),
    )
    .unwrap();
    let args = [
        "import",
        "calls.csv",
        "--mapping",
        "m.yaml",
        "-o",
        "x.jsonl",
    ];
    run(place.path(), &args).says(0, &["6 actions"]);
    std::fs::write(place.path().join("m.yaml"), "version: 1\n").unwrap();
    run(place.path(), &args).says(2, &["there is no `agentauthz.yaml`"]);
}

/// Of a context that CloudTrail left out everything is unknown: what does not read it is decided all the same.
#[test]
fn a_request_whose_context_is_not_known_is_decided_where_it_does_not_matter() {
    let play = Play::init();
    let event = |id: &str, action: &str, context: &str, decision: &str| {
        format!(
            r#"{{"eventSource":"verifiedpermissions.amazonaws.com","eventName":"IsAuthorized","eventID":"{id}",
            "eventTime":"2026-03-02T09:14:03Z","requestParameters":{{"policyStoreId":"PS",
            "principal":{{"entityType":"Agent","entityId":"refund-bot"}},"action":{{"actionType":"Action","actionId":"{action}"}},
            "resource":{{"entityType":"System","entityId":"payments"}}{context}}},"additionalEventData":{{"decision":"{decision}"}}}}"#
        )
    };
    let records = [
        event("a", "read_order", "", "ALLOW"),
        event("b", "refund", "", "ALLOW"),
        event(
            "c",
            "refund",
            r#","context":{"contextMap":{"amount":{"decimal":"480.0"}}}"#,
            "DENY",
        ),
        event(
            "d",
            "refund",
            r#","context":{"contextMap":{"amount":{"decimal":"***"}}}"#,
            "ALLOW",
        ),
        event(
            "e",
            "refund",
            r#","context":{"contextMap":{"amount":{"decimal":"20.0"},"approver":{"string":"***"}}}"#,
            "ALLOW",
        ),
    ];
    play.write(
        "trail.json",
        format!(r#"{{"Records":[{}]}}"#, records.join(",\n")),
    );
    play.run(&["replay", "trail.json", "-v"]).says(
        0,
        &[
            "5 actions",
            "undecidable",
            "context.amount",
            "fidelity 100 %",
        ],
    );
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

/// A shop whose orders stand in a data set, and what an agent did with them.
fn shop() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let call = |id: u8, session: &str, tool: &str, failed: Option<bool>| {
        let meta = failed.map_or(String::new(), |failed| {
            format!(r#""meta":{{"is_error":{failed}}},"#)
        });
        format!(
            "{{\"version\":1,\"id\":\"{session}{id}\",\"session\":\"{session}\",\"sequence\":{id},\"agent\":\"bot\",{meta}\
             \"call\":{{\"tool\":\"{tool}\",\"args\":{{\"order\":\"1\"}}}}}}\n"
        )
    };
    let calls = [
        call(0, "a", "pay", Some(false)),
        call(1, "a", "cancel", Some(false)),
        call(2, "a", "pay", Some(true)),
        call(0, "b", "cancel", Some(true)),
        call(1, "b", "pay", Some(false)),
        call(0, "c", "cancel", None),
        call(1, "c", "pay", Some(false)),
    ];
    let late = [
        call(1, "a", "pay", Some(false)),
        call(0, "a", "cancel", Some(false)),
    ];
    let files = [
        ("agentauthz.yaml", "version: 1\n"),
        (
            "schema/s.cedarschema",
            "entity Agent; entity User { level: String }; entity Order { owner: User, open: Bool };
             action pay, cancel appliesTo { principal: Agent, resource: Order };\n",
        ),
        (
            "policies/p.cedar",
            "@id(\"open\") permit(principal, action, resource) when { resource.open && resource.owner.level == \"gold\" };\n",
        ),
        (
            "mapping.yaml",
            r#"version: 1
principal: Agent::"{agent}"
action: "{tool}"
resource: Order::"{args.order}"
data:
  orders:
    at: orders
    entity: Order::"{key}"
    attrs: { owner: 'User::"{row.user}"', open: true }
  users:
    entity: User::"{row.name}"
    attrs: { level: "{row.level}" }
tools:
  cancel:
    changes:
      - entity: Order::"{args.order}"
        attrs: { open: false }
"#,
        ),
        ("shop.json", r#"{"orders": {"1": {"user": "ann"}}}"#),
        ("users.jsonl", "{\"name\": \"ann\", \"level\": \"gold\"}\n"),
        ("calls.jsonl", &calls.concat()),
        ("late.jsonl", &late.concat()),
    ];
    write_files(dir.path(), &files);
    dir
}

/// Each call sees the orders as the data set has them and as earlier calls of its session left them.
#[test]
fn entities_come_of_data_sets_and_change_within_sessions() {
    let dir = shop();
    let ran = |args: &[&str]| run(dir.path(), args);
    let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
    let with = |args: &[&str]| ran(&[args, &data].concat());
    let replayed = with(&["replay", "calls.jsonl", "--verify", "10"]);
    // Of session c nobody knows whether its order was cancelled.
    replayed.says(0, &["allow 5", "deny 1", "undecidable 1", "Order.open 1"]);
    for engine in ["interpreted", "reference"] {
        let other = with(&["replay", "calls.jsonl", "--engine", engine]);
        other.says(0, &["allow 5", "deny 1", "undecidable 1"]);
    }
    // A native recording holds what was looked up.
    with(&["import", "calls.jsonl", "-o", "native.jsonl"]).says(0, &["7"]);
    let native = std::fs::read_to_string(dir.path().join("native.jsonl")).unwrap();
    assert!(native.contains("\"looked_up\":[{") && !native.contains("earlier"));
    std::fs::write(dir.path().join("shop.json"), "{\"orders\": {}}").unwrap();
    with(&["replay", "native.jsonl"]).says(0, &["allow 5", "deny 1", "undecidable 1"]);
    let explained = with(&["import", "calls.jsonl", "--explain=a2"]);
    explained.says(0, &["Order::\"1\"", "changed by a1", "open: false"]);
    // A corpus keeps them as well.
    with(&["corpus", "build", "native.jsonl", "-o", "corpus.jsonl"]).says(0, &["7 actions"]);
    with(&["replay", "corpus.jsonl"]).says(0, &["allow 5", "deny 1", "undecidable 1"]);
}

/// A record that cannot be read may have been the call that closed the order.
#[test]
fn what_an_unreadable_record_may_have_changed_is_unknown() {
    let dir = shop();
    let pay = r#"{"version":1,"id":"p","session":"a","agent":"bot","call":{"tool":"pay","args":{"order":"1"}}}"#;
    std::fs::write(dir.path().join("before.jsonl"), format!("{pay}\n{{]\n")).unwrap();
    std::fs::write(dir.path().join("behind.jsonl"), format!("{{]\n{pay}\n")).unwrap();
    let replay = |name: &str| {
        let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
        let command = ["replay", name, "--max-malformed", "1"];
        run(dir.path(), &[&command[..], &data].concat())
    };
    replay("before.jsonl").says(0, &["allow 1"]);
    replay("behind.jsonl").says(3, &["undecidable 1", "Order.open 1"]);
}

/// What a policy reads of an entity may be a secret: then there is no corpus, rather than one that holds it.
#[test]
fn a_corpus_holds_no_secret_of_a_data_set() {
    let dir = shop();
    let build = |level: &str| {
        let users = format!("{{\"name\": \"ann\", \"level\": \"{level}\"}}\n");
        std::fs::write(dir.path().join("users.jsonl"), users).unwrap();
        let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
        let command = ["corpus", "build", "calls.jsonl", "-o", "corpus.jsonl"];
        run(dir.path(), &[&command[..], &data].concat())
    };
    build(&format!("AKIA{}", "Q3TZ7XW5KLM2PVRD"))
        .says(2, &["calls.jsonl:1", "looks like a secret"]);
    assert!(!dir.path().join("corpus.jsonl").exists());
    build("gold").says(0, &["7 actions"]);
}

/// A manifest names its data files from where it stands.
#[test]
fn each_directory_has_its_own_data() {
    let (here, there) = (shop(), shop());
    let manifest = "version: 1\ndata: { orders: shop.json, users: users.jsonl }\n";
    for dir in [&here, &there] {
        std::fs::write(dir.path().join("agentauthz.yaml"), manifest).unwrap();
    }
    let users = "{\"name\": \"ann\", \"level\": \"silver\"}\n";
    std::fs::write(there.path().join("users.jsonl"), users).unwrap();
    let at = format!("dir:{}", there.path().display());
    run(here.path(), &["replay", "calls.jsonl"]).says(0, &["allow 5"]);
    run(here.path(), &["replay", "calls.jsonl", "--at", &at]).says(0, &["allow 0", "deny 7"]);
}

/// The airline of tau2: what is denied was counted by a script of its own over the same files.
#[test]
fn reservations_of_an_airline_are_looked_up() {
    let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings/tau2");
    if !shared.exists() {
        println!("skipped: {} is not there", shared.display());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let files = [
        ("agentauthz.yaml", "version: 1\n"),
        (
            "schema/s.cedarschema",
            r#"entity Agent; entity System; entity Session { user?: User };
entity User { membership?: String, methods?: Set<String>, reservations?: Set<Reservation> };
entity FlightStatus; entity Flight in [FlightStatus];
entity Reservation in [Flight] { owner: User, cabin: String, passengers: Long, created: datetime, cancelled?: Bool };
action call appliesTo { principal: Agent, resource: System, context: { session: Session, reservation?: Reservation } };
"#,
        ),
        (
            "policies/p.cedar",
            r#"@id("all") permit(principal, action, resource);
@id("cancelled") forbid(principal, action, resource) when {
  context has reservation && context.reservation has cancelled && context.reservation.cancelled };
@id("foreign") forbid(principal, action, resource) when {
  context has reservation && context.session has user && context.reservation.owner != context.session.user };
@id("basic") forbid(principal, action, resource) when {
  context has reservation && context.reservation.cabin == "basic_economy" };
@id("old") forbid(principal, action, resource) when {
  context has reservation && context.reservation.created < datetime("2024-05-10T00:00:00Z") };
"#,
        ),
        (
            "mapping.yaml",
            r#"version: 1
principal: Agent::"{agent}"
action: call
resource: System::"{system}"
context:
  session: Session::"{session}"
  reservation: "{args.reservation_id}"
data:
  flights:
    at: flights.*.dates
    entity: Flight::"{keys.0}:{key}"
    in: [ 'FlightStatus::"{row.status}"' ]
  reservations:
    at: reservations
    entity: Reservation::"{key}"
    in:
      - each: "{row.flights}"
        as: Flight::"{item.flight_number}:{item.date}"
    attrs:
      owner: User::"{row.user_id}"
      cabin: "{row.cabin}"
      passengers: "{row.passengers | count}"
      created: "{row.created_at}-0500"
  users:
    at: users
    entity: User::"{key}"
    attrs:
      membership: "{row.membership}"
      methods: "{row.payment_methods | keys}"
      reservations: { each: "{row.reservations}", as: 'Reservation::"{item}"' }
tools:
  think: { skip: true }
  cancel_reservation:
    changes:
      - entity: Reservation::"{args.reservation_id}"
        attrs: { cancelled: true }
  update_reservation_flights:
    changes:
      - entity: Reservation::"{args.reservation_id}"
        attrs: { cabin: "{args.cabin}" }
        in:
          - each: "{args.flights}"
            as: Flight::"{item.flight_number}:{item.date}"
  get_user_details:
    changes:
      - entity: Session::"{session}"
        attrs: { user: 'User::"{result.user_id}"' }
"#,
        ),
    ];
    write_files(dir.path(), &files);
    let path = |name: &str| shared.join(name).to_string_lossy().into_owned();
    let (calls, data) = (path("gpt-4.1.airline.json"), path("airline.db.json.zst"));
    let ran = |args: &[&str]| run(dir.path(), args);
    ran(&["replay", &calls, "--data", &data, "--verify", "20"])
        .says(0, &["148 actions", "allow 99 (", "deny 49 ("]);
    ran(&["import", &calls, "--data", &data, "-o", "native.jsonl"]).says(0, &["148"]);
    ran(&["replay", "native.jsonl", "--data", &data]).says(0, &["allow 99 (", "deny 49 ("]);
}

/// In whatever order calls stand, and in whatever recording, each sees what surely came before it; what nobody knows is unknown.
#[test]
fn what_calls_change_does_not_depend_on_the_order_of_recordings() {
    let dir = shop();
    let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
    let with = |args: &[&str]| run(dir.path(), &[args, &data].concat());
    with(&["replay", "late.jsonl", "--verify", "2"]).says(0, &["2 actions", "undecidable 1"]);
    // With times the places are believed.
    let calls = std::fs::read_to_string(dir.path().join("late.jsonl")).unwrap();
    let timed: Vec<String> = (calls.lines().zip([2, 1]))
        .map(|(line, hour)| {
            line.replacen(
                '{',
                &format!("{{\"time\":\"2026-01-01T0{hour}:00:00Z\","),
                1,
            )
        })
        .collect();
    let [late, early] = timed.try_into().unwrap();
    write_files(
        dir.path(),
        &[
            ("timed.jsonl", &format!("{late}\n{early}\n")),
            ("1.jsonl", &format!("{late}\n")),
            ("2.jsonl", &format!("{early}\n")),
        ],
    );
    let said = ["2 actions", "allow 1", "deny 1"];
    with(&["replay", "timed.jsonl"]).says(0, &said);
    with(&["replay", "1.jsonl", "2.jsonl"]).says(0, &said);
    with(&["replay", "2.jsonl", "1.jsonl"]).says(0, &said);
    // What cannot be read twice is copied.
    let piped = run_with(
        dir.path(),
        &[&["replay", "-"][..], &data].concat(),
        &format!("{late}\n{early}\n"),
    );
    piped.says(0, &said);
}

#[test]
fn data_sets_without_files_are_errors() {
    let dir = shop();
    let ran = |args: &[&str]| run(dir.path(), args);
    let orders = ["--data", "orders=shop.json"];
    let with = |args: &[&str], data: &[&str]| ran(&[args, data].concat());
    with(&["replay", "calls.jsonl"], &orders).says(
        2,
        &[
            "the data set `users` of the mapping has no file, and an action needs it",
            "--data users=PATH",
        ],
    );
    let more = [
        "replay",
        "calls.jsonl",
        "--data",
        "x=y",
        "--data",
        "users.jsonl",
    ];
    with(&more, &orders).says(2, &["`--data` names the data set `x`"]);
    with(&["replay", "calls.jsonl", "--data", "none.json"], &orders).says(2, &["none.json"]);
    // The manifest names files of the repository.
    let manifest = dir.path().join("agentauthz.yaml");
    let text = "version: 1\ndata: { orders: shop.json, users: users.jsonl }\n";
    std::fs::write(&manifest, text).unwrap();
    ran(&["replay", "calls.jsonl"]).says(0, &["allow 5"]);
    std::fs::write(&manifest, text.replace("shop", "../shop")).unwrap();
    ran(&["replay", "calls.jsonl"]).says(2, &["`../shop.json` leaves the repository"]);
    // A row that cannot be used is named, and so is what needs it.
    std::fs::write(&manifest, text).unwrap();
    let users = "{\"name\": \"ann\"}\n{\"name\": \"ann\"}\n";
    std::fs::write(dir.path().join("users.jsonl"), users).unwrap();
    let twice = ran(&["replay", "calls.jsonl"]);
    twice.says(
        3,
        &[
            "unknown_entity 7",
            "users.jsonl:1 and users.jsonl:2: two rows of one entity",
        ],
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

/// What is shown of a router's call is the tool that is meant, and the router beside it.
#[test]
fn a_call_through_a_router_is_shown_as_what_is_meant() {
    let (base, head) = (routed(), routed());
    let permit = "permit (principal, action == Action::\"fetch\", resource);";
    write_files(head.path(), &[("policies/p.cedar", permit)]);
    let ran = |args: &[&str]| run(head.path(), args);
    ran(&["explain", "calls.jsonl#c1"]).says(0, &["call     run {", "tool     fetch\n"]);
    let json = ran(&["explain", "calls.jsonl#c1", "--format", "json"]).json();
    assert_eq!(json["sides"][0]["tool"], "fetch");
    let base = format!("dir:{}", base.path().display());
    let diff = |args: &[&str]| {
        let all = ["diff", &base, "dir:.", "--recordings", "calls.jsonl"];
        ran(&[&all[..], args].concat())
    };
    let json = diff(&["--format", "json"]).json();
    let example = &json["groups"][0]["exemplars"][0];
    let named = (&example["tool"], &example["router"]);
    assert_eq!(named, (&"fetch".into(), &"run".into()), "{json}");
    let shown = diff(&["-v"]).all();
    assert!(shown.contains("tool fetch · router run"), "{shown}");
}

/// What a corpus says of a tool without an action is what its recording says.
#[test]
fn a_corpus_keeps_the_tool_that_a_router_was_told() {
    let dir = routed();
    let line = |id: &str, args: &str| {
        format!(
            r#"{{"version":1,"id":"{id}","agent":"bot","call":{{"tool":"run","args":{args}}}}}"#
        )
    };
    let lines = [
        line(
            "a",
            r#"{"name":"gone","params":{"url":"https://secret.example"}}"#,
        ),
        line("b", r#"{"name":"gone","params":{}}"#),
        line("c", r#"{"name":"lost"}"#),
        line("d", "{}"),
    ];
    write_files(dir.path(), &[("r.jsonl", &lines.join("\n"))]);
    let ran = |args: &[&str]| run(dir.path(), args);
    ran(&["corpus", "build", "r.jsonl", "-o", "c.jsonl"]).says(0, &["4 actions in 3 records"]);
    let corpus = std::fs::read_to_string(dir.path().join("c.jsonl")).unwrap();
    assert!(
        corpus.contains(r#""tool":"gone""#) && !corpus.contains("secret"),
        "{corpus}"
    );
    let tools = |recording: &str| {
        let json = ran(&["replay", recording, "--format", "json"]).json();
        json["result"]["unmapped_tools"].clone()
    };
    let expected = serde_json::json!({ "gone": 2, "lost": 1, "run": 1 });
    assert_eq!(
        (tools("r.jsonl"), tools("c.jsonl")),
        (expected.clone(), expected)
    );
}
