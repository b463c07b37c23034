//! Coverage: the tree of a policy decides as Cedar does, the figures are those of an independent brute force, and the
//! example is covered.

#![allow(
    clippy::result_large_err,
    reason = "Cedar's errors are large, and here the first one ends everything"
)]

#[path = "support/coverage/brute.rs"]
mod brute;
#[path = "support/differential/mod.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod support;
#[path = "support/coverage/mod.rs"]
mod written;

use agentauthz::cedar::{
    BuiltRequest, Evaluation, Part, PreparedRequest, Tree, Truth, Walk, authorize,
};
use agentauthz::engine::Side;
use agentauthz::engine::changed;
use agentauthz::model::{Importer, RecordedAction, Status};
use agentauthz::recording::{self, Item};
use agentauthz::repository::{Figure, PolicyVersion};
use agentauthz::testing::coverage::{
    AtomCoverage, Coverage, CoverageOptions, PolicyCoverage, coverage,
};
use std::collections::BTreeMap;
use std::path::Path;
use support::random::Random;
use support::requests::line;
use support::versions::Version;
use written::{policy, version};

fn measured(version: &PolicyVersion) -> Coverage {
    coverage(version, &CoverageOptions::default())
}

/// Random repositories and requests: what comes of each policy by its tree is what Cedar's evaluator and Cedar's authorizer
/// say, every place holds the text of its atom, and no atom does what it cannot.
#[test]
fn the_tree_decides_as_cedar_does() {
    let (mut walked, mut errors, mut atoms, mut total) = (0, 0, 0, 0);
    for world in 0..150 {
        let mut random = Random::of(7, world);
        let written = Version::random(&mut random, 10);
        let Ok(version) = written.load() else {
            continue;
        };
        let schema = version.schema.as_ref();
        let trees = version
            .policies
            .trees(&version.sources, &version.store, schema);
        for (tree, policy) in trees.iter().zip(version.policies.policies()) {
            atoms += tree.atoms.len();
            let file = version.sources.get(&policy.file).unwrap();
            for atom in &tree.atoms {
                let span = atom.span.unwrap();
                let text = file.slice(span);
                let inside = policy.span.start <= span.start && span.end() <= policy.span.end();
                assert!(inside && !text.is_empty(), "{}: {text}", atom.text);
            }
        }
        let sound = version.diagnostics.is_empty() && schema.is_some();
        let side = Side::head(&version);
        for number in 0..40 {
            let line = line(&mut random, &written.schema, number, true);
            let Some(action) = recorded(&line.bytes) else {
                continue;
            };
            let verdict = side.decide(&action);
            let Some(request) = verdict.request else {
                continue;
            };
            let Ok(built) = BuiltRequest::build(&request) else {
                continue;
            };
            if !request.unknown.is_empty() {
                continue;
            }
            let prepared = PreparedRequest {
                request: &built,
                entities: &version.store,
            };
            let statuses: BTreeMap<usize, Status> = Evaluation::new(&version.policies)
                .evaluate(prepared)
                .into_iter()
                .map(|found| (found.policy, found.status))
                .collect();
            let answer = authorize(&version.policies, prepared);
            let walk = Walk::new(prepared);
            let mut seen = Vec::new();
            for (at, (tree, policy)) in trees.iter().zip(version.policies.policies()).enumerate() {
                let result = walk.evaluate(tree, &mut seen);
                let expected = match statuses.get(&at) {
                    Some(Status::Satisfied) => Truth::True,
                    Some(Status::Error) => Truth::Error,
                    Some(Status::NotSatisfied | Status::NotSatisfiedOrError | Status::Unknown)
                    | None => Truth::False,
                };
                assert_eq!(
                    result, expected,
                    "world {world}, line {number}: {}",
                    policy.id
                );
                assert_eq!(result == Truth::Error, answer.errors.contains(&policy.id));
                if answer.determining.contains(&policy.id) {
                    assert_eq!(result, Truth::True);
                }
                assert_eq!(tree.scope_holds(&seen), statuses.contains_key(&at));
                assert_eq!(tree.root.value(&seen), Some(result));
                walked += 1;
                errors += usize::from(result == Truth::Error);
                total += seen.iter().flatten().count();
                if sound && verdict.nonconforming.is_none() {
                    possible(tree, &seen, &format!("world {world}: {}", policy.id));
                }
            }
        }
    }
    println!("{walked} policies walked, {errors} errors, {atoms} atoms, {total} values");
    assert!(walked > 10_000 && errors > 100 && total > 20_000);
}

