//! `init --from-mcp` writes a repository that passes, for every list of tools.

mod support;

use agentauthz::lint::{Levels, Settings, lint};
use agentauthz::model::SourceFile;
use agentauthz::repository::{LintLevel, PolicyVersion, Risk, ToolList, risk, tool_list};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use support::play::{Ran, run};
use support::repository::load_directory;

const DESK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mcp-tools/desk.json");

/// A repository for a list, in a directory of its own.
struct Made {
    dir: tempfile::TempDir,
    init: Ran,
}

impl Made {
    fn from(list: &Path, more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("new");
        let mut args = vec![
            "init",
            "--from-mcp",
            list.to_str().unwrap(),
            place.to_str().unwrap(),
        ];
        args.extend(more);
        let init = run(dir.path(), &args);
        Self { init, dir }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("new")
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn version(&self) -> PolicyVersion {
        load_directory(self.root().to_str().unwrap())
    }

    /// Everything passes, every tool has its action, and no lint is an error.
    #[track_caller]
    fn holds(&self, list: &ToolList) {
        self.init
            .says(0, &["wrote a policy repository", "tools by risk"]);
        let checked = run(&self.root(), &["check"]);
        assert_eq!(checked.code, 0, "{}", checked.all());
        let tested = run(&self.root(), &["test", "--format", "json"]);
        assert_eq!(tested.code, 0, "{}", tested.all());
        run(&self.root(), &["replay"]).says(0, &[]);
        let version = self.version();
        let server = version.tool_lists[0].server.clone().unwrap();
        let schema = version.schema.as_ref().unwrap();
        let tagged: BTreeMap<&str, &str> = schema
            .actions()
            .values()
            .filter_map(|info| {
                let said = &info.annotations;
                Some((said.get("tool")?.as_str(), said.get("risk")?.as_str()))
            })
            .collect();
        for tool in &list.tools {
            let tag = format!("{server}/{}", tool.name);
            assert_eq!(
                tagged.get(tag.as_str()),
                Some(&risk(tool, &list.tools).name()),
                "{tag}"
            );
        }
        let facts = agentauthz::cli::test_facts(&version, "2026-11-24");
        assert!(facts.cases.iter().all(|case| case.passed) && facts.undecided.is_empty());
        let settings = Settings {
            levels: Levels::new(&version.manifest.lint, Vec::new()),
            now: "2026-11-24".to_owned(),
            tests: Some(&facts),
            ..Settings::default()
        };
        let report = lint(&version, &settings);
        let bad: Vec<String> = report
            .findings
            .iter()
            .filter(|found| found.level == LintLevel::Error || found.lint.group() == "tests")
            .map(|found| format!("{} {}: {}", found.lint.code, found.path, found.message))
            .collect();
        assert!(bad.is_empty(), "{}", bad.join("\n"));
        // The schema is what the tools take.
        let of_tools = ["AZ311", "AZ312", "AZ313"];
        let drift = report
            .findings
            .iter()
            .find(|found| of_tools.contains(&found.lint.code));
        assert!(drift.is_none(), "{drift:?}");
    }
}

fn read(path: &Path) -> ToolList {
    let text = fs::read_to_string(path).unwrap();
    tool_list(SourceFile::new(
        path.to_string_lossy().replace('\\', "/"),
        text,
    ))
    .unwrap()
}

#[test]
fn a_small_list_makes_a_repository_that_passes() {
    let made = Made::from(Path::new(DESK), &[]);
    let list = read(Path::new(DESK));
    made.holds(&list);
    made.init.says(
        0,
        &[
            "2 read, 2 write, 1 egress, 2 destructive, 1 money, 1 admin",
            "2 arguments have no type in Cedar",
        ],
    );
    let mut all = String::new();
    for path in [
        "agentauthz.yaml",
        "mapping.yaml",
        "schema/desk.cedarschema",
        "policies/desk.cedar",
        "policies/guardrails.cedar",
        "tests/desk.test.yaml",
        "recordings/example.jsonl",
        "README.md",
    ] {
        all.push_str(&format!("==== {path}\n{}\n", made.text(path)));
    }
    insta::assert_snapshot!("desk", all);
    assert_eq!(
        made.text("tools/desk.json"),
        fs::read_to_string(DESK).unwrap()
    );
}

#[test]
fn the_same_list_makes_the_same_repository() {
    let (one, other) = (
        Made::from(Path::new(DESK), &[]),
        Made::from(Path::new(DESK), &[]),
    );
    let (one, other) = (one.version(), other.version());
    let texts = |version: &PolicyVersion| -> Vec<(String, String)> {
        let files = version.sources.iter();
        files
            .map(|file| (file.path.to_string(), file.text.to_string()))
            .collect()
    };
    assert_eq!(texts(&one), texts(&other));
    assert_eq!(one.digest, other.digest);
}

#[test]
fn a_server_may_have_another_name_and_few_tools() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("tools.json");
    for (text, name) in [
        (r#"[{"name": "get_time"}]"#, "Clock Server"),
        (r#"[{"name": "delete_all"}]"#, "x"),
        (
            r#"[{"name": "say \"hi\"\n{a}"}, {"name": "set::x"}, {"name": "true"}, {"name": "*"}]"#,
            "../odd",
        ),
        (
            r#"[{"name": "changes"}, {"name": "get_writes", "inputSchema": {"properties": {"a.b": {"type": "string"}, "{c}": {"type": "integer"}, "__d": {}}, "required": ["a.b", "{c}"]}}]"#,
            "tools",
        ),
    ] {
        fs::write(&list, text).unwrap();
        let made = Made::from(&list, &["--server", name]);
        made.init.says(0, &["wrote a policy repository"]);
        for command in ["check", "test", "replay"] {
            let ran = run(&made.root(), &[command]);
            assert_eq!(ran.code, 0, "{text} {command}: {}", ran.all());
        }
    }
}

#[test]
fn what_arguments_plainly_are_is_derived_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("tools.json");
    let text = r#"[{"name": "get_page", "inputSchema": {"properties": {"url": {"type": "string"}, "path": {"type": "integer"}}, "required": ["url"]}},
        {"name": "delete_file", "inputSchema": {"properties": {"path": {"type": "string"}, "command": {"type": "string", "enum": ["rm"]}}}},
        {"name": "run", "inputSchema": {"properties": {"command": {"type": "string"}}}}]"#;
    fs::write(&list, text).unwrap();
    let made = Made::from(&list, &["--server", "box"]);
    let (mapping, schema) = (
        made.text("mapping.yaml"),
        made.text("schema/box.cedarschema"),
    );
    for (line, attribute) in [
        (
            "  url_host: \"{args.url | http | host}\"\n",
            "    url_host?: String,\n",
        ),
        (
            "  clean_path: \"{args.path | path}\"\n",
            "    clean_path?: String,\n",
        ),
        (
            "  commands: \"{args.command | commands}\"\n",
            "    commands?: Set<String>,\n",
        ),
    ] {
        assert!(mapping.contains(line), "{mapping}");
        assert_eq!(schema.matches(attribute).count(), 1, "{schema}");
    }
    assert!(!mapping.contains("uri_host") && !mapping.contains("file_path"));
    let call = r#"{"version":1,"id":"a","agent":"example-agent","call":{"tool":"get_page","args":{"url":"Example.com/x"}}}"#;
    fs::write(made.root().join("recordings/one.jsonl"), call).unwrap();
    let explained = run(
        &made.root(),
        &["explain", "recordings/one.jsonl#a", "--format", "json"],
    );
    let request = &explained.json()["sides"][0]["request"];
    assert_eq!(request["context"]["url_host"], "example.com", "{request}");
    for command in ["check", "test", "lint", "replay", "mapping"] {
        let ran = run(&made.root(), &[command]);
        assert_eq!(ran.code, 0, "{command}: {}", ran.all());
    }
}

