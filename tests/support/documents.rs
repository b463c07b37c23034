//! Reports of a diff as plain data, for the tests of what shows and judges them: a realistic one, an empty one, one with
//! five hundred groups, one full of texts that would act on whoever shows them, and one of extreme numbers.
#![allow(dead_code, reason = "each test uses a part")]

use agentauthz::diff::document::*;
use agentauthz::model::ChangeClass;
use serde_json::Value;
use std::collections::BTreeMap;

/// A report of the example: twelve groups of all classes, two failed gates, one gate of trust that failed, numbers
/// that add up.
pub fn realistic() -> Document {
    let groups = groups();
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
        repository: repository(),
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

/// What an attacker may write, in one text.
pub const HOSTILE: &str = concat!(
    "<script>alert(1)</script></script><img src=x onerror=alert(1)>\"'>](javascript:alert(1))![x](http://evil.example/x)",
    "\u{1b}[31mred\u{1b}]8;;http://evil.example\u{7}link\u{9b}2J\u{202e}desrever\u{2066}\u{200f}\u{200b}\u{feff}",
    "\r\n::error file=x::owned\n::add-mask::x\n##[error]owned\n]]>&amp;--><!-- {{7*7}} {% for x in y %} ${{ github.token }}",
    " ``` ```` ` | a | b |\n# heading\n- [x] @everyone @org/team #1 GH-1 org/repo#2 https://evil.example/ www.evil.example",
    "\n</details></table><style>*{display:none}</style>\n~~~\n\0\u{1}\u{fffe}\u{2028}\u{e0041}\\ * _ ~ % %0A %0D , :",
);

/// A report in which every text is [`HOSTILE`], names of maps included; some are a megabyte long.
pub fn hostile() -> Document {
    let mut value = serde_json::to_value(realistic()).unwrap();
    let accepted: Vec<String> = leaves(&value)
        .into_iter()
        .filter(|path| {
            // A text of a closed set is refused.
            let mut trial = value.clone();
            *trial.pointer_mut(path).unwrap() = Value::from("no word of a closed set");
            serde_json::from_value::<Document>(trial).is_ok()
        })
        .collect();
    assert!(accepted.len() > 300, "{}", accepted.len());
    for (at, path) in accepted.iter().enumerate() {
        let text = match at % 29 {
            0 => HOSTILE.repeat((1 << 20) / HOSTILE.len() + 1),
            _ => HOSTILE.to_owned(),
        };
        *value.pointer_mut(path).unwrap() = Value::from(text);
    }
    let mut document: Document = serde_json::from_value(value).unwrap();
    let mut maps: Vec<&mut BTreeMap<String, u64>> = vec![
        &mut document.repeated_ids,
        &mut document.trust.undecided_changes,
    ];
    if let Some(traffic) = &mut document.traffic {
        maps.push(&mut traffic.agents);
    }
    for side in [&mut document.trust.base, &mut document.trust.head] {
        maps.extend([
            &mut side.wanting,
            &mut side.reasons,
            &mut side.unmapped_tools,
            &mut side.errors,
        ]);
    }
    for group in &mut document.groups {
        maps.extend([
            &mut group.by_action,
            &mut group.by_agent,
            &mut group.by_system,
        ]);
        for exemplar in &mut group.exemplars {
            if let Some(request) = &mut exemplar.request {
                request
                    .context
                    .insert(HOSTILE.to_owned(), HOSTILE.to_owned());
            }
            for side in [&mut exemplar.base, &mut exemplar.head] {
                side.saw.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
            }
        }
    }
    for map in maps {
        map.clear();
        map.extend((0..30).map(|at| (format!("{at} {HOSTILE}"), 1 + at)));
    }
    document
}

/// A report whose numbers are as great as they can be, and whose lists do not fit each other.
pub fn extreme() -> Document {
    let mut value = serde_json::to_value(realistic()).unwrap();
    numbers(&mut value);
    let mut document: Document = serde_json::from_value(value).unwrap();
    for group in &mut document.groups {
        for value in &mut group.values {
            if let Some(histogram) = &mut value.histogram {
                histogram.limits = vec![f64::NAN, f64::INFINITY, -0.0];
                histogram.flipped.truncate(1);
            }
        }
        group.cause.units.clear();
    }
    document
}

fn numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_u64() => *value = Value::from(u64::MAX),
        Value::Array(items) => items.iter_mut().for_each(numbers),
        // Days are signed.
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| *name != "age_days")
            .for_each(|(_, member)| numbers(member)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The JSON pointers of all texts.
fn leaves(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::String(_) => found.push(path),
            Value::Array(items) => open.extend(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| (format!("{path}/{at}"), item)),
            ),
            Value::Object(members) => open.extend(members.iter().map(|(name, item)| {
                (
                    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")),
                    item,
                )
            })),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}

fn version(label: &str, name: Option<&str>, digest: &str, policies: u64) -> VersionNote {
    VersionNote {
        label: label.to_owned(),
        name: name.map(str::to_owned),
        digest: digest.repeat(5).chars().take(64).collect(),
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

fn groups() -> Vec<GroupNote> {
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
