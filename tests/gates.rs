//! `gate`, `approve` and `approvals`, on plans that are made by hand.

mod support;

use agentauthz::diff::document::{
    ClassNote, DecidingValue, Document, FORMAT, FidelityNote, GroupNote, PolicyChangeNote,
    RepositoryNote, Traffic, Trust,
};
use agentauthz::model::ChangeClass;
use std::collections::BTreeMap;
use support::play::{Play, Ran, run};

const NOW: &str = "2026-11-24";
const PRINT: &str = "8c41d2aa90be11f0";

fn document() -> Document {
    let allowed = GroupNote {
        number: 1,
        fingerprint: PRINT.to_owned(),
        class: ChangeClass::NewlyAllowed,
        widened: true,
        title: "`refund` allows \u{1b}[31mmore".to_owned(),
        actions: 5,
        by_agent: BTreeMap::from([("bot".to_owned(), 5)]),
        by_action: BTreeMap::from([("Action::\"refund\"".to_owned(), 5)]),
        sessions: 5,
        values: vec![DecidingValue {
            path: "context.input.amount".to_owned(),
            range: Some(["101".to_owned(), "812".to_owned()]),
            ..DecidingValue::default()
        }],
        ..GroupNote::default()
    };
    let classes = ChangeClass::ALL.map(|class| {
        let actions = if class == allowed.class { 5 } else { 0 };
        ClassNote {
            class,
            actions,
            widened: actions,
            narrowed: 0,
            agents: 1,
            sessions: 5,
        }
    });
    Document {
        format: FORMAT.to_owned(),
        values: true,
        repository: RepositoryNote {
            policies: vec![PolicyChangeNote::default()],
            ..RepositoryNote::default()
        },
        traffic: Some(Traffic {
            actions: 100,
            sessions: 50,
            ..Traffic::default()
        }),
        trust: Trust {
            compared: 100,
            fidelity: FidelityNote {
                compared: 100,
                same: 100,
                ..FidelityNote::default()
            },
            ..Trust::default()
        },
        classes: classes.to_vec(),
        groups: vec![allowed],
        ..Document::default()
    }
}

fn write(play: &Play, name: &str, document: &Document) {
    play.write(name, serde_json::to_string(document).unwrap());
}

fn play() -> Play {
    let play = Play::init();
    write(&play, "plan.json", &document());
    play
}

fn on(play: &Play, args: &[&str]) -> Ran {
    play.run(&[args, &["--now", NOW]].concat())
}

fn approve(play: &Play, more: &[&str]) -> Ran {
    let args = [
        "approve",
        "8c41",
        "--plan",
        "plan.json",
        "--reason",
        "wanted",
        "--owner",
        "maria",
        "--approver",
        "jon",
        "--expires",
        "2027-01-31",
    ];
    on(play, &[&args, more].concat())
}

#[test]
fn a_plan_is_judged_with_the_right_exit_code() {
    let play = play();
    on(&play, &["gate", "plan.json", "-v"]).says(
        1,
        &[
            "GATE  FAIL",
            "newly_allowed",
            "0 actions",
            "5 actions in 1 group",
            "default",
        ],
    );
    let mut clean = document();
    clean.groups.clear();
    clean.classes.clear();
    write(&play, "clean.json", &clean);
    on(&play, &["gate", "clean.json", "-v"])
        .says(0, &["GATE  PASS", "fidelity", "at least 99.5 %"]);
    clean.trust.compared = 0;
    write(&play, "nothing.json", &clean);
    on(&play, &["gate", "nothing.json"]).says(3, &["GATE  INCONCLUSIVE", "traffic"]);
    play.write("broken.json", "{");
    on(&play, &["gate", "broken.json"]).says(2, &["broken.json", "not JSON"]);
    on(&play, &["gate", "gone.json"]).says(2, &["gone.json"]);
    // Outside of all repositories, by the plan alone.
    let elsewhere = tempfile::tempdir().unwrap();
    let plan = play.path("plan.json");
    run(elsewhere.path(), &["gate", plan.to_str().unwrap()]).says(1, &["GATE  FAIL"]);
    on(&play, &["gate", "plan.json", "-q"]).says(1, &["FAIL  5 actions widened"]);
    let json = on(&play, &["gate", "plan.json", "--format", "json"]).json();
    assert_eq!(json["verdict"]["result"], "failed");
    assert_eq!(json["now"], NOW);
}

