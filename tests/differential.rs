//! Random repositories and requests, decided by the product from the bytes of a recording, against Cedar's own
//! interface: decision, determining policies, errors, statuses, conformance, and the class of every change.
//!
//! `AGENTAUTHZ_CASES` is how many cases are tried, `AGENTAUTHZ_SEED` where the generator begins; `AGENTAUTHZ_WORLD` tries
//! one pair of versions alone. A million cases:
//! `AGENTAUTHZ_CASES=1000000 cargo test --release --test differential -- --nocapture`

#![allow(
    clippy::result_large_err,
    reason = "Cedar's errors are large, and here the first one ends everything"
)]

#[path = "support/differential/mod.rs"]
mod support;

use agentauthz::diff::{CompareOptions, Comparison, DecisionChanges, Details, GroupKey};
use agentauthz::engine::{
    Decisions, Engine, Ground, Incoming, LineWorker, Pairing, Place, Side, Verdict, Worker,
};
use agentauthz::model::{
    ChangeClass, Decision, Importer, NotReplayable, Outcome, RecordedAction, Status,
};
use agentauthz::recording::{self, Item};
use agentauthz::repository::PolicyVersion;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use support::operators::{NAMES, Operators};
use support::oracle::{Judge, Judged, class, holds_call};
use support::random::Random;
use support::requests::{Line, again, line};
use support::shrink::shrink;
use support::statistics::Statistics;
use support::versions::{Version, World};

/// One way in which the product decides.
struct Way {
    name: &'static str,
    engine: Engine,
    /// Whether every action is evaluated, or only those that a changed policy can decide otherwise.
    full: bool,
    /// Whether the fast lane takes the lines that it can; else all of them are read in full.
    lane: bool,
}

/// Every engine is held to the same answers: a new one is a line here.
const WAYS: &[Way] = &[
    Way {
        name: "interpreted",
        engine: Engine::Interpreted,
        full: true,
        lane: true,
    },
    Way {
        name: "reference",
        engine: Engine::Reference,
        full: true,
        lane: true,
    },
    Way {
        name: "compiled, in full",
        engine: Engine::Compiled,
        full: true,
        lane: true,
    },
    Way {
        name: "compiled, what may differ",
        engine: Engine::Compiled,
        full: false,
        lane: true,
    },
    Way {
        name: "compiled, read in full, in full",
        engine: Engine::Compiled,
        full: true,
        lane: false,
    },
    Way {
        name: "compiled, read in full, what may differ",
        engine: Engine::Compiled,
        full: false,
        lane: false,
    },
];

/// Whether contexts hold values that only the schema can type: a string for a decimal, `{"type", "id"}` for an entity.
const IMPLICIT: bool = true;

/// The requests of so many lines may come again.
const OFTEN: usize = 8;

/// How many lines there are for one pair of versions.
const LINES: usize = 125;

/// How many cases are tried where nothing else is asked for.
const CASES: u64 = 4_000;

/// From how many cases on every operator must have been reached, satisfied and not, and every class found.
const MANY: u64 = 50_000;

/// How many lines the compiled engine decides, and how many it leaves to the interpreter.
const LANE: &str = "lines compared by the fast lane";
const LEFT: &str = "lines that it left";

/// What the compiled engine decides at least, in percent: it must not be right only because it leaves everything.
const SHARE: u64 = 50;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is `{text}`, which is no number")),
    )
}

