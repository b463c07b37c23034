//! Recordings that are none, outputs that cannot be written, text that attacks a terminal: clear errors, nothing half
//! written, nothing raw.

mod support;

use agentauthz::model::Importer;
use std::fs;
use std::io::Write;
use std::process::Stdio;
use support::play::Play;
use support::repository::agentauthz;

#[test]
fn a_long_line_of_a_recording_is_left_out() {
    let play = Play::init();
    let lines = play.text("recordings/example.jsonl");
    let (first, rest) = lines.split_once('\n').unwrap();
    let mut file = fs::File::create(play.path("big.jsonl")).unwrap();
    write!(file, "{first}\n{{\"version\":1,\"id\":\"").unwrap();
    let million = vec![b'x'; 1_000_000];
    for _ in 0..100 {
        file.write_all(&million).unwrap();
    }
    write!(file, "\"}}\n{rest}").unwrap();
    drop(file);
    play.run(&["check", "--recordings", "big.jsonl"]).says(
        1,
        &[
            "recordings  6 actions",
            "big.jsonl:2",
            "longer than 67108864 bytes",
        ],
    );
    play.run(&["replay", "big.jsonl"]).says(1, &["big.jsonl:2"]);
}

#[test]
fn truncated_and_packed_recordings() {
    let play = Play::init();
    for name in ["x.jsonl.gz", "x.jsonl.zst"] {
        play.run(&["import", "recordings/example.jsonl", "-o", name])
            .says(0, &["6 actions"]);
        let bytes = fs::read(play.path(name)).unwrap();
        for length in [3, 4, 15, bytes.len() / 2, bytes.len() - 1] {
            let cut = format!("cut-{name}");
            play.write(&cut, &bytes[..length]);
            let ran = play.run(&["replay", &cut]);
            ran.says(2, &[&cut]);
        }
        play.write("tail", [bytes.as_slice(), b"garbage"].concat());
        play.run(&["replay", "tail"])
            .says(2, &["cannot read `tail`"]);
    }
    play.run(&["replay", "cut-x.jsonl.gz"])
        .says(2, &["help: the file may be truncated"]);
}

#[test]
fn recordings_that_are_none() {
    let play = Play::init();
    let noise: Vec<u8> = (0..9_000_u32).map(|at| (at * at % 251) as u8).collect();
    play.write("noise.jsonl", &noise)
        .write("empty", "")
        .write("empty.jsonl", "");
    for file in ["noise.jsonl", "empty", "agentauthz.yaml"] {
        play.run(&["replay", file]).says(
            2,
            &[file, "no recording in a format that is known", "help:"],
        );
    }
    play.run(&["replay", "empty.jsonl"]).says(3, &[]);
    play.run(&["replay", "schema"])
        .says(2, &["`schema` holds no recording", "help:"]);
    play.run(&["replay", "nowhere.jsonl"])
        .says(2, &["nowhere.jsonl", "help:"]);
    let text = play.text("recordings/example.jsonl");
    play.write("cut.jsonl", &text[..text.len() - 20]);
    play.run(&["check", "--recordings", "cut.jsonl"])
        .says(1, &["cut.jsonl:6", "ends too early"]);
    for importer in Importer::ALL {
        let why = match importer {
            Importer::Csv | Importer::Jsonl => "say it under `source` in the mapping",
            _ => "`out.jsonl` was not written",
        };
        let from = importer.name();
        play.write("out.jsonl", "kept");
        play.run(&["import", "noise.jsonl", "--from", from, "-o", "out.jsonl"])
            .says(2, &[why]);
        assert_eq!(play.text("out.jsonl"), "kept");
    }
}

