//! Generated pull requests with 1, 3, 10 and 50 planted edits: the report finds exactly these, with exactly their flips.
//!
//! `cargo test --test pulls -- --nocapture` prints time and memory. `AGENTAUTHZ_PULLS_FULL=1` replays a million actions of
//! which ten thousand flip, instead of sixty thousand and six hundred.

#[path = "support/pulls.rs"]
mod pulls;
#[path = "support/repository.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod repository;

use agentauthz::diff::document::{Document, GroupNote};
use agentauthz::model::ChangeClass;
use pulls::{Plan, Planted, SLOTS};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const NOW: &str = "2026-11-24";

/// Recorded actions, and those of them that flip.
fn size() -> (u64, u64) {
    match std::env::var_os("AGENTAUTHZ_PULLS_FULL") {
        Some(_) => (1_000_000, 10_000),
        None => (60_000, 600),
    }
}

/// A pull request on disk, and what `diff` made of it.
struct Pull {
    dir: tempfile::TempDir,
    plan: Plan,
    document: Document,
    screen: String,
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn run(root: &Path, args: &[&str]) -> Output {
    let mut command = repository::agentauthz();
    command.current_dir(root).args(args).args(["--now", NOW]);
    command.stdin(Stdio::null()).output().unwrap()
}

/// Compares; prints how long it took, and the most memory that it had.
fn compared(edits: usize) -> Pull {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let (actions, flips) = size();
    pulls::repository(&root.join("base"), 0);
    pulls::repository(&root.join("head"), edits);
    let plan = pulls::record(&root.join("actions.jsonl"), edits, actions, flips);
    let start = Instant::now();
    let mut child = repository::agentauthz()
        .current_dir(root)
        .args([
            "diff",
            "dir:base",
            "dir:head",
            "--recordings",
            "actions.jsonl",
        ])
        .args(["-o", "plan.json", "--report", "markdown=report.md"])
        .args(["--report", "html=report.html", "--now", NOW])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let now = std::fs::read_to_string(&status).unwrap_or_default();
        let line = now.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
        most = most.max(kilobytes.unwrap_or(0u64));
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = start.elapsed();
    let output = child.wait_with_output().unwrap();
    let screen = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{screen}{errors}");
    let [markdown, html] = ["report.md", "report.html"].map(|name| read(root.join(name)));
    println!(
        "{edits} edits, {actions} actions, {flips} flips: {:.1} s, {} MB at most; Markdown {} bytes, HTML {} \
         bytes, screen {} lines",
        took.as_secs_f64(),
        most / 1024,
        markdown.len(),
        html.len(),
        screen.lines().count(),
    );
    assert!(markdown.len() < 65_536);
    assert!(html.len() < 5_000_000);
    let document: Document = serde_json::from_str(&read(root.join("plan.json"))).unwrap();
    for group in flipped(&document) {
        let number = group.number;
        let line = format!("{number}. ");
        assert!(markdown.contains(&line), "group {number} in Markdown");
        let article = format!("id=\"group-{number}\"");
        assert!(html.contains(&article), "group {number} in HTML");
    }
    Pull {
        plan,
        document,
        screen,
        dir,
    }
}

fn flips(class: ChangeClass) -> bool {
    matches!(
        class,
        ChangeClass::ErrorOpened
            | ChangeClass::NewlyAllowed
            | ChangeClass::ErrorClosed
            | ChangeClass::NewlyDenied
    )
}

fn flipped(document: &Document) -> Vec<&GroupNote> {
    let groups = document.groups.iter();
    groups.filter(|group| flips(group.class)).collect()
}

/// What a group says, in the words of the plan.
fn said(group: &GroupNote) -> (String, Planted) {
    let [unit] = group.cause.units.as_slice() else {
        panic!("{:?}", group.cause);
    };
    assert!(group.cause.exact, "{:?}", group.cause);
    for ways in [&group.cause.why, &group.cause.undo] {
        let [way] = ways.as_slice() else {
            panic!("{:?}", group.cause);
        };
        let named: Vec<&String> = way.all.iter().chain(&way.and_one_of).collect();
        assert_eq!(named, [&unit.name], "{:?}", group.cause);
    }
    let origins = serde_json::to_value(&unit.origins).unwrap();
    let planted = Planted {
        class: group.class.name().replace('-', "_"),
        edits: unit.edits.clone(),
        origins: serde_json::from_value(origins).unwrap(),
        actions: group.actions,
        sessions: group.sessions,
        by_action: group.by_action.clone(),
        by_agent: group.by_agent.clone(),
    };
    (unit.name.clone(), planted)
}

/// Exactly the planted groups, each with its numbers; nothing is left over, and everything adds up.
fn holds(pull: &Pull, edits: usize) {
    let (actions, all) = size();
    let document = &pull.document;
    assert_eq!(pull.plan.planted.len(), edits);
    let groups = flipped(document);
    let found: BTreeMap<String, Planted> = groups.iter().map(|group| said(group)).collect();
    for (unit, planted) in &pull.plan.planted {
        assert_eq!(found.get(unit), Some(planted), "{unit} of {edits}");
    }
    assert_eq!(groups.len(), edits);
    assert_eq!(document.ungrouped, 0);
    assert_eq!(document.traffic.as_ref().unwrap().actions, actions);
    assert_eq!(
        document.flow.iter().map(|cell| cell.actions).sum::<u64>(),
        actions
    );
    let of_classes = document.classes.iter().filter(|note| flips(note.class));
    assert_eq!(of_classes.map(|note| note.actions).sum::<u64>(), all);
    assert_eq!(groups.iter().map(|group| group.actions).sum::<u64>(), all);
    assert!(document.divergences_exact);
    assert_eq!(document.changed_sessions, pull.plan.sessions);
    assert_eq!(document.first_divergences, pull.plan.sessions);
    assert_eq!(document.first_divergences + document.downstream, all);
    for (first, count) in [
        (true, document.first_divergences),
        (false, document.downstream),
    ] {
        let of = |group: &&GroupNote| {
            if first {
                group.first_divergences
            } else {
                group.downstream
            }
        };
        assert_eq!(groups.iter().map(of).sum::<u64>(), count);
    }
    let fidelity = &document.trust.fidelity;
    assert_eq!((fidelity.compared, fidelity.same), (actions, actions));
}

/// The first ten, and how many more there are, on one screen.
fn screened(pull: &Pull) {
    let screen = &pull.screen;
    assert!(screen.lines().count() < 40, "{screen}");
    let document = &pull.document;
    let wanted = document
        .groups
        .iter()
        .filter(|group| flips(group.class) || group.class == ChangeClass::ErrorChanged);
    let wanted: Vec<&GroupNote> = wanted.collect();
    let shown: Vec<u64> = screen
        .lines()
        .filter_map(|line| {
            let (number, rest) = line.trim_start().split_once("  ")?;
            let class = rest.trim_start().to_lowercase().replace(['-', ' '], "_");
            let known = ChangeClass::ALL
                .iter()
                .any(|known| class.starts_with(&known.name().replace('-', "_")));
            number.parse().ok().filter(|_| known)
        })
        .collect();
    let first: Vec<u64> = wanted.iter().take(10).map(|group| group.number).collect();
    assert_eq!(shown, first, "{screen}");
    let more = wanted.len().saturating_sub(10);
    match more {
        0 => assert!(!screen.contains("more (-v)"), "{screen}"),
        1 => assert!(screen.contains("and 1 group more"), "{screen}"),
        more => assert!(
            screen.contains(&format!("and {more} groups more")),
            "{screen}"
        ),
    }
}

#[test]
fn one_edit_is_one_group() {
    let pull = compared(1);
    holds(&pull, 1);
    screened(&pull);
}

#[test]
fn three_edits_are_three_groups() {
    let pull = compared(3);
    holds(&pull, 3);
    screened(&pull);
}

#[test]
fn ten_edits_are_ten_groups() {
    let pull = compared(10);
    holds(&pull, 10);
    screened(&pull);
}

#[test]
fn fifty_edits_are_fifty_groups_and_gates_judge_all() {
    let pull = compared(SLOTS);
    holds(&pull, SLOTS);
    screened(&pull);
    judged(&pull);
    opened(&pull);
}

/// Approvals for all but one group leave the gate failed for that one; for all, it passes.
fn judged(pull: &Pull) {
    let head = pull.dir.path().join("head");
    let approve = |group: &GroupNote| {
        let day = "2027-01-31";
        let output = run(
            &head,
            &[
                "approve",
                &group.fingerprint,
                "--plan",
                "../plan.json",
                "--reason",
                "wanted",
                "--owner",
                "maria",
                "--approver",
                "jon",
                "--expires",
                day,
            ],
        );
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    };
    let judge = || {
        let output = run(&head, &["gate", "../plan.json", "--format", "json"]);
        let document: Document = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), document.verdict.unwrap())
    };
    let failed = |verdict: &agentauthz::diff::document::Verdict| {
        let gates = verdict.gates.iter();
        let failed = gates.filter(|gate| serde_json::to_value(gate.verdict).unwrap() != "passed");
        failed
            .flat_map(|gate| gate.groups.clone())
            .collect::<Vec<String>>()
    };
    let groups = flipped(&pull.document);
    let (code, verdict) = judge();
    assert_eq!(code, Some(1));
    let mut all: Vec<String> = groups
        .iter()
        .map(|group| group.fingerprint.clone())
        .collect();
    let mut against = failed(&verdict);
    all.sort();
    against.sort();
    assert_eq!(
        against, all,
        "gates judge all groups, and not those that are shown"
    );
    let (last, others) = groups.split_last().unwrap();
    others.iter().for_each(|group| approve(group));
    let (code, verdict) = judge();
    assert_eq!(code, Some(1), "{verdict:?}");
    assert_eq!(failed(&verdict), std::slice::from_ref(&last.fingerprint));
    approve(last);
    let (code, verdict) = judge();
    assert_eq!(code, Some(0), "{verdict:?}");
    assert_eq!(verdict.approvals.len(), groups.len());
}

/// Opens the page in a browser, where there is one.
fn opened(pull: &Pull) {
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let runs = |program: &str| {
        let quiet = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        quiet.is_ok_and(|status| status.success())
    };
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let browser = browsers.into_iter().find(|name| runs(name));
    let (Some(browser), true, true) = (browser, runs("node"), checks.join("node_modules").exists())
    else {
        println!(
            "skipped: the HTML report of fifty groups in a browser: no chromium, no node, or no `npm ci`"
        );
        return;
    };
    let pages = pull.dir.path().join("pages");
    std::fs::create_dir_all(&pages).unwrap();
    std::fs::copy(
        pull.dir.path().join("report.html"),
        pages.join("fifty.html"),
    )
    .unwrap();
    let output = Command::new("node")
        .arg(checks.join("check.js"))
        .arg(browser)
        .arg(&pages)
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
