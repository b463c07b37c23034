//! A draft's request, typed by the schema and ready to be decided.

use super::Fixtures;
use super::draft::Draft;
use super::faults::fault;
use super::json::{has_record, says, set};
use crate::cedar::{ActionInfo, BuiltRequest, Schema};
use crate::engine::request::Mapped;
use crate::model::{
    Diagnostic, EntityRef, FieldPath, Json, RecordType, Request, SourceFile, Span, Type, Value,
};
use crate::repository::{
    PolicyVersion, Problem, Typing, Writer, keep_untyped, nearest, parse_action,
    parse_plain_reference,
};
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// The request of a draft, or what is wrong with it.
pub(super) fn typed_request(
    version: &PolicyVersion,
    file: &SourceFile,
    draft: &Draft,
    fixtures: Fixtures,
) -> Result<Mapped, Vec<Diagnostic>> {
    let mut faults: Vec<(Span, String)> = Vec::new();
    let schema = version.schema.as_ref();
    let principal = part("principal", &draft.principal, draft, schema, &mut faults);
    let resource = part("resource", &draft.resource, draft, schema, &mut faults);
    let action = action(draft, schema, &mut faults);
    if let Some(now) = draft.now.as_ref().filter(|now| time(&now.value).is_none()) {
        let now = (now.span, now.value.escape_debug());
        let message = format!("`{}` is no time; write it as `2026-03-01T09:00:00Z`", now.1);
        faults.push((now.0, message));
    }
    let info = action
        .as_ref()
        .and_then(|action| schema.and_then(|schema| schema.action(action)));
    let (context, unknown) = match info {
        Some(info) => typed_context(draft, info, fixtures, &mut faults),
        None => (BTreeMap::new(), BTreeSet::new()),
    };
    let faults = faults.into_iter();
    let faults: Vec<Diagnostic> = faults
        .map(|(span, message)| fault(file, span, message))
        .collect();
    let (Some(principal), Some(action), Some(resource), true) =
        (principal, action, resource, faults.is_empty())
    else {
        return Err(faults);
    };
    let mapped = Mapped {
        request: Request {
            principal,
            action,
            resource,
            context,
            unknown,
        },
        left_out: BTreeSet::new(),
        entities: Vec::new(),
    };
    let conforms = BuiltRequest::build(&mapped.request).and_then(|built| match schema {
        Some(schema) if fixtures == Fixtures::Strict => built.conforms(schema),
        Some(_) | None => Ok(()),
    });
    conforms
        .map(|()| mapped)
        .map_err(|message| vec![fault(file, draft.asked, message)])
}

fn part(
    name: &str,
    text: &Option<Spanned<String>>,
    draft: &Draft,
    schema: Option<&Schema>,
    faults: &mut Vec<(Span, String)>,
) -> Option<EntityRef> {
    let Some(text) = text else {
        faults.push((draft.asked, format!("the request has no `{name}`")));
        return None;
    };
    match parse_plain_reference(&text.value) {
        Ok(reference) => {
            if schema.is_some_and(|schema| !schema.has_entity_type(&reference.ty)) {
                let message = format!("the schema has no entity type `{}`", reference.ty);
                faults.push((text.span, message));
            }
            Some(reference)
        }
        Err(message) => {
            faults.push((text.span, message));
            None
        }
    }
}

fn action(
    draft: &Draft,
    schema: Option<&Schema>,
    faults: &mut Vec<(Span, String)>,
) -> Option<EntityRef> {
    let Some(text) = &draft.action else {
        faults.push((draft.asked, "the request has no `action`".to_owned()));
        return None;
    };
    match parse_action(&text.value, schema) {
        Ok(action) => {
            if schema.is_some_and(|schema| schema.action(&action).is_none()) {
                faults.push((text.span, format!("the schema has no action {action}")));
            }
            Some(action)
        }
        Err(message) => {
            faults.push((text.span, message));
            None
        }
    }
}

