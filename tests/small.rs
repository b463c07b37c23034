//! Small repositories in which engines once differed, or could: every engine gives the same report of them.

mod support;

use serde_json::{Value, json};
use std::path::Path;
use support::repository::{agentauthz, write_files};

const SCHEMA: &str = r#"
entity Agent;
entity Doc;
action "read" appliesTo { principal: Agent, resource: Doc, context: { n?: Long, of?: Action, few?: Set<Long>, many?: Set<Long> } };
"#;

/// A request of an agent with this context.
fn request(id: usize, agent: &str, context: Value) -> String {
    let uid = |ty: &str, id: &str| json!({ "type": ty, "id": id });
    let cedar = json!({
        "principal": uid("Agent", agent), "action": uid("Action", "read"), "resource": uid("Doc", "d"),
        "context": context,
    });
    json!({ "version": 1, "id": format!("a{id}"), "request": { "cedar": cedar } }).to_string()
}

/// The report of each engine, which must be the same, and the exit code.
fn diff(
    root: &Path,
    base: &[(&str, &str)],
    head: &[(&str, &str)],
    lines: &[String],
) -> (Value, i32) {
    for (side, files) in [("base", base), ("head", head)] {
        let common = [
            ("agentauthz.yaml", "version: 1\n"),
            ("schema/s.cedarschema", SCHEMA),
        ];
        write_files(&root.join(side), &common);
        write_files(&root.join(side), files);
    }
    write_files(root, &[("actions.jsonl", &lines.join("\n"))]);
    let reports = ["compiled", "interpreted", "reference"].map(|engine| {
        let output = agentauthz()
            .current_dir(root)
            .args([
                "diff",
                "dir:base",
                "dir:head",
                "--recordings",
                "actions.jsonl",
            ])
            .args([
                "--full", "--verify", "100", "--format", "json", "--engine", engine,
            ])
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        let mut report: Value = serde_json::from_slice(&output.stdout).expect(&shown);
        let decisions = report.pointer_mut("/decisions").unwrap();
        decisions.as_object_mut().unwrap().remove("interpreted");
        (report, output.status.code().unwrap())
    });
    let [compiled, interpreted, reference] = reports;
    assert_eq!(compiled, reference);
    assert_eq!(interpreted, reference);
    // And what is not evaluated without `--full` is no flip.
    let quick = agentauthz()
        .current_dir(root)
        .args([
            "diff",
            "dir:base",
            "dir:head",
            "--recordings",
            "actions.jsonl",
            "--format",
            "json",
        ])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&quick.stdout).unwrap();
    for part in [
        "/decisions/classes",
        "/decisions/flips",
        "/decisions/groups",
    ] {
        assert_eq!(report.pointer(part), compiled.0.pointer(part), "{part}");
    }
    compiled
}

/// A policy that is only a position in its file may not take the name of another one.
#[test]
fn a_policy_has_its_name_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let taken = (
        "policies/b.cedar",
        "@id(\"policies/a.cedar#1 (base)\")\npermit(principal, action, resource);\n",
    );
    let (report, code) = diff(
        scratch.path(),
        &[
            (
                "policies/a.cedar",
                "forbid(principal == Agent::\"evil\", action, resource) when { context.n > 5 };\n",
            ),
            taken,
        ],
        &[
            (
                "policies/a.cedar",
                "permit(principal == Agent::\"good\", action == Action::\"read\", resource == Doc::\"z\");\n",
            ),
            taken,
        ],
        &[request(1, "evil", json!({ "n": 7 }))],
    );
    assert_eq!(report.pointer("/decisions/flips"), Some(&json!(1)));
    assert_eq!(code, 1);
}

/// A link may be called what a policy is called on the other side.
#[test]
fn a_link_is_not_the_policy_of_its_name() {
    let scratch = tempfile::tempdir().unwrap();
    let template = "@id(\"t\") permit(principal == ?principal, action, resource);\n";
    let before = format!("permit(principal, action, resource);\n{template}");
    let other = "permit(principal == Agent::\"good\", action == Action::\"read\", resource == Doc::\"z\") when { context.n == 3 };\n";
    let after = format!("{other}{before}");
    let links = "version: 1\nlinks:\n  - { id: \"policies/a.cedar#2\", template: t, principal: 'Agent::\"evil\"' }\n";
    let (report, _) = diff(
        scratch.path(),
        &[("policies/a.cedar", &before), ("links.yaml", links)],
        &[("policies/a.cedar", &after)],
        &[request(1, "evil", json!({ "n": 7 }))],
    );
    assert_eq!(
        report.pointer("/decisions/classes/reason_changed/actions"),
        Some(&json!(1))
    );
}

/// Actions that no schema declares do not conform, whoever checks it.
#[test]
fn an_action_in_the_context_is_one_of_the_schema() {
    let scratch = tempfile::tempdir().unwrap();
    let files = [(
        "policies/a.cedar",
        "permit(principal, action, resource) when { context has of };\n",
    )];
    let of = |id: &str| json!({ "of": { "type": "Action", "id": id } });
    let lines = [request(1, "a", of("nope")), request(2, "a", of("read"))];
    let (report, _) = diff(scratch.path(), &files, &files, &lines);
    assert_eq!(
        report.pointer("/decisions/head/nonconforming/count"),
        Some(&json!(1))
    );
}

/// Large sets are compared as sets, and in time.
#[test]
fn large_sets_are_sets() {
    let scratch = tempfile::tempdir().unwrap();
    let literal: Vec<String> = (0..40).map(|n| (n * 2).to_string()).collect();
    let literal = literal.join(", ");
    let before = format!(
        "permit(principal, action, resource) when {{ context.few == context.many }};
        permit(principal, action, resource) when {{ context.many.containsAll(context.few) }};
        forbid(principal, action, resource) when {{ [{literal}].containsAny(context.few) }};
        forbid(principal, action, resource) when {{ context.many.contains(context.n) && context.few.isEmpty() }};\n"
    );
    let after = before.replace("[0, ", "[1, ");
    let numbers = |step: i64, count: i64| (0..count).map(|n| n * step).collect::<Vec<_>>();
    let reversed = |step, count| {
        numbers(step, count)
            .into_iter()
            .rev()
            .chain([0])
            .collect::<Vec<_>>()
    };
    let mut lines = Vec::new();
    for (few, many) in [
        (numbers(1, 3), reversed(1, 3)),
        (numbers(1, 60_000), reversed(1, 60_000)),
        (numbers(1, 20), reversed(1, 21)),
        (vec![0; 50], vec![0]),
        (vec![], numbers(7, 30)),
        (vec![1, 79], numbers(1, 100)),
        (vec![3, 5], numbers(1, 100)),
    ] {
        lines.push(request(
            lines.len(),
            "a",
            json!({ "n": 14, "few": few, "many": many }),
        ));
    }
    let (report, _) = diff(
        scratch.path(),
        &[("policies/a.cedar", &before)],
        &[("policies/a.cedar", &after)],
        &lines,
    );
    assert_ne!(report.pointer("/decisions/flips"), Some(&json!(0)));
}
