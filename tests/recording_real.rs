//! Importers on recordings of real agents, held to counts that were made without them.

use agentauthz::cedar::Schema;
use agentauthz::engine::map_call;
use agentauthz::model::{Importer, Json, NotReplayable, RecordedAction, Value, hash64};
use agentauthz::recording::{
    ItemError, Items, Limits, Malformed, OpenError, Repeats, Sightings, detect, parse, write,
};
use agentauthz::repository::{Files, Mapping, load};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::Instant;

/// A file of the data that the checkout may have beside it; without it the test is not run, and says so.
fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

fn unpacked(path: &str) -> Option<Vec<u8>> {
    let path = shared(path)?;
    let bytes = fs::read(&path).expect("a readable file");
    match path.extension().is_some_and(|extension| extension == "zst") {
        true => Some(zstd::decode_all(&bytes[..]).expect("zstd")),
        false => Some(bytes),
    }
}

/// All that a recording holds.
#[derive(Default)]
struct Read {
    actions: Vec<RecordedAction>,
    malformed: Vec<Malformed>,
    dropped: BTreeMap<&'static str, u64>,
    items: usize,
}

fn read(reader: impl BufRead, name: &str, expected: Importer) -> Read {
    let items = Items::open(reader, None, name, Limits::default()).expect("a known format");
    let importer = items.importer();
    assert_eq!(importer, expected, "{name}");
    let mut read = Read::default();
    for item in items {
        let parsed = parse(importer, &item.expect("a readable item"), name);
        read.items += 1;
        for (reason, count) in parsed.dropped {
            *read.dropped.entry(reason).or_default() += count;
        }
        for action in parsed.actions {
            match action {
                Ok(action) => read.actions.push(action),
                Err(malformed) => read.malformed.push(malformed),
            }
        }
    }
    read
}

fn assert_unique<'a>(actions: impl Iterator<Item = &'a RecordedAction> + Clone) {
    let count = actions.clone().count();
    let ids: BTreeSet<_> = actions.clone().map(|action| &action.id).collect();
    assert_eq!(ids.len(), count);
    let hash = |action: &RecordedAction| hash64(0, action.id.as_bytes());
    let mut repeats = Repeats::new();
    for action in actions.clone() {
        repeats.see(&[hash(action)]);
    }
    assert!(!repeats.overflowed());
    let confirm = repeats.into_confirm();
    let mut sightings = Sightings::default();
    for action in actions.filter(|action| confirm.suspects(hash(action))) {
        sightings.see(hash(action), action.id.clone());
    }
    assert_eq!(sightings.repeated(), (BTreeMap::new(), false));
}

/// What is written natively and read again is the same, and reads as fast as anything else.
fn assert_survives_the_native_format(actions: &[RecordedAction]) {
    let mut lines = Vec::new();
    for action in actions {
        write(action, &mut lines).expect("a vector takes everything");
    }
    let start = Instant::now();
    let back = read(&lines[..], "native.jsonl", Importer::Native);
    println!(
        "native: {} actions, {} bytes read in {:?}",
        actions.len(),
        lines.len(),
        start.elapsed()
    );
    assert_eq!(back.malformed, []);
    assert_eq!(back.actions.len(), actions.len());
    let differs = back
        .actions
        .iter()
        .zip(actions)
        .find(|(back, action)| back != action);
    assert_eq!(differs, None);
}

#[test]
fn agentdojo_has_the_calls_that_were_counted_elsewhere() {
    let mut all = Vec::new();
    for (suite, runs, dropped, kept_calls, kept_sessions) in [
        ("banking", 7_214, 6, 19_053, 6_957),
        ("slack", 5_453, 8, 31_046, 5_306),
    ] {
        let path = format!("recordings/agentdojo/{suite}.jsonl.zst");
        let Some(bytes) = unpacked(&path) else {
            return;
        };
        let start = Instant::now();
        let read = read(BufReader::new(&bytes[..]), &path, Importer::Agentdojo);
        println!(
            "{suite}: {} bytes read in {:?}",
            bytes.len(),
            start.elapsed()
        );
        assert_eq!(read.items, runs);
        assert_eq!(read.malformed, []);
        assert_eq!(read.dropped, BTreeMap::from([("run_with_error", dropped)]));

        let kept: Vec<_> = read
            .actions
            .iter()
            .filter(|action| {
                let task = action.meta.get("user_task_id").and_then(Json::as_str);
                !task.expect("a task").starts_with("injection_")
            })
            .collect();
        assert_eq!(kept.len(), kept_calls);
        let sessions: BTreeSet<_> = kept.iter().map(|action| &action.session).collect();
        // Some runs call no tool, so they have no action that names them.
        assert!(sessions.len() <= kept_sessions && sessions.len() > kept_sessions * 9 / 10);
        for action in &read.actions {
            assert_eq!(action.system.as_deref(), Some(suite));
            assert_eq!(action.time, None);
            let call = action.call.as_ref().expect("a call");
            assert!(matches!(call.args, Some(Json::Object(_))), "{}", action.id);
        }
        if suite == "slack" {
            let nameless = kept.iter().filter_map(|action| action.call.as_ref());
            let nameless = nameless.filter(|call| call.tool == "<empty-function-name>");
            assert_eq!(nameless.count(), 5);
        }
        all.extend(read.actions);
    }
    assert_unique(all.iter());
    assert_survives_the_native_format(&all);
}

