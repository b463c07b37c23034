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
    let (report, code, _) = diff_under(SCHEMA, root, base, head, lines);
    (report, code)
}

/// How many actions are in a class.
fn actions(report: &Value, class: &str) -> u64 {
    let classes = report["classes"].as_array().unwrap();
    let found = classes.iter().find(|found| found["class"] == class);
    found.unwrap()["actions"].as_u64().unwrap()
}

/// How many decisions flipped.
fn flipped(report: &Value) -> u64 {
    [
        "error_opened",
        "newly_allowed",
        "error_closed",
        "newly_denied",
    ]
    .map(|class| actions(report, class))
    .iter()
    .sum()
}

/// The same under a schema, and how many actions the compiled engine left to the interpreter.
fn diff_under(
    schema: &str,
    root: &Path,
    base: &[(&str, &str)],
    head: &[(&str, &str)],
    lines: &[String],
) -> (Value, i32, u64) {
    for (side, files) in [("base", base), ("head", head)] {
        let common = [
            ("agentauthz.yaml", "version: 1\n"),
            ("schema/s.cedarschema", schema),
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
        let decisions = report.pointer_mut("/engine").unwrap();
        let decisions = decisions.as_object_mut().unwrap();
        decisions.remove("interpreted").unwrap();
        let because = decisions.remove("read_in_full_because").unwrap();
        let because = because.as_object().unwrap().values();
        let left: u64 = because.map(|count| count.as_u64().unwrap()).sum();
        (report, output.status.code().unwrap(), left)
    });
    let [compiled, interpreted, reference] =
        reports.map(|(report, code, left)| ((report, code), left));
    let (left, [compiled, interpreted, reference]) =
        (compiled.1, [compiled.0, interpreted.0, reference.0]);
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
    (compiled.0, compiled.1, left)
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
    assert_eq!(flipped(&report), 1);
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
    assert_eq!(actions(&report, "reason_changed"), 1);
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
    assert_eq!(report.pointer("/trust/head/nonconforming"), Some(&json!(1)));
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
    assert_ne!(flipped(&report), 0);
}

/// The flips of a comparison whose lines the fast lane takes, all but so many.
fn flips(schema: &str, before: &str, after: &str, lines: &[String], left: u64) -> u64 {
    let scratch = tempfile::tempdir().unwrap();
    let files = [before, after].map(|text| [("policies/a.cedar", text)]);
    let [base, head] = &files;
    let (report, _, found) = diff_under(schema, scratch.path(), base, head, lines);
    assert_eq!(found, left, "actions that were read in full");
    flipped(&report)
}

