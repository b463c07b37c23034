//! What is said of a condition, against all that it comes to when values stand in place of what is unknown.

use crate::cedar::{
    BuiltRequest, EntityStore, Evaluated, Evaluation, PolicySetBuilder, PreparedRequest,
    parse_entity, parse_policies,
};
use crate::model::{EntityRef, FieldPath, Request, SourceFile, Status, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A number, a record with another one, and nobody knows `x`, `r.y`, and `s.y`, of a record that may be there or not.
fn request() -> Request {
    let path = |keys: &[&str]| FieldPath(keys.iter().map(|key| (*key).to_owned()).collect());
    let record = BTreeMap::from([("k".to_owned(), Value::Long(1))]);
    Request {
        principal: EntityRef::new("User", "ann"),
        action: EntityRef::new("Action", "act"),
        resource: EntityRef::new("Thing", "t"),
        context: BTreeMap::from([
            ("n".to_owned(), Value::Long(3)),
            ("r".to_owned(), Value::Record(record)),
        ]),
        unknown: BTreeSet::from([path(&["x"]), path(&["r", "y"]), path(&["s", "y"])]),
    }
}

/// What may stand there: well typed or not, or nothing.
fn values() -> Vec<Option<Value>> {
    let record = BTreeMap::from([("z".to_owned(), Value::Bool(true))]);
    vec![
        None,
        Some(Value::Bool(true)),
        Some(Value::Bool(false)),
        Some(Value::Long(0)),
        Some(Value::Long(7)),
        Some(Value::Long(i64::MAX)),
        Some(Value::String("a".to_owned())),
        Some(Value::Set(vec![Value::Long(7)])),
        Some(Value::Record(record)),
        Some(Value::Entity(EntityRef::new("User", "ann"))),
    ]
}

/// Every request that it may have been.
fn worlds() -> Vec<Request> {
    let inside =
        |y: Option<Value>| Value::Record(y.map(|y| ("y".to_owned(), y)).into_iter().collect());
    let absent_or_not = [None, Some(inside(None)), Some(inside(Some(Value::Long(7))))];
    let mut worlds = Vec::new();
    for x in values() {
        for y in values() {
            for s in &absent_or_not {
                let mut world = request();
                world.unknown.clear();
                let Some(Value::Record(record)) = world.context.get_mut("r") else {
                    panic!("no record");
                };
                record.extend(y.clone().map(|y| ("y".to_owned(), y)));
                let (x, s) = (x.clone(), s.clone());
                world.context.extend(x.map(|x| ("x".to_owned(), x)));
                world.context.extend(s.map(|s| ("s".to_owned(), s)));
                worlds.push(world);
            }
        }
    }
    worlds
}

/// What becomes of a policy with this condition.
fn evaluated(condition: &str, request: &Request) -> Evaluated {
    evaluated_without(condition, request, &[])
}

/// The same where nobody knows these attributes of the principal.
fn evaluated_without(condition: &str, request: &Request, attributes: &[&str]) -> Evaluated {
    let text = format!("permit (principal, action, resource) when {{ {condition} }};");
    let (policies, faults) = parse_policies(&SourceFile::new("p.cedar", text));
    assert_eq!(faults, [], "{condition}");
    let mut builder = PolicySetBuilder::default();
    policies.iter().for_each(|policy| builder.add(policy));
    let (set, _) = builder.finish();
    let ann = serde_json::json!({
        "uid": { "type": "User", "id": "ann" },
        "attrs": { "admin": false, "adult": true, "limit": 5 },
        "parents": [],
    });
    let ann = parse_entity(&ann, None).unwrap();
    let unknown = attributes.iter();
    let unknown = unknown.map(|name| (EntityRef::new("User", "ann"), (*name).to_owned()));
    let store = EntityStore::build(&[ann], None).unwrap();
    let store = store.with_unknown(unknown.collect());
    let built = BuiltRequest::build(request).unwrap();
    let prepared = PreparedRequest {
        request: &built,
        entities: &store,
    };
    Evaluation::new(&set).evaluate(prepared).remove(0)
}

/// What is known of a policy that comes to one of these.
fn all_in_all(found: &BTreeSet<Status>) -> Status {
    let found: Vec<Status> = found.iter().copied().collect();
    match found.as_slice() {
        [one] => *one,
        [Status::NotSatisfied, Status::Error] => Status::NotSatisfiedOrError,
        _ => Status::Unknown,
    }
}

/// Conditions of which exactly that is said which holds in all worlds.
const EXACT: [(&str, Status); 36] = [
    ("principal.admin && context.x > 5", Status::NotSatisfied),
    ("principal.adult || context.x > 5", Status::Satisfied),
    ("context.x > 5", Status::Unknown),
    // Cedar reads the left side first, and it may be an error.
    (
        "context.x > 5 && principal.admin",
        Status::NotSatisfiedOrError,
    ),
    (
        "context.x > 5 && context.n == 4 && context.r.y",
        Status::NotSatisfiedOrError,
    ),
    ("context.x > 5 || principal.adult", Status::Unknown),
    (
        "!(context.x > 5 || principal.adult)",
        Status::NotSatisfiedOrError,
    ),
    ("!(context.x > 5 && principal.admin)", Status::Unknown),
    (
        "context.x && context.r.y && principal.admin",
        Status::NotSatisfiedOrError,
    ),
    // Asking for what may be there is no error.
    ("context has x", Status::Unknown),
    ("context has x && principal.admin", Status::NotSatisfied),
    ("context has x || principal.adult", Status::Satisfied),
    ("!(context has x && principal.admin)", Status::Satisfied),
    (
        "context has x && context.x > 5 && principal.admin",
        Status::NotSatisfiedOrError,
    ),
    ("context.r has y || principal.adult", Status::Satisfied),
    ("context has r.y || principal.adult", Status::Satisfied),
    ("context has r.y.z || principal.adult", Status::Unknown),
    ("context has x.z || principal.adult", Status::Unknown),
    ("context.x has z || principal.adult", Status::Unknown),
    // A record is there, whatever is unknown inside of it.
    ("context has r", Status::Satisfied),
    ("(context has r) == true", Status::Satisfied),
    ("context.r has k && context.r.k == 1", Status::Satisfied),
    ("context has s.k", Status::NotSatisfied),
    ("context has s", Status::Unknown),
    ("context.s.k == 1", Status::Error),
    // Both ways come to the same.
    (
        "if context has x then principal.admin else principal.admin",
        Status::NotSatisfied,
    ),
    (
        "if context.x then principal.admin else principal.admin",
        Status::NotSatisfiedOrError,
    ),
    (
        "if context.x then principal.adult else principal.adult",
        Status::Unknown,
    ),
    (
        "if context has x then principal.none else principal.none",
        Status::Error,
    ),
    (
        "if principal.admin then context.x else principal.adult",
        Status::Satisfied,
    ),
    // What else is read is an error, whatever stands beside it.
    ("context.x > principal.none", Status::Error),
    (
        "principal.none.contains(context.x) && context.r.y",
        Status::Error,
    ),
    (
        "[context.x, principal.none].contains(1) || principal.adult",
        Status::Error,
    ),
    ("context.x > 9223372036854775807 + 1", Status::Error),
    (
        "context.x > 5 && principal.none",
        Status::NotSatisfiedOrError,
    ),
    ("context.x in principal.none", Status::Error),
];

/// Conditions of which less is said than could be: more would have to be known of values.
const BLURRED: [&str; 6] = [
    "context.s has k",
    "context.x == context.x && principal.adult && !(context.x == context.x)",
    "context has x && !(context has x)",
    "context.x > 5 && context.x < 3",
    "{a: context.x, b: 1} == {a: 2, b: 2}",
    "(context.n == 3 || context.x) == false",
];

fn hold(condition: &str) -> (Status, Status) {
    let said = evaluated(condition, &request());
    let found: BTreeSet<Status> = worlds()
        .iter()
        .map(|world| evaluated(condition, world).status)
        .collect();
    let true_of_all = match said.status {
        Status::Unknown => true,
        Status::NotSatisfiedOrError => !found.contains(&Status::Satisfied),
        Status::Satisfied | Status::NotSatisfied | Status::Error => {
            found == BTreeSet::from([said.status])
        }
    };
    assert!(
        true_of_all,
        "{condition}: {:?}, and in worlds {found:?}",
        said.status
    );
    (said.status, all_in_all(&found))
}

#[test]
fn what_is_said_holds_whatever_is_unknown_and_no_less_is_said() {
    for (condition, status) in EXACT {
        assert_eq!(hold(condition), (status, status), "{condition}");
    }
}

#[test]
fn what_follows_from_values_alone_is_not_seen() {
    for condition in BLURRED {
        let (said, is) = hold(condition);
        assert_ne!(
            said, is,
            "{condition} is exact now: it belongs to the others"
        );
    }
}

fn named_as(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_fields_that_are_wanting_are_named() {
    for (condition, wanting, lacks) in [
        ("context.n == 3", &[][..], false),
        ("context has r", &[], false),
        ("principal.admin && context.x", &[], true),
        ("principal.adult && context.x", &["x"], true),
        ("context.x && context.r.y", &["r.y", "x"], true),
        (
            "context.x && context.r.y && principal.admin",
            &["r.y", "x"],
            true,
        ),
        ("context.x && principal.admin && context.r.y", &["x"], true),
        ("context.r has y || principal.adult", &[], true),
    ] {
        let found = evaluated(condition, &request());
        let named: Vec<String> = found.unknown.iter().map(|path| path.0.join(".")).collect();
        assert_eq!(named, named_as(wanting), "{condition}");
        assert_eq!(found.lacks, lacks, "{condition}");
    }
}

/// Nobody knows `status` of the principal, which `context.u` and `context.r.u` are, too, nor the other fields.
#[test]
fn attributes_of_entities_may_be_unknown_beside_fields() {
    let ann = Value::Entity(EntityRef::new("User", "ann"));
    let mut request = request();
    request.context.insert("u".to_owned(), ann.clone());
    if let Some(Value::Record(record)) = request.context.get_mut("r") {
        record.insert("u".to_owned(), ann);
    }
    let mut all_known = request.clone();
    all_known.unknown.clear();
    for request in [&request, &all_known] {
        for (condition, status) in [
            ("principal.status == 1", Status::Unknown),
            ("principal has status", Status::Unknown),
            ("context has u.status", Status::Unknown),
            ("context.r has u.status", Status::Unknown),
            ("context.u has status", Status::Unknown),
            ("context.r.u.status == 1", Status::Unknown),
            ("!(context.u has status) || true", Status::Satisfied),
            ("principal.adult && context.u.adult", Status::Satisfied),
            ("context has u.adult", Status::Satisfied),
            ("context has u.none", Status::NotSatisfied),
            (
                "resource == principal && principal.status",
                Status::NotSatisfied,
            ),
            ("principal.status == principal.none", Status::Error),
        ] {
            let found = evaluated_without(condition, request, &["status"]);
            assert_eq!(found.status, status, "{condition}");
            let named = found
                .unknown
                .iter()
                .any(|path| path.to_string() == "User.status");
            assert_eq!(named, status == Status::Unknown, "{condition}");
        }
    }
}

#[test]
fn cedars_own_message_is_given_where_the_error_is_sure() {
    let found = evaluated(
        "(if context has x then principal.none else false) || principal.adult",
        &request(),
    );
    assert_eq!((found.status, found.error), (Status::Unknown, None));
    let found = evaluated("context.x > principal.none", &request());
    let message = found.error.unwrap();
    assert!(message.contains("none"), "{message}");
    let found = evaluated(
        "if context.x then principal.none else principal.none",
        &request(),
    );
    assert_eq!(found.status, Status::Error);
    assert!(found.error.unwrap().contains("none"));
}
