//! Requests that were recorded with entities of their own: they are decided with the part of the store that they can
//! reach, as they are with the whole store under those entities.

use agentauthz::cedar::parse_entity;
use agentauthz::corpus::{Builder, Built};
use agentauthz::engine::{Engine, Mapped, Side};
use agentauthz::model::{NotReplayable, Outcome, RecordedAction};
use agentauthz::repository::{Files, PolicyVersion, load};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str = r#"
entity Group in [Group] { boss?: User, level: Long };
entity User in [Group] { boss?: User, level: Long } tags User;
entity Doc in [Group] { owner?: User, readers?: Set<User> };
action any;
action read in [any] appliesTo { principal: User, resource: Doc, context: { who?: User, more?: { who: User } } };
"#;

const POLICIES: &str = r#"
@id("in") permit (principal in Group::"0", action, resource);
@id("group") permit (principal, action in Action::"any", resource in Group::"1") when { resource has owner };
@id("boss") permit (principal, action, resource) when { principal has boss && principal.boss in Group::"2" };
@id("far") permit (principal, action, resource) when { principal.boss.boss.level > 3 };
@id("literal") forbid (principal, action, resource in Group::"3") when { User::"1".level > 5 };
@id("literals") forbid (principal in Group::"2", action, resource) when { User::"2" in Group::"3" && User::"3".boss in Group::"1" };
@id("owner") permit (principal, action, resource) when { resource has owner && resource.owner == principal };
@id("readers") permit (principal is User, action, resource) when { resource.readers.contains(principal) };
@id("who") permit (principal, action, resource) when { context has who && context.who.level < 4 && context.who in Group::"0" };
@id("more") permit (principal, action, resource) when { context.more.who.boss in [Group::"0", Group::"3"] };
@id("tag") forbid (principal, action, resource) when { principal.hasTag("t") && principal.getTag("t").level == 7 };
"#;

/// Numbers that only look random, and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }

    fn user(&mut self) -> Value {
        json!({ "type": "User", "id": self.below(6).to_string() })
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| make(self))
    }

    /// An entity whose groups have numbers from `from` on.
    fn entity(&mut self, ty: &str, id: u64, from: u64) -> Value {
        let mut attrs = serde_json::Map::new();
        match ty {
            "Doc" => {
                let owner = self.maybe(Self::user);
                attrs.extend(owner.map(|owner| ("owner".to_owned(), owner)));
                let readers = self.maybe(|numbers| json!([numbers.user(), numbers.user()]));
                attrs.extend(readers.map(|readers| ("readers".to_owned(), readers)));
            }
            _ => {
                attrs.insert("level".to_owned(), json!(self.below(9)));
                let boss = self.maybe(Self::user);
                attrs.extend(boss.map(|boss| ("boss".to_owned(), boss)));
            }
        }
        let parents: Vec<Value> = (from..4)
            .filter(|_| self.below(3) == 0)
            .map(|group| json!({ "type": "Group", "id": group.to_string() }))
            .collect();
        let tags = match ty == "User" && self.below(2) == 0 {
            true => json!({ "t": self.user() }),
            false => json!({}),
        };
        json!({ "uid": { "type": ty, "id": id.to_string() }, "attrs": attrs, "parents": parents, "tags": tags })
    }

    /// Any entity, which may be above itself.
    fn any(&mut self) -> Value {
        match self.below(4) {
            0 => {
                let id = self.below(4);
                let from = if self.below(4) == 0 { 0 } else { id + 1 };
                self.entity("Group", id, from)
            }
            1 => {
                let id = self.below(4);
                self.entity("Doc", id, 0)
            }
            _ => {
                let id = self.below(8);
                self.entity("User", id, 0)
            }
        }
    }
}

fn version(numbers: &mut Numbers) -> PolicyVersion {
    let mut entities = Vec::new();
    for id in 0..4 {
        // Not all of them exist.
        if numbers.below(6) > 0 {
            entities.push(numbers.entity("Group", id, id + 1));
        }
        entities.push(numbers.entity("Doc", id, 0));
    }
    for id in 0..5 {
        entities.push(numbers.entity("User", id, 0));
    }
    let files = BTreeMap::from([
        ("agentauthz.yaml", "version: 1\n".to_owned()),
        ("schema/s.cedarschema", SCHEMA.to_owned()),
        ("policies/p.cedar", POLICIES.to_owned()),
        ("entities/e.json", Value::from(entities).to_string()),
    ]);
    let version = load(&Files {
        paths: files.keys().map(|path| (*path).to_owned()).collect(),
        read: &|path| match files.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => Err("is not there".to_owned()),
        },
        refused: Vec::new(),
    });
    assert!(!version.is_blocked(), "{:?}", version.diagnostics);
    assert!(version.store.len() > 10);
    version
}

fn action(numbers: &mut Numbers) -> RecordedAction {
    let mut context = serde_json::Map::new();
    let who = numbers.maybe(Numbers::user);
    context.extend(who.map(|who| ("who".to_owned(), who)));
    let more = numbers.maybe(|numbers| json!({ "who": numbers.user() }));
    context.extend(more.map(|more| ("more".to_owned(), more)));
    let entities: Vec<Value> = (0..=numbers.below(3)).map(|_| numbers.any()).collect();
    let cedar = json!({
        "principal": numbers.user(),
        "action": { "type": "Action", "id": "read" },
        "resource": { "type": "Doc", "id": numbers.below(4).to_string() },
        "context": context,
    });
    let line =
        json!({ "version": 1, "id": "a", "request": { "cedar": cedar, "entities": entities } });
    serde_json::from_value(line).unwrap()
}

