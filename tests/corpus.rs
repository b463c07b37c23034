//! Cedar's own integration tests, through our parser, validator, store, request, evaluation and settling: the verdict
//! of the validation, decision, reasons and errors must be those that Cedar's corpus states, with every engine. Contexts
//! are typed by the test itself, and, as recorded requests, by the product.
//!
//! The corpus is what `AGENTAUTHZ_CEDAR_CORPUS` names: files or folders, separated by `:`, JSONL, plain or `.zst`. Where
//! the variable is not set it is `../shared/cedar-corpus`, and the test is skipped where that is not there.

use agentauthz::cedar::{
    self, BuiltRequest, EntityStore, Evaluation, PolicySet, PolicySetBuilder, PreparedRequest,
    Schema, parse_entity, parse_policies, parse_schema,
};
use agentauthz::diff::{CompareOptions, Comparison};
use agentauthz::engine::{
    Engine as ByEngine, Ground, Incoming, LineWorker, Place, Settled, Side, Worker, settle,
};
use agentauthz::model::{
    Answer, Decision, EntityRef, FieldPath, Json, Outcome, RecordType, RecordedAction,
    RecordedRequest, Request, Severity, SourceFile, Type, Value, WrittenRequest,
};
use agentauthz::repository::{PolicyVersion, Typing, Writer};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One way in which the product decides a request: an engine more is a line more in [`ENGINES`]. The compiled one takes
/// lines of recordings instead.
type Engine = (&'static str, fn(&PolicySet, PreparedRequest<'_>) -> Answer);

/// The engines that decide recorded requests, each with a reader of contexts of its own.
const RECORDED: &[(&str, ByEngine)] = &[
    ("interpreted, as recorded", ByEngine::Interpreted),
    ("reference, as recorded", ByEngine::Reference),
];

/// Every engine must give the corpus's answers.
const ENGINES: &[Engine] = &[("interpreted", decide), ("reference", cedar::authorize)];

#[derive(Deserialize)]
struct Set {
    name: String,
    policies: String,
    schema: String,
    entities: Vec<serde_json::Value>,
    /// Whether Cedar's strict validation accepts the policies.
    should_validate: bool,
    requests: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    principal: EntityRef,
    action: EntityRef,
    resource: EntityRef,
    context: BTreeMap<String, Json>,
    decision: Decision,
    reason: BTreeSet<String>,
    errors: BTreeSet<String>,
}

/// What one set gave: how much was compared, how values were typed, and what was wrong.
#[derive(Default)]
struct Found {
    sets: u64,
    requests: u64,
    /// Sets whose policies the validation accepts.
    accepted: u64,
    /// Sets that the corpus refuses because a policy applies to no action, which is a warning since then.
    warned: u64,
    /// Requests that the compiled engine decided without the interpreter.
    compiled: u64,
    /// Contexts whose values the schema types by itself.
    by_schema: u64,
    /// Contexts that do not fit the schema and were read in Cedar's explicit form.
    explicit: u64,
    /// Requests with some erroring policy.
    with_errors: u64,
    /// Requests that Cedar allows.
    allowed: u64,
    /// Entities that do not conform and were read without the schema.
    nonconforming: u64,
    skipped: Vec<String>,
    wrong: Vec<String>,
}

impl Found {
    fn add(mut self, other: Self) -> Self {
        self.sets += other.sets;
        self.requests += other.requests;
        self.accepted += other.accepted;
        self.warned += other.warned;
        self.compiled += other.compiled;
        self.by_schema += other.by_schema;
        self.explicit += other.explicit;
        self.with_errors += other.with_errors;
        self.allowed += other.allowed;
        self.nonconforming += other.nonconforming;
        self.skipped.extend(other.skipped);
        self.wrong.extend(other.wrong);
        self
    }
}

