//! Random pairs of versions that differ in their policies, templates and links alone, and random requests. The schema and
//! the entities are always the same, and small, so that several policies decide every request.

use crate::random::Random;
use agentauthz::repository::{Files, PolicyVersion, load};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const SCHEMA: &str = "entity Team, Folder;
entity Agent in [Team] { level: Long };
entity Doc in [Folder] { owner?: Agent, cost: Long };
action read, write, send appliesTo {
    principal: Agent,
    resource: Doc,
    context: { amount: Long, note?: String, urgent: Bool },
};
";

/// The file that all policies stand in.
const FILE: &str = "policies/p.cedar";

/// So many policies, templates and links may differ, and hardly ever more: every subset of them is tried.
pub const EDITS: usize = 8;

/// What may stand in a condition; the last ones raise errors for some requests.
const ATOMS: &[&str] = &[
    "context.amount > 10",
    "context.amount <= 40",
    "context.amount < 70",
    "context.amount == 20",
    "context.urgent",
    "principal in Team::\"red\"",
    "resource in Folder::\"f0\"",
    "action == Action::\"read\"",
    "context has note",
    "context has note && context.note == \"x\"",
    "resource has owner && resource.owner == principal",
];
const ERRING: &[&str] = &[
    "context.note == \"x\"",
    "context.note like \"*y*\"",
    "context.amount * 400000000000000000 > 0",
    "principal.level > 2",
    "resource.cost < 50",
    "resource.owner == principal",
    "resource.owner.level >= 1",
];

/// A policy or a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its `@id`, or nothing.
    pub id: Option<String>,
    pub permit: bool,
    pub principal: String,
    pub action: String,
    pub resource: String,
    /// With its `when` or `unless`; empty where there is none.
    pub condition: String,
}

/// The slots of a link, as Cedar writes entities.
pub type Slots = [Option<String>; 2];

#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub id: String,
    pub template: String,
    pub slots: Slots,
}

#[derive(Debug, Clone, Default)]
pub struct Version {
    pub rules: Vec<Rule>,
    pub links: Vec<Link>,
}

#[derive(Debug, Clone, Default)]
pub struct World {
    pub base: Version,
    pub head: Version,
}

impl Rule {
    /// What it decides by.
    pub fn text(&self) -> String {
        format!(
            "{}({}, {}, {}){};",
            if self.permit { "permit" } else { "forbid" },
            self.principal,
            self.action,
            self.resource,
            self.condition
        )
    }

    pub fn is_template(&self) -> bool {
        self.principal.contains('?') || self.resource.contains('?')
    }

    fn random(random: &mut Random, id: Option<String>, is_template: bool) -> Self {
        let mut rule = Self {
            id,
            permit: random.percent(58),
            principal: String::new(),
            action: String::new(),
            resource: String::new(),
            condition: condition(random),
        };
        rule.scope(random, is_template);
        rule
    }

    fn scope(&mut self, random: &mut Random, is_template: bool) {
        // Wide ones, so that most requests are reached by most policies.
        let principals = [
            "principal",
            "principal is Agent",
            "principal in Team::\"red\"",
            "principal == Agent::\"a0\"",
        ];
        let actions = [
            "action",
            "action == Action::\"send\"",
            "action in [Action::\"read\", Action::\"write\"]",
        ];
        let resources = [
            "resource",
            "resource in Folder::\"f0\"",
            "resource == Doc::\"d1\"",
        ];
        self.principal = principals[random.weighted(&[6, 2, 2, 1])].to_owned();
        self.action = actions[random.weighted(&[6, 1, 2])].to_owned();
        self.resource = resources[random.weighted(&[6, 2, 1])].to_owned();
        if is_template {
            let slots = random.weighted(&[3, 2, 2]);
            if slots != 1 {
                self.principal = "principal in ?principal".to_owned();
            }
            if slots != 0 {
                self.resource = "resource in ?resource".to_owned();
            }
        }
    }

    /// The same one, edited; a template keeps its slots, for the sake of its links.
    fn edited(&self, random: &mut Random) -> Self {
        let mut rule = self.clone();
        match random.weighted(&[6, 4, 3, 2, 5]) {
            0 => rule.condition = condition(random),
            1 => rule.permit = !rule.permit,
            2 => {
                rule.permit = !rule.permit;
                rule.condition = condition(random);
            }
            3 => {
                let before = rule.clone();
                rule.scope(random, false);
                if before.principal.contains('?') {
                    rule.principal = before.principal;
                }
                if before.resource.contains('?') {
                    rule.resource = before.resource;
                }
            }
            _ => rule.condition = format!(" when {{ {} }}", random.word(ERRING)),
        }
        rule
    }
}

