//! A report is the same to the byte on any number of threads, and whether a recording is read
//! plainly, unpacked or piped in, and in whatever order recordings are named.

mod support;

use std::io::Write as _;
use support::play::{Play, fed};
use support::repository::agentauthz;

/// Actions of the recording: enough for many chunks of several sizes.
const ACTIONS: u32 = 6_000;

/// Tool calls. Some are longer than a small chunk, some ids stand twice, and half of them say what was decided.
fn calls() -> Vec<String> {
    let call = |at: u32| {
        let id = if at % 1_000 == 999 { at - 500 } else { at };
        let agent = ["refund-bot", "other-bot", "third-bot"][(at % 3) as usize];
        let pad = if at % 2_000 == 7 {
            "x".repeat(200_000)
        } else {
            String::new()
        };
        let recorded = match at % 2 {
            0 => r#","recorded":{"decision":"allow"}"#,
            _ => "",
        };
        format!(
            r#"{{"version":1,"id":"run#{id}","session":"run-{}","time":"2026-03-02T09:{:02}:00Z","agent":"{agent}","call":{{"tool":"refund","args":{{"order":"o-{at}{pad}","amount":{}.{:02}}}}}{recorded}}}"#,
            at / 8,
            at % 60,
            at * 37 % 200,
            at % 100,
        )
    };
    (0..ACTIONS).map(call).collect()
}

