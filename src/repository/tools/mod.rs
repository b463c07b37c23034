//! The tools that an MCP server lists (`tools/list`), with their places in the file.

mod placed;
mod risk;
mod shape;
mod words;
mod written;

pub use risk::{Risk, risk};
pub use shape::{Parameter, Shape};
pub use written::{cedar_name, cedar_text, record_text, type_text};

use crate::model::{Diagnostic, SourceFile, Span, Stage, refuse_repeated_keys};
use placed::{Members, Placed};

/// The tools of one server.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolList {
    /// The file.
    pub file: SourceFile,
    /// What the server is called: by the name of the file, or by what the file says of it.
    pub server: Option<String>,
    /// The tools, in the order of the file.
    pub tools: Vec<Tool>,
    /// Whether the server had more than these.
    pub partial: bool,
}

/// A tool of a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// The place of the name.
    pub name_span: Span,
    /// The place of all that is said of it.
    pub span: Span,
    /// What the server says of its effects. Nobody has checked it.
    pub hints: Hints,
    /// Its arguments, in the order of the file.
    pub input: Vec<Parameter>,
}

/// What a server says of the effects of a tool; nothing where it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// It reaches parties outside of the system.
    pub open_world: Option<bool>,
}

/// Where a tool that an action names is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Named<'l> {
    /// In this list.
    Tool(&'l ToolList, &'l Tool),
    /// In no list of its server, though there are some, and they are whole. The list is one of them.
    Missing(&'l ToolList),
    /// In no list, and nobody says of which server it is.
    Unplaced,
    /// Nobody knows: there is no list of the server, or not all of it.
    Unknown,
}

/// Reads the result of `tools/list`: an object with `tools`, the response that holds one, or the array by itself.
pub fn tool_list(file: SourceFile) -> Result<ToolList, Diagnostic> {
    let fault = |span: Option<Span>, message: &str| {
        let found = Diagnostic::error(Stage::Check, "tools", message)
            .in_file(file.path.clone())
            .with_help("save what the server answers to `tools/list`, as it is");
        span.into_iter()
            .fold(found, |found, span| found.with_label(span, ""))
    };
    let root = refuse_repeated_keys(&file.text)
        .map_err(|error| error.to_string())
        .and_then(|()| Placed::whole(&file.text))
        .map_err(|error| fault(None, &format!("this list of tools cannot be read: {error}")))?;
    let holder = root.get("result").unwrap_or(&root);
    let list = match (root.items(), holder.get("tools")) {
        (Some(items), _) => Some(items),
        (None, Some(tools)) => tools.items(),
        (None, None) => None,
    };
    let Some(list) = list else {
        return Err(fault(
            None,
            "this is no list of tools: there is no array `tools`",
        ));
    };
    let mut tools = Vec::new();
    for item in list {
        let Some(name) = item.get("name").filter(|name| name.text().is_some()) else {
            return Err(fault(Some(item.span), "this tool has no name"));
        };
        let schema = item.get("inputSchema").or_else(|| item.get("input_schema"));
        tools.push(Tool {
            name: name.text().unwrap_or_default().to_owned(),
            name_span: name.span,
            span: item.span,
            hints: hints(item.get("annotations").and_then(Placed::members)),
            input: schema.map(shape::parameters).unwrap_or_default(),
        });
    }
    let info = [&root, holder]
        .into_iter()
        .find_map(|at| at.get("serverInfo"));
    let said = info
        .and_then(|info| info.get("name"))
        .and_then(Placed::text);
    Ok(ToolList {
        server: server_of(&file.path).or_else(|| said.map(str::to_owned)),
        partial: holder.get("nextCursor").and_then(Placed::text).is_some(),
        tools,
        file,
    })
}

fn hints(annotations: Option<&Members>) -> Hints {
    let flag = |name: &str| {
        let members = annotations?.iter();
        let mut named = members.filter(|member| member.name == name);
        named.next()?.value.flag()
    };
    Hints {
        read_only: flag("readOnlyHint"),
        destructive: flag("destructiveHint"),
        open_world: flag("openWorldHint"),
    }
}

/// What a file calls its server: `tools/github.json`, `github.tools.json` and `github/tools-list.json` are of `github`.
fn server_of(path: &str) -> Option<String> {
    const ANY: [&str; 9] = [
        "tools",
        "tools-list",
        "tools_list",
        "tool-list",
        "list",
        "mcp",
        "mcp-tools",
        "mcp_tools",
        "servers",
    ];
    let stem = path.strip_suffix(".json").unwrap_or(path);
    for step in stem.rsplit('/') {
        let mut name = step;
        while let Some((rest, last)) = name.rsplit_once('.')
            && ANY.contains(&last)
        {
            name = rest;
        }
        if !name.is_empty() && !ANY.contains(&name) && name != ".." {
            return Some(name.to_owned());
        }
    }
    None
}

