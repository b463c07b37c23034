//! Data sets: when a file is wanted, and when one changes nothing.

use super::shop;
use crate::support::play::run;
use crate::support::repository::write_files;

/// Every command that maps a call says that the file is missing, and none writes anything then.
#[test]
fn a_file_is_wanted_once_an_action_needs_it() {
    let (dir, other) = (shop(), shop());
    let ran = |args: &[&str]| run(dir.path(), args);
    let base = format!("dir:{}", other.path().display());
    let pin = [
        "pin", "1", "--expect", "base", "--base", &base, "--at", "dir:.",
    ];
    let commands: [&[&str]; 10] = [
        &[&pin[..], &["--recordings", "calls.jsonl"]].concat(),
        &["replay", "calls.jsonl"],
        &["replay", "calls.jsonl", "--engine", "reference"],
        &["diff", &base, "dir:.", "--recordings", "calls.jsonl"],
        &["import", "calls.jsonl", "-o", "out.jsonl"],
        &["import", "calls.jsonl", "--explain=a0"],
        &["corpus", "build", "calls.jsonl", "-o", "out.jsonl"],
        &["explain", "calls.jsonl#a0"],
        &["mapping", "--recordings", "calls.jsonl"],
        &["check", "--recordings", "calls.jsonl"],
    ];
    for command in commands {
        ran(command).says(2, &["the data set `orders` of the mapping has no file"]);
    }
    assert!(!dir.path().join("out.jsonl").exists());
    // What brings its entities, or needs none of the data set, needs no file.
    let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
    ran(&[&["import", "calls.jsonl", "-o", "native.jsonl"], &data[..]].concat()).says(0, &["7"]);
    let corpus = ["corpus", "build", "native.jsonl", "-o", "corpus.jsonl"];
    ran(&corpus).says(0, &["7 actions"]);
    for recording in ["native.jsonl", "corpus.jsonl"] {
        ran(&["replay", recording]).says(0, &["allow 5", "deny 1", "undecidable 1"]);
        let diff = ["diff", &base, "dir:.", "--recordings", recording];
        ran(&diff).says(3, &["6 actions decided alike"]);
    }
    // Each budget is a run of its own.
    let budget = |recording: &str| {
        format!(
            "\n  - {{ base: \"{base}\", recording: {recording}, changes: {{ newly_denied: 0 }} }}"
        )
    };
    let budgets = budget("calls.jsonl") + &budget("native.jsonl");
    let suite = format!("version: 1\nsuite: b\nreplay:{budgets}\n");
    write_files(dir.path(), &[("tests/b.test.yaml", &suite)]);
    let broken = "has no file, and an action needs it";
    ran(&["test"]).says(2, &["1 passed, 1 broken", broken]);
    let unheard = r#"{"version":1,"id":"n","agent":"bot","call":{"tool":"walk","args":{}}}"#;
    std::fs::write(dir.path().join("unheard.jsonl"), unheard).unwrap();
    ran(&["replay", "unheard.jsonl"]).says(3, &["unknown_action 1"]);
}

/// What was looked up when a recording was imported counts, and no other data set: whoever names one is told.
#[test]
fn data_that_changes_nothing_is_said() {
    let (dir, other) = (shop(), shop());
    let ran = |args: &[&str]| run(dir.path(), args);
    let base = format!("dir:{}", other.path().display());
    let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
    let with = |args: &[&str]| ran(&[args, &data].concat());
    let nothing =
        "warning: `--data` changes nothing for the data sets `orders`, `users`: every action";
    let some =
        "warning: `--data` changes nothing for the data sets `orders`, `users` where actions";
    let pay = |name: &str| {
        let call = r#""agent":"bot","call":{"tool":"pay","args":{"order":"1"}}"#;
        let line = format!("{{\"version\":1,\"id\":\"{name}\",{call}}}\n");
        std::fs::write(dir.path().join(format!("{name}.jsonl")), line).unwrap();
    };
    ["one", "two"].iter().for_each(|name| pay(name));
    with(&["import", "calls.jsonl", "-o", "native.jsonl"]).says(0, &["7"]);
    with(&["corpus", "build", "native.jsonl", "-o", "corpus.jsonl"]).says(0, &[nothing]);
    for recording in ["native.jsonl", "corpus.jsonl"] {
        let replayed = with(&["replay", recording, "--verify", "9"]);
        replayed.says(0, &["allow 5", nothing, "once more"]);
        with(&["diff", &base, "dir:.", "--recordings", recording]).says(3, &[nothing]);
        with(&["replay", recording, "one.jsonl"]).says(0, &["allow 6", some]);
    }
    let quiet = [
        with(&["replay", "calls.jsonl"]),
        with(&["import", "native.jsonl", "-o", "again.jsonl"]),
        ran(&["replay", "native.jsonl"]),
    ];
    for ran in quiet {
        let warned = ran.err.contains("warning");
        assert!(ran.code == 0 && !warned, "{}", ran.all());
    }
    // So it is where nothing was found then, and the fast lane decides.
    std::fs::write(dir.path().join("shop.json"), "{\"orders\": {}}").unwrap();
    with(&["import", "one.jsonl", "-o", "bare.jsonl"]).says(0, &["1"]);
    with(&["replay", "bare.jsonl"]).says(0, &[nothing]);
    with(&["replay", "bare.jsonl", "two.jsonl"]).says(0, &[some]);
}

