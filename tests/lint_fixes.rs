//! What is called equivalent is: Cedar's authorizer says the same before and after, for every request, errors included,
//! whether it conforms to the schema or not. And what is called a repair changes what was an error alone.

use agentauthz::lint::{Fix, FixKind, Settings, apply, catalogue, lint};
use agentauthz::repository::{Files, load};
use cedar_policy::{Authorizer, Context, Entities, EntityUid, PolicySet, Request, Schema};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

const SCHEMA: &str = "\
entity Group in [Group];
entity User in [Group] = { level: Long, active: Bool };
entity Doc in [Group] = { owner: User, sealed: Bool, size: Long };
action all;
action read, write in [all] appliesTo {
  principal: User, resource: Doc,
  context: { flag: Bool, opt?: Bool, n: Long, s: String, who?: User },
};
";

/// Entities that conform to the schema, and others.
const ENTITIES: [&str; 2] = [
    r#"[
  { "uid": { "type": "Group", "id": "g" }, "attrs": {}, "parents": [] },
  { "uid": { "type": "User", "id": "a" }, "attrs": { "level": 2, "active": true }, "parents": [{ "type": "Group", "id": "g" }] },
  { "uid": { "type": "Doc", "id": "d" }, "attrs": { "owner": { "__entity": { "type": "User", "id": "a" } }, "sealed": false, "size": 3 },
    "parents": [{ "type": "Group", "id": "g" }] },
  { "uid": { "type": "Doc", "id": "e" }, "attrs": { "owner": { "__entity": { "type": "User", "id": "b" } }, "sealed": true, "size": 0 }, "parents": [] }
]"#,
    r#"[
  { "uid": { "type": "User", "id": "a" }, "attrs": { "level": true, "active": 1 }, "parents": [{ "type": "Group", "id": "g" }] },
  { "uid": { "type": "User", "id": "b" }, "attrs": { "level": "x", "active": "x" }, "parents": [] },
  { "uid": { "type": "Doc", "id": "d" }, "attrs": { "owner": [{ "__entity": { "type": "Group", "id": "g" } }], "sealed": 5, "size": true },
    "parents": [] },
  { "uid": { "type": "Doc", "id": "e" }, "attrs": { "owner": "x", "sealed": { "__entity": { "type": "User", "id": "a" } } }, "parents": [] },
  { "uid": { "type": "Action", "id": "write" }, "attrs": {}, "parents": [{ "type": "Action", "id": "read" }] }
]"#,
];

/// Contexts that conform to the schema, and others.
const CONTEXTS: [&[&str]; 2] = [
    &[
        r#"{ "flag": true, "n": 1, "s": "x" }"#,
        r#"{ "flag": false, "opt": true, "n": 5, "s": "y", "who": { "__entity": { "type": "User", "id": "a" } } }"#,
        r#"{ "flag": true, "opt": false, "n": 9223372036854775807, "s": "w", "who": { "__entity": { "type": "User", "id": "b" } } }"#,
    ],
    &[
        r#"{ "flag": "x", "n": true, "s": 5 }"#,
        r#"{ "flag": 1, "opt": "y", "n": -1, "s": ["x"], "who": true }"#,
        r#"{ "flag": false, "n": 1, "s": "x", "who": [{ "__entity": { "type": "User", "id": "a" } }] }"#,
        r#"{ "flag": { "__entity": { "type": "Group", "id": "g" } }, "opt": 5, "n": "z", "s": { "__entity": { "type": "User", "id": "a" } } }"#,
        "{}",
    ],
];

/// Numbers that look random, and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.roll(texts.len())]
    }
}

/// An expression, and how tightly it binds: 0 for `if`, 1 `||`, 2 `&&`, 3 relations, 4 sums, 6 `!`, 7 the rest.
type Written = (String, u8);

fn fit((text, binds): Written, room: u8, dice: &mut Dice) -> String {
    match binds < room || dice.roll(8) == 0 {
        true => format!("({text})"),
        false => text,
    }
}

