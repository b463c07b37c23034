//! Generated pull requests: a repository of two hundred policies, edits planted in it, and traffic of which it is known
//! what each edit flips.
//!
//! The repository has fifty slots, each a target of its own with its policies; two slots share a tool. One edit is planted
//! in a slot. What a slot's policies say is written down twice: as Cedar ([`Kind::policies`]) and as a plain condition
//! ([`Kind::allows`]), by which the flips are counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// So many edits can be planted.
pub const SLOTS: usize = 50;

/// Agents 0 to 7 are of the team `ops`, 8 and 9 of `night`, and 10 is the auditor.
const AGENTS: u64 = 11;
const AUDITOR: u64 = 10;

/// What is done in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    LiteralRaised,
    EntityChanged,
    GuardErrors,
    LiteralLowered,
    ConjunctAdded,
    ConjunctRemoved,
    PermitAdded,
    ForbidRemoved,
    ForbidAdded,
    ForbidTurned,
    TemplateEdited,
    ScopeWidened,
    PermitRemoved,
    PermitTurned,
}

const KINDS: [Kind; 14] = [
    Kind::LiteralRaised,
    Kind::EntityChanged,
    Kind::GuardErrors,
    Kind::LiteralLowered,
    Kind::ConjunctAdded,
    Kind::ConjunctRemoved,
    Kind::PermitAdded,
    Kind::ForbidRemoved,
    Kind::ForbidAdded,
    Kind::ForbidTurned,
    Kind::TemplateEdited,
    Kind::ScopeWidened,
    Kind::PermitRemoved,
    Kind::PermitTurned,
];

/// What is done in the slots, one after the other.
pub fn kind(slot: usize) -> Kind {
    KINDS[slot % KINDS.len()]
}

/// A tool call, as far as policies can tell it from others.
#[derive(Debug, Clone, Copy)]
struct Call {
    agent: u64,
    amount: u64,
    region: &'static str,
}

/// What a planted edit must come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planted {
    pub class: String,
    pub edits: Vec<String>,
    pub origins: Vec<String>,
    pub actions: u64,
    pub sessions: u64,
    pub by_action: BTreeMap<String, u64>,
    pub by_agent: BTreeMap<String, u64>,
}

impl Kind {
    /// Whether the slot's policies allow a call.
    fn allows(self, head: bool, call: Call) -> bool {
        let ops = call.agent < 8;
        let us = call.region == "us";
        let upto = |base, on_head| call.amount <= if head { on_head } else { base };
        let small = upto(1_000, 1_000);
        let huge = call.amount > 90_000;
        let (permitted, forbidden) = match self {
            Kind::LiteralRaised | Kind::EntityChanged => (ops && upto(1_000, 2_000), huge),
            // 1,025 times 9e15 is more than 64 bits hold, and what raises an error is skipped.
            Kind::GuardErrors => {
                let broken = head && call.amount >= 1_025;
                (ops && upto(80_000, 80_000), !small && !broken)
            }
            Kind::LiteralLowered => (ops && upto(1_000, 500), huge),
            Kind::ConjunctAdded => (ops && small && !(head && us), huge),
            Kind::ConjunctRemoved => (ops && small && (head || !us), huge),
            Kind::PermitAdded => (ops && (small || head && us), huge),
            Kind::ForbidRemoved => (ops && small, us && !head),
            Kind::ForbidAdded => (ops && small, huge || us && head),
            Kind::ForbidTurned => (ops && small || us && head, us && !head),
            Kind::TemplateEdited => (call.agent != AUDITOR && upto(1_000, 2_000), huge),
            Kind::ScopeWidened => ((call.agent == 0 || head) && small, huge),
            Kind::PermitRemoved => (ops && small && !head, huge),
            Kind::PermitTurned => (ops && small, huge || head && ops && small),
        };
        let aside = call.agent == AUDITOR && call.region == "eu";
        (permitted || aside) && !forbidden && call.region != "xx"
    }

