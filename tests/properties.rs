//! Exactness, held by random repositories: decisions are Cedar's, unknown fields are sound, comparisons are
//! symmetric, folding does not depend on how it is cut, and renderers are total.

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/worlds.rs"]
mod worlds;

use agentauthz::cedar::{self, BuiltRequest, PreparedRequest};
use agentauthz::corpus::{Builder, Built};
use agentauthz::diff::{CompareOptions, Comparison, DecisionChanges, observe};
use agentauthz::engine::{
    Ground, Incoming, Merge, Pairing, Place, Settled, Side, Verdict, Worker, classify, compare,
    settle,
};
use agentauthz::model::{
    Answer, ChangeClass, Decision, Effect, FieldPath, Importer, Outcome, RecordedAction, Status,
};
use agentauthz::recording::Item;
use agentauthz::repository::PolicyVersion;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;
use worlds::{Filling, Oracle, Rule, World};

/// Runs a property on the same cases every time.
fn check<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> TestCaseResult)
where
    S::Value: Debug,
{
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let found = TestRunner::new_with_rng(config, rng).run(&strategy, test);
    if let Err(error) = found {
        panic!("{error}");
    }
}

#[derive(Debug, Default)]
struct Counted(BTreeMap<String, u64>);

impl Counted {
    fn add(&mut self, what: impl ToString) {
        *self.0.entry(what.to_string()).or_default() += 1;
    }

    fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }
}

// ── decisions ──

/// A request without unknown fields is decided as Cedar's authorizer decides it, built by Cedar's own interface.
#[test]
fn decisions_reasons_and_errors_are_cedars() {
    let counted = RefCell::new(Counted::default());
    let strategy = (worlds::world(false), worlds::actions(6..24));
    check(600, strategy, |(world, actions)| {
        let version = world.load();
        let oracle = Oracle::of(&world);
        let side = Side::head(&version);
        for action in &actions {
            let verdict = side.decide(action);
            let Some(request) = &verdict.request else {
                counted.borrow_mut().add("without request");
                continue;
            };
            if !request.unknown.is_empty() {
                counted.borrow_mut().add("with unknown fields");
                continue;
            }
            let expected = oracle.decide(request);
            let built = BuiltRequest::build(request).unwrap();
            let prepared = PreparedRequest {
                request: &built,
                entities: &version.store,
            };
            prop_assert_eq!(&cedar::authorize(&version.policies, prepared), &expected);
            let mut counted = counted.borrow_mut();
            counted.add("compared");
            counted.add(format!("{:?}", expected.decision));
            counted.add(if expected.errors.is_empty() {
                "clean"
            } else {
                "with errors"
            });
            if expected.determining.iter().any(|id| id.starts_with("link")) {
                counted.add("by a link");
            }
            if action.call.is_some() {
                counted.add("from a call");
            }
            prop_assert_eq!(verdict.outcome, Outcome::Decided(expected));
            let statuses = oracle.statuses(request);
            for policy in &verdict.policies {
                let expected = statuses.get(policy.policy.as_ref());
                prop_assert_eq!(expected, Some(&(policy.effect, policy.status)));
            }
        }
        Ok(())
    });
    let counted = counted.into_inner();
    println!("decisions: {counted:?}");
    assert!(counted.of("compared") > 3_000, "{counted:?}");
    for what in [
        "Some(Allow)",
        "Some(Deny)",
        "with errors",
        "clean",
        "from a call",
        "by a link",
    ] {
        assert!(counted.of(what) > 40, "{what}: {counted:?}");
    }
}

