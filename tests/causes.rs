//! The causes of flips in a report are exact: they are those that brute force finds with Cedar's own authorizer, over
//! every subset of the edits of random versions with policies, templates and links.
//!
//! `AGENTAUTHZ_FLIPS` is how many flips are tried at least, `AGENTAUTHZ_SEED` where the generator begins;
//! `AGENTAUTHZ_WORLD` tries one pair of versions alone.

#[path = "support/causes/mod.rs"]
mod causes;
#[path = "support/differential/random.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod random;

use agentauthz::diff::document::{Document, GroupNote, Origin, UnitNote, WayNote};
use agentauthz::diff::{
    Because, ChangeKey, CompareOptions, Comparison, DecisionChanges, DiffReport, Input, document,
    policy_changes,
};
use agentauthz::engine::{
    Engine, Ground, Incoming, LineWorker, Pairing, Place, Side, Units, Way, Worker,
};
use agentauthz::model::ChangeClass;
use agentauthz::repository::PolicyVersion;
use causes::brute::{Brute, Flip, Sets};
use causes::versions::{World, request};
use random::Random;
use rayon::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Instant;

/// How many flips are tried where nothing else is asked for.
const FLIPS: u64 = 20_000;

/// How many requests there are for one pair of versions: no more than a group keeps examples, so that it can be told
/// which actions are in it.
const REQUESTS: usize = 48;

/// How many pairs of versions are tried between two looks at how many flips there were.
const BATCH: u64 = 64;

/// How recorded actions are decided.
struct Engines {
    name: &'static str,
    engine: Engine,
    /// Whether the fast lane takes the lines.
    lane: bool,
}

const ENGINES: &[Engines] = &[
    Engines {
        name: "compiled, by the lane",
        engine: Engine::Compiled,
        lane: true,
    },
    Engines {
        name: "compiled, read in full",
        engine: Engine::Compiled,
        lane: false,
    },
    Engines {
        name: "interpreted",
        engine: Engine::Interpreted,
        lane: false,
    },
];

/// The actions of each flip, by their ids.
type Flips = BTreeMap<Flip, BTreeSet<String>>;

/// What was tried.
#[derive(Debug, Default)]
struct Tried {
    counts: BTreeMap<String, u64>,
    /// The groups that were reported: by their fingerprints, and what each of them stands for.
    prints: Vec<(String, String)>,
}

impl Tried {
    fn add(&mut self, what: impl Into<String>, count: usize) {
        *self.counts.entry(what.into()).or_default() += count as u64;
    }

    fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    fn merge(&mut self, other: Self) {
        for (what, count) in other.counts {
            self.add(what, count as usize);
        }
        self.prints.extend(other.prints);
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is `{text}`, which is no number")))
}

#[test]
fn causes_are_those_of_brute_force() {
    let wanted = number("AGENTAUTHZ_FLIPS").unwrap_or(FLIPS);
    let seed = number("AGENTAUTHZ_SEED").unwrap_or(1);
    let one = number("AGENTAUTHZ_WORLD");
    let start = Instant::now();
    let mut tried = Tried::default();
    let mut next = one.unwrap_or(0);
    while tried.of("flips") < wanted {
        let batch = next..next + one.map_or(BATCH, |_| 1);
        next = batch.end;
        let found: Vec<Tried> = batch
            .into_par_iter()
            .map(|number| caught(seed, number))
            .collect();
        found.into_iter().for_each(|found| tried.merge(found));
        if one.is_some() {
            break;
        }
    }
    let prints = fingerprints(&tried.prints);
    for (what, count) in &tried.counts {
        println!("{count:>9} {what}");
    }
    println!(
        "{prints:>9} fingerprints, from seed {seed}; {:.1?}",
        start.elapsed()
    );
    if one.is_none() && wanted >= 1_000 {
        covers(&tried);
    }
}

/// Whatever can happen did happen: else the generator has lost something.
fn covers(tried: &Tried) {
    let flips = tried.of("flips");
    let classes = ChangeClass::ALL.into_iter().filter(|class| class.is_flip());
    let classes = classes.map(|class| format!("flips: {class}"));
    let kinds = ["policy", "template", "link"].map(|kind| format!("flips by a {kind}"));
    let others = [
        "flips with an effect that changed",
        "flips with several whys",
        "flips with several undos",
        "flips whose why is a set of several",
        "flips whose undo is a set of several",
        "flips by a template and one of its links",
    ];
    let all = classes.chain(kinds).chain(others.map(str::to_owned));
    for what in all {
        let found = tried.of(&what);
        assert!(found * 100 >= flips, "{what}: {found} of {flips}");
    }
    // The lane must not be right only because it leaves everything.
    assert_eq!(tried.of("lines that the lane left"), 0);
}

/// Equal fingerprints, equal causes; and the reverse. Says how many there are.
fn fingerprints(prints: &[(String, String)]) -> usize {
    let mut causes: BTreeMap<&str, &str> = BTreeMap::new();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (print, cause) in prints {
        let known = causes.entry(print).or_insert(cause);
        assert_eq!(known, cause, "two causes have the fingerprint {print}");
        let known = names.entry(cause).or_insert(print);
        assert_eq!(known, print, "one cause has two fingerprints: {cause}");
    }
    causes.len()
}

fn caught(seed: u64, number: u64) -> Tried {
    let found = catch_unwind(AssertUnwindSafe(|| tried(seed, number)));
    found.unwrap_or_else(|panic| {
        println!("AGENTAUTHZ_SEED={seed} AGENTAUTHZ_WORLD={number} shows it again");
        resume_unwind(panic)
    })
}

/// One pair of versions with its requests.
fn tried(seed: u64, number: u64) -> Tried {
    let mut random = Random::of(seed, number);
    let mut world = World::random(&mut random);
    let requests: Vec<Json> = (0..REQUESTS).map(|_| request(&mut random)).collect();
    let mut tried = Tried::default();
    tried.add("pairs of versions", 1);
    check(&world, None, &requests, &mut tried, true);
    if number.is_multiple_of(4) {
        // Other traffic, and other texts that say the same: the same fingerprints.
        for version in [&mut world.base, &mut world.head] {
            random.shuffle(&mut version.links);
        }
        let some = random.within(1, REQUESTS);
        check(&world, Some("other"), &requests[..some], &mut tried, false);
    }
    tried
}

fn check(world: &World, note: Option<&str>, requests: &[Json], tried: &mut Tried, counts: bool) {
    let (base, head) = (world.base.load(None), world.head.load(note));
    let pairing = Pairing::of(&base, &head);
    let brute = Brute::of(world, &|name| pairing.base_name(&name.into()).to_string());
    let shown = || {
        let [base, head] = [&world.base, &world.head];
        let (left, right) = (base.policies(None), head.policies(note));
        format!(
            "base\n{left}{:#?}\nhead\n{right}{:#?}",
            base.links, head.links
        )
    };
    let units = Units::of_versions(&base, &head);
    for (name, unit) in &brute.units {
        for piece in unit.sides.iter().flatten() {
            let found = units.of(&piece.name.as_str().into()).to_string();
            assert_eq!(&found, name, "the unit of `{}`\n{}", piece.name, shown());
        }
    }
    let mut asked = 0;
    let mut flips = Flips::new();
    for (at, request) in requests.iter().enumerate() {
        if let Some(flip) = brute.flip(request, &mut asked) {
            flips.entry(flip).or_default().insert(id(at));
        }
    }
    if counts {
        tried.add("subsets of edits that Cedar decided", asked as usize);
        tried.add(format!("pairs of versions: {} edits", brute.edits.len()), 1);
        count(&flips, &brute, tried);
    }
    let mut documents = Vec::new();
    for engines in ENGINES {
        let left = Side::base(&base, &pairing).with_engine(engines.engine);
        let right = Side::head(&head).with_engine(engines.engine);
        let (changes, taken) = compared(&left, &right, engines.lane, requests);
        if engines.lane {
            tried.add("lines that the lane left", requests.len() - taken);
        }
        let name = engines.name;
        assert_eq!(
            changes.disagreements.count, 0,
            "{name}: {:?}",
            changes.disagreements
        );
        assert_eq!(grouped(&changes), flips, "{name}\n{}", shown());
        if engines.engine == Engine::Interpreted || engines.lane {
            documents.push(reported([&base, &head], [&left, &right], &pairing, changes));
        }
    }
    let groups: Vec<&GroupNote> = documents[0]
        .groups
        .iter()
        .filter(|group| group.class.is_flip())
        .collect();
    for group in &groups {
        let flip = cause(group, &flips, &brute, &shown);
        let names = group.cause.units.iter().map(|unit| &unit.name);
        let cause = format!("{flip:?}\n{}", brute.texts(names));
        tried.prints.push((group.fingerprint.clone(), cause));
    }
    tried.add("groups", groups.len());
    assert_eq!(groups.len(), flips.len(), "{}", shown());
    // However they were decided, the report is the same, but for which examples of equal rank it shows.
    assert_eq!(documents[0].classes, documents[1].classes);
    assert_eq!(documents[0].groups, documents[1].groups, "{}", shown());
}

/// What a group says of its cause is what brute force found, and of its units what the texts say.
fn cause<'f>(
    group: &GroupNote,
    flips: &'f Flips,
    brute: &Brute,
    shown: &dyn Fn() -> String,
) -> &'f Flip {
    let context = || format!("{group:#?}\n{}", shown());
    let examples: Vec<&String> = group.exemplars.iter().map(|found| &found.id).collect();
    let (flip, ids) = flips
        .iter()
        .find(|(_, ids)| examples.iter().all(|id| ids.contains(*id)))
        .unwrap_or_else(|| panic!("its examples are not of one cause: {}", context()));
    assert!(!examples.is_empty(), "{}", context());
    assert_eq!(group.actions, ids.len() as u64, "{}", context());
    let found = (group.class, sets(&group.cause.why), sets(&group.cause.undo));
    let expected = (flip.class, flip.why.clone(), flip.undo.clone());
    assert_eq!(found, expected, "{}", context());
    assert!(group.cause.exact, "{}", context());
    let named: BTreeSet<String> = flip
        .why
        .iter()
        .chain(&flip.undo)
        .flatten()
        .cloned()
        .collect();
    let noted = group.cause.units.iter().map(|unit| unit.name.clone());
    assert_eq!(noted.collect::<BTreeSet<_>>(), named, "{}", context());
    for unit in &group.cause.units {
        let UnitNote { name, kind, .. } = unit;
        assert!(brute.edits.contains(name), "{}", context());
        let known = &brute.units[name];
        let there = |side: usize| !known.sides[side].is_empty();
        assert_eq!(unit.base_status == "absent", !there(0), "{}", context());
        assert_eq!(unit.head_status == "absent", !there(1), "{}", context());
        assert_eq!(kind, known.kind, "{}", context());
        assert_eq!(unit.origins, [Origin::Policy], "{}", context());
        let side = usize::from(there(1));
        let permits = known.sides[side]
            .iter()
            .all(|piece| piece.text.starts_with("permit"));
        assert_eq!(unit.effect == "permit", permits, "{}", context());
    }
    flip
}