#[test]
fn import_replaces_a_file_whole_or_leaves_it() {
    let play = Play::init();
    play.write("out.jsonl", "kept");
    play.write("half.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]);
    play.run(&[
        "import",
        "recordings/example.jsonl",
        "half.gz",
        "-o",
        "out.jsonl",
    ])
    .says(2, &["half.gz"]);
    assert_eq!(play.text("out.jsonl"), "kept");
    let before = play.names("");
    play.run(&["import", "recordings/example.jsonl", "-o", "out.jsonl"])
        .says(0, &["6 actions"]);
    assert_eq!(play.text("out.jsonl").lines().count(), 6);
    play.run(&[
        "import",
        "recordings/example.jsonl",
        "-o",
        "missing/out.jsonl",
    ])
    .says(
        2,
        &[
            "cannot write `missing/out.jsonl`: No such file",
            "help: make its directory first",
        ],
    );
    play.run(&["import", "recordings/example.jsonl", "-o", "schema"])
        .says(2, &["`schema`"]);
    assert_eq!(play.names(""), before);
}

#[test]
fn reports_go_to_files_whole_or_not_at_all() {
    let play = Play::init();
    let before = play.names("");
    let failed = play.run(&["check", "--report", "json=missing/report.json"]);
    failed.says(2, &["missing/report.json", "help:"]);
    assert!(!failed.all().contains(".agentauthz-"), "{}", failed.all());
    for wrong in ["json", "json=", "xml=x"] {
        play.run(&["check", "--report", wrong])
            .says(2, &["is not `FORMAT=PATH`", "help:"]);
    }
    assert_eq!(play.names(""), before);
    play.run(&[
        "replay",
        "--report",
        "json=a.json",
        "--report",
        "terminal=b.txt",
    ])
    .says(0, &[]);
    let json: serde_json::Value = serde_json::from_str(&play.text("a.json")).unwrap();
    assert_eq!(json, play.run(&["replay", "--format", "json"]).json());
    assert_eq!(play.text("b.txt"), play.run(&["replay"]).out);
}

#[test]
fn what_is_not_there() {
    let play = Play::init();
    play.run(&["-C", "nowhere", "check"])
        .says(2, &["cannot enter `nowhere`", "help:"]);
    play.run(&["-C", "/", "check"])
        .says(2, &["no `agentauthz.yaml` here or above", "help:"]);
    play.run(&["diff", "dir:nowhere"])
        .says(2, &["`nowhere` has no `agentauthz.yaml`", "help:"]);
    play.run(&["diff", "dir:"])
        .says(2, &["`dir:` names no directory"]);
    play.run(&["diff"])
        .says(2, &["in no git repository", "help:"]);
    play.run(&["check", "--at", "v1"])
        .says(2, &["in no git repository", "help:"]);
    play.run(&["diff", "dir:.", "--fail-on", "newly-alowed"])
        .says(
            2,
            &["`newly-alowed` is no class of change", "help: classes are"],
        );
    play.run(&["explain"])
        .says(2, &["nothing to explain", "help:"]);
    play.run(&["explain", "x"])
        .says(2, &["have no action `x`", "help:"]);
    play.run(&["explain", "recordings/example.jsonl#nope"])
        .says(2, &["no action with the id `nope`", "help:"]);
    play.run(&["init"])
        .says(2, &["is not empty: there is `README.md`", "help:"]);
    play.run(&["init", "links.yaml"]).says(2, &["links.yaml"]);
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "\u{1b}[31m\u{1b}]0;t\u{7}\u{9b}2J\u{202e}evil\u{200b}\r\nX\u{7f}";
    let play = Play::init();
    let lines: String = ["refund", hostile]
        .iter()
        .map(|tool| {
            let action = serde_json::json!({
                "version": 1, "id": hostile, "session": hostile, "agent": hostile, "user": hostile,
                "call": { "tool": tool, "args": { "amount": hostile, hostile: 1 } },
                "recorded": { "decision": "allow", "policy_version": hostile },
            });
            format!("{action}\n")
        })
        .collect();
    play.write("h.jsonl", lines);
    play.write(
        "policies/\u{1b}[31m\u{202e}.cedar",
        "@id(\"\\u{1b}[31m\\u{9b}\\u{202e}\")\nforbid (principal, action, resource) when { context.\u{1b}[31m };\n\
         // \u{1b}]0;t\u{7} \u{9b}\n",
    );
    play.write(
        "policies/h.cedar",
        "@id(\"\\u{1b}[31m\\u{9b}\\u{202e}\")\npermit (principal, action, resource);",
    );
    for format in ["terminal", "json"] {
        let broken = play.run(&["check", "--recordings", "h.jsonl", "--format", format]);
        assert_eq!(broken.code, 1);
    }
    play.run(&["replay"]).says(2, &[]);
    fs::remove_file(play.path("policies/\u{1b}[31m\u{202e}.cedar")).unwrap();
    let other = Play::init();
    let base = format!("dir:{}", other.path("").display());
    for args in [
        &["replay", "h.jsonl"][..],
        &["check", "--recordings", "h.jsonl"],
        &["diff", &base, "--recordings", "h.jsonl"],
        &["explain", &format!("h.jsonl#{hostile}"), "--base", &base],
        &["import", "h.jsonl", "-o", "\u{1b}[31m.jsonl"],
    ] {
        play.run(args);
        play.run(&[args, &["-v"]].concat());
        play.run(&[args, &["--format", "json"]].concat()).json();
    }
    play.run(&["explain", &format!("h.jsonl#{hostile}-")])
        .says(2, &[]);
    play.run(&["-C", hostile, "check"]).says(2, &[]);
    play.run(&["diff", hostile]).says(2, &[]);
    play.run(&["replay", "h.jsonl", "--report", hostile])
        .says(2, &[]);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let play = Play::init();
    play.write("policies/bad.cedar", "permit (");
    let raw = |args: &[&str], no_color: bool| {
        let mut command = agentauthz();
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let output = command
            .current_dir(play.path(""))
            .args(args)
            .output()
            .unwrap();
        (output.stdout.contains(&0x1b), output.stderr)
    };
    assert!(!raw(&["check"], false).0);
    assert!(raw(&["check", "--color", "always"], false).0);
    assert!(!raw(&["check", "--color", "never"], false).0);
    assert!(!raw(&["check"], true).0);
    assert!(!raw(&["check", "--color", "always", "--format", "json"], false).0);
    // A pipe gets no progress bar, whatever there is to do.
    assert_eq!(raw(&["check", "--recordings"], false).1, b"");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly_and_keeps_the_exit_code() {
    let play = Play::init();
    play.write("policies/bad.cedar", "permit (");
    for (args, code) in [
        (&["check"][..], 1),
        (&["--help"], 0),
        (&["completions", "bash"], 0),
        (&["schema", "manifest"], 0),
        (&["check", "--format", "json"], 1),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = agentauthz()
            .current_dir(play.path(""))
            .args(args)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert_eq!(output.status.code(), Some(code), "{args:?}");
    }
    let play = Play::init();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = agentauthz()
        .current_dir(play.path(""))
        .args(["import", "recordings/example.jsonl", "-o", "-"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