#[test]
fn entities_of_a_request_lie_over_the_store() {
    let mut numbers = Numbers(7);
    let (mut decided, mut refused) = (BTreeMap::new(), 0);
    for _ in 0..60 {
        let version = version(&mut numbers);
        for _ in 0..60 {
            let action = action(&mut numbers);
            let request = action.request.as_ref().unwrap();
            let own: Vec<_> = request
                .entities
                .iter()
                .map(|json| serde_json::to_value(json).unwrap())
                .map(|json| parse_entity(&json, version.schema.as_ref()).unwrap())
                .collect();
            let whole = version.store.overlay(&own);
            for engine in [Engine::Compiled, Engine::Interpreted, Engine::Reference] {
                let side = Side::head(&version).with_engine(engine);
                let found = side.decide(&action);
                let Ok(whole) = &whole else {
                    let invalid = Outcome::NotReplayable(NotReplayable::InvalidRequest);
                    assert_eq!(found.outcome, invalid);
                    refused += 1;
                    continue;
                };
                let mapped = Mapped {
                    request: side.recorded_request(&action).unwrap(),
                    left_out: Default::default(),
                    entities: Vec::new(),
                };
                let expected = side.decide_request(mapped, whole);
                assert_eq!(found, expected, "{action:?}");
                let answer = found.outcome.answer().unwrap();
                for policy in answer.determining.iter().chain(&answer.errors) {
                    *decided.entry(policy.clone()).or_insert(0) += 1;
                }
            }
        }
    }
    println!("{decided:?}, {refused} refused");
    // Every policy mattered somewhere, and some requests have entities that are above themselves.
    assert_eq!(decided.len(), 11);
    assert!(refused > 50);
}

/// A corpus keeps what its versions read of the entities that came with requests. Another version is told the same as of the
/// recording, or nothing.
#[test]
fn a_corpus_keeps_what_is_read_of_entities() {
    let all: Vec<&str> = POLICIES.lines().filter(|line| !line.is_empty()).collect();
    let mut numbers = Numbers(11);
    let (mut told, mut not_kept, mut smaller) = (0, 0, 0);
    for round in 0..60 {
        let whole = version(&mut numbers);
        // Some of the policies read some of it.
        let (first, second) = (round % all.len(), (round * 7 + 3) % all.len());
        let mut files = BTreeMap::from([
            ("agentauthz.yaml", "version: 1\n".to_owned()),
            ("schema/s.cedarschema", SCHEMA.to_owned()),
            (
                "policies/p.cedar",
                format!(
                    "{}\n{}\n",
                    all[first],
                    if first == second { "" } else { all[second] }
                ),
            ),
        ]);
        files.insert("entities/e.json", "[]".to_owned());
        let part = load(&Files {
            paths: files.keys().map(|path| (*path).to_owned()).collect(),
            read: &|path| Ok(files[path].clone().into_bytes()),
            refused: Vec::new(),
        });
        assert!(!part.is_blocked(), "{:?}", part.diagnostics);
        let (part, whole) = (Side::head(&part), Side::head(&whole));
        let builder = Builder::new(&part, &part, None);
        for _ in 0..30 {
            let action = action(&mut numbers);
            let mut built = Built::default();
            let place = agentauthz::engine::Place {
                recording: "r".into(),
                line: 1,
            };
            let incoming = agentauthz::engine::Incoming::Action(place, Box::new(action.clone()));
            agentauthz::corpus::observe(&builder, &mut built, incoming);
            assert_eq!(built.refused.first, []);
            let kept = built.lines(1).next().unwrap();
            let (was, is) = (part.decide(&action), part.decide(&kept));
            assert_eq!((&was.outcome, &was.policies), (&is.outcome, &is.policies));
            let size = |action: &RecordedAction| {
                serde_json::to_string(&action)
                    .unwrap()
                    .matches("level")
                    .count()
            };
            smaller += usize::from(size(&kept) < size(&action));
            let (was, is) = (whole.decide(&action), whole.decide(&kept));
            match is.outcome {
                Outcome::Decided(answer) => {
                    let was = was.outcome.answer().unwrap();
                    let of = |was: &BTreeSet<_>, is: &BTreeSet<_>| {
                        let mut lost = was.difference(is);
                        is.is_subset(was) && lost.all(|policy| answer.unknown.contains(policy))
                    };
                    assert_eq!(was.decision, answer.decision);
                    assert!(of(&was.determining, &answer.determining));
                    assert!(of(&was.errors, &answer.errors));
                    told += 1;
                }
                Outcome::NotReplayable(NotReplayable::NotKept) => not_kept += 1,
                Outcome::Undecidable(..) | Outcome::NotReplayable(_) => {}
            }
        }
    }
    println!("{told} told, {not_kept} not kept, {smaller} smaller");
    assert!(not_kept > 500 && smaller > 100);
}