#[test]
fn cedars_own_corpus_is_decided_as_it_says() {
    let named = std::env::var_os("AGENTAUTHZ_CEDAR_CORPUS").filter(|paths| !paths.is_empty());
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cedar-corpus");
    let paths: Vec<PathBuf> = match &named {
        Some(paths) => std::env::split_paths(paths).collect(),
        None if own.exists() => vec![own],
        None => {
            println!(
                "skipped: ../shared/cedar-corpus is not there, so Cedar's corpus was not decided"
            );
            return;
        }
    };
    let files: Vec<PathBuf> = paths.iter().flat_map(|path| files(path)).collect();
    let texts: Vec<String> = files.iter().map(|path| text(path)).collect();
    let lines: Vec<&str> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| !line.trim().is_empty())
        .collect();
    let found = lines
        .par_iter()
        .map(|line| match serde_json::from_str(line) {
            Ok(set) => run(&set),
            Err(error) => panic!("a line of the corpus is no set: {error}: {line:.200}"),
        })
        .reduce(Found::default, Found::add);
    let recorded = RECORDED.iter().map(|(name, _)| *name);
    let engines: Vec<&str> = ENGINES
        .iter()
        .map(|(name, _)| *name)
        .chain(recorded)
        .collect();
    println!(
        "Cedar's corpus: {} sets ({} accepted by the validation, {} of them with what the corpus refuses and Cedar now only \
         warns of), {} requests compared ({} allowed, {} with errors), with the engines {} (compiled decided {} \
         by itself); contexts typed by the schema {}, explicit {}; entities read without the schema {}; skipped {}; \
         {} wrong; read from {files:?}",
        found.sets,
        found.accepted,
        found.warned,
        found.requests,
        found.allowed,
        found.with_errors,
        [engines.as_slice(), &["compiled"]].concat().join(", "),
        found.compiled,
        found.by_schema,
        found.explicit,
        found.nonconforming,
        found.skipped.len(),
        found.wrong.len()
    );
    for skipped in found.skipped.iter().take(20) {
        println!("skipped: {skipped}");
    }
    let first: Vec<&String> = found.wrong.iter().take(10).collect();
    assert!(
        found.wrong.is_empty(),
        "{} wrong: {first:#?}",
        found.wrong.len()
    );
    assert!(found.skipped.is_empty());
    assert_eq!(found.sets, lines.len() as u64);
    assert!(found.requests > 0, "the corpus holds no request");
    if named.is_none() {
        assert_eq!((found.sets, found.requests), (3_979, 31_730));
        assert_eq!((found.accepted - found.warned, found.warned), (3_148, 21));
    }
}

/// A file, or the files of a folder that hold a corpus, in order.
fn files(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap();
    let mut out: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".jsonl") || name.ends_with(".jsonl.zst")
        })
        .collect();
    out.sort();
    assert!(!out.is_empty(), "{} holds no JSONL", path.display());
    out
}

fn text(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let bytes = match path.extension().is_some_and(|kind| kind == "zst") {
        true => zstd::decode_all(bytes.as_slice()).unwrap(),
        false => bytes,
    };
    String::from_utf8(bytes).unwrap()
}

fn run(set: &Set) -> Found {
    let mut found = Found::default();
    let skip = |mut found: Found, why: String| {
        found.skipped.push(format!("{}: {why}", set.name));
        found
    };
    let (schema, diagnostics) =
        parse_schema(&[SourceFile::new("s.cedarschema", set.schema.as_str())]);
    let Some(schema) = schema else {
        return skip(found, format!("schema: {diagnostics:?}"));
    };
    let (parsed, diagnostics) = parse_policies(&SourceFile::new("p.cedar", set.policies.as_str()));
    if !diagnostics.is_empty() {
        return skip(found, format!("policies: {diagnostics:?}"));
    }
    // Cedar calls them policy0, policy1, … in the order of the text.
    let numbers: BTreeMap<Arc<str>, String> = parsed
        .iter()
        .map(|policy| (policy.display_id(), format!("policy{}", policy.ordinal - 1)))
        .collect();
    let mut builder = PolicySetBuilder::default();
    parsed.iter().for_each(|policy| builder.add(policy));
    let (policies, diagnostics) = builder.finish();
    if !diagnostics.is_empty() {
        return skip(found, format!("policies: {diagnostics:?}"));
    }
    let mut entities = Vec::new();
    for json in &set.entities {
        match parse_entity(json, Some(&schema)) {
            Ok(entity) => entities.push(entity),
            Err((_, Some(entity))) => {
                found.nonconforming += 1;
                entities.push(*entity);
            }
            Err((message, None)) => return skip(found, format!("entity: {message}")),
        }
    }
    let store = match EntityStore::build(&entities, Some(&schema)) {
        Ok(store) => store,
        Err(message) => return skip(found, format!("entities: {message}")),
    };
    found.sets += 1;
    validate(&mut found, set, &schema, &policies);
    let ground = Ground::default();
    let version = |policies, store| {
        let mut version = PolicyVersion::default();
        version.schema = Some(schema.clone());
        version.policies = policies;
        version.store = store;
        version
    };
    let all = version(policies, store);
    let nothing = version(PolicySet::default(), EntityStore::default());
    let (base, head) = (Side::head(&all), Side::head(&nothing));
    let compiled = Comparison::new(&ground, &base, &head, CompareOptions::default());
    let (policies, store) = (&all.policies, &all.store);
    for (at, case) in set.requests.iter().enumerate() {
        compare(
            &mut found,
            &format!("{} #{at}", set.name),
            case,
            &schema,
            (policies, store, &base, &compiled),
            &numbers,
        );
    }
    found
}