/// No atom came to what it cannot come to.
#[track_caller]
fn possible(tree: &Tree, seen: &[Option<Truth>], whose: &str) {
    for (atom, value) in tree.atoms.iter().zip(seen) {
        let can = match value {
            Some(Truth::True) => atom.can.hold,
            Some(Truth::False) => atom.can.fail,
            Some(Truth::Error) => atom.can.raise,
            None => true,
        };
        assert!(can, "{whose}: {} came to {value:?}", atom.text);
    }
}

fn recorded(line: &[u8]) -> Option<RecordedAction> {
    let item = Item {
        bytes: line.to_vec(),
        line: 1,
    };
    let parsed = recording::parse(Importer::Native, &item, "r.jsonl");
    parsed.actions.into_iter().next()?.ok()
}

const ATOMS: usize = 5;

/// A schema in which every attribute may be absent: reading it is then an error.
fn schema() -> String {
    let attributes: Vec<String> = (0..ATOMS).map(|at| format!("a{at}?: Bool")).collect();
    format!(
        "entity User; entity Doc in [Doc];\naction read appliesTo {{ principal: User, resource: Doc, context: {{ {} }} }};\n",
        attributes.join(", ")
    )
}

/// A condition over these atoms, each once.
fn condition(random: &mut Random, atoms: &[usize]) -> brute::Condition {
    use brute::Condition::*;
    let negated = random.percent(25);
    let made = match atoms {
        [one] => Atom(*one),
        [first, rest @ ..] if atoms.len() >= 3 && random.percent(40) => {
            let cut = random.within(1, rest.len() - 1);
            let (then, other) = rest.split_at(cut);
            let test = match random.percent(50) {
                true => condition(random, &[*first]),
                // The test of an `if` that is an `if`, where there is enough for one.
                false => {
                    let cut = random.within(1, atoms.len() - 2);
                    let (test, rest) = atoms.split_at(cut);
                    let (then, other) = rest.split_at(random.within(1, rest.len() - 1));
                    return If(
                        Box::new(condition(random, test)),
                        Box::new(condition(random, then)),
                        Box::new(condition(random, other)),
                    );
                }
            };
            If(
                Box::new(test),
                Box::new(condition(random, then)),
                Box::new(condition(random, other)),
            )
        }
        _ => {
            let (left, right) = atoms.split_at(random.within(1, atoms.len() - 1));
            let (left, right) = (
                Box::new(condition(random, left)),
                Box::new(condition(random, right)),
            );
            match random.percent(50) {
                true => And(left, right),
                false => Or(left, right),
            }
        }
    };
    match negated {
        true => Not(Box::new(made)),
        false => made,
    }
}

