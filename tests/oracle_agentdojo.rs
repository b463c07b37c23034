//! Real recordings: 50,099 tool calls of AgentDojo under "permit everything" and six rules, against counts that were
//! made without this project.

#[path = "support/agentdojo.rs"]
mod agentdojo;
#[path = "support/deletions.rs"]
mod deletions;
#[path = "support/kept_runs.rs"]
mod kept_runs;
mod support;

use agentauthz::engine::Side;
use agentauthz::model::RecordedAction;
use agentdojo::{
    AMOUNT, EVERYTHING, MANIFEST, MAPPING, MEMBERS, PASSWORD, PAYEE, POST, SCHEMA, host,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use support::repository::{agentauthz, load_directory, write_files};

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

/// What two reports must have in common: what a corpus cannot keep is left out.
fn kept_of(mut report: Value) -> Value {
    let mut remove = |path: &[&str]| {
        let (last, parents) = path.split_last().unwrap();
        let found = parents
            .iter()
            .try_fold(&mut report, |at, key| at.get_mut(key));
        if let Some(Value::Object(members)) = found {
            members.remove(*last);
        }
    };
    // Sessions and times, how it was decided, and what single actions are shown.
    for path in [
        &["changed_sessions"][..],
        &["first_divergences"],
        &["downstream"],
        &["engine"],
        &["traffic", "sessions"],
        &["traffic", "recordings"],
        &["traffic", "first"],
        &["verdict"],
        &["gates"],
    ] {
        remove(path);
    }
    if let Some(classes) = report["classes"].as_array_mut() {
        for class in classes {
            class.as_object_mut().unwrap().remove("sessions");
        }
    }
    let groups = report["groups"].as_array_mut().unwrap();
    let kept = groups.iter().map(|group| {
        let keys = [
            "number",
            "fingerprint",
            "class",
            "widened",
            "narrowed",
            "actions",
            "by_agent",
            "by_action",
            "by_system",
            "risk",
            "title",
            "cause",
            "values",
            "origins",
        ];
        let kept = keys
            .iter()
            .map(|key| ((*key).to_owned(), group[*key].clone()));
        Value::Object(kept.collect())
    });
    let kept: Vec<Value> = kept.collect();
    report["groups"] = kept.into();
    // What is drawn of the values is drawn from the single actions that are kept.
    for group in report["groups"].as_array_mut().unwrap() {
        for value in group["values"].as_array_mut().unwrap() {
            value.as_object_mut().unwrap().remove("histogram");
        }
    }
    report
}

fn full_diff(root: &Path, recording: &str) -> Value {
    let output = agentauthz()
        .args(["diff", "dir:base", "dir:head", "--full", "--format", "json"])
        .args(["--recordings", recording, "--fail-on", "none"])
        .current_dir(root)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    })
}

