//! Repositories and recordings full of texts that would act on a terminal, and every report about them.

use crate::worlds::load_files;
use agentauthz::check::{RecordingsReport, check, observe as observe_check};
use agentauthz::diff::document::Document;
use agentauthz::diff::{
    self, DecisionChanges, DiffReport, JudgeOptions, SideName, apply, observe as observe_diff,
    policy_changes,
};
use agentauthz::engine::{Incoming, Pairing, Place, Side};
use agentauthz::explain::explain_action;
use agentauthz::model::{Decision, Json, RecordedAction, RecordedDecision, ToolCall};
use agentauthz::render::{self, Detail, Header, ImportSummary, Shown, Version};
use agentauthz::replay::{ReplayReport, observe as observe_replay};
use agentauthz::testing::test;
use proptest::prelude::*;
use proptest::sample::select;

use std::collections::BTreeMap;

const PIECES: [&str; 30] = [
    "a",
    "id",
    " ",
    "ü",
    "日本",
    "👩‍👩‍👧",
    "\u{1b}[31m",
    "\u{1b}]8;;http://x\u{7}",
    "\u{9b}2J",
    "\u{9d}0;t\u{9c}",
    "\r",
    "\n",
    "\t",
    "\u{8}",
    "\u{7f}",
    "\0",
    "\u{85}",
    "\u{202e}",
    "\u{2066}",
    "\u{2069}",
    "\u{200f}",
    "\u{61c}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{e0041}",
    "\u{300}",
    "'",
    "\"`{}",
    "%s\\",
];

fn text() -> BoxedStrategy<String> {
    prop::collection::vec(select(&PIECES[..]), 0..6)
        .prop_map(|pieces| pieces.concat())
        .boxed()
}

#[derive(Debug, Clone)]
pub struct Scene {
    texts: Vec<String>,
    broken: bool,
    verbose: bool,
    quiet: bool,
    actions: Vec<(String, String, String, Option<bool>, i64)>,
}

pub fn scene() -> BoxedStrategy<Scene> {
    (
        prop::collection::vec(text(), 16),
        prop::bool::weighted(0.3),
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::collection::vec(
            (text(), text(), text(), any::<Option<bool>>(), -3i64..9),
            1..14,
        ),
    )
        .prop_map(|(texts, broken, verbose, quiet, actions)| Scene {
            texts,
            broken,
            verbose,
            quiet,
            actions,
        })
        .boxed()
}

/// What acts on a terminal: anything but line ends, tabs and styles.
pub fn acts_on_a_terminal(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, tail) = rest.split_at(at);
        if let Some(bad) = before.chars().find(|c| acts(*c)) {
            return Some(format!("{bad:?}"));
        }
        let style = tail
            .strip_prefix("\u{1b}[")
            .and_then(|tail| tail.split_once('m'));
        match style {
            Some((codes, after)) if codes.chars().all(|c| c.is_ascii_digit() || c == ';') => {
                rest = after
            }
            _ => {
                return Some(format!(
                    "an escape: {:?}",
                    tail.chars().take(8).collect::<String>()
                ));
            }
        }
    }
    rest.chars()
        .find(|c| acts(*c))
        .map(|bad| format!("{bad:?}"))
}

fn acts(c: char) -> bool {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\n')
        || bidi
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}')
}

/// JSON is YAML where no character stands raw that YAML refuses.
fn yaml(json: &serde_json::Value) -> String {
    let mut out = String::new();
    for c in json.to_string().chars() {
        match u16::try_from(u32::from(c)) {
            Ok(unit) if !c.is_ascii() || c == '\u{7f}' => out.push_str(&format!("\\u{unit:04x}")),
            _ => out.push(c),
        }
    }
    out
}

fn cedar(text: &str) -> String {
    text.chars()
        .map(|c| c.escape_unicode().to_string())
        .collect()
}