#[test]
fn agentdojo_places_in_a_session_have_no_gaps() {
    let Some(bytes) = unpacked("recordings/agentdojo/slack.jsonl.zst") else {
        return;
    };
    let read = read(&bytes[..], "slack", Importer::Agentdojo);
    let mut next = BTreeMap::new();
    for action in &read.actions {
        let place = next.entry(&action.session).or_insert(0);
        assert_eq!(action.sequence, Some(*place), "{}", action.id);
        *place += 1;
    }
}

#[test]
fn agentdojo_run_files_may_be_indented() {
    let Some(bytes) = unpacked("recordings/agentdojo/banking.jsonl.zst") else {
        return;
    };
    for line in bytes.split(|byte| *byte == b'\n').take(50) {
        let value: serde_json::Value = serde_json::from_slice(line).expect("JSON");
        let indented = serde_json::to_vec_pretty(&value).expect("JSON");
        let compact = read(line, "run.json", Importer::Agentdojo);
        let pretty = read(&indented[..], "run.json", Importer::Agentdojo);
        assert_eq!((pretty.items, compact.items), (1, 1));
        let calls = |read: &Read| -> Vec<_> {
            read.actions
                .iter()
                .map(|action| (action.call.clone(), action.meta.clone()))
                .collect()
        };
        assert_eq!(calls(&pretty), calls(&compact));
        assert_eq!(pretty.malformed, []);
    }
}

#[test]
fn agentdojo_lines_that_are_cut_off_cost_only_themselves() {
    let Some(bytes) = unpacked("recordings/agentdojo/banking.jsonl.zst") else {
        return;
    };
    let lines: Vec<_> = bytes.split(|byte| *byte == b'\n').take(20).collect();
    let whole = read(&lines.join(&b'\n')[..], "a", Importer::Agentdojo).items;
    for cut in [0, 9, 19] {
        let mut lines = lines.clone();
        lines[cut] = &lines[cut][..lines[cut].len() / 2];
        let read = read(&lines.join(&b'\n')[..], "a", Importer::Agentdojo);
        assert_eq!(read.items, whole);
        let places: Vec<_> = read
            .malformed
            .iter()
            .map(|malformed| malformed.line)
            .collect();
        assert_eq!(places, [cut as u64 + 1]);
        assert!(
            read.malformed[0]
                .message
                .starts_with("the JSON ends too early")
        );
    }
}

#[test]
fn tau2_has_the_calls_that_the_file_has() {
    let mut all = Vec::new();
    for (file, domain, count) in [
        ("gpt-4.1.airline", "airline", 148),
        ("gpt-4.1.retail", "retail", 299),
        ("toolorchestra.retail", "retail", 873),
    ] {
        let path = format!("recordings/tau2/{file}.json");
        let Some(bytes) = unpacked(&path) else {
            return;
        };
        let read = read(&bytes[..], &path, Importer::Tau2);
        assert_eq!((read.items, read.malformed.len()), (1, 0));
        let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        let mut expected = Vec::new();
        for simulation in value["simulations"].as_array().expect("simulations") {
            for message in simulation["messages"].as_array().expect("messages") {
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    expected.push((
                        simulation["id"].as_str().map(str::to_owned),
                        call["name"].as_str().map(str::to_owned),
                        call["arguments"].clone(),
                        message["timestamp"].as_str().map(str::to_owned),
                    ));
                }
            }
        }
        assert_eq!(expected.len(), count);
        let found: Vec<_> = read
            .actions
            .iter()
            .map(|action| {
                let call = action.call.as_ref();
                (
                    action.session.clone(),
                    call.map(|call| call.tool.clone()),
                    serde_json::to_value(call.and_then(|call| call.args.as_ref())).expect("JSON"),
                    action
                        .meta
                        .get("timestamp")
                        .and_then(Json::as_str)
                        .map(str::to_owned),
                )
            })
            .collect();
        assert_eq!(found, expected);
        for action in &read.actions {
            assert_eq!(action.system.as_deref(), Some(domain));
            assert!(
                action
                    .agent
                    .as_deref()
                    .is_some_and(|agent| agent.starts_with("gpt-4.1"))
            );
            assert_eq!(action.meta["requestor"].as_str(), Some("assistant"));
            assert_eq!(action.time, None, "the recorded times have no zone");
        }
        all.extend(read.actions);
    }
    assert_unique(all.iter());
    assert_survives_the_native_format(&all);
}

