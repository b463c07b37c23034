//! Decision-diff reports for renderers: one as it should look, one full of attacks, an empty one, a great one.

use agentauthz::diff::document::*;
use agentauthz::model::ChangeClass;
use serde_json::Value;
use std::collections::BTreeMap;

fn counts(rows: &[(&str, u64)]) -> BTreeMap<String, u64> {
    rows.iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn place(path: &str, line: u64, changed: u64) -> Option<PlaceNote> {
    Some(PlaceNote {
        path: path.to_owned(),
        line,
        changed,
    })
}

fn way(all: &[&str]) -> Vec<WayNote> {
    vec![WayNote {
        all: texts(all),
        and_one_of: Vec::new(),
    }]
}

fn refund() -> GroupNote {
    GroupNote {
        number: 2,
        fingerprint: "7c41e0d2a95b".to_owned(),
        class: ChangeClass::NewlyAllowed,
        widened: true,
        title: "`refund-small` now allows `refund` up to 1,000".to_owned(),
        cause: CauseNote {
            why: way(&["refund-small"]),
            undo: way(&["refund-small"]),
            exact: true,
            units: vec![UnitNote {
                name: "refund-small".to_owned(),
                effect: "permit".to_owned(),
                kind: "policy".to_owned(),
                edits: texts(&["literal 500 → 1000 in `context.input.amount <= 500`"]),
                origins: vec![Origin::Policy],
                base: place("policies/refund.cedar", 8, 15),
                head: place("policies/refund.cedar", 8, 15),
                base_status: "not satisfied".to_owned(),
                head_status: "satisfied".to_owned(),
                base_blocking: Some("context.input.amount <= 500".to_owned()),
                ..UnitNote::default()
            }],
            ..CauseNote::default()
        },
        risk: Risk::Money,
        actions: 3_882,
        by_action: counts(&[("refund", 3_640), ("refund_partial", 242)]),
        by_agent: counts(&[("billing-bot", 3_512), ("triage", 301), ("night-shift", 69)]),
        by_system: counts(&[("payments", 3_882)]),
        sessions: 540,
        first_divergences: 540,
        downstream: 3_342,
        first_seen: Some("2026-08-01T06:12:44Z".to_owned()),
        last_seen: Some("2026-10-30T21:03:19Z".to_owned()),
        values: vec![
            DecidingValue {
                path: "context.input.amount".to_owned(),
                range: Some(["501".to_owned(), "1000".to_owned()]),
                histogram: Some(Histogram {
                    limits: vec![0.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1_000.0, 5_000.0],
                    flipped: vec![0, 0, 0, 0, 0, 1_204, 988, 811, 520, 359, 0],
                    unflipped: vec![20_113, 14_820, 9_211, 6_400, 4_100, 0, 0, 0, 0, 0, 2_310],
                    thresholds: vec![
                        Threshold {
                            side: "base".to_owned(),
                            text: "context.input.amount <= 500".to_owned(),
                            at: 500.0,
                            limit: 5,
                        },
                        Threshold {
                            side: "head".to_owned(),
                            text: "context.input.amount <= 1000".to_owned(),
                            at: 1_000.0,
                            limit: 10,
                        },
                    ],
                    sampled: false,
                }),
                ..DecidingValue::default()
            },
            DecidingValue {
                path: "context.input.currency".to_owned(),
                distinct: texts(&["\"EUR\"", "\"USD\"", "\"CHF\""]),
                absent: 12,
                ..DecidingValue::default()
            },
        ],
        predicate: Some(PredicateNote {
            all: texts(&["context.input.amount <= 1000", "not (context.input.amount <= 500)"]),
            precision: 1.0,
            recall: 1.0,
            flipped: 3_882,
            unflipped: 56_954,
            complete: true,
        }),
        exemplars: vec![Exemplar {
            kinds: vec![ExemplarKind::Riskiest, ExemplarKind::Newest],
            at: "recordings/october.jsonl#88121".to_owned(),
            id: "88121".to_owned(),
            agent: Some("billing-bot".to_owned()),
            session: Some("5f3a-11".to_owned()),
            time: Some("2026-10-21T09:14:03Z".to_owned()),
            tool: Some("Payments___refund".to_owned()),
            request: Some(RequestNote {
                principal: "Agent::\"billing-bot\"".to_owned(),
                action: "Action::\"refund\"".to_owned(),
                resource: "Gateway::\"prod\"".to_owned(),
                context: [("input", "{ amount: 812, currency: \"EUR\", order: \"A-4711\" }"), ("user", "User::\"mira\"")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
            }),
            base: SideNote {
                decision: "deny".to_owned(),
                saw: [("context.input.amount".to_owned(), "812".to_owned())].into(),
                ..SideNote::default()
            },
            head: SideNote {
                decision: "allow".to_owned(),
                determining: texts(&["refund-small"]),
                saw: [("context.input.amount".to_owned(), "812".to_owned())].into(),
                ..SideNote::default()
            },
        }],
        ..GroupNote::default()
    }
}

fn opened() -> GroupNote {
    GroupNote {
        number: 1,
        fingerprint: "e1b09f3377aa".to_owned(),
        class: ChangeClass::ErrorOpened,
        widened: true,
        title: "`no-prod-delete` no longer forbids `delete_stack`: it raises an error".to_owned(),
        cause: CauseNote {
            why: way(&["no-prod-delete"]),
            undo: way(&["no-prod-delete"]),
            exact: true,
            units: vec![UnitNote {
                name: "no-prod-delete".to_owned(),
                effect: "forbid".to_owned(),
                kind: "policy".to_owned(),
                edits: texts(&["conjunct changed: `context.input.env == \"prod\"` → `context.input.environment == \"prod\"`"]),
                origins: vec![Origin::Policy, Origin::Schema],
                base: place("policies/guard.cedar", 12, 19),
                head: place("policies/guard.cedar", 12, 19),
                base_status: "satisfied".to_owned(),
                head_status: "error".to_owned(),
                head_blocking: Some("context.input.environment == \"prod\"".to_owned()),
                error: Some("record does not have the attribute `environment`".to_owned()),
                ..UnitNote::default()
            }],
            ..CauseNote::default()
        },
        risk: Risk::Destructive,
        actions: 214,
        by_action: counts(&[("delete_stack", 214)]),
        by_agent: counts(&[("deploy-bot", 180), ("janitor", 30), ("triage", 4)]),
        by_system: counts(&[("deploy", 210), ("-", 4)]),
        sessions: 61,
        first_divergences: 61,
        downstream: 153,
        first_seen: Some("2026-08-03T11:00:00Z".to_owned()),
        last_seen: Some("2026-10-29T18:30:00Z".to_owned()),
        exemplars: vec![Exemplar {
            kinds: vec![ExemplarKind::Newest],
            at: "recordings/october.jsonl#90001".to_owned(),
            id: "90001".to_owned(),
            agent: Some("deploy-bot".to_owned()),
            base: SideNote {
                decision: "deny".to_owned(),
                determining: texts(&["no-prod-delete"]),
                ..SideNote::default()
            },
            head: SideNote {
                decision: "allow".to_owned(),
                determining: texts(&["deploy-all"]),
                errors: texts(&["no-prod-delete"]),
                ..SideNote::default()
            },
            ..Exemplar::default()
        }],
        ..GroupNote::default()
    }
}

fn denied() -> GroupNote {
    GroupNote {
        number: 3,
        fingerprint: "30aa51cc80f4".to_owned(),
        class: ChangeClass::NewlyDenied,
        narrowed: true,
        title: "`crm-export` is gone: nothing else allows `export`".to_owned(),
        cause: CauseNote {
            why: way(&["crm-export"]),
            undo: way(&["crm-export"]),
            exact: true,
            units: vec![UnitNote {
                name: "crm-export".to_owned(),
                effect: "permit".to_owned(),
                kind: "policy".to_owned(),
                edits: texts(&["removed"]),
                origins: vec![Origin::Policy],
                base: place("policies/crm.cedar", 40, 40),
                base_status: "satisfied".to_owned(),
                head_status: "absent".to_owned(),
                ..UnitNote::default()
            }],
            ..CauseNote::default()
        },
        risk: Risk::Read,
        actions: 96,
        by_action: counts(&[("export", 96)]),
        by_agent: counts(&[("sales-scout", 96)]),
        by_system: counts(&[("crm", 96)]),
        sessions: 12,
        first_divergences: 12,
        downstream: 84,
        approval: Some(ApprovalNote {
            group: "30aa51cc80f4".to_owned(),
            state: ApprovalState::Used,
            reason: "exports go through the warehouse from November on".to_owned(),
            owner: "sales".to_owned(),
            approver: "ines".to_owned(),
            expires: "2026-12-01".to_owned(),
            drift: Vec::new(),
        }),
        ..GroupNote::default()
    }
}

fn undecidable() -> GroupNote {
    GroupNote {
        number: 4,
        fingerprint: "c0ffee123456".to_owned(),
        class: ChangeClass::NewlyUndecidable,
        narrowed: true,
        title: "`send-approved` now reads `context.approver`, which recordings lack".to_owned(),
        cause: CauseNote {
            gained: texts(&["send-approved"]),
            wanting: texts(&["context.approver"]),
            units: vec![UnitNote {
                name: "send-approved".to_owned(),
                effect: "permit".to_owned(),
                kind: "template".to_owned(),
                base_status: "satisfied".to_owned(),
                head_status: "unknown".to_owned(),
                ..UnitNote::default()
            }],
            ..CauseNote::default()
        },
        risk: Risk::Egress,
        actions: 40,
        by_action: counts(&[("send_mail", 40)]),
        by_agent: counts(&[("triage", 40)]),
        sessions: 40,
        exemplars: vec![Exemplar {
            at: "recordings/october.jsonl#7".to_owned(),
            base: SideNote {
                decision: "allow".to_owned(),
                determining: texts(&["send-approved"]),
                ..SideNote::default()
            },
            head: SideNote {
                decision: "undecidable".to_owned(),
                wanting: texts(&["context.approver"]),
                ..SideNote::default()
            },
            ..Exemplar::default()
        }],
        ..GroupNote::default()
    }
}

fn repository() -> RepositoryNote {
    let lines = |lines: &[&str], base_line, head_line| {
        vec![HunkNote {
            base_line,
            head_line,
            lines: texts(lines),
        }]
    };
    let control = |kind, what: &str, weakens| ControlChange {
        kind,
        what: what.to_owned(),
        weakens,
    };
    RepositoryNote {
        policies: vec![
            PolicyChangeNote {
                policy: "refund-small".to_owned(),
                kind: PolicyChangeWord::Edited,
                edits: texts(&["literal 500 → 1000 in `context.input.amount <= 500`"]),
                deciding: true,
                base: place("policies/refund.cedar", 8, 15),
                head: place("policies/refund.cedar", 8, 15),
                hunks: lines(
                    &[
                        "   resource in System::\"payments\"",
                        " )",
                        " when {",
                        "-  context.input.amount <= 500 &&",
                        "+  context.input.amount <= 1000 &&",
                        "   [\"EUR\", \"USD\", \"CHF\"].contains(context.input.currency)",
                        " };",
                    ],
                    12,
                    12,
                ),
            },
            PolicyChangeNote {
                policy: "no-prod-delete".to_owned(),
                edits: texts(&["conjunct changed"]),
                deciding: true,
                base: place("policies/guard.cedar", 12, 19),
                head: place("policies/guard.cedar", 12, 19),
                hunks: lines(
                    &[
                        " when {",
                        "-  context.input.env == \"prod\"",
                        "+  context.input.environment == \"prod\" &&",
                        "+  resource.protected",
                        " };",
                    ],
                    18,
                    18,
                ),
                ..PolicyChangeNote::default()
            },
            PolicyChangeNote {
                policy: "crm-export".to_owned(),
                kind: PolicyChangeWord::Removed,
                deciding: true,
                base: place("policies/crm.cedar", 40, 40),
                hunks: lines(
                    &[
                        "-@id(\"crm-export\")",
                        "-permit (principal, action == Action::\"export\", resource);",
                    ],
                    40,
                    0,
                ),
                ..PolicyChangeNote::default()
            },
        ],
        schema: true,
        mapping: false,
        entities: texts(&["Agent::\"triage\"", "Team::\"customer-care\""]),
        control: vec![
            control(ControlKind::Gate, "newly_allowed.max 0 → 10", true),
            control(ControlKind::Test, "tests/crm.test.yaml: 3 cases fewer", true),
            control(ControlKind::Approval, "30aa51cc80f4 added", false),
        ],
    }
}

fn gate(gate: &str, verdict: GateVerdict, actual: &str, limit: &str, groups: &[&str]) -> GateNote {
    GateNote {
        gate: gate.to_owned(),
        verdict,
        limit: limit.to_owned(),
        actual: actual.to_owned(),
        groups: texts(groups),
        from: "default".to_owned(),
    }
}

/// A pull request as there are many.
pub fn sample() -> Document {
    use ChangeClass as C;
    use GateVerdict::{Failed, Passed};
    let groups = vec![opened(), refund(), denied(), undecidable()];
    let class = |class, actions, widened, narrowed, agents, sessions| ClassNote {
        class,
        actions,
        widened,
        narrowed,
        agents,
        sessions,
    };
    let flow = |base, head, actions| FlowCell {
        base,
        head,
        actions,
    };
    let cell = |agent: &str, action: &str, gained, lost, other| MatrixCell {
        agent: agent.to_owned(),
        action: action.to_owned(),
        gained,
        lost,
        other,
    };
    Document {
        format: FORMAT.to_owned(),
        tool: "0.1.0".to_owned(),
        now: "2026-11-02".to_owned(),
        repository_name: Some("acme-agents".to_owned()),
        base: VersionNote {
            label: "main".to_owned(),
            name: Some("main".to_owned()),
            digest: "9c1e5b7a20d4f3c8a1b2c3d4e5f60718293a4b5c6d7e8f9001122334455667788".to_owned(),
            policies: 41,
        },
        head: VersionNote {
            label: "pr/482".to_owned(),
            name: Some("pr/482".to_owned()),
            digest: "77ab01d9e3c4b5a6978867564534231201fefdcbba98877665544332211000ff".to_owned(),
            policies: 40,
        },
        values: true,
        verdict: Some(Verdict {
            result: "failed".to_owned(),
            gates: vec![
                gate("newly_allowed", Failed, "3,882 actions in 1 group", "0 actions", &["7c41e0d2a95b"]),
                gate("error_opened", Failed, "214 actions in 1 group", "0 actions", &["e1b09f3377aa"]),
                gate("control", Failed, "2 weakened", "0 weakened", &[]),
                gate("newly_undecidable", Failed, "40 actions in 1 group", "0 actions", &["c0ffee123456"]),
                gate("error_closed", Passed, "0 actions", "0 actions", &[]),
                gate("newly_denied", Passed, "96 actions, all approved", "0 sessions", &["30aa51cc80f4"]),
                gate("fidelity", Passed, "99.98 %", "at least 99.5 %", &[]),
                gate("undecidable", Passed, "1.30 %", "at most 5 %", &[]),
                gate("untested_change", Passed, "0 policies", "0 policies", &[]),
            ],
            approvals: groups.iter().filter_map(|group| group.approval.clone()).collect(),
        }),
        repository: repository(),
        traffic: Some(Traffic {
            actions: 1_204_118,
            agents: counts(&[("billing-bot", 700_000), ("deploy-bot", 300_000), ("triage", 204_118)]),
            sessions: 88_402,
            sessions_exact: true,
            first: Some("2026-08-01T00:00:02Z".to_owned()),
            last: Some("2026-10-30T23:58:10Z".to_owned()),
            recordings: texts(&["recordings/august.jsonl.zst", "recordings/october.jsonl"]),
            malformed: 2,
            evaluated: 84_118,
        }),
        trust: Trust {
            compared: 1_188_424,
            fidelity: FidelityNote {
                compared: 1_100_000,
                same: 1_099_759,
                mismatches: vec![MismatchNote {
                    recorded: "allow".to_owned(),
                    decided: "deny".to_owned(),
                    determining: texts(&["no-night-mail"]),
                    errors: Vec::new(),
                    actions: 230,
                    example: Some("recordings/august.jsonl.zst#12".to_owned()),
                }],
                others: 11,
            },
            base: SideTrust {
                undecidable: 15_614,
                wanting: counts(&[("context.approver", 15_600), ("context.time", 14)]),
                not_replayable: 40,
                reasons: counts(&[("unknown_action", 40)]),
                unmapped_tools: counts(&[("Slack___post", 38), ("Old___tool", 2)]),
                nonconforming: 9,
                errors: BTreeMap::new(),
            },
            head: SideTrust {
                undecidable: 15_654,
                wanting: counts(&[("context.approver", 15_640), ("context.time", 14)]),
                not_replayable: 40,
                reasons: counts(&[("unknown_action", 40)]),
                unmapped_tools: counts(&[("Slack___post", 38), ("Old___tool", 2)]),
                nonconforming: 223,
                errors: counts(&[("no-prod-delete", 214)]),
            },
            untried: vec![
                Untried { policy: "crm-merge-approved".to_owned(), tested: true },
                Untried { policy: "vault-rotate".to_owned(), tested: false },
            ],
            age_days: Some(3),
            undecided_changes: counts(&[("send-approved", 40)]),
        },
        classes: vec![
            class(C::ErrorOpened, 214, 214, 0, 3, 61),
            class(C::NewlyAllowed, 3_882, 3_882, 0, 3, 540),
            class(C::ErrorClosed, 0, 0, 0, 0, 0),
            class(C::NewlyDenied, 96, 0, 96, 1, 12),
            class(C::NewlyUndecidable, 40, 0, 40, 1, 40),
            class(C::NewlyDecidable, 0, 0, 0, 0, 0),
            class(C::ErrorChanged, 0, 0, 0, 0, 0),
            class(C::ReasonChanged, 41_377, 0, 0, 21, 9_000),
            class(C::Unchanged, 1_158_509, 0, 0, 38, 88_000),
        ],
        flow: vec![
            flow(Said::Allow, Said::Allow, 40_000),
            flow(Said::Deny, Said::Allow, 4_096),
            flow(Said::Allow, Said::Deny, 96),
            flow(Said::Deny, Said::Deny, 24_232),
            flow(Said::Allow, Said::Undecidable, 40),
            flow(Said::Undecidable, Said::Undecidable, 15_614),
            flow(Said::NotReplayable, Said::NotReplayable, 40),
            flow(Said::Unaffected, Said::Unaffected, 1_120_000),
        ],
        matrix: vec![
            cell("billing-bot", "refund", 3_400, 0, 0),
            cell("billing-bot", "refund_partial", 112, 0, 0),
            cell("triage", "refund", 240, 0, 12),
            cell("triage", "refund_partial", 61, 0, 0),
            cell("triage", "send_mail", 0, 40, 0),
            cell("triage", "delete_stack", 4, 0, 0),
            cell("night-shift", "refund_partial", 69, 0, 0),
            cell("deploy-bot", "delete_stack", 180, 0, 3),
            cell("janitor", "delete_stack", 30, 0, 0),
            cell("sales-scout", "export", 0, 96, 0),
            cell("sales-scout", "read_customer", 0, 0, 4_120),
        ],
        groups,
        ungrouped: 0,
        changed_sessions: 613,
        first_divergences: 613,
        downstream: 3_579,
        divergences_exact: true,
        diagnostics: texts(&["head: policies/guard.cedar:19: attribute `environment` not found"]),
        repeated_ids: counts(&[("88121", 2)]),
    }
}

/// 500 groups, and a matrix of 60 agents and 200 actions.
pub fn great() -> Document {
    let mut document = sample();
    let models = document.groups.clone();
    document.groups = (0..500u64)
        .map(|at| {
            let mut group = models[at as usize % models.len()].clone();
            group.number = at + 1;
            group.fingerprint = format!("{at:012x}");
            group.title += &format!(" ({at})");
            let example = group.exemplars.first().cloned();
            group.exemplars = (0..3).filter_map(|_| example.clone()).collect();
            group
        })
        .collect();
    document.matrix = (0..60 * 200u64)
        .map(|at| MatrixCell {
            agent: format!("agent-{:02}", at / 200),
            action: format!("system_{:03}_do", at % 200),
            gained: at * 7 % 113,
            lost: if at % 5 == 0 { at % 31 } else { 0 },
            other: at % 2,
        })
        .collect();
    document
}

/// What would act in some format.
pub const ATTACK: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\" onclick='alert(3)' \
     ](javascript:alert(4)) {{7*7}} {% raw %} \u{1b}[31m\u{202e}\u{2028}\0`|]]>\n::error::x https://evil.example/";

/// The sample, in which every text is an attack, some of them of 1 MB.
pub fn hostile() -> Document {
    let mut value = serde_json::to_value(sample()).unwrap();
    let mut count = 0;
    poison(&mut value, "", &mut count);
    assert!(count > 200, "{count}");
    serde_json::from_value(value).unwrap()
}

fn poison(value: &mut Value, name: &str, count: &mut usize) {
    const CLOSED: [&str; 7] = ["class", "kind", "verdict", "risk", "state", "origins", "kinds"];
    if CLOSED.contains(&name) || name == "flow" {
        return match value {
            // The verdict itself, and not that of a gate.
            Value::Object(_) => members(value, count),
            _ => {}
        };
    }
    match value {
        Value::String(text) => {
            *count += 1;
            *text = match *count % 40 {
                0 => format!("{ATTACK}{}", "x<".repeat(500_000)),
                _ => format!("{ATTACK}{text}"),
            };
        }
        Value::Array(list) => list.iter_mut().for_each(|member| poison(member, name, count)),
        Value::Object(_) => members(value, count),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn members(value: &mut Value, count: &mut usize) {
    const MAPS: [&str; 4] = ["by_action", "by_agent", "unmapped_tools", "context"];
    for (name, member) in value.as_object_mut().into_iter().flatten() {
        poison(member, name, count);
        if let (true, Value::Object(map)) = (MAPS.contains(&name.as_str()), member) {
            let poisoned = std::mem::take(map).into_iter();
            *map = poisoned.map(|(key, value)| (format!("{ATTACK}{key}"), value)).collect();
        }
    }
}
