//! The scripts of the GitHub Action, run with a fake `agentauthz` and a fake `gh`.
#![cfg(unix)]

#[path = "support/action.rs"]
mod action;

use action::{Job, MARKER};
use std::process::Command;

/// Texts that a pull request may bring, each with a line that would be a workflow command.
const HOSTILE: &str = "x\n::error::injected\n::set-output name=a::b\n::add-mask::c";

#[test]
fn everything_runs_and_the_worst_exit_code_counts() {
    for (codes, worst) in [
        (["0", "0", "0", "0"], "0"),
        (["0", "0", "0", "1"], "1"),
        (["0", "0", "1", "0"], "1"),
        (["0", "0", "2", "1"], "2"),
        (["0", "0", "0", "3"], "3"),
        (["1", "0", "0", "3"], "1"),
        (["0", "1", "0", "2"], "2"),
        (["2", "0", "0", "1"], "2"),
        (["0", "0", "0", "101"], "2"),
    ] {
        let job = Job::new();
        let [check, test, lint, diff] = codes;
        let env = [
            ("CHECK", check),
            ("TEST", test),
            ("LINT", lint),
            ("DIFF", diff),
        ];
        let ran = job.run("run.sh", &env);
        assert_eq!(ran.code, 0, "{}", ran.all());
        assert_eq!(job.output("code"), worst, "{codes:?}");
        let all = ["check", "test", "lint", "diff"];
        let commands: Vec<String> = job
            .calls("agentauthz")
            .into_iter()
            .filter_map(|call| {
                let mut words = call.into_iter();
                words.find(|word| all.contains(&word.as_str()))
            })
            .collect();
        assert_eq!(commands, all);
    }
}

#[test]
fn lint_shows_what_the_change_brought() {
    for (env, wanted) in [
        (
            &[("GITHUB_BASE_REF", "main")][..],
            Some("--changed=origin/main"),
        ),
        (
            &[("INPUT_LINT", "changed"), ("INPUT_BASE", "dir:../p")],
            Some("--changed=dir:../p"),
        ),
        (&[("INPUT_LINT", "all"), ("INPUT_BASE", "v1")], None),
    ] {
        let job = Job::new();
        job.run("run.sh", env);
        let calls = job.calls("agentauthz");
        let lint = calls.iter().find(|call| call.contains(&"lint".to_owned()));
        let lint = lint.unwrap();
        assert!(lint.contains(&"github".to_owned()), "{lint:?}");
        let changed = lint.iter().find(|word| word.starts_with("--changed"));
        assert_eq!(changed.map(String::as_str), wanted, "{env:?}");
    }
    let job = Job::new();
    job.run("run.sh", &[("INPUT_LINT", "off")]);
    let calls = job.calls("agentauthz");
    assert!(!calls.iter().any(|call| call.contains(&"lint".to_owned())));
}

#[test]
fn the_action_ends_as_the_commands_did() {
    let job = Job::new();
    for (code, allowed, ends) in [
        ("0", "false", 0),
        ("1", "true", 1),
        ("2", "true", 2),
        ("3", "false", 3),
        ("3", "true", 0),
        ("", "true", 2),
        ("x", "true", 2),
    ] {
        let ran = job.run(
            "finish.sh",
            &[("CODE", code), ("INPUT_ALLOW_INCONCLUSIVE", allowed)],
        );
        assert_eq!(ran.code, ends, "{code} {allowed}: {}", ran.all());
    }
}

#[test]
fn the_diff_is_asked_for_every_report() {
    let job = Job::new();
    job.run(
        "run.sh",
        &[
            ("INPUT_RECORDINGS", "a.jsonl\n\n--b.jsonl"),
            ("INPUT_FAIL_ON", "newly-denied"),
        ],
    );
    let calls = job.calls("agentauthz");
    let diff = calls
        .iter()
        .find(|call| call.contains(&"diff".to_owned()))
        .unwrap();
    for format in ["markdown", "html", "sarif", "junit", "json"] {
        let wanted = format!("{format}={}/", job.output("reports"));
        assert!(
            diff.iter().any(|argument| argument.starts_with(&wanted)),
            "{format}: {diff:?}"
        );
    }
    for wanted in [
        "--format",
        "github",
        "--recordings=a.jsonl",
        "--recordings=--b.jsonl",
        "--fail-on=newly-denied",
    ] {
        assert!(
            diff.iter().any(|argument| argument == wanted),
            "{wanted}: {diff:?}"
        );
    }
}

