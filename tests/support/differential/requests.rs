//! Requests on a random repository, and the recording lines that hold them.

use super::random::Random;
use super::schema::{Applies, Schema};
use super::values::{self, Value, Writing};
use super::versions::odd_value;
use agentauthz::model::{EntityRef, RecordedAction, RecordedRequest, Request};
use agentauthz::recording;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked, in texts alone.
#[derive(Debug, Clone)]
pub struct Question {
    pub principal: (String, String),
    pub action: (String, String),
    pub resource: (String, String),
    /// The context's JSON as it stands in the line.
    pub context: String,
}

/// A line of a native recording with what it asks.
#[derive(Debug, Clone)]
pub struct Line {
    pub question: Question,
    /// Without the end of the line.
    pub bytes: Vec<u8>,
}

/// A line. `implicit` says whether values may stand that only a schema can type.
pub fn line(random: &mut Random, schema: &Schema, number: usize, implicit: bool) -> Line {
    let actions: Vec<&super::schema::Action> = schema
        .actions
        .iter()
        .filter(|action| action.applies.is_some())
        .collect();
    let action = *random.pick(&actions);
    let Some(applies) = &action.applies else {
        unreachable!("the actions were filtered")
    };
    let principal = part(random, schema, &applies.principals);
    let resource = part(random, schema, &applies.resources);
    let mut uid = (action.ty.clone(), action.id.clone());
    if random.percent(2) {
        uid.1 = "nothing".to_owned();
    }
    let context = context(random, schema, applies);
    let uids = [principal, uid, resource];
    let canonical = random.percent(50);
    match Value::Record(context.clone()).model() {
        Some(agentauthz::model::Value::Record(members)) if canonical => {
            written(random, uids, members, number)
        }
        _ => {
            let implicit = if implicit && random.percent(40) {
                50
            } else {
                0
            };
            spelled(random, uids, context, number, implicit)
        }
    }
}

/// Another action with the request of a line, word for word; nothing where that is not written as the product writes it.
pub fn again(random: &mut Random, line: &Line, number: usize) -> Option<Line> {
    let text = std::str::from_utf8(&line.bytes).ok()?;
    let (_, request) = text.split_once(",\"request\":{\"cedar\":{\"principal\":")?;
    let other = serde_json::to_string(&recorded(random, number)).expect("an action is JSON");
    let other = other.strip_suffix('}')?;
    let text = format!("{other},\"request\":{{\"cedar\":{{\"principal\":{request}");
    // What stands behind the request of a line that is spelled otherwise would stand twice.
    serde_json::from_str::<RecordedAction>(&text).ok()?;
    Some(Line {
        question: line.question.clone(),
        bytes: text.into_bytes(),
    })
}

fn part(random: &mut Random, schema: &Schema, types: &[usize]) -> (String, String) {
    let ty = if random.percent(94) {
        *random.pick(types)
    } else {
        random.below(schema.entities.len())
    };
    let (ty, id) = schema.some_id(random, ty);
    match random.below(300) {
        0 => ("Nobody".to_owned(), id),
        1 => ("no type".to_owned(), id),
        _ => (ty, id),
    }
}

fn context(random: &mut Random, schema: &Schema, applies: &Applies) -> Vec<(String, Value)> {
    let mut members = values::record(random, schema, &applies.context);
    if random.percent(88) {
        return members;
    }
    for _ in 0..random.within(1, 2) {
        let at = random.below(members.len().max(1));
        let ty = schema.ty(random, 1);
        let other = values::value(random, schema, &ty);
        let more = members.iter().all(|(name, _)| name != "more");
        match (random.weighted(&[4, 4, 6, 1, 1]), members.get_mut(at)) {
            (0, Some(_)) => {
                members.remove(at);
            }
            (2, Some((_, value))) => *value = other,
            (3, Some((_, value))) => *value = odd_value(random),
            (4, Some((_, value))) => *value = invalid(random),
            _ if more => members.push(("more".to_owned(), other)),
            _ => {}
        }
    }
    members
}

/// A value that is written well and refused all the same, or one of no choice of an enumerated type.
fn invalid(random: &mut Random) -> Value {
    let bad = (*random.pick(&super::literals::BAD)).to_owned();
    match random.below(4) {
        0 => Value::Extension("decimal", bad),
        1 => Value::Extension(random.word(&["ip", "datetime", "duration", "nothing"]), bad),
        2 => {
            let moment = Value::Extension("datetime", "9999-12-31".to_owned());
            let long = Value::Extension("duration", "9223372036854775807ms".to_owned());
            Value::Call("offset", vec![moment, long])
        }
        _ => Value::Entity("Color".to_owned(), "no such color".to_owned()),
    }
}

fn recorded(random: &mut Random, number: usize) -> RecordedAction {
    let mut action = RecordedAction::new(format!("r{number}"));
    action.session = random.percent(50).then(|| format!("s{}", random.below(5)));
    action.agent = random.percent(50).then(|| "a".to_owned());
    action.time = random
        .percent(50)
        .then(|| "2024-10-15T11:35:00Z".to_owned());
    action
}

/// The line as the product writes it.
fn written(
    random: &mut Random,
    [principal, action, resource]: [(String, String); 3],
    context: BTreeMap<String, agentauthz::model::Value>,
    number: usize,
) -> Line {
    let reference = |(ty, id): &(String, String)| EntityRef::new(ty.as_str(), id.as_str());
    let request = Request {
        principal: reference(&principal),
        action: reference(&action),
        resource: reference(&resource),
        context,
        unknown: BTreeSet::new(),
    };
    let context = serde_json::to_string(&request.context).expect("a context is JSON");
    let mut out = recorded(random, number);
    out.request = Some(RecordedRequest {
        cedar: request.into(),
        entities: Vec::new(),
        looked_up: Vec::new(),
        mapping: None,
        schema: None,
    });
    let mut bytes = Vec::new();
    recording::write(&out, &mut bytes).expect("memory can be written to");
    bytes.pop();
    Line {
        question: Question {
            principal,
            action,
            resource,
            context,
        },
        bytes,
    }
}

/// The line as somebody else might write it.
fn spelled(
    random: &mut Random,
    [principal, action, resource]: [(String, String); 3],
    context: Vec<(String, Value)>,
    number: usize,
    implicit: usize,
) -> Line {
    let common = recorded(random, number);
    let mut writing = Writing::odd(random, 0);
    let uid = |writing: &mut Writing, (ty, id): &(String, String)| {
        let members = vec![("type", writing.string(ty)), ("id", writing.string(id))];
        writing.object(members)
    };
    let mut members = vec![
        ("principal", uid(&mut writing, &principal)),
        ("action", uid(&mut writing, &action)),
        ("resource", uid(&mut writing, &resource)),
    ];
    let empty = context.is_empty() && random.percent(50);
    let context = Value::Record(context).text(&mut Writing::odd(random, implicit));
    if !empty {
        members.push(("context", context.clone()));
    }
    let cedar = writing.object(members);
    let request = writing.object(vec![("cedar", cedar)]);
    let id = writing.string(&common.id);
    let mut members = vec![
        ("version", "1".to_owned()),
        ("id", id),
        ("request", request),
    ];
    for (name, value) in [
        ("session", &common.session),
        ("agent", &common.agent),
        ("time", &common.time),
    ] {
        if let Some(value) = value {
            members.push((name, writing.string(value)));
        }
    }
    let text = writing.object(members);
    Line {
        question: Question {
            principal,
            action,
            resource,
            context,
        },
        bytes: text.into_bytes(),
    }
}
