//! What is read here is what Cedar's parser makes of the same JSON.

use super::*;
use crate::cedar::{BuiltRequest, Context, parse_schema};
use crate::model::SourceFile;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::sync::OnceLock;

const SCHEMA: &str = "entity A; entity B;
action act appliesTo { principal: A, resource: A, context: {
  d?: datetime, l?: duration, p?: decimal, i?: ipaddr, a?: A, b?: Bool, n?: Long, t?: String, s?: Set<decimal>,
  e?: Set<A>, r?: { p?: decimal, a: A, s?: Set<datetime> }, fn?: String, type: String } };";

fn schema() -> &'static Schema {
    static SCHEMA_ONCE: OnceLock<Schema> = OnceLock::new();
    SCHEMA_ONCE.get_or_init(|| {
        let (schema, diagnostics) = parse_schema(&[SourceFile::new("s.cedarschema", SCHEMA)]);
        schema.unwrap_or_else(|| panic!("{diagnostics:?}"))
    })
}

fn act() -> EntityRef {
    EntityRef::new("Action", "act")
}

/// Both readings as Cedar's values, by the schema or without it; nothing where only Cedar's parser reads it.
fn both(context: &BTreeMap<String, Json>, typed: bool) -> Option<[BuiltRequest; 2]> {
    let schema = typed.then(schema);
    let ty = schema.and_then(|schema| schema.action(&act())?.context.as_ref());
    let ours = plain(context, ty)?;
    let request = |context| Request {
        principal: EntityRef::new("A", "a"),
        action: act(),
        resource: EntityRef::new("A", "a"),
        context,
        unknown: Default::default(),
    };
    let by_cedar =
        Context::read(context, &act(), schema).expect("what is read here is read by Cedar");
    Some([
        BuiltRequest::build(&request(ours)).expect("it is built"),
        BuiltRequest::with_context(&request(BTreeMap::new()), &by_cedar).expect("it is built"),
    ])
}

fn json(text: &str) -> BTreeMap<String, Json> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn plain_forms_are_read_here() {
    for (text, typed) in [
        (
            r#"{"p":"1.0","i":"10.0.0.0/8","d":"2026-01-01","l":"1h"}"#,
            true,
        ),
        (
            r#"{"p":{"__extn":{"fn":"decimal","arg":"1.0"}},"i":{"fn":"ip","arg":"::1"}}"#,
            true,
        ),
        (
            r#"{"a":{"__entity":{"type":"A","id":"x"}},"e":[{"type":"A","id":"y"}]}"#,
            true,
        ),
        (
            r#"{"s":["1.0","1.00"],"r":{"p":"1.0","a":{"type":"A","id":""},"s":[]}}"#,
            true,
        ),
        (
            r#"{"d":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"2026-01-01"}},{"__extn":{"fn":"duration","arg":"1h"}}]}}}"#,
            true,
        ),
        (
            r#"{"p":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"2026-01-01"}},{"__extn":{"fn":"duration","arg":"1h"}}]}}}"#,
            true,
        ),
        (
            r#"{"x":[{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"2026-01-01"}},{"__extn":{"fn":"duration","arg":"1h"}}]}}]}"#,
            false,
        ),
        (
            r#"{"more":[1,"1.0",{"x":true}],"n":"text","b":1,"type":"A"}"#,
            true,
        ),
        (
            r#"{"p":"1.0","a":{"type":"A","id":"x"},"x":{"__entity":{"type":"C::D","id":"x"}}}"#,
            false,
        ),
        (
            r#"{"p":{"__extn":{"fn":"ip","arg":"::1"}},"x":{"fn":"ip","arg":"::1"}}"#,
            false,
        ),
    ] {
        let [ours, by_cedar] = both(&json(text), typed).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(ours, by_cedar, "{text}");
    }
}

#[test]
fn odd_forms_are_left_to_cedar() {
    for text in [
        r#"{"d":{"fn":"offset","args":["2026-01-01","1h"]}}"#,
        r#"{"d":{"__extn":{"fn":"offset","args":["2026-01-01","1h"]}}}"#,
        r#"{"d":{"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"2026-01-01"}}]}}}"#,
        r#"{"d":{"__extn":{"fn":"toDate","arg":"2026-01-01"}}}"#,
        r#"{"p":{"fn":"decimal","args":["1.0"]}}"#,
        r#"{"p":"none"}"#,
        r#"{"p":1}"#,
        r#"{"p":{"__extn":{"fn":"ip","arg":"::1"}}}"#,
        r#"{"a":{"type":"B","id":"x"}}"#,
        r#"{"a":{"type":"A","id":"x","more":1}}"#,
        r#"{"a":{"__entity":{"type":"A","id":"x"},"more":1}}"#,
        r#"{"x":{"__entity":{"type":"A :: B","id":"x"}}}"#,
        r#"{"x":{"__extn":{"fn":"unknown","arg":"x"}}}"#,
        r#"{"x":{"__expr":"1"}}"#,
        r#"{"n":null}"#,
        r#"{"n":1.5}"#,
        r#"{"__entity":{"type":"A","id":"x"}}"#,
    ] {
        assert!(both(&json(text), true).is_none(), "{text}");
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let text = prop::sample::select(vec![
        "decimal",
        "ip",
        "datetime",
        "duration",
        "offset",
        "toDate",
        "unknown",
        "1.0",
        "2026-01-01",
        "1h",
        "::1",
        "A",
        "B",
        "A :: B",
        "x",
        "",
    ]);
    let leaf = prop_oneof![
        8 => text.prop_map(|text| Json::String(text.to_owned())),
        2 => (0_i64..3).prop_map(Json::Int),
        1 => any::<bool>().prop_map(Json::Bool),
        1 => Just(Json::Null),
        1 => Just(Json::Float(1.5)),
    ];
    let object = |members: Vec<(&'static str, Json)>| {
        let members = members.into_iter();
        Json::Object(members.map(|(key, json)| (key.to_owned(), json)).collect())
    };
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let two = || (inner.clone(), inner.clone());
        prop_oneof![
            3 => two().prop_map(move |(a, b)| object(vec![("fn", a), ("arg", b)])),
            2 => (inner.clone(), vec(inner.clone(), 0..3))
                .prop_map(move |(a, b)| object(vec![("fn", a), ("args", Json::Array(b))])),
            3 => two().prop_map(move |(a, b)| object(vec![("type", a), ("id", b)])),
            2 => inner.clone().prop_map(move |a| object(vec![("__extn", a)])),
            2 => prop::sample::select(vec!["2026-01-01", "1h", "x"]).prop_map(|text| {
                let hour = format!(r#"{{"__extn":{{"fn":"duration","arg":"{text}"}}}}"#);
                let moment = r#"{"__extn":{"fn":"datetime","arg":"2026-01-01"}}"#;
                serde_json::from_str(&format!(r#"{{"__extn":{{"fn":"offset","args":[{moment},{hour}]}}}}"#)).unwrap()
            }),
            2 => inner.clone().prop_map(move |a| object(vec![("__entity", a)])),
            1 => inner.clone().prop_map(move |a| object(vec![("__expr", a)])),
            2 => vec(inner.clone(), 0..3).prop_map(Json::Array),
            2 => btree_map("[adpsr]|more|type|__entity", inner, 0..3).prop_map(Json::Object),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn it_is_what_cedar_reads(
        context in btree_map("[abdeilnprst]|fn|type|more", any_json(), 0..4),
        typed in any::<bool>(),
    ) {
        if let Some([ours, by_cedar]) = both(&context, typed) {
            prop_assert_eq!(ours, by_cedar);
        }
    }
}