/// One large set of an entity, of whatever kind, turns nothing off: it is compared, and all else is decided as ever.
#[test]
fn large_sets_of_entities_are_sets_whatever_they_hold() {
    let schema = r#"
        entity Agent = { nets?: Set<ipaddr>, rows?: Set<{ a: Long, b?: String }>, sets?: Set<Set<Long>>, at?: Set<datetime> };
        entity Doc;
        action "read" appliesTo { principal: Agent, resource: Doc, context: {
            net: ipaddr, row: { a: Long, b?: String }, set: Set<Long>, nets?: Set<ipaddr>, sets?: Set<Set<Long>> } };
    "#;
    let ip = |n: i64| json!({ "__extn": { "fn": "ip", "arg": format!("10.0.0.{n}") } });
    let nets: Vec<Value> = (0..40).map(ip).collect();
    let rows: Vec<Value> = (0..40)
        .map(|n| {
            if n % 2 == 0 {
                json!({ "a": n })
            } else {
                json!({ "b": "x", "a": n })
            }
        })
        .collect();
    let sets: Vec<Value> = (0..40).map(|n| json!([n, n + 1, n])).collect();
    let entities = json!([{
        "uid": { "type": "Agent", "id": "a" }, "parents": [],
        "attrs": { "nets": nets, "rows": rows, "sets": sets },
    }])
    .to_string();
    let condition = "principal.nets.contains(context.net) && principal.rows.contains(context.row)
        && principal.sets.contains(context.set)";
    let whole = "principal.nets == context.nets && context.sets == principal.sets";
    let before = format!(
        "permit(principal, action, resource) when {{ {condition} }};
        permit(principal, action, resource) when {{ context has nets && context has sets && {whole} }};\n"
    );
    let mut lines = Vec::new();
    for (n, row, set) in [
        (3, json!({ "a": 2 }), json!([8, 7, 8])),
        (39, json!({ "a": 3, "b": "x" }), json!([39, 40])),
        (40, json!({ "a": 2 }), json!([8, 7])),
        (3, json!({ "a": 3 }), json!([8, 7])),
        (3, json!({ "a": 2 }), json!([8, 6])),
    ] {
        let context = json!({ "net": ip(n), "row": row, "set": set });
        lines.push(request(lines.len(), "a", context));
    }
    let turned = |values: &[Value]| {
        values
            .iter()
            .rev()
            .chain(values)
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut of = |nets: Vec<Value>, sets: Vec<Value>| {
        let context =
            json!({ "net": ip(99), "row": { "a": 1 }, "set": [], "nets": nets, "sets": sets });
        lines.push(request(lines.len(), "a", context));
    };
    of(turned(&nets), turned(&sets));
    of(turned(&nets[1..]), turned(&sets));
    of(turned(&nets), sets[..39].to_vec());
    let scratch = tempfile::tempdir().unwrap();
    let of = |text| {
        [
            ("policies/a.cedar", text),
            ("entities/e.json", entities.as_str()),
        ]
    };
    let (report, _, left) = diff_under(
        schema,
        scratch.path(),
        &of(before.as_str()),
        &of(
            "permit(principal, action, resource) when { context.set.isEmpty() && principal.nets.isEmpty() };\n",
        ),
        &lines,
    );
    assert_eq!(left, 0);
    assert_eq!(flipped(&report), 3);
}

/// Entities of an enumerated type are those that the schema lists; requests of others are left to Cedar's check.
#[test]
fn enumerated_entities_are_taken() {
    let schema = r#"
        entity Agent enum ["good", "evil"];
        entity Doc enum ["d", "e\"f"];
        entity Color enum ["red", "green"];
        action "read" appliesTo { principal: Agent, resource: Doc, context: {
            color: Color, colors?: Set<Color>, of?: Action, rec?: { color?: Color } } };
    "#;
    let before = "permit(principal, action, resource) when { context.color == Color::\"red\" };
        permit(principal == Agent::\"good\", action, resource) when { context has colors && context.colors.contains(context.color) };
        forbid(principal, action, resource) when { context has of && context.of == action };
        forbid(principal, action, resource) when { context.rec.color.name == 1 };\n";
    let uid = |ty: &str, id: &str| json!({ "__entity": { "type": ty, "id": id } });
    let (red, green) = (uid("Color", "red"), uid("Color", "green"));
    let good = [
        ("good", json!({ "color": red })),
        ("evil", json!({ "color": green })),
        (
            "good",
            json!({ "color": green, "colors": [red, green, red] }),
        ),
        (
            "good",
            json!({ "color": red, "of": uid("Action", "read"), "rec": {} }),
        ),
        ("evil", json!({ "color": red, "rec": { "color": red } })),
        (
            "evil",
            json!({ "color": { "type": "Color", "id": "red" }, "colors": [] }),
        ),
    ];
    let bad = [
        ("nobody", json!({ "color": red })),
        ("good", json!({ "color": uid("Color", "blue") })),
        (
            "good",
            json!({ "color": green, "colors": [red, uid("Color", "blue")] }),
        ),
        (
            "good",
            json!({ "color": red, "of": uid("Action", "write") }),
        ),
        (
            "good",
            json!({ "color": red, "rec": { "color": uid("Color", "blue") } }),
        ),
        ("good", json!({ "color": uid("Colour", "red") })),
    ];
    let all = good.iter().chain(&bad).enumerate();
    let lines: Vec<String> = all
        .map(|(at, (who, context))| request(at, who, context.clone()))
        .collect();
    let after = before.replace("permit", "forbid");
    assert_eq!(flips(schema, before, &after, &lines[..good.len()], 0), 4);
    assert_eq!(flips(schema, before, &after, &lines, bad.len() as u64), 7);
}

/// Records that conditions make, and the context as a value.
#[test]
fn records_and_the_whole_context_are_values() {
    let schema = r#"
        entity Agent;
        entity Doc;
        action "read" appliesTo { principal: Agent, resource: Doc, context: {
            n: Long, m?: Long, rec?: { a: Long, b?: { c: String } }, few?: Set<{ a: Long }> } };
    "#;
    let contexts = [
        json!({ "n": 1 }),
        json!({ "n": 1, "m": 2 }),
        json!({ "m": 2, "n": 1 }),
        json!({ "n": 2, "rec": { "a": 1 } }),
        json!({ "n": 2, "rec": { "b": { "c": "x" }, "a": 1 } }),
        json!({ "n": 3, "few": [{ "a": 3 }, { "a": 3 }] }),
        json!({ "n": 3, "few": [{ "a": 4 }] }),
    ];
    let lines: Vec<String> = contexts
        .into_iter()
        .enumerate()
        .map(|(at, context)| request(at, "a", context))
        .collect();
    for (condition, count) in [
        ("context == {n: 1}", 1),
        ("{n: 1, m: 2} == context", 2),
        ("[context, 1].contains({m: context.n + 1, n: context.n})", 2),
        (
            "(if principal == resource then {n: 1, m: 7} else context) has m",
            2,
        ),
        (
            "(if principal == principal then context else {n: 0}).n == 1",
            3,
        ),
        ("{a: context}.a.rec.b.c == \"x\"", 1),
        ("context.rec == {a: 1, b: {c: \"x\"}}", 1),
        ("context.few.contains({a: context.n})", 1),
        ("context.few == [{a: context.n}, {a: 3}]", 1),
        ("{a: 1, b: context.m}.a == 1", 2),
        ("{a: 1, b: 2}.a == 1 && {a: 1}.b == 2", 0),
        ("{a: context.n} has b", 0),
        ("context.containsAny([1]) || true", 0),
        ("context in [principal]", 0),
        ("context is Agent", 0),
    ] {
        let before = format!("permit(principal, action, resource) when {{ {condition} }};\n");
        let after = format!("{before}forbid(principal, action, resource);\n");
        assert_eq!(
            flips(schema, &before, &after, &lines, 0),
            count,
            "{condition}"
        );
    }
}

/// Sets that a condition makes are sets however many elements they have, and records may have any number of attributes.
#[test]
fn large_literals_and_records_are_taken() {
    let names: Vec<String> = (0..100).map(|n| format!("a{n:02}")).collect();
    let attributes: Vec<String> = (0..100)
        .map(|n| format!("a{n:02}{}: Long", if n % 3 == 0 { "" } else { "?" }))
        .collect();
    let schema = format!(
        "entity Agent; entity Doc;
        action \"read\" appliesTo {{ principal: Agent, resource: Doc, context: {{ {} }} }};",
        attributes.join(", ")
    );
    let context = |without: &str| {
        let members = names.iter().zip(0..).filter(|(name, _)| *name != without);
        Value::Object(members.map(|(name, n)| (name.clone(), json!(n))).collect())
    };
    let lines: Vec<String> = ["", "a98", "a99", "a63", "a64"]
        .into_iter()
        .enumerate()
        .map(|(at, without)| request(at, "a", context(without)))
        .collect();
    let items: Vec<String> = names
        .iter()
        .rev()
        .take(30)
        .map(|name| format!("context.{name}"))
        .collect();
    let before = format!(
        "permit(principal, action, resource) when {{ [{0}, 1, {0}].contains(98) && context.a00 == 0 }};\n",
        items.join(", ")
    );
    let after = before.replace("98", "7");
    // Without `a99` or `a63`, which must be there, it does not conform.
    assert_eq!(flips(&schema, &before, &after, &lines, 2), 3);
}

/// Escapes say the same as the letters that they stand for, wherever they are.
#[test]
fn escapes_are_read() {
    let schema = r#"
        entity Agent;
        entity Doc;
        action "read" appliesTo { principal: Agent, resource: Doc, context: {
            net?: ipaddr, of?: Agent, "q\"q"?: Long, "back\\slash"?: Long, "__odd"?: Long, "é\n"?: { "in\tside": Long } } };
    "#;
    let line = |id: &str, agent: &str, context: &str| {
        format!(
            r#"{{"version":1,"id":"{id}","call":{{"tool":"t","args":{{"\u0061\"":1}}}},"request":{{"cedar":{{"principal":{agent},"action":{{"type":"Action","id":"read"}},"resource":{{"type":"Doc","id":"d"}},"context":{context}}}}}}}"#
        )
    };
    let a = r#"{"type":"Agent","id":"a"}"#;
    let lines = [
        line(
            "1",
            a,
            r#"{"net":{"__extn":{"arg":"10.0.0.0\/8","fn":"ip"}}}"#,
        ),
        line(
            "2",
            a,
            r#"{"net":{"__extn":{"fn":"\u0069p","\u0061rg":"10.0.0.0\/8"}}}"#,
        ),
        line("3", a, r#"{"net":"10.0.0.0\/8"}"#),
        line(
            "4",
            a,
            r#"{"\u006eet":{"\u005f_extn":{"arg":"10.0.0.0/8","fn":"ip"}}}"#,
        ),
        line(
            "e\\u0022\\n5",
            r#"{"\u0074ype":"\u0041gent","id":"\u0061"}"#,
            r#"{"net":"10.0.0.0/8"}"#,
        ),
        line(
            "6",
            a,
            r#"{"of":{"__entity":{"type":"\u0041gent","id":"\u0061"}}}"#,
        ),
        line("7", a, r#"{"q\"q":7}"#),
        line("8", a, r#"{"q\u0022q":7}"#),
        line("9", a, r#"{"back\\slash":7}"#),
        line("10", a, r#"{"é\n":{"in\u0009side":7}}"#),
        line("11", a, r#"{"\u00e9\u000a":{"in\tside":7}}"#),
        line("12", a, r#"{"q\"q":8}"#),
        // What is left to the general way.
        line(
            "13",
            a,
            r#"{"net":{"__extn":{"arg":"10.0.0.0\/99","fn":"ip"}}}"#,
        ),
        line("14", a, r#"{"q\"q":7,"q\u0022q":7}"#),
        line("15", a, r#"{"__odd":7}"#),
    ];
    let before = "permit(principal, action, resource) when { context.net == ip(\"10.0.0.0/8\") };
        permit(principal == Agent::\"a\", action, resource) when { context.of == principal };
        permit(principal, action, resource) when { context[\"q\\\"q\"] == 7 };
        permit(principal, action, resource) when { context[\"back\\\\slash\"] == 7 };
        permit(principal, action, resource) when { context[\"é\\n\"][\"in\\tside\"] == 7 };
        permit(principal, action, resource) when { context has \"__odd\" };\n";
    let after = format!("{before}forbid(principal, action, resource);\n");
    assert_eq!(flips(schema, before, &after, &lines[..12], 0), 11);
    let scratch = tempfile::tempdir().unwrap();
    let files = [before, after.as_str()].map(|text| [("policies/a.cedar", text)]);
    diff_under(schema, scratch.path(), &files[0], &files[1], &lines);
}

/// Why the compiled engine did not decide an action is counted, one reason each, and shown where it is asked for.
#[test]
fn why_actions_are_read_in_full_is_said() {
    let scratch = tempfile::tempdir().unwrap();
    let deep = vec!["1"; 120].join(" + ");
    let before = format!(
        "permit(principal, action, resource) when {{ context.n > 3 }};
        permit(principal == Agent::\"deep\", action, resource) when {{ context.n + {deep} > 3 }};\n"
    );
    let after = before.replace("> 3", "> 4");
    let uid = |ty: &str, id: &str| json!({ "type": ty, "id": id });
    let other = |member: &str, value: Value| {
        let mut line: Value = serde_json::from_str(&request(0, "a", json!({ "n": 4 }))).unwrap();
        *line.pointer_mut(member).unwrap() = value;
        line.to_string()
    };
    let mut lines = vec![
        request(0, "a", json!({ "n": 4 })),
        request(0, "a", json!({ "n": 3 })),
        request(0, "deep", json!({ "n": 4 })),
        request(0, "a", json!({ "n": "4" })),
        request(0, "a", json!({ "more": 4 })),
        request(0, "a", json!({ "n": 4 })).replacen('{', "{\"meta\":{\"x\":1e3},", 1),
        request(0, "a", json!({ "n": 4 })).replace(':', " :\t"),
        other("/request/cedar/principal", uid("Doc", "a")),
        other("/request/cedar", {
            let (principal, resource) = (uid("Agent", "a"), uid("Doc", "d"));
            let action = uid("Action", "read");
            json!({ "principal": principal, "action": action, "resource": resource, "context": {}, "unknown": [["n"]] })
        }),
        other("/request", {
            let line: Value = serde_json::from_str(&request(0, "a", json!({ "n": 4 }))).unwrap();
            let entity = json!({ "uid": uid("Agent", "a"), "attrs": {}, "parents": [] });
            json!({ "cedar": line["request"]["cedar"], "entities": [entity] })
        }),
        json!({ "version": 1, "id": "b", "call": { "tool": "t", "args": {} } }).to_string(),
    ];
    for (at, line) in lines.iter_mut().enumerate() {
        *line = line.replacen("\"a0\"", &format!("\"a{at}\""), 1);
    }
    for (side, text) in [("base", &before), ("head", &after)] {
        let files = [
            ("agentauthz.yaml", "version: 1\n"),
            ("schema/s.cedarschema", SCHEMA),
            ("policies/a.cedar", text.as_str()),
        ];
        write_files(&scratch.path().join(side), &files);
    }
    write_files(scratch.path(), &[("actions.jsonl", &lines.join("\n"))]);
    let run = |more: &[&str]| {
        let output = agentauthz()
            .current_dir(scratch.path())
            .args([
                "diff",
                "dir:base",
                "dir:head",
                "--recordings",
                "actions.jsonl",
            ])
            .args(more)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let report: Value = serde_json::from_str(&run(&["--format", "json"])).unwrap();
    let because = json!({
        "no_request": 1, "unknown_fields": 1, "own_entities": 1, "unusual_line": 1, "entity_types": 1,
        "context_shape": 2, "policy_not_compiled": 1,
    });
    assert_eq!(
        report.pointer("/engine/read_in_full_because"),
        Some(&because)
    );
    // The others are decided by compiled policies all the same.
    assert_eq!(report.pointer("/engine/interpreted"), Some(&json!(3)));
    let shown = run(&["-v"]);
    let line = "read in full because: context_shape 2 · entity_types 1 · no_request 1 · own_entities 1 · policy_not_compiled 1 · unknown_fields 1 · unusual_line 1\n";
    assert!(shown.contains(line), "{shown}");
    assert!(!run(&[]).contains("read in full because"));
    // Where the interpreter was asked for, nothing was left to it.
    let asked = run(&["--format", "json", "--engine", "interpreted"]);
    let report: Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(
        report.pointer("/engine/read_in_full_because"),
        Some(&json!({}))
    );
}
