//! Memory stays flat: a recording ten times as long needs hardly more anonymous memory.
//!
//! `cargo test --test memory -- --nocapture` prints the figures.

mod support;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use support::play::Play;
use support::repository::agentauthz;

/// Actions of the shorter recording.
const SHORT: u32 = 40_000;

/// How many bytes one more action may cost at most: less than one string without its text, so nothing of an action can be
/// kept. The filter of ids has 1 to 2 bytes; the rest is room for chance, as how many chunks are under way at the peak
/// differs from run to run by a few megabytes, which would be much in a ratio of two such small processes.
const BYTES: f64 = 22.0;

/// Sessions and ids are all different, as in real recordings.
fn record(path: &Path, actions: u32) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    for at in 0..actions {
        let (session, minute) = (at / 8, at % 60);
        let amount = at * 37 % 20_000;
        writeln!(
            out,
            r#"{{"version":1,"id":"run-{session}#{at}","session":"run-{session}","sequence":{},"time":"2026-03-02T09:{minute:02}:00Z","agent":"refund-bot","call":{{"tool":"refund","args":{{"order":"o-{at}","amount":{}.{:02}}}}},"recorded":{{"decision":"allow"}}}}"#,
            at % 8,
            amount / 100,
            amount % 100,
        )
        .unwrap();
    }
    out.into_inner().unwrap().flush().unwrap();
}

/// The most anonymous memory that any of three runs had, in kB: a short run may end between two looks.
fn peak(play: &Play, args: &[&str]) -> u64 {
    (0..3).map(|_| run(play, args)).max().unwrap_or_default()
}

/// The most anonymous memory that a run had, looked at every millisecond.
fn run(play: &Play, args: &[&str]) -> u64 {
    let mut child = agentauthz()
        .current_dir(play.path(""))
        .args(args)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        if let Some(code) = child.try_wait().unwrap() {
            assert!(matches!(code.code(), Some(0 | 1 | 3)), "{code}");
            return most;
        }
        let now = std::fs::read_to_string(&status).unwrap_or_default();
        let held = now
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"))
            .and_then(|kilobytes| kilobytes.trim().parse().ok());
        most = most.max(held.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn ten_times_as_long_needs_hardly_more_memory() {
    if !Path::new("/proc/self/status").exists() {
        println!("skipped: there is no /proc/PID/status here to read the memory of a process");
        return;
    }
    let play = Play::init();
    let base = Play::init();
    base.write(
        "policies/wider.cedar",
        "permit (principal, action, resource);\n",
    );
    let base = format!("dir:{}", base.path("").display());
    record(&play.path("short.jsonl"), SHORT);
    record(&play.path("long.jsonl"), 10 * SHORT);
    // The same with requests, which the compiled engine takes.
    for (from, to) in [("short", "short-made"), ("long", "long-made")] {
        let (from, to) = (format!("{from}.jsonl"), format!("{to}.jsonl"));
        let ran = play.run(&["import", &from, "-o", &to]);
        assert_eq!(ran.code, 0, "{}", ran.all());
    }
    for (what, before) in [
        ("replay", &["replay"][..]),
        ("diff", &["diff", &base, "--recordings"]),
    ] {
        for (of, names) in [
            ("calls", ["short.jsonl", "long.jsonl"]),
            ("requests", ["short-made.jsonl", "long-made.jsonl"]),
        ] {
            let [short, long] = names.map(|name| peak(&play, &[before, &[name]].concat()));
            let each = (long as f64 - short as f64) * 1024.0 / f64::from(9 * SHORT);
            println!(
                "{what} of {of}: {SHORT} actions {short} kB, {} actions {long} kB of anonymous memory, {each:.1} bytes for one more",
                10 * SHORT
            );
            assert!(each <= BYTES, "{what} of {of}: {each:.1}");
            let found = read_in_full(&play, &[before, &[names[0]]].concat());
            let expected = if of == "requests" { 0 } else { SHORT };
            assert_eq!(found, u64::from(expected), "{what} of {of}");
        }
    }
}

/// How many actions the fast lane did not take. None of them needs the interpreter.
fn read_in_full(play: &Play, args: &[&str]) -> u64 {
    let report = play.run(&[args, &["--format", "json"]].concat()).json();
    let found = report.get("engine").unwrap_or(&report);
    assert_eq!(found["interpreted"], 0);
    let because = found["read_in_full_because"].as_object().unwrap();
    because.values().map(|count| count.as_u64().unwrap()).sum()
}
