//! Reports of a diff as plain data, for the tests of what shows and judges them: a realistic one, an empty one, one with
//! five hundred groups, one full of texts that would act on whoever shows them, and one of extreme numbers.
#![allow(dead_code, reason = "each test uses a part")]

#[path = "documents/groups.rs"]
mod groups;
#[path = "documents/hostile.rs"]
mod hostile;

#[allow(unused_imports, reason = "each test uses a part")]
pub use hostile::{HOSTILE, extreme, hostile};

use agentauthz::diff::document::*;
use agentauthz::model::ChangeClass;
use std::collections::BTreeMap;

/// A report of the example: twelve groups of all classes, two failed gates, one gate of trust that failed, numbers
/// that add up.
pub fn realistic() -> Document {
    let groups = groups::groups();
    let prints = |wanted: &[u64]| -> Vec<String> {
        let of = groups.iter().filter(|group| wanted.contains(&group.number));
        of.map(|group| group.fingerprint.clone()).collect()
    };
    let gate = |gate: &str, verdict, limit: &str, actual: &str, groups: Vec<String>, from: &str| {
        GateNote {
            gate: gate.to_owned(),
            verdict,
            limit: limit.to_owned(),
            actual: actual.to_owned(),
            groups,
            from: from.to_owned(),
        }
    };
    use GateVerdict::{Failed, Inconclusive, Passed};
    let gates = vec![
        gate(
            "error_opened",
            Failed,
            "0 actions",
            "14 actions in 1 group",
            prints(&[1]),
            "default",
        ),
        gate(
            "newly_allowed",
            Failed,
            "0 actions",
            "145 actions in 1 group",
            prints(&[2]),
            "base",
        ),
        gate(
            "newly_undecidable",
            Inconclusive,
            "0 actions",
            "27 actions in 2 groups",
            prints(&[8, 9]),
            "default",
        ),
        gate(
            "error_closed",
            Passed,
            "100 actions",
            "24 actions in 1 group",
            prints(&[4]),
            "head",
        ),
        gate(
            "fidelity",
            Passed,
            "at least 99.5 %",
            "99.74 %",
            Vec::new(),
            "default",
        ),
        gate(
            "newly_denied",
            Passed,
            "10 % of sessions",
            "5.48 % of sessions",
            prints(&[5, 6, 7]),
            "command line",
        ),
        gate(
            "undecidable",
            Passed,
            "at most 5 %",
            "0.96 %",
            Vec::new(),
            "default",
        ),
    ];
    let approvals = groups
        .iter()
        .filter_map(|group| group.approval.clone())
        .chain([ApprovalNote {
            group: "0f0f0f0f0f0f0f0f".to_owned(),
            state: ApprovalState::Unused,
            reason: "trial of the new mailer".to_owned(),
            owner: "platform".to_owned(),
            approver: "ada".to_owned(),
            expires: "2026-12-31".to_owned(),
            drift: Vec::new(),
        }])
        .collect();
    Document {
        values_allowed: false,
        format: FORMAT.to_owned(),
        tool: "0.1.0".to_owned(),
        now: "2026-11-02".to_owned(),
        repository_name: Some("halden-policies".to_owned()),
        directory: "example/".to_owned(),
        base: version("main (4fd2a1c)", Some("main"), "9c1e5a7700b1", 60),
        head: version("working tree", None, "77ab12d9f3c4", 61),
        values: true,
        verdict: Some(Verdict {
            result: "failed".to_owned(),
            gates,
            approvals,
        }),
        gates: GateLimits::default(),
        repository: repository(),
        engine: EngineNote {
            interpreted: 3,
            read_in_full_because: BTreeMap::from([("unknown_fields".to_owned(), 3)]),
            verified: 50,
        },
        traffic: Some(Traffic {
            actions: 4_663,
            agents: counts(&[
                ("refund-clerk", 1_210),
                ("report-analyst", 980),
                ("sales-scout", 640),
                ("inbox-triage", 610),
                ("release-captain", 480),
                ("fleet-janitor", 390),
                ("code-reviewer", 333),
                ("-", 20),
            ]),
            sessions: 620,
            sessions_exact: true,
            first: Some("2026-09-01T00:11:02Z".to_owned()),
            last: Some("2026-10-31T23:40:17Z".to_owned()),
            recordings: vec![
                "recordings/2026-09.jsonl.zst".to_owned(),
                "recordings/2026-10.jsonl.zst".to_owned(),
            ],
            malformed: 0,
            evaluated: 3_463,
        }),
        trust: trust(),
        classes: [
            (ChangeClass::ErrorOpened, 14, 14, 0, 1, 9),
            (ChangeClass::NewlyAllowed, 154, 154, 0, 2, 89),
            (ChangeClass::ErrorClosed, 24, 0, 24, 1, 21),
            (ChangeClass::NewlyDenied, 60, 0, 60, 4, 34),
            (ChangeClass::NewlyUndecidable, 27, 0, 25, 2, 22),
            (ChangeClass::NewlyDecidable, 3, 0, 0, 1, 3),
            (ChangeClass::ErrorChanged, 12, 0, 0, 1, 6),
            (ChangeClass::ReasonChanged, 188, 0, 0, 4, 153),
            (ChangeClass::Unchanged, 4_181, 0, 0, 7, 611),
        ]
        .map(
            |(class, actions, widened, narrowed, agents, sessions)| ClassNote {
                class,
                actions,
                widened,
                narrowed,
                agents,
                sessions,
            },
        )
        .to_vec(),
        flow: [
            (Said::Allow, Said::Allow, 2_100),
            (Said::Allow, Said::Deny, 84),
            (Said::Allow, Said::Undecidable, 25),
            (Said::Deny, Said::Allow, 168),
            (Said::Deny, Said::Deny, 1_043),
            (Said::Deny, Said::Undecidable, 2),
            (Said::Undecidable, Said::Deny, 3),
            (Said::Undecidable, Said::Undecidable, 18),
            (Said::NotReplayable, Said::NotReplayable, 20),
            (Said::Unaffected, Said::Unaffected, 1_200),
        ]
        .map(|(base, head, actions)| FlowCell {
            base,
            head,
            actions,
        })
        .to_vec(),
        matrix: matrix(&groups),
        groups,
        ungrouped: 0,
        changed_sessions: 151,
        first_divergences: 149,
        downstream: 103,
        divergences_exact: true,
        diagnostics: vec![
            "head: warning: policies/crm.cedar:14: this policy is never satisfied".to_owned(),
        ],
        repeated_ids: BTreeMap::new(),
    }
}

