//! What must not be kept: values at named paths, and whatever looks like a secret. A value that is taken out becomes
//! one that nobody knows, never one that is not there.

mod again;
mod path;

pub use path::RedactPath;

use super::args::unknown;
use crate::model::{FieldPath, Json, RecordedAction, RecordedRequest, WrittenRequest, secret_in};
use std::collections::{BTreeMap, BTreeSet};

/// Why such a value is not known.
const REASON: &str = "redacted";

/// What is taken out.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    /// The paths that are named.
    pub paths: Vec<RedactPath>,
    /// Whether secrets are looked for.
    pub secrets: bool,
}

/// Values that were taken out of one action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Redacted {
    /// Where, and what was found there: `--redact` for a path that was named, else the kind of secret.
    pub values: Vec<(String, &'static str)>,
    /// Whether its recorded request was made from values that are now gone, and is gone with them.
    pub request: bool,
    /// The entities that came with that request. They were not made from the call, so a request that is made anew takes
    /// them, and without one the action cannot be kept: what they say would seem not to be.
    pub entities: Vec<Json>,
    /// What was taken out of the recorded context: by what path, the name of the field, and what stood there.
    context: Vec<(String, String, Json)>,
}

impl Redacted {
    /// Refuses an action whose call says what was taken out of the context beside it: to take it out there alone would
    /// hide nothing.
    pub fn hidden(&self, action: &RecordedAction) -> Result<(), String> {
        let mut context = self.context.iter();
        match context.find(|(_, name, value)| again::says(action, name, value)) {
            Some((path, ..)) => Err(said(path)),
            None => Ok(()),
        }
    }

    /// Refuses an action whose recorded request is kept and was made from its call, in a way that nobody knows here.
    pub fn not_made(&self, action: &RecordedAction) -> Result<(), String> {
        let made = action
            .request
            .as_ref()
            .is_some_and(|request| request.mapping.is_some());
        match self.context.first() {
            Some((path, ..)) if made && action.call.is_some() => Err(said(path)),
            Some(_) | None => Ok(()),
        }
    }

    /// Why an action cannot be kept where no request takes its entities.
    pub const LOST: &'static str = "its recorded request was made from what is taken out, and without it the entities that \
                                    came with it cannot be kept";
}

/// What names a value that was taken out because its path was named.
pub const NAMED: &str = "--redact";

impl Redaction {
    /// Whether it takes anything out.
    pub fn is_on(&self) -> bool {
        self.secrets || !self.paths.is_empty()
    }

    /// Takes out of an action what must not be kept. The error says why the action cannot be kept at all: a secret stands
    /// where nothing can take its place.
    pub fn apply(&self, action: &mut RecordedAction) -> Result<Redacted, String> {
        // What earlier calls changed is said by their arguments.
        let mut earlier = std::mem::take(&mut action.earlier);
        earlier.change(|call| {
            let kept = self.apply(call);
            kept.map(|_| ()).map_err(|why| of_earlier(call, &why))
        })?;
        action.earlier = earlier;
        let mut redacted = Redacted::default();
        let mut derived = false;
        for path in &self.paths {
            let of_context = path.of_context(action).into_iter();
            let of_context = of_context.map(|(name, json)| (path.to_string(), name, json));
            redacted.context.extend(of_context);
            let found = path.take(action);
            derived |= found && path.is_of_call();
            if found {
                redacted.values.push((path.to_string(), NAMED));
            }
        }
        if self.secrets {
            named(action)?;
            derived |= of_call(action, &mut redacted.values);
        }
        // What was made from the call may say what the call no longer says.
        if derived && action.call.is_some() {
            drop_request(action, &mut redacted);
        }
        if self.secrets {
            recorded(action, &mut redacted)?;
            if let Some(what) = redacted.entities.iter().find_map(inside) {
                return Err(in_the_way("request.entities", what));
            }
        }
        if !redacted.values.is_empty()
            && let Some(request) = &mut action.request
        {
            settle(request);
        }
        Ok(redacted)
    }

    /// Whether it names a field of the context.
    pub fn names_context(&self) -> bool {
        self.paths.iter().any(|path| !path.is_of_call())
    }

    /// Looks at a request that is made from a call. The error says which named field of the context it has again.
    pub fn made(&self, request: &WrittenRequest) -> Result<(), String> {
        match self.paths.iter().find(|path| path.is_in(request)) {
            // The call that is written says it, too, so that to take it out here alone hides nothing.
            Some(path) => Err(said(&path.to_string())),
            None => Ok(()),
        }
    }