/// The sets of ways, one by one.
fn sets(ways: &[WayNote]) -> Sets {
    let of = |way: &WayNote| -> Vec<BTreeSet<String>> {
        let all: BTreeSet<String> = way.all.iter().cloned().collect();
        let with = |one: &String| all.iter().chain([one]).cloned().collect();
        match way.and_one_of.is_empty() {
            true => vec![all],
            false => way.and_one_of.iter().map(with).collect(),
        }
    };
    let sets: Vec<BTreeSet<String>> = ways.iter().flat_map(of).collect();
    let unique: Sets = sets.iter().cloned().collect();
    assert_eq!(unique.len(), sets.len(), "a set stands twice: {ways:?}");
    unique
}

/// The flips of the groups that an engine made, with the actions in each of them.
fn grouped(changes: &DecisionChanges) -> Flips {
    let notes = |ways: &[Way]| -> Vec<WayNote> {
        let names = |names: &BTreeSet<Arc<str>>| names.iter().map(ToString::to_string).collect();
        let way = |way: &Way| WayNote {
            all: names(&way.all),
            and_one_of: names(&way.and_one_of),
        };
        ways.iter().map(way).collect()
    };
    let mut flips = Flips::new();
    for (key, detail) in &changes.details.groups {
        let ChangeKey { class, because } = key.as_ref();
        if !class.is_flip() {
            continue;
        }
        let Because::Flip(cause) = because else {
            panic!("nothing is unknown, and still there is no cause: {key:?}");
        };
        // The forbids are what must all be lifted to allow, which is a way of its own.
        let to_allow = match key.widens() {
            true => &cause.why,
            false => &cause.undo,
        };
        let forbids = to_allow.iter().flat_map(|way| &way.all);
        let flip = Flip {
            class: *class,
            why: sets(&notes(&cause.why)),
            undo: sets(&notes(&cause.undo)),
            forbids: forbids.map(ToString::to_string).collect(),
        };
        let kept = detail.pool.values().map(|kept| kept.id.to_string());
        let ids: BTreeSet<String> = kept.collect();
        assert_eq!(ids.len() as u64, detail.actions, "{key:?}");
        let known = flips.insert(flip, ids);
        assert_eq!(known, None, "two groups have one cause: {key:?}");
    }
    flips
}

