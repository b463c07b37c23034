//! `cargo bench`: how many recorded actions of the example are decided under both versions in a second.
//!
//! A plain measurement of the whole library path, parsing included; the engine's own benchmarks come with it.

use agentauthz::diff::{DecisionChanges, observe};
use agentauthz::engine::{Incoming, Pairing, Place, Side};
use agentauthz::model::Importer;
use agentauthz::recording::{Items, Limits, parse};
use agentauthz::repository::{Files, PolicyVersion, load};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn version(directory: &Path) -> PolicyVersion {
    let tree = agentauthz::source::Tree::directory(directory, false).expect("the example is there");
    load(&Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read: &|path| tree.read(path).map_err(|error| error.message),
        refused: Vec::new(),
    })
}

fn main() {
    let (base, head) = (
        version(&root().join("fixtures/previous")),
        version(&root().join("policies")),
    );
    let pairing = Pairing::of(&base, &head);
    let (left, right) = (Side::base(&base, &pairing), Side::head(&head));
    let path = root().join("fixtures/recordings/2026-10.jsonl.zst");
    let file = std::fs::File::open(path).expect("the recording is there");
    let reader = BufReader::new(zstd::Decoder::new(file).expect("it is compressed"));
    let items: Vec<_> = Items::open(reader, Some(Importer::Native), "2026-10", Limits::default())
        .expect("it opens")
        .map(|item| item.expect("it reads"))
        .collect();
    let mut best = f64::INFINITY;
    let mut total = 0;
    for _ in 0..5 {
        let start = Instant::now();
        let mut changes = DecisionChanges::default();
        for item in &items {
            for action in parse(Importer::Native, item, "2026-10")
                .actions
                .into_iter()
                .flatten()
            {
                let place = Place {
                    recording: "2026-10".into(),
                    line: item.line,
                };
                observe(
                    &left,
                    &right,
                    &mut changes,
                    Incoming::Action(place, Box::new(action)),
                );
            }
        }
        total = changes.volume.actions;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "diff of {total} actions, {} and {} policies, one thread: {:.0} actions a second (best of 5)",
        base.policies.policies().len(),
        head.policies.policies().len(),
        total as f64 / best
    );
}