impl Scene {
    fn files(&self, head: bool) -> BTreeMap<String, String> {
        let t = &self.texts;
        let limit = if head { 3 } else { 5 };
        let more = if head { "@note(\"x\")\n" } else { "" };
        let uid = |ty: &str, id: &str| format!("{ty}::\"{}\"", cedar(id));
        let mut files = BTreeMap::from([
            ("agentauthz.yaml".to_owned(), yaml(&serde_json::json!({ "version": 1, "name": t[0] }))),
            (
                "schema/s.cedarschema".to_owned(),
                "entity Team;\nentity Agent in [Team] = { owner: String };\nentity Thing;\n\
                 action use appliesTo { principal: [Agent], resource: [Thing], context: { n: Long, text?: String } };"
                    .to_owned(),
            ),
            (
                format!("policies/{}.cedar", t[1]),
                format!(
                    "{more}@id(\"{}\")\npermit(principal, action, resource)\nwhen {{ context.n < {limit} }}; // {}\n\
                     forbid(principal, action, resource) when {{ context has text && context.text == \"{}\" \
                     && context.n + 9223372036854775805 > {limit} }};\n\
                     @id(\"t {}\")\nforbid(principal == ?principal, action, resource);",
                    cedar(&t[2]),
                    t[3].replace(['\n', '\r', '\u{85}', '\u{2028}'], " "),
                    cedar(&t[4]),
                    cedar(&t[5]),
                ),
            ),
            (
                "links.yaml".to_owned(),
                yaml(&serde_json::json!({ "version": 1, "links": [{
                    "id": format!("l {}", t[6]), "template": format!("t {}", t[5]), "principal": uid("Agent", &t[7]),
                }] })),
            ),
            (
                "agents.yaml".to_owned(),
                yaml(&serde_json::json!({ "version": 1, "agents": [{ "id": t[7], "owner": t[8], "purpose": t[9] }] })),
            ),
            (
                "mapping.yaml".to_owned(),
                yaml(&serde_json::json!({
                    "version": 1, "principal": "Agent::\"{agent}\"", "action": "use", "resource": "Thing::\"{args.thing}\"",
                    "context": { "n": "{args.n}", "text": "{args.text}", t[10].replace(['{', '}'], "x"): "{args.odd}" },
                    "tools": { "use": {}, "other *": { "action": t[11].replace(['{', '}'], "x") } },
                })),
            ),
            (
                format!("tests/{}.test.yaml", t[12]),
                yaml(&serde_json::json!({
                    "version": 1, "suite": t[12], "tests": [
                        {
                            "name": t[13],
                            "request": { "principal": uid("Agent", &t[7]), "action": "use", "resource": uid("Thing", &t[9]), "context": { "n": 4, "text": t[4] } },
                            "expect": { "decision": "allow", "reasons": [t[2]] },
                        },
                        {
                            "name": format!("{} 2", t[13]),
                            "request": { "principal": uid("Agent", &t[7]), "action": t[11], "resource": t[14], "context": { t[10].clone(): t[4] } },
                            "expect": { "decision": "forbid", "reasons": [t[15]], "errors": [t[2]] },
                        },
                    ],
                })),
            ),
        ]);
        if self.broken {
            files.insert(
                format!("policies/b{}.cedar", t[14]),
                format!("permit({}\n{}", t[15], t[3]),
            );
            files.insert(
                "entities/b.json".to_owned(),
                format!("[{{\"uid\": \"{}\"", t[4]),
            );
            files.insert(
                "entities/c.yaml".to_owned(),
                format!("version: 1\nentities: {{ {}", t[8]),
            );
        }
        files
    }

    fn incoming(&self) -> Vec<Incoming> {
        let place = |line: usize| Place {
            recording: self.texts[14].as_str().into(),
            line: line as u64 + 1,
        };
        let mut all: Vec<Incoming> = self
            .recorded()
            .into_iter()
            .enumerate()
            .map(|(at, action)| Incoming::Action(place(at), Box::new(action)))
            .collect();
        all.push(Incoming::Malformed(
            place(all.len()),
            self.texts[15].clone(),
        ));
        all.push(Incoming::Dropped("result", 3));
        all
    }

    fn recorded(&self) -> Vec<RecordedAction> {
        let made = self
            .actions
            .iter()
            .enumerate()
            .map(|(at, (id, agent, text, recorded, n))| {
                let mut action = RecordedAction::new(id.clone());
                action.agent = Some(if at % 2 == 0 {
                    self.texts[7].clone()
                } else {
                    agent.clone()
                });
                action.session = Some(text.clone());
                action.time = Some(if at % 3 == 0 {
                    text.clone()
                } else {
                    "2024-05-01T00:00:00Z".to_owned()
                });
                let mut args = BTreeMap::from([
                    ("thing".to_owned(), Json::String(agent.clone())),
                    (
                        "text".to_owned(),
                        Json::String(if at % 3 == 0 {
                            self.texts[4].clone()
                        } else {
                            text.clone()
                        }),
                    ),
                    ("odd".to_owned(), Json::String(text.clone())),
                    (text.clone(), Json::Repeated),
                ]);
                if *n >= 0 {
                    args.insert("n".to_owned(), Json::Int(*n));
                }
                action.call = Some(ToolCall {
                    tool: match n {
                        7 => format!("other {text}"),
                        8 => text.clone(),
                        _ => "use".to_owned(),
                    },
                    args: Some(Json::Object(args)),
                    result: None,
                });
                action.recorded = recorded.map(|allow| RecordedDecision {
                    decision: if allow {
                        Decision::Allow
                    } else {
                        Decision::Deny
                    },
                    determining: Some(vec![text.clone()]),
                    policy_version: Some(text.clone()),
                });
                action
            });
        made.collect()
    }

