//! What lints claim about policies holds when Cedar decides: random policies are linted, and requests are decided with and
//! without what was found. Fixes that are repairs leave every request that raised no error as it was, and no permit wider.

use agentauthz::lint::{Finding, Fix, LintReport, Settings, apply, lint};
use agentauthz::model::Severity;
use agentauthz::repository::{Files, PolicyVersion, load};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema,
};
use std::collections::BTreeMap;

const CASES: usize = 150;

const SCHEMA: &str = r#"
entity G;
entity A in [G] { n: Long, s?: String, b: Bool } tags String;
entity R in [G] { n: Long, o?: Long };
action all;
action x in [all] appliesTo { principal: A, resource: R, context: { i: { l: Long, m?: Long, t: String, u?: String }, f: Bool, g?: Bool } };
action y in [all] appliesTo { principal: A, resource: R, context: { i: { l: Long, t: String }, f: Bool } };
action z in [all] appliesTo { principal: A, resource: R, context: { i: { l: Long, m?: Long, t: String, u?: String }, f: Bool, g?: Bool } };
"#;

const ENTITIES: &str = r#"[
  {"uid":{"type":"A","id":"p"},"attrs":{"n":1,"b":true,"s":"a"},"tags":{"t":"a"},"parents":[{"type":"G","id":"g"}]},
  {"uid":{"type":"A","id":"q"},"attrs":{"n":2,"b":false},"parents":[{"type":"G","id":"h"}]},
  {"uid":{"type":"A","id":"r"},"attrs":{"n":9223372036854775807,"b":false},"tags":{"t":"b"},"parents":[]},
  {"uid":{"type":"R","id":"a"},"attrs":{"n":0},"parents":[]},
  {"uid":{"type":"R","id":"b"},"attrs":{"n":3,"o":1},"parents":[]}
]"#;

const LONGS: &[&str] = &["context.i.l", "principal.n", "resource.n"];

/// Choices that are the same in each run.
struct Choice(u64);

impl Choice {
    fn new() -> Self {
        Self(7)
    }

