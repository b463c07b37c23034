//! Reports do not show how they came about: seven uneven shards, read in any order and merged in any order and any
//! tree, give the report of one run to the byte.

#[path = "support/own_policies.rs"]
mod own_policies;

use agentauthz::diff::{self, CompareOptions, Comparison, DecisionChanges, DiffReport};
use agentauthz::engine::{
    Chunk, Compared, Ground, Ids, Incoming, Merge, Pairing, Place, Side, SideTally, Verdict,
    Volume, Worker,
};
use agentauthz::model::{
    Answer, ChangeClass, Decision, EntityRef, FieldPath, Importer, NotReplayable, Outcome,
    RecordedAction, RecordedDecision, Request, Sources,
};
use agentauthz::recording::{Item, Items, Limits, parse};
use agentauthz::render::{self, Header};
use agentauthz::replay::{self, ReplayReport, Replayer};
use agentauthz::repository::{Files, PolicyVersion, load};
use agentauthz::source::Tree;
use own_policies::{line, of_documents};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Numbers that look random and are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut hash = self.0;
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((hash ^ (hash >> 31)) % bound as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

const SHARDS: usize = 7;

/// Folds items by one function on one result.
fn each<T: Clone, A: Default>(observe: impl Fn(&mut A, T)) -> impl Fn(&[T]) -> A {
    move |items| {
        let mut total = A::default();
        items
            .iter()
            .for_each(|item| observe(&mut total, item.clone()));
        total
    }
}

/// Folds items once in order, and in seven uneven shards that are read in whatever order and merged in trees of
/// whatever shape; every result is held to the first, and to what is shown of it.
fn hold<T: Clone, A: Merge + Clone + PartialEq + std::fmt::Debug>(
    items: &[T],
    fold: impl Fn(&[T]) -> A,
    show: impl Fn(&A) -> String,
) -> A {
    let whole = fold(items);
    let shown = show(&whole);
    let mut random = Random(items.len() as u64);
    for scattered in [false, true] {
        let mut shards: Vec<Vec<T>> = vec![Vec::new(); SHARDS];
        for (at, item) in items.iter().enumerate() {
            // Each shard is about twice as long as the one before.
            let place = match scattered {
                true => random.below(1 << SHARDS),
                false => (at << SHARDS) / items.len(),
            };
            let shard = (place + 1).ilog2() as usize;
            shards[shard.min(SHARDS - 1)].push(item.clone());
        }
        assert!(shards.iter().all(|shard| !shard.is_empty()));
        if scattered {
            shards.iter_mut().for_each(|shard| random.shuffle(shard));
        }
        let parts: Vec<A> = shards.iter().map(|shard| fold(shard)).collect();
        for _ in 0..4 {
            let mut pool = parts.clone();
            pool.push(A::default());
            while pool.len() > 1 {
                let other = pool.swap_remove(random.below(pool.len()));
                let into = random.below(pool.len());
                pool[into].merge(other);
            }
            let merged = pool.remove(0);
            assert!(merged == whole, "merged shards differ from one run");
            assert_eq!(format!("{merged:?}"), format!("{whole:?}"));
            assert!(show(&merged) == shown, "what is shown differs");
        }
    }
    whole
}

fn header() -> Header {
    Header {
        verbose: true,
        ..Header::default()
    }
}

/// The report of what was compared, as JSON.
fn shown_diff(left: &Side<'_>, right: &Side<'_>, changes: &DecisionChanges) -> String {
    let report = DiffReport {
        decisions: Some(changes.clone()),
        ..DiffReport::default()
    };
    let document = diff::document(diff::Input {
        report: &report,
        repository: Default::default(),
        sides: [left, right],
        versions: Default::default(),
        name: None,
        now: "2026-11-01".to_owned(),
        recordings: Vec::new(),
        tested: BTreeSet::new(),
    });
    render::document_json(&document).to_string()
}

fn shown_replay(report: &ReplayReport) -> String {
    let none = Sources::default();
    let text = render::replay(&header(), report, &none);
    format!("{text}{}", render::replay_json(&header(), report, &none))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn version(directory: &Path) -> PolicyVersion {
    let tree = Tree::directory(directory, false).unwrap();
    load(&Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read: &|path| tree.read(path).map_err(|error| error.message),
        refused: Vec::new(),
    })
}

/// The example's recordings.
fn example() -> Vec<Incoming> {
    let mut found = Vec::new();
    for name in ["2026-10.jsonl.zst", "2026-09.jsonl.zst"] {
        let path = format!("fixtures/recordings/{name}");
        let file = std::fs::File::open(root().join(&path)).unwrap();
        let reader = BufReader::new(zstd::Decoder::new(file).unwrap());
        let recording: Arc<str> = path.into();
        let items = Items::open(reader, Some(Importer::Native), name, Limits::default()).unwrap();
        for item in items.map(Result::unwrap) {
            let place = Place {
                recording: recording.clone(),
                line: item.line,
            };
            for action in parse(Importer::Native, &item, name).actions {
                found.push(match action {
                    Ok(action) => Incoming::Action(place.clone(), Box::new(action)),
                    Err(malformed) => Incoming::Malformed(place.clone(), malformed.message),
                });
            }
        }
    }
    found
}

#[test]
fn shards_of_the_example_give_the_report_of_one_run() {
    let (base, head) = (
        version(&root().join("fixtures/previous")),
        version(&root().join("policies")),
    );
    let pairing = Pairing::of(&base, &head);
    let (left, right) = (Side::base(&base, &pairing), Side::head(&head));
    let items = example();
    let changes = hold(
        &items,
        each(|changes, incoming| diff::observe(&left, &right, changes, incoming)),
        |changes| shown_diff(&left, &right, changes),
    );
    assert!(changes.volume.actions > 4_000, "{}", changes.volume.actions);
    assert!(changes.flips() > 0 && changes.groups.len() > 1);
    assert!(
        changes
            .groups
            .values()
            .any(|group| group.examples.len() == 3)
    );
    let report = hold(
        &items,
        each(|report: &mut ReplayReport, incoming| replay::observe(&right, report, incoming)),
        shown_replay,
    );
    assert_eq!(report.volume, changes.volume);
    assert_eq!(report.tally, changes.head);
}

/// So many actions are made: more than there are places for different sessions.
const MADE: usize = 80_000;

fn set(name: &str, at: usize) -> BTreeSet<Arc<str>> {
    BTreeSet::from([format!("{name}-{at}").into()])
}

fn answer(at: usize, decision: Option<Decision>) -> Answer {
    Answer {
        decision,
        determining: set("policy", at % 2_503),
        errors: set("broken", at % 12_011),
        unknown: [1, 7, 13]
            .map(|step| format!("unsure-{}", at * step % 12_007).into())
            .into(),
        may_err: BTreeSet::new(),
    }
}

fn verdict(at: usize, decision: Option<Decision>) -> Verdict {
    let field = |count: usize| FieldPath(vec![format!("field-{}", at % count)]);
    let said = answer(at, decision);
    let outcome = match (decision, at % 5) {
        (_, 4) => Outcome::NotReplayable(NotReplayable::NoMapping),
        (Some(_), _) => Outcome::Decided(said),
        (None, _) => Outcome::Undecidable(said, BTreeSet::from([field(12_041)])),
    };
    Verdict {
        outcome,
        policies: Vec::new(),
        request: Some(Request {
            principal: EntityRef::new("Agent", "a"),
            action: EntityRef::new("Action", format!("act-{}", at % 12_037)),
            resource: EntityRef::new("Thing", "t"),
            context: BTreeMap::new(),
            unknown: BTreeSet::new(),
        }),
        nonconforming: at.is_multiple_of(3).then(|| format!("message {at}")),
        left_out: BTreeSet::from([field(12_043)]),
        has_entities: false,
        tool: None,
        lacks: at % 7 == 2,
    }
}

/// An action with everything that there may be too much of, in two recordings of which every line has several.
fn made(at: usize) -> (Place, RecordedAction) {
    let place = Place {
        recording: format!("recording-{}", at % 2).into(),
        line: at as u64 / 8 + 1,
    };
    let mut action = RecordedAction::new(format!("id-{}", at * 7_919 % MADE));
    action.agent = Some(format!("agent-{}", at % 13_001));
    action.session = Some(format!("session-{at}"));
    action.call = Some(agentauthz::model::ToolCall {
        tool: format!("tool-{at}"),
        args: None,
        result: None,
    });
    // The same instant in two spellings, and a time that is none.
    action.time = Some(match at % 5 {
        0 => format!("2026-10-01T{:02}:00:00Z", at % 3),
        1 => format!("2026-10-01T{:02}:00:00+02:00", 2 + at % 3),
        _ => "tomorrow".to_owned(),
    });
    action.recorded = Some(RecordedDecision {
        decision: [Decision::Allow, Decision::Deny][at % 2],
        determining: None,
        policy_version: None,
    });
    (place, action)
}

fn decisions(at: usize) -> (Option<Decision>, Option<Decision>) {
    let decision = |at| [Some(Decision::Allow), Some(Decision::Deny), None][at % 3];
    (decision(at), decision(at / 3))
}

#[test]
fn shards_past_every_limit_give_the_report_of_one_run() {
    let items: Vec<usize> = (0..MADE).collect();
    let changes = hold(
        &items,
        each(|changes: &mut DecisionChanges, at| {
            let (place, action) = made(at);
            if at % 20 == 0 {
                let broken = Incoming::Malformed(place, format!("broken {at}"));
                assert!(changes.volume.read(broken).is_none());
                return;
            }
            let incoming = Incoming::Action(place, Box::new(action));
            let Some((place, action)) = changes.volume.read(incoming) else {
                return;
            };
            let (base, head) = decisions(at);
            let (base, head) = (verdict(at, base), verdict(at + 1, head));
            changes.unaffected += u64::from(at % 2 == 0);
            changes.base.count(&place, &action, &base);
            changes.head.count(&place, &action, &head);
            let class = ChangeClass::ALL[at % ChangeClass::ALL.len()];
            changes.count(place, &action, Compared { class, base, head });
        }),
        |changes| format!("{:?}", changes.classes),
    );
    past_limits(&changes.volume, &changes.base);
    assert_eq!(changes.unaffected, MADE as u64 / 2 - MADE as u64 / 20);
    assert_eq!(changes.groups.len(), 2_000);
    let kept: u64 = changes
        .groups
        .values()
        .map(|group| group.tally.actions)
        .sum();
    let changed = changes.volume.actions - changes.actions_in(ChangeClass::Unchanged);
    assert!(changes.ungrouped > 0);
    assert_eq!(kept + changes.ungrouped, changed);
    assert!(changes.undecided.others() > 0);
    assert_eq!(changes.undecided.len(), 10_000);
}

fn past_limits(volume: &Volume, tally: &SideTally) {
    assert!(!volume.sessions.is_exact());
    assert_eq!(volume.agents.total(), volume.actions);
    assert_eq!(
        (volume.malformed.count, volume.malformed.first.len()),
        (4_000, 10)
    );
    for (name, counts) in [
        ("agents", &volume.agents),
        ("tools", &tally.unmapped_tools),
        ("left out", &tally.left_out),
        ("errors", &tally.errors),
    ] {
        let rest = counts.others();
        assert!(
            counts.len() == 10_000 && rest > 0,
            "{name} {} {rest}",
            counts.len()
        );
    }
    assert!(tally.unknown_fields.len() > 5_000);
    for (name, named) in [("actions", &tally.by_action), ("agents", &tally.by_agent)] {
        assert_eq!(named.len(), 10_000, "{name}");
        let kept: u64 = named
            .entries()
            .map(|(_, decisions)| decisions.total())
            .sum();
        assert_eq!(
            kept + named.rest().total(),
            tally.decisions.total(),
            "{name}"
        );
    }
    let fidelity = &tally.fidelity;
    let kept: u64 = fidelity.mismatches.values().map(|notes| notes.count).sum();
    assert_eq!(fidelity.mismatches.len(), 1_000);
    assert!(fidelity.others > 0);
    assert_eq!(kept + fidelity.others, fidelity.compared - fidelity.same);
}

/// Whole lines, and the number of the first one.
type Lines = (u64, String);

/// Chunks of 1 to 40 lines.
fn chunks() -> Vec<Lines> {
    let (mut random, mut chunks) = (Random(1), Vec::new());
    let mut at = 0;
    while at < MADE {
        let end = (at + 1 + random.below(40)).min(MADE);
        let text = (at..end).map(|at| line(at) + "\n").collect();
        chunks.push((at as u64 + 1, text));
        at = end;
    }
    chunks
}

/// What a worker makes of these chunks.
fn worked<W: Worker>(mut worker: W, chunks: &[Lines]) -> W::Result {
    let recording: Arc<str> = "lines.jsonl".into();
    let read = |line: u64, bytes: &[u8], each: &mut dyn FnMut(Incoming)| {
        let place = Place {
            recording: recording.clone(),
            line,
        };
        let bytes = bytes.to_vec();
        for action in parse(Importer::Native, &Item { bytes, line }, &recording).actions {
            each(match action {
                Ok(action) => Incoming::Action(place.clone(), Box::new(action)),
                Err(malformed) => Incoming::Malformed(place.clone(), malformed.message),
            });
        }
    };
    for (first_line, text) in chunks {
        let chunk = Chunk {
            recording: &recording,
            importer: Importer::Native,
            first_line: *first_line,
            bytes: text.as_bytes(),
            read: &read,
        };
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        let counted = worker.chunk(&chunk, &mut Ids::of(&recording));
        assert_eq!(counted, Some(lines as u64));
    }
    worker.finish()
}

#[test]
fn shards_of_the_compiled_engine_give_the_report_of_one_run() {
    let (base, head) = (of_documents(false), of_documents(true));
    let pairing = Pairing::of(&base, &head);
    let (left, right) = (Side::base(&base, &pairing), Side::head(&head));
    let (ground, chunks) = (Ground::default(), chunks());
    let part = &chunks[..chunks.len() / 3];
    let mut seen = Volume::default();
    for (full, chunks) in [(false, chunks.as_slice()), (true, part)] {
        let options = CompareOptions { full, verify: 50 };
        let comparison = Comparison::new(&ground, &left, &right, options);
        let fold = |chunks: &[Lines]| worked(comparison.worker(), chunks);
        let shown = |changes: &DecisionChanges| shown_diff(&left, &right, changes);
        let changes = hold(chunks, fold, shown);
        let volume = &changes.volume;
        // One line in a thousand is broken, one is blank, and one is read in full.
        let rare = volume.malformed.count;
        let in_full: u64 = changes.left.iter().map(|(_, count)| count).sum();
        assert!(rare >= MADE as u64 / 4_000 && in_full.abs_diff(rare) <= 1);
        assert_eq!(changes.unaffected > 0, !full);
        assert_eq!(changes.disagreements.count, 0);
        assert_eq!(changes.sample.len(), 50);
        assert!(volume.agents.others() > 0);
        assert_eq!(changes.groups.len(), 2_000);
        assert!(changes.ungrouped > 0 && changes.classes.len() >= 4);
        for tally in [&changes.base, &changes.head] {
            assert_eq!(tally.fidelity.mismatches.len(), 1_000);
            assert!(tally.fidelity.others > 0 && tally.by_agent.rest().total() > 0);
            assert!(tally.errors.total() > 0);
        }
        if !full {
            assert!(!volume.sessions.is_exact());
            assert_eq!(volume.actions, (MADE - 2 * (MADE / 1_000)) as u64);
        }
        seen = changes.volume;
    }
    let replayer = Replayer::new(&ground, &right, 50);
    let fold = |chunks: &[Lines]| worked(replayer.worker(), chunks);
    let report = hold(part, fold, shown_replay);
    assert_eq!(report.volume, seen);
    let in_full: u64 = report.left.iter().map(|(_, count)| count).sum();
    assert!(in_full.abs_diff(seen.malformed.count) <= 1);
    assert!(report.tally.fidelity.others > 0 && report.tally.errors.total() > 0);
}
