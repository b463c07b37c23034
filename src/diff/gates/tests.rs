//! Every gate, every way in which an approval does not cover, and whose limits count.

use super::*;
use crate::diff::document::{
    ClassNote, ControlChange, ControlKind, DecidingValue, FidelityNote, GateLimits,
    PolicyChangeNote, RepositoryNote, Traffic, Trust, Untried,
};
use crate::model::ChangeClass as C;
use crate::repository::{
    ControlGate, Envelope, Freshness, MaxActions, MaxSessions, Percent, ValueEnvelope, Written,
};

const NOW: &str = "2026-11-24";

fn group(class: C, actions: u64) -> GroupNote {
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
fn document(groups: Vec<GroupNote>) -> Document {
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

fn approval(group: &GroupNote) -> Approval {
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

fn options() -> JudgeOptions {
    JudgeOptions {
        now: NOW.to_owned(),
        ..JudgeOptions::default()
    }
}

fn judged(document: &Document) -> Verdict {
    judge(document, &[], &options())
}

fn gate<'v>(verdict: &'v Verdict, name: &str) -> &'v GateNote {
    let mut found = verdict.gates.iter().filter(|gate| gate.gate == name);
    let gate = found.next().unwrap_or_else(|| panic!("no gate {name}"));
    assert!(found.next().is_none(), "{name} stands twice");
    assert!(!gate.limit.is_empty() && !gate.actual.is_empty() && !gate.from.is_empty());
    gate
}

/// Holds that this gate alone does not pass, and that the result follows from it.
#[track_caller]
fn stops(document: &Document, name: &str) -> GateNote {
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

fn limited(mut document: Document, gates: Gates) -> Document {
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
    assert_eq!(found.actual, "5 actions in 1 group, 5 sessions (0.50 %)");
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
            "1 changed policy without an action and a test: `p`",
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

#[test]
fn an_approval_covers_its_group_and_nothing_else() {
    let group = group(C::NewlyAllowed, 5);
    let document = document(vec![group.clone()]);
    let approved = approval(&group);
    let mut judged = document.clone();
    apply(&mut judged, &[approved.clone()], &options());
    assert_eq!(judged.verdict.as_ref().unwrap().result, "clean");
    let note = judged.groups[0].approval.as_ref().unwrap();
    assert_eq!(
        (note.state, note.owner.as_str()),
        (ApprovalState::Used, "maria")
    );
    assert_eq!(judged.now, NOW);

    let amount = |envelope: &mut Envelope, min: &str, max: &str| {
        let value = ValueEnvelope {
            min: Some(Written(min.to_owned())),
            max: Some(Written(max.to_owned())),
            ..ValueEnvelope::default()
        };
        envelope.values.insert("context.amount".to_owned(), value);
    };
    type Change<'a> = Box<dyn Fn(&mut GroupNote, &mut Approval) + 'a>;
    let drifts: Vec<(&str, Change<'_>)> = vec![
        (
            "the changes are newly-allowed, and newly-denied was approved",
            Box::new(|_, a| a.class = C::NewlyDenied),
        ),
        (
            "agent `bot` is not in the envelope",
            Box::new(|_, a| a.envelope.agents = BTreeSet::from(["other".to_owned()])),
        ),
        (
            "action `refund` is not in the envelope",
            Box::new(|_, a| a.envelope.actions.clear()),
        ),
        (
            "5 actions, and the envelope has 4",
            Box::new(|_, a| a.envelope.count = 4),
        ),
        (
            "context.amount: 99 is outside of 100 to 812",
            Box::new(|_, a| amount(&mut a.envelope, "100", "812")),
        ),
        (
            "context.amount: 812 is outside of 99 to 811",
            Box::new(|_, a| amount(&mut a.envelope, "99", "811")),
        ),
        (
            "context.amount: 99 to 812, and the envelope has no numbers",
            Box::new(|_, a| {
                a.envelope
                    .values
                    .insert("context.amount".to_owned(), ValueEnvelope::default());
            }),
        ),
        (
            "context.amount: not in the envelope",
            Box::new(|_, a| drop(a.envelope.values.remove("context.amount"))),
        ),
        (
            "context.currency: \"GBP\" is not in the envelope",
            Box::new(|g, _| g.values[1].distinct.insert(0, "\"GBP\"".to_owned())),
        ),
        (
            "context.currency: more values than the report lists, and the envelope has no `any`",
            Box::new(|g, _| g.values[1].more = true),
        ),
        (
            "context.currency: `any` covers more than there is; list the values",
            Box::new(|_, a| a.envelope.values.get_mut("context.currency").unwrap().any = true),
        ),
        (
            "context.currency: absent or not known in 2 actions",
            Box::new(|g, _| g.values[1].absent = 2),
        ),
        (
            "1 action of agents that the report does not name",
            Box::new(|g, _| drop(g.by_agent.insert("bot".to_owned(), 4))),
        ),
    ];
    for (phrase, change) in drifts {
        let (mut group, mut approval) = (group.clone(), approved.clone());
        change(&mut group, &mut approval);
        assert_eq!(cover(true, &group, &approval), [phrase]);
        let document = self::document(vec![group]);
        let verdict = judge(&document, &[approval], &options());
        assert_eq!(verdict.result, "failed");
        assert_eq!(verdict.approvals[0].state, ApprovalState::Drifted);
        assert_eq!(verdict.approvals[0].drift, [phrase]);
        for name in ["newly_allowed", "approvals"] {
            assert_eq!(
                gate(&verdict, name).verdict,
                GateVerdict::Failed,
                "{phrase}"
            );
        }
    }
    assert_eq!(cover(true, &group, &approved), Vec::<String>::new());
}

#[test]
fn numbers_are_compared_as_numbers_and_never_across_kinds() {
    let value = |least: &str, greatest: &str| GroupNote {
        values: vec![DecidingValue {
            path: "context.x".to_owned(),
            range: Some([least.to_owned(), greatest.to_owned()]),
            ..DecidingValue::default()
        }],
        ..GroupNote::default()
    };
    let rate = value("decimal(\"2.5\")", "decimal(\"10.0\")");
    let approved = approval(&rate);
    let covers = |group: &GroupNote| cover(true, group, &approved).is_empty();
    assert!(covers(&value("decimal(\"9.5\")", "decimal(\"10.0000\")")));
    assert!(!covers(&value("decimal(\"2.4999\")", "decimal(\"9.0\")")));
    assert!(!covers(&value("decimal(\"3.0\")", "decimal(\"10.0001\")")));
    assert!(!covers(&value("5", "6")));
    assert!(!covers(&value("decimal(\"3.0\")", "soon")));
    assert!(envelope(true, &value("5", "decimal(\"6.0\")")).is_err());
}

#[test]
fn hidden_values_cannot_be_checked_and_are_not_shown() {
    let group = group(C::NewlyAllowed, 5);
    let approved = approval(&group);
    let hidden = document(vec![group]).without_values();
    let verdict = judge(&hidden, std::slice::from_ref(&approved), &options());
    assert_eq!(verdict.result, "failed");
    assert!(verdict.approvals[0].drift[0].contains("no argument values"));
    assert!(envelope(false, &hidden.groups[0]).is_err());
    // Judged before they are hidden, they do not show in the drift either.
    let mut judged = document(vec![self::group(C::NewlyAllowed, 5)]);
    judged.groups[0].values[0].range = Some(["99".to_owned(), "81234".to_owned()]);
    apply(&mut judged, &[approved], &options());
    let text = serde_json::to_string(&judged).unwrap();
    assert!(text.contains("81234"));
    let text = serde_json::to_string(&judged.without_values()).unwrap();
    assert!(
        !text.contains("81234") && text.contains("context.amount: outside"),
        "{text}"
    );
}

#[test]
fn approvals_end_and_those_that_nothing_needs_are_findings() {
    let group = group(C::NewlyAllowed, 5);
    let document = document(vec![group.clone()]);
    let good = approval(&group);
    // The last day is a good day.
    let expired = Approval {
        expires: "2026-11-23".to_owned(),
        ..good.clone()
    };
    let verdict = judge(&document, &[expired.clone()], &options());
    assert_eq!(verdict.approvals[0].state, ApprovalState::Expired);
    assert_eq!(
        gate(&verdict, "approvals").actual,
        "1 expired of 1 approval"
    );
    assert_eq!(gate(&verdict, "newly_allowed").verdict, GateVerdict::Failed);
    let unused = Approval {
        group: "gone".to_owned(),
        ..good.clone()
    };
    let verdict = judge(&document, &[good.clone(), unused.clone()], &options());
    assert_eq!(verdict.result, "failed");
    assert_eq!(gate(&verdict, "approvals").groups, ["gone"]);
    assert_eq!(gate(&verdict, "newly_allowed").verdict, GateVerdict::Passed);
    // Where nothing was replayed, nothing can use it.
    let mut nothing = document.clone();
    nothing.traffic = None;
    nothing.groups.clear();
    nothing.classes.clear();
    let verdict = judge(&nothing, &[unused], &options());
    assert_eq!(verdict.result, "inconclusive");
    assert_eq!(judge(&nothing, &[expired], &options()).result, "failed");
}

#[test]
fn changes_of_approvals_are_told_and_wider_ones_weaken() {
    let base = approval(&group(C::NewlyAllowed, 5));
    let change = |change: &dyn Fn(&mut Approval)| {
        let mut head = base.clone();
        change(&mut head);
        let mut found = approval_changes(std::slice::from_ref(&base), &[head]);
        assert!(found.len() < 2);
        found.pop().map(|found| (found.what, found.weakens))
    };
    let told =
        |what: &str, weakens| Some((format!("approval of newly-allowed-group {what}"), weakens));
    assert_eq!(change(&|_| {}), None);
    assert_eq!(
        change(&|a| a.expires = "2027-01-01".to_owned()),
        told("prolonged: 2026-11-24 → 2027-01-01", true)
    );
    assert_eq!(
        change(&|a| a.expires = "2026-01-01".to_owned()),
        told("shortened: 2026-11-24 → 2026-01-01", false)
    );
    assert_eq!(
        change(&|a| a.envelope.count = 6),
        told("envelope widened", true)
    );
    assert_eq!(
        change(&|a| a.envelope.count = 4),
        told("envelope narrowed", false)
    );
    assert_eq!(
        change(&|a| drop(a.envelope.agents.insert("other".to_owned()))),
        told("envelope widened", true)
    );
    let value = |a: &mut Approval, change: &dyn Fn(&mut ValueEnvelope)| {
        for value in a.envelope.values.values_mut() {
            change(value);
        }
    };
    assert_eq!(
        change(&|a| value(a, &|v| v.any = true)),
        told("envelope widened", true)
    );
    assert_eq!(
        change(&|a| value(a, &|v| v.absent = true)),
        told("envelope widened", true)
    );
    assert_eq!(
        change(&|a| value(a, &|v| v.any_of.clear())),
        told("envelope narrowed", false)
    );
    let most = |most: &str| Some(Written(most.to_owned()));
    assert_eq!(
        change(&|a| a.envelope.values.get_mut("context.amount").unwrap().max = most("9999")),
        told("envelope widened", true)
    );
    assert_eq!(
        change(&|a| a.envelope.values.get_mut("context.amount").unwrap().max = most("100")),
        told("envelope narrowed", false)
    );
    assert_eq!(
        change(&|a| a.class = C::ErrorOpened),
        told("envelope widened", true)
    );
    assert_eq!(
        change(&|a| a.approver = "eve".to_owned()),
        told("changed in its words", false)
    );
    let one = std::slice::from_ref(&base);
    assert_eq!(
        approval_changes(&[], one)[0].what,
        "approval of newly-allowed-group added until 2026-11-24"
    );
    assert!(!approval_changes(&[], one)[0].weakens);
    assert_eq!(
        approval_changes(one, &[])[0].what,
        "approval of newly-allowed-group removed"
    );
}