/// A suite has one set of entities for all its tests, so what was looked up for one action is in none.
#[test]
fn what_was_looked_up_is_not_pinned() {
    let (dir, other) = (shop(), shop());
    let permit = "@id(\"all\") permit(principal, action, resource);";
    write_files(other.path(), &[("policies/p.cedar", permit)]);
    let base = format!("dir:{}", other.path().display());
    let pinned = run(
        dir.path(),
        &[
            "pin",
            "1",
            "--expect",
            "base",
            "--base",
            &base,
            "--at",
            "dir:.",
            "--recordings",
            "calls.jsonl",
            "--data",
            "orders=shop.json",
            "--data",
            "users.jsonl",
        ],
    );
    let note = "it needs entities that are looked up in data sets";
    pinned.says(2, &["so nothing was written\n  calls.jsonl#", note]);
    assert!(!pinned.err.contains("\\u{a}"), "{}", pinned.err);
}

/// A corpus holds the entities that policies name, and says so where other policies name others.
#[test]
fn a_corpus_holds_what_its_policies_name() {
    let (base, head, other) = (shop(), shop(), shop());
    let names = |dir: &tempfile::TempDir, order: &str| {
        let text = format!(
            "@id(\"named\") forbid(principal, action, resource) when {{ Order::\"{order}\" has open && Order::\"{order}\".open }};\n"
        );
        write_files(dir.path(), &[("policies/named.cedar", &text)]);
    };
    names(&head, "1");
    names(&other, "9");
    let dir = |dir: &tempfile::TempDir| format!("dir:{}", dir.path().display());
    let (before, after, later) = (dir(&base), dir(&head), dir(&other));
    let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
    let with = |args: &[&str]| run(base.path(), &[args, &data].concat());
    let build = ["corpus", "build", "calls.jsonl", "-o", "corpus.jsonl"];
    let versions = ["--versions", &before, "--versions", &after];
    let built = with(&[&build[..], &versions].concat());
    built.says(0, &["7 actions"]);
    assert!(!built.err.contains("changes nothing"), "{}", built.err);
    let diff = |after: &str, recording: &str| {
        with(&[
            "diff",
            &before,
            after,
            "--recordings",
            recording,
            "--format",
            "json",
        ])
        .json()
    };
    let classes = |recording: &str| {
        let found = diff(&after, recording);
        let classes = found["classes"].as_array().unwrap().iter();
        let counts = classes.map(|class| format!("{} {}", class["class"], class["actions"]));
        counts.collect::<Vec<String>>()
    };
    assert!(classes("calls.jsonl").contains(&"\"newly_denied\" 5".to_owned()));
    assert_eq!(classes("corpus.jsonl"), classes("calls.jsonl"));
    assert_eq!(
        diff(&later, "corpus.jsonl")["verdict"]["result"],
        "inconclusive"
    );
    let info = ["corpus", "info", "corpus.jsonl", "--at", &later];
    run(base.path(), &info).says(3, &["not kept  7 actions"]);
}