/// A report of two equal versions, of which nothing was replayed.
pub fn empty() -> Document {
    Document {
        format: FORMAT.to_owned(),
        ..Document::default()
    }
}

/// A report of two versions between which nothing flips, all actions of which were decided.
pub fn clean() -> Document {
    let mut document = realistic();
    document.groups.clear();
    document.matrix.clear();
    document.repository = RepositoryNote::default();
    document.diagnostics.clear();
    for class in &mut document.classes {
        let all = class.class == ChangeClass::Unchanged;
        *class = ClassNote {
            class: class.class,
            actions: if all { 4_663 } else { 0 },
            widened: 0,
            narrowed: 0,
            agents: if all { 8 } else { 0 },
            sessions: if all { 620 } else { 0 },
        };
    }
    document.flow = [(Said::Allow, 3_000), (Said::Deny, 1_663)]
        .map(|(said, actions)| FlowCell {
            base: said,
            head: said,
            actions,
        })
        .to_vec();
    (
        document.changed_sessions,
        document.first_divergences,
        document.downstream,
    ) = (0, 0, 0);
    document.trust.compared = 4_663;
    document.trust.base = SideTrust::default();
    document.trust.head = SideTrust::default();
    document.trust.untried.clear();
    document.trust.undecided_changes.clear();
    if let Some(verdict) = &mut document.verdict {
        verdict.result = "clean".to_owned();
        verdict.approvals.clear();
        for gate in &mut verdict.gates {
            gate.verdict = GateVerdict::Passed;
            gate.groups.clear();
            gate.actual = "0 actions".to_owned();
        }
    }
    document
}

/// A report with five hundred groups, whose names are long.
pub fn many_groups() -> Document {
    let mut document = realistic();
    let samples = std::mem::take(&mut document.groups);
    let long = "a-name-that-goes-on-and-on-".repeat(12);
    document.groups = (1..=500u64)
        .map(|number| {
            let sample = &samples[(number as usize * samples.len() - 1) / 500];
            let mut group = sample.clone();
            group.number = number;
            group.fingerprint = format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            group.title = format!("{} ({long}{number})", group.title);
            group.approval = None;
            for unit in &mut group.cause.units {
                unit.name = format!("{}-{long}{number}", unit.name);
            }
            for agent in 0..20 {
                group.by_agent.insert(format!("{long}{agent}"), agent);
            }
            group
        })
        .collect();
    if let Some(verdict) = &mut document.verdict {
        let prints = document.groups.iter().filter(|group| group.widened);
        let prints = prints.map(|group| group.fingerprint.clone()).collect();
        verdict.gates[1].groups = prints;
    }
    document
}

