//! Random versions of a policy repository: policies, templates, links and entities over a random schema; and a head
//! that differs from its base.

use super::expressions::Expressions;
use super::literals;
use super::random::Random;
use super::schema::{Applies, Schema};
use super::values::{self, ODD, Value, Writing};
use agentauthz::repository::{Files, PolicyVersion, load};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its `@id`, or nothing.
    pub id: Option<String>,
    /// The number of the file it stands in.
    pub file: usize,
    pub permit: bool,
    pub principal: String,
    pub action: String,
    pub resource: String,
    pub conditions: Vec<String>,
}

impl Rule {
    pub fn text(&self) -> String {
        format!(
            "{}({}, {}, {}){};",
            if self.permit { "permit" } else { "forbid" },
            self.principal,
            self.action,
            self.resource,
            self.conditions.concat()
        )
    }

    /// Whether it has slots for the principal and for the resource.
    pub fn slots(&self) -> (bool, bool) {
        (self.principal.contains('?'), self.resource.contains('?'))
    }

    pub fn is_template(&self) -> bool {
        self.slots() != (false, false)
    }

    pub fn path(&self) -> String {
        format!("policies/{}/p.cedar", self.file)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub id: String,
    pub template: String,
    pub principal: Option<(String, String)>,
    pub resource: Option<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct Version {
    /// The schema, and whether the repository has it.
    pub schema: Schema,
    pub has_schema: bool,
    pub rules: Vec<Rule>,
    pub links: Vec<Link>,
    pub entities: Vec<Json>,
}

/// Base and head.
#[derive(Debug, Clone)]
pub struct World {
    pub base: Version,
    pub head: Version,
}

impl Version {
    pub fn random(random: &mut Random, wild: usize) -> Self {
        let schema = Schema::random(random);
        let has_schema = random.percent(92);
        let mut version = Self {
            schema,
            has_schema,
            rules: Vec::new(),
            links: Vec::new(),
            entities: Vec::new(),
        };
        let count = random.within(3, 14);
        for at in 0..count {
            let rule = version.rule(random, at, wild);
            version.rules.push(rule);
        }
        for at in 0..random.within(1, 4) {
            version.link(random, at);
        }
        version.entities = version.random_entities(random);
        version
    }

    fn rule(&self, random: &mut Random, at: usize, wild: usize) -> Rule {
        let actions: Vec<(usize, &Applies)> = (0..self.schema.actions.len())
            .filter_map(|at| Some((at, self.schema.actions[at].applies.as_ref()?)))
            .collect();
        let (action, applies) = *random.pick(&actions);
        let principal = *random.pick(&applies.principals);
        let resource = *random.pick(&applies.resources);
        let wild = [0, 0, 5, 40][random.weighted(&[6, 2, 2, 2])] * wild / 100;
        let mut conditions = Vec::new();
        for _ in 0..random.weighted(&[1, 7, 2, 1]) {
            let word = if random.percent(85) { "when" } else { "unless" };
            let environment = (principal, resource, applies);
            let condition = Expressions::new(random, &self.schema, environment, wild).condition();
            conditions.push(format!(" {word} {{ {condition} }}"));
        }
        Rule {
            id: random.percent(90).then(|| format!("p{at}")),
            file: random.below(3),
            permit: random.percent(65),
            principal: self.scope(random, "principal", principal),
            action: self.action_scope(random, action),
            resource: self.scope(random, "resource", resource),
            conditions,
        }
    }

    fn scope(&self, random: &mut Random, variable: &str, ty: usize) -> String {
        let entity = &self.schema.entities[ty];
        let (name, id) = self.schema.some_id(random, ty);
        let one = literals::uid(&name, &id);
        let group = match entity.above.is_empty() || random.percent(15) {
            true => one.clone(),
            false => {
                let (name, id) = self
                    .schema
                    .some_id(random, *random.clone().pick(&entity.above));
                literals::uid(&name, &id)
            }
        };
        match random.weighted(&[12, 2, 6, 7, 4, 1, 1, 1]) {
            0 => variable.to_owned(),
            1 => format!("{variable} == {one}"),
            2 => format!("{variable} in {group}"),
            3 => format!("{variable} is {name}"),
            4 => format!("{variable} is {name} in {group}"),
            5 => format!("{variable} == ?{variable}"),
            6 => format!("{variable} in ?{variable}"),
            _ => format!("{variable} is {name} in ?{variable}"),
        }
    }

    fn action_scope(&self, random: &mut Random, at: usize) -> String {
        let own = &self.schema.actions[at];
        let uid =
            |at: usize| literals::uid(&self.schema.actions[at].ty, &self.schema.actions[at].id);
        match random.weighted(&[7, 7, 6, 4, 1]) {
            0 => "action".to_owned(),
            1 => format!("action == {}", uid(at)),
            2 => {
                let mut all = vec![uid(at)];
                for _ in 0..random.below(3) {
                    all.push(uid(random.below(self.schema.actions.len())));
                }
                format!("action in [{}]", all.join(", "))
            }
            3 if !own.groups.is_empty() => format!("action in {}", uid(*random.pick(&own.groups))),
            3 => format!("action in {}", uid(at)),
            _ => "action in []".to_owned(),
        }
    }

    fn link(&mut self, random: &mut Random, at: usize) {
        let templates: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| rule.is_template() && rule.id.is_some())
            .collect();
        if templates.is_empty() {
            return;
        }
        let rule = *random.pick(&templates);
        let types = self.schema.entities.len();
        let mut some = |with: bool, from: usize, to: usize| {
            let ty = if random.percent(70) {
                random.within(from, to)
            } else {
                random.below(types)
            };
            with.then(|| self.schema.some_id(random, ty))
        };
        let (principal, resource) = rule.slots();
        let link = Link {
            id: format!("link{at}"),
            template: rule.id.clone().unwrap_or_default(),
            principal: some(principal, 0, 2),
            resource: some(resource, 3, 4),
        };
        self.links.push(link);
    }

    /// Entities without cycles; some are missing, and some do not conform to the schema.
    fn random_entities(&self, random: &mut Random) -> Vec<Json> {
        let mut out = Vec::new();
        let odd = random.percent(25);
        for (ty, entity) in self.schema.entities.iter().enumerate() {
            for at in 0..entity.ids.len() {
                if entity.ids[at] == "gone"
                    || random.percent(12)
                    || (entity.choices.is_some() && random.percent(70))
                {
                    continue;
                }
                let odd = odd && random.percent(6);
                out.push(self.entity(random, ty, at, odd));
            }
        }
        if !self.has_schema && random.percent(70) {
            // Without a schema, action groups are those of the entity files.
            for action in &self.schema.actions {
                let groups: Vec<Json> = action
                    .groups
                    .iter()
                    .map(|at| {
                        values::uid(&self.schema.actions[*at].ty, &self.schema.actions[*at].id)
                    })
                    .collect();
                out.push(json!({ "uid": values::uid(&action.ty, &action.id), "attrs": {}, "parents": groups }));
            }
        }
        out
    }

    fn entity(&self, random: &mut Random, ty: usize, at: usize, odd: bool) -> Json {
        let entity = &self.schema.entities[ty];
        let mut parents = Vec::new();
        for above in &entity.above {
            let later = if *above == ty { at + 1 } else { 0 };
            let ids = &self.schema.entities[*above].ids;
            for id in ids.iter().skip(later) {
                if random.percent(30) {
                    parents.push(values::uid(&self.schema.entities[*above].name, id));
                }
            }
        }
        let implicit = if self.has_schema { 50 } else { 0 };
        let mut attributes = values::record(random, &self.schema, &entity.fields);
        if odd && !attributes.is_empty() {
            let place = random.below(attributes.len());
            match random.below(3) {
                0 => {
                    attributes.remove(place);
                }
                1 => attributes[place].1 = Value::Long(1),
                _ => attributes.push(("more".to_owned(), Value::Text("x".to_owned()))),
            }
        }
        let mut writing = Writing::odd(random, if odd { 0 } else { implicit }).readable();
        let parse = |text: String| -> Json {
            serde_json::from_str(&text).expect("entities have no odd values")
        };
        let attributes = parse(Value::Record(attributes).text(&mut writing));
        let mut out = json!({ "uid": values::uid(&entity.name, &entity.ids[at]), "attrs": attributes, "parents": parents });
        if let Some(ty) = &entity.tags {
            let mut tags = Vec::new();
            for key in ["a", "b", "k", ""] {
                if random.percent(50) {
                    tags.push((key.to_owned(), values::value(random, &self.schema, ty)));
                }
            }
            if !tags.is_empty() {
                out["tags"] = parse(Value::Record(tags).text(&mut writing));
            }
        }
        out
    }

    /// The files of the repository.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::from([
            ("agentauthz.yaml".to_owned(), "version: 1\n".to_owned()),
            (
                "entities/e.json".to_owned(),
                json!(self.entities).to_string(),
            ),
        ]);
        if self.has_schema {
            files.insert("schema/s.cedarschema".to_owned(), self.schema.text());
        }
        for rule in &self.rules {
            let text = files.entry(rule.path()).or_default();
            if let Some(id) = &rule.id {
                text.push_str(&format!("@id({})\n", literals::quoted(id)));
            }
            text.push_str(&rule.text());
            text.push('\n');
        }
        let uid =
            |part: &Option<(String, String)>| part.as_ref().map(|(ty, id)| literals::uid(ty, id));
        let links: Vec<Json> = self
            .links
            .iter()
            .map(|link| {
                let mut out = json!({ "id": link.id, "template": link.template });
                for (slot, part) in [
                    ("principal", uid(&link.principal)),
                    ("resource", uid(&link.resource)),
                ] {
                    if let Some(part) = part {
                        out[slot] = json!(part);
                    }
                }
                out
            })
            .collect();
        files.insert(
            "links.yaml".to_owned(),
            json!({ "version": 1, "links": links }).to_string(),
        );
        files
    }

    /// The id of each rule in reports.
    pub fn ids(&self) -> Vec<String> {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        self.rules
            .iter()
            .map(|rule| {
                let place = places.entry(rule.path()).or_default();
                *place += 1;
                rule.id
                    .clone()
                    .unwrap_or_else(|| format!("{}#{place}", rule.path()))
            })
            .collect()
    }

    /// The version as the product reads it; its blocking faults, if it has any.
    pub fn load(&self) -> Result<PolicyVersion, String> {
        let files = self.files();
        let version = load(&Files {
            paths: files.keys().cloned().collect(),
            read: &|path| match files.get(path) {
                Some(text) => Ok(text.clone().into_bytes()),
                None => Err("there is no such file".to_owned()),
            },
            refused: Vec::new(),
        });
        let blocking: Vec<_> = version
            .diagnostics
            .iter()
            // Without a schema the command line refuses to go on; the engines do not need one.
            .filter(|found| found.is_blocking() && found.code != "no_schema")
            .collect();
        if blocking.is_empty() {
            Ok(version)
        } else {
            Err(format!("{blocking:#?}"))
        }
    }

    /// A version that differs from this one in a few places.
    pub fn mutated(&self, random: &mut Random, wild: usize) -> Self {
        let mut head = self.clone();
        for _ in 0..random.within(1, 3) {
            head.mutate(random, wild);
        }
        head.links.retain(|link| {
            head.rules
                .iter()
                .any(|rule| rule.id.as_ref() == Some(&link.template))
        });
        head
    }

    fn mutate(&mut self, random: &mut Random, wild: usize) {
        let fresh = self.rule(random, 100 + random.clone().below(100), wild);
        let taken = self
            .rules
            .iter()
            .any(|rule| rule.id == fresh.id && fresh.id.is_some());
        let at = random.below(self.rules.len().max(1));
        let rule = self.rules.get_mut(at);
        match (random.weighted(&[5, 4, 3, 3, 2, 5, 2, 1, 1, 1]), rule) {
            (0, Some(rule)) => rule.conditions = fresh.conditions,
            (1, Some(rule)) => {
                rule.conditions.extend(fresh.conditions);
                rule.conditions.truncate(3);
            }
            (2, Some(rule)) => rule.permit = !rule.permit,
            (3, Some(_)) => {
                self.rules.remove(at);
            }
            (4, Some(rule)) if !rule.is_template() && !fresh.is_template() => {
                (rule.principal, rule.action, rule.resource) =
                    (fresh.principal, fresh.action, fresh.resource);
            }
            (5, Some(rule)) => {
                // What may not be there is read without asking.
                let text = random.pick(&[
                    "context.fresh",
                    "principal.zzz == 1",
                    "context has zzz.a",
                    "context.n == 1",
                ]);
                rule.conditions.push(format!(" when {{ {text} }}"));
            }
            (6, _) if !self.entities.is_empty() => {
                for _ in 0..random.within(1, 5) {
                    if !self.entities.is_empty() {
                        self.entities.remove(random.below(self.entities.len()));
                    }
                }
            }
            (7, _) => self.entities = self.random_entities(random),
            (8, _) => self.schema.mutate(random),
            (9, _) if self.has_schema && random.percent(20) => self.without_schema(random),
            (3.., _) if !taken => self.rules.insert(random.below(self.rules.len() + 1), fresh),
            _ => {}
        }
    }

    /// The schema is removed; what only it could type is written anew.
    fn without_schema(&mut self, random: &mut Random) {
        self.has_schema = false;
        self.entities = self.random_entities(random);
    }
}

impl World {
    /// `wild` is how odd it may be, in percent.
    pub fn random(random: &mut Random, wild: usize) -> Self {
        let base = Version::random(random, wild);
        let head = base.mutated(random, wild);
        Self { base, head }
    }
}

/// JSON that no value is, for contexts.
pub fn odd_value(random: &mut Random) -> Value {
    Value::Odd(random.word(&ODD))
}
