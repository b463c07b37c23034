//! `cargo bench --bench parts`: the parts of a replay, one by one.

#[path = "data/mod.rs"]
mod data;

use agentauthz::cedar::BuiltRequest;
use agentauthz::diff::{DecisionChanges, observe};
use agentauthz::engine::{Ground, Incoming, Merge, Pairing, Place, Side, Track};
use agentauthz::model::{Importer, RecordedAction};
use agentauthz::recording::{CHUNK, Chunks, Item, Items, Limits, parse};
use agentauthz::repository::{Files, PolicyVersion, load};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use data::{Data, Spec, Version};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACTIONS: usize = 512;

fn version(files: &BTreeMap<String, String>) -> PolicyVersion {
    load(&Files {
        paths: files.keys().cloned().collect(),
        read: &|path| {
            files
                .get(path)
                .map(|text| text.clone().into_bytes())
                .ok_or_else(String::new)
        },
        refused: Vec::new(),
    })
}

fn items(data: &Data) -> Vec<Item> {
    let (text, _) = data.recording(ACTIONS);
    Items::open(
        text.as_bytes(),
        Some(Importer::Native),
        "bench",
        Limits::default(),
    )
    .expect("it opens")
    .map(|item| item.expect("it reads"))
    .collect()
}

fn actions(items: &[Item]) -> Vec<RecordedAction> {
    let parsed = items
        .iter()
        .flat_map(|item| parse(Importer::Native, item, "bench").actions);
    parsed.map(|action| action.expect("a record")).collect()
}

fn reading(criterion: &mut Criterion) {
    let data = Data::new(Spec {
        records: 1_000,
        ..Spec::new(10)
    });
    let items = items(&data);
    let actions = actions(&items);
    let mut group = criterion.benchmark_group("reading");
    group.throughput(Throughput::Elements(ACTIONS as u64));
    group.bench_function("a native line", |bencher| {
        bencher.iter(|| {
            items
                .iter()
                .for_each(|item| drop(black_box(parse(Importer::Native, item, "bench"))))
        });
    });
    let loaded = version(&data.files(Version::Base));
    let schema = loaded.schema.as_ref().expect("there is a schema");
    let side = Side::head(&loaded);
    let requests: Vec<_> = actions
        .iter()
        .filter_map(|action| side.recorded_request(action))
        .collect();
    assert_eq!(requests.len(), actions.len());
    group.bench_function("a request out of its values", |bencher| {
        bencher.iter(|| {
            requests
                .iter()
                .for_each(|request| drop(black_box(BuiltRequest::build(request))))
        });
    });
    let built: Vec<BuiltRequest> = requests
        .iter()
        .map(|request| BuiltRequest::build(request).expect("it is built"))
        .collect();
    group.bench_function("whether a request conforms", |bencher| {
        bencher.iter(|| {
            built
                .iter()
                .for_each(|request| drop(black_box(request.conforms(schema))))
        });
    });
    group.finish();
}

fn deciding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("deciding");
    group.throughput(Throughput::Elements(ACTIONS as u64));
    for policies in [10, 100, 1_000] {
        let data = Data::new(Spec {
            records: 1_000,
            ..Spec::new(policies)
        });
        let loaded = version(&data.files(Version::Base));
        let side = Side::head(&loaded);
        let actions = actions(&items(&data));
        group.bench_with_input(
            BenchmarkId::new("one side", policies),
            &actions,
            |bencher, actions| {
                bencher.iter(|| {
                    actions
                        .iter()
                        .for_each(|action| drop(black_box(side.decide(action))))
                });
            },
        );
    }
    group.finish();
}

/// Lines read and decided from their bytes.
fn compiled(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compiled");
    group.throughput(Throughput::Elements(ACTIONS as u64));
    let recording: Arc<str> = "bench".into();
    for policies in [100, 1_000] {
        let data = Data::new(Spec {
            records: 1_000,
            ..Spec::new(policies)
        });
        let (base, head) = (
            version(&data.files(Version::Base)),
            version(&data.files(Version::Head)),
        );
        let pairing = Pairing::of(&base, &head);
        let (left, right) = (Side::base(&base, &pairing), Side::head(&head));
        let (text, _) = data.recording(ACTIONS);
        let ground = Ground::default();
        // Where no changed policy's scope holds, a line is only read and checked.
        for (name, full) in [
            ("a line, where it may differ", false),
            ("a line, evaluated on both sides", true),
        ] {
            let track = Track::of_two(&ground, &left, &right, full, &[]).expect("it is compiled");
            let mut lane = track.lane();
            group.bench_with_input(
                BenchmarkId::new(name, policies),
                text.as_str(),
                |bencher, text| {
                    bencher.iter(|| {
                        for (at, line) in (1..).zip(text.lines()) {
                            let taken = lane.take(&recording, at, line);
                            assert!(taken.is_some(), "the lane takes every line");
                        }
                        black_box(lane.hand_over());
                    });
                },
            );
        }
    }
    group.finish();
}

