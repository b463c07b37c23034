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
        result: None,
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
fn what_is_made_of_nothing_is_not_there() {
    let schema = "entity Agent, Leg; action use appliesTo { principal: Agent, resource: Agent, \
                  context: { first: Leg, second?: Leg, third?: String } };";
    let mapping = "{ version: 1, principal: 'Agent::\"a\"', action: use, resource: 'Agent::\"a\"', context: { \
                   first: 'Leg::\"{args.legs.0.no}:{args.legs.0.day}\"', \
                   second: 'Leg::\"{args.legs.1.no}:{args.legs.1.day}\"', third: '{args.legs.2.no}:{args.day}' } }";
    let version = sound(schema, mapping);
    let fields = |args: &str| {
        let mapped = map(&version, "use", Some(args)).unwrap();
        let known: Vec<_> = mapped.request.context.keys().cloned().collect();
        (known.join(" "), unknown(&mapped).join(" "))
    };
    let pair = |known: &str, unknown: &str| (known.to_owned(), unknown.to_owned());
    let leg = r#"{"no": "A", "day": 1}"#;
    let one = format!(r#"{{"legs": [{leg}], "day": 1}}"#);
    assert_eq!(fields(&one), pair("first", ""));
    let two = format!(r#"{{"legs": [{leg}, {leg}]}}"#);
    assert_eq!(fields(&two), pair("first second", ""));
    // A required attribute is not known, and neither is what is made of something that nobody knows, or of no text.
    assert_eq!(fields(r#"{"legs": []}"#), pair("", "context.first"));
    let odd = format!(r#"{{"legs": [{leg}, {{"no": {{"$unknown": "lost"}}}}]}}"#);
    assert_eq!(fields(&odd), pair("first", "context.second"));
    let odd = format!(r#"{{"legs": [{leg}, {{"no": true, "day": 2}}]}}"#);
    assert_eq!(fields(&odd), pair("first", "context.second"));
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
fn a_system_that_nobody_knows_is_not_absent() {
    let schema = "entity Agent; entity Thing; action fetch appliesTo { principal: Agent, resource: Thing, \
         context: { sys?: String } };";
    let mapping = "version: 1\nprincipal: 'Agent::\"a\"'\naction: 'Action::\"fetch\"'\nresource: 'Thing::\"t\"'\n\
         context: { sys: '{system}' }\n\
         unwrap: { execute: { tool: '{args.name}', args: '{args.params}', system: '{args.server}' } }\n";
    let version = sound(schema, mapping);
    for (server, unknown) in [
        ("", "[]"),
        (r#", "server": null"#, "[]"),
        (r#", "server": "web""#, "[]"),
        (
            r#", "server": {"$unknown": "redacted"}"#,
            r#"["context.sys"]"#,
        ),
        (r#", "server": ["web"]"#, r#"["context.sys"]"#),
    ] {
        let args = format!(r#"{{"name": "fetch"{server}, "params": {{}}}}"#);
        let request = asked(&version, "execute", &args).unwrap();
        assert!(
            request.ends_with(&format!("unknown {unknown}")),
            "{server}: {request}"
        );
    }
    // A router within a router has no request, whatever action calls have.
    let nested = r#"{"name": "execute", "params": {"name": "fetch"}}"#;
    assert_eq!(
        asked(&version, "execute", nested),
        Err(NotReplayable::UnknownAction)
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
        (
            "unwrap: { e: { tool: '{args.name}', args: '{args.p} {args.q}' } }",
            "stand in one place",
        ),
        (
            "unwrap: { e: { tool: '{args.name}', args: all } }",
            "stand in one place",
        ),
        (
            "unwrap: { e: { tool: '{args.name', args: '{args.p}' } }",
            "nothing closes",
        ),
        (
            "unwrap: { e: { tool: x, args: '{args}', system: '{nobody}' } }",
            "is no field of a call",
        ),
        ("unwrap: { e: { tool: x } }", "missing field `args`"),
        (
            "unwrap: { e: { tool: x, args: '{args}', server: y } }",
            "unknown field `server`",
        ),
        (
            "resource: 'Host::\"{args.url | hst}\"'",
            "there is no step `hst`; did you mean `host`?",
        ),
        (
            "resource: 'Host::\"{args.url | }\"'",
            "there is no step ``; there are `http`, `scheme`",
        ),
    ] {
        let found = with(unwrap).diagnostics;
        let text = format!("{found:?}");
        assert!(text.contains(message), "{unwrap}: {text}");
    }
    let digest = |unwrap: &str| with(unwrap).mapping.unwrap().digest;
    assert_eq!(digest(""), digest("unwrap: {}"));
    let one = digest("unwrap: { e: { tool: '{args.name}', args: '{args.p}' } }");
    assert_ne!(digest(""), one);
    // The rules by which values are derived are part of it, where some are.
    let resource = |text: &str| digest(&format!("resource: 'Host::\"{{args.url{text}}}\"'"));
    assert_eq!(resource(""), resource(""));
    assert_ne!(resource(""), resource(" | host"));
    assert_ne!(
        one,
        digest("unwrap: { e: { tool: '{args.name}', args: '{args.q}' } }")
    );
}

const PARTS: &str = "entity Agent; entity Host; \
     action get appliesTo { principal: Agent, resource: Host, context: { \
     input: { url: String, max?: Long, note?: String }, domain?: String, tags?: Set<String>, \
     need: Bool, @clock at: datetime } };";

const DERIVING: &str = r#"version: 1
principal: Agent::"{agent}"
action: Action::"{tool}"
resource: Host::"{args.url | host}"
context:
  input: "{args}"
  domain: "{args.to | email_domain}"
tools:
  get:
    context:
      tags: ["{args.tag}", plain]
      other: "{args.url}"
unwrap:
  run: { tool: "{args.name}", args: "{args.params | json}" }
"#;

/// How a call of `tool` with these arguments came about, a line for each part.
fn traced(version: &PolicyVersion, tool: &str, args: &str) -> (Trace, Vec<String>) {
    let mut action = RecordedAction::new("a");
    action.agent = Some("bot".to_owned());
    action.time = Some("2026-01-01T00:00:00Z".to_owned());
    let call = ToolCall {
        tool: tool.to_owned(),
        args: Some(serde_json::from_str(args).unwrap()),
        result: None,
    };
    let (mapping, schema) = (
        version.mapping.as_ref().unwrap(),
        version.schema.as_ref().unwrap(),
    );
    let trace = trace_call(&action, &call, mapping, schema);
    assert_eq!(trace.outcome, map_call(&action, &call, mapping, schema));
    let lines = trace.parts.iter().map(|part| {
        let line = part.line.as_ref().map_or(0, |line| line.line);
        let reads: Vec<String> = part
            .reads
            .iter()
            .map(|read| {
                let found = match &read.found {
                    TracedFound::Value(json) => serde_json::to_string(json).unwrap(),
                    TracedFound::Absent => "absent".to_owned(),
                    TracedFound::Unknown(why) => format!("unknown: {why}"),
                };
                format!("{{{}}} {found}", read.placeholder)
            })
            .collect();
        format!(
            "{line} {} {:?} [{}]",
            part.of,
            part.became,
            reads.join("; ")
        )
    });
    let lines = lines.collect();
    (trace, lines)
}

#[test]
fn every_part_of_a_request_is_traced_to_its_line() {
    let version = version(PARTS, DERIVING);
    let args = r#"{"url": "https://Example.com/x", "max": "many", "to": "a@b.example", "extra": 1, "note": null}"#;
    let (trace, lines) = traced(&version, "get", args);
    assert_eq!(
        trace.rule.as_ref().map(|line| (line.name(), line.line)),
        Some(("tools.get".to_owned(), 9))
    );
    assert_eq!(
        lines,
        [
            r#"2 principal Value("Agent::\"bot\"") [{agent} "bot"]"#,
            r#"3 action Value("Action::\"get\"") [{tool} "get"]"#,
            r#"4 resource Value("Host::\"example.com\"") [{args.url} "https://Example.com/x"; {args.url | host} "example.com"]"#,
            r#"0 context.at Value("datetime(\"2026-01-01T00:00:00.000Z\")") []"#,
            r#"7 context.domain Value("\"b.example\"") [{args.to} "a@b.example"; {args.to | email_domain} "b.example"]"#,
            "6 context.input.extra LeftOut [{args.extra} 1]",
            r#"6 context.input.max Unknown("expected Long, got a string") [{args.max} "many"]"#,
            "6 context.input.note Absent [{args.note} absent]",
            r#"6 context.input.to LeftOut [{args.to} "a@b.example"]"#,
            r#"6 context.input.url Value("\"https://Example.com/x\"") [{args.url} "https://Example.com/x"]"#,
            r#"0 context.need Unknown("the schema requires it, and the mapping does not say it") []"#,
            r#"12 context.other LeftOut [{args.url} "https://Example.com/x"]"#,
            r#"11 context.tags Value("[\"plain\"]") [{args.tag} absent]"#,
        ]
    );
}

#[test]
fn what_a_routers_call_holds_is_traced_and_why_there_is_no_request() {
    let version = version(PARTS, DERIVING);
    let held = r#"{"name": "get", "params": "{\"url\": \"example.com\"}"}"#;
    let (trace, lines) = traced(&version, "run", held);
    assert_eq!(trace.outcome, Err(NotReplayable::UnmappedResource));
    assert_eq!(
        trace.router.map(|line| line.name()),
        Some("unwrap.run".to_owned())
    );
    assert_eq!(
        lines,
        [
            r#"14 the tool Value("get") [{args.name} "get"]"#,
            r#"14 its arguments Value("{\"url\":\"example.com\"}") [{args.params} "{\"url\": \"example.com\"}"; {args.params | json} {"url":"example.com"}]"#,
            r#"2 principal Value("Agent::\"bot\"") [{agent} "bot"]"#,
            r#"3 action Value("Action::\"get\"") [{tool} "get"]"#,
            r#"4 resource Missing("`args.url | host` is unknown: no `host`: it is no URL with a scheme") [{args.url} "example.com"; {args.url | host} unknown: no `host`: it is no URL with a scheme]"#,
        ]
    );
    let (trace, lines) = traced(&version, "run", r#"{"name": "put", "params": []}"#);
    assert_eq!(trace.tool.as_deref(), Some("put"));
    assert_eq!(
        lines.get(1..4).unwrap(),
        [
            r#"14 its arguments Unknown("it is an array, not an object") [{args.params} []; {args.params | json} []]"#,
            r#"2 principal Value("Agent::\"bot\"") [{agent} "bot"]"#,
            r#"3 action Missing("the schema has no action `put`") [{tool} "put"]"#,
        ]
    );
    let (trace, lines) = traced(&version, "run", "{}");
    assert_eq!((trace.tool, lines.len()), (None, 2));
}