fn compare(
    found: &mut Found,
    name: &str,
    case: &Case,
    schema: &Schema,
    (policies, store, side, compiled): (&PolicySet, &EntityStore, &Side<'_>, &Comparison<'_>),
    numbers: &BTreeMap<Arc<str>, String>,
) {
    let context = match context(found, case, schema) {
        Ok(context) => context,
        Err(message) => return found.skipped.push(format!("{name}: context: {message}")),
    };
    let request = Request {
        principal: case.principal.clone(),
        action: case.action.clone(),
        resource: case.resource.clone(),
        context,
        unknown: BTreeSet::new(),
    };
    let built = match BuiltRequest::build(&request) {
        Ok(built) => built,
        Err(message) => return found.skipped.push(format!("{name}: request: {message}")),
    };
    let prepared = PreparedRequest {
        request: &built,
        entities: store,
    };
    let named = |ids: &BTreeSet<Arc<str>>| -> BTreeSet<String> {
        ids.iter().map(|id| numbers[id].clone()).collect()
    };
    found.requests += 1;
    found.allowed += u64::from(case.decision == Decision::Allow);
    found.with_errors += u64::from(!case.errors.is_empty());
    let expected = (Some(case.decision), &case.reason, &case.errors);
    let mut answers: Vec<(&str, Answer)> = ENGINES
        .iter()
        .map(|(engine, decide)| (*engine, decide(policies, prepared)))
        .collect();
    let action = recorded(case);
    for (way, engine) in RECORDED {
        let side = side.clone().with_engine(*engine);
        match side.decide(&action).outcome {
            Outcome::Decided(answer) => answers.push((way, answer)),
            other => found.wrong.push(format!("{name}: {way}: {other:?}")),
        }
    }
    let (answer, itself) = by_line(compiled, action);
    found.compiled += u64::from(itself);
    answers.push(("compiled", answer));
    for (engine, ours) in answers {
        let got = (
            ours.decision,
            &named(&ours.determining),
            &named(&ours.errors),
        );
        if got != expected {
            found.wrong.push(format!(
                "{name}: {engine}: got {got:?}, the corpus says {expected:?}"
            ));
        }
    }
}

/// The verdict of the validation must be that of Cedar's own validator, and the corpus's.
fn validate(found: &mut Found, set: &Set, schema: &Schema, policies: &PolicySet) {
    let faults = policies.validate(schema, &BTreeMap::new(), None);
    let accepted = faults.iter().all(|fault| fault.severity != Severity::Error);
    // That a policy's scope fits no action was an error when the corpus was written; Cedar 4.14.1 warns of it.
    let warned = faults.iter().any(|fault| {
        fault
            .message
            .contains("unable to find an applicable action")
    });
    found.accepted += u64::from(accepted);
    found.warned += u64::from(accepted && warned);
    if (accepted && !warned) != set.should_validate {
        found.wrong.push(format!(
            "{}: accepted {accepted}, but the corpus says {}: {faults:?}",
            set.name, set.should_validate
        ));
    }
    let (own, _) = cedar_policy::Schema::from_cedarschema_str(&set.schema).unwrap();
    let all: cedar_policy::PolicySet = set.policies.parse().unwrap();
    let result = cedar_policy::Validator::new(own).validate(&all, Default::default());
    if accepted != result.validation_passed() {
        found.wrong.push(format!(
            "{}: accepted {accepted}, but Cedar's validator says {}: {faults:?}",
            set.name,
            result.validation_passed()
        ));
    }
}

