//! The format of unit tests: what each part means, and what is wrong with what does not mean anything.

use agentauthz::repository::{Files, PolicyVersion, load};
use agentauthz::testing::{Fixtures, Run, TestOutcome, TestReport};
use std::collections::BTreeMap;

const SCHEMA: &str = r#"
entity Team;
entity Human;
entity Agent in [Team] { owner: String, env?: String };
entity Order { region: String, parts?: { size?: Long } };
action refund appliesTo { principal: [Agent], resource: [Order], context: { amount: Long, approver?: Human } };
action read appliesTo { principal: [Agent, Human], resource: [Order], context: {} };
action close appliesTo { principal: [Human], resource: [Order], context: { @clock at?: datetime, reason?: String } };
"#;

const POLICIES: &str = r#"
@id("refund-small") permit(principal in Team::"support", action == Action::"refund", resource)
  when { context.amount <= 500 && principal has env && principal.env == "prod" };
@id("refund-approved") permit(principal in Team::"support", action == Action::"refund", resource)
  when { context has approver };
@id("no-self-approval") forbid(principal, action == Action::"refund", resource)
  when { context has approver && context.approver == Human::"alice" };
@id("read") permit(principal is Agent in Team::"support", action == Action::"read", resource);
@id("late") permit(principal, action == Action::"close", resource)
  when { context has reason || context.at > datetime("2026-01-01") };
@id("breaks") forbid(principal, action == Action::"refund", resource) when { resource.parts.size > 10 };
"#;

/// The entities that most suites here have.
const ENTITIES: &str = "
entities:
  Team::support: {}
  Agent::bot: { in: [Team::support], attrs: { owner: alice, env: prod } }
  Agent::intern: { like: Agent::bot, attrs: { env: dev } }
  Agent::loner: { like: Agent::bot, in: [] }
  Order::o1: { attrs: { region: eu, parts: { size: 1 } } }
";

fn version(files: &[(&str, &str)]) -> PolicyVersion {
    let mut all: BTreeMap<&str, &str> = [
        ("agentauthz.yaml", "version: 1\n"),
        ("schema/s.cedarschema", SCHEMA),
        ("policies/p.cedar", POLICIES),
    ]
    .into();
    all.extend(files.iter().copied());
    load(&Files {
        paths: all.keys().map(ToString::to_string).collect(),
        read: &|path| {
            all.get(path)
                .map(|text| text.as_bytes().to_vec())
                .ok_or_else(|| "missing".to_owned())
        },
        refused: Vec::new(),
    })
}

fn run_files(files: &[(&str, &str)], fixtures: Fixtures, today: &str) -> TestReport {
    let version = version(files);
    let run = Run {
        fixtures,
        today: today.to_owned(),
        ..Run::default()
    };
    run.run(&version)
}

fn run(tests: &str) -> TestReport {
    let suite = format!("version: 1\nsuite: s{ENTITIES}{tests}");
    run_files(
        &[("tests/s.test.yaml", &suite)],
        Fixtures::Strict,
        "2026-06-01",
    )
}

/// The cases of a report, as one line each: the name, and what became of it.
fn lines(report: &TestReport) -> Vec<String> {
    let suites = report.suites.iter();
    let results = suites.flat_map(|suite| &suite.tests);
    results
        .map(|test| {
            let word = match &test.outcome {
                TestOutcome::Passed => "passed".to_owned(),
                TestOutcome::Failed(failure) => {
                    format!("failed: {}", failure.diagnostics[0].message)
                }
                TestOutcome::Broken(faults) => {
                    let messages: Vec<&str> =
                        faults.iter().map(|fault| fault.message.as_str()).collect();
                    format!("broken: {}", messages.join("; "))
                }
                TestOutcome::Skipped(reason, _) => format!("skipped: {reason}"),
            };
            format!("{}: {word}", test.full_name())
        })
        .collect()
}

#[track_caller]
fn says(report: &TestReport, expected: &[&str]) {
    let faults: Vec<_> = report
        .suites
        .iter()
        .flat_map(|suite| &suite.faults)
        .collect();
    let lines = lines(report);
    assert_eq!(
        lines.len(),
        expected.len(),
        "{lines:#?} {faults:?} {:?}",
        report.diagnostics
    );
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(expected), "{line} does not say {expected}");
    }
}

