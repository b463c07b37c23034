//! Logs of agents in every format that is read, of any size: sessions with what was said, what was called, and what came
//! of it, as the formats write them.

mod chats;
mod engines;
mod spans;

use super::rng::Rng;
use agentauthz::model::{Importer, LogArgs, LogField, LogForm, LogLayout, LogPlace};
use agentauthz::recording::{
    CHUNK, Item, Items, Limits, Parsed, Peeked, lines, parse, parse_line, parse_row,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A log.
#[derive(Debug, Clone)]
pub struct Log {
    /// Its format.
    pub importer: Importer,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many actions it holds.
    pub actions: usize,
}

/// A conversation of one agent.
pub(super) struct Session {
    pub(super) id: String,
    pub(super) agent: &'static str,
    pub(super) user: String,
    pub(super) prompt: String,
    pub(super) calls: Vec<Call>,
}

/// A call of a tool.
pub(super) struct Call {
    /// The place among all calls.
    pub(super) at: usize,
    pub(super) id: String,
    pub(super) tool: &'static str,
    pub(super) args: Value,
    /// What the model said with it.
    pub(super) said: String,
    pub(super) result: String,
    pub(super) allowed: bool,
}

impl Call {
    /// When it was made.
    pub(super) fn time(&self) -> String {
        let (minutes, seconds) = (self.at / 60, self.at % 60);
        let (hours, minutes) = (minutes / 60, minutes % 60);
        let (days, hours) = (hours / 24, hours % 24);
        let (day, month) = (1 + days % 28, 1 + days / 28 % 12);
        format!("2026-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
    }

    /// The same in nanoseconds since 1970, about.
    pub(super) fn nanoseconds(&self) -> u64 {
        (1_772_323_200 + self.at as u64) * 1_000_000_000
    }

    pub(super) fn decision(&self) -> &'static str {
        if self.allowed { "allow" } else { "deny" }
    }
}

const AGENTS: [&str; 4] = ["refund-bot", "reply-bot", "research-bot", "ops-bot"];

const WORDS: [&str; 32] = [
    "the",
    "order",
    "was",
    "sent",
    "to",
    "customer",
    "with",
    "a",
    "refund",
    "of",
    "about",
    "amount",
    "please",
    "look",
    "into",
    "account",
    "because",
    "payment",
    "and",
    "then",
    "write",
    "message",
    "that",
    "explains",
    "why",
    "it",
    "took",
    "longer",
    "than",
    "expected",
    "\u{201c}today\u{201d}",
    "line\n",
];

fn text(rng: &mut Rng, least: usize, most: usize) -> String {
    let words = rng.between(least, most);
    let words: Vec<_> = (0..words).map(|_| *rng.pick(&WORDS)).collect();
    words.join(" ")
}

fn call(rng: &mut Rng, at: usize) -> Call {
    let number = rng.below(100_000);
    let (tool, args) = match rng.below(4) {
        0 => (
            "refund",
            json!({ "order": format!("o-{number}"), "amount": number % 500, "currency": "EUR", "note": text(rng, 3, 12) }),
        ),
        1 => (
            "send_mail",
            json!({ "to": format!("kim{number}@customers.example"), "subject": text(rng, 3, 6), "body": text(rng, 20, 60) }),
        ),
        2 => (
            "get_webpage",
            json!({ "url": format!("https://www.example-{}.com/pages/{number}?q=a", number % 7) }),
        ),
        _ => (
            "search_orders",
            json!({ "query": text(rng, 2, 5), "filters": { "state": ["open", "sent"], "since": "2026-01-01" }, "limit": 20, "exact": false }),
        ),
    };
    Call {
        at,
        id: format!("call_{at:09}"),
        tool,
        args,
        said: text(rng, 10, 40),
        result: text(rng, 40, 200),
        allowed: !number.is_multiple_of(10),
    }
}

fn session(rng: &mut Rng, number: usize, before: usize) -> Session {
    let calls = rng.between(2, 7);
    Session {
        id: format!("session-{number:06}"),
        agent: AGENTS[rng.below(AGENTS.len())],
        user: format!("user-{}", rng.below(500)),
        prompt: text(rng, 30, 120),
        calls: (before..before + calls).map(|at| call(rng, at)).collect(),
    }
}

/// A log of at least so many bytes.
pub fn log(importer: Importer, bytes: usize) -> Log {
    let (head, between, tail) = frame(importer);
    let mut rng = Rng::new(7, importer.name());
    let mut out = head.as_bytes().to_vec();
    let (mut sessions, mut actions) = (0, 0);
    while out.len() < bytes || sessions == 0 {
        let session = session(&mut rng, sessions, actions);
        sessions += 1;
        actions += session.calls.len();
        for piece in pieces(importer, &session) {
            if out.len() > head.len() {
                out.extend(between.as_bytes());
            }
            out.extend(piece.as_bytes());
        }
    }
    out.extend(tail.as_bytes());
    Log {
        importer,
        bytes: out,
        actions,
    }
}

/// What stands in front of the pieces, between them and behind them.
fn frame(importer: Importer) -> (&'static str, &'static str, &'static str) {
    match importer {
        Importer::Tau2 => (
            r#"{"info":{"num_trials":1,"agent_info":{"llm":"model-a","implementation":"llm_agent"},"environment_info":{"domain_name":"retail"}},"tasks":[],"simulations":["#,
            ",\n",
            "]}\n",
        ),
        Importer::TauBench => ("[", ",\n", "]\n"),
        Importer::Csv => (
            "id,session,step,time,agent,tool,order,amount,body,outcome\n",
            "\n",
            "\n",
        ),
        _ => ("", "\n", "\n"),
    }
}

fn pieces(importer: Importer, session: &Session) -> Vec<String> {
    match importer {
        Importer::Native => engines::native(session),
        Importer::Agentdojo => vec![chats::agentdojo(session)],
        Importer::Tau2 => vec![chats::tau2(session)],
        Importer::TauBench => vec![chats::tau_bench(session)],
        Importer::ClaudeCode => chats::claude_code(session),
        Importer::ClaudeHooks => chats::claude_hooks(session),
        Importer::Openai => vec![chats::openai(session)],
        Importer::Mcp => chats::mcp(session),
        Importer::VerifiedPermissions => engines::verified_permissions(session),
        Importer::Opa => engines::opa(session),
        Importer::Cerbos => engines::cerbos(session),
        Importer::Authzen => engines::authzen(session),
        Importer::Csv => engines::csv(session),
        Importer::Jsonl => engines::jsonl(session),
        Importer::Otel => vec![spans::otel(session)],
        Importer::OpenaiAgents => spans::openai_agents(session),
        Importer::Agentcore => spans::agentcore(session),
    }
}

/// Where the parts of an action stand in the logs of one's own.
pub fn layout() -> LogLayout {
    let at = |written: &str| LogPlace::parse(written).expect("a place");
    let field = |written: &str, form| LogField {
        at: at(written),
        form,
    };
    LogLayout {
        delimiter: b',',
        only: Vec::new(),
        id: Some(at("id")),
        session: Some(at("session")),
        sequence: Some(at("step")),
        time: Some(field("time", None)),
        agent: Some(at("agent")),
        user: None,
        system: None,
        tool: at("tool"),
        args: LogArgs::Each(BTreeMap::from([
            ("order".to_owned(), field("order", None)),
            ("amount".to_owned(), field("amount", Some(LogForm::Number))),
            ("body".to_owned(), field("body", None)),
        ])),
        meta: BTreeMap::new(),
        decision: None,
        determining: None,
        policy_version: None,
    }
}

/// What reading a log came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Actions.
    pub actions: usize,
    /// What could not be read as one.
    pub malformed: usize,
}

