//! Random schemas: entity types with attributes of every type, tags, enumerations and a hierarchy, and actions in
//! groups with contexts of every type.

use super::literals;
use super::random::Random;
use std::fmt::Write;

#[derive(Debug, Clone, PartialEq)]
pub enum Ty {
    Bool,
    Long,
    Text,
    Decimal,
    Ip,
    Datetime,
    Duration,
    /// The place of an entity type.
    Entity(usize),
    Set(Box<Ty>),
    Record(Vec<Field>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub ty: Ty,
    pub required: bool,
}

#[derive(Debug, Clone)]
pub struct EntityType {
    /// With its namespace.
    pub name: String,
    /// The types it may be a member of, its own or later ones.
    pub above: Vec<usize>,
    pub fields: Vec<Field>,
    pub tags: Option<Ty>,
    /// The ids that there are, of an enumerated type.
    pub choices: Option<Vec<String>>,
    /// The ids that occur; some of them are in no store.
    pub ids: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Action {
    /// `Action`, with its namespace.
    pub ty: String,
    pub id: String,
    /// The groups it is in, earlier ones.
    pub groups: Vec<usize>,
    pub applies: Option<Applies>,
}

#[derive(Debug, Clone)]
pub struct Applies {
    pub principals: Vec<usize>,
    pub resources: Vec<usize>,
    pub context: Vec<Field>,
}

#[derive(Debug, Clone)]
pub struct Schema {
    pub entities: Vec<EntityType>,
    pub actions: Vec<Action>,
    /// How many of the entity types values may have: the enumerated ones, the last, are used in some schemas only.
    used: usize,
}

const NAMES: [&str; 19] = [
    "n",
    "flag",
    "text",
    "amount",
    "level",
    "owner",
    "rec",
    "inner",
    "a",
    "b",
    "when",
    "names",
    "type",
    "id",
    "if",
    "two words",
    "é",
    "manager",
    "q\"b\\",
];

const IDS: [&str; 11] = [
    "0",
    "1",
    "2",
    "3",
    "4",
    "x y",
    "é",
    "q\"q",
    "",
    "back\\slash",
    "new\nline",
];

impl Schema {
    pub fn random(random: &mut Random) -> Self {
        let names = [
            "User",
            "Agent",
            "Acme::Bot",
            "Doc",
            "Acme::Record",
            "Team",
            "Folder",
            "Acme::Crew",
            "Org",
        ];
        let mut entities: Vec<EntityType> = names
            .iter()
            .map(|name| {
                let mut ids: Vec<String> = (0..5).map(|at| IDS[at].to_owned()).collect();
                for id in &IDS[5..] {
                    if random.percent(12) {
                        ids.push((*id).to_owned());
                    }
                }
                ids.push("gone".to_owned());
                let name = (*name).to_owned();
                EntityType {
                    name,
                    above: Vec::new(),
                    fields: Vec::new(),
                    tags: None,
                    choices: None,
                    ids,
                }
            })
            .collect();
        for (name, choices) in [
            ("Color", &["red", "green", "b\"l"][..]),
            ("Acme::Level", &["low", "high"]),
        ] {
            let choices: Vec<String> = choices.iter().map(|id| (*id).to_owned()).collect();
            entities.push(EntityType {
                name: name.to_owned(),
                above: Vec::new(),
                fields: Vec::new(),
                tags: None,
                ids: choices.clone(),
                choices: Some(choices),
            });
        }
        let used = if random.percent(30) {
            entities.len()
        } else {
            names.len()
        };
        let mut schema = Self {
            entities,
            actions: Vec::new(),
            used,
        };
        for at in 0..names.len() {
            let mut above: Vec<usize> = (at.max(5)..names.len())
                .filter(|_| random.percent(55))
                .collect();
            if at < 5 && random.percent(30) {
                above.push(at);
            }
            let fields = schema.fields(random, 4, 2);
            let tags = random.percent(40).then(|| schema.ty(random, 1));
            let entity = &mut schema.entities[at];
            (entity.above, entity.fields, entity.tags) = (above, fields, tags);
        }
        schema.random_actions(random);
        schema
    }

    fn random_actions(&mut self, random: &mut Random) {
        for (at, id) in ["all", "readers", "writers"].into_iter().enumerate() {
            let groups = (0..at).filter(|_| random.percent(60)).collect();
            self.actions.push(Action {
                ty: "Action".to_owned(),
                id: id.to_owned(),
                groups,
                applies: None,
            });
        }
        let shared = self.fields(random, 9, 2);
        for id in ["read", "list", "write", "re move", "Acme::ping"] {
            let (ty, id) = id
                .rsplit_once("::")
                .map_or(("Action".to_owned(), id), |(space, id)| {
                    (format!("{space}::Action"), id)
                });
            let plain = ty == "Action";
            let groups = (0..3).filter(|_| plain && random.percent(45)).collect();
            let some = |random: &mut Random, from: usize, to: usize| {
                let mut all: Vec<usize> = (from..to).filter(|_| random.percent(55)).collect();
                if all.is_empty() {
                    all.push(random.within(from, to - 1));
                }
                all
            };
            let principals = some(random, 0, 3);
            let mut resources = some(random, 3, 5);
            if random.percent(15) {
                resources.push(random.below(self.used));
                resources.sort_unstable();
                resources.dedup();
            }
            let context = if random.percent(60) {
                shared.clone()
            } else {
                self.fields(random, 8, 2)
            };
            let applies = Some(Applies {
                principals,
                resources,
                context,
            });
            self.actions.push(Action {
                ty,
                id: id.to_owned(),
                groups,
                applies,
            });
        }
    }

