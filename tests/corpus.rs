//! Cedar's own integration tests, through our parser, store, request, evaluation and settling: decision, reasons and
//! errors must be those that Cedar's corpus states. Skipped where the corpus is not there.

use agentauthz::cedar::{
    self, BuiltRequest, EntityStore, Evaluation, PolicySet, PolicySetBuilder, PreparedRequest,
    Schema, parse_entity, parse_policies, parse_schema,
};
use agentauthz::engine::{Settled, settle};
use agentauthz::model::{
    Answer, Decision, EntityRef, FieldPath, Json, RecordType, Request, SourceFile, Type, Value,
};
use agentauthz::repository::{Typing, Writer};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

#[derive(Deserialize)]
struct Set {
    name: String,
    policies: String,
    schema: String,
    entities: Vec<serde_json::Value>,
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cedar-corpus");
    let (Ok(by_hand), Ok(packed)) = (
        std::fs::read_to_string(root.join("handwritten.jsonl")),
        std::fs::read(root.join("corpus.jsonl.zst")),
    ) else {
        println!("skipped: ../shared/cedar-corpus is not there, so Cedar's corpus was not decided");
        return;
    };
    let generated = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    let lines: Vec<&str> = by_hand.lines().chain(generated.lines()).collect();
    let found = lines
        .par_iter()
        .map(|line| run(&serde_json::from_str(line).unwrap()))
        .reduce(Found::default, Found::add);
    println!(
        "Cedar's corpus: {} sets, {} requests compared ({} allowed, {} with errors); contexts typed by the schema {}, \
         explicit {}; entities read without the schema {}; skipped {}",
        found.sets,
        found.requests,
        found.allowed,
        found.with_errors,
        found.by_schema,
        found.explicit,
        found.nonconforming,
        found.skipped.len()
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
    assert_eq!((found.sets, found.requests), (3_979, 31_730));
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
    for (at, case) in set.requests.iter().enumerate() {
        compare(
            &mut found,
            &format!("{} #{at}", set.name),
            case,
            &schema,
            &policies,
            &store,
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
    policies: &PolicySet,
    store: &EntityStore,
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
    let ours = decide(policies, prepared);
    let named = |ids: &BTreeSet<Arc<str>>| -> BTreeSet<String> {
        ids.iter().map(|id| numbers[id].clone()).collect()
    };
    found.requests += 1;
    found.allowed += u64::from(case.decision == Decision::Allow);
    found.with_errors += u64::from(!case.errors.is_empty());
    let expected = (Some(case.decision), &case.reason, &case.errors);
    let got = (
        ours.decision,
        &named(&ours.determining),
        &named(&ours.errors),
    );
    if got != expected {
        found
            .wrong
            .push(format!("{name}: got {got:?}, the corpus says {expected:?}"));
    }
    if cedar::authorize(policies, prepared) != ours {
        found
            .wrong
            .push(format!("{name}: the authorizer says otherwise"));
    }
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