fn condition(random: &mut Random) -> String {
    let mut atom = || match random.percent(20) {
        true => random.word(ERRING),
        false => random.word(ATOMS),
    };
    let [one, other] = [atom(), atom()];
    let text = match random.weighted(&[3, 8, 3, 3, 2]) {
        0 => return String::new(),
        1 => one.to_owned(),
        2 => format!("({one}) && ({other})"),
        3 => format!("({one}) || ({other})"),
        _ => format!("!({one})"),
    };
    let word = random.word(&["when", "when", "when", "unless"]);
    format!(" {word} {{ {text} }}")
}

impl Link {
    fn random(random: &mut Random, id: String, template: &Rule) -> Self {
        let some = |random: &mut Random, all: &[&'static str]| random.word(all).to_owned();
        let principal = some(
            random,
            &[
                "Team::\"red\"",
                "Team::\"blue\"",
                "Agent::\"a0\"",
                "Agent::\"a1\"",
            ],
        );
        let resource = some(random, &["Folder::\"f0\"", "Folder::\"f1\"", "Doc::\"d0\""]);
        Self {
            id,
            template: template.id.clone().unwrap_or_default(),
            slots: [
                Some(principal).filter(|_| template.principal.contains('?')),
                Some(resource).filter(|_| template.resource.contains('?')),
            ],
        }
    }
}

impl World {
    /// Any two versions that differ in at least one policy, template or link, and in at most [`EDITS`] places.
    pub fn random(random: &mut Random) -> Self {
        loop {
            let world = Self::any(random);
            if (1..=EDITS).contains(&world.differences()) {
                return world;
            }
        }
    }

    /// How many units differ, where policies without an id are told apart by position.
    fn differences(&self) -> usize {
        let texts = |version: &Version| -> BTreeMap<String, String> {
            let rule = |(at, rule): (usize, &Rule)| {
                let name = rule.id.clone().unwrap_or_else(|| format!("#{at}"));
                (name, rule.text())
            };
            let link = |link: &Link| (link.id.clone(), format!("{link:?}"));
            let rules = version.rules.iter().enumerate().map(rule);
            rules.chain(version.links.iter().map(link)).collect()
        };
        let (base, head) = (texts(&self.base), texts(&self.head));
        let removed = base.keys().filter(|name| !head.contains_key(*name)).count();
        let changed = head
            .iter()
            .filter(|(name, text)| base.get(*name) != Some(text));
        removed + changed.count()
    }

    fn any(random: &mut Random) -> Self {
        let mut world = Self::default();
        for at in 0..random.within(1, 7) {
            match random.percent(30) {
                true => world.template(random, at),
                false => world.policy(random, at),
            }
        }
        world
    }

    fn policy(&mut self, random: &mut Random, at: usize) {
        let id = random.percent(93).then(|| format!("p{at}"));
        let rule = Rule::random(random, id, false);
        let what = random.weighted(&[4, 8, 2, 2, 1]);
        if what != 3 {
            self.base.rules.push(rule.clone());
        }
        match what {
            0 | 3 => self.head.rules.push(rule),
            1 => self.head.rules.push(rule.edited(random)),
            2 => {}
            // It became a link that is called the same.
            _ => {
                let template = Rule::random(random, Some(format!("t{at}")), true);
                let id = rule.id.unwrap_or_else(|| format!("l{at}"));
                self.head.links.push(Link::random(random, id, &template));
                self.head.rules.push(template);
            }
        }
    }