/// The facts of the moment, and the clocks that the test does not set.
fn typed_context(
    draft: &Draft,
    info: &ActionInfo,
    fixtures: Fixtures,
    faults: &mut Vec<(Span, String)>,
) -> (BTreeMap<String, Value>, BTreeSet<FieldPath>) {
    let empty = RecordType::default();
    let ty = info.context.as_ref().unwrap_or(&empty);
    let mut given = draft.context.clone();
    for (name, json) in &draft.offered {
        if ty.attributes.contains_key(name.as_str()) && !given.contains_key(name) {
            given.insert(name.clone(), json.clone());
        }
    }
    let unknown = set_clocks(draft, info, ty, &mut given, faults);
    let mut typing = Typing::new(Writer::Person);
    let members = given
        .iter()
        .map(|(name, json)| (name.as_str(), &json.value));
    let mut context = typing.record(members, ty, &[]);
    for Problem { path, message } in typing.problems {
        // What nobody knows is missing for that reason.
        if unknown.contains(&path) {
            continue;
        }
        let key = path.0.first().map(String::as_str).unwrap_or_default();
        let json = given.get(key);
        // A value that does not conform is a fact all the same, where Cedar has a value for it.
        if fixtures == Fixtures::Lenient
            && keep_untyped(&mut context, &path.0, json.map(|json| &json.value)).is_ok()
        {
            continue;
        }
        let span = json.map_or(draft.asked, |json| json.span);
        faults.push((span, format!("{path}: {message}")));
    }
    (context, unknown)
}

/// Gives the clocks of an action the time of the test; those that it neither sets nor gives a time are unknown.
fn set_clocks(
    draft: &Draft,
    info: &ActionInfo,
    ty: &RecordType,
    given: &mut BTreeMap<String, Spanned<Json>>,
    faults: &mut Vec<(Span, String)>,
) -> BTreeSet<FieldPath> {
    let mut unknown = BTreeSet::new();
    for clock in &info.clocks {
        let above = clock.0.split_last().map(|(_, above)| above);
        // A time that the test itself says goes before a clock of the defaults.
        let by_default = clock.0.first().is_some_and(|name| {
            draft.own_now && !draft.context.contains_key(name) && draft.by_default.contains(name)
        });
        let said = says(given, &clock.0) && !by_default;
        if said || !above.is_some_and(|above| has_record(given, above)) {
            continue;
        }
        let Some(now) = &draft.now else {
            unknown.insert(clock.clone());
            continue;
        };
        match (time(&now.value), type_at(ty, &clock.0)) {
            (Some(value), Some(Type::Datetime | Type::String)) => {
                let value = Spanned {
                    value: Json::String(value),
                    span: now.span,
                };
                if let Err(message) = set(given, &clock.0, &value) {
                    faults.push((now.span, message));
                }
            }
            // That it is no time is told already.
            (None, _) => {}
            // What is annotated `@clock` and holds no time is set by hand.
            (Some(_), _) => {
                unknown.insert(clock.clone());
            }
        }
    }
    unknown
}

/// A time in the form that Cedar's `datetime` takes, in UTC and milliseconds; a day begins at midnight.
fn time(text: &str) -> Option<String> {
    let time = match text.parse::<jiff::Timestamp>() {
        Ok(time) => time,
        Err(_) if crate::repository::is_day(text) => format!("{text}T00:00:00Z").parse().ok()?,
        Err(_) => return None,
    };
    Some(time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

fn type_at<'t>(ty: &'t RecordType, path: &[String]) -> Option<&'t Type> {
    let (name, rest) = path.split_first()?;
    let found = &ty.attributes.get(name.as_str())?.ty;
    match (rest.is_empty(), found) {
        (true, found) => Some(found),
        (false, Type::Record(inner)) => type_at(inner, rest),
        (false, _) => None,
    }
}

/// Facts that none of these actions knows: each is a slip of the pen.
pub(super) fn unknown_facts(
    version: &PolicyVersion,
    file: &SourceFile,
    facts: &BTreeMap<String, Spanned<Json>>,
    actions: &[EntityRef],
) -> Vec<Diagnostic> {
    let Some(schema) = &version.schema else {
        return Vec::new();
    };
    let known: BTreeSet<&str> = actions
        .iter()
        .filter_map(|action| schema.action(action)?.context.as_ref())
        .flat_map(|context| context.attributes.keys().map(AsRef::as_ref))
        .collect();
    facts
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()))
        .map(|(name, json)| {
            let hint = nearest(name, known.iter().copied())
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            let message = format!("no action here has `{name}` in its context{hint}");
            fault(file, json.span, message)
        })
        .collect()
}