/// Whatever stands in place of unknown fields, what was decided without them is what Cedar decides.
#[test]
fn unknown_fields_are_sound() {
    let counted = RefCell::new(Counted::default());
    let fillings = prop::collection::vec(worlds::filling(), 10);
    let requests = prop::collection::vec(worlds::vague_request(), 4..12);
    check(
        450,
        (worlds::world(true), requests, fillings),
        |(world, requests, fillings)| {
            let version = world.load();
            let oracle = Oracle::of(&world);
            let side = Side::head(&version);
            for request in requests {
                if request.unknown.is_empty() {
                    continue;
                }
                let verdict = side.decide(&worlds::recorded(0, request.clone()));
                counted.borrow_mut().add(match &verdict.outcome {
                    Outcome::Decided(answer) if answer.unknown.is_empty() => "decided, all known",
                    Outcome::Decided(_) => "decided in spite of unknown policies",
                    Outcome::Undecidable(..) => "undecidable",
                    Outcome::NotReplayable(_) => "not replayable",
                });
                sound(&oracle, &request, &verdict, &fillings, &counted)?;
            }
            Ok(())
        },
    );
    let counted = counted.into_inner();
    println!("unknown: {counted:?}");
    for what in [
        "decided, all known",
        "decided in spite of unknown policies",
        "undecidable",
    ] {
        assert!(counted.of(what) > 80, "{what}: {counted:?}");
    }
    assert!(counted.of("truly open") > 80, "{counted:?}");
}

/// A list of some hundred values, written as a chain, with an unknown field at its start: linear, not quadratic.
#[test]
fn a_long_chain_is_walked_once() {
    let terms: Vec<String> = (0..150).map(|n| format!("context.n != {n}")).collect();
    let chain = format!(
        "context.amount.lessThan(decimal(\"1.0\")) && {}",
        terms.join(" && ")
    );
    let draft = worlds::Draft {
        permit: true,
        principal: "principal".to_owned(),
        action: "action".to_owned(),
        resource: "resource".to_owned(),
        conditions: vec![format!(" when {{ {chain} }}")],
    };
    let rules = vec![Rule {
        id: Some("p".to_owned()),
        file: 0,
        draft,
    }];
    let world = World {
        rules,
        links: Vec::new(),
        entities: Vec::new(),
    };
    let version = world.load();
    let part = |ty: &str| agentauthz::model::EntityRef::new(ty, "x");
    let request = agentauthz::model::Request {
        principal: part("User"),
        action: part("Action"),
        resource: part("File"),
        context: BTreeMap::from([("n".to_owned(), agentauthz::model::Value::Long(-1))]),
        unknown: BTreeSet::from([FieldPath(vec!["amount".to_owned()])]),
    };
    let action = worlds::recorded(0, request);
    let side = Side::head(&version);
    let start = std::time::Instant::now();
    for _ in 0..2_000 {
        assert!(side.decide(&action).outcome.decision().is_none());
    }
    // Walking the chain again for each of its terms takes some 4 s here, walking it once 0.1 s.
    println!("long chain: {:?}", start.elapsed());
    assert!(start.elapsed() < std::time::Duration::from_millis(2_500));
}

fn sound(
    oracle: &Oracle,
    request: &agentauthz::model::Request,
    verdict: &Verdict,
    fillings: &[Filling],
    counted: &RefCell<Counted>,
) -> TestCaseResult {
    let known: BTreeMap<&str, Status> = verdict
        .policies
        .iter()
        .map(|policy| (policy.policy.as_ref(), policy.status))
        .collect();
    let mut decisions = BTreeSet::new();
    for filling in fillings.iter().chain([&Filling::new()]) {
        let filled = worlds::fill(request, filling);
        let answer = oracle.decide(&filled);
        decisions.insert(answer.decision);
        for (id, (_, status)) in oracle.statuses(&filled) {
            match known
                .get(id.as_str())
                .copied()
                .unwrap_or(Status::NotSatisfied)
            {
                Status::Unknown => {}
                Status::NotSatisfiedOrError => {
                    counted.borrow_mut().add("perhaps in error");
                    prop_assert!(
                        matches!(status, Status::NotSatisfied | Status::Error),
                        "{} with {:?}",
                        id,
                        filled
                    );
                }
                said => prop_assert_eq!(said, status, "{} with {:?}", id, filled),
            }
        }
        if let Outcome::Decided(said) = &verdict.outcome {
            prop_assert_eq!(said.decision, answer.decision, "{:?}", filled);
            prop_assert!(
                said.determining.is_subset(&answer.determining) || said.determining.is_empty()
            );
            prop_assert!(said.errors.is_subset(&answer.errors));
        }
    }
    if matches!(verdict.outcome, Outcome::Undecidable(..)) && decisions.len() == 2 {
        counted.borrow_mut().add("truly open");
    }
    Ok(())
}

