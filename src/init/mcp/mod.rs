//! A policy repository for the tools of an MCP server, from what it answers to `tools/list`.

mod cases;
mod derived;
mod policies;
mod schema;
mod text;

use crate::repository::{Risk, Tool, ToolList, risk};
use std::collections::{BTreeMap, BTreeSet};

/// The files of a repository, and what is to be told of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaffold {
    /// The files, by path, in order.
    pub files: Vec<(String, String)>,
    /// How many tools there are of each risk, the least first.
    pub risks: Vec<(Risk, usize)>,
    /// How many arguments Cedar has no type for.
    pub left_out: usize,
    /// Tools that are listed more than once.
    pub repeated: Vec<String>,
}

/// A server and its tools, with what is decided of them.
struct Server<'l> {
    /// What it is called.
    name: String,
    /// Its tools by name, each with its risk.
    tools: BTreeMap<&'l str, (&'l Tool, Risk)>,
}

/// The agent that the policies begin with.
const AGENT: &str = "example-agent";

/// Writes a repository for the tools of a list. `name` is what the server is called, where the list's own name is not meant.
pub fn from_mcp(list: &ToolList, name: Option<&str>) -> Scaffold {
    let name = name.or(list.server.as_deref()).unwrap_or("server");
    let mut tools = BTreeMap::new();
    let mut repeated = BTreeSet::new();
    for tool in &list.tools {
        if tools
            .insert(tool.name.as_str(), (tool, risk(tool, &list.tools)))
            .is_some()
        {
            repeated.insert(tool.name.clone());
        }
    }
    let server = Server {
        name: slug(name),
        tools,
    };
    let (schema, left_out) = schema::schema(&server);
    let server_name = &server.name;
    let mut files = vec![
        ("README.md".to_owned(), text::readme(&server)),
        ("agentauthz.yaml".to_owned(), text::manifest(&server)),
        ("agents.yaml".to_owned(), text::agents(&server)),
        ("entities/people.yaml".to_owned(), text::entities(&server)),
        ("mapping.yaml".to_owned(), text::mapping(&server)),
        (
            format!("policies/{server_name}.cedar"),
            policies::permits(&server),
        ),
        (
            "recordings/example.jsonl".to_owned(),
            cases::recording(&server),
        ),
        (format!("schema/{server_name}.cedarschema"), schema),
        (
            format!("tests/{server_name}.test.yaml"),
            cases::suite(&server),
        ),
        (
            format!("tools/{server_name}.json"),
            list.file.text.to_string(),
        ),
    ];
    if let Some(text) = policies::guardrails(&server) {
        files.push(("policies/guardrails.cedar".to_owned(), text));
    }
    for (_, text) in files
        .iter_mut()
        .filter(|(path, _)| path.ends_with(".cedar"))
    {
        if let Ok(laid_out) = crate::cedar::format(text) {
            *text = laid_out;
        }
    }
    files.sort();
    let count = |risk: Risk| (risk, server.of(&[risk]).count());
    Scaffold {
        files,
        risks: Risk::ALL
            .map(count)
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect(),
        left_out,
        repeated: repeated.into_iter().collect(),
    }
}

/// The risks of which a person must have approved.
const GUARDED: [Risk; 4] = [Risk::Egress, Risk::Destructive, Risk::Money, Risk::Admin];

impl<'l> Server<'l> {
    /// Its tools of some risks, in order.
    fn of(&self, risks: &[Risk]) -> std::vec::IntoIter<(&'l Tool, Risk)> {
        let tools = self.tools.values().copied();
        let wanted: Vec<(&Tool, Risk)> = tools.filter(|(_, risk)| risks.contains(risk)).collect();
        wanted.into_iter()
    }

    /// Its tools that change something, in order.
    fn changes(&self) -> std::vec::IntoIter<(&'l Tool, Risk)> {
        let [_, changes @ ..] = Risk::ALL;
        self.of(&changes)
    }

    /// The group of actions of a risk: a name that no tool has.
    fn group(&self, risk: Risk) -> String {
        self.free(match risk {
            Risk::Read => "reads",
            Risk::Write => "writes",
            Risk::Egress => "egress",
            Risk::Destructive => "destructive",
            Risk::Money => "money",
            Risk::Admin => "admin",
        })
    }

    /// The group of everything that changes something.
    fn all_changes(&self) -> String {
        self.free("changes")
    }

    fn free(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.tools.contains_key(name.as_str()) {
            name.push_str("_group");
        }
        name
    }
}

/// A name as a part of paths and ids.
fn slug(name: &str) -> String {
    let letter = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() || "-_.".contains(letter) => letter,
        _ => '-',
    };
    let name: String = name.chars().map(letter).collect();
    match name.trim_matches(['-', '.']) {
        "" => "server".to_owned(),
        name => name.to_owned(),
    }
}