fn version(label: &str, name: Option<&str>, digest: &str, policies: u64) -> VersionNote {
    VersionNote {
        label: label.to_owned(),
        name: name.map(str::to_owned),
        digest: digest.repeat(5).chars().take(64).collect(),
        deciding: digest.repeat(5).chars().rev().take(64).collect(),
        policies,
    }
}

fn counts(rows: &[(&str, u64)]) -> BTreeMap<String, u64> {
    rows.iter()
        .map(|(name, number)| ((*name).to_owned(), *number))
        .collect()
}

fn texts(rows: &[&str]) -> Vec<String> {
    rows.iter().map(|row| (*row).to_owned()).collect()
}

fn place(path: &str, line: u64, changed: u64) -> Option<PlaceNote> {
    Some(PlaceNote {
        path: path.to_owned(),
        line,
        changed,
    })
}

fn repository() -> RepositoryNote {
    let change = |policy: &str,
                  kind,
                  edits: &[&str],
                  deciding,
                  base,
                  head,
                  hunk: Option<(u64, u64, &[&str])>| {
        PolicyChangeNote {
            policy: policy.to_owned(),
            kind,
            edits: texts(edits),
            deciding,
            base,
            head,
            hunks: hunk
                .into_iter()
                .map(|(base_line, head_line, lines)| HunkNote {
                    base_line,
                    head_line,
                    lines: texts(lines),
                })
                .collect(),
        }
    };
    use PolicyChangeWord::{Added, Edited, Moved, Removed};
    let control = |kind, what: &str, weakens| ControlChange {
        kind,
        what: what.to_owned(),
        weakens,
    };
    RepositoryNote {
        policies: vec![
            change(
                "crm-export-small",
                Removed,
                &["removed"],
                true,
                place("policies/crm.cedar", 45, 45),
                None,
                Some((
                    45,
                    0,
                    &[
                        "-@id(\"crm-export-small\")",
                        "-permit (principal, action, resource);",
                    ],
                )),
            ),
            change(
                "merge-reviewed",
                Moved,
                &["moved"],
                false,
                place("policies/deploy.cedar", 4, 4),
                place("policies/source.cedar", 14, 14),
                None,
            ),
            change(
                "no-refund-over-ceiling",
                Edited,
                &[
                    "`context.input.amount_cents > 200000` → `context.input.amount_cents * context.fx_permille > 200000000`",
                    "annotation `reason` changed",
                ],
                true,
                place("policies/payments.cedar", 34, 42),
                place("policies/payments.cedar", 36, 44),
                Some((
                    34,
                    36,
                    &[
                        " @owner(\"finance\")",
                        "-when { context.input.amount_cents > 200000 };",
                        "+when { context.input.amount_cents * context.fx_permille > 200000000 };",
                    ],
                )),
            ),
            change(
                "refund-small",
                Edited,
                &["literal 10000 → 50000 in `context.input.amount_cents <= 50000`"],
                true,
                place("policies/payments.cedar", 4, 14),
                place("policies/payments.cedar", 4, 14),
                Some((
                    12,
                    12,
                    &[
                        "   context.input.amount_cents > 0 &&",
                        "-  context.input.amount_cents <= 10000 &&",
                        "+  context.input.amount_cents <= 50000 &&",
                        "   context.input.currency == resource.currency",
                    ],
                )),
            ),
            change(
                "rollback-prod-approved",
                Added,
                &["added"],
                true,
                None,
                place("policies/deploy.cedar", 42, 42),
                Some((
                    0,
                    42,
                    &[
                        "+@id(\"rollback-prod-approved\")",
                        "+permit (principal, action, resource);",
                    ],
                )),
            ),
            change(
                "source-review-comments",
                Edited,
                &["annotations only"],
                false,
                place("policies/source.cedar", 4, 5),
                place("policies/source.cedar", 4, 5),
                Some((
                    4,
                    4,
                    &[
                        "-@owner(\"platform\")",
                        "+@owner(\"engineering-enablement\")",
                    ],
                )),
            ),
            change(
                "warehouse-query",
                Edited,
                &[
                    "conjunct `principal.clearance >= 2` → `resource.sensitivity <= principal.clearance`",
                ],
                true,
                place("policies/warehouse.cedar", 4, 11),
                place("policies/warehouse.cedar", 4, 12),
                Some((
                    11,
                    11,
                    &[
                        "-when { context.input.limit <= 10000 && principal.clearance >= 2 };",
                        "+when",
                        "+{ context.input.limit <= 10000 && resource.sensitivity <= principal.clearance };",
                    ],
                )),
            ),
        ],
        schema: true,
        mapping: true,
        entities: texts(&["Agent::\"fleet-janitor\""]),
        control: vec![
            control(ControlKind::Gate, "newly_allowed.max 0 → 10", true),
            control(ControlKind::Test, "tests/crm.test.yaml deleted", true),
            control(
                ControlKind::Test,
                "tests/payments.test.yaml: 2 tests added",
                false,
            ),
            control(ControlKind::Mapping, "mapping.yaml changed", false),
        ],
    }
}