/// The same actions as `import` writes them, with the request that the repository's mapping makes of each call.
fn imported(play: &Play, calls: &[String]) -> Vec<String> {
    play.write("calls.jsonl", calls.join("\n"));
    let ran = play.run(&["import", "calls.jsonl", "-o", "imported.jsonl"]);
    // Ids that stand twice are a finding.
    assert_eq!(ran.code, 1, "{}", ran.all());
    let lines: Vec<String> = play
        .text("imported.jsonl")
        .lines()
        .map(str::to_owned)
        .collect();
    assert!(lines.iter().all(|line| line.contains(r#""mapping":""#)));
    lines
}

/// A recording of these lines, with blank and broken ones among them, and ends of every kind.
fn recording(lines: &[String]) -> String {
    let mut text = "\u{feff}".to_owned();
    for (at, line) in lines.iter().enumerate() {
        text.push_str(line);
        text.push_str(if at % 5 == 0 { "\r\n" } else { "\n" });
        if at % 700 == 0 {
            text.push_str("\n  \r\n{\"version\":1,\n");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The repository that `init` writes, and an older version of it that permits everything to one agent.
fn versions() -> (Play, Play, String) {
    let (play, base) = (Play::init(), Play::init());
    base.write(
        "policies/wider.cedar",
        "permit (principal == Agent::\"third-bot\", action, resource);\n",
    );
    let name = format!("dir:{}", base.path("").display());
    (play, base, name)
}

fn run(play: &Play, threads: &str, args: &[&str], input: Option<&[u8]>) -> Vec<u8> {
    let mut command = agentauthz();
    command
        .current_dir(play.path(""))
        .env("RAYON_NUM_THREADS", threads)
        .args(args);
    let output = fed(&mut command, input.unwrap_or_default());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.stdout.is_empty(), "{error}");
    output.stdout
}

#[test]
fn bytes_do_not_depend_on_threads_or_packing() {
    let (play, _base, base) = versions();
    let decisions = hold(&play, &base, &calls());
    let because = serde_json::json!({ "no_request": ACTIONS });
    assert_eq!(decisions["engine"]["read_in_full_because"], because);
}

#[test]
fn bytes_of_the_compiled_engine_do_not_depend_on_threads_or_packing() {
    let (play, _base, base) = versions();
    let decisions = hold(&play, &base, &imported(&play, &calls()));
    assert_eq!(decisions["engine"]["interpreted"], 0);
    // Those that say how they were decided are evaluated, and so is what the changed policy may decide.
    let evaluated = decisions["traffic"]["evaluated"].as_u64().unwrap();
    let left_out = u64::from(ACTIONS) - evaluated;
    assert!(
        (1_000..u64::from(ACTIONS) / 2).contains(&left_out),
        "{left_out}"
    );
    let denied = decisions["classes"][3].clone();
    assert_eq!(denied["class"], "newly_denied");
    assert!(denied["actions"].as_u64() > Some(1_000));
}

/// A pipe that is named like a file can be read only once, so nothing may be read of it before.
#[cfg(unix)]
#[test]
fn nothing_of_a_pipe_is_lost() {
    let (play, _base, base) = versions();
    let text = recording(&calls());
    let args = [
        "diff",
        &base,
        "--recordings",
        "/dev/stdin",
        "--format",
        "json",
    ];
    let found = run(&play, "2", &args, Some(text.as_bytes()));
    let report: serde_json::Value = serde_json::from_slice(&found).unwrap();
    let traffic = &report["traffic"];
    assert_eq!(traffic["actions"], ACTIONS);
    assert_eq!(traffic["malformed"], 9);
}

/// Reports on these lines, plain, packed and piped, on any number of threads; what they say of decisions.
fn hold(play: &Play, base: &str, lines: &[String]) -> serde_json::Value {
    let text = recording(lines);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let mut decisions = serde_json::Value::Null;
    for format in ["json", "terminal"] {
        let mut whole: Option<Vec<u8>> = None;
        for bytes in [text.as_bytes(), &gzip, &zstd] {
            play.write("traffic.jsonl", bytes);
            for threads in ["1", "2", "16"] {
                let args = [
                    "diff",
                    "-v",
                    base,
                    "--recordings",
                    "traffic.jsonl",
                    "--format",
                    format,
                ];
                let found = run(play, threads, &args, None);
                let whole = whole.get_or_insert_with(|| found.clone());
                assert!(*whole == found, "{format}, {threads} threads");
            }
        }
        let whole = whole.unwrap();
        let piped = ["diff", "-v", base, "--recordings", "-", "--format", format];
        let first = run(play, "1", &piped, Some(text.as_bytes()));
        for (threads, bytes) in [("2", text.as_bytes()), ("16", &gzip), ("2", &zstd)] {
            let found = run(play, threads, &piped, Some(bytes));
            assert!(first == found, "{format}, {threads} threads, piped");
        }
        if format == "json" {
            decisions = same_but_for_the_name(&whole, &first);
        } else {
            assert!(String::from_utf8_lossy(&whole).contains("\nengine "));
        }
    }
    decisions
}

/// Standard input has another name, and cannot be read twice to confirm which ids are repeated.
fn same_but_for_the_name(file: &[u8], piped: &[u8]) -> serde_json::Value {
    let json = |bytes: &[u8]| -> serde_json::Value {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        serde_json::from_str(
            &text
                .replace("\"-\"", "\"traffic.jsonl\"")
                .replace("\"-#", "\"traffic.jsonl#"),
        )
        .unwrap()
    };
    let (file, piped) = (json(file), json(piped));
    assert_eq!(file["traffic"]["actions"], ACTIONS);
    assert_eq!(file["traffic"]["malformed"], 9);
    for part in [
        "traffic", "trust", "classes", "flow", "groups", "matrix", "engine",
    ] {
        assert_eq!(file[part], piped[part], "{part}");
    }
    let repeated = file["repeated_ids"].as_object().unwrap();
    let twice: Vec<u32> = repeated
        .iter()
        .map(|(id, times)| {
            assert_eq!(*times, 2);
            id.strip_prefix("traffic.jsonl#run#")
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(twice, [1_499, 2_499, 3_499, 4_499, 499, 5_499]);
    assert_eq!(piped["repeated_ids"], serde_json::json!({}));
    file
}

#[test]
fn bytes_do_not_depend_on_the_order_of_recordings() {
    let (play, _base, base) = versions();
    let (calls, names) = (calls(), ["parts/a.jsonl", "parts/b.jsonl", "parts/c.jsonl"]);
    let imported = imported(&play, &calls);
    // Uneven parts, one of calls without requests, which go another way.
    for (name, lines) in [
        (names[0], &imported[..500]),
        (names[1], &calls[500..1_500]),
        (names[2], &imported[1_500..]),
    ] {
        play.write(name, recording(lines));
    }
    for (command, format) in [("diff", "json"), ("diff", "terminal"), ("replay", "json")] {
        let mut whole: Option<Vec<u8>> = None;
        let orders: [&[usize]; 5] = [&[0, 1, 2], &[2, 1, 0], &[1, 2, 0], &[2, 0, 1], &[]];
        for (order, threads) in orders.into_iter().zip(["1", "2", "16", "16", "2"]) {
            let mut args = vec![command, "-v", "--format", format];
            if command == "diff" {
                args.extend([base.as_str(), "--recordings"]);
            }
            match order {
                // All of a directory.
                [] => args.push("parts"),
                order => args.extend(order.iter().map(|at| names[*at])),
            }
            let found = run(&play, threads, &args, None);
            let whole = whole.get_or_insert_with(|| found.clone());
            assert!(*whole == found, "{args:?}, {threads} threads");
        }
        if format == "json" {
            let report: serde_json::Value = serde_json::from_slice(&whole.unwrap()).unwrap();
            let found = match command {
                "diff" => (&report["engine"], &report["traffic"]["actions"]),
                _ => (&report, &report["volume"]["actions"]),
            };
            let because = serde_json::json!({ "no_request": 1_000 });
            assert_eq!(found.0["read_in_full_because"], because, "{command}");
            assert_eq!(*found.1, ACTIONS, "{command}");
        }
    }
}
