//! Tests of the native format: strict reading, deterministic writing, and that both are inverse.

use super::*;
use crate::model::{
    Decision, Digest, EntityRef, RecordedDecision, RecordedRequest, Request, ToolCall, Value,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<RecordedAction, String> {
    let item = Item {
        bytes: bytes.to_vec(),
        line: 3,
    };
    match super::parse(&item) {
        Ok(mut parsed) => {
            assert_eq!((parsed.actions.len(), parsed.dropped.len()), (1, 0));
            parsed.actions.remove(0).map_err(|fault| fault.to_string())
        }
        Err(fault) => Err(fault.to_string()),
    }
}

fn written(action: &RecordedAction) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(action, &mut bytes).expect("a vector takes everything");
    bytes
}

#[test]
fn reads_a_line() {
    let line = br#"{"version":1,"id":"a","session":"s","sequence":3,"meta":{"k":[1,null]},
        "call":{"tool":"refund","args":{"amount":5,"who":{"$unknown":"redacted"}}},"recorded":{"decision":"deny"}}"#;
    let action = read(line).expect("a recorded action");
    assert_eq!(action.sequence, Some(3));
    let args = action.call.and_then(|call| call.args).expect("arguments");
    assert_eq!(args.get("amount"), Some(&Json::Int(5)));
    assert_eq!(
        args.get("who").and_then(|who| who.get("$unknown")),
        Some(&Json::String("redacted".to_owned()))
    );
    assert_eq!(
        action.recorded.map(|recorded| recorded.decision),
        Some(Decision::Deny)
    );
}