fn value(dice: &mut Dice) -> String {
    dice.pick(&[
        "context.flag",
        "context.opt",
        "context.n",
        "context.s",
        "context.who",
        "principal",
        "resource",
        "resource.owner",
        "principal.active",
        "resource.size",
        "context.who.level",
        "\"x\"",
        "5",
        "-1",
        "true",
        "User::\"a\"",
        "[1, 2]",
        "action",
        "context",
    ])
    .to_owned()
}

/// What asks for principal, action or resource alone.
fn scope_part(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "principal == User::\"a\"",
        "User::\"b\" == principal",
        "principal in Group::\"g\"",
        "principal is User",
        "principal is User in Group::\"g\"",
        "resource is Doc",
        "resource in Group::\"g\"",
        "resource == Doc::\"d\"",
        "action == Action::\"read\"",
        "action in [Action::\"read\", Action::\"write\"]",
        "action in Action::\"all\"",
        "principal in [Group::\"g\"]",
        "action in [Action::\"write\"]",
        "resource in [principal]",
        "context.who in [context.who]",
        "resource.owner in [Group::\"g\"]",
    ])
}

/// What has no type error, and is a boolean or an entity by the schema alone.
fn clean(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "resource.owner in [resource.owner]",
        "principal in [resource.owner]",
        "!!resource.sealed == context.flag",
        "[!!context.flag].contains(principal.active)",
        "(if principal.active then true else false) == context.flag",
        "(if context.flag then false else true) != resource.sealed",
        "principal in [if context.flag then resource.owner else principal]",
        "(if resource.sealed then true else context.flag) == principal.active",
        "(if context.flag then principal.active else false) == resource.sealed",
        "context.flag == true",
    ])
}

fn leaf(dice: &mut Dice) -> Written {
    let (subject, sign) = (value(dice), dice.pick(&["==", "!=", "<", "<=", ">", ">="]));
    let chain = |literals: [&str; 3], dice: &mut Dice| {
        let (operator, joint, binds) = match dice.roll(3) {
            0 => ("!=", "&&", 2),
            _ => ("==", "||", 1),
        };
        let parts = literals.map(|literal| match dice.roll(4) {
            0 => format!("{literal} {operator} {subject}"),
            1 => format!("({subject} {operator} {literal})"),
            _ => format!("{subject} {operator} {literal}"),
        });
        (parts.join(&format!(" {joint} ")), binds)
    };
    match dice.roll(14) {
        0 => chain(["\"x\"", "\"y\"", "\"z\""], dice),
        1 => chain(["1", "-1", "5"], dice),
        2 => chain(["User::\"a\"", "User::\"b\"", "User::\"c\""], dice),
        3 => (
            format!(
                "{} {sign} {subject}",
                dice.pick(&["5", "\"x\"", "-1", "User::\"a\"", "true", "false"])
            ),
            3,
        ),
        4 => (format!("{subject} {sign} {}", value(dice)), 3),
        5 | 6 => (scope_part(dice).to_owned(), 3),
        7 => (
            format!("context has {}", dice.pick(&["opt", "who", "flag"])),
            3,
        ),
        8 => (format!("{subject} + 9223372036854775807 > 0"), 3),
        9 => (dice.pick(&["true", "false"]).to_owned(), 7),
        10 => (
            format!(
                "context has opt && {}",
                dice.pick(&["context.opt", "context.opt == true"])
            ),
            2,
        ),
        _ => match subject.starts_with('-') {
            true => (subject, 6),
            false => (subject, 7),
        },
    }
}

