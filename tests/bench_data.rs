//! The data that benchmarks measure with: the same bytes forever, clean, conforming, and with some of everything.

#[path = "../benches/data/mod.rs"]
mod data;

use agentauthz::engine::{Pairing, Side};
use agentauthz::model::{Decision, Importer, Outcome, RecordedAction, Value};
use agentauthz::recording::{Item, Items, Limits, parse, write};
use agentauthz::repository::{Files, PolicyVersion, load};
use data::{Contexts, Data, Form, Hierarchy, Impact, Spec, Thresholds, Version};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

fn small(policies: usize) -> Spec {
    Spec {
        records: 1_000,
        ..Spec::new(policies)
    }
}

fn version(files: &BTreeMap<String, String>) -> PolicyVersion {
    load(&Files {
        paths: files.keys().cloned().collect(),
        read: &|path| Ok(files[path].clone().into_bytes()),
        refused: Vec::new(),
    })
}

fn clean(data: &Data, of: Version) -> PolicyVersion {
    let loaded = version(&data.files(of));
    assert!(
        loaded.diagnostics.is_empty(),
        "{}: {:#?}",
        data.spec.name(),
        &loaded.diagnostics[..1]
    );
    let report = agentauthz::check::check(&loaded);
    assert!(
        !report.failed() && report.errors() + report.warnings() == 0,
        "{report:?}"
    );
    loaded
}

fn actions(text: &str) -> Vec<RecordedAction> {
    let items: Vec<Item> = Items::open(
        text.as_bytes(),
        Some(Importer::Native),
        "generated",
        Limits::default(),
    )
    .unwrap()
    .map(|item| item.unwrap())
    .collect();
    items
        .iter()
        .flat_map(|item| parse(Importer::Native, item, "generated").actions)
        .map(|action| action.unwrap())
        .collect()
}

