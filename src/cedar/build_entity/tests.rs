//! Whatever is built here is what Cedar's parser reads, and what is not is Cedar's to say.

use super::super::entities::{Refused, parse_by_cedar};
use super::super::{EntityStore, ParsedEntity, Schema, parse_entity, parse_schema};
use crate::model::SourceFile;
use serde_json::{Value as Json, json};

const SCHEMA: &str = r#"
entity Role in [Role];
entity Color enum ["red", "green"];
entity User in [Role, Acme::Team] {
  name: String, level?: Long, active?: Bool, boss?: User, shade?: Color, limit?: decimal, address?: ipaddr,
  since?: datetime, term?: duration, labels?: Set<String>, friends?: Set<User>, limits?: Set<decimal>,
  home?: { city: String, zip?: Long, at?: { shade: Color } }, "odd key"?: Long, "__dunder"?: Long,
} tags Set<Long>;
entity Device { "__extn"?: Long, deep?: { "__entity"?: String } } tags decimal;
namespace Acme { entity Team in [Role]; }
action all;
action view in [all] appliesTo { principal: [User], resource: [Device] };
"#;

/// A small generator of numbers, the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

fn reference(dice: &mut Dice, ty: &str) -> Json {
    let id = match ty {
        "Color" => dice.one(&["red", "green", "green", "blue"]),
        _ => dice.one(&["a", "b", "\u{e9} \"quoted\"", "", "a::b"]),
    };
    let plain = json!({ "type": ty, "id": id });
    match dice.below(3) {
        0 => plain,
        1 => json!({ "__entity": plain }),
        _ => json!({ "id": id, "type": ty }),
    }
}

fn extension(dice: &mut Dice, function: &str, texts: &[&str]) -> Json {
    let text = dice.one(texts);
    match dice.below(3) {
        0 => json!(text),
        1 => json!({ "fn": function, "arg": text }),
        _ => json!({ "__extn": { "fn": function, "arg": text } }),
    }
}

/// A value that an attribute of this name should have, most of the time.
fn value(dice: &mut Dice, name: &str) -> Json {
    match name {
        "level" | "zip" | "odd key" | "__dunder" | "__extn" => dice.one(&[
            json!(1),
            json!(-5),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1.0),
        ]),
        "active" => json!(dice.below(2) == 0),
        "boss" => reference(dice, "User"),
        "shade" => reference(dice, "Color"),
        "limit" => extension(
            dice,
            "decimal",
            &["1.5", "-0.0001", "1", "x", "922337203685477.5807"],
        ),
        "address" => extension(dice, "ip", &["10.0.0.1", "::1/8", "10.0.0.0/33"]),
        "since" => extension(
            dice,
            "datetime",
            &["2026-01-01", "2026-01-01T00:00:00Z", "1"],
        ),
        "term" => extension(dice, "duration", &["1h", "-2d3ms", "1"]),
        "labels" => json!([dice.one(&["x", "y"]), dice.one(&["x", "z"])]),
        "friends" => json!([reference(dice, "User"), reference(dice, "User")]),
        "limits" => Json::Array(
            (0..dice.below(3))
                .map(|_| extension(dice, "decimal", &["1.5", "1.50", "2.0"]))
                .collect(),
        ),
        "home" => match dice.below(3) {
            0 => json!({ "city": "x" }),
            1 => json!({ "city": "x", "zip": 5, "at": { "shade": reference(dice, "Color") } }),
            _ => json!({ "zip": 5 }),
        },
        "deep" => json!({ "__entity": "x" }),
        _ => json!(dice.one(&["bo", "", "\u{1f980}\n"])),
    }
}

fn entity(dice: &mut Dice) -> Json {
    let names = [
        "level", "active", "boss", "shade", "limit", "address", "since", "term", "labels",
        "friends", "limits", "home", "odd key",
    ];
    let ty = dice.one(&[
        "User",
        "User",
        "User",
        "User",
        "Role",
        "Color",
        "Device",
        "Acme::Team",
    ]);
    let mut attributes = serde_json::Map::new();
    match ty {
        "User" => {
            attributes.insert("name".to_owned(), value(dice, "name"));
            for _ in 0..dice.below(5) {
                let name = dice.one(&names);
                attributes.insert(name.to_owned(), value(dice, name));
            }
        }
        "Device" if dice.below(3) == 0 => {
            let name = dice.one(&["__extn", "deep"]);
            attributes.insert(name.to_owned(), value(dice, name));
        }
        _ => {}
    }
    let parents: Vec<Json> = (0..dice.below(3))
        .map(|_| {
            let ty = dice.one(&["Role", "Role", "Role", "Acme::Team", "User"]);
            reference(dice, ty)
        })
        .collect();
    let mut entity = json!({ "uid": reference(dice, ty), "attrs": attributes, "parents": parents });
    if dice.below(3) == 0 {
        let tag = match ty {
            "Device" => extension(dice, "decimal", &["1.5", "x"]),
            _ => json!([1, 2, 2]),
        };
        entity["tags"] = json!({ "k": tag });
    }
    entity
}