#[test]
fn every_engine_decides_as_cedar_does() {
    let cases = number("AGENTAUTHZ_CASES").unwrap_or(CASES);
    let seed = number("AGENTAUTHZ_SEED").unwrap_or(1);
    let implicit = number("AGENTAUTHZ_IMPLICIT").map_or(IMPLICIT, |on| on > 0);
    let start = Instant::now();
    let worlds = match number("AGENTAUTHZ_WORLD") {
        Some(one) => one..one + 1,
        // Some lines Cedar leaves open; they are no cases.
        None => 0..(cases + cases / 20).div_ceil(LINES as u64),
    };
    let found = worlds
        .into_par_iter()
        .map(|world| tried(seed, world, implicit))
        .reduce(Statistics::default, Statistics::merge);
    let names: Vec<&str> = WAYS.iter().map(|way| way.name).collect();
    println!(
        "{found}engines: {}; seed {seed}; implicit values {implicit}; {:.1?}",
        names.join(", "),
        start.elapsed()
    );
    for difference in found.differences.iter().take(3) {
        println!("\n{difference}");
    }
    for difference in found.differences.iter().skip(3) {
        println!("{}", difference.lines().next().unwrap_or_default());
    }
    assert!(
        found.differences.is_empty(),
        "{} pairs of versions with a difference",
        found.differences.len()
    );
    if cases >= CASES && number("AGENTAUTHZ_WORLD").is_none() {
        covers(&found);
    }
}

/// Whatever can happen did happen: else the generator has lost something.
fn covers(found: &Statistics) {
    for what in [
        "allow",
        "deny",
        "with errors",
        "nonconforming",
        "refused",
        "contexts with calls",
    ] {
        assert!(found.of(what) > 20, "{what}: {found}");
    }
    let [lane, left] = [LANE, LEFT].map(|what| found.of(what));
    assert!(lane * 100 >= (lane + left) * SHARE, "{found}");
    let reached = NAMES
        .iter()
        .filter(|name| found.operators.contains_key(*name));
    assert!(reached.count() + 3 >= NAMES.len(), "{found}");
    if found.cases < MANY {
        return;
    }
    for name in NAMES {
        let [_, satisfied, not, _] = found.operators.get(name).copied().unwrap_or_default();
        assert!(
            satisfied > 0 && not > 0,
            "`{name}` was never reached, always satisfied or never: {found}"
        );
        let [_, satisfied, not, _] = found.compiled.get(name).copied().unwrap_or_default();
        assert!(
            satisfied > 0 && not > 0,
            "`{name}` was never reached by the compiled engine, always satisfied or never: {found}"
        );
    }
    for class in ChangeClass::ALL {
        let undecided = matches!(
            class,
            ChangeClass::NewlyUndecidable | ChangeClass::NewlyDecidable
        );
        assert!(
            undecided || found.classes.contains_key(&class),
            "no case was {class}"
        );
    }
}

/// One pair of versions with its lines; a panic is a difference, too.
fn tried(seed: u64, world: u64, implicit: bool) -> Statistics {
    let run = || {
        let mut random = Random::of(seed, world);
        let wild = if random.percent(65) { 15 } else { 100 };
        let pair = World::random(&mut random, wild);
        let mut lines: Vec<Line> = (0..LINES)
            .map(|at| line(&mut random, &pair.base.schema, at, implicit))
            .collect();
        // A few requests recur, and more than twice.
        for at in OFTEN..LINES {
            if random.percent(25)
                && let Some(one) = lines.get(random.below(OFTEN))
                && let Some(other) = again(&mut random, one, at)
            {
                lines[at] = other;
            }
        }
        let mut statistics = Statistics::default();
        if let Err((difference, line)) = check(&pair, &lines, &mut statistics) {
            let again = format!("AGENTAUTHZ_SEED={seed} AGENTAUTHZ_WORLD={world} shows it again");
            let alone = |pair: &World, line: &Line| seen(pair, std::slice::from_ref(line));
            let small = match line.or_else(|| {
                lines
                    .iter()
                    .find(|line| alone(&pair, line).is_some())
                    .cloned()
            }) {
                Some(line) => shrink(pair.clone(), line, &alone),
                None => difference,
            };
            statistics.differences.push(format!("{again}\n{small}"));
        }
        statistics
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Statistics {
        differences: vec![format!(
            "a panic: AGENTAUTHZ_SEED={seed} AGENTAUTHZ_WORLD={world} shows it again"
        )],
        ..Statistics::default()
    })
}