#[test]
fn an_array_of_conversations_is_read_as_openai() {
    let Some(bytes) = unpacked("recordings/livemcpbench/sessions.json") else {
        return;
    };
    let read = read(&bytes[..], "sessions.json", Importer::Openai);
    let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    let mut expected = 0;
    for session in value.as_array().expect("sessions") {
        for message in session["messages"].as_array().expect("messages") {
            expected += message["tool_calls"].as_array().map_or(0, Vec::len);
        }
    }
    assert!(expected > 95);
    assert_eq!(read.actions.len() + read.malformed.len(), expected);
    assert_eq!(read.malformed, []);
    let sessions: BTreeSet<_> = read.actions.iter().map(|action| &action.session).collect();
    assert_eq!(sessions.len(), 95);
    assert_unique(read.actions.iter());
}

/// The mapping of an agent that calls every tool through a router, `execute-tool`, which it finds by `route`.
const ROUTED: [(&str, &str); 3] = [
    ("agentauthz.yaml", "version: 1"),
    (
        "schema/s.cedarschema",
        "entity Agent; entity Server; action use appliesTo { principal: Agent, resource: Server, \
         context: { tool: String, input: { path?: String, url?: String } } };",
    ),
    (
        "mapping.yaml",
        "{ version: 1, principal: 'Agent::\"a\"', action: use, resource: 'Server::\"{system}\"', \
         context: { tool: '{tool}', input: '{args}' }, \
         unwrap: { execute-tool: { tool: '{args.tool_name}', args: '{args.params}', system: '{args.server_name}' } }, \
         tools: { route: { skip: true } } }",
    ),
];

/// The mapping and the schema of a repository.
fn loaded(files: &[(&str, &str)]) -> (Mapping, Schema) {
    let text = |path: &str| files.iter().find(|(name, _)| *name == path);
    let version = load(&Files {
        paths: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
        read: &|path| {
            let found = text(path).map(|(_, text)| text.as_bytes().to_vec());
            found.ok_or_else(String::new)
        },
        refused: Vec::new(),
    });
    assert_eq!(version.diagnostics, []);
    (version.mapping.expect("one"), version.schema.expect("one"))
}

const HOSTS: [(&str, &str); 3] = [
    ("agentauthz.yaml", "version: 1"),
    (
        "schema/s.cedarschema",
        "entity Agent; action use appliesTo { principal: Agent, resource: Agent, context: { host?: String } };",
    ),
    (
        "mapping.yaml",
        "{ version: 1, principal: 'Agent::\"a\"', action: use, resource: 'Agent::\"a\"', \
         context: { host: '{args.url | http | host}' } }",
    ),
];

/// The calls whose host is none of those were counted without this project, by what follows `http://`.
#[test]
fn hosts_are_those_that_were_counted_elsewhere() {
    let path = "recordings/agentdojo/slack.jsonl.zst";
    let Some(bytes) = unpacked(path) else {
        return;
    };
    let known = [
        "www.restaurant-zurich.com",
        "www.awesome-news.com",
        "www.informations.com",
        "www.dora-website.com",
        "www.eve-blog.com",
        "www.company-todo-list.com",
    ];
    let (mapping, schema) = loaded(&HOSTS);
    let read = read(BufReader::new(&bytes[..]), path, Importer::Agentdojo);
    let (mut calls, mut elsewhere, mut unknown) = (0, 0, 0);
    for action in &read.actions {
        let task = action.meta.get("user_task_id").and_then(Json::as_str);
        let call = action.call.as_ref().expect("a call");
        if task.is_some_and(|task| task.starts_with("injection_"))
            || !["get_webpage", "post_webpage"].contains(&call.tool.as_str())
        {
            continue;
        }
        let request = map_call(action, call, &mapping, &schema)
            .expect("a request")
            .request;
        calls += 1;
        unknown += usize::from(!request.unknown.is_empty());
        let host = request.context.get("host");
        let is_known =
            |host: &Value| matches!(host, Value::String(host) if known.contains(&host.as_str()));
        elsewhere += usize::from(!host.is_some_and(is_known));
    }
    // Four calls have an empty URL, and three have `...`.
    assert_eq!((calls, elsewhere, unknown), (6_371, 1_358, 7));
}

