//! The groups of the sample reports.

use super::{counts, place, texts};
use agentauthz::diff::document::*;
use agentauthz::model::ChangeClass;
use std::collections::BTreeMap;

/// The parts in which the groups differ.
struct Sample {
    class: ChangeClass,
    title: &'static str,
    risk: Risk,
    actions: u64,
    sessions: u64,
    action: &'static str,
    agent: &'static str,
    system: &'static str,
    unit: UnitNote,
}

fn unit(
    name: &str,
    effect: &str,
    edits: &[&str],
    base: Option<PlaceNote>,
    head: Option<PlaceNote>,
) -> UnitNote {
    let word = |there: &Option<PlaceNote>, word: &str| match there {
        Some(_) => word.to_owned(),
        None => "absent".to_owned(),
    };
    UnitNote {
        name: name.to_owned(),
        effect: effect.to_owned(),
        kind: "policy".to_owned(),
        edits: texts(edits),
        origins: vec![Origin::Policy],
        base_status: word(&base, "not satisfied"),
        head_status: word(&head, "satisfied"),
        base,
        head,
        ..UnitNote::default()
    }
}

fn group(number: u64, sample: Sample) -> GroupNote {
    let flip = sample.class.is_flip();
    let way = WayNote {
        all: vec![sample.unit.name.clone()],
        and_one_of: Vec::new(),
    };
    let ways = if flip { vec![way] } else { Vec::new() };
    let (widened, narrowed) = match sample.class {
        ChangeClass::ErrorOpened | ChangeClass::NewlyAllowed => (true, false),
        ChangeClass::ErrorClosed | ChangeClass::NewlyDenied | ChangeClass::NewlyUndecidable => {
            (false, true)
        }
        ChangeClass::NewlyDecidable
        | ChangeClass::ErrorChanged
        | ChangeClass::ReasonChanged
        | ChangeClass::Unchanged => (false, false),
    };
    let decisions = match sample.class {
        ChangeClass::ErrorOpened | ChangeClass::NewlyAllowed => ("deny", "allow"),
        ChangeClass::ErrorClosed | ChangeClass::NewlyDenied => ("allow", "deny"),
        ChangeClass::NewlyUndecidable => ("allow", "undecidable"),
        ChangeClass::NewlyDecidable => ("undecidable", "deny"),
        ChangeClass::ErrorChanged | ChangeClass::ReasonChanged | ChangeClass::Unchanged => {
            ("allow", "allow")
        }
    };
    let first = sample.sessions.min(sample.actions);
    GroupNote {
        number,
        fingerprint: format!("{:016x}", (number + 17).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        class: sample.class,
        widened,
        narrowed,
        title: sample.title.to_owned(),
        cause: CauseNote {
            uncertain: 0,
            why: ways.clone(),
            undo: ways,
            exact: flip,
            gained: Vec::new(),
            lost: Vec::new(),
            wanting: Vec::new(),
            units: vec![sample.unit],
        },
        risk: sample.risk,
        actions: sample.actions,
        by_action: counts(&[(sample.action, sample.actions)]),
        by_agent: counts(&[(sample.agent, sample.actions)]),
        by_system: counts(&[(sample.system, sample.actions)]),
        sessions: sample.sessions,
        first_divergences: if flip { first } else { 0 },
        downstream: if flip { sample.actions - first } else { 0 },
        first_seen: Some("2026-09-01T07:21:47Z".to_owned()),
        last_seen: Some("2026-10-31T18:02:33Z".to_owned()),
        values: Vec::new(),
        predicate: None,
        exemplars: vec![exemplar(number, sample.action, sample.agent, decisions)],
        approval: None,
    }
}

fn exemplar(number: u64, action: &str, agent: &str, (base, head): (&str, &str)) -> Exemplar {
    let id = format!("a-{:05}", number * 37);
    Exemplar {
        kinds: vec![ExemplarKind::Riskiest, ExemplarKind::Smallest],
        at: format!("recordings/2026-09.jsonl.zst#{id}"),
        id,
        agent: Some(agent.to_owned()),
        session: Some(format!("s-{:04}", number * 7)),
        time: Some("2026-09-01T09:48:24Z".to_owned()),
        tool: Some(format!("tools/{action}")),
        router: None,
        request: Some(RequestNote {
            principal: format!("Agent::\"{agent}\""),
            action: format!("Action::\"{action}\""),
            resource: "Account::\"eu-shop\"".to_owned(),
            context: BTreeMap::from([
                (
                    "input".to_owned(),
                    r#"{"account": "eu-shop", "amount_cents": 26666, "currency": "EUR", "payment": "p-738000"}"#.to_owned(),
                ),
                ("at".to_owned(), r#"datetime("2026-09-01T09:48:24.000Z")"#.to_owned()),
            ]),
        }),
        base: SideNote {
            decision: base.to_owned(),
            determining: Vec::new(),
            saw: BTreeMap::from([("context.input.amount_cents".to_owned(), "26666".to_owned())]),
            ..SideNote::default()
        },
        head: SideNote {
            decision: head.to_owned(),
            determining: texts(&["refund-small"]),
            saw: BTreeMap::from([("context.input.amount_cents".to_owned(), "26666".to_owned())]),
            ..SideNote::default()
        },
    }
}

pub fn groups() -> Vec<GroupNote> {
    let mut groups: Vec<GroupNote> = (1..)
        .zip(flips().into_iter().chain(others()))
        .map(|(number, sample)| group(number, sample))
        .collect();
    let [_, refunds, rollbacks, _, _, _, _, changes, rates, ..] = groups.as_mut_slice() else {
        panic!("there are more groups");
    };
    refunds.values = vec![amounts(), currencies()];
    refunds.predicate = Some(PredicateNote {
        all: texts(&[
            "not (context.input.amount_cents <= 10000)",
            "context.input.amount_cents <= 50000",
        ]),
        precision: 1.0,
        recall: 1.0,
        flipped: 145,
        unflipped: 1_020,
        complete: true,
    });
    rollbacks.approval = Some(ApprovalNote {
        group: rollbacks.fingerprint.clone(),
        state: ApprovalState::Used,
        reason: "rollbacks must not wait for a person".to_owned(),
        owner: "platform".to_owned(),
        approver: "oskar".to_owned(),
        expires: "2026-12-01".to_owned(),
        drift: Vec::new(),
    });
    for (group, wanting) in [
        (changes, "context.input.change_id"),
        (rates, "context.fx_permille"),
    ] {
        group.cause.wanting = texts(&[wanting]);
        group.exemplars[0].head.wanting = texts(&[wanting]);
    }
    groups
}

fn amounts() -> DecidingValue {
    let threshold = |side: &str, at: u32, limit| Threshold {
        side: side.to_owned(),
        text: format!("context.input.amount_cents <= {at}"),
        at: f64::from(at),
        limit,
    };
    DecidingValue {
        path: "context.input.amount_cents".to_owned(),
        range: Some(["10150".to_owned(), "49900".to_owned()]),
        histogram: Some(Histogram {
            limits: vec![
                0.0, 5_000.0, 10_000.0, 20_000.0, 30_000.0, 40_000.0, 50_000.0, 100_000.0,
            ],
            flipped: vec![0, 0, 61, 40, 26, 18, 0],
            unflipped: vec![410, 380, 0, 0, 0, 0, 230],
            thresholds: vec![threshold("base", 10_000, 2), threshold("head", 50_000, 6)],
            sampled: false,
        }),
        ..DecidingValue::default()
    }
}

fn currencies() -> DecidingValue {
    DecidingValue {
        path: "context.input.currency".to_owned(),
        distinct: texts(&["\"EUR\"", "\"SEK\""]),
        absent: 1,
        ..DecidingValue::default()
    }
}

fn flips() -> Vec<Sample> {
    vec![
    Sample {
        class: ChangeClass::ErrorOpened,
        title: "`no-refund-over-ceiling` no longer stops refund_payment: it raises an error",
        risk: Risk::Money,
        actions: 14,
        sessions: 9,
        action: "refund_payment",
        agent: "refund-clerk",
        system: "payments",
        unit: UnitNote {
            base_status: "satisfied".to_owned(),
            head_status: "error".to_owned(),
            head_blocking: Some("context.input.amount_cents * context.fx_permille > 200000000".to_owned()),
            error: Some(
                "integer overflow while attempting to multiply the values `9223372036854775807` and `1000`".to_owned(),
            ),
            ..unit(
                "no-refund-over-ceiling",
                "forbid",
                &["`context.input.amount_cents > 200000` → `context.input.amount_cents * context.fx_permille > 200000000`"],
                place("policies/payments.cedar", 34, 42),
                place("policies/payments.cedar", 36, 44),
            )
        },
    },
    Sample {
        class: ChangeClass::NewlyAllowed,
        title: "`refund-small` now lets refund-clerk do refund_payment",
        risk: Risk::Money,
        actions: 145,
        sessions: 80,
        action: "refund_payment",
        agent: "refund-clerk",
        system: "payments",
        unit: UnitNote {
            base_blocking: Some("context.input.amount_cents <= 10000".to_owned()),
            ..unit(
                "refund-small",
                "permit",
                &["literal 10000 → 50000 in `context.input.amount_cents <= 50000`"],
                place("policies/payments.cedar", 4, 14),
                place("policies/payments.cedar", 4, 14),
            )
        },
    },
    Sample {
        class: ChangeClass::NewlyAllowed,
        title: "`rollback-prod-approved` now lets release-captain do rollback_release",
        risk: Risk::Destructive,
        actions: 9,
        sessions: 9,
        action: "rollback_release",
        agent: "release-captain",
        system: "deploy",
        unit: unit("rollback-prod-approved", "permit", &["added"], None, place("policies/deploy.cedar", 42, 42)),
    },
    Sample {
        class: ChangeClass::ErrorClosed,
        title: "`warehouse-query` raises an error, and report-analyst loses query_table",
        risk: Risk::Read,
        actions: 24,
        sessions: 21,
        action: "query_table",
        agent: "report-analyst",
        system: "warehouse",
        unit: UnitNote {
            base_status: "satisfied".to_owned(),
            head_status: "error".to_owned(),
            head_blocking: Some("resource.sensitivity <= principal.clearance".to_owned()),
            error: Some("`Table::\"web_events\"` does not have the attribute `sensitivity`".to_owned()),
            ..unit(
                "warehouse-query",
                "permit",
                &["conjunct `principal.clearance >= 2` → `resource.sensitivity <= principal.clearance`"],
                place("policies/warehouse.cedar", 4, 11),
                place("policies/warehouse.cedar", 4, 12),
            )
        },
    },
    Sample {
        class: ChangeClass::NewlyDenied,
        title: "`no-retired-agent` now stops fleet-janitor",
        risk: Risk::Destructive,
        actions: 42,
        sessions: 16,
        action: "delete_environment",
        agent: "fleet-janitor",
        system: "deploy",
        unit: UnitNote {
            origins: vec![Origin::Entities],
            base_blocking: Some("principal.status != \"active\"".to_owned()),
            ..unit(
                "no-retired-agent",
                "forbid",
                &[],
                place("policies/guardrails.cedar", 3, 3),
                place("policies/guardrails.cedar", 3, 3),
            )
        },
    },
    Sample {
        class: ChangeClass::NewlyDenied,
        title: "without `crm-export-small`, sales-scout can no longer do export_customers",
        risk: Risk::Egress,
        actions: 11,
        sessions: 11,
        action: "export_customers",
        agent: "sales-scout",
        system: "crm",
        unit: UnitNote {
            base_status: "satisfied".to_owned(),
            ..unit("crm-export-small", "permit", &["removed"], place("policies/crm.cedar", 45, 45), None)
        },
    },
    Sample {
        class: ChangeClass::NewlyDenied,
        title: "without `crm-write`, inbox-triage can no longer do update_customer",
        risk: Risk::Write,
        actions: 7,
        sessions: 7,
        action: "update_customer",
        agent: "inbox-triage",
        system: "crm",
        unit: UnitNote {
            base_status: "satisfied".to_owned(),
            ..unit("crm-write", "permit", &["removed"], place("policies/crm.cedar", 4, 4), None)
        },
    }]
}

fn others() -> Vec<Sample> {
    let sample = |class, title, risk, actions, sessions, (agent, action, system), unit| Sample {
        class,
        title,
        risk,
        actions,
        sessions,
        action,
        agent,
        system,
        unit,
    };
    let ceiling = || {
        unit(
            "no-refund-over-ceiling",
            "forbid",
            &[
                "`context.input.amount_cents > 200000` → `context.input.amount_cents * context.fx_permille > 200000000`",
            ],
            place("policies/payments.cedar", 34, 42),
            place("policies/payments.cedar", 36, 44),
        )
    };
    vec![
        sample(
            ChangeClass::NewlyUndecidable,
            "deploy_service can no longer be decided: `context.input.change_id` was not recorded",
            Risk::Destructive,
            16,
            14,
            ("release-captain", "deploy_service", "deploy"),
            unit(
                "deploy-prod-approved",
                "permit",
                &["conjunct `context.input.change_id like \"CHG-*\"` added"],
                place("policies/deploy.cedar", 14, 21),
                place("policies/deploy.cedar", 14, 22),
            ),
        ),
        sample(
            ChangeClass::NewlyUndecidable,
            "refund_payment can no longer be decided: `context.fx_permille` was not recorded",
            Risk::Money,
            11,
            8,
            ("refund-clerk", "refund_payment", "payments"),
            ceiling(),
        ),
        sample(
            ChangeClass::NewlyDecidable,
            "delete_environment can be decided now",
            Risk::Destructive,
            3,
            3,
            ("fleet-janitor", "delete_environment", "deploy"),
            unit(
                "no-retired-agent",
                "forbid",
                &[],
                place("policies/guardrails.cedar", 3, 3),
                place("policies/guardrails.cedar", 3, 3),
            ),
        ),
        sample(
            ChangeClass::ErrorChanged,
            "`no-refund-over-ceiling` raises an error where it did not; refund_payment is denied all the same",
            Risk::Money,
            12,
            6,
            ("refund-clerk", "refund_payment", "payments"),
            ceiling(),
        ),
        sample(
            ChangeClass::ReasonChanged,
            "update_customer is allowed by other policies",
            Risk::Write,
            188,
            153,
            ("inbox-triage", "update_customer", "crm"),
            unit(
                "crm-notes",
                "permit",
                &["added"],
                None,
                place("policies/crm.cedar", 4, 4),
            ),
        ),
    ]
}
