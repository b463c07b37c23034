//! Whether two policies are the same is found exactly where every truth value of their atoms can be had: held to Cedar's
//! evaluator on all of them.

use super::equivalent::sameness;
use crate::cedar::{
    BuiltRequest, EntityStore, ParsedPolicy, PolicySetBuilder, PreparedRequest, parse_policies,
};
use crate::model::{EntityRef, Request, SourceFile, Status, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The attributes that atoms read: true, false, or absent, which is an error.
const NAMES: [&str; 3] = ["a", "b", "c"];

/// Numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn condition(&mut self, depth: u64) -> String {
        let kinds = if depth == 0 { 2 } else { 7 };
        match self.below(kinds) {
            0 | 1 => match self.below(8) {
                0 => "true".to_owned(),
                1 => "context has a".to_owned(),
                at => format!("context.{}", NAMES[(at % 3) as usize]),
            },
            2 => format!("!({})", self.condition(depth - 1)),
            3 | 4 => format!(
                "({} && {})",
                self.condition(depth - 1),
                self.condition(depth - 1)
            ),
            5 => format!(
                "({} || {})",
                self.condition(depth - 1),
                self.condition(depth - 1)
            ),
            _ => format!(
                "(if {} then {} else {})",
                self.condition(depth - 1),
                self.condition(depth - 1),
                self.condition(depth - 1)
            ),
        }
    }
}

fn parsed(condition: &str) -> ParsedPolicy {
    let text = format!("permit (principal, action, resource) when {{ {condition} }};");
    let (mut policies, faults) = parse_policies(&SourceFile::new("a.cedar", text));
    assert_eq!(faults, []);
    policies.remove(0)
}

/// The status of a policy for every context: each attribute true, false, or absent.
fn statuses(policy: &ParsedPolicy) -> Vec<Status> {
    let mut builder = PolicySetBuilder::default();
    builder.add(policy);
    let (set, faults) = builder.finish();
    assert_eq!(faults, []);
    let store = EntityStore::default();
    let contexts = (0..27).map(|number| {
        let mut context = BTreeMap::new();
        for (at, name) in NAMES.iter().enumerate() {
            match number / 3_usize.pow(at as u32) % 3 {
                0 => drop(context.insert((*name).to_owned(), Value::Bool(true))),
                1 => drop(context.insert((*name).to_owned(), Value::Bool(false))),
                _ => {}
            }
        }
        context
    });
    contexts
        .map(|context| {
            let request = BuiltRequest::build(&Request {
                principal: EntityRef::new("A", "a"),
                action: EntityRef::new("Action", "a"),
                resource: EntityRef::new("A", "a"),
                context,
                unknown: BTreeSet::new(),
            });
            let request = request.unwrap();
            let prepared = PreparedRequest {
                request: &request,
                entities: &store,
            };
            set.policies()[0].status(prepared).unwrap()
        })
        .collect()
}

#[test]
fn policies_are_the_same_exactly_where_their_statuses_are() {
    let mut numbers = Numbers(7);
    let (mut same, mut other) = (0, 0);
    for _ in 0..4_000 {
        let (one, two) = (numbers.condition(2), numbers.condition(2));
        let (first, second) = (parsed(&one), parsed(&two));
        let equal = statuses(&first) == statuses(&second);
        match sameness(&first, &second) {
            Some(_) => {
                assert!(equal, "{one} / {two}");
                same += 1;
            }
            // `context has a` is not independent of `context.a`, and only then may equals be missed.
            None => {
                let dependent = one.contains("has") || two.contains("has");
                assert!(!equal || dependent, "{one} / {two}");
                other += 1;
            }
        }
    }
    assert!(same > 50 && other > 50, "{same} {other}");
}
