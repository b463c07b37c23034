//! Real recordings: 50,099 tool calls of AgentDojo under "permit everything" and six rules, against counts that were
//! made without this project.

mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use support::repository::{agentauthz, write_files};

const SCHEMA: &str = r#"
entity Agent, System;

type Payment = { recipient?: String, amount: decimal, subject?: String, date?: String, recurring?: Bool };
type PaymentUpdate = {
  id: Long, recipient?: String, amount?: decimal, subject?: String, date?: String, recurring?: Bool,
};

action send_money, schedule_transaction
  appliesTo { principal: Agent, resource: System, context: { input: Payment } };
action update_scheduled_transaction
  appliesTo { principal: Agent, resource: System, context: { input: PaymentUpdate } };
action get_most_recent_transactions
  appliesTo { principal: Agent, resource: System, context: { input: { n?: Long } } };
action get_iban, get_balance, get_scheduled_transactions, get_user_info
  appliesTo { principal: Agent, resource: System };
action read_file
  appliesTo { principal: Agent, resource: System, context: { input: { file_path: String } } };
action update_password
  appliesTo { principal: Agent, resource: System, context: { input: { password: String } } };
action update_user_info appliesTo {
  principal: Agent, resource: System,
  context: { input: { first_name?: String, last_name?: String, street?: String, city?: String } },
};

action get_channels appliesTo { principal: Agent, resource: System };
action add_user_to_channel, invite_user_to_slack, remove_user_from_slack, read_inbox appliesTo {
  principal: Agent, resource: System,
  context: { input: { user: String, channel?: String, user_email?: String } },
};
action read_channel_messages, get_users_in_channel
  appliesTo { principal: Agent, resource: System, context: { input: { channel: String } } };
action send_direct_message
  appliesTo { principal: Agent, resource: System, context: { input: { recipient: String, body: String } } };
action send_channel_message
  appliesTo { principal: Agent, resource: System, context: { input: { channel: String, body: String } } };
action get_webpage, post_webpage
  appliesTo { principal: Agent, resource: System, context: { input: { url: String, content?: String } } };
"#;

const MAPPING: &str = r#"
version: 1
principal: Agent::"{agent}"
action: Action::"{tool}"
resource: System::"{system}"
context: { input: "{args}" }
"#;

const MANIFEST: &str = "version: 1\nname: agentdojo\n";

const EVERYTHING: &str = "@id(\"everything\")\npermit (principal, action, resource);\n";

const PAYEE: &str = r#"
@id("payee")
forbid (
  principal,
  action in [
    Action::"send_money", Action::"schedule_transaction", Action::"update_scheduled_transaction"
  ],
  resource
)
unless {
  context.input has recipient &&
  [
    "CH9300762011623852957", "GB29NWBK60161331926819", "SE3550000000054910000003",
    "US122000000121212121212", "DE89370400440532013000"
  ].contains(context.input.recipient)
}
unless { action == Action::"update_scheduled_transaction" && !(context.input has recipient) };
"#;

const AMOUNT: &str = r#"
@id("amount")
forbid (principal, action in [Action::"send_money", Action::"schedule_transaction"], resource)
when { context.input.amount.greaterThan(decimal("1000.0")) };
"#;

const PASSWORD: &str = r#"
@id("password")
forbid (principal, action == Action::"update_password", resource);
"#;

const POST: &str = r#"
@id("post")
forbid (principal, action == Action::"post_webpage", resource);
"#;

const MEMBERS: &str = r#"
@id("members")
forbid (principal, action in [Action::"invite_user_to_slack", Action::"remove_user_from_slack"], resource);
"#;

const HOSTS: [&str; 6] = [
    "www.restaurant-zurich.com",
    "www.awesome-news.com",
    "www.informations.com",
    "www.dora-website.com",
    "www.eve-blog.com",
    "www.company-todo-list.com",
];

/// The host is what follows an optional scheme, up to the first slash.
fn host() -> String {
    let mut known = Vec::new();
    for host in HOSTS {
        for scheme in ["", "http://", "https://"] {
            known.push(format!("context.input.url == \"{scheme}{host}\""));
            known.push(format!("context.input.url like \"{scheme}{host}/*\""));
        }
    }
    format!(
        "@id(\"host\")\nforbid (principal, action in [Action::\"get_webpage\", Action::\"post_webpage\"], resource)\nunless {{ {} }};\n",
        known.join(" ||\n")
    )
}

fn repository(root: &Path, policies: &str) {
    write_files(
        root,
        &[
            ("agentauthz.yaml", MANIFEST),
            ("mapping.yaml", MAPPING),
            ("schema/agentdojo.cedarschema", SCHEMA),
            ("policies/rules.cedar", policies),
        ],
    );
}

