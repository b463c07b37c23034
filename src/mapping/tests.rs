//! Findings, on small repositories.

use super::*;
use crate::engine::{Incoming, Merge, Place, Side};
use crate::model::{RecordedAction, ToolCall};
use crate::repository::{Files, PolicyVersion, load};

const SCHEMA: &str = r#"
entity Agent;
entity System;
action all;
action send in [all] appliesTo { principal: Agent, resource: System, context: { input: { to?: String, deep?: { a?: Long } }, host?: String } };
action find appliesTo { principal: Agent, resource: System, context: { input: { q?: String } } };
action archive appliesTo { principal: Agent, resource: System, context: {} };
"#;

const MAPPING: &str = "version: 1
principal: Agent::\"a\"
action: Action::\"{tool}\"
resource: System::\"mail\"
context:
  input: \"{args}\"
tools:
  send:
    context:
      host: \"{args.url | host}\"
  debug_*: { skip: true }
";

const TOOLS: &str = r#"{ "tools": [
  { "name": "send", "inputSchema": { "properties": { "to": { "type": "string" }, "url": { "type": "string" } } } },
  { "name": "find", "inputSchema": { "properties": { "q": { "type": "string" } } } },
  { "name": "debug_a", "inputSchema": { "properties": {} } }
] }"#;

fn version(mapping: &str, tools: &str) -> PolicyVersion {
    let files = [
        ("agentauthz.yaml", "version: 1\ntools: ['tools/*.json']"),
        ("schema/s.cedarschema", SCHEMA),
        ("mapping.yaml", mapping),
        ("tools/mail.json", tools),
    ];
    let text = |path: &str| files.iter().find(|(name, _)| *name == path);
    let paths = files.iter().map(|(name, _)| (*name).to_owned());
    let version = load(&Files {
        paths: paths
            .filter(|path| path != "tools/mail.json" || !tools.is_empty())
            .collect(),
        read: &|path| {
            let found = text(path).map(|(_, text)| text.as_bytes().to_vec());
            found.ok_or_else(String::new)
        },
        refused: Vec::new(),
    });
    assert_eq!(version.diagnostics, []);
    version
}

/// What recordings of these calls show.
fn seen(version: &PolicyVersion, calls: &[(&str, &str)]) -> Seen {
    let side = Side::head(version);
    let mut seen = Seen::default();
    for (at, (tool, args)) in calls.iter().enumerate() {
        let place = Place {
            recording: "r".into(),
            line: at as u64 + 1,
        };
        let mut action = RecordedAction::new(format!("a{at}"));
        action.call = Some(ToolCall {
            tool: (*tool).to_owned(),
            args: Some(serde_json::from_str(args).unwrap()),
            result: None,
        });
        let mut one = Seen::default();
        see(&side, &mut one, Incoming::Action(place, Box::new(action)));
        seen.merge(one);
    }
    seen
}

fn found(mapping: &str, tools: &str, calls: &[(&str, &str)]) -> Vec<String> {
    let version = version(mapping, tools);
    let report = judge(&version, &seen(&version, calls));
    let shown = report.findings.iter().map(|one| {
        let kind = serde_json::to_string(&one.kind).unwrap();
        let place = match (&one.file, one.line) {
            (Some(file), Some(line)) => format!(" {file}:{line}"),
            _ => String::new(),
        };
        let calls = one
            .calls
            .map(|calls| format!(" x{calls}"))
            .unwrap_or_default();
        format!("{}{place}: {}{calls}", kind.trim_matches('"'), one.message)
    });
    shown.collect()
}

