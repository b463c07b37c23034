//! Every way in which an approval does not cover a group.

use super::tests::{approval, document, gate, group, options};
use super::*;
use crate::diff::document::DecidingValue;
use crate::model::ChangeClass as C;
use crate::repository::{Envelope, ValueEnvelope, Written};

const NOW: &str = "2026-11-24";

#[test]
fn an_approval_covers_its_group_and_nothing_else() {
    let group = group(C::NewlyAllowed, 5);
    let document = document(vec![group.clone()]);
    let approved = approval(&group);
    let mut judged = document.clone();
    apply(&mut judged, std::slice::from_ref(&approved), &options());
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
            "context.amount: the report does not say which values there are",
            Box::new(|g, _| g.values.retain(|value| value.path != "context.amount")),
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
            Box::new(|g, _| {
                g.by_agent.insert("bot".to_owned(), 4);
            }),
        ),
        (
            "2 actions of agents that the report does not name",
            Box::new(|g, a| {
                g.by_agent = BTreeMap::from([("bot".to_owned(), 3), ("…".to_owned(), 2)]);
                a.envelope.agents.insert("…".to_owned());
            }),
        ),
    ];
    for (phrase, change) in drifts {
        let (mut group, mut approval) = (group.clone(), approved.clone());
        change(&mut group, &mut approval);
        assert_eq!(cover(true, &group, &approval), [phrase]);
        let document = super::tests::document(vec![group]);
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
    let mut judged = document(vec![super::tests::group(C::NewlyAllowed, 5)]);
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
    let verdict = judge(&document, std::slice::from_ref(&expired), &options());
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
        change(&|a| {
            a.envelope.agents.insert("other".to_owned());
        }),
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