/// Small random policies under a part of all values of their atoms, or all of them: every count and figure is that of a
/// brute force that knows nothing of trees.
#[test]
fn figures_are_those_of_brute_force() {
    use brute::Condition;
    let (mut shown, mut hidden, mut cases) = (0, 0, 0);
    for number in 0..120 {
        let mut random = Random::of(11, number);
        // The first two atoms are those of the scope.
        let used = random.within(1, ATOMS);
        let atoms: Vec<usize> = (2..2 + used).collect();
        let body = condition(&mut random, &atoms);
        let clause = match random.percent(30) {
            true => "unless",
            false => "when",
        };
        let name = |at: usize| format!("context.a{}", at - 2);
        let policies = format!(
            "@id(\"p\") permit (principal == User::\"u\", action, resource in Doc::\"d\")\n{clause} {{ {} }};",
            body.text(&name)
        );
        let body = match clause {
            "unless" => Condition::Not(Box::new(body)),
            _ => body,
        };
        let whole = Condition::And(
            Box::new(Condition::Atom(0)),
            Box::new(Condition::And(Box::new(Condition::Atom(1)), Box::new(body))),
        );
        let share = *random.pick(&[5, 15, 40, 100]);
        let mut tests = "version: 1\nsuite: s\ntests:\n".to_owned();
        let mut runs = Vec::new();
        for scope in [[true, true], [true, false], [false, true]] {
            for mut code in 0..3_usize.pow(used as u32) {
                if !random.percent(share) {
                    continue;
                }
                let mut values: Vec<brute::Value> = vec![Some(scope[0]), Some(scope[1])];
                let mut context = Vec::new();
                for at in 0..used {
                    let value = [Some(true), Some(false), None][code % 3];
                    code /= 3;
                    values.push(value);
                    context.extend(value.map(|flag| format!("a{at}: {flag}")));
                }
                tests += &format!(
                    "  - {{ name: t{}, request: {{ principal: 'User::{}', action: read, resource: 'Doc::{}', context: {{ {} }} }}, expect: {{ decision: deny }} }}\n",
                    runs.len(),
                    ["v", "u"][usize::from(scope[0])],
                    ["e", "d"][usize::from(scope[1])],
                    context.join(", ")
                );
                runs.push(brute::run(&whole, &values));
            }
        }
        if runs.is_empty() {
            tests = "version: 1\nsuite: s\ntests: []\n".to_owned();
        }
        cases += runs.len();
        let schema = schema();
        let version = version(&[
            ("schema/s.cedarschema", &schema),
            ("policies/p.cedar", &policies),
            ("tests/s.test.yaml", &tests),
        ]);
        let coverage = measured(&version);
        let found = policy(&coverage, "p");
        let ended = |wanted: brute::Value| -> u64 {
            runs.iter().filter(|run| run.result == wanted).count() as u64
        };
        assert_eq!(
            [
                coverage.cases.run,
                found.satisfied.cases,
                found.not_satisfied.cases,
                found.errored.cases
            ],
            [
                runs.len() as u64,
                ended(Some(true)),
                ended(Some(false)),
                ended(None)
            ],
            "{policies}"
        );
        assert_eq!(found.atoms.len(), 2 + used);
        let (mut condition, mut mcdc) = ([0, 0], [0, 0]);
        for (at, atom) in found.atoms.iter().enumerate() {
            let saw = |wanted: brute::Value| -> u64 {
                runs.iter()
                    .filter(|run| run.seen[at] == Some(wanted))
                    .count() as u64
            };
            let expected = [saw(Some(true)), saw(Some(false)), saw(None)];
            let own = [atom.hold.cases, atom.fail.cases, atom.raise.cases];
            assert_eq!(own, expected, "{policies}: {}", atom.text);
            if at >= 2 {
                assert_eq!(atom.text, name(at));
            }
            // The scope cannot fail.
            let values = if at < 2 {
                &expected[..2]
            } else {
                &expected[..]
            };
            condition[1] += values.len() as u64;
            condition[0] += values.iter().filter(|cases| **cases > 0).count() as u64;
            let alone = brute::independent(&whole, &runs, at);
            assert_eq!(atom.pair.is_some(), alone, "{policies}: {}", atom.text);
            mcdc[1] += 1;
            mcdc[0] += u64::from(alone);
            if let Some([hold, fail]) = &atom.pair {
                let run = |test: &str| &runs[test[1..].parse::<usize>().unwrap()];
                let (hold, fail) = (run(&hold.test), run(&fail.test));
                let pair = [hold.clone(), fail.clone()];
                assert!(
                    brute::independent(&whole, &pair, at),
                    "{policies}: {}",
                    atom.text
                );
            }
            shown += usize::from(alone);
            hidden += usize::from(!alone);
        }
        let figures = found.figures;
        assert_eq!(
            [figures.condition.covered, figures.condition.total],
            condition
        );
        assert_eq!([figures.mcdc.covered, figures.mcdc.total], mcdc);
        let outcomes = u64::from(ended(Some(true)) > 0) + u64::from(ended(Some(false)) > 0);
        assert_eq!(
            [figures.outcome.covered, figures.outcome.total],
            [outcomes, 2]
        );
        if share == 100 {
            assert_eq!(mcdc[0], mcdc[1], "all values show every atom: {policies}");
        }
    }
    println!("{cases} cases, {shown} atoms shown, {hidden} not");
    assert!(shown > 200 && hidden > 50);
}

const SMALL: &str = "entity Team; entity User in [Team] = { level: Long, boss?: User } tags Long; entity Doc in [Team] = { owner: User, open: Bool };
action read, write appliesTo { principal: User, resource: Doc, context: { n: Long, note?: String } };
";

const ENTITIES: &str = "version: 1
entities:
  Team::\"t\": {}
  User::\"u\": { in: [Team::t], attrs: { level: 3 } }
  User::\"v\": { attrs: { level: 1 } }
  Doc::\"d\": { in: [Team::t], attrs: { owner: User::u, open: true } }