fn condition(depth: usize, dice: &mut Dice) -> Written {
    if depth == 0 {
        return leaf(dice);
    }
    let part = |room, dice: &mut Dice| {
        let inner = condition(depth - 1, dice);
        fit(inner, room, dice)
    };
    let gap = dice.pick(&["", " ", "\n", " // why: \"x\n"]);
    match dice.roll(12) {
        0..3 => (format!("{} &&{gap} {}", part(2, dice), part(3, dice)), 2),
        3..5 => (format!("{} ||{gap} {}", part(1, dice), part(2, dice)), 1),
        5 => (format!("!{gap}{}", part(7, dice)), 6),
        6 => (format!("!!{}", part(7, dice)), 6),
        7 => (
            format!("!(({}) !={gap} ({}))", part(0, dice), part(0, dice)),
            6,
        ),
        8 => (
            format!(
                "{} {} {}",
                part(4, dice),
                dice.pick(&["==", "!="]),
                dice.pick(&["true", "false"])
            ),
            3,
        ),
        9 => {
            let [then, other] = [0, 1].map(|_| match dice.roll(3) {
                0 => "true".to_owned(),
                1 => "false".to_owned(),
                _ => part(0, dice),
            });
            (
                format!("if {}{gap} then {then} else {other}", part(0, dice)),
                0,
            )
        }
        10 => (format!("({}) == ({})", part(0, dice), part(0, dice)), 3),
        _ => leaf(dice),
    }
}

fn policy(dice: &mut Dice) -> String {
    let effect = dice.pick(&["permit", "forbid"]);
    let principal = dice.pick(&[
        "principal",
        "principal",
        "principal == User::\"a\"",
        "principal is User",
    ]);
    let action = dice.pick(&[
        "action",
        "action",
        "action in [Action::\"read\"]",
        "action in [Action::\"all\"]",
        "action == Action::\"write\"",
    ]);
    let resource = dice.pick(&["resource", "resource", "resource in Group::\"g\""]);
    let mut text = format!(
        "@id(\"p\")\n{effect}({principal}, {action}, {resource}{})",
        dice.pick(&["", " // what\n"])
    );
    if dice.roll(3) == 0 {
        let before = [
            "context has opt && ",
            "",
            "(principal != resource) && ",
            "context.flag && ",
        ];
        let behind = [
            " && context.flag",
            "",
            " // why\n && (context.s == \"x\" || context has opt)",
            " && (context.n < 5)",
        ];
        let (one, other) = (scope_part(dice), scope_part(dice));
        let (before, behind) = (dice.pick(&before), dice.pick(&behind));
        text += &match dice.roll(3) {
            0 => format!(" when {{ {before}{one}{behind} }}"),
            1 => format!("\nwhen {{ {one} && {before}({other}){behind} }}"),
            _ => format!("\nwhen {{ ({before}{one}){behind} && {other} }}"),
        };
    }
    if dice.roll(4) == 0 {
        text += &format!("\nwhen {{ {} && {} }};\n", clean(dice), clean(dice));
        return text;
    }
    for _ in 0..dice.roll(3) + 1 {
        let depth = dice.roll(4);
        let (body, _) = condition(depth, dice);
        let keyword = dice.pick(&["when", "unless"]);
        text += &match dice.roll(4) {
            0 => format!("\n{keyword} {{ !({body}) }}"),
            1 => format!("{keyword}{{{body}}}"),
            _ => format!("\n{keyword} {{ {body} }}"),
        };
    }
    text + ";\n"
}

/// What Cedar says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Applies,
    Fails,
    Raises,
}

/// What Cedar says of every request with some entities.
fn answers(text: &str, stores: &[Entities]) -> Vec<Answer> {
    let set = PolicySet::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let uid = |text: &str| EntityUid::from_str(text).unwrap();
    let contexts = CONTEXTS.concat();
    let contexts = contexts
        .iter()
        .map(|context| Context::from_json_str(context, None).unwrap());
    let mut found = Vec::new();
    for (context, entities) in contexts.flat_map(|one| stores.iter().map(move |s| (one.clone(), s)))
    {
        for principal in ["User::\"a\"", "User::\"b\""] {
            for action in ["Action::\"read\"", "Action::\"write\""] {
                for resource in ["Doc::\"d\"", "Doc::\"e\"", "Doc::\"f\""] {
                    let [principal, action, resource] = [principal, action, resource].map(uid);
                    let request =
                        Request::new(principal, action, resource, context.clone(), None).unwrap();
                    let answer = Authorizer::new().is_authorized(&request, &set, entities);
                    let diagnostics = answer.diagnostics();
                    found.push(match diagnostics.errors().next() {
                        Some(_) => Answer::Raises,
                        None if diagnostics.reason().next().is_some() => Answer::Applies,
                        None => Answer::Fails,
                    });
                }
            }
        }
    }
    found
}

