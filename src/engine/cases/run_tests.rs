//! Tests of `cedar run-tests` → cases: read as Cedar reads them, each with the entities it brings and no others.

use super::faults::{Known, fault};
use super::{Case, Demand, Expected, Fixtures, Form, Input};
use crate::cedar::{self, Context, EntityStore, ParsedEntity};
use crate::engine::request::Mapped;
use crate::model::{Diagnostic, EntityRef, Request, SourceFile};
use crate::repository::{AskedTest, PolicyVersion, RunTest, RunTestEntities};
use crate::yaml::Spanned;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The case of one test; who opens the suite says what it is called, and the line.
pub(super) fn run_test(
    version: &PolicyVersion,
    file: &SourceFile,
    test: &RunTest,
    known: &Known<'_>,
    fixtures: Fixtures,
    stores: &Stores,
) -> Case {
    let wrong = |messages: Vec<String>| -> Vec<Diagnostic> {
        let messages = messages.into_iter();
        messages
            .map(|message| fault(file, test.span, message))
            .collect()
    };
    let (input, expected) = match &test.asked {
        Err(message) => (Err(wrong(vec![message.clone()])), Expected::default()),
        Ok(asked) => {
            let (expected, mut faults) = expected(asked, test, known);
            let input = match input(version, asked, fixtures, stores) {
                Ok(input) if faults.is_empty() => Ok(input),
                Ok(_) => Err(faults),
                Err(found) => {
                    faults.extend(found);
                    Err(faults)
                }
            };
            (input.map_err(wrong), expected)
        }
    };
    Case {
        suite: file.path.clone(),
        file: file.path.clone(),
        test: test.name.as_str().into(),
        row: None,
        form: Form::RunTest,
        span: test.span,
        line: 1,
        tags: Vec::new(),
        skip: None,
        only: false,
        input,
        expected,
    }
}

/// The declared reasons are some of the determining policies, as Cedar has it; errors are counted.
fn expected(asked: &AskedTest, test: &RunTest, known: &Known<'_>) -> (Expected, Vec<String>) {
    let mut faults = Vec::new();
    let mut include = BTreeSet::new();
    for name in &asked.reason {
        match known.by_number(name) {
            Some(policy) => {
                include.insert(policy);
            }
            None => {
                faults.extend(known.wrong(name));
                include.insert(name.as_str().into());
            }
        }
    }
    let spanned = |value: Demand| Spanned {
        value,
        span: test.span,
    };
    let expected = Expected {
        decision: Spanned {
            value: asked.decision,
            span: test.span,
        },
        reasons: Some(spanned(Demand {
            include,
            ..Demand::default()
        })),
        errors: Some(spanned(Demand {
            count: Some(asked.num_errors),
            ..Demand::default()
        })),
        span: test.span,
    };
    (expected, faults)
}

fn input(
    version: &PolicyVersion,
    asked: &AskedTest,
    fixtures: Fixtures,
    stores: &Stores,
) -> Result<Input, Vec<String>> {
    let mut faults = Vec::new();
    let mut part = |name: &str, text: &str| -> Option<EntityRef> {
        cedar::parse_entity_ref(text)
            .map_err(|error| faults.push(format!("{name}: `{}`: {error}", text.escape_debug())))
            .ok()
    };
    let principal = part("principal", &asked.principal);
    let action = part("action", &asked.action);
    let resource = part("resource", &asked.resource);
    let store = match stores.get(&key(asked)) {
        Some(Ok(store)) => Some(store.clone()),
        Some(Err(found)) => {
            faults.extend(found.iter().cloned());
            None
        }
        None => None,
    };
    let (Some(principal), Some(action), Some(resource), Some(store)) =
        (principal, action, resource, store)
    else {
        return Err(faults);
    };
    let schema = version.schema.as_ref();
    let context = Context::read(&asked.context, &action, schema);
    let context = match context.and_then(|context| context.lowered()) {
        Ok(context) => context,
        Err(message) => {
            faults.push(message);
            return Err(faults);
        }
    };
    let mapped = Mapped {
        request: Request {
            principal,
            action,
            resource,
            context,
            unknown: BTreeSet::new(),
        },
        left_out: BTreeSet::new(),
        entities: Vec::new(),
    };
    let input = Input::new(mapped, store).map_err(|message| vec![message])?;
    if let Some(schema) = schema.filter(|_| fixtures == Fixtures::Strict) {
        let conforms = input.built.conforms(schema);
        conforms.map_err(|message| vec![message])?;
    }
    Ok(input)
}

/// The entities that tests bring, each built once, by their text; or what is wrong with them.
pub(super) type Stores = HashMap<String, Result<Arc<EntityStore>, Vec<String>>>;

fn key(asked: &AskedTest) -> String {
    let (RunTestEntities::Here(entities) | RunTestEntities::File(_, entities)) = &asked.entities;
    serde_json::to_string(entities).unwrap_or_default()
}

/// The stores of these tests.
pub(super) fn stores(version: &PolicyVersion, tests: &[RunTest], fixtures: Fixtures) -> Stores {
    let asked = tests.par_iter().filter_map(|test| test.asked.as_ref().ok());
    let keyed: Vec<(String, &AskedTest)> = asked.map(|asked| (key(asked), asked)).collect();
    let distinct: HashMap<String, &AskedTest> = keyed.into_iter().collect();
    let distinct = distinct.into_par_iter();
    distinct
        .map(|(key, asked)| (key, store(version, asked, fixtures).map(Arc::new)))
        .collect()
}

/// The entities that a test brings, with the actions of the schema.
fn store(
    version: &PolicyVersion,
    asked: &AskedTest,
    fixtures: Fixtures,
) -> Result<EntityStore, Vec<String>> {
    let (RunTestEntities::Here(entities) | RunTestEntities::File(_, entities)) = &asked.entities;
    let schema = version.schema.as_ref();
    let mut parsed: Vec<ParsedEntity> = Vec::new();
    let mut faults = Vec::new();
    for json in entities {
        match cedar::parse_entity(json, schema) {
            Ok(entity) => parsed.push(entity),
            Err((_, Some(entity))) if fixtures == Fixtures::Lenient => parsed.push(*entity),
            Err((message, _)) => faults.push(message),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    EntityStore::build(&parsed, schema).map_err(|message| vec![message])
}
