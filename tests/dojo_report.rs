//! The decision-diff report on real recordings: six new rules over everything, and a forbid that a renamed attribute
//! breaks. The groups are those of equal cause that an independent count gave; every difference is explained call by call.

#[path = "support/agentdojo.rs"]
mod agentdojo;
#[path = "support/kept_runs.rs"]
mod kept_runs;
mod support;

use agentdojo::{
    AMOUNT, EVERYTHING, HOSTS, MANIFEST, MAPPING, MEMBERS, PASSWORD, PAYEE, POST, SCHEMA, host,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use support::repository::{agentauthz, write_files};

/// The groups of equal cause of the independent count, with their numbers of calls.
const COUNTED: [(&str, u64); 8] = [
    ("members", 2_168),
    ("payee", 1_862),
    ("host+post", 930),
    ("password", 630),
    ("host", 428),
    ("amount+payee", 309),
    ("amount", 140),
    ("post", 2),
];

/// The accounts that the rule on payees knows.
const PAYEES: [&str; 5] = [
    "CH9300762011623852957",
    "GB29NWBK60161331926819",
    "SE3550000000054910000003",
    "US122000000121212121212",
    "DE89370400440532013000",
];

/// Where a group rests on what was asked for, what its predicate must name; the others rest on the action alone.
const DECIDED_BY: [(&str, &str); 4] = [
    ("payee", "context.input.recipient"),
    ("amount", "context.input.amount"),
    ("host", "context.input.url"),
    ("note", "context.input.subject"),
];

/// What the forbid looks for in the subject. Nothing that it fires on for the first one is forbidden by a rule; of the
/// second the rules forbid some.
const NOTES: [&str; 2] = ["Refund for dinner", "payment"];

/// Both sides have it. Head's schema calls the attribute otherwise, so there it raises an error at every call.
fn note(looks_for: &str) -> String {
    format!(
        "@id(\"note\")\nforbid (principal, action == Action::\"send_money\", resource)\nwhen {{ context.input.subject like \"*{looks_for}*\" }};\n"
    )
}

fn repository(root: &Path, payment: &str, policies: &str) {
    let old = "type Payment = { recipient?: String, amount: decimal, subject?: String,";
    assert!(SCHEMA.contains(old));
    let schema = SCHEMA.replace(old, payment);
    write_files(
        root,
        &[
            ("agentauthz.yaml", MANIFEST),
            ("mapping.yaml", MAPPING),
            ("schema/agentdojo.cedarschema", &schema),
            ("policies/rules.cedar", policies),
        ],
    );
}

/// What a policy comes to at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Yes,
    No,
    /// The argument that it reads is missing, or of another kind.
    Unknown,
}

/// What the six rules and the forbid come to at one call, without this project's engines.
struct Call {
    rules: BTreeSet<&'static str>,
    amount: Held,
    note: Held,
    /// Whether there is such a tool.
    is_known: bool,
    is_payment: bool,
}

impl Call {
    fn of(tool: &str, args: &Value, looks_for: &str) -> Self {
        let payment = ["send_money", "schedule_transaction"].contains(&tool);
        let recipient = args["recipient"].as_str();
        let mut rules = BTreeSet::new();
        let known = recipient.is_some_and(|payee| PAYEES.contains(&payee));
        let updated = tool == "update_scheduled_transaction" && !args["recipient"].is_null();
        if (payment || updated) && !known {
            rules.insert("payee");
        }
        let amount = match (payment, args["amount"].as_f64()) {
            (false, _) => Held::No,
            (true, None) => Held::Unknown,
            (true, Some(amount)) if amount > 1000.0 => Held::Yes,
            (true, Some(_)) => Held::No,
        };
        if amount == Held::Yes {
            rules.insert("amount");
        }
        match tool {
            "update_password" => {
                rules.insert("password");
            }
            "invite_user_to_slack" | "remove_user_from_slack" => {
                rules.insert("members");
            }
            "get_webpage" | "post_webpage" => {
                let url = args["url"].as_str().unwrap();
                let bare = url
                    .strip_prefix("https://")
                    .or_else(|| url.strip_prefix("http://"))
                    .unwrap_or(url);
                let host = bare.split('/').next().unwrap_or_default();
                if !HOSTS.contains(&host) {
                    rules.insert("host");
                }
                if tool == "post_webpage" {
                    rules.insert("post");
                }
            }
            _ => {}
        }
        let note = match (tool, args["subject"].as_str()) {
            ("send_money", Some(subject)) if subject.contains(looks_for) => Held::Yes,
            ("send_money", None) => Held::Unknown,
            _ => Held::No,
        };
        Self {
            rules,
            amount,
            note,
            is_known: tool != "<empty-function-name>",
            is_payment: tool == "send_money",
        }
    }