/// The difference that these lines show; nothing where the versions cannot even be read.
fn seen(pair: &World, lines: &[Line]) -> Option<String> {
    let found = catch_unwind(AssertUnwindSafe(|| {
        check(pair, lines, &mut Statistics::default())
    }));
    match found {
        Ok(Ok(())) => None,
        Ok(Err((difference, _))) if difference.starts_with(UNREADABLE) => None,
        Ok(Err((difference, _))) => Some(difference),
        Err(_) => Some("a panic".to_owned()),
    }
}

const UNREADABLE: &str = "the versions cannot be read: ";

type Difference = (String, Option<Line>);

/// The policies of each side whose scope holds: their operators and their status.
type Reached = Vec<Vec<(Operators, Status)>>;

/// Both versions as the product has them, and as the oracle has them.
struct Loaded {
    base: PolicyVersion,
    head: PolicyVersion,
    pairing: Pairing,
    judges: [Judge; 2],
}

fn loaded(base: &Version, head: &Version) -> Result<Loaded, String> {
    let (left, right) = (base.load()?, head.load()?);
    let pairing = Pairing::of(&left, &right);
    let judges = [
        Judge::of(base, &|id| pairing.base_name(&Arc::from(id)))?,
        Judge::of(head, &|id| Arc::from(id))?,
    ];
    Ok(Loaded {
        base: left,
        head: right,
        pairing,
        judges,
    })
}

fn check(pair: &World, lines: &[Line], statistics: &mut Statistics) -> Result<(), Difference> {
    let unreadable = |message: String| (format!("{UNREADABLE}{message}"), None);
    let both = loaded(&pair.base, &pair.head).map_err(unreadable)?;
    count_versions(pair, &both.judges, statistics);
    let [left, right] = &both.judges;
    let mut judged: Vec<(&Line, [Option<Judged>; 2])> = Vec::new();
    let mut reached: Vec<Reached> = Vec::new();
    for line in lines {
        let question = &line.question;
        if left.leaves_open(question) || right.leaves_open(question) {
            statistics.add("left open by Cedar, not compared");
            continue;
        }
        let both = [left.judge(question).ok(), right.judge(question).ok()];
        let takes = both.iter().any(Option::is_some);
        if takes && serde_json::from_str(&question.context).is_ok_and(|json| holds_call(&json)) {
            statistics.add("contexts with calls");
        }
        // A call whose arguments only a schema types is no value on a side without one.
        if both[0].is_some() != both[1].is_some() {
            statistics.add("read by one version alone");
        }
        judged.push((line, both));
    }
    for way in WAYS.iter().filter(|way| way.engine != Engine::Compiled) {
        let sides = [
            Side::base(&both.base, &both.pairing).with_engine(way.engine),
            Side::head(&both.head).with_engine(way.engine),
        ];
        for (at, (line, expected)) in judged.iter().enumerate() {
            let context = |message| (format!("{}: {message}", way.name), Some((*line).clone()));
            let verdicts = each_side(&sides, line, expected).map_err(context)?;
            if way.engine == Engine::Interpreted {
                if at % 8 == 0 {
                    statuses(&both.judges, &verdicts, line).map_err(context)?;
                }
                reached.push(count(&both.judges, expected, &verdicts, statistics));
            }
        }
    }
    many(pair, &both, &judged, &reached, statistics)
}

