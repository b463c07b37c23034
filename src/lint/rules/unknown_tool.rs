//! AZ311: an action for a tool that its server does not list.

use super::shared_tools::{tag_place, tagged};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::{LintLevel, Named, ToolList, named_tool, nearest};

pub(super) static LINT: Lint = Lint {
    code: "AZ311",
    slug: "unknown-tool",
    title: "an action for a tool that there is not guards nothing",
    level: LintLevel::Error,
    evidence: &[Evidence::Repository],
    fix: None,
    needs: &[Need::Schema, Need::Tools],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unknown-tool.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let lists = &context.version.tool_lists;
    for tagged in tagged(context) {
        let tag = tagged.tag;
        let (message, level, known): (String, LintLevel, Vec<&ToolList>) =
            match named_tool(lists, tag) {
                Named::Tool(..) | Named::Unknown => continue,
                Named::Missing(list) => {
                    let server = list.server.as_deref().unwrap_or_default();
                    let known = lists.iter().filter(|other| other.server == list.server);
                    (
                        format!("the server `{server}` lists no tool `{}`", last(tag, list)),
                        LINT.level,
                        known.collect(),
                    )
                }
                // The server may be one of which there is no list.
                Named::Unplaced => (
                    format!("no list has a tool `{tag}`, and `@tool` names no server"),
                    LintLevel::Info,
                    lists.iter().collect(),
                ),
            };
        let Some((file, place)) = tag_place(context, tagged.action) else {
            continue;
        };
        let names = known
            .iter()
            .flat_map(|list| &list.tools)
            .map(|tool| tool.name.as_str());
        let tool = known.first().map_or(tag, |list| last(tag, list));
        let help = match nearest(tool, names) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "name the tool as its server lists it, or remove the action and what policies say of it".to_owned(),
        };
        found.file(file, place, message).level(level).help(help);
    }
}

/// The name of a tool without its server.
fn last<'t>(tag: &'t str, list: &ToolList) -> &'t str {
    let server = list.server.as_deref().unwrap_or_default();
    let rest = tag
        .strip_prefix(server)
        .and_then(|rest| rest.strip_prefix('/'));
    rest.unwrap_or(tag)
}