    /// The first letter of the changed unit's name, the class of the flips, and what is said of the edit.
    fn expected(self) -> (char, &'static str, &'static str) {
        match self {
            Kind::LiteralRaised | Kind::TemplateEdited => (
                if self == Kind::TemplateEdited {
                    't'
                } else {
                    'p'
                },
                "newly_allowed",
                "literal 1000 → 2000 in context.input.amount <= 1000",
            ),
            Kind::EntityChanged => ('p', "newly_allowed", ""),
            Kind::GuardErrors => (
                'g',
                "error_opened",
                "conjunct changed: context.input.amount > 1000 → \
                 context.input.amount * 9000000000000000 > 9000000000000000000",
            ),
            Kind::LiteralLowered => (
                'p',
                "newly_denied",
                "literal 1000 → 500 in context.input.amount <= 1000",
            ),
            Kind::ConjunctAdded => (
                'p',
                "newly_denied",
                "conjunct added: context.input.region != \"us\"",
            ),
            Kind::ConjunctRemoved => (
                'p',
                "newly_allowed",
                "conjunct removed: context.input.region != \"us\"",
            ),
            Kind::PermitAdded => ('n', "newly_allowed", "added"),
            Kind::ForbidRemoved => ('g', "newly_allowed", "removed"),
            Kind::ForbidAdded => ('n', "newly_denied", "added"),
            Kind::ForbidTurned => ('g', "newly_allowed", "effect forbid → permit"),
            Kind::ScopeWidened => (
                'p',
                "newly_allowed",
                "scope of the principal widened: == Agent::\"agent-00\" → any",
            ),
            Kind::PermitRemoved => ('p', "newly_denied", "removed"),
            Kind::PermitTurned => ('p', "newly_denied", "effect permit → forbid"),
        }
    }

    /// The slot's policies on a side.
    fn policies(self, slot: usize, head: bool) -> String {
        let mut out = String::new();
        let mut policy = |letter: char, effect: &str, principal: &str, when: &str| {
            writeln!(
                out,
                "@id(\"{letter}-{slot:02}\")\n{effect} (\n  principal{principal},\n  action == Action::\"{}\",\n  \
                 resource {}\n)\nwhen {{ {when} }};\n",
                tool(slot),
                match letter {
                    't' => "== ?resource".to_owned(),
                    _ => format!("== Target::\"t-{slot:02}\""),
                },
            )
            .unwrap();
        };
        let pick = |base: &'static str, on_head: &'static str| if head { on_head } else { base };
        let (small, us) = (
            "context.input.amount <= 1000",
            "context.input.region == \"us\"",
        );
        let ops = " in Team::\"ops\"";
        let more = "context.input.amount <= 1000 && context.input.region != \"us\"";
        let raised = pick(small, "context.input.amount <= 2000");
        match self {
            Kind::LiteralRaised => policy('p', "permit", ops, raised),
            Kind::EntityChanged => {
                policy('p', "permit", ops, "context.input.amount <= resource.limit");
            }
            Kind::GuardErrors => policy('p', "permit", ops, "context.input.amount <= 80000"),
            Kind::LiteralLowered => {
                policy(
                    'p',
                    "permit",
                    ops,
                    pick(small, "context.input.amount <= 500"),
                );
            }
            Kind::ConjunctAdded => policy('p', "permit", ops, pick(small, more)),
            Kind::ConjunctRemoved => policy('p', "permit", ops, pick(more, small)),
            Kind::TemplateEdited => policy('t', "permit", " in ?principal", raised),
            Kind::ScopeWidened => {
                policy('p', "permit", pick(" == Agent::\"agent-00\"", ""), small);
            }
            Kind::PermitRemoved if head => {}
            Kind::PermitTurned => policy('p', pick("permit", "forbid"), ops, small),
            Kind::PermitRemoved
            | Kind::PermitAdded
            | Kind::ForbidRemoved
            | Kind::ForbidAdded
            | Kind::ForbidTurned => policy('p', "permit", ops, small),
        }
        match self {
            Kind::GuardErrors => policy(
                'g',
                "forbid",
                "",
                pick(
                    "context.input.amount > 1000",
                    "context.input.amount * 9000000000000000 > 9000000000000000000",
                ),
            ),
            Kind::ForbidRemoved if head => {}
            Kind::ForbidRemoved => policy('g', "forbid", "", us),
            Kind::ForbidTurned => policy('g', pick("forbid", "permit"), "", us),
            Kind::LiteralRaised
            | Kind::EntityChanged
            | Kind::LiteralLowered
            | Kind::ConjunctAdded
            | Kind::ConjunctRemoved
            | Kind::PermitAdded
            | Kind::ForbidAdded
            | Kind::TemplateEdited
            | Kind::ScopeWidened
            | Kind::PermitRemoved
            | Kind::PermitTurned => policy('g', "forbid", "", "context.input.amount > 90000"),
        }
        policy(
            's',
            "permit",
            " == Agent::\"agent-10\"",
            "context.input.region == \"eu\"",
        );
        policy('f', "forbid", "", "context.input.region == \"xx\"");
        if self == Kind::PermitAdded && head {
            policy('n', "permit", ops, us);
        }
        if self == Kind::ForbidAdded && head {
            policy('n', "forbid", "", us);
        }
        out
    }
}