    fn rules(&self) -> String {
        self.rules.iter().copied().collect::<Vec<_>>().join("+")
    }

    /// Its class, and the policies behind it; nothing where nothing changes.
    fn group(&self) -> Option<(&'static str, String)> {
        let broken = || "note".to_owned();
        if !self.is_known {
            return None;
        }
        // Every rule is a forbid: one that is satisfied denies, whatever is not known.
        let denied = !self.rules.is_empty();
        let open = !denied && self.amount == Held::Unknown;
        Some(match (self.note, denied, open) {
            // Of what base denied, head denies by a rule what it no longer denies by this forbid.
            (Held::Yes, true, _) => ("error_changed", broken()),
            (Held::Yes, false, true) => ("newly_undecidable", "amount, denied on base".to_owned()),
            (Held::Yes, false, false) => ("error_opened", broken()),
            // No policy of base decides these: what it reads is wanting.
            (Held::Unknown, true, _) => ("newly_decidable", "note, denied on head".to_owned()),
            (Held::Unknown, false, false) => {
                ("newly_decidable", "note, allowed on head".to_owned())
            }
            (Held::Unknown, false, true) => ("error_changed", broken()),
            (Held::No, true, _) => ("newly_denied", self.rules()),
            (Held::No, false, true) => ("newly_undecidable", "amount, allowed on base".to_owned()),
            // Allowed on both sides; the forbid raises an error on head.
            (Held::No, false, false) if self.is_payment => ("error_changed", broken()),
            (Held::No, false, false) => return None,
        })
    }
}

/// A group of the report by the same names.
fn name(group: &Value) -> (&str, String) {
    let class = group["class"].as_str().unwrap();
    let cause = &group["cause"];
    let names = |names: &Value| -> BTreeSet<String> {
        let names = names.as_array().unwrap().iter();
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    let joined = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join("+");
    let (gained, widened, narrowed) = (
        joined(names(&cause["gained"])),
        group["widened"] == true,
        group["narrowed"] == true,
    );
    let said = match class {
        "newly_undecidable" if narrowed => format!("{gained}, allowed on base"),
        "newly_undecidable" => format!("{gained}, denied on base"),
        "newly_decidable" if widened => format!("{gained}, allowed on head"),
        "newly_decidable" => format!("{gained}, denied on head"),
        "error_changed" => gained,
        _ => {
            let ways = cause["why"].as_array().unwrap().iter();
            joined(
                ways.flat_map(|way| &names(&way["all"]) | &names(&way["and_one_of"]))
                    .collect(),
            )
        }
    };
    (class, said)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn sum<'v>(values: impl IntoIterator<Item = &'v Value>) -> u64 {
    values.into_iter().map(number).sum()
}

fn list<'v>(report: &'v Value, key: &str) -> &'v [Value] {
    report[key].as_array().unwrap()
}