/// Finds the tool that `@tool` names: `server/name`, or the name alone.
pub fn named_tool<'l>(lists: &'l [ToolList], tag: &str) -> Named<'l> {
    let find = |list: &'l ToolList, name: &str| {
        let mut tools = list.tools.iter().filter(|tool| tool.name == name);
        tools.next().map(|tool| Named::Tool(list, tool))
    };
    let mut of_server = None;
    for list in lists {
        let server = list.server.as_deref();
        let name = server.and_then(|server| tag.strip_prefix(server)?.strip_prefix('/'));
        if let Some(name) = name {
            if let Some(found) = find(list, name) {
                return found;
            }
            let partial = of_server.is_some_and(|(_, partial)| partial) || list.partial;
            of_server = Some((list, partial));
        }
    }
    match of_server {
        Some((list, false)) => return Named::Missing(list),
        Some((_, true)) => return Named::Unknown,
        None => {}
    }
    // A list that says nothing of its server may be that of any, and a tool without one may be in any list.
    let last = tag.rsplit('/').next().unwrap_or(tag);
    let without = !tag.contains('/');
    for list in lists.iter().filter(|list| without || list.server.is_none()) {
        if let Some(found) = find(list, tag).or_else(|| find(list, last)) {
            return found;
        }
    }
    let whole = !lists.is_empty() && lists.iter().all(|list| !list.partial);
    match without && whole {
        true => Named::Unplaced,
        false => Named::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> ToolList {
        tool_list(SourceFile::new(path, text)).unwrap()
    }

    #[test]
    fn all_three_forms_are_read() {
        let tool = r#"{"name": "a \"b\"", "annotations": {"readOnlyHint": true, "title": "A"}, "inputSchema": {"type": "object"}}"#;
        for (text, partial) in [
            (format!("[{tool}]"), false),
            (
                format!("{{\"tools\": [{tool}], \"nextCursor\": \"x\"}}"),
                true,
            ),
            (
                format!("{{\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": {{\"tools\": [{tool}]}}}}"),
                false,
            ),
        ] {
            let list = read("tools/github.json", &text);
            assert_eq!(list.server.as_deref(), Some("github"));
            assert_eq!(list.partial, partial);
            let [tool] = list.tools.as_slice() else {
                panic!("{list:?}")
            };
            assert_eq!(tool.name, "a \"b\"");
            assert_eq!(list.file.slice(tool.name_span), r#""a \"b\"""#);
            assert_eq!(tool.hints.read_only, Some(true));
            assert_eq!(tool.hints.destructive, None);
        }
    }

    #[test]
    fn what_is_no_list_is_told() {
        for text in [
            "",
            "{}",
            "{\"tools\": 1}",
            "[{\"title\": \"a\"}]",
            "[1]",
            "{\"tools\": [], \"tools\": []}",
        ] {
            assert!(
                tool_list(SourceFile::new("a.json", text)).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn files_and_servers_name_each_other() {
        for (path, server) in [
            ("tools/github.json", Some("github")),
            ("github.tools.json", Some("github")),
            ("x/github/tools-list.json", Some("github")),
            ("tools/io.example.mail.json", Some("io.example.mail")),
            ("tools/list.json", None),
        ] {
            assert_eq!(server_of(path).as_deref(), server, "{path}");
        }
        let list = read(
            "tools/list.json",
            r#"{"serverInfo": {"name": "crm"}, "tools": []}"#,
        );
        assert_eq!(list.server.as_deref(), Some("crm"));
    }

    #[test]
    fn tools_are_found_by_server_and_name() {
        let lists = [
            read("tools/mail.json", r#"[{"name": "send"}, {"name": "a/b"}]"#),
            read(
                "tools/web.json",
                r#"{"tools": [{"name": "get"}], "nextCursor": "1"}"#,
            ),
        ];
        let found = |tag: &str| match named_tool(&lists, tag) {
            Named::Tool(_, tool) => tool.name.clone(),
            Named::Missing(list) => format!("missing in {}", list.file.path),
            Named::Unplaced => "unplaced".to_owned(),
            Named::Unknown => "unknown".to_owned(),
        };
        assert_eq!(found("mail/send"), "send");
        assert_eq!(found("mail/a/b"), "a/b");
        assert_eq!(found("mail/sent"), "missing in tools/mail.json");
        assert_eq!(found("web/post"), "unknown");
        assert_eq!(found("crm/send"), "unknown");
        assert_eq!(found("send"), "send");
        assert_eq!(found("sent"), "unknown");
        assert!(matches!(named_tool(&lists[..1], "sent"), Named::Unplaced));
    }
}
