//! Importers on recordings of real agents, held to counts that were made without them.

use agentauthz::cedar::Schema;
use agentauthz::engine::map_call;
use agentauthz::model::{Importer, Json, NotReplayable, RecordedAction, Value, hash64};
use agentauthz::recording::{
    Item, Items, Limits, Malformed, OpenError, Repeats, Sightings, detect, parse, write,
};
use agentauthz::repository::{Files, Mapping, load};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[path = "support/case_studies.rs"]
mod case_studies;
#[path = "../benches/data/mod.rs"]
mod data;
#[path = "support/mangled.rs"]
mod mangled;

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

/// Session, place, tool and arguments of a call.
type Brief = (String, u64, String, serde_json::Value);

fn brief(action: &RecordedAction) -> Brief {
    let call = action.call.as_ref().expect("a call");
    (
        action.session.clone().expect("a session"),
        action.sequence.expect("a place"),
        call.tool.clone(),
        serde_json::to_value(&call.args).expect("JSON"),
    )
}

#[test]
fn livemcpbench_has_the_calls_that_the_file_has() {
    let Some(bytes) = unpacked("recordings/livemcpbench/sessions.json") else {
        return;
    };
    let read = read(&bytes[..], "sessions.json", Importer::Openai);
    let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    let mut expected = Vec::new();
    for (at, session) in value.as_array().expect("sessions").iter().enumerate() {
        let mut place = 0;
        for message in session["messages"].as_array().expect("messages") {
            for call in message["tool_calls"].as_array().into_iter().flatten() {
                let function = &call["function"];
                let text = function["arguments"].as_str().expect("a text");
                expected.push((
                    format!("sessions/{at}"),
                    place,
                    function["name"].as_str().expect("a name").to_owned(),
                    serde_json::from_str(text).expect("JSON"),
                ));
                place += 1;
            }
        }
    }
    // As counted with Python: 283 searches for a tool, 531 executions of one.
    let executions = expected
        .iter()
        .filter(|(_, _, tool, _)| tool == "execute-tool");
    assert_eq!((expected.len(), executions.count()), (814, 531));
    assert_eq!(read.malformed, []);
    let found: Vec<Brief> = read.actions.iter().map(brief).collect();
    assert_eq!(found, expected);
    let sessions: BTreeSet<_> = read.actions.iter().map(|action| &action.session).collect();
    assert_eq!(sessions.len(), 95);
    assert_unique(read.actions.iter());
    assert_survives_the_native_format(&read.actions);
}