/// The runs that the oracle kept, as one file a suite: those whose user task is no injection. Runs with an error are
/// dropped by the importer.
fn kept_runs(shared: &Path, suite: &str, to: &Path) {
    let file = fs::File::open(shared.join(format!("{suite}.jsonl.zst"))).unwrap();
    let mut out = std::io::BufWriter::new(fs::File::create(to).unwrap());
    for line in BufReader::new(zstd::Decoder::new(file).unwrap()).lines() {
        let line = line.unwrap();
        let run: Value = serde_json::from_str(&line).unwrap();
        if !run["user_task_id"]
            .as_str()
            .unwrap()
            .starts_with("injection_")
        {
            writeln!(out, "{line}").unwrap();
        }
    }
    out.flush().unwrap();
}

fn diff(directory: &Path, head: &str, recordings: &Path) -> Value {
    let output = agentauthz()
        .args([
            "diff",
            "dir:base",
            &format!("dir:{head}"),
            "--format",
            "json",
            "--recordings",
        ])
        .arg(recordings)
        .args(["--fail-on", "none"])
        .current_dir(directory)
        .output()
        .unwrap();
    let code = output.status.code();
    assert!(
        code == Some(0) || code == Some(3),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn actions(report: &Value, class: &str) -> u64 {
    report["decisions"]["classes"][class]["actions"]
        .as_u64()
        .unwrap()
}

#[test]
fn six_rules_flip_what_an_independent_count_says() {
    let Some(shared) = support::shared("recordings/agentdojo", "the six rules over AgentDojo")
    else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let recordings = root.join("native");
    fs::create_dir(&recordings).unwrap();
    repository(&root.join("base"), EVERYTHING);
    for (suite, calls) in [("banking", 19_053_u64), ("slack", 31_046)] {
        let runs = root.join(format!("{suite}.jsonl"));
        kept_runs(&shared, suite, &runs);
        let output = agentauthz()
            .args([
                "-C",
                "base",
                "import",
                "--format",
                "json",
                "--from",
                "agentdojo",
            ])
            .arg(&runs)
            .arg("-o")
            .arg(recordings.join(format!("{suite}.jsonl.zst")))
            .current_dir(root)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["written"].as_u64(), Some(calls));
        fs::remove_file(runs).unwrap();
    }

    let host = host();
    let rules: BTreeMap<&str, (&str, u64)> = BTreeMap::from([
        ("payee", (PAYEE, 2_171)),
        ("amount", (AMOUNT, 449)),
        ("password", (PASSWORD, 630)),
        ("post", (POST, 932)),
        ("host", (host.as_str(), 1_358)),
        ("members", (MEMBERS, 2_168)),
    ]);
    for (name, (rule, flips)) in &rules {
        repository(&root.join(name), &format!("{EVERYTHING}{rule}"));
        let report = diff(root, name, &recordings);
        assert_eq!(
            report["decisions"]["volume"]["actions"].as_u64(),
            Some(50_099),
            "{name}"
        );
        assert_eq!(actions(&report, "newly_denied"), *flips, "{name}");
        assert_eq!(
            report["decisions"]["flips"].as_u64(),
            Some(*flips),
            "{name}"
        );
        // Payments whose amount is no number: 54 strings, 27 null or absent. Only the rule that reads the amount
        // cannot decide them.
        let undecidable = if *name == "amount" { 81 } else { 0 };
        assert_eq!(actions(&report, "newly_undecidable"), undecidable, "{name}");
        let head = &report["decisions"]["head"];
        assert_eq!(
            head["not_replayable"],
            serde_json::json!({ "unknown_action": 5 }),
            "{name}: five calls name no tool"
        );
    }

    let all: String = rules.values().map(|(rule, _)| *rule).collect();
    repository(&root.join("all"), &format!("{EVERYTHING}{all}"));
    let report = diff(root, "all", &recordings);
    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    for group in report["decisions"]["groups"].as_array().unwrap() {
        if group["class"] != "newly_denied" {
            continue;
        }
        let causes = group["head"]["answer"]["determining"].as_array().unwrap();
        let causes: Vec<&str> = causes.iter().map(|cause| cause.as_str().unwrap()).collect();
        *groups.entry(causes.join("+")).or_default() += group["actions"].as_u64().unwrap();
    }
    let expected = [
        ("members", 2_168),
        ("payee", 1_862),
        ("host+post", 930),
        ("password", 630),
        ("host", 428),
        ("amount+payee", 309),
        ("amount", 140),
        ("post", 2),
    ];
    assert_eq!(
        groups,
        expected
            .map(|(name, count)| (name.to_owned(), count))
            .into()
    );
    assert_eq!(report["decisions"]["flips"].as_u64(), Some(6_469));
    println!("oracle: 7 heads, 50,099 calls each, every count as expected");
}