impl Count {
    fn add(&mut self, parsed: Parsed) {
        for action in parsed.actions {
            match action {
                Ok(_) => self.actions += 1,
                Err(_) => self.malformed += 1,
            }
        }
    }
}

/// Reads a log into recorded actions as `import` does, on one thread: cut, then parsed piece by piece.
pub fn read(importer: Importer, bytes: &[u8]) -> Count {
    let name = "log.jsonl";
    let limits = Limits::default();
    let mut count = Count::default();
    let peeked = Peeked::at(bytes, name).expect("bytes can be read");
    let own = layout();
    if importer == Importer::Csv {
        for rows in peeked.rows(own.delimiter, limits, CHUNK) {
            let rows = rows.expect("rows");
            for row in &rows.rows {
                count.add(parse_row(&own, &rows.header, row, name));
            }
        }
        return count;
    }
    let mut item = |item: &Item| match importer {
        Importer::Jsonl => count.add(parse_line(&own, item, name)),
        importer => count.add(parse(importer, item, name)),
    };
    let items: Items<&[u8]> = peeked.items(importer, limits);
    match items.into_chunks(CHUNK) {
        Ok(mut chunks) => {
            while let Some(chunk) = chunks.next() {
                let chunk = chunk.expect("lines");
                for (line, bytes) in lines(chunk.first, &chunk.bytes) {
                    let bytes = bytes.to_vec();
                    item(&Item { bytes, line });
                }
                chunks.reuse(chunk.bytes);
            }
        }
        Err(items) => items.for_each(|found| item(&found.expect("an item"))),
    }
    count
}