";

/// A version of these policies, with tests that ask: principal, action, resource, n.
fn asked(policies: &str, questions: &[(&str, &str, &str, i64)]) -> PolicyVersion {
    let tests: Vec<String> = questions
        .iter()
        .enumerate()
        .map(|(at, (principal, action, resource, n))| {
            format!(
                "  - {{ name: t{at}, request: {{ principal: 'User::{principal}', action: {action}, resource: 'Doc::{resource}', context: {{ n: {n} }} }}, expect: {{ decision: deny }} }}\n"
            )
        })
        .collect();
    let tests = match tests.is_empty() {
        true => "version: 1\nsuite: s\ntests: []\n".to_owned(),
        false => format!("version: 1\nsuite: s\ntests:\n{}", tests.concat()),
    };
    version(&[
        ("schema/s.cedarschema", SMALL),
        ("policies/p.cedar", policies),
        ("entities/e.yaml", ENTITIES),
        ("tests/s.test.yaml", &tests),
    ])
}

fn can(atom: &AtomCoverage) -> String {
    [
        (atom.can.hold, 't'),
        (atom.can.fail, 'f'),
        (atom.can.raise, 'e'),
    ]
    .into_iter()
    .filter_map(|(can, letter)| can.then_some(letter))
    .collect()
}

/// What can come of an atom, by its form, what was evaluated before it, and the schema.
#[test]
fn what_cannot_be_is_not_asked_for() {
    for (condition, expected) in [
        ("context.n > 5", "context.n > 5: tf"),
        ("context.n + 1 > 5", "context.n + 1 > 5: tfe"),
        ("-context.n > 5", "-context.n > 5: tfe"),
        ("principal.level > 1", "principal.level > 1: tfe"),
        (
            "principal.level > 1 && principal.level < 9",
            "principal.level > 1: tfe; principal.level < 9: tf",
        ),
        (
            "principal in Team::\"t\" && principal.level > 1",
            "principal in Team::\"t\": tf; principal.level > 1: tf",
        ),
        (
            "principal in Team::\"elsewhere\" && principal.level > 1",
            "principal in Team::\"elsewhere\": tf; principal.level > 1: tfe",
        ),
        (
            "principal has boss && principal.boss.level > 1",
            "principal has boss: tf; principal.boss.level > 1: tfe",
        ),
        (
            "if principal has boss then principal.boss == User::\"v\" else context.n == 1",
            "principal has boss: tf; principal.boss == User::\"v\": tf; context.n == 1: tf",
        ),
        (
            "principal.hasTag(\"x\") && principal.getTag(\"x\") > 1",
            "principal.hasTag(\"x\"): tf; principal.getTag(\"x\") > 1: tf",
        ),
        (
            "context has note && context.note like \"a*\"",
            "context has note: tf; context.note like \"a*\": tf",
        ),
        (
            "(principal in Team::\"t\" || context.n == 1) && principal.level > 1",
            "principal in Team::\"t\": tf; context.n == 1: tf; principal.level > 1: tfe",
        ),
        (
            "if principal == User::\"u\" then principal.level > 1 else principal.level > 2",
            "principal == User::\"u\": tf; principal.level > 1: tf; principal.level > 2: tfe",
        ),
        ("true || context.n == 1", "true: t; context.n == 1: tf"),
        ("principal is User", "principal is User: t"),
        (
            "resource is Doc in Team::\"t\" && resource.open",
            "resource is Doc in Team::\"t\": tf; resource.open: tf",
        ),
        (
            "datetime(\"2026-01-01\").offset(duration(\"1h\")) > datetime(\"2026-01-02\")",
            "datetime(\"2026-01-01\").offset(duration(\"1h\")) > datetime(\"2026-01-02\"): tfe",
        ),
        // The type check refuses it: nothing is promised.
        ("context.note == \"a\"", "context.note == \"a\": tfe"),
    ] {
        let policies =
            format!("@id(\"p\") permit (principal, action, resource) when {{ {condition} }};");
        let coverage = measured(&asked(&policies, &[("u", "read", "d", 1)]));
        let atoms = policy(&coverage, "p").atoms.iter();
        let found: Vec<String> = atoms
            .map(|atom| format!("{}: {}", atom.text, can(atom)))
            .collect();
        assert_eq!(found.join("; "), expected, "{condition}");
    }
}

