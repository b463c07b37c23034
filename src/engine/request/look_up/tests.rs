//! Entities of data sets, versions, and what calls of a session changed.

use super::*;
use crate::engine::Side;
use crate::model::{EarlierCall, Moment, Outcome, Status};
use crate::repository::{Files, PolicyVersion, load};
use std::sync::Arc;

mod faults;
#[cfg(test)]
mod order;

const SCHEMA: &str = "
    entity Agent; entity Shop; entity Line; entity Item in [Line];
    entity User { level?: String };
    entity Order in [Item] { owner: User, status: String, total: decimal, count: Long, placed: datetime,
                             note?: String } tags String;
    entity Session { user?: User };
    action use appliesTo { principal: Agent, resource: Shop, context: {
        order?: Order, session: Session, items?: Set<Item>, first?: String } };";

const MAPPING: &str = r#"
version: 1
principal: Agent::"{agent}"
action: use
resource: Shop::"s"
context:
  order: "{args.id}"
  session: Session::"{session}"
  items: { each: "{args.items}", as: 'Item::"{item.name}"' }
  first: "{args.items.0.name}"
data:
  orders:
    at: shop.orders
    entity: Order::"{key}"
    in:
      - each: "{row.items}"
        as: Item::"{item.name}"
    attrs:
      owner: User::"{row.user}"
      status: "{row.status}"
      total: "{row.total}"
      count: "{row.items | count}"
      placed: "{row.placed}Z"
      note: "{row.note}"
    tags: "{row.tags}"
  items:
    at: shop.lines.*
    entity: Item::"{key}"
    in: [ 'Line::"{keys.0}"' ]
  users:
    entity: User::"{row.name}"
    attrs: { level: "{row.level}" }
    as_of: "{row.since}"
tools:
  close:
    changes:
      - entity: Order::"{args.id}"
        attrs: { status: closed, note: ~, owner: 'User::"{args.to}"' }
  move:
    changes:
      - entity: Order::"{args.id}"
        in: [ 'Item::"{args.item}"' ]
  login:
    changes:
      - entity: Session::"{session}"
        attrs: { user: 'User::"{result.user}"' }
"#;

const POLICIES: &str = r#"
@id("all") permit(principal, action, resource);
@id("closed") forbid(principal, action, resource) when { context has order && context.order.status == "closed" };
@id("foreign") forbid(principal, action, resource) when {
    context has order && context.session has user && context.order.owner != context.session.user };
"#;

const SHOP: &str = r#"{ "shop": {
    "orders": {
        "1": { "user": "ann", "status": "open", "total": 1.5, "placed": "2026-01-01T00:00:00", "note": "n", "tags": { "a": "b" },
               "items": [ { "name": "pen" }, { "name": "pen" }, { "name": "cup" } ] },
        "2": { "user": "ann", "status": 7, "total": 1, "placed": "soon", "items": [] },
        "3": { "user": "ann", "status": "open", "total": 1, "placed": "2026-01-01T00:00:00", "items": [ { "name": { } } ] }
    },
    "lines": { "paper": [], "tools": { "pen": {}, "cup": {} } } } }"#;

const USERS: &str = r#"
{ "name": "ann", "level": "low", "since": "2026-01-01T00:00:00Z" }
{ "name": "ann", "level": "high", "since": "2026-02-01T00:00:00Z" }
{ "name": "bo", "level": "low", "since": "2026-01-01" }
"#;

fn version() -> PolicyVersion {
    version_with(POLICIES)
}

fn version_with(policies: &str) -> PolicyVersion {
    let files = [
        ("agentauthz.yaml", "version: 1"),
        ("schema/s.cedarschema", SCHEMA),
        ("mapping.yaml", MAPPING),
        ("policies/p.cedar", policies),
    ];
    let text = |path: &str| files.iter().find(|(name, _)| *name == path);
    let mut version = load(&Files {
        paths: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
        read: &|path| {
            text(path)
                .map(|(_, text)| text.as_bytes().to_vec())
                .ok_or_else(String::new)
        },
        refused: Vec::new(),
    });
    assert_eq!(version.diagnostics, []);
    let mapping = version.mapping.as_mut().unwrap();
    let shop = DataFile::new("shop.json", SHOP.to_owned());
    let users = DataFile::new("users.jsonl", USERS.to_owned());
    for (name, file) in [("orders", &shop), ("items", &shop), ("users", &users)] {
        let set = mapping.data().iter().find(|set| *set.name == *name);
        let rows = read_rows(set.unwrap(), file).unwrap();
        mapping.give(name, Arc::new(rows));
    }
    version
}

