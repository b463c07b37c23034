//! A report is the same to the byte on any number of threads, and whether a recording is mapped, unpacked or piped in.

mod support;

use std::fmt::Write as _;
use std::io::Write;
use std::process::Stdio;
use support::play::Play;
use support::repository::agentauthz;

/// Actions of the recording: enough for many chunks of several sizes.
const ACTIONS: u32 = 6_000;

/// Among the actions stand lines that are blank, broken, longer than a small chunk, and ids that stand twice.
fn recording() -> String {
    let mut text = "\u{feff}".to_owned();
    for at in 0..ACTIONS {
        let id = if at % 1_000 == 999 { at - 500 } else { at };
        let agent = ["refund-bot", "other-bot", "third-bot"][(at % 3) as usize];
        let pad = if at % 2_000 == 7 {
            "x".repeat(200_000)
        } else {
            String::new()
        };
        let end = if at % 5 == 0 { "\r\n" } else { "\n" };
        write!(
            text,
            r#"{{"version":1,"id":"run#{id}","session":"run-{}","time":"2026-03-02T09:{:02}:00Z","agent":"{agent}","call":{{"tool":"refund","args":{{"order":"o-{at}{pad}","amount":{}.{:02}}}}},"recorded":{{"decision":"allow"}}}}{end}"#,
            at / 8,
            at % 60,
            at * 37 % 200,
            at % 100,
        )
        .unwrap();
        if at % 700 == 0 {
            text.push_str("\n  \r\n{\"version\":1,\n");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn run(play: &Play, threads: &str, args: &[&str], input: Option<&[u8]>) -> Vec<u8> {
    let mut child = agentauthz()
        .current_dir(play.path(""))
        .env("RAYON_NUM_THREADS", threads)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.unwrap_or_default().to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.stdout.is_empty(), "{error}");
    output.stdout
}

#[test]
fn bytes_do_not_depend_on_threads_or_packing() {
    let (play, base) = (Play::init(), Play::init());
    base.write(
        "policies/wider.cedar",
        "permit (principal, action, resource);\n",
    );
    let base = format!("dir:{}", base.path("").display());
    let text = recording();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for format in ["json", "terminal"] {
        let mut whole: Option<Vec<u8>> = None;
        for bytes in [text.as_bytes(), &gzip, &zstd] {
            play.write("traffic.jsonl", bytes);
            for threads in ["1", "2", "16"] {
                let args = [
                    "diff",
                    "-v",
                    &base,
                    "--recordings",
                    "traffic.jsonl",
                    "--format",
                    format,
                ];
                let found = run(&play, threads, &args, None);
                let whole = whole.get_or_insert_with(|| found.clone());
                assert!(*whole == found, "{format}, {threads} threads");
            }
        }
        let whole = whole.unwrap();
        let piped = ["diff", "-v", &base, "--recordings", "-", "--format", format];
        let first = run(&play, "1", &piped, Some(text.as_bytes()));
        for (threads, bytes) in [("2", text.as_bytes()), ("16", &gzip), ("2", &zstd)] {
            let found = run(&play, threads, &piped, Some(bytes));
            assert!(first == found, "{format}, {threads} threads, piped");
        }
        if format == "json" {
            same_but_for_the_name(&whole, &first);
        }
    }
}

/// Standard input has another name, and cannot be read twice to confirm which ids are repeated.
fn same_but_for_the_name(file: &[u8], piped: &[u8]) {
    let json = |bytes: &[u8]| -> serde_json::Value {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        serde_json::from_str(&text.replace("\"-\"", "\"traffic.jsonl\"")).unwrap()
    };
    let (file, piped) = (json(file), json(piped));
    let decisions = &file["decisions"];
    assert_eq!(decisions["volume"]["actions"], ACTIONS);
    assert_eq!(decisions["volume"]["malformed"]["count"], 9);
    assert_eq!(decisions["volume"]["malformed"]["first"][0]["line"], 4);
    assert_eq!(*decisions, piped["decisions"]);
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
}