const KINDS: &str = "entity Agent; entity Human; entity Doc; entity File;
action read appliesTo { principal: [Agent, Human], resource: [Doc, File], context: { n: Long } };
action scan appliesTo { principal: [Agent], resource: [File], context: {} };
";

/// A test of a type is not asked to come out otherwise than it can where the requests that come so far have one type.
#[test]
fn types_that_no_request_has_so_far_are_not_asked_for() {
    for (schema, policy_text, expected) in [
        (
            SMALL,
            "permit (principal is User, action, resource is Doc)",
            "principal is User: t; resource is Doc: t",
        ),
        (
            KINDS,
            "permit (principal is Agent, action, resource is Doc) when { principal is Agent && !(resource is File) }",
            "principal is Agent: tf; resource is Doc: tf; principal is Agent: t; resource is File: f",
        ),
        (
            KINDS,
            "permit (principal == Human::\"h\", action, resource) when { principal is Human }",
            "principal == Human::\"h\": tf; principal is Human: t",
        ),
        (
            KINDS,
            "permit (principal is Human, action, resource is File)",
            "principal is Human: tf; resource is File: tf",
        ),
        (
            KINDS,
            "permit (principal is Agent, action == Action::\"scan\", resource is File)",
            "principal is Agent: tf; action == Action::\"scan\": tf; resource is File: t",
        ),
    ] {
        let text = format!("@id(\"p\") {policy_text};");
        let version = version(&[
            ("schema/s.cedarschema", schema),
            ("policies/p.cedar", &text),
        ]);
        assert!(version.diagnostics.is_empty(), "{:?}", version.diagnostics);
        let coverage = measured(&version);
        let atoms = policy(&coverage, "p").atoms.iter();
        let found: Vec<String> = atoms
            .map(|atom| format!("{}: {}", atom.text, can(atom)))
            .collect();
        assert_eq!(found.join("; "), expected, "{policy_text}");
    }
}

/// What JSON connects are two atoms, as in text.
#[test]
fn parts_that_json_connects_stay_apart() {
    let json = r#"{"templates": {}, "templateLinks": [], "staticPolicies": {"j": {"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"},
        "resource": {"op": "All"}, "conditions": [{"kind": "when", "body": {"&&": {
            "left": {"is": {"left": {"Var": "resource"}, "entity_type": "Doc"}},
            "right": {"in": {"left": {"Var": "resource"}, "right": {"Value": {"__entity": {"type": "Team", "id": "t"}}}}}}}}]}}}"#;
    let version = version(&[
        ("schema/s.cedarschema", SMALL),
        ("policies/j.cedar.json", json),
    ]);
    let coverage = measured(&version);
    let atoms = policy(&coverage, "j").atoms.iter();
    let texts: Vec<&str> = atoms.map(|atom| atom.text.as_str()).collect();
    assert_eq!(texts, ["resource is Doc", "resource in Team::\"t\""]);
}