use super::super::{DataFile, read_rows};

fn call(tool: &str, args: &str, failed: Option<bool>) -> RecordedAction {
    let mut action = RecordedAction::new(tool);
    action.session = Some("s".to_owned());
    action.agent = Some("a".to_owned());
    action.time = Some("2026-01-15T00:00:00Z".to_owned());
    action.call = Some(crate::model::ToolCall {
        tool: tool.to_owned(),
        args: Some(serde_json::from_str(args).unwrap()),
        result: Some(Json::String("{\"user\": \"bea\"}".to_owned())),
    });
    if let Some(failed) = failed {
        action
            .meta
            .insert("is_error".to_owned(), Json::Bool(failed));
    }
    action
}

/// An action behind these of its session, which stand before it in one recording.
fn after(mut action: RecordedAction, earlier: &[RecordedAction]) -> RecordedAction {
    let moment = |action: &RecordedAction, line: usize| Moment {
        sequence: action.sequence,
        time: action
            .time
            .as_ref()
            .map(|time| time.parse::<jiff::Timestamp>().unwrap().as_nanosecond()),
        at: (0, line as u64, 0),
        lines: crate::model::Lines::Count,
        lost: false,
    };
    let own = moment(&action, earlier.len());
    let calls = earlier.iter().enumerate().map(|(line, call)| {
        let moment = moment(call, line);
        EarlierCall {
            call: Arc::new(call.clone()),
            surely: moment.order(&own).is_some(),
            moment,
        }
    });
    action.earlier = calls.collect();
    action
}

/// Attributes and parents of the entities of a request; those that nobody knows as `?`.
fn entities(action: &RecordedAction) -> Result<Vec<String>, NotReplayable> {
    let version = version();
    let by = By {
        mapping: version.mapping.as_ref().unwrap(),
        schema: version.schema.as_ref().unwrap(),
        store: Some(&version.store),
        patches: None,
    };
    let mapped = by.map(action, action.call.as_ref().unwrap())?;
    let trace = by.trace(action, action.call.as_ref().unwrap());
    assert_eq!(trace.outcome.as_ref(), Ok(&mapped));
    let mut found = trace.entities.unwrap().entities;
    found.sort_by(|one, other| one.uid.cmp(&other.uid));
    Ok(found
        .iter()
        .map(|entity| {
            let known = entity
                .attrs
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let unknown = entity.unknown.keys().map(|name| format!("{name}=?"));
            let parents = entity.parents.iter().map(|parent| format!("in {parent}"));
            let all: Vec<String> = known.chain(unknown).chain(parents).collect();
            format!("{} {}", entity.uid, all.join(" "))
                .trim_end()
                .to_owned()
        })
        .collect())
}

/// What every engine says.
fn decided(action: &RecordedAction) -> String {
    decided_by(&version(), action)
}

fn decided_by(version: &PolicyVersion, action: &RecordedAction) -> String {
    let said: Vec<String> = [
        crate::engine::Engine::Compiled,
        crate::engine::Engine::Interpreted,
        crate::engine::Engine::Reference,
    ]
    .into_iter()
    .map(|engine| {
        let verdict = Side::head(version).with_engine(engine).decide(action);
        let denied = verdict
            .policies
            .iter()
            .filter(|policy| policy.status == Status::Satisfied && &*policy.policy != "all");
        let denied: Vec<&str> = denied.map(|policy| policy.policy.as_ref()).collect();
        match &verdict.outcome {
            Outcome::Decided(_) => format!("decided {}", denied.join(" ")),
            Outcome::Undecidable(_, unknown) => {
                let paths: Vec<String> = unknown.iter().map(ToString::to_string).collect();
                format!("undecidable {}", paths.join(" "))
            }
            Outcome::NotReplayable(reason) => reason.to_string(),
        }
    })
    .collect();
    assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
    said[0].trim_end().to_owned()
}

