//! Amazon Verified Permissions in CloudTrail: `IsAuthorized` and its kin, an event a line, or files of `Records`. Requests
//! are Cedar's own already. Written from the documentation, not tried on real files.

use super::detect::either;
use super::format::{Format, Layout};
use super::outline::Outline;
use super::records::{Members, Record, members, records, take, take_array, take_object, text};
use super::time::set_time;
use super::{Item, Malformed, Parsed};
use crate::model::{
    Decision, EntityRef, FieldPath, Importer, Json, RecordedAction, RecordedDecision,
    RecordedRequest, WrittenRequest,
};
use std::collections::{BTreeMap, BTreeSet};

mod values;

pub(super) static FORMAT: Format = Format {
    importer: Importer::VerifiedPermissions,
    marks,
    layout,
    parse,
};

/// Records may stand on lines of their own, and are no lines all the same: `Records` is around them.
fn layout(text: &[u8]) -> Layout {
    match Outline::of(text) {
        Some(outline) if outline.has("Records") && outline.line_feed.is_some() => Layout::Document,
        Some(_) | None => either(text),
    }
}

fn marks(outline: &Outline) -> bool {
    let event = |at: &[&str]| {
        let members = ["eventSource", "eventName"];
        members
            .iter()
            .all(|key| outline.has_path(&[at, &[*key]].concat()))
    };
    event(&[]) || event(&["Records"])
}

fn parse(item: &Item, stem: &str) -> Result<Parsed, Malformed> {
    let mut parsed = Parsed::default();
    let mut events = Vec::new();
    for mut record in records(item, stem)? {
        let listed = match &mut record.members {
            Ok(members) if members.contains_key("Records") => take_array(members, "Records"),
            Ok(_) | Err(_) => {
                events.push(record);
                continue;
            }
        };
        match listed {
            Ok(listed) => events.extend(listed.into_iter().enumerate().map(|(at, json)| Record {
                place: format!("{}/{at}", record.place),
                members: members(json),
            })),
            Err(fault) => parsed.actions.push(Err(Malformed::new(item, fault))),
        }
    }
    for record in events {
        match event(record) {
            Ok(Found::Actions(actions)) => {
                let actions = actions.into_iter();
                let fault = |fault: String| Malformed::new(item, fault);
                parsed
                    .actions
                    .extend(actions.map(|action| action.map_err(fault)));
            }
            Ok(Found::Dropped(reason)) => *parsed.dropped.entry(reason).or_default() += 1,
            Err(fault) => parsed.actions.push(Err(Malformed::new(item, fault))),
        }
    }
    Ok(parsed)
}

