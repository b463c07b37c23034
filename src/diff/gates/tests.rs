//! Every gate, and whose limits count.

use super::*;
use crate::diff::document::{
    ClassNote, ControlChange, ControlKind, DecidingValue, FidelityNote, GateLimits,
    PolicyChangeNote, RepositoryNote, Traffic, Trust,
};
use crate::model::ChangeClass as C;
use crate::repository::{MaxActions, MaxSessions, Percent};

const NOW: &str = "2026-11-24";

pub(super) fn group(class: C, actions: u64) -> GroupNote {
    GroupNote {
        number: 1,
        fingerprint: format!("{}-group", class.name()),
        class,
        widened: matches!(class, C::NewlyAllowed | C::ErrorOpened | C::NewlyDecidable),
        narrowed: matches!(class, C::NewlyDenied | C::ErrorClosed | C::NewlyUndecidable),
        actions,
        by_agent: BTreeMap::from([("bot".to_owned(), actions)]),
        by_action: BTreeMap::from([("refund".to_owned(), actions)]),
        sessions: actions,
        first_divergences: actions,
        values: vec![
            DecidingValue {
                path: "context.amount".to_owned(),
                range: Some(["99".to_owned(), "812".to_owned()]),
                ..DecidingValue::default()
            },
            DecidingValue {
                path: "context.currency".to_owned(),
                distinct: vec!["\"EUR\"".to_owned(), "\"USD\"".to_owned()],
                ..DecidingValue::default()
            },
        ],
        ..GroupNote::default()
    }
}

/// A report on a changed repository with much traffic, in which all is well but for these groups.
pub(super) fn document(groups: Vec<GroupNote>) -> Document {
    let classes = C::ALL.map(|class| {
        let of = groups.iter().filter(|group| group.class == class);
        let sum = |test: fn(&GroupNote) -> bool| {
            let taken = of.clone().filter(|group| test(group));
            taken.map(|group| group.actions).sum()
        };
        ClassNote {
            class,
            actions: sum(|_| true),
            widened: sum(|group| group.widened),
            narrowed: sum(|group| group.narrowed),
            agents: 1,
            sessions: 1,
        }
    });
    Document {
        values: true,
        repository: RepositoryNote {
            policies: vec![PolicyChangeNote::default()],
            ..RepositoryNote::default()
        },
        traffic: Some(Traffic {
            actions: 1_000,
            sessions: 1_000,
            ..Traffic::default()
        }),
        trust: Trust {
            compared: 1_000,
            fidelity: FidelityNote {
                compared: 1_000,
                same: 1_000,
                ..FidelityNote::default()
            },
            age_days: Some(3),
            ..Trust::default()
        },
        classes: classes.to_vec(),
        groups,
        ..Document::default()
    }
}

pub(super) fn approval(group: &GroupNote) -> Approval {
    Approval {
        group: group.fingerprint.clone(),
        class: group.class,
        title: String::new(),
        reason: "wanted".to_owned(),
        owner: "maria".to_owned(),
        approver: "jon".to_owned(),
        expires: NOW.to_owned(),
        envelope: envelope(true, group).unwrap(),
        file: "approvals.yaml".into(),
        span: crate::model::Span::new(0, 1),
    }
}

pub(super) fn options() -> JudgeOptions {
    JudgeOptions {
        now: NOW.to_owned(),
        ..JudgeOptions::default()
    }
}

pub(super) fn judged(document: &Document) -> Verdict {
    judge(document, &[], &options())
}

pub(super) fn gate<'v>(verdict: &'v Verdict, name: &str) -> &'v GateNote {
    let mut found = verdict.gates.iter().filter(|gate| gate.gate == name);
    let gate = found.next().unwrap_or_else(|| panic!("no gate {name}"));
    assert!(found.next().is_none(), "{name} stands twice");
    assert!(!gate.limit.is_empty() && !gate.actual.is_empty() && !gate.from.is_empty());
    gate
}

/// Holds that this gate alone does not pass, and that the result follows from it.
#[track_caller]
pub(super) fn stops(document: &Document, name: &str) -> GateNote {
    let verdict = judged(document);
    let found = gate(&verdict, name).clone();
    let others: Vec<&GateNote> = verdict
        .gates
        .iter()
        .filter(|gate| gate.verdict != GateVerdict::Passed && gate.gate != name)
        .collect();
    assert_eq!(others, Vec::<&GateNote>::new());
    let result = match found.verdict {
        GateVerdict::Failed => "failed",
        GateVerdict::Inconclusive => "inconclusive",
        GateVerdict::Passed => panic!("{name} passed: {found:?}"),
    };
    assert_eq!(verdict.result, result);
    found
}

