//! Who and what there is: agents in roles, users in teams, records in collections in systems, tools; and the schema.

use super::rng::{Rng, Zipf};
use super::{Hierarchy, Spec};
use std::collections::BTreeSet;
use std::fmt::Write as _;

pub const SYSTEMS: usize = 50;
pub const VERBS: [&str; 20] = [
    "search",
    "get",
    "list",
    "read",
    "export", // group read, on records
    "create",
    "update",
    "send",
    "refund",
    "transfer",
    "approve",
    "delete",
    "share",
    "invite",
    "archive", // group write, on records
    "run",
    "deploy",
    "configure",
    "grant",
    "install", // group admin, on tools
];
pub const GROUPS: [&str; 4] = ["read", "write", "admin", "all"];
/// The first verb of each group, and one past the last.
pub const GROUP_VERBS: [(usize, usize); 4] = [(0, 5), (5, 15), (15, 20), (0, 20)];
/// Verbs from here on are used on tools.
pub const TOOL_VERBS: usize = 15;
pub const AGENTS: usize = 1_000;
pub const COLLECTIONS: usize = 10;
pub const TOOLS: usize = 20;
pub const USERS: usize = 500;
/// The first ones are departments, the others lie in them.
pub const TEAMS: usize = 220;
pub const DEPARTMENTS: usize = 20;
pub const LABELS: [&str; 40] = [
    "pii", "phi", "pci", "secret", "public", "internal", "legal", "finance", "hr", "board",
    "payroll", "contract", "invoice", "audit", "source", "design", "roadmap", "sales", "lead",
    "churn", "support", "incident", "backup", "key", "export", "gdpr", "sox", "hipaa", "draft",
    "final", "retained", "expired", "legacy", "beta", "partner", "vendor", "press", "event",
    "travel", "expense",
];
pub const REGIONS: [&str; 5] = ["eu", "us", "uk", "apac", "latam"];
pub const ENVIRONMENTS: [&str; 4] = ["prod", "staging", "dev", "test"];
pub const CHANNELS: [&str; 5] = ["email", "slack", "api", "cron", "mcp"];
pub const DOMAINS: [&str; 12] = [
    "acme.example",
    "partner.example",
    "mail.example",
    "evil.test",
    "vendor.example",
    "bank.example",
    "corp.example",
    "post.example",
    "hr.example",
    "ops.example",
    "eu.example",
    "us.example",
];
/// Clearances, sensitivities and levels are below this.
pub const GRADES: usize = 6_000;
/// Risks are parts of a million.
pub const RISKS: usize = 1_000_000;

/// One agent.
#[derive(Debug)]
pub struct Agent {
    pub clearance: usize,
    pub owner: usize,
    pub labels: Vec<&'static str>,
    pub roles: Vec<usize>,
    /// The roles, and all roles above them.
    pub all_roles: BTreeSet<usize>,
    /// The systems it mostly works with.
    pub systems: Vec<usize>,
}

/// Everything but the policies.
#[derive(Debug)]
pub struct World {
    pub agents: Vec<Agent>,
    pub records: usize,
    pub roles: usize,
    role_parents: Vec<Option<usize>>,
    rng: Rng,
}

/// The action of a system and a verb.
pub fn action(system: usize, verb: usize) -> String {
    format!("sys{system:02}_{}", VERBS[verb])
}

/// The group of a verb, but for `all`.
pub fn group_of(verb: usize) -> usize {
    GROUP_VERBS
        .iter()
        .position(|(low, high)| (*low..*high).contains(&verb))
        .unwrap_or(3)
}

/// One user in 25 is known to recordings alone: reading its attributes is an error.
fn is_stored(user: usize) -> bool {
    user % 25 != 24
}

fn some_labels(rng: &mut Rng) -> Vec<&'static str> {
    let count = rng.between(1, 6);
    rng.pick_some(&LABELS, count)
}

/// Strings as a JSON list; nothing in them needs an escape.
pub fn list(strings: &[&str]) -> String {
    let quoted: Vec<String> = strings.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(",")
}