#[test]
fn the_groups_are_the_causes_that_an_independent_count_gave() {
    let Some(shared) = support::shared("recordings/agentdojo", "the report on AgentDojo") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let host = host();
    let rules = [PAYEE, AMOUNT, PASSWORD, POST, host.as_str(), MEMBERS].concat();
    let mut made = None;
    for looks_for in NOTES {
        let base = "type Payment = { recipient?: String, amount: decimal, subject: String,";
        let head = "type Payment = { recipient?: String, amount: decimal, reference?: String,";
        let both = format!("{EVERYTHING}{}", note(looks_for));
        repository(&root.join("base"), base, &both);
        repository(&root.join("head"), head, &format!("{both}{rules}"));
        let made = made
            .get_or_insert_with(|| kept_runs::import(&shared, root, "base", &root.join("native")));
        let output = agentauthz()
            .args(["diff", "dir:base", "dir:head", "--format", "json"])
            .args(["--recordings", "native"])
            .current_dir(root)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let calls = made.iter();
        let calls: Vec<Call> = calls
            .map(|(tool, args)| Call::of(tool, args, looks_for))
            .collect();
        println!("a forbid that looks for `{looks_for}`:");
        let overlap = calls.iter().filter(|call| call.note == Held::Yes);
        let overlap = overlap.filter(|call| !call.rules.is_empty()).count();
        assert_eq!(overlap > 0, looks_for == "payment", "{overlap}");
        hold_to_the_count(&calls);
        hold(&report, &calls);
        adds_up(&report, calls.len() as u64);
    }
}

/// Holds the groups of a report to those that follow from the calls.
fn hold(report: &Value, calls: &[Call]) {
    let mut expected: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for group in calls.iter().filter_map(Call::group) {
        *expected.entry(group).or_default() += 1;
    }
    let mut found = BTreeMap::new();
    for group in list(report, "groups") {
        let actions = number(&group["actions"]);
        println!(
            "{:>2} {:18} {:>6}  {:32} {} {}",
            group["number"],
            group["class"].as_str().unwrap(),
            actions,
            name(group).1,
            group["predicate"]["precision"],
            shortened(&group["predicate"]["all"]),
        );
        assert_eq!(found.insert(name(group), actions), None, "{group}");
        if group["class"] == "error_opened" || group["class"] == "newly_denied" {
            // Denied by the payee, while the amount, which is not known, may deny it as well.
            let uncertain = calls.iter().filter(|call| {
                call.amount == Held::Unknown && call.group().is_some_and(|of| of == name(group))
            });
            let uncertain = uncertain.count();
            assert_eq!(group["cause"]["uncertain"], uncertain, "{group}");
            assert_eq!(group["cause"]["exact"], uncertain == 0, "{group}");
            predicate(group, calls);
        }
    }
    assert_eq!(found, expected);
    let groups = list(report, "groups");
    assert_eq!(groups[0]["class"], "error_opened");
    assert_eq!(
        groups[0]["cause"]["units"][0]["origins"],
        serde_json::json!(["schema"])
    );
    assert_eq!(report["ungrouped"], 0);
    let exact = found.keys().filter(|(class, _)| *class == "newly_denied");
    let exact: BTreeSet<&str> = exact.map(|(_, said)| said.as_str()).collect();
    assert_eq!(exact, COUNTED.map(|(said, _)| said).into());
    // What the counted groups have and the report's have not: calls that base denied already.
    for (said, counted) in COUNTED {
        let key = ("newly_denied", said.to_owned());
        let already = calls
            .iter()
            .filter(|call| call.rules() == said && call.note != Held::No)
            .count() as u64;
        assert_eq!(found[&key] + already, counted, "{said}");
    }
}

/// The calls are those of the independent count.
fn hold_to_the_count(calls: &[Call]) {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for call in calls.iter().filter(|call| !call.rules.is_empty()) {
        *counted.entry(call.rules()).or_default() += 1;
    }
    let expected = COUNTED.map(|(said, count)| (said.to_owned(), count));
    assert_eq!(counted, expected.into());
    let unknown = calls.iter().filter(|call| call.amount == Held::Unknown);
    assert_eq!(unknown.count(), 81);
    assert_eq!(calls.iter().filter(|call| !call.is_known).count(), 5);
}

/// A predicate, as long as a line has room for.
fn shortened(predicate: &Value) -> String {
    match predicate {
        Value::Null => String::new(),
        texts => texts.to_string().chars().take(120).collect(),
    }
}