/// A case as an enforcement point would have recorded it.
fn recorded(case: &Case) -> RecordedAction {
    let mut action = RecordedAction::new("r");
    action.request = Some(RecordedRequest {
        cedar: WrittenRequest {
            principal: case.principal.clone(),
            action: case.action.clone(),
            resource: case.resource.clone(),
            context: case.context.clone(),
            unknown: BTreeSet::new(),
        },
        entities: Vec::new(),
        looked_up: Vec::new(),
        mapping: None,
        schema: None,
    });
    action
}

/// What the compiled engine says of a recorded request, as a change to a version without policies, where only a plain
/// deny is no change; and whether it did without the interpreter.
fn by_line(compiled: &Comparison<'_>, action: RecordedAction) -> (Answer, bool) {
    let mut worker = compiled.worker();
    let text = serde_json::to_string(&action).unwrap();
    let itself = worker.line(&"r.jsonl".into(), 1, &text).is_some();
    if !itself {
        let place = Place {
            recording: "r.jsonl".into(),
            line: 1,
        };
        worker.observe(Incoming::Action(place, Box::new(action)));
    }
    let changes = worker.finish();
    assert_eq!(
        (changes.volume.actions, changes.disagreements.count),
        (1, 0)
    );
    let changed = changes
        .groups
        .keys()
        .next()
        .and_then(|key| key.base.answer());
    let denied = Answer {
        decision: Some(Decision::Deny),
        determining: BTreeSet::new(),
        errors: BTreeSet::new(),
        unknown: BTreeSet::new(),
        may_err: BTreeSet::new(),
    };
    (changed.cloned().unwrap_or(denied), itself)
}

fn decide(policies: &PolicySet, prepared: PreparedRequest<'_>) -> Answer {
    let settled: Vec<Settled> = Evaluation::new(policies)
        .evaluate(prepared)
        .iter()
        .map(|found| {
            let policy = &policies.policies()[found.policy];
            Settled {
                policy: policy.id.clone(),
                effect: policy.effect,
                status: found.status,
            }
        })
        .collect();
    settle(&settled)
}

/// The context as Cedar reads it with a schema; where it does not fit the schema, in Cedar's explicit form.
fn context(
    found: &mut Found,
    case: &Case,
    schema: &Schema,
) -> Result<BTreeMap<String, Value>, String> {
    let ty = schema
        .action(&case.action)
        .and_then(|info| info.context.clone());
    if let Some(ty) = ty {
        let members = in_full(&case.context, &ty);
        let mut typing = Typing::new(Writer::Person);
        let context = typing.record(
            members.iter().map(|(name, json)| (name.as_str(), json)),
            &ty,
            &[],
        );
        if typing.problems.is_empty() {
            found.by_schema += 1;
            return Ok(context);
        }
    }
    found.explicit += 1;
    match Value::from_json(Json::Object(case.context.clone()))? {
        Value::Record(members) => Ok(members),
        other => Err(format!(
            "`{other}` is no record ({:?})",
            FieldPath(Vec::new())
        )),
    }
}

/// Cedar lets `{"type", "id"}` and `{"fn", "arg"}` stand without an escape where the schema says what they are.
fn in_full(members: &BTreeMap<String, Json>, ty: &RecordType) -> BTreeMap<String, Json> {
    members
        .iter()
        .map(|(name, json)| {
            let json = match ty.attributes.get(name.as_str()) {
                Some(attribute) => escaped(json, &attribute.ty),
                None => json.clone(),
            };
            (name.clone(), json)
        })
        .collect()
}

fn escaped(json: &Json, ty: &Type) -> Json {
    let wrapped = |escape: &str| Json::Object(BTreeMap::from([(escape.to_owned(), json.clone())]));
    match (ty, json) {
        (Type::Entity(_), Json::Object(members)) if members.contains_key("type") => {
            wrapped("__entity")
        }
        (Type::Decimal | Type::IpAddr | Type::Datetime | Type::Duration, Json::Object(members))
            if members.contains_key("fn") =>
        {
            wrapped("__extn")
        }
        (Type::Set(element), Json::Array(items)) => {
            Json::Array(items.iter().map(|item| escaped(item, element)).collect())
        }
        (Type::Record(record), Json::Object(members)) => Json::Object(in_full(members, record)),
        _ => json.clone(),
    }
}