#[test]
fn entities_are_looked_up_with_what_they_lead_to() {
    let found = entities(&call("use", r#"{"id": "1"}"#, None)).unwrap();
    assert_eq!(
        found,
        [
            "Item::\"cup\" in Line::\"tools\"",
            "Item::\"pen\" in Line::\"tools\"",
            "Order::\"1\" count=3 note=\"n\" owner=User::\"ann\" placed=datetime(\"2026-01-01T00:00:00Z\") \
             status=\"open\" total=decimal(\"1.5\") in Item::\"cup\" in Item::\"pen\"",
            "User::\"ann\" level=\"low\"",
        ]
    );
    assert_eq!(decided(&call("use", r#"{"id": "1"}"#, None)), "decided");
    // What no data set has is not there.
    assert_eq!(
        entities(&call("use", r#"{"id": "9"}"#, None)),
        Ok(Vec::new())
    );
}

#[test]
fn each_and_places_read_arguments() {
    let version = version();
    let by = By {
        mapping: version.mapping.as_ref().unwrap(),
        schema: version.schema.as_ref().unwrap(),
        store: None,
        patches: None,
    };
    let context = |args: &str| {
        let action = call("use", args, None);
        let mapped = by.map(&action, action.call.as_ref().unwrap()).unwrap();
        let unknown: Vec<String> = mapped
            .request
            .unknown
            .iter()
            .map(ToString::to_string)
            .collect();
        let known = ["items", "first"].map(|name| {
            let value = mapped.request.context.get(name);
            value.map(ToString::to_string).unwrap_or_default()
        });
        (known.join(" "), unknown.join(" "))
    };
    assert_eq!(
        context(r#"{"items": [{"name": "pen"}, {"name": "cup"}]}"#),
        (
            "[Item::\"pen\", Item::\"cup\"] \"pen\"".to_owned(),
            String::new()
        )
    );
    assert_eq!(
        context(r#"{"items": []}"#),
        ("[] ".to_owned(), String::new())
    );
    assert_eq!(context("{}"), (" ".to_owned(), String::new()));
    let odd = context(r#"{"items": [{"name": [1]}]}"#);
    assert_eq!(
        odd,
        (" ".to_owned(), "context.first context.items".to_owned())
    );
    let none = context(r#"{"items": "pen"}"#);
    assert_eq!(
        none,
        (" ".to_owned(), "context.first context.items".to_owned())
    );
}

#[test]
fn what_a_row_does_not_say_is_unknown() {
    let action = call("use", r#"{"id": "2"}"#, None);
    assert_eq!(
        entities(&action).unwrap()[0],
        "Order::\"2\" count=0 owner=User::\"ann\" total=decimal(\"1.0\") placed=? status=?"
    );
    assert_eq!(decided(&action), "undecidable Order.status");
    let nobody = call("use", r#"{"id": "3"}"#, None);
    assert_eq!(entities(&nobody), Err(NotReplayable::UnknownEntity));
    assert_eq!(decided(&nobody), "unknown_entity");
}

#[test]
fn the_version_of_its_time_counts() {
    let at = |time: Option<&str>| {
        let mut action = call("use", r#"{"id": "1"}"#, None);
        action.time = time.map(str::to_owned);
        entities(&action).map(|found| found.last().cloned().unwrap_or_default())
    };
    assert_eq!(
        at(Some("2026-02-01T00:00:00Z")).unwrap(),
        "User::\"ann\" level=\"high\""
    );
    assert!(
        at(Some("2025-02-01T00:00:00Z"))
            .unwrap()
            .starts_with("Order::\"1\"")
    );
    assert_eq!(at(None), Err(NotReplayable::NoTime));
}

#[test]
fn what_calls_of_the_session_changed_counts() {
    let action = call("use", r#"{"id": "1"}"#, None);
    let close = |failed| call("close", r#"{"id": "1"}"#, failed);
    let order = |earlier: &[RecordedAction]| {
        let found = entities(&after(action.clone(), earlier))?;
        Ok::<_, NotReplayable>(
            found
                .into_iter()
                .find(|one| one.starts_with("Order"))
                .unwrap(),
        )
    };
    assert_eq!(
        decided(&after(action.clone(), &[close(Some(false))])),
        "decided closed"
    );
    assert_eq!(
        decided(&after(action.clone(), &[close(Some(true))])),
        "decided"
    );
    assert_eq!(
        decided(&after(action.clone(), &[close(None)])),
        "undecidable Order.status"
    );
    let closed = order(&[close(Some(false))]).unwrap();
    assert!(
        !closed.contains("note=") && closed.contains("owner=User::\"ann\""),
        "{closed}"
    );
    let unsure = order(&[close(None)]).unwrap();
    assert!(
        unsure.contains("note=? status=?") && !unsure.contains("owner=?"),
        "{unsure}"
    );
    let moved = call("move", r#"{"id": "1", "item": "cup"}"#, Some(false));
    let moved = order(&[moved]).unwrap();
    assert!(
        moved.ends_with("in Item::\"cup\"") && !moved.contains("\"pen\""),
        "{moved}"
    );
    let doubt = call("move", r#"{"id": "1", "item": "cup"}"#, None);
    assert_eq!(order(&[doubt]), Err(NotReplayable::UnknownEntity));
    // Nobody knows which order it was.
    let any = call("close", "{}", Some(false));
    assert!(order(&[any]).unwrap().contains("status=?"));
}

#[test]
fn what_a_change_does_not_say_stays_or_is_unknown() {
    let action = call("use", r#"{"id": "1"}"#, None);
    let stays = call("move", r#"{"id": "1"}"#, Some(false));
    let found = entities(&after(action.clone(), &[stays])).unwrap();
    assert!(
        found
            .iter()
            .any(|one| one.ends_with("in Item::\"cup\" in Item::\"pen\"")),
        "{found:?}"
    );
    // No row says what an order has that only a call made.
    let made = call("close", r#"{"id": "9"}"#, Some(false));
    let found = entities(&after(call("use", r#"{"id": "9"}"#, None), &[made]));
    assert_eq!(
        found.unwrap(),
        ["Order::\"9\" status=\"closed\" count=? owner=? placed=? total=?"]
    );
    // What happened later may stand before it in the recording.
    let mut later = call("close", r#"{"id": "1"}"#, Some(false));
    later.time = Some("2026-01-16T00:00:00Z".to_owned());
    let said = decided(&after(action.clone(), &[later]));
    assert_eq!(said, "undecidable Order.status");
    // What could not be read may have been any call, also one that moves orders.
    let lost = RecordedAction::new("line 7, which cannot be read,");
    assert_eq!(decided(&after(action, &[lost])), "unknown_entity");
}

#[test]
fn what_a_call_gave_back_is_read() {
    let action = call("use", r#"{"id": "1"}"#, None);
    let login = call("login", "{}", Some(false));
    assert_eq!(
        decided(&after(action.clone(), std::slice::from_ref(&login))),
        "decided foreign"
    );
    let mut silent = login;
    silent.call.as_mut().unwrap().result = None;
    let said = decided(&after(action, &[silent]));
    assert_eq!(said, "undecidable Session.user");
}

#[test]
fn a_recorded_request_keeps_what_was_looked_up_for_it() {
    let version = version();
    let side = Side::head(&version);
    let (mapping, schema) = side.digests();
    let mut action = call("use", r#"{"id": "2"}"#, None);
    let entities = side.own_entities(&action);
    let request = side.decide(&action).request.unwrap();
    action.request = Some(crate::model::RecordedRequest {
        cedar: request.into(),
        entities: Vec::new(),
        looked_up: entities.clone(),
        mapping: mapping.cloned(),
        schema: schema.cloned(),
    });
    action.call.as_mut().unwrap().args = None;
    assert_eq!(decided(&action), "undecidable Order.status");
    assert_eq!(side.own_entities(&action), entities);
    // Another mapping looks up its own.
    action.request.as_mut().unwrap().mapping = None;
    assert_eq!(side.own_entities(&action), Vec::<Json>::new());
}

#[test]
fn rows_that_cannot_be_used_are_named() {
    let version = version();
    let mapping = version.mapping.as_ref().unwrap();
    let faults = |name: &str, text: &str| {
        let set = mapping
            .data()
            .iter()
            .find(|set| *set.name == *name)
            .unwrap();
        let file = DataFile::new("f", text.to_owned());
        read_rows(set, &file).map(|rows| rows.faults)
    };
    assert_eq!(
        faults(
            "users",
            "{\"name\": [1]}\n{]\n\n7\n{\"name\": \"a\", \"since\": \"x\"}"
        )
        .unwrap(),
        [
            "f:1: it does not say of which entity it is",
            "f:2: it is no JSON: key must be a string at line 1 column 2",
            "f:4: it does not say of which entity it is",
            "f:5: `x` is no time with an offset",
        ]
    );
    let twice = r#"{"shop": {"orders": {"1": {}, "1": {}}}}"#;
    assert_eq!(
        faults("orders", twice).unwrap(),
        ["f: shop.orders.1: its key stands twice"]
    );
    let scalar = r#"{"shop": {"orders": 7}}"#;
    assert_eq!(
        faults("orders", scalar).unwrap(),
        ["f: shop.orders: it is no object and no array, so it has no rows"]
    );
    assert_eq!(
        faults("orders", "{}").unwrap_err(),
        "nothing stands at `f: shop`"
    );
    assert!(
        faults("orders", "{")
            .unwrap_err()
            .starts_with("`f` is no JSON document")
    );
}