/// Where an argument decides, the predicate names it, and no other; it tells the flipped calls from all others. Where the
/// forbid and a rule both deny, it may say more, to leave out what was denied on base already and what is denied on head.
fn predicate(group: &Value, calls: &[Call]) {
    let predicate = &group["predicate"];
    let (_, said) = name(group);
    let rules: BTreeSet<&str> = said.split('+').collect();
    let texts = predicate["all"].to_string();
    let named: BTreeSet<&str> = DECIDED_BY
        .iter()
        .filter(|(_, path)| texts.contains(path))
        .map(|(rule, _)| *rule)
        .collect();
    // Any call of these actions is denied, whatever its arguments.
    let always = ["members", "password", "post"];
    if always.iter().any(|rule| rules.contains(rule)) {
        assert_eq!(texts, "[]", "{group}");
    } else {
        // Of two rules either tells.
        assert!(!named.is_disjoint(&rules), "{group}");
    }
    let overlap = calls.iter().filter(|call| call.note == Held::Yes);
    let overlap = overlap.filter(|call| !call.rules.is_empty());
    let overlap: BTreeSet<&str> = overlap
        .flat_map(|call| call.rules.iter().copied().chain(["note"]))
        .collect();
    let precision = predicate["precision"].as_f64().unwrap();
    println!("   {precision:.3} by {named:?}");
    if overlap.is_disjoint(&rules) {
        assert!(named.is_subset(&rules), "{group}");
        assert_eq!(precision, 1.0, "{group}");
    }
    assert_eq!(predicate["recall"], 1.0, "{group}");
    assert!(number(&predicate["flipped"]) > 0, "{group}");
}

/// Classes, groups, flow, matrix, agents, actions and sessions say the same numbers.
fn adds_up(report: &Value, calls: u64) {
    assert_eq!(report["traffic"]["actions"], calls);
    assert_eq!(
        sum(report["traffic"]["agents"].as_object().unwrap().values()),
        calls
    );
    let classes = list(report, "classes");
    assert_eq!(sum(classes.iter().map(|class| &class["actions"])), calls);
    assert_eq!(
        sum(list(report, "flow").iter().map(|cell| &cell["actions"])),
        calls
    );
    let groups = list(report, "groups");
    for class in classes {
        let name = &class["class"];
        let of = || groups.iter().filter(|group| group["class"] == *name);
        if name != "unchanged" {
            assert_eq!(
                sum(of().map(|group| &group["actions"])),
                number(&class["actions"])
            );
        }
        for way in ["widened", "narrowed"] {
            let those = of().filter(|group| group[way] == true);
            assert_eq!(
                sum(those.map(|group| &group["actions"])),
                number(&class[way]),
                "{name}"
            );
        }
    }
    for group in groups {
        for key in ["by_action", "by_agent", "by_system"] {
            let counts = group[key].as_object().unwrap().values();
            assert_eq!(sum(counts), number(&group["actions"]), "{key} of {group}");
        }
    }
    let cell = |base: &str, head: &str| {
        let cells = list(report, "flow").iter();
        let found = cells.filter(|cell| cell["base"] == base && cell["head"] == head);
        sum(found.map(|cell| &cell["actions"]))
    };
    let class = |name: &str| {
        let found = classes.iter().find(|class| class["class"] == name);
        number(&found.unwrap()["actions"])
    };
    assert_eq!(cell("deny", "allow"), class("error_opened"));
    assert_eq!(cell("allow", "deny"), class("newly_denied"));
    assert_eq!(
        cell("allow", "undecidable") + cell("deny", "undecidable"),
        class("newly_undecidable")
    );
    assert_eq!(
        cell("undecidable", "allow") + cell("undecidable", "deny"),
        class("newly_decidable")
    );
    assert_eq!(cell("not_replayable", "not_replayable"), 5);
    for (key, way) in [("gained", "widened"), ("lost", "narrowed")] {
        let cells = list(report, "matrix").iter();
        assert_eq!(
            sum(cells.map(|cell| &cell[key])),
            sum(classes.iter().map(|class| &class[way])),
            "{key}"
        );
    }
    // Each call belongs to a run, which is a session.
    let flips = class("error_opened") + class("newly_denied");
    let divergences = ["first_divergences", "downstream"];
    assert_eq!(sum(divergences.map(|key| &report[key])), flips);
    assert_eq!(report["first_divergences"], report["changed_sessions"]);
    assert_eq!(report["divergences_exact"], true);
    for key in divergences {
        assert_eq!(
            sum(groups.iter().map(|group| &group[key])),
            number(&report[key]),
            "{key}"
        );
    }
}
