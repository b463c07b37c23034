//! Contexts in every form that Cedar takes, against Cedar's own interface; and those that it refuses as a whole.

use super::*;
use crate::cedar::parse_schema;
use crate::model::SourceFile;

const SCHEMA: &str = "entity A;
action act appliesTo { principal: A, resource: A, context: {
  when?: datetime, long?: duration, price?: decimal, net?: ipaddr, who?: A, many?: Set<decimal>,
  deep?: { price?: decimal, when?: datetime, who?: A }, n?: Long, text?: String } };";

fn schema() -> Schema {
    let (schema, diagnostics) = parse_schema(&[SourceFile::new("s.cedarschema", SCHEMA)]);
    schema.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

fn act() -> EntityRef {
    EntityRef::new("Action", "act")
}

fn read(text: &str) -> Result<Context, String> {
    let json: BTreeMap<String, Json> = serde_json::from_str(text).unwrap();
    Context::read(&json, &act(), Some(&schema()))
}

/// Whether Cedar's interface takes a context by the schema.
fn conforms(text: &str) -> bool {
    let action = uid(&act()).unwrap().into();
    let schema = schema();
    cedar_policy::Context::from_json_str(text, Some((&*schema.inner, &action))).is_ok()
}

fn same(one: &str, other: &str) {
    let members = |text: &str| read(text).map(|context| context.members);
    assert_eq!(members(one), members(other), "{one} and {other}");
    assert!(members(one).is_ok(), "{one}");
    // What is lowered is built again as the same values.
    let lowered = read(one).unwrap().lowered().unwrap();
    let json = lowered.into_iter().map(|(key, value)| (key, value.into()));
    let again = Context::read(&json.collect(), &act(), None).unwrap();
    assert_eq!(members(one), Ok(again.members), "{one}");
}

#[test]
fn what_the_schema_takes_means_what_cedar_makes_of_it() {
    let moment = r#"{"__extn":{"fn":"datetime","arg":"2026-01-01"}}"#;
    let hour = r#"{"__extn":{"fn":"duration","arg":"1h"}}"#;
    for (odd, plain) in [
        (
            format!(r#"{{"when":{{"fn":"offset","args":[{moment},{hour}]}}}}"#),
            r#"{"when":"2026-01-01T01:00:00Z"}"#,
        ),
        (
            r#"{"when":{"fn":"offset","args":["2026-01-01","1h"]}}"#.to_owned(),
            r#"{"when":"2026-01-01T01:00:00Z"}"#,
        ),
        (
            r#"{"when":{"__extn":{"fn":"offset","args":["2026-01-01",{"fn":"duration","arg":"1h"}]}}}"#
                .to_owned(),
            r#"{"when":"2026-01-01T01:00:00Z"}"#,
        ),
        (
            r#"{"deep":{"when":{"fn":"offset","args":[{"fn":"toDate","arg":"2026-01-01T05:00:00Z"},"1h"]}}}"#
                .to_owned(),
            r#"{"deep":{"when":"2026-01-01T01:00:00Z"}}"#,
        ),
        (
            format!(r#"{{"when":{{"__extn":{{"fn":"toDate","arg":{moment}}}}}}}"#),
            r#"{"when":"2026-01-01"}"#,
        ),
        (
            r#"{"long":{"fn":"toTime","arg":"2026-01-01T05:00:00Z"}}"#.to_owned(),
            r#"{"long":"5h"}"#,
        ),
        (
            r#"{"long":{"fn":"durationSince","args":["2026-01-02","2026-01-01"]}}"#.to_owned(),
            r#"{"long":"1d"}"#,
        ),
        (
            r#"{"many":[{"fn":"decimal","arg":"1.0"},"2.0",{"__extn":{"fn":"decimal","args":["3.0"]}}]}"#
                .to_owned(),
            r#"{"many":["1.0","2.0","3.0"]}"#,
        ),
        (
            r#"{"who":{"type":"A","id":"a","more":1},"deep":{"who":{"__entity":{"type":"A","id":"b"}}}}"#
                .to_owned(),
            r#"{"who":{"type":"A","id":"a"},"deep":{"who":{"type":"A","id":"b"}}}"#,
        ),
        (
            format!(r#"{{"n":{{"__extn":{{"fn":"toHours","arg":{hour}}}}}}}"#),
            r#"{"n":1}"#,
        ),
    ] {
        assert!(conforms(&odd), "{odd}");
        same(&odd, plain);
    }
}

#[test]
fn beside_what_does_not_fit_the_rest_keeps_its_meaning() {
    let decimal = r#"{"__extn":{"fn":"decimal","arg":"1.5"}}"#;
    for (refused, meant) in [
        (
            r#"{"price":"1.5","more":true}"#,
            format!(r#"{{"price":{decimal},"more":true}}"#),
        ),
        (
            r#"{"price":"1.5","many":true}"#,
            format!(r#"{{"price":{decimal},"many":true}}"#),
        ),
        (
            r#"{"many":["1.5",5,"x"]}"#,
            format!(r#"{{"many":[{decimal},5,"x"]}}"#),
        ),
        (
            r#"{"deep":{"price":"1.5","more":{"fn":"decimal","arg":"1.5"}}}"#,
            format!(r#"{{"deep":{{"price":{decimal},"more":{{"fn":"decimal","arg":"1.5"}}}}}}"#),
        ),
        (
            r#"{"when":{"fn":"offset","args":["2026-01-01","1h"]},"more":1}"#,
            r#"{"when":{"__extn":{"fn":"datetime","arg":"2026-01-01T01:00:00Z"}},"more":1}"#
                .to_owned(),
        ),
        (r#"{"price":"none"}"#, r#"{"price":"none"}"#.to_owned()),
        (
            r#"{"who":{"type":"no type","id":"a"}}"#,
            r#"{"who":{"type":"no type","id":"a"}}"#.to_owned(),
        ),
        (
            r#"{"deep":{"__entity":{"type":"A","id":"a"}}}"#,
            r#"{"deep":{"__entity":{"type":"A","id":"a"}}}"#.to_owned(),
        ),
        (
            r#"{"more":{"__other":{"fn":1}}}"#,
            r#"{"more":{"__other":{"fn":1}}}"#.to_owned(),
        ),
    ] {
        assert!(!conforms(refused), "{refused}");
        let json: BTreeMap<String, Json> = serde_json::from_str(&meant).unwrap();
        let meant = Context::read(&json, &act(), None).map(|context| context.members);
        assert_eq!(
            read(refused).map(|context| context.members),
            meant,
            "{refused}"
        );
        assert!(meant.is_ok(), "{refused}");
    }
}

#[test]
fn what_cedar_has_no_value_for_is_an_error() {
    for text in [
        r#"{"__entity":{"type":"A","id":"a"}}"#,
        r#"{"__extn":{"fn":"decimal","arg":"1.0"}}"#,
        r#"{"n":null}"#,
        r#"{"n":1.5}"#,
        r#"{"n":9223372036854775808}"#,
        r#"{"x":{"__expr":"1"}}"#,
        r#"{"when":{"__extn":{"fn":"offset","args":["2026-01-01"]}}}"#,
        r#"{"x":{"__extn":{"fn":"offset","args":["2026-01-01","1h"]}}}"#,
        r#"{"price":{"__extn":{"fn":"nothing","arg":"1.0"}}}"#,
        r#"{"x":{"__entity":{"type":"A :: B","id":"a"}}}"#,
        r#"{"price":{"__extn":{"fn":"unknown","arg":"x"}}}"#,
    ] {
        let found = read(text);
        assert!(found.is_err(), "{text}: {found:?}");
        assert!(found.is_err_and(|message| !message.is_empty()), "{text}");
    }
}

#[test]
fn deep_contexts_are_read_without_a_crash() {
    for (open, close) in [
        ("[", "]"),
        (r#"{"a":"#, "}"),
        (r#"{"__extn":{"fn":"decimal","arg":"#, "}}"),
    ] {
        let text = format!(r#"{{"x":{}1{}}}"#, open.repeat(60), close.repeat(60));
        let found = read(&text);
        assert_eq!(found.is_ok(), !open.contains("fn"), "{open}: {found:?}");
    }
}
