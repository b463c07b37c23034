//! The engines against each other: every one of them says the same of the example's recordings.

mod support;

use agentauthz::diff::{CompareOptions, Comparison, DecisionChanges, observe};
use agentauthz::engine::{Engine, Ground, Pairing, Sample, Side};
use agentauthz::model::Importer;
use agentauthz::recording::{Item, parse};
use agentauthz::engine::{Incoming, Place};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use support::repository::load_directory;

/// The lines of the example's recordings.
fn lines() -> Vec<(Arc<str>, u64, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recordings");
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name: Arc<str> = path.file_name().unwrap().to_string_lossy().into();
        let mut text = String::new();
        agentauthz::source::open_stream(&path)
            .unwrap()
            .reader
            .read_to_string(&mut text)
            .unwrap();
        for (at, line) in (1..).zip(text.lines()) {
            lines.push((name.clone(), at, line.to_owned()));
        }
    }
    lines
}

fn incoming(name: &Arc<str>, at: u64, text: &str) -> Vec<Incoming> {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line: at,
    };
    let parsed = parse(Importer::Native, &item, name);
    let place = Place {
        recording: name.clone(),
        line: at,
    };
    parsed
        .actions
        .into_iter()
        .map(|action| match action {
            Ok(action) => Incoming::Action(place.clone(), Box::new(action)),
            Err(fault) => Incoming::Malformed(place.clone(), fault.message),
        })
        .collect()
}

/// The same, whatever engine it came from.
fn comparable(changes: DecisionChanges) -> DecisionChanges {
    DecisionChanges {
        interpreted: 0,
        sample: Sample::default(),
        ..changes
    }
}

fn compared(base: &Side<'_>, head: &Side<'_>, full: bool) -> (DecisionChanges, u64) {
    let ground = Ground::default();
    let options = CompareOptions { full, verify: 0 };
    let comparison = Comparison::new(&ground, base, head, options);
    let mut worker = comparison.worker();
    let mut taken = 0;
    for (name, at, text) in lines() {
        if worker.line(&name, at, &text).is_some() {
            taken += 1;
            continue;
        }
        for found in incoming(&name, at, &text) {
            worker.observe(found);
        }
    }
    (worker.finish(), taken)
}

#[test]
fn all_engines_say_the_same_of_the_example() {
    let (base, head) = (load_directory("fixtures/previous"), load_directory("policies"));
    for (base, head) in [(&base, &head), (&head, &head), (&head, &base)] {
        let pairing = Pairing::of(base, head);
        let sides = |engine| {
            (
                Side::base(base, &pairing).with_engine(engine),
                Side::head(head).with_engine(engine),
            )
        };
        let mut general = DecisionChanges::default();
        let (left, right) = sides(Engine::Interpreted);
        for (name, at, text) in lines() {
            for found in incoming(&name, at, &text) {
                observe(&left, &right, &mut general, found);
            }
        }
        let (left, right) = sides(Engine::Compiled);
        let (full, taken) = compared(&left, &right, true);
        println!("taken {taken}");
        assert_eq!(comparable(full), general);
        let (left, right) = sides(Engine::Reference);
        let (reference, none) = compared(&left, &right, true);
        assert_eq!(none, 0);
        assert_eq!(comparable(reference).classes, general.classes);
    }
}