fn digest(data: &Data, lines: usize) -> String {
    let mut hash = Sha256::new();
    for of in [Version::Base, Version::Head] {
        for (path, text) in data.files(of) {
            hash.update(path);
            hash.update(text);
        }
    }
    hash.update(data.recording(lines).0);
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn the_bytes_never_change() {
    assert_eq!(
        digest(&Data::new(small(10)), 100),
        "bb381b1ecd765b0673cde4b0ecc60f6c8a512d2e9257ef536a4b3c2d8b43cda8"
    );
    assert_eq!(
        digest(&Data::new(small(100)), 1_000),
        "f31e5e98746ef7c625d6de9def8481d6c5628ab0a1025537490e9f8a64e90aa5"
    );
}

#[test]
fn variants_are_clean_and_conform() {
    let variants = [
        small(10),
        Spec {
            thresholds: Thresholds::Shared,
            ..small(100)
        },
        Spec {
            impact: Impact::Everything,
            ..small(100)
        },
        Spec {
            contexts: Contexts::Distinct,
            impact: Impact::Little,
            ..small(100)
        },
        Spec {
            contexts: Contexts::Large,
            unscoped: 40,
            ..small(100)
        },
        Spec {
            hierarchy: Hierarchy::Deep,
            recorded: true,
            ..small(100)
        },
        Spec {
            contexts: Contexts::Odd,
            ..small(100)
        },
        Spec {
            form: Form::Call,
            ..small(100)
        },
        Spec {
            form: Form::WithEntity,
            comment: true,
            ..small(100)
        },
    ];
    let mut names = BTreeSet::new();
    for spec in variants {
        assert!(names.insert(spec.name()));
        let odd = spec.contexts == Contexts::Odd;
        let data = Data::new(spec);
        let (base, head) = (clean(&data, Version::Base), clean(&data, Version::Head));
        let pairing = Pairing::of(&base, &head);
        let sides = [Side::base(&base, &pairing), Side::head(&head)];
        let (text, touched) = data.recording(300);
        assert_eq!(touched.len(), 300);
        let read = actions(&text);
        let mut written = Vec::new();
        read.iter()
            .for_each(|action| write(action, &mut written).unwrap());
        assert!(
            written == text.as_bytes(),
            "{}: written otherwise",
            data.spec.name()
        );
        for action in &read {
            assert_eq!(action.recorded.is_some(), data.spec.recorded);
            for side in &sides {
                let verdict = side.decide(action);
                assert_eq!(
                    verdict.nonconforming.is_some(),
                    odd,
                    "{:?}",
                    verdict.nonconforming
                );
            }
        }
    }
}

/// The mapping makes the requests of the calls that are recorded as such elsewhere.
#[test]
fn calls_are_mapped_to_the_same_requests() {
    let calls = Data::new(Spec {
        form: Form::Call,
        ..small(10)
    });
    let loaded = clean(&calls, Version::Base);
    let side = Side::head(&loaded);
    let (made, recorded) = (
        calls.recording(500).0,
        Data::new(small(10)).recording(500).0,
    );
    for (call, action) in actions(&made).iter().zip(actions(&recorded)) {
        assert!(call.call.is_some() && call.request.is_none());
        let (mapped, recorded) = (side.decide(call), side.decide(&action));
        assert_eq!(mapped.outcome, recorded.outcome);
        let (mut mapped, recorded) = (mapped.request.unwrap(), recorded.request.unwrap());
        // The same number, as it is written in JSON.
        if let Some(Value::Extension(_, price)) = mapped.context.get_mut("price") {
            *price = format!("{:.2}", price.parse::<f64>().unwrap());
        }
        assert_eq!(mapped, recorded);
    }
}

/// Every operator and method of Cedar's conditions that agent policies use.
const OPERATORS: [&str; 33] = [
    " == ",
    " != ",
    " < ",
    " <= ",
    " > ",
    " >= ",
    " && ",
    " || ",
    "!",
    "if ",
    " has ",
    " like ",
    " in ",
    " is ",
    " + ",
    " - ",
    " * ",
    " -",
    ".contains(",
    ".containsAll(",
    ".containsAny(",
    ".isEmpty()",
    ".hasTag(",
    ".getTag(",
    ".isInRange(",
    "ip(",
    "decimal(",
    ".lessThanOrEqual(",
    ".greaterThan(",
    "datetime(",
    "duration(",
    ".toTime()",
    ".offset(",
];

#[test]
fn there_is_some_of_everything() {
    let data = Data::new(Spec {
        unscoped: 4,
        ..small(500)
    });
    let (base, head) = (clean(&data, Version::Base), clean(&data, Version::Head));
    assert_eq!(base.policies.policies().len(), 500);
    let text = data.policies_text(Version::Base);
    for operator in OPERATORS {
        assert!(text.contains(operator), "no policy has `{operator}`");
    }
    assert!(!data.links(Version::Base).is_empty());
    let permits = text.matches("\npermit (").count() * 100
        / (text.matches("\nforbid (").count() + text.matches("\npermit (").count());
    assert!((65..=75).contains(&permits), "{permits} % permits");
    let pairing = Pairing::of(&base, &head);
    let sides = [Side::base(&base, &pairing), Side::head(&head)];
    let (text, touched) = data.recording(3_000);
    let (mut allow, mut deny, mut errors, mut differ) = (0, 0, 0, 0);
    for action in actions(&text) {
        let [base, head] = sides.each_ref().map(|side| side.decide(&action).outcome);
        differ += usize::from(base != head);
        let Outcome::Decided(answer) = base else {
            panic!("{base:?}")
        };
        match answer.decision {
            Some(Decision::Allow) => allow += 1,
            _ => deny += 1,
        }
        errors += usize::from(!answer.errors.is_empty());
    }
    println!(
        "{allow} allow, {deny} deny, {errors} with errors, {differ} differ, {:.1} % affected",
        100.0 * data.affected(&touched)
    );
    assert!(allow > 300 && deny > 300 && errors > 10 && differ > 0);
}

#[test]
fn what_a_change_affects_is_bounded() {
    for (impact, low, high) in [
        (Impact::Little, 0.001, 0.05),
        (Impact::Natural, 0.05, 0.6),
        (Impact::Everything, 1.0, 1.0),
    ] {
        let data = Data::new(Spec {
            impact,
            ..small(1_000)
        });
        let affected = data.affected(&data.recording(20_000).1);
        println!("{impact:?}: {:.2} % affected", 100.0 * affected);
        assert!((low..=high).contains(&affected), "{impact:?}: {affected}");
    }
}

/// Scopes as the generator sees them are those that Cedar sees.
#[test]
fn unaffected_actions_are_decided_alike() {
    let data = Data::new(small(100));
    let (base, head) = (clean(&data, Version::Base), clean(&data, Version::Head));
    let pairing = Pairing::of(&base, &head);
    let (left, right) = (Side::base(&base, &pairing), Side::head(&head));
    let (text, touched) = data.recording(2_000);
    let mut unaffected = 0;
    for (action, touched) in actions(&text).iter().zip(&touched) {
        let same = left
            .decide(action)
            .policies
            .iter()
            .map(|p| (p.policy.clone(), p.status))
            .collect::<BTreeMap<_, _>>()
            == right
                .decide(action)
                .policies
                .iter()
                .map(|p| (p.policy.clone(), p.status))
                .collect();
        if data.affected(std::slice::from_ref(touched)) == 0.0 {
            unaffected += 1;
            assert!(same, "{touched:?}");
        }
    }
    assert!(unaffected > 500);
}

/// What the speed of importers is measured with is read as what it was made of, and is known by its first bytes.
#[test]
fn logs_of_every_format_hold_the_calls_that_they_were_made_of() {
    for importer in Importer::ALL {
        let log = data::logs::log(*importer, 60_000);
        assert!(log.bytes.len() >= 60_000 && log.actions > 20);
        let count = data::logs::read(*importer, &log.bytes);
        let expected = data::logs::Count {
            actions: log.actions,
            malformed: 0,
        };
        assert_eq!(count, expected, "{importer:?}");
        assert_eq!(log.bytes, data::logs::log(*importer, 60_000).bytes);
        let own = [Importer::Csv, Importer::Jsonl].contains(importer);
        let detected = agentauthz::recording::detect(&log.bytes, "x");
        assert_eq!(detected, Some(*importer).filter(|_| !own), "{importer:?}");
    }
}