const REFUND: &str = "request: { principal: Agent::bot, action: refund, resource: Order::o1, context: { amount: 5 } }";

#[test]
fn decisions_are_told_apart() {
    let close = "request: { principal: Agent::bot, action: refund, resource: Order::o1, context: { amount: 501 } }";
    let report = run(&format!(
        "tests:
  - {{ name: allow, {REFUND}, expect: {{ decision: allow, reasons: [refund-small] }} }}
  - {{ name: deny, {close}, expect: {{ decision: deny }} }}
  - {{ name: none, {close}, expect: {{ decision: no-match, reasons: [] }} }}
  - {{ name: wrong, {close}, expect: {{ decision: forbid }} }}
  - name: forbid
    request: {{ principal: Agent::bot, action: refund, resource: Order::o1, context: {{ amount: 1, approver: Human::alice }} }}
    expect: {{ decision: forbid, reasons: [no-self-approval] }}
"
    ));
    says(
        &report,
        &[
            "passed",
            "passed",
            "passed",
            "expected forbid, got no-match",
            "passed",
        ],
    );
}

#[test]
fn reasons_are_exact_or_loose() {
    let ask = |expect: &str| {
        format!(
            "{{ name: \"{expect}\", {REFUND}, expect: {{ decision: allow, reasons: {expect} }} }}"
        )
    };
    let cases = [
        ("[refund-small]", "passed"),
        (
            "[]",
            "expected the determining policies none, got `refund-small`",
        ),
        ("{ include: [refund-small] }", "passed"),
        ("{ include: [read] }", "`read` among others"),
        ("{ exclude: [read] }", "passed"),
        ("{ exclude: [refund-small] }", "none of `refund-small`"),
        ("{ any: [read, refund-small] }", "passed"),
        ("{ any: [read] }", "at least one of `read`"),
        (
            "[refund-smal]",
            "broken: there is no policy `refund-smal`; did you mean `refund-small`?",
        ),
    ];
    let tests: Vec<String> = cases
        .iter()
        .map(|(expect, _)| format!("  - {}\n", ask(expect)))
        .collect();
    let expected: Vec<&str> = cases.iter().map(|(_, said)| *said).collect();
    says(&run(&format!("tests:\n{}", tests.concat())), &expected);
}