// ── comparisons ──

#[derive(Debug, Clone)]
enum Edit {
    Keep,
    Remove,
    Replace(worlds::Draft),
    Condition(String),
}

/// A world and an edited one: policies removed, replaced and added, entities changed.
fn two_worlds(all_named: bool) -> impl Strategy<Value = (World, World)> {
    let draft = || worlds::draft(any::<bool>().boxed());
    let edit = prop_oneof![4 => Just(Edit::Keep), 1 => Just(Edit::Remove), 1 => draft().prop_map(Edit::Replace),
        2 => worlds::condition().prop_map(Edit::Condition),
        1 => Just(Edit::Condition("context.missing".to_owned()))];
    let edits = prop::collection::vec(edit, 8);
    let added = prop::collection::vec((any::<bool>(), draft()), 0..3);
    let other = prop::option::weighted(0.3, worlds::world(all_named));
    (worlds::world(all_named), edits, added, other).prop_map(move |(base, edits, added, other)| {
        let mut head = base.clone();
        head.rules.clear();
        for (rule, edit) in base.rules.iter().zip(edits) {
            match edit {
                Edit::Keep => head.rules.push(rule.clone()),
                Edit::Remove => {}
                Edit::Condition(text) => {
                    let mut rule = rule.clone();
                    rule.draft.conditions.push(format!(" when {{ {text} }}"));
                    head.rules.push(rule);
                }
                Edit::Replace(draft) => head.rules.push(Rule {
                    draft,
                    ..rule.clone()
                }),
            }
        }
        for (at, (named, draft)) in added.into_iter().enumerate() {
            let id = (named || all_named).then(|| format!("n{at}"));
            head.rules.push(Rule {
                id,
                file: at,
                draft,
            });
        }
        if let Some(other) = other {
            head.entities = other.entities;
        }
        (base, head)
    })
}

fn place(line: usize) -> Place {
    Place {
        recording: "r.jsonl".into(),
        line: line as u64 + 1,
    }
}

fn incoming(actions: &[RecordedAction]) -> Vec<Incoming> {
    actions
        .iter()
        .enumerate()
        .map(|(at, action)| match at % 17 {
            15 => Incoming::Malformed(place(at), format!("line {at} is nothing")),
            16 => Incoming::Dropped("result", 2),
            _ => Incoming::Action(place(at), Box::new(action.clone())),
        })
        .collect()
}

fn changes(base: &PolicyVersion, head: &PolicyVersion, all: Vec<Incoming>) -> DecisionChanges {
    let pairing = Pairing::of(base, head);
    let (base, head) = (Side::base(base, &pairing), Side::head(head));
    let mut changes = DecisionChanges::default();
    for incoming in all {
        observe(&base, &head, &mut changes, incoming);
    }
    changes
}

/// The class that the opposite comparison gives, as far as it follows.
fn mirrored(class: ChangeClass) -> &'static [ChangeClass] {
    use ChangeClass::*;
    match class {
        ErrorOpened | NewlyAllowed => &[ErrorClosed, NewlyDenied],
        ErrorClosed | NewlyDenied => &[ErrorOpened, NewlyAllowed],
        NewlyUndecidable => &[NewlyDecidable],
        NewlyDecidable => &[NewlyUndecidable],
        ErrorChanged => &[ErrorChanged],
        ReasonChanged => &[ReasonChanged],
        Unchanged => &[Unchanged],
    }
}

#[test]
fn a_version_against_itself_is_unchanged() {
    check(
        150,
        (worlds::world(false), worlds::actions(1..16)),
        |(world, actions)| {
            let (base, head) = (world.load(), world.load());
            let found = changes(&base, &head, incoming(&actions));
            prop_assert_eq!(
                found.actions_in(ChangeClass::Unchanged),
                found.volume.actions
            );
            prop_assert_eq!(
                (found.flips(), found.widened(), found.narrowed()),
                (0, 0, 0)
            );
            prop_assert!(found.groups.is_empty());
            prop_assert_eq!(found.base, found.head);
            Ok(())
        },
    );
}

