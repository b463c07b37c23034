//! `--update`: what is rewritten, how it is written, and what is left alone.

use crate::support::play::Play;

const PATH: &str = "tests/u.test.yaml";
const ASK: &str = "{ principal: Agent::refund-bot, action: refund, resource: System::payments, context: { amount: 50 } }";

/// Rewrites a suite, and says what stands there then; the run ends with this code and says these texts.
fn updated(path: &str, text: &str, code: i32, says: &[&str]) -> String {
    let play = Play::init();
    play.write(path, text);
    let ran = play.run(&["test", "--update", "-k", "suite=u"]);
    ran.says(code, says);
    play.text(path)
}

/// A suite of tests with these expectations, of which all are of one request that is allowed.
fn suite(expected: &[&str]) -> String {
    let tests = expected
        .iter()
        .enumerate()
        .map(|(at, expect)| format!("  - name: t{at}\n    request: {ASK}\n    expect: {expect}\n"));
    format!(
        "version: 1\nsuite: u\ntests:\n{}",
        tests.collect::<String>()
    )
}

#[test]
fn decisions_and_reasons_are_rewritten_as_they_were_written() {
    let before = suite(&[
        "{ decision: deny } # why",
        "{ decision: \"deny\", reasons: [] }",
        "{ decision: 'deny', reasons: ['refund-needs-human'] } # [x]",
        "{ decision: allow, reasons: [ refund-needs-human ], errors: [] }",
        "{ decision: allow, reasons: { include: [refund-needs-human] } }",
    ]);
    let after = suite(&[
        "{ decision: allow } # why",
        "{ decision: \"allow\", reasons: [refund-support] }",
        "{ decision: 'allow', reasons: ['refund-support'] } # [x]",
        "{ decision: allow, reasons: [refund-support], errors: [] }",
        "{ decision: allow, reasons: { include: [refund-needs-human] } }",
    ]);
    let says = [
        "rewritten  4 cases in 1 file",
        "rewritten by hand",
        "1 failed",
    ];
    assert_eq!(updated(PATH, &before, 1, &says), after);
    // Lines that end as on Windows keep their ends.
    let before = before.replace('\n', "\r\n");
    let after = after.replace('\n', "\r\n");
    assert_eq!(updated(PATH, &before, 1, &says), after);
}

#[test]
fn a_row_is_rewritten_in_its_row() {
    let table = |rows: &str| {
        let ask = ASK.replace("50", "\"{n}\"");
        format!(
            "version: 1\nsuite: u\ntests:\n  - name: t\n    request: {ask}\n    expect: {{ decision: allow }}\n    table:\n      columns: [case, n, decision, reasons]\n      rows:\n{rows}"
        )
    };
    let before = table(
        "        - [one, 50, deny, []]\n        - [two, 50, \"deny\", [refund-support]]\n        - [three, 500, ~, ~]\n        - [four, 50, allow, [refund-support]]\n",
    );
    let after = before
        .replace("50, deny, []", "50, allow, [refund-support]")
        .replace("\"deny\"", "\"allow\"");
    let says = [
        "rewritten  2 cases",
        "give the table a column for it",
        "1 failed",
    ];
    assert_eq!(updated(PATH, &before, 1, &says), after);
}

#[test]
fn a_file_of_json_stays_json() {
    let suite = |decision: &str, reasons: &str| {
        format!(
            r#"{{"version": 1, "suite": "u", "tests": [{{"name": "t",
  "request": {{"principal": "Agent::refund-bot", "action": "refund", "resource": "System::payments", "context": {{"amount": 50}}}},
  "expect": {{"decision": "{decision}", "reasons": {reasons}}}}}]}}"#
        )
    };
    let after = updated(
        "tests/u.test.json",
        &suite("deny", "[]"),
        0,
        &["rewritten  1 case in 1 file", "1 passed"],
    );
    assert_eq!(after, suite("allow", "[\"refund-support\"]"));
    serde_json::from_str::<serde_json::Value>(&after).unwrap();
}

#[test]
fn what_an_anchor_shares_is_left_alone() {
    let shared = |first: &str, second: &str| {
        let text = suite(&[first, second, "{ decision: deny }"]);
        let after = text.replace(
            "    expect: { decision: deny }\n",
            "    expect: { decision: allow }\n",
        );
        let says = ["left as it is", "rewritten  1 case in 1 file", "2 failed, "];
        assert_ne!(text, after);
        assert_eq!(updated(PATH, &text, 1, &says), after, "{text}");
    };
    shared("&e { decision: deny, reasons: [] }", "*e");
    shared("&e\n      decision: deny", "*e");
    shared("{ decision: &d deny }", "{ decision: *d }");
    shared("&e { decision: no-match }", "{ <<: *e, errors: [] }");
    shared(
        "{ decision: allow, reasons: &r [] }",
        "{ decision: allow, reasons: *r }",
    );
    // An anchor that stands for a whole test.
    let text = format!(
        "version: 1\nsuite: u\ntests:\n  - &t\n    name: a\n    request: {ASK}\n    expect: {{ decision: deny }}\n  - {{ <<: *t, name: b }}\n"
    );
    let says = ["left as it is", "rewritten  0 cases", "2 failed"];
    assert_eq!(updated(PATH, &text, 1, &says), text);
    // What an alias says can be said anew beside it.
    let text = text.replace("name: b", "name: b, expect: { decision: deny }");
    let says = ["rewritten  2 cases", "2 passed"];
    assert_eq!(
        updated(PATH, &text, 0, &says),
        text.replace("deny", "allow")
    );
}