#[test]
fn an_error_is_never_free() {
    let report = run("tests:
  - name: an error
    entities: { Order::o2: { attrs: { region: eu } } }
    request: { principal: Agent::bot, action: refund, resource: Order::o2, context: { amount: 5 } }
    expect: { decision: allow }
  - name: an error that is said
    entities: { Order::o2: { attrs: { region: eu } } }
    request: { principal: Agent::bot, action: refund, resource: Order::o2, context: { amount: 5 } }
    expect: { decision: allow, errors: [breaks] }
  - name: an error that does not come
    request: { principal: Agent::bot, action: refund, resource: Order::o1, context: { amount: 5 } }
    expect: { decision: allow, errors: [breaks] }
");
    says(
        &report,
        &[
            "expected none to raise an error, got `breaks`",
            "passed",
            "expected `breaks` to raise an error, got none",
        ],
    );
}

#[test]
fn wrong_input_is_broken_and_not_failed() {
    let report = run(
        "tests:
  - { name: a, request: { principal: Agent::bot, action: refund, resource: Order::o1, context: { amount: lots } }, expect: { decision: deny } }
  - { name: b, request: { principal: Agnt::bot, action: refund, resource: Order::o1, context: { amount: 5 } }, expect: { decision: deny } }
  - { name: c, request: { principal: Agent::bot, action: refnd, resource: Order::o1 }, expect: { decision: deny } }
  - { name: d, request: { principal: Human::bo, action: refund, resource: Order::o1, context: { amount: 5 } }, expect: { decision: deny } }
  - { name: e, request: { principal: Agent::bot, action: read }, expect: { decision: deny } }
  - { name: f, request: { principal: Agent::bot, action: read, resource: Order::o1 } }
  - { name: g, request: { principal: Agent::bot, action: read, resource: Order::o1 }, expect: { decision: allow } }
  - { name: g, request: { principal: Agent::bot, action: read, resource: Order::o1 }, expect: { decision: allow } }
",
    );
    says(
        &report,
        &[
            "broken: context.amount: expected Long",
            "broken: the schema has no entity type `Agnt`",
            "did you mean `refund`?",
            "broken: principal type `Human` is not valid",
            "broken: the request has no `resource`",
            "broken: the test expects no `decision`",
            "passed",
            "broken: two tests are called `g`",
        ],
    );
    assert_eq!((report.broken(), report.failed()), (7, 0));
}

#[test]
fn a_table_names_its_rows_and_keeps_types() {
    let report = run(
        "tests:
  - name: who may refund what
    request: { principal: \"{who}\", action: refund, resource: Order::o1, context: { amount: \"{amt}\", approver: \"{by}\" } }
    table:
      columns: [case, who, amt, by, decision, reasons]
      rows:
        - [limit is inclusive, Agent::bot, 500, ~, allow, [refund-small]]
        - [above limit, Agent::bot, 501, ~, no-match, []]
        - [approved, Agent::bot, 501, Human::bo, allow, [refund-approved]]
        - [self approval, Agent::bot, 501, Human::alice, forbid, [no-self-approval]]
        - [wrong, Agent::intern, 1, ~, allow, ~]
        - [~, Agent::intern, 1, ~, no-match, []]
        - [no number, Agent::bot, many, ~, allow, ~]
        - [short, Agent::bot, 1]
        - [above limit, Agent::bot, 501, ~, no-match, []]
",
    );
    says(
        &report,
        &[
            "who may refund what › limit is inclusive: passed",
            "passed",
            "passed",
            "passed",
            "wrong: failed: expected allow, got no-match",
            "who may refund what › 6: passed",
            "no number: broken: context.amount: expected Long",
            "broken: the row has 3 cells, and the table 6 columns",
            "broken: two rows are called `above limit`",
        ],
    );
    let rows: Vec<usize> = report.suites[0]
        .tests
        .iter()
        .map(|test| test.line)
        .collect();
    assert!(
        rows.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{rows:?}"
    );
}

#[test]
fn columns_are_paths() {
    let report = run(
        "tests:
  - name: paths
    request: { action: refund, context: { amount: 1 } }
    expect: { decision: allow }
    table:
      columns: [name, principal, resource, context.amount, entities.Agent::bot.attrs.env, entities.Agent::bot.in, errors, entities.Order::o1.attrs.parts.size, decision]
      rows:
        - [as it is, Agent::bot, Order::o1, 500, prod, [Team::support], ~, 1, ~]
        - [in dev, Agent::bot, Order::o1, 500, dev, [Team::support], ~, 1, no-match]
        - [no env, Agent::bot, Order::o1, 500, ~, [Team::support], ~, 1, no-match]
        - [no team, Agent::bot, Order::o1, 500, prod, [], ~, 1, no-match]
        - [large, Agent::bot, Order::o1, 500, prod, Team::support, ~, 11, forbid]
        - [no size, Agent::bot, Order::o1, 500, prod, Team::support, [breaks], ~, allow]
",
    );
    says(&report, &["passed"; 6]);
}

#[test]
fn columns_that_mean_nothing_are_faults() {
    let row = |columns: &str, cells: &str| {
        run(&format!(
            "tests:\n  - name: t\n    {REFUND}\n    expect: {{ decision: allow }}\n    table: {{ columns: {columns}, rows: [{cells}] }}\n"
        ))
    };
    says(
        &row("[case, desicion]", "[a, allow]"),
        &["no cell of `desicion` is used; did you mean `decision`?"],
    );
    says(
        &row("[case, case]", "[a, b]"),
        &["two columns are called `case`"],
    );
    says(
        &row("[entities.Order::o1.colour]", "[red]"),
        &["is no part of an entity"],
    );
    says(
        &row("[entities.Order::o7.attrs.region]", "[eu]"),
        &["there is no entity Order::\"o7\""],
    );
    says(
        &row("[decision]", "[maybe]"),
        &["`maybe` is no decision; they are allow, deny, forbid, no-match"],
    );
    says(
        &row("[reasons]", "[[refund-tiny]]"),
        &["there is no policy `refund-tiny`"],
    );
    says(&row("[context.amount]", ""), &["the table has no row"]);
    let placeholder = run(&format!(
        "tests:\n  - name: t\n    {}\n    expect: {{ decision: allow }}\n    table: {{ columns: [who], rows: [[Agent::bot]] }}\n",
        REFUND.replace("Agent::bot", "\"{whom}\"")
    ));
    says(&placeholder, &["the table has no column `whom`"]);
}

#[test]
fn a_matrix_is_a_product_with_exceptions() {
    let matrix = |actions: &str, context: &str, except: &str| {
        run(&format!(
            "tests:
  - name: deny by default
    matrix: {{ principal: Agent::*, action: {actions}, resource: Order::o1, context: {{ {context} }} }}
    expect: {{ decision: deny }}
    except: [{except}]
"
        ))
    };
    let report = matrix(
        "\"*\"",
        "amount: 5",
        "{ principal: [Agent::bot, Agent::intern], action: read, decision: allow, reasons: [read] }, { principal: Agent::bot, action: [refund], decision: allow }",
    );
    says(
        &report,
        &[
            "Agent::bot read Order::o1: passed",
            "refund",
            "intern read",
            "intern refund",
            "loner read",
            "loner refund",
        ],
    );
    assert_eq!((report.passed(), report.left_out), (6, 3));
    let bot = "{ principal: Agent::bot, decision: allow }";
    let report = matrix(
        "[read]",
        "",
        &format!("{bot}, {{ action: refund, decision: allow }}"),
    );
    says(&report, &["the exception matches no cell of the matrix"]);
    let report = matrix(
        "[read]",
        "",
        &format!("{bot}, {{ action: read, decision: allow }}"),
    );
    says(
        &report,
        &[
            "another exception holds for this cell too",
            "intern",
            "loner",
        ],
    );
    says(
        &matrix("[close]", "", ""),
        &["no cell of the matrix is a request"],
    );
    says(&matrix("[rread]", "", ""), &["did you mean `read`?"]);
    says(
        &matrix("[read]", "amount: 5", ""),
        &["no action here has `amount` in its context"],
    );
}

#[test]
fn lists_hold_everything_of_a_kind() {
    let list = |expect: &str| {
        run(&format!(
            "tests:
  - name: exactly these
    list: {{ principals: Agent, action: read, resource: Order::o1 }}
    expect: {{ {expect} }}
"
        ))
    };
    says(
        &list("exactly: [Agent::bot, Agent::intern]"),
        &[
            "exactly these › Agent::bot: passed",
            "Agent::intern: passed",
            "Agent::loner: passed",
        ],
    );
    says(
        &list("exactly: [Agent::bot]"),
        &[
            "passed",
            "Agent::intern: failed: expected deny, got allow",
            "passed",
        ],
    );
    says(
        &list("includes: [Agent::bot], excludes: [Agent::loner]"),
        &["passed", "passed"],
    );
    says(
        &list("includes: [Agent::loner]"),
        &["Agent::loner: failed: expected allow, got no-match"],
    );
    says(
        &list("exactly: [Agent::bto]"),
        &["is not among what the list tries"],
    );
    says(
        &list("decision: allow"),
        &["a list expects `exactly`, `includes` or `excludes`"],
    );
    let actions = run("tests:
  - name: all that it may
    list: { principal: Agent::bot, actions: [read, refund], resource: Order::o1, context: {} }
    expect: { includes: [read] }
");
    says(&actions, &["all that it may › read: passed"]);
}

#[test]
fn the_clock_is_given_and_never_made_up() {
    let close = |more: &str, context: &str| {
        format!(
            "  - {{ name: \"{more}{context}\", {more} request: {{ principal: Human::bo, action: close, resource: Order::o1, context: {{ {context} }} }}, expect: {{ decision: allow }} }}\n"
        )
    };
    let tests = [
        close("now: 2026-03-01T09:00:00Z,", ""),
        close("now: 2025-03-01,", ""),
        close("", "at: 2026-03-01"),
        close("", ""),
        // What decides before the clock is read does not need it.
        close("", "reason: done"),
        close("now: noon,", ""),
    ];
    let report = run(&format!("tests:\n{}", tests.concat()));
    says(
        &report,
        &[
            "passed",
            "failed: expected allow, got no-match",
            "passed",
            "broken: the test does not say what time it is, and `late` read `context.at`",
            "passed",
            "broken: `noon` is no time",
        ],
    );
    let report = run(&format!(
        "defaults: {{ now: 2026-03-01T09:00:00Z }}\ntests:\n{}",
        close("", "")
    ));
    says(&report, &["passed"]);
}

#[test]
fn suites_share_entities_and_defaults() {
    let shared = "version: 1
defaults: { principal: Agent::bot, context: { amount: 7 } }
entities:
  Team::support: {}
  Agent::bot: { in: [Team::support], attrs: { owner: alice, env: prod } }
  Order::o1: { attrs: { region: eu, parts: { size: 1 } } }
";
    let suite = "version: 1
include: [tests/shared/org.yaml]
defaults: { resource: Order::o1 }
entities: { Agent::other: { like: Agent::bot, attrs: { owner: ~ } } }
tests:
  - { name: a, request: { action: refund }, expect: { decision: allow } }
  - { name: b, request: { action: refund, context: { amount: 501 } }, expect: { decision: no-match } }
";
    let files = |include: &'static str| {
        let suite: &'static str = suite
            .replace("tests/shared/org.yaml", include)
            .replace(", attrs: { owner: ~ }", "")
            .leak();
        [
            ("tests/a.test.yaml", suite),
            ("tests/shared/org.yaml", shared),
        ]
    };
    let run = |files: &[(&str, &str)]| run_files(files, Fixtures::Strict, "");
    says(&run(&files("tests/shared/org.yaml")), &["passed", "passed"]);
    let report = run(&[
        ("tests/a.test.yaml", suite),
        ("tests/shared/org.yaml", shared),
    ]);
    assert!(
        report.suites[0].faults[0]
            .message
            .contains("the required attribute `owner` is missing")
    );
    for (path, expected) in [
        ("../org.yaml", "leaves the repository"),
        ("/org.yaml", "leaves the repository"),
        ("C:/org.yaml", "leaves the repository"),
        (
            "tests/shared/orgs.yaml",
            "did you mean `tests/shared/org.yaml`?",
        ),
    ] {
        let version = version(&files(path));
        let found = version
            .diagnostics
            .iter()
            .find(|found| found.code == "include")
            .unwrap();
        assert!(
            found.message.contains(expected),
            "{path}: {}",
            found.message
        );
        assert!(found.is_blocking() && found.span().is_some());
    }
}

#[test]
fn entities_are_like_others() {
    let entities = |entities: &str| {
        let suite = format!("version: 1\nentities: {entities}\ntests: []\n");
        let report = run_files(&[("tests/a.test.yaml", &suite)], Fixtures::Strict, "");
        report.suites[0]
            .faults
            .iter()
            .map(|fault| fault.message.clone())
            .collect::<Vec<_>>()
            .join("; ")
    };
    assert_eq!(
        entities("{ Agent::a: { like: Agent::b }, Agent::b: { attrs: { owner: x } } }"),
        ""
    );
    let circle = entities("{ Agent::a: { like: Agent::b }, Agent::b: { like: Agent::a } }");
    assert!(circle.contains("is like itself"), "{circle}");
    assert!(
        entities("{ Agent::a: { like: Agent::zed } }")
            .contains("there is no entity Agent::\"zed\"")
    );
    assert!(entities("{ Agent::a: { attrs: { ownr: x } } }").contains("did you mean `owner`?"));
}

#[test]
fn skips_end_and_only_is_alone() {
    let skip = |until: &str| {
        format!(
            "  - {{ name: \"s{until}\", skip: {{ reason: later{until} }}, {REFUND}, expect: {{ decision: deny }} }}\n"
        )
    };
    let report = run(&format!(
        "tests:\n{}{}{}{}",
        skip(""),
        skip(", until: 2026-06-01"),
        skip(", until: 2026-05-31"),
        skip(", until: soon")
    ));
    says(
        &report,
        &[
            "skipped: later",
            "skipped: later",
            "failed",
            "broken: `soon` is no day",
        ],
    );
    let report = run(&format!(
        "tests:\n  - {{ name: a, only: true, {REFUND}, expect: {{ decision: allow }} }}\n  - {{ name: b, {REFUND}, expect: {{ decision: deny }} }}\n"
    ));
    says(&report, &["a: passed"]);
    assert_eq!(report.deselected, 1);
}

#[test]
fn what_does_not_go_together_is_a_fault() {
    for (test, expected) in [
        (
            "table: { columns: [], rows: [] }, matrix: { principal: [], action: [], resource: [] }",
            "a test has one of `table`, `matrix` and `list`",
        ),
        (
            "except: [{ decision: allow }], request: { principal: Agent::bot }",
            "`except` belongs to a `matrix`",
        ),
        (
            "list: { principals: Agent }, request: { action: read }",
            "a matrix and a list say themselves what is asked",
        ),
        (
            "list: { action: read, resource: Order::o1 }",
            "a list tries one of",
        ),
        (
            "request: { action: read }, expect: { exactly: [] }",
            "belong to a `list`",
        ),
    ] {
        says(
            &run(&format!("tests: [{{ name: t, {test} }}]\n")),
            &[expected],
        );
    }
}

#[test]
fn properties_are_read_and_not_run() {
    let report = run(&format!(
        "tests: [{{ name: t, {REFUND}, expect: {{ decision: allow }} }}]
properties:
  - {{ name: big refunds need a human, action: refund, when: context.amount > 500, never: allow, unless: context has approver }}
  - {{ name: guardrails never fail open, policies: \"effect == forbid\", holds: never-errors }}
"
    ));
    assert_eq!(report.unproved.len(), 2);
    assert_eq!(report.unproved[0].name, "big refunds need a human");
}

#[test]
fn fixtures_may_be_lenient_where_that_is_asked() {
    let suite = format!(
        "version: 1{ENTITIES}  Order::odd: {{ attrs: {{ colour: 5 }} }}\ntests:\n  - {{ name: t, request: {{ principal: Agent::bot, action: read, resource: Order::o1, context: {{ surplus: 1 }} }}, expect: {{ decision: allow }} }}\n"
    );
    let files = [("tests/a.test.yaml", suite.as_str())];
    assert!(run_files(&files, Fixtures::Strict, "").is_faulty());
    says(&run_files(&files, Fixtures::Lenient, ""), &["passed"]);
}

/// What becomes of one test with this body.
fn body(test: &str) -> String {
    lines(&run(&format!("tests:\n  - {{ name: t, {test} }}\n"))).join("\n")
}

#[track_caller]
fn broken(test: &str, expected: &str) {
    let found = body(test);
    assert!(
        found.contains("broken: ") && found.contains(expected),
        "{test}: {found}"
    );
}

#[test]
fn what_a_matrix_names_is_tested() {
    for (matrix, expected) in [
        (
            "principal: [Agent::bot, Agnt::bot], action: read, resource: Order::o1",
            "the schema has no entity type `Agnt`",
        ),
        (
            "principal: [Agent::bot, Team::support], action: read, resource: Order::o1",
            "`Team::support` is in no cell of the matrix",
        ),
        (
            "principal: Agent::bot, action: [read, close], resource: Order::o1",
            "`close` is in no cell of the matrix",
        ),
        (
            "principal: Agent::bot, action: read, resource: [Order::o1, Team::support]",
            "`Team::support` is in no cell of the matrix",
        ),
    ] {
        broken(
            &format!("matrix: {{ {matrix} }}, expect: {{ decision: allow }}"),
            expected,
        );
    }
    broken(
        "matrix: { principal: Agent::bot, action: read, resource: Order::o1 }, expect: { decision: deny }, except: [{ principal: [Agent::bot, Agent::bto], decision: allow }]",
        "the exception matches no cell of the matrix for `Agent::bto`",
    );
    let all = "matrix: { principal: [Agent::bot], action: \"*\", resource: Order::o1, context: { amount: 5 } }, expect: { decision: allow }";
    assert!(!body(all).contains("broken"), "{}", body(all));
}

#[test]
fn what_asks_for_nothing_is_broken() {
    for (expect, expected) in [
        ("errors: {}", "this asks for nothing"),
        ("reasons: {}", "this asks for nothing"),
        ("reasons: { include: [] }", "this asks for nothing"),
        ("errors: { any: [] }", "`any` names no policy"),
        (
            "reasons: { include: [refund-small], any: [] }",
            "`any` names no policy",
        ),
    ] {
        let test = format!("{REFUND}, expect: {{ decision: allow, {expect} }}");
        broken(&test, expected);
    }
    for cell in ["{}", "{ any: [] }"] {
        broken(
            &format!(
                "{REFUND}, expect: {{ decision: allow }}, table: {{ columns: [errors], rows: [[{cell}]] }}"
            ),
            if cell == "{}" {
                "asks for nothing"
            } else {
                "`any` names no policy"
            },
        );
    }
    for expect in ["includes: []", "excludes: []"] {
        broken(
            &format!(
                "list: {{ principals: Agent, action: read, resource: Order::o1 }}, expect: {{ {expect} }}"
            ),
            "the list names nothing",
        );
    }
}

#[test]
fn a_time_of_its_own_goes_before_a_default_clock() {
    let close = |more: &str, context: &str, table: &str| {
        let test = format!(
            "defaults: {{ now: 2026-02-01, context: {{ at: 2025-01-01 }} }}\ntests:\n  - {{ name: t, {more} request: {{ principal: Human::bo, action: close, resource: Order::o1, context: {{ {context} }} }}, expect: {{ decision: allow }}{table} }}\n"
        );
        lines(&run(&test)).concat()
    };
    assert!(close("now: 2026-03-01,", "", "").contains("passed"));
    assert!(close("", "", "").contains("failed"));
    // What the test itself writes stands.
    assert!(close("now: 2026-03-01,", "at: 2025-01-01", "").contains("failed"));
    let table = ", table: { columns: [now], rows: [[2026-03-01]] }";
    assert!(close("", "", table).contains("passed"));
    broken(&format!("now: noon, {REFUND}"), "`noon` is no time");
}

#[test]
fn two_spellings_are_one_entity() {
    let table = |columns: &str, row: &str| {
        body(&format!(
            "{REFUND}, expect: {{ decision: no-match }}, table: {{ columns: [{columns}], rows: [{row}] }}"
        ))
    };
    let both = "'entities.Agent::\"bot\".attrs.env', entities.Agent::bot.attrs.owner";
    assert!(table(both, "[dev, bo]").contains("passed"));
    let same = "'entities.Agent::\"bot\".attrs.env', entities.Agent::bot.attrs.env";
    assert!(table(same, "[dev, prod]").contains("an earlier column is the same"));
    broken(
        &format!(
            "{REFUND}, entities: {{ Agent::x: {{ like: Agent::bot }}, 'Agent::\"x\"': {{ like: Agent::loner }} }}, expect: {{ decision: allow }}"
        ),
        "are the same entity",
    );
}

#[test]
fn an_entity_is_like_what_an_included_file_says() {
    let suite = "version: 1
include: [tests/shared/org.yaml]
entities: { Agent::bot: { like: Agent::bot, attrs: { env: prod } } }
tests:
  - { name: a, request: { principal: Agent::bot, action: refund, resource: Order::o1, context: { amount: 5 } }, expect: { decision: allow } }
";
    let shared = "version: 1
entities:
  Team::support: {}
  Agent::bot: { in: [Team::support], attrs: { owner: alice, env: dev } }
  Order::o1: { attrs: { region: eu, parts: { size: 1 } } }
";
    let files = [
        ("tests/a.test.yaml", suite),
        ("tests/shared/org.yaml", shared),
    ];
    says(&run_files(&files, Fixtures::Strict, ""), &["passed"]);
    // Not what the repository says, where a file in between says something else.
    let repository = (
        "entities/e.yaml",
        "version: 1\nentities: { Agent::bot: { attrs: { owner: bo } } }\n",
    );
    let files = [files[0], files[1], repository];
    says(&run_files(&files, Fixtures::Strict, ""), &["passed"]);
}

#[test]
fn an_odd_id_stands_in_quotes() {
    for who in ["Agent::*", "Agent::{who}", "Agent:: bot", "Agent::bot "] {
        let request = REFUND.replace("Agent::bot", &format!("\"{who}\""));
        broken(
            &format!("{request}, expect: {{ decision: deny }}"),
            "which an id without quotes cannot have",
        );
    }
    let quoted = REFUND.replace("Agent::bot", "'Agent::\"a b*\"'");
    let quoted = format!("{quoted}, expect: {{ decision: no-match }}");
    assert!(body(&quoted).contains("passed"), "{}", body(&quoted));
}

#[test]
fn a_broken_test_is_not_deselected() {
    let suite = format!(
        "version: 1{ENTITIES}tests:
  - {{ name: a, {REFUND}, expect: {{ decision: allow }} }}
  - {{ name: b, request: {{ principal: Agnt::bot, action: read, resource: Order::o1 }}, expect: {{ decision: deny }} }}
"
    );
    let version = version(&[("tests/a.test.yaml", suite.as_str())]);
    for (key, expected) in [
        ("agent=bot", vec!["a: passed", "b: broken"]),
        ("agent=loner", vec!["b: broken"]),
        ("action=read", vec!["b: broken"]),
    ] {
        let run = Run {
            filter: agentauthz::testing::Filter::parse(&[key.to_owned()]).unwrap(),
            ..Run::default()
        };
        says(&run.run(&version), &expected);
    }
}

#[test]
fn lenient_fixtures_keep_their_facts() {
    let suite = |parts: &str, context: &str| {
        format!(
            "version: 1{ENTITIES}  Agent::odd: {{ in: [Team::support], attrs: {{ owner: 5, env: prod, level: high }} }}
  Order::odd: {{ attrs: {{ region: eu, parts: {{ size: {parts} }} }} }}
tests:
  - {{ name: t, request: {{ principal: Agent::odd, action: refund, resource: Order::odd, context: {{ amount: {context} }} }}, expect: {{ decision: allow, errors: [breaks] }} }}
"
        )
    };
    // A text is no number: `breaks` reads it, and raises an error that it would not raise of a number.
    let text = suite("high", "5");
    says(
        &run_files(&[("tests/a.test.yaml", &text)], Fixtures::Lenient, ""),
        &["passed"],
    );
    let number = suite("1", "5");
    says(
        &run_files(&[("tests/a.test.yaml", &number)], Fixtures::Lenient, ""),
        &["expected `breaks` to raise an error, got none"],
    );
    // What Cedar has no value for cannot be taken as it is.
    let lost = suite("1.5", "5");
    assert!(run_files(&[("tests/a.test.yaml", &lost)], Fixtures::Lenient, "").is_faulty());
}

#[test]
fn parents_are_left_out_by_a_null() {
    let table = "table: { columns: [entities.Agent::bot.in, decision], rows: [[~, no-match], [[Team::support], allow]] }";
    let report = body(&format!("{REFUND}, {table}"));
    assert_eq!(report.matches("passed").count(), 2, "{report}");
}

#[test]
fn cells_are_not_put_into_entities() {
    broken(
        &format!(
            "entities: {{ Order::o2: {{ attrs: {{ region: \"{{r}}\" }} }} }}, {}, expect: {{ decision: allow }}, table: {{ columns: [r], rows: [[eu]] }}",
            REFUND.replace("Order::o1", "\"Order::{r}\"")
        ),
        "not into `entities`",
    );
}

/// One case of an action whose context has a record with a clock in it.
fn nested(test: &str, fixtures: Fixtures) -> String {
    let schema = format!(
        "{SCHEMA}action go appliesTo {{ principal: [Agent], resource: [Order], context: {{ env: {{ @clock at?: datetime, peer?: ipaddr, level?: Long }} }} }};"
    );
    let policies = "@id(\"go\") permit(principal, action == Action::\"go\", resource)
  when { context.env has peer && context.env.peer.isLoopback() && !(context.env has at) };";
    let suite = format!("version: 1{ENTITIES}tests:\n  - {{ name: t, {test} }}\n");
    let report = run_files(
        &[
            ("schema/s.cedarschema", &schema),
            ("policies/p.cedar", policies),
            ("tests/s.test.yaml", &suite),
        ],
        fixtures,
        "",
    );
    lines(&report).join("\n")
}

#[test]
fn a_null_in_a_column_leaves_a_nested_clock_out() {
    let report = nested(
        "now: 2026-03-01, request: { principal: Agent::bot, action: go, resource: Order::o1, context: { env: { peer: 127.0.0.1 } } }, table: { columns: [context.env.at, decision], rows: [[~, allow], [2026-01-01, no-match]] }",
        Fixtures::Strict,
    );
    assert_eq!(report.matches("passed").count(), 2, "{report}");
}

#[test]
fn a_bad_member_leaves_its_siblings_their_types() {
    let test = "request: { principal: Agent::bot, action: go, resource: Order::o1, context: { env: { peer: 127.0.0.1, level: high, at: ~ } } }, expect: { decision: allow }";
    let report = nested(test, Fixtures::Lenient);
    assert!(report.contains("passed"), "{report}");
    assert!(nested(test, Fixtures::Strict).contains("broken"));
}
