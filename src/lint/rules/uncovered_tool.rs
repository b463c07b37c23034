//! AZ312: a tool that no action, no policy or no test speaks of.

use super::shared_tools::{declared, tagged, tool_of};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::{Context, Repository};
use crate::lint::fix::{Edit, Fix};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Variable};
use crate::repository::{LintLevel, Tool, ToolList, cedar_name, cedar_text, record_text, risk};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static LINT: Lint = Lint {
    code: "AZ312",
    slug: "uncovered-tool",
    title: "a tool that no action stands for is one that no policy can speak of",
    level: LintLevel::Warning,
    evidence: &[Evidence::Repository],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Schema, Need::Tools],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("uncovered-tool.md"),
};

/// The actions of each tool, by the list and the place of its name.
type Actions<'c> = BTreeMap<(&'c str, Span), Vec<&'c EntityRef>>;

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let mut actions: Actions<'_> = BTreeMap::new();
    for tagged in tagged(context) {
        if let Some((list, tool)) = tool_of(context, tagged.tag) {
            let key = (list.file.path.as_ref(), tool.name_span);
            actions.entry(key).or_default().push(tagged.action);
        }
    }
    let spoken = spoken(repository);
    let tested = tested(context);
    for list in &context.version.tool_lists {
        let own = |tool: &Tool| actions.contains_key(&(list.file.path.as_ref(), tool.name_span));
        let wanted = list.tools.iter().filter(|tool| !is_skipped(context, tool));
        let wanted: Vec<&Tool> = wanted.collect();
        if let [first, _, ..] = wanted.as_slice()
            && !wanted
                .iter()
                .any(|tool| own(tool) || by_name(context, tool).is_some())
        {
            // A whole server that is new says it once.
            let message = format!(
                "no action stands for a tool of this list, and it has {}: no policy can speak of them",
                wanted.len()
            );
            found.file(&list.file, first.name_span, message).help(format!(
                "`agentauthz init --from-mcp {}` writes a schema, policies and tests to begin with; or take the list out of `tools:`",
                list.file.path
            ));
            continue;
        }
        for tool in wanted {
            let key = (list.file.path.as_ref(), tool.name_span);
            let mut of_tool = actions.get(&key).cloned().unwrap_or_default();
            of_tool.extend(by_name(context, tool));
            let name = named(list, tool);
            let (message, level, help) = if of_tool.is_empty() {
                (
                    format!("no action stands for the tool `{name}`: no policy can speak of it"),
                    LINT.level,
                    format!(
                        "declare an action with `@tool({})` and a `@risk`, and decide who may do it",
                        cedar_text(&name)
                    ),
                )
            } else if !of_tool.iter().any(|action| spoken.contains(*action)) {
                (
                    format!("no policy speaks of the tool `{name}`: it is denied because nobody decided"),
                    LintLevel::Info,
                    "permit it to an agent, or forbid it by name; or `skip` it in the mapping, where it is no agent action".to_owned(),
                )
            } else if tested
                .as_ref()
                .is_some_and(|tested| !of_tool.iter().any(|action| tested.contains(*action)))
            {
                (
                    format!("no test asks about the tool `{name}`"),
                    LintLevel::Info,
                    "write one test that is allowed, and one that is not".to_owned(),
                )
            } else {
                continue;
            };
            let missing = of_tool.is_empty();
            let finding = found.file(&list.file, tool.name_span, message);
            finding.level(level).help(help);
            if missing {
                finding.fix = scaffold(context, list, tool, &actions);
            }
        }
    }
}

/// Whether the mapping says that calls of a tool are no agent actions.
fn is_skipped(context: &Context<'_>, tool: &Tool) -> bool {
    let mapping = context.version.mapping.as_ref();
    mapping.is_some_and(|mapping| mapping.rule(&tool.name).skip)
}

/// The action that is called like a tool, and does not say which tool it is.
fn by_name<'c>(context: &'c Context<'_>, tool: &Tool) -> Option<&'c EntityRef> {
    let actions = context.schema()?.actions().iter();
    let mut named = actions.filter(|(action, info)| {
        action.id.as_ref() == tool.name && !info.annotations.contains_key("tool")
    });
    named.next().map(|(action, _)| action)
}

fn named(list: &ToolList, tool: &Tool) -> String {
    match &list.server {
        Some(server) => format!("{server}/{}", tool.name),
        None => tool.name.clone(),
    }
}

/// The actions that some permit may allow, or that some forbid names.
fn spoken(repository: &Repository<'_>) -> BTreeSet<EntityRef> {
    let policies = repository.policies.iter().filter(|policy| {
        let scope = policy.syntax.scope_of(Variable::Action);
        !policy.is_forbid() || scope.is_some_and(|part| !part.is_free())
    });
    policies
        .flat_map(|policy| policy.actions())
        .cloned()
        .collect()
}

/// The actions that tests ask about; nothing where there are no tests.
fn tested(context: &Context<'_>) -> Option<BTreeSet<EntityRef>> {
    if context.version.suites.is_empty() {
        return None;
    }
    let cases = context.suites().iter().flat_map(|suite| &suite.cases);
    let inputs = cases.filter_map(|case| case.input.as_ref().ok());
    Some(
        inputs
            .map(|input| input.request.request.action.clone())
            .collect(),
    )
}

/// An action for a tool, beside another one of its server and like it.
fn scaffold(
    context: &Context<'_>,
    list: &ToolList,
    tool: &Tool,
    actions: &Actions<'_>,
) -> Option<Fix> {
    let of_list = actions
        .iter()
        .filter(|((path, _), _)| *path == list.file.path.as_ref());
    // The last one before it in the list, else the first.
    let (before, after): (Vec<_>, Vec<_>) =
        of_list.partition(|((_, span), _)| span.start < tool.name_span.start);
    let (_, like) = before.last().or(after.first())?;
    let like = *like.first()?;
    let info = context.schema()?.action(like)?;
    let place = declared(context, like)?;
    let file = context.file(&place.file)?;
    let rest = file.text.get(place.whole.end()..)?;
    let end = place.whole.end() + usize::from(rest.starts_with(';'));
    let types = |types: &BTreeSet<std::sync::Arc<str>>| {
        let names: Vec<&str> = types.iter().map(AsRef::as_ref).collect();
        names.join(", ")
    };
    let risk = risk(tool, &list.tools).name();
    let text = format!(
        "\n\n@risk(\"{risk}\")\n@tool({})\naction {} appliesTo {{\n  principal: [{}],\n  resource: [{}],\n  context: {{ input: {} }},\n}};",
        cedar_text(&named(list, tool)),
        cedar_name(&tool.name),
        types(&info.principals),
        types(&info.resources),
        record_text(&tool.input, 2),
    );
    Some(Fix {
        kind: FixKind::Suggested,
        title: format!("declare an action like {like}, with the risk `{risk}`"),
        edits: vec![Edit {
            path: file.path.clone(),
            span: Span::new(end, 0),
            text,
        }],
    })
}
