//! Bad input gives a clear error with exit 2, or a finding, and never a panic, whatever is wrong and wherever.

mod support;

use std::fs;
use support::play::Play;

/// Every file of a repository that is not a recording.
const FILES: [&str; 8] = [
    "agentauthz.yaml",
    "agents.yaml",
    "links.yaml",
    "mapping.yaml",
    "entities/systems.yaml",
    "policies/support.cedar",
    "schema/support.cedarschema",
    "tests/refunds.test.yaml",
];

/// `check` finds the fault and names the file; what decides refuses to work.
#[track_caller]
fn is_found(play: &Play, file: &str, texts: &[&str]) {
    let mut wanted = vec![file];
    wanted.extend(texts);
    play.run(&["check"]).says(1, &wanted);
    let found = play.run(&["check", "--format", "json"]).json();
    assert!(found.is_object());
    play.run(&["replay"]).says(2, &["error:", "help:"]);
}

#[test]
fn binary_truncated_and_empty_files_are_named() {
    let noise: Vec<u8> = (0..5_000_u32).map(|at| (at * 97 % 251) as u8).collect();
    for file in FILES {
        let play = Play::init();
        is_found(play.write(file, &noise), file, &["UTF-8"]);
        let play = Play::init();
        play.write(file, "");
        let checked = play.run(&["check"]);
        assert_eq!(checked.code, 1, "{file}: {}", checked.all());
        let play = Play::init();
        let text = play.text(file);
        play.write(file, &text[..text.len() * 6 / 10]);
        let checked = play.run(&["check"]);
        // The manifest cut there is a whole one with a shorter name.
        if file != "agentauthz.yaml" {
            checked.says(1, &[&format!("{file}:")]);
        }
    }
}

#[test]
fn utf_16_says_what_to_do() {
    let play = Play::init();
    let text = play.text("policies/support.cedar");
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    is_found(
        play.write("policies/support.cedar", bytes),
        "policies/support.cedar",
        &["save it as UTF-8"],
    );
}

#[test]
fn an_unreadable_schema_is_not_said_to_be_missing() {
    let play = Play::init();
    let checked = play
        .write("schema/support.cedarschema", [0xff])
        .run(&["check"]);
    assert!(
        !checked.all().contains("no file matches"),
        "{}",
        checked.all()
    );
}

#[test]
fn json_entities_that_are_broken_are_found() {
    for (text, what) in [
        ("", "EOF"),
        ("[{\"uid\":", "entities/x.json:1:"),
        ("\n\n{}", "entities/x.json:3:"),
        ("[{\"uid\": 5}]", "entity 1"),
        (
            "[{\"uid\": {\"type\": \"((((\", \"id\": \"a\"}, \"attrs\": {}, \"parents\": []}]",
            "entity 1",
        ),
    ] {
        let play = Play::init();
        play.write("entities/x.json", text)
            .run(&["check"])
            .says(1, &["entities/x.json", what]);
    }
}

/// Each text stands in a policy's condition, and is nested `times` times.
fn condition(open: &str, close: &str, times: usize) -> String {
    format!(
        "permit (principal, action, resource) when {{ {}true{} }};",
        open.repeat(times),
        close.repeat(times)
    )
}

#[test]
fn deeply_nested_policies_are_refused() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a: ", "}"),
        ("[].contains(", ")"),
        ("decimal(", ")"),
        ("if true then ", " else false"),
        ("!", ""),
        ("-", ""),
        ("true && ", ""),
        ("1 + ", ""),
        ("", ".a"),
        ("(if true then [", "] else false)"),
    ] {
        for times in [10_000, 100_000] {
            let play = Play::init();
            play.write("policies/deep.cedar", condition(open, close, times));
            is_found(&play, "policies/deep.cedar", &[]);
        }
        // What is accepted is also decided, compared and explained, in this build and with this stack.
        let play = Play::init();
        play.write("policies/deep.cedar", condition(open, close, 190));
        let code = play.run(&["check"]).code;
        assert!(code <= 1, "{open}");
        play.run(&["replay"]);
    }
}