#[test]
fn a_mapping_that_fits_its_tools() {
    let mapping = MAPPING.replace(
        "tools:\n",
        "tools:\n  keep: { action: archive, context: { input: ~ } }\n",
    );
    let tools = TOOLS.replace(
        "\"tools\": [",
        r#""tools": [ { "name": "keep", "inputSchema": { "properties": {} } },"#,
    );
    assert_eq!(found(&mapping, &tools, &[]), [""; 0]);
    let calls = [
        ("send", r#"{"to": "a", "url": "http://b.example"}"#),
        ("find", r#"{"q": "x"}"#),
        ("keep", "{}"),
        ("debug_x", r#"{"y": 1}"#),
    ];
    assert_eq!(found(&mapping, &tools, &calls), [""; 0]);
    // Calls alone tell it, too.
    assert_eq!(found(&mapping, "", &calls), [""; 0]);
}

#[test]
fn nothing_is_said_without_tools() {
    let version = version(MAPPING, "");
    let report = judge(&version, &Seen::default());
    assert!(report.is_inconclusive());
    assert_eq!(report.findings, []);
    let (lines, actions) = (report.looked_at.lines, report.looked_at.actions);
    assert_eq!((lines, actions), (7, 3));
}

#[test]
fn lists_alone_tell_of_tools_actions_and_lines() {
    let tools = r#"[
  { "name": "send", "inputSchema": { "properties": { "to": {}, "cc": {} } } },
  { "name": "drop", "inputSchema": { "properties": {} } }
]"#;
    assert_eq!(
        found(MAPPING, tools, &[]),
        [
            "tool_without_action tools/mail.json:3: the tool `drop` is mapped to no action",
            "action_without_tool: no tool of the lists is mapped to Action::\"archive\"",
            "action_without_tool: no tool of the lists is mapped to Action::\"find\"",
            "unused_line mapping.yaml:10: `tools.send.context.host` is not used: no tool of the lists has what it reads",
            "unused_line mapping.yaml:11: `tools.debug_*` is not used: no tool of the lists has such a name",
            "unknown_argument mapping.yaml:10: `tools.send.context.host` reads `{args.url | host}`, and the tool `send` has no argument `url`",
            "argument_not_taken tools/mail.json:2: no attribute takes `cc` of the tool `send`",
        ]
    );
}

#[test]
fn calls_alone_tell_what_was_seen() {
    let calls = [
        (
            "send",
            r#"{"to": "a", "cc": "b", "bcc": null, "deep": {"a": 1, "b": 2}}"#,
        ),
        ("send", r#"{"to": "a", "cc": "b"}"#),
        ("drop", "{}"),
    ];
    assert_eq!(
        found(MAPPING, "", &calls),
        [
            "tool_without_action: calls of the tool `drop` are mapped to no action x1",
            "unused_line mapping.yaml:10: `tools.send.context.host` is not used: no recorded call has what it reads",
            "unused_line mapping.yaml:11: `tools.debug_*` is not used: no recorded call has such a name",
            "action_never_seen: no recorded call is mapped to Action::\"archive\"",
            "action_never_seen: no recorded call is mapped to Action::\"find\"",
            "argument_not_taken: no attribute takes `cc` of the tool `send` x2",
            "argument_not_taken: no attribute takes `deep.b` of the tool `send` x1",
        ]
    );
}

#[test]
fn an_action_that_no_line_can_give_is_without_a_tool() {
    let mapping = "version: 1\nprincipal: Agent::\"a\"\nresource: System::\"mail\"\ntools:\n  send: { action: send }\n  find: { action: find }\n";
    assert_eq!(
        found(mapping, "", &[("send", r#"{"to": "a"}"#)]),
        [
            "action_without_tool: no line of the mapping maps a tool to Action::\"archive\"",
            "unused_line mapping.yaml:6: `tools.find` is not used: no recorded call is of it",
            "action_never_seen: no recorded call is mapped to Action::\"find\"",
            "argument_not_taken: no attribute takes `to` of the tool `send` x1",
        ]
    );
}

#[test]
fn routers_are_looked_through() {
    let mapping = format!(
        "{MAPPING}unwrap:\n  run: {{ tool: '{{args.name}}', args: '{{args.params}}' }}\n  gone: {{ tool: x, args: '{{args}}' }}\n"
    );
    let calls = [
        (
            "run",
            r#"{"name": "send", "params": {"to": "a", "url": "http://b"}}"#,
        ),
        ("run", r#"{"name": "drop", "params": {}}"#),
        ("run", r#"{"params": {}}"#),
        ("find", r#"{"q": "x"}"#),
        ("debug_a", "{}"),
    ];
    assert_eq!(
        found(&mapping, "", &calls),
        [
            "tool_without_action: calls of the tool `drop` are mapped to no action x1",
            "tool_without_action: calls of the tool `run` are mapped to no action x1",
            "unused_line mapping.yaml:14: `unwrap.gone` is not used: no recorded call is of it",
            "action_never_seen: no recorded call is mapped to Action::\"archive\"",
        ]
    );
}

#[test]
fn listed_tools_are_known_with_their_server_too() {
    let mapping = MAPPING
        .replace("  send:\n", "  mcp__mail__send:\n    action: send\n")
        .replace("  debug_*:", "  mail/find: { action: find }\n  debug_*:");
    assert_eq!(
        found(&mapping, TOOLS, &[]),
        [
            "action_without_tool: no tool of the lists is mapped to Action::\"archive\"",
            "unused_line mapping.yaml:3: `action` is not used: no tool of the lists needs it",
        ]
    );
}

#[test]
fn the_report_conforms_to_its_schema() {
    let version = version(MAPPING, TOOLS);
    let report = judge(&version, &seen(&version, &[("drop", r#"{"x": 1}"#)]));
    assert!(report.faults() > 0 && report.findings.len() > report.faults());
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let value = serde_json::to_value(&report).unwrap();
    assert!(validator.is_valid(&value), "{value}");
}