#[test]
fn what_is_no_list_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("tools.json");
    for (text, message) in [
        ("{\"tools\": 3}", "no list of tools"),
        ("[]", "lists no tool"),
        ("[{\"title\": \"x\"}]", "no name"),
        ("nonsense", "cannot be read"),
    ] {
        fs::write(&list, text).unwrap();
        let made = Made::from(&list, &[]);
        made.init.says(2, &[message]);
        assert!(!made.root().exists(), "{text}");
    }
    let made = Made::from(&dir.path().join("none.json"), &[]);
    made.init.says(2, &["cannot read"]);
}

#[test]
fn every_list_of_a_real_server_makes_a_repository_that_passes() {
    let Some(root) = support::shared("mcp-tools", "repositories for the tools of real servers")
    else {
        return;
    };
    let mut lists: Vec<PathBuf> = Vec::new();
    for server in fs::read_dir(root).unwrap() {
        let files = fs::read_dir(server.unwrap().path()).into_iter().flatten();
        lists.extend(files.map(|file| file.unwrap().path()));
    }
    lists.retain(|path| path.extension().is_some_and(|end| end == "json"));
    lists.sort();
    assert!(!lists.is_empty());
    for path in lists {
        let list = read(&path);
        Made::from(&path, &[]).holds(&list);
        if path.ends_with("github/tools-list.json") {
            let count = |wanted: Risk| {
                list.tools
                    .iter()
                    .filter(|tool| risk(tool, &list.tools) == wanted)
                    .count()
            };
            assert_eq!(list.tools.len(), 117);
            assert_eq!(Risk::ALL.map(count), [58, 21, 28, 10, 0, 0]);
            // Each of the others was read: it carries a text to whoever reads the repository, or it does not.
            for name in SILENT {
                let tool = list.tools.iter().find(|tool| tool.name == name).unwrap();
                assert_eq!(risk(tool, &list.tools), Risk::Write, "{name}");
            }
            // What the server says only reads is a read, and what it says destroys is destructive.
            for tool in &list.tools {
                match (tool.hints.read_only, tool.hints.destructive) {
                    (Some(true), _) => {
                        assert_eq!(risk(tool, &list.tools), Risk::Read, "{}", tool.name)
                    }
                    (_, Some(true)) => {
                        assert_eq!(risk(tool, &list.tools), Risk::Destructive, "{}", tool.name)
                    }
                    _ => assert!(risk(tool, &list.tools) > Risk::Read, "{}", tool.name),
                }
            }
        }
    }
}