#[test]
fn an_accepted_depth_does_no_harm_with_unknown_fields() {
    let play = Play::init();
    let clause = "context.amount == decimal(\"1.0\") || ";
    let policy = |times: usize| {
        format!(
            "forbid (principal, action == Action::\"refund\", resource) when {{ {}{}1 == 2{} }};",
            clause.repeat(times),
            "(".repeat(190),
            ")".repeat(190)
        )
    };
    play.write("policies/long.cedar", policy(3_000)).write(
        "recordings/example.jsonl",
        r#"{"version":1,"id":"x","agent":"refund-bot","call":{"tool":"refund","args":{"amount":"?"}}}"#,
    );
    play.run(&["replay"]).says(3, &["undecidable"]);
    let other = Play::init();
    other.write("policies/long.cedar", policy(3_001));
    let base = format!("dir:{}", other.path("").display());
    let compared = play.run(&["diff", &base]);
    assert!(!compared.all().contains("recursion"), "{}", compared.all());
    play.run(&["explain", "recordings/example.jsonl#x", "--base", &base])
        .says(0, &[]);
    let request = [
        "explain",
        "--principal",
        "Agent::refund-bot",
        "--action",
        "refund",
    ];
    let request = [
        &request[..],
        &[
            "--resource",
            "System::payments",
            "--context",
            r#"{"amount":"2.0"}"#,
        ],
    ]
    .concat();
    let explained = play.run(&request);
    explained.says(0, &[]);
    assert!(
        !explained.all().contains("recursion"),
        "{}",
        explained.all()
    );
}

#[test]
fn deeply_nested_schemas_are_refused() {
    for (open, close) in [("Set<", ">"), ("{a: ", "}")] {
        for times in [1_000, 50_000] {
            let play = Play::init();
            let ty = format!("{}Long{}", open.repeat(times), close.repeat(times));
            play.write(
                "schema/deep.cedarschema",
                format!("entity X = {{ a: {ty} }};\n"),
            );
            is_found(&play, "schema/deep.cedarschema", &["brackets"]);
        }
    }
}

#[test]
fn deeply_nested_data_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let play = Play::init();
    is_found(
        play.write("agentauthz.yaml", format!("version: 1\nname: {deep}\n")),
        "agentauthz.yaml",
        &[],
    );
    let play = Play::init();
    play.write(
        "entities/x.yaml",
        format!("version: 1\nentities:\n  Team::a: {{ attrs: {{ x: {deep} }} }}\n"),
    );
    is_found(&play, "entities/x.yaml", &[]);
    let play = Play::init();
    let entity = format!(
        "[{{\"uid\":{{\"type\":\"Team\",\"id\":\"a\"}},\"attrs\":{{\"x\":{deep}}},\"parents\":[]}}]"
    );
    is_found(
        play.write("entities/x.json", entity),
        "entities/x.json",
        &["recursion limit"],
    );
    let play = Play::init();
    let indented: String = (1..3_000)
        .map(|at| format!("{}a:\n", " ".repeat(at)))
        .collect();
    is_found(
        play.write("mapping.yaml", format!("version: 1\ncontext:\n{indented}")),
        "mapping.yaml",
        &[],
    );
    let play = Play::init();
    let line = |args: &str| {
        format!("{{\"version\":1,\"id\":\"x\",\"call\":{{\"tool\":\"refund\",\"args\":{args}}}}}\n")
    };
    play.write("deep.jsonl", format!("{}{}", line("{}"), line(&deep)));
    play.run(&["check", "--recordings", "deep.jsonl"])
        .says(1, &["deep.jsonl:2", "127 levels"]);
    let context = format!("{{\"amount\": {deep}}}");
    let request = [
        "explain",
        "--principal",
        "Agent::a",
        "--action",
        "refund",
        "--resource",
        "System::mail",
    ];
    play.write("context.json", context);
    play.run(&[&request[..], &["--context", "@context.json"]].concat())
        .says(2, &["--context"]);
}

#[test]
fn a_long_line_is_not_drawn() {
    let play = Play::init();
    play.write("policies/deep.cedar", condition("!", "", 10_000));
    let checked = play.run(&["check"]);
    checked.says(1, &["policies/deep.cedar:1:"]);
    assert!(checked.out.len() < 2_000, "{}", checked.out.len());
}

#[test]
fn aliases_that_explode_are_refused() {
    let play = Play::init();
    let mut text =
        "version: 1\nentities:\n  Team::a:\n    attrs:\n      a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
            .to_owned();
    for at in 1..12 {
        let before = vec![format!("*a{}", at - 1); 10].join(",");
        text.push_str(&format!("      a{at}: &a{at} [{before}]\n"));
    }
    is_found(
        play.write("entities/x.yaml", text),
        "entities/x.yaml:",
        &["aliases"],
    );
}

#[test]
fn patterns_are_bounded() {
    let play = Play::init();
    let pattern = format!("{}{}", "{a,".repeat(20_000), "}".repeat(20_000));
    play.write(
        "agentauthz.yaml",
        format!("version: 1\npolicies: ['{pattern}']\n"),
    );
    play.run(&["check"]).says(1, &["a pattern has more than"]);
    play.write(
        "agentauthz.yaml",
        "version: 1\npolicies: ['/etc/*', '../x/*', '[a', 'policies/**']\n",
    );
    play.run(&["check"]).says(
        1,
        &[
            "`/etc/*` leaves",
            "`../x/*` leaves",
            "`[a` is no file pattern",
        ],
    );
}

