//! The other files: manifest, inventory, entities, mapping, and what to read first.

use super::{AGENT, Server, derived};
use crate::repository::Risk;
use crate::yaml::scalar;

pub(super) fn manifest(server: &Server<'_>) -> String {
    let mut out = format!(
        "# Where things are. Every key but `version` has a default; `agentauthz schema manifest` describes them all.\nversion: 1\nname: {}\n# What the servers answered to `tools/list`. When a server changes, save its answer anew: lints compare it with the schema.\ntools: [\"tools/*.json\"]\n",
        scalar(&format!("{}-agents", server.name))
    );
    if server.changes().next().is_some() {
        out.push_str("lint:\n  options:\n    # What counts as the approval of a person.\n    approval: ['context.approver in Team::\"approvers\"']\n");
    }
    out
}

pub(super) fn agents(server: &Server<'_>) -> String {
    format!(
        "# The inventory of agents. Each one becomes the entity `Agent::\"id\"`; its owner, `User::\"…\"`.\nversion: 1\nagents:\n  - id: {AGENT}\n    owner: example-owner\n    purpose: {}\n    environment: dev\n    systems: [{}]\n",
        scalar(&format!("works with the tools of {}", server.name)),
        scalar(&server.name)
    )
}

pub(super) fn entities(server: &Server<'_>) -> String {
    format!(
        "version: 1\nentities:\n  {}: {{}}\n  Team::approvers: {{}}\n  User::example-approver: {{ in: [Team::approvers] }}\n  User::example-owner: {{ in: [Team::approvers] }}\n",
        scalar(&format!("System::{}", server.name))
    )
}

pub(super) fn mapping(server: &Server<'_>) -> String {
    let approver = match server.changes().next() {
        Some(_) => {
            "  approver: \"{meta.approver}\" # recorded by the approval step, not by the agent\n"
        }
        None => "",
    };
    format!(
        "# How a recorded tool call becomes a request. Every action is called like its tool.\nversion: 1\nprincipal: Agent::\"{{agent}}\"\naction: Action::\"{{tool}}\"\nresource: System::\"{}\"\ncontext:\n  input: \"{{args}}\"\n{}{approver}",
        server.name,
        derived::mapping(server)
    )
}

pub(super) fn readme(server: &Server<'_>) -> String {
    let name = &server.name;
    let mut rows = String::new();
    for risk in Risk::ALL {
        let tools: Vec<String> = server
            .of(&[risk])
            .map(|(tool, _)| code(&tool.name))
            .collect();
        if !tools.is_empty() {
            rows.push_str(&format!(
                "| {} | {} | {} |\n",
                risk.name(),
                tools.len(),
                tools.join(", ")
            ));
        }
    }
    format!(
        "# Policies for the tools of {name}\n\n\
         What agents may do with the tools of the MCP server `{name}`, as [Cedar](https://www.cedarpolicy.com) policies. To begin\n\
         with, `{AGENT}` may read, and may change what one of the approvers has approved.\n\n\
         \x20   agentauthz check      # everything parses and fits the schema\n\
         \x20   agentauthz test       # the unit tests hold\n\
         \x20   agentauthz replay     # what the policies say of the recorded actions\n\
         \x20   agentauthz diff       # what the uncommitted changes do to the recorded actions\n\n\
         ## What to do first\n\n\
         1. Look at the risk of each tool (`@risk` in `schema/{name}.cedarschema`). It is a guess from what the server says of its\n\
         \x20  tools and from their names, and decides which guardrails hold.\n\
         2. Put your own agents into `agents.yaml`, your own people into `entities/people.yaml`.\n\
         3. Give resources of their own to the actions whose arguments name one: a repository, a mailbox, an account. As it is,\n\
         \x20  every tool acts on `System::\"{name}\"`.\n\
         4. Take out of the permits in `policies/` what the agent does not need.\n\n\
         ## The tools\n\n\
         | risk | tools | which |\n| --- | ---: | --- |\n{rows}"
    )
}

/// A name that nobody has checked, in Markdown.
fn code(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:".contains(letter);
    let name: String = name
        .chars()
        .map(|letter| if plain(letter) { letter } else { '?' })
        .collect();
    format!("`{name}`")
}