    fn below(&mut self, count: usize) -> usize {
        // Knuth's numbers; the high bits are the random ones.
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % count
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn atom(&mut self) -> String {
        match self.below(20) {
            0..=3 => {
                let operator = self.of(&["<", "<=", ">", ">=", "==", "!="]);
                format!("{} {operator} {}", self.of(LONGS), self.below(4))
            }
            4 => format!("{} < {}", self.below(4), self.of(LONGS)),
            5 => format!(
                "context.i.t {} \"{}\"",
                self.of(&["==", "!="]),
                self.of(&["a", "b", "ab"])
            ),
            6 => format!(
                "context.i.t like \"{}\"",
                self.of(&["a*", "*b", "a*b", "b*", "ab", "*a*"])
            ),
            7 => format!(
                "[{}].contains(context.i.t)",
                self.of(&["\"a\"", "\"a\", \"b\"", "\"b\", \"ab\""])
            ),
            8 => self
                .of(&[
                    "context.f",
                    "context.f == false",
                    "principal.b",
                    "true",
                    "false",
                ])
                .into(),
            9 => self
                .of(&[
                    "context has g",
                    "context.i has u",
                    "context.i has t",
                    "context has i.u",
                ])
                .into(),
            10 => "context.g".into(),
            11 => format!("context.i.u == \"{}\"", self.of(&["a", "b"])),
            12 => format!("context.i.m {} {}", self.of(&["<", ">"]), self.below(3)),
            13 => format!("principal == A::\"{}\"", self.of(&["p", "q"])),
            14 => self
                .of(&[
                    "principal is A",
                    "resource is A",
                    "resource is R",
                    "action == Action::\"x\"",
                ])
                .into(),
            15 => format!("{} < {}", self.of(LONGS), self.of(LONGS)),
            16 => {
                let operator = self.of(&["+", "-", "*"]);
                format!(
                    "{} {operator} {} < {}",
                    self.of(LONGS),
                    self.below(4),
                    self.below(5)
                )
            }
            17 => self
                .of(&[
                    "principal.getTag(\"t\") == \"a\"",
                    "principal.hasTag(\"t\")",
                ])
                .into(),
            18 => "context.i.l - resource.n > 0".into(),
            _ => format!("principal in G::\"{}\"", self.of(&["g", "h"])),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom();
        }
        let kind = self.below(9);
        match kind {
            0..=5 => {
                let count = 2 + self.below(2);
                let parts: Vec<String> = (0..count)
                    .map(|_| {
                        let part = self.condition(depth - 1);
                        let loose = part.contains("if ") || (kind < 3 && part.contains("||"));
                        match loose || self.below(5) == 0 {
                            true => format!("({part})"),
                            false => part,
                        }
                    })
                    .collect();
                parts.join(if kind < 3 { " && " } else { " || " })
            }
            6 => format!("!({})", self.condition(depth - 1)),
            7 => {
                let [test, then, other] = [0; 3].map(|_| self.condition(depth - 1));
                format!("if {test} then {then} else {other}")
            }
            _ => self.atom(),
        }
    }

    fn policy(&mut self, id: usize) -> String {
        let mut text = format!(
            "@id(\"p{id}\")\n{} ({}, {}, {})",
            self.of(&["permit", "forbid"]),
            self.of(&[
                "principal",
                "principal",
                "principal == A::\"p\"",
                "principal is A",
                "principal in G::\"g\""
            ]),
            self.of(&[
                "action == Action::\"x\"",
                "action",
                "action in Action::\"all\"",
                "action in [Action::\"x\", Action::\"y\"]"
            ]),
            self.of(&["resource", "resource", "resource is R"]),
        );
        for _ in 0..self.below(3) {
            let depth = self.below(3);
            let condition = self.condition(depth);
            text += &format!(
                "\n{} {{ {condition} }}",
                self.of(&["when", "when", "unless"])
            );
        }
        text + ";\n"
    }

    fn request(&mut self, schema: &Schema) -> Request {
        let action = self.of(&["x", "x", "y", "z"]);
        let long = self.of(&[
            "0",
            "1",
            "2",
            "3",
            "9223372036854775807",
            "-9223372036854775808",
        ]);
        let mut input = format!("\"l\":{long},\"t\":\"{}\"", self.of(&["a", "b", "ab", "c"]));
        let mut context = format!("\"f\":{}", self.below(2) == 0);
        if action != "y" {
            if self.below(2) == 0 {
                input += &format!(",\"m\":{}", self.below(4));
            }
            if self.below(2) == 0 {
                input += &format!(",\"u\":\"{}\"", self.of(&["a", "b"]));
            }
            if self.below(2) == 0 {
                context += &format!(",\"g\":{}", self.below(2) == 0);
            }
        }
        let uid = |text: String| text.parse::<EntityUid>().unwrap();
        let action = uid(format!("Action::\"{action}\""));
        let json = format!("{{\"i\":{{{input}}},{context}}}");
        let context = Context::from_json_str(&json, Some((schema, &action))).unwrap();
        let principal = uid(format!("A::\"{}\"", self.of(&["p", "q", "r"])));
        let resource = uid(format!("R::\"{}\"", self.of(&["a", "b"])));
        Request::new(principal, action, resource, context, Some(schema)).unwrap()
    }
}

/// What comes of a policy.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Applies,
    Not,
    Error,
}

struct World {
    requests: Vec<Request>,
    entities: Entities,
}

impl World {
    fn new(choice: &mut Choice) -> Self {
        let schema: Schema = SCHEMA.parse().unwrap();
        Self {
            requests: (0..300).map(|_| choice.request(&schema)).collect(),
            entities: Entities::from_json_str(ENTITIES, Some(&schema)).unwrap(),
        }
    }

    /// What comes of a policy for each request, whatever its effect is.
    fn outcomes(&self, policy: &str) -> Vec<Outcome> {
        let permit = policy.replacen("forbid (", "permit (", 1);
        let set: PolicySet = permit
            .parse()
            .unwrap_or_else(|error| panic!("{error}\n{policy}"));
        let authorizer = Authorizer::new();
        let each = self.requests.iter().map(|request| {
            let response = authorizer.is_authorized(request, &set, &self.entities);
            match response.decision() {
                _ if response.diagnostics().errors().next().is_some() => Outcome::Error,
                Decision::Allow => Outcome::Applies,
                Decision::Deny => Outcome::Not,
            }
        });
        each.collect()
    }

    fn applies(&self, policy: &str) -> Vec<bool> {
        let all = self.outcomes(policy).into_iter();
        all.map(|outcome| outcome == Outcome::Applies).collect()
    }
}

type Texts = BTreeMap<String, String>;

fn version(texts: &Texts) -> PolicyVersion {
    load(&Files {
        paths: texts.keys().cloned().collect(),
        read: &|path| Ok(texts[path].as_bytes().to_vec()),
        refused: Vec::new(),
    })
}