#[test]
fn a_transcript_and_its_hook_log_hold_the_same_calls() {
    let directory = "recordings/claude-code";
    let paths = ["sample_main_transcript", "sample_hook_logs"]
        .map(|name| format!("{directory}/{name}.jsonl"));
    let [Some(transcript), Some(hooks)] = paths.map(|path| unpacked(&path)) else {
        return;
    };
    let transcript = read(&transcript[..], "transcript.jsonl", Importer::ClaudeCode);
    let hooks = read(&hooks[..], "hooks.jsonl", Importer::ClaudeHooks);
    for read in [&transcript, &hooks] {
        assert_eq!(read.malformed, []);
        assert_eq!(read.dropped, BTreeMap::new());
        assert_unique(read.actions.iter());
        assert_survives_the_native_format(&read.actions);
    }
    let calls = |read: &Read| -> Vec<_> {
        let briefs = read.actions.iter().map(brief);
        briefs
            .map(|(session, _, tool, args)| (session, tool, args))
            .collect()
    };
    assert_eq!(calls(&transcript), calls(&hooks));
    let tools: Vec<_> = calls(&hooks).into_iter().map(|(_, tool, _)| tool).collect();
    // Read by hand in the hook log.
    assert_eq!(
        tools,
        [
            "Bash", "Write", "Read", "Bash", "Write", "Write", "Read", "Bash", "Bash", "Bash"
        ]
    );
    // Two commands failed: the transcript says so, and no hook followed them.
    let failed = |read: &Read| -> Vec<Option<bool>> {
        let of = |action: &RecordedAction| match action.meta.get("is_error") {
            Some(Json::Bool(failed)) => Some(*failed),
            _ => None,
        };
        read.actions.iter().map(of).collect()
    };
    let mut expected = [Some(false); 10];
    (expected[3], expected[7]) = (Some(true), Some(true));
    assert_eq!(failed(&transcript), expected);
    (expected[3], expected[7]) = (None, None);
    assert_eq!(failed(&hooks), expected);
    // Nobody refused anything.
    let actions = || transcript.actions.iter().chain(&hooks.actions);
    assert!(actions().all(|action| action.recorded.is_none()));
    assert!(actions().all(|action| action.agent.as_deref() == Some("claude-code")));
    let ids: Vec<_> = transcript
        .actions
        .iter()
        .map(|action| &*action.id)
        .collect();
    assert_eq!(ids[0], "toolu_01BYfGNktE4d25hZnxHwFh2s");
    // Behind the transcript of the main agent, that of a subagent that called nothing.
    let Some(subagent) = unpacked(&format!("{directory}/sample_agent_sidechain.jsonl")) else {
        return;
    };
    let subagent = read(&subagent[..], "agent.jsonl", Importer::ClaudeCode);
    assert_eq!((subagent.actions, subagent.malformed), (vec![], vec![]));
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

/// So much memory a process may have that reads mangled recordings of one format, in MB: itself, the seeds, and what a
/// reader needs of which no line has more than 30 kB and no document more than 100 kB, whatever they hold, and however
/// long a recording is. Lines that wait for others have at most 16 MiB.
const MOST: u64 = 64;

/// Names the one importer that a process tries.
const ONE: &str = "AGENTAUTHZ_FUZZ_IMPORTER";

/// Each importer has a process of its own, so that its memory is its own.
#[test]
fn no_importer_stumbles_over_mangled_recordings() {
    if let Ok(name) = std::env::var(ONE) {
        let mut all = Importer::ALL.iter();
        let importer = all.find(|importer| importer.name() == name);
        return stumble(*importer.expect("the name of an importer"));
    }
    let this = std::env::current_exe().expect("this program");
    for importer in Importer::ALL {
        let mut command = std::process::Command::new(&this);
        command
            .args(["no_importer_stumbles_over_mangled_recordings", "--exact"])
            .args(["--nocapture", "--test-threads=1"])
            .env(ONE, importer.name());
        let output = command.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let begin = format!("{}: ", importer.name());
        let mut lines = said.lines();
        let told = lines.find_map(|line| line.find(&begin).and_then(|at| line.get(at..)));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_some(), "{said}{errors}");
        println!("{}", told.unwrap_or_default());
    }
}

fn stumble(importer: Importer) {
    let mut seeds = mangled::seeds();
    for path in [
        "recordings/agentdojo/banking.jsonl.zst",
        "recordings/tau2/gpt-4.1.airline.json",
        "recordings/claude-code/sample_main_transcript.jsonl",
        "recordings/claude-code/sample_hook_logs.jsonl",
        "recordings/livemcpbench/sessions.json",
        "recordings/otel/hand/adk_go_main.json",
        "recordings/otel/samples/helm_3.json",
        "recordings/otel/kagent/v1.0.0-alpha9/adk_go_2turn.json",
    ] {
        seeds.extend(beginning(path).map(mangled::Seed::of));
    }
    let seconds = std::env::var("AGENTAUTHZ_FUZZ_SECONDS").ok();
    let time = seconds.map(|text| Duration::from_secs(text.parse().expect("a number of seconds")));
    let start = Instant::now();
    let mut tally = mangled::Tally::default();
    // Without a time, so many rounds as show a fault of every kind that was ever found.
    while time.map_or(tally.rounds < 400, |time| start.elapsed() < time) {
        let bytes = mangled::mangle(importer, &seeds, tally.rounds);
        mangled::hold(importer, &bytes, &mut tally);
    }
    // Much more than may be in memory, where there is time for it.
    let long = if time.is_some() {
        200_000_000
    } else {
        1_000_000
    };
    assert!(mangled::stream(importer, &seeds, long) > 0);
    let peak = peak();
    println!(
        "{}: {} inputs, {:.1} MB; {} actions, {} malformed, {} left out; at most {} MB of memory; {:.0} s",
        importer.name(),
        tally.rounds,
        tally.bytes as f64 / 1e6,
        tally.actions,
        tally.malformed,
        tally.dropped,
        peak.map_or("unknown".to_owned(), |peak| peak.to_string()),
        start.elapsed().as_secs_f64()
    );
    assert!(tally.actions > 0 && tally.malformed > 0, "{tally:?}");
    assert!(peak.is_none_or(|peak| peak <= MOST), "{peak:?} MB");
}