#[test]
fn swapping_the_sides_mirrors_the_changes() {
    let counted = RefCell::new(Counted::default());
    check(
        350,
        (two_worlds(false), worlds::actions(10..30)),
        |((base, head), actions)| {
            let (base, head) = (base.load(), head.load());
            let there = Pairing::of(&base, &head);
            let back = Pairing::of(&head, &base);
            for action in &actions {
                let one = compare(&Side::base(&base, &there), &Side::head(&head), action);
                let other = compare(&Side::base(&head, &back), &Side::head(&base), action);
                counted.borrow_mut().add(one.class);
                prop_assert!(
                    mirrored(one.class).contains(&other.class),
                    "{} and {}",
                    one.class,
                    other.class
                );
                prop_assert_eq!(one.base.outcome.decision(), other.head.outcome.decision());
                prop_assert_eq!(one.head.outcome.decision(), other.base.outcome.decision());
            }
            let one = changes(&base, &head, incoming(&actions));
            let other = changes(&head, &base, incoming(&actions));
            prop_assert_eq!(one.flips(), other.flips());
            prop_assert_eq!(one.compared, other.compared);
            let decidable =
                |changes: &DecisionChanges| changes.actions_in(ChangeClass::NewlyDecidable);
            prop_assert_eq!(one.widened(), other.narrowed());
            prop_assert_eq!(one.narrowed(), other.widened());
            prop_assert_eq!(
                decidable(&one),
                other.actions_in(ChangeClass::NewlyUndecidable)
            );
            Ok(())
        },
    );
    let counted = counted.into_inner();
    println!("swapped: {counted:?}");
    for class in [
        "newly-allowed",
        "newly-denied",
        "newly-undecidable",
        "newly-decidable",
        "unchanged",
        "reason-changed",
        "error-changed",
        "error-opened",
        "error-closed",
    ] {
        assert!(counted.of(class) > 4, "{class}: {counted:?}");
    }
}

#[test]
fn a_permit_more_never_denies_and_a_forbid_more_never_allows() {
    let flips = RefCell::new(Counted::default());
    let strategy = (
        worlds::world(false),
        worlds::draft(any::<bool>().boxed()),
        worlds::actions(10..30),
    );
    check(250, strategy, |(base, draft, actions)| {
        let mut head = base.clone();
        let permit = draft.permit;
        let id = Some("added".to_owned());
        let rule = Rule { id, file: 1, draft };
        // A template decides nothing by itself, and here it would take over links.
        if is_template(&rule) {
            return Ok(());
        }
        head.rules.insert(0, rule);
        let found = changes(&base.load(), &head.load(), incoming(&actions));
        let base = &found.base.decisions;
        let head = &found.head.decisions;
        flips.borrow_mut().add((permit, found.flips() > 0).1);
        if permit {
            prop_assert_eq!(found.actions_in(ChangeClass::NewlyDenied), 0);
            prop_assert_eq!(found.actions_in(ChangeClass::ErrorClosed), 0);
            prop_assert!(head.deny <= base.deny && head.allow >= base.allow);
        } else {
            prop_assert_eq!(found.widened(), found.newly_decidable_allowed);
            prop_assert_eq!(found.newly_decidable_allowed, 0);
            prop_assert!(head.allow <= base.allow && head.deny >= base.deny);
        }
        Ok(())
    });
    println!("one policy more: {:?}", flips.borrow());
    assert!(flips.borrow().of("true") > 20, "{flips:?}");
}