#[test]
fn what_is_compared() {
    let sha = "0123456789012345678901234567890123456789";
    for (env, versions) in [
        (
            &[("GITHUB_BASE_REF", "main")][..],
            &["origin/main...HEAD"][..],
        ),
        (
            &[("INPUT_BASE", "v1"), ("GITHUB_BASE_REF", "main")],
            &["v1...HEAD"],
        ),
        (
            &[("INPUT_BASE", "dir:../previous")],
            &["dir:../previous", "HEAD"],
        ),
        (&[("BEFORE", sha)], &["HEAD~1...HEAD"]),
        (&[], &["HEAD~1...HEAD"]),
        (
            &[("INPUT_BASE", "--output=x"), ("INPUT_HEAD", "h")],
            &["--output=x...h"],
        ),
    ] {
        let job = Job::new();
        job.run("run.sh", env);
        let calls = job.calls("agentauthz");
        let diff = calls
            .iter()
            .find(|call| call.contains(&"diff".to_owned()))
            .unwrap();
        let end = diff.iter().position(|argument| argument == "--").unwrap();
        assert_eq!(&diff[end + 1..], versions, "{env:?}");
    }
}

#[test]
fn no_text_of_a_pull_request_is_run_or_starts_a_workflow_command() {
    let job = Job::new();
    let trap = format!(
        "$(touch {0})`touch {0}`;touch {0};\"'$IFS",
        job.path("pwned").display()
    );
    let ran = job.run(
        "run.sh",
        &[
            ("GITHUB_BASE_REF", trap.as_str()),
            ("INPUT_DIRECTORY", &trap),
            ("INPUT_RECORDINGS", &trap),
            ("INPUT_FAIL_ON", &trap),
            ("SAYS", HOSTILE),
            ("COMPLAINS", HOSTILE),
            ("DIFF", "2"),
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(!job.path("pwned").exists());
    let versions = format!("origin/{trap}...HEAD");
    let calls = job.calls("agentauthz");
    assert!(
        calls.iter().any(|call| call.contains(&versions)),
        "{calls:?}"
    );
    assert!(ran.all().contains("injected"));
    let live = action::live_commands(&ran.all());
    let ours = [
        "::group::agentauthz check",
        "::endgroup::",
        "::group::agentauthz test",
    ];
    assert!(
        live.iter().all(|line| ours.contains(&line.as_str())),
        "{live:?}"
    );
    // Outputs are what the script says, and nothing else.
    let names: Vec<String> = job.outputs().into_keys().collect();
    assert!(
        names
            .iter()
            .all(|name| ["code", "reports", "sarif"].contains(&name.as_str())),
        "{names:?}"
    );
}

#[test]
fn the_summary_holds_the_report() {
    let job = Job::new();
    job.report("# all of it\n");
    assert_eq!(job.run("summary.sh", &[]).code, 0);
    assert_eq!(job.summary(), "# all of it\n");
}

#[test]
fn the_summary_is_cut_at_the_limit_between_lines() {
    let job = Job::new();
    let line = format!("{}\n", "ä".repeat(99));
    job.report(&line.repeat(10_000));
    assert_eq!(job.run("summary.sh", &[]).code, 0);
    let summary = job.summary();
    assert!(summary.len() <= 1024 * 1024, "{}", summary.len());
    assert!(summary.len() > 1024 * 1024 - 1000, "{}", summary.len());
    assert!(summary.contains("The report is cut here"));
    assert!(summary.starts_with(&line) && summary.contains(&format!("{line}\n\n</details>")));
}

#[test]
fn without_a_report_the_summary_says_so() {
    let job = Job::new();
    assert_eq!(job.run("summary.sh", &[]).code, 0);
    assert!(job.summary().contains("nothing was compared"));
}

/// A pull request of the repository itself.
const PULL_REQUEST: &[(&str, &str)] = &[
    ("PULL_REQUEST", "7"),
    ("HEAD_REPOSITORY", "acme/policies"),
    ("COMMENT_AUTHOR", "github-actions[bot]"),
];

fn with<'e>(more: &[(&'e str, &'e str)]) -> Vec<(&'e str, &'e str)> {
    [PULL_REQUEST, more].concat()
}

#[test]
fn a_comment_is_made_and_then_kept_up_to_date() {
    let job = Job::new();
    job.report(&format!("{MARKER}\n### agentauthz\n"));
    assert_eq!(job.run("comment.sh", &with(&[])).code, 0);
    let made = job.calls("gh").pop().unwrap();
    assert!(made.contains(&"POST".to_owned()), "{made:?}");
    assert!(
        made.contains(&"repos/acme/policies/issues/7/comments".to_owned()),
        "{made:?}"
    );
    assert_eq!(job.comment(), format!("{MARKER}\n### agentauthz\n"));

    job.report("### agentauthz, again\n");
    assert_eq!(
        job.run("comment.sh", &with(&[("COMMENTS", "41\n42")])).code,
        0
    );
    let updated = job.calls("gh").pop().unwrap();
    assert!(updated.contains(&"PATCH".to_owned()), "{updated:?}");
    assert!(
        updated.contains(&"repos/acme/policies/issues/comments/41".to_owned()),
        "{updated:?}"
    );
    // It is found again, though the report did not begin with the marker.
    assert_eq!(job.comment(), format!("{MARKER}\n### agentauthz, again\n"));
}

#[test]
fn comments_of_others_are_not_looked_at() {
    let job = Job::new();
    job.report("x\n");
    job.run("comment.sh", &with(&[]));
    let calls = job.calls("gh");
    let query = calls[0].last().unwrap();
    assert!(
        query.contains("select(.user.login == $ENV.COMMENT_AUTHOR)"),
        "{query}"
    );
    assert!(query.contains(MARKER), "{query}");
}

#[test]
fn a_comment_fits_what_github_takes() {
    let job = Job::new();
    job.report(&"a line of the report\n".repeat(10_000));
    assert_eq!(job.run("comment.sh", &with(&[])).code, 0);
    let comment = job.comment();
    assert!(comment.len() <= 65_536, "{}", comment.len());
    assert!(comment.starts_with(MARKER) && comment.contains("The report is cut here"));
}

#[test]
fn where_nothing_may_be_written_a_notice_says_why() {
    let job = Job::new();
    job.report("x\n");
    for (env, why) in [
        (
            with(&[("HEAD_REPOSITORY", "stranger/policies")]),
            "from a fork",
        ),
        (with(&[("HEAD_REPOSITORY", "")]), "from a fork"),
        (with(&[("PULL_REQUEST", "")]), "no pull request"),
        (with(&[("PULL_REQUEST", "7/../8")]), "no pull request"),
        (with(&[("GH_FAILS", "GET")]), "may not read"),
        (with(&[("GH_FAILS", "POST")]), "may not write"),
        (
            with(&[("GH_FAILS", "PATCH"), ("COMMENTS", "41")]),
            "may not write",
        ),
    ] {
        let ran = job.run("comment.sh", &env);
        assert_eq!(ran.code, 0, "{why}: {}", ran.all());
        assert!(
            ran.out
                .starts_with("::notice title=agentauthz::no comment: "),
            "{}",
            ran.all()
        );
        assert!(ran.out.contains(why), "{why}: {}", ran.all());
        assert_eq!(ran.out.lines().count(), 1, "{}", ran.all());
    }
}

#[test]
fn a_release_is_taken_only_with_its_checksum() {
    for (version, sha, code) in [
        ("0.1.0", "good", 0),
        ("v0.1.0", "published", 0),
        ("0.1.0", "bad", 2),
        ("0.1.0/../../x", "good", 2),
        ("$(id)", "good", 2),
    ] {
        let job = Job::new();
        let sum = job.release();
        let (given, published) = match sha {
            "good" => (sum.clone(), String::new()),
            "published" => (String::new(), sum.clone()),
            _ => ("0".repeat(64), String::new()),
        };
        let env = [
            ("INPUT_VERSION", version),
            ("INPUT_SHA256", &given),
            ("PUBLISHED", &published),
        ];
        let ran = job.run("install.sh", &env);
        assert_eq!(ran.code == 0, code == 0, "{version} {sha}: {}", ran.all());
        assert_eq!(
            job.path("temp/agentauthz-bin/agentauthz").exists(),
            code == 0,
            "{version} {sha}"
        );
        let calls = job.calls("curl");
        let url = "https://github.com/acme/agentauthz/releases/download/v0.1.0/agentauthz-0.1.0-";
        assert!(
            calls
                .iter()
                .flatten()
                .all(|text| !text.starts_with("http") || text.starts_with(url)),
            "{calls:?}"
        );
    }
}

#[test]
fn the_scripts_are_clean_shell() {
    for script in action::scripts() {
        let read = Command::new("bash")
            .arg("-n")
            .arg(&script)
            .status()
            .unwrap();
        assert!(read.success(), "{}", script.display());
    }
    match Command::new("shellcheck")
        .arg("-x")
        .args(action::scripts())
        .output()
    {
        Ok(found) => assert!(
            found.status.success(),
            "{}",
            String::from_utf8_lossy(&found.stdout)
        ),
        Err(_) => println!("skipped: shellcheck is not installed"),
    }
}
