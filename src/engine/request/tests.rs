//! Mapped calls: what is known, what is not, and whose call it is.

use super::*;
use crate::repository::{Files, PolicyVersion, load};

const SCHEMA: &str = "entity Agent; action use appliesTo { principal: Agent, resource: Agent, \
                      context: { @clock at: datetime, more: { @clock at: datetime } } };";

const MAPPING: &str = "{ version: 1, principal: 'Agent::\"a\"', action: use, resource: 'Agent::\"a\"', \
                       context: { at: '{args.at}', more: '{args.more}' } }";

fn version(schema: &str, mapping: &str) -> PolicyVersion {
    let files = [
        ("agentauthz.yaml", "version: 1"),
        ("schema/s.cedarschema", schema),
        ("mapping.yaml", mapping),
    ];
    let text = |path: &str| files.iter().find(|(name, _)| *name == path);
    load(&Files {
        paths: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
        read: &|path| {
            text(path)
                .map(|(_, text)| text.as_bytes().to_vec())
                .ok_or_else(String::new)
        },
        refused: Vec::new(),
    })
}

/// A faultless version.
fn sound(schema: &str, mapping: &str) -> PolicyVersion {
    let version = version(schema, mapping);
    assert_eq!(version.diagnostics, []);
    version
}

/// A call of `tool` with these arguments, on the system `mail`.
fn map(version: &PolicyVersion, tool: &str, args: Option<&str>) -> Result<Mapped, NotReplayable> {
    let mut action = RecordedAction::new("a");
    action.time = Some("2026-01-01T00:00:00Z".to_owned());
    action.system = Some("mail".to_owned());
    let call = ToolCall {
        tool: tool.to_owned(),
        args: args.map(|args| serde_json::from_str(args).unwrap()),
    };
    let (mapping, schema) = (
        version.mapping.as_ref().unwrap(),
        version.schema.as_ref().unwrap(),
    );
    map_call(&action, &call, mapping, schema)
}

fn unknown(mapped: &Mapped) -> Vec<String> {
    let fields = mapped.request.unknown.iter();
    fields.map(ToString::to_string).collect()
}

/// The unknown fields of a call with these arguments.
fn unknown_times(args: &str) -> Vec<String> {
    unknown(&map(&version(SCHEMA, MAPPING), "use", Some(args)).unwrap())
}