/// Order of files, order in files, and the file a policy stands in.
#[test]
fn where_a_policy_stands_changes_nothing() {
    let keys = prop::collection::vec((any::<u16>(), 0usize..4), 8);
    let strategy = (any::<bool>(), keys)
        .prop_flat_map(|(named, keys)| (worlds::world(named), worlds::actions(1..12), Just(keys)));
    check(250, strategy, |(world, actions, keys)| {
        let mut moved = world.clone();
        let mut rules: Vec<_> = moved.rules.into_iter().zip(keys).collect();
        rules.sort_by_key(|(_, (key, _))| *key);
        // A link names its template by a number among them, so templates keep their order.
        let mut templates: Vec<Rule> = world
            .rules
            .iter()
            .filter(|rule| is_template(rule))
            .cloned()
            .collect();
        templates.reverse();
        moved.rules = rules
            .into_iter()
            .map(|(rule, (_, file))| {
                let rule = if is_template(&rule) {
                    templates.pop().unwrap()
                } else {
                    rule
                };
                Rule { file, ..rule }
            })
            .collect();
        let (base, head) = (world.load(), moved.load());
        let pairing = Pairing::of(&base, &head);
        for action in &actions {
            let found = compare(&Side::base(&base, &pairing), &Side::head(&head), action);
            prop_assert_eq!(
                found.class,
                ChangeClass::Unchanged,
                "{:?} {:?}",
                found.base,
                found.head
            );
            prop_assert_eq!(&found.base.outcome, &found.head.outcome);
            let sorted = |verdict: &Verdict| {
                let mut all: Vec<_> = verdict
                    .policies
                    .iter()
                    .map(|p| (p.policy.clone(), p.effect, p.status))
                    .collect();
                all.sort();
                all
            };
            prop_assert_eq!(sorted(&found.base), sorted(&found.head));
        }
        Ok(())
    });
}

fn is_template(rule: &Rule) -> bool {
    rule.draft.principal.contains('?') || rule.draft.resource.contains('?')
}

// ── folding ──

/// The result does not depend on the order in which parts are merged, or on where the input is cut.
#[test]
fn folding_does_not_depend_on_order_or_cuts() {
    let seen = RefCell::new(Counted::default());
    let cuts = prop::collection::vec(0usize..160, 6);
    check(
        20,
        (two_worlds(false), worlds::actions(120..160), cuts),
        |((mut base, mut head), actions, mut cuts)| {
            // Base denies where the text is odd, head allows: what cannot be known becomes decidable.
            let rule = |permit: bool, condition: &str| Rule {
                id: Some(format!("all {permit}")),
                file: 0,
                draft: worlds::Draft {
                    permit,
                    principal: "principal".to_owned(),
                    action: "action".to_owned(),
                    resource: "resource".to_owned(),
                    conditions: vec![condition.to_owned()],
                },
            };
            let odd = rule(
                false,
                " when { context.text == \"odd\" || context.now < context.when }",
            );
            base.rules.extend([rule(true, ""), odd]);
            head.rules.push(rule(true, ""));
            let (base, head) = (base.load(), head.load());
            let all = incoming(&actions);
            let whole = changes(&base, &head, all.clone());
            for (class, tally) in &whole.classes {
                *seen.borrow_mut().0.entry(class.to_string()).or_default() += tally.actions;
            }
            *seen
                .borrow_mut()
                .0
                .entry("made allowed".to_owned())
                .or_default() += whole.newly_decidable_allowed;
            let pairing = Pairing::of(&base, &head);
            let (left, right) = (Side::base(&base, &pairing), Side::head(&head));
            for part in [1, 7, 64] {
                let mut folded = DecisionChanges::default();
                for part in all.chunks(part).rev() {
                    let mut found = DecisionChanges::default();
                    for incoming in part.iter().cloned() {
                        observe(&left, &right, &mut found, incoming);
                    }
                    folded.merge(found);
                }
                prop_assert_eq!(&folded, &whole);
            }
            cuts.push(all.len());
            cuts.sort_unstable();
            let mut total = DecisionChanges::default();
            let mut from = 0;
            for cut in cuts {
                let cut = cut.min(all.len());
                total.merge(changes(&base, &head, all[from..cut].to_vec()));
                from = cut;
            }
            prop_assert_eq!(&total, &whole);
            Ok(())
        },
    );
    println!("folded: {:?}", seen.borrow());
    for what in [
        "made allowed",
        "newly-allowed",
        "newly-decidable",
        "unchanged",
    ] {
        assert!(seen.borrow().of(what) > 20, "{what}: {seen:?}");
    }
}