fn tool(slot: usize) -> String {
    format!("do_{:02}", slot / 2)
}

/// Writes a repository in which the first `edits` slots are edited.
pub fn repository(root: &Path, edits: usize) {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |path: &str, text: &str| {
        files.entry(path.to_owned()).or_default().push_str(text);
    };
    add("agentauthz.yaml", "version: 1\nname: generated\n");
    add(
        "mapping.yaml",
        "version: 1\nprincipal: Agent::\"{agent}\"\naction: \"{tool}\"\n\
         resource: Target::\"{args.target}\"\ncontext: { input: \"{args}\" }\n",
    );
    add("agents.yaml", "version: 1\nagents:\n");
    for agent in 0..AGENTS {
        let team = ["ops", "night", "audit"][usize::from(agent >= 8) + usize::from(agent >= 10)];
        let text = format!(
            "  - id: agent-{agent:02}\n    owner: someone\n    purpose: works\n    environment: prod\n    \
             systems: [store]\n    in: [Team::{team}]\n"
        );
        add("agents.yaml", &text);
    }
    add(
        "schema/all.cedarschema",
        "entity Team;\nentity Agent in [Team] = { owner: String };\nentity Target = { limit: Long };\n",
    );
    add(
        "entities/all.yaml",
        "version: 1\nentities:\n  Team::ops: {}\n  Team::night: {}\n  Team::audit: {}\n",
    );
    add("links.yaml", "version: 1\nlinks:\n");
    for slot in 0..SLOTS {
        let (kind, head) = (kind(slot), slot < edits);
        if slot % 2 == 0 {
            let risk = ["money", "write", "read", "admin"][slot / 2 % 4];
            let text = format!(
                "@risk(\"{risk}\")\naction {} appliesTo {{\n  principal: [Agent], resource: [Target],\n  context: {{ input: \
                 {{ target: String, amount: Long, region: String, note?: String }} }},\n}};\n",
                tool(slot)
            );
            add("schema/all.cedarschema", &text);
        }
        let limit = if kind == Kind::EntityChanged && head {
            2_000
        } else {
            1_000
        };
        let text = format!("  Target::t-{slot:02}: {{ attrs: {{ limit: {limit} }} }}\n");
        add("entities/all.yaml", &text);
        if kind == Kind::TemplateEdited {
            for team in ["ops", "night"] {
                let text = format!(
                    "  - {{ id: l-{slot:02}-{team}, template: t-{slot:02}, principal: \"Team::{team}\", resource: \
                     \"Target::t-{slot:02}\" }}\n"
                );
                add("links.yaml", &text);
            }
        }
        let path = format!("policies/{}.cedar", tool(slot));
        add(&path, &kind.policies(slot, head));
    }
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// What the traffic must come to.
#[derive(Debug, Default)]
pub struct Plan {
    /// By the name of the changed unit.
    pub planted: BTreeMap<String, Planted>,
    /// Sessions in which something flips.
    pub sessions: u64,
}

/// Writes a recording of so many actions, of which exactly `flips` flip, the more the later the slot.
pub fn record(path: &Path, edits: usize, actions: u64, flips: u64) -> Plan {
    let mut out = BufWriter::new(File::create(path).unwrap());
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ edits as u64);
    let mut left = shares(edits, flips);
    let mut said = [0u64; AGENTS as usize];
    let mut plan = Plan::default();
    let mut sessions: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for at in 0..actions {
        let flip = at * flips / actions != (at + 1) * flips / actions;
        let slot = match flip {
            true => draw(&mut left, &mut random),
            false => random.below(SLOTS as u64) as usize,
        };
        let kind = kind(slot);
        let (call, base) = loop {
            let call = random.call();
            let base = kind.allows(false, call);
            let head = if slot < edits {
                kind.allows(true, call)
            } else {
                base
            };
            if (base != head) == flip {
                break (call, base);
            }
        };
        let spoken = &mut said[call.agent as usize];
        let session = format!("s-{:02}-{}", call.agent, *spoken / 8);
        let (agent, time) = (format!("agent-{:02}", call.agent), at * 4_000_000 / actions);
        writeln!(
            out,
            "{{\"version\":1,\"id\":\"a-{at}\",\"session\":\"{session}\",\"sequence\":{},\"time\":\
             \"2026-{:02}-{:02}T{:02}:{:02}:{:02}Z\",\"agent\":\"{agent}\",\"system\":\"store\",\"call\":{{\"tool\":\"{}\",\
             \"args\":{{\"target\":\"t-{slot:02}\",\"amount\":{},\"region\":\"{}\",\"note\":\"n {}\"}}}},\"recorded\":\
             {{\"decision\":\"{}\"}}}}",
            *spoken % 8,
            9 + time / 86_400 / 28,
            1 + time / 86_400 % 28,
            time / 3_600 % 24,
            time / 60 % 60,
            time % 60,
            tool(slot),
            call.amount,
            call.region,
            at % 97,
            if base { "allow" } else { "deny" },
        )
        .unwrap();
        *spoken += 1;
        if flip {
            let planted = plan.planted.entry(unit(slot)).or_insert_with(|| {
                let (_, class, edit) = kind.expected();
                let from = if edit.is_empty() {
                    "entities"
                } else {
                    "policy"
                };
                Planted {
                    class: class.to_owned(),
                    edits: Some(edit.to_owned())
                        .filter(|edit| !edit.is_empty())
                        .into_iter()
                        .collect(),
                    origins: vec![from.to_owned()],
                    ..Planted::default()
                }
            });
            planted.actions += 1;
            let action = format!("Action::\"{}\"", tool(slot));
            *planted.by_action.entry(action).or_default() += 1;
            *planted.by_agent.entry(agent).or_default() += 1;
            sessions.entry(slot).or_default().insert(session);
        }
    }
    out.into_inner().unwrap().sync_all().unwrap();
    for (slot, sessions) in &sessions {
        plan.planted.get_mut(&unit(*slot)).unwrap().sessions = sessions.len() as u64;
    }
    let all: BTreeSet<&String> = sessions.values().flatten().collect();
    plan.sessions = all.len() as u64;
    plan
}