/// All lines at once, by every engine, from their bytes: base against head, and each of them against nothing. Against a
/// version without policies only a plain deny is unchanged, so this shows what is said of each side.
fn many(
    pair: &World,
    both: &Loaded,
    judged: &[(&Line, [Option<Judged>; 2])],
    reached: &[Reached],
    statistics: &mut Statistics,
) -> Result<(), Difference> {
    let nothing = |of: &Version| {
        let (rules, links, entities) = (Vec::new(), Vec::new(), Vec::new());
        let version = Version {
            rules,
            links,
            entities,
            ..of.clone()
        };
        version
            .load()
            .map_err(|message| (format!("{UNREADABLE}{message}"), None))
    };
    let denied = |judged: &Option<Judged>| judged.as_ref().map(Judged::without_policies);
    let [after, before] = [nothing(&pair.base)?, nothing(&pair.head)?];
    let comparisons = [
        (&both.base, &both.head, [true, true]),
        (&both.base, &after, [true, false]),
        (&before, &both.head, [false, true]),
    ];
    for (base, head, [keeps_base, keeps_head]) in comparisons {
        let expected = judged
            .iter()
            .map(|(_, [left, right])| match (keeps_base, keeps_head) {
                (true, false) => [left.clone(), denied(left)],
                (false, true) => [denied(right), right.clone()],
                (true, true) | (false, false) => [left.clone(), right.clone()],
            });
        let expected = Expected::of(expected, &both.judges[1]);
        let mut details: Option<(Details, Vec<Beside>)> = None;
        for way in WAYS {
            let base = Side::base(base, &both.pairing).with_engine(way.engine);
            let head = Side::head(head).with_engine(way.engine);
            let (changes, taken) = compared(&base, &head, judged, way);
            let found = Expected::in_changes(&changes);
            let equal = match way.full {
                true => found == expected,
                false => found.in_classes() == expected.in_classes(),
            };
            if !equal || changes.disagreements.count > 0 {
                let against = [keeps_base, keeps_head];
                let notes = &changes.disagreements;
                let message = format!(
                    "{}: all lines, policies on {against:?}: found {found:#?}\nexpected {expected:#?}\n{notes:?}",
                    way.name
                );
                return Err((message, None));
            }
            let found = (changes.details.clone(), besides(&changes));
            let first = details.get_or_insert_with(|| found.clone());
            if *first != found {
                let message = format!(
                    "{}: what is behind the changes: found {found:#?}\nby another engine {first:#?}",
                    way.name
                );
                return Err((message, None));
            }
            if way.engine == Engine::Compiled && way.lane {
                let lane = taken.iter().filter(|taken| **taken).count() as u64;
                *statistics.counts.entry(LANE).or_default() += lane;
                *statistics.counts.entry(LEFT).or_default() +=
                    expected.compared.saturating_sub(lane);
                for (reason, count) in changes.left.iter() {
                    *statistics.counts.entry(reason).or_default() += count;
                }
                if way.full && keeps_base && keeps_head {
                    for (_, sides) in taken.iter().zip(reached).filter(|(taken, _)| **taken) {
                        sides.iter().for_each(|side| statistics.reached(side, true));
                    }
                }
                *statistics
                    .counts
                    .entry("lines that no change concerns")
                    .or_default() += changes.unaffected;
            }
        }
    }
    Ok(())
}

/// Actions of one Cedar action that did not flip: how many there are, and the hashes of the ids of those that are kept.
type Beside = (String, u64, Vec<u64>);

/// The actions that did not flip; of those that are kept it may show how they were spelled.
fn besides(changes: &DecisionChanges) -> Vec<Beside> {
    let all = changes.bystanders.by_action.iter();
    all.map(|(name, found)| {
        let kept = found.kept.keys().copied().collect();
        (name.clone(), found.actions, kept)
    })
    .collect()
}

fn count_versions(pair: &World, judges: &[Judge; 2], statistics: &mut Statistics) {
    statistics.worlds += 1;
    for (version, judge) in [&pair.base, &pair.head].into_iter().zip(judges) {
        statistics.rules += version.rules.len() as u64;
        statistics.links += version.links.len() as u64;
        statistics.entities += version.entities.len() as u64;
        if version.has_schema {
            statistics.typed.0 += version.rules.len() as u64;
            statistics.typed.1 += judge.well_typed as u64;
        }
    }
}

/// The one action of a line, or why it is none.
fn read(line: &Line) -> Result<RecordedAction, String> {
    let item = Item {
        bytes: line.bytes.clone(),
        line: 1,
    };
    let mut actions = recording::parse(Importer::Native, &item, "r.jsonl").actions;
    match (actions.pop(), actions.is_empty()) {
        (Some(Ok(action)), true) => Ok(action),
        (Some(Err(fault)), true) => Err(format!("{fault:?}")),
        (other, _) => panic!("a line is one action: {other:?} and {actions:?}"),
    }
}