/// The first bytes of a file of the data that the checkout may have beside it.
fn beginning(path: &str) -> Option<Vec<u8>> {
    let path = shared(path)?;
    let file = fs::File::open(&path).expect("a readable file");
    let mut bytes = Vec::new();
    match path.extension().is_some_and(|extension| extension == "zst") {
        true => {
            let reader = zstd::Decoder::new(file).expect("zstd");
            reader.take(40_000).read_to_end(&mut bytes)
        }
        false => file.take(40_000).read_to_end(&mut bytes),
    }
    .expect("a readable file");
    Some(bytes)
}

/// The most memory that this process ever had, in MB, where the system says so.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes.div_ceil(1_024))
}

/// Calls of a recording as the oracle writes them: names and arguments, absent ones as `null`.
fn names_and_arguments(read: &Read) -> Vec<(String, serde_json::Value)> {
    let calls = read
        .actions
        .iter()
        .filter_map(|action| action.call.as_ref());
    calls
        .map(|call| {
            let args = serde_json::to_value(&call.args).expect("JSON");
            (call.tool.clone(), args)
        })
        .collect()
}

#[test]
fn otel_traces_have_the_calls_of_their_oracles() {
    let mut files = 0;
    let mut calls = 0;
    for folder in ["hand", "kagent/v1.0.0-alpha9"] {
        let Some(folder) = shared(&format!("recordings/otel/{folder}")) else {
            return;
        };
        for entry in fs::read_dir(folder).expect("a folder") {
            let truth = entry.expect("an entry").path();
            let name = truth
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a name");
            let Some(stem) = name.strip_suffix(".truth.json") else {
                continue;
            };
            let recording = truth.with_file_name(format!("{stem}.json"));
            let truth: serde_json::Value =
                serde_json::from_slice(&fs::read(&truth).expect("readable")).expect("JSON");
            let bytes = fs::read(&recording).expect("readable");
            let read = read(&bytes[..], stem, Importer::Otel);
            assert_eq!((read.items, read.malformed.len()), (1, 0), "{stem}");
            let mut expected = Vec::new();
            let mut agents = BTreeSet::new();
            for turn in truth["turns"].as_array().expect("turns") {
                for call in turn["tool_calls"].as_array().expect("calls") {
                    let name = call["name"].as_str().expect("a name").to_owned();
                    expected.push((name, call["args"].clone()));
                }
                for agent in turn["agents"].as_array().expect("agents") {
                    agents.insert(agent.as_str().expect("a name").to_owned());
                }
            }
            assert_eq!(names_and_arguments(&read), expected, "{stem}");
            for action in &read.actions {
                let agent = action.agent.as_ref();
                assert!(
                    agent.map_or(agents.is_empty(), |agent| agents.contains(agent)),
                    "{stem}"
                );
                assert!(action.time.is_some(), "{stem}");
                if truth["session_key"]["kind"] == "conversation" {
                    assert_eq!(
                        action.session.as_deref(),
                        truth["session_key"]["value"].as_str()
                    );
                }
            }
            assert_unique(read.actions.iter());
            files += 1;
            calls += expected.len();
        }
    }
    assert_eq!((files, calls), (29, 24));
}