/// The name of what is edited in a slot.
fn unit(slot: usize) -> String {
    let (letter, _, _) = kind(slot).expected();
    format!("{letter}-{slot:02}")
}

/// How many flips each slot gets.
fn shares(edits: usize, flips: u64) -> Vec<u64> {
    let edits = edits as u64;
    let all = edits * (edits + 1) / 2;
    let mut shares: Vec<u64> = (1..=edits)
        .map(|part| (flips * part / all).max(1))
        .collect();
    let given: u64 = shares.iter().sum();
    *shares.last_mut().unwrap() += flips - given;
    shares
}

/// A slot that has flips left, and one fewer afterwards.
fn draw(left: &mut [u64], random: &mut Random) -> usize {
    let mut at = random.below(left.iter().sum());
    for (slot, left) in left.iter_mut().enumerate() {
        if at < *left {
            *left -= 1;
            return slot;
        }
        at -= *left;
    }
    unreachable!("there are as many flips as shares");
}

/// Xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn call(&mut self) -> Call {
        let most = [1_001, 1_001, 3_000, 3_000, 100_000][self.below(5) as usize];
        Call {
            agent: self.below(AGENTS),
            amount: self.below(most),
            region: ["eu", "eu", "eu", "us", "us", "us", "xx"][self.below(7) as usize],
        }
    }
}
