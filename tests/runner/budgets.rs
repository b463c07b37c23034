//! Budgets of changes: what they are held to, and what says nothing and so is broken.

use crate::support::play::{Play, Ran};
use crate::support::repository::agentauthz;

/// A suite of budgets against the repository as `init` writes it.
fn budgets(play: &Play, base: &Play, lines: &[&str]) {
    let base = base.path(".").display().to_string();
    let lines = lines
        .iter()
        .map(|line| format!("  - {{ base: \"dir:{base}\", {line} }}\n"));
    play.write(
        "tests/b.test.yaml",
        format!(
            "version: 1\nsuite: b\nreplay:\n{}",
            lines.collect::<String>()
        ),
    );
}

const KEPT: &str = "name: kept, recording: recordings/example.jsonl, changes: { newly_denied: 0 }";

#[test]
fn a_budget_that_compares_nothing_is_broken() {
    let (base, play) = (Play::init(), Play::init());
    let recording = play.text("recordings/example.jsonl");
    play.write(
        "recordings/odd.jsonl",
        recording.replace("\"tool\":\"", "\"tool\":\"x_"),
    );
    budgets(
        &play,
        &base,
        &[
            KEPT,
            "name: unmapped, recording: recordings/odd.jsonl, changes: { newly_denied: 0 }",
            "name: limitless, recording: recordings/example.jsonl, changes: {}",
        ],
    );
    play.run(&["test", "-k", "suite=b"]).says(
        2,
        &[
            "1 passed, 2 broken",
            "is decided on both sides, so nothing was compared",
            "`changes` limits no class",
        ],
    );
    // What head cannot decide any more is a change, whether it is named or not.
    let mapping = play.text("mapping.yaml");
    play.write(
        "mapping.yaml",
        mapping.replace("  send_mail:", "  send_post:"),
    );
    budgets(&play, &base, &[KEPT]);
    play.run(&["test", "-k", "suite=b"])
        .says(1, &["1 failed", "newly-undecidable", "limit 0"]);
    budgets(
        &play,
        &base,
        &["recording: recordings/example.jsonl, changes: { newly_undecidable: 9 }"],
    );
    play.run(&["test", "-k", "suite=b"]).says(0, &["1 passed"]);
    play.write("mapping.yaml", mapping.replace("\"{tool}\"", "\"{tool}s\""));
    play.run(&["test", "-k", "suite=b"]).says(2, &["1 broken"]);
}

#[test]
fn the_first_failure_ends_budgets_too() {
    let (base, play) = (Play::init(), Play::init());
    play.write(
        "policies/extra.cedar",
        "@id(\"extra\") forbid(principal, action, resource);\n",
    );
    let second = KEPT.replace("kept", "second");
    budgets(&play, &base, &[KEPT, &second]);
    play.run(&["test", "-k", "suite=b"]).says(1, &["2 failed"]);
    play.run(&["test", "-k", "suite=b", "--fail-fast"])
        .says(1, &["1 failed, 1 not run"]);
    // A case that fails as the last one.
    play.write(
        "tests/a.test.yaml",
        "version: 1\nsuite: b\ntests:\n  - name: t\n    request: { principal: Agent::reply-bot, action: read_order, resource: System::payments }\n    expect: { decision: allow }\n",
    );
    let ran = play.run(&["test", "-k", "suite=b", "--fail-fast"]);
    ran.says(1, &["FAILED  b › t", "1 failed, 2 not run"]);
}

#[test]
fn only_leaves_out_budgets_and_is_refused_of_mutants() {
    let (base, play) = (Play::init(), Play::init());
    budgets(&play, &base, &[KEPT]);
    let text = play.text("tests/refunds.test.yaml");
    let marked = text.replacen("  - name:", "  - only: true\n    name:", 1);
    play.write("tests/refunds.test.yaml", marked);
    let mut command = agentauthz();
    let out = command
        .env_remove("CI")
        .args(["test", "-k", "suite=b"])
        .current_dir(play.path("."))
        .output()
        .unwrap();
    Ran::of(&out).says(2, &["selects none"]);
    play.run(&["test", "--mutate", "--ci"])
        .says(2, &["tests/refunds.test.yaml:", "is marked `only`"]);
}

#[cfg(unix)]
#[test]
fn no_link_leads_a_budget_out_of_the_repository() {
    let (base, play) = (Play::init(), Play::init());
    let link = |from: &str, to: &str| {
        std::os::unix::fs::symlink(base.path(from), play.path(to)).unwrap();
    };
    link("recordings/example.jsonl", "recordings/file.jsonl");
    link("recordings", "outside");
    std::fs::create_dir(play.path("inside")).unwrap();
    link("recordings/example.jsonl", "inside/file.jsonl");
    let of = |recording: &str| KEPT.replace("recordings/example.jsonl", recording);
    let all = [
        of("recordings/file.jsonl"),
        of("outside/example.jsonl"),
        of("inside"),
    ];
    for one in &all {
        budgets(&play, &base, &[one]);
        play.run(&["test", "-k", "suite=b"])
            .says(2, &["1 broken", "the link leaves the repository"]);
    }
    std::fs::remove_file(play.path("inside/file.jsonl")).unwrap();
    std::os::unix::fs::symlink(
        "../recordings/example.jsonl",
        play.path("inside/file.jsonl"),
    )
    .unwrap();
    budgets(&play, &base, &[&of("inside/file.jsonl")]);
    play.run(&["test", "-k", "suite=b"]).says(0, &["1 passed"]);
}