fn id(at: usize) -> String {
    format!("id-{at}")
}

/// What changed, and how many lines the lane took.
fn compared(
    base: &Side<'_>,
    head: &Side<'_>,
    lane: bool,
    requests: &[Json],
) -> (DecisionChanges, usize) {
    let ground = Ground::default();
    let comparison = Comparison::new(&ground, base, head, CompareOptions::default());
    let mut worker = comparison.worker();
    let recording: Arc<str> = "r.jsonl".into();
    let mut taken = 0;
    for (at, request) in requests.iter().enumerate() {
        let line = json!({
            "version": 1, "id": id(at), "session": format!("s{}", at / 4),
            "agent": format!("agent-{}", at % 3), "request": { "cedar": request },
        });
        let (number, text) = (at as u64 + 1, line.to_string());
        if lane && worker.line(&recording, number, &text).is_some() {
            taken += 1;
            continue;
        }
        let place = Place {
            recording: recording.clone(),
            line: number,
        };
        let action = serde_json::from_value(line).unwrap();
        worker.observe(Incoming::Action(place, Box::new(action)));
    }
    (worker.finish(), taken)
}

fn reported(
    [base, head]: [&PolicyVersion; 2],
    sides: [&Side<'_>; 2],
    pairing: &Pairing,
    changes: DecisionChanges,
) -> Document {
    let report = DiffReport {
        repository: policy_changes(base, head, pairing),
        decisions: Some(changes),
        ..DiffReport::default()
    };
    document(Input {
        repository: (&report.repository).into(),
        report: &report,
        sides,
        versions: Default::default(),
        name: None,
        now: "2026-11-02".to_owned(),
        recordings: vec!["r.jsonl".to_owned()],
        tested: BTreeSet::new(),
    })
}

fn count(flips: &Flips, brute: &Brute, tried: &mut Tried) {
    for (flip, ids) in flips {
        let mut add = |what: String| tried.add(what, ids.len());
        add("flips".to_owned());
        add(format!("flips: {}", flip.class));
        let named: BTreeSet<&String> = flip.why.iter().chain(&flip.undo).flatten().collect();
        let units = || named.iter().map(|name| (*name, &brute.units[*name]));
        let kinds: BTreeSet<&str> = units().map(|(_, unit)| unit.kind).collect();
        kinds
            .iter()
            .for_each(|kind| add(format!("flips by a {kind}")));
        let effects = |side: &BTreeSet<causes::brute::Piece>| -> BTreeSet<bool> {
            side.iter()
                .map(|piece| piece.text.starts_with("permit"))
                .collect()
        };
        let turned = units().any(|(_, unit)| {
            let [base, head] = &unit.sides;
            !base.is_empty() && !head.is_empty() && effects(base) != effects(head)
        });
        let together = units().any(|(template, unit)| {
            let link = |name: &&String| name.starts_with(&format!("{template}-"));
            unit.kind == "template" && named.iter().any(link)
        });
        let several = |sets: &Sets| sets.iter().any(|set| set.len() > 1);
        for (holds, what) in [
            (turned, "flips with an effect that changed"),
            (together, "flips by a template and one of its links"),
            (flip.why.len() > 1, "flips with several whys"),
            (flip.undo.len() > 1, "flips with several undos"),
            (several(&flip.why), "flips whose why is a set of several"),
            (several(&flip.undo), "flips whose undo is a set of several"),
        ] {
            if holds {
                add(what.to_owned());
            }
        }
    }
}