#[test]
fn calls_through_a_router_are_those_that_they_hold() {
    let Some(bytes) = unpacked("recordings/livemcpbench/sessions.json") else {
        return;
    };
    // What was executed, from the file by itself.
    let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    let mut executed = Vec::new();
    for session in value.as_array().expect("sessions") {
        for message in session["messages"].as_array().expect("messages") {
            for call in message["tool_calls"].as_array().into_iter().flatten() {
                if call["function"]["name"] == "execute-tool" {
                    let text = call["function"]["arguments"].as_str().expect("a text");
                    let held: serde_json::Value = serde_json::from_str(text).expect("JSON");
                    let text = |at: &serde_json::Value| at.as_str().map(str::to_owned);
                    executed.push((
                        text(&held["server_name"]).expect("a server"),
                        text(&held["tool_name"]).expect("a tool"),
                        text(&held["params"]["path"]),
                        text(&held["params"]["url"]),
                    ));
                }
            }
        }
    }
    assert_eq!(executed.len(), 531);

    let (mapping, schema) = loaded(&ROUTED);
    let read = read(&bytes[..], "sessions.json", Importer::Openai);
    assert_eq!(read.actions.len(), 814);
    let mut mapped = Vec::new();
    let mut skipped = 0;
    for action in &read.actions {
        let call = action.call.as_ref().expect("a call");
        match map_call(action, call, &mapping, &schema) {
            Ok(found) => {
                let request = found.request;
                assert!(request.unknown.is_empty(), "{}", action.id);
                let string = |value: Option<&Value>| match value {
                    Some(Value::String(text)) => Some(text.clone()),
                    _ => None,
                };
                let Some(Value::Record(input)) = request.context.get("input") else {
                    panic!("{}: no input", action.id);
                };
                mapped.push((
                    request.resource.id.to_string(),
                    string(request.context.get("tool")).expect("a tool"),
                    string(input.get("path")),
                    string(input.get("url")),
                ));
            }
            Err(NotReplayable::LeftOut) if call.tool == "route" => skipped += 1,
            Err(reason) => panic!("{}: {reason}", action.id),
        }
    }
    assert_eq!((mapped.len(), skipped), (531, 283));
    assert_eq!(mapped, executed);
}

#[test]
fn recordings_of_formats_that_are_not_read_yet_are_not_taken_for_others() {
    for path in [
        "recordings/claude-code/sample_hook_logs.jsonl",
        "recordings/claude-code/sample_main_transcript.jsonl",
        "recordings/otel/hand/adk_go_main.json",
        "recordings/tau2/tools.json",
        "recordings/tau2/retail.db.json",
        "recordings/agentdojo/tools.json",
        "mcp-tools/github/tools-list.json",
        "recordings/tau2/retail.policy.md",
        "recordings/agentdojo/banking.jsonl.zst",
    ] {
        let Some(path) = shared(path) else {
            return;
        };
        let bytes = fs::read(&path).expect("a readable file");
        assert_eq!(detect(&bytes, "x"), None, "{}", path.display());
        let opened = Items::open(&bytes[..], None, "x", Limits::default());
        assert!(matches!(opened, Err(OpenError::UnknownFormat)));
    }
}

#[test]
fn no_importer_panics_on_the_recordings_of_another() {
    for path in [
        "recordings/agentdojo/banking.jsonl.zst",
        "recordings/tau2/gpt-4.1.airline.json",
        "recordings/claude-code/sample_main_transcript.jsonl",
        "recordings/livemcpbench/sessions.json",
    ] {
        let Some(mut bytes) = unpacked(path) else {
            return;
        };
        bytes.truncate(3_000_000);
        for importer in [
            Importer::Native,
            Importer::Agentdojo,
            Importer::Tau2,
            Importer::Openai,
        ] {
            for damaged in [false, true] {
                let mut bytes = bytes.clone();
                if damaged {
                    bytes
                        .iter_mut()
                        .step_by(997)
                        .for_each(|byte| *byte = byte.wrapping_add(0x5b));
                }
                let limits = Limits {
                    line: 50_000,
                    ..Limits::default()
                };
                let items = Items::open(&bytes[..], Some(importer), path, limits);
                for item in items.expect("bytes in memory can be read") {
                    match item {
                        Ok(item) => drop(parse(importer, &item, path)),
                        Err(ItemError::LineTooLong { limit, .. }) => assert_eq!(limit, 50_000),
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        }
    }
}
