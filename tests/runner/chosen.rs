//! What a run chooses, shows, and says where it chose nothing.

use crate::support::play::Play;

#[test]
fn a_run_that_runs_nothing_fails() {
    let play = Play::init();
    let properties =
        "version: 1\nsuite: p\nproperties:\n  - { name: sound, holds: never-errors }\n";
    play.write("tests/p.test.yaml", properties);
    play.run(&["test", "-k", "suite=p"])
        .says(2, &["selects none"]);
    play.run(&["test", "--shard", "999/1000"])
        .says(2, &["part 999 of 1000 holds none"]);
    play.run(&["test"])
        .says(0, &["passed", "1 property not run"]);
    std::fs::remove_file(play.path("tests/refunds.test.yaml")).unwrap();
    play.run(&["test"]).says(2, &["there are only properties"]);
}

#[test]
fn the_command_that_runs_a_case_alone_asks_the_same() {
    let play = Play::init();
    let text = play.text("tests/refunds.test.yaml");
    let text = text.replace("decision: allow", "decision: no-match");
    play.write("tests/refunds.test.yaml", text);
    let plain = play.run(&["test"]);
    plain.says(1, &["again  agentauthz test -k '"]);
    assert!(!plain.out.contains("--lenient-fixtures") && !plain.out.contains("--at"));
    play.run(&["test", "--at", "dir:.", "--lenient-fixtures"])
        .says(1, &["' --at 'dir:.' --lenient-fixtures\n"]);
}

#[test]
fn many_failures_are_counted() {
    let play = Play::init();
    let tests = (0..150).map(|at| {
        format!("  - {{ name: t{at}, request: {{ principal: Agent::reply-bot, action: read_order, resource: System::payments }}, expect: {{ decision: deny }} }}\n")
    });
    let text = format!(
        "version: 1\nsuite: many\ntests:\n{}",
        tests.collect::<String>()
    );
    play.write("tests/many.test.yaml", text);
    let shown = |args: &[&str]| {
        let ran = play.run(args);
        assert_eq!(ran.code, 1, "{}", ran.all());
        let lines = ran.out.lines().filter(|line| line.starts_with("FAILED  "));
        (lines.count(), ran.out.contains("and 50 cases more"))
    };
    let mut args = vec!["test", "-k", "suite=many", "--report", "json=r.json"];
    assert_eq!(shown(&args), (100, true));
    args.push("--verbose");
    assert_eq!(shown(&args), (150, false));
    let json: serde_json::Value = serde_json::from_str(&play.text("r.json")).unwrap();
    let tests = json["suites"].as_array().unwrap().iter();
    let tests: usize = tests
        .map(|suite| suite["tests"].as_array().unwrap().len())
        .sum();
    assert_eq!(tests, 150);
}

/// A repository with one policy file and one test of `cedar run-tests` that names a policy by its number.
fn numbered(front: &str, team: &str) -> Play {
    let play = Play::init();
    for path in ["tests/refunds.test.yaml", "policies/guardrails.cedar"] {
        std::fs::remove_file(play.path(path)).unwrap();
    }
    let policies = play.text("policies/support.cedar");
    play.write("policies/support.cedar", format!("{front}{policies}"));
    let entity = format!(
        r#"[{{"uid": {{"type": "Agent", "id": "refund-bot"}}, "attrs": {{"owner": "o"}}, "parents": [{{"type": "Team", "id": "{team}"}}]}}]"#
    );
    play.write("tests/entities/e.json", entity);
    play.write(
        "tests/r.test.json",
        r#"[{"name": "t", "request": {"principal": "Agent::\"refund-bot\"", "action": "Action::\"refund\"", "resource": "System::\"payments\"", "context": {"amount": {"__extn": {"fn": "decimal", "arg": "5.0"}}}},
  "entities": "entities/e.json", "decision": "allow", "reason": ["policy0"], "num_errors": 0}]"#,
    );
    play
}

#[test]
fn a_change_selects_tests_by_their_entities_and_by_numbers_of_policies() {
    let base = numbered("", "support");
    let changed = format!("dir:{}", base.path(".").display());
    let args = ["test", "--changed", &changed];
    base.run(&["test"]).says(0, &["1 passed"]);
    numbered("", "support")
        .run(&args)
        .says(2, &["touches any of"]);
    numbered("", "sales").run(&args).says(1, &["1 failed"]);
    let front = "@id(\"other\") forbid(principal == Agent::\"nobody\", action, resource);\n";
    numbered(front, "support").run(&args).says(1, &["1 failed"]);
}