// ── classes ──

fn settled() -> impl Strategy<Value = Vec<Settled>> {
    let status = prop_oneof![
        6 => Just(Status::Satisfied), 4 => Just(Status::NotSatisfied), 4 => Just(Status::Error), 1 => Just(Status::Unknown),
        1 => Just(Status::NotSatisfiedOrError),
    ];
    let one = prop::option::weighted(0.7, (any::<bool>(), status));
    prop::collection::vec(one, 5).prop_map(|all| {
        let listed = all
            .into_iter()
            .enumerate()
            .filter_map(|(at, one)| Some((at, one?)));
        listed
            .map(|(at, (permit, status))| Settled {
                policy: format!("p{at}").into(),
                effect: if permit {
                    Effect::Permit
                } else {
                    Effect::Forbid
                },
                status,
            })
            .collect()
    })
}

fn verdict(policies: Vec<Settled>) -> Verdict {
    let answer = settle(&policies);
    Verdict {
        outcome: match answer.decision {
            Some(_) => Outcome::Decided(answer),
            None => Outcome::Undecidable(answer, BTreeSet::from([FieldPath(vec!["n".to_owned()])])),
        },
        policies,
        request: None,
        nonconforming: None,
        left_out: BTreeSet::new(),
        has_entities: false,
        tool: None,
        lacks: false,
    }
}

/// The table of classes, spelled out again.
fn expected_class(base: &[Settled], head: &[Settled]) -> ChangeClass {
    type Ids = BTreeSet<Arc<str>>;
    let having = |side: &[Settled], effect: Effect, status: Status| -> Ids {
        let found = side
            .iter()
            .filter(|p| p.effect == effect && p.status == status);
        found.map(|p| p.policy.clone()).collect()
    };
    let satisfied = |side: &[Settled], effect| having(side, effect, Status::Satisfied);
    let (p_base, f_base) = (
        satisfied(base, Effect::Permit),
        satisfied(base, Effect::Forbid),
    );
    let (p_head, f_head) = (
        satisfied(head, Effect::Permit),
        satisfied(head, Effect::Forbid),
    );
    let lifted: Ids = &f_base - &f_head;
    let gained: Ids = &f_head - &f_base;
    let errors = |side: &[Settled]| -> Ids {
        &having(side, Effect::Permit, Status::Error) | &having(side, Effect::Forbid, Status::Error)
    };
    let reasons = |decision, p: &Ids, f: &Ids| match decision {
        Some(Decision::Allow) => p.clone(),
        Some(Decision::Deny) => f.clone(),
        None => Ids::new(),
    };
    let (was, is) = (settle(base).decision, settle(head).decision);
    match (was, is) {
        (Some(Decision::Deny), Some(Decision::Allow)) => {
            match lifted
                .iter()
                .any(|id| having(head, Effect::Forbid, Status::Error).contains(id))
            {
                true => ChangeClass::ErrorOpened,
                false => ChangeClass::NewlyAllowed,
            }
        }
        (Some(Decision::Allow), Some(Decision::Deny)) => {
            let closed = p_base
                .iter()
                .any(|id| having(head, Effect::Permit, Status::Error).contains(id));
            match gained.is_empty() && closed {
                true => ChangeClass::ErrorClosed,
                false => ChangeClass::NewlyDenied,
            }
        }
        (Some(_), None) => ChangeClass::NewlyUndecidable,
        (None, Some(_)) => ChangeClass::NewlyDecidable,
        _ if errors(base) != errors(head) => ChangeClass::ErrorChanged,
        _ if reasons(was, &p_base, &f_base) != reasons(is, &p_head, &f_head) => {
            ChangeClass::ReasonChanged
        }
        _ => ChangeClass::Unchanged,
    }
}

#[test]
fn classes_are_those_of_the_table() {
    let counted = RefCell::new(Counted::default());
    check(20_000, (settled(), settled()), |(base, head)| {
        let expected = expected_class(&base, &head);
        counted.borrow_mut().add(expected);
        prop_assert_eq!(classify(&verdict(base), &verdict(head)), expected);
        Ok(())
    });
    println!("classes: {:?}", counted.borrow());
    for class in ChangeClass::ALL {
        assert!(
            counted.borrow().of(class.name()) > 20,
            "{class}: {counted:?}"
        );
    }
}