fn trust() -> Trust {
    Trust {
        compared: 4_595,
        fidelity: FidelityNote {
            compared: 4_622,
            same: 4_610,
            mismatches: vec![
                MismatchNote {
                    recorded: "deny".to_owned(),
                    decided: "allow".to_owned(),
                    determining: texts(&["finance-reads-payments"]),
                    errors: Vec::new(),
                    actions: 8,
                    example: Some("recordings/2026-09.jsonl.zst#a-00678".to_owned()),
                },
                MismatchNote {
                    recorded: "allow".to_owned(),
                    decided: "deny".to_owned(),
                    determining: Vec::new(),
                    errors: texts(&["no-refund-over-ceiling"]),
                    actions: 3,
                    example: Some("recordings/2026-10.jsonl.zst#a-04263".to_owned()),
                },
            ],
            others: 1,
        },
        base: SideTrust {
            undecidable: 21,
            rescued: 0,
            wanting: counts(&[
                ("context.input.amount_cents", 12),
                ("context.input.limit", 6),
                ("context.input.rows", 3),
            ]),
            not_replayable: 20,
            reasons: counts(&[
                ("unknown_action", 8),
                ("left_out", 6),
                ("unmapped_resource", 6),
            ]),
            unmapped_tools: counts(&[
                ("debug_ping", 6),
                ("get_customer", 6),
                ("run_shell", 3),
                ("web_search", 5),
            ]),
            nonconforming: 4,
            errors: BTreeMap::new(),
        },
        head: SideTrust {
            undecidable: 45,
            rescued: 9,
            wanting: counts(&[
                ("context.input.change_id", 16),
                ("context.fx_permille", 11),
                ("context.input.amount_cents", 12),
                ("context.input.limit", 6),
            ]),
            not_replayable: 20,
            reasons: counts(&[
                ("unknown_action", 8),
                ("left_out", 6),
                ("unmapped_resource", 6),
            ]),
            unmapped_tools: counts(&[
                ("debug_ping", 6),
                ("get_customer", 6),
                ("run_shell", 3),
                ("web_search", 5),
            ]),
            nonconforming: 11,
            errors: counts(&[("no-refund-over-ceiling", 26), ("warehouse-query", 24)]),
        },
        untried: vec![
            Untried {
                policy: "crm-update-contact".to_owned(),
                tested: true,
            },
            Untried {
                policy: "mail-to-partners".to_owned(),
                tested: false,
            },
        ],
        age_days: Some(2),
        undecided_changes: counts(&[("deploy-prod-approved", 2)]),
    }
}

/// What agents gained and lost, as the groups say it.
fn matrix(groups: &[GroupNote]) -> Vec<MatrixCell> {
    let mut cells: BTreeMap<(String, String), MatrixCell> = BTreeMap::new();
    for group in groups {
        let agent = group
            .by_agent
            .keys()
            .next()
            .cloned()
            .unwrap_or("-".to_owned());
        let action = group
            .by_action
            .keys()
            .next()
            .cloned()
            .unwrap_or("-".to_owned());
        let cell = cells.entry((agent.clone(), action.clone())).or_default();
        (cell.agent, cell.action) = (agent, action);
        match (group.widened, group.narrowed) {
            (true, _) => cell.gained += group.actions,
            (false, true) => cell.lost += group.actions,
            (false, false) => cell.other += group.actions,
        }
    }
    cells.into_values().collect()
}