fn checking(criterion: &mut Criterion) {
    let data = Data::new(Spec {
        records: 1_000,
        ..Spec::new(100)
    });
    let loaded = version(&data.files(Version::Base));
    let schema = loaded.schema.as_ref().expect("there is a schema");
    let sources: BTreeMap<_, _> = loaded
        .sources
        .iter()
        .map(|file| (file.path.clone(), file.clone()))
        .collect();
    let set = &loaded.policies;
    let mut group = criterion.benchmark_group("checking 100 policies");
    group.sample_size(10);
    group.bench_function("once per class of environments", |bencher| {
        bencher.iter(|| black_box(set.validate(schema, &sources, None)));
    });
    group.bench_function("by Cedar's validator alone", |bencher| {
        bencher.iter(|| black_box(set.validate_by_cedar(schema, &sources)));
    });
    group.finish();
}

/// A recording cut into chunks of whole lines.
fn cutting(criterion: &mut Criterion) {
    let data = Data::new(Spec {
        records: 1_000,
        ..Spec::new(10)
    });
    let (text, _) = data.recording(20 * ACTIONS);
    let mut group = criterion.benchmark_group("cutting");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("chunks of lines", |bencher| {
        bencher.iter(|| {
            let mut chunks = Chunks::new(text.as_bytes(), Limits::default(), CHUNK);
            let mut bytes = 0;
            while let Some(chunk) = chunks.next() {
                let chunk = chunk.expect("it reads").bytes;
                bytes += black_box(&chunk).len();
                chunks.reuse(chunk);
            }
            assert_eq!(bytes, text.len());
        });
    });
    group.finish();
}

fn comparing(criterion: &mut Criterion) {
    let data = Data::new(Spec {
        records: 1_000,
        ..Spec::new(1_000)
    });
    let (base, head) = (
        version(&data.files(Version::Base)),
        version(&data.files(Version::Head)),
    );
    let mut group = criterion.benchmark_group("comparing");
    group.sample_size(20);
    group.bench_function("pairing of 1,000 policies", |bencher| {
        bencher.iter(|| black_box(Pairing::of(&base, &head)));
    });
    let pairing = Pairing::of(&base, &head);
    let (left, right) = (Side::base(&base, &pairing), Side::head(&head));
    group.bench_function("compiling both sides of 1,000 policies", |bencher| {
        bencher.iter(|| {
            let ground = Ground::default();
            black_box(Track::of_two(&ground, &left, &right, false, &[])).is_some()
        });
    });
    let actions = actions(&items(&data));
    let parts: Vec<DecisionChanges> = actions
        .chunks(ACTIONS / 8)
        .map(|actions| {
            let mut part = DecisionChanges::default();
            for (line, action) in actions.iter().enumerate() {
                let place = Place {
                    recording: "bench".into(),
                    line: line as u64 + 1,
                };
                observe(
                    &left,
                    &right,
                    &mut part,
                    Incoming::Action(place, Box::new(action.clone())),
                );
            }
            part
        })
        .collect();
    group.bench_function("merging eight accumulators", |bencher| {
        bencher.iter_batched(
            || parts.clone(),
            |parts| {
                let mut all = DecisionChanges::default();
                parts.into_iter().for_each(|part| all.merge(part));
                all
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn loading(criterion: &mut Criterion) {
    let data = Data::new(Spec {
        records: 1_000,
        ..Spec::new(100)
    });
    let files = data.files(Version::Base);
    let mut group = criterion.benchmark_group("loading");
    group.sample_size(10);
    group.bench_function("100 policies, 1,000 actions, 4,000 entities", |bencher| {
        bencher.iter(|| black_box(version(&files)));
    });
    group.finish();
}

criterion_group!(
    parts, cutting, reading, compiled, deciding, comparing, checking, loading
);
criterion_main!(parts);