/// The formula of an answer, against the definition: allow if some permit is satisfied and no forbid is.
#[test]
fn known_statuses_settle_as_cedar_does() {
    check(5_000, settled(), |policies| {
        let known: Vec<Settled> = policies
            .into_iter()
            .filter(|p| !matches!(p.status, Status::Unknown | Status::NotSatisfiedOrError))
            .collect();
        let ids = |effect, status| -> BTreeSet<Arc<str>> {
            known
                .iter()
                .filter(|p| p.effect == effect && p.status == status)
                .map(|p| p.policy.clone())
                .collect()
        };
        let (permits, forbids) = (
            ids(Effect::Permit, Status::Satisfied),
            ids(Effect::Forbid, Status::Satisfied),
        );
        let allow = forbids.is_empty() && !permits.is_empty();
        let errors = &ids(Effect::Permit, Status::Error) | &ids(Effect::Forbid, Status::Error);
        let expected = Answer {
            decision: Some(if allow {
                Decision::Allow
            } else {
                Decision::Deny
            }),
            determining: if allow { permits } else { forbids },
            errors,
            unknown: BTreeSet::new(),
            may_err: BTreeSet::new(),
        };
        prop_assert_eq!(settle(&known), expected);
        Ok(())
    });
}

// ── renderers ──

/// Every report can be rendered, whatever its texts hold, and nothing in it acts on a terminal.
#[test]
fn renderers_are_total_and_harmless() {
    let seen = RefCell::new(Counted::default());
    check(150, hostile::scene(), |scene| {
        for (name, text) in scene.render() {
            seen.borrow_mut().add(name);
            if let Some(found) = hostile::acts_on_a_terminal(&text) {
                return Err(TestCaseError::fail(format!("{name}: {found}\n{text:?}")));
            }
        }
        Ok(())
    });
    println!("rendered: {:?}", seen.borrow());
}

// ── corpora ──

/// The records of a corpus of these actions, as they are read again.
fn corpus(base: &Side<'_>, head: &Side<'_>, actions: &[RecordedAction]) -> Vec<RecordedAction> {
    let builder = Builder::new(base, head, None);
    // In two parts, as on two threads.
    let mut parts = [Built::default(), Built::default()];
    for (at, action) in actions.iter().enumerate() {
        let incoming = Incoming::Action(place(at), Box::new(action.clone()));
        agentauthz::corpus::observe(&builder, &mut parts[at % 2], incoming);
    }
    let [mut built, other] = parts;
    built.merge(other);
    assert_eq!(built.refused.first, []);
    assert_eq!(built.actions(), actions.len() as u64);
    let mut text = Vec::new();
    let lines = built.lines(agentauthz::recording::MOST);
    lines.for_each(|action| agentauthz::recording::write(&action, &mut text).unwrap());
    let read = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    read.map(|line| {
        let item = Item {
            bytes: line.to_vec(),
            line: 1,
        };
        let mut read = agentauthz::recording::parse(Importer::Native, &item, "c.jsonl").actions;
        read.remove(0).unwrap()
    })
    .collect()
}