#[test]
fn the_command_line_and_the_manifest_set_limits() {
    let play = play();
    on(
        &play,
        &["gate", "plan.json", "-v", "--fail-on", "newly-denied"],
    )
    .says(0, &["command line"]);
    on(&play, &["gate", "plan.json", "-v", "--fail-on", "none"])
        .says(0, &["no limit", "5 actions widened"]);
    on(&play, &["gate", "plan.json", "--fail-on", "newly-allowed"]).says(1, &["command line"]);
    on(&play, &["gate", "plan.json", "--fail-on", "nothing"]).says(2, &["`nothing`"]);
    play.run(&["gate", "plan.json", "--now", "soon"])
        .says(2, &["`--now soon` is no day"]);
    // A plan with loose gates, judged where they are strict, and where they are loose, too.
    let mut loose = document();
    loose.gates.head.newly_allowed.max_actions = 9;
    loose.gates.base = Some(loose.gates.head);
    write(&play, "loose.json", &loose);
    on(&play, &["gate", "loose.json", "-v"]).says(1, &["newly_allowed", "0 actions"]);
    let manifest = play.text("agentauthz.yaml");
    let gates = "gates:\n  newly_allowed: { max_actions: 9 }\n  fidelity: { min: 99 }\n";
    play.write("agentauthz.yaml", format!("{manifest}{gates}"));
    on(&play, &["gate", "loose.json", "-v"]).says(0, &["at most 9 actions", "at least 99.5 %"]);
    on(&play, &["gate", "plan.json", "-v"]).says(1, &["0 actions"]);
    play.write(
        "agentauthz.yaml",
        format!("{manifest}gates:\n  newly_alowed: {{}}\n"),
    );
    on(&play, &["gate", "plan.json", "-v"]).says(2, &["newly_alowed"]);
    play.write(
        "agentauthz.yaml",
        format!("{manifest}gates:\n  fidelity: {{ min: 101 }}\n"),
    );
    on(&play, &["check"]).says(1, &["percent from 0 to 100", "agentauthz.yaml:"]);
}