/// The text after one round of the fixes of a kind, and the lints they are of.
fn fixed(text: &str, typed: bool, kind: FixKind) -> (String, BTreeSet<&'static str>) {
    let mut files = BTreeMap::from([
        (
            "agentauthz.yaml",
            "version: 1\nlint:\n  levels: { AZ505: info }\n",
        ),
        ("policies/p.cedar", text),
    ]);
    if typed {
        files.insert("schema/s.cedarschema", SCHEMA);
    }
    let version = load(&Files {
        paths: files.keys().map(|path| (*path).to_owned()).collect(),
        read: &|path| Ok(files[path].as_bytes().to_vec()),
        refused: Vec::new(),
    });
    let settings = Settings {
        levels: agentauthz::lint::Levels::new(&version.manifest.lint, Vec::new()),
        now: "2026-11-24".to_owned(),
        only: catalogue()
            .iter()
            .filter(|lint| lint.fix.is_some())
            .map(|lint| lint.code)
            .collect(),
        ..Settings::default()
    };
    let report = lint(&version, &settings);
    let found: Vec<(&'static str, &Fix)> = report
        .findings
        .iter()
        .filter_map(|found| Some((found.lint.code, found.fix.as_ref()?)))
        .filter(|(_, fix)| fix.kind == kind)
        .collect();
    let fixes: Vec<&Fix> = found.iter().map(|(_, fix)| *fix).collect();
    let applied = apply(&fixes, &|path| files.get(path).copied());
    let codes = applied.done.iter().map(|at| found[*at].0).collect();
    let after = applied.texts.get("policies/p.cedar").cloned();
    (after.unwrap_or_else(|| text.to_owned()), codes)
}

#[test]
fn fixes_change_no_more_than_their_kind_allows() {
    let cases = std::env::var("AGENTAUTHZ_FIXES").map_or(150, |count| count.parse().unwrap());
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let schema = Schema::from_str(SCHEMA).unwrap();
    let [conform, others] = ENTITIES;
    let stores = [
        Entities::from_json_str(conform, Some(&schema)).unwrap(),
        Entities::from_json_str(others, None).unwrap(),
    ];
    let mut counts: BTreeMap<(FixKind, &str), usize> = BTreeMap::new();
    for _ in 0..cases {
        let text = policy(&mut dice);
        for (typed, kind) in [
            (true, FixKind::Equivalent),
            (true, FixKind::Repair),
            (false, FixKind::Equivalent),
            (false, FixKind::Repair),
        ] {
            let (mut now, mut before) = (text.clone(), answers(&text, &stores));
            for _ in 0..6 {
                let (after, codes) = fixed(&now, typed, kind);
                if codes.is_empty() {
                    break;
                }
                let answered = answers(&after, &stores);
                let pairs = before.iter().zip(&answered);
                let wrong = pairs.filter(|(old, new)| {
                    old != new && (kind == FixKind::Equivalent || **old != Answer::Raises)
                });
                assert_eq!(
                    wrong.count(),
                    0,
                    "{codes:?} (a schema: {typed}, {kind:?})\n{now}\n---\n{after}"
                );
                let comments = |text: &str| text.matches("// ").count();
                assert_eq!(
                    comments(&now),
                    comments(&after),
                    "{codes:?}\n{now}\n---\n{after}"
                );
                for code in codes {
                    *counts.entry((kind, code)).or_default() += 1;
                }
                (now, before) = (after, answered);
            }
        }
    }
    let equivalent = [
        "AZ501", "AZ502", "AZ504", "AZ505", "AZ506", "AZ507", "AZ508", "AZ509",
    ];
    let repairs = ["AZ502", "AZ504", "AZ506"].map(|code| (FixKind::Repair, code));
    let equivalent = equivalent.map(|code| (FixKind::Equivalent, code));
    for key in equivalent.into_iter().chain(repairs) {
        assert!(
            counts.get(&key).is_some_and(|count| *count >= 8),
            "{key:?} is hardly tried: {counts:?}"
        );
    }
    println!("{counts:?}");
}