/// What a comparison of these actions counts.
fn counts(base: &Side<'_>, head: &Side<'_>, actions: &[RecordedAction]) -> impl PartialEq + Debug {
    let ground = Ground::default();
    let options = CompareOptions {
        full: true,
        verify: 0,
    };
    let comparison = Comparison::new(&ground, base, head, options);
    let mut worker = comparison.worker();
    for (at, action) in actions.iter().enumerate() {
        worker.incoming(Incoming::Action(place(at), Box::new(action.clone())));
    }
    let found = worker.finish();
    assert_eq!(found.disagreements.count, 0);
    let classes: BTreeMap<_, _> = found
        .classes
        .iter()
        .map(|(class, tally)| (*class, (tally.actions, tally.agents.ranked())))
        .collect();
    let groups: BTreeMap<_, _> = found
        .groups
        .iter()
        .map(|(key, group)| (key.clone(), (group.tally.actions, group.actions.ranked())))
        .collect();
    let details: BTreeMap<_, _> = found
        .details
        .groups
        .iter()
        .map(|(key, detail)| {
            let values: Vec<_> = detail
                .values
                .iter()
                .map(|seen| seen.values.clone())
                .collect();
            let counted = (detail.actions, detail.uncertain, detail.pairs.clone());
            (key.clone(), (counted, values))
        })
        .collect();
    let besides: BTreeMap<_, _> = found
        .bystanders
        .by_action
        .iter()
        .map(|(name, found)| (name.clone(), found.actions))
        .collect();
    let sides = [&found.base, &found.head].map(|side| {
        (
            side.decisions,
            side.by_action.clone(),
            side.by_agent.clone(),
            side.not_replayable.ranked(),
            side.unmapped_tools.ranked(),
            (side.unknown_fields.ranked(), side.rescued),
            side.errors.ranked(),
        )
    });
    (
        (classes, groups, details, besides),
        (found.flow, found.undecided, found.reached, sides),
        (found.compared, found.volume.actions, found.volume.agents),
    )
}

/// Whether an answer is the other one, but for policies of which it does not know what becomes of them.
fn tells_no_more(was: &Answer, is: &Answer) -> bool {
    let of = |was: &BTreeSet<Arc<str>>, found: &BTreeSet<Arc<str>>| {
        found.is_subset(was)
            && was
                .difference(found)
                .all(|policy| is.unknown.contains(policy) || is.may_err.contains(policy))
    };
    was.decision == is.decision
        && of(&was.determining, &is.determining)
        && of(&was.errors, &is.errors)
}

/// A diff on a corpus counts what a diff on the recording counts. And a version that the corpus was not built for is told
/// either the same, or that it cannot be told.
#[test]
fn a_corpus_says_what_its_recording_says_or_nothing() {
    let counted = RefCell::new(Counted::default());
    let strategy = (
        worlds::world(true),
        worlds::world(true),
        worlds::world(true),
        worlds::actions(6..24),
    );
    check(120, strategy, |(left, right, later, mut actions)| {
        // The same again, in other sessions.
        let more: Vec<_> = actions
            .iter()
            .step_by(2)
            .map(|action| RecordedAction {
                id: format!("{}-again", action.id),
                session: None,
                ..action.clone()
            })
            .collect();
        actions.extend(more);
        let (base, head, later) = (left.load(), right.load(), later.load());
        let pairing = Pairing::of(&base, &head);
        let (one, two) = (Side::base(&base, &pairing), Side::head(&head));
        let records = corpus(&one, &two, &actions);
        prop_assert_eq!(counts(&one, &two, &records), counts(&one, &two, &actions));
        let later = Side::head(&later);
        for action in &actions {
            let kept = corpus(&one, &two, std::slice::from_ref(action));
            let (was, is) = (later.decide(action), later.decide(&kept[0]));
            let mut counted = counted.borrow_mut();
            counted.add("asked by another version");
            if is.outcome.decision().is_some() {
                counted.add("and told");
                let (Some(was), Some(is)) = (was.outcome.answer(), is.outcome.answer()) else {
                    return Err(TestCaseError::fail("told what nobody knows"));
                };
                prop_assert!(tells_no_more(was, is), "{:?} {:?}", was, is);
            }
        }
        let mut counted = counted.borrow_mut();
        counted
            .0
            .entry("actions".to_owned())
            .and_modify(|all| *all += actions.len() as u64)
            .or_insert(0);
        counted
            .0
            .entry("records".to_owned())
            .and_modify(|all| *all += records.len() as u64)
            .or_insert(0);
        Ok(())
    });
    let counted = counted.into_inner();
    println!("corpora: {counted:?}");
    assert!(counted.of("records") < counted.of("actions"), "{counted:?}");
    assert!(counted.of("and told") > 1_000, "{counted:?}");
    assert!(counted.of("asked by another version") > counted.of("and told"));
}