#[test]
fn the_clock_fills_what_the_call_does_not_say() {
    assert_eq!(unknown_times(r#"{"more": {}}"#), [""; 0]);
    assert_eq!(
        unknown_times(r#"{"at": null, "more": {"at": null}}"#),
        [""; 0]
    );
}

#[test]
fn the_clock_does_not_stand_in_for_what_cannot_be_typed() {
    assert_eq!(
        unknown_times(r#"{"at": "soon", "more": {}}"#),
        ["context.at"]
    );
    let marked = r#"{"at": {"$unknown": "redacted"}, "more": {"at": 5}}"#;
    assert_eq!(unknown_times(marked), ["context.at", "context.more.at"]);
}

const TOOLS: &str = "entity Agent; entity System; \
     action fetch, \"web/fetch\" appliesTo { principal: Agent, resource: System, \
     context: { input: { url: String, max?: Long } } };";

/// A mapping with this router.
fn routed(router: &str) -> PolicyVersion {
    let mapping = format!(
        "version: 1\nprincipal: 'Agent::\"a\"'\naction: 'Action::\"{{tool}}\"'\nresource: 'System::\"{{system}}\"'\n\
         context: {{ input: '{{args}}' }}\nunwrap: {router}\ntools: {{ find: {{ skip: true }} }}\n"
    );
    sound(TOOLS, &mapping)
}

const ROUTER: &str =
    "{ execute: { tool: '{args.name}', args: '{args.params}', system: '{args.server}' } }";

fn asked(version: &PolicyVersion, tool: &str, args: &str) -> Result<String, NotReplayable> {
    let mapped = map(version, tool, Some(args))?;
    let request = &mapped.request;
    let context: Vec<String> = request
        .context
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    Ok(format!(
        "{} {} {} unknown {:?}",
        request.action,
        request.resource,
        context.join(" "),
        unknown(&mapped)
    ))
}

#[test]
fn a_routers_call_is_the_call_that_it_holds() {
    let version = routed(ROUTER);
    let held = r#"{"name": "fetch", "server": "web", "params": {"url": "u", "max": 3}}"#;
    let direct = r#"{"url": "u", "max": 3}"#;
    assert_eq!(
        asked(&version, "execute", held).unwrap(),
        r#"Action::"fetch" System::"web" input: {"max": 3, "url": "u"} unknown []"#
    );
    assert_eq!(
        asked(&version, "fetch", direct).unwrap(),
        r#"Action::"fetch" System::"mail" input: {"max": 3, "url": "u"} unknown []"#
    );
    // What is skipped is the tool that is meant.
    let skipped = r#"{"name": "find", "server": "web", "params": {}}"#;
    assert_eq!(
        asked(&version, "execute", skipped),
        Err(NotReplayable::LeftOut)
    );
}

#[test]
fn a_router_may_put_the_server_before_the_tool_and_leave_the_system_alone() {
    let version =
        routed("{ 'exec*': { tool: '{args.server}/{args.name}', args: '{args.params}' } }");
    let held = r#"{"name": "fetch", "server": "web", "params": {"url": "u"}}"#;
    assert_eq!(
        asked(&version, "execute", held).unwrap(),
        r#"Action::"web/fetch" System::"mail" input: {"url": "u"} unknown []"#
    );
}

#[test]
fn what_a_router_does_not_hold_is_not_guessed() {
    let version = routed(ROUTER);
    let request = |args: &str| asked(&version, "execute", args);
    for nameless in [
        "{}",
        r#"{"name": null, "server": "web", "params": {"url": "u"}}"#,
        r#"{"name": {"$unknown": "x"}, "server": "web"}"#,
        r#"{"name": ["fetch"], "server": "web"}"#,
        // A router within a router is no tool of the schema.
        r#"{"name": "execute", "server": "web", "params": {"name": "fetch"}}"#,
    ] {
        let answer = request(nameless);
        assert_eq!(answer, Err(NotReplayable::UnknownAction), "{nameless}");
    }
    let homeless = r#"{"name": "fetch", "params": {"url": "u"}}"#;
    assert_eq!(request(homeless), Err(NotReplayable::UnmappedResource));
    // No arguments for the tool are known to be none; anything but an object is not known.
    for (params, unknown) in [
        ("null", r#"["context.input.url"]"#),
        ("{}", r#"["context.input.url"]"#),
        (r#""{}""#, r#"["context.input"]"#),
        ("[]", r#"["context.input"]"#),
        (r#"{"$unknown": "redacted"}"#, r#"["context.input"]"#),
    ] {
        let args = format!(r#"{{"name": "fetch", "server": "web", "params": {params}}}"#);
        let request = request(&args).unwrap();
        let end = format!("unknown {unknown}");
        assert!(request.ends_with(&end), "{params}: {request}");
    }
    assert_eq!(
        map(&version, "execute", None),
        Err(NotReplayable::UnknownAction)
    );
}

#[test]
fn exact_routers_go_first_then_long_patterns() {
    let router = |tool: &str| format!("{{ tool: '{tool}', args: '{{args}}' }}");
    let routers = format!(
        "{{ '*': {}, 'ex*': {}, execute: {} }}",
        router("find"),
        router("web/{args.name}"),
        router("{args.name}")
    );
    let version = routed(&routers);
    let args = r#"{"name": "fetch", "url": "u"}"#;
    let action = |tool: &str| {
        let mapped = map(&version, tool, Some(args));
        mapped.map(|mapped| mapped.request.action.to_string())
    };
    assert_eq!(action("execute").unwrap(), r#"Action::"fetch""#);
    assert_eq!(action("exec").unwrap(), r#"Action::"web/fetch""#);
    assert_eq!(action("other"), Err(NotReplayable::LeftOut));
}

#[test]
fn faulty_routers_are_found_and_change_the_digest() {
    let with = |unwrap: &str| version(TOOLS, &format!("version: 1\naction: fetch\n{unwrap}"));
    for (unwrap, message) in [
        ("unwrap: { e: { tool: '{args.name}', args: '{args.p} {args.q}' } }", "stand in one place"),
        ("unwrap: { e: { tool: '{args.name}', args: all } }", "stand in one place"),
        ("unwrap: { e: { tool: '{args.name', args: '{args.p}' } }", "nothing closes"),
        ("unwrap: { e: { tool: x, args: '{args}', system: '{nobody}' } }", "is no field of a call"),
        ("unwrap: { e: { tool: x } }", "missing field `args`"),
        ("unwrap: { e: { tool: x, args: '{args}', server: y } }", "unknown field `server`"),
    ] {
        let found = with(unwrap).diagnostics;
        let text = format!("{found:?}");
        assert!(text.contains(message), "{unwrap}: {text}");
    }
    let digest = |unwrap: &str| with(unwrap).mapping.unwrap().digest;
    assert_eq!(digest(""), digest("unwrap: {}"));
    let one = digest("unwrap: { e: { tool: '{args.name}', args: '{args.p}' } }");
    assert_ne!(digest(""), one);
    assert_ne!(one, digest("unwrap: { e: { tool: '{args.name}', args: '{args.q}' } }"));
}