#[test]
fn repeated_keys_and_programmers_hints() {
    let play = Play::init();
    is_found(
        play.write("agentauthz.yaml", "version: 1\nversion: 1\n"),
        "agentauthz.yaml:2:1",
        &["duplicate"],
    );
    let play = Play::init();
    play.write(
        "links.yaml",
        "version: 1\nlinks:\n  - id: a\n    template: \n",
    );
    let checked = play.run(&["check"]);
    checked.says(1, &["links.yaml:4"]);
    assert!(!checked.all().contains("Option<"), "{}", checked.all());
}

#[test]
fn cycles_among_parents_are_found() {
    let play = Play::init();
    let text =
        "version: 1\nentities:\n  Team::a: { in: [Team::b] }\n  Team::b: { in: [Team::a] }\n";
    play.write("schema/x.cedarschema", "")
        .write("entities/x.yaml", text);
    is_found(
        &play,
        "entities/x.yaml:",
        &["its own ancestor: Team::\"a\" in Team::\"b\""],
    );
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    let plain = Play::init();
    let other = Play::init();
    for file in FILES
        .iter()
        .chain(&["recordings/example.jsonl", "policies/guardrails.cedar"])
    {
        let text = plain.text(file).replace('\n', "\r\n");
        other.write(file, format!("\u{feff}{text}"));
    }
    for command in ["check", "test", "replay"] {
        let mut reports = [&plain, &other].map(|play| {
            let ran = play.run(&[command, "--format", "json"]);
            assert_eq!(ran.code, 0, "{command}: {}", ran.all());
            ran.json()
        });
        for report in &mut reports {
            // The digest is that of the bytes.
            remove(report, "digest");
        }
        assert_eq!(reports[0], reports[1], "{command}");
        let [plain, other] = [&plain, &other].map(|play| play.run(&[command]).out);
        assert_eq!(plain, other);
    }
}

fn remove(json: &mut serde_json::Value, key: &str) {
    match json {
        serde_json::Value::Object(members) => {
            members.remove(key);
            members.values_mut().for_each(|value| remove(value, key));
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|value| remove(value, key)),
        _ => {}
    }
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn links_stay_inside() {
        let play = Play::init();
        symlink("/etc/passwd", play.path("policies/out.cedar")).unwrap();
        symlink("nowhere", play.path("policies/dangling.cedar")).unwrap();
        symlink("self.cedar", play.path("policies/self.cedar")).unwrap();
        symlink("../tests", play.path("policies/directory.cedar")).unwrap();
        symlink(".", play.path("policies/loop")).unwrap();
        let checked = play.run(&["check"]);
        checked.says(
            1,
            &[
                "policies/out.cedar: the link leaves the repository",
                "policies/dangling.cedar: the link leads nowhere",
                "policies/self.cedar: the link leads nowhere",
                "policies/directory.cedar: links to directories are not followed",
            ],
        );
        assert!(!checked.all().contains("root:"), "{}", checked.all());
        let play = Play::init();
        fs::rename(play.path("policies/support.cedar"), play.path("shared.txt")).unwrap();
        symlink("../shared.txt", play.path("policies/support.cedar")).unwrap();
        play.run(&["test"]).says(0, &[]);
    }

    #[test]
    fn a_manifest_that_is_a_link_out_is_refused() {
        let (play, other) = (Play::init(), Play::init());
        fs::remove_file(play.path("agentauthz.yaml")).unwrap();
        symlink(other.path("agentauthz.yaml"), play.path("agentauthz.yaml")).unwrap();
        is_found(
            &play,
            "agentauthz.yaml",
            &["the link leaves the repository"],
        );
    }

    #[test]
    fn what_is_no_file_is_no_file() {
        let play = Play::init();
        fs::create_dir(play.path("policies/directory.cedar")).unwrap();
        play.run(&["check"]).says(0, &[]);
        let play = Play::init();
        fs::remove_file(play.path("agentauthz.yaml")).unwrap();
        fs::create_dir(play.path("agentauthz.yaml")).unwrap();
        play.run(&["check"])
            .says(2, &["no `agentauthz.yaml` here or above", "help:"]);
    }

    #[test]
    fn files_that_may_not_be_read_are_named() {
        let play = Play::init();
        let none = fs::Permissions::from_mode(0o000);
        for file in ["policies/support.cedar", "recordings/example.jsonl"] {
            fs::set_permissions(play.path(file), none.clone()).unwrap();
        }
        if fs::read(play.path("policies/support.cedar")).is_ok() {
            println!("skipped: permissions do not bind this user");
            return;
        }
        is_found(&play, "policies/support.cedar", &["Permission denied"]);
        play.run(&["replay", "recordings/example.jsonl"])
            .says(2, &["Permission denied"]);
    }
}