/// What both sides say of a line, held against what Cedar says. Nothing where it is no action for either.
fn each_side(
    sides: &[Side<'_>; 2],
    line: &Line,
    expected: &[Option<Judged>; 2],
) -> Result<Vec<Verdict>, String> {
    let action = match read(line) {
        Ok(action) => action,
        Err(_) if expected.iter().all(Option::is_none) => return Ok(Vec::new()),
        Err(fault) => return Err(format!("{fault}, but Cedar says {expected:#?}")),
    };
    let mut verdicts = Vec::new();
    for ((name, side), expected) in ["base", "head"].into_iter().zip(sides).zip(expected) {
        let verdict = side.decide(&action);
        let outcome = match expected {
            Some(judged) => Outcome::Decided(judged.answer.clone()),
            None => Outcome::NotReplayable(NotReplayable::InvalidRequest),
        };
        if verdict.outcome != outcome {
            return Err(format!(
                "{name}: said {:#?}\nexpected {outcome:#?}",
                verdict.outcome
            ));
        }
        let nonconforming = expected.as_ref().is_some_and(|judged| judged.nonconforming);
        if verdict.nonconforming.is_some() != nonconforming {
            return Err(format!(
                "{name}: said {:?}; nonconforming: {nonconforming}",
                verdict.nonconforming
            ));
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

/// The status of every policy, held against Cedar's answer on that policy alone.
fn statuses(judges: &[Judge; 2], verdicts: &[Verdict], line: &Line) -> Result<(), String> {
    for (judge, verdict) in judges.iter().zip(verdicts) {
        let Ok(mut expected) = judge.statuses(&line.question) else {
            continue;
        };
        for found in &verdict.policies {
            let known = expected.remove(&found.policy);
            if known != Some((found.effect, found.status)) {
                return Err(format!("{found:?}, but Cedar says {known:?}"));
            }
        }
        let missed = expected
            .iter()
            .find(|(_, (_, status))| *status != Status::NotSatisfied);
        if let Some(missed) = missed {
            return Err(format!("a policy was left out: {missed:?}"));
        }
    }
    Ok(())
}

fn count(
    judges: &[Judge; 2],
    expected: &[Option<Judged>; 2],
    verdicts: &[Verdict],
    statistics: &mut Statistics,
) -> Reached {
    statistics.cases += 1;
    let [base, head] = expected.each_ref().map(Option::as_ref);
    let class = class(base, head, &judges[1]);
    *statistics.classes.entry(class).or_default() += 1;
    if class.is_flip() {
        statistics.add("flips");
    }
    for judged in expected {
        let Some(judged) = judged else {
            statistics.add("refused");
            continue;
        };
        statistics.add(match judged.answer.decision {
            Some(Decision::Allow) => "allow",
            Some(Decision::Deny) | None => "deny",
        });
        if !judged.answer.errors.is_empty() {
            statistics.add("with errors");
        }
        if judged
            .answer
            .determining
            .iter()
            .any(|id| id.starts_with("link"))
        {
            statistics.add("by a link");
        }
        if judged.nonconforming {
            statistics.add("nonconforming");
        }
    }
    let mut all = Reached::new();
    for (judge, verdict) in judges.iter().zip(verdicts) {
        let mut reached = Vec::new();
        for found in &verdict.policies {
            reached.push((judge.policies[&found.policy].operators, found.status));
            statistics.add(match found.status {
                Status::Satisfied => "policies satisfied",
                Status::NotSatisfied => "policies not satisfied",
                Status::Error => "policies in error",
                Status::NotSatisfiedOrError => "policies perhaps in error",
                Status::Unknown => "policies unknown",
            });
        }
        statistics.reached(&reached, false);
        all.push(reached);
    }
    all
}

// ── many lines at once ──

/// What a comparison of many lines must come to.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    lines: u64,
    compared: u64,
    /// Lines that a side has no request for, because they are no action or because Cedar has no such request.
    refused: [u64; 2],
    decisions: [Decisions; 2],
    nonconforming: [u64; 2],
    classes: BTreeMap<ChangeClass, u64>,
    groups: BTreeMap<GroupKey, u64>,
}

impl Expected {
    fn of(judged: impl Iterator<Item = [Option<Judged>; 2]>, head: &Judge) -> Self {
        let mut out = Self::default();
        for judged in judged {
            out.lines += 1;
            for (side, judged) in judged.iter().enumerate() {
                let Some(judged) = judged else {
                    out.refused[side] += 1;
                    continue;
                };
                match judged.answer.decision {
                    Some(Decision::Allow) => out.decisions[side].allow += 1,
                    Some(Decision::Deny) | None => out.decisions[side].deny += 1,
                }
                out.nonconforming[side] += u64::from(judged.nonconforming);
            }
            let [left, right] = judged.each_ref().map(Option::as_ref);
            if left.is_none() && right.is_none() {
                continue;
            }
            out.compared += u64::from(left.is_some() && right.is_some());
            let class = class(left, right, head);
            *out.classes.entry(class).or_default() += 1;
            if class != ChangeClass::Unchanged {
                let [base, head] = [left, right].map(|judged| match judged {
                    Some(judged) => Outcome::Decided(judged.answer.clone()),
                    None => Outcome::NotReplayable(NotReplayable::InvalidRequest),
                });
                *out.groups
                    .entry(GroupKey { class, base, head })
                    .or_default() += 1;
            }
        }
        out
    }

    /// What does not need every action to be evaluated.
    fn in_classes(&self) -> Self {
        Self {
            lines: self.lines,
            compared: self.compared,
            refused: self.refused,
            classes: self.classes.clone(),
            groups: self.groups.clone(),
            ..Self::default()
        }
    }

    fn in_changes(found: &DecisionChanges) -> Self {
        let refused = [&found.base, &found.head].map(|side| side.decisions.not_replayable);
        let decided = |decisions: Decisions| Decisions {
            not_replayable: 0,
            ..decisions
        };
        let mut classes: BTreeMap<ChangeClass, u64> = found
            .classes
            .iter()
            .map(|(class, tally)| (*class, tally.actions))
            .collect();
        // What no side can decide is unchanged.
        let by_head = classes.get(&ChangeClass::NewlyDecidable).copied();
        if let Some(unchanged) = classes.get_mut(&ChangeClass::Unchanged) {
            *unchanged -= refused[0] - by_head.unwrap_or_default();
        }
        classes.retain(|_, count| *count > 0);
        Self {
            lines: found.volume.actions + found.volume.malformed.count,
            compared: found.compared,
            refused: refused.map(|refused| found.volume.malformed.count + refused),
            decisions: [decided(found.base.decisions), decided(found.head.decisions)],
            nonconforming: [
                found.base.nonconforming.count,
                found.head.nonconforming.count,
            ],
            classes,
            groups: found
                .groups
                .iter()
                .map(|(key, group)| (key.clone(), group.tally.actions))
                .collect(),
        }
    }
}

/// Compares all lines from their bytes, by the fast lane where it takes them, and says which those are.
fn compared(
    base: &Side<'_>,
    head: &Side<'_>,
    lines: &[(&Line, [Option<Judged>; 2])],
    way: &Way,
) -> (DecisionChanges, Vec<bool>) {
    let ground = Ground::default();
    let options = CompareOptions {
        full: way.full,
        verify: 0,
    };
    let comparison = Comparison::new(&ground, base, head, options);
    let mut worker = comparison.worker();
    let recording: Arc<str> = "r.jsonl".into();
    let mut taken = Vec::new();
    for (at, (line, _)) in (1..).zip(lines) {
        let text = std::str::from_utf8(&line.bytes).expect("lines are written as text");
        taken.push(way.lane && worker.line(&recording, at, text).is_some());
        if taken.last() == Some(&true) {
            continue;
        }
        let place = Place {
            recording: recording.clone(),
            line: at,
        };
        worker.observe(match read(line) {
            Ok(action) => Incoming::Action(place, Box::new(action)),
            Err(fault) => Incoming::Malformed(place, fault),
        });
    }
    (worker.finish(), taken)
}