#[test]
fn an_approval_is_written_used_drifts_and_is_pruned() {
    let play = play();
    play.write("approvals.yaml", "# Ours.\nversion: 1\napprovals: []\n");
    approve(&play, &[]).says(
        0,
        &["approved group 1 in approvals.yaml", "min: 101, max: 812"],
    );
    let text = play.text("approvals.yaml");
    assert!(text.starts_with("# Ours.\nversion: 1\napprovals:\n  - group: \"8c41d2aa90be11f0\"\n"));
    assert!(!text.contains('\u{1b}'));
    on(&play, &["check"]).says(0, &["no faults"]);
    on(&play, &["gate", "plan.json", "-v"]).says(0, &["GATE  PASS", "5 more approved", "used"]);
    on(&play, &["approvals", "--plan", "plan.json"]).says(0, &["used 8c41d2aa90be11f0", "maria"]);
    on(&play, &["approvals"]).says(0, &["open 8c41d2aa90be11f0"]);

    approve(&play, &[]).says(2, &["has an approval already", "--replace"]);
    assert_eq!(play.text("approvals.yaml"), text);
    let mut more = document();
    more.groups[0].values[0].range = Some(["101".to_owned(), "9000".to_owned()]);
    write(&play, "more.json", &more);
    on(&play, &["gate", "more.json", "-v"]).says(
        1,
        &[
            "drifted",
            "context.input.amount: 9000 is outside of 101 to 812",
        ],
    );
    write(&play, "plan.json", &more);
    approve(&play, &["--replace"]).says(0, &["max: 9000"]);
    on(&play, &["gate", "plan.json", "-v"]).says(0, &["GATE  PASS"]);

    // Expired: fails the gate, and is pruned without a plan; else only what no group uses.
    play.run(&["gate", "plan.json", "-v", "--now", "2027-01-31"])
        .says(0, &["used"]);
    play.run(&["gate", "plan.json", "-v", "--now", "2027-02-01"])
        .says(1, &["1 expired"]);
    on(&play, &["approvals", "prune"]).says(0, &["removed 0 approvals, kept 1"]);
    let mut none = document();
    none.groups.clear();
    none.classes.clear();
    write(&play, "none.json", &none);
    on(&play, &["gate", "none.json", "-v"]).says(1, &["1 unused of 1 approval"]);
    on(&play, &["approvals", "prune", "--plan", "plan.json"]).says(0, &["removed 0"]);
    // A plan that replayed nothing shows no approval as unused.
    none.traffic = None;
    write(&play, "nothing.json", &none);
    on(&play, &["approvals", "prune", "--plan", "nothing.json"]).says(0, &["removed 0"]);
    on(&play, &["approvals", "prune", "--plan", "none.json"])
        .says(0, &["removed 1 approval, kept 0"]);
    assert_eq!(
        play.text("approvals.yaml"),
        "# Ours.\nversion: 1\napprovals: []\n"
    );
    approve(&play, &[]).says(0, &[]);
    play.run(&["approvals", "prune", "--now", "2027-02-01"])
        .says(0, &["removed 1"]);
    assert!(
        play.names("")
            .iter()
            .all(|name| !name.starts_with(".agentauthz-"))
    );
}

#[test]
fn an_approval_needs_everything_and_nobody_approves_their_own() {
    let play = play();
    let with = |option: &str, value: &str| {
        let mut args = vec![
            "approve",
            "1",
            "--plan",
            "plan.json",
            "--reason",
            "r",
            "--owner",
            "maria",
            "--approver",
            "jon",
            "--expires",
            "2027-01-31",
        ];
        let at = args.iter().position(|arg| *arg == option).unwrap_or(0);
        args[at + 1] = value;
        on(&play, &args)
    };
    with("--approver", "Maria").says(2, &["the approver is the owner"]);
    with("--reason", " ").says(2, &["`--reason` is empty"]);
    with("--expires", "tomorrow").says(2, &["is no day"]);
    with("--expires", "2026-11-23").says(2, &["is past"]);
    with("approve", "9").says(2, &["no group `9`"]);
    write(&play, "plan.json", &document().without_values());
    with("approve", "1").says(2, &["holds no argument values"]);
    assert!(!play.names("").contains(&"approvals.yaml".to_owned()));
}

#[test]
fn faults_of_approvals_are_shown_and_they_do_not_count() {
    let play = play();
    approve(&play, &[]).says(0, &[]);
    let text = play.text("approvals.yaml");
    play.write("approvals.yaml", text.replace("\"jon\"", "\"maria\""));
    on(&play, &["check"]).says(1, &["approvals.yaml:", "`maria` approves what they own"]);
    approve(&play, &[]).says(2, &["has an approval already"]);
    on(&play, &["gate", "plan.json", "-v"])
        .says(1, &["approves what they own", "5 actions in 1 group"]);
    play.write("approvals.yaml", text.replace("owner:", "ownr:"));
    on(&play, &["gate", "plan.json", "-v"]).says(2, &["approvals.yaml", "ownr"]);
    play.write("approvals.yaml", text.replace("[\"bot\"]", "[\"*\"]"));
    on(&play, &["check"]).says(1, &["`*` is no agent"]);
}