pub(super) fn limited(mut document: Document, gates: Gates) -> Document {
    document.gates = GateLimits {
        base: Some(gates),
        head: gates,
    };
    document
}

#[test]
fn where_all_is_well_every_gate_passes_and_says_so() {
    let verdict = judged(&document(Vec::new()));
    assert_eq!(verdict.result, "clean");
    let names: Vec<&str> = verdict
        .gates
        .iter()
        .map(|gate| gate.gate.as_str())
        .collect();
    let expected = [
        "error_opened",
        "newly_allowed",
        "error_closed",
        "newly_denied",
        "control",
        "approvals",
        "traffic",
        "newly_undecidable",
        "fidelity",
        "undecidable",
        "untested_change",
        "freshness",
        "ungrouped",
        "malformed",
        "repeated_ids",
        "undecided_changes",
    ];
    assert_eq!(names, expected);
    for name in expected {
        let gate = gate(&verdict, name);
        assert_eq!(
            (gate.verdict, gate.from.as_str()),
            (GateVerdict::Passed, "default")
        );
    }
    assert_eq!(gate(&verdict, "newly_allowed").actual, "0 actions");
}

#[test]
fn gates_on_classes_fail_and_pass_with_a_limit() {
    let five = MaxActions { max_actions: 5 };
    let cases = [
        (
            C::ErrorOpened,
            "error_opened",
            Gates {
                error_opened: five,
                ..Gates::default()
            },
        ),
        (
            C::NewlyAllowed,
            "newly_allowed",
            Gates {
                newly_allowed: five,
                ..Gates::default()
            },
        ),
        (
            C::NewlyDecidable,
            "newly_allowed",
            Gates {
                newly_allowed: five,
                ..Gates::default()
            },
        ),
        (
            C::ErrorClosed,
            "error_closed",
            Gates {
                error_closed: five,
                ..Gates::default()
            },
        ),
        (
            C::NewlyUndecidable,
            "newly_undecidable",
            Gates {
                newly_undecidable: five,
                ..Gates::default()
            },
        ),
    ];
    for (class, name, gates) in cases {
        let found = stops(&document(vec![group(class, 5)]), name);
        assert_eq!(found.limit, "0 actions");
        assert_eq!(found.actual, "5 actions in 1 group");
        assert_eq!(found.groups, [format!("{}-group", class.name())]);
        let inside = limited(document(vec![group(class, 5)]), gates);
        let verdict = judged(&inside);
        assert_eq!(verdict.result, "clean", "{name}");
        assert_eq!(gate(&verdict, name).from, "head");
        assert_eq!(gate(&verdict, name).limit, "at most 5 actions");
        stops(&limited(document(vec![group(class, 6)]), gates), name);
    }
    // What head denies is not widened.
    let mut denied = group(C::NewlyDecidable, 5);
    denied.widened = false;
    denied.narrowed = false;
    assert_eq!(judged(&document(vec![denied])).result, "clean");
}

#[test]
fn newly_denied_is_limited_by_sessions_and_share() {
    let of = |actions| document(vec![group(C::NewlyDenied, actions)]);
    let limits = |max_sessions, max_share| Gates {
        newly_denied: MaxSessions {
            max_sessions,
            max_share,
        },
        ..Gates::default()
    };
    let found = stops(&of(5), "newly_denied");
    assert_eq!(found.limit, "0 sessions");
    assert_eq!(found.actual, "5 sessions (0.50 %), 5 actions in 1 group");
    let half = Some(Percent(50));
    for (actions, sessions, share, passes) in [
        (5, Some(5), None, true),
        (6, Some(5), None, false),
        (5, None, half, true),
        (6, None, half, false),
        (5, Some(4), half, false),
        (6, Some(9), half, false),
    ] {
        let document = limited(of(actions), limits(sessions, share));
        let verdict = judged(&document);
        let passed = gate(&verdict, "newly_denied").verdict == GateVerdict::Passed;
        assert_eq!(passed, passes, "{actions} {sessions:?} {share:?}");
    }
    // Actions without a session are not lost.
    let mut alone = group(C::NewlyDenied, 5);
    (alone.sessions, alone.first_divergences) = (0, 0);
    stops(&document(vec![alone.clone()]), "newly_denied");
    let mut some = alone;
    (some.sessions, some.first_divergences, some.downstream) = (1, 1, 1);
    let document = limited(document(vec![some]), limits(Some(3), None));
    assert!(
        stops(&document, "newly_denied")
            .actual
            .contains("4 sessions")
    );
}