/// Every place of a value, as JSON pointers.
fn places(json: &Json, here: &str, out: &mut Vec<String>) {
    out.push(here.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match json {
        Json::Object(members) => {
            for (key, member) in members {
                places(member, &format!("{here}/{}", escaped(key)), out);
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{at}"), out);
            }
        }
        _ => {}
    }
}

/// Puts something else at one place, or adds or removes a member there.
fn mutate(dice: &mut Dice, json: &mut Json) {
    let mut all = Vec::new();
    places(json, "", &mut all);
    let place = dice.one(&all);
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(1.5),
        json!("x"),
        json!([]),
        json!({}),
        json!([1, "x"]),
        json!({ "__extn": { "fn": "unknown", "arg": "x" } }),
        json!({ "__extn": { "fn": "decimal", "arg": "1.5" } }),
        json!({ "__extn": { "fn": "offset", "args": ["2026-01-01", "1h"] } }),
        json!({ "__extn": { "fn": "decimal", "arg": "1.5", "more": 1 } }),
        json!({ "__entity": { "type": "User", "id": "a" } }),
        json!({ "__entity": { "type": "User", "id": "a", "more": 1 } }),
        json!({ "__entity": { "type": "Action", "id": "view" } }),
        json!({ "type": "Nobody", "id": "a" }),
        json!({ "type": " User", "id": "a" }),
        json!({ "type": "Color", "id": "blue" }),
        json!({ "fn": "ip", "arg": "10.0.0.1" }),
        json!({ "__expr": "User::\"a\"" }),
        json!({ "city": "x", "more": 1 }),
        json!({ "type": "User", "id": 1 }),
        json!({ "fn": "decimal", "arg": 1 }),
    ];
    let Some(target) = json.pointer_mut(&place) else {
        return;
    };
    match (dice.below(3), target) {
        (0, Json::Object(members)) => {
            let name = dice.one(&[
                "more", "__extn", "__entity", "name", "tags", "__dunder", "zip",
            ]);
            members.insert(name.to_owned(), dice.one(&odd));
        }
        (1, Json::Object(members)) if !members.is_empty() => {
            let names: Vec<String> = members.keys().cloned().collect();
            members.remove(&dice.one(&names));
        }
        (_, target) => *target = dice.one(&odd),
    }
}

fn same(ours: &Result<ParsedEntity, Refused>, cedars: &Result<ParsedEntity, Refused>, json: &Json) {
    let equal = |a: &ParsedEntity, b: &ParsedEntity| {
        let (x, y): (
            &cedar_policy_core::ast::Entity,
            &cedar_policy_core::ast::Entity,
        ) = (a.inner.as_ref(), b.inner.as_ref());
        a.uid == b.uid && x.deep_eq(y)
    };
    match (ours, cedars) {
        (Ok(a), Ok(b)) => assert!(equal(a, b), "{json}: {a:?} {b:?}"),
        (Err((a, x)), Err((b, y))) => {
            assert_eq!(a, b, "{json}");
            match (x, y) {
                (Some(x), Some(y)) => assert!(equal(x, y), "{json}"),
                (x, y) => assert!(x.is_none() && y.is_none(), "{json}"),
            }
        }
        (a, b) => panic!("{json}: {a:?} {b:?}"),
    }
}

fn schema() -> Schema {
    parse_schema(&[SourceFile::new("s.cedarschema", SCHEMA)])
        .0
        .expect("the schema is one")
}

#[test]
fn entities_are_those_of_cedars_parser() {
    let schema = schema();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut built, mut refused, mut left) = (0, 0, 0);
    for turn in 0..20_000 {
        let mut json = entity(&mut dice);
        for _ in 0..turn % 3 {
            mutate(&mut dice, &mut json);
        }
        let (ours, cedars) = (
            parse_entity(&json, Some(&schema)),
            parse_by_cedar(&json, Some(&schema)),
        );
        same(&ours, &cedars, &json);
        same(
            &parse_entity(&json, None),
            &parse_by_cedar(&json, None),
            &json,
        );
        match (schema.shapes.build(&json), cedars) {
            (Some(_), _) => built += 1,
            (None, Ok(_)) => left += 1,
            (None, Err(_)) => refused += 1,
        }
    }
    println!("{built} built, {refused} refused by Cedar, {left} read by Cedar alone");
    assert!(built > 2_000, "{built}");
    assert!(refused > 4_000, "{refused}");
    assert!(left > 100, "{left}");
}

#[test]
fn stores_are_the_same_where_their_entities_are() {
    let schema = schema();
    let read = |json: Json| parse_entity(&json, Some(&schema)).expect("an entity");
    let user = |name: &str, parent: &str| {
        read(json!({
            "uid": { "type": "User", "id": "a" }, "attrs": { "name": name },
            "parents": [{ "type": "Role", "id": parent }],
        }))
    };
    let role = |id: &str, parents: Json| {
        read(json!({ "uid": { "type": "Role", "id": id }, "attrs": {}, "parents": parents }))
    };
    let store =
        |entities: &[ParsedEntity]| EntityStore::build(entities, Some(&schema)).expect("a store");
    let base = store(&[user("bo", "r"), role("r", json!([]))]);
    assert!(base.same(&base.clone()));
    assert!(base.same(&store(&[role("r", json!([])), user("bo", "r")])));
    assert!(!base.same(&store(&[user("bob", "r"), role("r", json!([]))])));
    assert!(!base.same(&store(&[user("bo", "s"), role("r", json!([]))])));
    assert!(!base.same(&store(&[user("bo", "r")])));
    let above = store(&[
        user("bo", "r"),
        role("r", json!([{ "type": "Role", "id": "top" }])),
    ]);
    assert!(!base.same(&above));
    assert!(!base.same(&EntityStore::default()));
}