fn entity(kind: &str, id: &str, attrs: &str, parents: &[(&str, String)], tags: &str) -> String {
    let parents: Vec<String> = parents
        .iter()
        .map(|(kind, id)| format!(r#"{{"type":"{kind}","id":"{id}"}}"#))
        .collect();
    let tags = if tags.is_empty() {
        String::new()
    } else {
        format!(r#","tags":{{{tags}}}"#)
    };
    format!(
        r#"{{"uid":{{"type":"{kind}","id":"{id}"}},"attrs":{{{attrs}}},"parents":[{}]{tags}}}"#,
        parents.join(",")
    )
}

fn user(user: usize) -> String {
    format!(r#"{{"__entity":{{"type":"User","id":"user{user:03}"}}}}"#)
}

fn file(entities: &[String]) -> String {
    format!("[{}]\n", entities.join(",\n"))
}

impl World {
    /// The world of a specification; it does not depend on the policies.
    pub fn new(spec: &Spec) -> Self {
        let mut rng = Rng::new(spec.seed, "world");
        let (roles, role_parents): (usize, Vec<Option<usize>>) = match spec.hierarchy {
            Hierarchy::Flat => {
                let parent = |role| if role < 10 { None } else { Some(rng.below(10)) };
                (40, (0..40).map(parent).collect())
            }
            Hierarchy::Deep => (
                100,
                (0_usize..100).map(|role| role.checked_sub(1)).collect(),
            ),
        };
        let often = Zipf::gentle(SYSTEMS);
        let mut agents = Vec::new();
        for _ in 0..AGENTS {
            let count = rng.between(1, 4);
            let places: Vec<usize> = (0..roles).collect();
            let of = rng.pick_some(&places, count);
            let mut all_roles = BTreeSet::new();
            for role in &of {
                let mut next = Some(*role);
                while let Some(role) = next {
                    all_roles.insert(role);
                    next = role_parents[role];
                }
            }
            agents.push(Agent {
                clearance: rng.below(GRADES),
                owner: rng.below(USERS),
                labels: some_labels(&mut rng),
                roles: of,
                all_roles,
                systems: (0..rng.between(2, 6))
                    .map(|_| often.sample(&mut rng))
                    .collect(),
            });
        }
        Self {
            agents,
            records: spec.records,
            roles,
            role_parents,
            rng,
        }
    }

    /// The entities by file, but for the agents.
    pub fn entity_files(&self) -> Vec<(String, String)> {
        let mut rng = self.rng.clone();
        let (mut people, mut systems, mut tools) = (Vec::new(), Vec::new(), Vec::new());
        for (role, parent) in self.role_parents.iter().enumerate() {
            let parent: Vec<_> = parent
                .iter()
                .map(|parent| ("Role", format!("role{parent:02}")))
                .collect();
            people.push(entity("Role", &format!("role{role:02}"), "", &parent, ""));
        }
        for team in 0..TEAMS {
            let parents = match team < DEPARTMENTS {
                true => vec![],
                false => vec![("Team", format!("team{:03}", team % DEPARTMENTS))],
            };
            people.push(entity("Team", &format!("team{team:03}"), "", &parents, ""));
        }
        for user in 0..USERS {
            let team = vec![("Team", format!("team{:03}", rng.below(TEAMS)))];
            let attrs = format!(r#""level":{}"#, rng.below(GRADES));
            if is_stored(user) {
                people.push(entity("User", &format!("user{user:03}"), &attrs, &team, ""));
            }
        }
        for system in 0..SYSTEMS {
            let parent = ("System", format!("sys{system:02}"));
            systems.push(entity("System", &parent.1, "", &[], ""));
            for collection in 0..COLLECTIONS {
                let id = format!("sys{system:02}.c{collection}");
                systems.push(entity(
                    "Collection",
                    &id,
                    "",
                    std::slice::from_ref(&parent),
                    "",
                ));
            }
            for tool in 0..TOOLS {
                let id = format!("tool{system:02}.{tool:02}");
                let (attrs, tags) = held(&mut rng);
                tools.push(entity(
                    "Tool",
                    &id,
                    &attrs,
                    std::slice::from_ref(&parent),
                    &tags,
                ));
            }
        }
        let mut files = vec![
            ("entities/people.json".to_owned(), file(&people)),
            ("entities/systems.json".to_owned(), file(&systems)),
            ("entities/tools.json".to_owned(), file(&tools)),
        ];
        let records: Vec<String> = (0..self.records)
            .map(|record| {
                let collection = record / SYSTEMS % COLLECTIONS;
                let parent = (
                    "Collection",
                    format!("sys{:02}.c{collection}", record % SYSTEMS),
                );
                let (attrs, tags) = held(&mut rng);
                entity(
                    "Record",
                    &format!("rec{record:06}"),
                    &attrs,
                    &[parent],
                    &tags,
                )
            })
            .collect();
        for (number, part) in records.chunks(4_000).enumerate() {
            files.push((format!("entities/records-{number:02}.json"), file(part)));
        }
        files
    }

    /// The inventory.
    pub fn agents_yaml(&self) -> String {
        let mut text = String::from("version: 1\nagents:\n");
        for (number, agent) in self.agents.iter().enumerate() {
            let roles: Vec<String> = agent
                .roles
                .iter()
                .map(|role| format!("Role::role{role:02}"))
                .collect();
            let _ = writeln!(
                text,
                "  - id: agent{number:04}\n    owner: user{:03}\n    purpose: works with system {}\n    in: [{}]\n    attrs: {{ clearance: {}, labels: [{}] }}",
                agent.owner,
                agent.systems[0],
                roles.join(", "),
                agent.clearance,
                agent.labels.join(", "),
            );
        }
        text
    }

    /// All entities, agents included, as one file of Cedar's entity JSON.
    pub fn entities_json(&self) -> String {
        let agents: Vec<String> = (0..AGENTS)
            .map(|number| {
                let agent = &self.agents[number];
                let roles: Vec<_> = agent
                    .roles
                    .iter()
                    .map(|role| ("Role", format!("role{role:02}")))
                    .collect();
                let attrs = format!(
                    r#""clearance":{},"owner":{},"labels":[{}]"#,
                    agent.clearance,
                    user(agent.owner),
                    list(&agent.labels)
                );
                entity("Agent", &format!("agent{number:04}"), &attrs, &roles, "")
            })
            .collect();
        let mut parts = vec![agents.join(",\n")];
        for (_, text) in self.entity_files() {
            parts.push(text.trim_end()[1..].trim_end_matches(']').to_owned());
        }
        format!("[{}]\n", parts.join(",\n"))
    }
}

/// Attributes and tags of a record or a tool.
fn held(rng: &mut Rng) -> (String, String) {
    let mut attrs = format!(
        r#""sensitivity":{},"owner":{},"labels":[{}]"#,
        rng.below(GRADES),
        user(rng.below(USERS)),
        list(&some_labels(rng))
    );
    if rng.chance(300) {
        let day = super::time::day(rng.below(90));
        let _ = write!(
            attrs,
            r#","retained":{{"__extn":{{"fn":"datetime","arg":"{day}"}}}}"#
        );
    }
    let tags = match rng.chance(600) {
        true => format!(r#""region":"{}""#, rng.pick(&REGIONS)),
        false => String::new(),
    };
    (attrs, tags)
}

/// The schema by file.
pub fn schema_files() -> Vec<(String, String)> {
    let types = "\
entity System;
entity Team in [Team];
entity Role in [Role];
entity User in [Team] { level: Long };
entity Agent in [Role] { clearance: Long, owner: User, labels: Set<String> };
entity Collection in [System];
entity Record in [Collection] {
  sensitivity: Long, owner: User, labels: Set<String>, retained?: datetime,
} tags String;
entity Tool in [System] {
  sensitivity: Long, owner: User, labels: Set<String>, retained?: datetime,
} tags String;

type Facts = {
  approval?: { approved: Bool, by: User },
  channel: String,
  env: String,
  hour: Long,
  input: { amount?: Long, body?: String, note?: String, recipient?: String },
  ip: ipaddr,
  labels: Set<String>,
  minute: Long,
  price?: decimal,
  session: { id: String, mfa: Bool, risk: Long },
  started: datetime,
};
";
    let mut actions = String::new();
    for system in 0..SYSTEMS {
        let _ = writeln!(actions, "action \"sys{system:02}.all\";");
        for group in &GROUPS[..3] {
            let _ = writeln!(
                actions,
                "action \"sys{system:02}.{group}\" in [\"sys{system:02}.all\"];"
            );
        }
        for verb in 0..VERBS.len() {
            let kind = if verb < TOOL_VERBS { "Record" } else { "Tool" };
            let _ = writeln!(
                actions,
                "action \"{}\" in [\"sys{system:02}.{}\"]\n  appliesTo {{ principal: Agent, resource: {kind}, context: Facts }};",
                action(system, verb),
                GROUPS[group_of(verb)],
            );
        }
    }
    vec![
        ("schema/actions.cedarschema".to_owned(), actions),
        ("schema/types.cedarschema".to_owned(), types.to_owned()),
    ]
}