/// What could not be read when a recording was imported may have changed something for what was read.
#[test]
fn an_import_keeps_where_a_record_was_lost() {
    let dir = shop();
    let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
    let with = |args: &[&str]| run(dir.path(), &[args, &data].concat());
    let request = r#"{"version":1,"id":"q","session":"a","sequence":9,"request":{"cedar":{"principal":{"type":"Agent","id":"bot"},"action":{"type":"Action","id":"pay"},"resource":{"type":"Order","id":"1"},"context":{}}}}"#;
    let sound = format!("{request}\n");
    let broken = format!("{{]\n{request}\n");
    write_files(
        dir.path(),
        &[("sound.jsonl", &sound), ("broken.jsonl", &broken)],
    );
    with(&["replay", "sound.jsonl"]).says(0, &["allow 1"]);
    with(&["replay", "broken.jsonl"]).says(1, &["undecidable 1"]);
    with(&["import", "broken.jsonl", "-o", "native.jsonl"]).says(1, &["malformed 1"]);
    with(&["replay", "native.jsonl"]).says(
        1,
        &[
            "undecidable 1",
            "`broken.jsonl:1` could not be read when this was imported",
        ],
    );
    // What several recordings say of a session is not put into one where nobody could tell the order any more.
    let calls = std::fs::read_to_string(dir.path().join("calls.jsonl")).unwrap();
    let (one, other) = calls.split_at(calls.match_indices('\n').nth(1).unwrap().0 + 1);
    write_files(dir.path(), &[("one.jsonl", one), ("other.jsonl", other)]);
    with(&["import", "one.jsonl", "other.jsonl", "-o", "both.jsonl"]).says(
        2,
        &[
            "the session `a` stands in several of these recordings",
            "import each recording into a file of its own",
        ],
    );
    assert!(!dir.path().join("both.jsonl").exists());
}

/// What policies name is looked up also for calls that were imported, and need nothing looked up themselves.
#[test]
fn what_policies_name_is_looked_up_for_imported_calls() {
    let dir = shop();
    let policies = "@id(\"all\") permit(principal, action, resource);\n\
                    @id(\"named\") forbid(principal, action, resource) when { Order::\"1\" has open && Order::\"1\".open };\n";
    let call = r#"{"version":1,"id":"z","agent":"bot","call":{"tool":"pay","args":{"order":"7"}}}"#;
    write_files(
        dir.path(),
        &[("policies/p.cedar", policies), ("seven.jsonl", call)],
    );
    let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
    let with = |args: &[&str]| run(dir.path(), &[args, &data].concat());
    with(&["import", "seven.jsonl", "-o", "native.jsonl"]).says(0, &["mapped    1"]);
    let native = std::fs::read_to_string(dir.path().join("native.jsonl")).unwrap();
    assert!(
        native.contains("\"request\"") && !native.contains("looked_up"),
        "{native}"
    );
    for recording in ["seven.jsonl", "native.jsonl"] {
        with(&["replay", recording]).says(0, &["deny 1"]);
    }
}

/// An action that is named is explained with what its session changed in other recordings of the manifest.
#[test]
fn a_session_goes_on_in_another_recording_of_the_manifest() {
    let dir = shop();
    let line = |id: &str, tool: &str, hour: u8| {
        format!(
            "{{\"version\":1,\"id\":\"{id}\",\"session\":\"s\",\"agent\":\"bot\",\"time\":\"2026-01-01T0{hour}:00:00Z\",\
             \"meta\":{{\"is_error\":false}},\"call\":{{\"tool\":\"{tool}\",\"args\":{{\"order\":\"1\"}}}}}}\n"
        )
    };
    write_files(
        dir.path(),
        &[
            ("traffic/1.jsonl", &line("c", "cancel", 1)),
            ("traffic/2.jsonl", &line("p", "pay", 2)),
        ],
    );
    let data = ["--data", "orders=shop.json", "--data", "users.jsonl"];
    let explained = || {
        run(
            dir.path(),
            &[&["explain", "traffic/2.jsonl#p"], &data[..]].concat(),
        )
    };
    explained().says(0, &["allow"]);
    let manifest = "version: 1\nrecordings: [ traffic/*.jsonl ]\n";
    write_files(dir.path(), &[("agentauthz.yaml", manifest)]);
    explained().says(0, &["deny"]);
}
