//! Gates of trust and of control.

use super::tests::{document, judged, limited, stops};
use super::*;
use crate::diff::document::{ControlChange, ControlKind, GateLimits, RepositoryNote, Untried};
use crate::repository::{ControlGate, Freshness, Percent};

#[test]
fn gates_of_trust_make_it_inconclusive() {
    let all_well = || document(Vec::new());
    let trust = |change: fn(&mut Document)| {
        let mut document = all_well();
        change(&mut document);
        document
    };
    let cases: [(&str, Document, &str); 10] = [
        (
            "traffic",
            trust(|d| d.traffic = None),
            "nothing was replayed",
        ),
        (
            "traffic",
            trust(|d| d.trust.compared = 0),
            "0 of 1,000 actions",
        ),
        (
            "fidelity",
            trust(|d| d.trust.fidelity.same = 994),
            "99.40 %",
        ),
        (
            "undecidable",
            trust(|d| d.trust.head.undecidable = 51),
            "5.10 %",
        ),
        (
            "undecidable",
            trust(|d| d.trust.head.not_replayable = 51),
            "5.10 %",
        ),
        (
            "untested_change",
            trust(|d| {
                d.trust.untried = vec![Untried {
                    policy: "p".to_owned(),
                    tested: false,
                }]
            }),
            "1 policy: `p`",
        ),
        ("ungrouped", trust(|d| d.ungrouped = 1), "1 change"),
        (
            "malformed",
            trust(|d| d.traffic.as_mut().unwrap().malformed = 2),
            "2 records",
        ),
        (
            "repeated_ids",
            trust(|d| d.repeated_ids = BTreeMap::from([("a".to_owned(), 2)])),
            "1 id",
        ),
        (
            "undecided_changes",
            trust(|d| d.trust.undecided_changes = BTreeMap::from([("p".to_owned(), 7)])),
            "7 undecided actions",
        ),
    ];
    for (name, document, actual) in cases {
        let found = stops(&document, name);
        assert_eq!(found.verdict, GateVerdict::Inconclusive, "{name}");
        assert!(found.actual.contains(actual), "{found:?}");
    }
    // At the limit, each passes.
    for document in [
        trust(|d| d.trust.fidelity.same = 995),
        trust(|d| d.trust.head.undecidable = 50),
        trust(|d| {
            d.trust.untried = vec![Untried {
                policy: "p".to_owned(),
                tested: true,
            }]
        }),
        trust(|d| {
            d.trust.head.not_replayable = 500;
            d.trust.head.reasons = BTreeMap::from([("left_out".to_owned(), 500)]);
        }),
        trust(|d| {
            d.traffic = None;
            d.repository = RepositoryNote::default();
        }),
    ] {
        assert_eq!(judged(&document).result, "clean");
    }
    // Limits of the manifest.
    let loose = Gates {
        fidelity: crate::repository::Fidelity {
            min: Percent(9_000),
        },
        undecidable: crate::repository::Undecidable {
            max: Percent(1_000),
        },
        untested_change: crate::repository::MaxPolicies { max_policies: 1 },
        ..Gates::default()
    };
    let worse = trust(|d| {
        d.trust.fidelity.same = 900;
        d.trust.head.undecidable = 100;
        d.trust.untried = vec![Untried {
            policy: "p".to_owned(),
            tested: false,
        }];
    });
    assert_eq!(judged(&worse).result, "inconclusive");
    assert_eq!(judged(&limited(worse, loose)).result, "clean");
}

#[test]
fn freshness_is_off_until_it_has_a_limit() {
    let mut old = document(Vec::new());
    old.trust.age_days = Some(31);
    assert_eq!(judged(&old).result, "clean");
    let gates = Gates {
        freshness: Freshness { max_days: Some(30) },
        ..Gates::default()
    };
    assert_eq!(
        stops(&limited(old.clone(), gates), "freshness").limit,
        "at most 30 days old"
    );
    old.trust.age_days = None;
    stops(&limited(old.clone(), gates), "freshness");
    old.trust.age_days = Some(30);
    assert_eq!(judged(&limited(old.clone(), gates)).result, "clean");
    old.trust.age_days = Some(-1);
    assert_eq!(judged(&limited(old, gates)).result, "clean");
}

#[test]
fn weakened_control_fails_unless_both_sides_only_warn() {
    let mut document = document(Vec::new());
    document.repository.control = vec![ControlChange {
        kind: ControlKind::Test,
        what: "tests/a.test.yaml deleted".to_owned(),
        weakens: true,
    }];
    assert_eq!(
        stops(&document, "control").actual,
        "1 change that weaken control"
    );
    let warn = Gates {
        control: ControlGate::Warn,
        ..Gates::default()
    };
    assert_eq!(judged(&limited(document.clone(), warn)).result, "clean");
    // To set it to warn is a weakened gate itself.
    document.repository.control.clear();
    document.gates = GateLimits {
        base: Some(Gates::default()),
        head: warn,
    };
    stops(&document, "control");
    // A stricter gate is none.
    document.gates = GateLimits {
        base: Some(warn),
        head: Gates::default(),
    };
    assert_eq!(judged(&document).result, "clean");
}