    /// Up to so many attributes with different names.
    pub fn fields(&self, random: &mut Random, most: usize, depth: usize) -> Vec<Field> {
        let mut names = NAMES;
        random.shuffle(&mut names);
        let count = random.within(most / 2, most);
        names[..count]
            .iter()
            .map(|name| Field {
                name: (*name).to_owned(),
                ty: self.ty(random, depth),
                required: random.percent(65),
            })
            .collect()
    }

    pub fn ty(&self, random: &mut Random, depth: usize) -> Ty {
        let deep = if depth > 0 { 4 } else { 0 };
        match random.weighted(&[3, 5, 5, 3, 3, 3, 3, 4, deep, deep]) {
            0 => Ty::Bool,
            1 => Ty::Long,
            2 => Ty::Text,
            3 => Ty::Decimal,
            4 => Ty::Ip,
            5 => Ty::Datetime,
            6 => Ty::Duration,
            7 => Ty::Entity(random.below(self.used)),
            8 => Ty::Set(Box::new(self.ty(random, depth - 1))),
            _ => Ty::Record(self.fields(random, 3, depth - 1)),
        }
    }

    /// An id of a type: of an entity that is in a store, or of one that is in none.
    pub fn some_id(&self, random: &mut Random, at: usize) -> (String, String) {
        let entity = &self.entities[at];
        (entity.name.clone(), random.pick(&entity.ids).clone())
    }

    /// A change that leaves the schema whole: an attribute more or less, of another type, optional or required.
    pub fn mutate(&mut self, random: &mut Random) {
        let fresh = Field {
            name: "fresh".to_owned(),
            ty: self.ty(random, 1),
            required: random.percent(30),
        };
        let ty = self.ty(random, 1);
        let place = random.below(5 + 4);
        let fields = match self.actions.get_mut(3 + place) {
            Some(Action {
                applies: Some(applies),
                ..
            }) => &mut applies.context,
            _ => &mut self.entities[place % 5].fields,
        };
        match random.below(4) {
            1 if !fields.is_empty() => {
                let at = random.below(fields.len());
                fields[at].required = !fields[at].required;
            }
            2 if !fields.is_empty() => {
                let at = random.below(fields.len());
                fields[at].ty = ty;
            }
            3 if !fields.is_empty() => {
                fields.remove(random.below(fields.len()));
            }
            _ if fields.iter().all(|field| field.name != "fresh") => fields.push(fresh),
            _ => {}
        }
    }

    /// The schema in Cedar's own syntax.
    pub fn text(&self) -> String {
        let mut spaces = [String::new(), String::new()];
        for entity in &self.entities {
            let (space, name) = self.place(&entity.name);
            let out = &mut spaces[space];
            if let Some(choices) = &entity.choices {
                let choices: Vec<String> = choices.iter().map(|id| literals::quoted(id)).collect();
                writeln!(out, "entity {name} enum [{}];", choices.join(", ")).unwrap();
                continue;
            }
            write!(out, "entity {name}").unwrap();
            if !entity.above.is_empty() {
                write!(out, " in [{}]", self.names(&entity.above)).unwrap();
            }
            if !entity.fields.is_empty() {
                write!(out, " = {}", self.record(&entity.fields)).unwrap();
            }
            if let Some(tags) = &entity.tags {
                write!(out, " tags {}", self.written(tags)).unwrap();
            }
            out.push_str(";\n");
        }
        for action in &self.actions {
            let (space, _) = self.place(&action.ty);
            let out = &mut spaces[space];
            write!(out, "action {}", literals::quoted(&action.id)).unwrap();
            if !action.groups.is_empty() {
                let groups: Vec<String> = action
                    .groups
                    .iter()
                    .map(|at| literals::quoted(&self.actions[*at].id))
                    .collect();
                write!(out, " in [{}]", groups.join(", ")).unwrap();
            }
            if let Some(applies) = &action.applies {
                write!(
                    out,
                    " appliesTo {{ principal: [{}], resource: [{}], context: {} }}",
                    self.names(&applies.principals),
                    self.names(&applies.resources),
                    self.record(&applies.context)
                )
                .unwrap();
            }
            out.push_str(";\n");
        }
        let [plain, acme] = spaces;
        format!("{plain}namespace Acme {{\n{acme}}}\n")
    }

    /// Which namespace a name stands in, and what is left of it there.
    fn place<'n>(&self, name: &'n str) -> (usize, &'n str) {
        name.strip_prefix("Acme::")
            .map_or((0, name), |name| (1, name))
    }

    fn names(&self, all: &[usize]) -> String {
        let names: Vec<&str> = all
            .iter()
            .map(|at| self.entities[*at].name.as_str())
            .collect();
        names.join(", ")
    }

    fn record(&self, fields: &[Field]) -> String {
        let fields: Vec<String> = fields
            .iter()
            .map(|field| {
                let mark = if field.required { "" } else { "?" };
                format!(
                    "{}{mark}: {}",
                    literals::name(&field.name),
                    self.written(&field.ty)
                )
            })
            .collect();
        format!("{{ {} }}", fields.join(", "))
    }

    fn written(&self, ty: &Ty) -> String {
        match ty {
            Ty::Bool => "Bool".to_owned(),
            Ty::Long => "Long".to_owned(),
            Ty::Text => "String".to_owned(),
            Ty::Decimal => "decimal".to_owned(),
            Ty::Ip => "ipaddr".to_owned(),
            Ty::Datetime => "datetime".to_owned(),
            Ty::Duration => "duration".to_owned(),
            Ty::Entity(at) => self.entities[*at].name.clone(),
            Ty::Set(element) => format!("Set<{}>", self.written(element)),
            Ty::Record(fields) => self.record(fields),
        }
    }
}