#[test]
fn changes_outside_of_all_groups_count_against_their_gate() {
    let mut document = document(vec![group(C::NewlyAllowed, 5)]);
    let approved = approval(&document.groups[0]);
    let clean = judge(&document, std::slice::from_ref(&approved), &options());
    assert_eq!(clean.result, "clean");
    assert_eq!(
        gate(&clean, "newly_allowed").actual,
        "0 actions, 5 more approved"
    );
    document.classes[1].actions += 2;
    document.classes[1].widened += 2;
    document.ungrouped = 2;
    let verdict = judge(&document, &[approved], &options());
    assert_eq!(verdict.result, "failed");
    assert_eq!(
        gate(&verdict, "newly_allowed").actual,
        "2 actions, 5 more approved"
    );
    assert_eq!(
        gate(&verdict, "ungrouped").verdict,
        GateVerdict::Inconclusive
    );
}

#[test]
fn a_change_cannot_loosen_its_own_gate() {
    let loose = Gates {
        newly_allowed: MaxActions { max_actions: 100 },
        ..Gates::default()
    };
    let middle = Gates {
        newly_allowed: MaxActions { max_actions: 7 },
        ..Gates::default()
    };
    let mut document = document(vec![group(C::NewlyAllowed, 50)]);
    document.gates = GateLimits {
        base: Some(middle),
        head: loose,
    };
    let verdict = judged(&document);
    assert_eq!(gate(&verdict, "newly_allowed").limit, "at most 7 actions");
    assert_eq!(gate(&verdict, "newly_allowed").from, "base");
    assert_eq!(gate(&verdict, "control").verdict, GateVerdict::Failed);
    assert_eq!(
        gate_changes(&middle, &loose),
        [ControlChange {
            kind: ControlKind::Gate,
            what: "newly_allowed.max_actions 7 → 100".to_owned(),
            weakens: true,
        }]
    );
    assert!(!gate_changes(&loose, &middle)[0].weakens);
    // Nor can a plan that was computed before the gates became stricter.
    document.gates = GateLimits {
        base: Some(loose),
        head: loose,
    };
    assert_eq!(judged(&document).result, "clean");
    let here = JudgeOptions {
        here: Some(middle),
        ..options()
    };
    let verdict = judge(&document, &[], &here);
    assert_eq!(gate(&verdict, "newly_allowed").from, "working tree");
    assert_eq!(verdict.result, "failed");
}

fn on_command_line(document: &Document, fail_on: &[FailOn]) -> Verdict {
    let options = JudgeOptions {
        fail_on: Some(fail_on.iter().copied().collect()),
        ..options()
    };
    judge(document, &[], &options)
}

#[test]
fn fail_on_never_passes_a_widening_by_way_of_undecidable_or_error() {
    for class in [C::NewlyAllowed, C::ErrorOpened, C::NewlyDecidable] {
        let document = document(vec![group(class, 3)]);
        let verdict = on_command_line(&document, &[FailOn::NewlyAllowed]);
        assert_eq!(verdict.result, "failed", "{class}");
        let found = gate(&verdict, "newly_allowed");
        assert_eq!(
            (found.from.as_str(), found.limit.as_str()),
            ("command line", "0 actions")
        );
        assert_eq!(
            on_command_line(&document, &[FailOn::Class(class)]).result,
            "failed"
        );
        assert_eq!(
            on_command_line(&document, &[FailOn::NewlyDenied]).result,
            "clean"
        );
    }
    for class in [C::NewlyDenied, C::ErrorClosed, C::NewlyUndecidable] {
        let document = document(vec![group(class, 3)]);
        let verdict = on_command_line(&document, &[FailOn::NewlyDenied]);
        assert_eq!(verdict.result, "failed", "{class}");
    }
    for class in [C::ErrorChanged, C::ReasonChanged] {
        let document = document(vec![group(class, 3)]);
        assert_eq!(judged(&document).result, "clean");
        assert_eq!(
            on_command_line(&document, &[FailOn::Class(class)]).result,
            "failed"
        );
    }
}

#[test]
fn fail_on_replaces_the_gates_on_classes_alone() {
    let document = document(vec![
        group(C::NewlyDenied, 3),
        group(C::NewlyUndecidable, 2),
    ]);
    assert_eq!(judged(&document).result, "failed");
    let verdict = on_command_line(&document, &[FailOn::NewlyAllowed]);
    assert_eq!(verdict.result, "inconclusive");
    assert_eq!(
        gate(&verdict, "newly_undecidable").verdict,
        GateVerdict::Inconclusive
    );
    let verdict = on_command_line(&document, &[FailOn::Class(C::NewlyUndecidable)]);
    assert_eq!(
        gate(&verdict, "newly_undecidable").verdict,
        GateVerdict::Failed
    );
    let verdict = on_command_line(&document, &[]);
    assert_eq!(verdict.result, "inconclusive");
    assert_eq!(
        gate(&verdict, "fail_on").actual,
        "0 actions widened, 5 narrowed"
    );
}