    fn template(&mut self, random: &mut Random, at: usize) {
        let template = Rule::random(random, Some(format!("t{at}")), true);
        let what = random.weighted(&[3, 10, 1, 1]);
        if what != 3 {
            self.base.rules.push(template.clone());
        }
        let after = match what {
            0 | 3 => template.clone(),
            _ => template.edited(random),
        };
        if what != 2 {
            self.head.rules.push(after);
        }
        // Another one with the same slots, which links may go over to.
        let other = Rule {
            id: Some(format!("o{at}")),
            ..template.edited(random)
        };
        let mut uses_other = false;
        for number in 0..random.within(1, 3) {
            let mut link = Link::random(random, format!("t{at}-{number}"), &template);
            let how = random.weighted(&[9, 2, 2, 2, 1]);
            if how != 1 && what != 3 {
                self.base.links.push(link.clone());
            }
            match how {
                3 => link = Link::random(random, link.id, &template),
                4 => {
                    uses_other = true;
                    link.template = format!("o{at}");
                }
                _ => {}
            }
            if how != 2 && (what != 2 || how == 4) {
                self.head.links.push(link);
            }
        }
        if uses_other {
            self.base.rules.push(other.clone());
            self.head.rules.push(other);
        }
    }
}

impl Version {
    /// What each rule is called in reports of this version alone.
    pub fn names(&self) -> Vec<String> {
        let name = |(at, rule): (usize, &Rule)| match &rule.id {
            Some(id) => id.clone(),
            None => format!("{FILE}#{}", at + 1),
        };
        self.rules.iter().enumerate().map(name).collect()
    }

    /// The file of policies; `note` is written to each of them as a comment and an annotation, which decide nothing.
    pub fn policies(&self, note: Option<&str>) -> String {
        let mut text = String::new();
        for rule in &self.rules {
            if let Some(note) = note {
                text += &format!("// {note}\n@note(\"{note}\")\n");
            }
            if let Some(id) = &rule.id {
                text += &format!("@id(\"{id}\")\n");
            }
            let written = rule.text();
            text += &match note {
                Some(_) => written.replace(", ", " ,\n    ").replace("{ ", "{\n\n  "),
                None => written,
            };
            text.push('\n');
        }
        text
    }

    /// The version as the product reads it.
    pub fn load(&self, note: Option<&str>) -> PolicyVersion {
        let links: Vec<Json> = self.links.iter().map(written).collect();
        let files = BTreeMap::from([
            ("agentauthz.yaml", "version: 1\n".to_owned()),
            ("entities/e.json", entities().to_string()),
            (
                "links.yaml",
                json!({ "version": 1, "links": links }).to_string(),
            ),
            (FILE, self.policies(note)),
            ("schema/s.cedarschema", SCHEMA.to_owned()),
        ]);
        let version = load(&Files {
            paths: files.keys().map(|path| (*path).to_owned()).collect(),
            read: &|path| Ok(files[path].clone().into_bytes()),
            refused: Vec::new(),
        });
        assert!(!version.is_blocked(), "{:#?}", version.diagnostics);
        version
    }
}

fn written(link: &Link) -> Json {
    let mut out = json!({ "id": link.id, "template": link.template });
    for (slot, filled) in ["principal", "resource"].into_iter().zip(&link.slots) {
        if let Some(filled) = filled {
            out[slot] = json!(filled);
        }
    }
    out
}

/// Agents `a0` to `a3`, and documents `d0` to `d2`; nothing is known of `a4` and `d3`.
pub fn entities() -> Json {
    let uid = |ty: &str, id: String| json!({ "type": ty, "id": id });
    let agent = |at: usize| {
        let team = if at < 2 { "red" } else { "blue" };
        json!({ "uid": uid("Agent", format!("a{at}")), "attrs": { "level": at },
            "parents": [uid("Team", team.to_owned())] })
    };
    let doc = |at: usize| {
        let mut attrs = json!({ "cost": at * 30 });
        if at > 0 {
            attrs["owner"] = json!({ "__entity": uid("Agent", format!("a{at}")) });
        }
        json!({ "uid": uid("Doc", format!("d{at}")), "attrs": attrs,
            "parents": [uid("Folder", format!("f{}", at % 2))] })
    };
    (0..4).map(agent).chain((0..3).map(doc)).collect()
}

/// One request, as a recording holds it.
pub fn request(random: &mut Random) -> Json {
    let mut context = json!({
        "amount": *random.pick(&[5, 20, 25, 30, 60, 90]),
        "urgent": random.percent(50),
    });
    if random.percent(55) {
        context["note"] = json!(random.word(&["x", "y", "xyz"]));
    }
    let uid = |ty: &str, id: String| json!({ "type": ty, "id": id });
    json!({
        "principal": uid("Agent", format!("a{}", random.weighted(&[3, 2, 2, 2, 1]))),
        "action": uid("Action", random.word(&["read", "write", "send"]).to_owned()),
        "resource": uid("Doc", format!("d{}", random.weighted(&[3, 2, 2, 1]))),
        "context": context,
    })
}