    /// Takes secrets out of entities that were looked up. The error says why the action cannot be kept.
    pub fn looked_up(&self, entities: &mut [Json]) -> Result<(), String> {
        if !self.secrets {
            return Ok(());
        }
        for entity in entities {
            if let Json::Object(members) = entity
                && let Some(Json::Object(attributes)) = members.get_mut("attrs")
            {
                let hidden = attributes.values_mut();
                for value in hidden.filter(|value| inside(value).is_some()) {
                    *value = unknown(REASON);
                }
            }
            if let Some(what) = inside(entity) {
                return Err(in_the_way("request.looked_up", what));
            }
        }
        Ok(())
    }

    /// A message about what cannot be read, without the values that it quotes.
    pub fn quiet(&self, message: &str) -> String {
        if !self.is_on() {
            return message.to_owned();
        }
        let quiet = without_values(message);
        match secret_in(&quiet) {
            Some(what) => format!("what stands there holds {what}"),
            None => quiet,
        }
    }
}

/// Refuses an action with a secret where nothing can take its place.
fn named(action: &RecordedAction) -> Result<(), String> {
    let texts = [
        ("id", Some(&action.id)),
        ("session", action.session.as_ref()),
        ("time", action.time.as_ref()),
        ("agent", action.agent.as_ref()),
        ("user", action.user.as_ref()),
        ("system", action.system.as_ref()),
        ("call.tool", action.call.as_ref().map(|call| &call.tool)),
    ];
    for (name, text) in texts {
        if let Some(what) = text.and_then(|text| secret_in(text)) {
            return Err(in_the_way(name, what));
        }
    }
    Ok(())
}

/// Takes secrets out of what a mapping makes requests from; says whether there was one.
fn of_call(action: &mut RecordedAction, found: &mut Vec<(String, &'static str)>) -> bool {
    let before = found.len();
    let meta = std::mem::take(&mut action.meta);
    for (key, mut value) in meta {
        match secret_in(&key) {
            // A name that is not there is one that nobody asks for.
            Some(what) => found.push(("meta".to_owned(), what)),
            None => {
                scrub(&mut value, &mut vec!["meta".to_owned(), key.clone()], found);
                action.meta.insert(key, value);
            }
        }
    }
    if let Some(call) = &mut action.call {
        for (name, value) in [("args", &mut call.args), ("result", &mut call.result)] {
            if let Some(value) = value {
                scrub(value, &mut vec![name.to_owned()], found);
            }
        }
    }
    found.len() > before
}

/// Takes secrets out of what was recorded beside the call.
fn recorded(action: &mut RecordedAction, redacted: &mut Redacted) -> Result<(), String> {
    let found = &mut redacted.values;
    if let Some(recorded) = &mut action.recorded {
        let names = recorded.determining.iter().flatten();
        if let Some(what) = names.filter_map(|name| secret_in(name)).next() {
            recorded.determining = None;
            found.push(("recorded.determining".to_owned(), what));
        }
        let version = recorded.policy_version.as_deref();
        if let Some(what) = version.and_then(secret_in) {
            recorded.policy_version = None;
            found.push(("recorded.policy_version".to_owned(), what));
        }
    }
    let Some(request) = &mut action.request else {
        return Ok(());
    };
    if let Some((name, what)) = fixed(request) {
        // The call says what it was, and is mapped anew.
        if action.call.is_none() {
            return Err(in_the_way(name, what));
        }
        found.push((name.to_owned(), what));
        drop_request(action, redacted);
        return Ok(());
    }
    let context = std::mem::take(&mut request.cedar.context);
    for (key, mut value) in context {
        let mut path = ["request", "context", &key].map(str::to_owned).to_vec();
        if let Some(what) = secret_in(&key) {
            return Err(in_the_way("request.context", what));
        }
        scrub(&mut value, &mut path, found);
        request.cedar.context.insert(key, value);
    }
    Ok(())
}

/// Drops the recorded request, but for the entities that came with it.
fn drop_request(action: &mut RecordedAction, redacted: &mut Redacted) {
    if let Some(request) = action.request.take() {
        redacted.request = true;
        redacted.entities = request.entities;
    }
}

fn said(path: &str) -> String {
    format!(
        "its call says what `{path}` is: name what that is made from by `--redact` as well, such as `args.NAME`"
    )
}

fn in_the_way(place: &str, what: &str) -> String {
    format!("`{place}` holds what looks like {what}, and the action cannot be kept without it")
}

/// Why an action cannot be kept where it is for an earlier call that it cannot.
fn of_earlier(call: &RecordedAction, why: &str) -> String {
    let named = match (secret_in(&call.id), call.sequence) {
        (None, _) => format!(", `{}`,", call.id.escape_debug()),
        (Some(_), Some(place)) => format!(", which has place {place} in it,"),
        (Some(_), None) => String::new(),
    };
    format!(
        "an earlier call of its session{named} may have changed what it needs, and cannot be kept: {why}"
    )
}

/// What looks like a secret in the parts of a request that cannot be unknown.
fn fixed(request: &RecordedRequest) -> Option<(&'static str, &'static str)> {
    let cedar = &request.cedar;
    let parts = [
        ("request.principal", &cedar.principal),
        ("request.action", &cedar.action),
        ("request.resource", &cedar.resource),
    ];
    let mut uids = parts.into_iter();
    let of_uid = uids.find_map(|(name, uid)| Some((name, secret_in(&uid.id)?)));
    of_uid.or_else(|| {
        let mut entities = request.entities.iter().chain(&request.looked_up);
        entities.find_map(|entity| Some(("request.entities", inside(entity)?)))
    })
}

/// The first secret in a value or in its keys.
fn inside(json: &Json) -> Option<&'static str> {
    match json {
        Json::String(text) => secret_in(text),
        Json::Array(items) => items.iter().find_map(inside),
        Json::Object(members) => members
            .iter()
            .find_map(|(key, value)| secret_in(key).or_else(|| inside(value))),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Repeated => None,
    }
}