/// The tools of GitHub's server that change something, destroy nothing by what it says, and carry no text.
const SILENT: [&str; 21] = [
    "add_issue_comment_reaction",
    "add_issue_reaction",
    "add_pull_request_review_comment_reaction",
    "add_sub_issue",
    "create_branch",
    "dismiss_notification",
    "fork_repository",
    "issue_dependency_write",
    "mark_all_notifications_read",
    "reprioritize_sub_issue",
    "request_copilot_review",
    "request_pull_request_reviewers",
    "resolve_review_thread",
    "star_repository",
    "sub_issue_write",
    "unresolve_review_thread",
    "unstar_repository",
    "update_issue_milestone",
    "update_pull_request_branch",
    "update_pull_request_draft_state",
    "update_pull_request_state",
];

#[test]
fn every_list_of_the_benchmark_can_be_read() {
    let what = "tools of the servers of LiveMCPBench";
    let Some(path) = support::shared("recordings/livemcpbench/tools.json", what) else {
        return;
    };
    let servers: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut tools = 0;
    let mut made = 0;
    for server in servers.as_array().unwrap() {
        for (name, listed) in server["tools"].as_object().unwrap() {
            let file = SourceFile::new(format!("tools/{name}.json"), listed.to_string());
            let list = tool_list(file).unwrap();
            tools += list.tools.len();
            let scaffold = agentauthz::init::from_mcp(&list, Some(name));
            let dir = tempfile::tempdir().unwrap();
            for (path, text) in &scaffold.files {
                let path = dir.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            let version = load_directory(dir.path().to_str().unwrap());
            assert!(
                version.diagnostics.is_empty(),
                "{name}: {:?}",
                version.diagnostics
            );
            let facts = agentauthz::cli::test_facts(&version, "2026-11-24");
            let failed = facts.cases.iter().find(|case| !case.passed);
            assert!(
                failed.is_none() && facts.cases.len() >= list.tools.len() / 2,
                "{name}: {failed:?}"
            );
            made += 1;
        }
    }
    assert!(tools == 527 && made > 60, "{tools} tools, {made} servers");
}