enum Found {
    Actions(Vec<Result<RecordedAction, String>>),
    Dropped(&'static str),
}

fn event(record: Record) -> Result<Found, String> {
    let mut event = record.members?;
    let batch = match (text(&event, "eventSource"), text(&event, "eventName")) {
        (None, _) => return Err("`eventSource` is missing".to_owned()),
        (_, None) => return Err("`eventName` is missing".to_owned()),
        (Some("verifiedpermissions.amazonaws.com"), Some(name)) => match name {
            "IsAuthorized" | "IsAuthorizedWithToken" => false,
            "BatchIsAuthorized" | "BatchIsAuthorizedWithToken" => true,
            _ => return Ok(Found::Dropped("other_event")),
        },
        (Some(_), Some(_)) => return Ok(Found::Dropped("other_event")),
    };
    // The service refused the call itself, so nothing was decided.
    if take(&mut event, "errorCode").is_some() {
        return Ok(Found::Dropped("failed_call"));
    }
    let parameters = take_object(&mut event, "requestParameters")?;
    let mut parameters = parameters.ok_or("`requestParameters` is missing")?;
    let mut answer = take_object(&mut event, "additionalEventData")?.unwrap_or_default();
    let id = text(&event, "eventID").map_or(record.place, str::to_owned);
    let shared = Shared {
        time: take(&mut event, "eventTime"),
        store: take(&mut parameters, "policyStoreId"),
        // The service takes it from a token, which is no part of the event.
        principal: take(&mut parameters, "principal").or_else(|| take(&mut answer, "principal")),
        entities: values::entities(take(&mut parameters, "entities")),
    };
    if !batch {
        let action = shared.action(parameters, &answer, id);
        return Ok(Found::Actions(vec![action]));
    }
    let results = take_array(&mut answer, "results")?;
    let mut actions = Vec::new();
    for (at, request) in take_array(&mut parameters, "requests")?
        .into_iter()
        .enumerate()
    {
        let result = results.get(at).filter(|result| answers(result, &request));
        let result = result.cloned().and_then(|result| members(result).ok());
        let action = members(request).and_then(|request| {
            shared.action(request, &result.unwrap_or_default(), format!("{id}#{at}"))
        });
        actions.push(action.map_err(|fault| format!("`requests[{at}]`: {fault}")));
    }
    Ok(Found::Actions(actions))
}

/// Whether a result of a batch, which repeats what was asked, is that of a request.
fn answers(result: &Json, request: &Json) -> bool {
    let Some(repeated) = result.get("request") else {
        return true;
    };
    let parts = ["action", "resource"];
    parts
        .iter()
        .all(|part| repeated.get(part) == request.get(part))
}

/// What the requests of one event have in common.
struct Shared {
    time: Option<Json>,
    store: Option<Json>,
    principal: Option<Json>,
    /// The entities that came with them; nothing where those cannot be read.
    entities: Option<Vec<Json>>,
}

impl Shared {
    fn action(
        &self,
        mut request: Members,
        answer: &Members,
        id: String,
    ) -> Result<RecordedAction, String> {
        let mut action = RecordedAction::new(id);
        set_time(&mut action, self.time.as_ref());
        if let Some(store) = &self.store {
            action.meta.insert("policy_store".to_owned(), store.clone());
        }
        action.recorded = match text(answer, "decision") {
            Some("ALLOW") => Some(decided(Decision::Allow)),
            Some("DENY") => Some(decided(Decision::Deny)),
            Some(_) | None => None,
        };
        let own = take(&mut request, "principal");
        let own = own.as_ref().or(self.principal.as_ref());
        let asked = part(request.get("action"), "action", ["actionType", "actionId"])?;
        let resource = part(request.get("resource"), "resource", ENTITY)?;
        let principal = part(own, "principal", ENTITY)?;
        let (Some(principal), Some(asked), Some(resource)) = (&principal, &asked, &resource) else {
            // Where one of them is not known there is no request; the others stay.
            let parts = [
                ("principal", principal),
                ("action", asked),
                ("resource", resource),
            ];
            for (name, known) in parts {
                if let Some(uid) = known {
                    let uid = Json::String(uid.to_string());
                    action.meta.insert(name.to_owned(), uid);
                }
            }
            return Ok(action);
        };
        action.agent = Some(principal.id.to_string());
        let (context, unknown) = values::context(take(&mut request, "context"));
        action.request = Some(RecordedRequest {
            cedar: WrittenRequest {
                principal: principal.clone(),
                action: asked.clone(),
                resource: resource.clone(),
                context,
                unknown,
            },
            entities: match &self.entities {
                Some(entities) => entities.clone(),
                None => {
                    let unread = super::args::unknown("redacted");
                    action.meta.insert("entities".to_owned(), unread);
                    Vec::new()
                }
            },
            looked_up: Vec::new(),
            mapping: None,
            schema: None,
        });
        Ok(action)
    }
}

fn decided(decision: Decision) -> RecordedDecision {
    RecordedDecision {
        decision,
        determining: None,
        policy_version: None,
    }
}

/// The members that name an entity.
const ENTITY: [&str; 2] = ["entityType", "entityId"];

/// One of the three of a request; nothing where it is not known.
fn part(json: Option<&Json>, name: &str, names: [&str; 2]) -> Result<Option<EntityRef>, String> {
    let Some(json) = json.filter(|json| *json != &Json::Null) else {
        return Ok(None);
    };
    let [ty, id] = names;
    let uid = entity(json, names).ok_or_else(|| format!("`{name}` has no `{ty}` and `{id}`"))?;
    Ok(Some(uid).filter(|uid| !values::is_redacted(&uid.id)))
}

fn entity(json: &Json, [ty, id]: [&str; 2]) -> Option<EntityRef> {
    let ty = json.get(ty)?.as_str()?;
    Some(EntityRef::new(ty, json.get(id)?.as_str()?))
}

/// A context, and the paths of it that nobody knows.
type Context = (BTreeMap<String, Json>, BTreeSet<FieldPath>);

#[cfg(test)]
mod tests;