#[test]
fn faults_are_named() {
    for (line, expected) in [
        (
            &br#"{"version":1,"id":"a","tool":"x"}"#[..],
            "line 3: unknown field `tool`, expected one of",
        ),
        (
            br#"{"version":1,"id":"a","call":{"tool":"x","argz":{}}}"#,
            "line 3: unknown field `argz`",
        ),
        (br#"{"version":1}"#, "line 3: missing field `id`"),
        (br#"{"id":"a"}"#, "line 3: missing field `version`"),
        (
            br#"{"version":1,"id":"a","id":"b"}"#,
            "line 3: duplicate field `id`",
        ),
        (
            br#"{"version":2,"id":"a"}"#,
            "line 3: `version` is 2, but only version 1 can be read",
        ),
        (
            br#"{"version":2,"id":"a","new":1}"#,
            "line 3: `version` is 2, but only version 1 can be read",
        ),
        (
            br#"{"version":"1","id":"a"}"#,
            "line 3: `version` is \"1\", but only version 1 can be read",
        ),
        (
            br#"{"version":-1,"id":"a"}"#,
            "line 3: `version` is -1, but only version 1 can be read",
        ),
        (
            br#"{"version":1,"id":"a"} {}"#,
            "line 3: trailing characters, at column 24",
        ),
        (
            br#"{"version":1,"id":"a""#,
            "line 3: the JSON ends too early, at column 21",
        ),
        (
            br#"{"version":1,"id":"a","meta":{"n":NaN}}"#,
            "line 3: expected value",
        ),
        (
            br#"{"version":1,"id":"a","meta":{"n":1e999}}"#,
            "line 3: number out of range",
        ),
        (
            br#"{"version":1,"id":"a","sequence":18446744073709551616}"#,
            "line 3: invalid type: floating point",
        ),
        (br#"{"version":1,"id":"\ud800"}"#, "line 3: "),
        (
            b"{\"version\":1,\"id\":\"\xff\"}",
            "line 3: invalid unicode code point",
        ),
        (
            b"\x28\xb5\x2f\xfd\x00\x01",
            "line 3: expected value, at column 1",
        ),
        (b"[]", "line 3: invalid length 0"),
        (b"", "line 3: the JSON ends too early"),
    ] {
        let fault = read(line).expect_err("no recorded action");
        let text = String::from_utf8_lossy(line);
        assert!(fault.starts_with(expected), "{text}: {fault}");
        assert!(
            !fault.ends_with('.') && !fault.contains("at line"),
            "{fault}"
        );
    }
}

#[test]
fn nesting_has_an_end_but_no_crash() {
    for open in ["[", "{\"a\":"] {
        let deep = format!(
            "{{\"version\":1,\"id\":\"a\",\"meta\":{{\"d\":{}",
            open.repeat(100_000)
        );
        let fault = read(deep.as_bytes()).expect_err("too deep");
        assert!(fault.contains("nested deeper than 127 levels"), "{fault}");
    }
    assert!(read("[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn a_repeated_key_has_no_value() {
    let action = read(
        br#"{"version":1,"id":"a","meta":{"k":1,"l":2,"k":1},"call":{"tool":"t","args":{"n":{"x":1,"x":2}}},
        "request":{"cedar":{"principal":{"type":"A","id":"a"},"action":{"type":"Action","id":"t"},
        "resource":{"type":"R","id":"r"},"context":{"amount":5,"amount":5000,"ok":true}}}}"#,
    )
    .expect("a recorded action");
    assert_eq!(action.meta["k"], Json::Repeated);
    assert_eq!(action.meta["l"], Json::Int(2));
    let request = action.request.as_ref().expect("a request");
    assert_eq!(
        request.cedar.context,
        BTreeMap::from([("ok".to_owned(), Json::Bool(true))])
    );
    let unknown = FieldPath(vec!["amount".to_owned()]);
    assert_eq!(request.cedar.unknown, BTreeSet::from([unknown]));
    let line = String::from_utf8(written(&action)).expect("UTF-8");
    assert!(
        line.contains(r#""meta":{"k":{"$unknown":"repeated_key"},"l":2}"#),
        "{line}"
    );
    assert!(
        line.contains(r#""args":{"n":{"x":{"$unknown":"repeated_key"}}}"#),
        "{line}"
    );
}

#[test]
fn the_schema_knows_the_fields() {
    let schema = native_schema();
    let required = &schema["required"];
    assert_eq!(required, &serde_json::json!(["version", "id"]));
    assert_eq!(schema["additionalProperties"], serde_json::json!(false));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let valid = |line: &str| validator.is_valid(&serde_json::from_str(line).expect("JSON"));
    assert!(valid(
        r#"{"version":1,"id":"a","call":{"tool":"t","args":{"a":[1,null]}}}"#
    ));
    assert!(!valid(r#"{"version":2,"id":"a"}"#));
    assert!(!valid(r#"{"version":1,"id":"a","tool":"t"}"#));
    assert!(!valid(r#"{"version":1,"id":"a","call":{"args":{}}}"#));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z]{1,8}",
        Just("\u{0}\u{1b}[31m\"\\\u{2028}\u{feff}é".to_owned()),
        Just("$unknown".to_owned()),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(Json::Int),
        any::<f64>()
            .prop_filter("JSON has no such number", |value| value.is_finite())
            .prop_map(Json::Float),
        text().prop_map(Json::String),
        Just(Json::Repeated),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::Array),
            btree_map(text(), inner, 0..4).prop_map(Json::Object),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Long),
        text().prop_map(Value::String),
        entity().prop_map(Value::Entity),
        text().prop_map(|text| Value::Extension("decimal".into(), text)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::Set),
            btree_map("[a-z]{0,4}", inner, 0..3).prop_map(Value::Record),
        ]
    })
}

fn entity() -> impl Strategy<Value = EntityRef> {
    (text(), text()).prop_map(|(ty, id)| EntityRef::new(ty, id))
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(|bytes| Digest::from_bytes(&bytes))
}

prop_compose! {
    fn request()(
        principal in entity(),
        action in entity(),
        resource in entity(),
        context in btree_map(text(), value(), 0..4),
        unknown in btree_set(vec(text(), 0..3).prop_map(FieldPath), 0..3),
        entities in vec(json(), 0..2),
        mapping in option::of(digest()),
        schema in option::of(digest()),
    ) -> RecordedRequest {
        let cedar = Request { principal, action, resource, context, unknown }.into();
        RecordedRequest { cedar, entities, looked_up: Vec::new(), mapping, schema }
    }
}

prop_compose! {
    fn recorded()(
        decision in prop_oneof![Just(Decision::Allow), Just(Decision::Deny)],
        determining in option::of(vec(text(), 0..3)),
        policy_version in option::of(text()),
    ) -> RecordedDecision {
        RecordedDecision { decision, determining, policy_version }
    }
}

prop_compose! {
    fn action()(
        id in text(),
        texts in vec(option::of(text()), 4),
        time in option::of(Just("2026-03-02T09:14:03.25+01:00".to_owned())),
        sequence in option::of(any::<u64>()),
        meta in btree_map(text(), json(), 0..4),
        // An argument of `null` and none at all are the same, so the writer need not tell them apart.
        call in option::of((text(), option::of(json().prop_filter("absent", |args| args != &Json::Null)))),
        request in option::of(request()),
        recorded in option::of(recorded()),
    ) -> RecordedAction {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().flatten();
        RecordedAction {
            session: next(),
            time,
            agent: next(),
            user: next(),
            system: next(),
            sequence,
            meta,
            call: call.map(|(tool, args)| ToolCall { tool, args, result: None }),
            request,
            recorded,
            ..RecordedAction::new(id)
        }
    }
}

/// What reading back a written value must give: a repeated key has become its mark.
fn marked(json: Json) -> Json {
    match json {
        Json::Repeated => super::super::args::unknown("repeated_key"),
        Json::Array(items) => Json::Array(items.into_iter().map(marked).collect()),
        Json::Object(members) => Json::Object(
            members
                .into_iter()
                .map(|(key, value)| (key, marked(value)))
                .collect(),
        ),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::String(_) => json,
    }
}

proptest! {
    #[test]
    fn reading_is_the_inverse_of_writing(action in action()) {
        let line = written(&action);
        prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let mut expected = action;
        expected.meta = expected.meta.into_iter().map(|(key, value)| (key, marked(value))).collect();
        if let Some(call) = &mut expected.call {
            call.args = call.args.take().map(marked);
        }
        if let Some(request) = &mut expected.request {
            request.entities = std::mem::take(&mut request.entities).into_iter().map(marked).collect();
        }
        let back = read(&line).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&back, &expected);
        prop_assert_eq!(written(&back), line);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200), cut in any::<proptest::sample::Index>()) {
        let _ = read(&bytes);
        let line = br#"{"version":1,"id":"a","meta":{"k":1,"k":2},"call":{"tool":"t","args":{"a":"\u00e9"}}}"#;
        let at = cut.index(line.len());
        prop_assert!(read(&line[..at]).is_err());
    }
}