/// Counts and arguments that were read with jq: `execute_tool` spans, and `tool_calls` of models' answers.
#[test]
fn otel_traces_without_an_oracle_have_the_calls_that_were_counted_by_hand() {
    let helm = |args| vec![("helm_list_releases".to_owned(), args)];
    for (file, expected, agent) in [
        ("helm", helm(serde_json::json!({})), "helm_agent"),
        ("helm_2", Vec::new(), ""),
        (
            "helm_3",
            helm(serde_json::json!({"all_namespaces": "true", "output": "json"})),
            "helm_agent",
        ),
        ("k8s", Vec::new(), ""),
        (
            "tempo_export_with_batches",
            helm(serde_json::json!({})),
            "helm_agent",
        ),
    ] {
        let path = format!("recordings/otel/samples/{file}.json");
        let Some(bytes) = unpacked(&path) else {
            return;
        };
        let read = read(&bytes[..], &path, Importer::Otel);
        assert_eq!((read.items, read.malformed.len()), (1, 0), "{file}");
        assert_eq!(names_and_arguments(&read), expected, "{file}");
        for action in &read.actions {
            assert_eq!(action.agent.as_deref(), Some(agent));
            assert_eq!(action.user.as_deref(), Some("admin@kagent.dev"));
            let session = action.session.as_deref();
            assert!(
                session.is_some_and(|session| session.starts_with("ctx-")),
                "{file}"
            );
        }
    }
}

#[test]
fn evaluation_sets_are_no_traces() {
    for file in [
        "eval_set_helm",
        "evalset_helm_3_2026-02-23",
        "evalset_k8s_2026-02-20",
    ] {
        let Some(bytes) = unpacked(&format!("recordings/otel/samples/{file}.json")) else {
            return;
        };
        assert_eq!(detect(&bytes, file), None);
        let items = Items::open(&bytes[..], Some(Importer::Otel), file, Limits::default());
        let mut faults = Vec::new();
        for item in items.expect("bytes in memory can be read") {
            let parsed = parse(Importer::Otel, &item.expect("an item"), file);
            faults.extend(
                parsed
                    .actions
                    .into_iter()
                    .map(|action| action.expect_err("no action")),
            );
        }
        let [fault] = &faults[..] else {
            panic!("{file}: {faults:?}");
        };
        assert!(
            fault
                .message
                .starts_with("this is no export of OpenTelemetry"),
            "{fault}"
        );
    }
}

/// The ratio is printed, and held far from what it should be, because a loaded machine measures nothing.
#[test]
fn otel_is_read_about_as_fast_as_plain_json() {
    let mut sums = [0, 0, 0];
    for file in [
        "samples/helm_3",
        "samples/tempo_export_with_batches",
        "kagent/v1.0.0-alpha9/adk_go_2turn",
        "kagent/v1.0.0-alpha9/claude_recipe_2turn",
    ] {
        let Some(bytes) = unpacked(&format!("recordings/otel/{file}.json")) else {
            return;
        };
        let mut best = [u128::MAX; 2];
        for _ in 0..10 {
            let start = Instant::now();
            let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            best[0] = best[0].min(start.elapsed().as_nanos());
            drop(value);
            let bytes = bytes.clone();
            let item = Item { bytes, line: 1 };
            let start = Instant::now();
            let parsed = parse(Importer::Otel, &item, file);
            best[1] = best[1].min(start.elapsed().as_nanos());
            assert!(!parsed.actions.is_empty());
        }
        let all = [bytes.len() as u128, best[0], best[1]];
        println!(
            "otel: {file}: {} bytes, {} ns as JSON, {} ns as calls",
            all[0], all[1], all[2]
        );
        sums.iter_mut().zip(all).for_each(|(sum, one)| *sum += one);
    }
    assert!(sums[2] < 4 * sums[1], "{sums:?}");
}
