//! What the mapping derives from arguments that are plainly URLs, paths or commands: policies ask about that rather than
//! about the text that the agent wrote.

use super::Server;
use crate::repository::{Shape, Tool};

/// An attribute of the context, and what it is derived from.
pub(super) struct Fact {
    /// The argument.
    argument: &'static str,
    /// The attribute.
    pub(super) name: &'static str,
    /// Its type.
    pub(super) ty: &'static str,
    /// The steps of the mapping.
    steps: &'static str,
}

const fn fact(
    argument: &'static str,
    name: &'static str,
    ty: &'static str,
    steps: &'static str,
) -> Fact {
    Fact {
        argument,
        name,
        ty,
        steps,
    }
}

const FACTS: [Fact; 5] = [
    fact("url", "url_host", "String", "http | host"),
    fact("uri", "uri_host", "String", "host"),
    fact("path", "clean_path", "String", "path"),
    fact("file_path", "clean_file_path", "String", "path"),
    fact("command", "commands", "Set<String>", "commands"),
];

/// What is derived from the arguments of a tool.
pub(super) fn of(tool: &Tool) -> impl Iterator<Item = &'static Fact> {
    FACTS.iter().filter(|fact| {
        let mut input = tool.input.iter();
        // Where a list says which texts there are, policies compare with those.
        input.any(|one| one.name == fact.argument && one.shape == Shape::Text(None))
    })
}

/// The lines of the mapping's context.
pub(super) fn mapping(server: &Server<'_>) -> String {
    let is_of = |fact: &&Fact| {
        let mut tools = server.tools.values();
        tools.any(|(tool, _)| of(tool).any(|other| other.name == fact.name))
    };
    let lines = FACTS.iter().filter(is_of).map(|fact| {
        let Fact {
            argument,
            name,
            steps,
            ..
        } = fact;
        format!("  {name}: \"{{args.{argument} | {steps}}}\"\n")
    });
    let lines: String = lines.collect();
    match lines.as_str() {
        "" => lines,
        lines => format!(
            "  # Derived from arguments: what is not certain is unknown, and never a guess.\n{lines}"
        ),
    }
}