#[test]
fn places_are_exact() {
    let policies = "// ä: first (principal == User::\"x\",
@id(\"p\") // (
@note(\"permit (principal, action)\")
permit (
  principal
    is User in Team::\"t\", // who
  action in [Action::\"read\", Action::\"write\"],
  resource
)
when { context.n > 5 // why
  && principal has boss }
unless { resource is Doc in Team::\"t\" || context.n
   != 7 };";
    let version = asked(policies, &[("u", "read", "d", 6)]);
    let coverage = measured(&version);
    let found = policy(&coverage, "p");
    let file = version.sources.get("policies/p.cedar").unwrap();
    let atoms: Vec<String> = found
        .atoms
        .iter()
        .map(|atom| {
            let place = atom.place.unwrap();
            let text = &file.text[place.start..place.end];
            format!("{}-{} {text:?} {}", place.line, place.end_line, atom.text)
        })
        .collect();
    assert_eq!(
        atoms,
        [
            r#"5-6 "principal\n    is User in Team::\"t\"" principal is User in Team::"t""#,
            r#"7-7 "action in [Action::\"read\", Action::\"write\"]" action in [Action::"read", Action::"write"]"#,
            r#"10-10 "context.n > 5" context.n > 5"#,
            r#"11-11 "principal has boss" principal has boss"#,
            r#"12-12 "resource is Doc in Team::\"t\"" resource is Doc in Team::"t""#,
            r#"12-13 "context.n\n   != 7" context.n != 7"#,
        ]
    );
    assert_eq!((found.place.line, found.place.end_line), (2, 13));
    assert!(
        found
            .atoms
            .iter()
            .all(|atom| (atom.part == Part::Condition) == (atom.place.unwrap().line > 9))
    );
}

#[test]
fn policies_are_counted_by_what_they_do() {
    let version = asked(
        "@id(\"a\") permit (principal, action == Action::\"read\", resource);
@id(\"b\") permit (principal in Team::\"t\", action, resource);
@id(\"f\") forbid (principal, action, resource) when { context.n * 2 > 10 };
@id(\"never\") forbid (principal, action, resource) when { context.n == 77 };",
        &[
            ("u", "read", "d", 1),                         // a and b allow
            ("v", "read", "d", 2),                         // a alone allows
            ("v", "write", "d", 9),                        // f denies what nothing permits
            ("u", "write", "d", 9),                        // f denies what b permits
            ("v", "read", "d", 9_223_372_036_854_775_807), // f raises an error, a allows
        ],
    );
    let coverage = measured(&version);
    let counts = |id: &str| {
        let found = policy(&coverage, id);
        [
            found.scope_reached.cases,
            found.satisfied.cases,
            found.not_satisfied.cases,
            found.errored.cases,
            found.determining.cases,
            found.decisive.cases,
        ]
    };
    assert_eq!(counts("a"), [3, 3, 2, 0, 3, 2]);
    assert_eq!(counts("b"), [2, 2, 3, 0, 1, 0]);
    assert_eq!(counts("f"), [5, 2, 2, 1, 2, 1]);
    assert_eq!(counts("never"), [5, 0, 5, 0, 0, 0]);
    let figures = coverage.figures;
    let ratio = |figure| {
        let found = figures.of(figure);
        (found.covered, found.total)
    };
    assert_eq!(ratio(Figure::Policy), (3, 4));
    assert_eq!(ratio(Figure::Outcome), (7, 8));
    assert_eq!(ratio(Figure::Decision), (2, 4));
    // Of `never` only false was seen; its error cannot be.
    assert_eq!(ratio(Figure::Condition), (8, 9));
    assert_eq!(ratio(Figure::Mcdc), (3, 4));
    // read: allowed and never denied; write: denied and never allowed.
    assert_eq!(ratio(Figure::Environment), (2, 4));
    let first = policy(&coverage, "f").errored.first.clone().unwrap();
    assert_eq!((first.test.as_ref(), first.line), ("t4", 8));
    let gaps: Vec<String> = Figure::ALL
        .into_iter()
        .flat_map(|figure| coverage.gaps(figure))
        .map(|gap| {
            format!(
                "{} {} {}",
                gap.figure,
                gap.policy.unwrap_or_default(),
                gap.never
            )
        })
        .collect();
    assert_eq!(
        gaps,
        [
            "policy never never determining",
            "outcome never never satisfied",
            "condition never never true",
            "mcdc never never decisive by itself",
            "environment  never denied",
            "environment  never allowed",
            "decision b never decisive",
            "decision never never decisive",
        ]
    );
}

/// Links have counts of their own, and the text and places of their template; a policy in JSON has atoms without places.
#[test]
fn links_and_json_policies_are_covered_too() {
    let json = r#"{"templates": {}, "templateLinks": [], "staticPolicies": {"j": {"effect": "forbid", "principal": {"op": "All"}, "action": {"op": "All"},
        "resource": {"op": "All"}, "conditions": [{"kind": "when", "body": {"&&": {
            "left": {">": {"left": {".": {"left": {"Var": "context"}, "attr": "n"}}, "right": {"Value": 5}}},
            "right": {"==": {"left": {"Var": "principal"}, "right": {"Value": {"__entity": {"type": "User", "id": "u"}}}}}}}}]}}}"#;
    let links = "version: 1
links:
  - { id: one, template: t, principal: 'User::u' }
  - { id: two, template: t, principal: 'User::v' }
";
    let tests = "version: 1
suite: s
tests:
  - { name: t0, request: { principal: 'User::u', action: read, resource: 'Doc::d', context: { n: 9 } }, expect: { decision: deny } }
  - { name: t1, request: { principal: 'User::v', action: read, resource: 'Doc::d', context: { n: 9 } }, expect: { decision: deny } }
  - { name: t2, request: { principal: 'User::v', action: read, resource: 'Doc::d', context: { n: 1 } }, expect: { decision: deny } }
";
    let version = version(&[
        ("schema/s.cedarschema", SMALL),
        (
            "policies/p.cedar",
            "@id(\"t\") permit (principal == ?principal, action, resource) when { context.n > 5 };",
        ),
        ("policies/j.cedar.json", json),
        ("links.yaml", links),
        ("tests/s.test.yaml", tests),
    ]);
    let coverage = measured(&version);
    assert_eq!(coverage.policies.len(), 3);
    let atoms = |id: &str| -> Vec<(String, [u64; 3], Option<usize>)> {
        let atoms = policy(&coverage, id).atoms.iter();
        atoms
            .map(|atom| {
                let cases = [atom.hold.cases, atom.fail.cases, atom.not_reached];
                (
                    atom.text.clone(),
                    cases,
                    atom.place.map(|place| place.start),
                )
            })
            .collect()
    };
    let scope = "principal == ?principal".to_owned();
    assert_eq!(
        atoms("one"),
        [
            (scope.clone(), [1, 2, 0], Some(17)),
            ("context.n > 5".to_owned(), [1, 0, 2], Some(67)),
        ]
    );
    assert_eq!(
        atoms("two"),
        [
            (scope, [2, 1, 0], Some(17)),
            ("context.n > 5".to_owned(), [1, 1, 1], Some(67)),
        ]
    );
    let [first, second] = &atoms("j")[..] else {
        panic!("{:?}", atoms("j"))
    };
    assert_eq!((first.1, first.2), ([2, 1, 0], None), "{}", first.0);
    assert_eq!((second.1, second.2), ([1, 1, 1], None), "{}", second.0);
    assert_eq!(policy(&coverage, "one").template.as_deref(), Some("t"));
}

/// Changed are policies that are new or decide otherwise, whatever they are called and wherever they stand.
#[test]
fn only_changed_policies_can_be_counted() {
    let base = asked(
        "@id(\"same\") permit (principal, action, resource) when { context.n == 1 };
@id(\"other\") permit (principal, action, resource) when { context.n == 2 };
permit (principal, action, resource) when { context.n == 3 };",
        &[],
    );
    let head = asked(
        "permit (principal, action, resource) when { context.n == 3 };
@id(\"other\") permit (principal, action, resource) when { context.n == 4 };
// moved
@id(\"same\") @note(\"x\") permit (principal, action, resource) when { context.n==1 };
@id(\"new\") forbid (principal, action, resource);",
        &[("u", "read", "d", 4)],
    );
    let found = changed(&base, &head);
    let names: Vec<&str> = found.iter().map(AsRef::as_ref).collect();
    assert_eq!(names, ["new", "other"]);
    let options = CoverageOptions {
        changed: Some(("main".to_owned(), found)),
        ..CoverageOptions::default()
    };
    let coverage = coverage(&head, &options);
    let ids: Vec<&str> = coverage
        .policies
        .iter()
        .map(|policy| policy.id.as_ref())
        .collect();
    assert_eq!(ids, ["other", "new"]);
    assert!(coverage.environments.is_empty());
    assert!(changed(&head, &head).is_empty());
}

/// The example: every policy decides, and every atom is true, false, and an error where it can be one.
#[test]
fn the_example_is_covered() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let tree = agentauthz::source::Tree::directory(&root, false).unwrap();
    let version = agentauthz::repository::load(&agentauthz::repository::Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read: &|path| tree.read(path).map_err(|error| error.message),
        refused: Vec::new(),
    });
    let options = CoverageOptions {
        thresholds: version.manifest.coverage,
        ..CoverageOptions::default()
    };
    let coverage = coverage(&version, &options);
    let mut missing = Vec::new();
    for figure in [Figure::Policy, Figure::Outcome, Figure::Condition] {
        missing.extend(coverage.gaps(figure));
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(coverage.gates.len(), 6, "the manifest judges every figure");
    assert!(coverage.passed(), "{:#?}", coverage.gates);
    let covered: Vec<&PolicyCoverage> = coverage.policies.iter().collect();
    assert_eq!(covered.len(), version.policies.policies().len());
    println!("{:?}", coverage.figures);
}