/// Every text in a value.
fn texts<'v>(json: &'v Value, out: &mut std::collections::BTreeSet<&'v str>) {
    match json {
        Value::String(text) => {
            out.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(members) => members.values().for_each(|value| texts(value, out)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn a_corpus_of_banking_is_small_and_says_the_same() {
    let Some(shared) = support::shared("recordings/agentdojo", "a corpus of AgentDojo") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    repository(&root.join("base"), EVERYTHING);
    repository(
        &root.join("head"),
        &format!("{EVERYTHING}{PAYEE}{AMOUNT}{PASSWORD}"),
    );
    kept_runs::kept_runs(&shared, "banking", &root.join("banking.jsonl"));
    let run = |args: &[&str]| {
        let output = agentauthz().args(args).current_dir(root).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {error}");
    };
    run(&[
        "-C",
        "base",
        "import",
        "--from",
        "agentdojo",
        "../banking.jsonl",
        "-o",
        "../native.jsonl",
    ]);
    run(&[
        "-C",
        "base",
        "corpus",
        "build",
        "../native.jsonl",
        "--versions",
        "dir:.",
        "dir:../head",
        "-o",
        "../corpus.jsonl.zst",
    ]);
    let packed = std::fs::read(root.join("corpus.jsonl.zst")).unwrap();
    let unpacked = zstd::decode_all(packed.as_slice()).unwrap();
    std::fs::write(root.join("corpus.jsonl"), unpacked).unwrap();
    // It is the same whatever the format of its recordings.
    run(&[
        "-C",
        "base",
        "corpus",
        "build",
        "../banking.jsonl",
        "--versions",
        "dir:.",
        "dir:../head",
        "-o",
        "../straight.jsonl",
    ]);
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let corpus = read("corpus.jsonl");
    assert_eq!(corpus, read("straight.jsonl"));

    let (whole, small) = (
        full_diff(root, "native.jsonl"),
        full_diff(root, "corpus.jsonl"),
    );
    assert_eq!(small["traffic"]["actions"].as_u64(), Some(19_053));
    assert_eq!(
        actions(&small, "newly_denied"),
        2_171 - 309 + 309 + 140 + 630
    );
    assert_eq!(
        actions(&small, "newly_undecidable"),
        actions(&whole, "newly_undecidable")
    );
    assert_eq!(kept_of(small), kept_of(whole));
    let classes = |recording: &str| diff(root, "head", &root.join(recording))["classes"].clone();
    let count = |classes: &Value| -> Vec<(Value, Value)> {
        let classes = classes.as_array().unwrap().iter();
        classes
            .map(|class| (class["class"].clone(), class["actions"].clone()))
            .collect()
    };
    let (of_whole, of_small) = (classes("native.jsonl"), classes("corpus.jsonl.zst"));
    assert_eq!(count(&of_whole), count(&of_small));

    let native = read("native.jsonl");
    let ratio = native.len() / corpus.len();
    assert!(ratio >= 20, "{} bytes of {}", corpus.len(), native.len());

    // What the policies read are recipients and amounts.
    let mut read_values = std::collections::BTreeSet::new();
    let mut all_values = std::collections::BTreeSet::new();
    let lines: Vec<Value> = native
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        let args = &line["call"]["args"];
        texts(args, &mut all_values);
        texts(&args["recipient"], &mut read_values);
        texts(&args["amount"], &mut read_values);
    }
    let kept: Vec<Value> = corpus
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut kept_texts = std::collections::BTreeSet::new();
    for line in &kept {
        texts(line, &mut kept_texts);
        for asked in line["corpus"]["asked"].as_array().unwrap() {
            let Some(input) = asked["request"]["cedar"]["context"].get("input") else {
                continue;
            };
            let names = input.as_object().unwrap().keys();
            assert!(
                names
                    .clone()
                    .all(|name| ["recipient", "amount"].contains(&name.as_str())),
                "{line}"
            );
        }
    }
    let unread: Vec<&&str> = all_values
        .iter()
        .filter(|value| !value.is_empty() && !read_values.contains(**value))
        .collect();
    assert!(unread.len() > 700, "{}", unread.len());
    for value in &unread {
        assert!(!kept_texts.contains(**value), "{value}");
        // Nor within another text, where it is long enough to be no accident.
        let inside = kept_texts.iter().filter(|text| text.contains(**value));
        let inside: Vec<_> = inside
            .filter(|text| !read_values.contains(**text))
            .collect();
        assert!(
            value.len() < 8 || inside.is_empty(),
            "{value} in {inside:?}"
        );
    }
    let zst = |name: &str| std::fs::metadata(root.join(name)).unwrap().len();
    println!(
        "corpus: {} of {} bytes, 1 : {ratio}; {} records; compressed {}; {} values looked for",
        corpus.len(),
        native.len(),
        kept.len(),
        zst("corpus.jsonl.zst"),
        unread.len()
    );
}

/// Every so many-th run of a suite that the counts kept, as native records without requests.
fn calls(shared: &Path, root: &Path, suite: &str, step: usize) -> Vec<RecordedAction> {
    let runs = root.join(format!("{suite}-some.jsonl"));
    let native = root.join(format!("{suite}-native.jsonl"));
    let file = std::fs::File::open(shared.join(format!("{suite}.jsonl.zst"))).unwrap();
    let lines = std::io::BufReader::new(zstd::Decoder::new(file).unwrap()).lines();
    let mut out = std::io::BufWriter::new(std::fs::File::create(&runs).unwrap());
    for line in lines.map(Result::unwrap).step_by(step) {
        let injected = line.contains(r#""user_task_id":"injection_"#);
        if !injected {
            writeln!(out, "{line}").unwrap();
        }
    }
    out.flush().unwrap();
    let output = agentauthz()
        .args(["-C", "six", "import", "--from", "agentdojo"])
        .args([&runs, Path::new("-o"), &native])
        .current_dir(root)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let text = std::fs::read_to_string(&native).unwrap();
    text.lines()
        .map(|line| {
            let mut action: RecordedAction = serde_json::from_str(line).unwrap();
            action.request = None;
            action
        })
        .collect()
}

/// Rules that take two facts together.
const TOGETHER: &str = r#"
@id("much-to-strangers")
forbid (principal, action in [Action::"send_money", Action::"schedule_transaction"], resource)
when {
  context.input.amount.greaterThan(decimal("100.0")) &&
  !(context.input has recipient &&
    ["GB29NWBK60161331926819", "US122000000121212121212"].contains(context.input.recipient))
};
@id("links-outside")
forbid (principal, action == Action::"send_channel_message", resource)
when { context.input.body like "*www.*" && context.input.channel != "general" };
@id("long-story-to-one")
forbid (principal, action == Action::"send_direct_message", resource)
unless { context.input.recipient == "Alice" || !(context.input.body like "*www.*") };
@id("posts")
forbid (principal, action == Action::"post_webpage", resource)
when { context.input has content && context.input.url like "http://*" };
"#;

/// Arguments deleted at random from 30 % of the calls that have any. `AGENTAUTHZ_DELETIONS=all` takes all calls, not a sample.
#[test]
fn what_is_decided_without_some_arguments_is_decided_with_them() {
    let Some(shared) = support::shared("recordings/agentdojo", "arguments deleted from AgentDojo")
    else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let all = std::env::var("AGENTAUTHZ_DELETIONS").is_ok_and(|value| value == "all");
    let six = [EVERYTHING, PAYEE, AMOUNT, PASSWORD, POST, MEMBERS, &host()].concat();
    repository(&root.join("six"), &six);
    repository(&root.join("together"), &[EVERYTHING, TOGETHER].concat());
    let step = if all { 1 } else { 16 };
    let mut actions = calls(&shared, root, "banking", step);
    actions.extend(calls(&shared, root, "slack", step));
    if all {
        assert_eq!(actions.len(), 50_099);
    }
    for (name, least) in [("six", 500), ("together", 100)] {
        let version = load_directory(root.join(name).to_str().unwrap());
        assert_eq!(version.diagnostics, []);
        let side = Side::head(&version);
        let (left, counted, unproven) = deletions::tried(&side, &actions, 7);
        println!("{name}: {counted:?}");
        assert_eq!(unproven, [""; 0], "{name}");
        assert!(
            counted.rescued + counted.undecidable > least * 50_000 / 800_000,
            "{counted:?}"
        );

        // The program counts the same, with every engine and on any number of threads.
        let lines: Vec<String> = left
            .iter()
            .map(|action| serde_json::to_string(action).unwrap() + "\n")
            .collect();
        let recording = root.join(format!("{name}.jsonl"));
        std::fs::write(&recording, lines.concat()).unwrap();
        for (engine, threads) in [
            ("compiled", "1"),
            ("compiled", "4"),
            ("interpreted", "2"),
            ("reference", "3"),
        ] {
            let output = agentauthz()
                .args(["-C", name, "replay", "--format", "json", "--engine", engine])
                .arg(&recording)
                .env("RAYON_NUM_THREADS", threads)
                .current_dir(root)
                .output()
                .unwrap();
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let found = &report["result"];
            let said = |path: &str| found["decisions"][path].as_u64().unwrap();
            assert_eq!(
                (
                    said("allow"),
                    said("deny"),
                    said("undecidable"),
                    said("not_replayable")
                ),
                (
                    counted.allow,
                    counted.deny,
                    counted.undecidable,
                    counted.no_request
                ),
                "{name}, {engine}"
            );
            assert_eq!(found["rescued"], counted.rescued, "{name}, {engine}");
        }
    }
}