/// Takes every text out that holds a secret; of an object with such a key, all.
fn scrub(json: &mut Json, path: &mut Vec<String>, found: &mut Vec<(String, &'static str)>) {
    let whole = match json {
        Json::String(text) => secret_in(text),
        Json::Object(members) => {
            // What is unknown already is so for a reason that may quote it.
            let marked = members.len() == 1 && members.contains_key("$unknown");
            let mut keys = members.keys();
            let in_key = keys.find_map(|key| secret_in(key));
            in_key.or_else(|| marked.then(|| members.values().find_map(inside)).flatten())
        }
        _ => None,
    };
    if let Some(what) = whole {
        *json = unknown(REASON);
        found.push((path.join("."), what));
        return;
    }
    match json {
        Json::Array(items) => {
            path.push("*".to_owned());
            items.iter_mut().for_each(|item| scrub(item, path, found));
            path.pop();
        }
        Json::Object(members) => {
            for (key, value) in members {
                path.push(key.clone());
                scrub(value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Moves what was taken out of a recorded context to its unknown fields.
fn settle(request: &mut RecordedRequest) {
    let cedar = &mut request.cedar;
    settle_record(&mut cedar.context, &mut Vec::new(), &mut cedar.unknown);
}

fn settle_record(
    record: &mut BTreeMap<String, Json>,
    path: &mut Vec<String>,
    unknown: &mut BTreeSet<FieldPath>,
) {
    record.retain(|key, value| {
        path.push(key.clone());
        let stays = match value {
            _ if is_redacted(value) => false,
            // An escape of Cedar is one value.
            Json::Object(members) if !members.keys().any(|key| key.starts_with("__")) => {
                settle_record(members, path, unknown);
                true
            }
            other => !holds_redacted(other),
        };
        if !stays {
            unknown.insert(FieldPath(path.clone()));
        }
        path.pop();
        stays
    });
}

fn is_redacted(json: &Json) -> bool {
    *json == unknown(REASON)
}

fn holds_redacted(json: &Json) -> bool {
    is_redacted(json)
        || match json {
            Json::Array(items) => items.iter().any(holds_redacted),
            Json::Object(members) => members.values().any(holds_redacted),
            _ => false,
        }
}

/// Messages of JSON readers quote texts in quotation marks, and numbers and names of variants in backticks.
fn without_values(message: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some(at) = rest.find('"') {
        let (before, quoted) = rest.split_at(at);
        out.push_str(before);
        out.push_str("\"…\"");
        let mut escaped = false;
        let end = quoted.char_indices().skip(1).find(|(_, letter)| {
            let ends = *letter == '"' && !escaped;
            escaped = *letter == '\\' && !escaped;
            ends
        });
        rest = end.map_or("", |(at, _)| quoted.get(at + 1..).unwrap_or_default());
    }
    out.push_str(rest);
    for before in [
        "unknown variant `",
        "integer `",
        "floating point `",
        "character `",
    ] {
        if let Some((start, rest)) = out.clone().split_once(before) {
            let end = rest.rfind("`, expected").or_else(|| rest.rfind('`'));
            let after = end.and_then(|at| rest.get(at..)).unwrap_or("`");
            out = format!("{start}{before}…{after}");
        }
    }
    out
}

#[cfg(test)]
mod tests;