    /// Every report, as text for a terminal and as JSON.
    pub fn render(&self) -> Vec<(&'static str, String)> {
        let (base, head) = (
            load_files(&self.files(false)),
            load_files(&self.files(true)),
        );
        let version = |text: &String| Version {
            label: text.clone(),
            name: Some(text.clone()),
            digest: text.clone(),
        };
        let header = Header {
            name: Some(self.texts[0].clone()),
            versions: vec![version(&self.texts[5]), version(&self.texts[6])],
            verbose: self.verbose,
            quiet: self.quiet,
        };
        let pairing = Pairing::of(&base, &head);
        let (left, right) = (Side::base(&base, &pairing), Side::head(&head));
        let mut found = RecordingsReport::default();
        let mut replayed = ReplayReport::default();
        let mut changes = DecisionChanges::default();
        for incoming in self.incoming() {
            observe_check(&right, &mut found, incoming.clone());
            observe_replay(&right, &mut replayed, incoming.clone());
            observe_diff(&left, &right, &mut changes, incoming);
        }
        let repeated = BTreeMap::from([(self.texts[15].clone(), 2)]);
        found.repeated = repeated.clone();
        replayed.repeated = repeated.clone();
        let mut checked = check(&head);
        checked.recordings = Some(found);
        let tested = test(&head);
        let mut diffed = DiffReport {
            diagnostics: Vec::new(),
            repository: policy_changes(&base, &head, &pairing),
            decisions: Some(changes),
            repeated: repeated.clone(),
            templates: Default::default(),
        };
        for (side, version) in [(SideName::Base, &base), (SideName::Head, &head)] {
            let diagnostics = version.diagnostics.iter().cloned();
            diffed
                .diagnostics
                .extend(diagnostics.map(|found| (side, found)));
        }
        let imported = ImportSummary {
            written: 1,
            not_replayable: BTreeMap::from([(self.texts[1].clone(), 1)]),
            unmapped_tools: vec![(self.texts[2].clone(), 1)],
            unknown: vec![(self.texts[3].clone(), 1)],
            left_out: vec![(self.texts[4].clone(), 1)],
            malformed: 1,
            malformed_notes: vec![self.texts[5].clone()],
            dropped: BTreeMap::from([(self.texts[6].clone(), 1)]),
            repeated,
            output: self.texts[7].clone(),
            ..ImportSummary::default()
        };
        let nothing = DiffReport {
            decisions: None,
            ..diffed.clone()
        };
        let mut out = vec![
            ("check", render::check(&header, &checked, &head.sources)),
            ("test", render::test(&header, &tested, &head.sources)),
            ("replay", render::replay(&header, &replayed, &head.sources)),
            ("import", render::import(&header, &imported)),
            (
                "check json",
                json(&render::check_json(&header, &checked, &head.sources)),
            ),
            (
                "test json",
                json(&render::test_json(&header, &tested, &head.sources)),
            ),
            (
                "replay json",
                json(&render::replay_json(&header, &replayed, &head.sources)),
            ),
            ("import json", json(&render::import_json(&imported))),
        ];
        for report in [&diffed, &nothing] {
            let mut document = diff::document(diff::Input {
                report,
                repository: (&report.repository).into(),
                sides: [&left, &right],
                versions: Default::default(),
                name: header.name.clone(),
                now: "2026-11-01".to_owned(),
                recordings: self.texts.clone(),
                tested: Default::default(),
            });
            let options = JudgeOptions {
                now: "2026-11-01".to_owned(),
                ..JudgeOptions::default()
            };
            apply(&mut document, &head.approvals, &options);
            out.extend(shown(&document));
        }
        for action in self.recorded().iter().take(3) {
            let explained =
                explain_action(&[Side::base(&base, &pairing), Side::head(&head)], action);
            let sources = [&base.sources, &head.sources];
            out.push(("explain", render::explain(&header, &explained, &sources)));
            out.push((
                "explain json",
                json(&render::explain_json(&header, &explained, &sources)),
            ));
        }
        out
    }
}

fn json(json: &serde_json::Value) -> String {
    let text = render::json_text(json);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        *json
    );
    text
}

/// A report of a diff in every format that is text.
fn shown(document: &Document) -> Vec<(&'static str, String)> {
    let terminal = |detail| {
        let shown = Shown { detail, plan: None };
        render::document(document, &shown)
    };
    vec![
        ("diff", terminal(Detail::Screen)),
        ("diff -v", terminal(Detail::Everything)),
        ("diff -q", terminal(Detail::Result)),
        ("diff markdown", render::markdown::diff(document)),
        ("diff html", render::html::diff(document)),
        ("diff sarif", render::sarif::diff(document)),
        ("diff github", render::github::diff(document)),
        ("diff junit", render::junit::diff(document)),
        ("diff json", json(&render::document_json(document))),
    ]
}
