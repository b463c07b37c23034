//! Nothing passes in silence: what could hide a flip is a fault, or keeps a diff from being clean.

mod support;

use serde_json::Value;
use std::fs;
use support::play::{Play, run_with};

/// A diff of the repository against a copy of it with other limits, over one recording.
fn diff(play: &Play, recording: &str) -> (i32, Value) {
    let limit = play.text("policies/guardrails.cedar");
    let copy = tempfile::tempdir().unwrap();
    copy_files(&play.path(""), copy.path());
    let changed = limit.replace("decimal(\"100.0\")", "decimal(\"9000.0\")");
    assert_ne!(limit, changed);
    fs::write(copy.path().join("policies/guardrails.cedar"), changed).unwrap();
    play.write("recordings/example.jsonl", recording);
    let head = format!("dir:{}", copy.path().display());
    let ran = play.run(&["diff", "dir:.", &head, "--format", "json"]);
    (ran.code, ran.json())
}

fn copy_files(from: &std::path::Path, to: &std::path::Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn action(id: &str, tool: &str, args: &str) -> String {
    format!(
        "{{\"version\":1,\"id\":\"{id}\",\"agent\":\"refund-bot\",\"call\":{{\"tool\":\"{tool}\",\"args\":{args}}}}}\n"
    )
}

#[test]
fn an_action_that_neither_side_can_decide_is_no_proof_that_nothing_flips() {
    let play = Play::init();
    let read = action("a", "read_order", "{}");
    let (code, report) = diff(&play, &read);
    assert_eq!(
        (code, report["verdict"]["result"].as_str()),
        (0, Some("clean"))
    );
    let text = action("b", "refund", r#"{"amount":"5000"}"#);
    let (code, report) = diff(&play, &format!("{read}{text}"));
    assert_eq!(
        (code, report["verdict"]["result"].as_str()),
        (3, Some("inconclusive"))
    );
    let twice = r#"{"amount":5,"amount":5000}"#;
    let (code, _) = diff(&play, &format!("{read}{}", action("c", "refund", twice)));
    assert_eq!(code, 3);
}

#[test]
fn a_repeated_id_and_a_broken_line_keep_a_diff_from_being_clean() {
    let play = Play::init();
    let read = action("a", "read_order", "{}");
    assert_eq!(diff(&play, &format!("{read}{read}")).0, 3);
    assert_eq!(diff(&play, &format!("{read}{{\"version\":1,\n")).0, 3);
}

#[cfg(unix)]
#[test]
fn a_linked_directory_of_policies_is_a_fault() {
    let play = Play::init();
    fs::create_dir(play.path("shared")).unwrap();
    fs::rename(
        play.path("policies/guardrails.cedar"),
        play.path("shared/guardrails.cedar"),
    )
    .unwrap();
    std::os::unix::fs::symlink("../shared", play.path("policies/shared")).unwrap();
    play.run(&["check"]).says(
        1,
        &["policies/shared", "links to directories are not followed"],
    );
    play.run(&["replay"]).says(2, &["policies/shared"]);
}

#[cfg(unix)]
#[test]
fn a_recording_that_is_refused_is_an_error() {
    let play = Play::init();
    std::os::unix::fs::symlink("/etc/hostname", play.path("recordings/b.jsonl")).unwrap();
    play.run(&["replay"])
        .says(2, &["recordings/b.jsonl", "the link leaves the repository"]);
}

#[test]
fn a_lost_entity_or_inventory_stops_every_decision() {
    let play = Play::init();
    let systems = play.text("entities/systems.yaml");
    play.write(
        "entities/systems.yaml",
        systems.replace("System::payments:", "Systempayments:"),
    );
    play.run(&["check"])
        .says(1, &["`Systempayments` is no entity"]);
    play.run(&["replay"])
        .says(2, &["`Systempayments` is no entity"]);
    let play = Play::init();
    play.write("agentauthz.yaml", "version: 1\nagent_type: Agnet\n");
    play.run(&["replay"]).says(2, &["no entity type `Agnet`"]);
}

#[test]
fn files_that_nearly_count_are_warned_of() {
    let play = Play::init();
    fs::rename(
        play.path("tests/refunds.test.yaml"),
        play.path("tests/refunds.test.yml"),
    )
    .unwrap();
    play.run(&["check"]).says(
        0,
        &[
            "tests/refunds.test.yml",
            "no pattern takes this file",
            "1 warning",
        ],
    );
}

#[test]
fn a_version_that_is_not_known_is_refused_everywhere() {
    let play = Play::init();
    let mapping = play
        .text("mapping.yaml")
        .replace("version: 1", "version: 7");
    play.write("other.yaml", mapping);
    let args = [
        "import",
        "recordings/example.jsonl",
        "--mapping",
        "other.yaml",
        "-o",
        "x.jsonl",
    ];
    play.run(&args)
        .says(2, &["version 7 of this format is not known"]);
    assert!(!play.path("x.jsonl").exists());
}

#[test]
fn a_mapping_may_stand_in_the_manifest_and_its_faults_have_places() {
    let play = Play::init();
    let mapping = play.text("mapping.yaml");
    fs::remove_file(play.path("mapping.yaml")).unwrap();
    let inside = |mapping: &str| {
        let lines = mapping
            .lines()
            .filter(|line| !line.starts_with('#') && !line.starts_with("version"));
        let lines: String = lines.map(|line| format!("  {line}\n")).collect();
        format!("version: 1\nmapping:\n{lines}")
    };
    play.write("agentauthz.yaml", inside(&mapping));
    play.run(&["replay"]).says(0, &["allow 4", "deny 2"]);
    play.write(
        "agentauthz.yaml",
        inside(&mapping.replace("{args.to}", "{argument.to}")),
    );
    play.run(&["check"]).says(
        1,
        &["agentauthz.yaml:", "`{argument.to}` is no field of a call"],
    );
}

#[test]
fn what_a_call_says_never_makes_an_entity_of_another_type() {
    let play = Play::init();
    let schema = play
        .text("schema/support.cedarschema")
        .replace("approver?: String", "approver?: Team, also?: Set<Agent>");
    play.write("schema/support.cedarschema", schema);
    let mapping = play.text("mapping.yaml").replace(
        "approver: \"{meta.approver}\"",
        "approver: \"{args.a}{args.b}\", also: [\"{agent}\"]",
    );
    play.write("mapping.yaml", mapping);
    fs::remove_dir_all(play.path("tests")).unwrap();
    let args = r#"{"amount":5,"a":"Team::","b":"\"support\""}"#;
    play.write("recordings/example.jsonl", action("a", "refund", args));
    let json = play
        .run(&["explain", "recordings/example.jsonl#a", "--format", "json"])
        .json();
    let context = &json["sides"][0]["request"]["context"];
    assert_eq!(context["approver"]["__entity"]["id"], "Team::\"support\"");
    assert_eq!(context["also"][0]["__entity"]["id"], "refund-bot");
}

#[test]
fn lines_that_are_no_messages_are_said_to_be_none() {
    let play = Play::init();
    let text = "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"refund\",\"arguments\":\"{}\"}}]}\n{\"foo\":1}\n{\"choices\":[]}\n";
    play.write("chat.jsonl", text);
    let args = ["import", "chat.jsonl", "--from", "openai", "-o", "x.jsonl"];
    play.run(&args)
        .says(1, &["malformed 2", "this is no message"]);
}

#[test]
fn ids_that_may_repeat_on_standard_input_are_warned_of() {
    let play = Play::init();
    let read = action("a", "read_order", "{}");
    for (text, warned) in [(format!("{read}{read}"), true), (read, false)] {
        let err = run_with(&play.path(""), &["replay", "-"], &text).err;
        assert_eq!(
            err.contains("1 id of these recordings may stand twice"),
            warned,
            "{err}"
        );
    }
}

#[test]
fn unreadable_records_stop_a_run_above_the_limit_alone() {
    let play = Play::init();
    let read = action("a", "read_order", "{}");
    let text = format!(
        "{read}{{\"version\":1,\n{}[1]\n",
        action("b", "read_order", "{}")
    );
    play.write("r.jsonl", text);
    play.run(&["replay", "r.jsonl"])
        .says(1, &["r.jsonl:2", "r.jsonl:4"]);
    let with = |limit| ["replay", "r.jsonl", "--max-malformed", limit];
    play.run(&with("2")).says(0, &["r.jsonl:2", "r.jsonl:4"]);
    play.run(&with("1")).says(
        2,
        &["more than 1 record cannot be read", "r.jsonl:2, r.jsonl:4"],
    );
    play.run(&with("0"))
        .says(2, &["a record cannot be read; the first: r.jsonl:2"]);
    let import = |limit| {
        [
            "import",
            "r.jsonl",
            "-o",
            "x.jsonl",
            "--max-malformed",
            limit,
        ]
    };
    play.run(&import("1")).says(2, &["r.jsonl:2, r.jsonl:4"]);
    assert!(!play.path("x.jsonl").exists());
    play.run(&import("2"))
        .says(0, &["malformed 2", "r.jsonl:2", "r.jsonl:4"]);
    let diff = |limit| {
        let text = ["diff", "dir:.", "dir:.", "--recordings", "r.jsonl", "-o"];
        let rest = ["plan.json", "--format", "json", "--max-malformed", limit];
        let ran = play.run(&[&text[..], &rest[..]].concat());
        (ran.code, ran)
    };
    assert_eq!(diff("1").0, 2);
    let (code, ran) = diff("2");
    let gates = ran.json()["verdict"]["gates"].clone();
    let gate = gates.as_array().unwrap().iter();
    let gate = gate.clone().find(|gate| gate["gate"] == "malformed");
    assert_eq!(
        (code, gate.unwrap()["from"].as_str()),
        (0, Some("command line"))
    );
    play.run(&["gate", "plan.json"]).says(3, &["malformed"]);
    assert_eq!(
        play.run(&["gate", "plan.json", "--max-malformed", "2"])
            .code,
        0
    );
}

#[test]
fn what_is_redacted_is_written_nowhere() {
    let play = Play::init();
    // Put together here, so that no file of the project looks as if it held one.
    let token = format!("{}_{}", "ghp", "q7Wm2ZkR9xTf4LbV8sHd3NcJ6pGy5Ev1Kuq7");
    let args = |note: &str| format!(r#"{{"amount":5,"note":"{note}","iban":"DE77"}}"#);
    let text = [
        action("a", "refund", &args("hello")),
        action("b", "refund", &args(&format!("use {token}"))),
        action(&token, "refund", "{}"),
        format!("{{\"version\":\"{token}\",\"id\":\"d\"}}\n"),
        format!("\"{token}\"\n"),
    ];
    play.write("r.jsonl", text.concat());
    let paths = ["--redact", "args.iban", "--redact", "args.ibann"];
    let run = |format, extra: &[&str]| {
        let args = ["import", "r.jsonl", "-o", "x.jsonl", "--format", format];
        play.run(&[&args[..], extra].concat())
    };
    let ran = run("json", &paths);
    let report = ran.json();
    assert_eq!(ran.code, 1);
    assert_eq!(report["redacted"]["args.iban: --redact"], 2);
    assert_eq!(report["redacted"]["args.note: a GitHub token"], 1);
    assert_eq!(
        report["redacted_nothing"],
        serde_json::json!(["args.ibann"])
    );
    assert_eq!(
        (&report["written"], &report["malformed"]["count"]),
        (&2.into(), &3.into())
    );
    let written = play.text("x.jsonl");
    let shown = format!("{report}{}", run("terminal", &paths).out);
    for text in [&written, &shown] {
        assert!(!text.contains(&token) && !text.contains("DE77"), "{text}");
    }
    assert!(written.contains("hello"));
    run("json", &["--keep-secrets"]);
    assert!(play.text("x.jsonl").contains(&token));
}

/// A value that is taken out of a context is taken out of the call, or the record is refused; what is refused is not
/// counted as redacted.
#[test]
fn what_is_taken_out_of_a_context_is_not_left_in_the_call() {
    let place = tempfile::tempdir().unwrap();
    let line = |id: &str, args: &str| {
        format!(
            r#"{{"version":1,"id":"{id}","call":{{"tool":"pay","args":{args}}},"request":{{"cedar":{{"principal":{{"type":"A","id":"a"}},"action":{{"type":"Action","id":"pay"}},"resource":{{"type":"R","id":"r"}},"context":{{"iban":"DE77","n":1}}}}}}}}"#
        )
    };
    let said = line("said", r#"{"to":"de77","amount":5}"#);
    let other = line("other", r#"{"amount":5}"#);
    fs::write(place.path().join("r.jsonl"), format!("{said}\n{other}\n")).unwrap();
    let import = |more: &[&str]| {
        let args = [
            "import", "r.jsonl", "-o", "x.jsonl", "--format", "json", "--redact",
        ];
        let ran = support::play::run(place.path(), &[&args[..], more].concat());
        let written = fs::read_to_string(place.path().join("x.jsonl")).unwrap();
        assert!(!written.to_lowercase().contains("de77"), "{written}");
        (ran.code, ran.json())
    };
    let (code, report) = import(&["request.context.iban"]);
    assert_eq!((code, &report["written"]), (1, &1.into()), "{report}");
    let notes = report["malformed"].to_string();
    assert!(
        notes.contains("its call says what `request.context.iban` is"),
        "{notes}"
    );
    let redacted = serde_json::json!({ "request.context.iban: --redact": 1 });
    assert_eq!(report["redacted"], redacted);
    let (code, report) = import(&["request.context.iban", "--redact", "args.to"]);
    assert_eq!((code, &report["written"]), (0, &2.into()), "{report}");
    // A path that only refused records have is no path that none has.
    fs::write(
        place.path().join("r.jsonl"),
        format!("{said}\n{}\n", other.replace("DE77", "")),
    )
    .unwrap();
    let (_, report) = import(&["request.context.iban", "--max-malformed", "1"]);
    assert_eq!(
        report["redacted_nothing"],
        serde_json::json!([]),
        "{report}"
    );
}

/// A repository with a recording of so many refunds of different amounts and notes, and its corpus.
fn with_corpus() -> Play {
    let play = Play::init();
    for (path, from, to) in [
        (
            "schema/support.cedarschema",
            "approver?: String,",
            "approver?: String, reason?: String,",
        ),
        (
            "mapping.yaml",
            "\"{meta.approver}\"",
            "\"{meta.approver}\", reason: \"{args.reason}\"",
        ),
    ] {
        play.write(path, play.text(path).replacen(from, to, 1));
    }
    let refund = |at: usize| {
        let args = format!(
            r#"{{"amount":{},"order":"order-{at}","reason":"because-{at}"}}"#,
            at % 5
        );
        action(&format!("a{at}"), "refund", &args)
    };
    let text: String = (0..50).map(refund).collect();
    play.write("r.jsonl", text);
    play.run(&["corpus", "build", "r.jsonl", "-o", "c.jsonl"])
        .says(0, &["50 actions"]);
    play
}

/// A diff against a copy of the repository in which one text of a file is another.
fn changed(play: &Play, path: &str, from: &str, to: &str) -> (i32, Value) {
    let copy = tempfile::tempdir().unwrap();
    copy_files(&play.path(""), copy.path());
    let text = play.text(path);
    assert!(text.contains(from), "{text}");
    fs::write(copy.path().join(path), text.replace(from, to)).unwrap();
    let head = format!("dir:{}", copy.path().display());
    let args = ["diff", "dir:.", &head, "--format", "json"];
    let ran = play.run(&[&args[..], &["--recordings", "c.jsonl"]].concat());
    (ran.code, ran.json())
}

fn failed_gates(report: &Value) -> Vec<&str> {
    let gates = report["verdict"]["gates"].as_array().unwrap().iter();
    let failed = gates.filter(|gate| gate["verdict"] != "passed");
    failed.map(|gate| gate["gate"].as_str().unwrap()).collect()
}

#[test]
fn a_corpus_is_no_proof_of_what_it_does_not_hold() {
    let play = with_corpus();
    let text = play.text("c.jsonl");
    assert!(
        !text.contains("because-") && text.lines().count() < 50,
        "{text}"
    );
    let guardrails = "policies/guardrails.cedar";
    // What its policies read it says all of.
    let limit = "decimal(\"100.0\")";
    let (_, report) = changed(&play, guardrails, limit, "decimal(\"9000.0\")");
    assert_eq!(report["traffic"]["actions"], 50);
    assert!(!failed_gates(&report).contains(&"not_kept"));
    // A field that none of them read.
    let schema = play.text("schema/support.cedarschema");
    let unread = play.text(guardrails)
        + "@id(\"new\") forbid (principal, action == Action::\"refund\", resource) when { context has reason && context.reason like \"because-1*\" };";
    assert!(schema.contains("reason"), "{schema}");
    let (code, report) = changed(&play, guardrails, &play.text(guardrails), &unread);
    assert_eq!(code, 3, "{report}");
    // Another mapping, or another schema.
    for (path, from, to) in [
        ("mapping.yaml", "{args.to}", "{args.recipient}"),
        (
            "schema/support.cedarschema",
            "entity Team",
            "entity Other; entity Team",
        ),
    ] {
        let (code, report) = changed(&play, path, from, to);
        assert_eq!(code, 3, "{report}");
        assert!(failed_gates(&report).contains(&"not_kept"), "{report}");
    }
    let info = |code| {
        let ran = play.run(&["corpus", "info", "c.jsonl", "--format", "json"]);
        assert_eq!(ran.code, code, "{}", ran.err);
        ran.json()
    };
    assert_eq!(
        (&info(0)["actions"], &info(0)["not_kept_for_this_version"]),
        (&50.into(), &0.into())
    );
    play.write(
        "schema/support.cedarschema",
        schema.replacen("entity Team", "entity Other; entity Team", 1),
    );
    assert_eq!(info(3)["not_kept_for_this_version"], 50);
}

#[test]
fn a_corpus_stands_for_all_of_its_recording_or_is_not_written() {
    let play = with_corpus();
    let build = |file: &str, extra: &[&str]| {
        let _ = fs::remove_file(play.path("d.jsonl"));
        let ran = play.run(&[&["corpus", "build", file, "-o", "d.jsonl"][..], extra].concat());
        assert_eq!(play.path("d.jsonl").exists(), ran.code < 2, "{}", ran.err);
        ran
    };
    build("c.jsonl", &[]).says(2, &["are of a corpus already"]);
    play.run(&["import", "c.jsonl", "-o", "d.jsonl"])
        .says(2, &["no action was imported"]);
    let one = action("a", "read_order", "{}");
    play.write("twice.jsonl", format!("{one}{one}"));
    build("twice.jsonl", &[]).says(2, &["an id stands twice or more: ", "#a"]);
    play.write("broken.jsonl", format!("{one}[1]\n"));
    build("broken.jsonl", &[]).says(2, &["1 record cannot be read", "broken.jsonl:2"]);
    build("broken.jsonl", &["--max-malformed", "1"]).says(0, &["1 action in 1 record"]);
    play.write("key", "too short");
    build("r.jsonl", &["--hash-key", "key"]).says(2, &["is too short"]);
    build("r.jsonl", &["--redact", "args.amout"]).says(1, &["found nowhere", "args.amout"]);
    build("r.jsonl", &["--redact", "args.amount"]).says(0, &["not decided on head", "50"]);
    // What policies read of a secret is not kept either.
    let token = format!("{}_{}", "ghp", "q7Wm2ZkR9xTf4LbV8sHd3NcJ6pGy5Ev1Kuq7");
    let to = format!(r#"{{"to":"{token} a@customers.example"}}"#);
    play.write("secret.jsonl", action("a", "send_mail", &to));
    build("secret.jsonl", &[]).says(0, &["a GitHub token", "not decided on head"]);
    assert!(!play.text("d.jsonl").contains(&token));
    // Sessions are kept as hashes, where there is a key.
    let session = one.replacen("\"id\"", "\"session\":\"secret-session\",\"id\"", 1);
    play.write("session.jsonl", session);
    play.write("key", "long enough to be a key");
    build("session.jsonl", &["--hash-key", "key"]).says(0, &[]);
    let text = play.text("d.jsonl");
    assert!(
        text.contains("\"session\":\"") && !text.contains("secret-session"),
        "{text}"
    );
    build("session.jsonl", &[]);
    assert!(!play.text("d.jsonl").contains("session"));
    // A corpus is not written by hand, but may be.
    let line = play.text("d.jsonl");
    for (from, to, message) in [
        ("\"count\":1", "\"count\":0", "`count` is not between"),
        (
            "\"count\":1",
            "\"count\":9000000000",
            "`count` is not between",
        ),
        (
            "\"corpus\"",
            "\"request\":{\"cedar\":{\"principal\":{\"type\":\"A\",\"id\":\"a\"},\"action\":{\"type\":\"A\",\"id\":\"a\"},\"resource\":{\"type\":\"A\",\"id\":\"a\"}}},\"corpus\"",
            "beside it",
        ),
        (
            "\"request\":{",
            "\"reason\":\"no_call\",\"request\":{",
            "or the reason why there is none",
        ),
    ] {
        assert!(line.contains(from), "{line}");
        play.write("e.jsonl", line.replacen(from, to, 1));
        play.run(&["replay", "e.jsonl"]).says(1, &[message]);
    }
}

#[test]
fn a_corpus_for_two_mappings_or_schemas_says_what_both_make_of_a_call() {
    let play = with_corpus();
    let counts = |head: &str, recording: &str| {
        let args = ["diff", "dir:.", head, "--recordings", recording];
        let report = play
            .run(&[&args[..], &["--full", "--format", "json"]].concat())
            .json();
        let flow = report["flow"].clone();
        let classes = report["classes"].as_array().unwrap().iter();
        let classes: Vec<Value> = classes
            .map(|class| serde_json::json!([class["class"], class["actions"], class["agents"]]))
            .collect();
        assert_eq!(report["traffic"]["actions"], 50, "{report}");
        let sides = ["base", "head"].map(|side| report["trust"][side].clone());
        (Value::from(classes), flow, sides)
    };
    let mut changed = 0;
    for (path, from, to) in [
        ("mapping.yaml", "{args.amount}", "{args.total}"),
        ("mapping.yaml", "Agent::\"{agent}\"", "Agent::\"{user}\""),
        ("mapping.yaml", "System::payments", "System::mail"),
        (
            "schema/support.cedarschema",
            "amount: decimal",
            "amount: Long",
        ),
        (
            "schema/support.cedarschema",
            "action refund",
            "action refunds",
        ),
    ] {
        let copy = tempfile::tempdir().unwrap();
        copy_files(&play.path(""), copy.path());
        let text = play.text(path);
        assert!(text.contains(from), "{text}");
        fs::write(copy.path().join(path), text.replace(from, to)).unwrap();
        let head = format!("dir:{}", copy.path().display());
        let build = [
            "corpus",
            "build",
            "r.jsonl",
            "-o",
            "two.jsonl",
            "--versions",
        ];
        play.run(&[&build[..], &["dir:.", &head]].concat())
            .says(0, &[]);
        let (whole, small) = (counts(&head, "r.jsonl"), counts(&head, "two.jsonl"));
        assert_eq!(small, whole, "{to}");
        assert!(play.text("two.jsonl").lines().count() < 50);
        changed += usize::from(whole.2[0] != whole.2[1]);
    }
    assert_eq!(changed, 4);
}