fn linted(texts: &Texts, only: &[&'static str]) -> (PolicyVersion, LintReport) {
    let version = version(texts);
    let settings = Settings {
        now: "2026-11-24".to_owned(),
        only: only.to_vec(),
        ..Settings::default()
    };
    let report = lint(&version, &settings);
    (version, report)
}

fn fixed(texts: &Texts, findings: &[&Finding]) -> Option<Texts> {
    let fixes: Vec<&Fix> = findings
        .iter()
        .filter_map(|found| found.fix.as_ref())
        .collect();
    let applied = apply(&fixes, &|path| texts.get(path).map(String::as_str));
    let mut after = texts.clone();
    after.extend(
        applied
            .texts
            .into_iter()
            .map(|(path, text)| (path.to_string(), text)),
    );
    (after != *texts).then_some(after)
}

#[test]
fn what_lints_claim_is_what_cedar_decides() {
    let mut choice = Choice::new();
    let world = World::new(&mut choice);
    for _ in 0..CASES {
        let mut texts = Texts::from([
            (
                "agentauthz.yaml".to_owned(),
                "version: 1\nname: truth\n".to_owned(),
            ),
            ("schema/a.cedarschema".to_owned(), SCHEMA.to_owned()),
        ]);
        for id in 0..2 {
            texts.insert(format!("policies/p{id}.cedar"), choice.policy(id));
        }
        let (version, report) = linted(&texts, &[]);
        for finding in &report.findings {
            holds(&world, &texts, &version, finding);
        }
        for id in 0..2 {
            repairs_hold(&world, &texts, &format!("policies/p{id}.cedar"));
        }
    }
}

/// Whether Cedar's validator has no error in a file.
fn is_valid(version: &PolicyVersion, path: &str) -> bool {
    let mut all = version.diagnostics.iter();
    !all.any(|found| found.path.as_deref() == Some(path) && found.severity == Severity::Error)
}

fn holds(world: &World, texts: &Texts, version: &PolicyVersion, finding: &Finding) {
    let path: &str = &finding.path;
    let text = &texts[path];
    let other = match path.contains("p0") {
        true => "policies/p1.cedar",
        false => "policies/p0.cedar",
    };
    let said = format!(
        "{} {}\n{text}\n{}",
        finding.lint.code, finding.message, texts[other]
    );
    let valid = is_valid(version, path);
    let after = fixed(texts, &[finding]).map(|after| after[path].clone());
    match (finding.lint.code, after) {
        ("AZ110" | "AZ113", _) => assert!(!world.applies(text).contains(&true), "{said}"),
        ("AZ112" | "AZ114" | "AZ119", Some(after)) => {
            let (before, now) = (world.applies(text), world.applies(&after));
            assert!(!valid || before == now, "{said}\n{after}");
        }
        ("AZ104", Some(after)) => {
            let changed = world.outcomes(text).into_iter().zip(world.outcomes(&after));
            let mut changed = changed.filter(|(before, now)| before != now);
            assert!(
                changed.all(|(before, _)| before == Outcome::Error),
                "{said}\n{after}"
            );
        }
        ("AZ115" | "AZ116" | "AZ117" | "AZ118", _) if valid && is_valid(version, other) => {
            let mut both = world
                .applies(text)
                .into_iter()
                .zip(world.applies(&texts[other]));
            assert!(both.all(|(narrow, wide)| wide || !narrow), "{said}");
        }
        ("AZ121", _) if valid => {
            let mut without = text.clone();
            without.replace_range(finding.span.start..finding.span.end(), "false");
            assert_eq!(world.applies(text), world.applies(&without), "{said}");
        }
        ("AZ111", _) if finding.message.contains("never applies there") => {
            let all = world.requests.iter().zip(world.applies(text));
            for (request, applies) in all {
                let action = request.action().unwrap().to_string();
                assert!(!(applies && finding.message.contains(&action)), "{said}");
            }
        }
        _ => {}
    }
}

/// Guards are put in front until nothing is left that they can be put in front of.
fn repairs_hold(world: &World, texts: &Texts, path: &str) {
    let mut after = texts.clone();
    for round in 0.. {
        assert!(
            round < 12,
            "this has no end\n{}\n{}",
            texts[path],
            after[path]
        );
        let (_, report) = linted(&after, &["AZ105", "AZ106"]);
        let own = report
            .findings
            .iter()
            .filter(|found| found.path.as_ref() == path);
        match fixed(&after, &own.collect::<Vec<_>>()) {
            Some(next) => after = next,
            None => break,
        }
    }
    let (before, now) = (world.outcomes(&texts[path]), world.outcomes(&after[path]));
    for (before, now) in before.into_iter().zip(now) {
        let said = format!("{before:?} is {now:?}\n{}\n{}", texts[path], after[path]);
        assert!(before == now || before == Outcome::Error, "{said}");
        let widened = texts[path].contains("permit (") && now == Outcome::Applies;
        assert!(before == now || !widened, "{said}");
    }
}
